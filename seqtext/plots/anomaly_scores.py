"""Scores of normal lines and of anomalies beside the threshold, as a picture."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqtext.plots.figures import check_picture
from seqtext.storage.atomic import write_atomically

_BINS = 60


def scores_picture(
    normal: NDArray[np.floating], anomalies: NDArray[np.floating], threshold: float, path: str | Path
) -> None:
    """Draw how many lines of either kind have which score; the file is written whole or not at all.

    normal, anomalies: (lines,) scores; those that are no finite numbers count as the highest
    raises what `seqtext.plots.figures.check_picture` does; ModelError for a file that cannot be written
    """
    kind = check_picture(path)
    import matplotlib
    import matplotlib.style
    from matplotlib.figure import Figure

    finite = np.concatenate([normal, anomalies])
    finite = finite[np.isfinite(finite)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    low, high = min(low, threshold), max(high, threshold, low + 1e-6)
    edges = np.linspace(low, high, _BINS + 1)
    picture = io.BytesIO()
    with matplotlib.style.context("default"):
        matplotlib.rcParams["svg.hashsalt"] = "seqtext"
        figure = Figure(figsize=(7.2, 3.4), dpi=150, layout="constrained")
        axes = figure.add_subplot()
        for scores, colour, hatch, name in ((normal, "C0", "", "normal"), (anomalies, "C1", "///", "anomalies")):
            clipped = np.clip(np.nan_to_num(scores, nan=high, posinf=high, neginf=low), low, high)
            label = f"{name}: {len(scores):,} lines, {np.mean(scores > threshold):.1%} above"
            axes.hist(clipped, edges.tolist(), color=colour, alpha=0.6, hatch=hatch, edgecolor="white", label=label)
        axes.axvline(threshold, color="0.2", linestyle="--", linewidth=1.2, label=f"threshold {threshold:.4g}")
        axes.set_yscale("symlog", linthresh=1)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("score of a line")
        axes.set_ylabel("lines")
        axes.legend(fontsize=8)
        figure.savefig(picture, format=kind, metadata={"Date": None} if kind == "svg" else {})
    write_atomically(Path(path), picture.getvalue())
