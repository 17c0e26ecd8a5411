"""Split a text into lines with their line ends. Sentences may continue across lines."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

_HARD = ("  ", "\\")  # ends of a line before a hard break
_WIDE = range(40, 121)  # characters of the longest line of a paragraph that was wrapped
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|$)")


class Line(NamedTuple):
    """Hold a line and its line end. The end is a line feed, a carriage return, both, or nothing."""

    body: str
    end: str

    @property
    def whole(self) -> str:
        """Return the line as typed."""
        return self.body + self.end


def lines_of(text: str) -> list[Line]:
    """Cut a text into lines.

    Only line feeds and carriage returns end one.

    >>> lines_of("a\\r\\nb")
    [Line(body='a', end='\\r\\n'), Line(body='b', end='')]
    """
    lines = [Line(*match.groups()) for match in _LINE.finditer(text)]
    return lines[:-1] if lines and lines[-1] == ("", "") else lines


class Row(NamedTuple):
    """Hold a line of a paragraph. It has the text, with what is copied before and after."""

    before: str
    text: str
    after: str


def row_of(before: str, text: str, after: str = "") -> Row:
    """Make a row, trimming white space and hard breaks from its text.

    >>> row_of("> ", " one  ", "\\n")
    Row(before='>  ', text='one', after='  \\n')
    """
    start = text.lstrip()
    before, text = before + text[: len(text) - len(start)], start
    bare = text.removesuffix("\\").rstrip()
    return Row(before, bare, text[len(bare) :] + after)


def going_on(rows: Sequence[Row], html: bool) -> list[bool]:
    """Tell whether sentences may go on from row to row.

    They may where the next row begins with a small letter, or where the paragraph was wrapped: the row had no room for
    the next row's first word.

    html: whether a line break is mere white space, after which every sentence goes on
    returns one answer fewer than there are rows
    """
    width = max(len(row.text) for row in rows)
    continued = []
    for row, following in pairwise(rows):
        hard = row.after.rstrip("\r\n").endswith(_HARD)
        word = following.text.split(maxsplit=1)
        full = width in _WIDE and len(row.text) + len(word[0] if word else "") >= width
        first = following.text.lstrip("*_~[(\"'`")[:1]
        continued.append(not hard and (html or full or first.islower()))
    return continued
