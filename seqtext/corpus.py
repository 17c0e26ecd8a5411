"""Examples from files, folders and Hugging Face data sets, streamed; every fault names its file and line."""

import csv
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from seqtext.errors import ConfigError, CorpusError
from seqtext.lines import Report, cannot_open, looks_binary, place, read_lines, shown, unpacked_name

__all__ = ["Question", "Report", "is_questions", "parse_columns", "read_questions", "read_rows", "read_texts"]

Sources = str | Path | Sequence[str | Path]
_ROW_LIMIT = 1 << 28  # bytes of one row of a table
_BLANK = re.compile("_{2,}")


@dataclass(frozen=True)
class Question:
    """A text with a blank, the words that may fill it, and which of them is right."""

    text: str
    options: tuple[str, ...]
    answer: int
    place: str


def parse_columns(text: str | None) -> dict[str, str]:
    """What `--columns` says: "text=review,label=stars" → {"text": "review", "label": "stars"}; ConfigError otherwise."""
    if text is None:
        return {}
    pairs = [pair.partition("=") for pair in text.split(",")]
    if not all(name.strip() and column.strip() for name, _, column in pairs):
        raise ConfigError(f"--columns received {text!r}; NAME=COLUMN,... is expected.", "--columns text=review")
    return {name.strip(): column.strip() for name, _, column in pairs}


def read_texts(
    sources: Sources,
    *,
    columns: Mapping[str, str] | None = None,
    encoding_errors: str = "strict",
    report: Report | None = None,
) -> Iterator[str]:
    """One text per line of a text file, or the text column of a table; blank ones are counted and left out.

    columns: the name of the text column ("text"), or its number from 1 in a .tsv without a header
    raises CorpusError for what cannot be read, and when nothing at all was found
    """
    report = Report() if report is None else report
    columns = columns or {}
    found = False
    for source in _files(_listed(sources), report):
        report.files += 1
        if _kind(source) == "lines":
            texts = (text for _, text in read_lines(source, encoding_errors=encoding_errors, report=report))
        else:
            rows = _table(source, columns, encoding_errors, report)
            texts = (_cell(row, _text_column(row, columns, where), where) for where, row in rows)
        for text in texts:
            if not text.strip():
                report.skip("empty line")
                continue
            found = True
            report.examples += 1
            yield text
    if not found:
        names = ", ".join(shown(source) for source in _listed(sources))
        raise CorpusError(
            f"{names} holds no text; one text per line is expected.", "give a file with some lines of text"
        )


def read_rows(
    sources: Sources,
    fields: Sequence[str],
    *,
    columns: Mapping[str, str] | None = None,
    encoding_errors: str = "strict",
    report: Report | None = None,
) -> Iterator[dict[str, str]]:
    """Rows with some fields, as ("source", "target") or ("label", "text").

    A .tsv or .txt has the fields in that order, tab-separated, unless columns says otherwise; other tables have them by
    name. Two files that differ only in their suffix (corpus.en corpus.de) are read side by side.
    """
    report = Report() if report is None else report
    columns, listed = columns or {}, _listed(sources)
    found = False
    if len(fields) == 2 and len(listed) == 2 and _parallel(*listed):
        rows: Iterator[dict[str, str]] = _side_by_side(listed, fields, encoding_errors, report)
    else:
        rows = _rows(listed, fields, columns, encoding_errors, report)
    for row in rows:
        found = True
        report.examples += 1
        yield row
    if not found:
        layout = "<TAB>".join(fields)
        raise CorpusError(f"{', '.join(map(shown, listed))} holds no rows of {layout}.", "give a file with some rows")


def read_questions(
    source: str | Path, *, encoding_errors: str = "strict", report: Report | None = None
) -> Iterator[Question]:
    """Questions with options from JSONL: `question` (holding a blank), `options`, `answer` (index from 0)."""
    report = Report() if report is None else report
    report.files += 1
    found = False
    hint = '{"question": "The ___ barks.", "options": ["dog", "tree"], "answer": 0}'
    for where, row in _json_rows(str(source), encoding_errors, report):
        text, options, answer = (row.get(name) for name in ("question", "options", "answer"))
        if not isinstance(text, str) or not _BLANK.search(text):
            raise CorpusError(f"{where}: question is {text!r:.60}; a text with a blank (___) is expected.", hint)
        if (
            not isinstance(options, list)
            or len(options) < 2
            or not all(isinstance(o, str) and o.strip() for o in options)
        ):
            raise CorpusError(f"{where}: options is {options!r:.60}; a list of two words or more is expected.", hint)
        if isinstance(answer, bool) or not isinstance(answer, int) or not 0 <= answer < len(options):
            raise CorpusError(
                f"{where}: answer is {answer!r:.60}; a number from 0 to {len(options) - 1} is expected.", hint
            )
        found = True
        report.examples += 1
        yield Question(text, tuple(options), answer, where)
    if not found:
        raise CorpusError(f"{shown(str(source))} holds no questions.", hint)


def is_questions(source: str | Path) -> bool:
    """Is it a JSONL file whose first row is a question with options?"""
    name = str(source)
    if not unpacked_name(name)[0].endswith(".jsonl") or not os.path.isfile(name):
        return False
    for _, row in _json_rows(name, "replace", Report()):
        return "question" in row and "options" in row
    return False


def _listed(sources: Sources) -> list[str]:
    return [str(sources)] if isinstance(sources, str | Path) else [str(source) for source in sources]


def _kind(source: str) -> str:
    """How a source is read: hf, tsv, csv, jsonl, parquet or lines."""
    if source.startswith("hf:"):
        return "hf"
    suffix = os.path.splitext(unpacked_name(source)[0])[1].lower().lstrip(".")
    return suffix if suffix in ("tsv", "csv", "jsonl", "parquet") else "lines"


def _files(sources: list[str], report: Report) -> Iterator[str]:
    """The sources with folders opened: their files in order, hidden and binary ones left out and counted."""
    for source in sources:
        if not os.path.isdir(source):
            yield source
            continue
        for folder, below, names in os.walk(source, onerror=_raise):
            below.sort()
            below[:] = [name for name in below if not name.startswith(".")]
            for name in sorted(names):
                path = os.path.join(folder, name)
                if name.startswith("."):
                    report.skip("hidden file")
                elif _kind(path) == "lines" and looks_binary(path):
                    report.skip("binary file")
                else:
                    yield path


def _raise(error: OSError) -> None:
    raise cannot_open(str(error.filename), error) from error


def _table(
    source: str, columns: Mapping[str, str], encoding_errors: str, report: Report
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, row) of a table; a .tsv without header names its columns "1", "2" …"""
    kind = _kind(source)
    if kind == "jsonl":
        return _json_rows(source, encoding_errors, report)
    if kind == "parquet":
        return _parquet_rows(source)
    if kind == "hf":
        return _hub_rows(source)
    if kind == "csv":
        return _csv_rows(source, encoding_errors, report)
    return _tsv_rows(source, columns, encoding_errors, report)


def _json_rows(source: str, encoding_errors: str, report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    lines = read_lines(source, encoding_errors=encoding_errors, report=report, limit=_ROW_LIMIT, cut=False)
    for number, line in lines:
        where = place(source, number)
        if not line.strip():
            report.skip("empty line")
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            column = getattr(error, "colno", 1)
            raise CorpusError(
                f"{where}, column {column}: not JSON ({getattr(error, 'msg', error)}); one object per line is expected.",
                "mend or remove the line",
            ) from error
        if not isinstance(row, dict):
            raise CorpusError(f"{where}: expected a JSON object, found {line.strip():.40}.", '{"text": "..."}')
        yield where, row


def _csv_rows(source: str, encoding_errors: str, report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    lines = read_lines(source, encoding_errors=encoding_errors, report=report, limit=_ROW_LIMIT, cut=False)
    old = csv.field_size_limit(_ROW_LIMIT)
    try:
        reader = csv.reader((line + "\n" for _, line in lines), strict=True)
        header: list[str] | None = None
        start = 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise CorpusError(f"{place(source, start)}: not CSV ({error}).", "mend or remove the line") from error
            where, start = place(source, start), reader.line_num + 1
            if not any(cells):
                report.skip("empty line")
            elif header is None:
                header = cells
            elif len(cells) != len(header):
                raise CorpusError(
                    f"{where}: expected {len(header)} columns as in the header, found {len(cells)}.",
                    "mend or remove the line",
                )
            else:
                yield where, dict(zip(header, cells, strict=True))
    finally:
        csv.field_size_limit(old)


def _tsv_rows(
    source: str, columns: Mapping[str, str], encoding_errors: str, report: Report
) -> Iterator[tuple[str, dict[str, Any]]]:
    named = any(not column.isdigit() for column in columns.values())
    header: list[str] | None = None
    for number, line in read_lines(source, encoding_errors=encoding_errors, report=report, limit=_ROW_LIMIT, cut=False):
        where, cells = place(source, number), line.split("\t")
        if not line.strip():
            report.skip("empty line")
        elif named and header is None:
            header = cells
        elif header is not None and len(cells) != len(header):
            raise CorpusError(
                f"{where}: expected {len(header)} columns as in the header, found {len(cells)}.",
                "mend or remove the line",
            )
        else:
            yield where, dict(zip(header or map(str, range(1, len(cells) + 1)), cells, strict=True))


def _parquet_rows(source: str) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(source) as file:
            number = 0
            for batch in file.iter_batches(1024):
                for row in batch.to_pylist():
                    number += 1
                    yield place(source, number, "row"), row
    except OSError as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise cannot_open(source, error) from error
        raise CorpusError(f"{source} is damaged: {str(error).splitlines()[0]}", "download it again") from error
    except pyarrow.ArrowException as error:
        raise CorpusError(f"{source} is not Parquet: {str(error).splitlines()[0]}", "download it again") from error


def _hub_rows(source: str) -> Iterator[tuple[str, dict[str, Any]]]:
    name, _, split = source[3:].partition(":")
    split = split or "train"
    try:
        import datasets

        rows = datasets.load_dataset(name, split=split, streaming=True)
        for number, row in enumerate(rows, 1):
            yield place(source, number, "row"), dict(row)
    except (CorpusError, GeneratorExit):
        raise
    except Exception as error:  # of this library, of the Hub's, of the network's
        cause = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise CorpusError(
            f"{source} could not be read as a Hugging Face data set: {cause}.",
            "check the name, the split (hf:NAME:SPLIT) and the connection, or give a local file",
        ) from error


def _text_column(row: Mapping[str, Any], columns: Mapping[str, str], where: str) -> str:
    return _column(row, "text", columns.get("text", "text"), where)


def _column(row: Mapping[str, Any], field: str, column: str, where: str) -> str:
    if column in row:
        return column
    names = ", ".join(map(str, row))
    raise CorpusError(
        f"{where}: there is no column {column!r}; there are {names}.", f"--columns {field}={next(iter(row), 1)}"
    )


def _cell(row: Mapping[str, Any], column: str, where: str) -> str:
    value = row[column]
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise CorpusError(
            f"{where}: column {column!r} holds {value!r:.40}; a text is expected.", "mend or remove the line"
        )
    return str(value)


def _parallel(first: str, second: str) -> bool:
    stems = [os.path.splitext(unpacked_name(name)[0]) for name in (first, second)]
    return stems[0][0] == stems[1][0] and all(_kind(name) == "lines" for name in (first, second))


def _side_by_side(
    sources: list[str], fields: Sequence[str], encoding_errors: str, report: Report
) -> Iterator[dict[str, str]]:
    report.files += 2
    streams = [read_lines(name, encoding_errors=encoding_errors, report=report, cut=False) for name in sources]
    read = 0
    for pair in zip_longest(*streams):
        if None in pair:
            short = pair.index(None)
            rest = 1 + sum(1 for _ in streams[1 - short])
            counts = [read + rest, read + rest]
            counts[short] = read
            raise CorpusError(
                f"{sources[0]} has {counts[0]} lines and {sources[1]} has {counts[1]}; as many in both are expected.",
                "give two files whose lines belong together",
            )
        read += 1
        texts = [line[1].strip() for line in pair]
        if all(texts):
            yield dict(zip(fields, texts, strict=True))
        else:
            report.skip("empty line")


def _rows(
    sources: list[str], fields: Sequence[str], columns: Mapping[str, str], encoding_errors: str, report: Report
) -> Iterator[dict[str, str]]:
    for source in _files(sources, report):
        report.files += 1
        plain = _kind(source) in ("lines", "tsv")
        if plain and not columns:
            lines = read_lines(source, encoding_errors=encoding_errors, report=report, limit=_ROW_LIMIT, cut=False)
            for number, line in lines:
                cells = line.split("\t")
                if not line.strip():
                    report.skip("empty line")
                    continue
                if len(cells) != len(fields):
                    layout, many = "<TAB>".join(fields), "column" if len(cells) == 1 else "columns"
                    raise CorpusError(
                        f'{place(source, number)}: expected "{layout}", found {len(cells)} {many}.',
                        f"remove the line, or name the layout with --columns {fields[-1]}=1",
                    )
                yield dict(zip(fields, cells, strict=True))
            continue
        rows = (
            _tsv_rows(source, columns, encoding_errors, report)
            if plain
            else _table(source, columns, encoding_errors, report)
        )
        for where, row in rows:
            yield {field: _cell(row, _column(row, field, columns.get(field, field), where), where) for field in fields}
