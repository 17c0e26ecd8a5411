"""Stand-ins for what people write that a model should not learn: <email>, <url>, <phone>, <number>.

Kinds are known by name. Where two begin at one place or overlap, the earlier of `KINDS` is taken. Patterns are written
for text as people type it, in English and German; a digit is any of Unicode's. What is found, and how, is a version: a
model that has learnt from masked text holds the one that it was masked by.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from seqtext.errors import ConfigError, ModelError, argument, arguments, nearest

VERSION = 1

# In the syntax of the `regex` library. Nothing is found inside a word. What repeats gives nothing back (++, *+) or is
# bound, so that a long text takes no time that grows with its square.
_WORD_SIGN = r"\p{L}\p{M}\p{N}_"
_NO_WORD_BEFORE, _NO_WORD_AFTER = rf"(?<![{_WORD_SIGN}])", rf"(?![{_WORD_SIGN}])"
_LABEL = r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*+(?:-++[\p{L}\p{M}\p{N}]++)*+"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL}){{1,8}}+(?<=\.(?:\p{{L}}[\p{{L}}\p{{M}}]{{1,23}}|xn--[a-z0-9\-]{{1,59}}))"
#: Domains that are addresses without a scheme, where no path follows: file.txt and "end.Next" are none.
_ENDINGS = "com|org|net|edu|gov|int|info|io|ai|app|dev|eu|de|at|ch|uk|fr|it|es|nl|pl|se|us|ca|au|jp|cn|ru|br"
_PORT = r"(?::\p{Nd}{1,5}+)?"
_PATH = r"[/?#][^\s<>\"“”„«»{}|\\^`]{0,2000}"
_CLOSING = r"(?<![.,;:!?'’)\]…])"  # no part of an address at its end
_DIGIT = r"\p{Nd}"
_GROUP_SIGNS = r"[ \u00a0\u2009\u202f.'’,]"

_LOCAL = rf"[{_WORD_SIGN}.+\-%!#$&'*/=?^`{{|}}~]"
_EMAIL = rf"(?<!{_LOCAL})(?:mailto:)?+{_LOCAL}{{1,64}}+@(?:{_DOMAIN}|\[[0-9a-fA-F.:]{{2,45}}+\])(?![{_WORD_SIGN}@])"
_URL = (
    rf"[a-z][a-z0-9+.\-]{{1,20}}+://(?:[^\s/@<>\"]{{1,200}}+@)?[^\s<>\"“”„«»{{}}|\\^`]{{1,2000}}{_CLOSING}"
    rf"|(?<![@.\-])(?:www\.{_DOMAIN}{_PORT}(?:{_PATH}{_CLOSING})?+"
    rf"|{_DOMAIN}{_PORT}{_PATH}{_CLOSING}"
    rf"|{_DOMAIN}(?<=\.(?:{_ENDINGS})){_PORT}(?![{_WORD_SIGN}@]|[.\-][\p{{L}}\p{{N}}]))"
)
_EXTENSION = rf"(?:[ ,]{{0,2}}(?:ext|extension|x|durchwahl|app|poste)\.?[ :]?{_DIGIT}{{1,6}})?"
_PHONE = (
    # +49 (0) 30 / 123 45-67, 0049 …: a country code, then groups
    rf"(?:(?:\+|00(?=[1-9]))(?=(?:[ \u00a0\-./()]{{0,4}}{_DIGIT}){{7}}){_DIGIT}{{1,3}}"
    rf"(?:[ \-./]?\({_DIGIT}{{1,5}}\))?(?:[ \u00a0\-./]{{0,3}}{_DIGIT}{{1,12}}){{1,8}}"
    # (030) 123456, (555) 123-4567
    rf"|\({_DIGIT}{{2,6}}\)[ \u00a0\-./]{{0,3}}{_DIGIT}{{2,12}}(?:[ \u00a0\-./]{{1,3}}{_DIGIT}{{1,12}}){{0,6}}"
    # 555-123-4567, 1-800-555-0199, 555.123.4567
    rf"|(?:1[ \-.])?{_DIGIT}{{3}}[ \-.]{_DIGIT}{{3}}[ \-.]{_DIGIT}{{4}}"
    # 030 1234567, 0171/1234567, 030-12 34 56: a leading 0, seven digits and more
    rf"|0(?=(?:[ \u00a0\-/]{{0,2}}{_DIGIT}){{6}}){_DIGIT}{{1,5}}(?:[ \u00a0\-/]{{0,3}}{_DIGIT}{{2,12}}){{1,7}}"
    # 555-0123, alone
    rf"|{_DIGIT}{{3}}-{_DIGIT}{{4}}(?![\-.]{_DIGIT})){_EXTENSION}"
)
_NUMBER = (
    rf"[+\-−]?(?:{_DIGIT}{{1,3}}(?:{_GROUP_SIGNS}{_DIGIT}{{3}}){{1,12}}(?!{_DIGIT})|{_DIGIT}{{1,400}})"
    rf"(?:[.,]{_DIGIT}{{1,400}}){{0,12}}(?:[eE][+\-]?{_DIGIT}{{1,4}})?"
)


class Kind(NamedTuple):
    """What is masked under a name; pattern: in the syntax of the `regex` library."""

    name: str
    pattern: str

    @property
    def stand_in(self) -> str:
        """What is written for it."""
        return f"<{self.name}>"


#: Every kind by its name, those first that may hold others.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("url", rf"{_NO_WORD_BEFORE}(?i:{_URL})"),
        Kind("email", _EMAIL),
        Kind("phone", rf"(?<![{_WORD_SIGN}+]|\p{{N}}[.,'’])(?i:{_PHONE}){_NO_WORD_AFTER}"),
        Kind("number", rf"{_NO_WORD_BEFORE}{_NUMBER}{_NO_WORD_AFTER}"),
    )
}


class Found(NamedTuple):
    """What was masked: its kind, and its characters in the text."""

    kind: str
    start: int
    end: int


class Masked(NamedTuple):
    """A text with stand-ins, and what they stand for."""

    text: str
    found: list[Found]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Where characters of the masked text stand in the text itself; a part of a stand-in is all of what it hides.

        >>> Masks(("number",)).masked("in 1945 it ended").back(3, 11)
        (3, 7)
        """
        return self._original(start, False), self._original(end, True)

    def origins(self, size: int) -> list[tuple[int, int]]:
        """Where each character of the masked text stands in the text: start and end.

        size: characters of the text itself

        >>> Masks(("number",)).masked("a 7").origins(3)[1:4]
        [(1, 2), (2, 3), (2, 3)]
        """
        origins: list[tuple[int, int]] = []
        place = 0
        for kind, start, end in self.found:
            origins += [*_each(place, start), *[(start, end)] * len(KINDS[kind].stand_in)]
            place = end
        return [*origins, *_each(place, size)]

    def _original(self, place: int, closes: bool) -> int:
        longer = 0  # the masked text so far than the text
        for kind, start, end in self.found:
            first = start + longer
            last = first + len(KINDS[kind].stand_in)
            if place < first or (closes and place == first):
                break
            if place < last or (closes and place == last):
                return end if closes else start
            longer = last - end
        return place - longer


class Masks:
    """Writes stand-ins for some kinds of what people write."""

    def __init__(self, kinds: Iterable[str]) -> None:
        wanted = set(kinds)
        self.kinds = tuple(name for name in KINDS if name in wanted)
        self._patterns = [(name, _compiled(KINDS[name].pattern)) for name in self.kinds]

    def __bool__(self) -> bool:
        """Tell whether anything is masked."""
        return bool(self.kinds)

    def __eq__(self, other: object) -> bool:
        """Tell whether others mask the same kinds."""
        return isinstance(other, Masks) and self.kinds == other.kinds

    def __hash__(self) -> int:
        """Hash the kinds."""
        return hash(self.kinds)

    @property
    def facts(self) -> dict[str, Any]:
        """What a model keeps of them: the kinds, and the version of what is found."""
        return {"kinds": list(self.kinds), "version": VERSION}

    @classmethod
    def of(cls, facts: Any, place: str) -> "Masks":
        """The masks of which a model keeps the facts; raises ModelError for what seqtext does not write there."""
        kinds, version = (facts.get(key) if isinstance(facts, dict) else None for key in ("kinds", "version"))
        if type(version) is int and version > VERSION:
            raise ModelError(
                f"{place} has masks of version {version}; this seqtext knows them up to {VERSION}.",
                "pip install --upgrade seqtext",
            )
        known = isinstance(kinds, list) and kinds != [] and kinds == [name for name in KINDS if name in kinds]
        if not known or facts != {"kinds": kinds, "version": VERSION} or type(version) is not int:
            raise ModelError(
                f"{place} has masks = {facts!r:.80}; kinds, of {', '.join(KINDS)}, and their version are expected.",
                "fetch or train the model again",
            )
        return cls(kinds or ())

    @property
    def stand_ins(self) -> str:
        """A pattern of the stand-ins, "" of none."""
        return f"<(?:{'|'.join(self.kinds)})>" if self.kinds else ""

    def find(self, text: str) -> list[Found]:
        """What would be masked, in its order; between what is found nothing more is."""
        taken: list[Found] = []
        while True:
            before = len(taken)
            for name, pattern in self._patterns:
                taken = sorted([*taken, *_between(text, taken, name, pattern)], key=lambda one: one.start)
            if len(taken) == before:
                return taken

    def masked(self, text: str) -> Masked:
        """The text with stand-ins."""
        found = self.find(text)
        parts, place = [], 0
        for one in found:
            parts += [text[place : one.start], KINDS[one.kind].stand_in]
            place = one.end
        return Masked("".join([*parts, text[place:]]), found)

    def __call__(self, text: str) -> str:
        """The text with stand-ins, without what they stand for.

        >>> Masks(KINDS)("Mail ann.lee+x@mail.example.org or call +49 (0) 30 / 12 34-56: 1.234,50 € (www.a.de/b?c=1).")
        'Mail <email> or call <phone>: <number> € (<url>).'
        """
        return self.masked(text).text


#: Masks nothing.
NO_MASKS = Masks(())


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    import regex  # 8 ms, for those that mask something

    found: re.Pattern[str] = regex.compile(pattern, regex.VERSION1)  # a class of its own, with the same methods
    return found


def _each(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The start and the end of each character of a stretch."""
    return zip(range(start, end), range(start + 1, end + 1), strict=True)


def _between(text: str, taken: list[Found], name: str, pattern: re.Pattern[str]) -> list[Found]:
    """What a pattern finds between what is taken; each stretch is read as if it stood alone."""
    found, place = [], 0
    for start, end in [*((one.start, one.end) for one in taken), (len(text), len(text))]:
        spans = (match.span() for match in pattern.finditer(text[place:start]))
        found += [Found(name, place + first, place + last) for first, last in spans]
        place = end
    return found


def parse_masks(value: str) -> tuple[str, ...]:
    """The kinds that --mask names: "email,phone". Raises ConfigError for an unknown one, with those that there are.

    >>> parse_masks("phone, email")
    ('email', 'phone')
    """
    names = [name.strip().lower() for name in value.split(",") if name.strip()]
    for name in names:
        if name not in KINDS:
            near = nearest(name, KINDS)
            raise ConfigError(
                f"{argument('mask')} received {name!r:.40}; accepted are {', '.join(KINDS)}, with commas between them.",
                arguments(mask=near),
            )
    return tuple(name for name in KINDS if name in names)
