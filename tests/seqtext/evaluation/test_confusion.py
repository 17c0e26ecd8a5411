"""Scores by label on counts small enough to check by hand, and beside those of scikit-learn."""

import doctest

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_recall_fscore_support

from seqtext.characters import text_width
from seqtext.evaluation import confusion
from seqtext.evaluation.confusion import LabelScores, confusion_text, label_table, macro_f1

TRUE, ANSWERED = np.array([0, 0, 0, 2, 2, 3]), np.array([0, 2, 0, 2, 2, 0])


def test_examples() -> None:
    assert doctest.testmod(confusion).failed == 0


def test_labels_that_occur_are_scored() -> None:
    found = LabelScores(TRUE, ANSWERED)
    assert found.labels.tolist() == [0, 2, 3]
    assert found.precision.tolist() == pytest.approx([2 / 3, 2 / 3, 0.0])
    assert found.recall.tolist() == pytest.approx([2 / 3, 1.0, 0.0])
    assert found.f1.tolist() == pytest.approx([2 / 3, 0.8, 0.0])
    assert macro_f1(TRUE, ANSWERED) == pytest.approx((2 / 3 + 0.8) / 3)
    assert macro_f1(TRUE[:0], ANSWERED[:0]) == 0.0


def test_a_table_by_label() -> None:
    table = label_table(TRUE, ANSWERED, ["ham", "egg", "spam", "tea"])
    assert list(table) == ["ham", "spam", "tea"]
    assert table["spam"] == {"precision": pytest.approx(2 / 3), "recall": 1.0, "f1": pytest.approx(0.8), "texts": 2}


def test_of_many_labels_the_worst_pairs_are_told() -> None:
    true = np.arange(50).repeat(2)
    answered = true.copy()
    answered[:2] = 7
    answered[4] = 9
    names = [f"label number {k} of fifty" for k in range(50)]
    lines = confusion_text(true, answered, names).splitlines()
    assert lines == [
        "     2  label number 0 … taken for label number 7 …",
        "     1  label number 2 … taken for label number 9 …",
    ]


def test_a_matrix_tells_labels_that_begin_alike_apart_and_counts_from_one_to_ten() -> None:
    names = ["Ticket queue of team 1", "Ticket queue of team 10", "Ticket queue of team 2", "猫"]
    lines = confusion_text(np.array([0, 1, 2, 3]), np.array([0, 1, 1, 3]), names).splitlines()
    assert [line[:16].rstrip() for line in lines[1:4]] == ["Ticket q… team 1", "Ticket q… team 2", "Ticket q…team 10"]
    assert lines[2].split()[-4:] == ["0", "0", "1", "0"]
    assert len({text_width(line) for line in lines}) == 1


def test_the_worst_pairs_have_names_that_are_explained() -> None:
    names = [f"{'x' * 30}{k}{'y' * 30}" for k in range(30)]
    lines = confusion_text(np.arange(30), np.array([1, *range(1, 30)]), names).splitlines()
    assert lines[0] == "     1  xxxxxxxxxxxx… #1 taken for xxxxxxxxxxxx… #2"
    assert lines[1:] == [f"#1  {names[0]}", f"#2  {names[1]}"]


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_scikit_learn(seed: int) -> None:
    """Some labels are never answered, some answered and never true: 0 on both sides."""
    draw = np.random.default_rng(seed)
    true, answered = draw.integers(0, 8, 60), draw.integers(2, 10, 60)
    answered = np.where(draw.random(60) < 0.5, true, answered)
    found = LabelScores(true, answered)
    precision, recall, f1, counts = precision_recall_fscore_support(true, answered, zero_division=0)
    np.testing.assert_allclose(found.precision, precision)
    np.testing.assert_allclose(found.recall, recall)
    np.testing.assert_allclose(found.f1, f1)
    np.testing.assert_array_equal(found.counts, counts)
    assert macro_f1(true, answered) == pytest.approx(f1_score(true, answered, average="macro"))
