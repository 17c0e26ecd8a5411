"""Compress matrices: sparse rows, four-bit numbers, product quantization.

Four-bit numbers are for recurrent layers, whose codewords would take too long to learn.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CODEWORDS = 256  # of each part of a row, so that a code is a byte
_ROUNDS = 8  # of k-means
_SAMPLE = 8192  # rows that codewords are learnt from
_CLIPS = (1.0, 0.85, 0.7, 0.55)  # tried as the largest level, as shares of a row's largest number
_BLOCK = 4096  # rows compared with all codewords at once


class Nibbles(NamedTuple):
    """Hold an array in four bits a number.

    value = (nibble − 8) · the scale of its row. packed: (rows, columns / 2, …), the first of two columns in the upper
    four bits; scale: (rows,)
    """

    packed: NDArray[np.uint8]
    scale: NDArray[np.float32]

    def matrix(self) -> NDArray[np.float32]:
        """Decode the array, (rows, columns, …)."""
        rows, half, *rest = self.packed.shape
        both = np.stack([self.packed >> 4, self.packed & 15], 2).reshape(rows, 2 * half, *rest)
        scale = self.scale.reshape(rows, *(1 for _ in both.shape[1:]))
        matrix: NDArray[np.float32] = (both.astype(np.float32) - 8) * scale
        return matrix


def to_nibbles(array: NDArray[np.float32]) -> Nibbles:
    """Quantize an array to four bits a number.

    Each row has fifteen levels, and is clipped where that lowers its squared error. array: (rows, columns, …), columns
    must be even. Quantizing a second time changes nothing.
    """
    matrix = array.reshape(len(array), -1)
    peak = np.abs(matrix).max(1)
    best, error = np.zeros_like(matrix), np.full(len(matrix), np.inf, np.float32)
    scale = np.zeros_like(peak)
    for clip in _CLIPS:
        step = np.where(peak > 0, clip * peak / 7, 1).astype(np.float32)
        rounded = np.clip(np.rint(matrix / step[:, None]), -7, 7)
        errors = ((rounded * step[:, None] - matrix) ** 2).sum(1)
        better = errors < error
        best[better], scale[better], error[better] = rounded[better], step[better], errors[better]
    codes = (best + 8).astype(np.uint8).reshape(array.shape)
    return Nibbles((codes[:, ::2] << 4 | codes[:, 1::2]).astype(np.uint8), scale)


class Codes(NamedTuple):
    """Hold a product-quantized matrix (Jégou, Douze and Schmid 2011).

    codes: (rows, parts) numbers of codewords; codebook: (parts · 256, width), the codewords of each part in turn, or
    (256, width), those of all parts
    """

    codes: NDArray[np.uint8]
    codebook: NDArray[np.float32]

    def matrix(self) -> NDArray[np.float32]:
        """Decode the matrix, (rows, parts · width)."""
        rows, parts = self.codes.shape
        separate = len(self.codebook) > CODEWORDS
        places = self.codes + np.arange(parts) * CODEWORDS if separate else self.codes
        matrix: NDArray[np.float32] = self.codebook[places].reshape(rows, parts * self.codebook.shape[1])
        return matrix


def quantize(matrix: NDArray[np.float32], width: int, seed: int = 0, *, shared: bool = False) -> Codes:
    """Learn codewords for runs of `width` columns by k-means.

    matrix: (rows, columns), columns a multiple of width; shared: the runs have the same codewords. Needs a byte a row
    for each run, and 256 · columns numbers, or 256 · width of shared codewords. Raises ValueError for other columns.
    """
    columns = matrix.shape[1]
    if columns % width:
        raise ValueError(f"{columns} columns are no multiple of {width}")
    draw = np.random.default_rng(seed)
    if shared:  # one codebook for all runs takes next to no room, so that even two or three numbers a byte are worth it
        codes, words = _clustered(matrix.reshape(-1, width), draw)
        return Codes(codes.reshape(len(matrix), -1), words)
    parts = [_clustered(matrix[:, at : at + width], draw) for at in range(0, columns, width)]
    return Codes(np.stack([codes for codes, _ in parts], 1), np.concatenate([words for _, words in parts]))


def _clustered(
    points: NDArray[np.float32],
    draw: "np.random.Generator",  # np.random is loaded on first use
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Cluster points by k-means: nearest codewords, (rows,), and codewords, (256, width).

    Of few points, some codewords are unused.
    """
    different = _different(points)
    if different is not None:
        words = np.resize(different, (CODEWORDS, points.shape[1])).astype(np.float32)
        return _nearest(points, words), words
    some = points[draw.permutation(len(points))[:_SAMPLE]]
    words = np.resize(some, (CODEWORDS, points.shape[1])).astype(np.float32)
    for _ in range(_ROUNDS):
        near = _nearest(some, words)
        counts = np.bincount(near, minlength=CODEWORDS)
        sums = np.stack([np.bincount(near, column, CODEWORDS) for column in some.T], 1)
        used = counts > 0
        words[used] = sums[used] / counts[used, None]
        words[~used] = some[draw.integers(0, len(some), int((~used).sum()))]
    return _nearest(points, words), words


def _different(points: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """The different points where they are no more than CODEWORDS, else None; of most, a few tell."""
    if len(np.unique(points[:_BLOCK], axis=0)) > CODEWORDS:
        return None
    different = np.unique(points, axis=0)
    return different if len(different) <= CODEWORDS else None


def _nearest(points: NDArray[np.float32], words: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The nearest codeword of each point: argmin |x − c|² = argmin ½ |c|² − x · c."""
    half = 0.5 * (words**2).sum(1)
    blocks = (points[at : at + _BLOCK] for at in range(0, len(points), _BLOCK))
    return np.concatenate([(half - block @ words.T).argmin(1).astype(np.uint8) for block in blocks])


def bitmap_of(matrix: NDArray[np.float32]) -> NDArray[np.uint8] | None:
    """Mark the rows that are not all zeros, eight a byte.

    matrix: (rows, columns); returns (rows / 8,)

    None where too few rows are zeros to be worth it. The number of rows must be a multiple of eight, so that the bitmap
    alone tells it.
    """
    if not matrix.ndim or len(matrix) % 8:
        return None
    kept = matrix.reshape(len(matrix), -1).any(1)
    if not kept.any() or kept.mean() > 0.75:
        return None
    return np.packbits(kept)


def kept_rows(bitmap: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the numbers of the rows that a bitmap keeps: (kept,)."""
    return np.flatnonzero(np.unpackbits(bitmap))
