"""Predict the next token in NumPy with a left-to-right reader.

    h_t = cell(v_{x_t}, h_{t−1}),  p(x_{t+1}) = softmax(E W h_t + b)

E is the table of the tokens' vectors v. `seqtext.training.networks.language_model` learns the weights.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.config import LanguageConfig
from seqtext.networks import recurrent
from seqtext.networks.cells import Array, State, log_softmax
from seqtext.networks.recurrent import load_stack, stack_shapes

_STRETCH = 512  # tokens read with one product
_SCORED = 64  # positions scored over the vocabulary at once, and of many texts more:
_SCORES = 1 << 20  # log-probabilities made at once
_TABLE = 2000  # up to so many tokens, what each says to the first layer is kept
_TIME = 64  # tokens of each row that are read with one product
_ROWS = 32  # in which a long text is read side by side, at most
_WARM_UP = 256  # tokens before a row that it reads first, unscored

#: Measures one token after each state: (positions, hidden), (positions,) → (positions,).
Measure = Callable[[Array, NDArray[np.int32]], NDArray[Any]]


class TextRows(NamedTuple):
    """Hold the rows of a long text that are read side by side.

    starts: the first position of each row; length: positions of a row, the same for all
    A position is that of a token after the end of a line, which stands at position 0. Each row but the first reads the
    `warm_up` positions before it, so that it goes on with what came before.
    """

    tokens: int  # of the text, at positions 1 … tokens
    starts: NDArray[np.int64]  # (rows, 1)
    length: int

    @classmethod
    def of(cls, tokens: int, rows: int = _ROWS) -> "TextRows":
        """Cut a text into rows.

        tokens: number of them, at least 1; rows: maximal number
        """
        length = -(-tokens // min(rows, tokens))
        return cls(tokens, np.arange(0, tokens, length)[:, None], length)

    def warm_up(self) -> NDArray[np.int64]:
        """List the positions that are read before the rows: (rows, time).

        What the first row reads there does not count.
        """
        positions: NDArray[np.int64] = np.maximum(self.starts + np.arange(-min(_WARM_UP, self.length), 0), 0)
        return positions

    def windows(self, read: int, time: int = _WARM_UP) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
        """Yield positions to read, a window at a time.

        read: tokens of each row

        They are (rows, time), and beside them stands which of the tokens after them count, (rows, time).
        """
        for start in range(0, read, time):
            positions = self.starts + np.arange(start, min(start + time, read))  # (rows, time)
            inside = positions < np.minimum(self.starts + self.length, self.tokens)
            yield np.minimum(positions, self.tokens), inside


class LanguageReader:
    """Run the recurrent language model with a model's weights."""

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
        """Score the vocabulary before the softmax, (E W h + b) / temperature: (rows, hidden) → (rows, vocabulary)."""
        tied = self._scorer
        scores: Any = hidden @ self._output.T @ self._embedding.T if tied is None else hidden @ tied.T
        scores += self._bias
        if self._temperature != 1.0:
            scores /= self._temperature
        result: Array = scores
        return result

    def log_probs(self, hidden: Array) -> Array:
        """Score the vocabulary: (rows, hidden) → log-probabilities, (rows, vocabulary)."""
        return log_softmax(self.scores(hidden))

    def advance(self, tokens: NDArray[np.integer] | int, state: State) -> tuple[Array, State]:
        """Read one token per row.

        tokens: (rows,), or a single token's id, whose state and result have no axis of rows
        returns the last layer's states, (rows, hidden), and the state after them
        """
        if self._reads is None:
            return recurrent.step(self._stack, self._embedding[tokens], state)
        return recurrent.step_from(self._stack, self._reads[tokens], state)

    def step(self, tokens: NDArray[np.integer], state: State) -> tuple[Array, State]:
        """Read one token per row, and score the next.

        tokens: (rows,); returns log-probabilities, (rows, vocabulary), and the state
        """
        hidden, after = self.advance(tokens, state)
        return self.log_probs(hidden), after

    def states(self, ids: NDArray[np.int32]) -> Iterator[tuple[Array, State]]:
        """Read ids from the start, in blocks of limited size.

        ids: (tokens,); yields the last layer's states, (tokens, hidden), and the state after them
        """
        state = self._stack.zero(1)
        for start in range(0, len(ids), _STRETCH):
            inputs = self._embedding[ids[start : start + _STRETCH]][None]
            outputs, state = recurrent.run(self._stack, inputs, state)
            yield outputs[0], state

    def nats(self, ids: NDArray[np.int32], each: NDArray[np.float32] | None = None) -> float:
        """Sum −ln p of a long text, read as `TextRows` says.

        It takes half the time of reading from end to end. The first token of a row knows the 256 tokens before it.
        ids: (1 + tokens,), the end of a line before the text
        each: (tokens,) is filled with the log-probability of each token
        """
        tokens = len(ids) - 1
        # A short text has few rows, or warming up would outweigh reading.
        rows = TextRows.of(tokens, min(_ROWS, 1 + tokens // (2 * _WARM_UP)))
        state = self._stack.zero(len(rows.starts))
        if len(rows.starts) > 1:
            before = rows.warm_up()
            for start in range(0, before.shape[1], _TIME):
                _, state = recurrent.run(self._stack, self._embedding[ids[before[:, start : start + _TIME]]], state)
            for array in state:
                array[0] = 0.0  # nothing stands before the first row
        total = 0.0
        for positions, inside in rows.windows(rows.length, _TIME):
            hidden, state = recurrent.run(self._stack, self._embedding[ids[positions]], state)  # (rows, time, hidden)
            log_probs = list(self._scored(hidden[inside], ids[positions[inside] + 1]))
            total -= sum(float(some.sum(dtype=float)) for some in log_probs)
            if each is not None:
                each[positions[inside]] = np.concatenate(log_probs)
        return total

    def _scored(self, hidden: Array, tokens: NDArray[np.int32]) -> Iterator[Array]:
        """The log-probabilities of some tokens, (positions,), after the states (positions, hidden), in parts."""
        for start in range(0, len(tokens), _SCORED):
            some = tokens[start : start + _SCORED]
            yield self.log_probs(hidden[start : start + _SCORED])[np.arange(len(some)), some]

    def log_probs_of(self, texts: Sequence[NDArray[np.int32]]) -> list[Array]:
        """Compute the log-probability of each token but the first.

        texts: (tokens,) each, the longest first; they are read side by side
        returns (tokens − 1,) of each, nan where the network overflows
        """
        return self._at_each(texts, self._log_probs_at, np.float32)

    def are_likeliest(self, texts: Sequence[NDArray[np.int32]]) -> list[NDArray[np.bool_]]:
        """Tell whether each token but the first is the likeliest.

        texts: (tokens,) each, the longest first; returns (tokens − 1,) of each
        Greedy decoding after the same text writes these tokens, and no others.
        """
        return self._at_each(texts, self._are_likeliest_at, np.bool_)

    def _at_each(self, texts: Sequence[NDArray[np.int32]], measure: Measure, kind: type[np.generic]) -> list[Any]:
        """Measure each token but the first of some texts, (tokens − 1,), given the states before it."""
        measured = [np.empty(len(ids) - 1, kind) for ids in texts]

        def score(start: int, hidden: Array) -> None:
            rows, steps = hidden.shape[:2]
            after = slice(start + 1, start + 1 + steps)
            tokens = np.concatenate([ids[after] for ids in texts[:rows]])  # (rows · steps,)
            values = measure(hidden.reshape(rows * steps, -1), tokens).reshape(rows, steps)
            for whole, stretch in zip(measured, values, strict=False):
                whole[start : start + steps] = stretch

        rows, zero = [ids[:-1] for ids in texts], self._stack.zero(len(texts))
        recurrent.run_rows(self._stack, self._embedding, rows, zero, score)
        return measured

    def _are_likeliest_at(self, hidden: Array, tokens: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Whether one token is the likeliest after each state, (positions, hidden) → (positions,)."""
        likeliest, some = np.empty(len(tokens), np.bool_), max(_SCORED, _SCORES // len(self._embedding))
        for start in range(0, len(tokens), some):
            scores = self.scores(hidden[start : start + some])  # (some, vocabulary)
            likeliest[start : start + some] = scores.argmax(1) == tokens[start : start + some]
        return likeliest

    def _log_probs_at(self, hidden: Array, tokens: NDArray[np.int32]) -> Array:
        """The log-probability of one token after each state, (positions, hidden) → (positions,)."""
        log_probs, some = np.empty(len(tokens), np.float32), max(_SCORED, _SCORES // len(self._embedding))
        for start in range(0, len(tokens), some):
            scores, targets = self.scores(hidden[start : start + some]), tokens[start : start + some]
            scores -= scores.max(1, keepdims=True)  # (some, vocabulary)
            chosen = scores[np.arange(len(targets)), targets]  # (some,)
            log_probs[start : start + some] = chosen - np.log(np.exp(scores, out=scores).sum(1))
        return log_probs

    def read_texts(self, texts: Sequence[NDArray[np.int32]]) -> tuple[Array, State]:
        """Read texts side by side and score each one's next token.

        texts: the ids of each, (tokens,)
        returns log-probabilities, (texts, vocabulary), and the state after each text
        """
        state = recurrent.run_rows(self._stack, self._embedding, texts, self._stack.zero(len(texts)))
        return self.log_probs(state.hidden[:, -1]), state

    def read(self, ids: NDArray[np.int32]) -> tuple[Array, State]:
        """Read ids from the start and score the next token.

        ids: (tokens,), one or more
        returns log-probabilities, (vocabulary,), and the state; memory does not grow with the ids
        """
        for hidden, state in self.states(ids):
            last = hidden[-1:], state
        return self.log_probs(last[0])[0], last[1]


def expected_shapes(config: LanguageConfig, vocabulary: int) -> dict[str, tuple[int, ...]]:
    """List every array of a model's weights and its shape."""
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (vocabulary, config.embedding), "bias": (vocabulary,)}
    sizes = config.embedding, config.hidden, config.layers
    shapes |= stack_shapes("left", config.cell, *sizes, window=config.window)
    return shapes | {"output.weight": (config.embedding, config.hidden)}
