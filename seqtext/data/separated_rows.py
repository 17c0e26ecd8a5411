"""Whole rows of CSV and TSV, as they are written, whatever separates and encloses their cells."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any

from seqtext.data.lines import place, shown, unpacked_name
from seqtext.data.raw_lines import RawLines
from seqtext.data.row_batches import Batch, Item, different, in_batches, named
from seqtext.data.tables import Wanted, check_columns, invalid_csv, next_row, numbered_columns, ragged
from seqtext.errors import CorpusError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


class SeparatedTable:
    """A table of CSV or TSV, whatever separates its columns; a row is (the line as written, its cells).

    separator, quoted, all_quoted: how cells are written
    header: the header row as written, None in a table whose columns have numbers
    """

    kind = "csv"
    length: int | None = None

    def __init__(self, lines: RawLines, wanted: Wanted, separator: str) -> None:
        self.lines, self._wanted = lines, wanted
        self.separator, self.quoted, self._others = _dialect(lines.sample, separator, wanted)
        self._rows = self._read()
        first = next(self._rows, None)
        if first is None:
            raise CorpusError(f"{shown(lines.source)} is empty; a row of columns is expected.", "name another file")
        number, line, cells = first
        self.all_quoted = self.quoted and line == self.separator.join(
            f'"{one.replace(chr(34), chr(34) * 2)}"' for one in cells
        )
        self._width, names = len(cells), [cell.strip() for cell in cells]
        by_number = numbered_columns(wanted) if not all(one.isdigit() for one in names) else []
        self.header = None if by_number else line
        self.columns = [str(k) for k in range(1, len(cells) + 1)] if by_number else names
        where = place(lines.source, number)
        if by_number and max(by_number) >= len(cells):
            raise ragged(where, f"{max(by_number) + 1} columns or more", len(cells))
        if not by_number:
            check_columns(where, names, wanted)
            self._refuse_double(where)
        self._positions = by_number or [names.index(name) for name in wanted.names]
        if by_number:
            self._rows = chain([first], self._rows)
        self.told = self._describe(separator)

    def _refuse_double(self, where: str) -> None:
        for name in self._wanted.names:
            if self.columns.count(name) > 1:
                number = self.columns.index(name) + 1
                message = f"{where}: {self.columns.count(name)} columns are called {name!r}; one is expected."
                raise CorpusError(message, f"rename one of them, such as column {number}")

    def _describe(self, usual: str) -> str:
        lines = self.lines
        encoding = lines.encoding.upper().removesuffix("-LE").removesuffix("-BE") + " with a BOM" * bool(lines.bom)
        doubt = f", though {' and '.join(SEPARATORS[other] for other in self._others)} would fit, too"
        separated = f"columns separated by {SEPARATORS[self.separator]}{doubt * bool(self._others)}"
        facts = [separated] * (self.separator != usual or bool(self._others))
        facts += [encoding] * (encoding != "UTF-8")
        facts += [f"lines end with {lines.end!r}"] * (lines.end != "\n")
        return ", ".join(facts)

    def _read(self) -> Iterator[tuple[int, str, list[str]]]:
        """(line number, the row as written without its end, cells); a blank line is a row of a single column only."""
        written: list[str] = []

        def feed() -> Iterator[str]:
            for _, line in self.lines:
                written.append(line)
                yield line

        quotes: Any = csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE
        reader = csv.reader(feed(), delimiter=self.separator, quoting=quotes, strict=True)
        while True:
            where = reader.line_num + 1
            written.clear()
            try:
                cells = next_row(reader)
            except csv.Error as error:
                raise invalid_csv(place(self.lines.source, where), error) from error
            if cells is None:
                return
            if cells or getattr(self, "_width", 0) == 1:
                yield where, "".join(written).rstrip("\r\n"), cells or [""]
            else:
                self._wanted.report.skip("empty line")

    def _items(self) -> Iterator[Item]:
        position, width = self._positions[0], self._width
        name = self._positions[1] if len(self._positions) > 1 else None
        for number, line, cells in self._rows:
            where = place(self.lines.source, number)
            if len(cells) != width:
                nothing = self.separator * (width - 1), [""] * width
                yield Item(where, "", ragged(where, f"{width} columns as in the first row", len(cells)), nothing)
            else:
                where = where if name is None else named(where, cells[name])
                yield Item(where, cells[position], None, (line, cells))

    def batches(self, start: int, size: int) -> Iterator[Batch]:
        """Rows in batches, see `Table`."""
        return in_batches(self._items(), start, size)

    def as_json(self, rows: Any, index: int) -> str:
        """A row as a JSON object, see `Table`."""
        return json.dumps(dict(zip(different(self.columns), rows[index][1], strict=True)), ensure_ascii=False)

    def bytes_read(self) -> int | None:
        """Bytes read so far, see `Table`."""
        return None if unpacked_name(self.lines.source)[1] else self.lines.read


def _dialect(sample: str, usual: str, wanted: Wanted) -> tuple[str, bool, list[str]]:
    """The separator of a sample, whether cells are quoted, and the other separators that would fit as well.

    It is the one that finds the wanted columns in the header, then the one that gives most rows the same number of
    columns. Without a header, a sample that fits the usual one has it: commas stand in many a text.
    """

    def rows(separator: str, quoting: Any) -> list[list[str]]:
        with_end = sample[: sample.rfind("\n") + 1 or len(sample)]
        reader = csv.reader(io.StringIO(with_end, newline=""), delimiter=separator, quoting=quoting)
        try:
            return [row for row in islice(reader, 1000) if row]
        except csv.Error:
            return []

    def widths(separator: str, quoting: Any) -> list[int]:
        return [len(row) for row in rows(separator, quoting)]

    def fits(separator: str) -> bool:
        found = widths(separator, csv.QUOTE_MINIMAL)
        return bool(found) and found[0] > 1 and found.count(found[0]) >= 0.9 * len(found)

    def rank(separator: str) -> tuple[bool, bool, bool, int, bool]:
        first = next(iter(rows(separator, csv.QUOTE_MINIMAL)), [])
        named, width = {*wanted.names} <= {cell.strip() for cell in first}, len(first) if len(first) > 1 else 0
        fitting = fits(separator)
        return named and not numbered, fitting, fitting and numbered and separator == usual, width, separator == usual

    numbered = bool(numbered_columns(wanted))
    best = max(SEPARATORS, key=rank)
    separator = best if rank(best)[3] else usual
    doubtful = numbered and usual != "\t"  # a suffix of .tsv leaves no doubt
    others = [other for other in SEPARATORS if doubtful and other != separator and fits(other) and fits(separator)]
    return separator, separator != "\t" or _tabs_are_quoted(sample, widths), others


def _tabs_are_quoted(sample: str, widths: Callable[[str, Any], list[int]]) -> bool:
    """Whether quotes in a tab-separated sample enclose cells, or are a part of the text, as in most such files."""
    if '"' not in sample:
        return False
    plain, quoted = widths("\t", csv.QUOTE_NONE), widths("\t", csv.QUOTE_MINIMAL)
    if (len(set(plain)) == 1) != (len(set(quoted)) == 1):
        return len(set(quoted)) == 1
    cells = [cell for line in sample.splitlines()[:-1] for cell in line.split("\t") if '"' in cell]
    return bool(cells) and all(
        len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', "") for cell in cells
    )
