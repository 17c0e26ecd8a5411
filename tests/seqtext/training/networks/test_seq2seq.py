"""The encoder–decoder's network: both forms agree, padding changes nothing, no step sees ahead."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch

from seqtext.config import SEQ2SEQ_CELLS, Seq2SeqConfig
from seqtext.networks.seq2seq import EncoderDecoder, expected_shapes
from seqtext.tokenizer import BOS, EOS, PAD
from seqtext.training.batches.pair_files import PairBatch
from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.seq2seq import Seq2SeqNetwork
from torch_builders import numpy_weights, perturbed

SOURCES, TARGETS = [[8, 9, 10, 11], [12, 8], [20, 21, 22]], [[10, 11], [8, 30, 12], [33]]


def network_of(**changes: Any) -> Seq2SeqNetwork:
    torch.manual_seed(3)
    return perturbed(Seq2SeqNetwork(Seq2SeqConfig(**{"hidden": 12, "embedding": 8, **changes}), 40, 40))


def padded(rows: list[list[int]], time: int) -> torch.Tensor:
    return torch.tensor([row + [PAD] * (time - len(row)) for row in rows])


def batch_of(sources: list[list[int]], targets: list[list[int]], more: int = 0) -> PairBatch:
    reach = [max(map(len, side)) + 1 + more for side in (sources, targets)]
    return PairBatch(
        padded([[*one, EOS] for one in sources], reach[0]),
        torch.tensor([len(one) + 1 for one in sources]),
        padded([[BOS, *one] for one in targets], reach[1]),
        padded([[*one, EOS] for one in targets], reach[1]),
        torch.tensor([len(one) + 1 for one in targets]),
    )


OPTIONS = list(itertools.product(SEQ2SEQ_CELLS, (1, 2), ("dot", "additive"), (False, True), (False, True)))


@pytest.mark.parametrize(("cell", "layers", "attention", "copy", "coverage"), OPTIONS)
def test_both_forms_give_the_same_log_probabilities(
    cell: str, layers: int, attention: str, copy: bool, coverage: bool
) -> None:
    network = network_of(cell=cell, layers=layers, attention=attention, copy=copy, coverage=coverage)
    batch = batch_of(SOURCES, TARGETS)
    with torch.no_grad():
        own, _ = network.log_probs(batch, network(batch))
    weights = numpy_weights(network)
    assert {name: value.shape for name, value in weights.items()} == expected_shapes(network.config, 40, 40)
    reader = EncoderDecoder(network.config, weights)
    state, found = reader.read([np.array(one) for one in SOURCES]), np.zeros((3, 4), np.float32)
    for time in range(4):
        log_probs, state = reader.step(batch.before[:, time].numpy(), state)
        found[:, time] = log_probs[np.arange(3), batch.target[:, time].numpy()]
    real = np.arange(4) < batch.target_lengths[:, None].numpy()
    assert np.abs(found[real] - own.numpy()).max() < 1e-4
    whole = np.where(real, found, 0.0).sum(1)
    assert reader.log_prob([np.array(one) for one in SOURCES], [np.array(one) for one in TARGETS]) == pytest.approx(
        whole, abs=1e-4
    )


def test_separate_vocabularies_have_two_tables() -> None:
    network = network_of(vocabulary="separate")
    weights = numpy_weights(network)
    state = EncoderDecoder(network.config, weights).read([np.array([8, 9])])
    with torch.no_grad():
        values, _, _ = network.read(batch_of([[8, 9]], [[8]]), None)
    assert np.allclose(state.memory.values, values.numpy(), atol=1e-5)
    assert "source_embedding.weight" in weights


@pytest.mark.parametrize("attention", ["dot", "additive"])
def test_padding_and_neighbours_change_nothing(attention: str) -> None:
    network = network_of(copy=True, coverage=True, attention=attention, layers=2)
    with torch.no_grad():
        own = network.log_probs(batch_of(SOURCES, TARGETS, 3), network(batch_of(SOURCES, TARGETS, 3)))[0]
        alone = []
        for source, target in zip(SOURCES, TARGETS, strict=True):
            batch = batch_of([source], [target])
            alone.append(network.log_probs(batch, network(batch))[0])
    assert torch.allclose(own, torch.cat(alone), atol=1e-5)


def test_no_step_sees_what_comes_after_it() -> None:
    network = network_of(copy=True, coverage=True)
    with torch.no_grad():
        one = network(batch_of([[8, 9, 10]], [[11, 12, 13, 14]])).feeds
        other = network(batch_of([[8, 9, 10]], [[11, 12, 30, 31]])).feeds
    assert torch.equal(one[:, :3], other[:, :3])
    assert not torch.allclose(one[:, 3], other[:, 3])


@pytest.mark.parametrize("changes", [{}, {"copy": True, "coverage": True}, {"attention": "additive", "coverage": True}])
def test_the_gradient_is_the_slope_of_the_loss(changes: dict[str, Any]) -> None:
    network, batch = network_of(layers=2, **changes), batch_of(SOURCES, TARGETS)
    parameters = list(network.parameters())
    slopes = torch.autograd.grad(network.loss(batch, None), parameters)
    torch.manual_seed(1)
    way = [torch.randn_like(parameter) for parameter in parameters]
    expected = float(sum((slope * step).sum() for slope, step in zip(slopes, way, strict=True)))
    losses = []
    for size in (1e-3, -1e-3):
        with torch.no_grad():
            for parameter, step in zip(parameters, way, strict=True):
                parameter += size * step
            losses.append(float(network.loss(batch, None)))
            for parameter, step in zip(parameters, way, strict=True):
                parameter -= size * step
    assert (losses[0] - losses[1]) / 2e-3 == pytest.approx(expected, rel=0.02, abs=0.1)


def test_dropout_is_locked_and_only_while_learning() -> None:
    network, batch = network_of(), batch_of(SOURCES, TARGETS)
    rows = torch.arange(3)
    with torch.no_grad():
        plain = network.loss(batch, None)
        first, again = (network.loss(batch, Dropper(0.5, 1, 1, rows, 3)) for _ in range(2))
        feeds = network(batch, Dropper(0.5, 1, 1, rows, 3)).feeds
    assert first == again
    assert first != plain
    assert ((feeds == 0.0).all(1) | (feeds != 0.0).all(1)).all()
