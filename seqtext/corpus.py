"""Examples from files, folders and Hugging Face datasets, one after the other: texts, rows of fields, questions.

Everything is streamed, and every fault names the file and the line.
"""

import csv
import difflib
import json
import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeVar

from seqtext.errors import ConfigError, CorpusError
from seqtext.lines import (
    COMPRESSIONS,
    LINE_LIMIT,
    Report,
    cannot_open,
    check_encoding_errors,
    looks_binary,
    place,
    read_lines,
    shown,
    unpacked_name,
)

__all__ = ["Question", "Report", "is_questions", "parse_columns", "read_questions", "read_rows", "read_texts"]

E = TypeVar("E")
Sources = str | Path | Sequence[str | Path]

ROW_LIMIT = 1 << 24  # bytes; a longer row of a table is refused

_KINDS = {
    ".txt": "text",
    ".tsv": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
_BLANK = re.compile("_{2,}")
_DOCUMENTATION = ("README", "LICENSE", "LICENCE", "CITATION", "CHANGELOG")
_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON can spell half a character: "\ud800"


@dataclass(frozen=True)
class Question:
    """A text with a blank, the options that may fill it, the index of the right one, and where it stands."""

    text: str
    options: tuple[str, ...]
    answer: int
    place: str


def parse_columns(text: str | None) -> dict[str, str]:
    """The value of --columns: "text=review,label=stars" -> {"text": "review", "label": "stars"}.

    raises ConfigError for anything else; None gives no columns
    """
    columns: dict[str, str] = {}
    for part in [] if text is None else text.split(","):
        field, _, column = (side.strip() for side in part.partition("="))
        if not field or not column:
            message = f"--columns received {text!r}; accepted is field=column, or several with commas between."
            raise ConfigError(message, "--columns text=review,label=stars")
        if field in columns:
            message = f"--columns received {text!r}, which names a column for {field!r} twice."
            raise ConfigError(message, f"--columns {field}={columns[field]}")
        columns[field] = column
    return columns


def read_texts(
    sources: Sources,
    *,
    columns: Mapping[str, str] | None = None,
    encoding_errors: str = "strict",
    report: Report | None = None,
) -> Iterator[str]:
    """Every text of a corpus: the lines of text files, the text column of tables.

    sources: files, folders (read recursively, in sorted order), `hf:NAME[:split]`, or `-` for standard input
    columns: {"text": column}; a number from 1 in .tsv and .txt, or a name from the header row or the keys
    A blank line is skipped; a text longer than LINE_LIMIT comes in pieces; the report counts both.
    raises CorpusError naming file and line, also when there is no text at all; ConfigError for a wrong setting
    """
    wanted = _Wanted(("text",), columns or {}, encoding_errors, Report() if report is None else report)
    return _from_all(_names(sources), _texts, wanted)


def read_rows(
    sources: Sources,
    fields: Sequence[str],
    *,
    columns: Mapping[str, str] | None = None,
    encoding_errors: str = "strict",
    report: Report | None = None,
) -> Iterator[dict[str, str]]:
    """Every row of a corpus as field -> text, for example with the fields source and target.

    Without `columns`, a .tsv or .txt file has exactly the fields, in their order or in that of a header row which
    names them all, and two files such as corpus.en and corpus.de are read in parallel, line by line.
    A row with an empty field is skipped and counted. A number is accepted in the field "label" only.
    sources, columns, errors: as for `read_texts`
    """
    wanted = _Wanted(tuple(fields), columns or {}, encoding_errors, Report() if report is None else report)
    names = _names(sources)
    if not wanted.columns and len(wanted.fields) == 2 and _are_parallel(names):
        wanted.report.files += 2
        return _at_least_one(_filled(_parallel(names, wanted), wanted), names, wanted.report)
    return _from_all(names, _table, wanted)


def is_questions(source: str | Path) -> bool:
    """Whether a .jsonl file (also .gz, .xz, .zst) begins with an object that has a question and options."""
    name = str(source)
    if _kind(name) != "jsonl" or os.path.isdir(name):
        return False
    lines = read_lines(name, encoding_errors="replace", limit=ROW_LIMIT)
    first = next((line for _, line in lines if line.strip()), "")
    try:
        data = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and "question" in data and "options" in data


def read_questions(
    source: Sources, *, encoding_errors: str = "strict", report: Report | None = None
) -> Iterator[Question]:
    """Every question of JSON lines files: `question` (with a blank), `options` (two or more), `answer` (from 0).

    raises CorpusError naming file and line for a fault, or when there is no question
    """
    fields = ("question", "options", "answer")
    wanted = _Wanted(fields, {}, encoding_errors, Report() if report is None else report)
    return _from_all(_names(source), _questions, wanted)


@dataclass(frozen=True)
class _Wanted:
    """What is asked of a reader.

    fields:  the fields of a row, in order
    columns: field -> the column that holds it, where that has another name or a number
    encoding_errors, report: as for `read_lines`
    raises ConfigError for a column of an unknown field
    """

    fields: tuple[str, ...]
    columns: Mapping[str, str]
    encoding_errors: str
    report: Report

    def __post_init__(self) -> None:
        check_encoding_errors(self.encoding_errors)
        for field in self.columns:
            if field not in self.fields:
                accepted = " and ".join(self.fields)
                hint = "--columns " + ",".join(f"{name}=COLUMN" for name in self.fields)
                raise ConfigError(f"--columns names the field {field!r}; accepted here: {accepted}.", hint)

    @property
    def names(self) -> list[str]:
        """The column of every field, in the order of the fields."""
        return [self.columns.get(field, field) for field in self.fields]

    def lines(self, source: str) -> Iterator[tuple[int, str]]:
        """The lines of a file, numbered, whole and with the blank ones."""
        return read_lines(source, encoding_errors=self.encoding_errors, report=self.report, limit=ROW_LIMIT, cut=False)


_Values = tuple[str, Sequence[object]]  # the place of a row; the value of each field


def _names(sources: Sources) -> list[str]:
    """The sources as names, each of which exists."""
    names = [str(name) for name in ([sources] if isinstance(sources, str | Path) else sources)]
    if not names:
        raise CorpusError("No corpus was given; a file, a folder, hf:NAME or - is expected.", "corpus.txt")
    for name in names:
        if name != "-" and _kind(name) != "hf":
            try:
                os.stat(name)
            except (OSError, ValueError) as error:
                raise cannot_open(name, error) from error
    return names


def _from_all(names: list[str], read: Callable[[str, _Wanted], Iterator[E]], wanted: _Wanted) -> Iterator[E]:
    examples = (example for name in _files(names, wanted.report) for example in read(name, wanted))
    return _at_least_one(examples, names, wanted.report)


def _at_least_one(examples: Iterable[E], names: list[str], report: Report) -> Iterator[E]:
    """The examples, counted in the report; CorpusError if there is none."""
    nothing = True
    for example in examples:
        nothing = False
        report.examples += 1
        yield example
    if nothing:
        listed = ", ".join(shown(name) for name in names[:5]) + ", …" * (len(names) > 5)
        skipped = ", ".join(f"{count} × {reason}" for reason, count in report.skipped.items())
        message = f"{listed} holds no text" + (f" (skipped: {skipped})." if skipped else ".")
        raise CorpusError(message, "give a file with one text per line")


def _files(names: list[str], report: Report) -> Iterator[str]:
    for name in names:
        found = _walk(name, report) if _kind(name) != "hf" and os.path.isdir(name) else [name]
        for file in found:
            report.files += 1
            yield file


def _walk(folder: str, report: Report) -> Iterator[str]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise cannot_open(folder, error) from error
    for entry in entries:
        if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, report)
        elif reason := _reason_to_skip(entry):
            report.skip(reason)
        else:
            yield entry.path


def _reason_to_skip(entry: os.DirEntry[str]) -> str:
    """Why a folder's entry is no part of the corpus; "" if it is."""
    if entry.name.startswith("."):
        return "hidden file"
    if not entry.is_file():
        return "linked folder" if entry.is_dir() else "not a regular file"
    name = unpacked_name(entry.name)[0]
    if os.path.splitext(name)[0].upper() in _DOCUMENTATION:
        return "documentation"
    known = os.path.splitext(name)[1].lower() in _KINDS
    return "binary file" if not known and looks_binary(entry.path) else ""


def _texts(source: str, wanted: _Wanted) -> Iterator[str]:
    if wanted.columns or _kind(source) not in ("text", "tsv"):
        for row in _table(source, wanted):
            yield from _pieces(row["text"], wanted.report)
        return
    if _kind(source) == "tsv":
        message = f"{source}: which column holds the text? A .tsv file needs its number, or its name in a header row."
        raise CorpusError(message, "--columns text=1")
    for _, line in read_lines(source, encoding_errors=wanted.encoding_errors, report=wanted.report):
        if line.strip():
            yield line
        else:
            wanted.report.skip("empty line")


def _pieces(text: str, report: Report) -> Iterator[str]:
    """A text of a table as `read_lines` would give it: cut where it is longer than LINE_LIMIT."""
    report.cut += len(text) > LINE_LIMIT
    start = 0
    while start < len(text):
        end = start + LINE_LIMIT
        if end < len(text):
            space = max(text.rfind(white, start, end) for white in " \t\n")
            end = end if space < 0 else space + 1
        if text[start:end].strip():
            yield text[start:end]
        start = end


def _are_parallel(names: list[str]) -> bool:
    stems = {os.path.splitext(os.path.basename(unpacked_name(name)[0]))[0] for name in names}
    return len(names) == 2 and len(stems) == 1 and all(_kind(name) == "text" and os.path.isfile(name) for name in names)


def _parallel(names: list[str], wanted: _Wanted) -> Iterator[_Values]:
    """Line n of the first file with line n of the second, blank ones too."""
    counts = [0, 0]
    for pair in zip_longest(*(wanted.lines(name) for name in names)):
        counts = [count + (line is not None) for count, line in zip(counts, pair, strict=True)]
        if None not in pair:
            where = f"{place(names[0], counts[0])} and {place(names[1], counts[1])}"
            yield where, [text for _, text in pair]
    if counts[0] != counts[1]:
        message = f"{names[0]} has {counts[0]:,} lines and {names[1]} has {counts[1]:,}; parallel files have as many."
        raise CorpusError(message, "align the two files, or put each pair on one line as source<TAB>target")


def _questions(source: str, wanted: _Wanted) -> Iterator[Question]:
    if source != "-" and _kind(source) != "jsonl":
        raise CorpusError(f"{source}: questions are read from JSON lines.", "give a file whose name ends in .jsonl")
    example = '{"question": "The quick brown ___ jumped.", "options": ["fox", "box"], "answer": 0}'
    for where, data in _objects(source, wanted):
        fault = _fault_of_question(data)
        if fault:
            raise CorpusError(f"{where}: {fault}.", f"write the line like {example}")
        text = _text(where, "question", data["question"], wanted)
        options = tuple(_text(where, "option", option, wanted) for option in data["options"])
        yield Question(text, options, data["answer"], where)


def _fault_of_question(data: dict[str, Any]) -> str:
    missing = [key for key in ("question", "options", "answer") if key not in data]
    if missing:
        return f"the key {missing[0]!r} is missing"
    question, options, answer = data["question"], data["options"], data["answer"]
    if not isinstance(question, str) or not _BLANK.search(question):
        return "the question must be a string with a blank, two or more underscores"
    if not isinstance(options, list) or len(options) < 2:
        return "the options must be a list of two or more strings"
    if not all(isinstance(option, str) and option.strip() for option in options):
        return "every option must be a string that is not empty"
    if isinstance(answer, bool) or not isinstance(answer, int) or not 0 <= answer < len(options):
        return f"the answer must be an index from 0 to {len(options) - 1}, found {json.dumps(answer)[:40]}"
    return ""


def _kind(source: str) -> str:
    """How a source is read: text, tsv, csv, jsonl, parquet or hf; text where the suffix says nothing."""
    if source.startswith("hf:"):
        return "hf"
    return _KINDS.get(os.path.splitext(unpacked_name(source)[0])[1].lower(), "text")


def _table(source: str, wanted: _Wanted) -> Iterator[dict[str, str]]:
    """The rows of a table as field -> text; a text file is taken for tab-separated columns."""
    readers: dict[str, Callable[[str, _Wanted], Iterator[_Values]]] = {
        "text": _tab_separated,
        "tsv": _tab_separated,
        "csv": _comma_separated,
        "jsonl": _json_lines,
        "parquet": _parquet,
        "hf": _hub,
    }
    return _filled(readers[_kind(source)](source, wanted), wanted)


def _filled(rows: Iterable[_Values], wanted: _Wanted) -> Iterator[dict[str, str]]:
    """The rows as field -> text; one with an empty field is skipped and counted."""
    for where, values in rows:
        row = {field: _text(where, field, value, wanted) for field, value in zip(wanted.fields, values, strict=True)}
        empty = next((field for field, text in row.items() if not text.strip()), None)
        if empty is None:
            yield row
        else:
            wanted.report.skip(f"empty {empty}")


def _objects(source: str, wanted: _Wanted) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, object) of every line of a JSON lines file."""
    for number, line in wanted.lines(source):
        if not line.strip():
            wanted.report.skip("empty line")
            continue
        where = place(source, number)
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
        yield where, data


def _text(where: str, field: str, value: object, wanted: _Wanted) -> str:
    if field == "label" and isinstance(value, bool | int | float):
        return json.dumps(value)
    if not isinstance(value, str):
        accepted = "a string or a number" if field == "label" else "a string"
        message = f"{where}: expected {accepted} as {field}, found {_type(value)}."
        raise CorpusError(message, "correct or remove the row, or name another column with --columns")
    if _SURROGATE.search(value):
        if wanted.encoding_errors == "strict":
            raise CorpusError(f"{where}: the {field} holds half a surrogate pair.", "--encoding-errors replace")
        value, count = _SURROGATE.subn("\ufffd", value)
        wanted.report.replaced += count
    return value


def _type(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", int: "a number"}
    return "null" if value is None else names.get(type(value), "a number" if isinstance(value, float) else "no text")


def _tab_separated(source: str, wanted: _Wanted) -> Iterator[_Values]:
    positions, width = _numbered(source, wanted), 0
    for number, line in wanted.lines(source):
        where, cells = place(source, number), line.split("\t")
        if not line.strip():
            wanted.report.skip("empty line")
            continue
        if not positions:
            positions = _header(where, cells, wanted)
            if positions:
                width = len(cells)
                continue
            positions, width = list(range(len(wanted.fields))), len(wanted.fields)
        if width and len(cells) != width and wanted.columns:
            raise _ragged(where, f"{width} columns as in the header row", len(cells))
        if width and len(cells) != width:
            hint = f"remove the line, or name the layout with {_by_number(wanted)}"
            if _kind(source) == "text" and width == 2:
                hint += ", or give two parallel files such as corpus.en corpus.de"
            raise _ragged(where, f'"{"<TAB>".join(wanted.fields)}"', len(cells), hint)
        if len(cells) <= max(positions):  # numbered columns: a row may hold more
            raise _ragged(where, f"{max(positions) + 1} columns or more", len(cells))
        yield where, [cells[position] for position in positions]


def _numbered(source: str, wanted: _Wanted) -> list[int]:
    """The positions that --columns gives as numbers, or [] where a header row or the order of the fields decides."""
    names = list(wanted.columns.values())
    if all(name.isascii() and name.isdigit() for name in names) and names:
        positions = [int(wanted.columns.get(field, 0)) - 1 for field in wanted.fields]
        if min(positions) < 0:
            given = ",".join(f"{field}={name}" for field, name in wanted.columns.items())
            message = f"--columns received {given!r}; every field needs a column, counted from 1."
            raise ConfigError(message, _by_number(wanted))
        return positions
    if names and _kind(source) == "text":
        message = f"{shown(source)} has no header row to hold the column {names[0]!r}; columns there have numbers."
        raise CorpusError(message, f"{_by_number(wanted)}, or the suffix .tsv for a file with a header row")
    return []


def _header(where: str, cells: list[str], wanted: _Wanted) -> list[int]:
    """The positions that a header row gives the fields, or [] for a first row that is none."""
    found = [cell.strip() for cell in cells]
    if not wanted.columns:
        found = [cell.lower() for cell in found]
        if sorted(found) != sorted(wanted.fields):
            return []
        wanted.report.skip("header row")
    return _positions(where, found, wanted)


def _ragged(where: str, expected: str, found: int, hint: str = "correct or remove the line") -> CorpusError:
    return CorpusError(f"{where}: expected {expected}, found {found} column{'s' * (found != 1)}.", hint)


def _by_number(wanted: _Wanted) -> str:
    return "--columns " + ",".join(f"{field}={number}" for number, field in enumerate(wanted.fields, 1))


def _positions(where: str, found: Sequence[str], wanted: _Wanted) -> list[int]:
    _check_columns(where, found, wanted)
    return [found.index(name) for name in wanted.names]


def _comma_separated(source: str, wanted: _Wanted) -> Iterator[_Values]:
    reader = csv.reader((line + "\n" for _, line in wanted.lines(source)), strict=True)
    positions: list[int] = []
    width = 0
    while True:
        where = place(source, reader.line_num + 1)
        try:
            cells = _next_row(reader)
        except csv.Error as error:
            message = f"{where}: not valid CSV in the row that begins here ({error})."
            raise CorpusError(message, 'close every quote, and write a quote inside a field as ""') from error
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            wanted.report.skip("empty line")
        elif not positions:
            positions, width = _positions(where, [cell.strip() for cell in cells], wanted), len(cells)
        elif len(cells) != width:
            raise _ragged(where, f"{width} columns as in the header row", len(cells))
        else:
            yield where, [cells[position] for position in positions]


def _next_row(reader: Iterator[list[str]]) -> list[str] | None:
    """The next row; the csv module's limit is global, so it is raised for this row only."""
    before = csv.field_size_limit(ROW_LIMIT)
    try:
        return next(reader, None)
    finally:
        csv.field_size_limit(before)


def _json_lines(source: str, wanted: _Wanted) -> Iterator[_Values]:
    for where, data in _objects(source, wanted):
        _check_columns(where, list(data), wanted)
        yield where, [data[name] for name in wanted.names]


def _parquet(source: str, wanted: _Wanted) -> Iterator[_Values]:
    import pyarrow
    from pyarrow import parquet

    suffix = unpacked_name(source)[1]
    if suffix:
        message = f"{source} is a Parquet file inside {COMPRESSIONS[suffix]}; a Parquet file itself is accepted."
        raise CorpusError(message, f"{COMPRESSIONS[suffix]} -dk {shlex.quote(source)}")
    number = 0
    try:
        with parquet.ParquetFile(source) as table:
            _check_columns(source, table.schema_arrow.names, wanted)
            for batch in table.iter_batches(batch_size=128, columns=wanted.names):
                for values in zip(*(batch.column(name).to_pylist() for name in wanted.names), strict=True):
                    number += 1
                    yield place(source, number, "row"), ["" if value is None else value for value in values]
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        message = f"{place(source, number + 1, 'row')}: not readable as Parquet ({_one_line(error)})."
        raise CorpusError(message, "fetch the file again, or save its rows as .jsonl") from error


def _hub(source: str, wanted: _Wanted) -> Iterator[_Values]:
    name, _, split = source.removeprefix("hf:").partition(":")
    try:
        import datasets

        stream = datasets.load_dataset(name, split=split or "train", streaming=True)
        classes = [getattr((stream.features or {}).get(column), "int2str", None) for column in wanted.names]
        for number, row in enumerate(stream, 1):
            where = place(source, number, "row")
            _check_columns(where, list(row), wanted)
            values = ["" if row[column] is None else row[column] for column in wanted.names]
            pairs = zip(classes, values, strict=True)
            yield where, [spell(value) if spell and isinstance(value, int) else value for spell, value in pairs]
    except CorpusError:
        raise
    except Exception as error:  # the hub, the network and the files of a stranger fail in many ways
        cause = _one_line(error)
        splits = re.search(r"Available splits: \['([^']+)'", cause)
        hint = f"hf:{name}:{splits[1]}" if splits else f"check https://huggingface.co/datasets/{name} in a browser"
        raise CorpusError(f"{source} cannot be read: {cause}", hint) from error


def _one_line(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:300]


def _check_columns(where: str, found: Sequence[str], wanted: _Wanted) -> None:
    """Raise CorpusError, with the --columns to type, unless every field has its column."""
    missing = [name for name in wanted.names if name not in found]
    if not missing:
        return
    free = [name for name in found if name not in wanted.names and name.lower() not in ("id", "idx", "index")]
    guess = {}
    for field, name in zip(wanted.fields, wanted.names, strict=True):
        if name not in found:
            name = next(iter(difflib.get_close_matches(name, free, n=1) or free), "COLUMN")
            free = [other for other in free if other != name]
        guess[field] = name
    listed = ", ".join(repr(name[:40]) for name in found[:12]) + ", …" * (len(found) > 12)
    message = f"{where}: there is no column {missing[0]!r}; the columns are {listed or 'none'}."
    hint = "--columns " + shlex.quote(",".join(f"{field}={name}" for field, name in guess.items()))
    raise CorpusError(message, hint)
