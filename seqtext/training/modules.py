"""Parts of networks in PyTorch: a recurrent stack, locked dropout, the product with the vocabulary.

Parameter names and layouts are those of `seqtext.layers`, which runs the same weights in NumPy.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqtext.layers import GATES, WINDOWS, dilation
from seqtext.training.batches import Moment

FULL_SOFTMAX = 8_000  # up to this vocabulary the whole softmax costs less than choosing a part of it
_CACHED = 1_000_000  # scores
_REREADING = 3.0  # passes in which the rate of dropout comes near its highest


class Dropper:
    """Draws locked dropout masks that depend only on (seed, step, place, row), never on how rows are shared out.

    Locked (variational) dropout drops the same units at every time step of a row: Gal and Ghahramani 2016,
    arXiv:1512.05287. rows: this process's rows of the whole batch of `total` rows.
    """

    def __init__(self, rate: float, seed: int, step: int, rows: Tensor, total: int) -> None:
        self.rate = rate
        self._rows, self._total = rows, total
        self._generator = torch.Generator().manual_seed((seed * 1_000_003 + step) % 2**63)

    @classmethod
    def at(cls, moment: Moment, highest: float, seed: int, rows: Tensor, total: int, known: bool = False) -> "Dropper":
        """At a moment of training. What is read for the first time cannot be known by heart yet: the rate is zero then.

        With every further pass it comes nearer to the highest. A rate that rises while a network learns: Morerio et al.
        2017, arXiv:1703.06229. known: the network has learnt from other texts, and drops as many units from the start:
        what knows much learns a few texts by heart within a pass.
        """
        rate = highest if known else highest * (1.0 - math.exp(-max(0.0, moment.passes - 1.0) / _REREADING))
        return cls(rate, seed, moment.step, rows, total)

    def __call__(self, states: Tensor) -> Tensor:
        """states: (batch, time, size); returns the same shape, the kept units scaled by 1 / (1 − rate)."""
        if self.rate == 0.0:
            return states
        return self._drop(states, (self._total, 1, states.shape[2]), self.rate)

    def words(self, vectors: Tensor) -> Tensor:
        """Leave out whole tokens, at a third of the rate, so that none is relied on: Sennrich and Zhang 2019, P19-1021.

        vectors: (batch, time, size), time being that of the whole batch
        """
        return vectors if self.rate == 0.0 else self._drop(vectors, (self._total, vectors.shape[1], 1), self.rate / 3)

    def _drop(self, states: Tensor, shape: tuple[int, int, int], rate: float) -> Tensor:
        kept = torch.rand(shape, generator=self._generator)[self._rows] >= rate
        return states * (kept.to(states.device, states.dtype) / (1.0 - rate))


class _Blend(torch.autograd.Function):
    """h_t = (1 − z_t) h_{t−1} + z_t c_t for all t, time first; the sweep back uses the states, not a graph of steps."""

    @staticmethod
    def forward(ctx: Any, update: Tensor, candidate: Tensor, start: Tensor) -> Tensor:
        states = torch.empty_like(candidate)
        last = start
        for time in range(len(candidate)):
            last = torch.lerp(last, candidate[time], update[time], out=states[time])
        ctx.save_for_backward(update, candidate, start, states)
        return states

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        update, candidate, start, states = ctx.saved_tensors
        total, kept = gradient.clone(), 1.0 - update
        for time in range(len(total) - 1, 0, -1):
            total[time - 1].addcmul_(kept[time], total[time])
        before = torch.cat([start[None], states[:-1]])
        return total * (candidate - before), total * update, kept[0] * total[0]


class MinGRU(nn.Module):
    """Gated recurrence whose gates look at the input alone: Feng et al. 2024, arXiv:2410.01201.

    z_t = σ(W_z x_t + b_z), c_t = W_c x_t + b_c, h_t = (1 − z_t) h_{t−1} + z_t c_t. All products are made at once; only
    the blend goes step by step, on whole rows.
    """

    def __init__(self, size: int, hidden: int, batch_first: bool = True) -> None:
        super().__init__()
        self.weight_ih_l0 = nn.Parameter(torch.empty(2 * hidden, size))
        self.bias_ih_l0 = nn.Parameter(torch.empty(2 * hidden))

    def forward(self, inputs: Tensor, start: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """inputs: (batch, time, size); start: (1, batch, hidden). Returns (batch, time, hidden) and the last state."""
        read = nn.functional.linear(inputs.transpose(0, 1), self.weight_ih_l0, self.bias_ih_l0).float()
        update, candidate = read.chunk(2, 2)
        zero = candidate.new_zeros(candidate.shape[1:]) if start is None else start[0].float()
        blend: Any = _Blend.apply
        states: Tensor = blend(torch.sigmoid(update), candidate, zero)
        return states.transpose(0, 1), states[-1:]


class Window(nn.Module):
    """A layer without recurrence: a function of the last few inputs; see `seqtext.layers.WINDOWS`.

    The state is the inputs that later windows still see, so a text may be read in parts. All steps are one product.
    """

    def __init__(self, cell: str, size: int, hidden: int, width: int, dilation: int) -> None:
        super().__init__()
        self._function = {"feedforward": torch.relu, "convolution": nn.functional.glu}[cell]
        self._width, self._dilation = width, dilation
        self.weight_ih_l0 = nn.Parameter(torch.empty(width * GATES[cell] * hidden, size))
        self.bias_ih_l0 = nn.Parameter(torch.empty(GATES[cell] * hidden))

    def forward(
        self, inputs: Tensor, start: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """inputs: (batch, time, size). Returns (batch, time, hidden) and the state.

        start: (1, batch, hidden), not looked at, and (1, batch, steps · size), the inputs before these
        """
        read = inputs.transpose(0, 1)  # time first, so that a shift is a view
        time, batch, size = read.shape
        reach = (self._width - 1) * self._dilation
        if start is None:
            read = nn.functional.pad(read, (0, 0, 0, 0, reach, 0))
        else:
            read = torch.cat([start[1].view(batch, reach, size).transpose(0, 1).to(read.dtype), read])
        places = range(reach, -1, -self._dilation)  # the newest first, as the weights are
        seen = torch.cat([read[place : place + time] for place in places], 2)  # (time, batch, width · size)
        weight = self.weight_ih_l0.view(self._width, -1, size).transpose(0, 1).flatten(1)
        states: Tensor = self._function(nn.functional.linear(seen, weight, self.bias_ih_l0))
        rest = read[time:].transpose(0, 1).reshape(1, batch, reach * size)
        return states.transpose(0, 1), (states[-1:], rest)


_CELLS: dict[str, Any] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM, "mingru": MinGRU}


class RecurrentStack(nn.Module):
    """Layers of rnn, gru, lstm or mingru, or windows of feedforward or convolution, read in one direction.

    One layer each, so that locked dropout fits between them; dense batches, so that the fused kernels serve them.
    LSTM forget gates start with a bias of 1 (Gers et al. 2000; Jozefowicz et al. 2015).
    """

    def __init__(self, cell: str, size: int, hidden: int, layers: int, window: int = 1) -> None:
        super().__init__()
        sizes = [size] + [hidden] * (layers - 1)
        if cell in WINDOWS:
            windows = (Window(cell, one, hidden, window, dilation(cell, k)) for k, one in enumerate(sizes))
            self.layers = nn.ModuleList(windows)
        else:
            self.layers = nn.ModuleList(_CELLS[cell](one, hidden, batch_first=True) for one in sizes)
        for layer in self.layers:
            for name, parameter in layer.named_parameters():
                if name.startswith("weight_hh"):
                    for gate in parameter.data.chunk(parameter.shape[0] // hidden):
                        nn.init.orthogonal_(gate)
                elif name.startswith("weight_ih"):
                    nn.init.xavier_uniform_(parameter.data)
                else:
                    nn.init.zeros_(parameter.data)
            if cell == "lstm":
                layer.bias_ih_l0.data[hidden : 2 * hidden] = 1.0  # type: ignore[operator]

    def forward(self, inputs: Tensor, drop: Dropper | None = None) -> Tensor:
        """inputs: (batch, time, size), read from a zero state; returns the last layer's, (batch, time, hidden)."""
        return self.read(inputs, [None] * len(self.layers), drop)[0]

    def read(self, inputs: Tensor, start: list[Any], drop: Dropper | None = None) -> tuple[Tensor, list[Any]]:
        """Read from a state per layer, as `torch.nn` gives it, or None; returns the last layer's states and the end."""
        states, after = inputs, []
        for layer, before in zip(self.layers, start, strict=True):
            states, end = layer(states, before)
            after.append(end)
            if drop is not None:
                states = drop(states)
        return states, after

    def read_texts(self, table: Tensor, border: int, ids: Tensor, drop: Dropper | None = None) -> Tensor:
        """The last layer's states after the border symbol and after each token, (time + 1, rows, hidden).

        Rows that begin with the same token are in the same state after it, and there are few such beginnings among
        many short texts: each is read once. Dropout, which differs from row to row, rules that out.

        table: (words, size) the vectors that ids number; ids: (rows, time), of one step at least
        """

        def run(ids: Tensor, start: list[Any]) -> tuple[Tensor, list[Any]]:
            vectors = nn.functional.embedding(ids.T, table).transpose(0, 1)  # time first in memory, as the layers work
            states, end = self.read(vectors if drop is None else drop(vectors), start, drop)
            return states.transpose(0, 1), end

        def shared(part: Tensor) -> Tensor:
            """(…, beginnings, hidden) → (…, rows, hidden); in fp32, for the way back sums the slopes of many rows."""
            return part.float().index_select(1, which)

        zero: list[Any] = [None] * len(self.layers)
        tokens, which = torch.unique(ids[:, 0], return_inverse=True)
        if (drop is not None and drop.rate > 0.0) or 2 * len(tokens) > len(ids):
            return run(nn.functional.pad(ids, (1, 0), value=border), zero)[0]
        begun, end = run(nn.functional.pad(tokens[:, None], (1, 0), value=border), zero)
        if ids.shape[1] == 1:
            return shared(begun)
        start = [tuple(map(shared, one)) if isinstance(one, tuple) else shared(one) for one in end]
        rest, _ = run(ids[:, 1:], start)
        return torch.cat([shared(begun).to(rest.dtype), rest])


class Candidates(NamedTuple):
    """The part of the vocabulary that a sampled softmax looks at."""

    ids: Tensor  # (candidates,) token ids, ascending
    correction: Tensor  # (candidates,) −log of the probability of being a candidate
    labels: Tensor  # (examples,) place of each example's target among the candidates


def draw_candidates(targets: Tensor, frequencies: Tensor, samples: int, generator: torch.Generator) -> Candidates:
    """Choose the words that share the denominator of a batch: its own targets and some drawn at random.

    A word of relative frequency p is among n targets with probability 1 − (1 − p)^n, and drawn with u = samples /
    vocabulary. Weighing each candidate but the target by 1 / inclusion probability gives an unbiased estimate of
    the sum over the whole vocabulary (Horvitz and Thompson 1952), exact for the frequent words, which are always in.

    targets: (examples,) ids of the whole batch; frequencies: (vocabulary,), summing to 1
    """
    size = frequencies.shape[0]
    share = min(1.0, samples / size)
    chosen = torch.rand(size, generator=generator) < share
    chosen[targets] = True
    ids = chosen.nonzero().squeeze(1)
    absent = torch.log1p(-frequencies[ids].clamp(max=0.999999)) * targets.shape[0]
    inclusion = 1.0 - absent.exp() * (1.0 - share)
    place = torch.cumsum(chosen, 0) - 1
    return Candidates(ids, -inclusion.clamp(min=1e-9).log(), place[targets])


class Sampler:
    """Draws the candidates of each batch, the same ones in every process; None where the whole vocabulary is looked at.

    counts: (vocabulary,) of the training text; softmax: auto, full or sampled
    """

    def __init__(self, counts: Tensor, softmax: str, samples: int, seed: int) -> None:
        self.sampled = softmax == "sampled" or (softmax == "auto" and len(counts) > FULL_SOFTMAX)
        self._frequencies = (counts.double() / counts.sum()).float()
        self._samples, self._seed = samples, seed

    def draw(self, targets: Tensor, step: int) -> Candidates | None:
        """targets: (examples,) of the whole batch, all processes together."""
        if not self.sampled:
            return None
        draws = torch.Generator().manual_seed((self._seed * 7_368_787 + step) % 2**63)
        return draw_candidates(targets, self._frequencies, self._samples, draws)


class VocabularyLoss(torch.autograd.Function):
    """Cross-entropy of a linear output layer, forward and backward in one pass over slices of the examples.

    loss_i = log(e^{s_iy} + Σ_{w≠y} e^{s_iw + c_w}) − s_iy,  s_iw = q_i · v_w + b_w,  c the candidates' correction
    The softmax is computed once for both directions, slice by slice.
    """

    @staticmethod
    def forward(  # noqa: D102
        ctx: Any, query: Tensor, vectors: Tensor, bias: Tensor, correction: Tensor, labels: Tensor, low: bool
    ) -> Tensor:
        kind = torch.bfloat16 if low else query.dtype
        table, part = vectors.to(kind), query.to(kind)
        words, count = vectors.shape[0], query.shape[0]
        slopes = torch.empty(count, words, dtype=kind, device=query.device)
        shift, undo = (bias + correction).float(), -correction.to(kind)[labels]
        # The product adds what belongs to each word as well, in two parts that together are exact in bfloat16; so the
        # scores are written once, and once more as their softmax.
        high = shift.to(kind)
        extra = torch.stack([high, (shift - high.float()).to(kind)] if low else [high])
        columns = torch.cat([table.T, extra])  # (embedding + 1 or 2, words)
        rows_in = torch.cat([part, part.new_ones(count, len(extra))], 1)
        total = torch.zeros((), dtype=torch.float32, device=query.device)
        own = labels[:, None]
        cells = torch.arange(count, device=labels.device) * words + labels  # of the own word among all scores
        # A slice of so many scores stays in the processor's cache.
        rows = max(32, _CACHED // words) if query.device.type == "cpu" else count
        scores = torch.empty(min(rows, count), words, dtype=kind, device=query.device)
        for start in range(0, count, rows):
            place, found = own[start : start + rows], slopes[start : start + rows]
            piece = scores[: len(place)]
            torch.mm(rows_in[start : start + rows], columns, out=piece)
            piece.view(-1).index_add_(0, cells[start : start + rows] - start * words, undo[start : start + rows])
            torch.softmax(piece, 1, out=found)
            total -= found.gather(1, place).float().clamp_min(1e-30).log().sum()
        slopes.view(-1).index_add_(0, cells, slopes.new_full((count,), -1.0))
        query_gradient = torch.mm(slopes, table)
        columns_gradient = torch.mm(slopes.T, rows_in)  # (words, embedding + 1 or 2)
        vectors_gradient, bias_gradient = columns_gradient[:, : table.shape[1]], columns_gradient[:, table.shape[1]]
        ctx.save_for_backward(
            query_gradient.to(query.dtype), vectors_gradient.to(vectors.dtype), bias_gradient.to(bias.dtype)
        )
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # noqa: D102
        query, vectors, bias = ctx.saved_tensors
        return query * gradient, vectors * gradient, bias * gradient, None, None, None
