"""Factorize co-occurrence counts into word vectors, without gradients.

n(v, w) counts how often two content words occur within a window of content words of one text. Their association is
their pointwise mutual information (Church and Hanks 1990), smoothed, its negative part cut (Bullinaria and Levy 2007):

    A(v, w) = max(0, log (n(v, w) + k) / (e(v, w) + k)),   e(v, w) = n(v) n(w) / n

The best sum of `size` products of a vector each is a truncated eigendecomposition, found by randomized subspace
iteration (Halko, Martinsson and Tropp 2011, arXiv:0909.4061); D weighs words by their counts to the power p:

    Dᵖ A Dᵖ ≈ U Λ Uᵀ,   x_v = D⁻ᵖ U_v |Λ|^½,   A(v, w) ≈ Σ_i sign(λ_i) x_vi x_wi

So the bag of words, log P(w | words) ≈ log P(w) + Σ_v A(v, w), starts as a naive Bayes model of the text. Skip-gram
vectors with negative sampling approach the same matrix by gradients (Levy and Goldberg 2014), in hours.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from seqtext.errors import TrainingError, argument
from seqtext.networks.threads import one_thread
from seqtext.storage.atomic import write_atomically
from seqtext.tokenizer import SPECIALS, Tokenizer
from seqtext.training.batches.token_file import TokenFile

ENOUGH = 1_000_000  # tokens; counts of less text overfit: of 29,000, held-out loss rose from 4.26 to 5.08
_WINDOW = 12  # content words to each side
_TOO_COMMON = 1e-3  # share of the text from which on a word co-occurs with all others
_SMOOTHING = 0.5  # k
_COUNT_POWER = 0.4  # p
_OVERSAMPLING = 32
_ITERATIONS = 3
_COLUMNS = 64  # multiplied at once, so that these numbers of every word stay in the processor's cache
_CHUNK = 1_000_000  # tokens counted at once
_ROWS = 1_000  # of the matrix, worked on at once
_MOST_TOKENS = 100_000_000  # of a longer corpus, evenly spread chunks are counted
_MOST_PAIRS = 60_000_000  # kept in memory, 8 bytes each; beyond them, pairs seen once are forgotten


class CountedVectors(NamedTuple):
    """Hold word vectors; rows of words that were not counted are zero."""

    vectors: NDArray[np.float32]  # (vocabulary, size) x
    signs: NDArray[np.float32]  # (size,) sign(λ), 0 where the text gave fewer dimensions
    counted: NDArray[np.bool_]  # (vocabulary,)


def word_vectors(tokens: TokenFile, tokenizer: Tokenizer, size: int, seed: int) -> CountedVectors:
    """Count a corpus and factorize the associations of its words."""
    counts = tokens.counts
    content = content_words(tokenizer, counts)
    upper = count_pairs(tokens, content)
    degree = np.asarray(upper.sum(0)).ravel() + np.asarray(upper.sum(1)).ravel()
    with one_thread():  # more of them gain nothing here, and wait for each other on a busy machine
        vectors, signs = factorize(associations(upper, degree), degree, size, seed)
    return CountedVectors(vectors, signs, degree > 0)


def content_words(tokenizer: Tokenizer, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the words worth counting, (vocabulary,).

    They are neither very common nor a single ASCII character.
    """
    long = np.array([len(text.strip()) > 1 or not text.isascii() for text in tokenizer.texts], np.bool_)
    content: NDArray[np.bool_] = tokenizer.wordlike & long & (counts < _TOO_COMMON * max(1, counts.sum()))
    content[: len(SPECIALS)] = False
    return content


def count_pairs(tokens: TokenFile, content: NDArray[np.bool_]) -> sparse.csr_matrix:
    """Count co-occurrences n(v, w) for v ≤ w, (vocabulary, vocabulary).

    Each pair of content words of one text, at most 12 of them apart, is counted once, a word with itself twice. Where
    so many pairs are found that memory would grow too large, those counted once so far are forgotten. Of a corpus of
    more than 100 million tokens, evenly spread chunks are counted.

    content: (vocabulary,) True at the words that are counted
    """
    size = len(content)
    total = sparse.csr_matrix((size, size), dtype=np.float32)
    for ids, text in _chunks(tokens):
        kept = content[ids]
        words, text_of = ids[kept].astype(np.int32), text[kept]
        left, right = [], []
        for distance in range(1, min(_WINDOW, len(words) - 1) + 1):
            near = text_of[distance:] == text_of[:-distance]
            left.append(words[distance:][near])
            right.append(words[:-distance][near])
        if not left:
            continue
        first, second = np.concatenate(left), np.concatenate(right)
        ones = np.where(first == second, np.float32(2), np.float32(1))
        pairs = (np.minimum(first, second), np.maximum(first, second))
        total = total + sparse.csr_matrix((ones, pairs), shape=(size, size))
        if total.nnz > _MOST_PAIRS:
            total.data[total.data < 2] = 0
            total.eliminate_zeros()
    return total


def _chunks(tokens: TokenFile) -> Iterator[tuple[NDArray[np.integer], NDArray[np.integer]]]:
    """Read chunks of a corpus: token ids, and the index of the text that each belongs to."""
    width = max(1, int(_CHUNK * tokens.segments / max(1, tokens.tokens)))
    every = -(-tokens.tokens // _MOST_TOKENS)
    for first in range(0, tokens.segments, width * every):
        yield tokens.stretch(first, min(tokens.segments, first + width))


def associations(upper: sparse.csr_matrix, degree: NDArray[np.float32]) -> sparse.csr_matrix:
    """Compute the smoothed positive pointwise mutual information of word pairs.

    upper: (vocabulary, vocabulary) the counts n(v, w) for v ≤ w; degree: (vocabulary,) n(v)
    returns A(v, w) in nats for v ≤ w, (vocabulary, vocabulary), halved on the diagonal: A is its sum with its transpose
    """
    values = np.empty_like(upper.data)
    share = degree / max(1.0, float(degree.sum()))
    for first in range(0, upper.shape[0], _ROWS):  # in stretches, or the arrays between take more than the matrix
        starts = upper.indptr[first : first + _ROWS + 1]
        entries, words = slice(starts[0], starts[-1]), np.arange(first, first + len(starts) - 1)
        others, words = upper.indices[entries], np.repeat(words, np.diff(starts))
        expected = degree[words] * share[others]
        values[entries] = np.log((upper.data[entries] + _SMOOTHING) / (expected + _SMOOTHING)).clip(min=0)
        values[entries][words == others] *= 0.5
    result = sparse.csr_matrix((values, upper.indices, upper.indptr), shape=upper.shape)
    result.eliminate_zeros()
    return result


def factorize(
    upper: sparse.csr_matrix, degree: NDArray[np.float32], size: int, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Factorize the associations: word vectors and signs of dimensions.

    upper: as `associations` returns it; degree: (vocabulary,) n(v)
    returns the vectors x, (vocabulary, size), and the signs of their products, (size,)
    """
    vectors, signs = np.zeros((len(degree), size), np.float32), np.zeros(size, np.float32)
    words = int((degree > 0).sum())
    if not words:
        return vectors, signs
    weight = (np.maximum(degree, 1) / np.median(degree[degree > 0])).astype(np.float32)[:, None]
    weight **= np.float32(_COUNT_POWER)
    other = upper.T

    def product(basis: NDArray[np.float32]) -> NDArray[np.float32]:
        result = np.empty_like(basis)
        for first in range(0, basis.shape[1], _COLUMNS):
            block = np.ascontiguousarray(weight * basis[:, first : first + _COLUMNS])
            result[:, first : first + _COLUMNS] = upper @ block + other @ block
        result *= weight
        return result

    columns = min(words, size + _OVERSAMPLING)
    basis = product(np.random.default_rng(seed).standard_normal((len(degree), columns), np.float32))
    for _ in range(_ITERATIONS):
        basis = product(np.linalg.qr(basis)[0])
    basis = np.linalg.qr(basis)[0]
    small = basis.T @ product(basis)
    values, axes = np.linalg.eigh((small + small.T).astype(np.float64) / 2)
    best = np.argsort(-np.abs(values), kind="stable")[:size]
    scale = np.sqrt(np.abs(values[best])).astype(np.float32)
    vectors[:, : len(best)] = basis @ axes[:, best].astype(np.float32) * scale / weight
    signs[: len(best)] = np.sign(values[best])
    return vectors, signs


def save_vectors(path: Path, found: CountedVectors) -> None:
    """Store word vectors, so that every process and restart begins alike. Raises ModelError."""
    from safetensors.numpy import save

    write_atomically(path, save({**found._asdict(), "counted": found.counted.astype(np.uint8)}))


def load_vectors(path: Path) -> CountedVectors:
    """Load stored word vectors; raises TrainingError when they are damaged."""
    from safetensors.numpy import load

    try:
        arrays = load(path.read_bytes())
        return CountedVectors(arrays["vectors"], arrays["signs"], arrays["counted"].astype(np.bool_))
    except Exception as error:  # safetensors raises its own kinds beside OSError
        raise TrainingError(
            f"{path} cannot be read ({error}); the word vectors of a run are expected.",
            f"train again with another {argument('run')}",
        ) from error
