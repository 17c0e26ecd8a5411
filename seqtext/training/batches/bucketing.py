"""The order of training: shuffled pools of segments, batched by length.

Memory does not grow with the corpus: the shuffled order is computed, not stored.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seqtext.training.progress import Position


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


_BATCHES_PER_POOL = 48


class Segments(Protocol):
    """What is read in an order: a TokenFile, or pairs of texts."""

    tokens: int
    segments: int

    def sides(self, segments: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n, sides) tokens of each segment, or of both sides of each pair."""


def _pools(data: Segments, batch_size: int) -> tuple[float, int, int]:
    """Compute the mean length of a segment with its border, the segments of a pool, and the pools of a pass."""
    mean = data.tokens / data.segments + 1
    width = max(1, min(data.segments, int(_BATCHES_PER_POOL * batch_size / mean)))
    return mean, width, -(-data.segments // width)


def order(data: Segments, batch_size: int, seed: int, start: Position) -> Iterator[tuple[Position, NDArray[np.int64]]]:
    """Yield (position after it, segments) for ever: shuffled pools, sorted by length into dense batches.

    batch_size counts tokens with padding and the border symbol of each row.
    """
    _, width, pools = _pools(data, batch_size)
    epoch, pool, skip = start.epoch, start.pool, start.batch
    if pool >= pools:  # of a larger corpus
        epoch, pool, skip = epoch + 1, 0, 0
    while True:
        generator = np.random.default_rng([seed, epoch, pool])
        places = np.arange(pool * width, min(data.segments, (pool + 1) * width), dtype=np.int64)
        segments = shuffled(places, data.segments, (seed * 1_000_003 + epoch) % 2**63)
        groups = _buckets(segments, data.sides(segments), batch_size)
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


def fraction_of_epoch(data: Segments, batch_size: int, position: Position) -> float:
    """How many passes over the corpus a position stands for."""
    mean, width, pools = _pools(data, batch_size)
    inside = min(1.0, position.batch / max(1.0, width * mean / batch_size))
    return position.epoch + (position.pool + inside) / pools
