"""Write the output of a table: text, or numbered parts of Parquet.

It is durable up to each save, so that a kill loses little.
"""

import contextlib
import csv
import io
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from seqtext.data.parquet_rows import ParquetTable
from seqtext.data.row_batches import RowBatch, Table
from seqtext.data.separated_rows import SeparatedTable
from seqtext.errors import CorpusError, SeqtextError, argument, arguments
from seqtext.integrations.columns import AddedValues
from seqtext.storage.atomic import replace_file, sync_names

TEXT_SECONDS = 1.0  # between two saves of text
PART_SECONDS = 10.0  # between two parts of Parquet, unless there are so many rows or bytes
_PART_ROWS, _PART_BYTES = 1 << 15, 1 << 25
_SLICE = 1024  # rows; a row group is some of them, of so many rows or bytes, wherever parts begin
_GROUP_ROWS, _GROUP_BYTES = 1 << 14, 1 << 25


class Output(Protocol):
    """Define how answered rows are written, saved and joined."""

    def begin(self, size: int | None) -> None:
        """Create the output, or continue after the saved rows.

        size: bytes or parts on the disk, by the record of the last save
        """
        ...

    def write(self, batch: RowBatch, values: dict[int, AddedValues]) -> None:
        """Append rows of a batch with the values of the added columns.

        values: by the index of the row
        """
        ...

    def due(self) -> bool:
        """Tell whether it is time to save."""
        ...

    def save(self) -> int:
        """Flush all rows to the disk.

        Returns the size to record, in bytes or parts as for `begin`.
        """
        ...

    def join(self) -> None:
        """Join the saved parts into the whole output.

        The parts stay until `clear`.
        """
        ...

    def clear(self) -> None:
        """Delete the parts that the output was joined from."""
        ...

    def close(self) -> None:
        """Close the output without saving pending rows."""
        ...


def line_writer(table: Table, names: Sequence[str], as_json: bool) -> Callable[[Any, int, AddedValues], str]:
    """Make a function that formats a row with its added values.

    (rows, index, values) -> line, without its end
    """
    if isinstance(table, SeparatedTable) and not as_json:
        cells = cell_writer(table)
        return lambda rows, index, values: f"{rows[index][0]}{table.separator}{cells(map(_cell, values))}"

    def line(rows: Any, index: int, values: AddedValues) -> str:
        row, added = table.as_json(rows, index), dict(zip(names, values, strict=True))
        before = row.rstrip()[:-1].rstrip()  # the row as it is written, whatever it holds
        return f"{before}{'' if before.endswith('{') else ', '}{json.dumps(added, ensure_ascii=False)[1:]}"

    return line


def cell_writer(table: SeparatedTable) -> Callable[[Iterable[str]], str]:
    """Make a function that formats cells in the table's own style."""
    if not table.quoted:
        return lambda cells: table.separator.join(" ".join(cell.split()) for cell in cells)
    text = io.StringIO()
    quoting: Any = csv.QUOTE_ALL if table.all_quoted else csv.QUOTE_MINIMAL
    # Before Python 3.13, a line break in a cell is quoted only where it is one of the line end's characters.
    writer = csv.writer(text, delimiter=table.separator, quoting=quoting, lineterminator="\r\n")

    def write(cells: Iterable[str]) -> str:
        text.seek(0)
        text.truncate()
        writer.writerow(list(cells))
        return text.getvalue().removesuffix("\r\n")

    return write


def _cell(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def parts_path(output: Path) -> Path:
    """Return the folder of a Parquet output's unjoined parts."""
    return Path(f"{output}.parts")


def _lock(descriptor: int, name: str) -> None:
    """Keep other processes from writing the same output; the system ends the lock with the process."""
    try:
        import fcntl  # of Unix alone
    except ImportError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise SeqtextError(f"{name} is being written by another process.", "wait until it has ended") from error
    except OSError:  # some network disks have no locks
        return


class TextOutput:
    """Write CSV, TSV or JSON lines in the table's encoding.

    The size of a save is the number of bytes that are on the disk.
    """

    def __init__(self, path: Path, table: Table, names: Sequence[str], as_json: bool) -> None:
        self._path, self._line = path, line_writer(table, names, as_json)
        lines: Any = getattr(table, "lines", None)
        same = lines is not None and as_json == (table.kind == "jsonl")
        self._encoding: str = lines.encoding if same else "utf-8"
        self._end: str = lines.end if same else "\n"
        self._head: bytes = lines.bom if same else b""
        if isinstance(table, SeparatedTable) and not as_json:
            self._head += self._encoded(table.first_line) if table.first_line else b""
            if table.header is not None:
                self._head += self._encoded(f"{table.header}{table.separator}{cell_writer(table)(names)}")
        self._saved = time.monotonic()

    def _encoded(self, line: str) -> bytes:
        try:
            return (line + self._end).encode(self._encoding)
        except UnicodeEncodeError as error:
            message = f"{self._path}: {error.object[error.start]!r} cannot be written in {self._encoding}."
            raise CorpusError(
                message, f"{arguments(output=str(self._path.with_suffix('.jsonl')))}, which is UTF-8"
            ) from error

    def begin(self, size: int | None) -> None:
        """Create the file, or truncate it to the saved bytes.

        Raises SeqtextError if it has fewer, or if another process is writing it.
        """
        self._file = self._path.open("r+b" if size else "w+b")
        _lock(self._file.fileno(), str(self._path))
        bytes_there = os.fstat(self._file.fileno()).st_size
        if size and bytes_there < size:
            message = f"{self._path} has {bytes_there:,} bytes; {size:,} were saved, so it has been changed since."
            raise SeqtextError(message, f"{argument('output')} with another name, to begin anew")
        self._file.truncate(size or 0)
        self._file.seek(size or 0)
        if not size:
            self._file.write(self._head)
            sync_names(self._path.parent)

    def write(self, batch: RowBatch, values: dict[int, AddedValues]) -> None:
        """Append rows, see `Output`.

        Raises CorpusError for a character that the encoding lacks.
        """
        self._file.writelines(
            self._encoded(self._line(batch.rows, index, row_values)) for index, row_values in values.items()
        )

    def due(self) -> bool:
        """Tell whether it is time to save."""
        return time.monotonic() - self._saved >= TEXT_SECONDS

    def save(self) -> int:
        """Flush all rows to the disk.

        Returns the size in bytes.
        """
        self._file.flush()
        os.fsync(self._file.fileno())
        self._saved = time.monotonic()
        return self._file.tell()

    def join(self) -> None:
        """Do nothing: the file is whole already."""

    def clear(self) -> None:
        """Do nothing: there are no parts to remove."""

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(OSError, AttributeError):
            self._file.close()


class LineOutput:
    """Pass JSON lines on as they come, without saving them.

    They are meant to be printed.
    """

    def __init__(self, say: Callable[[str], None], table: Table, names: Sequence[str]) -> None:
        self._say, self._line = say, line_writer(table, names, as_json=True)

    def begin(self, size: int | None) -> None:
        """Do nothing: there is no file to create."""

    def write(self, batch: RowBatch, values: dict[int, AddedValues]) -> None:
        """Pass rows on, see `Output`."""
        for index, row_values in values.items():
            self._say(self._line(batch.rows, index, row_values))

    def due(self) -> bool:
        """Return False: nothing can be saved."""
        return False

    def save(self) -> int:
        """Return 0: nothing is saved."""
        return 0

    def join(self) -> None:
        """Do nothing: there is no file to join."""

    def clear(self) -> None:
        """Do nothing: there are no parts to remove."""

    def close(self) -> None:
        """Do nothing: there is no file to close."""


class ParquetOutput:
    """Write numbered Parquet files in FILE.parts/, joined at the end.

    Each save writes a part; numbers begin at 1.
    """

    def __init__(self, path: Path, table: ParquetTable, names: Sequence[str], types: Sequence[type]) -> None:
        import pyarrow

        kinds = {str: pyarrow.string(), float: pyarrow.float64(), bool: pyarrow.bool_()}
        self._path, self._parts = path, parts_path(path)
        self._types, self._compression = [kinds[kind] for kind in types], table.compression
        self._schema = table.schema
        for name, kind in zip(names, self._types, strict=True):
            self._schema = self._schema.append(pyarrow.field(name, kind))
        self._pending: list[Any] = []
        self._count, self._saved = 0, time.monotonic()
        self._lock = -1

    def begin(self, size: int | None) -> None:
        """Create the folder, or continue after the recorded parts.

        Other parts are overwritten. Raises SeqtextError if a recorded part is missing, or if another
        process is writing the output.

        size: the number of recorded parts, if any
        """
        self._parts.mkdir(exist_ok=True)
        with contextlib.suppress(PermissionError):  # Windows opens no folder, and has no such lock
            self._lock = os.open(self._parts, os.O_RDONLY)
        if self._lock >= 0:
            _lock(self._lock, str(self._path))
        self._count = size or 0
        missing = [saved_part.name for saved_part in self._saved_parts() if not saved_part.exists()]
        if missing:
            message = f"{self._parts} lacks {missing[0]}; {self._count} parts were saved, so it has been changed since."
            raise SeqtextError(message, f"{argument('output')} with another name, to begin anew")
        sync_names(self._path.parent)

    def _part(self, number: int) -> Path:
        return self._parts / f"{number:06}.parquet"

    def _saved_parts(self) -> list[Path]:
        return [self._part(number) for number in range(1, self._count + 1)]

    def write(self, batch: RowBatch, values: dict[int, AddedValues]) -> None:
        """Append rows, see `Output`."""
        import pyarrow

        rows = batch.rows
        if len(values) < rows.num_rows:
            rows = rows.take(pyarrow.array(list(values), pyarrow.int64()))
        columns = list(zip(*values.values(), strict=True)) or [()] * len(self._types)
        added = [pyarrow.array(column_values, kind) for column_values, kind in zip(columns, self._types, strict=True)]
        self._pending.append(pyarrow.RecordBatch.from_arrays([*rows.columns, *added], schema=self._schema))

    def due(self) -> bool:
        """Tell whether a part is full or it is time to save."""
        rows, size = (sum(getattr(batch, name) for batch in self._pending) for name in ("num_rows", "nbytes"))
        return time.monotonic() - self._saved >= PART_SECONDS or rows >= _PART_ROWS or size >= _PART_BYTES

    def save(self) -> int:
        """Write the pending rows as the next part.

        Returns the number of parts.
        """
        if self._pending:
            import pyarrow
            from pyarrow import parquet

            part_path = self._part(self._count + 1)
            table = pyarrow.Table.from_batches(self._pending, self._schema)
            with _whole(part_path) as temporary:
                parquet.write_table(table, temporary)
            self._count, self._pending = self._count + 1, []
        self._saved = time.monotonic()
        return self._count

    def join(self) -> None:
        """Join the parts in groups of rows."""
        from pyarrow import parquet

        with (
            _whole(self._path) as temporary,
            parquet.ParquetWriter(temporary, self._schema, compression=self._compression) as writer,
        ):
            for group in self._groups():
                writer.write_table(group)

    def clear(self) -> None:
        """Remove the parts."""
        if self._parts.exists():
            shutil.rmtree(self._parts)

    def _groups(self) -> Iterator[Any]:
        """Yield groups of rows that do not depend on where parts begin."""
        import pyarrow

        slices: list[Any] = []
        for rows_slice in _even_slices(self._read_parts(), self._schema):
            slices.append(rows_slice)
            if len(slices) * _SLICE >= _GROUP_ROWS or sum(rows.nbytes for rows in slices) >= _GROUP_BYTES:
                yield _settled(pyarrow.concat_tables(slices))
                slices = []
        if slices:
            yield _settled(pyarrow.concat_tables(slices))

    def _read_parts(self) -> Iterator[Any]:
        from pyarrow import parquet

        for part_path in self._saved_parts():
            with parquet.ParquetFile(part_path, pre_buffer=False) as file:
                yield from file.iter_batches(batch_size=_SLICE, use_threads=False)

    def close(self) -> None:
        """Close the folder."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _even_slices(batches: Iterator[Any], schema: Any) -> Iterator[Any]:
    """Tables of _SLICE rows each, the last one of fewer, from batches of any size."""
    import pyarrow

    waiting = schema.empty_table()
    for batch in batches:
        waiting = pyarrow.concat_tables([waiting, pyarrow.Table.from_batches([batch], schema)])
        while waiting.num_rows >= _SLICE:
            yield waiting.slice(0, _SLICE)
            waiting = waiting.slice(_SLICE)
    if waiting.num_rows:
        yield waiting


def _settled(table: Any) -> Any:
    """The same rows in one chunk; the dictionary of a column holds its own values in the order of their coming."""
    import pyarrow

    for index, field in enumerate(table.schema):
        if pyarrow.types.is_dictionary(field.type):
            column = table.column(index).cast(field.type.value_type).combine_chunks().dictionary_encode()
            table = table.set_column(index, field, column.cast(field.type))
    return table.combine_chunks()


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A name to write to; at the end of the block what is there is on the disk and takes the place of the path."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        yield temporary
        with temporary.open("r+b") as file:  # Windows brings nothing to the disk that was opened to be read
            os.fsync(file.fileno())
        replace_file(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_names(path.parent)
