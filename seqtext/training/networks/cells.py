"""Learn recurrent cells and windows in PyTorch.

Names, equations and layouts are those of `seqtext.networks.cells`. rnn, gru and lstm are torch's own layers.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn


class _Blend(torch.autograd.Function):
    """h_t = (1 − z_t) h_{t−1} + z_t c_t for all t, time first; the sweep back uses the states, not a graph of steps."""

    @staticmethod
    def forward(ctx: Any, update: Tensor, candidate: Tensor, start: Tensor) -> Tensor:
        states = torch.empty_like(candidate)  # (time, batch, hidden)
        last = start
        for time in range(len(candidate)):
            last = torch.lerp(last, candidate[time], update[time], out=states[time])  # (batch, hidden)
        ctx.save_for_backward(update, candidate, start, states)
        return states

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        update, candidate, start, states = ctx.saved_tensors

        # dL/dh_t = its own gradient + (1 − z_{t+1}) dL/dh_{t+1}
        total, kept = gradient.clone(), 1.0 - update  # (time, batch, hidden) each
        for time in range(len(total) - 1, 0, -1):
            total[time - 1].addcmul_(kept[time], total[time])

        before = torch.cat([start[None], states[:-1]])  # (time, batch, hidden), h_{t−1}
        return total * (candidate - before), total * update, kept[0] * total[0]


class MinGRU(nn.Module):
    """Learn a minimal gated recurrent unit (Feng et al. 2024, arXiv:2410.01201).

        z_t = σ(W_z x_t + b_z),  c_t = W_c x_t + b_c,  h_t = (1 − z_t) ⊙ h_{t−1} + z_t ⊙ c_t

    All products are computed at once; only the blend goes step by step, on whole rows.

    W: (2 · hidden, size), in the order z, c; z_t, c_t, h_t: (batch, hidden) at each step
    """

    def __init__(self, size: int, hidden: int, batch_first: bool = True) -> None:
        super().__init__()
        self.weight_ih_l0 = nn.Parameter(torch.empty(2 * hidden, size))
        self.bias_ih_l0 = nn.Parameter(torch.empty(2 * hidden))

    def forward(self, inputs: Tensor, start: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read from a state: (batch, time, size), (1, batch, hidden) → (batch, time, hidden) and the last state."""
        by_time = inputs.transpose(0, 1)  # (time, batch, size)
        read = nn.functional.linear(by_time, self.weight_ih_l0, self.bias_ih_l0).float()  # (time, batch, 2 · hidden)
        update, candidate = read.chunk(2, 2)  # (time, batch, hidden) each
        zero = candidate.new_zeros(candidate.shape[1:]) if start is None else start[0].float()  # (batch, hidden)
        blend: Any = _Blend.apply
        states: Tensor = blend(torch.sigmoid(update), candidate, zero)  # (time, batch, hidden)
        return states.transpose(0, 1), states[-1:]


class Window(nn.Module):
    """Learn a layer without recurrence.

    Each state is a function of the last few inputs.

        h_t = f(W_0 x_t + W_1 x_{t − dilation} + … + b)

    The state is the inputs that later windows still see, so a text may be read in parts. All steps are one product.
    """

    gates: int
    function: Callable[[Tensor], Tensor]

    def __init__(self, size: int, hidden: int, width: int, dilation: int) -> None:
        super().__init__()
        self._width, self._dilation = width, dilation
        self.weight_ih_l0 = nn.Parameter(torch.empty(width * self.gates * hidden, size))
        self.bias_ih_l0 = nn.Parameter(torch.empty(self.gates * hidden))

    def forward(
        self, inputs: Tensor, start: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Read from a state: (batch, time, size) → (batch, time, hidden) and the state after it.

        start: (1, batch, hidden), not looked at, and (1, batch, steps · size), the inputs before these
        """
        by_time = inputs.transpose(0, 1)  # (time, batch, size), so that a shift is a view
        time, batch, size = by_time.shape
        reach = (self._width - 1) * self._dilation  # steps that the window looks back
        if start is None:
            read = nn.functional.pad(by_time, (0, 0, 0, 0, reach, 0))  # (reach + time, batch, size)
        else:
            before = start[1].view(batch, reach, size).transpose(0, 1)  # (reach, batch, size)
            read = torch.cat([before.to(by_time.dtype), by_time])  # (reach + time, batch, size)

        # every window's inputs side by side, the newest first, as the weights are
        shifts = range(reach, -1, -self._dilation)
        windows = torch.cat([read[shift : shift + time] for shift in shifts], 2)  # (time, batch, width · size)
        weight = (
            self.weight_ih_l0.view(self._width, -1, size).transpose(0, 1).flatten(1)
        )  # (gates · hidden, width · size)
        sums = nn.functional.linear(windows, weight, self.bias_ih_l0)  # (time, batch, gates · hidden)
        states = self.function(sums)  # (time, batch, hidden)

        rest = read[time:].transpose(0, 1).reshape(1, batch, reach * size)  # (1, batch, reach · size)
        return states.transpose(0, 1), (states[-1:], rest)


class FeedForward(Window):
    """Learn a feed-forward layer over the last few inputs (Bengio et al. 2003).

    h_t = relu(W_0 x_t + W_1 x_{t−1} + … + b)

    W_j: (hidden, size); b: (hidden,); h_t: (batch, hidden) at each step
    """

    gates = 1
    function = staticmethod(torch.relu)


class Convolution(Window):
    """Learn a gated causal convolution: h_t = c_t ⊙ σ(g_t) (Dauphin et al. 2017, arXiv:1612.08083).

    [c_t ; g_t] = Σ_j W_j x_{t − j·dilation} + b, over the window's places j.

    W_j: (2 · hidden, size), in the order c, g; b: (2 · hidden,); c_t, g_t, h_t: (batch, hidden) at each step
    """

    gates = 2
    function = staticmethod(nn.functional.glu)


def rnn_step(read: Tensor, recurrent: Tensor, hidden: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
    """Take a step of simple recurrence (Elman 1990); arguments: see `DecoderStep`.

    h' = tanh(W x + b + U h + c)
    """
    return torch.tanh(read + recurrent), memory


def gru_step(read: Tensor, recurrent: Tensor, hidden: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
    """Take a step of a gated recurrent unit (Cho et al. 2014, arXiv:1406.1078).

    arguments: see `DecoderStep`

    r, z = σ(W x + U h),  n = tanh(W_n x + r ⊙ (U_n h + c_n)),  h' = (1 − z) ⊙ n + z ⊙ h
    """
    size = hidden.shape[1]
    reset, update = torch.sigmoid(read[:, : 2 * size] + recurrent[:, : 2 * size]).chunk(2, 1)  # (rows, hidden) each
    new = torch.tanh(torch.addcmul(read[:, 2 * size :], reset, recurrent[:, 2 * size :]))  # (rows, hidden)
    return torch.lerp(new, hidden, update), memory


def lstm_step(read: Tensor, recurrent: Tensor, hidden: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
    """Take a step of long short-term memory (Hochreiter and Schmidhuber 1997).

    arguments: see `DecoderStep`

    i, f, o = σ(W x + U h),  g = tanh(W_g x + U_g h),  c' = f ⊙ c + i ⊙ g,  h' = o ⊙ tanh(c')
    """
    size = hidden.shape[1]
    gates = read + recurrent  # (rows, 4 · hidden): i f g o
    entry, forget = torch.sigmoid(gates[:, : 2 * size]).chunk(2, 1)  # (rows, hidden) each
    output = torch.sigmoid(gates[:, 3 * size :])  # (rows, hidden)
    memory = torch.addcmul(forget * memory, entry, torch.tanh(gates[:, 2 * size : 3 * size]))
    return output * torch.tanh(memory), memory


#: Takes a step: W x + b and U h + c, (rows, gates · hidden); the state h and memory, (rows, hidden) → the new ones.
DecoderStep = Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


class Cell(NamedTuple):
    """Hold a cell's trainable parts; see `seqtext.networks.cells`.

    layer: makes a module of size, hidden and `batch_first=True`, as torch's own; a window of size, hidden, width and
           dilation
    step: one step, for a decoder that is fed its own last answer; without it no translator may use the cell
    """

    layer: Callable[..., nn.Module]
    step: DecoderStep | None = None


#: The cells by their names in `seqtext.config.READERS`.
CELLS = {
    "rnn": Cell(nn.RNN, rnn_step),
    "gru": Cell(nn.GRU, gru_step),
    "lstm": Cell(nn.LSTM, lstm_step),
    "mingru": Cell(MinGRU),
    "feedforward": Cell(FeedForward),
    "convolution": Cell(Convolution),
}
