"""Read the rows of tab-separated lines, with or without a header.

Also lines with labels in the format of fastText, and texts that contain tabs.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from seqtext.data.columns import JOIN, header_order, names_fields
from seqtext.data.formats.registry import kind_of
from seqtext.data.labels import SEPARATOR
from seqtext.data.lines import place, shown
from seqtext.data.wanted import Values, Wanted, by_number, numbered_columns, ragged
from seqtext.errors import CorpusError, arguments

_SAMPLE = 1 << 16  # characters from which a dialect is recognized
_FAST_TEXT = re.compile(r"(?:^|(?<=\s))__label__(\S+)\s*")
_LABELLED = ("label", "text")
_EXACT = 0.2  # least share of first rows with as many cells as fields, from which other tabs belong to texts
_UNIFORM = 0.9  # least share of first rows with the same number of cells, which is then the width


def tab_separated(source: str, wanted: Wanted, lines: Iterator[tuple[int, str]] | None = None) -> Iterator[Values]:
    """Read tab-separated lines without quotes; the first may be a header.

    Raises CorpusError for a missing column, and for a row with a wrong number of cells.
    """
    layout: _Layout | None = None
    head, lines = beginning(wanted.lines(source) if lines is None else lines)
    header = ""
    for number, line in lines:
        where, cells = place(source, number), line.split("\t")
        if not line.strip():
            yield from wanted.blank_line(where)
            continue
        if layout is None:
            if not wanted.columns and wanted.fields == _LABELLED and is_fast_text(line):
                yield from _fast_text(source, wanted, chain([(number, line)], lines))
                return
            wanted = wanted.settled([cell.strip() for cell in cells], numbers=True)
            layout = _Layout(source, where, cells, wanted, [row.count("\t") + 1 for row in head if row.strip()])
            if layout.has_header:
                header = line
                continue
        if line == header:
            wanted.report.skip("header row again", where)
            continue
        yield where, layout.pick(where, layout.fitting(where, cells))


class _Layout:
    """The positions of the fields in tab-separated lines, by the first line; has_header: whether it is a header row.

    widths: numbers of cells of the first lines.
    """

    def __init__(self, source: str, where: str, cells: list[str], wanted: Wanted, widths: Sequence[int]) -> None:
        self._source, self._wanted, self._widths = source, wanted, widths
        positions = numbers = _numbered(source, cells, wanted)
        if numbers:
            parts = [[str(k + 1) for k in field_numbers] for field_numbers in numbers]
            heads = [cells[field_numbers[0]] for field_numbers in numbers if field_numbers[0] < len(cells)]
            self.has_header = names_fields(heads, wanted.fields)
            self._width = self._usual_width()
        else:
            parts, positions = _header(where, cells, wanted)
            self.has_header, self._width = bool(positions), len(cells)
            if not positions:
                parts, self._width = [[name] for name in wanted.fields], len(wanted.fields)
                positions = [[k] for k in range(len(wanted.fields))]
        if self.has_header and (numbers or not wanted.columns):
            say_header(where, cells, wanted)
        self._numbered, self._most = bool(numbers), max(map(max, positions))
        last = [
            field for field, indices in zip(wanted.fields, positions, strict=True) if indices[-1] == self._width - 1
        ]
        exact = numbers or self.has_header or widths.count(self._width) >= _EXACT * len(widths)
        self._text_is_last = bool(exact) and last == ["text"]
        self.pick = wanted.picker(parts, positions)

    def _usual_width(self) -> int:
        """Determine the number of cells for numbered columns; 0 if it is not clear.

        If it varies and the text is the last cell of the shortest rows, longer rows have tabs inside their texts.
        """
        most, count = next(iter(Counter(self._widths).most_common(1)), (0, 0))
        if count >= _UNIFORM * len(self._widths):
            return most
        last, narrowest = numbered_columns(self._wanted)[-1][-1], min(self._widths)
        return narrowest if self._wanted.fields[-1] == "text" and last == narrowest - 1 else 0

    def fitting(self, where: str, cells: list[str]) -> list[str]:
        """Fit a row's cells to the fields, rejoining a text with tabs.

        Raises CorpusError for too many or too few cells.
        """
        width, count = self._width, len(cells)
        if width and count > width and self._text_is_last:
            self._wanted.report.mend("tab inside a text, kept in it", where, count - width)
            return [*cells[: width - 1], "\t".join(cells[width - 1 :])]
        if width and count != width and (count > width or not self._numbered):
            raise self._ragged(where, count)
        if count <= self._most:  # a row may lack columns that no number asks for
            raise ragged(where, f"{self._most + 1} columns or more", count)
        return cells

    def _ragged(self, where: str, found: int) -> CorpusError:
        width, wanted, widths = self._width, self._wanted, set(self._widths)
        if wanted.columns:
            first = "most rows" if self._numbered else "the header row"
            hint = "correct or remove the line" + " (a tab inside a text?)" * (found > width)
            return ragged(where, f"{width} columns as in {first}", found, hint)
        hint = "remove the line, or the tabs inside its texts" if found > width else "correct or remove the line"
        if len(widths) == 1 and found > width:
            rest = JOIN.join(map(str, range(width, found + 1))) if wanted.fields[-1] == "text" else str(width)
            columns = {field: str(number) for number, field in enumerate(wanted.fields, 1)}
            hint = f"name the layout, as in {arguments(columns={**columns, wanted.fields[-1]: rest})}"
        if kind_of(self._source) == "text" and width == 2 and "label" not in wanted.fields:
            hint += ", or give two parallel files such as corpus.en corpus.de"
        return ragged(where, f'"{"<TAB>".join(wanted.fields)}"', found, hint)


def say_header(where: str, cells: Sequence[str], wanted: Wanted) -> None:
    """Count a recognized header row, and note its cells."""
    wanted.report.skip("header row", where)
    names = ", ".join(repr(cell.strip()[:40]) for cell in cells[:12])
    wanted.report.note(f"{where} is taken for a header row: {names}")


def is_fast_text(line: str) -> bool:
    """Tell whether a line begins or ends with a fastText label.

    >>> is_fast_text("__label__good A fine day."), is_fast_text("good\\tA fine day.")
    (True, False)
    """
    match = _FAST_TEXT.search(line)
    return match is not None and not (line[: match.start()].strip() and line[match.end() :].strip())


def _fast_text(source: str, wanted: Wanted, lines: Iterable[tuple[int, str]]) -> Iterator[Values]:
    """Read lines in fastText's format, each label after __label__, usually before the text."""
    wanted.report.note(f"{shown(source)}: fastText's form, labels after __label__")
    for number, line in lines:
        where = place(source, number)
        if not line.strip():
            yield from wanted.blank_line(where)
            continue
        yield where, [SEPARATOR.join(_FAST_TEXT.findall(line)), _FAST_TEXT.sub("", line).strip()]


def _numbered(source: str, cells: Sequence[str], wanted: Wanted) -> list[list[int]]:
    """Read the positions from numbers in --columns; [] if a header or the order of the fields decides."""
    positions = numbered_columns(wanted)
    header = [cell.strip() for cell in cells]
    if wanted.columns and not positions and kind_of(source) == "text" and not wanted.has_columns(header):
        name = next(iter(wanted.columns.values()))
        message = f"{shown(source)} has no header row to hold the column {name!r}; columns there have numbers."
        raise CorpusError(message, f"{by_number(wanted)}, or the suffix .tsv for a file with a header row")
    return positions


def _header(where: str, cells: list[str], wanted: Wanted) -> tuple[list[list[str]], list[list[int]]]:
    """Find the fields' columns and positions in a header row; [] for a first row that is not a header."""
    names = [cell.strip() for cell in cells]
    if not wanted.columns:
        names = [cell.lower() for cell in names]
        if wanted.fields == _LABELLED and (order := header_order(names)):
            return [[names[k]] for k in order], [[k] for k in order]
        if sorted(names) != sorted(wanted.fields):
            return [], []
    parts = wanted.parts(where, names)
    return parts, [[names.index(column) for column in field_columns] for field_columns in parts]


def beginning(lines: Iterator[tuple[int, str]]) -> tuple[list[str], Iterator[tuple[int, str]]]:
    """Read the first lines ahead, and return them with all lines.

    A CorpusError while reading ahead is raised only at its place.
    """
    head: list[tuple[int, str]] = []
    size, fault = 0, None
    try:
        for numbered in lines:
            head.append(numbered)
            size += len(numbered[1]) + 1
            if size > _SAMPLE:
                break
    except CorpusError as error:
        fault = error
    return [line for _, line in head], _whole(head, lines, fault)


def _whole(
    head: Sequence[tuple[int, str]], rest: Iterator[tuple[int, str]], fault: CorpusError | None
) -> Iterator[tuple[int, str]]:
    yield from head
    if fault is not None:
        raise fault
    yield from rest
