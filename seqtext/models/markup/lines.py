"""Lines of a text with their ends as typed."""

import re
from typing import NamedTuple

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
