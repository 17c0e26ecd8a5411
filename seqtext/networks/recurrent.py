"""Read texts with stacks of layers in NumPy, step by step."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.networks.cells import CELLS, Array, Cell, Layer, State, slide
from seqtext.networks.overflow import may_overflow

_AT_ONCE = 2048  # tokens whose products are made together


class Stack(NamedTuple):
    """Hold the layers of a cell, the lowest first."""

    cell: Cell
    layers: tuple[Layer, ...]

    @property
    def hidden(self) -> int:
        """Count the units of a layer."""
        return int(self.layers[0].weight_hh.shape[1])

    def zero(self, batch: int) -> State:
        """Make the initial state of a batch, all zeros.

        returns hidden, (batch, layers, hidden), and memory, whose size depends on the cell, see `State`
        """
        begun = max((layer.width - 1) * layer.dilation for layer in self.layers)  # steps that a window has begun to sum
        memory = self.hidden * (1 if self.cell.has_memory else self.cell.gates * begun)
        shape = (batch, len(self.layers))
        return State(np.zeros((*shape, self.hidden), np.float32), np.zeros((*shape, memory), np.float32))


def load_stack(weights: Mapping[str, Array], prefix: str, name: str, layers: int) -> Stack:
    """Load the stack whose arrays are called `PREFIX.layers.0.weight_ih_l0` and so on.

    name: of the cell, a key of `seqtext.networks.cells.CELLS`
    """
    cell = CELLS[name]
    return Stack(cell, tuple(_load_layer(weights, f"{prefix}.layers.{k}", cell, k) for k in range(layers)))


def _load_layer(weights: Mapping[str, Array], prefix: str, cell: Cell, number: int) -> Layer:
    weight_ih, bias_ih = weights[f"{prefix}.weight_ih_l0"], weights[f"{prefix}.bias_ih_l0"]
    if not cell.has_state_weights:
        width, hidden = len(weight_ih) // len(bias_ih), len(bias_ih) // cell.gates
        bias_ih = np.pad(bias_ih, (0, len(weight_ih) - len(bias_ih)))  # zeros for all but the newest place
        weight_hh, bias_hh = np.zeros((0, hidden), np.float32), np.zeros(0, np.float32)
        return Layer(weight_ih, weight_hh, bias_ih, bias_hh, width, cell.dilation(number))
    bias_hh = weights[f"{prefix}.bias_hh_l0"]
    if cell.adds_biases:
        with may_overflow():
            bias_ih, bias_hh = bias_ih + bias_hh, bias_hh[:0]
    return Layer(weight_ih, weights[f"{prefix}.weight_hh_l0"], bias_ih, bias_hh)


def stack_shapes(
    prefix: str, name: str, size: int, hidden: int, layers: int, *, window: int = 1
) -> dict[str, tuple[int, ...]]:
    """List the arrays that `load_stack` looks for, each with its shape.

    name: of the cell; size: of the vectors that are read; window: places that a layer without recurrence sees
    """
    shapes: dict[str, tuple[int, ...]] = {}
    cell = CELLS[name]
    rows = cell.gates * hidden
    for k in range(layers):
        layer, inputs = f"{prefix}.layers.{k}", size if k == 0 else hidden
        shapes[f"{layer}.weight_ih_l0"] = (rows if cell.is_recurrent else window * rows, inputs)
        shapes[f"{layer}.bias_ih_l0"] = (rows,)
        if cell.has_state_weights:
            shapes |= {f"{layer}.weight_hh_l0": (rows, hidden), f"{layer}.bias_hh_l0": (rows,)}
    return shapes


def run(stack: Stack, inputs: Array, state: State) -> tuple[Array, State]:
    """Read a stretch of vectors from a state.

    inputs: (batch, time, size); returns the states of the last layer, (batch, time, hidden), and the state at the end
    """
    return run_from(stack, input_products(stack, inputs), state)


def run_from(stack: Stack, read: Array, state: State) -> tuple[Array, State]:
    """Run a stack, given the first layer's products; see `run`.

    read: (batch, time, gates · hidden), W x + b
    """
    hiddens, memories = [], []
    outputs = read
    for number, layer in enumerate(stack.layers):
        if number:
            read = _read(outputs, layer)  # (batch, time, gates · hidden), one product for all steps
        outputs, hidden, memory = _run_layer(stack, layer, read, state.hidden[:, number], state.memory[:, number])
        hiddens.append(hidden)
        memories.append(memory)
    return outputs, State(np.stack(hiddens, 1), np.stack(memories, 1))


def _run_layer(stack: Stack, layer: Layer, read: Array, hidden: Array, memory: Array) -> tuple[Array, Array, Array]:
    """The states of one layer, (batch, time, hidden), and its state and memory at the end."""
    if stack.cell.window is not None:
        sums, memory = slide(read, memory, layer)  # (batch, time, gates · hidden), all steps at once
        outputs = stack.cell.window(sums)  # (batch, time, hidden)
        return outputs, outputs[:, -1] if outputs.shape[1] else hidden, memory
    outputs = np.empty((*read.shape[:2], stack.hidden), np.float32)
    for time in range(read.shape[1]):
        hidden, memory = stack.cell.step(read[:, time], hidden, memory, layer)
        outputs[:, time] = hidden
    return outputs, hidden, memory


def run_rows(
    stack: Stack,
    vectors: Array,
    rows: Sequence[NDArray[np.integer]],
    state: State,
    each: Callable[[int, Array], None] | None = None,
) -> State:
    """Read rows of different lengths to each one's last token.

    Returns the state after it. The longest come first, so that the rows that are real at a step are the first ones:
    padding is never read. What the distinct tokens of a stretch say to the first layer is made once.

    vectors: (vocabulary, size); rows: ids; state: of each row before its first
    each: is given the states of the last layer, some steps at a time: the first of these, and (active rows, steps,
          hidden) of the rows that are that long, in the order of their length
    """
    lengths = np.array([len(row) for row in rows], np.int64)
    order = np.argsort(-lengths, kind="stable")
    hidden, memory = state.hidden[order], state.memory[order]  # (rows, layers, hidden), (rows, layers, …)
    ids = padded([rows[k] for k in order.tolist()])  # (rows, longest)
    ends = np.flatnonzero(np.bincount(lengths))  # np.unique loads masked arrays: 8 ms of a cold answer

    stop, last = 0, int(lengths.max(initial=0))
    while stop < last:
        # a stretch of steps, whose distinct tokens are multiplied once
        start, active = stop, int((lengths > stop).sum())
        stop = min(last, start + max(1, _AT_ONCE // active))
        distinct, entries = np.unique(ids[:active, start:stop], return_inverse=True)
        table = input_products(stack, vectors[distinct])  # (distinct, gates · hidden)
        entries = entries.reshape(active, stop - start)

        # within it, the rows are as many until the shortest of them ends
        borders = [start, *ends[(ends > start) & (ends < stop)].tolist(), stop]
        for first, after in pairwise(borders):
            active = int((lengths > first).sum())
            read = table[entries[:active, first - start : after - start]]  # (active, steps, gates · hidden)
            outputs, end = run_from(stack, read, State(hidden[:active], memory[:active]))
            hidden[:active], memory[:active] = end
            if each is not None:
                each(first, outputs)

    # as the rows were given
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return State(hidden[back], memory[back])


def padded(rows: Sequence[NDArray[np.integer]]) -> NDArray[np.int64]:
    """Pad rows of ids with zeros at their ends: (rows, longest)."""
    table = np.zeros((len(rows), max(map(len, rows), default=0)), np.int64)
    for row, ids in zip(table, rows, strict=True):
        row[: len(ids)] = ids
    return table


def reversed_positions(lengths: NDArray[np.integer], time: int) -> NDArray[np.int64]:
    """Index each row's tokens from its last to its first.

    Padding stays where it is: it comes last either way, where it changes nothing. Taken twice, the order is the first
    again.

    lengths: (rows,); returns (rows, time), for `np.take_along_axis`
    >>> reversed_positions(np.array([3, 1]), 4).tolist()
    [[2, 1, 0, 3], [0, 1, 2, 3]]
    """
    steps, ends = np.arange(time), lengths[:, None]
    return np.where(steps < ends, ends - 1 - steps, steps)


def run_texts(
    stack: Stack, table: Array, ids: NDArray[np.integer], counts: Sequence[int], out: Array, *, backwards: bool = False
) -> None:
    """Read whole texts with a recurrent stack, the longest text first.

    Each is read from its own first token on, or from its own last one backwards. As texts fall in length, the rows that
    are real at a step are the first ones: padding is never read.

    table:  (entries, gates · hidden) the first layer's W x + b of each distinct vector, see `input_products`
    ids:    (time, batch) which entry stands where, anything at padding; counts: (time,) rows that are real at each step
    out:    (time, batch, hidden) of zeros, which the states of the last layer are written to; zeros stay at padding
    """
    steps, batch = ids.shape
    order = range(steps - 1, -1, -1) if backwards else range(steps)
    read: Array | None = None
    for number, layer in enumerate(stack.layers):
        is_last = number == len(stack.layers) - 1
        outputs = out if is_last else np.zeros((steps, batch, stack.hidden), np.float32)
        memory = np.zeros((batch, stack.hidden * stack.cell.has_memory), np.float32)
        hidden = np.zeros((batch, stack.hidden), np.float32)
        for time in order:
            rows = counts[time]
            inputs = table.take(ids[time, :rows], 0) if read is None else read[time, :rows]  # (rows, gates · hidden)
            outputs[time, :rows], memory[:rows] = stack.cell.step(inputs, hidden[:rows], memory[:rows], layer)
            hidden = outputs[time]  # (batch, hidden), zero where a text is yet to begin
        if not is_last:
            read = _read(outputs, stack.layers[number + 1])  # (time, batch, gates · hidden)


def input_products(stack: Stack, vectors: Array) -> Array:
    """Multiply vectors by the first layer's weights.

    vectors: (entries, size); returns W x + b, (entries, gates · hidden)
    """
    return _read(vectors, stack.layers[0])


def _read(inputs: Array, layer: Layer) -> Array:
    """W x + b, (…, size) → (…, gates · hidden), as one product of two matrices: many small ones take longer."""
    flat = inputs.reshape(-1, inputs.shape[-1]) @ layer.weight_ih.T  # (vectors, gates · hidden)
    flat += layer.bias_ih
    return flat.reshape(*inputs.shape[:-1], len(layer.bias_ih))


def step(stack: Stack, inputs: Array, state: State) -> tuple[Array, State]:
    """Read one vector per row.

    Returns the last layer's state, and the whole state; equal to `run` over one step.

    inputs: (batch, size); returns (batch, hidden) and the state after it
    """
    return step_from(stack, inputs @ stack.layers[0].weight_ih.T + stack.layers[0].bias_ih, state)


def step_from(stack: Stack, read: Array, state: State) -> tuple[Array, State]:
    """Take a step, given the first layer's products; see `step`.

    read: (batch, gates · hidden), W x + b: with a small vocabulary that can be looked up
    """
    hiddens, memories = np.empty_like(state.hidden), np.empty_like(state.memory)
    output, advance = read, stack.cell.step
    for number, layer in enumerate(stack.layers):
        if number:
            read = output @ layer.weight_ih.T + layer.bias_ih  # (batch, gates · hidden)
        hidden, memory = state.hidden[..., number, :], state.memory[..., number, :]  # (batch, hidden), (batch, …)
        output, memories[..., number, :] = advance(read, hidden, memory, layer)
        hiddens[..., number, :] = output
    return output, State(hiddens, memories)
