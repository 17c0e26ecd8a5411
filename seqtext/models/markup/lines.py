"""Lines of a text with their ends as typed; whether a sentence may go on from one to the next."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

_HARD = ("  ", "\\")  # what a line ends with behind which no other goes on
_WIDE = range(40, 121)  # characters of the longest line of a paragraph that was wrapped
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|$)")


class Line(NamedTuple):
    """A line and what ends it: a line feed, a carriage return, both, or nothing."""

    body: str
    end: str

    @property
    def whole(self) -> str:
        """The line as typed."""
        return self.body + self.end


def lines_of(text: str) -> list[Line]:
    """Cut a text at its line ends; no other character ends a line.

    >>> lines_of("a\\r\\nb")
    [Line(body='a', end='\\r\\n'), Line(body='b', end='')]
    """
    found = [Line(*one.groups()) for one in _LINE.finditer(text)]
    return found[:-1] if found and found[-1] == ("", "") else found


class Row(NamedTuple):
    """A line of a paragraph: what stands before its text, the text, what stands behind it."""

    before: str
    text: str
    after: str


def row_of(before: str, text: str, after: str = "") -> Row:
    """A row whose text has no white space, and no mark of a hard break, at its ends."""
    start = text.lstrip()
    before, text = before + text[: len(text) - len(start)], start
    bare = text.removesuffix("\\").rstrip()
    return Row(before, bare, text[len(bare) :] + after)


def going_on(rows: Sequence[Row], html: bool) -> list[bool]:
    """Whether a sentence may go on from each row to the next.

    It may where the next one begins with a small letter, and where the paragraph was wrapped: no row had room for the
    first word of the next.
    """
    width = max(len(row.text) for row in rows)
    found = []
    for row, following in pairwise(rows):
        hard = row.after.rstrip("\r\n").endswith(_HARD)
        word = following.text.split(maxsplit=1)
        full = width in _WIDE and len(row.text) + len(word[0] if word else "") >= width
        first = following.text.lstrip("*_~[(\"'`")[:1]
        found.append(not hard and (html or full or first.islower()))
    return found
