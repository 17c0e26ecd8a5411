"""Fit regularized logistic regression over fixed features by L-BFGS in text space.

    minimize  1/n Σ_i nats(y_i, W x_i + b) + λ/2 ‖W‖²,   λ = 1 / (C n),   C as in scikit-learn's LogisticRegression

The minimum is W = Aᵀ X with a row of A, (labels,), for each text (Kimeldorf and Wahba 1971), and so is every step of
L-BFGS (Nocedal 1980) from W = 0. So A is what is learnt, the inner product of two steps is that of W, and features are
read only by the map A → X Xᵀ A, once per iteration. The line search reads none of them, however many there are, and
memory grows with the texts; a general minimizer holds twenty copies of W, which has a score for each of a million
n-grams and each label. Of 20 Newsgroups, C = 10, a fit takes 3 s on one core where scikit-learn's takes 11.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from seqtext.evaluation.metrics import fit_temperature
from seqtext.evaluation.multilabel import fit_several

Floats = NDArray[np.float64]
#: (texts, labels) → (texts, labels): X Xᵀ of some features X.
Gram = Callable[[Floats], Floats]

STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)  # C, from strong regularization to weak
_PAIRS = 8  # steps that L-BFGS remembers
_ITERATIONS = 200
_TOLERANCE = 1e-3  # of the gradient's norm, beside the one at W = 0
DENSE = 3_000  # texts of which X Xᵀ is kept whole
_PATIENCE = 1  # strengths in a row that are worse than the best
_FOLDS = 5


class Fit(NamedTuple):
    """Hold a fitted logistic regression, as coefficients of its training texts."""

    shares: Floats  # (texts, labels) A
    bias: Floats  # (labels,)
    scores: Floats  # (texts, labels) X Xᵀ A, without the bias
    iterations: int = 0


class TriedStrength(NamedTuple):
    """Hold a regularization strength with its held-out loss and accuracy."""

    strength: float
    loss: float  # nats a text, at the best temperature
    accuracy: float  # multi-label, the share of right decisions: micro-F1 is left to the evaluation
    iterations: int


def gram_of(features: Any) -> Gram:
    """Return X Xᵀ as a map; X: (texts, features), sparse or an array."""
    if features.shape[0] <= DENSE:
        whole = features @ features.T
        dense = np.asarray(whole.toarray() if sparse.issparse(whole) else whole, np.float64)
        return lambda shares: dense @ shares
    turned = features.T.tocsr() if sparse.issparse(features) else features.T
    kind = features.dtype
    return lambda shares: (features @ (turned @ shares.astype(kind))).astype(np.float64)


def one_hot(labels: NDArray[np.integer], count: int) -> Floats:
    """Encode labels, (texts,) indices, as (texts, labels) 0 and 1."""
    targets = np.zeros((len(labels), count))
    targets[np.arange(len(labels)), labels] = 1.0
    return targets


def fit_logistic(
    gram: Gram,
    targets: Floats,
    strength: float,
    *,
    several: bool = False,
    weights: Floats | None = None,
    start: Fit | None = None,
    tolerance: float = _TOLERANCE,
) -> Fit:
    """Fit softmax regression, or multi-label logistic regression; deterministic.

    targets:   (texts, labels) 0 and 1
    strength:  C, the inverse of the regularization strength
    several:   multi-label: a logistic regression for each label
    weights:   (texts, 1) or (texts, labels) weight of each, 1 on average
    start:     an earlier fit of the same texts, with another strength
    tolerance: of the gradient's norm, as a share of its norm at W = 0
    """
    return _Solver(gram, targets, strength, several, weights).run(start, tolerance)


class _Solver:
    """L-BFGS on (A, b), with the inner product ⟨A, X Xᵀ A⟩ + ⟨b, b⟩ of (W, b)."""

    def __init__(self, gram: Gram, targets: Floats, strength: float, several: bool, weights: Floats | None) -> None:
        self._gram, self._targets, self._several = gram, targets, several
        self._decay = 1.0 / (strength * len(targets))
        each = np.ones((len(targets), 1)) if weights is None else weights
        self._weights = each / len(targets)
        self._memory: list[tuple[_Vector, _Vector, float]] = []

    def run(self, start: Fit | None, tolerance: float) -> Fit:
        shape = self._targets.shape
        zeros = np.zeros(shape)
        at = _Vector(zeros, zeros, self._first_bias())
        first = _norm(self._gradient(at))
        if start is not None:
            at = _Vector(start.shares, start.scores, start.bias)
        gradient = self._gradient(at)
        number = 0
        while number < _ITERATIONS and _norm(gradient) > tolerance * first:
            number += 1
            step = self._direction(gradient)
            size = self._along(at, step)
            if size <= 0.0:
                if not self._memory:
                    break
                self._memory.clear()
                continue
            moved = at + step.times(size)
            new = self._gradient(moved)
            self._remember(step.times(size), new + gradient.times(-1.0))
            at, gradient = moved, new
        return Fit(at.shares, at.bias, at.scores, number)

    def _first_bias(self) -> Floats:
        """Return the best bias without features, so that the first steps need not learn it."""
        means = np.clip((self._weights * self._targets).sum(0), 1e-6, 1 - 1e-6)
        bias: Floats = np.log(means) - (np.log1p(-means) if self._several else np.log(means).mean())
        return bias

    def _residuals(self, scores: Floats) -> Floats:
        """Compute the derivative of the mean nats with respect to the scores, (texts, labels)."""
        return self._weights * (probabilities(scores, self._several) - self._targets)

    def _gradient(self, at: "_Vector") -> "_Vector":
        residuals = self._residuals(at.scores + at.bias)
        shares = residuals + self._decay * at.shares
        return _Vector(shares, self._gram(residuals) + self._decay * at.scores, residuals.sum(0))

    def _direction(self, gradient: "_Vector") -> "_Vector":
        """Compute the search direction by the two-loop recursion of L-BFGS (Nocedal and Wright 2006, algorithm 7.4)."""
        result, factors = gradient.times(-1.0), []
        for moved, changed, inverse in reversed(self._memory):
            factor = inverse * moved.dot(result)
            factors.append(factor)
            result = result + changed.times(-factor)
        if self._memory:
            moved, changed, inverse = self._memory[-1]
            result = result.times(1.0 / (inverse * changed.dot(changed)))
        for (moved, changed, inverse), factor in zip(self._memory, reversed(factors), strict=True):
            result = result + moved.times(factor - inverse * changed.dot(result))
        return result

    def _remember(self, moved: "_Vector", changed: "_Vector") -> None:
        curvature = moved.dot(changed)
        if curvature > 1e-12:
            self._memory = [*self._memory, (moved, changed, 1.0 / curvature)][-_PAIRS:]

    def _along(self, at: "_Vector", step: "_Vector") -> float:
        """Choose the step size: Newton's method for the minimum on the line, which is convex.

        The size is kept between known bounds.
        """
        ahead, squared = float((at.shares * step.scores).sum()), float((step.shares * step.scores).sum())
        change, scores = step.scores + step.bias, at.scores + at.bias
        low, high, size = 0.0, np.inf, 1.0
        for _ in range(12):
            values = probabilities(scores + size * change, self._several)
            slope = float((self._weights * (values - self._targets) * change).sum())
            slope += self._decay * (ahead + size * squared)
            means = 0.0 if self._several else (values * change).sum(1, keepdims=True)
            spread = values * (1 - values) * change**2 if self._several else values * (change - means) ** 2
            curve = float((self._weights * spread).sum()) + self._decay * squared
            low, high = (size, high) if slope < 0 else (low, size)
            move = -slope / max(curve, 1e-300)
            if abs(move) <= 0.01 * size:
                break
            target = size + move
            inside = low < target < min(high, 10.0 * size + 10.0)
            size = target if inside else 0.5 * (low + high) if high < np.inf else 4.0 * size
        return size


class _Vector(NamedTuple):
    """Vector in the space of (W, b): the coefficients A of W = Aᵀ X, the scores X Xᵀ A of the texts, and b."""

    shares: Floats
    scores: Floats
    bias: Floats

    def times(self, factor: float) -> "_Vector":
        return _Vector(factor * self.shares, factor * self.scores, factor * self.bias)

    def __add__(self, other: "_Vector") -> "_Vector":  # type: ignore[override]  # a tuple's + concatenates
        return _Vector(self.shares + other.shares, self.scores + other.scores, self.bias + other.bias)

    def dot(self, other: "_Vector") -> float:
        return float((self.shares * other.scores).sum() + (self.bias * other.bias).sum())


def _norm(vector: _Vector) -> float:
    return math.sqrt(max(0.0, vector.dot(vector)))


def probabilities(scores: Floats, several: bool = False) -> Floats:
    """Compute the softmax of scores, (texts, labels), or their sigmoid. Multi-label scores have a sigmoid each."""
    if several:
        result: Floats = 0.5 * (1.0 + np.tanh(0.5 * scores))
        return result
    shares = np.exp(scores - scores.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    return np.asarray(shares)


def nats(scores: Floats, targets: Floats, several: bool = False) -> float:
    """Compute the mean cross-entropy of the labels, in nats per text.

    scores, targets: (texts, labels)

    Multi-label: of each text, the sum over its labels' decisions.
    """
    if several:
        return float(np.logaddexp(0.0, np.where(targets > 0, -scores, scores)).sum(1).mean())
    top = scores.max(1)
    totals: Floats = top + np.log(np.exp(scores - top[:, None]).sum(1)) - (scores * targets).sum(1)
    return float(totals.mean())


def judge(scores: Floats, targets: Floats, several: bool = False) -> tuple[float, float]:
    """Evaluate scores: nats per text at the best temperature, and accuracy.

    With its best temperature, a weaker regularization is not called worse for overconfidence, which the model's own
    temperature mends.

    scores: (texts, labels) of texts not learnt; targets: (texts, labels) 0 and 1
    """
    if several:
        temperature, _ = fit_several(scores, targets > 0)
        return nats(scores / temperature, targets, True), float(((scores > 0) == (targets > 0)).mean())
    labels = targets.argmax(1)
    order = np.argsort(-scores, 1, kind="stable")
    sorted_scores = np.take_along_axis(scores, order, 1)
    temperature = fit_temperature(sorted_scores, (order == labels[:, None]).argmax(1))
    return nats(scores / temperature, targets), float((scores.argmax(1) == labels).mean())


def folds_of(targets: Floats, seed: int, count: int = _FOLDS) -> NDArray[np.int64]:
    """Assign texts to folds, (texts,), each label's texts spread evenly."""
    order = np.random.default_rng(seed).permutation(len(targets))
    order = order[np.argsort(targets[order].argmax(1), kind="stable")]
    folds = np.empty(len(targets), np.int64)
    folds[order] = np.arange(len(order)) % count
    return folds


def try_strengths(
    features: Any,
    targets: Floats,
    held_out: tuple[Any, Floats],
    *,
    several: bool = False,
    weights: Floats | None = None,
    strengths: Sequence[float] = STRENGTHS,
) -> Iterator[tuple[TriedStrength, Fit]]:
    """Fit with each strength, strongest regularization first, until held-out loss rises.

    features, held_out[0]: (texts, features), sparse or an array; targets, held_out[1]: (texts, labels)
    """
    gram, others, fit = gram_of(features), held_out[0] @ features.T if features.shape[0] <= DENSE else None, None
    best, worse = np.inf, 0
    for strength in strengths:
        fit = fit_logistic(gram, targets, strength, several=several, weights=weights, start=fit)
        scores = held_out[0] @ weights_of(features, fit) if others is None else others @ fit.shares
        loss, accuracy = judge(np.asarray(scores, np.float64) + fit.bias, held_out[1], several)
        yield TriedStrength(strength, loss, accuracy, fit.iterations), fit
        worse = 0 if loss < best else worse + 1
        best = min(best, loss)
        if worse == _PATIENCE:
            return


def cross_validate(
    gram: Floats, targets: Floats, seed: int, *, several: bool = False, strengths: Sequence[float] = STRENGTHS
) -> list[tuple[TriedStrength, Floats]]:
    """Score each text by k-fold cross-validation, for each strength.

    gram: (texts, texts) X Xᵀ; returns each strength with the scores, (texts, labels)
    """
    folds = folds_of(targets, seed, max(2, min(_FOLDS, int(targets.sum(0).min()))))
    scores = np.zeros((len(strengths), *targets.shape))
    iterations = np.zeros(len(strengths), np.int64)
    for fold in range(folds.max() + 1):
        fitted, others = folds != fold, folds == fold
        inner, outer = gram[np.ix_(fitted, fitted)], gram[np.ix_(others, fitted)]
        fit = None
        for number, strength in enumerate(strengths):
            fit = fit_logistic(lambda shares: inner @ shares, targets[fitted], strength, several=several, start=fit)  # noqa: B023
            scores[number, others] = outer @ fit.shares + fit.bias
            iterations[number] += fit.iterations
    return [
        (TriedStrength(strength, *judge(of_strength, targets, several), int(count)), of_strength)
        for strength, of_strength, count in zip(strengths, scores, iterations, strict=True)
    ]


def weights_of(features: Any, fit: Fit) -> Floats:
    """Compute the weights Xᵀ A, (features, labels).

    features: (texts, features), sparse or an array
    """
    return np.asarray(features.T @ fit.shares, np.float64)
