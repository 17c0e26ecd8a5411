"""Recurrent stacks in NumPy: layers of one cell, read in parallel or step by step."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.networks.cells import CELLS, GATES, STEPS, WINDOWS, Array, Layer, State, dilation, slide
from seqtext.networks.overflow import may_overflow


class Stack(NamedTuple):
    """Layers of one cell, the first at the bottom."""

    cell: str
    layers: tuple[Layer, ...]

    @property
    def hidden(self) -> int:
        """Units of a layer."""
        return int(self.layers[0].weight_hh.shape[1])

    def zero(self, batch: int) -> State:
        """The state before anything is read."""
        waiting = max((layer.width - 1) * layer.dilation for layer in self.layers)  # steps that are begun
        memory = self.hidden * (1 if self.cell == "lstm" else GATES[self.cell] * waiting)
        shape = (batch, len(self.layers))
        return State(np.zeros((*shape, self.hidden), np.float32), np.zeros((*shape, memory), np.float32))


def load_stack(weights: Mapping[str, Array], prefix: str, cell: str, layers: int) -> Stack:
    """The stack whose arrays are called `PREFIX.layers.0.weight_ih_l0` and so on."""
    found = []
    for k in range(layers):
        place = f"{prefix}.layers.{k}"
        weight_ih, bias_ih = weights[f"{place}.weight_ih_l0"], weights[f"{place}.bias_ih_l0"]
        if cell == "mingru" or cell in WINDOWS:
            width, hidden = len(weight_ih) // len(bias_ih), len(bias_ih) // GATES[cell]
            bias_ih = np.pad(bias_ih, (0, len(weight_ih) - len(bias_ih)))
            none = np.zeros((0, hidden), np.float32), np.zeros(0, np.float32)
            found.append(Layer(weight_ih, none[0], bias_ih, none[1], width, dilation(cell, k)))
        else:
            bias_hh = weights[f"{place}.bias_hh_l0"]
            if cell != "gru":  # both are only ever added
                with may_overflow():
                    bias_ih, bias_hh = bias_ih + bias_hh, bias_hh[:0]
            found.append(Layer(weight_ih, weights[f"{place}.weight_hh_l0"], bias_ih, bias_hh))
    return Stack(cell, tuple(found))


def stack_shapes(
    prefix: str, cell: str, size: int, hidden: int, layers: int, *, window: int = 1
) -> dict[str, tuple[int, ...]]:
    """The arrays that `load_stack` looks for; window: places that a layer without recurrence sees."""
    shapes: dict[str, tuple[int, ...]] = {}
    for k in range(layers):
        place, rows = f"{prefix}.layers.{k}", GATES[cell] * hidden
        every = rows * (window if cell in WINDOWS else 1)
        shapes |= {f"{place}.weight_ih_l0": (every, size if k == 0 else hidden), f"{place}.bias_ih_l0": (rows,)}
        if cell in CELLS and cell != "mingru":
            shapes |= {f"{place}.weight_hh_l0": (rows, hidden), f"{place}.bias_hh_l0": (rows,)}
    return shapes


def run(stack: Stack, inputs: Array, state: State) -> tuple[Array, State]:
    """Read a stretch of vectors: (batch, time, size) → states of the last layer, (batch, time, hidden), and the end."""
    advance = STEPS[stack.cell]
    hiddens, memories = [], []
    for number, layer in enumerate(stack.layers):
        read = _read(inputs, layer)  # (batch, time, gates · hidden), one product for all steps
        hidden, memory = state.hidden[:, number], state.memory[:, number]
        if stack.cell in WINDOWS:
            sums, memory = slide(read, memory, layer)  # all steps at once
            inputs = WINDOWS[stack.cell](sums)
            hiddens.append(inputs[:, -1] if inputs.shape[1] else hidden)
            memories.append(memory)
            continue
        outputs = np.empty((*inputs.shape[:2], stack.hidden), np.float32)
        for time in range(inputs.shape[1]):
            hidden, memory = advance(read[:, time], hidden, memory, layer)
            outputs[:, time] = hidden
        hiddens.append(hidden)
        memories.append(memory)
        inputs = outputs
    return inputs, State(np.stack(hiddens, 1), np.stack(memories, 1))


def reversed_positions(lengths: NDArray[np.integer], time: int) -> NDArray[np.int64]:
    """Index each row's tokens from its last to its first, padding where it is.

    Padding comes last either way, where it changes nothing. Taken twice, the order is the first again.

    lengths: (rows,); returns (rows, time), for `np.take_along_axis`
    >>> reversed_positions(np.array([3, 1]), 4).tolist()
    [[2, 1, 0, 3], [0, 1, 2, 3]]
    """
    steps, ends = np.arange(time), lengths[:, None]
    return np.where(steps < ends, ends - 1 - steps, steps)


def run_texts(
    stack: Stack, table: Array, ids: NDArray[np.integer], counts: Sequence[int], out: Array, *, backwards: bool = False
) -> None:
    """Read whole texts, the longest first, each from its own first token on, or from its own last one backwards.

    As texts fall in length, the rows that are real at a step are the first ones: padding is never read.

    table:  (entries, gates · hidden) the first layer's W x + b of each distinct vector, see `read_table`
    ids:    (time, batch) which entry stands where, anything at padding; counts: (time,) rows that are real at each step
    out:    (time, batch, hidden) of zeros, which the states of the last layer are written to; zeros stay at padding
    """
    steps, batch = ids.shape
    order = range(steps - 1, -1, -1) if backwards else range(steps)
    advance = CELLS[stack.cell]
    read: Array | None = None
    for number, layer in enumerate(stack.layers):
        last = number == len(stack.layers) - 1
        outputs = out if last else np.zeros((steps, batch, stack.hidden), np.float32)
        memory = np.zeros((batch, stack.hidden * (stack.cell == "lstm")), np.float32)
        hidden = np.zeros((batch, stack.hidden), np.float32)
        for time in order:
            rows = counts[time]
            own = table.take(ids[time, :rows], 0) if read is None else read[time, :rows]
            outputs[time, :rows], memory[:rows] = advance(own, hidden[:rows], memory[:rows], layer)
            hidden = outputs[time]  # zero where a text is yet to begin
        if not last:
            read = _read(outputs, stack.layers[number + 1])


def read_table(stack: Stack, vectors: Array) -> Array:
    """The first layer's W x + b of some vectors: (entries, size) → (entries, gates · hidden)."""
    return _read(vectors, stack.layers[0])


def _read(inputs: Array, layer: Layer) -> Array:
    """W x + b, (…, size) → (…, gates · hidden), as one product of two matrices: many small ones take longer."""
    flat = inputs.reshape(-1, inputs.shape[-1]) @ layer.weight_ih.T
    flat += layer.bias_ih
    return flat.reshape(*inputs.shape[:-1], len(layer.bias_ih))


def step(stack: Stack, inputs: Array, state: State) -> tuple[Array, State]:
    """Read one vector a row: (batch, size) → (batch, hidden) and the state after it. Equal to `run` over one step."""
    return step_from(stack, inputs @ stack.layers[0].weight_ih.T + stack.layers[0].bias_ih, state)


def step_from(stack: Stack, read: Array, state: State) -> tuple[Array, State]:
    """`step`, given the first layer's W x + b, (batch, gates · hidden): with a small vocabulary it can be looked up."""
    hiddens, memories = np.empty_like(state.hidden), np.empty_like(state.memory)
    advance, output = STEPS[stack.cell], read
    for number, layer in enumerate(stack.layers):
        if number:
            read = output @ layer.weight_ih.T + layer.bias_ih
        hidden, memory = state.hidden[..., number, :], state.memory[..., number, :]
        output, memories[..., number, :] = advance(read, hidden, memory, layer)
        hiddens[..., number, :] = output
    return output, State(hiddens, memories)
