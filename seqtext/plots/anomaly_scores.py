"""Plot anomaly scores beside the threshold, and their ROC curves."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.plots.figures import COLOURS, canvas

_BINS = 60

Scores = tuple[NDArray[np.floating], NDArray[np.floating]]  # of normal lines, of anomalies


def scores_picture(
    normal: NDArray[np.floating],
    anomalies: NDArray[np.floating],
    threshold: float,
    path: str | Path,
    beside: Mapping[str, Scores] | None = None,
) -> None:
    """Plot the score histograms and ROC curves of normal and anomalous lines.

    normal, anomalies: (lines,) scores, one or more of each; threshold: a line above it is anomalous
    beside: by its name, what another detector says of the same lines
    raises what `seqtext.plots.figures.check_picture` does; ModelError for a file that cannot be written
    """
    detectors = {"model": (normal, anomalies), **(beside or {})}
    lines = f"{len(normal):,} normal lines and {len(anomalies):,} anomalies"
    title = f"Scores of {lines}; ROC curves: {', '.join(detectors)}"
    with canvas(path, title, figsize=(10.4, 3.9), layout="constrained") as figure:
        left, right = figure.subplots(1, 2)
        _draw_scores(left, normal, anomalies, threshold)
        for number, (name, scores) in enumerate(detectors.items()):
            alarms, hits = roc_curve(*scores)
            area = float((np.diff(alarms) * (hits[1:] + hits[:-1]) / 2).sum())
            look: dict[str, Any] = {"color": COLOURS[number], "linestyle": ("-", "--", ":")[number % 3]}
            right.plot(alarms, hits, label=f"{name}: AUROC {area:.3f}", linewidth=1.6, **look)
        at = np.mean(normal > threshold), np.mean(anomalies > threshold)
        right.plot(*at, "o", color=COLOURS[0], markersize=7, label="at the threshold")
        right.set_xlabel("share of normal lines above a threshold")
        right.set_ylabel("share of anomalies above it")
        right.grid(alpha=0.3)
        right.legend(loc="lower right", fontsize=8)


def _draw_scores(axes: Any, normal: NDArray[np.floating], anomalies: NDArray[np.floating], threshold: float) -> None:
    finite = np.concatenate([normal, anomalies])
    finite = finite[np.isfinite(finite)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    low, high = min(low, threshold), max(high, threshold, low + 1e-6)
    edges = np.linspace(low, high, _BINS + 1)
    kinds = ((normal, COLOURS[0], "", "normal"), (anomalies, COLOURS[1], "///", "anomalies"))
    for scores, colour, hatch, name in kinds:
        clipped = np.clip(np.nan_to_num(scores, nan=high, posinf=high, neginf=low), low, high)
        label = f"{name}: {len(scores):,} lines, {np.mean(scores > threshold):.1%} above"
        axes.hist(clipped, edges.tolist(), color=colour, alpha=0.6, hatch=hatch, edgecolor="white", label=label)
    axes.axvline(threshold, color="0.2", linestyle="--", linewidth=1.2, label=f"threshold {threshold:.4g}")
    axes.set_yscale("symlog", linthresh=1)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_ylim(0, axes.get_ylim()[1] * 2)  # room for the legend
    axes.set_xlabel("score of a line")
    axes.set_ylabel("lines")
    axes.legend(fontsize=8, loc="upper right")


def roc_curve(
    normal: NDArray[np.floating], odd: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the ROC curve: false and true positive rates by threshold.

    normal, odd: (lines,) scores; returns (thresholds + 1,) each, the highest threshold first (Fawcett 2006);
    nan counts as the highest score

    >>> [shares.tolist() for shares in roc_curve(np.array([0.0, 1.0]), np.array([1.0, 2.0]))]
    [[0.0, 0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 1.0]]
    """
    normal, odd = (np.nan_to_num(values, nan=np.inf, posinf=np.inf, neginf=-np.inf) for values in (normal, odd))
    thresholds = np.unique(np.concatenate([normal, odd]))[::-1]
    alarms, hits = (
        np.concatenate([[0.0], 1 - np.searchsorted(np.sort(values), thresholds, "left") / len(values)])
        for values in (normal, odd)
    )
    return alarms, hits
