"""Read whole rows of Parquet as Arrow record batches, with all types."""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from seqtext.data.encodings import refuse_packed
from seqtext.data.lines import place
from seqtext.data.nested import value_at
from seqtext.data.records import schema_paths, top_column, unreadable_parquet
from seqtext.data.row_batches import RowBatch, different, named_place
from seqtext.data.unpacking import cannot_open
from seqtext.data.wanted import Wanted, answerable_text
from seqtext.errors import CorpusError, SeqtextError, arguments
from seqtext.extras import needed


class ParquetTable:
    """Read a table of Parquet. The rows of a batch are a RecordBatch with all columns.

    Raises CorpusError for a file that is compressed or cannot be read, and for a column that is missing or not of text.
    """

    kind = "parquet"
    told = ""

    def __init__(self, source: str, wanted: Wanted) -> None:
        refuse_packed(source, "a Parquet file")
        self._source, self._wanted = source, wanted
        try:
            open(source, "rb").close()
        except (OSError, ValueError) as error:
            raise cannot_open(source, error) from error
        with needed("A Parquet file"):
            from pyarrow import parquet

        with self._faults(0):
            # Without read-ahead, memory does not grow with the size of a row group.
            self._file = parquet.ParquetFile(source, buffer_size=1 << 20, pre_buffer=False)
        self.schema = self._file.schema_arrow
        self.columns = list(self.schema.names)
        self.length: int | None = self._file.metadata.num_rows
        columns = schema_paths(self.schema)
        self._wanted = wanted.settled(columns)
        self._parts = self._wanted.parts(source, columns)
        for name in self._parts[0]:
            self._refuse_other_types(name, joined=len(self._parts[0]) > 1)

    @property
    def compression(self) -> str:
        """Return the compression of the first column, as Arrow's writer names it."""
        metadata = self._file.metadata
        has_columns = metadata.num_row_groups and metadata.row_group(0).num_columns
        compression = metadata.row_group(0).column(0).compression.lower() if has_columns else "snappy"
        return "none" if compression == "uncompressed" else str(compression)

    def _refuse_other_types(self, name: str, joined: bool) -> None:
        """Raise CorpusError if the column's type holds no text; numbers may be joined to texts."""
        from pyarrow import types

        kind = self._type_of(name)
        inner = (
            kind.value_type if types.is_dictionary(kind) or types.is_list(kind) or types.is_large_list(kind) else kind
        )
        if not (
            types.is_string(inner)
            or types.is_large_string(inner)
            or types.is_null(inner)
            or str(inner) == "string_view"
            or (joined and (types.is_integer(kind) or types.is_floating(kind)))
        ):
            texts = [
                column.name
                for column in self.schema
                if types.is_string(column.type) or types.is_large_string(column.type)
            ]
            message = f"{self._source}: the column {name!r} holds {kind}; text is expected."
            raise CorpusError(message, arguments(columns={self._wanted.fields[0]: (texts or ["COLUMN"])[0]}))

    def _type_of(self, path: str) -> Any:
        """Look up the type of a column, or of a struct field by its path."""
        name = top_column(path, self.columns)
        kind, rest = self.schema.field(name).type, path[len(name) + 1 :]
        while rest:
            inner = top_column(rest, [kind.field(k).name for k in range(kind.num_fields)])
            kind, rest = kind.field(kind.get_field_index(inner)).type, rest[len(inner) + 1 :]
        return kind

    def _cells(self, record: Any, path: str) -> list[object]:
        """Read the cells of a column, or of a struct field by its path."""
        name = top_column(path, self.columns)
        cells: list[object] = record.column(self.columns.index(name)).to_pylist()
        return cells if path == name else [None if cell is None else value_at({name: cell}, path) for cell in cells]

    def batches(self, start: int, size: int) -> Iterator[RowBatch]:
        """Yield batches of rows, none across row groups, see `Table`."""
        first = 0
        for group in range(self._file.metadata.num_row_groups):
            rows = self._file.metadata.row_group(group).num_rows
            if first + rows > start:
                yield from self._group(group, first, start, size)
            first += rows

    def _group(self, group: int, first: int, start: int, size: int) -> Iterator[RowBatch]:
        with self._faults(first):
            for record in self._file.iter_batches(batch_size=size, row_groups=[group], use_threads=False):
                if first + record.num_rows > start:
                    yield self._batch(record.slice(max(0, start - first)), max(first, start))
                first += record.num_rows

    def _batch(self, record: Any, first: int) -> RowBatch:
        places = [place(self._source, first + k, "row") for k in range(1, record.num_rows + 1)]
        if len(self._wanted.names) > 1:
            names = self._cells(record, self._parts[1][0])
            places = [named_place(where, name) for where, name in zip(places, names, strict=True)]
        texts: list[str] = []
        faults: dict[int, SeqtextError] = {}
        values = self._values(record, places)
        for index, (where, value) in enumerate(zip(places, values, strict=True)):
            try:
                texts.append(answerable_text(where, self._wanted.fields[0], value, self._wanted))
            except CorpusError as error:
                faults[index] = error
                texts.append("")
        return RowBatch(texts, places, faults, record)

    def _values(self, record: Any, places: list[str]) -> list[object]:
        """Read the cells of the text column; several columns are joined, unless a cell is not text."""
        columns = [self._cells(record, name) for name in self._parts[0]]
        if len(columns) == 1:
            cells_of_text: list[object] = columns[0]
            return cells_of_text
        pick = self._wanted.picker(self._parts[:1], [range(len(columns))])
        return [pick(where, cells)[0] for where, cells in zip(places, zip(*columns, strict=True), strict=True)]

    @contextmanager
    def _faults(self, rows: int) -> Iterator[None]:
        import pyarrow

        try:
            yield
        except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
            raise unreadable_parquet(self._source, rows + 1, error) from error

    def as_json(self, rows: Any, index: int) -> str:
        """Return a row as a JSON object, see `Table`.

        Values without a form in JSON, such as times, are written as by Python's `str`.
        """
        values = [column[index].as_py() for column in rows.columns]
        return json.dumps(dict(zip(different(self.columns), map(_plain, values), strict=True)), ensure_ascii=False)

    def bytes_read(self) -> int | None:
        """Return None, because the number of rows is known, see `Table`."""
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | bool | int) else str(value)
