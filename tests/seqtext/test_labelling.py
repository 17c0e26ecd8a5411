"""Measuring a classifier that answers as it is told, and the naive Bayes baseline beside it."""

from typing import Any

import numpy as np
import pytest

from seqtext.errors import CorpusError
from seqtext.labelling import NaiveBayes, measure_classifier

PAIRS = [
    (label, f"{word} number {k}")
    for k in range(10)
    for label, word in (("good", "lovely"), ("bad", "dull"), ("bad", "dreary"))
]


class Told:
    """Says "good" of whatever is lovely, or of what is in a list."""

    labels = ("bad", "good")

    def __init__(self, *more: str) -> None:
        self.more = more

    def log_probs(self, texts: list[str]) -> np.ndarray:
        good = np.array(["lovely" in text or text in self.more for text in texts])
        return np.log(np.where(good[:, None], [0.2, 0.8], [0.9, 0.1])).astype(np.float32)


def measured(*more: str, pairs: Any = PAIRS, **settings: Any) -> dict[str, Any]:
    return measure_classifier(Told(*more), pairs, **settings)  # type: ignore[arg-type]


def test_scores_beside_the_baselines() -> None:
    found = measured("dull number 3", "dreary number 4", "dreary number 5")
    assert found["texts"] == 30
    assert found["accuracy"] == pytest.approx(0.9)
    assert found["labels"]["good"]["precision"] == pytest.approx(10 / 13)
    assert found["labels"]["bad"] == {
        "precision": 1.0, "recall": pytest.approx(17 / 20), "f1": pytest.approx(34 / 37), "texts": 20,
    }  # fmt: skip
    assert found["macro_f1"] == pytest.approx((34 / 37 + 20 / 23) / 2)
    assert found["calibration_error"] == pytest.approx((17 * 0.1 + abs(13 * 0.8 - 10)) / 30, abs=1e-6)
    assert found["confusion"].splitlines()[1].split() == ["bad", "17", "3"]
    assert found["baseline"]["usual label"]["accuracy"] == pytest.approx(2 / 3)
    assert found["baseline"]["naive bayes"]["accuracy"] == 1.0
    assert "unknown_labels" not in found


def test_the_baseline_learns_from_what_it_is_given() -> None:
    found = measured(learnt=[("good", "dull"), ("bad", "lovely"), ("odd", "dreary"), ("odd", "dreary")])
    assert found["baseline"]["naive bayes"]["accuracy"] == 0.0
    assert found["baseline"]["usual label"]["accuracy"] == 0.0


def test_labels_that_the_model_does_not_know() -> None:
    found = measured(pairs=[*PAIRS, ("odd", "lovely and dull")])
    assert found["unknown_labels"] == 1
    assert found["accuracy"] == pytest.approx(30 / 31)
    with pytest.raises(CorpusError, match="it knows bad, good, the corpus has 'odd'"):
        measured(pairs=[("odd", "lovely")])


def test_a_limit_takes_random_ones() -> None:
    assert measured(limit=7)["texts"] == 7
    assert measured(limit=7) == measured(limit=7)
    assert measured(limit=99)["texts"] == 30


def test_naive_bayes_is_the_sum_that_it_says() -> None:
    model = NaiveBayes(["a b", "a", "c"], np.array([5, 5, 9]))
    # Grams: a, b, "a b", c. Label 5 has a twice, b and "a b" once: P(a | 5) = 3/8; label 9 has c: P(c | 9) = 2/5.
    assert model.answer(["c", "b", "unseen"]).tolist() == [9, 5, 5]
    found = model._logs.toarray() - model._shift
    assert np.exp(found[0]).tolist() == pytest.approx([3 / 8, 1 / 5])
