"""Read whole rows of JSON lines, as they are written."""

import json
import os
from collections.abc import Iterator
from typing import Any

from seqtext.data.columns import Picker, joined_columns, split_columns
from seqtext.data.encodings import shown_encoding, unpacked_name
from seqtext.data.lines import place, shown
from seqtext.data.nested import ByPath, has_path, paths, value_or_none
from seqtext.data.raw_lines import RawLines
from seqtext.data.records import read_object
from seqtext.data.row_batches import Item, RowBatch, in_batches, named_place
from seqtext.data.wanted import Wanted, answerable_text, text_of
from seqtext.errors import CorpusError
from seqtext.shell import quote


class ObjectTable:
    """Read a table of JSON lines.

    A row is the line as it is written. Raises CorpusError for a file that is one JSON array.
    """

    kind = "jsonl"
    length: int | None = None

    def __init__(self, lines: RawLines, wanted: Wanted) -> None:
        self.lines, self._wanted = lines, wanted
        #: Keys that no row may have, because added columns use them.
        self.reserved: frozenset[str] = frozenset()
        self._paths: list[str] = []
        self.columns = self._first_keys()
        if _begins_an_array(lines.sample.lstrip().split("\n")[0]):
            raise _array(lines.source)
        if self.columns:
            self._wanted = wanted.settled(self._paths)
            self._wanted.parts(shown(lines.source), self._paths)
        encoding = shown_encoding(lines.encoding) + " with a BOM" * bool(lines.bom)
        self.told = "" if encoding == "UTF-8" else encoding

    def _first_keys(self) -> list[str]:
        """Collect the keys of the first objects; malformed lines are skipped, because reading reports them."""
        keys: dict[str, None] = {}
        inner: dict[str, None] = {}
        for line in self.lines.sample.split("\r" if self.lines.end == "\r" else "\n"):
            try:
                data = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(data, dict):
                keys.update(dict.fromkeys(data))
                inner.update(dict.fromkeys(paths(data)))
        self._paths = [*keys, *(path for path in inner if path not in keys)]
        return list(keys)

    def _items(self) -> Iterator[Item]:
        field, source = self._wanted.fields[0], self.lines.source
        names = self._wanted.names
        for number, line in self.lines:
            if not line.strip():
                self._wanted.report.skip("empty line", place(source, number))
                continue
            where, line = place(source, number), line.strip()
            try:
                data = read_object(where, source, line, self._wanted)
            except CorpusError as error:
                yield Item(where, "", error, "{}")
                continue
            self._refuse_reserved(where, data)
            where = named_place(where, value_or_none(data, names[1])) if len(names) > 1 else where
            try:
                text = self._value(where, data)
                yield Item(where, answerable_text(where, field, text, self._wanted), None, line)
            except CorpusError as error:
                yield Item(where, "", error, line)

    def _value(self, where: str, data: dict[str, Any]) -> object:
        """Read the text of an object, joining several columns; raises CorpusError if one is missing."""
        name = self._wanted.names[0]
        if name in data:
            return data[name]
        keys = split_columns(name, paths(data)) or joined_columns(name, self._paths)
        if not keys and has_path(data, name):  # inside null
            keys = [name]
        missing = next((key for key in keys or [name] if not has_path(data, key)), None)
        if missing is not None:
            raise CorpusError(f"{where}: there is no {missing!r}.", "correct or remove the line")
        field = self._wanted.fields[0]
        return Picker([field], [keys], [keys], self._text_of)(where, ByPath(data))[0]

    def _text_of(self, where: str, field: str, value: object) -> str:
        return text_of(where, field, value, self._wanted)

    def _refuse_reserved(self, where: str, data: dict[str, Any]) -> None:
        """Raise CorpusError for a key of an added column, whose name only depended on the first rows."""
        for name in self.reserved.intersection(data):
            source = quote(self.lines.source)
            change = quote(f'with_entries(if .key == "{name}" then .key = "given_{name}" else . end)')
            message = f"{where}: the key {name!r} would be that of an added column; no row at the beginning has it."
            raise CorpusError(message, f"jq -c {change} {source} > renamed.jsonl")

    def batches(self, start: int, size: int) -> Iterator[RowBatch]:
        """Yield batches of rows, see `Table`."""
        return in_batches(self._items(), start, size)

    def as_json(self, rows: Any, index: int) -> str:
        """Return a row as a JSON object, see `Table`."""
        line: str = rows[index]
        return line

    def bytes_read(self) -> int | None:
        """Count the bytes read so far, see `Table`."""
        return None if unpacked_name(self.lines.source)[1] else self.lines.read


def _begins_an_array(line: str) -> bool:
    """Tell whether a line is an array of objects, or its beginning."""
    if not line.startswith("["):
        return False
    try:
        items = json.loads(line)
    except (ValueError, RecursionError):
        return True
    return bool(items) and all(isinstance(item, dict) for item in items)


def _array(source: str) -> CorpusError:
    """Make the error for a file that is a JSON array."""
    rows = quote(f"{os.path.splitext(unpacked_name(source)[0])[0]}-rows.jsonl")
    lines = f"jq -c {quote('.[]')}"
    hint = f"{lines}, in front of this command" if source == "-" else f"{lines} {quote(source)} > {rows}"
    return CorpusError(f"{shown(source)} is a JSON array; an object on each line is expected.", hint)
