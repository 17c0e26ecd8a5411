"""Cells of our own in PyTorch against their equations."""

import pytest
import torch

from seqtext import config
from seqtext.networks import cells
from seqtext.training.networks.cells import CELLS, MinGRU


def test_every_cell_learns_and_those_of_a_translator_take_a_step() -> None:
    assert tuple(CELLS) == tuple(cells.CELLS)
    assert tuple(name for name, cell in CELLS.items() if cell.step is not None) == config.SEQ2SEQ_CELLS


@pytest.mark.parametrize("name", config.SEQ2SEQ_CELLS)
def test_a_step_is_one_of_torch(name: str) -> None:
    torch.manual_seed(3)
    layer = CELLS[name].layer(5, 4, batch_first=True)
    inputs, hidden = torch.randn(3, 1, 5), torch.randn(1, 3, 4)
    memory = torch.randn(1, 3, 4)
    has_memory = cells.CELLS[name].has_memory
    expected, end = layer(inputs, (hidden, memory) if has_memory else hidden)
    read = inputs[:, 0] @ layer.weight_ih_l0.T + layer.bias_ih_l0
    recurrent = hidden[0] @ layer.weight_hh_l0.T + layer.bias_hh_l0
    found, after = CELLS[name].step(read, recurrent, hidden[0], memory[0])
    assert torch.allclose(found, expected[:, 0], atol=1e-6)
    assert torch.allclose(after, end[1][0] if has_memory else memory[0], atol=1e-6)


@pytest.mark.parametrize("time", [1, 7])
def test_mingru_blends_as_its_equation_says(time: int) -> None:
    torch.manual_seed(2)
    layer = MinGRU(5, 4)
    torch.nn.init.normal_(layer.weight_ih_l0)
    torch.nn.init.normal_(layer.bias_ih_l0)
    inputs, start = torch.randn(3, time, 5, requires_grad=True), torch.randn(1, 3, 4, requires_grad=True)
    weight = torch.randn(3, time, 4)
    found, last = layer(inputs, start)
    (found * weight).sum().backward()
    gradients = [part.grad.clone() for part in (inputs, start, layer.weight_ih_l0, layer.bias_ih_l0)]
    for part in (inputs, start, layer.weight_ih_l0, layer.bias_ih_l0):
        part.grad = None
    state, steps = start[0], []
    for step in range(time):
        read = inputs[:, step] @ layer.weight_ih_l0.T + layer.bias_ih_l0
        update, candidate = torch.sigmoid(read[:, :4]), read[:, 4:]
        state = (1 - update) * state + update * candidate
        steps.append(state)
    expected = torch.stack(steps, 1)
    (expected * weight).sum().backward()
    assert torch.allclose(found, expected, atol=1e-6)
    assert torch.allclose(last[0], expected[:, -1], atol=1e-6)
    for gradient, part in zip(gradients, (inputs, start, layer.weight_ih_l0, layer.bias_ih_l0), strict=True):
        assert torch.allclose(gradient, part.grad, atol=1e-5)
