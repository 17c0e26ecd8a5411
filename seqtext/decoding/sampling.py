"""Sample tokens with temperature, top-k, top-p, min-p and repetition penalty."""

import math
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from seqtext.config import SamplingConfig
from seqtext.decoding.search import top
from seqtext.errors import scores_not_finite

_SHARPEST = 1e260  # 1 / temperature at most: times a penalty and scores of float32, up to 1e39, it is finite


def filtered(
    log_probs: NDArray[np.floating], config: SamplingConfig, recent: Collection[int] = ()
) -> NDArray[np.float64]:
    """Compute the probabilities that `sample` uses, (vocabulary,).

    In this order: the log-probability of each recent token times the penalty (Keskar et al. 2019, arXiv:1909.05858),
    temperature, top-k, top-p (Holtzman et al. 2020, arXiv:1904.09751), min-p (Nguyen et al. 2024, arXiv:2407.01082).
    Raises ModelError where the largest log-probability is not finite.

    >>> filtered(np.log([0.5, 0.3, 0.2]), SamplingConfig(temperature=1, top_k=2)).round(3).tolist()
    [0.625, 0.375, 0.0]
    """
    weights = _weigh(log_probs, config, recent)
    weights /= weights.sum()
    return weights


def _weigh(log_probs: NDArray[np.floating], config: SamplingConfig, recent: Collection[int]) -> NDArray[np.float64]:
    """Compute `filtered` up to a factor: the likeliest token has 1; in float64, see `_SHARPEST`."""
    scores = log_probs.astype(np.float64)
    if config.repetition_penalty != 1.0 and len(recent):
        seen = np.fromiter(recent, np.int64, len(recent))
        scores[seen] *= config.repetition_penalty  # indexing penalizes a token once, though it came twice
    best = scores.argmax()
    peak = scores[best]
    if not math.isfinite(peak):
        raise scores_not_finite()
    if config.temperature == 0.0:
        return _only(np.ones_like(scores), np.array([best]))
    scores -= peak
    scores *= min(1.0 / config.temperature, _SHARPEST)
    weights: NDArray[np.float64] = np.exp(scores)
    if config.top_k is not None and config.top_k < len(weights):
        weights = _only(weights, top(scores, config.top_k))
    if config.top_p is not None and config.top_p < 1.0:
        ranked = np.argsort(-weights, kind="stable")
        reached = weights[ranked].cumsum()
        weights = _only(weights, ranked[np.append(0.0, reached[:-1]) < config.top_p * reached[-1]])
    if config.min_p:
        weights[weights < config.min_p] = 0.0
    return weights


def _only(weights: NDArray[np.float64], kept: NDArray[np.int64]) -> NDArray[np.float64]:
    result = np.zeros_like(weights)
    result[kept] = weights[kept]
    return result


def sample(
    log_probs: NDArray[np.floating], config: SamplingConfig, recent: Collection[int], generator: np.random.Generator
) -> int:
    """Sample a token from log-probabilities.

    log_probs: (vocabulary,), −inf is never drawn; where no penalty counts, any number may be added to all of them
    recent: the ids that a penalty falls on
    Raises ModelError where the largest is not finite.
    """
    cumulative = _weigh(log_probs, config, recent).cumsum()
    return int(cumulative.searchsorted(generator.random() * cumulative[-1], side="right"))


def sample_rows(
    log_probs: NDArray[np.floating],
    config: SamplingConfig,
    recent: Sequence[Collection[int]],
    generators: Sequence[np.random.Generator],
) -> list[int]:
    """Sample a token from each row of log-probabilities.

    log_probs: (rows, vocabulary); recent, generators: of each row. For the rest see `sample`.
    """
    if config.temperature == 0.0 or config != SamplingConfig(temperature=config.temperature):
        rows = zip(log_probs, recent, generators, strict=True)
        return [sample(row, config, seen, generator) for row, seen, generator in rows]
    scores = log_probs.astype(np.float64)
    peaks = scores.max(1, keepdims=True)
    if not np.isfinite(peaks).all():
        raise scores_not_finite()
    scores -= peaks
    scores *= min(1.0 / config.temperature, _SHARPEST)
    cumulative = np.cumsum(np.exp(scores, out=scores), 1, out=scores)
    return [
        int(row.searchsorted(generator.random() * row[-1], side="right"))
        for row, generator in zip(cumulative, generators, strict=True)
    ]
