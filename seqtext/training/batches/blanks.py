"""Blanks as training examples: rows of text and the questions asked about them."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtext.config import FillConfig
from seqtext.networks.recurrent import reversed_positions
from seqtext.tokenizer import BLANK, END, PAD, Tokenizer
from seqtext.training.batches.token_file import Batch

ALL, LEFT, RIGHT, BAG = range(4)
END_SHARE = 0.10  # of the positions ask "is anything missing here?"
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
    mode: Tensor  # (examples,) ALL, LEFT, RIGHT or BAG: which evidence answers, ascending

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
    """(rows, time) True where a new word, or a punctuation mark between words, starts."""
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
        places = reversed_positions(lengths, ids.shape[1])
        ids = np.take_along_axis(ids, places, 1)
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
        nothing = draw < END_SHARE
        end, target = np.where(nothing, start, end), np.where(nothing, END, target)
        if config.direction == "both":
            solo = generator.random(len(row))
            kinds = [LEFT, RIGHT, BAG] if config.bag else [LEFT, RIGHT]
            mode = np.where(solo < config.solo, generator.choice(kinds, len(row)), ALL)
            mode[nothing] = ALL
            end = np.where((mode == RIGHT) | (mode == BAG), start + 1, end)
    kept = np.flatnonzero(target != BLANK)
    kept = kept[np.argsort(mode[kept], kind="stable")]  # so that each kind of evidence looks at one slice
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
