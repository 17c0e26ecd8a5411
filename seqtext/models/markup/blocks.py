"""Markdown by lines: headings, lists, quotes, tables, code, front matter; what is between becomes segments."""

import re
from collections.abc import Iterator, Sequence

from seqtext.models.markup.inline import ADDRESS, Rules, is_marked, segments
from seqtext.models.markup.lines import Row, going_on, lines_of, row_of
from seqtext.models.markup.parts import Part, joined
from seqtext.models.markup.tags import COPIED_BLOCKS, is_block

_LIST = r"(?:[-*+]|\d{1,9}[.)]|[a-z]\)|\((?:\d{1,2}|[a-z])\))(?=[ \t])|[•‣◦▪●○](?=[ \t])"
_ADMONITION = (
    r"(?:!!!|\?{3}\+?) (?:note|abstract|info|tip|success|question|warning|failure|danger|bug|example|quote|attention|"
    r"caution|error|hint|important|details)(?: [a-z]{1,99})*"
)
_QUOTES = re.compile(r"(?:[ \t]*>)+[ \t]*|[ \t]*")
_PREFIX = re.compile(
    rf"(?:[ \t]*(?:>|{_LIST}))*[ \t]*(?:\[[ xX]\](?=[ \t])[ \t]*)?(?:#{{1,6}}(?=[ \t])[ \t]*)?"
    r"(?:\[\^[^\s\[\]]{1,99}\]:[ \t]*)?"
    rf'(?:{_ADMONITION} ")?'
)
_LONG_NUMBER = re.compile(r"[ \t]*\d{4,9}[.)]")  # 1986. A great year
_HEADING_END = re.compile(r"(?<![ \t])(?:[ \t]+#+)?(?:[ \t]*\{[#.:][^{}]{0,200}\})?[ \t]*$")
_TITLE_END = re.compile(r"\"?[ \t]*$")  # of an admonition
_FENCE = re.compile(r"(`{3,})[^`]*$|(~{3,})|(\$\$)[ \t]*$")
_DEFINITION = re.compile(
    r"[ \t]{0,3}\[(?!\^)([^\[\]]{1,999})\]:[ \t]*(<[^<>]*>|\S+)(?:[ \t]+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?[ \t]*$"
)
_COPIED = re.compile(
    rf"{_ADMONITION}[ \t]*$|" r"\[![A-Za-z]+\][+-]?[ \t]*$|\{%.*%\}[ \t]*$|\{\{[<%].*[>%]\}\}[ \t]*$|:{3,}|\\\[|\\\]"
)
_RULE = re.compile(r"[ \t]*(?:\|[ \t]*)?:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*(?:\|[ \t]*)?$")
_CELL = re.compile(r"(?<!\\)\|")
_YAML = re.compile(r"[ \t]*$|[ \t]*#|[ \t]+\S|-[ \t]|[\w\"'.-]+[ \t]*:(?:[ \t]|$)|[\]})]")
_COPIED_ELEMENT = re.compile(rf"[ \t]*(?:<(?P<name>{'|'.join(sorted(COPIED_BLOCKS))})\b|(?P<comment><!--))", re.I)


def read_markdown(text: str, whole: bool) -> list[Part] | None:
    """Cut Markdown into literals and segments; None where there is no mark and it is not known to be Markdown.

    whole: whether the text is known to be Markdown; otherwise what may be something else is text
    """
    mark = "\ufeff" * text.startswith("\ufeff")  # would stand between the beginning of a line and its mark
    reader = _Reader(text[len(mark) :], whole)
    parts = joined([mark, *reader.parts()])
    return parts if whole or reader.marked else None


class _Reader:
    """Reads a text line by line; marked: whether there was any mark."""

    def __init__(self, text: str, whole: bool) -> None:
        self._lines, self._whole = lines_of(text), whole
        self._bodies = [_body(line.body) for line in self._lines]
        self.marked = False
        self._unclosed: dict[str, int] = {}  # fences that nothing closes: their marks, the shortest of them
        #: The end of an element → the last line where it is known to stand before other text.
        self._inside: dict[str, int] = {}
        found = (self._definition(line.body) for line in self._lines)
        labels = frozenset(" ".join(one[1].split()).casefold() for one in found if one)
        self._rules = Rules("markdown", not whole, labels)
        self._indent = 0  # of the text of the list item that goes on

    def _definition(self, line: str) -> re.Match[str] | None:
        """The address of a link that has its label elsewhere; [Anna]: Hello. is none unless that is sure."""
        found = _DEFINITION.match(line) if "]:" in line else None
        return found if found and (self._whole or ADDRESS.search(found[2])) else None

    def parts(self) -> Iterator[Part]:
        """Give the parts in order."""
        place = self._front_matter()
        yield self._literal(0, place)
        blank = True
        while place < len(self._lines):
            end = self._copied(place, blank)
            if end > place:
                self.marked = True
                yield self._literal(place, end)
            elif self._is_table(place):
                end = place + 2
                yield from self._row(place)
                yield self._literal(place + 1, end)
                while end < len(self._lines) and "|" in self._lines[end].body:
                    yield from self._row(end)
                    end += 1
            elif not any(map(str.isalpha, self._lines[place].body)):
                end = place + 1
                yield self._literal(place, end)
            else:
                end = self._paragraph_end(place)
                yield from self._paragraph(place, end)
            blank = not self._lines[end - 1].body.strip()
            place = end

    def _literal(self, start: int, end: int) -> str:
        return "".join(line.whole for line in self._lines[start:end])

    def _front_matter(self) -> int:
        """How many lines a block of settings takes at the beginning of the text."""
        if not self._lines or self._lines[0].body.strip(" \t") not in ("---", "+++"):
            return 0
        mark = self._lines[0].body.strip(" \t")
        for number, line in enumerate(self._lines[1:], 1):
            if line.body.rstrip() == mark:
                self.marked = number > 1
                return number + 1 if number > 1 else 0
            if mark == "---" and not _YAML.match(line.body):
                break
        return 0

    def _copied(self, place: int, blank: bool) -> int:
        """Where lines end that are copied from a place on; the place itself if none are."""
        line, body = self._lines[place].body, self._bodies[place]
        if fence := _FENCE.match(body):
            return self._fenced(place, fence[fence.lastindex or 0])
        if element := _COPIED_ELEMENT.match(line):
            return self._element_end(place, element)
        if self._definition(line):
            return place + 1
        if (self._whole or not body.startswith((":::", "\\"))) and _COPIED.match(body):
            return place + 1
        return self._indented(place) if self._whole and blank else place

    def _fenced(self, place: int, mark: str) -> int:
        """Where a fence ends; one that nothing closes goes to the end, or is none where that is not sure."""
        if mark == "$$" and not self._whole:
            return place
        size = len(mark)
        if size < self._unclosed.get(mark[0], size + 1):
            close = re.compile(rf"{re.escape(mark[0])}{{{size},}}[ \t]*$")
            for number in range(place + 1, len(self._lines)):
                if close.match(self._bodies[number]):
                    return number + 1
            self._unclosed[mark[0]] = size
        return len(self._lines) if self._whole and mark != "$$" else place

    def _element_end(self, place: int, element: re.Match[str]) -> int:
        """Where an element or a comment ends that is copied, if its end is that of a line."""
        close = "-->" if element["comment"] else f"</{element['name'].lower()}>"
        if self._unclosed.get(close) or place <= self._inside.get(close, -1):
            return place
        for number in range(place, len(self._lines)):
            line = self._lines[number].body.lower()
            if close in line:
                rest = line.rpartition(close)[2].strip()
                if not rest and line.count(close) == 1:
                    return number + 1
                self._inside[close] = number
                return place
        self._unclosed[close] = 1
        return place

    def _indented(self, place: int) -> int:
        """Where code ends that is code by its indentation, behind a blank line."""
        end = place
        if not self._lines[place].body.strip():  # else, each of many blank lines would be looked at from each
            return place
        for number in range(place, len(self._lines)):
            body = self._lines[number].body
            if not body.strip():
                continue
            width = len(body.expandtabs(4)) - len(body.expandtabs(4).lstrip())
            if width < self._indent + 4:
                self._indent = 0 if width < self._indent else self._indent
                break
            end = number + 1
        return end

    def _is_table(self, place: int) -> bool:
        if "|" not in self._bodies[place] or place + 1 == len(self._lines):
            return False
        rule = self._bodies[place + 1]
        if "|" not in rule + "|" * self._whole or not _RULE.match(rule):
            return False
        same = len(_cells(self._bodies[place])) == len(_cells(rule))
        self.marked = self.marked or same
        return same

    def _row(self, place: int) -> Iterator[Part]:
        """The cells of a row, each by itself."""
        line, body = self._lines[place], self._bodies[place]
        yield line.body[: len(line.body) - len(body)]
        start = 0
        for bar in [*_CELL.finditer(body), None]:
            end = bar.start() if bar else len(body)
            yield from self._text([row_of("", body[start:end])])
            yield bar[0] if bar else line.end
            start = bar.end() if bar else end

    def _paragraph_end(self, place: int) -> int:
        """Where the lines end that may hold one sentence: before a blank line or a list's mark."""
        html = is_block(self._bodies[place])
        quotes = _quotes(self._lines[place].body)
        end = place + 1
        while end < len(self._lines):
            line, body = self._lines[end].body, self._bodies[end]
            if not line.strip() or not (html or any(map(str.isalpha, line)) or line.lstrip().startswith("<")):
                break
            prefix = line[: len(line) - len(body)]
            if not html and (prefix.strip(" \t>") or _FENCE.match(body) or is_block(body) or self._is_table(end)):
                break
            if _quotes(line) != quotes or prefix.strip(" \t>") or _COPIED.match(body) or _COPIED_ELEMENT.match(line):
                break
            if self._lines[end - 1].body.endswith("#") or _is_heading(self._lines[end - 1].body):
                break
            end += 1
        return end

    def _paragraph(self, place: int, end: int) -> Iterator[Part]:
        """The segments of some lines."""
        rows = []
        for number in range(place, end):
            line, body = self._lines[number], self._bodies[number]
            prefix = line.body[: len(line.body) - len(body)]
            if number == place:
                self._begin(prefix)
            tail = (
                (_TITLE_END if prefix.endswith('"') else _HEADING_END).search(body) if _is_heading(line.body) else None
            )
            text = body[: tail.start()] if tail else body
            rows.append(row_of(prefix, text, body[len(text) :] + line.end))
        html = is_block(rows[0].text)
        rules = self._rules._replace(kind="html") if html else self._rules
        yield from self._text(rows, rules)

    def _begin(self, prefix: str) -> None:
        """Note the indentation of a list item, and whether a mark begins the line."""
        if prefix.strip():
            self.marked = True
        width = len(prefix.expandtabs(4))
        if prefix.strip(" \t>"):
            self._indent = width if "#" not in prefix else 0
        elif width < self._indent:
            self._indent = 0

    def _text(self, rows: Sequence[Row], rules: Rules | None = None) -> Iterator[Part]:
        rules = rules or self._rules
        text = "\n".join(row.text for row in rows)
        self.marked = self.marked or is_marked(text, rules)
        goes_on = going_on(rows, rules.kind == "html")
        breaks = [
            (row.after + following.before, on) for row, following, on in zip(rows, rows[1:], goes_on, strict=False)
        ]
        yield rows[0].before
        yield from segments(text, breaks, rules)
        yield rows[-1].after


def _body(line: str) -> str:
    """A line without the marks before its text."""
    found = _PREFIX.match(line)
    size = found.end() if found else 0
    if _LONG_NUMBER.match(line):
        size = len(line) - len(line.lstrip(" \t"))
    return line[size:]


def _quotes(line: str) -> int:
    found = _QUOTES.match(line)
    return found[0].count(">") if found else 0


def _is_heading(line: str) -> bool:
    """Whether a line is a heading, or the title of an admonition, as !!! note "Read this"."""
    prefix = line[: len(line) - len(_body(line))]
    return "#" in prefix or prefix.endswith('"')


def _cells(row: str) -> list[str]:
    return _CELL.split(row.strip().removeprefix("|").removesuffix("|"))
