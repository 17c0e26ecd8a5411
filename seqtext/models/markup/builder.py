"""Build segments from the tokens of a paragraph. They are single-spaced text with the positions of its marks."""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from seqtext.models.markup.messages import message_parts
from seqtext.models.markup.parts import CARRIED, Pair, Part, Point, Segment, joined
from seqtext.models.markup.tags import spoken_parts
from seqtext.models.markup.titles import title_parts

_WHITE = " \t\n\r\f\v"


class _Waiting:
    """A mark that belongs to the next word; number: of the pair that it opens, None for a point."""

    def __init__(self, number: int | None, start: int, parts: list[str | Segment]) -> None:
        self.number, self.start, self.parts = number, start, parts


class Builder:
    """Build segments from a paragraph whose marks are taken in order.

    text: the paragraph, with a line feed for each line break
    typed: (start, end) → these characters as typed, with the line breaks' own ends and prefixes
    cut: a text inside a mark, its line breaks, how many messages (0, 1) it lies deeper in → its parts
    """

    def __init__(
        self,
        text: str,
        typed: Callable[[int, int], str],
        cut: Callable[[str, Sequence[tuple[str, bool]], int], list[Part]],
    ) -> None:
        self._text, self._typed, self._cut, self._at = text, typed, cut, 0
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
        self._within: dict[str, tuple[Part, ...]] = {}

    def take(self, start: int, end: int, kind: str, name: str, number: int) -> None:
        """Take the text before a mark, then the mark.

        start, end: of the mark in the text; marks inside another that was taken are left out
        kind, name: of the token (`inline.Token`), or of one half of a pair: open, close, link (closes one)
        number: of the pair that the mark opens or closes
        """
        if start < self._at:
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
        elif kind in ("close", "link"):
            self._close(number, title_parts(literal) if kind == "link" else [literal], start)
        elif kind == "point":
            self._point(spoken_parts(literal), start)
        elif kind == "image":
            alt = self._text[start + 2 : int(name)]
            self._point([literal[:2], *self._alternative(alt), *title_parts(self._typed(int(name), end))], start)
        elif kind == "break":
            self._space(literal, True)
        elif kind == "entity":
            self._entity(literal, start, end)
        else:
            self._add_word(CARRIED, start, end)
            self._carried[self._length - 1] = literal
            if kind == "message":
                self._within[literal] = tuple(message_parts(literal, lambda case, breaks: self._cut(case, breaks, 1)))

    def parts(self) -> list[Part]:
        """Take the rest of the text; return literals and segments in order."""
        self._take_text(self._at, len(self._text))
        self._flush()
        return joined(self._parts)

    def _take_text(self, start: int, end: int) -> None:
        position = start
        while position < end:
            white = self._text[position] in _WHITE
            border = position
            while border < end and (self._text[border] in _WHITE) == white:
                border += 1
            piece = self._text[position:border]
            if white:
                self._space(piece, False)
            else:
                self._add_word(piece, position, border)
            position = border

    def _space(self, white: str, broken: bool) -> None:
        """Give white space to a point that has some before it, too; else it stands before the next word."""
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
        for mark in self._waiting:
            if mark.number is None:
                self._points.append(Point(self._length, tuple(mark.parts), False, (mark.start, mark.start)))
            else:
                self._open[mark.number] = (self._length, mark.start, tuple(mark.parts))
        if not self._length:
            self._first = self._waiting[0].start if self._waiting else start
        self._waiting, self._last = [], end
        self._append(word)

    def _append(self, piece: str) -> None:
        self._words.append(piece)
        self._length += len(piece)

    def _entity(self, literal: str, start: int, end: int) -> None:
        """Take the character that an entity stands for; white space and invisible characters are marks."""
        text = html.unescape(literal)
        if text.isspace():
            self._space(literal, True)
        elif text == literal or not text.isprintable():
            self._point([literal], start)
        else:
            self._escaped.setdefault(text, []).append(literal)
            self._add_word(text, start, end)

    def _close(self, number: int, closing: list[str | Segment], position: int) -> None:
        if number in self._open:
            self._settle()
            start, source, parts = self._open.pop(number)
            marks = ["".join(map(_typed_value, some)) for some in (parts, closing)]
            texts = [tuple(some) if len(some) > 1 else () for some in (parts, closing)]
            sources = source, position
            self._pairs.append(Pair(start, self._length, marks[0], marks[1], sources, texts[0], texts[1]))
            self._last = self._at
            return
        first = next(k for k in reversed(range(len(self._waiting))) if self._waiting[k].number == number)
        inside = self._waiting[first:]
        del self._waiting[first:]
        self._point([piece for mark in inside for piece in mark.parts] + closing, inside[0].start)

    def _settle(self) -> None:
        """Place waiting marks where they stand: the pair around them closes before another word comes."""
        for mark in self._waiting:
            parts = (self._white, *mark.parts) if self._white else tuple(mark.parts)
            self._points.append(Point(self._length, parts, True, (mark.start, mark.start)))
            self._white, self._broken = "", False
        self._waiting = []

    def _point(self, parts: list[str | Segment], start: int) -> None:
        if self._waiting or self._white or not self._length:
            self._waiting.append(_Waiting(None, start, parts))
        else:
            self._points.append(Point(self._length, tuple(parts), True, (start, start)))
            self._last = self._at

    def _alternative(self, text: str) -> list[Part]:
        """Cut the text of an image, which may hold marks of its own."""
        # One with another image inside is copied: else, each of many would be scanned for all inside it.
        if "![" in text or not any(map(str.isalpha, text)):
            return [text]
        parts = self._cut(" ".join(text.split()), (), 0)
        return [replace(piece, aside=True) if isinstance(piece, Segment) else piece for piece in parts]

    def _entities(self, text: str) -> dict[str, str]:
        """Map characters to the entities that they are written as: those that always were, and <."""
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
            text,
            tuple(self._pairs),
            tuple(self._points),
            self._carried,
            self._breaks,
            self._entities(text),
            within=self._within,
        )
        if any(map(str.isalpha, text)) or segment.inner:
            self._parts.append(segment)
        elif self._length:
            self._parts.append(self._typed(self._first, self._last))
        self._parts.append(self._white)
        for mark in self._waiting:
            self._parts += mark.parts


def _typed_value(part: Part) -> str:
    return part if isinstance(part, str) else "".join(part.escaped.get(char, char) for char in part.text)
