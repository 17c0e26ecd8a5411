"""Logistic regression in the space of the texts: scikit-learn's is the oracle."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from seqtext.training import linear
from seqtext.training.linear import cross_validate, fit_logistic, folds_of, gram_of, one_hot, try_strengths, weights_of

_DRAW = np.random.default_rng(3)
_FEATURES = _DRAW.normal(size=(120, 30)) * (_DRAW.random((120, 30)) < 0.4)


def _labels(count: int) -> np.ndarray:
    return np.asarray((_FEATURES @ np.random.default_rng(4).normal(size=(30, count))).argmax(1))


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("strength", [0.1, 10.0])
@pytest.mark.parametrize("dense", [3_000, 0])  # X Xᵀ kept whole, or not
def test_the_minimum_is_that_of_scikit_learn(
    count: int, strength: float, dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linear, "DENSE", dense)
    labels = _labels(count)
    features = sparse.csr_matrix(_FEATURES)
    fit = fit_logistic(gram_of(features), one_hot(labels, count), strength, tolerance=1e-7)
    # Two labels share one vector of weights there, whose halves are ours: ‖W‖² = 2 ‖w / 2‖² = ‖w‖² / 2.
    expected = LogisticRegression(C=strength if count > 2 else 2 * strength, tol=1e-10, max_iter=5000)
    expected.fit(_FEATURES, labels)
    scores = _FEATURES @ weights_of(features, fit) + fit.bias
    found = np.log(linear.probabilities(scores))
    assert np.abs(fit.scores + fit.bias - scores).max() < 1e-6
    assert np.abs(found - expected.predict_log_proba(_FEATURES)).max() < 1e-4


def test_of_several_labels_each_is_a_regression_of_its_own() -> None:
    targets = (_FEATURES @ np.random.default_rng(5).normal(size=(30, 3)) > 0.5).astype(np.float64)
    fit = fit_logistic(gram_of(_FEATURES), targets, 2.0, several=True, tolerance=1e-7)
    found = linear.probabilities(fit.scores + fit.bias, several=True)
    for label in range(3):
        expected = LogisticRegression(C=2.0, tol=1e-10, max_iter=5000).fit(_FEATURES, targets[:, label])
        assert np.abs(found[:, label] - expected.predict_proba(_FEATURES)[:, 1]).max() < 1e-4


def test_weights_count_as_copies_of_a_text() -> None:
    labels = _labels(3)
    copies = np.where(labels == 0, 3, 1)
    weights = (copies * len(labels) / copies.sum())[:, None]
    fit = fit_logistic(gram_of(_FEATURES), one_hot(labels, 3), 1.0, weights=weights, tolerance=1e-7)
    rows = np.repeat(np.arange(len(labels)), copies)
    # λ = 1 / (C n): as many texts as there are copies leave less of it.
    copied = fit_logistic(gram_of(_FEATURES[rows]), one_hot(labels[rows], 3), len(labels) / len(rows), tolerance=1e-7)
    assert np.abs(weights_of(_FEATURES, fit) - weights_of(_FEATURES[rows], copied)).max() < 1e-4


def test_a_fit_that_begins_with_another_ends_at_the_same_minimum_sooner() -> None:
    targets, gram = one_hot(_labels(3), 3), gram_of(_FEATURES)
    before = fit_logistic(gram, targets, 8.0, tolerance=1e-6)
    fresh = fit_logistic(gram, targets, 10.0, tolerance=1e-6)
    warm = fit_logistic(gram, targets, 10.0, start=before, tolerance=1e-6)
    assert warm.iterations < fresh.iterations
    assert np.abs(warm.scores + warm.bias - fresh.scores - fresh.bias).max() < 1e-3


def test_cross_validation_asks_fits_that_have_not_seen_a_text() -> None:
    """Labels drawn at random cannot be told of texts that were not seen, though every text is told when it was."""
    features, labels = np.eye(60), np.random.default_rng(0).integers(0, 2, 60)
    targets = one_hot(labels, 2)
    found = cross_validate(features @ features.T, targets, 1, strengths=(100.0,))
    assert found[0][0].accuracy < 0.75
    assert (fit_logistic(gram_of(features), targets, 100.0).scores.argmax(1) == labels).all()


def test_folds_spread_each_label() -> None:
    targets = one_hot(np.array([0] * 50 + [1] * 10), 2)
    folds = folds_of(targets, 7)
    assert [np.bincount(folds[targets[:, k] > 0]).tolist() for k in (0, 1)] == [[10] * 5, [2] * 5]


def test_strengths_are_tried_until_held_out_text_gets_worse() -> None:
    draw = np.random.default_rng(8)
    labels = np.where(draw.random(120) < 0.3, draw.integers(0, 3, 120), _labels(3))  # noise that can be overfitted
    targets = one_hot(labels, 3)
    tried = [one for one, _ in try_strengths(_FEATURES[:60], targets[:60], (_FEATURES[60:], targets[60:]))]
    losses = [one.loss for one in tried]
    assert 1 < len(tried) < len(linear.STRENGTHS)
    assert np.argmin(losses) == len(losses) - 2
