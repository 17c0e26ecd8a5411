"""Builds segments: what is text is put together, single-spaced; where marks stood is noted."""

import html
import re
from collections.abc import Callable

from seqtext.models.markup.parts import CARRIED, Pair, Part, Point, Segment, joined
from seqtext.models.markup.tags import spoken_parts

_WHITE = " \t\n\r\f\v"


class _Waiting:
    """A mark that belongs to the word to come."""

    def __init__(self, number: int | None, start: int, parts: list[str | Segment]) -> None:
        self.number, self.start, self.parts = number, start, parts  # number: of an opening mark


class Builder:
    """Takes the marks of a text in order; the text between them it takes itself.

    typed: (start, end) → that stretch of the text as typed
    """

    def __init__(self, text: str, typed: Callable[[int, int], str]) -> None:
        self._text, self._typed, self._at = text, typed, 0
        self._parts: list[Part] = []
        self._reset()

    def _reset(self) -> None:
        self._white, self._broken = "", False
        self._first = self._last = 0  # where the segment begins and ends in the text
        self._words: list[str] = []
        self._length = 0
        self._waiting: list[_Waiting] = []
        self._open: dict[int, tuple[int, int, tuple[Part, ...]]] = {}
        self._pairs: list[Pair] = []
        self._points: list[Point] = []
        self._carried: dict[int, str] = {}
        self._breaks: dict[int, str] = {}
        self._escaped: dict[str, list[str]] = {}

    def take(self, start: int, end: int, kind: str, name: str, number: int) -> None:
        """Take the text up to a mark, and the mark; number: of the pair that it opens or closes."""
        if start < self._at:  # inside what was taken
            return
        self._take_text(self._at, start)
        self._at = end
        literal = self._typed(start, end)
        if kind == "divider":
            self._flush()
            self._parts += spoken_parts(literal)
            self._reset()
        elif kind == "open":
            self._waiting.append(_Waiting(number, start, spoken_parts(literal)))
        elif kind == "close":
            self._close(number, literal, start)
        elif kind == "point":
            self._point(spoken_parts(literal), start)
        elif kind == "image":
            alt = self._text[start + 2 : int(name)]
            self._point([literal[:2], _plain_segment(alt), self._typed(int(name), end)], start)
        elif kind == "break":
            self._space(literal, True)
        elif kind == "entity":
            self._entity(literal, start, end)
        else:
            self._add_word(CARRIED, start, end)
            self._carried[self._length - 1] = literal

    def parts(self) -> list[Part]:
        """Take the rest of the text; everything in order."""
        self._take_text(self._at, len(self._text))
        self._flush()
        return joined(self._parts)

    def _take_text(self, start: int, end: int) -> None:
        place = start
        while place < end:
            white = self._text[place] in _WHITE
            border = place
            while border < end and (self._text[border] in _WHITE) == white:
                border += 1
            piece = self._text[place:border]
            if white:
                self._space(piece, False)
            else:
                self._add_word(piece, place, border)
            place = border

    def _space(self, white: str, broken: bool) -> None:
        """White space goes to the mark that stands between it and other white space, else before the next word."""
        last = self._waiting[-1] if self._waiting else None
        if last is not None and last.number is None and (self._white or not self._length):
            last.parts.append(white)
            return
        self._white += white
        self._broken |= broken

    def _add_word(self, word: str, start: int, end: int) -> None:
        if self._white and self._length:
            if self._broken:
                self._breaks[self._length] = self._white
            self._append(" ")
        elif self._white:
            self._parts.append(self._white)
        self._white, self._broken = "", False
        for one in self._waiting:
            if one.number is None:
                self._points.append(Point(self._length, tuple(one.parts), False, (one.start, one.start)))
            else:
                self._open[one.number] = (self._length, one.start, tuple(one.parts))
        if not self._length:
            self._first = self._waiting[0].start if self._waiting else start
        self._waiting, self._last = [], end
        self._append(word)

    def _append(self, piece: str) -> None:
        self._words.append(piece)
        self._length += len(piece)

    def _entity(self, literal: str, start: int, end: int) -> None:
        """Take what an entity stands for; white space and what nobody sees are no text."""
        text = html.unescape(literal)
        if text.isspace():
            self._space(literal, True)
        elif text == literal or not text.isprintable():
            self._point([literal], start)
        else:
            self._escaped.setdefault(text, []).append(literal)
            self._add_word(text, start, end)

    def _close(self, number: int, literal: str, place: int) -> None:
        if number in self._open:
            self._settle()
            start, source, parts = self._open.pop(number)
            opening = "".join(part if isinstance(part, str) else _typed_value(part) for part in parts)
            own = parts if len(parts) > 1 else ()
            self._pairs.append(Pair(start, self._length, opening, literal, (source, place), own))
            self._last = self._at
            return
        first = next(k for k in reversed(range(len(self._waiting))) if self._waiting[k].number == number)
        inside = self._waiting[first:]
        del self._waiting[first:]
        self._point([part for one in inside for part in one.parts] + [literal], inside[0].start)

    def _settle(self) -> None:
        """Place the marks that wait for a word where they stand: the pair around them ends before any comes."""
        for one in self._waiting:
            parts = (self._white, *one.parts) if self._white else tuple(one.parts)
            self._points.append(Point(self._length, parts, True, (one.start, one.start)))
            self._white, self._broken = "", False
        self._waiting = []

    def _point(self, parts: list[str | Segment], start: int) -> None:
        if self._waiting or self._white or not self._length:
            self._waiting.append(_Waiting(None, start, parts))
        else:
            self._points.append(Point(self._length, tuple(parts), True, (start, start)))
            self._last = self._at

    def _entities(self, text: str) -> dict[str, str]:
        """Which characters are written as entities: those that were, and never otherwise; < always."""
        plain = re.search(r"&[\w#]", text) is None
        return {
            char: literals[0]
            for char, literals in self._escaped.items()
            if text.count(char) == len(literals) or char == "<" or (char == "&" and not plain)
        }

    def _flush(self) -> None:
        """End the segment; what holds no letter is a literal, as typed."""
        text = "".join(self._words)
        segment = Segment(
            text, tuple(self._pairs), tuple(self._points), self._carried, self._breaks, self._entities(text)
        )
        if any(map(str.isalpha, text)) or segment.inner:
            self._parts.append(segment)
        elif self._length:
            self._parts.append(self._typed(self._first, self._last))
        self._parts.append(self._white)
        for one in self._waiting:
            self._parts += one.parts


def _typed_value(segment: Segment) -> str:
    return "".join(segment.escaped.get(char, char) for char in segment.text)


def _plain_segment(text: str) -> str | Segment:
    plain = " ".join(text.split())
    return Segment(plain) if any(map(str.isalpha, plain)) else text
