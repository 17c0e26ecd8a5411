"""Detect the kind of markup, and cut texts into literals and segments."""

import re

from seqtext.models.markup.blocks import read_markdown
from seqtext.models.markup.cues import is_subtitles, read_subtitles
from seqtext.models.markup.inline import Rules, segments
from seqtext.models.markup.parts import Part, Segment
from seqtext.models.markup.tags import is_block

#: What every mark has some of, or stands behind at the beginning of a line.
_MAY_HOLD = re.compile(
    r"[*_`<&|\[~]|-->|==|\{\s{0,9}[\w.-]{1,60}\s{0,9},|"
    r"(?m:^[ \t]*(?:[-+#>•‣◦▪●○]|\d{1,3}[.)]|\(?[a-z\d]{1,2}\)|!!!|\?{3}\+?)[ \t>]|^---)"
)
_BREAK = re.compile(r"(?<![ \t])[ \t]*(?:\r\n|\r|\n)[ \t\r\n]*")
_CODE = re.compile(r"`+|</?[A-Za-z][^<>]*>|[<>]")
_BLANK_LINE = re.compile(r"\n[ \t]*\r?\n|\r[ \t]*\r")
_PAGE = re.compile(r"\s*(?:<!doctype\s+html|<\?xml\s|<html[\s>])", re.IGNORECASE)


def parts_of(text: str, kind: str) -> list[Part] | None:
    """Cut a text into literals and segments.

    kind: one of `parts.KINDS`; auto detects it, and treats doubtful marks as text
    returns the parts in order; None for a text without marks
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
    """Extract the text to translate, without marks: a line per segment.

    kind: one of `parts.KINDS`
    """
    parts = parts_of(text, kind)
    return text if parts is None else "\n".join(piece.text for piece in parts if isinstance(piece, Segment))


def plain_of(text: str) -> str:
    """Remove the marks of a text; each segment becomes a paragraph.

    >>> plain_of("# One\\n* two `three`")
    'One\\n\\ntwo three'
    """
    parts = parts_of(text, "auto")
    if parts is None:
        return text
    shown = [piece for piece in parts if isinstance(piece, Segment) and not piece.aside]
    return "\n\n".join(filter(str.strip, map(_without_marks, shown)))


def _without_marks(segment: Segment) -> str:
    """Give the text of a segment with its code and addresses, without backticks, tags and angle brackets."""
    return "".join(
        _CODE.sub("", segment.carried[position]).strip() if position in segment.carried else char
        for position, char in enumerate(segment.text)
    )


def _kind_of(text: str) -> str:
    """Detect subtitles and HTML; "" for any other text, which may be Markdown or plain."""
    if is_subtitles(text):
        return "subtitles"
    body = text.strip()
    # Between blank lines, a block of Markdown's HTML holds Markdown.
    if _PAGE.match(text) or (is_block(body) and body.endswith(">") and not _BLANK_LINE.search(body)):
        return "html"
    return ""


def read_html(text: str) -> list[Part]:
    """Cut HTML into literals and segments.

    White space is collapsed as browsers do.

    returns the parts in order

    Source: the HTML standard, https://html.spec.whatwg.org/multipage/syntax.html
    """
    lead = len(text) - len(text.lstrip())
    breaks = [(line_break[0], True) for line_break in _BREAK.finditer(text, lead)]
    return [text[:lead], *segments(_BREAK.sub("\n", text[lead:]), breaks, Rules("html"))]
