"""The rows of tables: tab-separated and comma-separated files, JSON lines, Parquet, Hugging Face data sets."""

import csv
import json
import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from seqtext.data.columns import header_order
from seqtext.data.dialect import Dialect, needs_quotes, recognize
from seqtext.data.formats.catalog import read_catalog
from seqtext.data.formats.documents import read_document
from seqtext.data.formats.segments import read_memory, read_xliff
from seqtext.data.formats.sheet import SheetLines
from seqtext.data.formats.units import rows_of_units
from seqtext.data.labels import SEPARATOR
from seqtext.data.lines import COMPRESSIONS, Report, place, shown, unpacked_name
from seqtext.data.wanted import (
    DOCUMENTS,
    ROW_LIMIT,
    TRANSLATIONS,
    Values,
    Wanted,
    by_number,
    kind_of,
    numbered_columns,
    ragged,
    type_of,
)
from seqtext.errors import CorpusError
from seqtext.extras import needed

_SAMPLE = 1 << 16  # characters from which a dialect is recognized
_FAST_TEXT = "__label__"
_LABELLED = ("label", "text")


def read_table(source: str, wanted: Wanted) -> Iterator[Values]:
    """The rows of a table, as they are stored; a text file is taken for tab-separated columns."""
    readers: dict[str, Callable[[str, Wanted], Iterator[Values]]] = {
        "text": _tab_separated,
        "tsv": _separated,
        "csv": _separated,
        "jsonl": _json_lines,
        "parquet": _parquet,
        "hf": _hub,
        "xlsx": _sheet,
        **dict.fromkeys(DOCUMENTS, _document),
        **dict.fromkeys(TRANSLATIONS, _translations),
    }
    return readers[kind_of(source)](source, wanted)


def _document(source: str, wanted: Wanted) -> Iterator[Values]:
    """The texts of a document, whose only column is text."""
    if wanted.fields != ("text",) or any(column != "text" for column in wanted.columns.values()):
        expected = " and ".join(wanted.names)
        message = f"{shown(source)} is a document, which holds texts and no columns; {expected} would be columns."
        raise CorpusError(message, "give a table, such as .csv, .xlsx or .jsonl")
    return ((where, [text]) for where, text in read_document(source, wanted))


def _sheet(source: str, wanted: Wanted) -> Iterator[Values]:
    """The rows of a sheet, as those of CSV."""
    return _delimited(source, wanted, SheetLines(source, wanted.report).without_ends(), ",")


def _translations(source: str, wanted: Wanted) -> Iterator[Values]:
    """The texts of a translation file in the languages that the columns name."""
    kind = kind_of(source)
    units = read_catalog(source) if kind == "po" else read_xliff(source) if kind == "xliff" else None
    return rows_of_units(source, read_memory(source, wanted.report) if units is None else units, wanted)


def read_objects(source: str, wanted: Wanted) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, object) of every line of a JSON lines file."""
    for number, line in wanted.lines(source):
        if not line.strip():
            wanted.report.skip("empty line")
            continue
        where = place(source, number)
        yield where, read_object(where, source, line, wanted)


def read_object(where: str, source: str, line: str, wanted: Wanted) -> dict[str, Any]:
    """The object on a line of a JSON lines file; CorpusError for anything else."""
    hint = "correct or remove the line"
    if source.lower().endswith(".json"):
        hint = f"jq -c '.[]' {shlex.quote(source)} > {shlex.quote(source + 'l')}, if the file is one JSON array"
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise CorpusError(f"{where}, column {error.colno}: not valid JSON ({error.msg}).", hint) from error
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{where}: JSON that cannot be read ({str(error)[:80]}).", hint) from error
    if not isinstance(data, dict):
        example = json.dumps(dict.fromkeys(wanted.fields, "…"), ensure_ascii=False)
        raise CorpusError(f"{where}: expected an object such as {example}, found {type_of(data)}.", hint)
    return data


def _separated(source: str, wanted: Wanted) -> Iterator[Values]:
    """The rows of CSV or TSV, whatever separates their cells."""
    usual = "\t" if kind_of(source) == "tsv" else ","
    twice = os.path.isfile(source)  # a pipe is not
    first = replace(wanted, encoding_errors="replace", report=Report()) if twice else wanted
    head, whole = _beginning(first.lines(source))
    lines = wanted.lines(source) if twice else whole
    dialect = _recognized(head, usual, wanted)
    if told := dialect.described(usual):
        wanted.report.note(f"{shown(source)}: {told}")
    if dialect.separator == "\t" and not dialect.quoted:
        return _tab_separated(source, wanted, lines)
    return _delimited(source, wanted, lines, dialect.separator)


def _beginning(lines: Iterator[tuple[int, str]]) -> tuple[list[str], Iterator[tuple[int, str]]]:
    """The first lines, and all of them; what cannot be read is said only where it stands."""
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


def _recognized(head: Sequence[str], usual: str, wanted: Wanted) -> Dialect:
    """The dialect of the first lines; of a .tsv, tabs unless a header row says otherwise, and quotes where needed."""
    sample = "\n".join(head) + "\n"
    found = recognize(sample, usual, wanted.has_columns, wanted.has_numbers)
    if usual != "\t":
        return found
    if found.separator != "\t" and not (found.header and wanted.has_columns(found.header)):
        return Dialect("\t", False, [])

    def widths(separator: str, quoting: Any) -> list[int]:
        try:
            return [
                len(row)
                for row in csv.reader((f"{line}\n" for line in head), delimiter=separator, quoting=quoting)
                if row
            ]
        except csv.Error:
            return []

    return found._replace(quoted=found.separator != "\t" or (found.quoted and needs_quotes(widths)))


def _delimited(source: str, wanted: Wanted, lines: Iterator[tuple[int, str]], separator: str) -> Iterator[Values]:
    reader = csv.reader((f"{line}\n" for _, line in lines), delimiter=separator, strict=True)
    pick, width = None, 0
    while True:
        where = place(source, reader.line_num + 1)
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
            parts = [[str(k + 1) for k in own] for own in positions] or wanted.parts(where, names)
            pick = wanted.picker(parts, positions or [[names.index(name) for name in own] for own in parts])
            if not positions:
                continue
            if width <= max(map(max, positions)):
                raise ragged(where, f"{max(map(max, positions)) + 1} columns or more", width)
        if len(cells) != width:
            raise ragged(where, f"{width} columns as in the header row", len(cells))
        yield where, pick(where, cells)


def _tab_separated(source: str, wanted: Wanted, lines: Iterator[tuple[int, str]] | None = None) -> Iterator[Values]:
    """Lines whose cells have tabs between, and no quotes around; the first may be a header row."""
    layout: _Layout | None = None
    lines = wanted.lines(source) if lines is None else lines
    for number, line in lines:
        where, cells = place(source, number), line.split("\t")
        if not line.strip():
            yield from wanted.blank_line(where)
            continue
        if layout is None:
            if _is_fast_text(line, wanted):
                yield from _fast_text(source, wanted, chain([(number, line)], lines))
                return
            wanted = wanted.settled([cell.strip() for cell in cells], numbers=True)
            layout = _Layout(source, where, cells, wanted)
            if layout.has_header:
                continue
        layout.check(where, len(cells))
        yield where, layout.pick(where, cells)


class _Layout:
    """Where the fields stand in tab-separated lines, from the first one; has_header: whether that is a header row."""

    def __init__(self, source: str, where: str, cells: list[str], wanted: Wanted) -> None:
        self._source, self._wanted, self._width = source, wanted, 0
        positions = _numbered(source, wanted)
        if positions:
            parts = [[str(k + 1) for k in own] for own in positions]
            self.has_header = _names_fields([cells[own[0]] for own in positions if own[0] < len(cells)], wanted)
        else:
            parts, positions = _header(where, cells, wanted)
            self.has_header, self._width = bool(positions), len(cells)
            if not positions:
                parts, self._width = [[name] for name in wanted.fields], len(wanted.fields)
                positions = [[k] for k in range(len(wanted.fields))]
        if self.has_header and (_numbered(source, wanted) or not wanted.columns):
            wanted.report.skip("header row")
        self._most = max(map(max, positions))
        self.pick = wanted.picker(parts, positions)

    def check(self, where: str, found: int) -> None:
        """Raise CorpusError for a row of too many or too few cells."""
        width, wanted = self._width, self._wanted
        if width and found != width and wanted.columns:
            raise ragged(where, f"{width} columns as in the header row", found)
        if width and found != width:
            hint = f"remove the line, or name the layout with {by_number(wanted)}"
            if kind_of(self._source) == "text" and width == 2 and "label" not in wanted.fields:
                hint += ", or give two parallel files such as corpus.en corpus.de"
            raise ragged(where, f'"{"<TAB>".join(wanted.fields)}"', found, hint)
        if found <= self._most:  # numbered columns: a row may hold more
            raise ragged(where, f"{self._most + 1} columns or more", found)


def _names_fields(cells: Sequence[str], wanted: Wanted) -> bool:
    """Whether cells at the places of label and text are a header that names them so."""
    return wanted.fields == _LABELLED and header_order(cells) == [0, 1]


def _is_fast_text(line: str, wanted: Wanted) -> bool:
    return line.startswith(_FAST_TEXT) and "\t" not in line and not wanted.columns and wanted.fields == _LABELLED


def _fast_text(source: str, wanted: Wanted, lines: Iterable[tuple[int, str]]) -> Iterator[Values]:
    """Lines of fastText's form: each label after __label__, then the text."""
    for number, line in lines:
        where, words = place(source, number), line.split()
        if not words:
            yield from wanted.blank_line(where)
            continue
        count = next((k for k, word in enumerate(words) if not word.startswith(_FAST_TEXT)), len(words))
        labels = [word.removeprefix(_FAST_TEXT) for word in words[:count]]
        rest = line.split(maxsplit=count)
        yield where, [SEPARATOR.join(labels), rest[count] if len(rest) > count else ""]


def _numbered(source: str, wanted: Wanted) -> list[list[int]]:
    """The positions that --columns gives as numbers, or [] where a header row or the order of the fields decides."""
    positions = numbered_columns(wanted)
    if wanted.columns and not positions and kind_of(source) == "text":
        name = next(iter(wanted.columns.values()))
        message = f"{shown(source)} has no header row to hold the column {name!r}; columns there have numbers."
        raise CorpusError(message, f"{by_number(wanted)}, or the suffix .tsv for a file with a header row")
    return positions


def _header(where: str, cells: list[str], wanted: Wanted) -> tuple[list[list[str]], list[list[int]]]:
    """The columns that a header row gives the fields, and their positions; [] for a first row that is none."""
    found = [cell.strip() for cell in cells]
    if not wanted.columns:
        found = [cell.lower() for cell in found]
        if wanted.fields == _LABELLED and (order := header_order(found)):
            return [[found[k]] for k in order], [[k] for k in order]
        if sorted(found) != sorted(wanted.fields):
            return [], []
    parts = wanted.parts(where, found)
    return parts, [[found.index(name) for name in own] for own in parts]


def invalid_csv(where: str, error: csv.Error) -> CorpusError:
    """The error for a row that is no CSV; where: the place at which it begins."""
    message = f"{where}: not valid CSV in the row that begins here ({error})."
    return CorpusError(message, 'close every quote, and write a quote inside a field as ""')


def next_row(reader: Iterator[list[str]]) -> list[str] | None:
    """The next row, None at the end; the csv module's limit is global, so it is raised for this row only."""
    before = csv.field_size_limit(ROW_LIMIT)
    try:
        return next(reader, None)
    finally:
        csv.field_size_limit(before)


def _json_lines(source: str, wanted: Wanted) -> Iterator[Values]:
    keys: list[str] | None = None
    for where, data in read_objects(source, wanted):
        if keys is None:
            wanted = wanted.settled(list(data))
        if list(data) != keys:
            keys = list(data)
            parts = wanted.parts(where, keys)
            pick = wanted.picker(parts, parts)
        yield where, pick(where, data)


def _parquet(source: str, wanted: Wanted) -> Iterator[Values]:
    with needed("A Parquet file"):
        import pyarrow
        from pyarrow import parquet

    refuse_packed_parquet(source)
    number = 0
    try:
        with parquet.ParquetFile(source) as table:
            wanted = wanted.settled(table.schema_arrow.names)
            parts = wanted.parts(source, table.schema_arrow.names)
            names = list(dict.fromkeys(name for own in parts for name in own))
            pick = wanted.picker(parts, [[names.index(name) for name in own] for own in parts])
            for batch in table.iter_batches(batch_size=128, columns=names):
                for values in zip(*(batch.column(name).to_pylist() for name in names), strict=True):
                    number += 1
                    where = place(source, number, "row")
                    yield where, pick(where, ["" if value is None else value for value in values])
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise unreadable_parquet(source, number + 1, error) from error


def refuse_packed_parquet(source: str) -> None:
    """Raise CorpusError for a Parquet file that is packed once more."""
    suffix = unpacked_name(source)[1]
    if suffix:
        message = f"{source} is a Parquet file inside {COMPRESSIONS[suffix]}; a Parquet file itself is accepted."
        raise CorpusError(message, f"{COMPRESSIONS[suffix]} -dk {shlex.quote(source)}")


def unreadable_parquet(source: str, number: int, error: Exception) -> CorpusError:
    """Return the error for a row that cannot be read; number: its own, from 1."""
    message = f"{place(source, number, 'row')}: not readable as Parquet ({error_line(error)})."
    return CorpusError(message, "fetch the file again, or save its rows as .jsonl")


def _hub(source: str, wanted: Wanted) -> Iterator[Values]:
    name, _, split = source.removeprefix("hf:").partition(":")
    with needed("A data set of the Hugging Face Hub"):
        import datasets
    try:
        stream = datasets.load_dataset(name, split=split or "train", streaming=True)
        features, parts = stream.features or {}, None
        for number, row in enumerate(stream, 1):
            where = place(source, number, "row")
            if parts is None:
                wanted = wanted.settled(list(row))
                parts = wanted.parts(where, list(row))
                pick = wanted.picker(parts, parts)
            cells = {name: _spelled(features.get(name), row.get(name)) for own in parts for name in own}
            yield where, pick(where, cells)
    except CorpusError:
        raise
    except Exception as error:  # the hub, the network and the files of a stranger fail in many ways
        cause = error_line(error)
        splits = re.search(r"Available splits: \['([^']+)'", cause)
        hint = f"hf:{name}:{splits[1]}" if splits else f"check https://huggingface.co/datasets/{name} in a browser"
        raise CorpusError(f"{source} cannot be read: {cause}", hint) from error


def _spelled(feature: Any, value: object) -> object:
    """A cell of a data set, its classes by their names; "" for null."""
    if value is None:
        return ""
    if isinstance(value, list):
        return [_spelled(getattr(feature, "feature", None), one) for one in value]
    spell = getattr(feature, "int2str", None)
    return spell(value) if spell and isinstance(value, int) else value


def error_line(error: Exception) -> str:
    """What an error of another library says, on one line."""
    return (" ".join(str(error).split()) or type(error).__name__)[:300]
