"""Read the front matter of a Markdown document.

It holds settings in YAML or TOML; readers see only a few of the values.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from seqtext.models.markup.inline import Rules, segments
from seqtext.models.markup.lines import Line, row_of
from seqtext.models.markup.parts import Part, Segment
from seqtext.models.markup.tags import text_of

_KEY = re.compile(r"([\"']?)(?:title|subtitle|description|summary)\1[ \t]*(?P<sign>:(?=\s)|=)[ \t]*", re.IGNORECASE)
_QUOTED = re.compile(r"(?:\"(?P<double>(?:[^\"\\]|\\.)*)\"|'(?P<single>(?:[^']|'')*)')(?=\s*(?:#.*)?$)")
#: A plain scalar of YAML: what would be something else must be quoted.
_PLAIN = re.compile(
    r"(?![-?:,\[\]{}#&*!|>'\"%@`~]|(?i:true|false|null|yes|no|on|off)$)(?:[^\s:#]|(?<!\s)#|:(?!\s|$)|[ ])+"
)
_COMMENT = re.compile(r"(?<!\s)\s+(?:#.*)?$")
_BLOCK = re.compile(r"[>|][-+\d]{0,2}\s*$")
_ESCAPES = {"double": re.compile(r"\\[\"\\]"), "single": re.compile("''")}
_RULES = Rules("markdown", strict=True)


def front_matter_parts(lines: Sequence[Line]) -> Iterator[Part]:
    """Cut front matter into literals and the values of titles and descriptions.

    lines: with those of the marks, --- or +++, around it; none for a text without
    yields the parts in order; a value that would not come back as typed is a literal

    Source: YAML, https://yaml.org/spec/1.2.2; TOML, https://toml.io/en/v1.0.0
    """
    yaml = bool(lines) and lines[0].body.startswith("---")
    number = 0
    while number < len(lines):
        line = lines[number]
        key = _KEY.match(line.body)
        end = number + 1
        while end < len(lines) and key and yaml and (lines[end].body[:1] in (" ", "\t") or not lines[end].body.strip()):
            end += 1
        if key is None or (key["sign"] == ":") != yaml:
            yield line.whole
        elif end == number + 1:
            yield line.body[: key.end()]
            yield from _value(line.body[key.end() :], yaml)
            yield line.end
        else:
            yield line.whole
            below = lines[number + 1 : end]
            yield from _block(below) if _BLOCK.match(line.body, key.end()) else (inner.whole for inner in below)
        number = end


def _value(typed: str, yaml: bool) -> list[Part]:
    """Cut a value that stands on one line."""
    if quoted := _QUOTED.match(typed):
        kind = quoted.lastgroup or ""
        segment = None
        if kind == "double" and re.search(r"\\[^\"\\]", quoted[kind]) is None:
            segment = text_of(quoted[kind], _ESCAPES[kind], {'"': '\\"', "\\": "\\\\"})
        elif kind == "single":
            # A string of TOML in single quotes has no way to hold one.
            segment = text_of(quoted[kind], _ESCAPES[kind], {"'": "''" if yaml else "’"})
        return [typed] if segment is None else [typed[:1], segment, typed[quoted.end() - 1 :]]
    comment = _COMMENT.search(typed)
    plain = typed[: comment.start()] if comment else typed
    segment = text_of(plain, _ESCAPES["single"], {}) if yaml and _PLAIN.fullmatch(plain) else None
    return [typed] if segment is None else [replace(segment, quote=_scalar), typed[len(plain) :]]


def _scalar(text: str) -> str:
    """Quote a value of YAML where it must be."""
    if _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _block(lines: Sequence[Line]) -> Iterator[Part]:
    """Cut the indented lines of a block scalar, paragraph by paragraph."""
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and lines[end].body.strip():
            end += 1
        if end == start:
            yield lines[start].whole
            start += 1
            continue
        rows = [row_of("", line.body, line.end) for line in lines[start:end]]
        breaks = [(row.after + following.before, True) for row, following in pairwise(rows)]
        yield rows[0].before
        for piece in segments("\n".join(row.text for row in rows), breaks, _RULES):
            yield replace(piece, aside=True) if isinstance(piece, Segment) else piece
        yield rows[-1].after
        start = end
