"""Score how familiar a text is, by n-grams of its bytes.

    s(x) = 1/|x| Σ_i Σ_k t_k[h(x_{i−k+1} … x_i)],  k = 1 … 5

t_k holds a number for each bucket of n-grams of k bytes: high where the texts learnt from have them more often than
other text has (a density ratio, Ren et al. 2019, arXiv:1906.02845), low where neither or only the other has them. So a
text costs some look-ups, whatever network labels it. `seqtext.training.doubt` learns the tables.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seqtext.networks.cells import Array

LONGEST_NGRAM = 5
FEWEST_BITS, MOST_BITS = 12, 17
TABLE_COLUMNS = 128  # of the stored table, each row of which has a scale of its own
_START, _END = b"\2" * (LONGEST_NGRAM - 1), b"\3"  # no n-gram of a text reaches back to another text
_SMALLER = (5, 2, 0, 0, 0)  # bits by which the tables of the orders are smaller than the largest: they hold less
_MIX, _SPREAD = np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B)


def table_bits(bits: int) -> tuple[int, ...]:
    """Return the bits of a bucket number for each n-gram order.

    >>> table_bits(12)
    (7, 10, 12, 12, 12)
    """
    return tuple(bits - less for less in _SMALLER)


def table_shape(bits: int) -> tuple[int, int]:
    """Compute the shape of the n-gram tables, (rows, TABLE_COLUMNS).

    The tables of all orders stand one after the other.

    bits: log2 of the number of buckets of the largest order
    """
    return sum(1 << size for size in table_bits(bits)) // TABLE_COLUMNS, TABLE_COLUMNS


SpelledTexts = tuple[NDArray[np.uint8], NDArray[np.int64]]  # the bytes of texts end to end, and how many each has


class ByteSpeller:
    """Spell token ids as bytes.

    pieces: the bytes of every token; before: those at which a space is implied; ends: the ids of BOS and EOS
    """

    def __init__(self, pieces: list[bytes], before: NDArray[np.bool_], ends: tuple[int, int]) -> None:
        spelled = [b" " + piece if space else piece for piece, space in zip(pieces, before.tolist(), strict=True)]
        spelled[ends[0]], spelled[ends[1]] = _START, _END
        self._data = np.frombuffer(b"".join(spelled), np.uint8)
        self._sizes = np.fromiter(map(len, spelled), np.int64, len(spelled))
        self._starts = np.cumsum(self._sizes) - self._sizes

    def __call__(self, ids: NDArray[np.integer], sizes: NDArray[np.int64]) -> SpelledTexts:
        """Spell texts end to end: their bytes, and how many each has.

        ids: (tokens,) of all texts, each from its beginning to its end; sizes: (texts,) tokens of each
        """
        counts = self._sizes[ids]  # (tokens,)
        ends = np.cumsum(counts)
        positions = np.repeat(self._starts[ids] - (ends - counts), counts)  # (bytes,)
        positions += np.arange(len(positions))
        return self._data[positions], np.diff(ends[np.cumsum(sizes) - 1], prepend=0)


def buckets(data: NDArray[np.uint8], bits: int) -> Iterator[NDArray[np.uint32]]:
    """Hash the n-grams that end at each byte, order by order.

    data: (bytes,); bits: as in `table_shape`; yields their rows in the table, (bytes,), for each order
    """
    mixed, start = np.zeros(len(data), np.uint32), 0
    for back, size in enumerate(table_bits(bits)):
        mixed[back:] += data[: max(0, len(data) - back)]
        mixed += np.uint32(1)
        mixed *= _MIX
        mixed ^= mixed >> np.uint32(15)
        numbers = mixed * _SPREAD
        numbers >>= np.uint32(32 - size)
        numbers += np.uint32(start)
        yield numbers
        start += 1 << size


def is_real(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the bytes that `means` counts, (bytes,). These are all but the beginning of each text."""
    starts = np.cumsum(counts) - counts
    real = np.ones(int(counts.sum()), np.bool_)
    real[(starts[:, None] + np.arange(len(_START))).ravel()] = False
    return real


def means(values: Array, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Average over each text's bytes, its end included, (texts,).

    values: (bytes,) of texts end to end; counts: (texts,) bytes of each with its beginning and end
    """
    ends = np.cumsum(counts)
    borders = np.stack([ends - counts + len(_START), ends], 1).ravel()
    sums = np.add.reduceat(np.append(values, np.float32(0.0)), borders)[::2]
    result: NDArray[np.float64] = sums.astype(np.float64) / (counts - len(_START))
    return result


def scores(table: Array, bits: int, data: NDArray[np.uint8], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Score texts end to end, s(x) of each, (texts,).

    table: of `table_shape`; data: (bytes,); counts: (texts,) bytes of each with its beginning and end
    """
    flat = table.reshape(-1)
    total = np.zeros(len(data), np.float32)
    for numbers in buckets(data, bits):
        total += flat[numbers]
    return means(total, counts)
