"""The forward pass in NumPy: the equations of the field, bare. Same names and layouts as `seqtext.training.modules`."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class State(NamedTuple):
    """Recurrent state, batch first, so that reordering a beam is one index operation."""

    hidden: Array  # (batch, layers, hidden)
    memory: Array  # (batch, layers, hidden) for lstm; (batch, layers, 0) for the others

    def take(self, rows: NDArray[np.integer]) -> "State":
        """The state of some rows, in that order; rows may repeat."""
        return State(self.hidden[rows], self.memory[rows])


class Layer(NamedTuple):
    """The weights of one recurrent layer, gates stacked as in PyTorch: lstm i f g o, gru r z n."""

    weight_ih: Array  # (gates · hidden, size)
    weight_hh: Array  # (gates · hidden, hidden)
    bias_ih: Array  # (gates · hidden,)
    bias_hh: Array  # (gates · hidden,)


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


GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def load_stack(weights: Mapping[str, Array], prefix: str, cell: str, layers: int) -> Stack:
    """The stack whose arrays are called `PREFIX.layers.0.weight_ih_l0` and so on."""
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    return Stack(cell, tuple(Layer(*(weights[f"{prefix}.layers.{k}.{name}"] for name in names)) for k in range(layers)))


def stack_shapes(prefix: str, cell: str, size: int, hidden: int, layers: int) -> dict[str, tuple[int, ...]]:
    """The arrays that `load_stack` looks for."""
    shapes: dict[str, tuple[int, ...]] = {}
    for k in range(layers):
        rows = GATES[cell] * hidden
        shapes[f"{prefix}.layers.{k}.weight_ih_l0"] = (rows, size if k == 0 else hidden)
        shapes[f"{prefix}.layers.{k}.weight_hh_l0"] = (rows, hidden)
        shapes[f"{prefix}.layers.{k}.bias_ih_l0"] = shapes[f"{prefix}.layers.{k}.bias_hh_l0"] = (rows,)
    return shapes


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^−x), without overflow.

    >>> float(sigmoid(np.zeros(1, np.float32))[0])
    0.5
    """
    result: Array = np.tanh(x * np.float32(0.5)) * np.float32(0.5) + np.float32(0.5)
    return result


def log_softmax(scores: Array) -> Array:
    """log(e^s / Σ e^s) along the last axis."""
    shifted = scores - scores.max(-1, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
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
    kept = hidden @ layer.weight_hh.T + layer.bias_hh
    gates = sigmoid(read[:, : 2 * size] + kept[:, : 2 * size])
    reset, update = gates[:, :size], gates[:, size:]
    new = np.tanh(read[:, 2 * size :] + reset * kept[:, 2 * size :])
    return new + update * (hidden - new), memory


def lstm_cell(read: Array, hidden: Array, memory: Array, layer: Layer) -> tuple[Array, Array]:
    """Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate of Gers et al. 2000).

    i, f, o = σ(W x + U h), g = tanh(W_g x + U_g h), c' = f ⊙ c + i ⊙ g, h' = o ⊙ tanh(c')
    read: (batch, 4 · hidden), the gates' shares of the input
    """
    size = hidden.shape[-1]
    gates = read + hidden @ layer.weight_hh.T + layer.bias_hh
    entry, forget, output = sigmoid(gates[:, :size]), sigmoid(gates[:, size : 2 * size]), sigmoid(gates[:, 3 * size :])
    memory = forget * memory + entry * np.tanh(gates[:, 2 * size : 3 * size])
    return output * np.tanh(memory), memory


CELLS: dict[str, Callable[[Array, Array, Array, Layer], tuple[Array, Array]]] = {
    "rnn": rnn_cell,
    "gru": gru_cell,
    "lstm": lstm_cell,
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
    outputs, after = run(stack, inputs[:, None], state)
    return outputs[:, 0], after


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """A block in which BLAS uses one thread: products of a single step are too small to share out."""
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited
