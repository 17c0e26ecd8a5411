"""Batch a table's rows: texts to answer, places and stored rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Protocol

from seqtext.data.sampling import batched_until_fault
from seqtext.errors import CorpusError, SeqtextError


@dataclass(frozen=True)
class RowBatch:
    """Hold consecutive rows of a table.

    texts:  the texts to answer, "" for an empty cell or an invalid row
    places: the place of each row, as in messages
    faults: index -> why a row cannot be answered
    rows:   the rows themselves: (line, cells) of CSV, lines of JSON, a RecordBatch of Parquet
    """

    texts: list[str]
    places: list[str]
    faults: dict[int, SeqtextError]
    rows: Any


class Table(Protocol):
    """Define the interface of an open table.

    kind:    csv, jsonl or parquet
    columns: the names of its columns; of JSON lines, those of its first rows
    length:  the number of rows, None if only reading tells
    told:    what was recognized as unusual, "" for nothing
    """

    kind: str
    columns: list[str]
    length: int | None
    told: str

    def batches(self, start: int, size: int) -> Iterator[RowBatch]:
        """Yield batches of rows from number `start` on, counted from 0.

        size: most rows in a batch.
        """
        ...

    def as_json(self, rows: Any, index: int) -> str:
        """Write a row of a batch as a JSON object."""
        ...

    def bytes_read(self) -> int | None:
        """Count the bytes of the file read so far. Returns None for a packed one."""
        ...


class Item(NamedTuple):
    """Hold a row before batching, with its text or its error.

    place: as in messages; text: "" with a fault; fault: why it cannot be answered
    row:   as in the rows of a `RowBatch`
    """

    place: str
    text: str
    fault: CorpusError | None
    row: Any


def in_batches(items: Iterator[Item], start: int, size: int) -> Iterator[RowBatch]:
    """Batch items; if reading fails, the items before are yielded first.

    start: number of items to skip; size: most items in a batch
    """
    next(islice(items, start, start), None)
    for some in batched_until_fault(items, size, CorpusError):
        faults: dict[int, SeqtextError] = {k: item.fault for k, item in enumerate(some) if item.fault is not None}
        yield RowBatch([item.text for item in some], [item.place for item in some], faults, [item.row for item in some])


def named_place(where: str, name: object) -> str:
    """Add a row's name to its place."""
    return f"{where} (id {str(name)[:40]})"


def different(names: Sequence[str]) -> list[str]:
    """Make names unique by a number, so that they can be keys.

    >>> different(["a", "b", "a"])
    ['a', 'b', 'a_2']
    """
    uniques: list[str] = []
    for name in names:
        number = 2
        unique = name
        while unique in uniques:
            unique, number = f"{name}_{number}", number + 1
        uniques.append(unique)
    return uniques
