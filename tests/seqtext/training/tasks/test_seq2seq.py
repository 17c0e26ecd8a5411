"""The encoder–decoder's network and task: both forms agree, padding changes nothing, training from end to end."""

import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import seqtext
from seqtext.errors import ConfigError, CorpusError
from seqtext.training.events import Concluded, Evaluated, Finished, Started
from seqtext.training.tasks import seq2seq
from seqtext.training.tasks.seq2seq import Seq2SeqTask
from seqtext.training.train import train

TINY: dict[str, Any] = {
    "hidden": 32, "embedding": 16, "batch_size": 512, "vocab_size": 400, "threads": 1, "dropout": 0.0,
    "device": "cpu",
}  # fmt: skip


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
    assert model.settings["learnt_kinds"] == []
    assert ask(["..."])[0][0][:2] == ("...", 0.0)


def test_signs_that_are_learnt_from_are_answered(tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.tsv"
    numbers.write_text("".join(f"{k % 10} {k // 10}\tten {k}\n" for k in range(100)), encoding="utf-8")
    list(train("translate", numbers, tmp_path / "run", steps=2, evaluations=1, **TINY))
    model = seqtext.load(tmp_path / "run")
    assert model.settings["learnt_kinds"] == ["signs"]
    assert model.translate(["4 2"])[0][0].score < 0


@pytest.mark.parametrize("task", ["translate", "summarize"])
def test_the_lowest_loss_is_kept_whatever_a_few_answers_score(
    pairs: Path, tmp_path: Path, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = itertools.count(99, -10)  # each evaluation's answers look worse than those before
    name = {"translate": "bleu", "summarize": "rougeL"}[task]
    monkeypatch.setattr(Seq2SeqTask, "_answers", lambda self, count: {name: float(next(scores))})
    events = list(train(task, pairs, tmp_path / "run", valid=pairs, steps=12, evaluations=6, **TINY))
    seen = [event for event in events if isinstance(event, Evaluated)]
    losses = [event.loss for event in seen]
    assert losses[-1] < losses[0]
    assert [event.best for event in seen] == [loss < min([math.inf, *losses[:k]]) for k, loss in enumerate(losses)]
    kept = seqtext.load(tmp_path / "run").settings["scores"]
    assert kept["loss"] == min(losses)
    assert name in kept  # shown nevertheless


def test_a_run_that_kept_its_best_by_bleu_goes_on_by_loss(pairs: Path, tmp_path: Path) -> None:
    """An earlier version kept the negative of BLEU; no loss is less, so that nothing would ever be better."""
    run = tmp_path / "run"
    events = list(train("translate", pairs, run, valid=pairs, steps=6, evaluations=3, **TINY))
    losses = [event.loss for event in events if isinstance(event, Evaluated)]
    path = run / "checkpoint" / "state.json"
    state = json.loads(path.read_text(encoding="utf-8"))
    for line, bleu in zip(state["progress"]["history"], (3.5, 9.25, 4.0), strict=True):
        line["bleu"] = bleu
    state["progress"] |= {"best": -9.25, "without_gain": 3}
    del state["check"]
    path.write_text(json.dumps(state), encoding="utf-8")
    events = list(train("translate", None, run, resume=True, steps=2))
    later = [event for event in events if isinstance(event, Evaluated)]
    assert [event.best for event in later] == [
        event.loss < min([losses[1], *(one.loss for one in later[:k])]) for k, event in enumerate(later)
    ]
    found = json.loads(path.read_text(encoding="utf-8"))["progress"]
    assert found["best"] == min([losses[1], *(event.loss for event in later)])


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
    with pytest.raises(ConfigError, match="hidden received"):
        list(train("translate", pairs, tmp_path / "x", start=tmp_path / "first", steps=2, hidden=64))
    with pytest.raises(ConfigError, match="a model for 'translate'"):
        list(train("summarize", pairs, tmp_path / "y", start=tmp_path / "first", steps=2))


def test_a_run_goes_on_from_a_model_with_a_channel_and_has_none(pairs: Path, tmp_path: Path) -> None:
    turned = {"columns": {"source": "target", "target": "source"}}
    again = {"steps": 2, "batch_size": 512, "threads": 1, "start": tmp_path / "forth"}
    lines = pairs.read_text(encoding="utf-8").replace("\t", ",")
    table = tmp_path / "pairs.csv"
    table.write_text(f"source,target\n{lines}", encoding="utf-8")
    list(train("translate", table, tmp_path / "forth", steps=4, **TINY))
    list(train("translate", table, tmp_path / "back", **again, **turned))
    forth, back = seqtext.load(tmp_path / "forth"), seqtext.load(tmp_path / "back")
    forth.with_channel(back, 0.5).save(tmp_path / "both")
    assert seqtext.load(tmp_path / "both").channel.weight == 0.5
    list(train("translate", table, tmp_path / "more", **{**again, "start": tmp_path / "both"}))
    assert seqtext.load(tmp_path / "more").channel is None


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


def test_training_ends_with_a_doubt_of_its_sources(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seq2seq, "_FEWEST_UPDATES", 2)
    events = list(train("translate", pairs, tmp_path / "run", valid=pairs, steps=2, evaluations=1, **TINY))
    told = [event.told for event in events if isinstance(event, Concluded)]
    assert ["of 270 held-out texts" in one for one in told] == [True]
    model = seqtext.load(tmp_path / "run")
    odd = ["Les enfants jouent dans le jardin.", "xq zvw kjh qqp wkk zzq", "Доброе утро, как дела?"]
    usual = ["the old cat", "the big fox", ""]
    assert [best[0].unusual for best in model.translate([*odd, *usual])] == [True] * 3 + [False] * 3
    model.save(tmp_path / "int8", "int8")
    assert seqtext.load(tmp_path / "int8").translate(odd[0])[0].unusual
    assert "unusual" in (tmp_path / "run" / "README.md").read_text(encoding="utf-8")
    list(train("translate", pairs, tmp_path / "more", start=tmp_path / "run", steps=1, batch_size=512, threads=1))
    assert seqtext.load(tmp_path / "more").doubt is None


def test_few_updates_are_followed_by_no_doubt(pairs: Path, tmp_path: Path) -> None:
    events = list(train("summarize", pairs, tmp_path / "run", steps=2, evaluations=1, **TINY))
    assert [event.told.split(":")[0] for event in events if isinstance(event, Concluded)] == ["no texts will be marked"]
    assert seqtext.load(tmp_path / "run").doubt is None
