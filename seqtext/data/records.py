"""Read the rows of JSON lines, Parquet and Hugging Face data sets."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from seqtext.data.encodings import refuse_packed
from seqtext.data.lines import place
from seqtext.data.nested import ByPath, has_path, paths, value_or_none
from seqtext.data.wanted import Values, Wanted, type_of
from seqtext.errors import CorpusError
from seqtext.extras import needed
from seqtext.shell import quote


def read_objects(source: str, wanted: Wanted) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read each line of JSON lines as (place, object), see `numbered_objects`."""
    return numbered_objects(source, wanted.lines(source), wanted)


def numbered_objects(
    source: str, lines: Iterable[tuple[int, str]], wanted: Wanted
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Parse numbered JSON lines as (place, object).

    Blank lines are skipped and counted. Raises CorpusError as `read_object` does.
    """
    for number, line in lines:
        where = place(source, number)
        if line.strip():
            yield where, read_object(where, source, line, wanted)
        else:
            wanted.report.skip("empty line", where)


def read_object(where: str, source: str, line: str, wanted: Wanted) -> dict[str, Any]:
    """Parse a line of JSON lines. Raises CorpusError where it is no object."""
    hint = "correct or remove the line"
    if source.lower().endswith(".json"):
        hint = f"jq -c {quote('.[]')} {quote(source)} > {quote(source + 'l')}, if the file is one JSON array"
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


def has_keys(line: str, wanted: Wanted) -> bool:
    """Tell whether a line is an object with the wanted keys."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and wanted.has_columns(paths(data))


def read_json_lines(source: str, wanted: Wanted) -> Iterator[Values]:
    """Read the rows of a JSON lines file.

    Raises CorpusError for a line that is not an object.
    """
    return rows_of_objects(read_objects(source, wanted), wanted)


def rows_of_objects(objects: Iterable[tuple[str, dict[str, Any]]], wanted: Wanted) -> Iterator[Values]:
    """Select the wanted values of objects, whose keys may differ.

    Raises CorpusError for an object that lacks a column.
    """
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
            there = [name for columns in parts for name in columns if has_path(data, name)]
            parts = wanted.parts(where, there + paths(data))
            pick = wanted.picker(parts, parts)
            values = pick(where, ByPath(data))
        yield where, values


def read_parquet(source: str, wanted: Wanted) -> Iterator[Values]:
    """Read the wanted columns of a Parquet file, row by row.

    Raises CorpusError for a damaged or compressed file.
    """
    with needed("A Parquet file"):
        import pyarrow
        from pyarrow import parquet

    refuse_packed(source, "a Parquet file")
    number = 0
    try:
        with parquet.ParquetFile(source) as table:
            every = schema_paths(table.schema_arrow)
            wanted = wanted.settled(every)
            parts = wanted.parts(source, every)
            names = list(dict.fromkeys(name for field_columns in parts for name in field_columns))
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
    """List a schema's columns, and after them the paths to struct fields."""

    def shape(fields: Iterable[Any]) -> dict[str, Any]:
        return {field.name: shape(field.type) if str(field.type).startswith("struct<") else None for field in fields}

    names = list(schema.names)
    return names if len(set(names)) < len(names) else paths(shape(schema))


def top_column(path: str, names: Sequence[str]) -> str:
    """Find the column that begins a path.

    It is the path itself, or its longest prefix before a dot.
    """
    return path if path in names else top_column(path[: path.rindex(".")], names)


def unreadable_parquet(source: str, number: int, error: Exception) -> CorpusError:
    """Make the error for a row that cannot be read.

    number: of the row, from 1
    """
    message = f"{place(source, number, 'row')}: not readable as Parquet ({error_line(error)})."
    return CorpusError(message, "fetch the file again, or save its rows as .jsonl")


def read_hub(source: str, wanted: Wanted) -> Iterator[Values]:
    """Read the rows of a Hub data set, hf:NAME or hf:NAME:SPLIT.

    Raises CorpusError if it cannot be read.
    """
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
            names = [name for columns in parts for name in columns]
            yield where, pick(where, {name: _spelled(features.get(name), value_or_none(row, name)) for name in names})
    except CorpusError:
        raise
    except Exception as error:  # the hub, the network and the files of a stranger fail in many ways
        cause = error_line(error)
        splits = re.search(r"Available splits: \['([^']+)'", cause)
        hint = f"hf:{name}:{splits[1]}" if splits else f"check https://huggingface.co/datasets/{name} in a browser"
        raise CorpusError(f"{source} cannot be read: {cause}", hint) from error


def _spelled(feature: Any, value: object) -> object:
    """Convert a cell of a data set, classes to their names, null to ""."""
    if value is None:
        return ""
    if isinstance(value, list):
        return [_spelled(getattr(feature, "feature", None), item) for item in value]
    spell = getattr(feature, "int2str", None)
    return spell(value) if spell and isinstance(value, int) else value


def error_line(error: Exception) -> str:
    """Shorten an error message of another library to one line."""
    return (" ".join(str(error).split()) or type(error).__name__)[:300]
