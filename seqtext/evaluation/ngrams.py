"""Count and smooth n-grams: the baseline of language models.

Interpolated Kneser–Ney smoothing (Kneser and Ney 1995) with three discounts for each length of a gram (Chen and Goodman
1999):

    p(w | h) = (c(h w) − D) / c(h) + keep(h) · p(w | h'),    keep(h) = Σ_w D / c(h),    D depends on c(h w)

h' is h without its first symbol. c counts the longest grams, and those at the start of a text, which nothing can stand
before; of the others it counts the different symbols seen before them. Below single symbols lies a uniform
distribution over all that can be written, so that nothing is impossible.

On held-out characters this measured better than one discount, and much better than Witten–Bell smoothing.
"""

import sys
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import INK, SPELLED_WORD, compiled
from seqtext.errors import ConfigError
from seqtext.fields import check_count

NGRAM_KINDS = ("char", "word")
LONGEST = 8
CODE_POINTS = sys.maxunicode + 1

Floats = NDArray[np.float32]
Integers = NDArray[np.integer]

_SYMBOL = rf"{SPELLED_WORD}|\n|{INK}"


def cut_words(text: str) -> list[str]:
    r"""Tokenize a text into words, punctuation and line ends.

    Other white space is left out.

    >>> cut_words("Don't go, Tom!\n")
    ["Don't", 'go', ',', 'Tom', '!', '\n']
    """
    symbols: list[str] = compiled(_SYMBOL).findall(text)
    return symbols


class NGrams:
    r"""Predict symbols by counts of n-grams up to `order` symbols long.

    The symbols are characters, or words with punctuation and line ends (see `cut_words`). The start of a text is
    context like any symbol. Its end is not counted: a line has "\n" at its end.

    >>> model = NGrams.learn(["the cat sat\n", "the dog sat\n"], 3, "word")
    >>> model.next_words(["the"], start="d")
    ['dog']
    """

    def __init__(self, ids: NDArray[np.int32], names: list[str], order: int, kind: str) -> None:
        """Count and smooth n-grams.

        ids: (symbols,) indices into the sorted `names`, with len(names) before each text
        """
        self.order, self.kind = order, kind
        self._names, self._places = names, {name: index for index, name in enumerate(names)}
        self._wide = len(names) + 1
        self._keys, counts = _count(ids, self._wide, order)
        self._gains: list[Floats] = []  # for every length (grams + 1,): the first term of p; 0 for a gram never seen
        self._keeps: list[Floats] = []  # for contexts of 0, 1 … symbols (contexts + 1,); 1 for a context never seen
        contexts = 1
        for keys, gram_counts in zip(self._keys, counts, strict=True):
            gains, keeps = _smooth(keys // self._wide, gram_counts, contexts)
            self._gains.append(gains)
            self._keeps.append(keeps)
            contexts = len(keys)

    @classmethod
    def learn(cls, texts: Iterable[str], order: int, kind: str = "char") -> "NGrams":
        """Train an n-gram model on texts, in a single pass.

        At order 8, training takes about 70 bytes of memory a character. Raises ConfigError for an order that is not
        from 1 to 8, or a kind that is neither char nor word.
        """
        check_count("order", order, high=LONGEST, good=LONGEST, error=ConfigError)
        if kind not in NGRAM_KINDS:
            raise ConfigError(f"kind received {kind!r}; accepted are {' and '.join(NGRAM_KINDS)}.", 'kind="char"')
        numbers: defaultdict[str, int] = defaultdict()
        numbers.default_factory = numbers.__len__  # a new symbol gets the next number
        ids = array("i")
        for text in texts:
            ids.append(-1)
            ids.extend(map(numbers.__getitem__, text if kind == "char" else cut_words(text)))
        names = sorted(numbers)
        ranks = np.empty(len(names) + 1, np.int32)
        ranks[[numbers[name] for name in names]] = np.arange(len(names), dtype=np.int32)
        ranks[-1] = len(names)  # where −1, the start of a text, points to
        return cls(ranks[np.asarray(ids, np.int32)], names, order, kind)

    def bits(self, text: str) -> float:
        """Compute −log2 of the probability of a text; see `surprisals`."""
        return float(self.surprisals(text).sum())

    def surprisals(self, text: str) -> NDArray[np.float64]:
        """Compute the surprisal of each symbol of a text in bits, (symbols,).

        An unseen character shares the uniform distribution over all code points; an unseen word that over all spellings
        of its length.
        """
        symbols: Sequence[str] = text if self.kind == "char" else cut_words(text)
        if not symbols:
            return np.zeros(0)
        ids = np.array([self._places.get(symbol, -1) for symbol in symbols], np.int64)
        seen, left = np.zeros(len(ids)), np.ones(len(ids))
        contexts = np.zeros(len(ids), np.int64)  # of 0, 1 … symbols before each; −1 for one never seen, or too long
        for length in range(self.order):
            shares, grams = self._keeps[length][contexts], self._find(length, contexts, ids)
            seen, left = seen * shares + self._gains[length][grams], left * shares
            contexts = np.append(-1 if length else len(self._names), grams[:-1])
        lengths = np.ones(len(ids)) if self.kind == "char" else np.fromiter(map(len, symbols), np.float64) + 1
        uniform = lengths * np.log2(CODE_POINTS + (self.kind == "word"))  # the end of a word is one code point more
        with np.errstate(divide="ignore"):  # log2 0 where only the uniform distribution knows a symbol
            return np.asarray(-np.logaddexp2(np.log2(seen), np.log2(left) - uniform))

    def next_words(self, context_words: Sequence[str], start: str = "", top: int = 3) -> list[str]:
        """Predict the likeliest next words that begin with `start`, best first.

        Only words that were seen are predicted, never punctuation. context_words: everything before the word, tokenized
        by `cut_words`; only the last order − 1 symbols count
        """
        low = bisect_left(self._names, start)
        high = bisect_left(self._names, start + chr(CODE_POINTS - 1), low)
        before = [len(self._names), *(self._places.get(word, -1) for word in context_words)]
        scores = np.zeros(high - low)
        for length in range(min(self.order, len(before) + 1)):
            context = self._context(before[len(before) - length :])
            if context < 0:
                break
            keys = self._keys[length]
            first, last = np.searchsorted(keys, context * self._wide + np.array([low, high])).tolist()
            scores *= self._keeps[length][context]
            scores[keys[first:last] - context * self._wide - low] += self._gains[length][first:last]
        scores[~self._are_words[low:high]] = 0.0
        seen = np.flatnonzero(scores)
        if len(seen) > top:  # sorting all of a large vocabulary would take a thousand times longer
            seen = seen[scores[seen] >= np.partition(scores[seen], -top)[-top]]
        best = seen[np.argsort(-scores[seen], kind="stable")][:top]
        return [self._names[low + index] for index in best.tolist()]

    def _find(self, length: int, contexts: Integers, ids: Integers) -> NDArray[np.int64]:
        """Return the indices of the grams that extend contexts by a symbol.

        contexts: (n,) indices of grams of `length` symbols; ids: (n,) the symbols. −1 for a gram never seen.
        """
        keys = self._keys[length]
        if not len(keys):
            return np.full(len(ids), -1)
        wanted = np.where((contexts >= 0) & (ids >= 0), contexts * self._wide + ids, -1)
        places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[places] == wanted, places, -1)

    def _context(self, ids: Sequence[int]) -> int:
        """Return the index of a gram among those of its length; −1 if never seen."""
        index = 0
        for length, symbol in enumerate(ids):
            index = int(self._find(length, np.array([index]), np.array([symbol]))[0])
        return index

    @cached_property
    def _are_words(self) -> NDArray[np.bool_]:
        """Mark the names that are words: (names,)."""
        whole = compiled(SPELLED_WORD).fullmatch
        return np.fromiter((whole(name) is not None for name in self._names), np.bool_, len(self._names))


def _count(ids: NDArray[np.int32], wide: int, order: int) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
    """Count the grams of 1 to `order` symbols: sorted keys and c, (grams,) each.

    A key is context · wide + last symbol, the context being the index of the gram without its last symbol among those
    of its length. ids: (symbols,), wide − 1 at the start of each text; a gram holds that at its beginning only.
    """
    start = wide - 1
    keys = [np.arange(wide, dtype=np.int64)]
    counts = [np.bincount(ids, minlength=wide)]
    opens = keys[0] == start  # (grams,) is it at the start of a text
    grams = ids  # (symbols,) the gram that ends here; −1 where the text has begun too late for one
    inside = ids[1:] != start
    for _ in range(1, order):
        longer = inside & (grams[:-1] >= 0)
        gram_keys = grams[:-1][longer].astype(np.int64) * wide + ids[1:][longer]
        ranked = np.argsort(gram_keys)
        gram_keys = gram_keys[ranked]
        new = np.diff(gram_keys, prepend=-1) > 0
        firsts = np.flatnonzero(new)
        inner = grams[1:][longer][ranked[firsts]]  # (grams,) each without its first symbol
        counts[-1] = np.where(opens, counts[-1], np.bincount(inner, minlength=len(opens)))
        keys.append(gram_keys[firsts])
        counts.append(np.diff(firsts, append=len(gram_keys)))
        opens = opens[keys[-1] // wide]
        indices = np.empty(len(gram_keys), np.int32)
        indices[ranked] = np.cumsum(new, dtype=np.int32) - 1
        grams = np.full(len(ids), -1, np.int32)
        grams[1:][longer] = indices
    counts[0][start] = 0  # the start of a text follows nothing
    return keys, counts


def _smooth(contexts: NDArray[np.int64], counts: NDArray[np.int64], size: int) -> tuple[Floats, Floats]:
    """Discount grams of one length: (c − D) / c(h), and keep(h).

    Each has one more element, for what was never seen. contexts: (grams,) the index of each one's context; counts:
    (grams,) c; size: how many contexts there are
    """
    discounts = estimate_discounts(counts)[np.minimum(counts, 3)]
    totals = np.bincount(contexts, weights=counts, minlength=size)
    kept = np.bincount(contexts, weights=discounts, minlength=size)
    keeps = np.divide(kept, totals, out=np.ones(size), where=totals > 0)
    gains = (counts - discounts) / np.maximum(totals, 1)[contexts]
    return np.append(gains, 0.0).astype(np.float32), np.append(keeps, 1.0).astype(np.float32)


def estimate_discounts(counts: Integers) -> NDArray[np.float64]:
    """Estimate Kneser–Ney discounts from counts of counts (Chen and Goodman 1999).

    counts: (n-grams,)

    Returns D for a count of 0, 1, 2, and 3 or more, (4,), from how many counts are 1, 2, 3 and 4. Where one of these is
    0, or a D is not above 0 and at most its count: 0.5, 1 and 1.5, as KenLM has them (Heafield et al. 2013).
    """
    n = [int((counts == number).sum()) for number in range(1, 5)]
    if all(n):
        share = n[0] / (n[0] + 2 * n[1])
        discounts = [number - (number + 1) * share * n[number] / n[number - 1] for number in (1, 2, 3)]
        if all(0 < discount <= number for number, discount in enumerate(discounts, 1)):
            return np.array([0.0, *discounts])
    return np.array([0.0, 0.5, 1.0, 1.5])
