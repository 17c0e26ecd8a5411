"""Sum and pool by deterministic CUDA kernels where PyTorch has none."""

import torch
from torch import Tensor, nn


def _must_be_deterministic(values: Tensor) -> bool:
    return values.is_cuda and torch.are_deterministic_algorithms_enabled()


def cumulative_sums(values: Tensor) -> Tensor:
    """Sum up to and with each step: (rows, time, size) to the same shape.

    Where torch.cumsum would refuse: every step adds the sum that ends 1, 2, 4, … steps before (Hillis and Steele 1986).
    """
    if not _must_be_deterministic(values):
        return values.cumsum(1)
    reach = 1
    while reach < values.shape[1]:
        values = values + nn.functional.pad(values[:, :-reach], (0, 0, reach, 0))
        reach *= 2
    return values


def max_pool(values: Tensor, width: int) -> Tensor:
    """Keep the largest of every `width` steps: (rows, size, time) to (rows, size, ⌈time / width⌉).

    values: none below 0, which is put after the last step where too few are left
    """
    if not _must_be_deterministic(values):
        return nn.functional.max_pool1d(values, width, ceil_mode=True)
    padded = nn.functional.pad(values, (0, -values.shape[2] % width))
    return padded.view(*values.shape[:2], -1, width).max(3).values
