"""Rows of a table in batches: what is answered of each, where it stands, and the row itself as it is stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Protocol

from seqtext.data.sampling import batched_until_fault
from seqtext.errors import CorpusError, SeqtextError


@dataclass(frozen=True)
class Batch:
    """Some rows, one after the other.

    texts:  what is answered, "" where there is nothing or a row is at fault
    places: where each row stands, as a message says it
    faults: index -> why a row cannot be answered
    rows:   the rows themselves: (line, cells) of CSV, lines of JSON, a RecordBatch of Parquet
    """

    texts: list[str]
    places: list[str]
    faults: dict[int, SeqtextError]
    rows: Any


class Table(Protocol):
    """An open table.

    kind:    csv, jsonl or parquet
    columns: the names of its columns; of JSON lines, those of its first rows
    length:  how many rows it has, None where only reading tells
    told:    what was recognized and is not the usual, "" where all is usual
    """

    kind: str
    columns: list[str]
    length: int | None
    told: str

    def batches(self, start: int, size: int) -> Iterator[Batch]:
        """The rows from number `start` (of 0) on, in batches of at most that size."""
        ...

    def as_json(self, rows: Any, index: int) -> str:
        """Write a row of a batch as a JSON object."""
        ...

    def bytes_read(self) -> int | None:
        """Bytes of the file read so far, None of a packed one."""
        ...


class Item(NamedTuple):
    """Hold a row before batching, with its text or what is wrong with it."""

    place: str
    text: str
    fault: CorpusError | None
    row: Any


def in_batches(items: Iterator[Item], start: int, size: int) -> Iterator[Batch]:
    """Batches of items; where reading fails, what came before is handed out first."""
    next(islice(items, start, start), None)
    for some in batched_until_fault(items, size, CorpusError):
        faults: dict[int, SeqtextError] = {k: one.fault for k, one in enumerate(some) if one.fault is not None}
        yield Batch([one.text for one in some], [one.place for one in some], faults, [one.row for one in some])


def named(where: str, name: object) -> str:
    """Return the place of a row with the name that the row has."""
    return f"{where} (id {str(name)[:40]})"


def different(names: Sequence[str]) -> list[str]:
    """The names, a number behind those that came before, so that they can be keys.

    >>> different(["a", "b", "a"])
    ['a', 'b', 'a_2']
    """
    found: list[str] = []
    for name in names:
        number = 2
        unique = name
        while unique in found:
            unique, number = f"{name}_{number}", number + 1
        found.append(unique)
    return found
