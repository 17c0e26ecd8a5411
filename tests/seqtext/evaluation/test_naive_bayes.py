"""Naive Bayes, the baseline of classifiers."""

import numpy as np
import pytest

from seqtext.evaluation.naive_bayes import NaiveBayes, SeveralBayes


def test_naive_bayes_decides_on_each_label_by_itself() -> None:
    labels = np.array([[True, False], [True, True], [False, False]])
    model = SeveralBayes([["a", "b"], ["a"], ["c"]], labels)
    # Of label 0, 2 of 3 texts: P(a | 0) = 3/6, P(a | not 0) = 1/4, V = 3; of label 1: P(a | 1) = 2/4, of not 1: 2/6.
    assert model.answer([["a"], ["c"], ["new"]]).tolist() == [[True, False], [False, False], [True, False]]
    scores = np.log([3 / 6 / (1 / 4) * 3 / 2, 2 / 4 / (2 / 6) * 2 / 3])
    assert (scores > [0.0, 1e-9]).tolist() == [True, False]


def test_naive_bayes_is_the_sum_that_it_says() -> None:
    model = NaiveBayes(["a b", "a", "c"], np.array([5, 5, 9]))
    # Grams: a, b, "a b", c. Label 5 has a twice, b and "a b" once: P(a | 5) = 3/8; label 9 has c: P(c | 9) = 2/5.
    assert model.answer(["c", "b", "unseen"]).tolist() == [9, 5, 5]
    found = model._logs.toarray() - model._shift
    assert np.exp(found[0]).tolist() == pytest.approx([3 / 8, 1 / 5])
