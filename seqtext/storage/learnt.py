"""Store the texts that a run has learnt as sorted hashes.

A hash has 64 bits. The hashes stay on disk, so that memory does not grow with the corpus.
"""

import hashlib
import json
import mmap
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.normalization import normalize

#: Where a run keeps them, from its folder.
PATH = Path("data") / "learnt.bin"
_FORMAT = 1  # what is hashed, and how
_HEADER = 4096  # bytes: JSON, then spaces
_HASH = np.dtype("<u8")


def text_hash(text: str) -> bytes:
    """Hash a normalised text to 8 bytes (BLAKE2b, RFC 7693).

    White space and the Unicode normal form make no difference.

    >>> text_hash(" A  cafe\\u0301\\n") == text_hash("A café")
    True
    """
    plain = " ".join(normalize(text).split())
    return hashlib.blake2b(plain.encode("utf-8", "backslashreplace"), digest_size=_HASH.itemsize).digest()


class LearntTexts(NamedTuple):
    """Hold the hashes of the texts that a run has learnt.

    hashes: sorted, those of equal texts side by side
    before: the model that training began with where nothing is known of its texts, else ""
    """

    hashes: NDArray[np.uint64]  # (texts,)
    before: str = ""

    def count(self, hashed: Sequence[bytes]) -> int:
        """Count the hashed texts that were learnt."""
        asked = np.frombuffer(b"".join(hashed), _HASH)
        if not len(self.hashes):
            return 0
        places = np.minimum(np.searchsorted(self.hashes, asked), len(self.hashes) - 1)
        return int((self.hashes[places] == asked).sum())


def read_learnt(folder: Path) -> LearntTexts | None:
    """Read the hashes of the texts that a run has learnt.

    None where there is no run, or nothing that this version can read.
    """
    path = folder / PATH
    try:
        if not path.is_file() or not path.with_name("report.json").is_file():  # the report is written last
            return None
        with path.open("rb") as file:
            facts = json.loads(file.read(_HEADER))
            size = path.stat().st_size - _HEADER
            known = isinstance(facts, dict) and facts.get("format") == _FORMAT
            if not known or not isinstance(facts.get("before"), str) or size != facts.get("bytes"):
                return None
            if size == 0:
                return LearntTexts(np.zeros(0, _HASH), facts["before"])
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError, RecursionError):
        return None
    return LearntTexts(np.frombuffer(mapped, _HASH, offset=_HEADER), facts["before"])


class LearntWriter:
    """Write the hashes of texts as they are learnt.

    They are sorted on disk at the end.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._file = path, path.open("wb")
        self._file.write(bytes(_HEADER))
        self.before = ""

    def add(self, text: str) -> None:
        """Append the hash of a text."""
        self._file.write(text_hash(text))

    def add_all_of(self, folder: Path) -> bool:
        """Append all hashes of another run.

        Returns False, and appends nothing, where it has none that can be read.
        """
        learnt = read_learnt(folder)
        if learnt is None:
            return False
        with (folder / PATH).open("rb") as other:
            other.seek(_HEADER)
            shutil.copyfileobj(other, self._file)
        self.before = self.before or learnt.before
        return True

    def close(self) -> None:
        """Sort the hashes and finish the file."""
        size = self._file.tell() - _HEADER
        self._file.seek(0)
        facts = {"format": _FORMAT, "before": self.before[:200], "bytes": size}
        self._file.write(json.dumps(facts).encode().ljust(_HEADER))
        self._file.close()
        if size:
            hashes = np.memmap(self._path, _HASH, "r+", _HEADER)
            hashes.sort()
            hashes.flush()
