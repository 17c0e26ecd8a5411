"""Reliability: what share of the answers of a probability is right."""

import doctest

import numpy as np
import pytest

from seqtext.plots import reliability
from seqtext.plots.confusion import confusion_picture


def test_examples() -> None:
    assert doctest.testmod(reliability).failed == 0


def test_a_certain_answer_is_in_the_last_tenth() -> None:
    assert reliability.reliability(np.array([1.0, 0.95]), np.array([True, False])) == [(pytest.approx(0.975), 0.5, 2)]


def test_all_answers_are_counted_once() -> None:
    drawn = np.random.default_rng(1)
    confidence, correct = drawn.random(500), drawn.random(500) < 0.5
    groups = reliability.reliability(confidence, correct)
    assert sum(count for _, _, count in groups) == 500
    assert sum(share * count for _, share, count in groups) == pytest.approx(correct.sum())
    assert all(number / 10 <= mean < (number + 1) / 10 for number, (mean, _, _) in enumerate(groups))


@pytest.mark.usefixtures("matplotlib")
@pytest.mark.parametrize("labels", [2, 40])
def test_it_stands_beside_a_confusion_matrix(tmp_path, labels) -> None:
    true = np.arange(80) % labels
    confusion_picture(true, true, [f"l{k}" for k in range(labels)], tmp_path / "a.svg", np.full(80, 0.9))
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "<!-- probability of the answer -->" in svg
    assert "<!-- true label -->" in svg
