"""Mask the variable parts of log lines with stand-ins such as <date>.

Times, addresses and ids would make every line new, and a detector would raise an alarm at each. A stand-in does not
depend on the length of the original, so "Jul  3" equals "Jul 23". Words are kept, and so are numbers, paths and quoted
texts that recur in the same place ("status 200"). A place is named by the text before it in the same field, or in the
field before if that text has no letter. If most strings in a place mix letters and digits as ids do, another string of
the same length and letters is an id, too, even without a digit. A duration or size far above all others in its place
has a stand-in of its own.
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

_USUAL, _SEEN = 0.05, 3  # a number is kept if it occurs in this share of a place's lines, and so many times
_WAITING = 200_000  # most distinct numbers that are counted at once
_VARIED, _LEAST, _MOST = 0.5, 20, 400  # least share of distinct ones among the first _LEAST to _MOST strings of a place
_FIRST, _FIRST_IDS = 20_000, 10_000  # lines from which places are learnt

# Names of months and days in English, German, French and Spanish; without "may", which is seldom a month.
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

#: Patterns to match where no letter or digit precedes; a kind that may contain others comes first. The first characters
#: of each kind save trying most of them.
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
        "number", "0-9A-Fa-f",  # 1234567d is not a duration
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

_LEARNT = ("quoted", "path")  # kinds that are hidden only in places where they vary
_AMOUNTS = ("duration", "size")
_PLACED = (*_LEARNT, *_AMOUNTS, "number", "word")
_MAY_BE_IDS = ("number", "word", "path", "duration", "size")
_NEAR = 48  # characters before a match that may name its place
_SHAPE = str.maketrans("123456789", "000000000")
_LONGEST, _REMEMBERED = 10_000, 10_000  # most characters of a cached shape; most shapes in the cache
_LETTER = re.compile("[A-Za-z]")
_HEXADECIMAL = re.compile("0[xX][0-9A-Fa-f]+|[0-9A-Fa-f]{6,}")
_PARTS = re.compile("[0-9A-Za-z]+")
_CHANGES = re.compile("(?<=[0-9])(?=[A-Za-z])|(?<=[A-Za-z])(?=[0-9])")
_PIECES, _LONG = re.compile("[A-Z]?[a-z]+|[A-Z]+|[0-9]+"), 20  # words in a run; least characters of a long run
_SIGNED, _TIME_COMES = re.compile(r"[+\-]?[0-9]"), re.compile(r"[T ][0-9]{1,2}:[0-9]{2}")
_DIGITS = re.compile("[0-9]+")
_ALL_ZEROS = re.compile(r"0(?:[-./:,_]+0)*(?:[eE][+\-]0)?")
#: A stand-in, a run of letters and digits, or a run of other characters.
WORD = re.compile(r"<[a-z]+>|[^\W_]+|(?:(?!<[a-z]+>)[^\w\s])+|_+")


class Seen(NamedTuple):
    """Hold a match in a line: its kind, span, place and stand-in. Digits of the place are written as 0."""

    kind: str
    start: int
    end: int
    place: str
    stand_in: str


class LogMask:
    """Mask the variable parts of lines with stand-ins.

    usual: places, each followed by a number that is kept there; varied: places where paths and quoted texts are hidden,
    each after its kind, and the places of ids, in the format of `seqtext.models.log_ids.IdPlaces`; largest: the largest
    duration in seconds, or size in bytes or bits, by kind and place.

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
        """Return the facts that a model saves, see `from_facts`."""
        return {"usual": sorted(self.usual), "varied": sorted(self.varied), "largest": self.largest}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> "LogMask":
        """Make a mask from saved facts, checked; raises ModelError."""
        usual, varied, largest = facts.get("usual"), facts.get("varied"), facts.get("largest", {})
        good = all(
            isinstance(some, list) and all(isinstance(context, str) for context in some) for some in (usual, varied)
        )
        good = good and isinstance(largest, dict) and all(is_number(value, 0) for value in largest.values())
        if not good:
            raise damaged("The counts of normal lines in the weights are damaged.")
        return cls(usual or (), varied or (), largest)

    @classmethod
    def learn(cls, lines: Iterable[str]) -> "LogMask":
        """Learn from normal log lines which variable parts to mask."""
        remaining = iter(lines)
        first = list(islice(remaining, _FIRST))
        varied = _varied(first)
        varied += _id_places(first[:_FIRST_IDS], varied)
        mask = cls((), varied)
        counts: Counter[tuple[str, str]] = Counter()
        places: Counter[str] = Counter()
        largest = LargestAmounts()
        for line in chain(first, remaining):
            for seen in mask._seen(line):
                number = line[seen.start : seen.end]
                if seen.kind in _AMOUNTS:
                    largest.add(f"{seen.kind} {seen.place}", amount(seen.kind, number))
                elif seen.kind == "number" and _may_be_kept(number, seen.place, line[seen.end : seen.end + 7]):
                    counts[seen.place, number] += 1
                    places[seen.place] += 1
            if len(counts) > _WAITING:
                counts = Counter({key: count for key, count in counts.items() if count > 1})
        usual = (key for key, count in counts.items() if count >= max(_SEEN, _USUAL * places[key[0]]))
        return cls(map("".join, usual), varied, largest.places())

    def __call__(self, line: str) -> str:
        """Write a line with stand-ins."""
        parts, last = [], 0
        for hidden in self.find(line):
            parts += [line[last : hidden.start], hidden.stand_in]
            last = hidden.end
        return "".join([*parts, line[last:]])

    def find(self, line: str) -> list[Seen]:
        """Find the spans of a line to mask, in order, without overlaps.

        Their positions are counted in characters.
        """
        return [hidden for seen in self._seen(line) if (hidden := self._hidden(seen, line[seen.start : seen.end]))]

    def _hidden(self, seen: Seen, text: str) -> Seen | None:
        """Decide by a match's digits: a usual number is not hidden, a huge amount has a stand-in of its own."""
        if seen.kind == "number" and seen.place + text in self.usual:
            return None
        if seen.kind in _AMOUNTS and is_huge(seen.kind, text, self.largest.get(f"{seen.kind} {seen.place}")):
            return seen._replace(stand_in=HUGE)
        return seen

    def _seen(self, line: str) -> tuple[Seen, ...]:
        return self._of_shape(line.translate(_SHAPE)) if len(line) <= _LONGEST else tuple(self._look(line))

    @staticmethod
    def words(line: str) -> list[str]:
        """Split a masked line into stand-ins and runs of characters.

        A run has letters and digits, or other characters.
        """
        return WORD.findall(line)

    def origins(self, line: str) -> list[tuple[int, int]]:
        """Map each character of the masked line to its span: start, end."""
        spans: list[tuple[int, int]] = []
        last = 0
        for hidden in self.find(line):
            spans += zip(range(last, hidden.start), range(last + 1, hidden.start + 1), strict=True)
            spans += [(hidden.start, hidden.end)] * len(hidden.stand_in)
            last = hidden.end
        return [*spans, *zip(range(last, len(line)), range(last + 1, len(line) + 1), strict=True)]

    def _differs(self, place: str) -> bool:
        """Tell whether paths or quoted texts vary in a place, and are hidden there."""
        return place in self.varied

    def _look(self, line: str) -> tuple[Seen, ...]:
        """Find the matches that could be hidden, also within quoted texts and paths that are not.

        The values of digits make no difference, so the result is cached for all lines that differ only in them.
        """
        matches: list[Seen] = []
        before, last, start = "", 0, 0  # the masked text up to `last`, and where to search next
        closing = -1  # the closing quote of a kept text, which must not open another
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
            context = _place(so_far) if may_be_id or kind in _PLACED else ""
            end = self._ids.end(line, first, context) if may_be_id else 0
            if end:
                kind, start = "id", end
            elif kind == "word" or (kind == "padding" and not _is_beside_number(line, match.span(), matches)):
                start = first + 1 if line[first] in "+-_" else start
                continue
            if kind in _LEARNT and not self._differs(f"{kind} {context}"):
                closing = start - 1 if kind == "quoted" else closing
                start = first + 1
                continue
            matches.append(Seen(kind, first, start, context, _stand_in(kind, match[0], so_far)))
            before, last = so_far + matches[-1].stand_in, start
        return tuple(matches)


class _Everywhere(LogMask):
    """Hides paths and quoted texts in all places, to collect those of each place."""

    def _differs(self, place: str) -> bool:
        return True


@lru_cache(64)
def _with_words(words: str) -> re.Pattern[str]:
    """Compile the pattern with words, because an id may have no digit."""
    return re.compile(f"{_ALL}|(?P<word>{words}))")


def _place(before: str) -> str:
    """Name a place by the end of the text before it; see the module's docstring."""
    head, _, field = before.rpartition(" ")
    if not _LETTER.search(field):
        field = f"{head.rstrip().rpartition(' ')[2]} {field}"
    return _DIGITS.sub("0", field)


def _varied(lines: Iterable[str]) -> list[str]:
    """Find the places where paths and quoted texts vary, such as "path get "."""
    everywhere, nowhere, things = _Everywhere(), LogMask(), dict[str, list[str]]()
    for line in lines:
        for seen in everywhere.find(line):
            texts = things.setdefault(f"{seen.kind} {seen.place}", []) if seen.kind in _LEARNT else None
            if texts is not None and len(texts) < _MOST:
                texts.append(nowhere(line[seen.start : seen.end]))  # masked, because other numbers make no other text
    return [key for key, texts in things.items() if len(texts) >= _LEAST and len(set(texts)) >= _VARIED * len(texts)]


def _id_places(lines: Iterable[str], varied: Iterable[str]) -> list[str]:
    """Find the places of ids, see `seqtext.models.log_ids`."""
    mask, learner = LogMask((), varied), IdLearner()
    mask._ids = learner
    for line in lines:
        mask._look(line)
    return learner.entries()


def _is_beside_number(line: str, span: tuple[int, int], earlier: Sequence[Seen]) -> bool:
    """Tell whether white space is beside a hidden part or a number, whose length changes it."""
    start, end = span
    return bool((earlier and earlier[-1].end == start) or _SIGNED.match(line, end))


def _may_be_kept(number: str, context: str, after: str) -> bool:
    """Tell whether a number is plain and short, such as a status; not the day before a time."""
    if _TIME_COMES.match(after) or (len(number) == 4 and context.endswith(("<time> ", "<date> "))):
        return False
    return number.isalnum() and 0 < sum(map(str.isdigit, number)) < 5 and not _is_random(number)


def _is_random(run: str) -> bool:
    """Tell whether letters and digits are mixed as in ids, unlike Http2Connection."""
    if len(run) < 8:
        return False
    changes = len(_CHANGES.findall(run))
    longest = 4 if changes > 1 else 2.8 if len(run) >= _LONG and changes else 0
    return bool(longest) and len(run) < longest * len(_PIECES.findall(run))


def _stand_in(kind: str, text: str, before: str) -> str:
    if kind == "padding":
        return "" if before.endswith(("[", "(")) else " "
    return "0" if kind == "id" else _digits_as_zero(text) if kind == "number" else f"<{kind}>"


def _digits_as_zero(number: str) -> str:
    """Write each run of digits in a number, and each id, as a single 0.

    >>> [_digits_as_zero(one) for one in ("10.1.25", "R27-M0", "9f3a21bc", "x7Gh2kQ9z", "ssh2")]
    ['0', 'R0-M0', '0', '0', 'ssh0']
    """
    masked = _PARTS.sub(lambda run: "0" if _is_random(run[0]) or _HEXADECIMAL.fullmatch(run[0]) else run[0], number)
    masked = _DIGITS.sub("0", masked)
    return "0" if _ALL_ZEROS.fullmatch(masked) else masked
