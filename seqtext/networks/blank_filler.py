"""Fill blanks by two recurrent encoders and a bag of words.

    f, g                                     states of the left reader before the blank and the right one after it
    l = W_f f,  r = W_g g                    what each says, as vectors of the embedding's size
    b = M Σ_j a_j v_j / sqrt(1 + Σ_j a_j)    what the other words say, each with a learnt importance a_j
    q = l + r + W_z relu(A l + B r + c) + b  the query vector
    p = softmax(E q + bias)                  over the vocabulary, by the table E of the tokens' vectors v

f, g: (hidden,); l, r, b, q, v_j: (embedding,); a_j: a number; E: (vocabulary, embedding); p, bias: (vocabulary,); W_f,
W_g: (embedding, hidden); A, B, W_z, M: (embedding, embedding); c: (embedding,). Among the weights, W_f is left_output,
W_g right_output, A and c join_left, B join_right, W_z join_output, M bag.

Two recurrent networks that read up to a blank from both ends, and a layer that joins their states, are context2vec
(Melamud, Goldberger and Dagan 2016, CoNLL, aclanthology.org/K16-1006). We add l and r, with which each reader is a
language model by itself, the bag of words b, as in CBOW (Mikolov et al. 2013, arXiv:1301.3781), the tied table E (Press
and Wolf 2017, arXiv:1608.05859) and blanks of several tokens.

A missing word of several tokens is read and asked for token by token; END says that the blank is full. A model of one
direction has l alone. `seqtext.training.networks.blank_filler` learns the weights, under the same names.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.config import FillConfig
from seqtext.networks import recurrent
from seqtext.networks.cells import Array, State, log_softmax
from seqtext.networks.overflow import check_finite, may_overflow
from seqtext.networks.recurrent import Stack, load_stack, stack_shapes
from seqtext.tokenizer import BLANK, BOS, END, EOS

_STRETCH = 512  # tokens of a bag that are summed at once
_FEW = 4  # rows

Ids = NDArray[np.integer]


class FillState(NamedTuple):
    """Hold a hypothesis's left reader state, and its bag of words.

    The bag has the words outside the blank.
    """

    hidden: Array  # (rows, layers, hidden)
    memory: Array  # (rows, layers, hidden) for lstm, sums to come for a window, else (rows, layers, 0)
    bag: Array  # (rows, embedding + 1): weighted vectors and the sum of their weights; (rows, 0) without a bag
    text: NDArray[np.int64]  # (rows,) which text each row reads

    def take(self, rows: Ids) -> "FillState":
        """Select the states of rows; rows: indices, (selected,)."""
        return FillState(self.hidden[rows], self.memory[rows], self.bag[rows], self.text[rows])


class Right(NamedTuple):
    """Hold the right reader's projected states at blanks."""

    output: Array  # (texts, embedding): r = W_g g
    join: Array  # (texts, embedding): B r + c

    def take(self, texts: Ids) -> "Right":
        """Select the projected states of texts; texts: indices, (rows,)."""
        return self if self is NOTHING else Right(self.output[texts], self.join[texts])


NOTHING = Right(np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32))  # without a right reader: never read


class FillReaders:
    """Compute the network of this module's equations with a model's weights.

    weights: by name, of `expected_shapes`
    end_odds: added to the log-odds of END, because training asks for it less often than use does
    raises ModelError where an importance overflows
    """

    def __init__(self, config: FillConfig, weights: Mapping[str, Array], end_odds: float) -> None:
        self.embedding, self.bias = weights["embedding.weight"], weights["bias"]
        self.weights, self._end_odds = weights, np.float32(end_odds)
        self.left = load_stack(weights, "left", config.cell, config.layers)
        self.right: Stack | None = None
        if config.direction == "both":
            self.right = load_stack(weights, "right", config.cell, config.layers)
        self._importance = None
        if "importance" in weights:
            with may_overflow():
                self._importance = np.exp(weights["importance"])  # (vocabulary,): a_j, stored as its logarithm
            check_finite(self._importance)

    @property
    def has_bag(self) -> bool:
        """Tell whether the network has a bag of words."""
        return self._importance is not None

    def rights(self, texts: Sequence[Sequence[Ids]]) -> list[Right]:
        """Read texts from their ends, and project the states at blanks.

        The list begins with the first blank of each text, then the second, and so on; a text with fewer blanks has
        zeros. After a blank, later blanks are read as BLANK.

        texts: the ids between the blanks of each, (tokens,): one stretch more than blanks
        returns two arrays, (texts, embedding), for each blank; NOTHING for each without a right reader
        """
        blanks = np.array([len(segments) - 1 for segments in texts], np.int64)  # (texts,)
        if self.right is None:
            return [NOTHING] * int(blanks.max(initial=0))
        shape = (len(texts), self.embedding.shape[1])
        rights = [Right(np.zeros(shape, np.float32), np.zeros(shape, np.float32)) for _ in range(int(blanks.max()))]

        # from the last blank of each text to its first
        state, left = self.right.zero(len(texts)), np.arange(len(texts))  # left: texts with blanks still to come
        for number in range(len(rights)):
            going_on = blanks[left] > number
            left, state = left[going_on], state.take(np.flatnonzero(going_on))
            border = BLANK if number else EOS
            rows = [np.append(border, texts[text][blanks[text] - number][::-1]) for text in left.tolist()]
            state = recurrent.run_rows(self.right, self.embedding, rows, state)
            said = self.right_says(state)  # (left, embedding) twice
            for row, blank in enumerate((blanks[left] - 1 - number).tolist()):
                right = rights[blank]
                right.output[left[row]], right.join[left[row]] = said.output[row], said.join[row]
        return rights

    def right_says(self, state: State) -> Right:
        """Project the right reader's last layer.

        r = W_g g and B r + c

        state: (rows, layers, hidden); returns (rows, embedding) each
        """
        w = self.weights
        output: Array = state.hidden[:, -1] @ w["right_output.weight"].T  # (rows, embedding)
        return Right(output, output @ w["join_right.weight"].T + w["join_left.bias"])

    def weighted(self, ids: Ids) -> Array:
        """Weigh each token's vector by its importance, a_j v_j, beside a_j.

        ids: (tokens,); returns (tokens, embedding + 1)
        """
        assert self._importance is not None
        importance = self._importance[ids][:, None]  # (tokens, 1)
        return np.concatenate([self.embedding[ids] * importance, importance], 1)

    def _sums(self, ids: Ids) -> Array:
        """Sum a_j v_j and a_j over a text, (1, embedding + 1)."""
        sums: Array = self.weighted(ids[:_STRETCH]).sum(0, keepdims=True)
        for start in range(_STRETCH, len(ids), _STRETCH):  # row by row, in the order of one sum over all: the same bits
            sums = np.concatenate([sums, self.weighted(ids[start : start + _STRETCH])]).sum(0, keepdims=True)
        return sums

    def with_token(self, bag: Array, tokens: Ids) -> Array:
        """Add a token to each row's bag; without a bag nothing changes.

        bag: (rows, embedding + 1); tokens: (rows,); returns (rows, embedding + 1)
        """
        return bag if self._importance is None else bag + self.weighted(tokens)

    def bag_query(self, sums: Array) -> Array:
        """Compute the bag's share of the query, b.

        sums: (rows, embedding + 1); returns (rows, embedding)
        """
        mean = sums[:, :-1] / np.sqrt(1.0 + sums[:, -1:])  # (rows, embedding)
        query: Array = mean @ self.weights["bag.weight"].T
        return query

    def start(self, texts: Sequence[Ids]) -> FillState:
        """Compute each text's initial state, (texts, …).

        texts: all ids outside the blanks of each, (tokens,)
        """
        zero = self.left.zero(len(texts))
        bags = map(self._sums, texts) if self.has_bag else [np.zeros((len(texts), 0), np.float32)]
        return FillState(zero.hidden, zero.memory, np.concatenate([*bags]), np.arange(len(texts)))

    def read(self, state: FillState, rows: Sequence[Ids]) -> FillState:
        """Continue the left reader over ids.

        rows: the ids of each row, (tokens,)
        """
        before = State(state.hidden, state.memory)
        after = recurrent.run_rows(self.left, self.embedding, rows, before)
        return FillState(after.hidden, after.memory, state.bag, state.text)

    def query(self, hidden: Array, bag: Array, right: Right) -> Array:
        """Compute query vectors from both readers and the bag.

        q = l + r + W_z relu(A l + B r + c) + b

        hidden: (rows, hidden), f of each row; bag: (rows, embedding + 1); right: of each row's text
        returns (rows, embedding)
        """
        w = self.weights
        query: Array = hidden @ w["left_output.weight"].T  # (rows, embedding): l

        # both readers
        if self.right is not None:
            joined = np.maximum(query @ w["join_left.weight"].T + right.join, 0.0)  # (rows, embedding)
            query = query + right.output + joined @ w["join_output.weight"].T

        # and the other words
        if self.has_bag:
            query = query + self.bag_query(bag)
        return query

    def queries_at(self, texts: Sequence[Ids], positions: Sequence[tuple[int, int]]) -> tuple[Array, Array | None]:
        """Compute query vectors at tokens as if each were a blank.

        Each text is read once, whatever the number of positions.

        texts: the ids of each, (tokens,); positions: a text and the index of one of its tokens
        returns (positions, embedding), and the same of the bag of words alone, without a bag None
        """
        owners, at = (np.array(numbers, np.int64) for numbers in zip(*positions, strict=True))  # (positions,) each
        behind = np.array([len(ids) for ids in texts], np.int64)[owners] - 1 - at  # tokens after the position
        begun = [np.append(BOS, ids) for ids in texts]
        hidden = self.states_along(self.left, begun, self.left.zero(len(begun)))[owners, 1 + at]  # (positions, hidden)

        right, bag = NOTHING, np.zeros((len(at), 0), np.float32)
        if self.right is not None:
            turned = [np.append(EOS, ids[::-1]) for ids in texts]
            states = self.states_along(self.right, turned, self.right.zero(len(turned)))  # (texts, 2 + longest, hidden)
            states = states[owners, 1 + behind]  # (positions, hidden)
            right = self.right_says(State(states[:, None], states[:, None]))  # the memory is not read
        if self.has_bag:
            hidden_tokens = np.array([texts[text][index] for text, index in positions], np.int64)
            bag = np.concatenate([self._sums(ids) for ids in texts])[owners] - self.weighted(hidden_tokens)
        return self.query(hidden, bag, right), self.bag_query(bag) if bag.shape[1] else None

    def states_along(self, stack: Stack, rows: Sequence[Ids], state: State) -> Array:
        """Compute the last layer's states, before and after each token.

        rows: ids, (tokens,) each; state: of each row before its first; returns (rows, 1 + longest, hidden)
        """
        lengths = np.array([len(row) for row in rows], np.int64)
        order = np.argsort(-lengths, kind="stable")
        states = np.zeros((len(rows), 1 + lengths.max(), stack.hidden), np.float32)
        states[:, 0] = state.hidden[:, -1]

        def keep(start: int, outputs: Array) -> None:
            states[order[: len(outputs)], 1 + start : 1 + start + outputs.shape[1]] = outputs

        recurrent.run_rows(stack, self.embedding, rows, state, keep)
        return states

    def log_probs(self, query: Array) -> Array:
        """Score the vocabulary: (rows, embedding) → log-probabilities, (rows, vocabulary)."""
        return log_softmax(self.scores(query, self.bias))

    def scores(self, query: Array, bias: Array) -> Array:
        """Score the vocabulary before the softmax, E q + bias: (rows, embedding) → (rows, vocabulary)."""
        scores: Array = _products(query, self.embedding)
        scores += bias
        return scores

    def closing(self, log_probs: Array, column: int) -> Array:
        """Correct the odds of END among log-probabilities, (…, tokens).

        With p and d, the probability of END and its correction `end_odds`, the log-odds become log(p / (1 − p)) + d.

        column: the index of END on the last axis; the other tokens keep their proportions
        """
        end = np.minimum(log_probs[..., column], -1e-6)  # (…,); below 0, so that 1 − p > 0 has a logarithm
        total = np.logaddexp(np.log1p(-np.exp(end)), end + self._end_odds)
        corrected: Array = log_probs - total[..., None]
        corrected[..., column] = end + self._end_odds - total
        return corrected

    def advance(self, state: FillState, tokens: NDArray[np.int64]) -> FillState:
        """Read the next token of each row's blank; tokens: (rows,)."""
        _, after = recurrent.step(self.left, self.embedding[tokens], State(state.hidden, state.memory))
        return FillState(after.hidden, after.memory, self.with_token(state.bag, tokens), state.text)

    def step(self, right: Right, inner: Ids) -> Any:
        """Make the `step` function of a search for spans.

        It reads a token per row, and scores the inner tokens as the only ones that may follow:
        (rows,), FillState → log-probabilities (rows, inner), FillState

        right: of each text, (texts, embedding); inner: ids, (inner,), END among them
        """
        table, bias = self.embedding, self.bias
        if len(inner) < len(self.bias):
            table, bias = self.embedding[inner], self.bias[inner]  # (inner, embedding), (inner,)
        column = int(np.flatnonzero(inner == END)[0])

        def step(tokens: NDArray[np.int64], state: FillState) -> tuple[Array, FillState]:
            after = self.advance(state, tokens)
            query = self.query(after.hidden[:, -1], after.bag, right.take(state.text))  # (rows, embedding)
            return self.closing(log_softmax(query @ table.T + bias), column), after

        return step


def _products(query: Array, table: Array) -> Array:
    """Multiply q Eᵀ: (rows, embedding) and (vocabulary, embedding) → (rows, vocabulary).

    OpenBLAS multiplies a large table by few rows slowly: 41,000 × 256 by one takes 4.5 ms, as dot products 1.4.
    """
    if len(query) <= _FEW and hasattr(np, "vecdot"):  # from NumPy 2.0 on
        return np.vecdot(table, query[:, None])  # type: ignore[no-any-return]
    return query @ table.T


def expected_shapes(config: FillConfig, vocabulary: int) -> dict[str, tuple[int, ...]]:
    """List every array of a model's weights and its shape."""
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
