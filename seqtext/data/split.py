"""The held-out split, by hash; what scores are measured on."""

import heapq
import zlib
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

#: How the note on what was held out begins where nothing was.
NOTHING_HELD_OUT = "none"
HELD_OUT_TEXT = "held-out text"
LEARNT_TEXT = "the text that was learnt from"


def measured_on(held_out: str) -> str:
    """Tell what scores are measured on, by the note that tells which texts were held out."""
    return LEARNT_TEXT if held_out.startswith(NOTHING_HELD_OUT) else HELD_OUT_TEXT


def stable_hash(item: str | bytes, seed: int = 0) -> int:
    """Hash a text to 32 bits (CRC-32), the same in every process and version."""
    return zlib.crc32(item.encode("utf-8", "replace") if isinstance(item, str) else item, seed)


class HashSplit(NamedTuple):
    """Hold out a share of texts by their hash, so that equal texts fall on the same side."""

    share: float
    seed: int

    def takes(self, item: str | bytes) -> bool:
        """Whether an item is held out."""
        return stable_hash(item, self.seed) / 2**32 < self.share


class LowestHashes(Generic[T]):
    """Sample the held-out texts with the lowest hashes, so many as have room, whatever their order.

    Equal texts have equal hashes, so they stay together (Broder 1997 samples so). most: tokens, or texts, of all.
    """

    def __init__(self, most: int) -> None:
        self._most, self._size, self._seen = most, 0, 0
        self._lowest = -(1 << 32)  # the lowest hash so far, which never leaves: negative, as in the heap
        self._bound = self._lowest - 1  # the lowest hash that had no room
        self._heap: list[tuple[int, int, int, T]] = []  # the highest hash first: −hash, number, size, text

    def add(self, key: int, size: int, item: T) -> list[T]:
        """Offer a text, and give those that are out of the sample now, maybe itself."""
        self._seen += 1
        self._lowest = max(self._lowest, -key)
        if -key <= self._bound:  # as high as one that had no room
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
        """The sample in the order of the stream."""
        return [item for _, _, _, item in sorted(self._heap, key=lambda entry: entry[1])]
