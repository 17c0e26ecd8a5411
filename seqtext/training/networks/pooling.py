"""Pool the states of a text to one vector in PyTorch.

Names and numbers are those of `seqtext.networks.pooling`. Padding changes nothing, and a row without real tokens gives
zeros.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

_LOWEST = -1e30  # a score that no softmax and no maximum sees


class Attention(NamedTuple):
    """Hold the trainable parts of attention pooling."""

    look: nn.Linear  # A and b: (features, features) and (features,)
    looked: nn.Parameter  # v, (features,)


class EncodedTexts(NamedTuple):
    """Hold encoder states and the further inputs of poolings."""

    states: Tensor  # (batch, time, features)
    mask: Tensor  # (batch, time), True at real tokens
    ends: Callable[[Tensor, Tensor], Tensor]  # of states and mask: those that end the readings, (batch, features)
    attention: Attention | None  # None where no pooling attends

    @property
    def has_tokens(self) -> Tensor:
        """Tell which texts have tokens, (batch, 1)."""
        return self.mask.any(1)[:, None]


def max_pooling(encoded: EncodedTexts) -> Tensor:
    """Keep the largest value of each feature: p = max_t h_t (Collobert et al. 2011, arXiv:1103.0398).

    (batch, time, features) → (batch, features)
    """
    real = encoded.mask[:, :, None]  # (batch, time, 1)
    return torch.where(real, encoded.states, _LOWEST).amax(1) * encoded.has_tokens  # (batch, features)


def mean_pooling(encoded: EncodedTexts) -> Tensor:
    """Average the states of the n real steps: p = 1/n Σ_t h_t (Iyyer et al. 2015, P15-1162).

    (batch, time, features) → (batch, features)
    """
    real = encoded.mask[:, :, None]  # (batch, time, 1)
    return (encoded.states * real).sum(1) / real.sum(1).clamp_min(1)  # (batch, features)


def last_pooling(encoded: EncodedTexts) -> Tensor:
    """Take the state where reading ends: p = h_n, backwards h_1 (Sutskever et al. 2014, arXiv:1409.3215).

    (batch, time, features) → (batch, features); in both directions p = [→h_n ; ←h_1]
    """
    return encoded.ends(encoded.states, encoded.mask) * encoded.has_tokens


def attention_pooling(encoded: EncodedTexts) -> Tensor:
    """Average the states by attention: p = Σ_t a_t h_t, a = softmax_t(v · tanh(A h_t + b)).

    Yang et al. 2016, N16-1174. A: (features, features); b, v: (features,); a: (batch, time)
    (batch, time, features) → (batch, features)
    """
    assert encoded.attention is not None
    look, looked = encoded.attention
    scores = torch.tanh(look(encoded.states)).float() @ looked  # (batch, time)
    shares = torch.softmax(torch.where(encoded.mask, scores, _LOWEST), 1) * encoded.mask  # (batch, time)
    return (shares[:, :, None] * encoded.states * encoded.mask[:, :, None]).sum(1)  # (batch, features)


#: The poolings by their names in `seqtext.config.POOLINGS`.
POOLINGS: dict[str, Callable[[EncodedTexts], Tensor]] = {
    "max": max_pooling,
    "mean": mean_pooling,
    "last": last_pooling,
    "attention": attention_pooling,
}
