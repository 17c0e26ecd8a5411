"""Finds which runs of words of some texts stand in a corpus that is read once, in memory that does not grow with it.

The texts are few and the corpus may be large: hashes of the texts' shingles (Broder 1997) are kept, and those of the
corpus are looked up among them as it streams by.
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
    """The longest run of words of a text that stands in the corpus and is no phrase.

    start: its first word; words: how many; line: the number of the corpus line in which it begins
    """

    start: int
    words: int
    line: int


def hashed(words: Sequence[str]) -> Hashes:
    """Hash each word to 64 bits, otherwise in each process; (words,)."""
    return np.fromiter(map(hash, words), np.int64, len(words)).view(np.uint64)


def shingles(words: Hashes, length: int = SHORTEST) -> Hashes:
    """Hash every run of so many words: a polynomial in the hashes of its words, (words − length + 1,)."""
    count = max(0, len(words) - length + 1)
    found = np.zeros(count, np.uint64)
    for place in range(length if count else 0):
        found *= _FACTOR
        found += words[place : place + count] ^ (words[place : place + count] >> np.uint64(29))
    return found


class CopiedRuns:
    """The runs of some texts that stand in a corpus.

    texts: the words of each, as `seqtext.characters.compared_words` gives them
    """

    def __init__(self, texts: Iterable[Sequence[str]]) -> None:
        runs = [shingles(hashed(words)) for words in texts]
        sizes = [len(own) for own in runs]
        self._texts = len(runs)
        owner = np.repeat(np.arange(self._texts), sizes)
        start = np.concatenate([np.arange(size) for size in [0, *sizes]])
        every = np.concatenate([np.zeros(0, np.uint64), *runs])
        order = np.argsort(every, kind="stable")
        self._hashes, self._owner, self._start = every[order], owner[order], start[order].astype(np.int64)
        self._places = np.zeros(len(every), np.int64)  # of the corpus, in which each run stands
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
        """Note that the next line does not follow on the last one, as where one is left out."""
        self._words.append(np.array([_BORDER]))
        self._waiting += 1

    def close(self) -> None:
        """Look up what is waiting."""
        self._look(0)

    def _look(self, kept: int) -> None:
        """Look up what is waiting; so many words wait on, for the runs that go on with them."""
        words = np.concatenate([np.zeros(0, np.uint64), *self._words])
        own, self._begins = shingles(words), [begin for _, begin in self._lines]
        if len(self._hashes):
            near = np.minimum(np.searchsorted(self._hashes, own), len(self._hashes) - 1)
            for place in np.flatnonzero(self._hashes[near] == own).tolist():
                self._match(self._read + place, int(near[place]))
        rest = words[len(own) :] if kept else words[:0]
        self._read += len(words) - len(rest)
        self._words, self._waiting = [rest], len(rest)
        later = [line for line in self._lines if line[1] > self._read]
        self._lines = self._lines[-1 - len(later) :]
        self._open = {key: run for key, run in self._open.items() if run[0] >= self._read - 1}

    def _match(self, place: int, first: int) -> None:
        """Note that a run of the corpus equals some of the texts; first: the first of them among the sorted ones."""
        value = self._hashes[first]
        while first < len(self._hashes) and self._hashes[first] == value:
            self._places[first] += 1
            self._extend(place, int(self._owner[first]), int(self._start[first]))
            first += 1

    def _extend(self, place: int, text: int, start: int) -> None:
        key = text, place - start
        last, begun, line = self._open.get(key, (-1, start, -1))
        if last != place - 1 or line < 0:
            begun, line = start, self._line_of(place)
        self._open[key] = place, begun, line
        words = start - begun + SHORTEST
        if (text, begun) not in self._runs or words > self._runs[text, begun].words:
            self._runs[text, begun] = CopiedRun(begun, words, line)

    def _line_of(self, place: int) -> int:
        return self._lines[max(0, bisect_right(self._begins, place) - 1)][0]

    def longest(self) -> dict[int, CopiedRun]:
        """The longest run of each text that has one, by the number of the text; of it, some 12 words are no phrase."""
        rare = {
            (text, start)
            for text, start, places in zip(
                self._owner.tolist(), self._start.tolist(), self._places.tolist(), strict=True
            )
            if 0 < places <= MOST_PLACES
        }
        best: dict[int, CopiedRun] = {}
        for (text, start), run in sorted(self._runs.items()):
            own = range(start, start + run.words - SHORTEST + 1)
            if run.words > best.get(text, CopiedRun(0, 0, 0)).words and any((text, place) in rare for place in own):
                best[text] = run
        return best

    def share(self, texts: Iterable[int]) -> float | None:
        """The share of the runs of 12 words of some texts, by number, that stand in the corpus and are no phrases.

        None where the texts have no such runs.
        """
        own = self._places[np.isin(self._owner, list(texts))]
        return float(((own > 0) & (own <= MOST_PLACES)).mean()) if len(own) else None
