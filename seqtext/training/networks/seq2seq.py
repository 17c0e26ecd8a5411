"""Learn an encoder–decoder; the equations are those of `seqtext.networks.seq2seq`.

Where it copies, a token of the target may be written or copied: its probability is the sum of both ways.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqtext.config import Seq2SeqConfig
from seqtext.training.batches.pair_files import PairBatch
from seqtext.training.networks.cells import CELLS, DecoderStep
from seqtext.training.networks.deferred import DotAttention, Product, vocabulary_scores
from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.kernels import cumulative_sums
from seqtext.training.networks.recurrent import RecurrentStack, reversed_positions

_COVERAGE = 0.5  # nats for looking twice at the same place: weight of the coverage loss of See et al. 2017


class Decoded(NamedTuple):
    """Hold the decoder's results for every target token."""

    feeds: Tensor  # (rows, time, embedding): these score the vocabulary
    outputs: Tensor  # (rows, time, hidden)
    attention: Tensor  # (rows, time, source time)


class Seq2SeqNetwork(nn.Module):
    """Learn the weights of the encoder–decoder.

    `seqtext.networks.seq2seq` has the equations; it answers from the same weights.
    """

    def __init__(self, config: Seq2SeqConfig, vocabulary: int, source_vocabulary: int) -> None:
        super().__init__()
        self.config = config
        hidden, size = config.hidden, config.embedding
        self.embedding = nn.Embedding(vocabulary, size)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        if config.vocabulary == "separate":
            self.source_embedding = nn.Embedding(source_vocabulary, size)
            nn.init.normal_(self.source_embedding.weight, std=0.1)
        sizes = [size] + [hidden] * (config.layers - 1)
        self.left = nn.ModuleList(RecurrentStack(config.cell, inputs, hidden // 2, 1) for inputs in sizes)
        self.right = nn.ModuleList(RecurrentStack(config.cell, inputs, hidden // 2, 1) for inputs in sizes)
        self.decoder = RecurrentStack(config.cell, 2 * size, hidden, config.layers)
        self.begin = nn.Linear(hidden, config.layers * hidden)
        self.keys = nn.Linear(hidden, hidden, bias=False)
        self.feed = nn.Linear(2 * hidden, size)
        if config.attention == "additive":
            self.query = nn.Linear(hidden, hidden, bias=False)
            self.score = _Vector(hidden, hidden**-0.5)
        if config.coverage:
            self.cover = _Vector(hidden if config.attention == "additive" else 1, 0.0)
        if config.copy:
            self.gate = nn.Linear(size + hidden, 1)

    def read(self, batch: PairBatch, drop: Dropper | None) -> tuple[Tensor, Tensor, Tensor]:
        """Encode the sources in both directions.

        returns m, what is remembered of each token, (rows, time, hidden); the mask of real tokens, (rows, time); the
        decoder's first state, (rows, layers, hidden)
        """
        ids, lengths = batch.source, batch.source_lengths
        steps = torch.arange(ids.shape[1], device=ids.device)
        mask = steps < lengths[:, None]  # (rows, time)
        back = reversed_positions(lengths, ids.shape[1])[:, :, None]  # (rows, time, 1)
        table = self.source_embedding if self.config.vocabulary == "separate" else self.embedding

        # m_i = [→h_i ; ←h_i], layer by layer
        states = _embedded(table, ids, drop)  # (rows, time, embedding)
        for left, right in zip(self.left, self.right, strict=True):
            forwards = left(states)  # (rows, time, hidden / 2)
            backwards = right(states.gather(1, back.expand_as(states)))
            backwards = backwards.gather(1, back.expand_as(backwards))  # (rows, time, hidden / 2)
            states = _dropped(torch.cat([forwards, backwards], 2), drop)  # (rows, time, hidden)

        # s_0 = tanh(W [→h_n ; ←h_1] + b)
        half = states.shape[2] // 2
        last = states[torch.arange(len(ids), device=ids.device), lengths - 1, :half]  # (rows, hidden / 2)
        begin = torch.tanh(self.begin(torch.cat([last, states[:, 0, half:]], 1)))  # (rows, layers · hidden)
        return states.float(), mask, begin.float().view(len(ids), self.config.layers, -1)

    def forward(self, batch: PairBatch, drop: Dropper | None = None) -> Decoded:
        """Decode the targets by teacher forcing.

        Each token is read after the true one before it. What no step changes is made before the first: W x + b of all
        target tokens, dropout's masks, products' tables.
        """
        low = torch.is_autocast_enabled(batch.source.device.type)
        values, mask, begin = self.read(batch, drop)
        attend = self._attention(values, mask, low)
        vectors = _embedded(self.embedding, batch.before, drop)  # (rows, time, embedding)
        size, rows = self.config.embedding, len(batch.before)

        # the first layer reads [E y_{t−1} ; f_{t−1}]: the share of E y is known beforehand
        advance = CELLS[self.config.cell].step
        assert advance is not None, "config.SEQ2SEQ_CELLS has those with a step"
        cells = [_Step(layer, advance, low) for layer in self.decoder.layers]
        first, biases = cells[0].weight_ih, [cell.bias_ih for cell in cells]
        reads = nn.functional.linear(vectors, first[:, :size], biases[0]).float().unbind(1)  # (rows, gates · hidden)
        fed = Product(first[:, size:], low)
        above = [Product(cell.weight_ih, low) for cell in cells[1:]]
        feed_product, feed_bias = Product(self.feed.weight, low), self.feed.bias

        # one mask for all steps
        kept = _dropped(values.new_ones(rows, 1, size), drop)[:, 0]  # (rows, embedding)
        between = [_dropped(values.new_ones(rows, 1, self.config.hidden), drop)[:, 0] for _ in above]  # (rows, hidden)

        feed = values.new_zeros(rows, size)
        states = [(begin[:, k], torch.zeros_like(begin[:, k])) for k in range(len(cells))]
        coverage = values.new_zeros(mask.shape)
        feeds, outputs, attentions = [], [], []
        # What is made step by step says itself where it is rounded.
        with torch.autocast(values.device.type, enabled=False):
            for read in reads:
                # s_t = cell([E y_{t−1} ; f_{t−1}], s_{t−1})
                states[0] = cells[0](read + fed(feed), *states[0])
                output = states[0][0]  # (rows, hidden)
                for k, product in enumerate(above, 1):
                    states[k] = cells[k](product(output * between[k - 1]) + biases[k], *states[k])
                    output = states[k][0]

                # f_t = tanh(W_f [s_t ; Σ a_i m_i] + b)
                attention, context = attend(output, coverage)  # (rows, source time), (rows, hidden)
                coverage = coverage + attention
                feed = torch.tanh(feed_product(torch.cat([output, context], 1)) + feed_bias) * kept  # (rows, embedding)

                feeds.append(feed)
                outputs.append(output)
                attentions.append(attention)
        return Decoded(torch.stack(feeds, 1), torch.stack(outputs, 1), torch.stack(attentions, 1))

    def _attention(self, values: Tensor, mask: Tensor, low: bool) -> Any:
        """(output, coverage) → attention, (rows, source time), and context, (rows, hidden)."""
        shift = torch.zeros(mask.shape, device=mask.device).masked_fill(~mask, -1e9)  # (rows, source time)
        keys = self.keys(values).float()  # (rows, source time, hidden): W_k m_i
        if self.config.attention == "dot":
            dot = DotAttention(keys, values)
            if not self.config.coverage:
                return lambda output, coverage: dot(output, shift)
            return lambda output, coverage: dot(output, shift + coverage * self.cover.weight)
        query = Product(self.query.weight, low)

        def additive(output: Tensor, coverage: Tensor) -> tuple[Tensor, Tensor]:
            inner = query(output)[:, None] + keys  # (rows, source time, hidden)
            if self.config.coverage:
                inner = inner + coverage[:, :, None] * self.cover.weight
            attention = torch.softmax(torch.tanh(inner) @ self.score.weight + shift, 1)  # (rows, source time)
            return attention, torch.bmm(attention[:, None], values)[:, 0]

        return additive

    def log_probs(self, batch: PairBatch, decoded: Decoded) -> tuple[Tensor, Tensor]:
        """Compute the log-probabilities of the targets' real tokens, (tokens,), in nats.

        Also returns the mean log-probability of the whole vocabulary at each of them, (tokens,), for label smoothing.
        With copying, that is of the softmax p_v alone.
        """
        low = torch.is_autocast_enabled(batch.source.device.type)
        real = torch.arange(batch.target.shape[1], device=batch.target.device) < batch.target_lengths[:, None]
        feeds, labels = decoded.feeds[real], batch.target[real]  # (tokens, embedding), (tokens,)
        with torch.autocast(feeds.device.type, enabled=False):
            chosen, mean = vocabulary_scores(feeds, self.embedding.weight, self.bias, labels, low)  # (tokens,) each

        # p(w) = g p_v(w) + (1 − g) Σ_{x_i = w} a_i
        if self.config.copy:
            gate = self.gate(torch.cat([feeds, decoded.outputs[real]], 1)).float()[:, 0]  # (tokens,)
            same = batch.target[:, :, None] == batch.source[:, None]  # (rows, time, source time)
            copied = (decoded.attention * same).sum(2)[real].clamp_min(1e-10).log()  # (tokens,)
            log_sigmoid = nn.functional.logsigmoid
            chosen = torch.logaddexp(log_sigmoid(gate) + chosen, log_sigmoid(-gate) + copied)
        return chosen, mean

    def loss(self, batch: PairBatch, drop: Dropper | None) -> Tensor:
        """Sum the cross-entropy in nats, with label smoothing (Szegedy et al. 2016, arXiv:1512.00567).

        With coverage, each step of the target adds 0.5 Σ_i min(a_i, κ_i) for looking at places of the source again,
        where κ is the sum of the attention a of all steps before it (See et al. 2017, arXiv:1704.04368).
        returns the sum, ()
        """
        decoded = self(batch, drop)
        chosen, mean = self.log_probs(batch, decoded)
        smoothing = self.config.label_smoothing
        nats = -(1.0 - smoothing) * chosen.sum() - smoothing * mean.sum()
        if self.config.coverage:
            real = torch.arange(batch.target.shape[1], device=batch.target.device) < batch.target_lengths[:, None]
            before = cumulative_sums(decoded.attention) - decoded.attention  # (rows, time, source time): κ
            nats = nats + _COVERAGE * (torch.minimum(decoded.attention, before).sum(2) * real).sum()
        return nats


class _Vector(nn.Module):
    """A vector of weights under the name that `seqtext.networks.seq2seq` knows."""

    def __init__(self, size: int, spread: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(size) * spread)


class _Step:
    """One step of a recurrent layer of the decoder; `read` is W x + b, (rows, gates · hidden)."""

    def __init__(self, layer: Any, step: DecoderStep, low: bool) -> None:
        self.weight_ih, self.bias_ih = layer.weight_ih_l0, layer.bias_ih_l0
        self._step, self._bias = step, layer.bias_hh_l0
        self._product = Product(layer.weight_hh_l0, low)

    def __call__(self, read: Tensor, hidden: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        recurrent: Tensor = self._product(hidden) + self._bias  # (rows, gates · hidden)
        return self._step(read, recurrent, hidden, memory)


def _embedded(table: nn.Embedding, ids: Tensor, drop: Dropper | None) -> Tensor:
    vectors: Tensor = table(ids)
    return vectors if drop is None else drop(drop.words(vectors))


def _dropped(states: Tensor, drop: Dropper | None) -> Tensor:
    return states if drop is None else drop(states)
