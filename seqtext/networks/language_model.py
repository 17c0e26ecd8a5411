"""The language model's network in NumPy; the equations are those of `seqtext.training.networks.language_model`."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.config import LanguageConfig
from seqtext.networks import recurrent
from seqtext.networks.cells import Array, State, log_softmax
from seqtext.networks.recurrent import load_stack, stack_shapes

_STRETCH = 512  # tokens read with one product
_SCORED = 64  # positions scored over the vocabulary at once
_TABLE = 2000  # up to so many tokens, what each says to the first layer is kept


class LanguageReader:
    """The network with the weights of a model: tokens in, log-probabilities of the next token out."""

    def __init__(self, config: LanguageConfig, weights: Mapping[str, Array], temperature: float) -> None:
        self._stack = load_stack(weights, "left", config.cell, config.layers)
        self._embedding, self._output = weights["embedding.weight"], weights["output.weight"]
        self._bias, self._temperature = weights["bias"], temperature

    @cached_property
    def _reads(self) -> Array | None:
        """(vocabulary, gates · hidden): W x + b of the first layer for every token; None for a large vocabulary."""
        first = self._stack.layers[0]
        return self._embedding @ first.weight_ih.T + first.bias_ih if len(self._embedding) <= _TABLE else None

    @cached_property
    def _scorer(self) -> Array | None:
        """(vocabulary, hidden): E W, where that makes for fewer products than W and E one after the other."""
        (vocabulary, size), hidden = self._embedding.shape, self._stack.hidden
        return self._embedding @ self._output if vocabulary * hidden <= (vocabulary + hidden) * size else None

    def scores(self, hidden: Array) -> Array:
        """(rows, hidden) → log-probabilities over the vocabulary, but for a number added to all of a row."""
        tied = self._scorer
        scores: Any = hidden @ self._output.T @ self._embedding.T if tied is None else hidden @ tied.T
        scores += self._bias
        if self._temperature != 1.0:
            scores /= self._temperature
        result: Array = scores
        return result

    def log_probs(self, hidden: Array) -> Array:
        """(rows, hidden) → log-probabilities over the vocabulary, (rows, vocabulary)."""
        return log_softmax(self.scores(hidden))

    def advance(self, tokens: NDArray[np.integer] | int, state: State) -> tuple[Array, State]:
        """Read one token a row, (rows,): the last layer's states, (rows, hidden), and the state after it.

        Of one token by its number, the state and the result do without the axis of rows.
        """
        if self._reads is None:
            return recurrent.step(self._stack, self._embedding[tokens], state)
        return recurrent.step_from(self._stack, self._reads[tokens], state)

    def step(self, tokens: NDArray[np.integer], state: State) -> tuple[Array, State]:
        """Read one token a row, (rows,): what may follow it, (rows, vocabulary), and the state."""
        hidden, after = self.advance(tokens, state)
        return self.log_probs(hidden), after

    def states(self, ids: NDArray[np.int32]) -> Iterator[tuple[Array, State]]:
        """Read ids from the start, some at a time: the last layer's states, (tokens, hidden), and the state after."""
        state = self._stack.zero(1)
        for start in range(0, len(ids), _STRETCH):
            inputs = self._embedding[ids[start : start + _STRETCH]][None]
            outputs, state = recurrent.run(self._stack, inputs, state)
            yield outputs[0], state

    def read(self, ids: NDArray[np.int32]) -> tuple[Array, State]:
        """Read ids from the start: what may follow, (vocabulary,), and the state. Memory does not grow with them."""
        for hidden, state in self.states(ids):
            last = hidden[-1:], state
        return self.log_probs(last[0])[0], last[1]


_SCORED = 64  # positions scored over the vocabulary at once


def expected_shapes(config: LanguageConfig, vocabulary: int) -> dict[str, tuple[int, ...]]:
    """Every array of a model's weights and its shape."""
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (vocabulary, config.embedding), "bias": (vocabulary,)}
    sizes = config.embedding, config.hidden, config.layers
    shapes |= stack_shapes("left", config.cell, *sizes, window=config.window)
    return shapes | {"output.weight": (config.embedding, config.hidden)}
