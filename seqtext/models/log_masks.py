"""What is never the same from line to line of a log, written as stand-ins: <date>, <ip>, <uuid>, 0.

Times, addresses and ids would make every line new, and a detector would alarm at each. A stand-in has one length,
whatever it hides: "Jul  3" is "Jul 23". Kept is what tells lines apart: words, and the numbers, paths and quoted texts
that come again and again in one place ("status 200"). A place is what stands before in the same field, or in the field
before where there is no letter in it. Where most things that stand in a place mix letters and digits as ids do, what
has their length and their letters is an id, too, even without a digit. A duration or a size that is far beyond all that
were seen in its place has a stand-in of its own.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Any, NamedTuple

from seqtext.fields import is_number
from seqtext.models.log_amounts import HUGE, LargestAmounts, amount, is_huge
from seqtext.models.log_ids import IdLearner, IdPlaces
from seqtext.storage.atomic import damaged

_USUAL, _SEEN = 0.05, 3  # a number is kept that comes in this share of a place's lines, and so many times
_WAITING = 200_000  # different numbers that are counted at once
_VARIED, _LEAST, _MOST = 0.5, 20, 400  # of the first _MOST things of a place, at least _LEAST, this share differs
_FIRST, _FIRST_IDS = 20_000, 10_000  # lines by which places are judged

# Names of months and days: English, German, French, Spanish; "may" is mostly no month.
_MONTH = (
    "(?i:Jan(?:uar[yi]?|vier|v)?|Ene(?:ro)?|Feb(?:ruary|ruar|rero)?|F[eé]v(?:rier|r)?|Mar(?:ch|s|zo)?|Mär(?:z)?|Mrz|"
    "A[pvb]r(?:il)?|(?!(?-i:may))Ma[iy]o?|Ju[nl](?:[eiy]|io)?|Juin|Juil(?:let)?|Aug(?:ust)?|Ao[uû]t|Ago(?:sto)?|"
    "Sep(?:t(?:iembre)?)?(?:ember)?|O[ck]t(?:ober|obre|ubre)?|Nov(?:i?embre|ember)?|D[eéi][czs](?:i?embre|ember)?)"
)
_DAY = (
    "(?i:Mon(?:day)?|Tue(?:s|sday)?|Wed(?:nesday)?|Thu(?:rs|rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?|"
    "Mo|D[io]|Mi|Fr|S[ao]|lun|ma[rt]|mer|mié|jeu|jue|ven|vie|s[aá][mb]|d[io]m)"
)
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,:][0-9]{1,9})?)?(?: ?[AaPp][Mm]\b)?"
_ZONE = r"(?:Z\b| ?[+\-][0-9]{2}:?[0-9]{2}\b| (?:UTC|GMT|CES?T|[ECMP][SD]T)\b)"
_YEAR = "[0-9]{4}"
_DATES = "|".join([
    rf"{_YEAR}(?P<s1>[\-/.])[0-9]{{1,2}}(?P=s1)[0-9]{{1,2}}(?:[T_]{_CLOCK}{_ZONE}?)?",  # ISO 8601
    r"[0-9]{8}T[0-9]{6}Z?",
    rf"[0-9]{{1,2}}(?P<s2>[\-/.])[0-9]{{1,2}}(?P=s2)(?:{_YEAR}|[0-9]{{2}})(?![0-9.])",
    rf"[0-9]{{1,2}}(?:\.? |[/\-])(?:{_MONTH})\b\.?(?:[ /\-]{_YEAR}\b|-[0-9]{{2}}\b)?(?::{_CLOCK}{_ZONE}?)?",
    rf"(?:{_MONTH})\b\.?[ ]{{1,3}}[0-9]{{1,2}}(?:st|nd|rd|th)?\b(?:,? {_YEAR}\b)?",  # RFC 3164: the day is padded
])  # fmt: skip
_HEX = "[0-9A-Fa-f]"
_IPV4 = r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}"
_GROUP = rf"{_HEX}{{1,4}}"
_IPV6 = (
    rf"(?:{_GROUP}:){{7}}{_GROUP}|(?:{_GROUP}:){{1,7}}(?:(?::{_GROUP}){{1,6}}|:(?:ffff:)?{_IPV4}|:)"
    rf"|::(?:(?:{_GROUP}:){{0,5}}{_IPV4}|{_GROUP}(?::{_GROUP}){{0,6}})?"
)
_NUMBER = r"[0-9]+(?:[.,][0-9]+)*"
_TIME_UNIT = "ns|us|µs|μs|ms|s|secs?|seconds?|mins?|minutes?|hrs?|hours?|days?"
_SIZE_UNIT = "[KMGTP]i?B|kB|[KMGTP]i|[Bb]ytes?|[KMGkmg]?b(?:it)?ps|[KMGkmg]bits?"
_PART = "[A-Za-z]*[0-9][0-9A-Za-z]*"
_END = "(?![0-9A-Za-z])"

#: What is looked for where no letter or digit stands before, those first that may hold others; with the characters that
#: each may begin with, so that few are tried in one place.
_KINDS = (
    ("uuid", "0-9A-Fa-f{", rf"\{{?{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}{_END}\}}?"),
    (
        "mac", "0-9A-Fa-f",
        rf"(?:{_HEX}{{2}}(?P<s3>[:\-]){_HEX}{{2}}(?:(?P=s3){_HEX}{{2}}){{4}}(?:(?:(?P=s3){_HEX}{{2}}){{2}})?"
        rf"|(?:{_HEX}{{4}}\.){{2}}{_HEX}{{4}})(?![:.\-]?[0-9A-Za-z])",
    ),
    ("ip", "0-9A-Fa-f:", rf"(?:{_IPV6})(?:%[0-9A-Za-z]+)?(?!:?[0-9A-Za-z]|::)"),
    ("date", "0-9A-Za-z", rf"(?:(?:{_DAY})\b[.,]{{0,2}}[ ]{{1,3}})?(?:{_DATES})"),
    ("time", "0-9", rf"{_CLOCK}{_ZONE}?(?![:0-9A-Za-z])"),
    ("ip", "0-9", rf"{_IPV4}(?![.]?[0-9A-Za-z])"),
    (
        "number", "0-9A-Fa-f",  # 1234567d is no duration
        rf"(?=[0-9]{{0,40}}[A-Fa-f])(?=[A-Fa-f]{{0,40}}[0-9]){_HEX}{{6,64}}{_END}|0[xX]{_HEX}+{_END}",
    ),
    (
        "duration", "0-9P",
        rf"(?:(?:{_NUMBER}(?:d|h|m|{_TIME_UNIT})){{2,6}}|{_NUMBER}(?: ?(?:{_TIME_UNIT})|[dhm])"
        rf"|P(?:[0-9.]+[YMWD]){{0,4}}T(?:[0-9.]+[HMS]){{1,3}}){_END}",
    ),
    ("size", "0-9", rf"{_NUMBER}(?: ?(?:{_SIZE_UNIT})|[BKMGT]){_END}(?:/s{_END})?"),
    ("number", "0-9", rf"[0-9]+(?:\.[0-9]+)?[eE][+\-][0-9]+{_END}"),
    ("number", "0-9A-Za-z", rf"{_PART}(?:[-./:,_]+{_PART})*|[A-Fa-f]{{8,}}{_END}"),
)  # fmt: skip
_ALL = (
    r'(?P<quoted>(?<!\\)"[^"\\]*(?:\\.[^"\\]*)*"'
    "|(?<![0-9A-Za-z])'[^']*'(?![0-9A-Za-z]))"
    r"|(?P<path>(?<![\w./~:\\])(?:(?<![\w+.\-])[a-z][a-z0-9+.\-]{1,15}://[^\s\"'<>]+"
    r"|(?:~|\.{1,2})?/[\w.~%@+=,?&;#/:\-]*[\w/]|(?:[A-Za-z]:\\|\\\\\w)[^\s\"'<>|]*[\w\\]))"
    r"|(?P<padding> {2,}|(?<=[\[(]) (?=[0-9]))"
    "|(?<![0-9A-Za-z])(?:"
    + "|".join(f"(?=[{first}])(?P<{name}{number}>{pattern})" for number, (name, first, pattern) in enumerate(_KINDS))
)  # fmt: skip
_FOUND = re.compile(f"{_ALL})")

_LEARNT = ("quoted", "path")  # kinds that are hidden only where they differ
_AMOUNTS = ("duration", "size")
_PLACED = (*_LEARNT, *_AMOUNTS, "number", "word")
_MAY_BE_IDS = ("number", "word", "path", "duration", "size")
_NEAR = 48  # characters before, among which a place is looked for
_SHAPE = str.maketrans("123456789", "000000000")
_LONGEST, _REMEMBERED = 10_000, 10_000  # characters of a line whose shape is kept; shapes
_LETTER = re.compile("[A-Za-z]")
_HEXADECIMAL = re.compile("0[xX][0-9A-Fa-f]+|[0-9A-Fa-f]{6,}")
_PARTS = re.compile("[0-9A-Za-z]+")
_CHANGES = re.compile("(?<=[0-9])(?=[A-Za-z])|(?<=[A-Za-z])(?=[0-9])")
_PIECES, _LONG = re.compile("[A-Z]?[a-z]+|[A-Z]+|[0-9]+"), 20  # words in a run; characters of a long one
_SIGNED, _TIME_COMES = re.compile(r"[+\-]?[0-9]"), re.compile(r"[T ][0-9]{1,2}:[0-9]{2}")
_DIGITS = re.compile("[0-9]+")
_ALL_ZEROS = re.compile(r"0(?:[-./:,_]+0)*(?:[eE][+\-]0)?")
#: A stand-in, a run of letters and digits, or of other signs.
WORD = re.compile(r"<[a-z]+>|[^\W_]+|(?:(?!<[a-z]+>)[^\w\s])+|_+")


class Seen(NamedTuple):
    """A number, path, address … of a line: its characters, its place, whose digits are all 0, and its stand-in."""

    kind: str
    start: int
    end: int
    place: str
    stand_in: str


class LogMask:
    """Writes stand-ins for what is never the same.

    usual: places, each with a number that is kept there; varied: places where paths and quoted texts are hidden, each
    after its kind, and those of ids, as `seqtext.models.log_ids.IdPlaces` takes them; largest: the largest duration in
    seconds, or size in bytes, of a place after its kind

    >>> LogMask(["status=200"])("Jun  4 10:20:31 10.1.2.3 status=200 in 35 ms, id 9f3a21bc")
    '<date> <time> <ip> status=200 in <duration>, id 0'
    """

    def __init__(
        self, usual: Iterable[str] = (), varied: Iterable[str] = (), largest: Mapping[str, float] | None = None
    ) -> None:
        self.usual, self.varied, self.largest = frozenset(usual), frozenset(varied), dict(largest or {})
        self._ids = IdPlaces(self.varied)
        self._of_shape = lru_cache(_REMEMBERED)(self._look)

    @property
    def facts(self) -> dict[str, Any]:
        """Give what a model keeps of it, see `from_facts`."""
        return {"usual": sorted(self.usual), "varied": sorted(self.varied), "largest": self.largest}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> "LogMask":
        """Make the mask of which a model keeps the facts, each checked; raises ModelError."""
        usual, varied, largest = facts.get("usual"), facts.get("varied"), facts.get("largest", {})
        good = all(isinstance(one, list) and all(isinstance(place, str) for place in one) for one in (usual, varied))
        good = good and isinstance(largest, dict) and all(is_number(value, 0) for value in largest.values())
        if not good:
            raise damaged("The counts of normal lines in the weights are damaged.")
        return cls(usual or (), varied or (), largest)

    @classmethod
    def learn(cls, lines: Iterable[str]) -> "LogMask":
        """Learn from normal lines which numbers to keep, and what to hide where."""
        remaining = iter(lines)
        first = list(islice(remaining, _FIRST))
        varied = _varied(first)
        varied += _id_places(first[:_FIRST_IDS], varied)
        mask = cls((), varied)
        found: Counter[tuple[str, str]] = Counter()
        places: Counter[str] = Counter()
        largest = LargestAmounts()
        for line in chain(first, remaining):
            for seen in mask._seen(line):
                number = line[seen.start : seen.end]
                if seen.kind in _AMOUNTS:
                    largest.add(f"{seen.kind} {seen.place}", amount(seen.kind, number))
                elif seen.kind == "number" and _may_be_kept(number, seen.place, line[seen.end : seen.end + 7]):
                    found[seen.place, number] += 1
                    places[seen.place] += 1
            if len(found) > _WAITING:
                found = Counter({key: count for key, count in found.items() if count > 1})
        usual = (key for key, count in found.items() if count >= max(_SEEN, _USUAL * places[key[0]]))
        return cls(map("".join, usual), varied, largest.places())

    def __call__(self, line: str) -> str:
        """The line with stand-ins."""
        parts, last = [], 0
        for one in self.find(line):
            parts += [line[last : one.start], one.stand_in]
            last = one.end
        return "".join([*parts, line[last:]])

    def find(self, line: str) -> list[Seen]:
        """Find what is hidden of a line, in its order; nothing overlaps."""
        return [one for seen in self._seen(line) if (one := self._hidden(seen, line[seen.start : seen.end]))]

    def _hidden(self, seen: Seen, text: str) -> Seen | None:
        """What is hidden by what its digits say: a usual number is not, and a huge amount is told from others."""
        if seen.kind == "number" and seen.place + text in self.usual:
            return None
        if seen.kind in _AMOUNTS and is_huge(seen.kind, text, self.largest.get(f"{seen.kind} {seen.place}")):
            return seen._replace(stand_in=HUGE)
        return seen

    def _seen(self, line: str) -> tuple[Seen, ...]:
        return self._of_shape(line.translate(_SHAPE)) if len(line) <= _LONGEST else tuple(self._look(line))

    @staticmethod
    def words(line: str) -> list[str]:
        """Split a masked line: stand-ins, runs of letters and digits, or of other signs."""
        return WORD.findall(line)

    def origins(self, line: str) -> list[tuple[int, int]]:
        """Say where each character of the masked line stands in the line: start and end."""
        found: list[tuple[int, int]] = []
        last = 0
        for one in self.find(line):
            found += zip(range(last, one.start), range(last + 1, one.start + 1), strict=True)
            found += [(one.start, one.end)] * len(one.stand_in)
            last = one.end
        return [*found, *zip(range(last, len(line)), range(last + 1, len(line) + 1), strict=True)]

    def _differs(self, place: str) -> bool:
        """Tell whether paths, or quoted texts, differ by line in a place, and are hidden there."""
        return place in self.varied

    def _look(self, line: str) -> tuple[Seen, ...]:
        """Find what could be hidden; of a quoted text or path that is not, what is in it.

        Which digits a line has makes no difference: what was found once is kept for all lines that differ in them only.
        """
        found: list[Seen] = []
        before, last, start = "", 0, 0  # what is written of the line up to `last`, and where to look next
        closing = -1  # the quote that ends a kept text: it begins no other
        has_ids = bool(self._ids)
        pattern = _with_words(self._ids.words) if has_ids else _FOUND
        while match := pattern.search(line, start):
            kind = (match.lastgroup or "").rstrip("0123456789")
            first, start = match.span()
            if kind == "quoted" and first == closing:
                start = first + 1
                continue
            so_far = (before + line[last:first])[-_NEAR:]
            may_be_id = has_ids and kind in _MAY_BE_IDS
            place = _place(so_far) if may_be_id or kind in _PLACED else ""
            end = self._ids.end(line, first, place) if may_be_id else 0
            if end:
                kind, start = "id", end
            elif kind == "word" or (kind == "padding" and not _is_beside_number(line, match.span(), found)):
                start = first + 1 if line[first] in "+-_" else start
                continue
            if kind in _LEARNT and not self._differs(f"{kind} {place}"):
                closing = start - 1 if kind == "quoted" else closing
                start = first + 1
                continue
            found.append(Seen(kind, first, start, place, _stand_in(kind, match[0], so_far)))
            before, last = so_far + found[-1].stand_in, start
        return tuple(found)


class _Everywhere(LogMask):
    """Hides paths and quoted texts in all places: what stands in each is to be seen."""

    def _differs(self, place: str) -> bool:
        return True


@lru_cache(64)
def _with_words(words: str) -> re.Pattern[str]:
    """Compile a pattern of what could be hidden, words included: an id may be without a digit."""
    return re.compile(f"{_ALL}|(?P<word>{words}))")


def _place(before: str) -> str:
    """The end of a text that tells where something stands; see the module's docstring."""
    head, _, field = before.rpartition(" ")
    if not _LETTER.search(field):
        field = f"{head.rstrip().rpartition(' ')[2]} {field}"
    return _DIGITS.sub("0", field)


def _varied(lines: Iterable[str]) -> list[str]:
    """Find the places where paths and quoted texts differ by line: "path get "."""
    everywhere, nowhere, things = _Everywhere(), LogMask(), dict[str, list[str]]()
    for line in lines:
        for one in everywhere.find(line):
            found = things.setdefault(f"{one.kind} {one.place}", []) if one.kind in _LEARNT else None
            if found is not None and len(found) < _MOST:
                found.append(nowhere(line[one.start : one.end]))  # what differs in its numbers alone is one thing
    return [
        place for place, found in things.items() if len(found) >= _LEAST and len(set(found)) >= _VARIED * len(found)
    ]


def _id_places(lines: Iterable[str], varied: Iterable[str]) -> list[str]:
    """Find the places where ids stand, see `seqtext.models.log_ids`."""
    mask, learner = LogMask((), varied), IdLearner()
    mask._ids = learner
    for line in lines:
        mask._look(line)
    return learner.entries()


def _is_beside_number(line: str, span: tuple[int, int], found: Sequence[Seen]) -> bool:
    """Whether white space is beside something hidden or a number, with whose length it changes."""
    start, end = span
    return bool((found and found[-1].end == start) or _SIGNED.match(line, end))


def _may_be_kept(number: str, place: str, after: str) -> bool:
    """Whether a number is plain and short, as a status; not the day before a time."""
    if _TIME_COMES.match(after) or (len(number) == 4 and place.endswith(("<time> ", "<date> "))):
        return False
    return number.isalnum() and 0 < sum(map(str.isdigit, number)) < 5 and not _is_random(number)


def _is_random(part: str) -> bool:
    """Whether letters and digits are mixed as in ids, not as in Http2Connection."""
    if len(part) < 8:
        return False
    changes = len(_CHANGES.findall(part))
    longest = 4 if changes > 1 else 2.8 if len(part) >= _LONG and changes else 0
    return bool(longest) and len(part) < longest * len(_PIECES.findall(part))


def _stand_in(kind: str, text: str, before: str) -> str:
    if kind == "padding":
        return "" if before.endswith(("[", "(")) else " "
    return "0" if kind == "id" else _digits_as_zero(text) if kind == "number" else f"<{kind}>"


def _digits_as_zero(number: str) -> str:
    """Write a number in one length: its digits, and all of an id, as 0.

    >>> [_digits_as_zero(one) for one in ("10.1.25", "R27-M0", "9f3a21bc", "x7Gh2kQ9z", "ssh2")]
    ['0', 'R0-M0', '0', '0', 'ssh0']
    """
    found = _PARTS.sub(lambda part: "0" if _is_random(part[0]) or _HEXADECIMAL.fullmatch(part[0]) else part[0], number)
    found = _DIGITS.sub("0", found)
    return "0" if _ALL_ZEROS.fullmatch(found) else found
