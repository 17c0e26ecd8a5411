"""Recurrent stacks in NumPy: layers of one cell, read in parallel or step by step."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.networks.cells import CELLS, GATES, STEPS, WINDOWS, Array, Layer, State, dilation, slide
from seqtext.networks.overflow import may_overflow

_AT_ONCE = 2048  # tokens whose products are made together


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
    return run_from(stack, read_table(stack, inputs), state)


def run_from(stack: Stack, read: Array, state: State) -> tuple[Array, State]:
    """`run`, given the first layer's W x + b, (batch, time, gates · hidden)."""
    advance = STEPS[stack.cell]
    hiddens, memories = [], []
    inputs = read
    for number, layer in enumerate(stack.layers):
        if number:
            read = _read(inputs, layer)  # one product for all steps
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


def run_rows(
    stack: Stack,
    vectors: Array,
    rows: Sequence[NDArray[np.integer]],
    state: State,
    each: Callable[[int, Array], None] | None = None,
) -> State:
    """Read rows of different lengths, each from its own state: the state after the last token of each.

    The longest come first, so that the rows that are real at a step are the first ones: padding is never read. What the
    distinct tokens of a stretch say to the first layer is made once.

    vectors: (vocabulary, size); rows: ids; state: of each row before its first
    each: is given the states of the last layer, some steps at a time: the first of these, and (active rows, steps,
          hidden) of the rows that are that long, in the order of their length
    """
    lengths = np.array([len(row) for row in rows], np.int64)
    order = np.argsort(-lengths, kind="stable")
    hidden, memory = state.hidden[order], state.memory[order]
    ids, ends = padded([rows[k] for k in order.tolist()]), np.unique(lengths[lengths > 0])
    stop, last = 0, int(lengths.max(initial=0))
    while stop < last:
        start, active = stop, int((lengths > stop).sum())
        stop = min(last, start + max(1, _AT_ONCE // active))
        distinct, places = np.unique(ids[:active, start:stop], return_inverse=True)
        table, places = read_table(stack, vectors[distinct]), places.reshape(active, stop - start)
        borders = [start, *ends[(ends > start) & (ends < stop)].tolist(), stop]
        for first, after in pairwise(borders):
            active = int((lengths > first).sum())
            read = table[places[:active, first - start : after - start]]
            outputs, after_it = run_from(stack, read, State(hidden[:active], memory[:active]))
            hidden[:active], memory[:active] = after_it
            if each is not None:
                each(first, outputs)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return State(hidden[back], memory[back])


def padded(rows: Sequence[NDArray[np.integer]]) -> NDArray[np.int64]:
    """(rows, longest) ids of rows of different lengths, zeros after the end of each."""
    found = np.zeros((len(rows), max(map(len, rows), default=0)), np.int64)
    for row, ids in zip(found, rows, strict=True):
        row[: len(ids)] = ids
    return found


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
