"""What words a blank filler expects in the gaps of passages: each passage is read once, from both sides."""

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

_ROWS = 128  # passages read side by side
# Words that are looked at: the likeliest given two words on each side, of which those are kept that are likelier there
# than anywhere; the likeliest given the sentence.
_GRAMMAR, _SENSE = 3000, 16
_SCORED = 32  # gaps scored over the vocabulary at once
NARROW, NEAR = 2, 4  # words on each side: those that decide what fits the grammar, and those near

Array = NDArray[np.floating]


class Context(NamedTuple):
    """Pieces, what stands between words and the words in turn, and the number of the piece that is the gap."""

    pieces: Sequence[str]
    piece: int

    @property
    def answer(self) -> str:
        """The word that stands in the gap."""
        return self.pieces[self.piece]

    @property
    def sides(self) -> tuple[str, str]:
        """What stands before and after the gap, in one line."""
        before, after = "".join(self.pieces[: self.piece]), "".join(self.pieces[self.piece + 1 :])
        return BREAK.sub(" ", before), BREAK.sub(" ", after)

    def within(self, words: int) -> "Context":
        """The same gap with so many words on each side."""
        start = max(0, self.piece - 2 * words)
        return Context(self.pieces[start : self.piece + 2 * words + 1], self.piece - start)


class Outlook(NamedTuple):
    """What may fill a gap, the answer first, with log-probabilities (nats) of each, (words,).

    narrow: given two words on each side; near: given four; sentence: given the sentence; wide: given its neighbours,
    too; bag: given those words whatever their order; frequency: anywhere. likeness: the cosine of each word's vector
    and the answer's, less what all share; zeros where words have no vectors. form: how much each word is of the class
    that the answer is of, from 0 to 1; None where the model does not tell
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
    """The words that a model of whole words expects, with their log-probabilities (nats).

    Passages are lists of pieces: what stands between words, and the words, in turn. english: whether classes of words
    are told by English frames
    """

    def __init__(
        self, readers: FillReaders, tokenizer: Tokenizer, mirrored: bool, temperature: float, english: bool = False
    ) -> None:
        self._readers, self._tokenizer, self._mirrored, self._english = readers, tokenizer, mirrored, english
        self._temperature = np.float32(temperature)

    @cached_property
    def _opens(self) -> NDArray[np.bool_]:
        """(vocabulary,) tokens that may fill a gap: those that begin words."""
        able = self._tokenizer.wordlike & ~self._tokenizer.continues
        able[: len(SPECIALS)] = False
        return able

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of every word that is a token by itself."""
        texts = self._tokenizer.texts
        return {texts[token]: token for token in np.flatnonzero(self._opens).tolist() if "\ufffd" not in texts[token]}

    @cached_property
    def _whole(self) -> NDArray[np.bool_]:
        """(vocabulary,) tokens that are words by themselves."""
        whole = np.zeros(self._tokenizer.size, np.bool_)
        whole[[*self.ids.values()]] = True
        return whole

    @cached_property
    def frequency(self) -> Array:
        """(vocabulary,) the log-probability of each word anywhere."""
        found: Array = log_softmax(self._readers.bias[None])[0]
        return found

    def text_of(self, token: int) -> str:
        """The word of an id."""
        return self._tokenizer.texts[token]

    def queries(self, contexts: Sequence[Context]) -> tuple[Array, Array]:
        """Query vectors of gaps, (contexts, embedding): in their passage, and among its words whatever their order.

        A passage with several gaps is read once.
        """
        passages: dict[int, Sequence[str]] = {id(one.pieces): one.pieces for one in contexts}
        encoded = dict(zip(passages, self._encode([*passages.values()]), strict=True))
        owned: dict[int, list[int]] = {key: [] for key in passages}
        for place, context in enumerate(contexts):
            owned[id(context.pieces)].append(place)
        keys, shape = [*passages], (len(contexts), self._readers.embedding.shape[1])
        whole, bag = np.zeros(shape, np.float32), np.zeros(shape, np.float32)

        def read(group: list[int]) -> None:
            places = [(k, place) for k, number in enumerate(group) for place in owned[keys[number]]]
            own = [place for _, place in places]
            at = [(k, contexts[place].piece) for k, place in places]
            whole[own], bag[own] = self._read([encoded[keys[number]] for number in group], at)

        lengths = [sum(map(len, encoded[key])) for key in keys]
        side_by_side(read, groups_of_like_length(lengths, _ROWS))
        return whole, bag

    @may_overflow()
    def _read(self, passages: Sequence[list[NDArray[np.int32]]], places: Sequence[tuple[int, int]]) -> Any:
        """Query vectors at pieces, (places, embedding); places: a passage and one of its pieces."""
        texts = [np.concatenate(one) for one in passages]
        starts = [np.cumsum([0, *map(len, one)]).tolist() for one in passages]
        at = [(passage, starts[passage][piece]) for passage, piece in places]
        if self._mirrored:
            at = [(passage, len(texts[passage]) - 1 - place) for passage, place in at]
            texts = [ids[::-1] for ids in texts]
        with one_thread():
            whole, bag = self._readers.queries_at(texts, at)
        return whole, whole if bag is None else bag

    def _encode(self, passages: Sequence[Sequence[str]]) -> list[list[NDArray[np.int32]]]:
        """Ids of every piece of every passage."""
        flat = iter(self._tokenizer.encode_batch([piece for one in passages for piece in one], spacing=False))
        return [[next(flat).ids for _ in one] for one in passages]

    def answers(self, contexts: Sequence[Context]) -> tuple[Array, Array]:
        """The log-probability of the answer of each context, (contexts,), and their query vectors."""
        queries, _ = self.queries(contexts)
        own, found = [self.ids[one.answer] for one in contexts], []
        for start in range(0, len(contexts), _SCORED):
            log_probs = self.log_probs(queries[start : start + _SCORED])
            found.append(log_probs[np.arange(len(log_probs)), own[start : start + _SCORED]])
        return np.concatenate([*found, np.zeros(0, np.float32)]), queries

    def outlooks(self, sentence: Sequence[Context], read: Array, wide: Sequence[Context]) -> Iterator[Outlook]:
        """What may fill each gap, which is given in its sentence and among the neighbours of that.

        read: the query vectors of the gaps in their sentences
        """
        narrow, near = (self.queries([one.within(words) for one in sentence])[0] for words in (NARROW, NEAR))
        asked = narrow, near, read, *self.queries(wide)
        for start in range(0, len(sentence), _SCORED):
            rows = [self.log_probs(one[start : start + _SCORED]) for one in asked]
            for context, *own in zip(sentence[start : start + _SCORED], *rows, strict=True):
                yield self._outlook(self.ids[context.answer], own)

    def _outlook(self, answer: int, rows: Sequence[Array]) -> Outlook:
        """The outlook of a gap; rows: (vocabulary,) log-probabilities as those of `Outlook`."""
        apt = _likeliest(rows[0], _GRAMMAR)
        rest = np.log(max(1e-3, 1.0 - np.exp(float(rows[0][answer]))))  # of probability, for all but the answer
        apt = apt[rows[0][apt] - self.frequency[apt] >= rest]
        kept = np.unique(np.concatenate([apt, _likeliest(rows[2], _SENSE)]))
        kept = kept[self._whole[kept]]
        ids = np.concatenate([[answer], kept[kept != answer]])
        words = [self.text_of(one) for one in ids.tolist()]
        narrow, near, sentence, wide, bag = (row[ids] for row in rows)
        form = None if self._classes is None else forms(self._classes[ids], narrow)
        return Outlook(words, narrow, near, sentence, wide, bag, self.frequency[ids], self._likeness(ids), form)

    @cached_property
    def _classes(self) -> Array | None:
        """(vocabulary, classes) how much each word belongs to each class; None where frames do not tell."""
        if not self._english or not knows_frames({*self.ids}):
            return None
        log_probs = self.log_probs(self.queries([Context(*one) for one in frame_pieces()])[0])
        gains = np.where(self._whole, log_probs - self.frequency, np.float32(0.0))
        return class_shares(gains)

    def _likeness(self, ids: NDArray[np.int64]) -> Array:
        """(ids,) the cosine of each word's vector and that of the first, without the mean of all."""
        mean, lengths = self._spread
        own = self._readers.embedding[ids[0]] - mean
        found: Array = (self._readers.embedding[ids] @ own - mean @ own) / (lengths[ids] * lengths[ids[0]])
        return found

    @cached_property
    def _spread(self) -> tuple[Array, Array]:
        """(embedding,) the mean of all vectors; (vocabulary,) the distance of each from it."""
        vectors = self._readers.embedding
        mean: Array = vectors.mean(0)
        squares = np.einsum("ij,ij->i", vectors, vectors) - 2.0 * (vectors @ mean) + mean @ mean
        return mean, np.sqrt(np.maximum(squares, 1e-12))

    @may_overflow()
    def log_probs(self, queries: Array) -> Array:
        """(gaps, embedding) → log-probabilities of what fills them, (gaps, vocabulary); −inf of what cannot."""
        bias = np.where(self._opens, self._readers.bias / self._temperature, np.float32(-np.inf))
        blocks = [
            log_softmax(self._readers.scores(queries[start : start + _SCORED] / self._temperature, bias))
            for start in range(0, len(queries), _SCORED)
        ]
        found: Array = np.concatenate(blocks)
        check_finite(found.max(1))
        return found


def _likeliest(log_probs: Array, count: int) -> NDArray[np.int64]:
    """The ids of the likeliest words, at most so many; none of what cannot stand in a gap."""
    count = min(count, int(np.isfinite(log_probs).sum()))
    found: NDArray[np.int64] = np.argpartition(-log_probs, count - 1)[:count]
    return found
