"""Held-out lines, and the training texts beside them."""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from seqtext.data.corpus import read_texts
from seqtext.data.lines import read_lines
from seqtext.evaluation.blank_filler import BlankedLine, blanked_lines


def split(
    corpora: Sequence[str],
    columns: Mapping[str, str] | None,
    valid: Sequence[str] | None,
    share: float,
    limit: int,
    seed: int,
    out: Path,
) -> list[BlankedLine]:
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
    asked = list(blanked_lines(held.values(), limit, seed).values())
    if not kept or not asked:
        raise SystemExit(f"{kept:,} lines are left to learn from and {len(asked):,} to ask for; both must be above 0.")
    return asked


def lines(sources: Sequence[str], columns: Mapping[str, str] | None) -> Iterator[str]:
    """The texts of a corpus; where JSON lines have a list in the column, as conversations do, each text of it.

    Raises CorpusError, or SystemExit where JSON lines have no such column.
    """
    name = (columns or {}).get("text", "text")
    for source in sources:
        if ".jsonl" not in Path(source).suffixes:
            yield from read_texts(source, columns=columns)
            continue
        for number, line in read_lines(source):
            found = json.loads(line).get(name) if line.strip() else []
            if found is None:
                raise SystemExit(f"{source}, line {number}: there is no {name!r}.")
            yield from [found] if isinstance(found, str) else found


def learnable(
    sources: Sequence[str], columns: Mapping[str, str] | None, held: Iterable[str], most: int
) -> tuple[list[str], int]:
    """The texts of a corpus that are not held out, each with its line end; and how many were.

    Texts that differ in case or spacing only are equal. Every text comes once: where some were repeated to weigh more,
    no count would be 1, and smoothing by such counts would fail. Of more than `most` characters, a share is chosen by
    a checksum.
    """
    keys = {" ".join(text.split()).casefold() for text in held}
    texts = list(dict.fromkeys(lines(sources, columns)))
    share = most / max(1, sum(len(text) + 1 for text in texts))
    kept = [text for text in texts if " ".join(text.split()).casefold() not in keys]
    chosen = (text for text in kept if share >= 1 or zlib.crc32(text.encode("utf-8", "replace")) / 2**32 < share)
    return [f"{text}\n" for text in chosen], len(texts) - len(kept)
