"""Compute precision, recall, F1 and confusion matrices of labels. The matrices are formatted as text."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import text_width
from seqtext.plots.confusion import confusion_matrix, natural_key, occurring, short_names

_MOST_SHOWN = 20  # labels of a matrix as text
_WIDTH = 16  # columns of a name in it


class LabelScores:
    """Compute precision, recall and F1 of each true or predicted label.

    true, answered: (texts,) numbers of labels. A score without anything to count is 0.
    """

    def __init__(self, true: NDArray[np.integer], answered: NDArray[np.integer]) -> None:
        self.labels, indices = np.unique(np.concatenate([true, answered]), return_inverse=True)
        first, second = indices[: len(true)], indices[len(true) :]
        count = len(self.labels)
        hits = np.bincount(first[first == second], minlength=count)
        self.counts = np.bincount(first, minlength=count)  # texts that have the label
        self.answers = np.bincount(second, minlength=count)
        self.precision = hits / np.maximum(1, self.answers)
        self.recall = hits / np.maximum(1, self.counts)
        self.f1 = 2 * hits / np.maximum(1, self.counts + self.answers)


def macro_f1(true: NDArray[np.integer], answered: NDArray[np.integer]) -> float:
    """Average F1 over the labels that occur or are answered.

    All count alike, however rare. true, answered: (texts,) numbers of labels; 0 without a text

    >>> macro_f1(np.array([0, 0, 1]), np.array([0, 1, 1]))
    0.6666666666666666
    """
    return float(LabelScores(true, answered).f1.mean()) if len(true) else 0.0


def label_table(true: NDArray[np.integer], answered: NDArray[np.integer], names: Sequence[str]) -> dict[str, Any]:
    """Tabulate precision, recall, F1 and text count of each label.

    true, answered: (texts,) numbers of labels, indices into `names`; the labels come in natural order
    """
    scores = LabelScores(true, answered)
    columns = zip(scores.labels, scores.precision, scores.recall, scores.f1, scores.counts, strict=True)
    return {
        names[label]: {"precision": float(p), "recall": float(r), "f1": float(f), "texts": int(n)}
        for label, p, r, f, n in sorted(columns, key=lambda row: natural_key(names[row[0]]))
    }


def confusion_text(true: NDArray[np.integer], answered: NDArray[np.integer], names: Sequence[str]) -> str:
    """Format the confusion matrix for a terminal.

    true, answered: (texts,) numbers of labels

    It has a row per true label and a column per answer; where there are many labels, the pairs confused most are
    listed.

    >>> print(confusion_text(np.array([0, 0, 1]), np.array([0, 1, 1]), ["ham", "spam"]))
          ham  spam
    ham     1     1
    spam    0     1
    """
    labels, indices = occurring(true, answered, names)
    first, second = indices[: len(true)], indices[len(true) :]
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
    """List the pairs of labels that are confused most, with their counts.

    first, second: (texts,) true and predicted labels as indices into the names
    """
    wrong = first != second
    pairs, counts = np.unique(first[wrong] * len(names) + second[wrong], return_counts=True)
    most = np.argsort(-counts, kind="stable")[:_MOST_SHOWN]
    told = [(counts[k], *divmod(int(pairs[k]), len(names))) for k in most]
    seen = sorted({index for _, *both in told for index in both})
    shown, legend = short_names([names[index] for index in seen], _WIDTH)
    short = dict(zip(seen, shown, strict=True))
    lines = [f"{count:6,}  {short[true]} taken for {short[other]}" for count, true, other in told]
    return "\n".join([*lines, *legend])
