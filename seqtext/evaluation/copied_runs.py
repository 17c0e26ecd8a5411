"""Search a corpus stream for runs of words copied from it.

The texts are few and the corpus may be large: hashes of the texts' shingles (Broder 1997) are kept, and those of the
corpus are looked up among them as it streams by. Memory does not grow with the corpus.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import compared_words

#: Words of a run that counts: what people say often is shorter.
SHORTEST = 12
#: Places of the corpus in which such a run may stand to count: what stands in more is a phrase, such as "once upon a
#: time there was a little girl named Lily" (k-eidetic memorization: Carlini et al. 2021, definition 2).
MOST_PLACES = 10

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_BORDER = np.uint64(0x5DEECE66D1234567)  # a word that no text holds
_AT_ONCE = 200_000  # words of the corpus

Hashes = NDArray[np.uint64]


class CopiedRun(NamedTuple):
    """Hold a text's longest run of words copied from the corpus.

    start: index of its first word; words: number of words; line: the number of the corpus line in which it begins
    """

    start: int
    words: int
    line: int


def hashed(words: Sequence[str]) -> Hashes:
    """Hash each word to 64 bits, (words,).

    Python salts string hashes by process, so that they must not be stored.
    """
    return np.fromiter(map(hash, words), np.int64, len(words)).view(np.uint64)


def shingles(words: Hashes, length: int = SHORTEST) -> Hashes:
    """Hash every run of `length` words: (words − length + 1,).

    The hash of a run is a polynomial in the hashes of its words.
    """
    count = max(0, len(words) - length + 1)
    hashes = np.zeros(count, np.uint64)
    for position in range(length if count else 0):
        hashes *= _FACTOR
        hashes += words[position : position + count] ^ (words[position : position + count] >> np.uint64(29))
    return hashes


class CopiedRuns:
    """Find the runs of words that texts share with a corpus.

    texts: the words of each, as `seqtext.characters.compared_words` gives them
    """

    def __init__(self, texts: Iterable[Sequence[str]]) -> None:
        runs = [shingles(hashed(words)) for words in texts]
        sizes = [len(shingle_hashes) for shingle_hashes in runs]
        self._texts = len(runs)
        owner = np.repeat(np.arange(self._texts), sizes)
        start = np.concatenate([np.arange(size) for size in [0, *sizes]])
        hashes = np.concatenate([np.zeros(0, np.uint64), *runs])
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._owner, self._start = hashes[order], owner[order], start[order].astype(np.int64)
        self._places = np.zeros(len(hashes), np.int64)  # of the corpus, in which each run stands
        self._runs: dict[tuple[int, int], CopiedRun] = {}  # the longest by text and start
        self._open: dict[tuple[int, int], tuple[int, int, int]] = {}  # by text and offset: last place, start, line
        self._read = 0
        self._words: list[Hashes] = []
        self._lines: list[tuple[int, int]] = []  # the number of each line, and where it begins
        self._begins: list[int] = []
        self._waiting = 0

    def add(self, line: str, number: int) -> None:
        """Read the next line of the corpus."""
        words = hashed(compared_words(line))
        self._lines.append((number, self._read + self._waiting))
        self._words.append(words)
        self._waiting += len(words)
        if self._waiting >= _AT_ONCE:
            self._look(SHORTEST - 1)

    def end(self) -> None:
        """Separate the next line from the last one.

        Runs do not cross the border, which stands for a line that is left out.
        """
        self._words.append(np.array([_BORDER]))
        self._waiting += 1

    def close(self) -> None:
        """Look up the pending words."""
        self._look(0)

    def _look(self, kept: int) -> None:
        """Look up the waiting words.

        kept: so many words stay, because runs may continue in the next lines
        """
        words = np.concatenate([np.zeros(0, np.uint64), *self._words])
        hashes, self._begins = shingles(words), [begin for _, begin in self._lines]
        if len(self._hashes):
            near = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
            for position in np.flatnonzero(self._hashes[near] == hashes).tolist():
                self._match(self._read + position, int(near[position]))
        rest = words[len(hashes) :] if kept else words[:0]
        self._read += len(words) - len(rest)
        self._words, self._waiting = [rest], len(rest)
        later = [line for line in self._lines if line[1] > self._read]
        self._lines = self._lines[-1 - len(later) :]
        self._open = {key: run for key, run in self._open.items() if run[0] >= self._read - 1}

    def _match(self, position: int, first: int) -> None:
        """Record that a run of the corpus equals runs of the texts.

        position: of the run in the corpus; first: index of the first equal hash among the sorted ones
        """
        value = self._hashes[first]
        while first < len(self._hashes) and self._hashes[first] == value:
            self._places[first] += 1
            self._extend(position, int(self._owner[first]), int(self._start[first]))
            first += 1

    def _extend(self, position: int, text: int, start: int) -> None:
        key = text, position - start
        last, begun, line = self._open.get(key, (-1, start, -1))
        if last != position - 1 or line < 0:
            begun, line = start, self._line_of(position)
        self._open[key] = position, begun, line
        words = start - begun + SHORTEST
        if (text, begun) not in self._runs or words > self._runs[text, begun].words:
            self._runs[text, begun] = CopiedRun(begun, words, line)

    def _line_of(self, position: int) -> int:
        return self._lines[max(0, bisect_right(self._begins, position) - 1)][0]

    def longest(self) -> dict[int, CopiedRun]:
        """Return the longest copied run of each text, by the text's number.

        Each contains 12 words that are not a phrase. Texts without such a run are left out.
        """
        rare = {
            (text, start)
            for text, start, places in zip(
                self._owner.tolist(), self._start.tolist(), self._places.tolist(), strict=True
            )
            if 0 < places <= MOST_PLACES
        }
        best: dict[int, CopiedRun] = {}
        for (text, start), run in sorted(self._runs.items()):
            starts = range(start, start + run.words - SHORTEST + 1)
            if run.words > best.get(text, CopiedRun(0, 0, 0)).words and any(
                (text, position) in rare for position in starts
            ):
                best[text] = run
        return best

    def share(self, texts: Iterable[int]) -> float | None:
        """Compute the share of 12-word runs that are copied from the corpus.

        texts: numbers of the texts whose runs count. Phrases, which stand in more than MOST_PLACES, do not count as
        copied. None where the texts have no such runs.
        """
        counts = self._places[np.isin(self._owner, list(texts))]
        return float(((counts > 0) & (counts <= MOST_PLACES)).mean()) if len(counts) else None
