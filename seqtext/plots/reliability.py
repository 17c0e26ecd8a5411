"""Plot reliability: how often answers of a given probability are right."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.plots.figures import COLOURS

_BINS = 10


def reliability(confidence: NDArray[np.floating], correct: NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    """Group answers by tenths of probability and compute their accuracy.

    confidence, correct: (answers,). Returns the mean probability, the share that is right, and the count of each group;
    tenths without an answer are left out (Niculescu-Mizil and Caruana 2005).

    >>> reliability(np.array([0.25, 0.75, 0.75]), np.array([False, True, False]))
    [(0.25, 0.0, 1), (0.75, 0.5, 2)]
    """
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    groups = [bins == number for number in np.unique(bins)]
    return [(float(confidence[group].mean()), float(correct[group].mean()), int(group.sum())) for group in groups]


def reliability_panel(axes: Any, confidence: NDArray[np.floating], correct: NDArray[np.bool_]) -> None:
    """Plot accuracy over probability; calibrated answers lie on the diagonal.

    confidence: (texts,) the answer's probability; correct: (texts,) whether it is right
    """
    probable, right, counts = (np.array(values) for values in zip(*reliability(confidence, correct), strict=True))
    axes.plot([0, 1], [0, 1], "--", color="0.5", linewidth=1)
    axes.plot(probable, right, color=COLOURS[0], linewidth=1)
    axes.scatter(probable, right, 12 + 150 * counts / counts.sum(), color=COLOURS[0], zorder=3)
    axes.set_xlim(-0.05, 1.05)
    axes.set_ylim(-0.05, 1.05)
    axes.set_xlabel("probability of the answer")
    axes.set_ylabel("share that is right")
    axes.set_title("probabilities (area: how many texts)", fontsize=9)
    axes.grid(alpha=0.3)
