"""Read whole rows of CSV and TSV as written, in any dialect."""

import csv
import json
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from seqtext.data.columns import names_fields
from seqtext.data.dialect import Dialect, recognize
from seqtext.data.encodings import unpacked_name
from seqtext.data.formats.sheet import SheetLines
from seqtext.data.lines import place, shown
from seqtext.data.raw_lines import RawLines
from seqtext.data.row_batches import Item, RowBatch, different, in_batches, named_place
from seqtext.data.tab_rows import say_header
from seqtext.data.tables import invalid_csv, next_row
from seqtext.data.wanted import Wanted, numbered_columns, ragged
from seqtext.errors import CorpusError


class SeparatedTable:
    """Read a table of CSV or TSV. A row is (line as written, cells).

    separator, quoted, all_quoted: the dialect of the cells
    header: the header row as written, None in a table whose columns are numbered
    first_line: the line before it that names the separator, "" for none
    Raises CorpusError for an empty or invalid table, and for a missing column.
    """

    kind = "csv"
    length: int | None = None

    def __init__(self, lines: RawLines | SheetLines, wanted: Wanted, separator: str) -> None:
        self.lines, self._wanted = lines, wanted
        if isinstance(lines, SheetLines):
            self._dialect = Dialect(separator, True)
        else:
            self._dialect = recognize(lines.sample, separator, wanted.has_columns, wanted.has_numbers)
        self.separator, self.quoted = self._dialect.separator, self._dialect.quoted
        self.first_line = self._dialect.line
        self._rows = self._read()
        first = next(self._rows, None)
        if first is None:
            raise CorpusError(f"{shown(lines.source)} is empty; a row of columns is expected.", "name another file")
        number, line, cells = first
        self.all_quoted = self.quoted and line == self.separator.join(
            f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells
        )
        self._width, names = len(cells), [cell.strip() for cell in cells]
        self._wanted = wanted = wanted.settled(names, numbers=True)
        by_number = numbered_columns(wanted) if not all(name.isdigit() for name in names) else []
        where = place(lines.source, number)
        if by_number and max(map(max, by_number)) >= len(cells):
            raise ragged(where, f"{max(map(max, by_number)) + 1} columns or more", len(cells))
        named_place = not by_number or names_fields([names[positions[0]] for positions in by_number], wanted.fields)
        if by_number and named_place:
            say_header(where, names, wanted)
        self.header: str | None = line if named_place else None
        self._heads: list[str] | None = cells if named_place else None
        self.columns = names if named_place else [str(k) for k in range(1, len(cells) + 1)]
        parts = [[str(k + 1) for k in positions] for positions in by_number] or wanted.parts(where, names)
        self._pick = wanted.picker(parts, by_number or [[names.index(name) for name in joined] for joined in parts])
        if not named_place:
            self._rows = chain([first], self._rows)
        self.told = self._describe(separator)

    def _describe(self, usual: str) -> str:
        lines = self.lines
        encoding = lines.encoding.upper().removesuffix("-LE").removesuffix("-BE") + " with a BOM" * bool(lines.bom)
        facts = [told] if (told := self._dialect.described(usual)) else []
        facts += [encoding] * (encoding != "UTF-8")
        facts += [f"lines end with {lines.end!r}"] * (lines.end != "\n")
        return ", ".join(facts)

    def _read(self) -> Iterator[tuple[int, str, list[str]]]:
        """Yield (line number, row without its line end, cells); a blank line is a row only with a single column."""
        written: list[str] = []

        before = 1 if self.first_line else 0

        def feed() -> Iterator[str]:
            for _, line in islice(self.lines, before, None):
                written.append(line)
                yield line

        quotes: Any = csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE
        reader = csv.reader(feed(), delimiter=self.separator, quoting=quotes, strict=True)
        while True:
            where = before + reader.line_num + 1
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
        width, pick = self._width, self._pick
        for number, line, cells in self._rows:
            where = place(self.lines.source, number)
            if cells == self._heads:
                self._wanted.report.skip("header row again", where)
            elif len(cells) != width:
                nothing = self.separator * (width - 1), [""] * width
                yield Item(where, "", ragged(where, f"{width} columns as in the first row", len(cells)), nothing)
            else:
                text, *name = pick(where, cells)
                yield Item(named_place(where, name[0]) if name else where, str(text), None, (line, cells))

    def batches(self, start: int, size: int) -> Iterator[RowBatch]:
        """Yield batches of rows, see `Table`."""
        return in_batches(self._items(), start, size)

    def as_json(self, rows: Any, index: int) -> str:
        """Format a row as a JSON object, see `Table`."""
        return json.dumps(dict(zip(different(self.columns), rows[index][1], strict=True)), ensure_ascii=False)

    def bytes_read(self) -> int | None:
        """Count the bytes read so far, see `Table`."""
        return None if unpacked_name(self.lines.source)[1] else self.lines.read
