"""The rows of tables: tab-separated and comma-separated files, JSON lines, Parquet, Hugging Face data sets."""

import csv
import json
import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqtext.data.lines import COMPRESSIONS, Report, check_encoding_errors, place, read_lines, shown, unpacked_name
from seqtext.errors import ConfigError, CorpusError, argument, arguments, nearest
from seqtext.extras import needed

Values = tuple[str, Sequence[object]]  # the place of a row; the value of each field
ROW_LIMIT = 1 << 24  # bytes; a longer row of a table is refused

KINDS = {
    ".txt": "text",
    ".tsv": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
#: What some programs write between the columns of a "CSV" file.
_OTHER_MARKS = {";": "semicolons", "\t": "tabs"}
_LONGEST_NAME = 60  # characters of a column that a hint proposes
_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON can spell half a character: "\ud800"


@dataclass(frozen=True)
class Wanted:
    """What is asked of a reader.

    fields:  the fields of a row, in order
    columns: field -> the column that holds it, where that has another name or a number
    encoding_errors, report: as for `read_lines`
    blank_rows: whether a blank line is a row with empty fields, which otherwise is left out
    raises ConfigError for a column of an unknown field
    """

    fields: tuple[str, ...]
    columns: Mapping[str, str]
    encoding_errors: str
    report: Report
    blank_rows: bool = False

    def __post_init__(self) -> None:
        check_encoding_errors(self.encoding_errors)
        for field in self.columns:
            if field not in self.fields:
                accepted = " and ".join(self.fields)
                hint = arguments(columns=dict.fromkeys(self.fields, "COLUMN"))
                raise ConfigError(f"{argument('columns')} names the field {field!r}; accepted here: {accepted}.", hint)

    @property
    def names(self) -> list[str]:
        """The column of every field, in the order of the fields."""
        return [self.columns.get(field, field) for field in self.fields]

    def blank_line(self, where: str) -> Iterator[Values]:
        """Give a row of empty fields, or count what is left out."""
        if self.blank_rows:
            yield where, [""] * len(self.fields)
        else:
            self.report.skip("empty line")

    def lines(self, source: str) -> Iterator[tuple[int, str]]:
        """The lines of a file, numbered, whole and with the blank ones."""
        return read_lines(source, encoding_errors=self.encoding_errors, report=self.report, limit=ROW_LIMIT, cut=False)


def kind_of(source: str) -> str:
    """How a source is read: text, tsv, csv, jsonl, parquet or hf; text where the suffix says nothing."""
    if source.startswith("hf:"):
        return "hf"
    return KINDS.get(os.path.splitext(unpacked_name(source)[0])[1].lower(), "text")


def read_table(source: str, wanted: Wanted) -> Iterator[Values]:
    """The rows of a table, as they are stored; a text file is taken for tab-separated columns."""
    readers: dict[str, Callable[[str, Wanted], Iterator[Values]]] = {
        "text": _tab_separated,
        "tsv": _tab_separated,
        "csv": _comma_separated,
        "jsonl": _json_lines,
        "parquet": _parquet,
        "hf": _hub,
    }
    return readers[kind_of(source)](source, wanted)


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
        raise CorpusError(f"{where}: expected an object such as {example}, found {_type(data)}.", hint)
    return data


def text_of(where: str, field: str, value: object, wanted: Wanted) -> str:
    """The value as text; CorpusError unless it is a string, a number in the field "label", or a list in another field.

    A label that is null or NaN is empty, as an empty cell of CSV is.
    A list, such as the events of a session or the sentences of a summary, becomes one text with spaces between them.
    """
    if field == "label" and (value is None or value != value):
        return ""
    if field == "label" and isinstance(value, bool | int | float):
        return json.dumps(value)
    if field != "label" and isinstance(value, list) and all(_is_word(word) for word in value):
        value = " ".join(map(str, value))
    if not isinstance(value, str):
        accepted = "a string or a number" if field == "label" else "a string or a list of words"
        message = f"{where}: expected {accepted} as {field}, found {_type(value)}."
        hint = f"correct or remove the row, or name another column with {argument('columns')}"
        if field == "label" and isinstance(value, list):
            several = f"{arguments(multi_label=True)}, for a model that gives a text several labels"
            hint = f"{several}, or {arguments(columns={'label': '...'})}"
        raise CorpusError(message, hint)
    if _SURROGATE.search(value):
        if wanted.encoding_errors == "strict":
            raise CorpusError(
                f"{where}: the {field} holds half a surrogate pair.", arguments(encoding_errors="replace")
            )
        value, count = _SURROGATE.subn("\ufffd", value)
        wanted.report.replaced += count
    return value


def _is_word(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _type(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", int: "a number"}
    return "null" if value is None else names.get(type(value), "a number" if isinstance(value, float) else "no text")


def _tab_separated(source: str, wanted: Wanted) -> Iterator[Values]:
    positions, width = _numbered(source, wanted), 0
    for number, line in wanted.lines(source):
        where, cells = place(source, number), line.split("\t")
        if not line.strip():
            yield from wanted.blank_line(where)
            continue
        if not positions:
            positions = _header(where, cells, wanted)
            if positions:
                width = len(cells)
                continue
            positions, width = list(range(len(wanted.fields))), len(wanted.fields)
        if width and len(cells) != width and wanted.columns:
            raise ragged(where, f"{width} columns as in the header row", len(cells))
        if width and len(cells) != width:
            hint = f"remove the line, or name the layout with {_by_number(wanted)}"
            if kind_of(source) == "text" and width == 2 and "label" not in wanted.fields:
                hint += ", or give two parallel files such as corpus.en corpus.de"
            raise ragged(where, f'"{"<TAB>".join(wanted.fields)}"', len(cells), hint)
        if len(cells) <= max(positions):  # numbered columns: a row may hold more
            raise ragged(where, f"{max(positions) + 1} columns or more", len(cells))
        yield where, [cells[position] for position in positions]


def join_columns(columns: Mapping[str, str]) -> str:
    """Write a value of --columns, as `seqtext.data.corpus.parse_columns` reads it."""
    return ",".join(f"{field}={column}" for field, column in columns.items())


def _numbered(source: str, wanted: Wanted) -> list[int]:
    """The positions that --columns gives as numbers, or [] where a header row or the order of the fields decides."""
    positions = numbered_columns(wanted)
    if wanted.columns and not positions and kind_of(source) == "text":
        name = next(iter(wanted.columns.values()))
        message = f"{shown(source)} has no header row to hold the column {name!r}; columns there have numbers."
        raise CorpusError(message, f"{_by_number(wanted)}, or the suffix .tsv for a file with a header row")
    return positions


def numbered_columns(wanted: Wanted) -> list[int]:
    """The positions, from 0, of columns that are given as numbers, from 1; [] where they have names."""
    names = list(wanted.columns.values())
    if not names or not all(name.isascii() and name.isdigit() for name in names):
        return []
    positions = [int(wanted.columns.get(field, 0)) - 1 for field in wanted.fields]
    if min(positions) < 0:
        given = join_columns(wanted.columns)
        message = f"{argument('columns')} received {given!r}; every field needs a column, counted from 1."
        raise ConfigError(message, _by_number(wanted))
    return positions


def _header(where: str, cells: list[str], wanted: Wanted) -> list[int]:
    """The positions that a header row gives the fields, or [] for a first row that is none."""
    found = [cell.strip() for cell in cells]
    if not wanted.columns:
        found = [cell.lower() for cell in found]
        if sorted(found) != sorted(wanted.fields):
            return []
        wanted.report.skip("header row")
    return _positions(where, found, wanted)


def ragged(where: str, expected: str, found: int, hint: str = "correct or remove the line") -> CorpusError:
    """Return the error for a row with too many or too few columns."""
    return CorpusError(f"{where}: expected {expected}, found {found} column{'s' * (found != 1)}.", hint)


def invalid_csv(where: str, error: csv.Error) -> CorpusError:
    """The error for a row that is no CSV; where: the place at which it begins."""
    message = f"{where}: not valid CSV in the row that begins here ({error})."
    return CorpusError(message, 'close every quote, and write a quote inside a field as ""')


def _by_number(wanted: Wanted) -> str:
    return arguments(columns={field: str(number) for number, field in enumerate(wanted.fields, 1)})


def _positions(where: str, found: Sequence[str], wanted: Wanted) -> list[int]:
    check_columns(where, found, wanted)
    return [found.index(name) for name in wanted.names]


def _comma_separated(source: str, wanted: Wanted) -> Iterator[Values]:
    reader = csv.reader((line + "\n" for _, line in wanted.lines(source)), strict=True)
    positions: list[int] = []
    width = 0
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
        elif not positions:
            positions, width = _positions(where, [cell.strip() for cell in cells], wanted), len(cells)
        elif len(cells) != width:
            raise ragged(where, f"{width} columns as in the header row", len(cells))
        else:
            yield where, [cells[position] for position in positions]


def next_row(reader: Iterator[list[str]]) -> list[str] | None:
    """The next row, None at the end; the csv module's limit is global, so it is raised for this row only."""
    before = csv.field_size_limit(ROW_LIMIT)
    try:
        return next(reader, None)
    finally:
        csv.field_size_limit(before)


def _json_lines(source: str, wanted: Wanted) -> Iterator[Values]:
    for where, data in read_objects(source, wanted):
        check_columns(where, list(data), wanted)
        yield where, [data[name] for name in wanted.names]


def _parquet(source: str, wanted: Wanted) -> Iterator[Values]:
    with needed("A Parquet file"):
        import pyarrow
        from pyarrow import parquet

    refuse_packed_parquet(source)
    number = 0
    try:
        with parquet.ParquetFile(source) as table:
            check_columns(source, table.schema_arrow.names, wanted)
            for batch in table.iter_batches(batch_size=128, columns=wanted.names):
                for values in zip(*(batch.column(name).to_pylist() for name in wanted.names), strict=True):
                    number += 1
                    yield place(source, number, "row"), ["" if value is None else value for value in values]
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
        classes = [getattr((stream.features or {}).get(column), "int2str", None) for column in wanted.names]
        for number, row in enumerate(stream, 1):
            where = place(source, number, "row")
            check_columns(where, list(row), wanted)
            values = ["" if row[column] is None else row[column] for column in wanted.names]
            pairs = zip(classes, values, strict=True)
            yield where, [spell(value) if spell and isinstance(value, int) else value for spell, value in pairs]
    except CorpusError:
        raise
    except Exception as error:  # the hub, the network and the files of a stranger fail in many ways
        cause = error_line(error)
        splits = re.search(r"Available splits: \['([^']+)'", cause)
        hint = f"hf:{name}:{splits[1]}" if splits else f"check https://huggingface.co/datasets/{name} in a browser"
        raise CorpusError(f"{source} cannot be read: {cause}", hint) from error


def error_line(error: Exception) -> str:
    """What an error of another library says, on one line."""
    return (" ".join(str(error).split()) or type(error).__name__)[:300]


def check_columns(where: str, found: Sequence[str], wanted: Wanted) -> None:
    """Raise CorpusError, with the --columns to type, unless every field has its column."""
    missing = [name for name in wanted.names if name not in found]
    if not missing:
        return
    free = [name for name in found if name not in wanted.names and name.lower() not in ("id", "idx", "index")]
    free = [name for name in free if len(name) <= _LONGEST_NAME and name.isprintable()]  # else it may be a whole text
    guess = {}
    for field, name in zip(wanted.fields, wanted.names, strict=True):
        if name not in found:
            name = nearest(name, free, cutoff=0.6) or next(iter(free), "COLUMN")
            free = [other for other in free if other != name]
        guess[field] = name
    listed = ", ".join(repr(name[:40]) for name in found[:12]) + ", …" * (len(found) > 12)
    message = f"{where}: there is no column {missing[0]!r:.80}; the columns are {listed or 'none'}."
    other = next((mark for mark in _OTHER_MARKS if len(found) == 1 and mark in found[0]), None)
    hint = arguments(columns=guess)
    raise CorpusError(message, f"save it with commas between its columns, not {_OTHER_MARKS[other]}" if other else hint)
