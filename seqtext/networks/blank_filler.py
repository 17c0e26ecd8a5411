"""The blank filler's network in NumPy: two readers and a bag of words, scored against the vocabulary.

The equations are those of `seqtext.training.networks.blank_filler`.
"""

from collections.abc import Collection, Mapping, Sequence
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
    text: NDArray[np.int64]  # (rows,) which text each row reads

    def take(self, rows: NDArray[np.integer]) -> "FillState":
        """The state of some rows."""
        return FillState(self.hidden[rows], self.memory[rows], self.bag[rows], self.text[rows])


class Right(NamedTuple):
    """What the right reader says at a blank of each text, already multiplied."""

    output: Array  # (texts, embedding)
    join: Array  # (texts, embedding)

    def take(self, texts: NDArray[np.integer]) -> "Right":
        """What it says in some of the texts."""
        return self if self is _NOTHING else Right(self.output[texts], self.join[texts])


_NOTHING = Right(np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32))  # of a model without a right reader


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

    def rights(self, texts: Sequence[Sequence[NDArray[np.integer]]]) -> list[Right]:
        """What the right reader says at the first blanks, the second ones and so on; later ones it reads as BLANK.

        texts: the ids between the blanks of each. Of a text without that many blanks, zeros.
        """
        blanks = np.array([len(segments) - 1 for segments in texts], np.int64)
        if not self.both:
            return [_NOTHING] * int(blanks.max(initial=0))
        shape = (len(texts), self.embedding.shape[1])
        found = [Right(np.zeros(shape, np.float32), np.zeros(shape, np.float32)) for _ in range(int(blanks.max()))]
        state, left = self._right.zero(len(texts)), np.arange(len(texts))
        for number in range(len(found)):
            going_on = blanks[left] > number
            left, state = left[going_on], state.take(np.flatnonzero(going_on))
            border = BLANK if number else EOS
            rows = [np.append(border, texts[text][blanks[text] - number][::-1]) for text in left.tolist()]
            state = recurrent.run_rows(self._right, self.embedding, rows, state)
            said = self._said(state)
            for place, text in zip((blanks[left] - 1 - number).tolist(), range(len(left)), strict=True):
                found[place].output[left[text]], found[place].join[left[text]] = said.output[text], said.join[text]
        return found

    def _said(self, state: State) -> Right:
        w = self._weights
        output: Array = state.hidden[:, -1] @ w["right_output.weight"].T
        return Right(output, output @ w["join_right.weight"].T + w["join_left.bias"])

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

    def start(self, texts: Sequence[NDArray[np.integer]]) -> FillState:
        """Before anything is read, a row a text; texts: all ids outside the blanks of each."""
        zero = self._left.zero(len(texts))
        bags = [np.zeros((len(texts), 0), np.float32)] if self._importance is None else map(self._sums, texts)
        return FillState(zero.hidden, zero.memory, np.concatenate([*bags]), np.arange(len(texts)))

    def read(self, state: FillState, rows: Sequence[NDArray[np.integer]]) -> FillState:
        """Let the left reader go on over some ids of each row."""
        before = State(state.hidden, state.memory)
        after = recurrent.run_rows(self._left, self.embedding, rows, before)
        return FillState(after.hidden, after.memory, state.bag, state.text)

    def query(self, hidden: Array, bag: Array, right: Right) -> Array:
        """(rows, hidden) → query vectors, (rows, embedding); right: of each row's text."""
        w = self._weights
        query: Array = hidden @ w["left_output.weight"].T
        if self.both:
            joined = np.maximum(query @ w["join_left.weight"].T + right.join, 0.0)
            query = query + right.output + joined @ w["join_output.weight"].T
        if self._importance is not None:
            query = query + self._bag_query(bag)
        return query

    def log_probs(self, query: Array) -> Array:
        """(rows, embedding) → log-probabilities over the vocabulary, (rows, vocabulary)."""
        return log_softmax(self.scores(query, self.bias))

    def scores(self, query: Array, bias: Array) -> Array:
        """(rows, embedding) → log-odds over the vocabulary, (rows, vocabulary)."""
        scores: Array = query @ self.embedding.T
        scores += bias
        return scores

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
            log_probs = log_softmax(self.query(output, bag, right.take(state.text)) @ table.T + bias)
            return self.closing(log_probs, place), FillState(after.hidden, after.memory, bag, state.text)

        return step

    def around(self, before: NDArray[np.integer], after: NDArray[np.integer]) -> Around:
        """Read what stands around one blank, once for all that may stand in it."""
        state = self.read(self.start([np.concatenate([before, after])]), [np.append(BOS, before)])
        if not self.both:
            return Around(before, after, state, None, _NOTHING)
        zero, ids = self._right.zero(1), np.append(EOS, after[::-1])
        reading = recurrent.run_rows(self._right, self.embedding, [ids], zero)
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
