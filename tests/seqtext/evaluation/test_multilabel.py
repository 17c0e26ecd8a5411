"""Several labels of a text: fitting a temperature and a threshold, scores checked by hand."""

import doctest

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from seqtext.evaluation import multilabel
from seqtext.evaluation.multilabel import fit_several, marked, several_scores, several_table

TRUE = marked([[0], [0, 1], [], [2]], 4)
ANSWERED = marked([[0], [0], [], [1, 2]], 4)


def test_examples() -> None:
    found = doctest.testmod(multilabel)
    assert (found.failed, found.attempted == 1) == (0, True)


def test_scores_are_those_of_the_decisions() -> None:
    found = several_scores(TRUE, ANSWERED)
    assert found == {
        "micro_f1": pytest.approx(2 * 3 / (4 + 4)), "macro_f1": pytest.approx((1 + 0 + 1) / 3), "subset_accuracy": 0.5,
    }  # fmt: skip
    assert several_scores(TRUE[:0], TRUE[:0]) == {"micro_f1": 0.0, "macro_f1": 0.0, "subset_accuracy": 0.0}


def test_a_table_by_label_has_what_occurs() -> None:
    table = several_table(TRUE, ANSWERED, ["a", "b", "c", "d"])
    assert list(table) == ["a", "b", "c"]
    assert table["b"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "texts": 1}
    assert table["c"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "texts": 1}


def test_the_temperature_makes_scores_honest_and_the_threshold_the_best_of_f1() -> None:
    draw = np.random.default_rng(1)
    honest = draw.normal(-1.0, 2.0, (3000, 4))
    true = draw.random(honest.shape) < 1 / (1 + np.exp(-honest))
    temperature, threshold = fit_several(3.0 * honest, true)
    assert temperature == pytest.approx(3.0, rel=0.1)
    shares = 1 / (1 + np.exp(-honest))

    def f1(bound: float) -> float:
        return several_scores(true, shares >= bound)["micro_f1"]

    assert f1(threshold) >= max(map(f1, (0.2, 0.3, 0.5, 0.6))) - 0.006


def test_a_threshold_does_not_part_what_scores_alike() -> None:
    scores = np.repeat([[2.0], [0.0], [-2.0]], 20, 0)
    true = np.repeat([[True], [True], [False]], 20, 0)
    true[20:25] = False
    temperature, threshold = fit_several(scores, true)
    answered = scores >= temperature * np.log(threshold / (1 - threshold))
    assert answered.sum() == 40


@pytest.mark.parametrize("texts", [0, 19, 30])
def test_nothing_is_fitted_on_too_little(texts: int) -> None:
    assert fit_several(np.zeros((texts, 3)), np.zeros((texts, 3), np.bool_)) == (1.0, 0.5)


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_scikit_learn(seed: int) -> None:
    """Of the labels that occur or are answered: scikit-learn would count the others in macro F1 as 0."""
    draw = np.random.default_rng(seed)
    true, answered = draw.random((40, 7)) < [0.5, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0], draw.random((40, 7)) < 0.25
    answered[:, 6] = False
    answered[:20] = true[:20]
    there = (true | answered).any(0)
    assert there.tolist() == [True] * 6 + [False]
    assert several_scores(true, answered) == pytest.approx({
        "micro_f1": f1_score(true, answered, average="micro"),
        "macro_f1": f1_score(true[:, there], answered[:, there], average="macro", zero_division=0),
        "subset_accuracy": accuracy_score(true, answered),
    })  # fmt: skip
    table = several_table(true, answered, list("abcdefg"))
    columns = precision_recall_fscore_support(true[:, there], answered[:, there], zero_division=0)
    assert list(table) == list("abcdef")
    np.testing.assert_allclose([list(row.values()) for row in table.values()], np.transpose(columns))
