"""Gradients through time as a table, as bars and as a picture."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from seqtext.errors import ConfigError
from seqtext.plots.gradients import GradientFlow, gradient_picture, gradient_rows, gradient_text


def flow_of(cell: str, factor: float, start: str = "orthogonal", **facts: float) -> GradientFlow:
    """A norm of 0.5 at the last of 21 steps, and `factor` times as much at each step before."""
    return GradientFlow(cell, start, 0.5 * factor ** np.arange(21.0)[::-1], 4.0, 2.0, 1.0, **facts)


def test_ratio_and_clipping() -> None:
    flow = flow_of("rnn", 0.1)
    assert flow.ratio == pytest.approx(1e-20)
    assert flow.scale == 0.5
    assert GradientFlow("rnn", "usual", flow.norms, 4.0, 2.0, 0.0).scale == 1.0
    assert GradientFlow("rnn", "usual", flow.norms, 4.0, 2.0, 3.0).scale == 1.0


def test_a_row_per_flow() -> None:
    assert gradient_rows([flow_of("rnn", 0.1), flow_of("lstm", 0.9, "usual", steps=7)]) == [
        ["cell", "start", "network", "last step", "2 back", "10 back", "20 back", "first/last", "all weights",
         "clipped to 1"],
        ["rnn", "orthogonal", "untrained", "5.0e-01", "5.0e-03", "5.0e-11", "5.0e-21", "1.0e-20", "2", "× 0.5"],
        ["lstm", "usual", "trained", "5.0e-01", "4.1e-01", "1.7e-01", "6.1e-02", "1.2e-01", "2", "× 0.5"],
    ]  # fmt: skip


def test_a_bar_per_decade() -> None:
    lines = gradient_text([flow_of("rnn", 0.1), flow_of("gru", 0.01), flow_of("lstm", 1.0), flow_of("mingru", 9.0)])
    assert lines.splitlines() == [
        "rnn orthogonal untrained     ·············▁▂▃▄▅▆▇█",
        "gru orthogonal untrained     ·················▂▄▆█",
        "lstm orthogonal untrained    █████████████████████",
        "mingru orthogonal untrained  █████████████████████",
    ]


@pytest.mark.parametrize("width", [30, 33, 40, 50, 80, 200])
def test_bars_fit_the_terminal(width) -> None:
    (line,) = gradient_text([flow_of("rnn", 0.1)], width).splitlines()
    assert len(line) == min(width, 26 + 21)
    assert line.endswith("█")


def test_norms_that_cannot_be_drawn_are_dots() -> None:
    nothing = GradientFlow("rnn", "usual", np.zeros(4), 1.0, 1.0, 1.0)
    assert gradient_text([nothing]) == "rnn usual untrained  ····"
    assert gradient_rows([nothing])[1][-3] == "nan"
    broken = GradientFlow("rnn", "usual", np.full(4, np.nan), 1.0, 1.0, 1.0)
    assert gradient_text([broken]).endswith("····")


def test_a_panel_per_start_and_stage(tmp_path) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    flows = [
        flow_of("rnn", 0.1), flow_of("rnn", 0.01, steps=7), flow_of("lstm", 0.9), flow_of("lstm", 0.9, steps=7),
        flow_of("gru", 0.0, "usual"),
    ]  # fmt: skip
    path = tmp_path / "a.svg"
    gradient_picture(flows, path)
    svg = path.read_text(encoding="utf-8")
    ElementTree.fromstring(svg)
    for title in ("orthogonal start, untrained", "usual start, untrained", "orthogonal start, after 7 updates"):
        assert f"<!-- {title} -->" in svg
    assert svg.count("<!-- steps back from the loss -->") == svg.count("<!-- clipped to 1 -->") == 4
    assert svg.count("<!-- lstm -->") == 2
    gradient_picture(flows[:1], tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ConfigError, match=r"accepted are \.png, \.svg, \.pdf"):
        gradient_picture(flows, tmp_path / "a.gif")
