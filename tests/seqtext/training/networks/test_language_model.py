"""The language model's network: windows equal one reading, NumPy answers what torch learnt."""

import numpy as np
import pytest
import torch

from builders import unsaved_model
from seqtext.config import READERS, TokenizerConfig
from seqtext.models.language_model import LanguageModel
from seqtext.tokenizer import Tokenizer
from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.softmax import draw_candidates
from torch_builders import language_network, numpy_weights


@pytest.mark.parametrize("cell", READERS)
@pytest.mark.parametrize("layers", [1, 2])
def test_windows_with_a_carried_state_equal_one_reading(cell: str, layers: int) -> None:
    network = language_network(cell, layers)
    ids = torch.randint(7, 40, (3, 20))
    with torch.no_grad():
        whole, _ = network(ids, network.zero())
        parts, state = [], network.zero()
        for start, stop in ((0, 1), (1, 8), (8, 20)):
            found, state = network(ids[:, start:stop], state)
            parts.append(found)
    assert torch.allclose(torch.cat(parts, 1), whole, atol=1e-5)


@pytest.mark.parametrize("sampled", [False, True])
def test_the_loss_is_the_cross_entropy_of_the_logits(sampled: bool) -> None:
    network = language_network("gru")
    ids, targets = torch.randint(7, 40, (2, 3, 6))
    candidates = None
    if sampled:
        candidates = draw_candidates(targets.flatten(), torch.full((40,), 1 / 40), 40, torch.Generator())
    nats, state = network.loss(ids, targets, network.zero(), candidates, None)
    scores, after = network(ids, network.zero())
    expected = torch.nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten(), reduction="sum")
    assert float(nats.detach()) == pytest.approx(float(expected.detach()), rel=1e-4)
    assert torch.allclose(state[0], after[0])
    assert not state[0].requires_grad


def test_dropout_is_shared_out_with_the_rows() -> None:
    network = language_network("lstm", 2)
    ids, targets = torch.randint(7, 40, (2, 4, 6))

    def nats(rows: list[int]) -> float:
        drop = Dropper(0.5, 1, 7, torch.tensor(rows), 4)
        with torch.no_grad():
            return float(network.loss(ids[rows], targets[rows], network.zero(), None, drop)[0])

    assert nats([0, 2]) + nats([1, 3]) == pytest.approx(nats([0, 1, 2, 3]), rel=1e-5)


@pytest.mark.parametrize("cell", READERS)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
def test_numpy_equals_torch(cell: str, layers: int, kind: str) -> None:
    texts = ["the old dog sat by the door", "a café – naïve, isn't it?", "l’été 日本語"]
    tokenizer = Tokenizer.train(texts * 3, TokenizerConfig(kind, 700, 1))
    network = language_network(cell, layers, tokenizer.size)
    model = LanguageModel(unsaved_model("generate", network.config, tokenizer, numpy_weights(network)))
    text = "the old dog\nsat by a café, naïve 日本"
    ids = np.concatenate([[tokenizer.newline], tokenizer.encode(text).ids]).astype(np.int64)
    with torch.no_grad():
        expected = torch.log_softmax(network(torch.from_numpy(ids)[None], network.zero())[0], 2)[0].numpy()
    state = model.reader.read(ids[:1])[1]
    for place in range(1, len(ids)):
        found, state = model.reader.step(ids[place : place + 1], state)
        assert np.abs(found[0] - expected[place]).max() <= 1e-4
    bits = [token.bits for token in model.score(text).tokens]
    assert np.abs(np.array(bits) + expected[np.arange(len(ids) - 1), ids[1:]] / np.log(2)).max() <= 2e-4
