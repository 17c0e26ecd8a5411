"""Replace addresses and numbers by stand-ins.

A model should not learn them: <email>, <url>, <phone>, <number>. Kinds are known by name. Where two begin at the same
character or overlap, the earlier of `MASK_KINDS` is taken. Patterns are written for text as people type it, in English
and German; a digit is any of Unicode's. They have a version, and a model that has learnt from masked text stores the
version of its masks.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from seqtext.errors import ConfigError, ModelError, argument, arguments, nearest

VERSION = 1

# In the syntax of the `regex` library. Nothing is found inside a word. Repetitions are possessive (++, *+) or bounded,
# so that the time for a long text does not grow with the square of its length.
_WORD_SIGN = r"\p{L}\p{M}\p{N}_"
_NO_WORD_BEFORE, _NO_WORD_AFTER = rf"(?<![{_WORD_SIGN}])", rf"(?![{_WORD_SIGN}])"
_LABEL = r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*+(?:-++[\p{L}\p{M}\p{N}]++)*+"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL}){{1,8}}+(?<=\.(?:\p{{L}}[\p{{L}}\p{{M}}]{{1,23}}|xn--[a-z0-9\-]{{1,59}}))"
#: Domains that are addresses without a scheme, where no path follows: file.txt and "end.Next" are none.
_ENDINGS = "com|org|net|edu|gov|int|info|io|ai|app|dev|eu|de|at|ch|uk|fr|it|es|nl|pl|se|us|ca|au|jp|cn|ru|br"
_PORT = r"(?::\p{Nd}{1,5}+)?"
_IN_ADDRESS = r"[^\s<>\"“”„«»{}|\\^`()\[\]]"
_BRACKETED = rf"\((?:{_IN_ADDRESS}|\({_IN_ADDRESS}{{0,200}}+\)){{0,200}}+\)|\[{_IN_ADDRESS}{{0,200}}+\]"
#: An address ends with brackets that it opens itself, as in /path_(x), but neither with others nor with punctuation.
#: What is in brackets is atomic: a search for a better end does not go into them.
_REST = rf"(?>{_BRACKETED}|{_IN_ADDRESS}|[()\[\]]){{0,2000}}(?:{_BRACKETED}|{_IN_ADDRESS}(?<![.,;:!?'’…]))"
_PATH = rf"(?:[/?#]{_REST}|[/#])"
_DIGIT = r"\p{Nd}"
_GROUP_SIGNS = r"[ \u00a0\u2009\u202f.'’,]"

_LOCAL = rf"[{_WORD_SIGN}.+\-%!#$&'*/=?^`{{|}}~]"
_EMAIL = rf"(?<!{_LOCAL})(?:mailto:)?+{_LOCAL}{{1,64}}+@(?:{_DOMAIN}|\[[0-9a-fA-F.:]{{2,45}}+\])(?![{_WORD_SIGN}@])"
_URL = (
    rf"[a-z][a-z0-9+.\-]{{1,20}}+://(?:[^\s/@<>\"]{{1,200}}+@)?{_REST}"
    rf"|(?<![@.\-])(?:www\.{_DOMAIN}{_PORT}(?:{_PATH})?+"
    rf"|{_DOMAIN}{_PORT}{_PATH}"
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


class MaskKind(NamedTuple):
    """Describe a kind of text to mask, by name.

    pattern: in the syntax of the `regex` library
    """

    name: str
    pattern: str

    @property
    def stand_in(self) -> str:
        """Return the kind's stand-in, such as <email>."""
        return f"<{self.name}>"


#: Every kind by its name; a kind that may contain another stands before it.
MASK_KINDS: dict[str, MaskKind] = {
    kind.name: kind
    for kind in (
        MaskKind("url", rf"{_NO_WORD_BEFORE}(?i:{_URL})"),
        MaskKind("email", _EMAIL),
        MaskKind("phone", rf"(?<![{_WORD_SIGN}+]|\p{{N}}[.,'’])(?i:{_PHONE}){_NO_WORD_AFTER}"),
        MaskKind("number", rf"{_NO_WORD_BEFORE}{_NUMBER}{_NO_WORD_AFTER}"),
    )
}


class MaskMatch(NamedTuple):
    """Hold a masked match: its kind, start and end in characters."""

    kind: str
    start: int
    end: int


class Masked(NamedTuple):
    """Hold a text with stand-ins, and the matches that they replace."""

    text: str
    found: list[MaskMatch]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Map a span of the masked text to the text itself.

        A span that cuts into a stand-in covers all that the stand-in hides.

        >>> Masks(("number",)).masked("in 1945 it ended").back(3, 11)
        (3, 7)
        """
        return self._original(start, False), self._original(end, True)

    def origins(self, size: int) -> list[tuple[int, int]]:
        """Return the start and end in the text of each masked character.

        size: characters of the text itself

        >>> Masks(("number",)).masked("a 7").origins(3)[1:4]
        [(1, 2), (2, 3), (2, 3)]
        """
        origins: list[tuple[int, int]] = []
        position = 0
        for kind, start, end in self.found:
            origins += [*_each(position, start), *[(start, end)] * len(MASK_KINDS[kind].stand_in)]
            position = end
        return [*origins, *_each(position, size)]

    def _original(self, place: int, closes: bool) -> int:
        longer = 0  # how many characters longer the masked text is up to here
        for kind, start, end in self.found:
            first = start + longer
            last = first + len(MASK_KINDS[kind].stand_in)
            if place < first or (closes and place == first):
                break
            if place < last or (closes and place == last):
                return end if closes else start
            longer = last - end
        return place - longer


class Masks:
    """Replace matches of given kinds by stand-ins."""

    def __init__(self, kinds: Iterable[str]) -> None:
        wanted = set(kinds)
        self.kinds = tuple(name for name in MASK_KINDS if name in wanted)
        self._patterns = [(name, _compiled(MASK_KINDS[name].pattern)) for name in self.kinds]

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
        """Return the stored facts of the masks: their kinds and version."""
        return {"kinds": list(self.kinds), "version": VERSION}

    @classmethod
    def of(cls, facts: Any, place: str) -> "Masks":
        """Make the masks whose facts a model stores.

        place: the file, for messages. Raises ModelError for facts that seqtext does not write.
        """
        kinds, version = (facts.get(key) if isinstance(facts, dict) else None for key in ("kinds", "version"))
        if type(version) is int and version > VERSION:
            raise ModelError(
                f"{place} has masks of version {version}; this seqtext knows them up to {VERSION}.",
                "pip install --upgrade seqtext",
            )
        known = isinstance(kinds, list) and kinds != [] and kinds == [name for name in MASK_KINDS if name in kinds]
        if not known or facts != {"kinds": kinds, "version": VERSION} or type(version) is not int:
            raise ModelError(
                f"{place} has masks = {facts!r:.80}; kinds, of {', '.join(MASK_KINDS)}, and their version are "
                "expected.",
                "fetch or train the model again",
            )
        return cls(kinds or ())

    @property
    def stand_ins(self) -> str:
        """Return a pattern of the stand-ins; "" without kinds."""
        return f"<(?:{'|'.join(self.kinds)})>" if self.kinds else ""

    def find(self, text: str) -> list[MaskMatch]:
        """Find all matches, in their order, until none is left between them."""
        taken: list[MaskMatch] = []
        while True:
            before = len(taken)
            for name, pattern in self._patterns:
                taken = sorted([*taken, *_between(text, taken, name, pattern)], key=lambda match: match.start)
            if len(taken) == before:
                return taken

    def masked(self, text: str) -> Masked:
        """Replace matches by stand-ins; return the text and the matches."""
        matches = self.find(text)
        parts, position = [], 0
        for match in matches:
            parts += [text[position : match.start], MASK_KINDS[match.kind].stand_in]
            position = match.end
        return Masked("".join([*parts, text[position:]]), matches)

    def __call__(self, text: str) -> str:
        """Replace matches by stand-ins; return the text alone.

        >>> masks = Masks(MASK_KINDS)
        >>> masks("Mail ann.lee+x@mail.example.org or call +49 (0) 30 / 12 34-56: 1.234,50 € (www.a.de/b?c=1).")
        'Mail <email> or call <phone>: <number> € (<url>).'
        """
        return self.masked(text).text


#: Masks nothing.
NO_MASKS = Masks(())


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    import regex  # takes 8 ms, so only where something is masked

    # typed as re.Pattern, whose methods it has
    compiled_pattern: re.Pattern[str] = regex.compile(pattern, regex.VERSION1)
    return compiled_pattern


def _each(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Return the start and the end of each character from start to end."""
    return zip(range(start, end), range(start + 1, end + 1), strict=True)


def _between(text: str, taken: list[MaskMatch], name: str, pattern: re.Pattern[str]) -> list[MaskMatch]:
    """Find a pattern's matches between those already taken; each stretch is searched as if it stood alone."""
    matches, position = [], 0
    for start, end in [*((earlier.start, earlier.end) for earlier in taken), (len(text), len(text))]:
        spans = (match.span() for match in pattern.finditer(text[position:start]))
        matches += [MaskMatch(name, position + first, position + last) for first, last in spans]
        position = end
    return matches


def parse_masks(value: str) -> tuple[str, ...]:
    """Read the kinds that --mask names: "email,phone".

    Raises ConfigError for an unknown kind, with all known ones.

    >>> parse_masks("phone, email")
    ('email', 'phone')
    """
    names = [name.strip().lower() for name in value.split(",") if name.strip()]
    for name in names:
        if name not in MASK_KINDS:
            near = nearest(name, MASK_KINDS)
            raise ConfigError(
                f"{argument('mask')} received {name!r:.40}; accepted are {', '.join(MASK_KINDS)}, with commas "
                "between them.",
                arguments(mask=near),
            )
    return tuple(name for name in MASK_KINDS if name in names)
