"""Measures of quality, in NumPy."""

import numpy as np
from numpy.typing import NDArray


def expected_calibration_error(confidence: NDArray[np.floating], correct: NDArray[np.bool_], bins: int = 15) -> float:
    """Mean distance between confidence and accuracy over bins of equal width, weighted by size (Guo et al. 2017).

    confidence: (answers,) probability given to the first answer; correct: (answers,) was it right

    >>> expected_calibration_error(np.array([0.5, 0.5]), np.array([True, False]))
    0.0
    """
    if len(confidence) == 0:
        return 0.0
    places = np.clip((confidence * bins).astype(int), 0, bins - 1)
    total = 0.0
    for place in np.unique(places):
        part = places == place
        total += part.sum() * abs(float(confidence[part].mean()) - float(correct[part].mean()))
    return float(total / len(places))


def fit_temperature(scores: NDArray[np.floating], places: NDArray[np.integer]) -> float:
    """The temperature T that gives the right answers the highest likelihood under softmax(scores / T).

    scores: (questions, answers) logits of the best answers; places: (questions,) which one is right, −1 for none of
    them (left out). Golden-section search on log T; the likelihood has one peak (Guo et al. 2017, arXiv:1706.04599).
    """
    scores, places = scores[places >= 0].astype(np.float64), places[places >= 0]
    if len(places) < 20:
        return 1.0

    def loss(log_temperature: float) -> float:
        scaled = scores / np.exp(log_temperature)
        top = scaled.max(1)
        total = top + np.log(np.exp(scaled - top[:, None]).sum(1))
        return float((total - scaled[np.arange(len(places)), places]).mean())

    low, high, ratio = -1.5, 1.5, (np.sqrt(5.0) - 1) / 2
    while high - low > 1e-3:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return float(np.exp((low + high) / 2))
