"""Token ids on disk, memory-mapped, and the order in which training reads them.

Memory does not grow with the corpus: ids and borders stay in files, and the shuffled order is computed, not stored.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from seqtext.text import PAD, Tokenizer


class Batch(NamedTuple):
    """Padded rows of ids."""

    ids: NDArray[np.int64]  # (rows, time), PAD after the end of a row
    lengths: NDArray[np.int64]  # (rows,)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(rows, time), True at real tokens."""
        return np.arange(self.ids.shape[1])[None, :] < self.lengths[:, None]


class TokenFile:
    """Segments of token ids in a folder: `ids.bin`, the border of each segment in `starts.bin`, `counts.npy`."""

    def __init__(self, folder: Path) -> None:
        facts = json.loads((folder / "tokens.json").read_text())
        self.tokens: int = facts["tokens"]
        self.segments: int = facts["segments"]
        self.texts: int = facts["texts"]
        self.counts: NDArray[np.int64] = np.load(folder / "counts.npy")
        self._ids = np.memmap(folder / "ids.bin", facts["dtype"], "r") if self.tokens else np.zeros(0, np.uint16)
        self._starts = np.memmap(folder / "starts.bin", np.int64, "r")

    def lengths(self, segments: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) tokens of each segment."""
        found: NDArray[np.int64] = self._starts[segments + 1] - self._starts[segments]
        return found

    def sides(self, segments: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n, 1) tokens of each segment."""
        return self.lengths(segments)[:, None]

    def stretch(self, first: int, last: int) -> tuple[NDArray[np.integer], NDArray[np.int64]]:
        """The ids of the segments from first up to last, one after the other, and the segment each belongs to."""
        starts = np.asarray(self._starts[first : last + 1])
        ids = np.asarray(self._ids[starts[0] : starts[-1]])
        return ids, np.repeat(np.arange(first, last, dtype=np.int64), np.diff(starts))

    def batch(self, segments: NDArray[np.int64]) -> Batch:
        """Some segments as padded rows."""
        lengths = self.lengths(segments)
        steps = np.arange(int(lengths.max(initial=0)))
        places = np.minimum(self._starts[segments][:, None] + steps, self.tokens - 1)
        ids = np.where(steps < lengths[:, None], self._ids[places].astype(np.int64), PAD)
        return Batch(ids, np.asarray(lengths))


class TokenWriter:
    """Writes a TokenFile; long texts are cut into segments, at the end of a sentence where there is one."""

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
        """Append one text."""
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
            place = np.searchsorted(stops, start + self.max_length, "right") - 1
            good = place >= 0 and stops[place] > start + self.max_length // 4
            start = int(stops[place]) if good else start + self.max_length
            cuts.append(start)
        if start < len(ids):
            cuts.append(len(ids))
        return cuts

    def close(self) -> TokenFile:
        """Finish the files and open them for reading."""
        self._ids.close()
        self._starts.close()
        np.save(self.folder / "counts.npy", self.counts)
        facts = {"tokens": self.tokens, "segments": self.segments, "texts": self.texts, "dtype": self._dtype.name}
        (self.folder / "tokens.json").write_text(json.dumps(facts))
        return TokenFile(self.folder)


def shuffled(places: NDArray[np.int64], size: int, key: int) -> NDArray[np.int64]:
    """Where a keyed shuffle of range(size) puts some places, computed without storing the shuffle.

    A four-round Feistel network on the bits of the place, walked until it lands inside the range (Black and
    Rogaway 2002, ciphers with arbitrary finite domains).
    """
    half = max(1, (max(1, size - 1).bit_length() + 1) // 2)
    low = np.uint64((1 << half) - 1)
    keys = np.random.default_rng(key).integers(1, 2**63, 4, dtype=np.uint64)
    result = places.astype(np.uint64)
    todo = np.ones(len(places), np.bool_)
    while todo.any():
        left, right = result[todo] >> np.uint64(half), result[todo] & low
        for round_key in keys:
            mixed = (right + round_key) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
            mixed *= np.uint64(0xBF58476D1CE4E5B9)
            left, right = right, left ^ ((mixed >> np.uint64(32)) & low)
        result[todo] = (left << np.uint64(half)) | right
        todo = result >= size
    return result.astype(np.int64)


@dataclass(frozen=True)
class Position:
    """Where training is in its data: pass, pool of the pass, batch of the pool."""

    epoch: int = 0
    pool: int = 0
    batch: int = 0

    def to_dict(self) -> dict[str, int]:
        """Plain data for a checkpoint."""
        return asdict(self)


class Moment(NamedTuple):
    """When in a training an update is made."""

    step: int
    fraction: float  # of the budget
    passes: float  # over the corpus


_BATCHES_PER_POOL = 48


class Segments(Protocol):
    """What is read in an order: a TokenFile, or pairs of texts."""

    tokens: int
    segments: int

    def sides(self, segments: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n, sides) tokens of each segment, or of both sides of each pair."""


def order(
    tokens: Segments, batch_size: int, seed: int, start: Position
) -> Iterator[tuple[Position, NDArray[np.int64]]]:
    """Yield (position after it, segments) for ever: shuffled pools, sorted by length into dense batches.

    batch_size counts tokens with padding and the border symbol of each row.
    """
    mean = tokens.tokens / tokens.segments + 1
    width = max(1, min(tokens.segments, int(_BATCHES_PER_POOL * batch_size / mean)))
    pools = -(-tokens.segments // width)
    epoch, pool, skip = start.epoch, start.pool, start.batch
    while True:
        generator = np.random.default_rng([seed, epoch, pool])
        places = np.arange(pool * width, min(tokens.segments, (pool + 1) * width), dtype=np.int64)
        segments = shuffled(places, tokens.segments, (seed * 1_000_003 + epoch) % 2**63)
        groups = _buckets(segments, tokens.sides(segments), batch_size)
        turns = generator.permutation(len(groups))
        after = Position(epoch, pool + 1) if pool + 1 < pools else Position(epoch + 1)
        for number in range(skip, len(groups)):
            here = Position(epoch, pool, number + 1) if number + 1 < len(groups) else after
            yield here, groups[turns[number]]
        epoch, pool, skip = after.epoch, after.pool, 0


def _buckets(segments: NDArray[np.int64], sides: NDArray[np.int64], batch_size: int) -> list[NDArray[np.int64]]:
    """Groups of like lengths, the longest first; of pairs, nearly like on the first side and sorted by the second."""
    first = sides[:, 0] if sides.shape[1] == 1 else sides[:, 0] // max(1, round(float(sides[:, 0].mean()) ** 0.5))
    ranks = np.lexsort((-sides[:, -1], -first))
    segments = segments[ranks]
    groups, start, widest = [], 0, [0] * sides.shape[1]
    for place, row in enumerate(sides[ranks].tolist()):
        wider = [max(pair) for pair in zip(widest, row, strict=True)]
        if place > start and (place + 1 - start) * (sum(wider) + len(wider)) > batch_size:
            groups.append(segments[start:place])
            start, wider = place, row
        widest = wider
    return [*groups, segments[start:]]


def fraction_of_epoch(tokens: Segments, batch_size: int, position: Position) -> float:
    """How many passes over the corpus a position stands for."""
    mean = tokens.tokens / tokens.segments + 1
    width = max(1, min(tokens.segments, int(_BATCHES_PER_POOL * batch_size / mean)))
    pools = -(-tokens.segments // width)
    inside = min(1.0, position.batch / max(1.0, width * mean / batch_size))
    return position.epoch + (position.pool + inside) / pools


def write_tokens(texts: Iterable[str], tokenizer: Tokenizer, writer: TokenWriter) -> TokenFile:
    """Cut every text of a stream and write it."""
    for ids in tokenizer.stream(texts):
        writer.add(ids)
    return writer.close()
