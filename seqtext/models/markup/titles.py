"""Read the titles of Markdown's links and images."""

import re

from seqtext.models.markup.parts import Part
from seqtext.models.markup.tags import ENTITY, text_of

#: A title in quotation marks or parentheses; a backslash escapes its marks.
TITLE = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\))"""
_LAST = re.compile(rf"(?<=\s){TITLE}(?=\s*\)?\s*\Z)", re.DOTALL)
_ESCAPES = re.compile(rf"{ENTITY.pattern}|\\[!-/:-@\[-`{{-~]")


def title_parts(literal: str) -> list[Part]:
    """Cut the end of a link, image or definition at its title.

    literal: from the bracket after the text or label, such as ](address "A title")
    returns the parts in order: with a segment, unless the title would not come back as typed

    Source: CommonMark, https://spec.commonmark.org/0.31.2/#link-title
    """
    match = _LAST.search(literal)
    if match is None or literal[: match.start()].rstrip().endswith(("](", "]:")):  # that is the address
        return [literal]
    opening, inside, closing = match[0][0], match[0][1:-1], match[0][-1]
    title = text_of(inside, _ESCAPES, {mark: f"\\{mark}" for mark in (opening, closing)})
    if title is None:
        return [literal]
    return [literal[: match.start() + 1], title, literal[match.end() - 1 :]]
