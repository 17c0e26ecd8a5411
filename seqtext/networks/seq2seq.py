"""Translate and summarise in NumPy: encoder, attention, decoder, copying.

It reads a source in both directions, and looks back at it at every token that it writes.

    m_i = [→h_i ; ←h_i]                                                    what is remembered of source token i
    s_t = cell([E y_{t−1} ; f_{t−1}], s_{t−1}),  s_0 = tanh(W [→h_n ; ←h_1] + b)      with input feeding
    e_i = s_t · W_k m_i + w_c κ_i   (dot),   v · tanh(W_q s_t + W_k m_i + w_c κ_i)   (additive)
    a = softmax(e),  f_t = tanh(W_f [s_t ; Σ a_i m_i] + b),  p_v = softmax(E f_t + b)
    p(w) = g p_v(w) + (1 − g) Σ_{x_i = w} a_i,  g = σ(w_g · [f_t ; s_t] + b)          where it copies

κ_i is the attention that token i has had so far. Attention: Bahdanau et al. 2015, arXiv:1409.0473 (additive); Luong et
al. 2015, arXiv:1508.04025 (dot, input feeding). Copying and coverage: See et al. 2017, arXiv:1704.04368. The equations
are those of `seqtext.training.networks.seq2seq`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.config import Seq2SeqConfig
from seqtext.networks import recurrent
from seqtext.networks.cells import Array, State, log_softmax, sigmoid
from seqtext.networks.overflow import check_finite
from seqtext.networks.recurrent import load_stack, reversed_positions, stack_shapes
from seqtext.tokenizer import BOS, EOS

_AT_ONCE = 256  # tokens of which the vocabulary is scored: 10 MB for one of 10,000

Ids = NDArray[np.integer]


class SourceMemory(NamedTuple):
    """Hold encoded sources for attention.

    values: m_i; keys: W_k m_i; ids: the tokens of each source
    """

    values: Array  # (sources, time, hidden)
    keys: Array  # (sources, time, hidden)
    mask: Array  # (sources, time) 0 at real tokens, −inf after the end
    ids: NDArray[np.int64]  # (sources, time)

    def take(self, sources: NDArray[np.integer]) -> "SourceMemory":
        """Select sources, cut to the longest.

        sources: indices, (selected,)
        """
        time = int((self.mask[sources] == 0.0).sum(1).max(initial=1))
        values, keys, mask, ids = self
        return SourceMemory(values[sources, :time], keys[sources, :time], mask[sources, :time], ids[sources, :time])


class DecoderState(NamedTuple):
    """Hold the decoder state of hypotheses, rows first.

    hidden: s_t; feed: f_t
    """

    hidden: Array  # (rows, layers, hidden)
    cell: Array  # (rows, layers, hidden) of lstm, (rows, layers, 0) of the others
    feed: Array  # (rows, embedding)
    coverage: Array  # (rows, time): the attention that each source token has had
    source: NDArray[np.int64]  # (rows,) which source of the memory a row is about
    memory: SourceMemory

    def take(self, rows: NDArray[np.integer]) -> "DecoderState":
        """Select the state of given rows, in that order.

        rows: indices, (selected,)

        Sources that no row is about are forgotten.
        """
        source, memory = self.source[rows], self.memory
        kept = np.flatnonzero(np.bincount(source))  # np.unique loads masked arrays: 13 ms of a cold answer
        if len(kept) < len(memory.ids):
            memory, source = memory.take(kept), np.searchsorted(kept, source)
        coverage = self.coverage[rows, : memory.ids.shape[1]]
        return DecoderState(self.hidden[rows], self.cell[rows], self.feed[rows], coverage, source, memory)


class EncoderDecoder:
    """Compute the encoder–decoder in NumPy from a model's weights. The module has the equations."""

    def __init__(self, config: Seq2SeqConfig, weights: Mapping[str, Array]) -> None:
        self.config, self._weights = config, weights
        self.embedding, self.bias = weights["embedding.weight"], weights["bias"]
        self._source = weights.get("source_embedding.weight", self.embedding)
        self._encoder = [
            [load_stack(weights, f"{side}.{k}", config.cell, 1) for side in ("left", "right")]
            for k in range(config.layers)
        ]
        self._decoder = load_stack(weights, "decoder", config.cell, config.layers)

    def read(self, sources: Sequence[Ids]) -> DecoderState:
        """Encode sources and return the decoder's initial state.

        sources: the ids of each, (tokens,)

        Nothing is written yet; the state has a row for each source.
        """
        w = self._weights
        lengths = np.array([len(source) + 1 for source in sources])  # (sources,)
        ids = np.zeros((len(sources), int(lengths.max())), np.int64)
        for row, source in zip(ids, sources, strict=True):
            row[: len(source)], row[len(source)] = source, EOS
        steps = np.arange(ids.shape[1])
        back = reversed_positions(lengths, ids.shape[1])  # (sources, time)
        rows = np.arange(len(ids))[:, None]

        # m_i = [→h_i ; ←h_i], layer by layer
        states = self._source[ids]  # (sources, time, embedding)
        for left, right in self._encoder:
            forwards, _ = recurrent.run(left, states, left.zero(len(ids)))  # (sources, time, hidden / 2)
            backwards, _ = recurrent.run(right, states[rows, back], right.zero(len(ids)))
            states = np.concatenate([forwards, backwards[rows, back]], 2)  # (sources, time, hidden)

        # s_0 = tanh(W [→h_n ; ←h_1] + b)
        half = states.shape[2] // 2
        ends = np.concatenate([states[rows[:, 0], lengths - 1, :half], states[:, 0, half:]], 1)  # (sources, hidden)
        hidden = np.tanh(ends @ w["begin.weight"].T + w["begin.bias"])  # (sources, layers · hidden)
        hidden = hidden.reshape(len(ids), self.config.layers, -1)

        mask = np.where(steps < lengths[:, None], np.float32(0.0), np.float32(-np.inf))  # (sources, time)
        memory = SourceMemory(states, states @ w["keys.weight"].T, mask, ids)
        zero = self._decoder.zero(len(ids))
        feed = np.zeros((len(ids), self.embedding.shape[1]), np.float32)
        return DecoderState(hidden, zero.memory, feed, np.zeros(ids.shape, np.float32), rows[:, 0], memory)

    def step(self, tokens: Ids, state: DecoderState) -> tuple[Array, DecoderState]:
        """Write a token per row, (rows,), and score the next.

        returns log-probabilities, (rows, vocabulary), and the state
        """
        output, attention, state = self._advance(tokens, state)
        log_probs = self._vocabulary(state.feed)
        if self.config.copy:
            self._mix_copies(log_probs, np.concatenate([state.feed, output], 1), attention, state)
        return log_probs, state

    def log_prob(self, sources: Sequence[Ids], targets: Sequence[Ids]) -> NDArray[np.float64]:
        """Compute log p(target | source) of each pair, in nats, the end of the target included.

        sources, targets: the ids of each, (tokens,)
        returns (pairs,)
        """
        lengths = np.array([len(target) + 1 for target in targets])  # (pairs,)
        wanted = np.full((int(lengths.max()), len(targets)), EOS, np.int64)  # (time, pairs)
        for pair, target in enumerate(targets):
            wanted[: len(target), pair] = target
        state, tokens = self.read(sources), np.full(len(targets), BOS, np.int64)
        feeds, gates, copies = [], [], []
        for following in wanted:
            output, attention, state = self._advance(tokens, state)
            feeds.append(state.feed)
            if self.config.copy:
                gates.append(self._gate(np.concatenate([state.feed, output], 1))[:, 0])
                copies.append((attention * (state.memory.ids == following[:, None])).sum(1))
            tokens = following

        # The vocabulary is scored for many tokens at once: its table is read from memory once, not at each step.
        real = np.arange(len(wanted))[:, None] < lengths  # (time, pairs)
        asked, read = wanted[real], np.stack(feeds)[real]  # (tokens,), (tokens, embedding)
        log_probs = np.empty(len(asked), np.float32)
        for start in range(0, len(asked), _AT_ONCE):
            some = asked[start : start + _AT_ONCE]
            log_probs[start : start + _AT_ONCE] = self._vocabulary(read[start : start + _AT_ONCE])[
                np.arange(len(some)), some
            ]
        if self.config.copy:
            gate, copied = np.stack(gates)[real], np.stack(copies)[real]
            log_probs = np.log(np.maximum(gate * np.exp(log_probs) + (1.0 - gate) * copied, np.float32(1e-30)))
        scores = np.zeros(wanted.shape)
        scores[real] = log_probs
        total: NDArray[np.float64] = scores.sum(0)
        return total

    def _advance(self, tokens: Ids, state: DecoderState) -> tuple[Array, Array, DecoderState]:
        """Write a token per row, (rows,): s_t, (rows, hidden), a, (rows, time), and the state after it."""
        w = self._weights

        # s_t = cell([E y_{t−1} ; f_{t−1}], s_{t−1})
        inputs = np.concatenate([self.embedding[tokens], state.feed], 1)  # (rows, 2 · embedding)
        output, after = recurrent.step(self._decoder, inputs, State(state.hidden, state.cell))  # (rows, hidden)

        # f_t = tanh(W_f [s_t ; Σ a_i m_i] + b)
        attention, context = self._look(output, state)  # (rows, time), (rows, hidden)
        feed = np.tanh(np.concatenate([output, context], 1) @ w["feed.weight"].T + w["feed.bias"])  # (rows, embedding)
        coverage, memory = state.coverage + attention, state.memory
        return output, attention, DecoderState(after.hidden, after.memory, feed, coverage, state.source, memory)

    def _vocabulary(self, feed: Array) -> Array:
        """Score the vocabulary: log p_v = log softmax(E f_t + b), (rows, vocabulary)."""
        scores: Array = feed @ self.embedding.T
        scores += self.bias
        return log_softmax(scores)

    def _gate(self, written: Array) -> Array:
        """Share of what is written, not copied: g = σ(w_g · [f_t ; s_t] + b), (rows, 1)."""
        gate = sigmoid(written @ self._weights["gate.weight"].T + self._weights["gate.bias"])
        check_finite(gate)
        return gate

    def _mix_copies(self, log_probs: Array, written: Array, attention: Array, state: DecoderState) -> None:
        """Replace log p_v by log(g p_v(w) + (1 − g) Σ_{x_i = w} a_i), (rows, vocabulary), in place.

        written: (rows, embedding + hidden), [f_t ; s_t]
        """
        gate = self._gate(written)
        np.exp(log_probs, out=log_probs)
        log_probs *= gate
        copied = np.arange(len(log_probs))[:, None], state.memory.ids[state.source]  # row and token, (rows, time)
        np.add.at(log_probs, copied, attention * (1.0 - gate))
        np.log(np.maximum(log_probs, np.float32(1e-30)), out=log_probs)

    def _look(self, output: Array, state: DecoderState) -> tuple[Array, Array]:
        """Attention, (rows, time), and context, (rows, hidden); neighbours with one source are one product."""
        memory, rows = state.memory, len(output)
        count = len(memory.ids)
        each = rows // count
        if each * count != rows or (state.source != np.repeat(np.arange(count), each)).any():
            each, memory = 1, memory.take(state.source)
        asked = output.reshape(-1, each, output.shape[1])  # (sources, each, hidden)
        coverage = state.coverage.reshape(len(asked), each, -1)  # (sources, each, time)

        # e_i = s_t · W_k m_i + w_c κ_i, or v · tanh(W_q s_t + W_k m_i + w_c κ_i)
        w = self._weights
        if self.config.attention == "dot":
            scores = asked @ memory.keys.transpose(0, 2, 1)  # (sources, each, time)
            if self.config.coverage:
                scores += coverage * w["cover.weight"]
        else:
            inner = (asked @ w["query.weight"].T)[:, :, None] + memory.keys[:, None]  # (sources, each, time, hidden)
            if self.config.coverage:
                inner += coverage[..., None] * w["cover.weight"]
            scores = np.tanh(inner) @ w["score.weight"]  # (sources, each, time)

        # a = softmax(e), Σ a_i m_i
        scores += memory.mask[:, None]
        scores -= scores.max(-1, keepdims=True)
        attention: Array = np.exp(scores)  # (sources, each, time)
        attention /= attention.sum(-1, keepdims=True)
        return attention.reshape(rows, -1), (attention @ memory.values).reshape(rows, -1)


def expected_shapes(config: Seq2SeqConfig, vocabulary: int, source_vocabulary: int) -> dict[str, tuple[int, ...]]:
    """List every array of a model's weights and its shape."""
    hidden, size = config.hidden, config.embedding
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (vocabulary, size), "bias": (vocabulary,)}
    if config.vocabulary == "separate":
        shapes["source_embedding.weight"] = (source_vocabulary, size)
    for k in range(config.layers):
        for side in ("left", "right"):
            shapes |= stack_shapes(f"{side}.{k}", config.cell, size if k == 0 else hidden, hidden // 2, 1)
    shapes |= stack_shapes("decoder", config.cell, 2 * size, hidden, config.layers)
    shapes |= {"begin.weight": (config.layers * hidden, hidden), "begin.bias": (config.layers * hidden,)}
    shapes |= {"keys.weight": (hidden, hidden), "feed.weight": (size, 2 * hidden), "feed.bias": (size,)}
    if config.attention == "additive":
        shapes |= {"query.weight": (hidden, hidden), "score.weight": (hidden,)}
    if config.coverage:
        shapes["cover.weight"] = (hidden,) if config.attention == "additive" else (1,)
    if config.copy:
        shapes |= {"gate.weight": (1, size + hidden), "gate.bias": (1,)}
    return shapes
