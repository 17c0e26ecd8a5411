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


def auroc(normal: NDArray[np.floating], odd: NDArray[np.floating]) -> float:
    """The probability that an odd example scores higher than a normal one, a tie counting half (Mann and Whitney 1947).

    normal: (examples,) scores; odd: (examples,) scores. nan where either is empty.

    >>> auroc(np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    0.875
    """
    if not len(normal) or not len(odd):
        return float("nan")
    ordered = np.sort(normal)
    below, up_to = np.searchsorted(ordered, odd, "left"), np.searchsorted(ordered, odd, "right")
    return float((below + up_to).mean() / (2 * len(normal)))


def threshold_at(normal: NDArray[np.floating], false_alarms: float) -> float:
    """The lowest of some scores, at least one, that at most a share of them exceeds.

    >>> threshold_at(np.array([1.0, 2.0, 3.0, 4.0]), 0.25)
    3.0
    """
    return float(np.sort(normal)[max(0, len(normal) - 1 - int(false_alarms * len(normal) + 1e-9))])


def detection_scores(
    normal: NDArray[np.floating], odd: NDArray[np.floating], threshold: float, false_alarms: float
) -> dict[str, float]:
    """How well scores tell odd examples from normal ones.

    auroc; precision, recall, f1 and false_positive_rate of calling odd what is above the threshold (0 where nothing is
    called odd); recall_at_false_alarms: the recall at the lowest threshold that calls at most a share of the normal
    examples odd. Each is nan where it needs examples that are missing.

    >>> detection_scores(np.array([0.0, 1.0]), np.array([1.0, 2.0]), 0.5, 0.0)["recall_at_false_alarms"]
    0.5
    """
    nan = float("nan")
    hits, alarms = int((odd > threshold).sum()), int((normal > threshold).sum())
    at_rate = float((odd > threshold_at(normal, false_alarms)).mean()) if len(normal) and len(odd) else nan
    return {
        "auroc": auroc(normal, odd),
        "f1": 2 * hits / (hits + alarms + len(odd)) if len(odd) else nan,
        "precision": hits / max(1, hits + alarms) if len(odd) else nan,
        "recall": hits / len(odd) if len(odd) else nan,
        "false_positive_rate": alarms / len(normal) if len(normal) else nan,
        "recall_at_false_alarms": at_rate,
    }
