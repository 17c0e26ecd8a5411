"""The network of the blank filler in NumPy: what the two readers and the bag of words say at a blank.

The equations are those of `seqtext.training.fill`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext import layers
from seqtext.config import FillConfig
from seqtext.layers import Array
from seqtext.text import BLANK, BOS, END, EOS

_STRETCH = 512  # tokens read with one product


class FillState(NamedTuple):
    """What a hypothesis has read: the left reader's state and the bag of the words outside the blank."""

    hidden: Array  # (rows, layers, hidden)
    memory: Array  # (rows, layers, hidden) or (rows, layers, 0)
    bag: Array  # (rows, embedding + 1): weighted vectors and the sum of their weights

    def take(self, rows: NDArray[np.integer]) -> "FillState":
        """The state of some rows."""
        return FillState(self.hidden[rows], self.memory[rows], self.bag[rows])


class Right(NamedTuple):
    """What the right reader says at a blank, already multiplied."""

    output: Array  # (embedding,)
    join: Array  # (hidden,)


class FillReaders:
    """Both readers, the bag and the vocabulary, with the weights of a model.

    end_odds: what is added to the log-odds of END, because training asks for it less often than use does
    """

    def __init__(self, config: FillConfig, weights: Mapping[str, Array], end_odds: float) -> None:
        self.embedding, self.bias = weights["embedding.weight"], weights["bias"]
        self.both = config.direction == "both"
        self._weights, self._end_odds = weights, np.float32(end_odds)
        self._left = layers.load_stack(weights, "left", config.cell, config.layers)
        if self.both:
            self._right = layers.load_stack(weights, "right", config.cell, config.layers)
        self._importance = np.exp(weights["importance"]) if "importance" in weights else None

    def rights(self, segments: list[NDArray[np.int32]]) -> list[Right]:
        """What the right reader says at each blank; it passes over later blanks as BLANK."""
        w = self._weights
        if not self.both:
            return [Right(np.zeros(1, np.float32), np.zeros(1, np.float32))] * (len(segments) - 1)
        found, state, border = [], self._right.zero(1), EOS
        for segment in reversed(segments[1:]):
            ids = np.concatenate([[border], segment[::-1]]).astype(np.int64)
            state = self.advance(self._right, ids[None], state)
            last = state.hidden[0, -1]
            found.append(Right(w["right_output.weight"] @ last, w["join_right.weight"] @ last + w["join_left.bias"]))
            border = BLANK
        return found[::-1]

    def _weighted(self, ids: NDArray[np.integer]) -> Array:
        """(tokens, embedding + 1) each token's vector times its importance, and the importance."""
        assert self._importance is not None
        weights = self._importance[ids][:, None]
        return np.concatenate([self.embedding[ids] * weights, weights], 1)

    def _sums(self, ids: NDArray[np.integer]) -> Array:
        result: Array = self._weighted(ids).sum(0, keepdims=True)
        return result

    def _bag_query(self, sums: Array) -> Array:
        mean = sums[:, :-1] / np.sqrt(1.0 + sums[:, -1:])
        result: Array = mean @ self._weights["bag.weight"].T
        return result

    def start(self, outside: NDArray[np.integer]) -> FillState:
        """Before anything is read; outside: all ids outside the blanks."""
        zero = self._left.zero(1)
        bag = np.zeros((1, 0), np.float32) if self._importance is None else self._sums(outside)
        return FillState(zero.hidden, zero.memory, bag)

    def read(self, state: FillState, ids: NDArray[np.integer]) -> FillState:
        """Let the left reader go on over some ids, (rows, time)."""
        after = self.advance(self._left, ids, layers.State(state.hidden, state.memory))
        return FillState(after.hidden, after.memory, state.bag)

    def advance(self, stack: layers.Stack, ids: NDArray[np.integer], state: layers.State) -> layers.State:
        """The state after some more ids, (rows, time); in stretches, so that memory does not grow with the text."""
        for start in range(0, ids.shape[1], _STRETCH):
            state = layers.run(stack, self.embedding[ids[:, start : start + _STRETCH]], state)[1]
        return state

    def query(self, hidden: Array, bag: Array, right: Right) -> Array:
        """(rows, hidden) → query vectors, (rows, embedding)."""
        w = self._weights
        query: Array = hidden @ w["left_output.weight"].T
        if self.both:
            joined = np.maximum(hidden @ w["join_left.weight"].T + right.join, 0.0)
            query = query + right.output + joined @ w["join_output.weight"].T
        if self._importance is not None:
            query = query + self._bag_query(bag)
        return query

    def log_probs(self, query: Array, temperature: float = 1.0) -> Array:
        """(rows, embedding) → log-probabilities over the vocabulary, (rows, vocabulary)."""
        scores = query @ self.embedding.T
        scores += self.bias
        if temperature != 1.0:
            scores /= np.float32(temperature)
        return layers.log_softmax(scores)

    def closing(self, log_probs: Array, place: int) -> Array:
        """Log-probabilities with the odds of END, at a place of the last axis, set right."""
        end = np.minimum(log_probs[..., place], -1e-6)
        total = np.logaddexp(np.log1p(-np.exp(end)), end + self._end_odds)
        result: Array = log_probs - total[..., None]
        result[..., place] = end + self._end_odds - total
        return result

    def step(self, right: Right, inner: NDArray[np.integer]) -> Any:
        """The `step` of a span: read a token a row, tell what of the inner tokens may follow, given that one does."""
        table, bias = (
            (self.embedding, self.bias) if len(inner) == len(self.bias) else (self.embedding[inner], self.bias[inner])
        )
        place = int(np.flatnonzero(inner == END)[0])

        def step(tokens: NDArray[np.int64], state: FillState) -> tuple[Array, FillState]:
            output, after = layers.step(self._left, self.embedding[tokens], layers.State(state.hidden, state.memory))
            bag = state.bag + self._weighted(tokens) if self._importance is not None else state.bag
            log_probs = layers.log_softmax(self.query(output, bag, right) @ table.T + bias)
            return self.closing(log_probs, place), FillState(after.hidden, after.memory, bag)

        return step

    def evidence(
        self,
        before: NDArray[np.integer],
        inner: NDArray[np.integer],
        after: NDArray[np.integer],
        rest: NDArray[np.integer],
    ) -> dict[str, float]:
        """Log-probabilities (nats) by kind of evidence of the inner ids between others; see `BlankFiller.evidence`.

        rest: END first, then the tokens that could go on with the last word of the inner ids
        """
        ids = np.concatenate([before, inner, after]).astype(np.int64)
        start, stop = len(before), len(before) + len(inner)
        vectors = self.embedding[ids][None]
        first, last = self.embedding[BOS][None, None], self.embedding[EOS][None, None]
        left = layers.run(self._left, np.concatenate([first, vectors], 1), self._left.zero(1))[0][0]
        w = self._weights
        found: dict[str, float] = {}
        queries = left @ w["left_output.weight"].T
        stay = slice(start, len(ids))  # what was read before the option does not depend on it
        found["left"] = float(self._gain(queries[stay], ids[stay]))
        if not self.both:
            found["span"] = float(self._gain(queries[start:stop], inner))
            return found
        right = layers.run(self._right, np.concatenate([last, vectors[:, ::-1]], 1), self._right.zero(1))[0][0][::-1]
        backward = right @ w["right_output.weight"].T  # backward[e]: has read down to token e
        found["right"] = float(self._gain(backward[1 : stop + 1], ids[:stop]))
        hidden = left[start : stop + 1]
        joined = np.maximum(
            hidden @ w["join_left.weight"].T + w["join_left.bias"] + w["join_right.weight"] @ right[stop], 0
        )
        query = queries[start : stop + 1] + backward[stop] + joined @ w["join_output.weight"].T
        if self._importance is not None:
            sums = self._sums(np.concatenate([before, after])) + np.concatenate(
                [np.zeros((1, self.embedding.shape[1] + 1), np.float32), np.cumsum(self._weighted(inner), 0)]
            )
            bags = self._bag_query(sums)
            query = query + bags
            found["bag"] = float(self._gain(bags[: len(inner)], inner))
        log_probs = self.log_probs(query[: len(inner)])
        ends = self.closing(layers.log_softmax(query[-1] @ self.embedding[rest].T + self.bias[rest])[None], 0)[0, 0]
        found["span"] = float(log_probs[np.arange(len(inner)), inner].sum() + ends)
        return found

    def _gain(self, queries: Array, ids: NDArray[np.integer]) -> float:
        log_probs = self.log_probs(queries[: len(ids)])
        return float(log_probs[np.arange(len(ids)), ids].sum())


def expected_shapes(config: FillConfig, vocabulary: int) -> dict[str, tuple[int, ...]]:
    """Every array of a model's weights and its shape."""
    size, hidden = config.embedding, config.hidden
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (vocabulary, size), "bias": (vocabulary,)}
    shapes |= layers.stack_shapes("left", config.cell, size, hidden, config.layers)
    shapes["left_output.weight"] = (size, hidden)
    if config.direction == "both":
        shapes |= layers.stack_shapes("right", config.cell, size, hidden, config.layers)
        shapes |= {"right_output.weight": (size, hidden), "join_output.weight": (size, hidden)}
        shapes |= {
            "join_left.weight": (hidden, hidden),
            "join_left.bias": (hidden,),
            "join_right.weight": (hidden, hidden),
        }
        if config.bag:
            shapes |= {"importance": (vocabulary,), "bag.weight": (size, size)}
    return shapes
