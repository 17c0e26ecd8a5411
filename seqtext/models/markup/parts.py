"""What marked-up text consists of: literal stretches, and segments of plain text with the marks that stood inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Union

from seqtext.errors import ConfigError, argument, arguments, nearest

CARRIED = "\ufffc"  # stands in a segment's text for what is carried over letter for letter
KINDS = ("auto", "markdown", "html", "subtitles", "none")


def check_marks(kind: object) -> None:
    """Raise ConfigError for a kind of marks that is none of KINDS."""
    if kind not in KINDS:
        raise ConfigError(
            f"{argument('marks')} received {kind!r:.80}; accepted are {', '.join(KINDS)}.",
            arguments(marks=nearest(str(kind), KINDS) or "auto"),
        )


@dataclass(frozen=True)
class Pair:
    """Two marks around a stretch of a text, such as ** and **.

    start, end: of the stretch; source: where the marks stood as typed, by which they are nested; parts: of an opening
    mark that holds text, such as a title
    """

    start: int
    end: int
    opening: str
    closing: str
    source: tuple[int, int] = (0, 0)
    parts: tuple[Union[str, "Segment"], ...] = ()

    @property
    def opened_by(self) -> tuple[Union[str, "Segment"], ...]:
        """The parts of the opening mark."""
        return self.parts or (self.opening,)


@dataclass(frozen=True)
class Point:
    """A mark that stands by itself, such as a footnote's; leans: whether it belongs to what is before it."""

    place: int
    parts: tuple[Union[str, "Segment"], ...]
    leans: bool
    source: tuple[int, int] = (0, 0)

    @property
    def name(self) -> str:
        """The mark as a message shows it."""
        return "".join(one if isinstance(one, str) else one.text for one in self.parts)


@dataclass(frozen=True)
class Segment:
    """Plain text of one sentence or more, single-spaced, and where in it marks stand.

    carried: place → what stands there letter for letter, as code does; the text has CARRIED there
    breaks:  place of a space → the line break, with what surrounds it, or the entity that it stands for
    escaped: characters → the HTML entities that they are written as
    """

    text: str
    pairs: Sequence[Pair] = ()
    points: Sequence[Point] = ()
    carried: dict[int, str] = field(default_factory=dict)
    breaks: dict[int, str] = field(default_factory=dict)
    escaped: Mapping[str, str] = field(default_factory=dict)

    @property
    def inner(self) -> list["Segment"]:
        """The segments inside its marks, such as the text of an image."""
        marks = [*(pair.parts for pair in self.pairs), *(point.parts for point in self.points)]
        return [part for parts in marks for part in parts if isinstance(part, Segment)]


Part = str | Segment


def joined(parts: Sequence[Part]) -> list[Part]:
    """Join neighbouring literals; empty ones are left out."""
    found: list[Part] = []
    literal: list[str] = []
    for part in [*parts, None]:
        if isinstance(part, str):
            literal.append(part)
            continue
        if whole := "".join(literal):
            found.append(whole)
        literal = []
        if part is not None:
            found.append(part)
    return found
