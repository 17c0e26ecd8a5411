"""Shuffle segments, and bucket them by length.

Memory does not grow with the corpus: the shuffled order is computed, not stored.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seqtext.training.progress import Position


def shuffled(places: NDArray[np.int64], size: int, key: int) -> NDArray[np.int64]:
    """Permute indices of range(size) pseudorandomly, without storing the permutation.

    A four-round Feistel network on the bits of the index, iterated until it lands inside the range (Black and
    Rogaway 2002, ciphers with arbitrary finite domains).

    places: (n,) indices; key: seed of the permutation
    """
    half = max(1, (max(1, size - 1).bit_length() + 1) // 2)
    low = np.uint64((1 << half) - 1)
    keys = np.random.default_rng(key).integers(1, 2**63, 4, dtype=np.uint64)
    result = places.astype(np.uint64)
    is_outside = np.ones(len(places), np.bool_)
    while is_outside.any():
        left, right = result[is_outside] >> np.uint64(half), result[is_outside] & low
        for round_key in keys:
            mixed = (right + round_key) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
            mixed *= np.uint64(0xBF58476D1CE4E5B9)
            left, right = right, left ^ ((mixed >> np.uint64(32)) & low)
        result[is_outside] = (left << np.uint64(half)) | right
        is_outside = result >= size
    return result.astype(np.int64)


_BATCHES_PER_POOL = 48


class Segments(Protocol):
    """Define segments to bucket: a TokenFile, or pairs of texts.

    tokens, segments: how many there are
    """

    tokens: int
    segments: int

    def sides(self, segments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count the tokens of each side of each segment, (n, sides)."""


def _pools(data: Segments, batch_size: int) -> tuple[float, int, int]:
    """Compute the mean length of a segment with its border, the segments of a pool, and the pools of a pass."""
    mean = data.tokens / data.segments + 1
    width = max(1, min(data.segments, int(_BATCHES_PER_POOL * batch_size / mean)))
    return mean, width, -(-data.segments // width)


def order(data: Segments, batch_size: int, seed: int, start: Position) -> Iterator[tuple[Position, NDArray[np.int64]]]:
    """Yield batches of segments endlessly, each after its following position.

    Pools of segments are shuffled, then sorted by length into dense batches.

    batch_size: tokens, with padding and the border symbol of each row
    yields the position after the batch, and the indices of its segments, (rows,)
    """
    _, width, pools = _pools(data, batch_size)
    epoch, pool, skip = start.epoch, start.pool, start.batch
    if pool >= pools:  # the position is in a larger corpus
        epoch, pool, skip = epoch + 1, 0, 0
    while True:
        generator = np.random.default_rng([seed, epoch, pool])
        positions = np.arange(pool * width, min(data.segments, (pool + 1) * width), dtype=np.int64)
        segments = shuffled(positions, data.segments, (seed * 1_000_003 + epoch) % 2**63)
        groups = _buckets(segments, data.sides(segments), batch_size)
        permutation = generator.permutation(len(groups))
        after = Position(epoch, pool + 1) if pool + 1 < pools else Position(epoch + 1)
        for number in range(skip, len(groups)):
            here = Position(epoch, pool, number + 1) if number + 1 < len(groups) else after
            yield here, groups[permutation[number]]
        epoch, pool, skip = after.epoch, after.pool, 0


def _buckets(segments: NDArray[np.int64], sides: NDArray[np.int64], batch_size: int) -> list[NDArray[np.int64]]:
    """Group segments of similar length, the longest first.

    Pairs are grouped by similar lengths of the first side, and sorted by those of the second.
    """
    first = sides[:, 0] if sides.shape[1] == 1 else sides[:, 0] // max(1, round(float(sides[:, 0].mean()) ** 0.5))
    ranks = np.lexsort((-sides[:, -1], -first))
    segments = segments[ranks]
    groups, start, widest = [], 0, [0] * sides.shape[1]
    for index, row in enumerate(sides[ranks].tolist()):
        widest_with_row = [max(pair) for pair in zip(widest, row, strict=True)]
        if index > start and (index + 1 - start) * (sum(widest_with_row) + len(widest_with_row)) > batch_size:
            groups.append(segments[start:index])
            start, widest_with_row = index, row
        widest = widest_with_row
    return [*groups, segments[start:]]


def fraction_of_epoch(data: Segments, batch_size: int, position: Position) -> float:
    """Convert a position to a number of passes over the corpus."""
    mean, width, pools = _pools(data, batch_size)
    inside = min(1.0, position.batch / max(1.0, width * mean / batch_size))
    return position.epoch + (position.pool + inside) / pools
