"""Scores of two classifiers added up, each times a factor that held-out text chooses."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from seqtext.training.linear import Floats, nats, probabilities

FEWEST = 50  # held-out texts that can tell how much either counts
_HALVES = 2


class Blend(NamedTuple):
    """How much each of two classifiers counts, and what held-out text says of it.

    first, second: factors of the scores, 0 or more; they are the inverse of a temperature, too
    loss:          nats a text, each half of the texts judged by factors fitted to the other half
    alone, other:  the same of the first classifier by itself, and of the second; only: the factor of the second then
    """

    first: float
    second: float
    loss: float
    alone: float
    other: float
    only: float

    @property
    def is_better(self) -> bool:
        """Whether the second classifier adds something."""
        return self.second > 0 and self.loss < self.alone


def blend(first: Floats, second: Floats, targets: Floats, *, several: bool = False) -> Blend:
    """Fit factors a, b ≥ 0 that minimize the held-out nats of a·z₁ + b·z₂ (stacking, Wolpert 1992); convex.

    first, second: (texts, labels) scores of texts that neither has learnt; targets: (texts, labels) 0 and 1
    """
    both = np.stack([first, second])
    halves = np.arange(len(targets)) % _HALVES
    loss = alone = other = 0.0
    for half in range(_HALVES):
        own, others = halves == half, halves != half
        if not own.any() or not others.any():
            return Blend(1.0, 0.0, np.inf, np.inf, np.inf, 1.0)
        share = float(own.mean())
        loss += share * _loss(_factors(both[:, others], targets[others], several), both[:, own], targets[own], several)
        one, two = (
            _loss(_factors(part[:, others], targets[others], several), part[:, own], targets[own], several)
            for part in (both[:1], both[1:])
        )
        alone, other = alone + share * one, other + share * two
    a, b = _factors(both, targets, several).tolist()
    return Blend(a, b, loss, alone, other, float(_factors(both[1:], targets, several)[0]))


def _loss(factors: Floats, scores: Floats, targets: Floats, several: bool) -> float:
    return nats(np.tensordot(factors, scores, 1), targets, several)


def _factors(scores: Floats, targets: Floats, several: bool) -> Floats:
    """(classifiers,) the factors with the fewest nats; scores: (classifiers, texts, labels)."""

    def cost(factors: Floats) -> tuple[float, Floats]:
        total = np.tensordot(factors, scores, 1)
        change = (probabilities(total, several) - targets) / len(targets)
        return nats(total, targets, several), (scores * change).sum((1, 2))

    count = len(scores)
    found = minimize(cost, np.full(count, 1.0 / count), jac=True, method="L-BFGS-B", bounds=[(0.0, 100.0)] * count)
    return np.asarray(found.x)
