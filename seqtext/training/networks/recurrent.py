"""Learn recurrent stacks in PyTorch, with dropout after each layer."""

from typing import Any

import torch
from torch import Tensor, nn

from seqtext.networks import cells
from seqtext.training.networks.cells import CELLS
from seqtext.training.networks.dropout import Dropper


class RecurrentStack(nn.Module):
    """Learn layers of one cell, read in one direction.

    One layer each, so that locked dropout fits after each; dense batches, so that the fused kernels serve them.
    LSTM forget gates start with a bias of 1 (Gers et al. 2000; Jozefowicz et al. 2015).

    name: of the cell, a key of `seqtext.networks.cells.CELLS`; window: places that one without recurrence sees
    """

    def __init__(self, name: str, size: int, hidden: int, layers: int, window: int = 1) -> None:
        super().__init__()
        cell, make_layer = cells.CELLS[name], CELLS[name].layer
        sizes = [size] + [hidden] * (layers - 1)
        if cell.is_recurrent:
            self.layers = nn.ModuleList(make_layer(inputs, hidden, batch_first=True) for inputs in sizes)
        else:
            windows = (make_layer(inputs, hidden, window, cell.dilation(k)) for k, inputs in enumerate(sizes))
            self.layers = nn.ModuleList(windows)
        for layer in self.layers:
            _initialise(layer, cell, hidden)

    def forward(self, inputs: Tensor, drop: Dropper | None = None) -> Tensor:
        """Read from a zero state: (batch, time, size) → the last layer's states, (batch, time, hidden)."""
        return self.read(inputs, [None] * len(self.layers), drop)[0]

    def read(self, inputs: Tensor, start: list[Any], drop: Dropper | None = None) -> tuple[Tensor, list[Any]]:
        """Read inputs through all layers.

        start: a state per layer, as `torch.nn` gives it, or None

        inputs: (batch, time, size); returns the last layer's states, (batch, time, hidden), and the state of each layer
        """
        states, after = inputs, []
        for layer, before in zip(self.layers, start, strict=True):
            states, end = layer(states, before)  # (batch, time, hidden), and as torch has it (1, batch, hidden)
            after.append(end)
            if drop is not None:
                states = drop(states)
        return states, after

    def read_texts(self, table: Tensor, border: int, ids: Tensor, drop: Dropper | None = None) -> Tensor:
        """Read rows of ids: the last layer's states, (time + 1, rows, hidden).

        The first are those after the border symbol, the others those after each token. Rows that begin with the same
        token are in the same state after it, and there are few such beginnings among many short texts: each is read
        once. Dropout, which differs from row to row, rules that out.

        table: (words, size) the vectors that ids number; ids: (rows, time), of one step at least
        """

        def run(ids: Tensor, start: list[Any]) -> tuple[Tensor, list[Any]]:
            """(rows, time) → (time, rows, hidden) and the state of each layer."""
            vectors = nn.functional.embedding(ids.T, table).transpose(0, 1)  # (rows, time, size)
            states, end = self.read(vectors if drop is None else drop(vectors), start, drop)  # (rows, time, hidden)
            return states.transpose(0, 1), end

        def shared(states: Tensor) -> Tensor:
            """(…, beginnings, hidden) → (…, rows, hidden); in fp32, for the way back sums gradients of many rows."""
            return states.float().index_select(1, beginning)

        # every row by itself
        zero: list[Any] = [None] * len(self.layers)
        tokens, beginning = torch.unique(ids[:, 0], return_inverse=True)  # (beginnings,), (rows,)
        if (drop is not None and drop.rate > 0.0) or 2 * len(tokens) > len(ids):
            return run(nn.functional.pad(ids, (1, 0), value=border), zero)[0]

        # border and first token once for all rows that begin with it
        begun, end = run(nn.functional.pad(tokens[:, None], (1, 0), value=border), zero)  # (2, beginnings, hidden)
        if ids.shape[1] == 1:
            return shared(begun)

        # each row from there
        start = [tuple(map(shared, state)) if isinstance(state, tuple) else shared(state) for state in end]
        rest, _ = run(ids[:, 1:], start)  # (time − 1, rows, hidden)
        return torch.cat([shared(begun).to(rest.dtype), rest])


def _initialise(layer: nn.Module, cell: cells.Cell, hidden: int) -> None:
    """Draw orthogonal weights for the state, a gate at a time (Saxe et al. 2014, arXiv:1312.6120), Xavier's for inputs.

    Biases are zeros, but for the gate that keeps a memory.
    """
    for name, parameter in layer.named_parameters():
        if name.startswith("weight_hh"):
            for gate in parameter.data.chunk(parameter.shape[0] // hidden):
                nn.init.orthogonal_(gate)
        elif name.startswith("weight_ih"):
            nn.init.xavier_uniform_(parameter.data)
        else:
            nn.init.zeros_(parameter.data)
    if cell.forget_gate is not None:
        begin = cell.forget_gate * hidden
        layer.bias_ih_l0.data[begin : begin + hidden] = 1.0  # type: ignore[operator]


def reversed_positions(lengths: Tensor, time: int) -> Tensor:
    """Index each row's tokens from its last to its first.

    Padding stays where it is.

    lengths: (rows,); returns (rows, time), as `seqtext.networks.recurrent.reversed_positions`
    """
    steps, ends = torch.arange(time, device=lengths.device), lengths[:, None]
    return torch.where(steps < ends, ends - 1 - steps, steps)
