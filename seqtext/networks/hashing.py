"""Hashed n-grams: buckets of runs of tokens, and their votes for labels (Weinberger et al. 2009)."""

import numpy as np
from numpy.typing import NDArray

from seqtext.networks.cells import Array

_VOTE = np.float32(10.0)


def ngram_buckets(ids: NDArray[np.int64], buckets: int, longest: int = 2) -> NDArray[np.int64]:
    """The buckets of each token with the one, two … longest − 1 tokens before it, (batch, time, longest − 1).

    What stands before a row counts as 0. Products with odd numbers spread the runs over the buckets (Knuth 1973, 6.4).
    """
    mixed, found = ids.astype(np.uint64), []
    for back in range(1, longest):
        before = np.pad(ids, ((0, 0), (back, 0)))[:, : ids.shape[1]].astype(np.uint64)
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + before * np.uint64(0x9E3779B1) + np.uint64(back)
        mixed ^= mixed >> np.uint64(29)
        found.append(((mixed * np.uint64(0xBF58476D1CE4E5B9)) >> np.uint64(20)) % np.uint64(buckets))
    return np.stack(found, 2).astype(np.int64)


def votes(
    ids: NDArray[np.int64], mask: NDArray[np.bool_], buckets: int, longest: int, folded: NDArray[np.int32]
) -> tuple[NDArray[np.int64], Array]:
    """The buckets of a text's words and runs, (batch, places), and the share of each in the text's score.

    Beside a deep network, a wide one (Cheng et al. 2016, arXiv:1606.07792): z += s Σ_g w_g / √n over the n different
    runs g of one to `longest` tokens, each with a vector w_g of scores for the labels. A run counts once however often
    it comes (Wang and Manning 2012, P12-2018), and capitals count as small letters. What does not count has a share
    of 0.

    folded: (vocabulary,) the id that stands for each id, see `Tokenizer.folded`; shares: s / √n, s = 10, with which the
    small steps of a network's learning rate are large enough for w
    """
    small = folded[ids].astype(np.int64)
    single = (small.astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9) >> np.uint64(20)) % np.uint64(buckets)
    found = np.concatenate([single.astype(np.int64)[:, :, None], ngram_buckets(small, buckets, longest)], 2)
    real = mask[:, :, None] & (np.arange(ids.shape[1])[:, None] >= np.arange(longest))
    flat = np.where(real, found, buckets).reshape(len(ids), -1)
    flat.sort(1)
    counts = flat < buckets
    counts[:, 1:] &= flat[:, 1:] != flat[:, :-1]
    total = np.maximum(counts.sum(1, keepdims=True), 1).astype(np.float32)
    return np.where(counts, flat, 0), np.where(counts, _VOTE / np.sqrt(total), np.float32(0))
