"""Which kind of marks a text holds, and the text cut into literals and segments."""

import re
from itertools import pairwise

from seqtext.models.markup.blocks import read_markdown
from seqtext.models.markup.cues import is_subtitles, read_subtitles
from seqtext.models.markup.inline import Rules, segments
from seqtext.models.markup.parts import Part, Segment
from seqtext.models.markup.tags import is_block

#: What every mark has some of, or stands behind at the beginning of a line.
_MAY_HOLD = re.compile(
    r"[*_`<&|\[~]|-->|==|(?m:^[ \t]*(?:[-+#>•‣◦▪●○]|\d{1,3}[.)]|\(?[a-z\d]{1,2}\)|!!!|\?{3}\+?)[ \t>]|^---)"
)
_BREAK = re.compile(r"(?<![ \t])[ \t]*(?:\r\n|\r|\n)[ \t\r\n]*")
_CODE = re.compile(r"`+|</?[A-Za-z][^<>]*>|[<>]")
_BLANK_LINE = re.compile(r"\n[ \t]*\r?\n|\r[ \t]*\r")
_IN_TAG = re.compile("=\\s*[\"']$")  # what stands before the value of an attribute
_PAGE = re.compile(r"\s*(?:<!doctype\s+html|<\?xml\s|<html[\s>])", re.IGNORECASE)


def parts_of(text: str, kind: str) -> list[Part] | None:
    """Cut a text into literals and segments; None for a text without marks.

    kind: one of `parts.KINDS`; with auto, only what is hardly anything else is a mark
    """
    if kind == "none" or not text.strip():
        return None
    if kind == "auto":
        if not _MAY_HOLD.search(text):
            return None
        kind = _kind_of(text)
    if kind == "subtitles":
        return read_subtitles(text)
    if kind == "html":
        return read_html(text)
    return read_markdown(text, whole=kind == "markdown")


def words_of(text: str, kind: str) -> str:
    """Give what of a text is translated, without its marks: a line for each segment."""
    parts = parts_of(text, kind)
    return text if parts is None else "\n".join(part.text for part in parts if isinstance(part, Segment))


def plain_of(text: str) -> str:
    """Give a text without its marks, a paragraph for each segment; code and addresses without theirs.

    >>> plain_of("# One\\n* two `three`")
    'One\\n\\ntwo three'
    """
    parts = parts_of(text, "auto")
    if parts is None:
        return text
    shown = (
        part
        for before, part in pairwise(["", *parts])
        if isinstance(part, Segment) and not (isinstance(before, str) and _IN_TAG.search(before))
    )
    return "\n\n".join(filter(str.strip, map(_without_marks, shown)))


def _without_marks(segment: Segment) -> str:
    """The text of a segment, with what is carried in its place, without its backticks, tags or angle brackets."""
    return "".join(
        _CODE.sub("", segment.carried[place]).strip() if place in segment.carried else char
        for place, char in enumerate(segment.text)
    )


def _kind_of(text: str) -> str:
    """The kind of marks of a text; "" where a look at its lines must tell."""
    if is_subtitles(text):
        return "subtitles"
    body = text.strip()
    # Between blank lines, a block of Markdown's HTML holds Markdown.
    if _PAGE.match(text) or (is_block(body) and body.endswith(">") and not _BLANK_LINE.search(body)):
        return "html"
    return ""


def read_html(text: str) -> list[Part]:
    """Cut HTML into literals and segments; white space is what a browser takes it for, one space."""
    lead = len(text) - len(text.lstrip())
    breaks = [(found[0], True) for found in _BREAK.finditer(text, lead)]
    return [text[:lead], *segments(_BREAK.sub("\n", text[lead:]), breaks, Rules("html"))]
