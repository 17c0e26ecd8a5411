"""Pool the states of a text to one vector in NumPy.

Kinds are maximum, mean, last state and attention. Padding changes nothing: no pooling looks at it, and a row without
real tokens gives zeros. `seqtext.training.networks.pooling` has the same names.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.networks.cells import Array, log_softmax

_LOWEST = np.float32(-1e30)  # a score that no softmax and no maximum sees


class EncodedTexts(NamedTuple):
    """Hold encoder states and the further inputs of poolings."""

    states: Array  # (batch, time, features); what stands at padding may be overwritten
    mask: NDArray[np.bool_]  # (batch, time), True at real tokens
    ends: Callable[[Array, NDArray[np.bool_]], Array]  # of states and mask: where the reading of each text ended
    weights: Mapping[str, Array]  # of the model

    @property
    def has_tokens(self) -> Any:
        """Tell which texts have tokens, (batch, 1)."""
        return self.mask.any(1, keepdims=True)


def max_pooling(encoded: EncodedTexts) -> Array:
    """Keep the largest value of each feature: p = max_t h_t (Collobert et al. 2011, arXiv:1103.0398).

    (batch, time, features) → (batch, features)
    """
    states = encoded.states
    states[~encoded.mask] = _LOWEST  # in place: a copy would take as long as the maximum does
    return np.where(encoded.has_tokens, states.max(1), np.float32(0))  # (batch, features)


def mean_pooling(encoded: EncodedTexts) -> Array:
    """Average the states of the n real steps: p = 1/n Σ_t h_t (Iyyer et al. 2015, P15-1162).

    (batch, time, features) → (batch, features)
    """
    real = encoded.mask[:, None, :].astype(np.float32)  # (batch, 1, time)
    sums: Array = (real @ encoded.states)[:, 0]  # (batch, features)
    sums /= np.maximum(encoded.mask.sum(1, keepdims=True), 1).astype(np.float32)
    return sums


def last_pooling(encoded: EncodedTexts) -> Array:
    """Take the state where reading ends: p = h_n, backwards h_1 (Sutskever et al. 2014, arXiv:1409.3215).

    (batch, time, features) → (batch, features); in both directions p = [→h_n ; ←h_1]
    """
    ends = encoded.ends(encoded.states, encoded.mask)  # (batch, features)
    return np.where(encoded.has_tokens, ends, np.float32(0))


def attention_pooling(encoded: EncodedTexts) -> Array:
    """Average the states by attention: p = Σ_t a_t h_t (Yang et al. 2016, N16-1174).

    (batch, time, features) → (batch, features); a: (batch, time), see `attention`
    """
    shares = attention(encoded)[:, None, :]  # (batch, 1, time)
    pooled: Array = (shares @ encoded.states)[:, 0]  # (batch, features)
    return pooled


def attention(encoded: EncodedTexts) -> Array:
    """Share attention out among the tokens of a text: a = softmax_t(v · tanh(A h_t + b)).

    Yang et al. 2016, N16-1174. A, (features, features), b and v, (features,), are learnt. Returns (batch, time), 0 at
    padding.
    """
    w = encoded.weights
    looks = np.tanh(encoded.states @ w["encoder.look.weight"].T + w["encoder.look.bias"])  # (batch, time, features)
    scores = np.where(encoded.mask, looks @ w["encoder.looked"], _LOWEST)  # (batch, time)
    shares: Array = np.exp(log_softmax(scores)) * encoded.mask
    return shares


#: The poolings by their names in `seqtext.config.POOLINGS`.
POOLINGS: dict[str, Callable[[EncodedTexts], Array]] = {
    "max": max_pooling,
    "mean": mean_pooling,
    "last": last_pooling,
    "attention": attention_pooling,
}
