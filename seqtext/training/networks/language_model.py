"""Learn a language model: a left-to-right reader with a loss per token.

h_t reads the tokens up to t and a state carried over from the text before; the next token is scored against the tied
embedding table (Press and Wolf 2017, arXiv:1608.05859) by v_w · W h_t + b_w.
"""

from typing import Any

import torch
from torch import Tensor, nn

from seqtext.config import LanguageConfig
from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.recurrent import RecurrentStack
from seqtext.training.networks.softmax import Candidates, VocabularyLoss

State = list[Any]  # per layer a tensor (1, rows, hidden), or two of them for lstm and a window


class LanguageNetwork(nn.Module):
    """Learn the weights of a left-to-right language model.

    The module has the equation; `seqtext.networks.language_model` answers from the same weights.
    """

    def __init__(self, config: LanguageConfig, vocabulary: int) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(vocabulary, config.embedding)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.left = RecurrentStack(config.cell, config.embedding, config.hidden, config.layers, config.window)
        self.output = nn.Linear(config.hidden, config.embedding, bias=False)

    def zero(self) -> State:
        """Return the initial state, before any token: None for each layer."""
        return [None] * self.config.layers

    def query(self, ids: Tensor, state: State, drop: Dropper | None = None) -> tuple[Tensor, State]:
        """Compute the query vectors W h_t, which score the next tokens.

        ids: (rows, time); returns (rows, time, embedding), and the state after the last token
        """
        vectors = self.embedding(ids)  # (rows, time, embedding)
        states, after = self.left.read(vectors if drop is None else drop(vectors), state, drop)  # (rows, time, hidden)
        query: Tensor = self.output(states)  # (rows, time, embedding)
        return query, after

    def forward(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Compute the logits of the next token after each token.

        ids: (rows, time); returns (rows, time, vocabulary), and the state after the last token
        """
        query, after = self.query(ids, state)
        return nn.functional.linear(query, self.embedding.weight, self.bias), after

    def loss(
        self, ids: Tensor, targets: Tensor, state: State, candidates: Candidates | None, drop: Dropper | None
    ) -> tuple[Tensor, State]:
        """Sum the cross-entropy of the targets, in nats.

        ids, targets: (rows, time); candidates: tokens of the softmax; the whole vocabulary without them
        Returns the loss, (), and the state after the last token, cut from the graph.
        """
        query, after = self.query(ids, state, drop)
        apply: Any = VocabularyLoss.apply
        low = torch.is_autocast_enabled(query.device.type)
        flat = query.flatten(0, 1)  # (rows · time, embedding)
        if candidates is None:
            nothing = torch.zeros_like(self.bias)
            nats = apply(flat, self.embedding.weight, self.bias, nothing, targets.flatten(), low)
        else:
            vectors = nn.functional.embedding(candidates.ids, self.embedding.weight)
            nats = apply(flat, vectors, self.bias[candidates.ids], candidates.correction, candidates.labels, low)
        return nats, [detached(layer) for layer in after]


def detached(state: Any) -> Any:
    """Detach a layer's state from the graph of its history."""
    return tuple(tensor.detach() for tensor in state) if isinstance(state, tuple) else state.detach()
