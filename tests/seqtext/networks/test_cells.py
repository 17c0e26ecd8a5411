"""Cells and windows against numbers worked out by hand."""

import math

import numpy as np
import pytest

from seqtext.networks.cells import CELLS, Layer, State, log_softmax, sigmoid
from seqtext.networks.recurrent import Stack, load_stack, run, step


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def layer_of(gates: list[tuple[float, float, float, float]]) -> Layer:
    """One unit: for each gate its input weight, recurrent weight, input bias and recurrent bias."""
    columns = np.array(gates, np.float32).T
    return Layer(columns[0][:, None], columns[1][:, None], columns[2], columns[3])


def one(value: float) -> np.ndarray:
    return np.full((1, 1), value, np.float32)


def test_rnn_by_hand() -> None:
    """Expected: h' = tanh(2·0.5 + 0.1 + 3·0.2 − 0.4) = tanh(1.3) = 0.86172316."""
    stack = Stack(CELLS["rnn"], (layer_of([(2, 3, 0.1, -0.4)]),))
    output, after = step(stack, one(0.5), State(one(0.2)[:, None], np.zeros((1, 1, 0), np.float32)))
    assert output[0, 0] == pytest.approx(0.86172316, abs=1e-6)
    assert after.hidden.tolist() == [[[output[0, 0]]]]
    assert after.memory.shape == (1, 1, 0)


def test_gru_by_hand() -> None:
    """Given x = 1, h = 0.5. The recurrent bias of n stands inside the product with r: 0.7·r, not 0.7."""
    stack = Stack(CELLS["gru"], (layer_of([(0.2, 0.4, 0.1, 0.3), (-0.5, 1.0, 0.2, 0.1), (0.6, 0.8, -0.1, 0.7)]),))
    reset = logistic(0.2 + 0.4 * 0.5 + 0.1 + 0.3)  # σ(0.8) = 0.68997448
    update = logistic(-0.5 + 1.0 * 0.5 + 0.2 + 0.1)  # σ(0.3) = 0.57444252
    new = math.tanh(0.6 - 0.1 + reset * (0.8 * 0.5 + 0.7))  # tanh(1.25897193) = 0.8507
    assert (reset, update) == pytest.approx((0.68997448, 0.57444252), abs=1e-7)
    output, _ = step(stack, one(1), State(one(0.5)[:, None], np.zeros((1, 1, 0), np.float32)))
    assert output[0, 0] == pytest.approx((1 - update) * new + update * 0.5, abs=1e-6)
    assert output[0, 0] == pytest.approx(0.64927, abs=1e-4)


def test_lstm_by_hand() -> None:
    """Given x = 1, h = 0.5, c = −0.2; the gates are stacked i f g o."""
    gates = [(0.2, 0.4, 0.1, 0.3), (1.0, -1.0, 0.5, 0.0), (0.6, 0.8, -0.1, 0.7), (-0.5, 1.0, 0.2, 0.1)]
    stack = Stack(CELLS["lstm"], (layer_of(gates),))
    entry, forget, output = logistic(0.8), logistic(1.0), logistic(0.3)
    memory = forget * -0.2 + entry * math.tanh(1.6)  # 0.73106·−0.2 + 0.68997·0.92167 = 0.48971
    found, after = step(stack, one(1), State(one(0.5)[:, None], one(-0.2)[:, None]))
    assert after.memory[0, 0, 0] == pytest.approx(memory, abs=1e-6)
    assert after.memory[0, 0, 0] == pytest.approx(0.48971, abs=1e-4)
    assert found[0, 0] == pytest.approx(output * math.tanh(memory), abs=1e-6)


def test_mingru_by_hand() -> None:
    """Given x = 2, h = 0.5: z = σ(0.3·2 + 0.2) = σ(0.8) = 0.68997448, c = −1.5·2 + 0.4 = −2.6, which stays linear."""
    weights = {"left.layers.0.weight_ih_l0": np.array([[0.3], [-1.5]], np.float32)}
    weights["left.layers.0.bias_ih_l0"] = np.array([0.2, 0.4], np.float32)
    stack = load_stack(weights, "left", "mingru", 1)
    output, after = step(stack, one(2), State(one(0.5)[:, None], np.zeros((1, 1, 0), np.float32)))
    assert output[0, 0] == pytest.approx((1 - 0.68997448) * 0.5 + 0.68997448 * -2.6, abs=1e-6)
    assert after.hidden.tolist() == [[[output[0, 0]]]]


def window_of(cell: str, weight: list[float], bias: list[float], layers: int = 1) -> Stack:
    """Layers of one unit, each with the same weights: the gates of the newest place first."""
    part = {"weight_ih_l0": np.array(weight, np.float32)[:, None], "bias_ih_l0": np.array(bias, np.float32)}
    weights = {f"left.layers.{k}.{name}": value for k in range(layers) for name, value in part.items()}
    return load_stack(weights, "left", cell, layers)


def read_numbers(stack: Stack, numbers: list[float]) -> list[float]:
    inputs = np.array(numbers, np.float32)[None, :, None]
    return run(stack, inputs, stack.zero(1))[0][0, :, 0].tolist()


def test_feedforward_by_hand() -> None:
    """Given h_t = relu(2 x_t − x_{t−1} + 3 x_{t−2} − 1) over 1 2 3 −4: 2−1, 4−1−1, 6−2+3−1, −8−3+6−1 < 0."""
    assert read_numbers(window_of("feedforward", [2, -1, 3], [-1]), [1, 2, 3, -4]) == [1, 2, 6, 0]


def test_convolution_by_hand() -> None:
    """Given c_t = x_t + 10 x_{t−1} + 0.5 and g_t = −x_t + 2 x_{t−1}; h_t = c_t σ(g_t)."""
    found = read_numbers(window_of("convolution", [1, -1, 10, 2], [0.5, 0]), [1, 2, 3])
    assert found == pytest.approx([1.5 * logistic(-1), 12.5 * logistic(0), 23.5 * logistic(1)], rel=1e-6)


def test_dilation_begins_anew() -> None:
    assert [CELLS["convolution"].dilation(k) for k in range(6)] == [1, 2, 4, 8, 1, 2]
    assert [CELLS["feedforward"].dilation(k) for k in range(6)] == [1] * 6


def test_sigmoid_does_not_overflow() -> None:
    x = np.array([-1e30, -100, -2, 0, 1, 100, 1e30], np.float32)
    with np.errstate(all="raise"):
        found = sigmoid(x)
    expected = [0, 0, logistic(-2), 0.5, logistic(1), 1, 1]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.dtype == np.float32


def test_log_softmax() -> None:
    scores = np.array([[1e4, 1e4, -1e4], [0, math.log(2), math.log(5)]], np.float32)
    with np.errstate(over="raise", invalid="raise"):
        found = log_softmax(scores)
    np.testing.assert_allclose(np.exp(found), [[0.5, 0.5, 0], [1 / 8, 2 / 8, 5 / 8]], atol=1e-6)
    np.testing.assert_allclose(log_softmax(scores[1] + 7), found[1], atol=1e-5)
