"""Training curves: what held-out text said while a model was trained, as a picture and as text."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from seqtext.characters import visible
from seqtext.errors import InputError
from seqtext.fields import is_number
from seqtext.plots.figures import check_picture, families
from seqtext.storage.atomic import write_atomically

_BARS = "▁▂▃▄▅▆▇█"
_LOSS = "loss"


class Curve(NamedTuple):
    """A score over a training.

    score: its name; minutes, values: of each evaluation; on: what it was measured on
    """

    score: str
    minutes: tuple[float, ...]
    values: tuple[float, ...]
    on: str


def training_curves(history: Sequence[Mapping[str, Any]], known_by: str) -> list[Curve]:
    """Return the curves of a history: its loss, and the score that its task is known by.

    Lines that are no evaluation are passed over. Raises InputError where there are fewer than two evaluations.
    """
    lines = [line for line in history if all(is_number(line.get(name)) for name in ("step", "seconds", _LOSS))]
    if len(lines) < 2:
        raise InputError(
            f"The history of the model has {len(lines)} evaluations; a curve needs two or more.",
            "train for longer, or with --evaluations 10",
        )
    on = str(lines[0].get("measured_on", "held-out text"))
    found = []
    for name in dict.fromkeys([_LOSS, known_by]):
        own = [line for line in lines if is_number(line.get(name))]
        if len(own) >= 2:
            minutes, values = zip(*((line["seconds"] / 60, float(line[name])) for line in own), strict=True)
            found.append(Curve(name, minutes, values, on))
    return found


def curves_text(curves: Sequence[Curve]) -> str:
    """For a terminal: a line per curve, a bar for each evaluation, with its first and last value."""
    width = max(len(curve.score) for curve in curves)
    lines = []
    for curve in curves:
        low, high = min(curve.values), max(curve.values)
        levels = [(value - low) / (high - low) if high > low else 0.0 for value in curve.values]
        bars = "".join(_BARS[round(level * (len(_BARS) - 1))] for level in levels)
        lines.append(f"{curve.score:{width}}  {bars}  {curve.values[0]:.4g} to {curve.values[-1]:.4g}")
    return "\n".join([*lines, f"{'':{width}}  {_span(curves[0])}"])


def _span(curve: Curve) -> str:
    return f"{len(curve.values):,} evaluations on {visible(curve.on)}, {curve.minutes[-1]:.3g} minutes"


def curves_picture(curves: Sequence[Curve], path: str | Path, title: str = "") -> None:
    """Draw the curves over the minutes, one beside the other; the file is written whole or not at all.

    raises what `seqtext.plots.figures.check_picture` does; ModelError for a file that cannot be written
    """
    kind = check_picture(path)
    import matplotlib
    import matplotlib.style
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    picture = io.BytesIO()
    with matplotlib.style.context("default"):
        matplotlib.rcParams["font.family"] = families(title)
        matplotlib.rcParams["svg.hashsalt"] = "seqtext"  # the same picture has the same bytes
        figure = Figure(figsize=(4.4 * len(curves), 3.4), dpi=150, layout="constrained")
        for number, curve in enumerate(curves):
            axes = figure.add_subplot(1, len(curves), number + 1)
            axes.plot(curve.minutes, curve.values, "o-", color=("C0", "C1")[number % 2], markersize=3.5, linewidth=1.4)
            axes.set_xlim(left=0)
            axes.xaxis.set_major_locator(MaxNLocator(6))
            axes.set_xlabel("minutes of learning")
            axes.set_ylabel(f"{curve.score.replace('_', ' ')}{' (nats per token)' if curve.score == _LOSS else ''}")
            axes.set_title(f"last {curve.values[-1]:.4g}", fontsize=9)
            axes.grid(alpha=0.3)
        heading = " ".join(part for part in (visible(title), f"on {visible(curves[0].on)}") if part)
        figure.suptitle(heading, fontsize=10, parse_math=False)
        figure.savefig(picture, format=kind, metadata={"Title": heading} | ({"Date": None} if kind == "svg" else {}))
    write_atomically(Path(path), picture.getvalue())
