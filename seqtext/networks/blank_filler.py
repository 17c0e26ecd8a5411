"""The blank filler's network in NumPy: two readers and a bag of words, scored against the vocabulary.

The equations are those of `seqtext.training.networks.blank_filler`.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.config import FillConfig
from seqtext.networks import recurrent
from seqtext.networks.cells import Array, State, log_softmax
from seqtext.networks.overflow import check_finite, may_overflow
from seqtext.networks.recurrent import Stack, load_stack, stack_shapes
from seqtext.tokenizer import BLANK, BOS, END, EOS

_STRETCH = 512  # tokens read with one product
_SCORED = 64  # positions scored over the vocabulary at once


class FillState(NamedTuple):
    """What a hypothesis has read: the left reader's state and the bag of the words outside the blank."""

    hidden: Array  # (rows, layers, hidden)
    memory: Array  # (rows, layers, hidden) for lstm, otherwise see `State`
    bag: Array  # (rows, embedding + 1): weighted vectors and the sum of their weights

    def take(self, rows: NDArray[np.integer]) -> "FillState":
        """The state of some rows."""
        return FillState(self.hidden[rows], self.memory[rows], self.bag[rows])


class Right(NamedTuple):
    """What the right reader says at a blank, already multiplied."""

    output: Array  # (embedding,)
    join: Array  # (embedding,)


_NOTHING = Right(np.zeros(1, np.float32), np.zeros(1, np.float32))  # of a model without a right reader


class Around(NamedTuple):
    """What stands around one blank, read."""

    before: NDArray[np.integer]
    after: NDArray[np.integer]
    state: FillState  # of the left reader, at the blank
    reading: State | None  # of the right reader, at the blank
    right: Right


class FillReaders:
    """Both readers, the bag and the vocabulary, with the weights of a model.

    end_odds: what is added to the log-odds of END, because training asks for it less often than use does
    """

    def __init__(self, config: FillConfig, weights: Mapping[str, Array], end_odds: float) -> None:
        self.embedding, self.bias = weights["embedding.weight"], weights["bias"]
        self.both = config.direction == "both"
        self._weights, self._end_odds = weights, np.float32(end_odds)
        self._left = load_stack(weights, "left", config.cell, config.layers)
        if self.both:
            self._right = load_stack(weights, "right", config.cell, config.layers)
        self._importance = None
        if "importance" in weights:
            with may_overflow():
                self._importance = np.exp(weights["importance"])
            check_finite(self._importance)

    def rights(self, segments: list[NDArray[np.int32]]) -> list[Right]:
        """What the right reader says at each blank; it passes over later blanks as BLANK."""
        if not self.both:
            return [_NOTHING] * (len(segments) - 1)
        found, state, border = [], self._right.zero(1), EOS
        for segment in reversed(segments[1:]):
            ids = np.concatenate([[border], segment[::-1]]).astype(np.int64)
            state = self.advance(self._right, ids[None], state)
            found.append(self._said(state))
            border = BLANK
        return found[::-1]

    def _said(self, state: State) -> Right:
        w = self._weights
        output = w["right_output.weight"] @ state.hidden[0, -1]
        return Right(output, w["join_right.weight"] @ output + w["join_left.bias"])

    def _weighted(self, ids: NDArray[np.integer]) -> Array:
        """(tokens, embedding + 1) each token's vector times its importance, and the importance."""
        assert self._importance is not None
        weights = self._importance[ids][:, None]
        return np.concatenate([self.embedding[ids] * weights, weights], 1)

    def _sums(self, ids: NDArray[np.integer]) -> Array:
        result: Array = self._weighted(ids[:_STRETCH]).sum(0, keepdims=True)
        for start in range(_STRETCH, len(ids), _STRETCH):  # one row after the other, as the sum of all would be made
            result = np.concatenate([result, self._weighted(ids[start : start + _STRETCH])]).sum(0, keepdims=True)
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
        after = self.advance(self._left, ids, State(state.hidden, state.memory))
        return FillState(after.hidden, after.memory, state.bag)

    def advance(self, stack: Stack, ids: NDArray[np.integer], state: State) -> State:
        """The state after some more ids, (rows, time); in stretches, so that memory does not grow with the text."""
        for start in range(0, ids.shape[1], _STRETCH):
            state = recurrent.run(stack, self.embedding[ids[:, start : start + _STRETCH]], state)[1]
        return state

    def query(self, hidden: Array, bag: Array, right: Right) -> Array:
        """(rows, hidden) → query vectors, (rows, embedding)."""
        w = self._weights
        query: Array = hidden @ w["left_output.weight"].T
        if self.both:
            joined = np.maximum(query @ w["join_left.weight"].T + right.join, 0.0)
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
        return log_softmax(scores)

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
            output, after = recurrent.step(self._left, self.embedding[tokens], State(state.hidden, state.memory))
            bag = state.bag + self._weighted(tokens) if self._importance is not None else state.bag
            log_probs = log_softmax(self.query(output, bag, right) @ table.T + bias)
            return self.closing(log_probs, place), FillState(after.hidden, after.memory, bag)

        return step

    def around(self, before: NDArray[np.integer], after: NDArray[np.integer]) -> Around:
        """Read what stands around one blank, once for all that may stand in it."""
        state = self.read(self.start(np.concatenate([before, after])), np.concatenate([[BOS], before])[None])
        if not self.both:
            return Around(before, after, state, None, _NOTHING)
        reading = self.advance(self._right, np.concatenate([[EOS], after[::-1]])[None], self._right.zero(1))
        return Around(before, after, state, reading, self._said(reading))

    def evidence(
        self, around: Around, inner: NDArray[np.integer], rest: NDArray[np.integer], kinds: Collection[str]
    ) -> dict[str, float]:
        """Log-probabilities (nats) of the inner ids in a blank, by kind of evidence; see `BlankFiller.evidence`.

        rest: END first, then the tokens that could go on with the last word of the inner ids
        """
        w, state, count = self._weights, around.state, len(inner)
        found: dict[str, float] = {}
        if "word" in kinds:
            found["word"] = float(log_softmax(self.bias[None])[0, inner].sum())
        # What was read before the blank does not depend on the option; what comes after it does.
        ids = np.concatenate([inner, around.after]) if "left" in kinds else inner
        hidden = self._states(self._left, State(state.hidden, state.memory), ids)
        if "left" in kinds:
            found["left"] = self._gain(hidden @ w["left_output.weight"].T, ids)
        if around.reading is None:
            if "span" in kinds:
                found["span"] = self._gain(hidden @ w["left_output.weight"].T, inner)
            return found
        if "right" in kinds:
            ids = np.concatenate([around.before, inner])[::-1]
            read = self._states(self._right, around.reading, ids)
            found["right"] = self._gain(read @ w["right_output.weight"].T, ids)
        bags = np.tile(state.bag, (count + 1, 1))
        if self._importance is not None:
            bags[1:] += np.cumsum(self._weighted(inner), 0)
            if "bag" in kinds:
                found["bag"] = self._gain(self._bag_query(bags), inner)
        if "span" in kinds:
            query = self.query(hidden[: count + 1], bags, around.right)
            ends = log_softmax(query[-1:] @ self.embedding[rest].T + self.bias[rest])
            found["span"] = self._gain(query, inner) + float(self.closing(ends, 0)[0, 0])
        return found

    def _states(self, stack: Stack, state: State, ids: NDArray[np.integer]) -> Array:
        """The last layer's state before and after each of some ids, (ids + 1, hidden)."""
        parts = [state.hidden[:, -1]]
        for start in range(0, len(ids), _STRETCH):
            outputs, state = recurrent.run(stack, self.embedding[ids[start : start + _STRETCH]][None], state)
            parts.append(outputs[0])
        return np.concatenate(parts)

    def _gain(self, queries: Array, ids: NDArray[np.integer]) -> float:
        """The log-probability of ids, each scored by the query before it."""
        total = 0.0
        for start in range(0, len(ids), _SCORED):
            part = ids[start : start + _SCORED]
            total += float(self.log_probs(queries[start : start + len(part)])[np.arange(len(part)), part].sum())
        return total


def expected_shapes(config: FillConfig, vocabulary: int) -> dict[str, tuple[int, ...]]:
    """Every array of a model's weights and its shape."""
    size, hidden = config.embedding, config.hidden
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (vocabulary, size), "bias": (vocabulary,)}
    shapes |= stack_shapes("left", config.cell, size, hidden, config.layers, window=config.window)
    shapes["left_output.weight"] = (size, hidden)
    if config.direction == "both":
        shapes |= stack_shapes("right", config.cell, size, hidden, config.layers, window=config.window)
        shapes |= {"right_output.weight": (size, hidden), "join_output.weight": (size, size)}
        shapes |= {"join_left.weight": (size, size), "join_left.bias": (size,), "join_right.weight": (size, size)}
        if config.bag:
            shapes |= {"importance": (vocabulary,), "bag.weight": (size, size)}
    return shapes
