"""Compare word vectors, the embeddings of whole words, by their similarity.

The similarity is the cosine of the vectors without their common mean and first principal component, which mostly
encodes word frequency (Mu and Viswanath 2018, arXiv:1702.01417). With fill-en, the mean average precision of ranking
the words of 30 everyday categories is 0.865, with the raw vectors 0.855; for 24 categories of rarer words it is 0.695
and 0.620. Removing two to four components is no better, and neither is leaving out the rarest words.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.avoided_words import AvoidedWords
from seqtext.errors import InputError, ModelError, nearest
from seqtext.networks.threads import one_thread
from seqtext.tokenizer import SPECIALS, Tokenizer

BATCH = 64  # words answered in a batch
EXAMPLE = "kettle"
_BLOCK = 2048  # vectors centred at once
_ALIKE = 0.6  # least similarity of a known spelling that is suggested for an unknown one


class WordVectors(NamedTuple):
    """Hold words and their vectors, which are read-only.

    words:  distinct words as spelled in training, the most frequent first
    matrix: (words, embedding), the rows of the embedding table, in the order of the words
    """

    words: tuple[str, ...]
    matrix: NDArray[np.float32]

    def __repr__(self) -> str:  # that of a tuple would show each of some ten thousand words
        count, width = self.matrix.shape
        return f"<WordVectors of {count:,} words, {width} numbers each: {', '.join(self.words[:5])} …>"


class Similar(NamedTuple):
    """Hold a word and its cosine similarity (−1 to 1) to another."""

    word: str
    similarity: float


class WordSpace:
    """Hold the whole words of a vocabulary, with their embedding table.

    Continuations of words, numbers, punctuation and special tokens are not words. A BPE token that begins a word counts
    as one. Byte tokens for letters, with which rare words begin, are accepted as queries, but not offered as answers.
    Raises ModelError for a character model, or one without an embedding table.
    """

    def __init__(self, tokenizer: Tokenizer, weights: Mapping[str, NDArray[np.float32]], never: AvoidedWords) -> None:
        if tokenizer.tokens == "char" or "embedding.weight" not in weights:
            raise ModelError(
                f"A model of words or pieces has word vectors; the tokens of this one are {_KINDS[tokenizer.tokens]}.",
                f"seqtext similar {EXAMPLE} --model fill-en",
            )
        self._tokenizer, self._table, self._never = tokenizer, weights["embedding.weight"], never
        self._ids, self._texts = _words(tokenizer)
        self._folded = [text.casefold() for text in self._texts]

    @cached_property
    def vectors(self) -> WordVectors:
        """Return the words that the model may write, with their vectors."""
        kept = [index for index, text in enumerate(self._texts) if not self._never.is_in(text)]
        matrix = self._table[self._ids[kept]]
        matrix.flags.writeable = False
        return WordVectors(tuple(self._texts[index] for index in kept), matrix)

    def similar(self, words: list[str], top: int, avoided: AvoidedWords) -> list[list[Similar]]:
        """Find the most similar words for each word, best first.

        Among spellings of a word that differ in capitals, the most frequent is offered. Raises InputError for a word
        without a vector.
        """
        places = [self._place(word) for word in words]
        mean, component, norms = self._shared
        queries = self._table[self._ids[places]] - mean  # (rows, embedding)
        queries -= (queries @ component)[:, None] * component
        queries /= np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-9)
        with one_thread():
            # The component need not be removed from the table, because the queries are orthogonal to it.
            cosines = (queries @ self._table.T)[:, self._ids[self._offered]] - (queries @ mean)[:, None]
        cosines = np.clip(cosines / norms, -1, 1)  # (rows, words)
        return [self._best(row, index, top, avoided) for row, index in zip(cosines, places, strict=True)]

    def _best(self, cosines: NDArray[np.float32], index: int, top: int, avoided: AvoidedWords) -> list[Similar]:
        similar: list[Similar] = []
        for rank in np.argsort(-cosines, kind="stable").tolist():
            other = self._offered[rank]
            if self._folded[other] == self._folded[index] or avoided.is_in(self._texts[other]):
                continue
            similar.append(Similar(self._texts[other], float(cosines[rank])))
            if len(similar) == top:
                break
        return similar

    @cached_property
    def _places(self) -> dict[str, int]:
        return {text: place for place, text in enumerate(self._texts)}

    @cached_property
    def _first(self) -> dict[str, int]:
        """The most frequent spelling of each word, which has the lowest id, ignoring capitals."""
        return {folded: place for place, folded in reversed(list(enumerate(self._folded)))}

    @cached_property
    def _offered(self) -> NDArray[np.int64]:
        return np.array([place for place in sorted(self._first.values()) if not self._is_byte(place)], np.int64)

    @cached_property
    def _shared(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """The common mean and component, (embedding,), and the norms of the offered vectors without them, (words,)."""
        mean = self._table.mean(0)
        scatter = np.zeros((len(mean), len(mean)))
        for block in _blocks(self._table):
            centred = block - mean
            scatter += centred.T @ centred
        component = np.linalg.eigh(scatter)[1][:, -1].astype(np.float32)  # of the largest eigenvalue
        squares = []
        for ids in _blocks(self._ids[self._offered]):
            centred = self._table[ids] - mean
            squares.append(np.einsum("wd,wd->w", centred, centred) - (centred @ component) ** 2)
        return mean, component, np.sqrt(np.maximum(np.concatenate(squares), 1e-18))

    def _is_byte(self, place: int) -> bool:
        return len(self._texts[place]) == 1 and self._tokenizer.tokens == "word" and self._texts[place].isascii()

    def _place(self, word: str) -> int:
        """Find the index of a word, if necessary with other capitals.

        Raises InputError with the nearest known spelling.
        """
        normal = self._tokenizer.normal(word).strip() if isinstance(word, str) else ""
        index = self._places.get(normal, self._first.get(normal.casefold()))
        if index is not None:
            return index
        known = self.vectors.words
        near = nearest(normal, known, _ALIKE) or nearest(normal.casefold(), known, _ALIKE)
        received = f"{word!r:.80} is none of the {len(known):,} words that have a vector"
        raise InputError(f"{received}; the nearest is {near!r}." if near else f"{received}.", near or EXAMPLE)


_KINDS = {"char": "characters", "word": "words without vectors", "bpe": "pieces without vectors"}


def _blocks(rows: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield rows in blocks, because a second table of centred vectors would double the memory."""
    return (rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK))


def _words(tokenizer: Tokenizer) -> tuple[NDArray[np.int64], list[str]]:
    """Select the tokens that are whole words: ids and texts."""
    able = tokenizer.wordlike & ~tokenizer.continues
    able[: len(SPECIALS)] = False
    ids, texts = [], []
    for number in np.flatnonzero(able).tolist():
        text = tokenizer.texts[number].removeprefix(" ")
        if any(map(str.isalpha, text)) and "\ufffd" not in text and not any(map(str.isspace, text)):
            ids.append(number)
            texts.append(text)
    return np.array(ids, np.int64), texts
