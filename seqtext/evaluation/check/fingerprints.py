"""Compute fingerprints of texts: hashes for equal ones, MinHash for near ones.

The similarity of two texts is the Jaccard index of their sets of word bigrams, |A ∩ B| / |A ∪ B|. The smallest of the
hashed bigrams of each text is the same with that probability (Broder 1997); of 64 such minima, one byte each is kept
(Li and König 2010, b-bit minwise hashing), so that a text takes 64 bytes. Texts that share four bytes in a row are
compared: of those with a similarity of 0.8, 99.98 % are.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import WORD, compared_words
from seqtext.evaluation.check.findings import NumberColumn
from seqtext.storage.learnt import text_hash

#: The likeness from which texts are nearly the same: one word of eighteen is another, or two of forty.
NEARLY = 0.8
_MINIMA = 64
_BAND = 4  # bytes
_MOST_WORDS = 2_000  # of a text
_AT_ONCE = 2_048  # texts
_COMPARED = 1 << 16  # pairs at once
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SPREAD = np.uint64(0xBF58476D1CE4E5B9)


class Fingerprints:
    """Collect the fingerprints of a corpus, text by text."""

    def __init__(self) -> None:
        self._hashes, self._others = bytearray(), bytearray()
        self._signatures = bytearray()
        self._sizes = NumberColumn(np.int32)
        self._waiting: list[list[str]] = []

    def add(self, text: str, other: str = "") -> None:
        """Add the fingerprint of a text.

        other: what stands beside it, such as its label or its translation
        """
        self._hashes += text_hash(text)
        self._others += text_hash(other)
        words = compared_words(text[: 20 * _MOST_WORDS], WORD)[:_MOST_WORDS]
        self._sizes.add(len(words))
        self._waiting.append(words)
        if len(self._waiting) >= _AT_ONCE:
            self._settle()

    def _settle(self) -> None:
        if self._waiting:
            self._signatures += signatures(self._waiting).tobytes()
            self._waiting.clear()

    @property
    def hashes(self) -> NDArray[np.uint64]:
        """Return a hash of each normalised text: (n,).

        White space and normal form make no difference.
        """
        return np.frombuffer(self._hashes, "<u8")

    @property
    def others(self) -> NDArray[np.uint64]:
        """Return a hash of each text's other fields, (n,)."""
        return np.frombuffer(self._others, "<u8")

    @property
    def sizes(self) -> NDArray[np.int32]:
        """Return the number of words of each text: (n,).

        A text without words is similar to no other.
        """
        return self._sizes.values()

    @property
    def signatures(self) -> NDArray[np.uint8]:
        """Return the MinHash signatures, which similar texts share: (n, 64)."""
        self._settle()
        return np.frombuffer(self._signatures, np.uint8).reshape(-1, _MINIMA)


def signatures(texts: list[list[str]]) -> NDArray[np.uint8]:
    """Compute MinHash signatures of tokenized texts: (n, 64)."""
    minima_bytes = np.zeros((len(texts), _MINIMA), np.uint8)
    sizes = np.array([len(words) for words in texts], np.int64)
    filled = np.flatnonzero(sizes)
    if not len(filled):
        return minima_bytes
    words: NDArray[np.uint64] = np.array(
        [zlib.crc32(word.encode("utf-8", "replace")) for text_words in texts for word in text_words], np.uint64
    )
    starts = np.concatenate([[0], np.cumsum(sizes[filled])[:-1]])
    before: NDArray[np.uint64] = np.roll(words, 1)
    before[starts] = 0
    mixed = words * _ODD + before * _SPREAD + np.uint64(1)
    neighbours: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(29))
    factors = np.random.default_rng(1).integers(0, 2**63, (2, _MINIMA), np.uint64) | np.uint64(1)
    for column, (factor, shift) in enumerate(factors.T):
        minima = np.minimum.reduceat((neighbours ^ shift) * factor, starts)
        minima = (minima ^ (minima >> np.uint64(31))) * _SPREAD
        minima_bytes[filled, column] = (minima >> np.uint64(40)).astype(np.uint8)
    return minima_bytes


def earlier_like(found: NDArray[np.uint8], known: int = 0) -> NDArray[np.int64]:
    """Find an earlier near-duplicate of each signature: (n,), −1 for none.

    known: so many of the first signatures are of another corpus, and only those are searched
    """
    result = np.full(len(found), -1, np.int64)
    for band in range(_MINIMA // _BAND):
        keys = np.ascontiguousarray(found[:, band * _BAND : (band + 1) * _BAND]).view(np.uint32).ravel()
        order = np.argsort(keys, kind="stable")
        later, others = _candidates(order, keys[order], known)
        for start in range(0, len(later), _COMPARED):
            rows, earlier = (side[start : start + _COMPARED] for side in (later, others))
            alike = (found[rows] == found[earlier]).mean(1) >= NEARLY
            result[rows[alike]] = earlier[alike]
    return result


def _candidates(
    order: NDArray[np.int64], keys: NDArray[np.uint32], known: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair rows with equal keys: two arrays of rows, (pairs,).

    Each row is paired with the first of its key, and with the one before it or the last that is known.
    """
    positions = np.arange(len(order))
    first = np.maximum.accumulate(np.where(np.append(True, keys[1:] != keys[:-1]), positions, 0))
    if known:
        last_known = np.maximum.accumulate(np.where(order < known, positions, -1))
        later = np.flatnonzero((order >= known) & (last_known >= first))
        pairs = [(later, last_known[later]), (later, first[later])]
    else:
        later = np.flatnonzero(first < positions)
        pairs = [(later, later - 1), (later, first[later])]
    rows, earlier = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    return order[rows], order[earlier]
