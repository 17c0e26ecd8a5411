"""Truecasing: which words of a text are capitalised. In NumPy."""

from typing import NamedTuple

import numpy as np

from seqtext.config import CapitalsConfig
from seqtext.models.base import Model
from seqtext.networks.cells import sigmoid
from seqtext.networks.recurrent import load_stack, run, stack_shapes
from seqtext.storage.model_folder import Contents
from seqtext.storage.weights import check_shapes


class Mark(NamedTuple):
    """A word and the probability that it is capitalised."""

    word: str
    probability: float


class Truecaser(Model):
    """Tells of each word how likely it is capitalised, by itself and the words before it."""

    task = "capitals"

    def __init__(self, contents: Contents) -> None:
        super().__init__(contents)
        config = self._part("network", CapitalsConfig)
        shapes = {"embedding.weight": (self.tokenizer.size, config.embedding)}
        shapes |= stack_shapes("reader", "gru", config.embedding, config.hidden, 1)
        shapes |= {"output.weight": (1, config.hidden), "output.bias": (1,)}
        weights = check_shapes(contents.weights, shapes)
        self._embedding, self._reader = weights["embedding.weight"], load_stack(weights, "reader", "gru", 1)
        self._output, self._bias = weights["output.weight"], weights["output.bias"]

    def mark(self, text: str) -> list[Mark]:
        """The words of a text, each with its probability; other tokens are left out."""
        ids, offsets = self.tokenizer.encode(text, spacing=False)
        if not len(ids):
            return []
        states, _ = run(self._reader, self._embedding[self.tokenizer.folded[ids]][None], self._reader.zero(1))
        chances = sigmoid(states[0] @ self._output.T + self._bias)[:, 0]
        found = zip(offsets.tolist(), np.round(chances.astype(np.float64), 6).tolist(), strict=True)
        return [Mark(text[start:end], chance) for (start, end), chance in found if text[start:end].isalpha()]
