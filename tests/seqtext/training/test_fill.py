"""The fill network: what each position sees, and that NumPy answers what torch learnt."""

import itertools

import numpy as np
import pytest
import torch

from seqtext import layers
from seqtext.config import FillConfig, TokenizerConfig, to_dict
from seqtext.fill import BlankFiller
from seqtext.folder import FORMAT, ModelFolder
from seqtext.text import END, PAD, Tokenizer
from seqtext.training.batches import Batch
from seqtext.training.fill import ALL, BAG, LEFT, RIGHT, FillBatch, FillNetwork, make_examples
from seqtext.training.modules import Dropper

TEXTS = ["the old dog sat by the door", "a café – naïve, isn't it?", "the fox ran", "I'll go there now, said the fox"]


def tokenizer_of(kind: str) -> Tokenizer:
    return Tokenizer.train(TEXTS * 3, TokenizerConfig(kind, 700, 1))


def network_of(config: FillConfig, size: int) -> FillNetwork:
    torch.manual_seed(3)
    network = FillNetwork(config, size)
    for parameter in network.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return network.eval()


def model_of(network: FillNetwork, tokenizer: Tokenizer) -> BlankFiller:
    weights = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    config = {
        "format": FORMAT,
        "task": "fill",
        "network": to_dict(network.config),
        "tokenizer": to_dict(TokenizerConfig(tokenizer.tokens)),
    }
    return BlankFiller(ModelFolder(config, tokenizer.to_json(), weights, [], ""))


def batch_of(texts: list[str], tokenizer: Tokenizer) -> Batch:
    rows = [tokenizer.encode(text, spacing=False).ids for text in texts]
    lengths = np.array([len(row) for row in rows])
    ids = np.full((len(rows), lengths.max()), PAD, np.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
    return Batch(ids, lengths)


SHAPES = [*itertools.product(("rnn", "gru", "lstm"), (1, 2), ("forward", "backward", "both"), ("word",))]
SHAPES += [("lstm", 1, "both", "char"), ("gru", 1, "both", "bpe"), ("lstm", 3, "forward", "bpe")]


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
    right = readers.rights([before, after])[0]
    state = readers.read(readers.start(np.concatenate([before, after])), np.concatenate([[2], before])[None])
    found = readers.log_probs(readers.query(state.hidden[:, -1], state.bag, right))[0]
    assert np.abs(found - expected).max() <= 1e-4
    assert model.fill(text, top=2)


@pytest.mark.parametrize(("cell", "depth"), [("rnn", 1), ("gru", 2), ("lstm", 3)])
def test_stepping_equals_running(cell: str, depth: int) -> None:
    network = network_of(FillConfig(cell=cell, layers=depth, hidden=12, embedding=8), 300)
    weights = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    stack = layers.load_stack(weights, "left", cell, depth)
    inputs = np.random.default_rng(0).normal(size=(3, 6, 8)).astype(np.float32)
    together, last = layers.run(stack, inputs, stack.zero(3))
    state = stack.zero(3)
    for time in range(6):
        output, state = layers.step(stack, inputs[:, time], state)
        assert np.abs(output - together[:, time]).max() < 1e-6
    assert np.abs(state.hidden - last.hidden).max() < 1e-6


@pytest.mark.parametrize("mode", [ALL, LEFT, RIGHT, BAG])
def test_a_position_never_sees_its_own_answer(mode: int) -> None:
    network = network_of(FillConfig(hidden=12, embedding=8), 50)
    ids = torch.randint(7, 50, (1, 9))
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
def test_padding_changes_nothing(direction: str) -> None:
    tokenizer = tokenizer_of("word")
    config = FillConfig(hidden=12, embedding=8, direction=direction)
    network = network_of(config, tokenizer.size)
    alone = make_examples(batch_of(TEXTS[2:3], tokenizer), tokenizer, config, None)
    among = make_examples(batch_of(TEXTS, tokenizer), tokenizer, config, None)
    with torch.no_grad():
        mine = network(among)[among.row == 2]
        assert torch.allclose(network(alone), mine, atol=1e-6)
    assert torch.equal(alone.target, among.target[among.row == 2])


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
def test_examples_ask_what_they_say(kind: str) -> None:
    tokenizer = tokenizer_of(kind)
    batch = batch_of(TEXTS, tokenizer)
    asked = make_examples(batch, tokenizer, FillConfig(), np.random.default_rng(5))
    row, start, end = asked.row, asked.start, asked.end
    ending = asked.target == END
    assert torch.equal(start[ending], end[ending])
    assert torch.equal(asked.target[~ending], asked.ids[row, start.clamp(max=asked.ids.shape[1] - 1)][~ending])
    assert (end[~ending] > start[~ending]).all()
    assert (end <= asked.lengths[row]).all()
    plain = make_examples(batch, tokenizer, FillConfig(), None)
    assert len(plain.target) == batch.lengths.sum()


def test_rows_share_out_a_batch_without_loss() -> None:
    tokenizer = tokenizer_of("word")
    network = network_of(FillConfig(hidden=12, embedding=8, dropout=0.5), tokenizer.size)
    whole = make_examples(batch_of(TEXTS, tokenizer), tokenizer, network.config, np.random.default_rng(5))

    def nats(rows: list[int]) -> float:
        drop = Dropper(0.5, 1, 7, torch.tensor(rows), 4)
        with torch.no_grad():
            return float(network.loss(whole.rows(np.array(rows)), None, drop)[0])

    assert nats([0, 2]) + nats([1, 3]) == pytest.approx(nats([0, 1, 2, 3]), rel=1e-5)
