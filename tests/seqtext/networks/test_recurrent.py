"""A stack of layers: step by step as in one run, row by row as in a batch."""

import numpy as np
import pytest

from seqtext.networks.cells import CELLS
from seqtext.networks.recurrent import Stack, load_stack, reversed_positions, run, stack_shapes, step, step_from

every_cell = pytest.mark.parametrize("cell", list(CELLS))

WIDTH = 3  # of a window


def one(value: float) -> np.ndarray:
    return np.full((1, 1), value, np.float32)


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
    record = CELLS[cell]
    rows = record.gates * 6
    every = rows if record.is_recurrent else rows * WIDTH
    expected = {
        "left.layers.0.weight_ih_l0": (every, 4),
        "left.layers.0.bias_ih_l0": (rows,),
        "left.layers.1.weight_ih_l0": (every, 6),
        "left.layers.1.bias_ih_l0": (rows,),
    }
    if record.has_state_weights:
        expected |= {f"left.layers.{k}.weight_hh_l0": (rows, 6) for k in (0, 1)}
        expected |= {f"left.layers.{k}.bias_hh_l0": (rows,) for k in (0, 1)}
    assert stack_shapes("left", cell, 4, 6, 2, window=WIDTH) == expected
    zero = random_stack(cell, 4, 6, 2).zero(3)
    assert zero.hidden.shape == (3, 2, 6)
    kept = {"feedforward": 2 * 6, "convolution": 2 * 2 * 2 * 6}  # what the second layer, dilated, needs
    assert zero.memory.shape == (3, 2, kept.get(cell, 6 if record.has_memory else 0))
    assert zero.hidden.dtype == zero.memory.dtype == np.float32
