"""Encoders in PyTorch: the same numbers as in NumPy, for every encoder, pooling and direction."""

import itertools

import numpy as np
import pytest
import torch

from seqtext.config import DIRECTIONS, ENCODERS, POOLINGS, RECURRENT_CELLS, ClassifyConfig
from seqtext.networks.classifier import expected_shapes, load_encoder
from seqtext.networks.filters import conv1d, pool1d
from seqtext.training.networks.classifier import ClassifyNetwork
from seqtext.training.networks.directions import turn
from torch_builders import numpy_weights, perturbed

CASES = [
    (encoder, pooling, direction, layers)
    for encoder, pooling, direction, layers in itertools.product(ENCODERS, POOLINGS, DIRECTIONS, (1, 2))
    if direction == "both" or encoder in RECURRENT_CELLS
]


@pytest.mark.parametrize(("encoder", "pooling", "direction", "layers"), CASES)
def test_both_forms_give_the_same_numbers(encoder: str, pooling: str, direction: str, layers: int) -> None:
    torch.manual_seed(1)
    config = ClassifyConfig(
        encoder=encoder, pooling=pooling, direction=direction, layers=layers, hidden=8, embedding=6,
        pairs=50 if encoder == "bag" else 0,
        ngrams=4,
    )  # fmt: skip
    network = ClassifyNetwork(config, 20, 3)
    perturbed(network, 0.2)
    weights = numpy_weights(network)
    assert {name: value.shape for name, value in weights.items()} == expected_shapes(config, 20, 3)
    vectors = torch.randn(4, 9, 6)
    mask = torch.arange(9) < torch.tensor([[9], [4], [1], [6]])
    with torch.no_grad():
        expected = network.encoder(vectors, mask).numpy()
    assert np.abs(load_encoder(config, weights)(vectors.numpy(), mask.numpy()) - expected).max() < 1e-5


@pytest.mark.parametrize(
    ("stride", "dilation", "pool_width", "layers"),
    [(2, 1, 1, 1), (1, 2, 1, 2), (2, 3, 1, 2), (3, 2, 2, 2), (1, 1, 3, 3), (2, 1, 2, 3), (5, 4, 1, 1)],
)
@pytest.mark.parametrize("pooling", POOLINGS)
def test_strided_convolutions_give_the_same_numbers(
    stride: int, dilation: int, pool_width: int, layers: int, pooling: str
) -> None:
    config = ClassifyConfig(
        encoder="convolution", pooling=pooling, layers=layers, hidden=8, embedding=6, widths="1,2,5", stride=stride,
        dilation=dilation, pool_width=pool_width,
    )  # fmt: skip
    torch.manual_seed(2)
    network = ClassifyNetwork(config, 20, 3)
    perturbed(network, 0.2)
    weights = numpy_weights(network)
    assert {name: value.shape for name, value in weights.items()} == expected_shapes(config, 20, 3)
    ids = torch.randint(20, (5, 11))
    mask = torch.arange(11) < torch.tensor([[11], [4], [1], [6], [9]])
    with torch.no_grad():
        expected = network.encoder(network.embedding(ids), mask).numpy()
    ours = load_encoder(config, weights)
    vectors = np.concatenate([weights["embedding.weight"], np.zeros((1, 6), np.float32)])
    assert np.abs(ours.read(ours.table(vectors), ids.numpy(), mask.numpy()) - expected).max() < 1e-5
    assert np.abs(ours(vectors[ids.numpy()], mask.numpy()) - expected).max() < 1e-5


@pytest.mark.parametrize(("stride", "padding", "dilation"), list(itertools.product((1, 2), (0, 3), (1, 2))))
def test_convolution_and_pooling_are_those_of_torch(stride: int, padding: int, dilation: int) -> None:
    inputs, filters, bias = torch.randn(2, 11, 3), torch.randn(5, 4, 3), torch.randn(5)
    expected = torch.conv1d(inputs.mT, filters.mT, bias, stride, padding, dilation).mT.numpy()
    arrays = inputs.numpy(), filters.numpy(), bias.numpy()
    found = conv1d(*arrays, stride=stride, padding=padding, dilation=dilation)
    assert np.abs(found - expected).max() < 1e-5
    largest = torch.nn.functional.max_pool1d(inputs.mT, 3, stride).mT.numpy()
    average = torch.nn.functional.avg_pool1d(inputs.mT, 3, stride).mT.numpy()
    assert np.allclose(pool1d(inputs.numpy(), 3, stride), largest)
    assert np.allclose(pool1d(inputs.numpy(), 3, stride, "average"), average, atol=1e-6)


def test_an_unknown_pooling_is_no_attention() -> None:
    network = ClassifyNetwork(ClassifyConfig(encoder="bag", pooling="mean"), 20, 3).encoder
    object.__setattr__(network.config, "pooling", "median")  # as if a kind stood in the settings alone
    with pytest.raises(KeyError, match="median"):
        network(torch.zeros(1, 2, 128), torch.ones(1, 2, dtype=torch.bool))


def test_turning_leaves_padding_where_it_is() -> None:
    values = torch.tensor([[1, 2, 3, 0], [4, 5, 0, 0]])[:, :, None]
    assert turn(values, values[:, :, 0] > 0)[:, :, 0].tolist() == [[3, 2, 1, 0], [5, 4, 0, 0]]
