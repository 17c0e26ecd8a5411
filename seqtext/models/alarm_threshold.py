"""From which score on a line is an alarm: what held-out normal lines allow."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqtext.errors import ConfigError, argument, arguments
from seqtext.fields import is_number

if TYPE_CHECKING:
    from seqtext.models.anomaly_detector import AnomalyDetector

_MARGIN = 0.2  # of the gap between held-out lines lies below the threshold


def fit(detector: "AnomalyDetector", lines: Mapping[str, int]) -> tuple[list[list[float]], float]:
    """What a detector is to know of held-out normal lines, each with how often it comes: its rows, and its span_bits.

    A field stands out if it has more bits than the largest of 19 in 20 normal lines.
    """
    evidence = detector.evidence_of(list(lines))
    rows = [
        [round(value, 4) for value in one[:3]] for one, count in zip(evidence, lines.values(), strict=True)
        for _ in range(count)
    ]  # fmt: skip
    highest = [
        max(one.bits, default=0.0) for one, count in zip(evidence, lines.values(), strict=True) for _ in range(count)
    ]
    return rows, float(np.quantile(highest, 0.95))


def choose_threshold(scores: NDArray[np.float64], false_alarms: float) -> float:
    """A threshold above which at most a share of held-out normal lines lies.

    Of all that keep to the share, the one in the widest gap between held-out scores is taken, a fifth of the gap
    above its lower end: a normal line a little odder than those that were held out should raise no alarm.

    >>> choose_threshold(np.array([1.0, 1.1, 1.2, 6.2, 6.3]), 0.4)
    2.2
    """
    top = np.sort(scores)
    top = top[np.searchsorted(top, threshold_at(scores, false_alarms), "right") - 1 :]
    gaps = np.diff(top)
    if not len(gaps):
        return float(top[0])
    widest = int(gaps.argmax())
    return float(top[widest] + _MARGIN * gaps[widest])


def check_threshold(value: object) -> float:
    """The value as a threshold; ConfigError unless it is a finite number."""
    if not is_number(value):
        raise ConfigError(
            f"{argument('threshold')} received {value!r}; a finite number is expected.", arguments(threshold=3.5)
        )
    return float(value)


def threshold_at(normal: NDArray[np.floating], false_alarms: float) -> float:
    """The lowest of some scores, at least one, that at most a share of them exceeds.

    >>> threshold_at(np.array([1.0, 2.0, 3.0, 4.0]), 0.25)
    3.0
    """
    return float(np.sort(normal)[max(0, len(normal) - 1 - int(false_alarms * len(normal) + 1e-9))])
