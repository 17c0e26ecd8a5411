"""Training curves: which lines of a history they have, how they look as text and as a picture."""

import pytest

from seqtext.errors import InputError
from seqtext.plots.history import Trials, curves_picture, curves_text, training_curves, trials_of

HISTORY = [
    {"step": 0, "seconds": 1.0, "strength": [0.1]},
    {"step": 10, "seconds": 30.0, "loss": 2.0, "bleu": 5.0},
    {"step": 20, "seconds": 60.0, "loss": 1.5, "bleu": 9.0},
    {"step": 30, "seconds": 90.0, "loss": 1.0, "bleu": float("nan")},
]


def test_a_curve_has_the_evaluations_alone() -> None:
    loss, bleu = training_curves(HISTORY, "bleu")
    assert (loss.score, loss.minutes, loss.values) == ("loss", (0.5, 1.0, 1.5), (2.0, 1.5, 1.0))
    assert (bleu.score, bleu.minutes, bleu.values) == ("bleu", (0.5, 1.0), (5.0, 9.0))
    assert loss.on == "held-out text"


def test_a_score_that_was_not_measured_has_no_curve() -> None:
    assert [curve.score for curve in training_curves(HISTORY, "accuracy")] == ["loss"]


@pytest.mark.parametrize("history", [[], HISTORY[:2]])
def test_one_evaluation_makes_no_curve(history) -> None:
    with pytest.raises(InputError, match="two or more"):
        training_curves(history, "bleu")


def test_learnt_text_is_named() -> None:
    lines = [{**line, "measured_on": "the text that was learnt from"} for line in HISTORY[1:]]
    assert "the text that was learnt from" in curves_text(training_curves(lines, "bleu"))


def test_bars_fall_with_the_loss() -> None:
    lines = curves_text(training_curves(HISTORY, "bleu")).splitlines()
    assert lines[0] == "loss  █▅▁  2 to 1"
    assert lines[1] == "bleu  ▁█  5 to 9"


@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_picture_is_written(kind, begins, tmp_path) -> None:
    curves_picture(training_curves(HISTORY, "bleu"), tmp_path / f"a.{kind}", "runs/$x$")
    assert (tmp_path / f"a.{kind}").read_bytes().startswith(begins)


def test_the_same_curves_are_the_same_bytes(tmp_path) -> None:
    for name in ("a.svg", "b.svg"):
        curves_picture(training_curves(HISTORY, "bleu"), tmp_path / name, "mine")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


TRIED = [
    {"step": 0, "seconds": 1.0, "trial": {"name": "bag", "loss": 0.9}},
    {"step": 0, "seconds": 1.0, "trial": {"name": "$lstm$", "loss": 0.7}},
    {"step": 0, "seconds": 1.0, "trial": {"name": "failed", "loss": None}},
    {"step": 0, "seconds": 2.0, "trial": {"name": "bag", "loss": 0.5}},
    {"step": 0, "seconds": 9.0, "chosen": "bag", "why": "which was best"},
]


def test_what_was_tried_counts_by_its_last_loss() -> None:
    found = trials_of([*TRIED, *HISTORY])
    assert list(found.losses.items()) == [("bag", 0.5), ("$lstm$", 0.7)]
    assert found.chosen == "bag"
    assert trials_of(HISTORY) == Trials({}, "")


def test_what_was_fitted_at_once_after_trials_is_drawn(tmp_path) -> None:
    history = [*TRIED, HISTORY[1]]
    curves_picture(training_curves(history, "bleu"), tmp_path / "a.svg", "mine", trials_of(history))
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    for shown in ("bag", "$lstm$", "tried before; the dark one was chosen", "seconds of learning", "last 2"):
        assert f"<!-- {shown} -->" in svg


def test_a_title_tells_what_the_curves_do(tmp_path) -> None:
    curves_picture(training_curves(HISTORY, "bleu"), tmp_path / "a.svg", "mine")
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "<title>mine on held-out text: loss 2 to 1, bleu 5 to 9</title>" in svg
