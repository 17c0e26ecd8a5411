"""The forward pass in NumPy: the equations of the field, bare. Same names and layouts as `seqtext.training.modules`."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class State(NamedTuple):
    """Recurrent state, batch first, so that reordering a beam is one index operation.

    One row alone may do without the first axis, in `step`, `step_from` and the cells: single vectors are less work.
    """

    hidden: Array  # (batch, layers, hidden)
    memory: Array  # (batch, layers, hidden) for lstm; (batch, layers, 0) for the others

    def take(self, rows: NDArray[np.integer] | int) -> "State":
        """The state of some rows, in that order; rows may repeat. Of one row by its number, without the first axis."""
        return State(self.hidden[rows], self.memory[rows])


class Layer(NamedTuple):
    """The weights of one recurrent layer, gates stacked as in PyTorch: lstm i f g o, gru r z n; mingru z c."""

    weight_ih: Array  # (gates · hidden, size)
    weight_hh: Array  # (gates · hidden, hidden); mingru, whose gates see no state, has (0, hidden)
    bias_ih: Array  # (gates · hidden,)
    bias_hh: Array  # (gates · hidden,); mingru has (0,)


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
        shape = (batch, len(self.layers), self.hidden)
        return State(
            np.zeros(shape, np.float32), np.zeros((*shape[:2], self.hidden * (self.cell == "lstm")), np.float32)
        )


GATES = {"rnn": 1, "gru": 3, "lstm": 4, "mingru": 2}


def load_stack(weights: Mapping[str, Array], prefix: str, cell: str, layers: int) -> Stack:
    """The stack whose arrays are called `PREFIX.layers.0.weight_ih_l0` and so on."""
    found = []
    for k in range(layers):
        place = f"{prefix}.layers.{k}"
        weight_ih, bias_ih = weights[f"{place}.weight_ih_l0"], weights[f"{place}.bias_ih_l0"]
        if cell == "mingru":
            hidden = len(bias_ih) // GATES[cell]
            found.append(Layer(weight_ih, np.zeros((0, hidden), np.float32), bias_ih, np.zeros(0, np.float32)))
        else:
            found.append(Layer(weight_ih, weights[f"{place}.weight_hh_l0"], bias_ih, weights[f"{place}.bias_hh_l0"]))
    return Stack(cell, tuple(found))


def stack_shapes(prefix: str, cell: str, size: int, hidden: int, layers: int) -> dict[str, tuple[int, ...]]:
    """The arrays that `load_stack` looks for."""
    shapes: dict[str, tuple[int, ...]] = {}
    for k in range(layers):
        place, rows = f"{prefix}.layers.{k}", GATES[cell] * hidden
        shapes |= {f"{place}.weight_ih_l0": (rows, size if k == 0 else hidden), f"{place}.bias_ih_l0": (rows,)}
        if cell != "mingru":
            shapes |= {f"{place}.weight_hh_l0": (rows, hidden), f"{place}.bias_hh_l0": (rows,)}
    return shapes


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^−x), without overflow.

    >>> float(sigmoid(np.zeros(1, np.float32))[0])
    0.5
    """
    result: Array = x * np.float32(0.5)  # from here on in place: a single step is so small that every new array counts
    np.tanh(result, out=result)
    result *= np.float32(0.5)
    result += np.float32(0.5)
    return result


def log_softmax(scores: Array) -> Array:
    """log(e^s / Σ e^s) along the last axis."""
    result: Array = scores - scores.max(-1, keepdims=True)
    result -= np.log(np.exp(result).sum(-1, keepdims=True))
    return result


def rnn_cell(read: Array, hidden: Array, memory: Array, layer: Layer) -> tuple[Array, Array]:
    """Simple recurrence (Elman 1990): h' = tanh(W x + b + U h + c). read: W x + b, (batch, hidden)."""
    return np.tanh(read + hidden @ layer.weight_hh.T + layer.bias_hh), memory


def gru_cell(read: Array, hidden: Array, memory: Array, layer: Layer) -> tuple[Array, Array]:
    """Gated recurrent unit (Cho et al. 2014, arXiv:1406.1078; reset applied after the product, as cuDNN does).

    r = σ(W_r x + U_r h), z = σ(W_z x + U_z h), n = tanh(W_n x + r ⊙ (U_n h + c_n)), h' = (1 − z) ⊙ n + z ⊙ h
    read: (batch, 3 · hidden), the gates' shares of the input
    """
    size = hidden.shape[-1]
    kept = hidden @ layer.weight_hh.T
    kept += layer.bias_hh
    gates = sigmoid(read[..., : 2 * size] + kept[..., : 2 * size])
    reset, update = gates[..., :size], gates[..., size:]
    new: Array = reset * kept[..., 2 * size :]
    new += read[..., 2 * size :]
    np.tanh(new, out=new)
    after: Array = hidden - new
    after *= update
    after += new
    return after, memory


def lstm_cell(read: Array, hidden: Array, memory: Array, layer: Layer) -> tuple[Array, Array]:
    """Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate of Gers et al. 2000).

    i, f, o = σ(W x + U h), g = tanh(W_g x + U_g h), c' = f ⊙ c + i ⊙ g, h' = o ⊙ tanh(c')
    read: (batch, 4 · hidden), the gates' shares of the input
    """
    size = hidden.shape[-1]
    gates = hidden @ layer.weight_hh.T
    gates += read
    gates += layer.bias_hh
    passing, output = sigmoid(gates[..., : 2 * size]), sigmoid(gates[..., 3 * size :])
    entry, forget = passing[..., :size], passing[..., size:]
    memory = forget * memory + entry * np.tanh(gates[..., 2 * size : 3 * size])
    return output * np.tanh(memory), memory


def mingru_cell(read: Array, hidden: Array, memory: Array, layer: Layer) -> tuple[Array, Array]:
    """Minimal gated recurrent unit (Feng et al. 2024, arXiv:2410.01201), its candidate linear.

    z = σ(W_z x + b_z), c = W_c x + b_c, h' = (1 − z) ⊙ h + z ⊙ c: neither gate sees the state, so training can run over
    all steps of a text at once.
    read: (batch, 2 · hidden), z and c before their functions
    """
    size = hidden.shape[-1]
    return hidden + sigmoid(read[..., :size]) * (read[..., size:] - hidden), memory


CELLS: dict[str, Callable[[Array, Array, Array, Layer], tuple[Array, Array]]] = {
    "rnn": rnn_cell,
    "gru": gru_cell,
    "lstm": lstm_cell,
    "mingru": mingru_cell,
}


def run(stack: Stack, inputs: Array, state: State) -> tuple[Array, State]:
    """Read a stretch of vectors: (batch, time, size) → states of the last layer, (batch, time, hidden), and the end."""
    advance = CELLS[stack.cell]
    hiddens, memories = [], []
    for number, layer in enumerate(stack.layers):
        read = inputs @ layer.weight_ih.T + layer.bias_ih  # (batch, time, gates · hidden), one product for all steps
        hidden, memory = state.hidden[:, number], state.memory[:, number]
        outputs = np.empty((*inputs.shape[:2], stack.hidden), np.float32)
        for time in range(inputs.shape[1]):
            hidden, memory = advance(read[:, time], hidden, memory, layer)
            outputs[:, time] = hidden
        hiddens.append(hidden)
        memories.append(memory)
        inputs = outputs
    return inputs, State(np.stack(hiddens, 1), np.stack(memories, 1))


def step(stack: Stack, inputs: Array, state: State) -> tuple[Array, State]:
    """Read one vector a row: (batch, size) → (batch, hidden) and the state after it. Equal to `run` over one step."""
    return step_from(stack, inputs @ stack.layers[0].weight_ih.T + stack.layers[0].bias_ih, state)


def step_from(stack: Stack, read: Array, state: State) -> tuple[Array, State]:
    """`step`, given the first layer's W x + b, (batch, gates · hidden): with a small vocabulary it can be looked up."""
    hiddens, memories = np.empty_like(state.hidden), np.empty_like(state.memory)
    advance, output = CELLS[stack.cell], read
    for number, layer in enumerate(stack.layers):
        if number:
            read = output @ layer.weight_ih.T + layer.bias_ih
        hidden, memory = state.hidden[..., number, :], state.memory[..., number, :]
        output, memories[..., number, :] = advance(read, hidden, memory, layer)
        hiddens[..., number, :] = output
    return output, State(hiddens, memories)


@cache
def _libraries() -> tuple[Any, ...]:
    from threadpoolctl import ThreadpoolController

    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


class one_thread:
    """A block in which BLAS uses one thread: products of a single step are too small to share out."""

    def __enter__(self) -> None:
        self._limited = [(one, threads) for one in _libraries() if (threads := one.get_num_threads()) != 1]
        for library, _ in self._limited:
            library.set_num_threads(1)

    def __exit__(self, *_: object) -> None:
        for library, threads in self._limited:
            library.set_num_threads(threads)
