"""Memory-map token ids on disk: memory does not grow with the corpus."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.tokenizer import PAD, Tokenizer


class Batch(NamedTuple):
    """Hold padded rows of ids."""

    ids: NDArray[np.int64]  # (rows, time), PAD after the end of a row
    lengths: NDArray[np.int64]  # (rows,)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Return the mask of the real tokens, (rows, time)."""
        return np.arange(self.ids.shape[1])[None, :] < self.lengths[:, None]


class TokenFile:
    """Read segments of token ids from a folder.

    The files are `ids.bin`, `starts.bin` with the border of each segment, `counts.npy` and `tokens.json`.

    counts: (vocabulary,) how often each token occurs; tokens, segments, texts: how many there are
    """

    def __init__(self, folder: Path) -> None:
        facts = json.loads((folder / "tokens.json").read_text(encoding="utf-8"))
        self.tokens: int = facts["tokens"]
        self.segments: int = facts["segments"]
        self.texts: int = facts["texts"]
        self.counts: NDArray[np.int64] = np.load(folder / "counts.npy")
        self._ids = np.memmap(folder / "ids.bin", facts["dtype"], "r") if self.tokens else np.zeros(0, np.uint16)
        self._starts = np.memmap(folder / "starts.bin", np.int64, "r")

    def lengths(self, segments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count the tokens of each segment, (n,)."""
        lengths: NDArray[np.int64] = self._starts[segments + 1] - self._starts[segments]
        return lengths

    def sides(self, segments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count the tokens of each segment, (n, 1)."""
        return self.lengths(segments)[:, None]

    def stretch(self, first: int, last: int) -> tuple[NDArray[np.integer], NDArray[np.int64]]:
        """Read the ids of consecutive segments, from first to before last.

        returns the concatenated ids, (tokens,), and the segment of each, (tokens,)
        """
        starts = np.asarray(self._starts[first : last + 1])
        ids = np.asarray(self._ids[starts[0] : starts[-1]])
        return ids, np.repeat(np.arange(first, last, dtype=np.int64), np.diff(starts))

    def segment(self, number: int) -> NDArray[np.int64]:
        """Read the ids of a segment, (time,)."""
        return np.asarray(self._ids[self._starts[number] : self._starts[number + 1]], np.int64)

    def batch(self, segments: NDArray[np.int64], longest: int | None = None) -> Batch:
        """Read segments as padded rows.

        segments: indices, (rows,)

        longest: tokens of a segment that are read at most
        """
        lengths = self.lengths(segments)
        if longest is not None:
            lengths = np.minimum(lengths, longest)
        steps = np.arange(int(lengths.max(initial=0)))
        positions = np.minimum(self._starts[segments][:, None] + steps, self.tokens - 1)
        ids = np.where(steps < lengths[:, None], self._ids[positions].astype(np.int64), PAD)
        return Batch(ids, np.asarray(lengths))


class TokenWriter:
    """Write a TokenFile.

    Texts above max_length tokens are cut into segments, at the end of a sentence where there is one.
    """

    def __init__(self, folder: Path, tokenizer: Tokenizer, max_length: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.max_length = folder, max_length
        self._dtype = np.dtype(np.uint16 if tokenizer.size <= 65_536 else np.uint32)
        self._ids = (folder / "ids.bin").open("wb")
        self._starts = (folder / "starts.bin").open("wb")
        self._starts.write(np.int64(0).tobytes())
        self._ends = np.array([text.strip() in (".", "!", "?") for text in tokenizer.texts], np.bool_)
        self._closes = np.array([text.strip() in ('"', "'", "”", "’", ")") for text in tokenizer.texts], np.bool_)
        self.counts = np.zeros(tokenizer.size, np.int64)
        self.tokens = self.segments = self.texts = 0

    def add(self, ids: NDArray[np.int32]) -> None:
        """Append a text.

        ids: (tokens,)
        """
        if len(ids) == 0:
            return
        self.texts += 1
        self._ids.write(ids.astype(self._dtype).tobytes())
        ends = self.tokens + np.array(self._cut(ids), np.int64)
        self._starts.write(ends.tobytes())
        self.tokens += len(ids)
        self.segments += len(ends)
        self.counts += np.bincount(ids, minlength=len(self.counts))

    def _cut(self, ids: NDArray[np.int32]) -> list[int]:
        if len(ids) <= self.max_length:
            return [len(ids)]
        final = self._ends[ids]
        final[:-1] &= ~self._closes[ids[1:]]
        final[1:] |= self._closes[ids[1:]] & self._ends[ids[:-1]]
        stops = np.flatnonzero(final) + 1
        cuts, start = [], 0
        while len(ids) - start > self.max_length:
            last = np.searchsorted(stops, start + self.max_length, "right") - 1
            is_late_enough = last >= 0 and stops[last] > start + self.max_length // 4
            start = int(stops[last]) if is_late_enough else start + self.max_length
            cuts.append(start)
        if start < len(ids):
            cuts.append(len(ids))
        return cuts

    def close(self) -> TokenFile:
        """Close the files and open them for reading."""
        self._ids.close()
        self._starts.close()
        np.save(self.folder / "counts.npy", self.counts)
        facts = {"tokens": self.tokens, "segments": self.segments, "texts": self.texts, "dtype": self._dtype.name}
        (self.folder / "tokens.json").write_text(json.dumps(facts), encoding="utf-8", newline="\n")
        return TokenFile(self.folder)
