"""The encoder–decoder's network and task: both forms agree, padding changes nothing, training from end to end."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import seqtext
from seqtext.config import Seq2SeqConfig
from seqtext.errors import ConfigError, CorpusError
from seqtext.networks.seq2seq import EncoderDecoder, expected_shapes
from seqtext.tokenizer import BOS, EOS, PAD
from seqtext.training.batches.pair_files import PairBatch
from seqtext.training.events import Evaluated, Finished, Started
from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.seq2seq import Seq2SeqNetwork
from seqtext.training.train import train

TINY: dict[str, Any] = {
    "hidden": 32, "embedding": 16, "batch_size": 512, "vocab_size": 400, "threads": 1, "dropout": 0.0,
}  # fmt: skip
SOURCES, TARGETS = [[8, 9, 10, 11], [12, 8], [20, 21, 22]], [[10, 11], [8, 30, 12], [33]]


def network_of(**changes: Any) -> Seq2SeqNetwork:
    torch.manual_seed(3)
    network = Seq2SeqNetwork(Seq2SeqConfig(**{"hidden": 12, "embedding": 8, **changes}), 40, 40)
    for parameter in network.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return network


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


OPTIONS = list(itertools.product(("rnn", "gru", "lstm"), (1, 2), ("dot", "additive"), (False, True), (False, True)))


@pytest.mark.parametrize(("cell", "layers", "attention", "copy", "coverage"), OPTIONS)
def test_both_forms_give_the_same_log_probabilities(
    cell: str, layers: int, attention: str, copy: bool, coverage: bool
) -> None:
    network = network_of(cell=cell, layers=layers, attention=attention, copy=copy, coverage=coverage)
    batch = batch_of(SOURCES, TARGETS)
    with torch.no_grad():
        own, _ = network.log_probs(batch, network(batch))
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    assert {name: value.shape for name, value in weights.items()} == expected_shapes(network.config, 40, 40)
    reader = EncoderDecoder(network.config, weights)
    state, found = reader.read([np.array(one) for one in SOURCES]), np.zeros((3, 4), np.float32)
    for time in range(4):
        log_probs, state = reader.step(batch.before[:, time].numpy(), state)
        found[:, time] = log_probs[np.arange(3), batch.target[:, time].numpy()]
    real = np.arange(4) < batch.target_lengths[:, None].numpy()
    assert np.abs(found[real] - own.numpy()).max() < 1e-4


def test_separate_vocabularies_have_two_tables() -> None:
    network = network_of(vocabulary="separate")
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
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


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.tsv"
    words = {"red": "rouge", "big": "grand", "old": "vieux"}, {"dog": "chien", "fox": "renard", "cat": "chat"}
    lines = [f"the {a} {b}\tle {words[1][b]} {words[0][a]}" for a in words[0] for b in words[1]]
    path.write_text("\n".join(lines * 30) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("task", ["translate", "summarize"])
@pytest.mark.parametrize("vocabulary", ["joint", "separate"])
def test_a_run_learns_and_answers(pairs: Path, tmp_path: Path, task: str, vocabulary: str) -> None:
    own = {"vocabulary": vocabulary, "copy": False, "coverage": False} if vocabulary == "separate" else {}
    events = list(train(task, pairs, tmp_path / "run", valid=pairs, steps=8, evaluations=2, **{**TINY, **own}))
    started, finished = events[0], events[-1]
    assert isinstance(started, Started)
    assert isinstance(finished, Finished)
    assert started.held_out.startswith("270 pairs of ")
    scores = {"translate": {"bleu", "chrf"}, "summarize": {"rouge1", "rouge2", "rougeL"}}[task]
    assert {"loss", "perplexity", *scores} == set(finished.metrics)
    model = seqtext.load(tmp_path / "run")
    assert model.settings["longest_source"] > 3
    ask = model.translate if task == "translate" else model.summarize
    assert len(ask(["the old cat", ""])) == 2


def test_the_best_answers_are_kept_not_the_lowest_loss(pairs: Path, tmp_path: Path) -> None:
    events = list(train("translate", pairs, tmp_path / "run", valid=pairs, steps=12, evaluations=6, **TINY))
    seen = [event for event in events if isinstance(event, Evaluated)]
    best = max(seen, key=lambda event: event.metrics["bleu"])
    assert seqtext.load(tmp_path / "run").settings["scores"]["bleu"] == best.metrics["bleu"]
    assert [event.best for event in seen] == [
        event.metrics["bleu"] > max((one.metrics["bleu"] for one in seen[:k]), default=-1.0)
        for k, event in enumerate(seen)
    ]


def test_a_resumed_run_ends_where_an_unbroken_one_does(pairs: Path, tmp_path: Path) -> None:
    how = {**TINY, "dropout": 0.2, "steps": 10, "save_seconds": 0.0, "evaluations": 1}
    list(train("translate", pairs, tmp_path / "whole", **how))
    broken = train("translate", pairs, tmp_path / "broken", **how)
    for event in broken:
        if getattr(event, "step", 0) >= 4 and type(event).__name__ == "Saved":
            break
    broken.close()
    list(train("translate", None, tmp_path / "broken", resume=True))
    states = [load_file(next((tmp_path / name / "checkpoint").rglob("*.safetensors"))) for name in ("whole", "broken")]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_a_run_goes_on_from_a_model(pairs: Path, tmp_path: Path) -> None:
    list(train("translate", pairs, tmp_path / "first", steps=4, **TINY))
    list(train("translate", pairs, tmp_path / "more", start=tmp_path / "first", steps=2, batch_size=512, threads=1))
    with pytest.raises(ConfigError, match="--hidden"):
        list(train("translate", pairs, tmp_path / "x", start=tmp_path / "first", steps=2, hidden=64))
    with pytest.raises(ConfigError, match="a model for 'translate'"):
        list(train("summarize", pairs, tmp_path / "y", start=tmp_path / "first", steps=2))


def test_pairs_that_are_too_long_are_told(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("a b\tc d\n" * 5 + "a " * 99 + "\tb\n" + "a\t" + "b " * 99 + "\n", encoding="utf-8")
    started = next(train("translate", path, tmp_path / "t", valid=path, max_length=40, **TINY))
    assert isinstance(started, Started)
    assert started.skipped == {"source of 40 tokens or more": 1, "target of 40 tokens or more": 1}
    started = next(train("summarize", path, tmp_path / "s", valid=path, max_length=40, **TINY))
    assert isinstance(started, Started)
    assert started.skipped == {"target of 40 tokens or more": 1}
    path.write_text("a " * 99 + "\tb\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"no pair to learn from .skipped: 1 × source of 40 tokens"):
        next(train("translate", path, tmp_path / "u", valid=path, max_length=40, **TINY))


@pytest.mark.parametrize(
    ("text", "message"),
    [("only one column\n", "source<TAB>target"), ("\n\n", "no text"), ("a\t\n", "empty target")],
)
def test_faults_of_pairs_are_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match=message):
        list(train("translate", path, tmp_path / "run", steps=1, **TINY))


def test_files_of_unequal_length_are_told(tmp_path: Path) -> None:
    (tmp_path / "c.en").write_text("one\ntwo\n", encoding="utf-8")
    (tmp_path / "c.de").write_text("eins\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"has 2 lines and .* has 1"):
        list(train("translate", [tmp_path / "c.en", tmp_path / "c.de"], tmp_path / "run", steps=1, **TINY))
