"""Hashed n-grams: buckets of runs of tokens, and their votes for labels (Weinberger et al. 2009)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.config import ClassifyConfig
from seqtext.networks.cells import Array
from seqtext.tokenizer import Tokenizer

_VOTE = np.float32(10.0)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_POWERS = np.cumprod(np.concatenate([np.ones(1, np.uint64), np.full(1023, _ODD)]))  # modulo 2⁶⁴


def ngram_buckets(ids: NDArray[np.int64], buckets: int, longest: int = 2) -> NDArray[np.int64]:
    """The buckets of each token with the one, two … longest − 1 tokens before it, (batch, time, longest − 1).

    What stands before a row counts as 0. Products with odd numbers spread the runs over the buckets (Knuth 1973, 6.4).
    """
    mixed, found = ids.astype(np.uint64), []
    for back in range(1, longest):
        before = np.pad(ids, ((0, 0), (back, 0)))[:, : ids.shape[1]].astype(np.uint64)
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + before * np.uint64(0x9E3779B1) + np.uint64(back)
        mixed ^= mixed >> np.uint64(29)
        found.append(((mixed * np.uint64(0xBF58476D1CE4E5B9)) >> np.uint64(20)) % np.uint64(buckets))
    return np.stack(found, 2).astype(np.int64)


def votes(
    ids: NDArray[np.int64], mask: NDArray[np.bool_], buckets: int, longest: int, folded: NDArray[np.int32]
) -> tuple[NDArray[np.int64], Array]:
    """The buckets of a text's words and runs, (batch, places), and the share of each in the text's score.

    Beside a deep network, a wide one (Cheng et al. 2016, arXiv:1606.07792): z += s Σ_g w_g / √n over the n different
    runs g of one to `longest` tokens, each with a vector w_g of scores for the labels. A run counts once however often
    it comes (Wang and Manning 2012, P12-2018), and capitals count as small letters. What does not count has a share
    of 0.

    folded: (vocabulary,) the id that stands for each id, see `Tokenizer.folded`; shares: s / √n, s = 10, with which the
    small steps of a network's learning rate are large enough for w
    """
    small = folded[ids].astype(np.int64)
    single = (small.astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9) >> np.uint64(20)) % np.uint64(buckets)
    found = np.concatenate([single.astype(np.int64)[:, :, None], ngram_buckets(small, buckets, longest)], 2)
    real = mask[:, :, None] & (np.arange(ids.shape[1])[:, None] >= np.arange(longest))
    flat = np.where(real, found, buckets).reshape(len(ids), -1)
    flat.sort(1)
    counts = flat < buckets
    counts[:, 1:] &= flat[:, 1:] != flat[:, :-1]
    total = np.maximum(counts.sum(1, keepdims=True), 1).astype(np.float32)
    return np.where(counts, flat, 0), np.where(counts, _VOTE / np.sqrt(total), np.float32(0))


class Terms(NamedTuple):
    """How often words, runs of words and runs of letters come in some texts, a row of a sparse matrix for each."""

    starts: NDArray[np.int64]  # (texts + 1,): those of text k are buckets[starts[k] : starts[k + 1]]
    buckets: NDArray[np.int64]  # (terms,) ascending within a text
    counts: NDArray[np.int64]  # (terms,)

    def padded(self) -> tuple[NDArray[np.int64], Array]:
        """(texts, places) the buckets, and 1 + log of their counts; 0 in both at padding."""
        sizes = np.diff(self.starts)
        real = np.arange(sizes.max(initial=1)) < sizes[:, None]
        buckets, weights = np.zeros(real.shape, np.int64), np.zeros(real.shape, np.float32)
        buckets[real], weights[real] = self.buckets, sublinear(self.counts)
        return buckets, weights


class Speller:
    """Counts hashed words, runs of words and runs of letters within words, whatever the vocabulary holds.

    A word has the same bucket whether it is a token or spelled by several: its hash is the polynomial Σ_j c_j Pʲ of its
    bytes in small letters (of A to Z), which those of its pieces add up to (Karp and Rabin 1987). The first word of a
    text makes a run with the text's beginning. Where runs of letters count (3 to `letters` of them, a word's beginning
    and end included), they have the second half of the buckets.

    words: how many of the buckets are those of words
    """

    def __init__(self, tokenizer: Tokenizer, config: ClassifyConfig) -> None:
        (data, self._bounds), self._continues = tokenizer.spelled, tokenizer.continues
        capital = (data >= 65) & (data <= 90)
        self._data = np.where(capital, data + 32, data).astype(np.uint8)
        self._sizes = np.diff(self._bounds)
        self.longest, self.letters, self.buckets = config.ngrams, config.letters, config.buckets
        self.words = self.buckets // 2 if self.letters else self.buckets
        own = np.arange(len(self._data)) - np.repeat(self._bounds[:-1], self._sizes)
        values = (self._data.astype(np.uint64) + np.uint64(1)) * _POWERS[np.minimum(own, len(_POWERS) - 1)]
        self._hashes = np.diff(np.concatenate([np.zeros(1, np.uint64), np.cumsum(values)])[self._bounds])

    def terms(self, texts: Sequence[NDArray[np.integer]], *, letters: bool = True) -> Terms:
        """Count the terms of texts that are given as ids, without BOS and EOS; letters: runs of them, too."""
        sizes = np.array([len(text) for text in texts], np.int64)
        ids = np.concatenate([np.zeros(0, np.int64), *texts]).astype(np.int64)
        owners = np.repeat(np.arange(len(texts)), sizes)
        first = ~self._continues[ids]
        first[1:] |= owners[1:] != owners[:-1]
        first[:1] = True
        keys = self._word_keys(ids, owners, first, len(texts))
        if self.letters and letters:
            keys.append(self._letter_keys(ids, owners, first))
        found, counts = np.unique(np.concatenate(keys), return_counts=True)
        starts = np.searchsorted(found, np.arange(len(texts) + 1) * self.buckets)
        return Terms(starts, found % self.buckets, counts)

    def _word_keys(
        self, ids: NDArray[np.int64], owners: NDArray[np.int64], first: NDArray[np.bool_], texts: int
    ) -> list[NDArray[np.int64]]:
        """Text · buckets + bucket of each word, and of each run of two, three … words."""
        starts = np.flatnonzero(first)
        before = np.cumsum(self._sizes[ids]) - self._sizes[ids]
        inside = before - np.repeat(before[starts], np.diff(np.append(starts, len(ids))))
        pieces = self._hashes[ids] * _POWERS[np.minimum(inside, len(_POWERS) - 1)]
        words = _mixed(np.add.reduceat(pieces, starts) if len(starts) else pieces)
        own = owners[starts]
        beginnings = np.searchsorted(own, np.arange(texts))
        words, own = np.insert(words, beginnings, np.uint64(1)), np.insert(own, beginnings, np.arange(texts))
        runs, keys = words, []
        for back in range(self.longest):
            if back:
                runs = _mixed(runs[1:] * _ODD + words[: len(words) - back] + np.uint64(back))
            real = own[back:] == own[: len(own) - back]
            if not back:
                real[beginnings + np.arange(texts)] = False  # the beginning alone says nothing
            found = (runs % np.uint64(self.words)).astype(np.int64)
            keys.append((own[back:] * self.buckets + found)[real])
        return keys

    def _letter_keys(
        self, ids: NDArray[np.int64], owners: NDArray[np.int64], first: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """The same of runs of letters that lie in one word, or in it and the space at its side."""
        last = np.append(owners[1:] != owners[:-1], True)[: len(ids)]
        widths = self._sizes[ids] + first + last  # a space before each word, and one after the text
        places = np.cumsum(widths) - widths + first
        sizes = self._sizes[ids]
        steps = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        stream = np.full(int(widths.sum()), 32, np.uint8)
        stream[np.repeat(places, sizes) + steps] = self._data[np.repeat(self._bounds[:-1][ids], sizes) + steps]
        texts, spaces = np.repeat(owners, widths), np.concatenate([[0], np.cumsum(stream == 32)])
        runs, keys, total = np.zeros(len(stream), np.uint64), [np.zeros(0, np.int64)], len(stream)
        for size in range(1, min(self.letters, total) + 1):
            count = total - size + 1
            runs = runs[:count] * _ODD + stream[size - 1 :].astype(np.uint64) + np.uint64(1)
            if size > 2:
                within = spaces[size - 1 : size - 1 + count] == spaces[1 : 1 + count]
                found = self.words + (_mixed(runs[within]) % np.uint64(self.buckets - self.words)).astype(np.int64)
                keys.append(texts[:count][within] * self.buckets + found)
        return np.concatenate(keys)


def sublinear(counts: NDArray[np.integer]) -> Array:
    """1 + log n of how often a term comes (Salton and Buckley 1988)."""
    logs: Array = np.log(counts).astype(np.float32)
    return logs + np.float32(1.0)


def tfidf(terms: Terms, idf: Array) -> Array:
    """(terms,) the weights (1 + log n) · idf of a text's terms, divided by their Euclidean norm; idf: (buckets,)."""
    weights: Array = sublinear(terms.counts) * idf[terms.buckets]
    sizes = np.diff(terms.starts)
    owners = np.repeat(np.arange(len(sizes)), sizes)
    norms = np.sqrt(np.bincount(owners, weights * weights, len(sizes))).astype(np.float32)
    weights /= np.maximum(norms, np.float32(1e-12))[owners]
    return weights


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread numbers over all bits (the finalizer of splitmix64, Steele et al. 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
