"""Poolings in NumPy: numbers by hand, padding, attention, kinds that are not known."""

import numpy as np
import pytest

from seqtext.config import POOLINGS as NAMES
from seqtext.config import ClassifyConfig
from seqtext.networks.classifier import expected_shapes, load_encoder
from seqtext.networks.directions import DIRECTIONS
from seqtext.networks.encoders import Encoder
from seqtext.networks.pooling import POOLINGS, EncodedTexts, attention

STATES = np.array([[[1, -8], [5, -4], [3, -6]], [[7, 7], [7, 7], [7, 7]]], np.float32)
MASK = np.array([[True, True, False], [False, False, False]])


def encoder_of(pooling: str) -> Encoder:
    config = ClassifyConfig(encoder="rnn", hidden=6, embedding=5, pooling=pooling)
    draw = np.random.default_rng(3)
    shapes = expected_shapes(config, 20, 3)
    return load_encoder(config, {name: draw.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()})


def test_every_pooling_of_the_settings_is_there() -> None:
    assert tuple(POOLINGS) == NAMES


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("max", [5, -4]), ("mean", [3, -6]), ("last", [5, -4]), ("attention", [3, -6])],  # a look of zeros: equal shares
)
def test_numbers_by_hand(kind: str, expected: list[float]) -> None:
    nothing = {"look.weight": np.zeros((2, 2)), "look.bias": np.zeros(2), "looked": np.zeros(2)}
    weights = {f"encoder.{name}": value.astype(np.float32) for name, value in nothing.items()}
    found = POOLINGS[kind](EncodedTexts(STATES.copy(), MASK, DIRECTIONS["forward"].ends, weights))
    assert np.allclose(found, [expected, [0, 0]])


def test_an_unknown_kind_is_no_attention() -> None:
    network = encoder_of("mean")
    object.__setattr__(network.config, "pooling", "median")  # as if a kind stood in the settings alone
    with pytest.raises(KeyError, match="median"):
        network(np.zeros((1, 2, 5), np.float32), np.ones((1, 2), np.bool_))


def test_attention_is_a_share_of_the_real_tokens() -> None:
    vectors = np.random.default_rng(5).normal(0, 1, (2, 5, 5)).astype(np.float32)
    mask = np.arange(5) < np.array([[4], [2]])
    network = encoder_of("attention")
    shares = attention(network.encoded(network.states(vectors, mask), mask))
    assert np.allclose(shares.sum(1), 1.0, atol=1e-6)
    assert not shares[~mask].any()
