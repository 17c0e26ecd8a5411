"""Make training examples of the fill task: rows of text with blanks."""

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
END_SHARE = 0.10  # share of the positions that ask "is anything missing here?"
_LONG_SHARE = 0.12  # share of the positions that stand in a blank of several words
_BLANKED_ROWS = 0.3  # share of the rows that hold further blanks …
_BLANKED_WORDS = 0.12  # … in place of this share of their words


class FillBatch(NamedTuple):
    """Hold rows of token ids and the blanks to predict."""

    ids: Tensor  # (rows, time), PAD after the end
    lengths: Tensor  # (rows,)
    row: Tensor  # (examples,) index of the example's row
    start: Tensor  # (examples,) s: the left-to-right encoder has read this many tokens
    end: Tensor  # (examples,) e: the right-to-left encoder has read down to this token
    target: Tensor  # (examples,) the token at s, or END where e = s
    mode: Tensor  # (examples,) ALL, LEFT, RIGHT or BAG: which evidence answers, ascending

    def to(self, device: torch.device) -> "FillBatch":
        """Copy the batch to a device."""
        return FillBatch(*(tensor.to(device) for tensor in self))

    def rows(self, chosen: NDArray[np.int64]) -> "FillBatch":
        """Select rows and their examples for one process; the width stays.

        chosen: indices of rows, (selected,)
        """
        new_row = torch.full((len(self.ids),), -1)
        new_row[torch.from_numpy(chosen)] = torch.arange(len(chosen))
        kept = new_row[self.row] >= 0
        examples = (new_row[self.row[kept]], self.start[kept], self.end[kept], self.target[kept], self.mode[kept])
        row, start, end, target, mode = examples
        return FillBatch(self.ids[chosen], self.lengths[chosen], row, start, end, target, mode)


def word_starts(tokenizer: Tokenizer, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the tokens that start a word, (rows, time).

    Punctuation marks between words count as words.
    """
    continues = tokenizer.continues[ids]
    if tokenizer.tokens != "word":
        letters = tokenizer.wordlike[ids]
        continues &= letters
        continues[:, 1:] &= letters[:, :-1]
    continues[:, 0] = False
    return ~continues


def make_examples(
    batch: Batch, tokenizer: Tokenizer, config: FillConfig, generator: np.random.Generator | None
) -> FillBatch:
    """Make fill-in-the-blank examples from rows of text.

    They are sorted by `mode`, see `FillBatch`. Without a generator they are for evaluation: each position once, all
    evidence, no further blanks.

    batch: ids, (rows, time), and lengths, (rows,)
    """
    ids, lengths = batch
    starts = word_starts(tokenizer, ids)
    if generator is not None:
        ids, lengths, starts = _blank_words(ids, lengths, starts, tokenizer.wordlike, generator)
    if config.direction == "backward":
        # Reading backward is reading the mirrored text forward; spans are then spelled from their last token.
        positions = reversed_positions(lengths, ids.shape[1])
        ids = np.take_along_axis(ids, positions, 1)
        ends = np.take_along_axis(np.roll(starts, -1, 1), positions, 1)
        starts = np.where(positions == lengths[:, None] - 1, True, ends)
    rows, time = ids.shape
    steps = np.arange(time)
    border = np.where(starts | (steps >= lengths[:, None]), steps, time)
    following = np.minimum.accumulate(np.concatenate([border, np.full((rows, 1), time)], 1)[:, ::-1], 1)[:, ::-1]
    following = np.minimum(following, lengths[:, None])  # (rows, time + 1): first word start at or after a position
    row, start = np.nonzero(steps < lengths[:, None])
    end = following[row, start + 1]
    target, mode = ids[row, start], np.zeros(len(row), np.int64)
    if generator is not None:
        chance = generator.random(len(row))
        long = (chance > 1 - _LONG_SHARE) & (end < lengths[row])
        for _ in range(3):
            end = np.where(long, following[row, np.minimum(end + 1, lengths[row])], end)
            long &= generator.random(len(row)) < 0.5
        is_end = chance < END_SHARE
        end, target = np.where(is_end, start, end), np.where(is_end, END, target)
        if config.direction == "both":
            solo = generator.random(len(row))
            kinds = [LEFT, RIGHT, BAG] if config.bag else [LEFT, RIGHT]
            mode = np.where(solo < config.solo, generator.choice(kinds, len(row)), ALL)
            mode[is_end] = ALL
            end = np.where((mode == RIGHT) | (mode == BAG), start + 1, end)
    kept = np.flatnonzero(target != BLANK)
    kept = kept[np.argsort(mode[kept], kind="stable")]  # so that the examples of each mode are one slice
    arrays = (ids, lengths, row[kept], start[kept], end[kept], target[kept], mode[kept])
    return FillBatch(*(torch.from_numpy(np.ascontiguousarray(array)) for array in arrays))


def only_bags(batch: FillBatch) -> FillBatch:
    """Restrict the examples to the bag of words as evidence.

    Word vectors learn from it at a fraction of the cost of the recurrent encoders.
    """
    kept = batch.end > batch.start
    row, start, end, target = (tensor[kept] for tensor in (batch.row, batch.start, batch.end, batch.target))
    return FillBatch(batch.ids, batch.lengths, row, start, end, target, torch.full_like(row, BAG))


def _blank_words(
    ids: NDArray[np.int64],
    lengths: NDArray[np.int64],
    starts: NDArray[np.bool_],
    wordlike: NDArray[np.bool_],
    generator: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Replace some whole words by one BLANK each, so that the encoders learn to pass over other blanks."""
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
    new_lengths = kept.sum(1)
    row, old_column = np.nonzero(kept)
    column = (np.cumsum(kept, 1) - 1)[row, old_column]
    width = int(new_lengths.max(initial=1))
    new_ids, new_starts = np.full((rows, width), PAD, np.int64), np.ones((rows, width), np.bool_)
    new_ids[row, column], new_starts[row, column] = blanked[row, old_column], starts[row, old_column]
    return new_ids, new_lengths, new_starts
