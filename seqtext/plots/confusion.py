"""Confusion matrix: counts of (true, predicted) labels, and a picture of it."""

import io
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import clipped
from seqtext.plots.figures import check_picture
from seqtext.storage.atomic import write_atomically

MOST_DRAWN = 25  # labels of a confusion matrix


def confusion_picture(
    true: NDArray[np.integer], answered: NDArray[np.integer], names: Sequence[str], path: str | Path
) -> None:
    """Draw a confusion matrix: a row per true label, a column per answer, darker where more of the row was answered so.

    true, answered: (texts,) numbers of labels in `names`. Each cell says how many texts it has; of more than
    MOST_DRAWN labels, those that most texts have are drawn and the others are counted as one, "others".
    The file is written whole or not at all.
    raises what `seqtext.plots.figures.check_picture` does; ModelError for a file that cannot be written
    """
    kind = check_picture(path)
    import matplotlib
    import matplotlib.style
    from matplotlib.figure import Figure

    from seqtext.plots.figures import families

    counts, shown = drawn(true, answered, names)
    many = len(shown)
    side, picture = many * max(0.42, min(0.8, 4 / many)), io.BytesIO()  # inches
    with matplotlib.style.context("default"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        shown = [clipped(name, 24) for name in shown]
        matplotlib.rcParams["font.family"] = families("".join(shown))
        figure = Figure(figsize=(side, side), dpi=150)
        axes = figure.add_axes((0, 0, 1, 1))
        shares = counts / np.maximum(1, counts.sum(1, keepdims=True))
        image = axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, edgecolors="0.85", linewidth=0.5)
        axes.invert_yaxis()
        for row, column in zip(*np.nonzero(counts), strict=True):
            colour = "white" if shares[row, column] > 0.6 else "black"
            number = f"{counts[row, column]:,}"
            size = min(9.0, 72 * side / many / (0.75 * len(number)))
            axes.text(column + 0.5, row + 0.5, number, ha="center", va="center", color=colour, fontsize=size)
        middles = np.arange(many) + 0.5
        axes.set_xticks(middles, shown, rotation=45, ha="left", rotation_mode="anchor", parse_math=False)
        axes.set_yticks(middles, shown, parse_math=False)
        axes.tick_params(length=0, labeltop=True, labelbottom=False)
        axes.set_xlabel("answered")
        axes.set_ylabel("true label")
        scale = figure.add_axes((1 + 0.2 / side, 1 - min(1.0, 2 / side), 0.12 / side, min(1.0, 2 / side)))
        figure.colorbar(image, cax=scale, ticks=[0, 0.5, 1], label="share of the row")
        figure.savefig(picture, format=kind, bbox_inches="tight", pad_inches=0.15)
    write_atomically(Path(path), picture.getvalue())


def drawn(
    true: NDArray[np.integer], answered: NDArray[np.integer], names: Sequence[str]
) -> tuple[NDArray[np.int64], list[str]]:
    """The counts of a picture, (labels, labels), and the labels: those that occur, at most MOST_DRAWN."""
    labels, places = np.unique(np.concatenate([true, answered]), return_inverse=True)
    shown = [names[label] for label in labels]
    if len(labels) > MOST_DRAWN:
        often = np.argsort(-np.bincount(places[: len(true)], minlength=len(labels)), kind="stable")
        kept = np.sort(often[: MOST_DRAWN - 1])
        number = np.full(len(labels), MOST_DRAWN - 1)
        number[kept] = np.arange(MOST_DRAWN - 1)
        places, shown = number[places], [*(shown[k] for k in kept), "others"]
    return confusion_matrix(places[: len(true)], places[len(true) :], len(shown)), shown


def confusion_matrix(true: NDArray[np.integer], answered: NDArray[np.integer], labels: int) -> NDArray[np.int64]:
    """(labels, labels) how often each label, a row, was answered with each, a column.

    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    places = true.astype(np.int64) * labels + answered
    return np.bincount(places, minlength=labels * labels).reshape(labels, labels)
