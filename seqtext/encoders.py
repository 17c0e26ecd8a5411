"""Encoders in NumPy: the ladder from a bag of words to gated recurrence, one contract for all rungs.

    vectors (batch, time, size), mask (batch, time) → states (batch, time, features), then one of the poolings

Padding changes nothing: no state of a real token depends on it, no pooling looks at it. The rungs:

* bag          h_t = x_t. A mean of such states is the same in whatever order the tokens come (Iyyer et al. 2015,
               P15-1162). With hashed pairs of neighbours (Joulin et al. 2017, arXiv:1607.01759) it sees their order.
* feedforward  h_t = relu(W [x_{t−k}; …; x_{t+k}] + b), the window of Collobert et al. 2011, arXiv:1103.0398
* convolution  the same for several widths side by side (Kim 2014, arXiv:1408.5882), see `conv1d`
* rnn, gru, lstm, mingru   see `seqtext.layers`. W x + U h is the same map as [W U] [x; h]: two ways of writing it.

`seqtext.training.encoders` learns the weights, with the same names.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from seqtext import layers
from seqtext.config import ClassifyConfig
from seqtext.layers import Array

_LOWEST = np.float32(-1e30)  # a score that no softmax and no maximum sees


def conv1d(
    inputs: Array,
    filters: Array,
    bias: Array | None = None,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
) -> Array:
    """One-dimensional convolution, as networks call it: y_t = b + Σ_k f_k · x_{t·stride + k·dilation}.

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
    padded = np.pad(inputs, ((0, 0), (before, after), (0, 0))) if before or after else inputs
    windows = sliding_window_view(padded, dilation * (width - 1) + 1, 1)[:, ::stride, :, ::dilation]
    batch, steps = windows.shape[:2]  # (batch, steps, size, width)
    flat = windows.transpose(0, 1, 3, 2).reshape(batch * steps, width * size)
    result: Array = (flat @ filters.reshape(count, width * size).T).reshape(batch, steps, count)
    return result if bias is None else result + bias


def pool1d(inputs: Array, width: int, stride: int | None = None, kind: str = "max") -> Array:
    """The largest or the average of each window: (batch, time, size) → (batch, (time − width) // stride + 1, size).

    kind: max or average; stride: without one, windows stand side by side

    >>> x = np.array([1, 3, 0, 1, 2], np.float32)[None, :, None]
    >>> pool1d(x, 2)[0, :, 0].tolist(), pool1d(x, 2, stride=1, kind="average")[0, :, 0].tolist()
    ([3.0, 1.0], [2.0, 1.5, 0.5, 1.5])
    """
    windows = sliding_window_view(inputs, width, 1)[:, :: stride or width]  # (batch, steps, size, width)
    result: Array = windows.max(-1) if kind == "max" else windows.mean(-1)
    return result


def pair_buckets(ids: NDArray[np.int64], buckets: int) -> NDArray[np.int64]:
    """The bucket of each token with the token before it, (batch, time); the first of a row has 0 before it.

    A product with an odd number spreads the pairs over the buckets (Knuth 1973, 6.4).
    """
    before = np.pad(ids[:, :-1], ((0, 0), (1, 0)))
    mixed = (before.astype(np.uint64) * np.uint64(0x9E3779B1) + ids.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
    return ((mixed >> np.uint64(20)) % np.uint64(buckets)).astype(np.int64)


def same(width: int) -> tuple[int, int]:
    """The padding with which a convolution gives as many steps as it reads."""
    return (width - 1) // 2, width // 2


def features(config: ClassifyConfig) -> int:
    """The size of a state."""
    if config.encoder == "bag":
        return config.embedding
    if config.encoder == "convolution":
        return config.hidden * len(config.filter_widths)
    return config.hidden * (2 if config.encoder != "feedforward" and config.direction == "both" else 1)


class Encoder:
    """An encoder and its poolings, with the weights of a model."""

    def __init__(self, config: ClassifyConfig, weights: Mapping[str, Array]) -> None:
        self.config, self._weights = config, weights
        self._stacks = {side: self._stack(side) for side in sides(config)}

    def _stack(self, side: str) -> layers.Stack:
        return layers.load_stack(self._weights, f"encoder.{side}", self.config.encoder, self.config.layers)

    def __call__(self, vectors: Array, mask: NDArray[np.bool_]) -> Array:
        """vectors: (batch, time, size); mask: (batch, time), True at real tokens. (batch, features · poolings)."""
        states = self.states(vectors, mask)
        return np.concatenate([self.pool(states, mask, kind) for kind in self.config.poolings], 1)

    def states(self, vectors: Array, mask: NDArray[np.bool_]) -> Array:
        """(batch, time, size) → (batch, time, features); what stands at padding means nothing."""
        encoder = self.config.encoder
        if encoder == "bag":
            return vectors
        if encoder in ("feedforward", "convolution"):
            for number in range(self.config.layers):
                vectors = vectors * mask[:, :, None]
                vectors = np.concatenate([self._convolved(vectors, number, width) for width in self._widths(number)], 2)
                np.maximum(vectors, 0.0, out=vectors)
            return vectors
        found = []
        for side, stack in self._stacks.items():
            turned = _turn(vectors, mask) if side == "right" else vectors
            states = layers.run(stack, turned, stack.zero(len(vectors)))[0]
            found.append(_turn(states, mask) if side == "right" else states)
        return found[0] if len(found) == 1 else np.concatenate(found, 2)

    def _widths(self, number: int) -> tuple[int, ...]:
        return filter_widths(self.config, number)

    def _convolved(self, vectors: Array, number: int, width: int) -> Array:
        place = f"encoder.filters.{number}.{width}"
        filters = self._weights[f"{place}.weight"].transpose(0, 2, 1)  # stored as PyTorch has them
        return conv1d(vectors, filters, self._weights[f"{place}.bias"], padding=same(width))

    def pool(self, states: Array, mask: NDArray[np.bool_], kind: str) -> Array:
        """(batch, time, features) → (batch, features); a row without real tokens gives zeros."""
        real = mask[:, :, None]
        some = mask.any(1, keepdims=True)
        if kind == "max":
            highest: Array = np.where(real, states, _LOWEST).max(1)
            return np.where(some, highest, np.float32(0))
        if kind == "mean":
            result: Array = (states * real).sum(1) / np.maximum(real.sum(1), 1).astype(np.float32)
            return result
        if kind == "last":
            rows, last = np.arange(len(states)), np.maximum(mask.sum(1) - 1, 0)
            found = states[rows, last]
            if "right" in self._stacks:  # it ends at the first token
                half = self.config.hidden * (len(self._stacks) - 1)
                found = np.concatenate([found[:, :half], states[:, 0, half:]], 1)
            return np.where(some, found, np.float32(0))
        seen: Array = (self.attention(states, mask)[:, :, None] * states * real).sum(1)
        return seen

    def attention(self, states: Array, mask: NDArray[np.bool_]) -> Array:
        """How much each token counts, (batch, time): softmax(v · tanh(A h_t + b)) (Yang et al. 2016, N16-1174)."""
        w = self._weights
        scores = np.tanh(states @ w["encoder.look.weight"].T + w["encoder.look.bias"]) @ w["encoder.looked"]
        scores = np.where(mask, scores, _LOWEST)
        result: Array = np.exp(layers.log_softmax(scores)) * mask
        return result


def sides(config: ClassifyConfig) -> tuple[str, ...]:
    """The stacks of a recurrent encoder: left reads forwards, right backwards; none of the others."""
    if config.encoder not in layers.CELLS:
        return ()
    return {"forward": ("left",), "backward": ("right",), "both": ("left", "right")}[config.direction]


def filter_widths(config: ClassifyConfig, number: int) -> tuple[int, ...]:
    """The widths of a layer; the further layers of a feed-forward network see no neighbours."""
    if config.encoder == "convolution":
        return config.filter_widths
    return (config.window,) if number == 0 else (1,)


def _turn(values: Any, mask: NDArray[np.bool_]) -> Any:
    """(batch, time, size) with the real tokens of each row in the opposite order, what is padding left where it is."""
    steps = np.arange(mask.shape[1])
    places = np.where(mask, mask.sum(1)[:, None] - 1 - steps, steps)
    return values[np.arange(len(values))[:, None], places]


def expected_shapes(config: ClassifyConfig, vocabulary: int, labels: int) -> dict[str, tuple[int, ...]]:
    """Every array of a classifier's weights and its shape."""
    size, hidden, width = config.embedding, config.hidden, features(config)
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (vocabulary, size)}
    if config.pairs:
        shapes["pairs.weight"] = (config.pairs, size)
    for side in sides(config):
        shapes |= layers.stack_shapes(f"encoder.{side}", config.encoder, size, hidden, config.layers)
    for number in range(config.layers if config.encoder in ("feedforward", "convolution") else 0):
        for one in filter_widths(config, number):
            shapes[f"encoder.filters.{number}.{one}.weight"] = (hidden, size if number == 0 else width, one)
            shapes[f"encoder.filters.{number}.{one}.bias"] = (hidden,)
    if "attention" in config.poolings:
        shapes |= {
            "encoder.look.weight": (width, width), "encoder.look.bias": (width,), "encoder.looked": (width,),
        }  # fmt: skip
    inputs = width * len(config.poolings)
    return shapes | {"output.weight": (labels, inputs), "output.bias": (labels,)}
