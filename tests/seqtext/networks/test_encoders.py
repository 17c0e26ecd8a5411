"""Encoders in NumPy: numbers checked by hand, what each rung sees of the order of tokens, padding."""

import re

import numpy as np
import pytest

from seqtext.config import DIRECTIONS, ENCODERS, POOLINGS, ClassifyConfig
from seqtext.errors import ConfigError
from seqtext.networks import cells, directions, encoders
from seqtext.networks.classifier import expected_shapes, load_encoder
from seqtext.networks.encoders import Encoder
from seqtext.training.networks import directions as learnt_directions
from seqtext.training.networks import encoders as learnt


def encoder_of(**changes: object) -> Encoder:
    config = ClassifyConfig(**{"hidden": 6, "embedding": 5, "pooling": "max,mean,last,attention", **changes})
    draw = np.random.default_rng(3)
    shapes = expected_shapes(config, 20, 3)
    return load_encoder(config, {name: draw.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()})


def vectors_of(*lengths: int, more: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(5)
    vectors = draw.normal(0, 1, (len(lengths), max(lengths) + more, 5)).astype(np.float32)
    return vectors, np.arange(vectors.shape[1]) < np.array(lengths)[:, None]


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("layers", [1, 2])
def test_padding_and_neighbours_change_nothing(encoder: str, layers: int) -> None:
    network = encoder_of(encoder=encoder, layers=layers)
    vectors, mask = vectors_of(4, 7, 1, more=3)
    together = network(vectors, mask)
    vectors[~mask] = 100.0
    assert np.array_equal(network(vectors, mask), together) or np.allclose(network(vectors, mask), together, atol=1e-6)
    alone = [network(vectors[k : k + 1, :length], mask[k : k + 1, :length])[0] for k, length in enumerate((4, 7, 1))]
    assert np.allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize(("stride", "dilation", "pool_width"), [(2, 1, 1), (1, 3, 1), (3, 2, 1), (1, 1, 2), (2, 2, 3)])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_strides_leave_no_trace_of_padding(stride: int, dilation: int, pool_width: int, pooling: str) -> None:
    changes = {"stride": stride, "dilation": dilation, "pool_width": pool_width, "widths": "2,3", "pooling": pooling}
    network = encoder_of(encoder="convolution", layers=2, **changes)
    lengths = (1, 2, 5, 6, 7, 13)
    vectors, mask = vectors_of(*lengths, more=5)
    vectors[~mask] = 100.0
    states = network.states(vectors, mask)
    assert network.shortening(network.config) == stride**2 * pool_width
    assert states.shape[1] == len(range(0, 18, stride**2 * pool_width))
    alone = [network(vectors[k : k + 1, :length], mask[k : k + 1, :length])[0] for k, length in enumerate(lengths)]
    assert np.allclose(network(vectors, mask), alone, atol=1e-5)


def test_a_stride_skips_and_a_dilation_spreads() -> None:
    """A filter of 1 at both places, one unit: h_t = x_t + x_{t + dilation}, at every second token."""
    config = ClassifyConfig(
        encoder="convolution", widths="2", stride=2, dilation=2, hidden=1, embedding=1, layers=2, pool_width=2
    )
    weights = {f"encoder.filters.{k}.2.weight": np.ones((1, 1, 2), np.float32) for k in (0, 1)}
    weights |= {f"encoder.filters.{k}.2.bias": np.zeros(1, np.float32) for k in (0, 1)}
    vectors = np.arange(1, 10, dtype=np.float32)[None, :, None]
    # (one before, one after): at places 1 3 5 7 9 of 1 … 9: 0+2, 2+4, 4+6, 6+8, 8+0; largest of two: 6, 14, 8;
    # at the first of these: nothing before it, 14 after it; at the third: 14 before it.
    found = load_encoder(config, weights).states(vectors, np.ones((1, 9), np.bool_))
    assert found[0, :, 0].tolist() == [14.0, 14.0]


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_row_without_tokens_gives_zeros(pooling: str) -> None:
    vectors, mask = vectors_of(3, 3)
    mask[1] = False
    found = encoder_of(encoder="lstm", pooling=pooling)(vectors, mask)
    assert not found[1].any()
    assert found[0].any()


@pytest.mark.parametrize("encoder", ENCODERS)
def test_what_repeats_may_be_looked_up(encoder: str) -> None:
    network = encoder_of(encoder=encoder, layers=2)
    table, mask = np.random.default_rng(8).normal(size=(4, 5)).astype(np.float32), vectors_of(5, 2, 6)[1]
    table[-1] = 0.0
    ids = np.array([[0, 1, 1, 2, 0, 3], [2, 2, 3, 3, 3, 3], [1, 1, 0, 2, 2, 0]])
    assert np.allclose(network.read(network.table(table), ids, mask), network(table[ids], mask), atol=1e-6)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_bag_alone_ignores_the_order(encoder: str) -> None:
    network = encoder_of(encoder=encoder, pooling="mean")
    vectors, mask = vectors_of(5)
    turned = network(vectors[:, ::-1], mask)
    assert np.allclose(network(vectors, mask), turned, atol=1e-6) == (encoder == "bag")


def test_last_is_the_state_after_everything_is_read() -> None:
    network = encoder_of(encoder="gru", pooling="last")
    vectors, mask = vectors_of(4, more=2)
    states = network.states(vectors, mask)
    assert np.array_equal(network(vectors, mask)[0], np.concatenate([states[0, 3, :6], states[0, 0, 6:]]))
    backward = encoder_of(encoder="gru", pooling="last", direction="backward")
    assert np.array_equal(backward(vectors, mask), backward.states(vectors, mask)[:, 0])


def test_the_two_ways_of_writing_a_simple_recurrence_are_one_map() -> None:
    draw = np.random.default_rng(2)
    w, u, b = draw.normal(size=(4, 3)), draw.normal(size=(4, 4)), draw.normal(size=4)
    x, h = draw.normal(size=(2, 3)), draw.normal(size=(2, 4))
    apart, _ = cells.rnn_cell(x @ w.T + b, h, h, cells.Layer(w, u, b, np.zeros(4)))
    joined = np.tanh(np.concatenate([x, h], 1) @ np.concatenate([w, u], 1).T + b)
    assert np.allclose(apart, joined)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"widths": "2,,3"}, "widths received '2,,3'"),
        ({"widths": "0"}, "widths received '0'"),
        ({"pooling": "maximum"}, "pooling received 'maximum'"),
        ({"pooling": "max,max"}, "each once"),
        ({"encoder": "cnn"}, "accepted are bag, feedforward, convolution"),
        ({"context": "lstm"}, "context received 'lstm'; none is accepted"),
        ({"context": "lstm,1,x,both"}, "context received"),
        ({"context": "bag,1,5,both"}, "context received"),
        ({"context": "lstm,0,5,both"}, "context received"),
        ({"context": "lstm,1,5,up"}, "context received"),
    ],
)
def test_settings_that_make_no_sense(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ClassifyConfig(**changes)


HALVES = {"NumPy": encoders.ENCODERS, "PyTorch": learnt.ENCODERS}
WAYS = {"NumPy": directions.DIRECTIONS, "PyTorch": learnt_directions.DIRECTIONS}
#: The authors of a paper and its year, and a state that equals something.
PAPER, EQUATION = r"[A-Z]\w+ (and [A-Z]\w+ |et al\. )?(19|20)\d\d", r"h_t(\])? = "


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", ENCODERS)
def test_every_rung_is_a_class_that_names_its_equation_and_its_paper(half: str, name: str) -> None:
    rung = HALVES[half][name]
    assert rung.__doc__ != rung.__mro__[1].__doc__
    assert re.search(EQUATION, rung.__doc__)
    assert re.search(PAPER, rung.__doc__)


@pytest.mark.parametrize("half", WAYS)
@pytest.mark.parametrize("name", DIRECTIONS)
def test_every_direction_is_a_class_that_names_its_equation_and_its_paper(half: str, name: str) -> None:
    described = type(WAYS[half][name]).__doc__
    assert re.search(EQUATION, described)
    assert re.search(PAPER, described)


def test_both_halves_have_the_same_rungs() -> None:
    names = {half: {name: rung.__name__ for name, rung in rungs.items()} for half, rungs in HALVES.items()}
    assert names["NumPy"] == names["PyTorch"]
    assert set(names["NumPy"]) == set(ENCODERS)
    assert len(set(names["NumPy"].values())) == len(ENCODERS)


def test_both_halves_say_the_same_of_a_rung() -> None:
    assert [name for name in ENCODERS if HALVES["NumPy"][name].__doc__ != HALVES["PyTorch"][name].__doc__] == []
