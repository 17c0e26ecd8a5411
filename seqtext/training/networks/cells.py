"""Recurrent cells and windows in PyTorch; names and layouts are those of `seqtext.networks.cells`."""

from typing import Any

import torch
from torch import Tensor, nn

from seqtext.networks.cells import GATES


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
    """A layer without recurrence: a function of the last few inputs; see `seqtext.networks.cells.WINDOWS`.

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


CELLS: dict[str, Any] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM, "mingru": MinGRU}
