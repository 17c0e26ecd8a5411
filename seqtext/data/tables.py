"""The rows of tables: tab-separated and comma-separated files, JSON lines, Parquet, Hugging Face data sets."""

import csv
import json
import os
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from seqtext.data.columns import JOIN, header_order, names_fields
from seqtext.data.dialect import Dialect, recognize
from seqtext.data.encodings import refuse_packed
from seqtext.data.formats.catalog import read_catalog
from seqtext.data.formats.documents import read_document
from seqtext.data.formats.segments import read_memory, read_xliff
from seqtext.data.formats.sheet import SheetLines
from seqtext.data.formats.units import rows_of_units
from seqtext.data.labels import SEPARATOR
from seqtext.data.lines import Report, place, shown
from seqtext.data.nested import ByPath, has_path, paths, value_or_none
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
from seqtext.errors import CorpusError, arguments
from seqtext.extras import needed

_SAMPLE = 1 << 16  # characters from which a dialect is recognized
_FAST_TEXT = re.compile(r"(?:^|(?<=\s))__label__(\S+)\s*")
_LABELLED = ("label", "text")
_EXACT = 0.2  # of the first rows: so many with as many cells as fields tell that other tabs stand inside texts
_UNIFORM = 0.9  # of the first rows: so many with as many cells tell how many there are


def read_table(source: str, wanted: Wanted) -> Iterator[Values]:
    """The rows of a table, as they are stored; a text file is taken for tab-separated columns."""
    readers: dict[str, Callable[[str, Wanted], Iterator[Values]]] = {
        "text": _unnamed,
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
        document = f"{shown(source)} is a document, which holds texts and no columns"
        if kind_of(source) == "srt" and len(wanted.fields) == 2 and "label" not in wanted.fields:
            message = f"{document}; two .srt files make pairs, by their times."
            raise CorpusError(message, f"{shlex.quote(source)} OTHER.srt")
        expected = " and ".join(wanted.names)
        raise CorpusError(f"{document}; {expected} would be columns.", "give a table, such as .csv, .xlsx or .jsonl")
    return ((where, [text]) for where, text in read_document(source, wanted))


def _sheet(source: str, wanted: Wanted) -> Iterator[Values]:
    """The rows of a sheet, as those of CSV."""
    return _delimited(source, wanted, SheetLines(source, wanted.report).without_ends(), ",")


def _translations(source: str, wanted: Wanted) -> Iterator[Values]:
    """The texts of a translation file in the languages that the columns name."""
    kind = kind_of(source)
    units = read_catalog(source, wanted.encoding) if kind == "po" else read_xliff(source) if kind == "xliff" else None
    return rows_of_units(source, read_memory(source, wanted.report) if units is None else units, wanted)


def read_objects(source: str, wanted: Wanted) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, object) of every line of a JSON lines file."""
    return _objects(source, wanted.lines(source), wanted)


def _objects(source: str, lines: Iterable[tuple[int, str]], wanted: Wanted) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in lines:
        where = place(source, number)
        if line.strip():
            yield where, read_object(where, source, line, wanted)
        else:
            wanted.report.skip("empty line", where)


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
    dialect = recognize(_sample(head), usual, wanted.has_columns, wanted.has_numbers)
    if told := dialect.described(usual):
        wanted.report.note(f"{shown(source)}: {told}")
    return _by_dialect(source, wanted, lines, dialect)


def _by_dialect(source: str, wanted: Wanted, lines: Iterator[tuple[int, str]], dialect: Dialect) -> Iterator[Values]:
    if dialect.separator == "\t" and not dialect.quoted:
        return _tab_separated(source, wanted, lines)
    before = 1 if dialect.line else 0
    return _delimited(source, wanted, islice(lines, before, None), dialect.separator, before)


def _sample(head: Sequence[str]) -> str:
    return "\n".join(head) + "\n"


def _unnamed(source: str, wanted: Wanted) -> Iterator[Values]:
    """The rows of a file whose name tells nothing: a table whose header or keys have the columns, or tabs."""
    head, lines = _beginning(wanted.lines(source))
    first = next((line.lstrip() for line in head if line.strip()), "")
    if first.startswith("{") and _has_keys(first, wanted):
        wanted.report.note(f"{shown(source)}: JSON lines")
        return _rows_of_objects(_objects(source, lines, wanted), wanted)
    dialect = recognize(_sample(head), "\t", wanted.has_columns, wanted.has_numbers)
    if not dialect.line and (wanted.has_numbers or not wanted.has_columns(list(dialect.header))):
        dialect = Dialect("\t", False)
    if told := dialect.described("\t"):
        wanted.report.note(f"{shown(source)}: {told}")
    return _by_dialect(source, wanted, lines, dialect)


def _has_keys(line: str, wanted: Wanted) -> bool:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and wanted.has_columns(paths(data))


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


def _delimited(
    source: str, wanted: Wanted, lines: Iterator[tuple[int, str]], separator: str, before: int = 0
) -> Iterator[Values]:
    """The rows of a table whose quotes enclose cells; before: lines of the file that stand before these."""
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
            parts = [[str(k + 1) for k in own] for own in positions] or wanted.parts(where, names)
            pick = wanted.picker(parts, positions or [[names.index(name) for name in own] for own in parts])
            if not positions:
                header = cells
                continue
            if width <= max(map(max, positions)):
                raise ragged(where, f"{max(map(max, positions)) + 1} columns or more", width)
            if names_fields([names[own[0]] for own in positions], wanted.fields):
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


def _tab_separated(source: str, wanted: Wanted, lines: Iterator[tuple[int, str]] | None = None) -> Iterator[Values]:
    """Lines whose cells have tabs between, and no quotes around; the first may be a header row."""
    layout: _Layout | None = None
    head, lines = _beginning(wanted.lines(source) if lines is None else lines)
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
    """Where the fields stand in tab-separated lines, from the first one; has_header: whether that is a header row.

    widths: how many cells each of the first lines has
    """

    def __init__(self, source: str, where: str, cells: list[str], wanted: Wanted, widths: Sequence[int]) -> None:
        self._source, self._wanted, self._widths = source, wanted, widths
        positions = numbers = _numbered(source, cells, wanted)
        if numbers:
            parts = [[str(k + 1) for k in own] for own in numbers]
            heads = [cells[own[0]] for own in numbers if own[0] < len(cells)]
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
        last = [field for field, own in zip(wanted.fields, positions, strict=True) if own[-1] == self._width - 1]
        exact = numbers or self.has_header or widths.count(self._width) >= _EXACT * len(widths)
        self._text_is_last = bool(exact) and last == ["text"]
        self.pick = wanted.picker(parts, positions)

    def _usual_width(self) -> int:
        """How many cells the rows have, where columns have numbers; 0 where that is not clear.

        Where it varies and the text is the last cell of the rows with fewest, the others have tabs in their texts.
        """
        most, count = next(iter(Counter(self._widths).most_common(1)), (0, 0))
        if count >= _UNIFORM * len(self._widths):
            return most
        last, narrowest = numbered_columns(self._wanted)[-1][-1], min(self._widths)
        return narrowest if self._wanted.fields[-1] == "text" and last == narrowest - 1 else 0

    def fitting(self, where: str, cells: list[str]) -> list[str]:
        """The cells of a row, a text with tabs inside in one; CorpusError for a row of too many or too few cells."""
        width, found = self._width, len(cells)
        if width and found > width and self._text_is_last:
            self._wanted.report.mend("tab inside a text, kept in it", where, found - width)
            return [*cells[: width - 1], "\t".join(cells[width - 1 :])]
        if width and found != width and (found > width or not self._numbered):
            raise self._ragged(where, found)
        if found <= self._most:  # of numbered columns a row may lack others
            raise ragged(where, f"{self._most + 1} columns or more", found)
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
    """Count a header row that was recognized, and say what it holds."""
    wanted.report.skip("header row", where)
    names = ", ".join(repr(cell.strip()[:40]) for cell in cells[:12])
    wanted.report.note(f"{where} is taken for a header row: {names}")


def is_fast_text(line: str) -> bool:
    """Tell whether a line begins or ends with a label as fastText writes it.

    >>> is_fast_text("__label__good A fine day."), is_fast_text("good\\tA fine day.")
    (True, False)
    """
    found = _FAST_TEXT.search(line)
    return found is not None and not (line[: found.start()].strip() and line[found.end() :].strip())


def _fast_text(source: str, wanted: Wanted, lines: Iterable[tuple[int, str]]) -> Iterator[Values]:
    """Lines of fastText's form: each label after __label__, usually before the text."""
    wanted.report.note(f"{shown(source)}: fastText's form, labels after __label__")
    for number, line in lines:
        where = place(source, number)
        if not line.strip():
            yield from wanted.blank_line(where)
            continue
        yield where, [SEPARATOR.join(_FAST_TEXT.findall(line)), _FAST_TEXT.sub("", line).strip()]


def _numbered(source: str, cells: Sequence[str], wanted: Wanted) -> list[list[int]]:
    """The positions that --columns gives as numbers, or [] where a header row or the order of the fields decides."""
    positions = numbered_columns(wanted)
    header = [cell.strip() for cell in cells]
    if wanted.columns and not positions and kind_of(source) == "text" and not wanted.has_columns(header):
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
    return _rows_of_objects(read_objects(source, wanted), wanted)


def _rows_of_objects(objects: Iterable[tuple[str, dict[str, Any]]], wanted: Wanted) -> Iterator[Values]:
    keys: list[str] | None = None
    for where, data in objects:
        if keys is None:
            wanted = wanted.settled(paths(data))
        if list(data) != keys:
            keys = list(data)
            parts = wanted.parts(where, paths(data))
            pick = wanted.picker(parts, parts)
        try:
            values = pick(where, ByPath(data))
        except KeyError:  # an object inside has other keys
            parts = wanted.parts(where, [name for own in parts for name in own if has_path(data, name)] + paths(data))
            pick = wanted.picker(parts, parts)
            values = pick(where, ByPath(data))
        yield where, values


def _parquet(source: str, wanted: Wanted) -> Iterator[Values]:
    with needed("A Parquet file"):
        import pyarrow
        from pyarrow import parquet

    refuse_packed(source, "a Parquet file")
    number = 0
    try:
        with parquet.ParquetFile(source) as table:
            found = schema_paths(table.schema_arrow)
            wanted = wanted.settled(found)
            parts = wanted.parts(source, found)
            names = list(dict.fromkeys(name for own in parts for name in own))
            columns = list(dict.fromkeys(top_column(name, table.schema_arrow.names) for name in names))
            pick = wanted.picker(parts, parts)
            for batch in table.iter_batches(batch_size=128, columns=columns):
                for values in zip(*(batch.column(name).to_pylist() for name in columns), strict=True):
                    number += 1
                    where = place(source, number, "row")
                    yield where, pick(where, ByPath(dict(zip(columns, values, strict=True))))
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise unreadable_parquet(source, number + 1, error) from error


def schema_paths(schema: Any) -> list[str]:
    """List the columns of an Arrow schema, and behind them the paths to the fields of structs."""

    def shape(fields: Iterable[Any]) -> dict[str, Any]:
        return {one.name: shape(one.type) if str(one.type).startswith("struct<") else None for one in fields}

    names = list(schema.names)
    return names if len(set(names)) < len(names) else paths(shape(schema))


def top_column(path: str, names: Sequence[str]) -> str:
    """The column of a table that a path begins with: the path itself, or its longest beginning before a dot."""
    return path if path in names else top_column(path[: path.rindex(".")], names)


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
                wanted = wanted.settled(paths(row))
                parts = wanted.parts(where, paths(row))
                pick = wanted.picker(parts, parts)
            cells = {name: _spelled(features.get(name), value_or_none(row, name)) for own in parts for name in own}
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
