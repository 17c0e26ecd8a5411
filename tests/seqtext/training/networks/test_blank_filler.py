"""The fill network: what each position sees, and that NumPy answers what torch learnt."""

import itertools

import numpy as np
import pytest
import torch

from builders import TEXTS, text_batch, tokenizer_of, unsaved_model
from seqtext.config import READERS, FillConfig
from seqtext.models.blank_filler import BlankFiller
from seqtext.networks import recurrent
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.blanks import ALL, FillBatch, make_examples
from seqtext.training.networks.blank_filler import BAG, LEFT, RIGHT, FillNetwork
from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.softmax import draw_candidates
from seqtext.training.word_vectors import CountedVectors
from torch_builders import numpy_weights, perturbed


def network_of(config: FillConfig, size: int) -> FillNetwork:
    torch.manual_seed(3)
    return perturbed(FillNetwork(config, size)).eval()


def model_of(network: FillNetwork, tokenizer: Tokenizer) -> BlankFiller:
    return BlankFiller(unsaved_model("fill", network.config, tokenizer, numpy_weights(network)))


SHAPES = [*itertools.product(READERS, (1, 2), ("forward", "backward", "both"), ("word",))]

SHAPES += [("lstm", 1, "both", "char"), ("gru", 1, "both", "bpe"), ("lstm", 3, "forward", "bpe")]

SHAPES += [("convolution", 5, "both", "char"), ("feedforward", 3, "backward", "bpe")]


@pytest.mark.parametrize(("cell", "depth", "direction", "kind"), SHAPES)
def test_numpy_equals_torch(cell: str, depth: int, direction: str, kind: str) -> None:
    tokenizer = tokenizer_of(kind)
    config = FillConfig(cell=cell, layers=depth, hidden=24, embedding=16, direction=direction)
    network = network_of(config, tokenizer.size)
    model = model_of(network, tokenizer)
    text = "the old dog ___ by the door"
    before, after = model.segments(["the old dog ", " by the door"])
    ids = torch.from_numpy(np.concatenate([before, after]).astype(np.int64))[None]
    place = torch.tensor([len(before)])
    nothing = torch.zeros(1, dtype=torch.long)
    batch = FillBatch(ids, torch.tensor([ids.shape[1]]), nothing, place, place, nothing, nothing)
    with torch.no_grad():
        expected = torch.log_softmax(network(batch), 1)[0].numpy()
    readers = model.readers
    right = readers.rights([[before, after]])[0]
    state = readers.read(readers.start([np.concatenate([before, after])]), [np.append(2, before)])
    found = readers.log_probs(readers.query(state.hidden[:, -1], state.bag, right))[0]
    assert np.abs(found - expected).max() <= 1e-4
    assert model.fill(text, top=2)


@pytest.mark.parametrize(("cell", "depth"), [("rnn", 1), ("gru", 2), ("lstm", 3), ("convolution", 3)])
def test_stepping_equals_running(cell: str, depth: int) -> None:
    network = network_of(FillConfig(cell=cell, layers=depth, hidden=12, embedding=8), 300)
    weights = numpy_weights(network)
    stack = recurrent.load_stack(weights, "left", cell, depth)
    inputs = np.random.default_rng(0).normal(size=(3, 6, 8)).astype(np.float32)
    together, last = recurrent.run(stack, inputs, stack.zero(3))
    state = stack.zero(3)
    for time in range(6):
        output, state = recurrent.step(stack, inputs[:, time], state)
        assert np.abs(output - together[:, time]).max() < 1e-6
    assert np.abs(state.hidden - last.hidden).max() < 1e-6


@pytest.mark.parametrize("mode", [ALL, LEFT, RIGHT, BAG])
@pytest.mark.parametrize("cell", ["lstm", "feedforward", "convolution"])
def test_a_position_never_sees_its_own_answer(mode: int, cell: str) -> None:
    network = network_of(FillConfig(cell, hidden=12, embedding=8), 50)
    ids = torch.randint(12, 50, (1, 9))
    start, end = torch.tensor([3]), torch.tensor([5])
    nothing = torch.zeros(1, dtype=torch.long)

    def logits(ids: torch.Tensor) -> torch.Tensor:
        batch = FillBatch(ids, torch.tensor([9]), nothing, start, end, nothing, nothing + mode)
        with torch.no_grad():
            return network(batch)

    first = logits(ids)
    inside, outside = ids.clone(), ids.clone()
    inside[0, 3:5] = torch.tensor([7, 8])
    assert torch.equal(logits(inside), first)
    outside[0, 2 if mode != RIGHT else 5] = 11
    assert not torch.equal(logits(outside), first)
    unseen = ids.clone()
    unseen[0, 8 if mode == LEFT else 0] = 11
    assert torch.equal(logits(unseen), first) == (mode in (LEFT, RIGHT))


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
@pytest.mark.parametrize("cell", ["lstm", "convolution"])
def test_padding_changes_nothing(direction: str, cell: str) -> None:
    tokenizer = tokenizer_of("word")
    config = FillConfig(cell, hidden=12, embedding=8, direction=direction)
    network = network_of(config, tokenizer.size)
    alone = make_examples(text_batch(TEXTS[2:3], tokenizer), tokenizer, config, None)
    among = make_examples(text_batch(TEXTS, tokenizer), tokenizer, config, None)
    with torch.no_grad():
        mine = network(among)[among.row == 2]
        assert torch.allclose(network(alone), mine, atol=1e-6)
    assert torch.equal(alone.target, among.target[among.row == 2])


def test_readers_go_no_further_than_is_asked() -> None:
    network = network_of(FillConfig(hidden=12, embedding=8), 50)
    ids, lengths = torch.randint(12, 50, (1, 9)), torch.tensor([9])
    row, start, end, target = torch.tensor([0, 0]), torch.tensor([3, 1]), torch.tensor([5, 4]), torch.tensor([20, 21])
    steps: list[int] = []
    for reader in (network.left, network.right):
        reader.layers[0].register_forward_pre_hook(lambda layer, inputs: steps.append(inputs[0].shape[1]))
    with torch.no_grad():
        network(FillBatch(ids, lengths, row, start, end, target, torch.zeros(2, dtype=torch.long)))
        network(FillBatch(ids, lengths, row[:1], start[:1] * 0, end[:1] + 4, target[:1], torch.tensor([ALL])))
    assert steps == [4, 6, 2, 2]  # the border symbol and 3 tokens from the left, 5 from the right; at least one token


def test_rows_share_out_a_batch_without_loss() -> None:
    tokenizer = tokenizer_of("word")
    network = network_of(FillConfig(hidden=12, embedding=8, dropout=0.5), tokenizer.size)
    whole = make_examples(text_batch(TEXTS, tokenizer), tokenizer, network.config, np.random.default_rng(5))

    def nats(rows: list[int]) -> float:
        drop = Dropper(0.5, 1, 7, torch.tensor(rows), 4)
        with torch.no_grad():
            return float(network.loss(whole.rows(np.array(rows)), None, drop)[0])

    assert nats([0, 2]) + nats([1, 3]) == pytest.approx(nats([0, 1, 2, 3]), rel=1e-5)


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
def test_candidates_that_are_all_words_change_nothing(direction: str) -> None:
    tokenizer = tokenizer_of("word")
    network = network_of(FillConfig(hidden=12, embedding=8, direction=direction), tokenizer.size)
    batch = make_examples(text_batch(TEXTS, tokenizer), tokenizer, network.config, np.random.default_rng(5))
    frequencies = torch.full((tokenizer.size,), 1 / tokenizer.size)
    every = draw_candidates(batch.target, frequencies, tokenizer.size, torch.Generator())
    gradients = []
    for candidates in (None, every):
        network.zero_grad()
        nats, _ = network.loss(batch, candidates)
        nats.backward()
        gradients.append({name: parameter.grad.clone() for name, parameter in network.named_parameters()})
    for name, expected in gradients[0].items():
        assert torch.allclose(gradients[1][name], expected, atol=1e-4), name


@pytest.mark.parametrize("cell", ["lstm", "mingru", "convolution"])
def test_evidence_is_what_each_part_of_the_network_says(cell: str) -> None:
    tokenizer = tokenizer_of("word")
    network = network_of(FillConfig(cell, hidden=12, embedding=8), tokenizer.size)
    model = model_of(network, tokenizer)
    before, after = model.segments(["the old ", " sat by the door"])
    fox = int(model._encode("fox")[0])
    ids = np.concatenate([before, [fox], after]).astype(np.int64)
    count, place = len(ids), len(before)

    def log_prob(mode: int, start: int, end: int, target: int) -> float:
        one = [torch.tensor([value]) for value in (0, start, end, target, mode)]
        with torch.no_grad():
            scores = network(FillBatch(torch.from_numpy(ids)[None], torch.tensor([count]), *one))
        return float(torch.log_softmax(scores, 1)[0, target])

    found = model.evidence("the old ___ sat by the door", "fox")
    assert found["bag"] == pytest.approx(log_prob(BAG, place, place + 1, fox), abs=1e-4)
    left = sum(log_prob(LEFT, k, k + 1, int(ids[k])) for k in range(place, count))
    right = sum(log_prob(RIGHT, k, k + 1, int(ids[k])) for k in range(place + 1))
    assert found["left"] == pytest.approx(left, abs=1e-4)
    assert found["right"] == pytest.approx(right, abs=1e-4)
    assert found["word"] == pytest.approx(float(torch.log_softmax(network.bias.detach(), 0)[fox]), abs=1e-4)
    nearby = sum(log_prob(ALL, k, k + 1, int(ids[k])) for k in range(count) if 2 <= abs(k - place) <= 4)
    assert found["nearby"] == pytest.approx(nearby, abs=1e-4)
    # The option closes with END, asked among END and the tokens that could go on with the word.
    assert found["span"] < log_prob(ALL, place, place + 1, fox)
    for kind, value in found.items():
        assert model.evidence("the old ___ sat by the door", "fox", (kind,)) == {kind: pytest.approx(value, abs=1e-5)}


def test_counted_vectors_make_a_naive_bayes_model() -> None:
    tokenizer = tokenizer_of("word")
    network = FillNetwork(FillConfig(hidden=12, embedding=8), tokenizer.size)
    words = {word: int(tokenizer.encode(word).ids[0]) for word in ("fox", "door", "ran")}
    vectors, signs = np.zeros((tokenizer.size, 8), np.float32), np.zeros(8, np.float32)
    vectors[words["fox"], 0], vectors[words["ran"], 0] = 1.0, 2.0  # fox and ran stand together, door apart
    vectors[words["door"], 1], signs[:2] = 1.0, (1.0, -1.0)
    counts = np.full(tokenizer.size, 5)
    counts[words["door"]] = 50
    network.begin_with(CountedVectors(vectors, signs, np.abs(vectors).sum(1) > 0), counts)
    ids = torch.tensor([[words["fox"], words["fox"]]])
    nothing = torch.zeros(1, dtype=torch.long)
    with torch.no_grad():
        scores = network(FillBatch(ids, torch.tensor([2]), nothing, nothing, nothing + 1, nothing, nothing + BAG))[0]
    gain = scores - network.bias.detach()
    assert gain[words["ran"]] > gain[words["fox"]] > 0.1 > gain[words["door"]].abs()
    bias = network.bias.detach()
    assert float(bias[words["door"]] - bias[words["ran"]]) == pytest.approx(np.log(51 / 6))
    # Rows without a count and dimensions that were not found keep the random vectors they began with.
    assert network.embedding.weight[words["fox"], 2:].abs().min() > 0
    assert network.embedding.weight[words["door"], 0] == 0
