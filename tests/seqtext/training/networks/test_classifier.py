"""The classifier's network: its loss, what it takes over from other networks, its twin in NumPy."""

from typing import Any

import numpy as np
import pytest
import torch

from seqtext.config import ENCODERS, ClassifyConfig, FillConfig, LanguageConfig, TokenizerConfig
from seqtext.fields import to_dict
from seqtext.models.classifier import Classifier
from seqtext.storage.model_folder import ModelFolder
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.label_files import LabelBatch, label_batch
from seqtext.training.networks.blank_filler import FillNetwork
from seqtext.training.networks.classifier import ClassifyNetwork, label_weights
from seqtext.training.networks.language_model import LanguageNetwork
from seqtext.training.tasks.classifier import taken_settings
from torch_builders import numpy_weights, perturbed


def test_labels_count_as_balance_says() -> None:
    counts = torch.tensor([90, 10])
    assert label_weights(counts, 0.0).tolist() == [1.0, 1.0]
    weights = label_weights(counts, 1.0)
    assert float(weights[1] / weights[0]) == pytest.approx(9.0)
    assert float((weights * counts).sum()) == pytest.approx(100.0)


def test_the_loss_is_the_smoothed_cross_entropy() -> None:
    network = ClassifyNetwork(ClassifyConfig(hidden=4, embedding=4, label_smoothing=0.2), 10, 3)
    scores = torch.randn(5, 3)
    labels = torch.tensor([0, 1, 2, 1, 0])
    expected = torch.nn.functional.cross_entropy(scores, labels, label_smoothing=0.2, reduction="sum")
    assert float(network.loss(scores, labels, torch.ones(3))) == pytest.approx(float(expected), rel=1e-5)


def test_a_rare_label_is_answered_more_often_with_balance() -> None:
    weights = label_weights(torch.tensor([99, 1]), 0.5)
    assert 1.0 < float(weights[1] / weights[0]) < 99.0


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
def test_the_readers_of_a_fill_model_are_taken_over(direction: str) -> None:
    filler = FillNetwork(FillConfig(hidden=6, embedding=5, direction=direction, cell="gru"), 20)
    weights = numpy_weights(filler)
    settings = taken_settings({"task": "fill", "network": {**vars(filler.config)}}, "gru")
    assert settings == {"encoder": "gru", "layers": 1, "hidden": 6, "embedding": 5, "direction": direction}
    network = ClassifyNetwork(ClassifyConfig(**settings), 20, 3)
    network.take_over(weights)
    assert torch.equal(network.embedding.weight, filler.embedding.weight)
    side = network.encoder.right if direction == "backward" else network.encoder.left
    assert torch.equal(side.layers[0].weight_hh_l0, filler.left.layers[0].weight_hh_l0)
    if direction == "both":
        assert torch.equal(network.encoder.right.layers[0].weight_hh_l0, filler.right.layers[0].weight_hh_l0)
    assert network.taken == ("embedding", "encoder")


def test_the_reader_of_a_language_model_is_taken_over() -> None:
    reader = LanguageNetwork(LanguageConfig(hidden=6, embedding=5, cell="mingru"), 20)
    settings = taken_settings({"task": "generate", "network": {**vars(reader.config)}}, "mingru")
    assert settings["direction"] == "forward"
    network = ClassifyNetwork(ClassifyConfig(**settings), 20, 3)
    network.take_over(numpy_weights(reader))
    assert torch.equal(network.encoder.left.layers[0].weight_ih_l0, reader.left.layers[0].weight_ih_l0)


def test_what_is_frozen_does_not_learn() -> None:
    network = ClassifyNetwork(ClassifyConfig(hidden=4, embedding=4), 10, 3)
    network.taken = ("embedding", "encoder")
    ids = torch.tensor([[2, 8, 3]])
    network.loss(network(LabelBatch(ids, ids > 0, ids[:, 0]), frozen=True), torch.tensor([1]), torch.ones(3)).backward()
    assert network.embedding.weight.grad is None
    assert network.output.weight.grad is not None


def test_another_encoder_takes_the_vectors_and_stands_beside_the_readers() -> None:
    filler = FillNetwork(FillConfig(hidden=6, embedding=5), 20)
    settings = taken_settings({"task": "fill", "network": {**vars(filler.config)}})
    assert settings == {"encoder": "convolution", "embedding": 5, "context": "lstm,1,6,both"}
    network = ClassifyNetwork(ClassifyConfig(hidden=4, **settings), 20, 3)
    network.take_over(numpy_weights(filler))
    assert network.taken == ("context", "embedding")
    assert torch.equal(network.embedding.weight, filler.embedding.weight)
    assert network.context is not None
    assert torch.equal(network.context.right.layers[0].weight_hh_l0, filler.right.layers[0].weight_hh_l0)
    assert not any(parameter.requires_grad for parameter in network.context.parameters())
    ids = torch.tensor([[2, 8, 3]])
    network.loss(network(LabelBatch(ids, ids > 0, ids[:, 0]), frozen=True), torch.tensor([1]), torch.ones(3)).backward()
    assert network.embedding.weight.grad is None
    assert network.encoder.filters[0]["2"].weight.grad is not None


def test_the_vectors_may_be_taken_alone() -> None:
    filler = FillNetwork(FillConfig(hidden=6, embedding=5), 20)
    settings = taken_settings({"task": "fill", "network": {**vars(filler.config)}}, "bag", "none")
    assert settings == {"encoder": "bag", "embedding": 5, "context": "none"}
    network = ClassifyNetwork(ClassifyConfig(**settings), 20, 3)
    network.take_over(numpy_weights(filler))
    assert network.taken == ("embedding",)
    # What reads a window of the tokens before it has no states that say what a token means where it stands.
    window = {"task": "fill", "network": {**vars(filler.config), "cell": "feedforward"}}
    assert taken_settings(window, "convolution")["context"] == "none"


def test_new_words_begin_as_the_same_ones_in_other_letters() -> None:
    filler = FillNetwork(FillConfig(hidden=6, embedding=5), 4)
    network = ClassifyNetwork(ClassifyConfig(encoder="bag", embedding=5), 7, 3)
    before = network.embedding.weight.detach().clone()
    texts = ["", "x", "Rome", "the", "THE", "rome", "quux"]
    network.take_over(numpy_weights(filler), texts)
    found = network.embedding.weight
    assert torch.equal(found[:4], filler.embedding.weight)
    assert torch.equal(found[4], found[3])
    assert torch.equal(found[5], found[2])
    assert torch.equal(found[6], before[6])


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize(
    "beside",
    [{"context": "lstm,1,5,both"}, {"context": "gru,2,4,forward", "pairs": 40}, {"wide": 60, "ngrams": 3}, {"wide": 9}],
)
@pytest.mark.parametrize("kept", [True, False])
def test_context_and_votes_are_the_same_in_both_forms(
    encoder: str, beside: dict[str, Any], kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["there is a saw", "no", "", "There IS no owl on item 7 or 8, there is no saw"]
    tokenizer = Tokenizer.train(texts * 3, TokenizerConfig("word", 600, 1))
    config = ClassifyConfig(encoder=encoder, hidden=6, embedding=5, **beside)
    torch.manual_seed(3)
    network = ClassifyNetwork(config, tokenizer.size, 3).eval()
    perturbed(network, 0.3)
    if not kept:
        monkeypatch.setattr("seqtext.models.classifier._KEPT", 0)
    about = {"network": to_dict(config), "tokenizer": to_dict(TokenizerConfig("word")), "labels": ["a", "b", "c"]}
    weights = numpy_weights(network)
    model = Classifier(ModelFolder({"format": 1, "task": "classify", **about}, tokenizer.to_json(), weights, [], ""))
    found = model.log_probs(texts)
    for text, own in zip(texts, found, strict=True):
        ids = np.array([[2, *tokenizer.encode(text, spacing=False).ids.tolist(), 3]])
        mask = np.ones_like(ids, np.bool_)
        batch = label_batch(ids, mask, np.zeros(1, np.int64), config, tokenizer)
        with torch.no_grad():
            expected = torch.log_softmax(network(batch), 1)[0].numpy()
        assert np.abs(own - expected).max() < 1e-4


def test_the_loss_of_several_labels_is_the_sum_of_their_decisions() -> None:
    network = ClassifyNetwork(ClassifyConfig(hidden=4, embedding=4, label_smoothing=0.3, several=True), 10, 3)
    scores, labels = torch.randn(5, 3), (torch.rand(5, 3) < 0.5).float()
    weights = torch.tensor([1.0, 2.0, 0.5])
    target, shares = 0.7 * labels + 0.1, torch.sigmoid(scores)
    expected = -(weights * (target * shares.log() + (1 - target) * (1 - shares).log())).sum()
    assert float(network.loss(scores, labels, weights)) == pytest.approx(float(expected), rel=1e-5)
