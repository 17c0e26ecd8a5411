"""Convolve and pool over time in NumPy."""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from seqtext.networks.cells import Array


def conv1d(
    inputs: Array,
    filters: Array,
    bias: Array | None = None,
    *,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
) -> Array:
    """Convolve over time by cross-correlation: y_t = b + Σ_k f_k · x_{t·stride + k·dilation}.

    inputs: (batch, time, size); filters: (filters, width, size); bias: (filters,); padding: zeros before and after
    returns (batch, steps, filters), steps = (time + padding − dilation · (width − 1) − 1) // stride + 1

    >>> x, f = np.array([1, 3, 0, 1, 2], np.float32), np.array([-1, 2, -1], np.float32)
    >>> conv1d(x[None, :, None], f[None, :, None])[0, :, 0].tolist()  # −1·1 + 2·3 − 1·0 = 5, …
    [5.0, -4.0, 0.0]
    >>> conv1d(x[None, :, None], f[None, :, None], stride=2, padding=1)[0, :, 0].tolist()
    [-1.0, -4.0, 3.0]
    >>> conv1d(x[None, :, None], f[None, :, None], dilation=2)[0, :, 0].tolist()  # −1·1 + 2·0 − 1·2
    [-3.0]
    """
    before, after = (padding, padding) if isinstance(padding, int) else padding
    count, width, size = filters.shape
    padded = np.pad(inputs, ((0, 0), (before, after), (0, 0))) if before or after else inputs  # (batch, …, size)
    windows = sliding_window_view(padded, dilation * (width - 1) + 1, 1)  # (batch, …, size, span)
    windows = windows[:, ::stride, :, ::dilation]  # (batch, steps, size, width)

    # One product of two matrices: a product for each text takes 1.6 times as long.
    batch, steps = windows.shape[:2]
    flat = windows.transpose(0, 1, 3, 2).reshape(batch * steps, width * size)  # (batch · steps, width · size)
    result: Array = (flat @ filters.reshape(count, width * size).T).reshape(batch, steps, count)
    return result if bias is None else result + bias


def pool1d(inputs: Array, width: int, stride: int | None = None, kind: str = "max") -> Array:
    """Pool each window over time to its largest or its average.

    inputs: (batch, time, size); kind: max or average; stride: without one, windows stand side by side
    returns (batch, (time − width) // stride + 1, size)

    >>> x = np.array([1, 3, 0, 1, 2], np.float32)[None, :, None]
    >>> pool1d(x, 2)[0, :, 0].tolist(), pool1d(x, 2, stride=1, kind="average")[0, :, 0].tolist()
    ([3.0, 1.0], [2.0, 1.5, 0.5, 1.5])
    """
    windows = sliding_window_view(inputs, width, 1)[:, :: stride or width]  # (batch, steps, size, width)
    result: Array = windows.max(-1) if kind == "max" else windows.mean(-1)
    return result


def same(width: int, dilation: int = 1) -> tuple[int, int]:
    """Count the zeros before and after a text that keep its length.

    A convolution then gives as many steps as it reads; with a stride of s, every s-th of them.

    >>> same(3), same(4), same(3, dilation=2)
    ((1, 1), (1, 2), (2, 2))
    """
    span = dilation * (width - 1)
    return span // 2, span - span // 2


def conv1d_same(inputs: Array, filters: Array, bias: Array, stride: int, dilation: int) -> Array:
    """Convolve as `conv1d` does, with the padding `same`: (batch, time, size) → (batch, ⌈time / stride⌉, filters)."""
    padding = same(filters.shape[1], dilation)
    return conv1d(inputs, filters, bias, stride=stride, padding=padding, dilation=dilation)


def max_pool(states: Array, width: int) -> Array:
    """Keep the largest of every `width` steps: (batch, time, size) → (batch, ⌈time / width⌉, size).

    states: none below 0, which is put after the last step where too few are left
    """
    if width == 1:
        return states
    return pool1d(np.pad(states, ((0, 0), (0, -states.shape[1] % width), (0, 0))), width)


def filter_table(filters: Array, vectors: Array) -> Array:
    """Multiply vectors by each position of filters, f_k · x.

    filters: (filters, width, size); vectors: (entries, size); returns (entries, width · filters)
    """
    by_place = filters.transpose(1, 0, 2)  # (width, filters, size)
    return vectors @ by_place.reshape(-1, filters.shape[2]).T


def conv1d_of_entries(
    table: Array, ids: NDArray[np.integer], mask: NDArray[np.bool_], bias: Array, stride: int = 1, dilation: int = 1
) -> Array:
    """Convolve texts by summing products looked up in a table.

    table: (entries, width · filters) of `filter_table`, the last entry for a vector of zeros
    ids: (batch, time) indices of entries; mask: (batch, time), True at real tokens; bias: (filters,)
    returns (batch, steps, filters), as many steps as `conv1d` gives with the padding `same`
    """
    count, time, zeros = len(bias), ids.shape[1], len(table) - 1
    width = table.shape[1] // count
    products = table.reshape(-1, count)  # that of entry e and place k stands at e · width + k
    real = np.where(mask, ids, zeros)
    real = np.pad(real, ((0, 0), same(width, dilation)), constant_values=zeros) * width

    sums: Array = products.take(real[:, :time:stride], 0)  # (batch, steps, filters)
    for k in range(1, width):
        start = k * dilation
        sums += products.take(real[:, start : start + time : stride] + k, 0)
    sums += bias
    return sums


def filter_shapes(prefix: str, count: int, layers: Sequence[tuple[Sequence[int], int]]) -> dict[str, tuple[int, ...]]:
    """List the filters and biases of convolution layers, with PyTorch's shapes.

    count: filters of each width; layers: the widths of each, and the size of its input
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for number, (widths, size) in enumerate(layers):
        for width in widths:
            shapes[f"{prefix}.{number}.{width}.weight"] = (count, size, width)
            shapes[f"{prefix}.{number}.{width}.bias"] = (count,)
    return shapes


def relu(sums: Array) -> Array:
    """Rectify an array in place, max(0, x) (Nair and Hinton 2010)."""
    np.maximum(sums, np.float32(0.0), out=sums)
    return sums
