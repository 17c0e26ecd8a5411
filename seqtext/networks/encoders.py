"""Encode texts in NumPy, a class per rung.

The ladder leads from a bag of words to gated recurrence.

    vectors (batch, time, size), mask (batch, time) → states (batch, steps, features) → (batch, features · poolings)

x_t is the vector of token t, counted from 0, h_t its state, and x = 0 outside the text; there are as many steps as
tokens, fewer in a convolution with strides or pools. σ is the logistic function, ⊙ multiplies element by element.
Padding changes nothing: no state of a real token and no pooling sees it.
A text repeats words, and products need not be made again: each rung multiplies each distinct vector once, in `table`,
and looks the products up. `seqtext.training.networks.encoders` learns the weights, under the same names.
"""

from collections.abc import Mapping

import numpy as np

from seqtext.config import ClassifyConfig
from seqtext.networks.cells import CELLS, Array
from seqtext.networks.directions import DIRECTIONS, Ids, Mask
from seqtext.networks.filters import conv1d, conv1d_of_entries, conv1d_same, filter_shapes, filter_table, max_pool, relu
from seqtext.networks.pooling import POOLINGS, EncodedTexts
from seqtext.networks.recurrent import input_products, load_stack, stack_shapes

Shapes = dict[str, tuple[int, ...]]


class Encoder:
    """Encode texts as states, and pool these to one vector a text.

    A rung is a subclass: `table` is what it looks up, `read_states` its equation, `shapes` lists its weights.
    """

    is_recurrent = False
    looks_up_vectors = False  # its table is the vectors themselves

    def __init__(self, config: ClassifyConfig, weights: Mapping[str, Array], name: str = "encoder") -> None:
        self.config, self._weights, self._name = config, weights, name
        self._direction = DIRECTIONS["forward"]

    @classmethod
    def shapes(cls, config: ClassifyConfig, size: int, name: str) -> Shapes:
        """List the weights of the states and their shapes.

        size: of a vector, name: their prefix
        """
        return {}

    @classmethod
    def features(cls, config: ClassifyConfig, size: int) -> int:
        """Count the features of a state.

        size: of a vector
        """
        return config.hidden

    @classmethod
    def shortening(cls, config: ClassifyConfig) -> int:
        """Count the tokens that a state stands for. A state is real if the first of these tokens is."""
        return 1

    def table(self, vectors: Array) -> tuple[Array, ...]:
        """Multiply each distinct vector by the input weights.

        vectors: (entries, size), the last one zeros, for padding
        returns one array per filter width or direction, (entries, products); a bag returns the vectors themselves
        """
        raise NotImplementedError

    def read_states(self, table: tuple[Array, ...], ids: Ids, mask: Mask) -> Array:
        """Encode texts as states, (batch, steps, features); what stands at padding means nothing.

        table: what `table` made of the distinct vectors; ids: (batch, time) their numbers there
        mask: (batch, time), True at real tokens; `mask[:, :: shortening]` tells which states are real
        """
        raise NotImplementedError

    def ends(self, states: Array, mask: Mask) -> Array:
        """Select the state in which each text's reading ends: (batch, features)."""
        return self._direction.ends(states, mask)

    def states(self, vectors: Array, mask: Mask) -> Array:
        """Encode texts of vectors as states: (batch, time, size) → (batch, steps, features)."""
        flat = vectors.reshape(mask.size, vectors.shape[2])  # (batch · time, size)
        table = self.table(np.concatenate([flat, np.zeros_like(flat[:1])]))
        return self.read_states(table, np.arange(mask.size).reshape(mask.shape), mask)

    def __call__(self, vectors: Array, mask: Mask) -> Array:
        """Encode and pool texts of vectors: (batch, time, size) → (batch, features · poolings)."""
        return self._pooled(self.states(vectors, mask), mask)

    def read(self, table: tuple[Array, ...], ids: Ids, mask: Mask) -> Array:
        """Encode and pool texts of a table's entries: (batch, features · poolings); arguments: see `read_states`."""
        return self._pooled(self.read_states(table, ids, mask), mask)

    def encoded(self, states: Array, mask: Mask) -> EncodedTexts:
        """Collect the inputs of poolings.

        states: (batch, steps, features); mask of the tokens: (batch, time)
        """
        real = mask[:, :: self.shortening(self.config)]  # (batch, steps)
        return EncodedTexts(states, real, self.ends, self._weights)

    def _pooled(self, states: Array, mask: Mask) -> Array:
        encoded = self.encoded(states, mask)
        return np.concatenate([POOLINGS[kind](encoded) for kind in self.config.poolings], 1)

    def _filters(self, number: int, width: int) -> tuple[Array, Array]:
        """Return the filters of a layer, (filters, width, size), and their bias, (filters,)."""
        name = f"{self._name}.filters.{number}.{width}"
        weight = self._weights[f"{name}.weight"]  # (filters, size, width), as PyTorch has them
        return weight.transpose(0, 2, 1), self._weights[f"{name}.bias"]


class BagEncoder(Encoder):
    """Encode a bag of words: h_t = x_t (Iyyer et al. 2015, P15-1162).

    A mean of such states is the same in whatever order the tokens come. With hashed runs of neighbours added to the
    vectors (Joulin et al. 2017, arXiv:1607.01759) it sees some of their order.
    """

    looks_up_vectors = True

    @classmethod
    def features(cls, config: ClassifyConfig, size: int) -> int:
        """Count the numbers of a vector."""
        return size

    def table(self, vectors: Array) -> tuple[Array, ...]:
        """Return the vectors as they are: (entries, size)."""
        return (vectors,)

    def read_states(self, table: tuple[Array, ...], ids: Ids, mask: Mask) -> Array:
        """Take h_t = x_t: (batch, time, size)."""
        return table[0].take(ids, 0)


class FeedForwardEncoder(Encoder):
    """Encode windows of tokens: h_t = relu(W [x_{t−k}; …; x_{t+k}] + b) (Collobert et al. 2011, arXiv:1103.0398).

    The order inside a window counts, and nothing further away does. W [x_{t−k}; …; x_{t+k}] = Σ_j W_j x_{t+j}, with j
    from −k to k, is a convolution whose filters are as wide as the window. Further layers see no neighbours:
    h'_t = relu(W' h_t + b'). Collobert's function is a hard tanh.

    W: (hidden, window · size), stored as (hidden, size, window), with window = 2k + 1; an even one reaches one
    further ahead. W': (hidden, hidden), stored as (hidden, hidden, 1); b, b': (hidden,); h_t: (batch, hidden) per step
    """

    @classmethod
    def shapes(cls, config: ClassifyConfig, size: int, name: str) -> Shapes:
        """List the shapes of each layer's filters.

        The first layer's are as wide as the window, the others' of width 1.
        """
        layers = [((config.window,), size)] + [((1,), config.hidden)] * (config.layers - 1)
        return filter_shapes(f"{name}.filters", config.hidden, layers)

    def table(self, vectors: Array) -> tuple[Array, ...]:
        """Compute W_j x of each distinct vector for each place j: (entries, window · hidden)."""
        return (filter_table(self._filters(0, self.config.window)[0], vectors),)

    def read_states(self, table: tuple[Array, ...], ids: Ids, mask: Mask) -> Array:
        """Compute h_t = relu(Σ_j W_j x_{t+j} + b), layer by layer: (batch, time, hidden)."""
        _, bias = self._filters(0, self.config.window)
        states = relu(conv1d_of_entries(table[0], ids, mask, bias))  # (batch, time, hidden)
        for number in range(1, self.config.layers):
            filters, bias = self._filters(number, 1)
            states = relu(conv1d(states, filters, bias))  # (batch, time, hidden)
        return states


class ConvolutionEncoder(Encoder):
    """Encode n-grams by filters of several widths (Kim 2014, arXiv:1408.5882).

        h_t = [relu(Σ_j W_j x_{t · stride + j · dilation − before} + b)], 0 ≤ j < width, side by side for each width

    A unit looks for a pattern of 2, 3, 4 … neighbours wherever it stands. Further layers do the same over states. Only
    every `stride`-th is made, and before all layers but the first the largest of each `pool_width` kept, so that a
    layer sees more than the one below. With a `dilation` of d, the neighbours are d tokens apart. before =
    ⌊dilation · (width − 1) / 2⌋ centres the window; where the half is not whole, it reaches one further ahead.

    W_j: (hidden, size) of each width, in further layers (hidden, widths · hidden); b: (hidden,) of each width
    h_t: (batch, widths · hidden) at each step
    """

    @classmethod
    def features(cls, config: ClassifyConfig, size: int) -> int:
        """Count the filters of all widths."""
        return config.hidden * len(config.filter_widths)

    @classmethod
    def shapes(cls, config: ClassifyConfig, size: int, name: str) -> Shapes:
        """List the filters of each layer and width."""
        inputs = [size] + [cls.features(config, size)] * (config.layers - 1)
        return filter_shapes(f"{name}.filters", config.hidden, [(config.filter_widths, number) for number in inputs])

    @classmethod
    def shortening(cls, config: ClassifyConfig) -> int:
        """Count the tokens that a state stands for. Every layer has strides, and pools stand between layers."""
        return int(config.stride**config.layers * config.pool_width ** (config.layers - 1))

    def table(self, vectors: Array) -> tuple[Array, ...]:
        """Compute W_j x of each distinct vector, by filter width: (entries, width · hidden) each."""
        return tuple(filter_table(self._filters(0, width)[0], vectors) for width in self.config.filter_widths)

    def read_states(self, table: tuple[Array, ...], ids: Ids, mask: Mask) -> Array:
        """Compute h_t = [relu(Σ_j W_j x_{t+j} + b)], layer by layer: (batch, steps, widths · hidden)."""
        stride, dilation, widths = self.config.stride, self.config.dilation, self.config.filter_widths
        sums = [
            conv1d_of_entries(products, ids, mask, self._filters(0, width)[1], stride, dilation)
            for products, width in zip(table, widths, strict=True)
        ]  # (batch, steps, hidden) of each width
        states = relu(np.concatenate(sums, 2))  # (batch, steps, widths · hidden)

        for number in range(1, self.config.layers):
            # padding becomes zeros: after a relu, no maximum sees them
            mask = mask[:, ::stride]  # (batch, steps)
            states[~mask] = 0
            states = max_pool(states, self.config.pool_width)  # (batch, ⌈steps / pool_width⌉, widths · hidden)
            mask = mask[:, :: self.config.pool_width]  # (batch, ⌈steps / pool_width⌉)
            # (batch, fewer steps, hidden) of each width
            sums = [conv1d_same(states, *self._filters(number, width), stride, dilation) for width in widths]
            states = relu(np.concatenate(sums, 2))  # (batch, fewer steps, widths · hidden)
        return states


class RecurrentEncoder(Encoder):
    """Encode tokens one after the other: h_t = cell(x_t, h_{t−1}) (Elman 1990, doi:10.1207/s15516709cog1402_1).

    A state can know all that was read before it. The cell is that of `encoder`, the rung's name: the subclasses have
    the equations, `seqtext.networks.cells` their steps. `direction` says which way a text is read; with both,
    h_t = [→h_t ; ←h_t]. Of several layers, each reads the states of the one below it in the same direction, by a W of
    (gates · hidden, hidden). Each begins with h = 0, an LSTM with c = 0, too, before the
    first token, or backwards before the last.
    """

    is_recurrent = True

    def __init__(self, config: ClassifyConfig, weights: Mapping[str, Array], name: str = "encoder") -> None:
        super().__init__(config, weights, name)
        self._direction = DIRECTIONS[config.direction]
        prefixes = [f"{name}.{side}" for side in self._direction.sides]
        self._stacks = [load_stack(weights, prefix, config.encoder, config.layers) for prefix in prefixes]

    @classmethod
    def features(cls, config: ClassifyConfig, size: int) -> int:
        """Count the units of all directions."""
        return config.hidden * len(DIRECTIONS[config.direction].sides)

    @classmethod
    def shapes(cls, config: ClassifyConfig, size: int, name: str) -> Shapes:
        """List the weights of the stack of each direction."""
        shapes: Shapes = {}
        for side in DIRECTIONS[config.direction].sides:
            shapes |= stack_shapes(f"{name}.{side}", config.encoder, size, config.hidden, config.layers)
        return shapes

    def table(self, vectors: Array) -> tuple[Array, ...]:
        """Compute W x + b of each distinct vector, by direction: (entries, gates · hidden) each."""
        return tuple(input_products(stack, vectors) for stack in self._stacks)

    def read_states(self, table: tuple[Array, ...], ids: Ids, mask: Mask) -> Array:
        """Compute h_t = cell(x_t, h_{t−1}), step by step: (batch, time, hidden · directions)."""
        order = np.argsort(-mask.sum(1), kind="stable")  # the longest text first, so that padding is never read
        by_time = np.ascontiguousarray(ids[order].T)  # (time, batch)
        active = mask.sum(0).tolist()  # texts that are not at their end, at each step
        size = self.config.hidden * len(self._stacks)
        by_step = np.zeros((*by_time.shape, size), np.float32)  # (time, batch, hidden · directions)
        self._direction.read(self._stacks, table, by_time, active, by_step)
        states = by_step.transpose(1, 0, 2)  # (batch, time, hidden · directions)
        return states if np.array_equal(order, np.arange(len(order))) else states[np.argsort(order)]


class SimpleRNNEncoder(RecurrentEncoder):
    """Encode texts by a simple recurrent network: h_t = tanh(W x_t + b + U h_{t−1} + c) (Elman 1990).

    Every step overwrites the whole state, so what stood some ten tokens before is easily lost: gradients through many
    factors U vanish (Bengio et al. 1994, doi:10.1109/72.279181). W x + U h is the same map as [W U] [x; h].

    W: (hidden, size); U: (hidden, hidden); b, c: (hidden,), as in PyTorch; h_t: (batch, hidden) at each step
    """


class GRUEncoder(RecurrentEncoder):
    """Encode texts by gated recurrent units (Cho et al. 2014, arXiv:1406.1078).

        r = σ(W_r x_t + U_r h_{t−1}),  z = σ(W_z x_t + U_z h_{t−1})           what n sees of h, what is kept of h
        n = tanh(W_n x_t + r ⊙ (U_n h_{t−1})),  h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}

    Where z is near 1, a unit keeps its value over many tokens. As in cuDNN, r is applied after the product U_n h; the
    paper's is U_n (r ⊙ h). Left out here: biases of (3 · hidden,) beside W x_t and U h_{t−1}; r scales U_n's, too.

    W: (3 · hidden, size); U: (3 · hidden, hidden), in the order r, z, n; r, z, n, h_t: (batch, hidden) at each step
    """


class LSTMEncoder(RecurrentEncoder):
    """Encode texts by long short-term memory (Hochreiter and Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735).

        i, f, o = σ(W x_t + U h_{t−1})                 what enters, what is kept, what is shown: a W and U for each
        g = tanh(W_g x_t + U_g h_{t−1})
        c_t = f ⊙ c_{t−1} + i ⊙ g,  h_t = o ⊙ tanh(c_t)

    The memory c is only ever scaled and added to, so it lasts where f is near 1 (the forget gate: Gers et al. 2000).
    States are h alone. Left out here: biases of (4 · hidden,) beside W x_t and U h_{t−1}.

    W: (4 · hidden, size); U: (4 · hidden, hidden), in the order i, f, g, o; i, f, g, o, c_t, h_t: (batch, hidden) at
    each step
    """


class MinGRUEncoder(RecurrentEncoder):
    """Encode texts by minimal gated recurrent units (Feng et al. 2024, arXiv:2410.01201).

        z_t = σ(W_z x_t + b_z),  c_t = W_c x_t + b_c,  h_t = (1 − z_t) ⊙ h_{t−1} + z_t ⊙ c_t

    Gate and candidate do not see the state, so all their products are made at once; only the blend goes step by step.

    W: (2 · hidden, size), b: (2 · hidden,), in the order z, c; z_t, c_t, h_t: (batch, hidden) at each step
    """


#: The rungs by their names in `seqtext.config.ENCODERS`; a cell without a class of its own is recurrent all the same.
ENCODERS: dict[str, type[Encoder]] = {
    **{name: RecurrentEncoder for name, cell in CELLS.items() if cell.is_recurrent},
    "bag": BagEncoder,
    "feedforward": FeedForwardEncoder,
    "convolution": ConvolutionEncoder,
    "rnn": SimpleRNNEncoder,
    "gru": GRUEncoder,
    "lstm": LSTMEncoder,
    "mingru": MinGRUEncoder,
}
