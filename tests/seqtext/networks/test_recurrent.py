"""The cells and windows against numbers worked out by hand, and the same numbers step by step as in one run."""

import math
from time import sleep

import numpy as np
import pytest

from seqtext.networks import threads
from seqtext.networks.cells import CELLS, GATES, STEPS, WINDOWS, Layer, State, dilation, log_softmax, sigmoid
from seqtext.networks.recurrent import Stack, load_stack, reversed_positions, run, stack_shapes, step, step_from

every_cell = pytest.mark.parametrize("cell", list(STEPS))
WIDTH = 3  # of a window


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
    stack = Stack("rnn", (layer_of([(2, 3, 0.1, -0.4)]),))
    output, after = step(stack, one(0.5), State(one(0.2)[:, None], np.zeros((1, 1, 0), np.float32)))
    assert output[0, 0] == pytest.approx(0.86172316, abs=1e-6)
    assert after.hidden.tolist() == [[[output[0, 0]]]]
    assert after.memory.shape == (1, 1, 0)


def test_gru_by_hand() -> None:
    """Given x = 1, h = 0.5. The recurrent bias of n stands inside the product with r: 0.7·r, not 0.7."""
    stack = Stack("gru", (layer_of([(0.2, 0.4, 0.1, 0.3), (-0.5, 1.0, 0.2, 0.1), (0.6, 0.8, -0.1, 0.7)]),))
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
    stack = Stack("lstm", (layer_of(gates),))
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


@pytest.mark.parametrize(("cell", "layers", "reach"), [
    ("feedforward", 1, 3), ("feedforward", 3, 7), ("convolution", 1, 3), ("convolution", 3, 15), ("convolution", 5, 33),
])  # fmt: skip
def test_a_window_reaches_so_far_back_and_no_further(cell: str, layers: int, reach: int) -> None:
    stack = random_stack(cell, 4, 6, layers)
    inputs = np.zeros((1, 50, 4), np.float32)
    touched = inputs.copy()
    touched[:, 5] = 1.0
    before, after = (run(stack, one, stack.zero(1))[0][0] for one in (inputs, touched))
    changed = np.flatnonzero((before != after).any(-1))
    assert (changed.min(), changed.max()) == (5, 5 + reach - 1)


def test_dilation_begins_anew() -> None:
    assert [dilation("convolution", k) for k in range(6)] == [1, 2, 4, 8, 1, 2]
    assert [dilation("feedforward", k) for k in range(6)] == [1] * 6


def test_texts_are_read_backwards_and_padding_stays() -> None:
    lengths = np.array([4, 1, 0, 3])
    found = reversed_positions(lengths, 4)
    assert found.tolist() == [[3, 2, 1, 0], [0, 1, 2, 3], [0, 1, 2, 3], [2, 1, 0, 3]]
    again = np.take_along_axis(found, found, 1)
    assert (again == np.arange(4)).all()


def random_stack(cell: str, size: int, hidden: int, layers: int) -> Stack:
    random = np.random.default_rng(5)
    shapes = stack_shapes("left", cell, size, hidden, layers, window=WIDTH)
    weights = {name: random.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}
    return load_stack(weights, "left", cell, layers)


@every_cell
@pytest.mark.parametrize("layers", [1, 2])
def test_a_first_product_may_be_looked_up(cell: str, layers: int) -> None:
    stack = random_stack(cell, 4, 6, layers)
    inputs = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    _, state = step(stack, inputs, stack.zero(5))
    table = inputs @ stack.layers[0].weight_ih.T + stack.layers[0].bias_ih
    rows = np.array([3, 0, 3])
    expected, end = step(stack, inputs[rows], state.take(rows))
    found, after = step_from(stack, table[rows], state.take(rows))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(after.hidden, end.hidden, atol=1e-6)
    np.testing.assert_allclose(after.memory, end.memory, atol=1e-6)


@every_cell
@pytest.mark.parametrize("layers", [1, 2])
def test_a_row_alone_needs_no_batch(cell: str, layers: int) -> None:
    stack = random_stack(cell, 4, 6, layers)
    inputs = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    _, state = step(stack, inputs, stack.zero(5))
    expected, end = step(stack, inputs[::-1], state)
    read = inputs[::-1] @ stack.layers[0].weight_ih.T + stack.layers[0].bias_ih
    for row in range(5):
        before = read[row].copy()
        for found, after in (
            step(stack, inputs[4 - row], state.take(row)),
            step_from(stack, read[row], state.take(row)),
        ):
            assert found.shape == (6,)
            assert found.dtype == after.hidden.dtype == np.float32
            np.testing.assert_allclose(found, expected[row], atol=1e-6)
            np.testing.assert_allclose(after.hidden, end.hidden[row], atol=1e-6)
            np.testing.assert_allclose(after.memory, end.memory[row], atol=1e-6)
        np.testing.assert_array_equal(read[row], before)  # it may stand in a table


@every_cell
@pytest.mark.parametrize("layers", [1, 3])
def test_steps_equal_a_run(cell: str, layers: int) -> None:
    stack = random_stack(cell, 4, 6, layers)
    inputs = np.random.default_rng(1).normal(size=(3, 7, 4)).astype(np.float32)
    outputs, end = run(stack, inputs, stack.zero(3))
    assert outputs.shape == (3, 7, 6)
    state = stack.zero(3)
    for time in range(7):
        output, state = step(stack, inputs[:, time], state)
        np.testing.assert_allclose(output, outputs[:, time], atol=1e-6)
    np.testing.assert_allclose(state.hidden, end.hidden, atol=1e-6)
    np.testing.assert_allclose(state.memory, end.memory, atol=1e-6)
    np.testing.assert_array_equal(end.hidden[:, -1], outputs[:, -1])
    first, middle = run(stack, inputs[:, :3], stack.zero(3))
    second, last = run(stack, inputs[:, 3:], middle)
    np.testing.assert_allclose(np.concatenate([first, second], 1), outputs, atol=1e-6)
    np.testing.assert_allclose(last.hidden, end.hidden, atol=1e-6)


@every_cell
def test_rows_do_not_mix_and_can_be_reordered(cell: str) -> None:
    stack = random_stack(cell, 4, 6, 2)
    inputs = np.random.default_rng(1).normal(size=(3, 5, 4)).astype(np.float32)
    outputs, end = run(stack, inputs, stack.zero(3))
    rows = np.array([2, 0, 0])
    again, after = run(stack, inputs[rows], stack.zero(3).take(rows))
    np.testing.assert_allclose(again, outputs[rows], atol=1e-6)
    np.testing.assert_allclose(after.memory, end.take(rows).memory, atol=1e-6)
    np.testing.assert_array_equal(end.take(rows).hidden, end.hidden[[2, 0, 0]])


@every_cell
def test_a_later_input_changes_no_earlier_output(cell: str) -> None:
    stack = random_stack(cell, 4, 6, 2)
    inputs = np.random.default_rng(1).normal(size=(1, 6, 4)).astype(np.float32)
    changed = inputs.copy()
    changed[:, 3] += 1
    before, after = (run(stack, one, stack.zero(1))[0] for one in (inputs, changed))
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert (np.abs(before[:, 3:] - after[:, 3:]).max(-1) > 1e-5).all()


@every_cell
def test_reading_nothing_keeps_the_state(cell: str) -> None:
    stack = random_stack(cell, 4, 6, 2)
    _, state = run(stack, np.ones((2, 3, 4), np.float32), stack.zero(2))
    outputs, after = run(stack, np.ones((2, 0, 4), np.float32), state)
    assert outputs.shape == (2, 0, 6)
    np.testing.assert_array_equal(after.hidden, state.hidden)


@every_cell
def test_shapes(cell: str) -> None:
    rows = GATES[cell] * 6
    every = rows * WIDTH if cell in WINDOWS else rows
    expected = {
        "left.layers.0.weight_ih_l0": (every, 4),
        "left.layers.0.bias_ih_l0": (rows,),
        "left.layers.1.weight_ih_l0": (every, 6),
        "left.layers.1.bias_ih_l0": (rows,),
    }
    if cell in CELLS and cell != "mingru":  # its gates see no state
        expected |= {f"left.layers.{k}.weight_hh_l0": (rows, 6) for k in (0, 1)}
        expected |= {f"left.layers.{k}.bias_hh_l0": (rows,) for k in (0, 1)}
    assert stack_shapes("left", cell, 4, 6, 2, window=WIDTH) == expected
    zero = random_stack(cell, 4, 6, 2).zero(3)
    assert zero.hidden.shape == (3, 2, 6)
    kept = {"lstm": 6, "feedforward": 2 * 6, "convolution": 2 * 2 * 2 * 6}  # what the second layer, dilated, needs
    assert zero.memory.shape == (3, 2, kept.get(cell, 0))
    assert zero.hidden.dtype == zero.memory.dtype == np.float32


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


def test_one_thread_gives_back_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        threads = 7

        def get_num_threads(self) -> int:
            return self.threads

        def set_num_threads(self, threads: int) -> None:
            self.threads = threads

    libraries = (Library(), Library())
    libraries[1].threads = 1
    monkeypatch.setattr(threads, "_libraries", lambda: libraries)
    with threads.one_thread(), threads.one_thread():
        assert [library.threads for library in libraries] == [1, 1]
    assert [library.threads for library in libraries] == [7, 1]
    with pytest.raises(ZeroDivisionError), threads.one_thread():
        1 / 0  # noqa: B018
    assert libraries[0].threads == 7


def test_blas_is_found() -> None:
    before = [library.get_num_threads() for library in threads._libraries()]
    with threads.one_thread():
        assert all(library.get_num_threads() == 1 for library in threads._libraries())
    assert [library.get_num_threads() for library in threads._libraries()] == before


def test_groups_are_answered_in_their_order_with_one_thread_each() -> None:
    def answer(group: int) -> tuple[int, set[int]]:
        sleep(0.01 * (5 - group))  # the first is done last
        return group, {library.get_num_threads() for library in threads._libraries()}

    before = [library.get_num_threads() for library in threads._libraries()]
    for count in (0, 1, 5):
        found = threads.side_by_side(answer, range(count))
        assert [group for group, _ in found] == list(range(count))
        assert count < 2 or set().union(*(threads for _, threads in found)) <= {1}
    assert [library.get_num_threads() for library in threads._libraries()] == before


def test_a_fault_in_a_group_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        threads.side_by_side(lambda group: 1 // group, [1, 0, 2])
