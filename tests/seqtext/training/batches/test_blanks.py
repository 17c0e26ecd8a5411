"""Blanks to learn from: each asks for a token of its text."""

import numpy as np
import pytest
import torch

from builders import TEXTS, text_batch, tokenizer_of
from seqtext.config import FillConfig
from seqtext.tokenizer import END
from seqtext.training.batches.blanks import make_examples


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
def test_examples_ask_what_they_say(kind: str) -> None:
    tokenizer = tokenizer_of(kind)
    batch = text_batch(TEXTS, tokenizer)
    asked = make_examples(batch, tokenizer, FillConfig(), np.random.default_rng(5))
    row, start, end = asked.row, asked.start, asked.end
    ending = asked.target == END
    assert torch.equal(start[ending], end[ending])
    assert torch.equal(asked.target[~ending], asked.ids[row, start.clamp(max=asked.ids.shape[1] - 1)][~ending])
    assert (end[~ending] > start[~ending]).all()
    assert (end <= asked.lengths[row]).all()
    assert (asked.mode.diff() >= 0).all()
    plain = make_examples(batch, tokenizer, FillConfig(), None)
    assert len(plain.target) == batch.lengths.sum()
