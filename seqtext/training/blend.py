"""Blend two classifiers by a weighted sum of their scores. The factors are fitted on held-out text."""

from typing import NamedTuple

import numpy as np

from seqtext.training.linear import Floats, nats, probabilities

FEWEST = 50  # held-out texts to fit the factors to
_HALVES = 2


class Blend(NamedTuple):
    """Hold factors of two classifiers' scores, with their held-out losses.

    first, second: factors of the scores, 0 or more; they act as inverse temperatures, too
    loss:          nats per text, of each half of the texts with factors fitted to the other half
    alone, other:  the same for the first classifier by itself, and for the second; only: the factor of the second then
    """

    first: float
    second: float
    loss: float
    alone: float
    other: float
    only: float

    @property
    def is_better(self) -> bool:
        """Return whether the second classifier lowers the loss."""
        return self.second > 0 and self.loss < self.alone


def blend(first: Floats, second: Floats, targets: Floats, *, several: bool = False) -> Blend:
    """Fit the factors a, b ≥ 0 of a sum of scores.

    They minimize the held-out nats of a·z₁ + b·z₂ (stacking, Wolpert 1992), which is convex.

    first, second: (texts, labels) scores of texts that neither has learnt; targets: (texts, labels) 0 and 1
    """
    both = np.stack([first, second])
    halves = np.arange(len(targets)) % _HALVES
    loss = alone = other = 0.0
    for half in range(_HALVES):
        measured, fitted = halves == half, halves != half
        if not measured.any() or not fitted.any():
            return Blend(1.0, 0.0, np.inf, np.inf, np.inf, 1.0)
        share = float(measured.mean())
        loss += share * _loss(
            _factors(both[:, fitted], targets[fitted], several), both[:, measured], targets[measured], several
        )
        first_loss, second_loss = (
            _loss(
                _factors(scores[:, fitted], targets[fitted], several), scores[:, measured], targets[measured], several
            )
            for scores in (both[:1], both[1:])
        )
        alone, other = alone + share * first_loss, other + share * second_loss
    a, b = _factors(both, targets, several).tolist()
    return Blend(a, b, loss, alone, other, float(_factors(both[1:], targets, several)[0]))


def _loss(factors: Floats, scores: Floats, targets: Floats, several: bool) -> float:
    return nats(np.tensordot(factors, scores, 1), targets, several)


def _factors(scores: Floats, targets: Floats, several: bool) -> Floats:
    """Fit the factors with the fewest nats, (classifiers,); scores: (classifiers, texts, labels)."""

    def cost(factors: Floats) -> tuple[float, Floats]:
        total = np.tensordot(factors, scores, 1)
        change = (probabilities(total, several) - targets) / len(targets)
        return nats(total, targets, several), (scores * change).sum((1, 2))

    count = len(scores)
    # Here, as it takes half a second to be loaded, and most trainings have nothing to blend.
    from scipy.optimize import minimize

    solution = minimize(cost, np.full(count, 1.0 / count), jac=True, method="L-BFGS-B", bounds=[(0.0, 100.0)] * count)
    return np.asarray(solution.x)
