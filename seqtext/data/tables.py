"""Read the rows of any table by a suitable reader."""

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from seqtext.data.columns import names_fields
from seqtext.data.dialect import Dialect, recognize
from seqtext.data.formats.documents import read_document
from seqtext.data.formats.registry import PAIRS, TEXTS, format_of, kind_of
from seqtext.data.formats.sheet import SheetLines
from seqtext.data.formats.units import rows_of_units
from seqtext.data.lines import Report, place, shown
from seqtext.data.records import has_keys, numbered_objects, rows_of_objects
from seqtext.data.tab_rows import beginning, say_header, tab_separated
from seqtext.data.wanted import ROW_LIMIT, Values, Wanted, numbered_columns, ragged
from seqtext.errors import CorpusError
from seqtext.shell import quote


def read_table(source: str, wanted: Wanted) -> Iterator[Values]:
    """Read the rows of a table by the reader of its format.

    A document has the column text alone. Raises CorpusError for what cannot be read, and for a missing column.
    """
    table = format_of(source)
    if table.gives == TEXTS:
        return _document(source, wanted)
    rows = table.read(source, wanted)
    return rows_of_units(source, rows, wanted) if table.gives == PAIRS else rows


def _document(source: str, wanted: Wanted) -> Iterator[Values]:
    """Read the texts of a document as rows of a single column, text."""
    if wanted.fields != ("text",) or any(column != "text" for column in wanted.columns.values()):
        document = f"{shown(source)} is a document, which holds texts and no columns"
        if format_of(source).two and len(wanted.fields) == 2 and "label" not in wanted.fields:
            suffix = format_of(source).suffix
            message = f"{document}; two {suffix} files make pairs, by their times."
            raise CorpusError(message, f"{quote(source)} OTHER{suffix}")
        expected = " and ".join(wanted.names)
        raise CorpusError(f"{document}; {expected} would be columns.", "give a table, such as .csv, .xlsx or .jsonl")
    return ((where, [text]) for where, text in read_document(source, wanted))


def read_sheet(source: str, wanted: Wanted) -> Iterator[Values]:
    """Read the rows of a spreadsheet.

    source: FILE.xlsx or FILE.xlsx#SHEET; yields each row's location and the values of the fields wanted
    Raises CorpusError for a workbook that cannot be read, and for columns that are missing.
    """
    return _delimited(source, wanted, SheetLines(source, wanted.report).without_ends(), ",")


def read_separated(source: str, wanted: Wanted) -> Iterator[Values]:
    """Read the rows of CSV or TSV in any dialect.

    Raises CorpusError for invalid rows, and for a missing column.
    """
    usual = "\t" if kind_of(source) == "tsv" else ","
    twice = os.path.isfile(source)  # a pipe is not
    first = replace(wanted, encoding_errors="replace", report=Report()) if twice else wanted
    head, whole = beginning(first.lines(source))
    lines = wanted.lines(source) if twice else whole
    dialect = recognize(_sample(head), usual, wanted.has_columns, wanted.has_numbers)
    if told := dialect.described(usual):
        wanted.report.note(f"{shown(source)}: {told}")
    return _by_dialect(source, wanted, lines, dialect)


def _by_dialect(source: str, wanted: Wanted, lines: Iterator[tuple[int, str]], dialect: Dialect) -> Iterator[Values]:
    if dialect.separator == "\t" and not dialect.quoted:
        return tab_separated(source, wanted, lines)
    before = 1 if dialect.line else 0
    return _delimited(source, wanted, islice(lines, before, None), dialect.separator, before)


def _sample(head: Sequence[str]) -> str:
    return "\n".join(head) + "\n"


def read_unnamed(source: str, wanted: Wanted) -> Iterator[Values]:
    """Read the rows of a file without a known suffix.

    It is JSON lines if the first is an object with the columns; otherwise a table that has them, or tab-separated
    lines. Raises CorpusError for what cannot be read.
    """
    head, lines = beginning(wanted.lines(source))
    first = next((line.lstrip() for line in head if line.strip()), "")
    if first.startswith("{") and has_keys(first, wanted):
        wanted.report.note(f"{shown(source)}: JSON lines")
        return rows_of_objects(numbered_objects(source, lines, wanted), wanted)
    dialect = recognize(_sample(head), "\t", wanted.has_columns, wanted.has_numbers)
    if not dialect.line and (wanted.has_numbers or not wanted.has_columns(list(dialect.header))):
        dialect = Dialect("\t", False)
    if told := dialect.described("\t"):
        wanted.report.note(f"{shown(source)}: {told}")
    return _by_dialect(source, wanted, lines, dialect)


def _delimited(
    source: str, wanted: Wanted, lines: Iterator[tuple[int, str]], separator: str, before: int = 0
) -> Iterator[Values]:
    """Read the rows of a table with quoted cells; before: number of lines before these."""
    reader = csv.reader((f"{line}\n" for _, line in lines), delimiter=separator, strict=True)
    pick, width, header = None, 0, list[str]()
    while True:
        where = place(source, before + reader.line_num + 1)
        try:
            cells = next_row(reader)
        except csv.Error as error:
            raise invalid_csv(where, error) from error
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            yield from wanted.blank_line(where)
            continue
        if pick is None:
            names, width = [cell.strip() for cell in cells], len(cells)
            wanted = wanted.settled(names, numbers=True)
            positions = [] if all(name.isdigit() for name in names) else numbered_columns(wanted)
            parts = [[str(k + 1) for k in numbers] for numbers in positions] or wanted.parts(where, names)
            pick = wanted.picker(parts, positions or [[names.index(name) for name in joined] for joined in parts])
            if not positions:
                header = cells
                continue
            if width <= max(map(max, positions)):
                raise ragged(where, f"{max(map(max, positions)) + 1} columns or more", width)
            if names_fields([names[numbers[0]] for numbers in positions], wanted.fields):
                header = cells
                say_header(where, names, wanted)
                continue
        if len(cells) != width:
            first = "header" if header else "first"
            raise ragged(where, f"{width} columns as in the {first} row", len(cells))
        if cells == header:
            wanted.report.skip("header row again", where)
            continue
        yield where, pick(where, cells)


def invalid_csv(where: str, error: csv.Error) -> CorpusError:
    """Make the error for an invalid row of CSV; where: its place."""
    message = f"{where}: not valid CSV in the row that begins here ({error})."
    return CorpusError(message, 'close every quote, and write a quote inside a field as ""')


def next_row(reader: Iterator[list[str]]) -> list[str] | None:
    """Read the next row, or None at the end.

    The csv module's limit on a cell, in characters, is global, so it is lifted for this row only. Raises csv.Error for
    a row that is no CSV.
    """
    before = csv.field_size_limit(ROW_LIMIT)
    try:
        return next(reader, None)
    finally:
        csv.field_size_limit(before)
