"""Define recurrent cells and sliding windows in NumPy.

They are the bare equations of the field, with a record of what each needs. Names are those of
`seqtext.training.networks.cells`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.errors import scores_not_finite

Array = NDArray[np.float32]


class State(NamedTuple):
    """Hold recurrent state, batch first: reordering a beam is one index operation.

    One row alone may do without the first axis, in `step`, `step_from` and the cells: single vectors are less work.
    """

    hidden: Array  # (batch, layers, hidden)
    memory: Array  # (batch, layers, hidden) for lstm, sums to come for a window; (batch, layers, 0) for the others

    def take(self, rows: NDArray[np.integer] | int) -> "State":
        """Select the state of given rows, in that order; rows may repeat.

        rows: indices, (selected,)

        Of one row by its number, the state is without the first axis.
        """
        return State(self.hidden[rows], self.memory[rows])


class Layer(NamedTuple):
    """Hold the weights of a layer, gates stacked as in PyTorch.

    The gates come in the order i f g o for lstm, r z n for gru, z c for mingru. Of a window, the gates of its newest
    place come first, then those of the places before it.
    """

    weight_ih: Array  # (gates · hidden, size); of a window (width · gates · hidden, size)
    weight_hh: Array  # (gates · hidden, hidden); (0, hidden) where the cell has no weights for the state
    bias_ih: Array  # (gates · hidden,); of a window that of its newest place and zeros for the others
    bias_hh: Array  # (gates · hidden,); (0,) without weights for the state, or where bias_ih holds it, too
    width: int = 1  # places of a window
    dilation: int = 1  # steps from one place of a window to the next


def sigmoid(x: Array) -> Array:
    """Apply the logistic function, 1 / (1 + e^−x), without overflow.

    >>> float(sigmoid(np.zeros(1, np.float32))[0])
    0.5
    """
    result: Array = x * np.float32(0.5)  # in place: a step is so small that every new array counts
    np.tanh(result, out=result)
    result *= np.float32(0.5)
    result += np.float32(0.5)
    return result


def log_softmax(scores: Array) -> Array:
    """Normalise scores to log-probabilities along the last axis.

    log(e^s / Σ e^s), in nats; scores and result have the same shape

    Raises ModelError where a score is nan or ∞, or all are −∞.
    """
    result: Array = scores - scores.max(-1, keepdims=True)  # e^s of the largest is 1: no overflow
    total = np.exp(result).sum(-1, keepdims=True)  # (…, 1)
    # A score that is not finite shows in the sums, which are here anyway; for a few rows, adding plain numbers takes a
    # fifth of the time of np.isnan.
    if math.isnan(sum(total.ravel().tolist())):
        raise scores_not_finite()
    result -= np.log(total)
    return result


def rnn_cell(read: Array, hidden: Array, memory: Array, layer: Layer) -> tuple[Array, Array]:
    """Take a step of simple recurrence (Elman 1990).

    h' = tanh(W x + b + U h + c)

    read: (batch, hidden), W x + b; hidden: (batch, hidden), h; memory: (batch, 0), handed on. Returns h' and memory.
    """
    sums = hidden @ layer.weight_hh.T  # (batch, hidden)
    sums += read
    if layer.bias_hh.size:
        sums += layer.bias_hh
    return np.tanh(sums, out=sums), memory


def gru_cell(read: Array, hidden: Array, memory: Array, layer: Layer) -> tuple[Array, Array]:
    """Take a step of a gated recurrent unit (Cho et al. 2014, arXiv:1406.1078).

        r = σ(W_r x + U_r h),  z = σ(W_z x + U_z h),  n = tanh(W_n x + r ⊙ (U_n h + c_n)),  h' = (1 − z) ⊙ n + z ⊙ h

    The reset gate r is applied after the product U_n h, as cuDNN does; the paper's stands inside it, r ⊙ h.
    read: (batch, 3 · hidden), W x + b of the gates r z n; hidden: (batch, hidden); memory: (batch, 0), handed on
    """
    size = hidden.shape[-1]
    recurrent = hidden @ layer.weight_hh.T  # (batch, 3 · hidden)
    recurrent += layer.bias_hh

    # both gates with one call: for a step, the calls cost more than the numbers
    gates = sigmoid(read[..., : 2 * size] + recurrent[..., : 2 * size])  # (batch, 2 · hidden)
    reset, update = gates[..., :size], gates[..., size:]  # (batch, hidden) each

    # n, the state that is proposed
    new: Array = reset * recurrent[..., 2 * size :]  # (batch, hidden)
    new += read[..., 2 * size :]
    np.tanh(new, out=new)

    # h' = n + z ⊙ (h − n)
    after: Array = hidden - new
    after *= update
    after += new
    return after, memory


def lstm_cell(read: Array, hidden: Array, memory: Array, layer: Layer) -> tuple[Array, Array]:
    """Take a step of long short-term memory (Hochreiter and Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735).

        i, f, o = σ(W x + U h),  g = tanh(W_g x + U_g h),  c' = f ⊙ c + i ⊙ g,  h' = o ⊙ tanh(c')

    The forget gate f is that of Gers et al. 2000.
    read: (batch, 4 · hidden), W x + b of the gates i f g o; hidden: (batch, hidden), h; memory: (batch, hidden), c
    returns h' and c'
    """
    size = hidden.shape[-1]
    gates = hidden @ layer.weight_hh.T  # (batch, 4 · hidden)
    gates += read
    if layer.bias_hh.size:
        gates += layer.bias_hh

    # i and f stand side by side, so that one call serves both
    input_and_forget, output = sigmoid(gates[..., : 2 * size]), sigmoid(gates[..., 3 * size :])
    entry, forget = input_and_forget[..., :size], input_and_forget[..., size:]  # (batch, hidden) each

    # c' = f ⊙ c + i ⊙ g
    new: Array = np.tanh(gates[..., 2 * size : 3 * size])  # (batch, hidden)
    new *= entry
    memory = forget * memory
    memory += new

    # h' = o ⊙ tanh(c')
    after: Array = np.tanh(memory)
    after *= output
    return after, memory


def mingru_cell(read: Array, hidden: Array, memory: Array, layer: Layer) -> tuple[Array, Array]:
    """Take a step of a minimal gated recurrent unit (Feng et al. 2024, arXiv:2410.01201).

        z = σ(W_z x + b_z),  c = W_c x + b_c,  h' = (1 − z) ⊙ h + z ⊙ c

    Neither z nor the candidate c, which stays linear, sees the state, so training can run over all steps at once.
    read: (batch, 2 · hidden), z before its σ, and c; hidden: (batch, hidden); memory: (batch, 0), handed on
    """
    size = hidden.shape[-1]
    return hidden + sigmoid(read[..., :size]) * (read[..., size:] - hidden), memory


def feedforward(sums: Array) -> Array:
    """Apply a feed-forward layer to the last few inputs (Bengio et al. 2003).

    h_t = relu(W_0 x_t + W_1 x_{t−1} + … + b)

    Bengio's function is tanh; several such layers are a time-delay network (Waibel et al. 1989).
    sums: (…, hidden), what stands in the brackets
    """
    return np.maximum(sums, np.float32(0.0))


def convolution(sums: Array) -> Array:
    """Apply a gated causal convolution: h_t = c_t ⊙ σ(g_t) (Dauphin et al. 2017, arXiv:1612.08083).

    c and g each sum W_j x_{t − j·dilation} over the window's places j, as in Bai et al. 2018, arXiv:1803.01271.
    sums: (…, 2 · hidden), c and g; returns (…, hidden)
    """
    size = sums.shape[-1] // 2
    result: Array = sums[..., :size] * sigmoid(sums[..., size:])
    return result


def slide(read: Array, memory: Array, layer: Layer) -> tuple[Array, Array]:
    """Sum a sliding window over steps.

        Σ_j W_j x_{t − j·dilation} + b

    An input is multiplied once, for all the steps whose window it will stand in: so one step needs nothing of the
    inputs before it but the sums that are begun (in signal processing, the transposed form of a filter).

    read: (…, time, width · unit), a product per place, unit = gates · hidden
    memory: (…, steps · unit), the sums of the steps to come, as far as they are begun
    returns (…, time, unit) and the new memory
    """
    time, unit = read.shape[-2], read.shape[-1] // layer.width
    begun = memory.shape[-1] // unit  # steps to come whose sums are begun
    sums = np.zeros((*read.shape[:-2], begun + time, unit), np.float32)
    sums[..., :begun, :] = memory.reshape(*memory.shape[:-1], begun, unit)
    for j in range(layer.width):
        start = j * layer.dilation  # what is read now counts in the window of so many steps later
        sums[..., start : start + time, :] += read[..., j * unit : (j + 1) * unit]
    return sums[..., :time, :], sums[..., time:, :].reshape(memory.shape)


#: Takes a step: W x + b, the state h, the memory and the weights → the new h, (batch, hidden), and memory.
CellStep = Callable[[Array, Array, Array, Layer], tuple[Array, Array]]


def _window_step(
    window: Callable[[Array], Array], read: Array, hidden: Array, memory: Array, layer: Layer
) -> tuple[Array, Array]:
    sums, memory = slide(read[..., None, :], memory, layer)  # (…, 1, gates · hidden)
    return window(sums[..., 0, :]), memory  # (…, hidden)


@dataclass(frozen=True)
class Cell:
    """Describe a kind of layer: its step and its requirements.

    step: from one state to the next
    gates: how many vectors of `hidden` numbers W x gives
    has_memory: a memory c goes from step to step beside the state h
    has_state_weights: the step multiplies the state, U h + c
    adds_biases: W x + b and U h + c are only ever added, so that one bias, b + c, may stand for both
    forget_gate: the place among the gates of the one that keeps the memory; its bias begins with 1
    window: without recurrence, the function of the sums over the last few inputs that each state is
    dilates: each layer's window spreads twice as far as that of the layer below
    """

    step: CellStep
    gates: int
    has_memory: bool = False
    has_state_weights: bool = True
    adds_biases: bool = True
    forget_gate: int | None = None
    window: Callable[[Array], Array] | None = None
    dilates: bool = False

    @property
    def is_recurrent(self) -> bool:
        """Tell whether each state depends on the state before it."""
        return self.window is None

    def dilation(self, number: int) -> int:
        """Count the steps between the places of a layer's window.

        number: 0 for the lowest layer.
        Where it dilates, 1, 2, 4, 8 and again 1: each layer looks twice as far back as the one below it, and after a
        few all begins anew (Oord et al. 2016, arXiv:1609.03499, figure 3 and section 2.1), which bounds what has to be
        remembered.
        """
        return 2 ** (number % 4) if self.dilates else 1


def _without_recurrence(window: Callable[[Array], Array], gates: int, *, dilates: bool = False) -> Cell:
    step = partial(_window_step, window)
    return Cell(step, gates, has_state_weights=False, window=window, dilates=dilates)


#: The kinds of layers by their names in `seqtext.config.READERS`.
CELLS = {
    "rnn": Cell(rnn_cell, gates=1),
    "gru": Cell(gru_cell, gates=3, adds_biases=False),  # c_n stands inside the product with r
    "lstm": Cell(lstm_cell, gates=4, has_memory=True, forget_gate=1),
    "mingru": Cell(mingru_cell, gates=2, has_state_weights=False),
    "feedforward": _without_recurrence(feedforward, gates=1),
    "convolution": _without_recurrence(convolution, gates=2, dilates=True),
}
