"""Held-out lines and a training text that shares none with them."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from seqtext.corpus import read_texts
from seqtext.evaluate import Asked, ask


def split(
    corpora: Sequence[str],
    columns: Mapping[str, str] | None,
    valid: Sequence[str] | None,
    share: float,
    limit: int,
    seed: int,
    out: Path,
) -> list[Asked]:
    """Write the training text to a file, one text a line; returns words taken out of lines that are not in it.

    Lines that differ in case or spacing only are equal, and each is asked at most once. Without held-out files, a
    share of the corpus is held out by a checksum, so that equal lines fall on one side. Raises CorpusError, or
    SystemExit where nothing is left.
    """

    def texts(sources: Sequence[str]) -> Iterator[str]:
        return (" ".join(text.split()) for text in read_texts(sources, columns=columns))

    held = {text.casefold(): text for text in texts(valid)} if valid else {}
    kept = 0
    with out.open("w", encoding="utf-8") as file:
        for text in texts(corpora):
            key = text.casefold()
            if not valid and zlib.crc32(key.encode("utf-8", "replace"), seed) / 2**32 < share:
                held.setdefault(key, text)
            elif key not in held:
                file.write(text + "\n")
                kept += 1
    asked = list(ask(held.values(), limit, seed).values())
    if not kept or not asked:
        raise SystemExit(f"{kept:,} lines are left to learn from and {len(asked):,} to ask for; both must be above 0.")
    return asked
