"""Define the parts of marked-up text. They are literals, and segments of plain text with their marks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Union

from seqtext.errors import ConfigError, argument, arguments, nearest

CARRIED = "\ufffc"  # stands in a segment's text for code and the like, which are copied
KINDS = ("auto", "markdown", "html", "subtitles", "none")


def check_marks(kind: object) -> None:
    """Raise ConfigError for a kind of marks outside KINDS."""
    if kind not in KINDS:
        raise ConfigError(
            f"{argument('marks')} received {kind!r:.80}; accepted are {', '.join(KINDS)}.",
            arguments(marks=nearest(str(kind), KINDS) or "auto"),
        )


@dataclass(frozen=True)
class Pair:
    """Hold two marks around a span, such as ** and **.

    start, end: of the span, in the segment's text
    opening, closing: the marks as typed; "" for one that stands in another sentence
    source: positions of the two marks in the source, by which pairs are nested
    parts: of an opening mark that holds text to translate, such as a tag with a title; otherwise empty
    closing_parts: of such a closing mark, as that of a link with a title
    """

    start: int
    end: int
    opening: str
    closing: str
    source: tuple[int, int] = (0, 0)
    parts: tuple[Union[str, "Segment"], ...] = ()
    closing_parts: tuple[Union[str, "Segment"], ...] = ()

    @property
    def opened_by(self) -> tuple[Union[str, "Segment"], ...]:
        """Return the opening mark as parts."""
        return self.parts or (self.opening,)

    @property
    def closed_by(self) -> tuple[Union[str, "Segment"], ...]:
        """Return the closing mark as parts."""
        return self.closing_parts or (self.closing,)


@dataclass(frozen=True)
class Point:
    """Hold a stand-alone mark, such as a footnote's or an image.

    place: its position in the segment's text; parts: literals, and segments to translate, such as an image's text
    leans: whether it belongs to the word before it, not to the next
    source: its position in the source, twice, as that of a pair
    """

    place: int
    parts: tuple[Union[str, "Segment"], ...]
    leans: bool
    source: tuple[int, int] = (0, 0)

    @property
    def name(self) -> str:
        """Return the mark's name in messages."""
        return "".join(one if isinstance(one, str) else one.text for one in self.parts)


@dataclass(frozen=True)
class Segment:
    """Hold plain text to translate, single-spaced, and its inline markup.

    text: of one sentence or more; all positions are in it, in characters
    pairs, points: marks around words, and marks that stand alone
    carried: position of CARRIED → what is copied unchanged, such as code
    breaks:  position of a space → the line break there, with the marks of blocks beside it, or an entity
    escaped: characters → the HTML entities, or other escapes, that they are written as
    aside: whether it is not running text but a title, an alternative text or the like
    quote: a translation → its form escaped for this place; None: unchanged
    within: what is carried and holds text to translate → its parts
    """

    text: str
    pairs: Sequence[Pair] = ()
    points: Sequence[Point] = ()
    carried: dict[int, str] = field(default_factory=dict)
    breaks: dict[int, str] = field(default_factory=dict)
    escaped: Mapping[str, str] = field(default_factory=dict)
    aside: bool = False
    quote: Callable[[str], str] | None = None
    within: Mapping[str, tuple[Union[str, "Segment"], ...]] = field(default_factory=dict)

    @property
    def inner(self) -> list["Segment"]:
        """List the segments inside the marks, such as an image's text."""
        marks = [pair.parts + pair.closing_parts for pair in self.pairs] + [point.parts for point in self.points]
        return [part for parts in [*marks, *self.within.values()] for part in parts if isinstance(part, Segment)]


Part = str | Segment


def joined(parts: Sequence[Part]) -> list[Part]:
    """Join neighbouring literals, leaving out empty ones.

    >>> joined(["a", "", "b"])
    ['ab']
    """
    merged: list[Part] = []
    literal: list[str] = []
    for piece in [*parts, None]:
        if isinstance(piece, str):
            literal.append(piece)
            continue
        if whole := "".join(literal):
            merged.append(whole)
        literal = []
        if piece is not None:
            merged.append(piece)
    return merged
