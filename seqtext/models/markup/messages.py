"""Read messages with cases in ICU's MessageFormat. An example is {n, plural, one {# file} other {# files}}."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from seqtext.models.markup.parts import Part, Segment, joined

DEEPEST = 4  # messages inside each other whose cases are translated
_BEGIN = re.compile(r"\{\s*[\w.-]{1,60}\s*,\s*(?:plural|select|selectordinal)\s*,")
_HEAD = re.compile(_BEGIN.pattern + r"\s*(?:offset:\d{1,9}\s*)?(?=[^\s{}])")
_SELECTOR = re.compile(r"\s*(?:=\d{1,9}|[\w-]{1,60})\s*\{")
_LAST = re.compile(r"\s*\}")
_BRACE = re.compile(r"'[{}][^']*'|[{}]")  # an apostrophe before a brace begins quoted text
_WHITE = re.compile(r"(?<![ \t])[ \t]*(?:\r\n|\r|\n)[ \t\r\n]*")
_STARTS_QUOTE = re.compile(r"'(?=[{}#|])")
_SIGN = re.compile(r"'[{}#|]'")  # a sign that is shown, not read

Span = tuple[int, int]
#: A text, its line breaks with whether a sentence goes on after them → its parts, as `inline.segments` cuts it.
Cut = Callable[[str, Sequence[tuple[str, bool]]], list[Part]]


def messages(text: str) -> list[Span]:
    """Find messages with cases, in time linear in the text.

    Returns (start, end) of the outermost ones.

    Source: ICU, https://unicode-org.github.io/icu/userguide/format_parse/messages
    """
    if _HEAD.search(text) is None:
        return []
    ends = _ends(text)
    spans, position = [], 0
    while head := _HEAD.search(text, position):
        position = ends[head.start()] if _cases(text, head, ends) else head.start() + 1
        if position > head.end():
            spans.append((head.start(), position))
    return spans


def begins_message(line: str) -> bool:
    """Tell whether a message with cases begins in a line."""
    return _BEGIN.search(line) is not None


def message_parts(literal: str, cut: Cut) -> list[Part]:
    """Cut a message into its syntax and the parts of its cases.

    literal: a message, as `messages` finds it; cut: cuts the text of a case
    returns the parts in order
    """
    head = _HEAD.match(literal)
    parts: list[Part] = []
    position = 0
    for start, end in _cases(literal, head, _ends(literal)) if head else ():
        parts += [literal[position:start], *_case(literal[start:end], cut)]
        position = end
    return joined([*parts, literal[position:]])


def hidden(text: str, spans: Sequence[Span]) -> str:
    """Hide messages from scanners of marks: letters stand in their place."""
    pieces, position = [], 0
    for start, end in spans:
        pieces += [text[position:start], "x" * (end - start)]
        position = end
    return "".join([*pieces, text[position:]])


def _ends(text: str) -> dict[int, int]:
    """Map the position of each opening brace to that after its closing brace."""
    ends, opened = {}, list[int]()
    for brace in _BRACE.finditer(text):
        if brace[0] == "{":
            opened.append(brace.start())
        elif brace[0] == "}" and opened:
            ends[opened.pop()] = brace.end()
    return ends


def _cases(text: str, head: re.Match[str], ends: dict[int, int]) -> list[Span]:
    """Find the texts of a message's cases; none where it is not well formed."""
    cases, position = [], head.end()
    while selector := _SELECTOR.match(text, position):
        if selector.end() - 1 not in ends:
            return []
        position = ends[selector.end() - 1]
        cases.append((selector.end(), position - 1))
    last = _LAST.match(text, position)
    return cases if last and ends.get(head.start()) == last.end() else []


def _case(typed: str, cut: Cut) -> list[Part]:
    if _SIGN.search(typed):
        return [typed]
    doubled = "''" in typed and _HEAD.search(typed) is None
    text = typed.replace("''", "'") if doubled else typed
    breaks = [(match[0], True) for match in _WHITE.finditer(text)]
    parts: list[Part] = []
    for piece in cut(_WHITE.sub("\n", text), breaks):
        if isinstance(piece, Segment):
            escaped = {**piece.escaped, "'": "''"} if doubled else piece.escaped
            parts.append(replace(piece, escaped=escaped, quote=None if doubled else _quoted))
        else:
            parts.append(piece.replace("'", "''") if doubled else piece)
    return parts


def _quoted(text: str) -> str:
    """Double the apostrophes that would begin quoted text, such as that of l'{name}."""
    return _STARTS_QUOTE.sub("''", text)
