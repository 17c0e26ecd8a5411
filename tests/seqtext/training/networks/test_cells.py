"""Cells of our own in PyTorch against their equations."""

import pytest
import torch

from seqtext.training.networks.cells import MinGRU


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
