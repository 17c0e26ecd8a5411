"""The classifier's network and task: loss, what is held out, transfer, training from end to end, bad corpora."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import seqtext
from seqtext.config import ENCODERS
from seqtext.errors import ConfigError, CorpusError
from seqtext.evaluation.evaluate import evaluate
from seqtext.storage.model_folder import describe
from seqtext.storage.weights import DOUBT_TABLE
from seqtext.training.batches.label_files import LabelBatch
from seqtext.training.events import Evaluated, Finished, Started
from seqtext.training.networks.classifier import ClassifyNetwork
from seqtext.training.train import train

TINY: dict[str, Any] = {
    "hidden": 12, "embedding": 12, "batch_size": 512, "vocab_size": 400, "threads": 1, "precision": "fp32", "steps": 60,
    "learning_rate": 0.02, "evaluations": 2, "average": 0.0, "device": "cpu",
}  # fmt: skip


def corpus(path: Path, lines: int = 200) -> Path:
    """Lines whose label is that of their one telling word, sorted by label."""
    words = {"fruit": ["apple", "pear", "plum"], "tool": ["hammer", "saw", "drill"], "bird": ["owl", "wren", "crow"]}
    draw = np.random.default_rng(1)
    rows = [
        f"{label}\tthere is {'no' if draw.integers(2) else 'a'} {draw.choice(own)} on item {draw.integers(99)}"
        for label, own in words.items()
        for _ in range(lines // 3)
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def events_of(*arguments: Any, **settings: Any) -> list[Any]:
    return list(train("classify", *arguments, **{**TINY, **settings}))


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.learning
def test_every_encoder_learns_from_a_corpus_sorted_by_label(encoder: str, tmp_path: Path) -> None:
    events = events_of(corpus(tmp_path / "c.tsv"), tmp_path / "run", encoder=encoder, pooling="max,mean", dropout=0.0)
    started, finished = events[0], events[-1]
    assert isinstance(started, Started)
    assert isinstance(finished, Finished)
    assert "10.0% of each label" in started.held_out
    assert finished.metrics["accuracy"] > 0.9
    model = seqtext.load(tmp_path / "run")
    (best,) = model.classify(["there is a pear on item 3"], top=1)[0]
    assert best.label == "fruit"
    assert model.labels == ["bird", "fruit", "tool"]


def test_both_forms_give_the_same_probabilities(tmp_path: Path) -> None:
    events_of(corpus(tmp_path / "c.tsv"), tmp_path / "run", steps=10)
    model = seqtext.load(tmp_path / "run")
    network = ClassifyNetwork(model.config, model.tokenizer.size, 3)
    weights = {name: value for name, value in model.contents.weights.items() if name != DOUBT_TABLE}
    network.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    network.eval()
    texts = ["there is a saw", "no", "there is no owl on item 7 or 8"]
    found = model.log_probs(texts)
    for text, own in zip(texts, found, strict=True):
        ids = torch.tensor([[2, *model.tokenizer.encode(text, spacing=False).ids.tolist(), 3]])
        with torch.no_grad():
            scores = network(LabelBatch(ids, torch.ones_like(ids, dtype=torch.bool), ids[:, 0]))
        expected = torch.log_softmax(scores / model.temperature, 1)[0].numpy()
        assert np.abs(own - expected).max() < 1e-4


def test_votes_alone_learn_an_order(tmp_path: Path) -> None:
    """A bag that sees nothing but words, and hashed pairs that vote: red before blue, or after it."""
    lines = [f"{a}\tso {a} {b} it is" for a, b in (("red", "blue"), ("blue", "red"))] * 60
    (tmp_path / "c.tsv").write_text("\n".join(lines), encoding="utf-8")
    for wide, low, high in ((0, 0.0, 0.6), (500, 0.99, 1.0)):
        settings = {"encoder": "bag", "pooling": "mean", "wide": wide, "valid_share": 0.0, "dropout": 0.0}
        events = events_of(tmp_path / "c.tsv", tmp_path / f"run{wide}", min_count=1, **settings)
        assert low <= events[-1].metrics["accuracy"] <= high


@pytest.mark.learning
def test_training_beside_the_readers_of_a_fill_model(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("there is a Pear on item 3\nthere is no owl\n" * 20, encoding="utf-8")
    small = {"steps": 2, "hidden": 8, "embedding": 6, "vocab_size": 600, "threads": 1, "min_count": 1}
    list(train("fill", text, tmp_path / "fill", counting=False, **small))
    own = {name: value for name, value in TINY.items() if name not in ("embedding", "vocab_size")}
    how = {"start": tmp_path / "fill", "average": 0.9}
    list(train("classify", corpus(tmp_path / "c.tsv"), tmp_path / "run", **{**own, **how, "steps": 20}))
    model, filler = seqtext.load(tmp_path / "run"), seqtext.load(tmp_path / "fill")
    assert model.config.context == "lstm,1,8,both"
    assert model.tokenizer.size > filler.tokenizer.size  # hammer, drill … are no longer spelled
    assert len(model.tokenizer.encode("hammer").ids) == 1
    before, after = filler.contents.weights, model.contents.weights
    for name, value in before.items():
        if name.startswith(("left.layers", "right.layers")):
            assert np.array_equal(after[f"context.{name}"], value)
    assert not np.allclose(after["embedding.weight"][: filler.tokenizer.size], before["embedding.weight"], atol=1e-3)
    list(train("classify", tmp_path / "c.tsv", tmp_path / "bare", **{**own, **how, "context": "none"}))
    assert seqtext.load(tmp_path / "bare").config.context == "none"
    list(train("classify", tmp_path / "c.tsv", tmp_path / "more", start=tmp_path / "run", steps=2, threads=1))
    assert seqtext.load(tmp_path / "more").config.context == "lstm,1,8,both"


def test_votes_for_many_labels_need_room(tmp_path: Path) -> None:
    lines = [f"label {k}\tthis is number {k}" for k in range(300)]
    (tmp_path / "c.tsv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(
        ConfigError,
        match=r"1,000,000 buckets of hashed words and runs were asked for, .* of 300 labels, at most 666,666 are",
    ):
        events_of(tmp_path / "c.tsv", tmp_path / "run", wide=1_000_000)
    assert not (tmp_path / "run" / "settings.json").exists()


def test_readers_come_from_a_model_alone(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"context received 'lstm,1,5,both', but there is no start"):
        events_of(corpus(tmp_path / "c.tsv"), tmp_path / "run", context="lstm,1,5,both")


def test_training_starts_from_a_fill_model(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("there is a pear on item 3\nthere is no owl\n" * 20, encoding="utf-8")
    small = {"steps": 2, "hidden": 8, "embedding": 6, "vocab_size": 400, "threads": 1, "min_count": 1}
    list(train("fill", text, tmp_path / "fill", counting=False, **small))
    with pytest.raises(ConfigError, match="hidden received 12, but the model to start from has 8"):
        events_of(corpus(tmp_path / "c.tsv"), tmp_path / "no", start=tmp_path / "fill", encoder="lstm")
    own = {name: value for name, value in TINY.items() if name not in ("hidden", "embedding", "vocab_size")}
    list(
        train(
            "classify", tmp_path / "c.tsv", tmp_path / "run", start=tmp_path / "fill", encoder="lstm", frozen=1.0, **own
        )
    )
    model, filler = seqtext.load(tmp_path / "run"), seqtext.load(tmp_path / "fill")
    assert (model.config.encoder, model.config.hidden, model.config.direction) == ("lstm", 8, "both")
    assert model.config.pooling == "max,mean"
    before, after = filler.contents.weights, model.contents.weights
    assert np.allclose(before["left.layers.0.weight_hh_l0"], after["encoder.left.layers.0.weight_hh_l0"], atol=0.02)


def test_training_goes_on_from_a_classifier(tmp_path: Path) -> None:
    events_of(corpus(tmp_path / "c.tsv"), tmp_path / "one", steps=2)
    events_of(tmp_path / "c.tsv", tmp_path / "two", steps=2, start=tmp_path / "one")
    assert seqtext.load(tmp_path / "two").labels == ["bird", "fruit", "tool"]
    (tmp_path / "other.tsv").write_text("fish\tthere is a cod\nbird\tthere is an owl\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="the label 'fish', which the model to start from does not know"):
        events_of(tmp_path / "other.tsv", tmp_path / "three", start=tmp_path / "one")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tone\na\ttwo\n", "has only the label 'a'"),
        ("\tone\n\ttwo\n", "holds no text .skipped: 2 × empty label"),
        ("one\ntwo\n", "c.tsv, line 1"),
    ],
)
def test_corpora_that_cannot_be_learnt_from(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "c.tsv").write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match=message):
        events_of(tmp_path / "c.tsv", tmp_path / "run")
    assert not (tmp_path / "run" / "settings.json").exists()


def test_a_label_unseen_in_training(tmp_path: Path) -> None:
    (tmp_path / "valid.tsv").write_text("fish\tthere is a cod\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="has the label 'fish', which the texts to learn from never have"):
        events_of(corpus(tmp_path / "c.tsv"), tmp_path / "run", valid=tmp_path / "valid.tsv")


def several_corpus(path: Path) -> Path:
    """Lines about one, two or none of three things."""
    words = {"fruit": ["apple", "pear"], "tool": ["hammer", "saw"], "bird": ["owl", "wren"]}
    draw = np.random.default_rng(1)
    rows = []
    for number in range(240):
        own = [label for label in words if draw.random() < 0.5]
        said = " and ".join(str(draw.choice(words[label])) for label in own) or "nothing"
        rows.append({"label": own if number % 2 else "|".join(own), "text": f"there is {said} on item {number}"})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_several_labels_are_learnt_measured_and_resumed(tmp_path: Path) -> None:
    name = several_corpus(tmp_path / "c.jsonl")
    with pytest.raises(CorpusError, match="expected a string or a number as label, found a list"):
        events_of(name, tmp_path / "no")
    settings = {"several": True, "dropout": 0.0, "encoder": "convolution", "stride": 2, "save_seconds": 0.2}
    stopped = train("classify", name, tmp_path / "run", **{**TINY, **settings, "steps": 200})
    for event in stopped:
        if type(event).__name__ == "Saved":
            break
    stopped.close()
    events = list(train("classify", None, tmp_path / "run", resume=True))
    assert "10.0% of them chosen by seed 1" in events[0].held_out
    assert events[-1].metrics["micro_f1"] > 0.9
    assert set(events[-1].metrics) >= {"macro_f1", "subset_accuracy", "threshold"}
    model = seqtext.load(tmp_path / "run")
    assert model.labels == ["bird", "fruit", "tool"]
    assert model.threshold == events[-1].metrics["threshold"]
    both, none = model.classify(["there is pear and owl on item 500", "there is nothing on item 501"])
    assert {label.label for label in both if label.chosen} == {"fruit", "bird"}
    assert not any(label.chosen for label in none)
    found = evaluate(model, name)
    assert found["texts"] == 240  # those without a label, too
    assert found["micro_f1"] > 0.9
    assert found["baseline"]["naive bayes"]["micro_f1"] > 0.9
    (tmp_path / "valid.tsv").write_text("bird|fish\tthere is a cod\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="has the label 'fish', which the texts to learn from never have"):
        events_of(name, tmp_path / "no", valid=tmp_path / "valid.tsv", several=True)


def test_a_run_remembers_its_columns(tmp_path: Path) -> None:
    rows = "".join(
        f"{k},{('Goal', 'Bank')[k % 2]},The page {k} of it.,{('sport', 'money')[k % 2]}\n" for k in range(90)
    )
    (tmp_path / "c.csv").write_text("id,title,body,queue\n" + rows, encoding="utf-8")
    columns = {"text": "title+body", "label": "queue"}
    events = list(
        train("classify", tmp_path / "c.csv", tmp_path / "run", columns=columns, **{**TINY, "encoder": "bag"})
    )
    assert events[-1].metrics["accuracy"] == 1.0  # the title alone tells
    model = seqtext.load(tmp_path / "run")
    assert model.columns == describe(tmp_path / "run")["columns"] == columns
    found = evaluate(model, tmp_path / "c.csv")
    assert (found["accuracy"], found["learnt"]) == (1.0, pytest.approx(81 / 90, abs=0.1))
    answered: list[str] = []
    seqtext.answer_table(tmp_path / "c.csv", model.classify, answered.append)
    assert [json.loads(row)["label"] == json.loads(row)["queue"] for row in answered] == [True] * 90
    with pytest.raises(CorpusError, match="there is no column 'label'"):
        evaluate(model, tmp_path / "c.csv", columns={"text": "body", "label": "label"})
    assert evaluate(model, tmp_path / "c.csv", columns={"text": "body", "label": "queue"})["accuracy"] < 0.9


@pytest.mark.learning
def test_ten_thousand_labels(tmp_path: Path) -> None:
    rows = "".join(f"label {k % 10_000}\tthing {k % 10_000} of kind {k % 7}\n" for k in range(20_000))
    (tmp_path / "c.tsv").write_text(rows, encoding="utf-8")
    events = events_of(tmp_path / "c.tsv", tmp_path / "run", steps=2, encoder="bag", pooling="mean", valid_share=0.01)
    assert isinstance(events[-1], Finished)
    model = seqtext.load(tmp_path / "run")
    assert len(model.labels) == 10_000
    assert len(model.classify(["thing 7 of kind 1"], top=20_000)[0]) == 10_000


def test_a_corpus_too_small_to_spare_any(tmp_path: Path) -> None:
    (tmp_path / "c.tsv").write_text("a\tone\nb\ttwo\n", encoding="utf-8")
    events = events_of(tmp_path / "c.tsv", tmp_path / "run", steps=2)
    assert "too small" in events[0].held_out


def test_resuming_goes_on(tmp_path: Path) -> None:
    stopped = train("classify", corpus(tmp_path / "c.tsv"), tmp_path / "run", save_seconds=0.0, **TINY)
    for event in stopped:
        if type(event).__name__ == "Saved":
            break
    stopped.close()
    events = list(train("classify", None, tmp_path / "run", resume=True))
    assert events[-1].step == 60


@pytest.mark.parametrize("several", [False, True])
def test_that_nothing_was_learnt_is_said(several: bool, tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    rows = [f"{'yes' if draw.random() < 0.8 else 'no'}\tit was a {draw.integers(50)}" for _ in range(400)]
    (tmp_path / "c.tsv").write_text("\n".join(rows), encoding="utf-8")
    finished = events_of(tmp_path / "c.tsv", tmp_path / "run", encoder="bag", several=several)[-1]
    name = "micro_f1" if several else "accuracy"
    assert finished.metrics[f"usual_{name}"] > 0.6
    assert finished.remarks[0].startswith(f"always answering 'yes' would score {name} ")
    assert finished.remarks[1].startswith("nothing was learnt")
    config = json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))
    assert config["remarks"] == list(finished.remarks)
    card = (tmp_path / "run" / "README.md").read_text(encoding="utf-8")
    assert "Always answering 'yes' would score" in card
    assert "Nothing was learnt" in card


@pytest.mark.parametrize("several", [False, True])
def test_what_was_learnt_stands_beside_the_usual_label(several: bool, tmp_path: Path) -> None:
    how = {"encoder": "bag", "pooling": "mean", "steps": 300, "dropout": 0.0, "several": several}
    events = events_of(corpus(tmp_path / "c.tsv", 400), tmp_path / "run", **how)
    (remark,) = events[-1].remarks
    assert remark.startswith("always answering '")
    assert events[-1].metrics["usual_micro_f1" if several else "usual_accuracy"] < 0.7


@pytest.mark.parametrize("several", [False, True])
def test_with_balance_the_best_weights_have_the_lowest_balanced_loss(several: bool, tmp_path: Path) -> None:
    """Answers hardly change where one label is rare, so that no score of answers could tell weights apart."""
    draw = np.random.default_rng(2)
    rows = []
    for _ in range(600):
        asked = draw.random() < 0.15
        label = "leaves" if draw.random() < (0.35 if asked else 0.01) else "stays"
        rows.append(f"{label}\tasked about the {'refund' if asked else 'price'} on day {draw.integers(20)}")
    (tmp_path / "c.tsv").write_text("\n".join(rows), encoding="utf-8")
    how = {"balance": 1.0, "encoder": "bag", "pooling": "mean", "evaluations": 6, "steps": 90, "several": several}
    events = events_of(tmp_path / "c.tsv", tmp_path / "run", **how, valid_share=0.3)
    looks = [event for event in events if isinstance(event, Evaluated)]
    losses = [look.metrics["balanced_loss"] for look in looks]
    assert len(looks) >= 6
    assert [look.best for look in looks] == [loss == min(losses[: k + 1]) for k, loss in enumerate(losses)]
    assert events[-1].metrics["balanced_loss"] == min(losses) < losses[0]
    probabilities = (
        [
            next(one.probability for one in own if one.label == "leaves")
            for own in seqtext.load(tmp_path / "run").classify(
                ["asked about the refund", "asked about the price"], top=2
            )
        ]
        if not several
        else [1.0, 0.0]
    )
    assert probabilities[0] > 2 * probabilities[1]


def test_with_balance_probabilities_are_those_of_real_frequencies(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    rows = [f"{'rare' if draw.random() < 0.1 else 'usual'}\tit is a {draw.integers(30)}" for _ in range(800)]
    (tmp_path / "c.tsv").write_text("\n".join(rows), encoding="utf-8")
    how = {"balance": 1.0, "encoder": "bag", "pooling": "mean", "valid_share": 0.3}
    metrics = events_of(tmp_path / "c.tsv", tmp_path / "run", **how)[-1].metrics
    model = seqtext.load(tmp_path / "run")
    found = np.exp(model.log_probs([f"it is a {k}" for k in range(30)]))[:, model.labels.index("rare")]
    assert found.mean() == pytest.approx(0.1, abs=0.05)
    assert metrics["calibration_error"] < 0.05 < metrics["calibration_error_raw"]
