"""Count the words of normal log lines, as bags of words."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import LOG_WORD
from seqtext.storage.atomic import damaged

_MOST_WORDS, _MOST_BAGS, _WAITING = 50_000, 5_000, 200_000

_PART = r"[A-Za-z]*[0-9][0-9A-Za-z]*"
_MONTH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_DAY = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_DATE = rf"(?:\b(?:{_DAY}),?\s{{1,3}})?(?:\b(?:{_MONTH})\s{{1,3}}[0-9]{{1,2}}\b|\b[0-9]{{1,2}}[ /-](?:{_MONTH})\b)"
# Matched only at the start of a run of letters and digits; otherwise, time would grow with the square of the length.
_NUMBER = re.compile(rf"(?P<date>{_DATE})|(?<![0-9A-Za-z])(?P<number>{_PART}(?:[-./:,_]+{_PART})*)")
_BEFORE = re.compile(r"([A-Za-z]+)[^0-9A-Za-z]{0,3}$")
_HEXADECIMAL = re.compile(r"(?:0[xX])?[0-9a-fA-F]{6,}")
_ZEROS = re.compile(r"(?<![1-9])0+(?![0-9])")


class DigitMask:
    """Mask each digit of a number as 0, for older models.

    Models from before stand-ins read such lines, and must answer as before. A number that is frequent after the word
    before it is kept.

    Dates, times, addresses, versions and other numbers with inner punctuation are always masked, as are numbers of more
    than 4 digits; hexadecimal ids become zeros; names of months and days in dates become Jan and Mon.

    >>> DigitMask({"status 200"})("Jun 14 10:20:31 10.1.2.3 status=200 in 35 ms")
    'Jan 00 00:00:00 00.0.0.0 status=200 in 00 ms'
    """

    def __init__(self, usual: Iterable[str]) -> None:
        self.usual = frozenset(usual)

    def __call__(self, line: str) -> str:
        """Mask the numbers of a line, keeping its length."""
        return _NUMBER.sub(lambda match: match[0] if _key(line, match) in self.usual else _masked(match), line)

    @staticmethod
    def words(line: str) -> list[str]:
        """Split a masked line into runs of letters and digits, or punctuation.

        All masked numbers have one digit.
        """
        return LOG_WORD.findall(_ZEROS.sub("0", line))

    @staticmethod
    def origins(line: str) -> list[tuple[int, int]]:
        """Map each character of the masked line to its original span. The position stays the same."""
        return list(zip(range(len(line)), range(1, len(line) + 1), strict=True))


def _key(line: str, match: "re.Match[str]") -> str | None:
    """Join a plain number to the word before it; None for a number that is always masked."""
    number = match["number"]
    if number is None or not number.isalnum() or sum(map(str.isdigit, number)) > 4:
        return None
    start = match.start()
    before = _BEFORE.search(line[max(0, start - 40) : start])
    return f"{before[1]} {number}" if before else None


def _masked(match: "re.Match[str]") -> str:
    text = match[0]
    if match["date"] is not None:
        text = re.sub(_MONTH, "Jan", re.sub(_DAY, "Mon", text))
    else:
        text = _HEXADECIMAL.sub(lambda part: "0" * len(part[0]), text)
    return re.sub("[0-9]", "0", text)


def one_line(text: str) -> str:
    """Replace line breaks by spaces, and strip the end.

    Other characters keep their positions.
    """
    return text.replace("\n", " ").replace("\r", " ").rstrip()


def are_sessions(lines: Iterable[str]) -> bool:
    """Tell whether lines have few distinct words, as sessions of events do.

    Each word occurs ten times on average, at least.
    """
    words = [word for line in lines for word in line.split()]
    return 10 * len(set(words)) <= len(words)


class Oddity(NamedTuple):
    """Hold a line's distance from normal lines, by word counts alone."""

    distance: float  # 0 to 1: Σ|a − b| / Σ(a + b) over the counts of words, to the nearest normal line
    rarity: float  # −log2 of the share of normal lines with the same counts


class Counting:
    """Hold the bags of words of normal lines: each word's count.

    words: the words of the normal lines; bags: for each of the most frequent bags, its words (indices), their counts,
    and the number of its lines; lines: number of lines in all.
    """

    def __init__(
        self, words: Sequence[str], bags: Sequence[tuple[Sequence[int], Sequence[int], int]], lines: int
    ) -> None:
        self.words, self.bags, self.lines = list(words), list(bags), lines
        self._ids = {word: number for number, word in enumerate(words)}
        self._sizes = np.array([sum(counts) for _, counts, _ in bags], np.int64)
        self._share = np.array([count for _, _, count in bags], np.int64)
        # An inverted index, for each word its bags and counts, makes the overlap with all bags a few additions.
        holders: list[list[tuple[int, int]]] = [[] for _ in words]
        for number, (ids, counts, _) in enumerate(bags):
            for word, count in zip(ids, counts, strict=True):
                holders[word].append((number, count))
        self._holders: list[NDArray[np.int64]] = [np.array(pairs, np.int64).reshape(-1, 2) for pairs in holders]

    @classmethod
    def learn(cls, lines: Iterable[Sequence[str]]) -> "Counting":
        """Count the words of one or more normal lines."""
        words: Counter[str] = Counter()
        bags: Counter[tuple[tuple[str, int], ...]] = Counter()
        number = 0
        for line in lines:
            counts = Counter(line)
            words.update(counts.keys())
            bags[tuple(sorted(counts.items()))] += 1
            number += 1
            if len(bags) > _WAITING:
                bags = Counter(dict(bags.most_common(_WAITING // 2)))
            if len(words) > 2 * _MOST_WORDS + _WAITING:
                words = Counter(dict(words.most_common(_MOST_WORDS)))
        known = {word: index for index, (word, _) in enumerate(words.most_common(_MOST_WORDS))}
        kept = []
        for bag, count in bags.most_common(_MOST_BAGS):
            if all(word in known for word, _ in bag):
                kept.append(([known[word] for word, _ in bag], [times for _, times in bag], count))
        return cls(list(known), kept, number)

    def measure(self, line: Sequence[str]) -> Oddity:
        """Measure a line's distance from the nearest normal bag, 0 to 1.

        An unseen word adds to the distance from each bag, the dissimilarity of Bray and Curtis (1957). The result also
        has the rarity of the bag, in bits.
        """
        counts = Counter(line)
        overlap = np.zeros(len(self.bags), np.int64)
        for word, count in counts.items():
            if word in self._ids:
                holders = self._holders[self._ids[word]]
                overlap[holders[:, 0]] += np.minimum(holders[:, 1], count)
        total = self._sizes + len(line)
        distances = np.append((total - 2 * overlap) / np.maximum(1, total), 1.0)
        best = int(distances.argmin())
        same = int(self._share[best]) if distances[best] == 0 else 0
        return Oddity(float(distances[best]), float(-np.log2((same + 0.5) / (self.lines + 1))))

    def to_dict(self) -> dict[str, Any]:
        """Convert the counts to plain data for JSON."""
        return {
            "words": self.words,
            "bags": [[list(ids), list(counts), n] for ids, counts, n in self.bags],
            "lines": self.lines,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Counting":
        """Restore counts from the data of `to_dict`, checked; raises ModelError."""
        words: Any = data.get("words")
        bags: Any = data.get("bags")
        lines: Any = data.get("lines")
        good = isinstance(words, list) and isinstance(bags, list) and _whole(lines)
        good = good and all(isinstance(word, str) for word in words) and len(set(words)) == len(words)
        if not (good and all(_is_bag(bag, len(words)) for bag in bags)):
            raise damaged("The counts of normal lines in the weights are damaged.")
        return cls(words, [(bag[0], bag[1], bag[2]) for bag in bags], lines)


def _is_bag(bag: Any, words: int) -> bool:
    """Tell whether a value is [ids, counts, number of lines], with distinct ids below the number of words."""
    if not (isinstance(bag, list) and len(bag) == 3 and all(isinstance(column, list) for column in bag[:2])):
        return False
    ids, counts, lines = bag
    good = len(ids) == len(counts) > 0 and all(_whole(word, 0, words - 1) for word in ids) and _whole(lines)
    return good and len(set(ids)) == len(ids) and all(_whole(count) for count in counts)


def _whole(value: object, low: int = 1, high: int = 1 << 40) -> bool:
    return type(value) is int and low <= value <= high
