"""Count and plot the confusion matrix of true and predicted labels."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import clipped, clipped_inside, text_width, visible
from seqtext.plots.figures import canvas
from seqtext.plots.reliability import reliability_panel

MOST_DRAWN = 25  # labels of a confusion matrix
_LEGEND = 160  # columns of a name in full


def confusion_picture(
    true: NDArray[np.integer],
    answered: NDArray[np.integer],
    names: Sequence[str],
    path: str | Path,
    confidence: NDArray[np.floating] | None = None,
) -> None:
    """Plot a confusion matrix, darker for larger shares of the row.

    It has a row per true label and a column per answer.

    true, answered: (texts,) numbers of labels in `names`. Each cell says how many texts it has; of more than
    MOST_DRAWN labels, those that most texts have are drawn and the others are counted as one, "others".
    confidence: (texts,) the probability of each answer, of which `seqtext.plots.reliability` draws a panel beside it
    The file is written whole or not at all.
    raises what `seqtext.plots.figures.check_picture` does; ModelError for a file that cannot be written
    """
    counts, names = drawn(true, answered, names)
    many = len(names)
    side = many * max(0.42, min(0.8, 4 / many))  # inches
    shown, legend = short_names(names, 24)
    title = f"Confusion matrix of {many} labels, {len(true):,} texts"
    with canvas(path, title, "".join([*shown, *legend]), tight=True, figsize=(side, side)) as figure:
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
        axes.text(0, many + 0.4, "\n".join(legend), va="top", fontsize=8, parse_math=False)
        scale = figure.add_axes((1 + 0.2 / side, 1 - min(1.0, 2 / side), 0.12 / side, min(1.0, 2 / side)))
        figure.colorbar(image, cax=scale, ticks=[0, 0.5, 1], label="share of the row")
        if confidence is not None:
            beside = figure.add_axes((1 + 1.6 / side, 1 - 2.2 / side, 2.2 / side, 2.2 / side))
            reliability_panel(beside, confidence, true == answered)


def drawn(
    true: NDArray[np.integer], answered: NDArray[np.integer], names: Sequence[str]
) -> tuple[NDArray[np.int64], list[str]]:
    """Count the confusion matrix to plot, (labels, labels), and list its labels.

    true, answered: (texts,) numbers of labels; names: of all labels. A row is a true label.
    Labels that occur are listed in natural order; of more than MOST_DRAWN, the rarer ones are merged into "others".
    """
    labels, indices = occurring(true, answered, names)
    shown = [names[label] for label in labels]
    if len(labels) > MOST_DRAWN:
        often = np.argsort(-np.bincount(indices[: len(true)], minlength=len(labels)), kind="stable")
        kept = np.sort(often[: MOST_DRAWN - 1])
        number = np.full(len(labels), MOST_DRAWN - 1)
        number[kept] = np.arange(MOST_DRAWN - 1)
        indices, shown = number[indices], [*(shown[k] for k in kept), "others"]
    return confusion_matrix(indices[: len(true)], indices[len(true) :], len(shown)), shown


def confusion_matrix(true: NDArray[np.integer], answered: NDArray[np.integer], labels: int) -> NDArray[np.int64]:
    """Count the confusion matrix: a row per true label, (labels, labels).

    true, answered: (texts,) numbers of labels; the columns are the answers

    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    places = true.astype(np.int64) * labels + answered
    return np.bincount(places, minlength=labels * labels).reshape(labels, labels)


def occurring(
    true: NDArray[np.integer], answered: NDArray[np.integer], names: Sequence[str]
) -> tuple[list[int], NDArray[np.int64]]:
    """List the labels that occur, and renumber labels and answers.

    true, answered: (texts,) numbers of labels. Returns the labels in natural order, and (2 texts,) the index among them
    of each true label, then of each answer.

    >>> labels, places = occurring(np.array([0, 1]), np.array([2, 2]), ["1", "10", "2"])
    >>> labels, places.tolist()
    ([0, 2, 1], [0, 2, 1, 1])
    """
    labels, indices = np.unique(np.concatenate([true, answered]), return_inverse=True)
    order = sorted(range(len(labels)), key=lambda place: natural_key(names[int(labels[place])]))
    rank = np.empty(len(labels), np.int64)
    rank[order] = np.arange(len(labels))
    return labels[order].tolist(), rank[indices]


def natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """Make a sort key that compares numbers in names by value.

    >>> sorted(["v10", "v2", "v1b"], key=natural_key)
    ['v1b', 'v2', 'v10']
    """
    pieces = re.split(r"([0-9]+)", name)
    numbers = (piece.lstrip("0") for piece in pieces[1::2])
    lengths = [*((len(number), number) for number in numbers), (0, "")]
    return [pair for text, number in zip(pieces[::2], lengths, strict=True) for pair in ((0, text), number)], name


def short_names(names: Sequence[str], width: int) -> tuple[list[str], list[str]]:
    """Shorten names to a width, distinctly; explain numbered ones in a legend.

    A long name is cut at its end; where others then look the same, in its middle; where that does not help, it gets a
    number that stands for it.

    >>> short_names(["Billing: refund", "Billing: price", "other"], 8)
    (['Bill…und', 'Bill…ice', 'other'], [])
    >>> short_names(["telephone a friend", "telephone b friend"], 8)[0]
    ['tele… #1', 'tele… #2']
    """
    whole = [visible(name) for name in names]
    shown = [clipped(name, width) for name in whole]
    shown = _told_apart(shown, lambda index: clipped_inside(whole[index], width))
    alike = [index for index, times in enumerate(map(Counter(shown).get, shown)) if times != 1]
    for number, index in enumerate(alike, 1):
        mark = f" #{number}"
        shown[index] = clipped(whole[index], width - text_width(mark)) + mark
    return shown, [f"#{number}  {clipped(whole[index], _LEGEND)}" for number, index in enumerate(alike, 1)]


def _told_apart(shown: list[str], other: Callable[[int], str]) -> list[str]:
    """Replace names that occur more than once."""
    times = Counter(shown)
    return [name if times[name] == 1 else other(index) for index, name in enumerate(shown)]
