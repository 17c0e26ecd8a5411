"""Read Markdown blocks: headings, lists, quotes, tables, code and front matter.

What makes a block is copied; the text inside becomes segments. The blocks are those of CommonMark, with the tables and
task lists of GitHub, and the admonitions, shortcodes and footnotes that other programs have added.
"""

import re
from collections.abc import Iterator, Sequence

from seqtext.models.markup.front_matter import front_matter_parts
from seqtext.models.markup.inline import ADDRESS, Rules, is_marked, segments
from seqtext.models.markup.lines import Row, going_on, lines_of, row_of
from seqtext.models.markup.messages import begins_message
from seqtext.models.markup.parts import Part, joined
from seqtext.models.markup.tags import COPIED_BLOCKS, is_block
from seqtext.models.markup.titles import TITLE, title_parts

_LIST = r"(?:[-*+]|\d{1,9}[.)]|[a-z]\)|\((?:\d{1,2}|[a-z])\))(?=[ \t])|[•‣◦▪●○](?=[ \t])"
_ADMONITION = (
    r"(?:!!!|\?{3}\+?) (?:note|abstract|info|tip|success|question|warning|failure|danger|bug|example|quote|attention|"
    r"caution|error|hint|important|details)(?: [a-z]{1,99})*"
)
_QUOTES = re.compile(r"(?:[ \t]*>)+[ \t]*|[ \t]*")
_PREFIX = re.compile(
    rf"(?:[ \t]*(?:>|{_LIST}|:(?=[ \t])))*[ \t]*(?:\[[ xX]\](?=[ \t])[ \t]*)?(?:#{{1,6}}(?=[ \t])[ \t]*)?"
    r"(?:\[\^[^\s\[\]]{1,99}\]:[ \t]*)?"
    rf'(?:{_ADMONITION} ")?'
)
_CONTAINER = re.compile(
    rf" *(?:(?P<quote>>) ?|(?P<item>{_LIST}|:(?=[ \t])) *|(?P<note>\[\^[^\s\[\]]{{1,99}}\]:|{_ADMONITION}(?=[ \t]|$)))"
)
_TEXT = re.compile("[^ ]")
_INTERRUPTS = re.compile(r" {0,3}(?:#{1,6}(?: |$)|`{3}|~{3}|<)")  # a paragraph, unlike other text
_BREAK = re.compile(r" {0,3}(?:(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,})$")  # a thematic break, which is no list
_QUOTE, _NOTE = 0, 4  # see `_Containers`
_DEEPEST = 99  # containers inside each other that are told apart
_CODE = 4  # columns from which on an indented line is code
_BLANK = 1 << 30  # in place of the columns of a blank line, which is indented enough for anything
_QUOTE_MARK = re.compile(" {0,3}> ?")
_LONG_NUMBER = re.compile(r"[ \t]*\d{4,9}[.)]")  # 1986. A great year
_HEADING_END = re.compile(r"(?<![ \t])(?:[ \t]+#+)?(?:[ \t]*\{[#.:][^{}]{0,200}\})?[ \t]*$")
_TITLE_END = re.compile(r"\"?[ \t]*$")  # of an admonition
_FENCE = re.compile(r"(`{3,})[^`]*$|(~{3,})|(\$\$)[ \t]*$")
_DEFINITION = re.compile(rf"[ \t]{{0,3}}\[(?!\^)([^\[\]]{{1,999}})\]:[ \t]*(<[^<>]*>|\S+)(?:[ \t]+{TITLE})?[ \t]*$")
_COPIED = re.compile(
    rf"{_ADMONITION}[ \t]*$|" r"\[![A-Za-z]+\][+-]?[ \t]*$|\{%.*%\}[ \t]*$|\{\{[<%].*[>%]\}\}[ \t]*$|:{3,}|\\\[|\\\]"
)
_RULE = re.compile(r"[ \t]*(?:\|[ \t]*)?:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*(?:\|[ \t]*)?$")
_CELL = re.compile(r"(?<!\\)\|")
_YAML = re.compile(r"[ \t]*$|[ \t]*#|[ \t]+\S|-[ \t]|[\w\"'.-]+[ \t]*:(?:[ \t]|$)|[\]})]")
_COPIED_ELEMENT = re.compile(rf"[ \t]*(?:<(?P<name>{'|'.join(sorted(COPIED_BLOCKS))})\b|(?P<comment><!--))", re.I)


def read_markdown(text: str, whole: bool) -> list[Part] | None:
    """Cut Markdown into literals and segments.

    text: a document, with any line ends and perhaps a byte order mark
    whole: whether the text is known to be Markdown; otherwise a mark that may be something else is text
    returns the parts in order; None where nothing is marked and the text is not known to be Markdown

    Source: CommonMark, https://spec.commonmark.org
    """
    mark = "\ufeff" * text.startswith("\ufeff")  # would stand between the beginning of a line and its mark
    reader = _Reader(text[len(mark) :], whole)
    parts = joined([mark, *reader.parts()])
    return parts if whole or reader.marked else None


class _Reader:
    """Read Markdown line by line; marked: whether any mark was read."""

    def __init__(self, text: str, whole: bool) -> None:
        self._lines, self._whole = lines_of(text), whole
        self._bodies = [_body(line.body) for line in self._lines]
        self.marked = False
        self._unclosed: dict[str, int] = {}  # fence character → length of the shortest fence that nothing closes
        #: Closing tag of an element → number of the last line where other text is known to follow it.
        self._inside: dict[str, int] = {}
        definitions = (self._definition(line.body) for line in self._lines)
        labels = frozenset(" ".join(definition[1].split()).casefold() for definition in definitions if definition)
        self._rules = Rules("markdown", not whole, labels)
        self._containers = _Containers()

    def _definition(self, line: str) -> re.Match[str] | None:
        """Match a link reference definition; [Anna]: Hello. is one only in what is known to be Markdown."""
        found = _DEFINITION.match(line) if "]:" in line else None
        return found if found and (self._whole or ADDRESS.search(found[2])) else None

    def parts(self) -> Iterator[Part]:
        """Yield the literals and segments of the text in order."""
        start = self._front_matter()
        yield from front_matter_parts(self._lines[:start])
        apart = True  # whether no paragraph goes on, so that indented code may begin
        while start < len(self._lines):
            code = self._indented(start, apart) if self._whole else start
            end = code if code > start else self._copied(start)
            closed = end > start and (code > start or self._is_closed(start))
            if end > start:
                self.marked = True
                defined = self._definition(self._lines[start].body)
                yield from title_parts(self._literal(start, end)) if defined else [self._literal(start, end)]
            elif self._is_table(start):
                end = start + 2
                yield from self._row(start)
                yield self._literal(start + 1, end)
                while end < len(self._lines) and "|" in self._lines[end].body:
                    yield from self._row(end)
                    end += 1
            elif not any(map(str.isalpha, self._lines[start].body)):
                end = start + 1
                yield self._literal(start, end)
            else:
                end = self._paragraph_end(start)
                yield from self._paragraph(start, end)
            apart = closed or self._ends_paragraph(end - 1)
            start = end

    def _literal(self, start: int, end: int) -> str:
        return "".join(line.whole for line in self._lines[start:end])

    def _front_matter(self) -> int:
        """Count the lines of the front matter, a block of settings that begins the text; 0 without one."""
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

    def _is_closed(self, start: int) -> bool:
        """Tell whether what is copied from a line on has an end of its own, as fenced code has."""
        return bool(_FENCE.match(self._bodies[start]) or _COPIED_ELEMENT.match(self._lines[start].body))

    def _ends_paragraph(self, number: int) -> bool:
        """Tell whether no paragraph goes on after a line: it is blank, a thematic break or a heading."""
        line = self._lines[number].body
        prefix = line[: len(line) - len(self._bodies[number])]
        return not line.strip(" \t>") or _BREAK.match(line) is not None or "#" in prefix

    def _copied(self, start: int) -> int:
        """Find the end of the lines that are copied from a line on, by how it begins; the line itself for none."""
        line, body = self._lines[start].body, self._bodies[start]
        if fence := _FENCE.match(body):
            return self._fenced(start, fence[fence.lastindex or 0])
        if element := _COPIED_ELEMENT.match(line):
            return self._element_end(start, element)
        if self._definition(line):
            return start + 1
        if (self._whole or not body.startswith((":::", "\\"))) and _COPIED.match(body):
            return start + 1
        return start

    def _fenced(self, start: int, mark: str) -> int:
        """Find the end of fenced code; without a closing fence, the text's end, or none where it may be no fence."""
        if mark == "$$" and not self._whole:
            return start
        size = len(mark)
        if size < self._unclosed.get(mark[0], size + 1):
            close = re.compile(rf"{re.escape(mark[0])}{{{size},}}[ \t]*$")
            for number in range(start + 1, len(self._lines)):
                if close.match(self._bodies[number]):
                    return number + 1
            self._unclosed[mark[0]] = size
        return len(self._lines) if self._whole and mark != "$$" else start

    def _element_end(self, start: int, element: re.Match[str]) -> int:
        """Find the end of an element or a comment that is copied, if nothing follows it on its last line."""
        close = "-->" if element["comment"] else f"</{element['name'].lower()}>"
        if self._unclosed.get(close) or start <= self._inside.get(close, -1):
            return start
        for number in range(start, len(self._lines)):
            line = self._lines[number].body.lower()
            if close in line:
                rest = line.rpartition(close)[2].strip()
                if not rest and line.count(close) == 1:
                    return number + 1
                self._inside[close] = number
                return start
        self._unclosed[close] = 1
        return start

    def _indented(self, start: int, apart: bool) -> int:
        """Find the end of indented code that begins with a line; the line itself for none.

        apart: whether no paragraph goes on before it
        """
        if not self._containers.begins_code(self._lines[start].body, apart):
            return start
        end = start + 1
        for number in range(end, len(self._lines)):
            width = self._containers.width(self._lines[number].body)
            if width is None or width < _CODE:
                break
            end = number + 1 if width < _BLANK else end
        return end

    def _is_table(self, number: int) -> bool:
        if "|" not in self._bodies[number] or number + 1 == len(self._lines):
            return False
        rule = self._bodies[number + 1]
        if "|" not in rule + "|" * self._whole or not _RULE.match(rule):
            return False
        same = len(_cells(self._bodies[number])) == len(_cells(rule))
        self.marked = self.marked or same
        return same

    def _row(self, number: int) -> Iterator[Part]:
        """Yield the cells of a table's row, each as segments of its own."""
        line, body = self._lines[number], self._bodies[number]
        yield line.body[: len(line.body) - len(body)]
        start = 0
        for bar in [*_CELL.finditer(body), None]:
            end = bar.start() if bar else len(body)
            yield from self._text([row_of("", body[start:end])])
            yield bar[0] if bar else line.end
            start = bar.end() if bar else end

    def _paragraph_end(self, start: int) -> int:
        """Find the end of a paragraph: the line before a blank one or one that begins another block."""
        html = is_block(self._bodies[start])
        quotes = _quotes(self._lines[start].body)
        end = start + 1
        signs: tuple[str, ...] = ("<",)
        while end < len(self._lines):
            line, body = self._lines[end].body, self._bodies[end]
            if begins_message(self._lines[end - 1].body):
                signs = ("<", "}")
            if not line.strip() or not (html or any(map(str.isalpha, line)) or line.lstrip().startswith(signs)):
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

    def _paragraph(self, start: int, end: int) -> Iterator[Part]:
        """Yield the parts of a paragraph, the lines from start to end."""
        rows = []
        for number in range(start, end):
            line, body = self._lines[number], self._bodies[number]
            prefix = line.body[: len(line.body) - len(body)]
            self.marked = self.marked or (number == start and bool(prefix.strip()))
            tail = (
                (_TITLE_END if prefix.endswith('"') else _HEADING_END).search(body) if _is_heading(line.body) else None
            )
            text = body[: tail.start()] if tail else body
            rows.append(row_of(prefix, text, body[len(text) :] + line.end))
        html = is_block(rows[0].text)
        rules = self._rules._replace(kind="html") if html else self._rules
        yield from self._text(rows, rules)

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


class _Containers:
    """Track the block quotes and list items that are open, by the columns of CommonMark.

    It also tracks footnotes and admonitions, whose text is indented by four.
    """

    def __init__(self) -> None:
        self._open: list[int] = []  # _QUOTE, or by how many columns the text inside is indented

    def begins_code(self, line: str, apart: bool) -> bool:
        """Go on to a line: close what it is not in, open what begins there; tell whether the rest is indented code.

        apart: whether no paragraph goes on before the line
        """
        line = line.expandtabs(4)
        kept, at = self._inside(line)
        begins = any(pattern.match(line, at) for pattern in (_CONTAINER, _BREAK, _INTERRUPTS))
        if not apart and not begins and line.strip():  # a paragraph may leave out the marks of what it stands in
            return False
        del self._open[kept:]
        while not (apart and self._indent(line, at) >= _CODE) and len(self._open) < _DEEPEST:
            found = _CONTAINER.match(line, at)
            if found is None or _BREAK.match(line, at):
                break
            self._open.append(_QUOTE if found["quote"] else _NOTE if found["note"] else _item_width(found))
            at, apart = found.end(), True
        return apart and _CODE <= self._indent(line, at) < _BLANK

    def width(self, line: str) -> int | None:
        """Measure how far a line is indented in what is open, _BLANK where it is blank; None where it is not in all."""
        line = line.expandtabs(4)
        kept, at = self._inside(line)
        return self._indent(line, at) if kept == len(self._open) else None

    def _inside(self, line: str) -> tuple[int, int]:
        """Find how many of the open ones a line is in, from the outermost on, and where its own text begins."""
        at = 0
        for number, width in enumerate(self._open):
            indent = self._indent(line, at)
            if width == _QUOTE:
                quote = _QUOTE_MARK.match(line, at)
                if quote is None:
                    return number, at
                at = quote.end()
            elif indent < width:
                return number, at
            elif indent < _BLANK:
                at += width
        return len(self._open), at

    @staticmethod
    def _indent(line: str, at: int) -> int:
        text = _TEXT.search(line, at)
        return text.start() - at if text else _BLANK


def _item_width(found: re.Match[str]) -> int:
    """Give the columns of a list item's mark and the spaces around it; of five spaces and more after it, one counts."""
    spaces = found.end() - found.end("item")
    return found.end("item") - found.start() + (spaces if spaces <= _CODE else 1)


def _body(line: str) -> str:
    """Cut the marks of blocks from the beginning of a line."""
    prefix = _PREFIX.match(line)
    size = prefix.end() if prefix else 0
    if _LONG_NUMBER.match(line):
        size = len(line) - len(line.lstrip(" \t"))
    return line[size:]


def _quotes(line: str) -> int:
    found = _QUOTES.match(line)
    return found[0].count(">") if found else 0


def _is_heading(line: str) -> bool:
    """Tell whether a line is a heading or the title of an admonition, such as !!! note "Read this"."""
    prefix = line[: len(line) - len(_body(line))]
    return "#" in prefix or prefix.endswith('"')


def _cells(row: str) -> list[str]:
    return _CELL.split(row.strip().removeprefix("|").removesuffix("|"))
