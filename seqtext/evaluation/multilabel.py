"""Fit the temperature and threshold of multi-label answers, and score them.

Each label is a binary question, p_l = σ(z_l / T), and a text is given the labels whose p_l reaches a threshold. T (Guo
et al. 2017, arXiv:1706.04599) and the threshold are fitted on held-out texts.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FEWEST = 20  # texts to fit anything on
_ENOUGH = 0.005  # of micro-F1


def fit_several(scores: NDArray[np.floating], true: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit a temperature by likelihood and a threshold by micro-F1.

    scores: (texts, labels) before the sigmoid; true: (texts, labels)

    Of thresholds about as good (few texts tell little), the one nearest to 0.5 is taken. Returns 1 and 0.5 where there
    is too little to fit on.
    """
    if len(scores) < _FEWEST or not true.any() or true.all():
        return 1.0, 0.5
    flat, right = scores.astype(np.float64).ravel(), true.ravel()
    signed = np.where(right, -flat, flat)
    candidates = np.exp(np.linspace(-1.5, 1.5, 61))
    temperature = float(min(candidates, key=lambda candidate: float(np.logaddexp(0.0, signed / candidate).mean())))
    order = np.argsort(-flat, kind="stable")
    hits = np.cumsum(right[order])
    f1 = 2 * hits / (np.arange(1, len(flat) + 1) + right.sum())
    ranked = flat[order]
    f1[:-1][ranked[:-1] == ranked[1:]] = -1.0  # equal scores are answered alike
    below = np.append(ranked[1:], ranked[-1])
    bounds = np.where((ranked >= 0) & (below < 0), 0.0, (ranked + below) / 2)
    good = bounds[f1 >= f1.max() - _ENOUGH]
    bound = good[np.abs(good).argmin()]
    return temperature, float(np.clip(1 / (1 + np.exp(-bound / temperature)), 0.01, 0.99))


def several_scores(true: NDArray[np.bool_], answered: NDArray[np.bool_]) -> dict[str, float]:
    """Compute micro-F1, macro-F1 and subset accuracy.

    true, answered: (texts, labels). micro_f1 counts every label of a text alike; macro_f1 is the mean over the labels
    that occur or are answered; a text counts in subset_accuracy if all its labels and no others are answered.

    >>> several_scores(np.array([[True, False], [True, True]]), np.array([[True, False], [True, False]]))
    {'micro_f1': 0.8, 'macro_f1': 0.5, 'subset_accuracy': 0.5}
    """
    hits, both = (true & answered).sum(0), true.sum(0) + answered.sum(0)
    there = both > 0
    return {
        "micro_f1": float(2 * hits.sum() / max(1, both.sum())),
        "macro_f1": float((2 * hits[there] / both[there]).mean()) if there.any() else 0.0,
        "subset_accuracy": float((true == answered).all(1).mean()) if len(true) else 0.0,
    }


def several_table(true: NDArray[np.bool_], answered: NDArray[np.bool_], names: Sequence[str]) -> dict[str, Any]:
    """Tabulate precision, recall, F1 and text count of each label.

    true, answered: (texts, labels); names: of the labels. Labels that neither occur nor are answered are left out.
    """
    hits, counts, answers = (true & answered).sum(0), true.sum(0), answered.sum(0)
    return {
        names[k]: {
            "precision": float(hits[k] / max(1, answers[k])),
            "recall": float(hits[k] / max(1, counts[k])),
            "f1": float(2 * hits[k] / (counts[k] + answers[k])),
            "texts": int(counts[k]),
        }
        for k in np.flatnonzero(counts + answers).tolist()
    }


def marked(rows: Iterable[Iterable[int]], labels: int) -> NDArray[np.bool_]:
    """Convert lists of label indices to a boolean matrix, (texts, labels)."""
    taken = [list(row) for row in rows]
    result = np.zeros((len(taken), labels), np.bool_)
    for row, indices in zip(result, taken, strict=True):
        row[indices] = True
    return result
