"""Filters in NumPy: convolution and pooling against sums and windows written out."""

import doctest
import itertools

import numpy as np
import pytest

from seqtext.networks import filters as filters_module
from seqtext.networks.filters import conv1d, conv1d_of_entries, filter_table, max_pool, pool1d, same


def test_examples() -> None:
    found = doctest.testmod(filters_module)
    assert (found.failed, found.attempted > 5) == (0, True)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 2, (0, 1)])
@pytest.mark.parametrize("dilation", [1, 2])
def test_a_convolution_is_the_sum_that_it_says(stride: int, padding: int, dilation: int) -> None:
    draw = np.random.default_rng(1)
    inputs, filters = draw.normal(size=(2, 9, 3)).astype(np.float32), draw.normal(size=(4, 3, 3)).astype(np.float32)
    bias = draw.normal(size=4).astype(np.float32)
    before, after = (padding, padding) if isinstance(padding, int) else padding
    padded = np.pad(inputs, ((0, 0), (before, after), (0, 0)))
    steps = (padded.shape[1] - dilation * 2 - 1) // stride + 1
    expected = np.zeros((2, steps, 4))
    for t, k in itertools.product(range(steps), range(3)):
        expected[:, t] += padded[:, t * stride + k * dilation] @ filters[:, k].T
    found = conv1d(inputs, filters, bias, stride=stride, padding=padding, dilation=dilation)
    assert np.allclose(found, expected + bias, atol=1e-5)


def test_pooling_over_windows() -> None:
    inputs = np.arange(6, dtype=np.float32).reshape(1, 6, 1)
    assert pool1d(inputs, 3)[0, :, 0].tolist() == [2.0, 5.0]
    assert pool1d(inputs, 3, stride=2, kind="average")[0, :, 0].tolist() == [1.0, 3.0]


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 3), (3, 2)])
def test_products_that_are_looked_up_are_a_convolution(stride: int, dilation: int) -> None:
    draw = np.random.default_rng(4)
    vectors = np.concatenate([draw.normal(size=(5, 3)), np.zeros((1, 3))]).astype(np.float32)
    filters, bias = draw.normal(size=(4, 3, 3)).astype(np.float32), draw.normal(size=4).astype(np.float32)
    ids, mask = draw.integers(0, 5, (2, 8)), np.arange(8) < np.array([[8], [5]])
    found = conv1d_of_entries(filter_table(filters, vectors), ids, mask, bias, stride, dilation)
    inputs = vectors[np.where(mask, ids, 5)]
    expected = conv1d(inputs, filters, bias, stride=stride, padding=same(3, dilation), dilation=dilation)
    assert np.allclose(found, expected, atol=1e-5)


def test_the_largest_of_a_rest_is_kept() -> None:
    states = np.array([1, 3, 0, 1, 2], np.float32)[None, :, None]
    assert max_pool(states, 2)[0, :, 0].tolist() == [3.0, 1.0, 2.0]
    assert max_pool(states, 1) is states
