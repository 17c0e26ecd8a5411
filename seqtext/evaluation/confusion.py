"""Precision, recall and F1 of each label, macro-F1, and a confusion matrix as text."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import text_width
from seqtext.plots.confusion import confusion_matrix, natural_key, occurring, short_names

_MOST_SHOWN = 20  # labels of a matrix as text
_WIDTH = 16  # columns of a name in it


class LabelScores:
    """Precision, recall and F1 of each label that a corpus has or that was answered; 0 where there is nothing to count.

    true, answered: (texts,) numbers of labels
    """

    def __init__(self, true: NDArray[np.integer], answered: NDArray[np.integer]) -> None:
        self.labels, places = np.unique(np.concatenate([true, answered]), return_inverse=True)
        first, second = places[: len(true)], places[len(true) :]
        count = len(self.labels)
        hits = np.bincount(first[first == second], minlength=count)
        self.counts = np.bincount(first, minlength=count)  # texts that have the label
        self.answers = np.bincount(second, minlength=count)
        self.precision = hits / np.maximum(1, self.answers)
        self.recall = hits / np.maximum(1, self.counts)
        self.f1 = 2 * hits / np.maximum(1, self.counts + self.answers)


def macro_f1(true: NDArray[np.integer], answered: NDArray[np.integer]) -> float:
    """The mean F1 of the labels that occur, each counting the same however rare it is.

    >>> macro_f1(np.array([0, 0, 1]), np.array([0, 1, 1]))
    0.6666666666666666
    """
    return float(LabelScores(true, answered).f1.mean()) if len(true) else 0.0


def label_table(true: NDArray[np.integer], answered: NDArray[np.integer], names: Sequence[str]) -> dict[str, Any]:
    """By label, in natural order: precision, recall, f1 and how many texts have it."""
    found = LabelScores(true, answered)
    columns = zip(found.labels, found.precision, found.recall, found.f1, found.counts, strict=True)
    return {
        names[label]: {"precision": float(p), "recall": float(r), "f1": float(f), "texts": int(n)}
        for label, p, r, f, n in sorted(columns, key=lambda row: natural_key(names[row[0]]))
    }


def confusion_text(true: NDArray[np.integer], answered: NDArray[np.integer], names: Sequence[str]) -> str:
    """The matrix for a terminal: a row per true label, a column per answer; of many labels, the pairs mistaken most.

    >>> print(confusion_text(np.array([0, 0, 1]), np.array([0, 1, 1]), ["ham", "spam"]))
          ham  spam
    ham     1     1
    spam    0     1
    """
    labels, places = occurring(true, answered, names)
    first, second = places[: len(true)], places[len(true) :]
    if len(labels) > _MOST_SHOWN:
        return _worst_pairs(first, second, [names[label] for label in labels])
    shown, legend = short_names([names[label] for label in labels], _WIDTH)
    matrix = confusion_matrix(first, second, len(labels))
    cells = [["", *shown], *([name, *map(str, row)] for name, row in zip(shown, matrix.tolist(), strict=True))]
    widths = [max(map(text_width, column)) for column in zip(*cells, strict=True)]
    lines = []
    for name, *numbers in cells:
        right = (" " * (width - text_width(cell)) + cell for cell, width in zip(numbers, widths[1:], strict=True))
        lines.append("  ".join([name + " " * (widths[0] - text_width(name)), *right]))
    return "\n".join([*lines, *legend])


def _worst_pairs(first: NDArray[np.int64], second: NDArray[np.int64], names: Sequence[str]) -> str:
    """The pairs of labels that are mistaken most, with how often; first, second: (texts,) places in the names."""
    wrong = first != second
    pairs, counts = np.unique(first[wrong] * len(names) + second[wrong], return_counts=True)
    most = np.argsort(-counts, kind="stable")[:_MOST_SHOWN]
    told = [(counts[k], *divmod(int(pairs[k]), len(names))) for k in most]
    seen = sorted({place for _, *both in told for place in both})
    shown, legend = short_names([names[place] for place in seen], _WIDTH)
    short = dict(zip(seen, shown, strict=True))
    lines = [f"{count:6,}  {short[own]} taken for {short[other]}" for count, own, other in told]
    return "\n".join([*lines, *legend])
