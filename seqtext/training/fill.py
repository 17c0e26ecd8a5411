"""The blank filler's network: two readers that never mix below the blank, and the loss at every position.

The left reader's state after s tokens is f_s, the right reader's state before token e (reading from the end) is g_e.
A span x_s … x_{e−1} is predicted piece by piece from (f_s, g_e); when nothing is missing (e = s) the answer is END.
Their query vector, scored against the tied embedding table (Press and Wolf 2017, arXiv:1608.05859), is

    q = W_f f_s + W_g g_e + W_z relu(A f_s + B g_e + c) + M Σ_j a_j v_j / sqrt(1 + Σ_j a_j)

the last term a bag of the words outside the span, each with a learnt importance a_j, as in skip-gram models (Mikolov
et al. 2013). At a share of the positions ("solo") only one of the three kinds of evidence answers, so that each is a
model of its own: two language models, one in each direction, and a bag of words.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqtext.config import FillConfig
from seqtext.text import BLANK, BOS, END, EOS, PAD, Tokenizer
from seqtext.training.batches import Batch
from seqtext.training.modules import Candidates, Dropper, RecurrentStack, VocabularyLoss

ALL, LEFT, RIGHT, BAG = range(4)
_END_SHARE = 0.10  # of the positions ask "is anything missing here?"
_LONG_SHARE = 0.12  # of the positions stand in a blank of several words
_BLANKED_ROWS = 0.3  # of the rows hold further blanks …
_BLANKED_WORDS = 0.12  # … in place of so many of their words


class FillBatch(NamedTuple):
    """Rows of text and the questions asked about them."""

    ids: Tensor  # (rows, time), PAD after the end
    lengths: Tensor  # (rows,)
    row: Tensor  # (examples,) which row an example belongs to
    start: Tensor  # (examples,) s: the left reader has read this many tokens
    end: Tensor  # (examples,) e: the right reader has read down to this token
    target: Tensor  # (examples,) the token at s, or END where e = s
    mode: Tensor  # (examples,) ALL, LEFT, RIGHT or BAG: which evidence answers

    def to(self, device: torch.device) -> "FillBatch":
        """The same batch on another device."""
        return FillBatch(*(part.to(device) for part in self))

    def rows(self, chosen: NDArray[np.int64]) -> "FillBatch":
        """Only some rows and their examples: one process's share of a batch. The width stays."""
        place = torch.full((len(self.ids),), -1)
        place[torch.from_numpy(chosen)] = torch.arange(len(chosen))
        kept = place[self.row] >= 0
        examples = (place[self.row[kept]], self.start[kept], self.end[kept], self.target[kept], self.mode[kept])
        row, start, end, target, mode = examples
        return FillBatch(self.ids[chosen], self.lengths[chosen], row, start, end, target, mode)


def word_starts(tokenizer: Tokenizer, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(rows, time) True where a new word, or a sign between words, starts."""
    joins = tokenizer.continues[ids]
    if tokenizer.tokens != "word":
        letters = tokenizer.wordlike[ids]
        joins &= letters
        joins[:, 1:] &= letters[:, :-1]
    joins[:, 0] = False
    return ~joins


def make_examples(
    batch: Batch, tokenizer: Tokenizer, config: FillConfig, generator: np.random.Generator | None
) -> FillBatch:
    """Turn rows of text into questions; without a generator, plainly: every position once, no further blanks."""
    ids, lengths = batch
    starts = word_starts(tokenizer, ids)
    if generator is not None:
        ids, lengths, starts = _blank_words(ids, lengths, starts, tokenizer.wordlike, generator)
    if config.direction == "backward":
        # Reading from the end is reading the mirrored text from the start; spans are then spelled last piece first.
        places = np.maximum(lengths[:, None] - 1 - np.arange(ids.shape[1]), 0)
        ids = np.where(np.arange(ids.shape[1]) < lengths[:, None], np.take_along_axis(ids, places, 1), PAD)
        ends = np.take_along_axis(np.roll(starts, -1, 1), places, 1)
        starts = np.where(places == lengths[:, None] - 1, True, ends)
    rows, time = ids.shape
    steps = np.arange(time)
    border = np.where(starts | (steps >= lengths[:, None]), steps, time)
    following = np.minimum.accumulate(np.concatenate([border, np.full((rows, 1), time)], 1)[:, ::-1], 1)[:, ::-1]
    following = np.minimum(following, lengths[:, None])  # (rows, time + 1): first word start at or after a place
    row, start = np.nonzero(steps < lengths[:, None])
    end = following[row, start + 1]
    target, mode = ids[row, start], np.zeros(len(row), np.int64)
    if generator is not None:
        draw = generator.random(len(row))
        long = (draw > 1 - _LONG_SHARE) & (end < lengths[row])
        for _ in range(3):
            end = np.where(long, following[row, np.minimum(end + 1, lengths[row])], end)
            long &= generator.random(len(row)) < 0.5
        nothing = draw < _END_SHARE
        end, target = np.where(nothing, start, end), np.where(nothing, END, target)
        if config.direction == "both":
            solo = generator.random(len(row))
            kinds = [LEFT, RIGHT, BAG] if config.bag else [LEFT, RIGHT]
            mode = np.where(solo < config.solo, generator.choice(kinds, len(row)), ALL)
            mode[nothing] = ALL
            end = np.where((mode == RIGHT) | (mode == BAG), start + 1, end)
    kept = target != BLANK
    parts = (ids, lengths, row[kept], start[kept], end[kept], target[kept], mode[kept])
    return FillBatch(*(torch.from_numpy(np.ascontiguousarray(part)) for part in parts))


def only_bags(batch: FillBatch) -> FillBatch:
    """The same questions, asked of the bag of words alone: what word vectors learn from, at a fraction of the cost."""
    kept = batch.end > batch.start
    row, start, end, target = (part[kept] for part in (batch.row, batch.start, batch.end, batch.target))
    return FillBatch(batch.ids, batch.lengths, row, start, end, target, torch.full_like(row, BAG))


def _blank_words(
    ids: NDArray[np.int64],
    lengths: NDArray[np.int64],
    starts: NDArray[np.bool_],
    wordlike: NDArray[np.bool_],
    generator: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Put one BLANK for some whole words, so that the readers learn to pass over other blanks."""
    rows, time = ids.shape
    chosen = starts & wordlike[ids] & (generator.random((rows, time)) < _BLANKED_WORDS)
    among: NDArray[np.bool_] = generator.random((rows, 1)) < _BLANKED_ROWS
    chosen &= among & (np.arange(time) < lengths[:, None])
    word = np.cumsum(starts, 1) + np.arange(rows)[:, None] * (time + 1)
    marked = np.zeros(rows * (time + 1) + time + 2, np.bool_)
    marked[word[chosen]] = True
    inside = marked[word] & (np.arange(time) < lengths[:, None])
    kept = (np.arange(time) < lengths[:, None]) & (~inside | starts)
    blanked = np.where(chosen, BLANK, ids)
    fewer = kept.sum(1)
    row, place = np.nonzero(kept)
    column = (np.cumsum(kept, 1) - 1)[row, place]
    width = int(fewer.max(initial=1))
    new_ids, new_starts = np.full((rows, width), PAD, np.int64), np.ones((rows, width), np.bool_)
    new_ids[row, column], new_starts[row, column] = blanked[row, place], starts[row, place]
    return new_ids, fewer, new_starts


class FillNetwork(nn.Module):
    """See the module's docstring for the equations; `seqtext.fill` answers from the same weights."""

    def __init__(self, config: FillConfig, vocabulary: int) -> None:
        super().__init__()
        self.config = config
        size, hidden = config.embedding, config.hidden
        self.embedding = nn.Embedding(vocabulary, size)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.left = RecurrentStack(config.cell, size, hidden, config.layers)
        self.left_output = nn.Linear(hidden, size, bias=False)
        if config.direction == "both":
            self.right = RecurrentStack(config.cell, size, hidden, config.layers)
            self.right_output = nn.Linear(hidden, size, bias=False)
            self.join_left = nn.Linear(hidden, hidden)
            self.join_right = nn.Linear(hidden, hidden, bias=False)
            self.join_output = nn.Linear(hidden, size, bias=False)
        if self.has_bag:
            self.importance = nn.Parameter(torch.zeros(vocabulary))
            self.bag = nn.Linear(size, size, bias=False)

    @property
    def has_bag(self) -> bool:
        """A bag of words looks at both sides, so a network that reads one side has none."""
        return self.config.bag and self.config.direction == "both"

    def query(self, batch: FillBatch, drop: Dropper | None = None) -> Tensor:
        """The vectors that are scored against the embedding table, (examples, embedding)."""
        vectors = self.embedding(batch.ids)  # (rows, time, size)
        if drop is not None:
            vectors = drop(vectors)
        if self.has_bag and bool((batch.mode == BAG).all()):
            return self._bag(batch, vectors)
        rows, time, size = vectors.shape
        first = self.embedding.weight[BOS].expand(rows, 1, size)
        states = self.left(torch.cat([first, vectors], 1), drop).flatten(0, 1)  # (rows · (time + 1), hidden)
        left = states[batch.row * (time + 1) + batch.start]
        if self.config.direction != "both":
            result: Tensor = self.left_output(left)
            return result
        steps = torch.arange(time, device=batch.ids.device)
        mirror = (batch.lengths[:, None] - 1 - steps).clamp(min=0)[:, :, None].expand(rows, time, size)
        last = self.embedding.weight[EOS].expand(rows, 1, size)
        states = self.right(torch.cat([last, vectors.gather(1, mirror)], 1), drop).flatten(0, 1)
        right = states[batch.row * (time + 1) + batch.lengths[batch.row] - batch.end]
        every = (batch.mode == ALL)[:, None]
        joined = torch.relu(self.join_left(left) + self.join_right(right)) * every
        result = self.join_output(joined)
        result = result + self.left_output(left * (every | (batch.mode == LEFT)[:, None]))
        result = result + self.right_output(right * (every | (batch.mode == RIGHT)[:, None]))
        if self.has_bag:
            result = result + self._bag(batch, vectors) * (every | (batch.mode == BAG)[:, None])
        return result

    def _bag(self, batch: FillBatch, vectors: Tensor) -> Tensor:
        """The weighted words outside each example's span, (examples, embedding)."""
        real = torch.arange(vectors.shape[1], device=vectors.device) < batch.lengths[:, None]
        weights = self.importance[batch.ids].exp() * (real & (batch.ids != BLANK))  # (rows, time)
        both = torch.cat([vectors.float() * weights[:, :, None], weights[:, :, None]], 2)
        nothing = torch.zeros_like(both[:, :1])
        # Sums from both ends: subtracting from the total would leave a rounding trace of the answer.
        before = torch.cat([nothing, both.cumsum(1)], 1).flatten(0, 1)  # (rows · (time + 1), size + 1)
        after = torch.cat([both.flip(1).cumsum(1).flip(1), nothing], 1).flatten(0, 1)
        base = batch.row * (vectors.shape[1] + 1)
        outside = before[base + batch.start] + after[base + batch.end]
        mean = outside[:, :-1] / (1.0 + outside[:, -1:]).sqrt()
        result: Tensor = self.bag(mean)
        return result

    def forward(self, batch: FillBatch) -> Tensor:
        """Logits, (examples, vocabulary)."""
        return nn.functional.linear(self.query(batch), self.embedding.weight, self.bias)

    def loss(
        self, batch: FillBatch, candidates: Candidates | None = None, drop: Dropper | None = None
    ) -> tuple[Tensor, int]:
        """Summed nats and the number of examples; over the candidates only, or the whole vocabulary without them."""
        query = self.query(batch, drop)
        apply: Any = VocabularyLoss.apply
        low = torch.is_autocast_enabled(query.device.type)
        if candidates is None:
            nothing = torch.zeros_like(self.bias)
            nats = apply(query, self.embedding.weight, self.bias, nothing, batch.target, low)
        else:
            vectors, bias = self.embedding.weight[candidates.ids], self.bias[candidates.ids]
            nats = apply(query, vectors, bias, candidates.correction, candidates.labels, low)
        return nats, len(batch.target)
