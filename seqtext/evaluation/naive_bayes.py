"""Naive Bayes over words and pairs of words, the baseline of a classifier."""

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
    """Cut a text into lower-case words, punctuation and pairs of neighbours."""
    words = compared_words(text, WORD_OR_PUNCTUATION)
    return [*words, *(f"{one} {other}" for one, other in pairwise(words))]


class NaiveBayes:
    """Multinomial naive Bayes with add-one smoothing: the label with the highest log P(l) + Σ_g n_g log P(g | l).

    log P(g | l) = log(c_gl + 1) − log(N_l + V), so that a text's score needs only what is not zero of log(c + 1).
    """

    def __init__(self, grams: Sequence[list[str]], labels: NDArray[np.int64]) -> None:
        with needed("Naive Bayes, a classifier's baseline,"):
            from scipy.sparse import csr_matrix

        self._numbers = {gram: k for k, gram in enumerate(dict.fromkeys(gram for own in grams for gram in own))}
        self._labels, places = np.unique(labels, return_inverse=True)
        sizes = np.array([len(own) for own in grams])
        columns = np.array([self._numbers[gram] for own in grams for gram in own], np.int64)
        shape = (len(self._labels), max(1, len(self._numbers)))
        counts = csr_matrix((np.ones(len(columns)), (np.repeat(places, sizes), columns)), shape)
        totals = np.bincount(places, sizes, len(self._labels))
        self._logs = counts.log1p().T.tocsr()
        self._shift = np.log(totals + shape[1])
        self._prior = np.log(np.bincount(places) / len(labels))

    def answer(self, grams: Sequence[list[str]]) -> NDArray[np.int64]:
        """The label of each text that is cut already; what was never counted says nothing."""
        from scipy.sparse import csr_matrix

        rows, columns, values = [], [], []
        for row, own in enumerate(grams):
            for gram, count in Counter(own).items():
                if gram in self._numbers:
                    rows.append(row)
                    columns.append(self._numbers[gram])
                    values.append(float(count))
        counts = csr_matrix((values, (rows, columns)), (len(grams), self._logs.shape[0]))
        answered = np.zeros(len(grams), np.int64)
        some = max(1, _SCORES // len(self._labels))
        for start in range(0, len(grams), some):
            part = counts[start : start + some]
            sizes = np.asarray(part.sum(1)).reshape(-1, 1)
            scores = (part @ self._logs).toarray() - sizes * self._shift + self._prior
            answered[start : start + some] = self._labels[scores.argmax(1)]
        return answered


class SeveralBayes:
    """For each label a naive Bayes model with add-one smoothing of the texts that have it against those that do not.

    Σ_g n_g (log(c_g + 1) − log(t_g − c_g + 1)) + n (log(T − C + V) − log(C + V)) + log of the prior's odds > 0, of
    counts c with the label and t of all, C and T their sums; what c = 0 gives is the same for all labels, −log(t + 1).
    """

    def __init__(self, grams: Sequence[list[str]], labels: NDArray[np.bool_]) -> None:
        with needed("Naive Bayes, a classifier's baseline,"):
            from scipy.sparse import csr_matrix

        self._numbers = {gram: k for k, gram in enumerate(dict.fromkeys(gram for own in grams for gram in own))}
        counts = self._counted(grams)
        total = np.asarray(counts.sum(0)).ravel()
        own = (csr_matrix(labels.T.astype(np.float64)) @ counts).tocoo()  # (labels, grams)
        of = total[own.col]
        weights = np.log(own.data + 1) - np.log(of - own.data + 1) + np.log(of + 1)
        self._weights = csr_matrix((weights, (own.row, own.col)), own.shape).T.tocsr()
        self._common = np.log(total + 1)
        sums = np.bincount(own.row, own.data, labels.shape[1])
        self._size = np.log(total.sum() - sums + len(total)) - np.log(sums + len(total))
        have = labels.sum(0)
        self._prior = np.log(have + 1) - np.log(len(labels) - have + 1)

    def _counted(self, grams: Sequence[list[str]]) -> Any:
        """(texts, grams) how often each known gram is in each text."""
        from scipy.sparse import csr_matrix

        known = [[self._numbers[gram] for gram in own if gram in self._numbers] for own in grams]
        columns = np.array([column for own in known for column in own], np.int64)
        rows = np.repeat(np.arange(len(known)), [len(own) for own in known])
        return csr_matrix((np.ones(len(columns)), (rows, columns)), (len(known), max(1, len(self._numbers))))

    def answer(self, grams: Sequence[list[str]]) -> NDArray[np.bool_]:
        """(texts, labels) of texts that are cut already."""
        some = max(1, _SCORES // len(self._prior))
        parts = []
        for start in range(0, len(grams), some):
            counts = self._counted(grams[start : start + some])
            sizes = np.asarray(counts.sum(1)).reshape(-1, 1)
            shared = np.asarray(counts @ self._common).reshape(-1, 1)
            parts.append((counts @ self._weights).toarray() - shared + sizes * self._size + self._prior > 0)
        return np.concatenate(parts)
