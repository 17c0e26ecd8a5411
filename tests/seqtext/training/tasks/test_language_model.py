"""The language model's network and task: state that is carried, loss, held-out scores, training from end to end."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import seqtext
from builders import unigram_entropy
from seqtext.config import RECURRENT_CELLS, LanguageConfig, TokenizerConfig, TrainingConfig
from seqtext.errors import ConfigError
from seqtext.evaluation.evaluate import evaluate
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.streams import Stream, StreamWriter, write_stream
from seqtext.training.events import Evaluated, Finished, Started
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import Run
from seqtext.training.tasks.language_model import LanguageTask
from seqtext.training.train import train
from torch_builders import BF16, language_network

TINY: dict[str, Any] = {
    "hidden": 16, "embedding": 8, "batch_size": 128, "max_length": 16, "threads": 1, "device": "cpu",
}  # fmt: skip


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    lines = [f"the {who} {what} by the {where}." for who in ("dog", "fox") for what in ("sat", "ran") for where in
             ("door", "hill", "sea")]  # fmt: skip
    path.write_text("\n\n".join(lines * 60) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_held_out_text_is_scored_whole(tmp_path: Path, corpus: Path, cell: str) -> None:
    tokenizer = Tokenizer.train([corpus.read_text()], TokenizerConfig("char", 300, 1))
    run = Run(tmp_path / "run")
    request = Request("generate", (str(corpus),))
    for part in ("train", "valid"):
        writer = StreamWriter(run.data / part, tokenizer.size, tokenizer.newline)
        write_stream(corpus.read_text().splitlines()[:90], tokenizer, writer)
        writer.close()
    run.write_data("tokenizer.json", tokenizer.to_json())
    stream = Stream(run.data / "train")
    config = RunConfig(
        TokenizerConfig("char"), LanguageConfig(cell=cell, hidden=12, embedding=8), TrainingConfig(steps=1)
    )
    task = LanguageTask(run, request, config, torch.device("cpu"))
    task.network = network = language_network(cell, vocabulary=tokenizer.size)
    nats, scores = task.evaluate()
    ids = torch.from_numpy(stream.at(np.arange(stream.tokens + 1)))[None]
    with torch.no_grad():
        found = torch.log_softmax(network(ids[:, :-1], network.zero())[0], 2)
    expected = -float(found[0, torch.arange(stream.tokens), ids[0, 1:]].mean())
    # Rows begin with a state that has read 256 tokens or fewer of what stands before; nothing else differs.
    assert nats == pytest.approx(expected, abs=2e-3)
    assert scores["bits_per_character"] == pytest.approx(nats / math.log(2))


@pytest.mark.parametrize("changes", [
    {}, {"cell": "mingru", "layers": 2}, {"cell": "rnn", "tokens": "bpe", "vocab_size": 400}, {"average": 0.9},
    {"cell": "lstm", "tokens": "word", "softmax": "sampled", "samples": 40, "steps": 240},
    {"dropout": 0.4, "epochs": 2}, pytest.param({"precision": "bf16"}, marks=BF16), {"epochs": 0.7}, {"minutes": 0.05},
    {"encoder": "convolution", "layers": 3, "window": 3},
    {"encoder": "feedforward", "dropout": 0.4},
])  # fmt: skip
def test_every_setting_trains(corpus: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    """Some updates beat guessing by frequency, and the saved model answers as well as the trained one."""
    budget = {} if {"epochs", "minutes"} & changes.keys() else {"steps": 80}
    quick = {**TINY, "hidden": 48, "embedding": 16, "learning_rate": 0.02, "evaluations": 2}
    events = list(train("generate", corpus, tmp_path / "run", **{**quick, **budget, **changes}))
    finished = next(event for event in events if isinstance(event, Finished))
    model = seqtext.load(tmp_path / "run", task="generate")
    text = corpus.read_text(encoding="utf-8")
    tokens = [[*model.tokenizer.encode(line).ids, model.tokenizer.newline] for line in text.splitlines()]
    guessing = unigram_entropy(tokens) / math.log(2) * sum(map(len, tokens)) / len(text)
    trained = finished.metrics["bits_per_character"]
    assert trained < 0.85 * guessing
    assert model.score(text[:2000]).bits_per_character == pytest.approx(trained, rel=0.25)


@pytest.mark.learning
def test_training_learns_the_text(corpus: Path, tmp_path: Path) -> None:
    settings = {**TINY, "hidden": 48, "embedding": 16, "steps": 600, "patience": 0}
    events = list(train("generate", corpus, tmp_path / "run", **settings))
    started = next(event for event in events if isinstance(event, Started))
    assert started.examples == 1439  # blank lines are text
    scores = [event for event in events if isinstance(event, Evaluated)]
    # 12 equally likely sentences of some 26 characters hold log2(12) bits: 0.14 a character.
    assert scores[-1].metrics["bits_per_character"] < 0.6 < scores[0].metrics["bits_per_character"]


@pytest.mark.parametrize(
    "tokens", ["bpe", *(pytest.param(one, marks=pytest.mark.learning) for one in ("char", "word"))]
)
@pytest.mark.parametrize("cell", ["gru", "lstm", "convolution"])
def test_evaluate_gives_what_training_gave_on_the_same_text(
    corpus: Path, tmp_path: Path, tokens: str, cell: str
) -> None:
    settings = {**TINY, "cell" if cell in RECURRENT_CELLS else "encoder": cell, "tokens": tokens, "vocab_size": 400}
    events = list(train("generate", corpus, tmp_path / "run", valid=corpus, steps=30, evaluations=1, **settings))
    trained = next(event for event in events if isinstance(event, Finished)).metrics
    found = evaluate(seqtext.load(tmp_path / "run"), corpus)
    assert found["bits_per_character"] == pytest.approx(trained["bits_per_character"], rel=0.002)  # half precision
    assert found["perplexity"] == pytest.approx(trained["perplexity"], rel=0.005)
    assert found["texts"] == 1439


def test_a_resumed_run_ends_with_the_same_bits(corpus: Path, tmp_path: Path) -> None:
    settings = {**TINY, "layers": 2, "cell": "lstm", "steps": 40, "save_seconds": 0.0, "dropout": 0.2, "patience": 0}
    list(train("generate", corpus, tmp_path / "whole", **settings))
    events = train("generate", corpus, tmp_path / "cut", **settings)
    for event in events:
        if getattr(event, "step", 0) >= 17 and type(event).__name__ == "Saved":
            break
    events.close()
    list(train("generate", None, tmp_path / "cut", resume=True))
    whole, cut = (load_file(tmp_path / name / "checkpoint" / "b.safetensors") for name in ("whole", "cut"))
    if any(not torch.equal(whole[name], cut[name]) for name in whole):  # the last state may be in the other slot
        cut = load_file(tmp_path / "cut" / "checkpoint" / "a.safetensors")
    for name, value in whole.items():
        assert torch.equal(cut[name], value), name


def test_a_model_of_another_task_is_no_start(corpus: Path, tmp_path: Path) -> None:
    list(train("generate", corpus, tmp_path / "run", steps=1, **TINY))
    with pytest.raises(ConfigError, match="a model for 'generate'; one for 'fill' is needed"):
        list(train("fill", corpus, tmp_path / "other", start=tmp_path / "run", steps=1))


@pytest.mark.learning
def test_a_classifier_takes_the_vectors_alone_of_readers_that_see_a_window(corpus: Path, tmp_path: Path) -> None:
    list(train("generate", corpus, tmp_path / "run", encoder="feedforward", steps=1, **TINY))
    assert seqtext.load(tmp_path / "run").config.cell == "feedforward"
    (tmp_path / "c.tsv").write_text("a\tone or the other\nb\tnone of them\n" * 20, encoding="utf-8")
    for encoder in (None, "feedforward"):
        own = {} if encoder is None else {"encoder": encoder}
        run = tmp_path / f"{encoder}"
        list(train("classify", tmp_path / "c.tsv", run, start=tmp_path / "run", steps=1, threads=1, **own))
        model = seqtext.load(run)
        assert (model.config.encoder, model.config.context) == (encoder or "convolution", "none")
        assert model.config.embedding == TINY["embedding"]
