"""Cells in NumPy: the equations of the field, bare. Names are those of `seqtext.training.networks.cells`."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.errors import scores_not_finite

Array = NDArray[np.float32]


class State(NamedTuple):
    """Recurrent state, batch first, so that reordering a beam is one index operation.

    One row alone may do without the first axis, in `step`, `step_from` and the cells: single vectors are less work.
    """

    hidden: Array  # (batch, layers, hidden)
    memory: Array  # (batch, layers, hidden) for lstm, sums to come for a window; (batch, layers, 0) for the others

    def take(self, rows: NDArray[np.integer] | int) -> "State":
        """The state of some rows, in that order; rows may repeat. Of one row by its number, without the first axis."""
        return State(self.hidden[rows], self.memory[rows])


class Layer(NamedTuple):
    """The weights of one recurrent layer, gates stacked as in PyTorch: lstm i f g o, gru r z n; mingru z c.

    Of a window, the gates of its newest place come first, then those of the places before it.
    """

    weight_ih: Array  # (gates · hidden, size); of a window (width · gates · hidden, size)
    weight_hh: Array  # (gates · hidden, hidden); mingru, whose gates see no state, and a window have (0, hidden)
    bias_ih: Array  # (gates · hidden,); of a window that of its newest place and zeros for the others
    bias_hh: Array  # (gates · hidden,), or (0,) where bias_ih holds it, too; mingru and a window have (0,)
    width: int = 1  # places of a window
    dilation: int = 1  # steps from one place of a window to the next


GATES = {"rnn": 1, "gru": 3, "lstm": 4, "mingru": 2, "feedforward": 1, "convolution": 2}


def dilation(cell: str, number: int) -> int:
    """Steps between the places that a layer's window sees: 1, 2, 4, 8 and again 1 in a convolution, else 1.

    Each layer looks twice as far back as the one below it, and after a few all begins anew (Oord et al. 2016,
    arXiv:1609.03499, figure 3 and section 2.1), which bounds what has to be remembered.
    """
    return 2 ** (number % 4) if cell == "convolution" else 1


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
    """log(e^s / Σ e^s) along the last axis; ModelError where a score is nan or ∞, or all are −∞."""
    result: Array = scores - scores.max(-1, keepdims=True)
    total = np.exp(result).sum(-1, keepdims=True)
    if math.isnan(sum(total.ravel().tolist())):  # of such rows; for the few there are, plain numbers are quickest
        raise scores_not_finite()
    result -= np.log(total)
    return result


def rnn_cell(read: Array, hidden: Array, memory: Array, layer: Layer) -> tuple[Array, Array]:
    """Simple recurrence (Elman 1990): h' = tanh(W x + b + U h + c). read: W x + b, (batch, hidden)."""
    sums = hidden @ layer.weight_hh.T
    sums += read
    if layer.bias_hh.size:
        sums += layer.bias_hh
    return np.tanh(sums, out=sums), memory


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
    if layer.bias_hh.size:
        gates += layer.bias_hh
    passing, output = sigmoid(gates[..., : 2 * size]), sigmoid(gates[..., 3 * size :])
    entry, forget = passing[..., :size], passing[..., size:]
    new: Array = np.tanh(gates[..., 2 * size : 3 * size])
    new *= entry
    memory = forget * memory
    memory += new
    after: Array = np.tanh(memory)
    after *= output
    return after, memory


def mingru_cell(read: Array, hidden: Array, memory: Array, layer: Layer) -> tuple[Array, Array]:
    """Minimal gated recurrent unit (Feng et al. 2024, arXiv:2410.01201), its candidate linear.

    z = σ(W_z x + b_z), c = W_c x + b_c, h' = (1 − z) ⊙ h + z ⊙ c: neither gate sees the state, so training can run over
    all steps of a text at once.
    read: (batch, 2 · hidden), z and c before their functions
    """
    size = hidden.shape[-1]
    return hidden + sigmoid(read[..., :size]) * (read[..., size:] - hidden), memory


Cell = Callable[[Array, Array, Array, Layer], tuple[Array, Array]]
CELLS: dict[str, Cell] = {
    "rnn": rnn_cell,
    "gru": gru_cell,
    "lstm": lstm_cell,
    "mingru": mingru_cell,
}


def feedforward(sums: Array) -> Array:
    """A window of a feed-forward network: h_t = relu(W_0 x_t + W_1 x_{t−1} + … + b) (Bengio et al. 2003).

    Bengio's function is tanh; several such layers are a time-delay network (Waibel et al. 1989).
    sums: (…, hidden), what stands in the brackets
    """
    return np.maximum(sums, np.float32(0.0))


def convolution(sums: Array) -> Array:
    """A gated causal convolution: h_t = c_t ⊙ σ(g_t) (Dauphin et al. 2017, arXiv:1612.08083).

    c and g each sum W_j x_{t − j·dilation} over the window's places j, as in Bai et al. 2018, arXiv:1803.01271.
    sums: (…, 2 · hidden), c and g
    """
    size = sums.shape[-1] // 2
    result: Array = sums[..., :size] * sigmoid(sums[..., size:])
    return result


#: What has no recurrence: each state is a function of sums over the last few inputs.
WINDOWS: dict[str, Callable[[Array], Array]] = {"feedforward": feedforward, "convolution": convolution}


def slide(read: Array, memory: Array, layer: Layer) -> tuple[Array, Array]:
    """The sums of a window over some steps, Σ_j W_j x_{t − j·dilation} + b, and the parts of those still to come.

    An input is multiplied once, for all the steps whose window it will stand in: so one step needs nothing of the
    inputs before it but these parts (in signal processing, the transposed form of a filter).
    read: (…, time, width · unit), a product per place, unit = gates · hidden; memory: (…, steps · unit)
    returns (…, time, unit) and the new memory
    """
    time, unit = read.shape[-2], read.shape[-1] // layer.width
    waiting = memory.shape[-1] // unit
    sums = np.zeros((*read.shape[:-2], waiting + time, unit), np.float32)
    sums[..., :waiting, :] = memory.reshape(*memory.shape[:-1], waiting, unit)
    for place in range(layer.width):
        start = place * layer.dilation
        sums[..., start : start + time, :] += read[..., place * unit : (place + 1) * unit]
    return sums[..., :time, :], sums[..., time:, :].reshape(memory.shape)


def _window_cell(function: Callable[[Array], Array]) -> Cell:
    def advance(read: Array, hidden: Array, memory: Array, layer: Layer) -> tuple[Array, Array]:
        sums, memory = slide(read[..., None, :], memory, layer)
        return function(sums[..., 0, :]), memory

    return advance


#: How each kind of layer takes one step.
STEPS = CELLS | {name: _window_cell(function) for name, function in WINDOWS.items()}
