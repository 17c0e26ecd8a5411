"""Recurrent stacks in PyTorch, with dropout between their layers."""

from typing import Any

import torch
from torch import Tensor, nn

from seqtext.networks.cells import WINDOWS, dilation
from seqtext.training.networks.cells import CELLS, Window
from seqtext.training.networks.dropout import Dropper


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
            self.layers = nn.ModuleList(CELLS[cell](one, hidden, batch_first=True) for one in sizes)
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


def reversed_positions(lengths: Tensor, time: int) -> Tensor:
    """Index each row's tokens from its last to its first, padding where it is.

    lengths: (rows,); returns (rows, time); the twin of `seqtext.networks.recurrent.reversed_positions`
    """
    steps, ends = torch.arange(time, device=lengths.device), lengths[:, None]
    return torch.where(steps < ends, ends - 1 - steps, steps)
