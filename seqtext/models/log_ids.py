"""Learn the places of ids in log lines.

A base62 id of ten characters has no digit in one of six lines, and looks like a word. If most strings in a place mix
letters and digits, another string of the same length and kind of letters is an id, too, even without a digit.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

_LEAST, _MOST = 20, 400  # least and most strings of a place that are judged
_SHARE = 0.5  # least share of them that look like ids
_DIFFERENT, _DIFFER = 10, 0.1  # least number and share of distinct ones
_USUAL = 0.02  # least share of a length that counts
_SHORTEST, _LONG = 5, 20  # least characters of an id; from _LONG on, lengths are not distinguished
_MIXED = 7  # letters from which an id of mixed case is expected to show both cases

_RUN = re.compile("[0-9A-Za-z]+")  # base62
_TEXT = re.compile(r"[0-9A-Za-z+/_.~\-]*[0-9A-Za-z+/_\-]={0,2}")  # base64
_ANY_WORD = r"[+_\-][0-9A-Za-z]+|[A-Za-z]+"
_SPEC = re.compile("[haAm][1-9][0-9]?")
_HEX = re.compile("[0-9A-Fa-f]+")
_DIGITS = re.compile("[0-9]+")


class _Things(NamedTuple):
    """The strings seen in a place: as runs of letters and digits, and with the other characters of base64."""

    runs: list[str]
    texts: list[str]


class IdPlaces:
    """Find ids in log lines by their places.

    entries: "run" or "text" (base64), then the letters (h hexadecimal, a lower, A upper, m mixed) with the length, and
    the place, separated by spaces; other entries are ignored.

    >>> IdPlaces(["run m10 job "]).end("job dRtGhKqWbN done", 4, "job ")
    14
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        rows = [entry.split(" ", 2) for entry in entries]
        self._known = {(row[0], row[1], row[2]) for row in rows if len(row) == 3 and row[0] in ("run", "text")}
        self._runs = {context for kind, _, context in self._known if kind == "run"}
        self._texts = {context for kind, _, context in self._known if kind == "text"}
        self.words = self._words()

    def _words(self) -> str:
        """Make a pattern for ids without a digit, as narrow as possible, because each match costs time."""
        specs = [spec for _, spec, _ in self._known if _SPEC.fullmatch(spec)]
        if self._texts or not specs:
            return _ANY_WORD
        letters = "A-Fa-f" if all(spec[0] == "h" for spec in specs) else "A-Za-z"
        return f"[{letters}]{{{min(int(spec[1:]) for spec in specs)},}}"

    def __bool__(self) -> bool:
        return bool(self._known)

    def end(self, line: str, start: int, context: str) -> int:
        """Find the end of an id; 0 for none.

        start: the index where it would begin; context: its place
        """
        for kind, places, pattern in (("text", self._texts, _TEXT), ("run", self._runs, _RUN)):
            match = pattern.match(line, start) if context in places else None
            if match and any(
                (kind, f"{case}{_length(match[0])}", context) in self._known for case in _letters(match[0])
            ):
                return match.end()
        return 0


class IdLearner(IdPlaces):
    """Collect the strings at each place to recognise ids. Strings that look like ids are treated as one."""

    def __init__(self) -> None:
        super().__init__()
        self._things: dict[str, _Things] = {}

    def __bool__(self) -> bool:
        return True

    def end(self, line: str, start: int, context: str) -> int:
        """Note a string; find the end of an apparent id."""
        things = self._things.setdefault(context, _Things([], []))
        run, text = _RUN.match(line, start), _TEXT.match(line, start)
        if len(things.texts) < _MOST:
            things.runs.append(run[0] if run else "")
            things.texts.append(text[0] if text else "")
        return run.end() if run and _looks_like_id(run[0]) else 0

    def entries(self) -> list[str]:
        """List the places of ids, in the format of `IdPlaces`."""
        entries = []
        for context, things in self._things.items():
            if len(things.texts) < _LEAST or not context:
                continue
            kind = "text" if _is_base64(things.texts) else "run"
            ids = things.texts if kind == "text" else things.runs
            if _are_ids(ids):
                entries += [f"{kind} {spec} {context}" for spec in _specs(ids)]
        return entries


def _looks_like_id(text: str) -> bool:
    return len(text) >= _SHORTEST and any("0" <= sign <= "9" for sign in text) and not text.isdigit()


def _are_ids(things: list[str]) -> bool:
    different = {_DIGITS.sub("0", thing) for thing in things}  # web1 and web2 count once
    looking = sum(map(_looks_like_id, things))
    return looking >= _SHARE * len(things) and len(different) >= max(_DIFFERENT, _DIFFER * len(things))


def _is_base64(texts: list[str]) -> bool:
    """Tell whether the other characters change position; in names such as web-6fjrn their position is fixed."""
    shapes = Counter(_RUN.sub("0", text) for text in texts)
    return len(shapes) >= 4 and shapes.most_common(1)[0][1] <= 0.9 * len(texts)


def _specs(ids: list[str]) -> list[str]:
    """List the usual lengths, with the kinds of letters of each."""
    specs = []
    for length, count in Counter(map(_length, ids)).items():
        if length >= _SHORTEST and count >= max(2, _USUAL * len(ids)):
            alike = [text for text in ids if _length(text) == length]
            specs += [f"{letters}{length}" for letters in _letters_of(alike)]
    return specs


def _letters_of(ids: list[str]) -> str:
    if all(map(_HEX.fullmatch, ids)):
        return "h"
    lower, upper = (any(map(search, ids)) for search in (re.compile("[a-z]").search, re.compile("[A-Z]").search))
    return "m" if lower and upper else "a" if lower else "A"


def _letters(text: str) -> str:
    """List the kinds of letters of ids that a text fits."""
    if any("0" <= sign <= "9" for sign in text):
        return "haAm"
    case = "a" if text.islower() else "A" if text.isupper() else "m"
    kinds = case if case == "m" or len(text) >= _MIXED else f"{case}m"
    return f"h{kinds}" if _HEX.fullmatch(text) else kinds


def _length(text: str) -> int:
    return min(len(text), _LONG)
