"""Deterministic and usual kernels give the same results and the same gradients."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from seqtext.training.networks import kernels
from seqtext.training.networks.kernels import cumulative_sums, max_pool


@pytest.mark.parametrize("time", [1, 2, 5, 8, 13])
@pytest.mark.parametrize("function", [cumulative_sums, lambda values: max_pool(values.transpose(1, 2), 3)])
def test_both_kinds_give_the_same(time: int, function: Callable[[Tensor], Tensor], monkeypatch) -> None:
    generator = torch.Generator().manual_seed(time)
    values = torch.rand(3, time, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    usual = function(values)
    slopes = torch.rand(usual.shape, generator=generator, dtype=torch.float64)
    way_back = torch.autograd.grad(usual, values, slopes)[0]
    monkeypatch.setattr(kernels, "_must_be_deterministic", lambda values: True)
    monkeypatch.setattr(Tensor, "cumsum", None)
    monkeypatch.setattr(torch.nn.functional, "max_pool1d", None)
    other = function(values)
    torch.testing.assert_close(other, usual, rtol=1e-12, atol=0.0)
    torch.testing.assert_close(torch.autograd.grad(other, values, slopes)[0], way_back, rtol=1e-12, atol=0.0)


def test_the_processor_keeps_the_usual_ones() -> None:
    torch.use_deterministic_algorithms(True)
    try:
        assert not kernels._must_be_deterministic(torch.ones(1))
    finally:
        torch.use_deterministic_algorithms(False)
