"""Rank the sentences of a text by LexRank, without any training.

LexRank is that of Erkan and Radev 2004, arXiv:1109.2128, in its continuous form.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import WORD, WORD_RUN, compared_words, compiled
from seqtext.data.sentences import count_words, lead, sentences_of
from seqtext.models.sentence_worth import worths

_DAMPING = 0.85  # the share of the walk that follows similarity; the rest starts anywhere
_ROUNDS = 100
_CLOSE = 1e-9
_COMPARED = 1000  # chosen sentences with which all others are compared: to compare with all takes quadratic time
_ALIKE = 0.6  # a sentence whose cosine with a chosen one is higher says nothing new


def extract(text: str, sentences: int = 3, max_words: int | None = None) -> list[str]:
    """Extract the most central sentences of a text, in its order.

    sentences: how many, at most; max_words: words of all together, at most

    Continuous LexRank: a sentence matters if it is similar to sentences that matter. With the sentences' tf·idf vectors
    of length one in X and S = X Xᵀ − I, the ranks p are the fixed point of p = (1 − d)/n + d · S (p / S1). Without the
    I, a sentence that shares no word with any other would keep its share to itself; TextRank (Mihalcea and Tarau 2004)
    has no such loops either. The best are taken one after the other, but none that is nearly one of the first 1,000
    taken, and none that would make too many words (see `seqtext.data.sentences.count_words`). Ranks are weighed by what
    a sentence says by itself, see `sentence_worth`: one that says nothing is taken only where all do. Where none has
    room, the beginning of the best is given; `select` says so.
    """
    return select(text, sentences, max_words)[0]


def select(text: str, sentences: int = 3, max_words: int | None = None) -> tuple[list[str], bool]:
    """Extract sentences, and tell whether any was cut; see `extract`."""
    all_sentences = sentences_of(text)
    if not all_sentences or sentences < 1 or (max_words is not None and max_words < 1):
        return [], False
    rows, columns, values = weigh(all_sentences)
    ranks = rank(rows, columns, values, len(all_sentences))
    worth = worths(all_sentences)
    if worth.any():
        ranks = ranks * worth
    room = sum(map(count_words, all_sentences)) if max_words is None else max_words
    likeness = np.zeros(len(all_sentences))  # with the chosen sentence that is most alike
    index = _InvertedIndex(rows, columns, values, len(all_sentences))
    chosen: list[int] = []
    for number in np.argsort(-ranks.round(9), kind="stable").tolist():
        words = count_words(all_sentences[number])
        if ranks[number] <= 0.0:
            break
        if words > room or likeness[number] > _ALIKE:
            continue
        chosen.append(number)
        room -= words
        if len(chosen) == sentences:
            break
        if len(chosen) <= _COMPARED:
            likeness = np.maximum(likeness, index.cosines(number))
    if not chosen:
        return [lead(all_sentences[int(ranks.round(9).argmax())], room)], True
    return [all_sentences[number] for number in sorted(chosen)], False


class _InvertedIndex:
    """Inverted index: the words of each sentence and the sentences of each word.

    rows, columns, values: the cells of `weigh`, sorted by row; count: number of sentences
    """

    def __init__(
        self, rows: NDArray[np.intp], columns: NDArray[np.intp], values: NDArray[np.float64], count: int
    ) -> None:
        self._columns, self._values, self._count = columns, values, count
        self._words = np.searchsorted(rows, np.arange(count + 1))  # where the words of each sentence begin
        order = np.argsort(columns, kind="stable")
        self._rows, self._weights = rows[order], values[order]
        self._starts = np.searchsorted(columns[order], np.arange(int(columns.max()) + 2))

    def cosines(self, number: int) -> NDArray[np.float64]:
        """Compute the cosine of a sentence with each, (sentences,)."""
        cells = slice(self._words[number], self._words[number + 1])
        first, last = self._starts[self._columns[cells]], self._starts[self._columns[cells] + 1]
        spans = [slice(a, b) for a, b in zip(first.tolist(), last.tolist(), strict=True)]
        rows = np.concatenate([self._rows[span] for span in spans])
        products = [self._weights[span] * value for span, value in zip(spans, self._values[cells], strict=True)]
        return np.bincount(rows, weights=np.concatenate(products), minlength=self._count).astype(np.float64, copy=False)


def weigh(
    sentences: list[str],
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Compute tf·idf vectors of sentences, each of length one.

    returns rows, columns and values of the nonzero cells of X, (cells,) each, sorted by row

    A word's idf is log(1 + n / m) where m of the n sentences hold it: above zero for a word that all hold.
    """
    words: dict[str, int] = {}
    pairs = np.array(
        [
            (number, words.setdefault(word, len(words)))
            for number, sentence in enumerate(sentences)
            for word in _terms(sentence)
        ],
        np.intp,
    )
    cells, counts = np.unique(pairs, axis=0, return_counts=True)
    rows, columns = cells[:, 0], cells[:, 1]
    values = counts * np.log1p(len(sentences) / np.bincount(columns))[columns]
    lengths = np.sqrt(np.bincount(rows, values**2, len(sentences)))
    return rows, columns, values / lengths[rows]


def _terms(sentence: str) -> Iterator[str]:
    """Split a sentence into words; of scripts without spaces into pairs of letters, as Lucene's CJKBigramFilter does.

    Single letters of Thai or Japanese are in all sentences, and nearly all sentences would be alike.
    """
    find_letters = compiled(WORD).findall
    for run in compared_words(sentence, WORD_RUN):
        letters = find_letters(run)
        yield from map("".join, pairwise(letters)) if len(letters) > 1 else letters


def rank(
    rows: NDArray[np.intp], columns: NDArray[np.intp], values: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Compute the LexRank of sentences by power iteration.

    rows, columns, values: the nonzero cells of X, (cells,) each, see `weigh`; count: number of sentences
    returns (count,): sums to 1 if each sentence shares a word with another

    S is never made: two sparse products take the place of one with a matrix that grows with the square of the text.
    """

    def similar(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Compute S w, (sentences,)."""
        shared = np.bincount(columns, values * weights[rows])
        return np.bincount(rows, values * shared[columns], count) - weights

    degrees = similar(np.ones(count))
    linked = degrees > _CLOSE
    ranks = np.full(count, 1 / count)
    for _ in range(_ROUNDS):
        shares = np.divide(ranks, degrees, out=np.zeros(count), where=linked)
        before, ranks = ranks, (1 - _DAMPING) / count + _DAMPING * similar(shares)
        if np.abs(ranks - before).max() < _CLOSE:
            break
    return ranks
