"""Predict the words in gaps of passages. Each passage is read once, from both sides."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import BREAK
from seqtext.models.many import groups_of_like_length
from seqtext.models.word_classes import class_shares, forms, frame_pieces, knows_frames
from seqtext.networks.blank_filler import FillReaders
from seqtext.networks.cells import log_softmax
from seqtext.networks.overflow import check_finite, may_overflow
from seqtext.networks.threads import one_thread, side_by_side
from seqtext.tokenizer import SPECIALS, Tokenizer

_ROWS = 128  # passages in a batch
# Candidates: the likeliest words given two words on each side, if likelier there than without context, and the
# likeliest given the sentence.
_GRAMMAR, _SENSE = 3000, 16
_SCORED = 32  # gaps scored over the vocabulary at once
NARROW, NEAR = 2, 4  # words on each side: the window that decides what is grammatical, and a wider one

Array = NDArray[np.floating]


class GapContext(NamedTuple):
    """Hold a passage as pieces, and the gap's index. Separators and words alternate in the pieces."""

    pieces: Sequence[str]
    piece: int

    @property
    def answer(self) -> str:
        """Return the word in the gap."""
        return self.pieces[self.piece]

    @property
    def sides(self) -> tuple[str, str]:
        """Return the text before and after the gap, line breaks as spaces."""
        before, after = "".join(self.pieces[: self.piece]), "".join(self.pieces[self.piece + 1 :])
        return BREAK.sub(" ", before), BREAK.sub(" ", after)

    def within(self, words: int) -> "GapContext":
        """Narrow the context to a given number of words on each side."""
        start = max(0, self.piece - 2 * words)
        return GapContext(self.pieces[start : self.piece + 2 * words + 1], self.piece - start)


class Outlook(NamedTuple):
    """Hold candidates for a gap with log-probabilities (nats), the answer first. Each array is (words,).

    narrow: given two words on each side; near: given four; sentence: given the sentence; wide: given its neighbours,
    too; bag: given the same words in any order; frequency: without context. likeness: the cosine similarity of each
    word's vector and the answer's, both centred; zeros if words have no vectors. form: each word's share in the word
    class of the answer, from 0 to 1; None if the classes are unknown.
    """

    words: list[str]
    narrow: Array
    near: Array
    sentence: Array
    wide: Array
    bag: Array
    frequency: Array
    likeness: Array
    form: Array | None = None


class ExpectedWords:
    """Predict words in gaps with a word-level model, as log-probabilities (nats).

    Passages are lists of pieces: separators and words alternate. english: whether word classes are inferred from
    English frames.
    """

    def __init__(
        self, readers: FillReaders, tokenizer: Tokenizer, mirrored: bool, temperature: float, english: bool = False
    ) -> None:
        self._readers, self._tokenizer, self._mirrored, self._english = readers, tokenizer, mirrored, english
        self._temperature = np.float32(temperature)

    @cached_property
    def _opens(self) -> NDArray[np.bool_]:
        """(vocabulary,) True at tokens that may fill a gap: those that begin words."""
        able = self._tokenizer.wordlike & ~self._tokenizer.continues
        able[: len(SPECIALS)] = False
        return able

    @cached_property
    def ids(self) -> dict[str, int]:
        """Return the id of each word that is a single token."""
        texts = self._tokenizer.texts
        return {texts[token]: token for token in np.flatnonzero(self._opens).tolist() if "\ufffd" not in texts[token]}

    @cached_property
    def _whole(self) -> NDArray[np.bool_]:
        """(vocabulary,) True at tokens that are whole words."""
        whole = np.zeros(self._tokenizer.size, np.bool_)
        whole[[*self.ids.values()]] = True
        return whole

    @cached_property
    def frequency(self) -> Array:
        """Compute each word's log-probability without context, (vocabulary,), in nats."""
        log_probs: Array = log_softmax(self._readers.bias[None])[0]
        return log_probs

    def text_of(self, token: int) -> str:
        """Look up the word of an id."""
        return self._tokenizer.texts[token]

    def queries(self, contexts: Sequence[GapContext]) -> tuple[Array, Array]:
        """Compute the query vectors of gaps, two arrays (contexts, embedding).

        The first reads the passage in order, the second as a bag of words. A passage with several gaps is read once.
        """
        passages: dict[int, Sequence[str]] = {id(context.pieces): context.pieces for context in contexts}
        encoded = dict(zip(passages, self._encode([*passages.values()]), strict=True))
        rows_of: dict[int, list[int]] = {key: [] for key in passages}
        for row, context in enumerate(contexts):
            rows_of[id(context.pieces)].append(row)
        keys, shape = [*passages], (len(contexts), self._readers.embedding.shape[1])
        whole, bag = np.zeros(shape, np.float32), np.zeros(shape, np.float32)

        def read(group: list[int]) -> None:
            rows = [(k, row) for k, number in enumerate(group) for row in rows_of[keys[number]]]
            group_rows = [row for _, row in rows]
            at = [(k, contexts[row].piece) for k, row in rows]
            whole[group_rows], bag[group_rows] = self._read([encoded[keys[number]] for number in group], at)

        lengths = [sum(map(len, encoded[key])) for key in keys]
        side_by_side(read, groups_of_like_length(lengths, _ROWS))
        return whole, bag

    @may_overflow()
    def _read(self, passages: Sequence[list[NDArray[np.int32]]], places: Sequence[tuple[int, int]]) -> Any:
        """Compute query vectors, (places, embedding); places: pairs of passage and piece (indices)."""
        texts = [np.concatenate(passage_ids) for passage_ids in passages]
        starts = [np.cumsum([0, *map(len, passage_ids)]).tolist() for passage_ids in passages]
        at = [(passage, starts[passage][piece]) for passage, piece in places]
        if self._mirrored:
            at = [(passage, len(texts[passage]) - 1 - position) for passage, position in at]
            texts = [ids[::-1] for ids in texts]
        with one_thread():
            whole, bag = self._readers.queries_at(texts, at)
        return whole, whole if bag is None else bag

    def _encode(self, passages: Sequence[Sequence[str]]) -> list[list[NDArray[np.int32]]]:
        """Encode each piece of each passage as ids."""
        flat = iter(self._tokenizer.encode_batch([piece for passage in passages for piece in passage], spacing=False))
        return [[next(flat).ids for _ in passage] for passage in passages]

    def answers(self, contexts: Sequence[GapContext]) -> tuple[Array, Array]:
        """Compute each answer's log-probability, (contexts,), and the query vectors, (contexts, embedding)."""
        queries, _ = self.queries(contexts)
        answer_ids, log_probs_of_answers = [self.ids[context.answer] for context in contexts], []
        for start in range(0, len(contexts), _SCORED):
            log_probs = self.log_probs(queries[start : start + _SCORED])
            log_probs_of_answers.append(log_probs[np.arange(len(log_probs)), answer_ids[start : start + _SCORED]])
        return np.concatenate([*log_probs_of_answers, np.zeros(0, np.float32)]), queries

    def outlooks(self, sentence: Sequence[GapContext], read: Array, wide: Sequence[GapContext]) -> Iterator[Outlook]:
        """Yield the candidates for each gap.

        sentence: the gaps in their sentences; read: their query vectors, (gaps, embedding); wide: the gaps with the
        neighbouring sentences, too.
        """
        narrow, near = (self.queries([context.within(words) for context in sentence])[0] for words in (NARROW, NEAR))
        queries = narrow, near, read, *self.queries(wide)
        for start in range(0, len(sentence), _SCORED):
            rows = [self.log_probs(vectors[start : start + _SCORED]) for vectors in queries]
            for context, *log_probs in zip(sentence[start : start + _SCORED], *rows, strict=True):
                yield self._outlook(self.ids[context.answer], log_probs)

    def _outlook(self, answer: int, rows: Sequence[Array]) -> Outlook:
        """Choose the candidates for a gap; rows: (vocabulary,) log-probabilities, in the order of `Outlook`."""
        apt = _likeliest(rows[0], _GRAMMAR)
        rest = np.log(max(1e-3, 1.0 - np.exp(float(rows[0][answer]))))  # log-probability of all words but the answer
        apt = apt[rows[0][apt] - self.frequency[apt] >= rest]
        kept = np.unique(np.concatenate([apt, _likeliest(rows[2], _SENSE)]))
        kept = kept[self._whole[kept]]
        ids = np.concatenate([[answer], kept[kept != answer]])
        words = [self.text_of(token) for token in ids.tolist()]
        narrow, near, sentence, wide, bag = (row[ids] for row in rows)
        form = None if self._classes is None else forms(self._classes[ids], narrow)
        return Outlook(words, narrow, near, sentence, wide, bag, self.frequency[ids], self._likeness(ids), form)

    @cached_property
    def _classes(self) -> Array | None:
        """(vocabulary, classes) the share of each word in each class; None without the words of the frames."""
        if not self._english or not knows_frames({*self.ids}):
            return None
        log_probs = self.log_probs(self.queries([GapContext(*frame) for frame in frame_pieces()])[0])
        gains = np.where(self._whole, log_probs - self.frequency, np.float32(0.0))
        return class_shares(gains)

    def _likeness(self, ids: NDArray[np.int64]) -> Array:
        """Compute the cosine similarity of each centred word vector and the first, (ids,)."""
        mean, lengths = self._spread
        centred = self._readers.embedding[ids[0]] - mean
        cosines: Array = (self._readers.embedding[ids] @ centred - mean @ centred) / (lengths[ids] * lengths[ids[0]])
        return cosines

    @cached_property
    def _spread(self) -> tuple[Array, Array]:
        """(embedding,) the mean of all vectors; (vocabulary,) each vector's distance from the mean."""
        vectors = self._readers.embedding
        mean: Array = vectors.mean(0)
        squares = np.einsum("ij,ij->i", vectors, vectors) - 2.0 * (vectors @ mean) + mean @ mean
        return mean, np.sqrt(np.maximum(squares, 1e-12))

    @may_overflow()
    def log_probs(self, queries: Array) -> Array:
        """Compute log-probabilities, (gaps, vocabulary), from query vectors, (gaps, embedding).

        Tokens that cannot fill a gap get −inf.
        """
        bias = np.where(self._opens, self._readers.bias / self._temperature, np.float32(-np.inf))
        blocks = [
            log_softmax(self._readers.scores(queries[start : start + _SCORED] / self._temperature, bias))
            for start in range(0, len(queries), _SCORED)
        ]
        log_probs: Array = np.concatenate(blocks)
        check_finite(log_probs.max(1))
        return log_probs


def _likeliest(log_probs: Array, count: int) -> NDArray[np.int64]:
    """Select the ids of at most `count` likeliest words, without those of probability 0."""
    count = min(count, int(np.isfinite(log_probs).sum()))
    likeliest: NDArray[np.int64] = np.argpartition(-log_probs, count - 1)[:count]
    return likeliest
