"""Encoders in NumPy: the ladder from a bag of words to gated recurrence, one contract for all rungs.

    vectors (batch, time, size), mask (batch, time) → states (batch, time, features), then one of the poolings

Padding changes nothing: no state of a real token depends on it, no pooling looks at it. The rungs:

* bag          h_t = x_t. A mean of such states is the same in whatever order the tokens come (Iyyer et al. 2015,
               P15-1162). With hashed runs of neighbours (Joulin et al. 2017, arXiv:1607.01759) it sees their order.
* feedforward  h_t = relu(W [x_{t−k}; …; x_{t+k}] + b), the window of Collobert et al. 2011, arXiv:1103.0398
* convolution  the same for several widths side by side (Kim 2014, arXiv:1408.5882), see `conv1d`
* rnn, gru, lstm, mingru   see `seqtext.networks.cells`. W x + U h is the same map as [W U] [x; h].

What any of them reads may hold, beside a token's vector, the states of readers that another model has learnt without
labels, which say what the token means where it stands (Peters et al. 2018, N18-1202): see `context`. And beside any of
them words and runs of words may vote for the labels by themselves: see `votes`.

`seqtext.training.networks.encoders` learns the weights, with the same names.
"""

from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from seqtext.config import ClassifyConfig
from seqtext.fields import from_dict, to_dict
from seqtext.networks import recurrent
from seqtext.networks.cells import CELLS, Array, log_softmax
from seqtext.networks.recurrent import Stack, load_stack, stack_shapes

_LOWEST = np.float32(-1e30)  # a score that no softmax and no maximum sees


def conv1d(
    inputs: Array,
    filters: Array,
    bias: Array | None = None,
    *,
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


def same(width: int, dilation: int = 1) -> tuple[int, int]:
    """The padding with which a convolution gives as many steps as it reads; with a stride of s, every s-th of them."""
    span = dilation * (width - 1)
    return span // 2, span - span // 2


def steps_of(config: ClassifyConfig) -> tuple[int, int]:
    """The stride and the dilation of the filters."""
    return (config.stride, config.dilation) if config.encoder == "convolution" else (1, 1)


def pool_width(config: ClassifyConfig) -> int:
    """How many states become one between two layers."""
    return config.pool_width if config.encoder == "convolution" else 1


def shortening(config: ClassifyConfig) -> int:
    """How many tokens there are for each state: at a real state's place, the first of them is real."""
    return int(steps_of(config)[0] ** config.layers * pool_width(config) ** (config.layers - 1))


def context(config: ClassifyConfig) -> ClassifyConfig | None:
    """The readers whose states stand beside each token's vector, as an encoder of their own."""
    if config.context == "none":
        return None
    cell, depth, hidden, direction = config.context.split(",")
    own = {"encoder": cell, "layers": int(depth), "hidden": int(hidden), "direction": direction, "context": "none"}
    return from_dict(ClassifyConfig, {**to_dict(config), **own})


def input_size(config: ClassifyConfig) -> int:
    """The size of what the encoder reads of a token."""
    beside = context(config)
    return config.embedding + (0 if beside is None else features(beside))


def features(config: ClassifyConfig) -> int:
    """The size of a state."""
    if config.encoder == "bag":
        return input_size(config)
    if config.encoder == "convolution":
        return config.hidden * len(config.filter_widths)
    return config.hidden * (2 if config.encoder != "feedforward" and config.direction == "both" else 1)


class Encoder:
    """An encoder and its poolings, with the weights of a model."""

    def __init__(self, config: ClassifyConfig, weights: Mapping[str, Array], name: str = "encoder") -> None:
        self.config, self._weights, self._name = config, weights, name
        self._stacks = {side: self._stack(side) for side in sides(config)}

    def _stack(self, side: str) -> Stack:
        return load_stack(self._weights, f"{self._name}.{side}", self.config.encoder, self.config.layers)

    def __call__(self, vectors: Array, mask: NDArray[np.bool_]) -> Array:
        """vectors: (batch, time, size); mask: (batch, time), True at real tokens. (batch, features · poolings)."""
        return self._pooled(self.states(vectors, mask), mask)

    def _pooled(self, states: Array, mask: NDArray[np.bool_]) -> Array:
        mask = mask[:, :: shortening(self.config)]
        return np.concatenate([self.pool(states, mask, kind) for kind in self.config.poolings], 1)

    def states(self, vectors: Array, mask: NDArray[np.bool_]) -> Array:
        """(batch, time, size) → (batch, time, features); what stands at padding means nothing.

        A convolution with strides leaves fewer steps; those of `mask[:, :: shortening(config)]` are real.
        """
        flat = vectors.reshape(mask.size, vectors.shape[2])
        table = self.table(np.concatenate([flat, np.zeros_like(flat[:1])]))
        return self.read_states(table, np.arange(mask.size).reshape(mask.shape), mask)

    def table(self, vectors: Array) -> tuple[Array, ...]:
        """What `read` looks up of each distinct vector, (entries, size): a text repeats words, products need not be.

        Of a recurrent encoder, each stack's W x + b; of filters, f_k · x for each width and each place k in it. The
        last vector is to be one of zeros, for padding.
        """
        if self._stacks:
            return tuple(recurrent.read_table(stack, vectors) for stack in self._stacks.values())
        if self.config.encoder == "bag":
            return (vectors,)
        filters = (self._filters(0, width)[0].transpose(1, 0, 2) for width in filter_widths(self.config, 0))
        return tuple(vectors @ one.reshape(-1, one.shape[2]).T for one in filters)  # (entries, width · filters)

    def read(self, table: tuple[Array, ...], ids: NDArray[np.integer], mask: NDArray[np.bool_]) -> Array:
        """The same as a call, of vectors that `table` was made of: ids (batch, time) are their numbers there."""
        return self._pooled(self.read_states(table, ids, mask), mask)

    def read_states(self, table: tuple[Array, ...], ids: NDArray[np.integer], mask: NDArray[np.bool_]) -> Array:
        """See `states` and `read`."""
        encoder = self.config.encoder
        if encoder == "bag":
            return table[0].take(ids, 0)
        if self._stacks:
            return self._recurrent(table, ids, mask)
        parts = [
            self._looked_up(one, ids, mask, width)
            for one, width in zip(table, filter_widths(self.config, 0), strict=True)
        ]
        states, stride = _joined(parts), steps_of(self.config)[0]
        for number in range(1, self.config.layers):
            mask = mask[:, ::stride]
            states[~mask] = 0.0
            states, mask = self._narrowed(states), mask[:, :: pool_width(self.config)]
            states = _joined([self._convolved(states, number, width) for width in filter_widths(self.config, number)])
        return states

    def _narrowed(self, states: Array) -> Array:
        """The largest of each few states, the first few steps' first; none is below 0, which stands at padding."""
        width = pool_width(self.config)
        if width == 1:
            return states
        return pool1d(np.pad(states, ((0, 0), (0, -states.shape[1] % width), (0, 0))), width)

    def _recurrent(self, table: tuple[Array, ...], ids: NDArray[np.integer], mask: NDArray[np.bool_]) -> Array:
        """The states of the stacks side by side; they read the longest text first."""
        lengths, hidden = mask.sum(1), self.config.hidden
        order = np.argsort(-lengths, kind="stable")
        turned = np.ascontiguousarray(ids[order].T)  # (time, batch)
        counts = mask.sum(0).tolist()
        found = np.zeros((*turned.shape, hidden * len(self._stacks)), np.float32)
        for number, (side, stack) in enumerate(self._stacks.items()):
            out = found[:, :, number * hidden : (number + 1) * hidden]
            recurrent.run_texts(stack, table[number], turned, counts, out, backwards=side == "right")
        states = found.transpose(1, 0, 2)
        return states if np.array_equal(order, np.arange(len(order))) else states[np.argsort(order)]

    def _looked_up(self, table: Array, ids: NDArray[np.integer], mask: NDArray[np.bool_], width: int) -> Array:
        """The first layer's convolution, summed from what the table has of each token at each place of the filter."""
        stride, dilation = steps_of(self.config)
        last, padding = len(table) - 1, same(width, dilation)
        real = np.pad(np.where(mask, ids, last), ((0, 0), padding), constant_values=last) * width
        rows = table.reshape(-1, self.config.hidden)  # of entry e at place k: e · width + k
        found = rows.take(real[:, : ids.shape[1] : stride], 0)
        for k in range(1, width):
            start = k * dilation
            found += rows.take(real[:, start : start + ids.shape[1] : stride] + k, 0)
        found += self._filters(0, width)[1]
        return found

    def _filters(self, number: int, width: int) -> tuple[Array, Array]:
        """The filters of a layer, (filters, width, size), and their bias, (filters,)."""
        place = f"encoder.filters.{number}.{width}"
        filters = self._weights[f"{place}.weight"].transpose(0, 2, 1)  # stored as (filters, size, width)
        return filters, self._weights[f"{place}.bias"]

    def _convolved(self, vectors: Array, number: int, width: int) -> Array:
        filters, bias = self._filters(number, width)
        stride, dilation = steps_of(self.config)
        return conv1d(vectors, filters, bias, stride=stride, padding=same(width, dilation), dilation=dilation)

    def pool(self, states: Array, mask: NDArray[np.bool_], kind: str) -> Array:
        """(batch, time, features) → (batch, features); a row without real tokens gives zeros.

        What stands at padding may be overwritten: a copy without it would take as long as the maximum does.
        """
        some = mask.any(1, keepdims=True)
        if kind == "max":
            states[~mask] = _LOWEST
            return np.where(some, states.max(1), np.float32(0))
        if kind == "mean":
            result: Array = (mask[:, None, :].astype(np.float32) @ states)[:, 0]
            result /= np.maximum(mask.sum(1, keepdims=True), 1).astype(np.float32)
            return result
        if kind == "last":
            rows, last = np.arange(len(states)), np.maximum(mask.sum(1) - 1, 0)
            found = states[rows, last]
            if "right" in self._stacks:  # it ends at the first token
                half = self.config.hidden * (len(self._stacks) - 1)
                found = np.concatenate([found[:, :half], states[:, 0, half:]], 1)
            return np.where(some, found, np.float32(0))
        seen: Array = (self.attention(states, mask)[:, None, :] @ states)[:, 0]
        return seen

    def attention(self, states: Array, mask: NDArray[np.bool_]) -> Array:
        """How much each token counts, (batch, time): softmax(v · tanh(A h_t + b)) (Yang et al. 2016, N16-1174)."""
        w = self._weights
        scores = np.tanh(states @ w["encoder.look.weight"].T + w["encoder.look.bias"]) @ w["encoder.looked"]
        scores = np.where(mask, scores, _LOWEST)
        result: Array = np.exp(log_softmax(scores)) * mask
        return result


def _joined(parts: list[Array]) -> Array:
    """What the filters of each width found, side by side, nothing below 0."""
    states = parts[0] if len(parts) == 1 else np.concatenate(parts, 2)
    return np.maximum(states, np.float32(0.0), out=states)


def sides(config: ClassifyConfig) -> tuple[str, ...]:
    """The stacks of a recurrent encoder: left reads forwards, right backwards; none of the others."""
    if config.encoder not in CELLS:
        return ()
    return {"forward": ("left",), "backward": ("right",), "both": ("left", "right")}[config.direction]


def filter_widths(config: ClassifyConfig, number: int) -> tuple[int, ...]:
    """The widths of a layer; the further layers of a feed-forward network see no neighbours."""
    if config.encoder == "convolution":
        return config.filter_widths
    return (config.window,) if number == 0 else (1,)


def expected_shapes(config: ClassifyConfig, vocabulary: int, labels: int) -> dict[str, tuple[int, ...]]:
    """Every array of a classifier's weights and its shape."""
    counted: dict[str, tuple[int, ...]] = {}
    if config.buckets:
        counted["wide.weight"] = (config.buckets, labels)
    if config.has_idf:
        counted["idf"] = (config.buckets,)
    if config.linear:
        return {**counted, "output.bias": (labels,)}
    size, hidden, width = input_size(config), config.hidden, features(config)
    shapes = {"embedding.weight": (vocabulary, config.embedding), **counted}
    if config.pairs:
        shapes["pairs.weight"] = (config.pairs, config.embedding)
    if beside := context(config):
        for side in sides(beside):
            stack = (f"context.{side}", beside.encoder, config.embedding, beside.hidden, beside.layers)
            shapes |= stack_shapes(*stack)
    for side in sides(config):
        shapes |= stack_shapes(f"encoder.{side}", config.encoder, size, hidden, config.layers)
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
