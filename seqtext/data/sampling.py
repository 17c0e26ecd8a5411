"""Sample, batch and split a stream that is read once."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")

_BLOCK = 8_192  # characters


class Reservoir(Generic[T]):
    """Draw a uniform random sample of k items of a stream.

    Algorithm R (Vitter 1985). The generator is called once for every item after the first k, and never before. `slot`
    and `put` are separate, so that the caller can draw further numbers in between.
    """

    def __init__(self, k: int, generator: "np.random.Generator") -> None:  # np.random is loaded on first use
        self._k, self._generator, self._seen = k, generator, 0
        self._kept: list[tuple[int, T]] = []  # with its number in the stream

    @property
    def seen(self) -> int:
        """Return the number of items that were offered."""
        return self._seen

    def slot(self) -> int | None:
        """Draw the slot of the next item. Returns None if it is not kept."""
        self._seen += 1
        slot = len(self._kept) if self._seen <= self._k else int(self._generator.integers(self._seen))
        return slot if slot < self._k else None

    def put(self, slot: int, item: T) -> T | None:
        """Put an item into its slot, and return the replaced item."""
        replaced = self._kept[slot : slot + 1]
        self._kept[slot : slot + 1] = [(self._seen, item)]
        return replaced[0][1] if replaced else None

    def add(self, item: T) -> T | None:
        """Offer the next item, and return the discarded item.

        That is the item itself, another one, or None.
        """
        slot = self.slot()
        return item if slot is None else self.put(slot, item)

    def items(self) -> list[T]:
        """List the sample in the order of the stream."""
        return [item for _, item in sorted(self._kept, key=lambda kept: kept[0])]


def reservoir_sample(items: Iterable[T], k: int | None, seed: int) -> list[T]:
    """Sample k items uniformly, in the order of the stream.

    Returns all items if there are no more, or k is None.
    """
    if k is None:
        return list(items)
    reservoir: Reservoir[T] = Reservoir(k, np.random.default_rng(seed))
    for item in items:
        reservoir.add(item)
    return reservoir.items()


def batched(items: Iterable[T], n: int) -> Iterator[list[T]]:
    """Batch a stream lazily: lists of n items, the last maybe shorter.

    >>> list(batched("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    source = iter(items)
    while batch := list(islice(source, n)):
        yield batch


def batched_until_fault(items: Iterable[T], n: int, faults: type[Exception] = Exception) -> Iterator[list[T]]:
    """Batch a stream; at an error, yield the items before it first.

    faults: the kinds of errors that are delayed until then; the error is raised afterwards.
    """
    source, fault = iter(items), None
    while fault is None:
        batch: list[T] = []
        try:
            for item in islice(source, n):
                batch.append(item)
        except faults as error:
            fault = error
        if batch:
            yield batch
        elif fault is None:
            return
    raise fault


def blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    """Split a text into blocks of consecutive lines, about 8,000 characters each."""
    waiting: list[str] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line) + 1
        if size >= _BLOCK:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting
