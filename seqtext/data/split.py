"""Split off held-out texts by hash."""

import heapq
import zlib
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

#: The beginning of the note on held-out texts if there are none.
NOTHING_HELD_OUT = "none"
HELD_OUT_TEXT = "held-out text"
LEARNT_TEXT = "the text that was learnt from"


def measured_on(held_out: str) -> str:
    """Name the texts of an evaluation: held-out or training text.

    held_out: the note on the held-out texts.
    """
    return LEARNT_TEXT if held_out.startswith(NOTHING_HELD_OUT) else HELD_OUT_TEXT


def stable_hash(item: str | bytes, seed: int = 0) -> int:
    """Hash a text to 32 bits (CRC-32), stable across processes and versions."""
    return zlib.crc32(item.encode("utf-8", "replace") if isinstance(item, str) else item, seed)


class HashSplit(NamedTuple):
    """Hold out a share of texts by hash; equal texts stay together.

    share: from 0 to 1; seed: of the hash
    """

    share: float
    seed: int

    def takes(self, item: str | bytes) -> bool:
        """Tell whether an item is held out."""
        return stable_hash(item, self.seed) / 2**32 < self.share


class LowestHashes(Generic[T]):
    """Sample the texts with the lowest hashes, independent of their order.

    Equal texts have equal hashes, so they stay together (sampling as in Broder 1997). most: tokens, or texts, in total.
    """

    def __init__(self, most: int) -> None:
        self._most, self._size, self._seen = most, 0, 0
        self._lowest = -(1 << 32)  # the lowest hash so far, whose texts never leave; negative, as in the heap
        self._bound = self._lowest - 1  # the lowest hash that had no room
        self._heap: list[tuple[int, int, int, T]] = []  # the highest hash first: −hash, number, size, text

    def add(self, key: int, size: int, item: T) -> list[T]:
        """Add a text to the sample, and return the discarded texts.

        The text itself may be among them. key: its hash, of 32 bits; size: in the unit of `most`
        """
        self._seen += 1
        self._lowest = max(self._lowest, -key)
        if -key <= self._bound:  # a hash as high was discarded, and equal texts stay together
            return [item]
        if self._size >= self._most and self._heap[0][0] == self._lowest == -key:
            return [item]  # nothing but one text, over and over
        heapq.heappush(self._heap, (-key, self._seen, size, item))
        self._size += size
        out = []
        while self._size > self._most and self._heap[0][0] != self._lowest:
            highest = self._bound = self._heap[0][0]
            while self._heap[0][0] == highest:
                *_, gone, text = heapq.heappop(self._heap)
                self._size -= gone
                out.append(text)
        return out

    def items(self) -> list[T]:
        """List the sample in the order of the stream."""
        return [item for _, _, _, item in sorted(self._heap, key=lambda entry: entry[1])]
