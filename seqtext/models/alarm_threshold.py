"""Choose the alarm threshold from the scores of held-out normal lines."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqtext.errors import ConfigError, argument, arguments
from seqtext.fields import is_number

if TYPE_CHECKING:
    from seqtext.models.anomaly_detector import AnomalyDetector

_MARGIN = 0.2  # share of the gap between held-out scores that lies below the threshold


def fit(detector: "AnomalyDetector", lines: Mapping[str, int]) -> tuple[list[list[float]], float]:
    """Compute evidence rows of held-out normal lines, and estimate span_bits.

    lines: each with its count; rows: (lines, 3) surprisal, distance and rarity. A field is marked from span_bits on,
    which the largest field of 19 in 20 normal lines does not exceed.
    """
    evidence = detector.evidence_of(list(lines))
    rows = [
        [round(value, 4) for value in line[:3]] for line, count in zip(evidence, lines.values(), strict=True)
        for _ in range(count)
    ]  # fmt: skip
    highest = [
        max(line.bits, default=0.0) for line, count in zip(evidence, lines.values(), strict=True) for _ in range(count)
    ]
    return rows, float(np.quantile(highest, 0.95))


def choose_threshold(scores: NDArray[np.float64], false_alarms: float) -> float:
    """Choose a threshold by the share of false alarms on held-out lines.

    scores: (lines,), at least one

    Among all thresholds with at most this share, it lies in the widest gap between held-out scores, a fifth of the gap
    above its lower end: a normal line a little odder than the held-out ones should raise no alarm.

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
    """Check a threshold; raises ConfigError unless it is a finite number."""
    if not is_number(value):
        raise ConfigError(
            f"{argument('threshold')} received {value!r}; a finite number is expected.", arguments(threshold=3.5)
        )
    return float(value)


def threshold_at(normal: NDArray[np.floating], false_alarms: float) -> float:
    """Find the lowest score exceeded by at most a share of scores.

    normal: (lines,) at least one score; false_alarms: the share.

    >>> threshold_at(np.array([1.0, 2.0, 3.0, 4.0]), 0.25)
    3.0
    """
    return float(np.sort(normal)[max(0, len(normal) - 1 - int(false_alarms * len(normal) + 1e-9))])
