"""The held-out split, by hash; what scores are measured on."""

import zlib
from typing import NamedTuple

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
