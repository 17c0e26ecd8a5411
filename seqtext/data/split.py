"""The held-out split, by hash."""

import zlib
from typing import NamedTuple


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
