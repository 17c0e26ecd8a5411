"""The recurrent stack in PyTorch: its start, its dropout, its twin in NumPy."""

import pytest
import torch
from torch.nn import functional

from seqtext.config import READERS, SEQ2SEQ_CELLS
from seqtext.networks import recurrent
from seqtext.networks.cells import CELLS as RECORDS
from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.recurrent import RecurrentStack
from torch_builders import BF16, perturbed


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("cell", SEQ2SEQ_CELLS)
def test_the_stack_starts_as_it_says(cell: str) -> None:
    stack, record = RecurrentStack(cell, 5, 8, 2), RECORDS[cell]
    for layer in stack.layers:
        for gate in layer.weight_hh_l0.detach().chunk(record.gates):
            torch.testing.assert_close(gate @ gate.T, torch.eye(8), atol=1e-5, rtol=0)
        total = layer.bias_ih_l0 + layer.bias_hh_l0
        assert total.sum().item() == (0 if record.forget_gate is None else 8)
        if record.forget_gate is not None:
            assert (total.view(record.gates, 8)[record.forget_gate] == 1).all()


@pytest.mark.parametrize("cell", READERS)
def test_dropout_falls_on_the_outputs_only(cell: str) -> None:
    stack = RecurrentStack(cell, 5, 8, 1, 3)
    inputs = torch.randn(3, 4, 5, generator=generator())
    plain, dropped = stack(inputs), stack(inputs, Dropper(0.5, 1, 1, torch.arange(3), 3))
    kept = dropped != 0
    torch.testing.assert_close(dropped[kept], 2 * plain[kept])
    assert 0 < kept.float().mean() < 1


def beginnings(rows: int, time: int) -> torch.Tensor:
    """(rows, time) ids from 2 on, of which the first one is 2 or 3."""
    ids = torch.randint(2, 9, (rows, time), generator=generator(time))
    ids[:, 0] = 2 + torch.arange(rows) % 2
    return ids


@pytest.mark.parametrize("cell", READERS)
@pytest.mark.parametrize(("layers", "time"), [(1, 1), (1, 2), (2, 5)])
def test_rows_that_begin_alike_are_read_once_and_nothing_changes(cell: str, layers: int, time: int) -> None:
    stack, ids = RecurrentStack(cell, 5, 8, layers, 3), beginnings(7, time)
    table = torch.randn(9, 5, generator=generator(), requires_grad=True)
    weight = torch.randn(time + 1, 7, 8, generator=generator(1))
    learnt, read = [table, *stack.parameters()], []
    stack.layers[0].register_forward_pre_hook(lambda layer, inputs: read.append(tuple(inputs[0].shape[:2])))
    found = stack.read_texts(table, 1, ids)
    assert read == [(2, 2), (7, time - 1)][: 1 + (time > 1)]
    expected = stack(table[functional.pad(ids, (1, 0), value=1)]).transpose(0, 1)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)
    gradients = (torch.autograd.grad((states * weight).sum(), learnt) for states in (found, expected))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_rows_are_read_alone_where_dropout_differs(rate: float) -> None:
    stack, ids, table = RecurrentStack("lstm", 5, 8, 2), beginnings(7, 4), torch.randn(9, 5, generator=generator())
    first, again = (Dropper(rate, 1, 1, torch.arange(7), 7) for _ in range(2))
    expected = stack(first(table[functional.pad(ids, (1, 0), value=1)]), first).transpose(0, 1)
    torch.testing.assert_close(stack.read_texts(table, 1, ids, again), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("cell", READERS)
@pytest.mark.parametrize(("depth", "width"), [(1, 1), (1, 4), (3, 3), (6, 2)])
def test_a_stack_equals_its_steps_in_numpy(cell: str, depth: int, width: int) -> None:
    torch.manual_seed(2)
    stack, inputs = RecurrentStack(cell, 5, 8, depth, width), torch.randn(3, 20, 5)
    perturbed(stack)
    weights = {f"left.{name}": value.detach().numpy() for name, value in stack.state_dict().items()}
    shapes = recurrent.stack_shapes("left", cell, 5, 8, depth, window=width)
    assert {name: value.shape for name, value in weights.items()} == shapes
    plain = recurrent.load_stack(weights, "left", cell, depth)
    with torch.no_grad():
        expected = stack(inputs).numpy()
        first, middle = stack.read(inputs[:, :3], [None] * depth)
        second, _ = stack.read(inputs[:, 3:], middle)
    state = plain.zero(3)
    for time in range(20):
        output, state = recurrent.step(plain, inputs[:, time].numpy(), state)
        assert abs(output - expected[:, time]).max() <= 1e-5
    assert abs(torch.cat([first, second], 1).numpy() - expected).max() <= 1e-5


@BF16
def test_a_shared_beginning_learns_from_all_its_rows_in_bfloat16() -> None:
    """Summed in bfloat16, slopes would cease to count once the sum is 256 times as large as each of them."""
    torch.manual_seed(4)
    stack, ids = RecurrentStack("lstm", 16, 16, 1), torch.full((3000, 2), 2)
    gradients = []
    for low in (False, True):
        table = torch.ones(3, 16, requires_grad=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            stack.read_texts(table, 1, ids).float().sum().backward()
        gradients.append(table.grad[1])
    assert (gradients[1] - gradients[0]).norm() < 0.05 * gradients[0].norm()
