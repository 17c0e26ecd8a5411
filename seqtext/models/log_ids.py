"""Places of log lines where ids stand: learnt from those with letters and digits, so that others are known, too.

A base62 id of ten characters has no digit in one of six lines, and looks like a word. Where most things that stand in a
place mix letters and digits, one of the same length, in letters of the same kind, is an id.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

_LEAST, _MOST = 20, 400  # things of a place that are judged
_SHARE = 0.5  # of them look like ids
_DIFFERENT, _DIFFER = 10, 0.1  # that many, and this share of them, differ
_USUAL = 0.02  # a length counts that this share has
_SHORTEST, _LONG = 5, 20  # characters of an id; as many or more are one length
_MIXED = 7  # letters, of which both cases are expected where ids have both

_RUN = re.compile("[0-9A-Za-z]+")  # base62
_TEXT = re.compile(r"[0-9A-Za-z+/_.~\-]*[0-9A-Za-z+/_\-]={0,2}")  # base64
_ANY_WORD = r"[+_\-][0-9A-Za-z]+|[A-Za-z]+"
_SPEC = re.compile("[haAm][1-9][0-9]?")
_HEX = re.compile("[0-9A-Fa-f]+")
_DIGITS = re.compile("[0-9]+")


class _Things(NamedTuple):
    """What stood in a place: as runs of letters and digits, and with the other signs of base64."""

    runs: list[str]
    texts: list[str]


class IdPlaces:
    """Places where ids stand.

    entries: "run", "text" (base64), then the letters (h hexadecimal, a lower, A upper, m mixed) and the length, and the
    place; others are left out

    >>> IdPlaces(["run m10 job "]).end("job dRtGhKqWbN done", 4, "job ")
    14
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        parts = [entry.split(" ", 2) for entry in entries]
        self._known = {(part[0], part[1], part[2]) for part in parts if len(part) == 3 and part[0] in ("run", "text")}
        self._runs = {place for kind, _, place in self._known if kind == "run"}
        self._texts = {place for kind, _, place in self._known if kind == "text"}
        self.words = self._words()

    def _words(self) -> str:
        """Write a pattern of what may be an id without a digit: the narrower, the fewer words are looked at."""
        specs = [spec for _, spec, _ in self._known if _SPEC.fullmatch(spec)]
        if self._texts or not specs:
            return _ANY_WORD
        letters = "A-Fa-f" if all(spec[0] == "h" for spec in specs) else "A-Za-z"
        return f"[{letters}]{{{min(int(spec[1:]) for spec in specs)},}}"

    def __bool__(self) -> bool:
        return bool(self._known)

    def end(self, line: str, start: int, place: str) -> int:
        """Find where the id in a place of a line ends; 0 if there is none."""
        for kind, places, pattern in (("text", self._texts, _TEXT), ("run", self._runs, _RUN)):
            match = pattern.match(line, start) if place in places else None
            if match and any((kind, f"{one}{_length(match[0])}", place) in self._known for one in _letters(match[0])):
                return match.end()
        return 0


class IdLearner(IdPlaces):
    """Notes what stands in each place; what looks like an id is one."""

    def __init__(self) -> None:
        super().__init__()
        self._things: dict[str, _Things] = {}

    def __bool__(self) -> bool:
        return True

    def end(self, line: str, start: int, place: str) -> int:
        """Find where a run that looks like an id ends; 0 for another."""
        things = self._things.setdefault(place, _Things([], []))
        run, text = _RUN.match(line, start), _TEXT.match(line, start)
        if len(things.texts) < _MOST:
            things.runs.append(run[0] if run else "")
            things.texts.append(text[0] if text else "")
        return run.end() if run and _looks_like_id(run[0]) else 0

    def entries(self) -> list[str]:
        """List the places where ids stand, as `IdPlaces` takes them."""
        found = []
        for place, things in self._things.items():
            if len(things.texts) < _LEAST or not place:
                continue
            kind = "text" if _is_base64(things.texts) else "run"
            ids = things.texts if kind == "text" else things.runs
            if _are_ids(ids):
                found += [f"{kind} {spec} {place}" for spec in _specs(ids)]
        return found


def _looks_like_id(text: str) -> bool:
    return len(text) >= _SHORTEST and any("0" <= sign <= "9" for sign in text) and not text.isdigit()


def _are_ids(things: list[str]) -> bool:
    different = {_DIGITS.sub("0", one) for one in things}  # web1 and web2 are one
    looking = sum(map(_looks_like_id, things))
    return looking >= _SHARE * len(things) and len(different) >= max(_DIFFERENT, _DIFFER * len(things))


def _is_base64(texts: list[str]) -> bool:
    """Whether the other signs stand now here, now there; in a name such as web-6fjrn they stand in one place."""
    shapes = Counter(_RUN.sub("0", one) for one in texts)
    return len(shapes) >= 4 and shapes.most_common(1)[0][1] <= 0.9 * len(texts)


def _specs(ids: list[str]) -> list[str]:
    """The usual lengths, with the letters that ids of each have."""
    found = []
    for length, count in Counter(map(_length, ids)).items():
        if length >= _SHORTEST and count >= max(2, _USUAL * len(ids)):
            own = [one for one in ids if _length(one) == length]
            found += [f"{letters}{length}" for letters in _letters_of(own)]
    return found


def _letters_of(ids: list[str]) -> str:
    if all(map(_HEX.fullmatch, ids)):
        return "h"
    lower, upper = (any(map(one, ids)) for one in (re.compile("[a-z]").search, re.compile("[A-Z]").search))
    return "m" if lower and upper else "a" if lower else "A"


def _letters(text: str) -> str:
    """Of ids of which letters a text may be one."""
    if any("0" <= sign <= "9" for sign in text):
        return "haAm"
    own = "a" if text.islower() else "A" if text.isupper() else "m"
    found = own if own == "m" or len(text) >= _MIXED else f"{own}m"
    return f"h{found}" if _HEX.fullmatch(text) else found


def _length(text: str) -> int:
    return min(len(text), _LONG)
