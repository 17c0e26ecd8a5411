"""Classify texts by naive Bayes over words and bigrams, a baseline."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import WORD_OR_PUNCTUATION, compared_words
from seqtext.extras import needed

_SCORES = 10_000_000  # of naive Bayes, at once


def grams_of(text: str) -> list[str]:
    """Split a text into lower-case words, punctuation and bigrams."""
    words = compared_words(text, WORD_OR_PUNCTUATION)
    return [*words, *(f"{first} {second}" for first, second in pairwise(words))]


class NaiveBayes:
    """Classify texts by multinomial naive Bayes with add-one smoothing.

    The answer is the label with the highest log P(l) + Σ_g n_g log P(g | l), where log P(g | l) = log(c_gl + 1) −
    log(N_l + V), so that a text's score needs only the entries of log(c + 1) that are not zero.

    grams: of each text, see `grams_of`; labels: (texts,). Raises SeqtextError without SciPy.
    """

    def __init__(self, grams: Sequence[list[str]], labels: NDArray[np.int64]) -> None:
        with needed("Naive Bayes, a classifier's baseline,"):
            from scipy.sparse import csr_matrix

        self._numbers = {
            gram: k for k, gram in enumerate(dict.fromkeys(gram for text_grams in grams for gram in text_grams))
        }
        self._labels, label_rows = np.unique(labels, return_inverse=True)
        sizes = np.array([len(text_grams) for text_grams in grams])
        columns = np.array([self._numbers[gram] for text_grams in grams for gram in text_grams], np.int64)
        shape = (len(self._labels), max(1, len(self._numbers)))
        counts = csr_matrix((np.ones(len(columns)), (np.repeat(label_rows, sizes), columns)), shape)
        totals = np.bincount(label_rows, sizes, len(self._labels))
        self._logs = counts.log1p().T.tocsr()
        self._shift = np.log(totals + shape[1])
        self._prior = np.log(np.bincount(label_rows) / len(labels))

    def answer(self, grams: Sequence[list[str]]) -> NDArray[np.int64]:
        """Predict the label of each text, (texts,).

        grams: of each text, see `grams_of`; those never counted are ignored
        """
        from scipy.sparse import csr_matrix

        rows, columns, values = [], [], []
        for row, text_grams in enumerate(grams):
            for gram, count in Counter(text_grams).items():
                if gram in self._numbers:
                    rows.append(row)
                    columns.append(self._numbers[gram])
                    values.append(float(count))
        counts = csr_matrix((values, (rows, columns)), (len(grams), self._logs.shape[0]))
        answered = np.zeros(len(grams), np.int64)
        batch_size = max(1, _SCORES // len(self._labels))
        for start in range(0, len(grams), batch_size):
            batch = counts[start : start + batch_size]
            sizes = np.asarray(batch.sum(1)).reshape(-1, 1)
            scores = (batch @ self._logs).toarray() - sizes * self._shift + self._prior
            answered[start : start + batch_size] = self._labels[scores.argmax(1)]
        return answered


class SeveralBayes:
    """Classify multi-label texts by binary naive Bayes, one classifier per label.

    Each compares the texts that have the label with those that do not, with add-one smoothing:

    Σ_g n_g (log(c_g + 1) − log(t_g − c_g + 1)) + n (log(T − C + V) − log(C + V)) + log of the prior's odds > 0, where c
    counts grams in the texts with the label and t in all texts, C and T being their sums; what c = 0 gives is the same
    for all labels, −log(t + 1).

    grams: of each text, see `grams_of`; labels: (texts, labels). Raises SeqtextError without SciPy.
    """

    def __init__(self, grams: Sequence[list[str]], labels: NDArray[np.bool_]) -> None:
        with needed("Naive Bayes, a classifier's baseline,"):
            from scipy.sparse import csr_matrix

        self._numbers = {
            gram: k for k, gram in enumerate(dict.fromkeys(gram for text_grams in grams for gram in text_grams))
        }
        counts = self._counted(grams)
        total = np.asarray(counts.sum(0)).ravel()
        with_label = (csr_matrix(labels.T.astype(np.float64)) @ counts).tocoo()  # (labels, grams)
        totals = total[with_label.col]
        weights = np.log(with_label.data + 1) - np.log(totals - with_label.data + 1) + np.log(totals + 1)
        self._weights = csr_matrix((weights, (with_label.row, with_label.col)), with_label.shape).T.tocsr()
        self._common = np.log(total + 1)
        sums = np.bincount(with_label.row, with_label.data, labels.shape[1])
        self._size = np.log(total.sum() - sums + len(total)) - np.log(sums + len(total))
        have = labels.sum(0)
        self._prior = np.log(have + 1) - np.log(len(labels) - have + 1)

    def _counted(self, grams: Sequence[list[str]]) -> Any:
        """Count how often each known gram occurs in each text: (texts, grams)."""
        from scipy.sparse import csr_matrix

        known = [[self._numbers[gram] for gram in text_grams if gram in self._numbers] for text_grams in grams]
        columns = np.array([column for text_columns in known for column in text_columns], np.int64)
        rows = np.repeat(np.arange(len(known)), [len(text_columns) for text_columns in known])
        return csr_matrix((np.ones(len(columns)), (rows, columns)), (len(known), max(1, len(self._numbers))))

    def answer(self, grams: Sequence[list[str]]) -> NDArray[np.bool_]:
        """Predict the labels of each text: (texts, labels).

        grams: of each text, see `grams_of`
        """
        batch_size = max(1, _SCORES // len(self._prior))
        batches = []
        for start in range(0, len(grams), batch_size):
            counts = self._counted(grams[start : start + batch_size])
            sizes = np.asarray(counts.sum(1)).reshape(-1, 1)
            shared = np.asarray(counts @ self._common).reshape(-1, 1)
            batches.append((counts @ self._weights).toarray() - shared + sizes * self._size + self._prior > 0)
        return np.concatenate(batches)
