"""Learn to encode texts in PyTorch, a class per rung.

The ladder leads from a bag of words to gated recurrence.

    vectors (batch, time, size), mask (batch, time) → states (batch, steps, features) → (batch, features · poolings)

x_t is the vector of token t, counted from 0, h_t its state, and x = 0 outside the text; there are as many steps as
tokens, fewer in a convolution with strides or pools. σ is the logistic function, ⊙ multiplies element by element.
Names and numbers are those of `seqtext.networks.encoders`, which answers with what is learnt here, and which has the
sizes of the states.
"""

import torch
from torch import Tensor, nn

from seqtext.config import ClassifyConfig
from seqtext.networks import encoders
from seqtext.networks.cells import CELLS
from seqtext.networks.directions import DIRECTIONS as SIDES_OF
from seqtext.networks.filters import same
from seqtext.training.networks.directions import DIRECTIONS
from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.kernels import max_pool
from seqtext.training.networks.pooling import POOLINGS, Attention, EncodedTexts
from seqtext.training.networks.recurrent import RecurrentStack


class Encoder(nn.Module):
    """Learn to encode texts as states, pooled to one vector.

    A rung is a subclass: `states` is its equation, `_add_layers` its weights. size: of a token's vector
    """

    def __init__(self, config: ClassifyConfig, size: int) -> None:
        super().__init__()
        self.config = config
        rung = encoders.ENCODERS[config.encoder]
        features, self._shortening = rung.features(config, size), rung.shortening(config)
        self._direction = DIRECTIONS["forward"]
        self._add_layers(size, features)
        if "attention" in config.poolings:  # A and b, and v, of `seqtext.training.networks.pooling.attention_pooling`
            self.look = nn.Linear(features, features)
            self.looked = nn.Parameter(torch.zeros(features))

    def _add_layers(self, size: int, features: int) -> None:
        """Add the weights of the states; a bag has none."""

    def states(self, vectors: Tensor, mask: Tensor, drop: Dropper | None = None) -> Tensor:
        """Encode texts as states: (batch, time, size) → (batch, steps, features); what stands at padding means nothing.

        mask: (batch, time), True at real tokens; a convolution with strides has fewer steps than tokens
        """
        raise NotImplementedError

    def ends(self, states: Tensor, mask: Tensor) -> Tensor:
        """Select the state in which each text's reading ends: (batch, features)."""
        return self._direction.ends(states, mask)

    def forward(self, vectors: Tensor, mask: Tensor, drop: Dropper | None = None) -> Tensor:
        """Encode and pool texts: (batch, time, size) → (batch, features · poolings)."""
        return self.pooled(self.states(vectors, mask, drop).float(), mask)

    def pooled(self, states: Tensor, mask: Tensor) -> Tensor:
        """Pool states, (batch, steps, features) → (batch, features · poolings); mask: of the tokens, (batch, time)."""
        real = mask[:, :: self._shortening]  # (batch, steps)
        attention = Attention(self.look, self.looked) if "attention" in self.config.poolings else None
        encoded = EncodedTexts(states, real, self.ends, attention)
        return torch.cat([POOLINGS[kind](encoded) for kind in self.config.poolings], 1)


class BagEncoder(Encoder):
    """Encode a bag of words: h_t = x_t (Iyyer et al. 2015, P15-1162).

    A mean of such states is the same in whatever order the tokens come. With hashed runs of neighbours added to the
    vectors (Joulin et al. 2017, arXiv:1607.01759) it sees some of their order.
    """

    def states(self, vectors: Tensor, mask: Tensor, drop: Dropper | None = None) -> Tensor:
        """Take h_t = x_t: (batch, time, size)."""
        return vectors


class FeedForwardEncoder(Encoder):
    """Encode windows of tokens: h_t = relu(W [x_{t−k}; …; x_{t+k}] + b) (Collobert et al. 2011, arXiv:1103.0398).

    The order inside a window counts, and nothing further away does. W [x_{t−k}; …; x_{t+k}] = Σ_j W_j x_{t+j}, with j
    from −k to k, is a convolution whose filters are as wide as the window. Further layers see no neighbours:
    h'_t = relu(W' h_t + b'). Collobert's function is a hard tanh.

    W: (hidden, window · size), stored as (hidden, size, window), with window = 2k + 1; an even one reaches one
    further ahead. W': (hidden, hidden), stored as (hidden, hidden, 1); b, b': (hidden,); h_t: (batch, hidden) per step
    """

    def _add_layers(self, size: int, features: int) -> None:
        layers = [(size, self.config.window)] + [(features, 1)] * (self.config.layers - 1)
        self.filters = nn.ModuleList(
            nn.ModuleDict({str(width): nn.Conv1d(inputs, features, width)}) for inputs, width in layers
        )

    def states(self, vectors: Tensor, mask: Tensor, drop: Dropper | None = None) -> Tensor:
        """Compute h_t = relu(Σ_j W_j x_{t+j} + b), layer by layer: (batch, time, hidden)."""
        states = vectors  # (batch, time, size)
        for layer in self.filters:
            ((width, filters),) = layer.items()  # type: ignore[operator]
            inputs = (states * mask[:, :, None]).transpose(1, 2)  # (batch, inputs, time): torch wants time last
            padded = nn.functional.pad(inputs, same(int(width)))  # (batch, inputs, time + width − 1)
            states = torch.relu(filters(padded)).transpose(1, 2)  # (batch, time, hidden)
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

    def _add_layers(self, size: int, features: int) -> None:
        stride, dilation, hidden = self.config.stride, self.config.dilation, self.config.hidden
        self.filters = nn.ModuleList(
            nn.ModuleDict(
                {str(width): nn.Conv1d(inputs, hidden, width, stride, dilation=dilation)
                 for width in self.config.filter_widths}
            )
            for inputs in [size] + [features] * (self.config.layers - 1)
        )  # fmt: skip

    def states(self, vectors: Tensor, mask: Tensor, drop: Dropper | None = None) -> Tensor:
        """Compute h_t = [relu(Σ_j W_j x_{t · stride + j · dilation − before} + b)], layer by layer.

        (batch, time, size) → (batch, steps, widths · hidden)
        """
        states = vectors  # (batch, time, size)
        for number, layer in enumerate(self.filters):
            # padding becomes zeros: after a relu, no maximum sees them
            inputs = (states * mask[:, :, None]).transpose(1, 2)  # (batch, inputs, steps): torch wants time last
            if number and self.config.pool_width > 1:
                inputs = max_pool(inputs, self.config.pool_width)  # (batch, inputs, ⌈steps / pool_width⌉)
                mask = mask[:, :: self.config.pool_width]  # (batch, ⌈steps / pool_width⌉)

            sums = [
                filters(nn.functional.pad(inputs, same(int(width), self.config.dilation)))
                for width, filters in layer.items()  # type: ignore[operator]
            ]  # (batch, hidden, steps) of each width
            states = torch.relu(torch.cat(sums, 1)).transpose(1, 2)  # (batch, steps, widths · hidden)
            mask = mask[:, :: self.config.stride]  # (batch, steps)
        return states


class RecurrentEncoder(Encoder):
    """Encode tokens one after the other: h_t = cell(x_t, h_{t−1}) (Elman 1990, doi:10.1207/s15516709cog1402_1).

    A state can know all that was read before it. The cell is that of `encoder`, the rung's name: the subclasses have
    the equations, `seqtext.networks.cells` their steps. `direction` says which way a text is read; with both,
    h_t = [→h_t ; ←h_t]. Of several layers, each reads the states of the one below it in the same direction, by a W of
    (gates · hidden, hidden). Each begins with h = 0, an LSTM with c = 0, too, before the
    first token, or backwards before the last.
    """

    def _add_layers(self, size: int, features: int) -> None:
        self._direction = DIRECTIONS[self.config.direction]
        self._sides = SIDES_OF[self.config.direction].sides  # left, right
        for side in self._sides:
            self.add_module(side, RecurrentStack(self.config.encoder, size, self.config.hidden, self.config.layers))

    def states(self, vectors: Tensor, mask: Tensor, drop: Dropper | None = None) -> Tensor:
        """Compute h_t = cell(x_t, h_{t−1}), step by step: (batch, time, hidden · directions)."""
        stacks = [self.get_submodule(side) for side in self._sides]
        return self._direction.states(stacks, vectors, mask, drop)


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
