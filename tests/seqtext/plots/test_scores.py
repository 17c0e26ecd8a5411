"""Bars of scores: as long as the score, with a mark for guesses, and an interval in dots."""

import pytest

from seqtext.plots.scores import score_bar


@pytest.mark.parametrize(
    ("score", "chance", "span", "bar"),
    [
        (0.0, 0.5, (), "     │    "),
        (0.5, 0.5, (), "█████│    "),
        (1.0, 0.5, (), "█████│████"),
        (1.0, 1.0, (), "█████████│"),
        (0.7, 0.2, (0.5, 0.9), "██│████·· "),
        (0.9, 0.2, (0.8, 1.0), "██│██████·"),
        (0.3, 0.2, (0.1, 0.3), "██│       "),
    ],
)
def test_bars(score, chance, span, bar) -> None:
    assert score_bar(score, chance, 10, span) == bar


def test_every_bar_is_as_wide() -> None:
    assert {len(score_bar(score / 7, 0.5, 33, (score / 9, score / 7))) for score in range(8)} == {33}
