"""`seqtext info`: the facts of a model."""

import json
from pathlib import Path

import numpy as np
import pytest

from seqtext.errors import ModelError
from seqtext.storage.model_folder import ModelFolder, write_folder

FACTS = {
    "name": "mine",
    "task": "fill",
    "parameters": 1234567,
    "bytes": 2_500_000,
    "licence": None,
    "scores": {"top1": 0.25},
}


def test_a_sheet_of_facts(seqtext, monkeypatch) -> None:
    monkeypatch.setattr("seqtext.storage.catalog.find", lambda name: Path("models") / name)
    monkeypatch.setattr("seqtext.storage.model_folder.describe", lambda path: {**FACTS, "name": path.as_posix()})
    assert seqtext("info", "mine").stdout.splitlines() == [
        "name        models/mine",
        "task        fill",
        "parameters  1,234,567",
        "bytes       2.5 MB",
        "licence     -",
        "scores",
        "  top1      0.25",
    ]


def test_the_first_labels_and_how_many_there_are(seqtext, monkeypatch) -> None:
    monkeypatch.setattr("seqtext.storage.catalog.find", lambda name: name)
    labels = [f"l{number:04}" for number in range(1500)]
    monkeypatch.setattr("seqtext.storage.model_folder.describe", lambda path: {**FACTS, "labels": labels})
    line = seqtext("info", "mine").stdout.splitlines()[-1]
    assert line.startswith("labels      1,500: l0000, l0001, ")
    assert line.endswith("l0019, …")
    assert json.loads(seqtext("info", "mine", "--json").stdout)["labels"] == labels


def test_json(seqtext, monkeypatch) -> None:
    monkeypatch.setattr("seqtext.storage.catalog.find", lambda name: name)
    monkeypatch.setattr("seqtext.storage.model_folder.describe", lambda path: FACTS)
    result = seqtext("info", "mine", "--json")
    assert json.loads(result.stdout) == FACTS
    assert result.stdout.count("\n") == 1


def test_a_model_s_settings_are_shown(seqtext, tmp_path) -> None:
    network, tokenizer = {"cell": "gru", "hidden": 1024, "bag": True}, {"tokens": "word", "vocab_size": 40_000}
    config = {"format": 1, "task": "fill", "network": network, "tokenizer": tokenizer}
    write_folder(tmp_path / "mine", ModelFolder(config, "{}", {"bias": np.zeros(3, np.float32)}, [], ""))
    facts = json.loads(seqtext("info", str(tmp_path / "mine"), "--json").stdout)
    assert (facts["network"], facts["tokenizer"]) == (network, tokenizer)
    lines = [line.split() for line in seqtext("info", str(tmp_path / "mine")).stdout.splitlines()]
    start = lines.index(["network"])
    assert lines[start : start + 7] == [
        ["network"],
        ["cell", "gru"],
        ["hidden", "1,024"],
        ["bag", "True"],
        ["tokenizer"],
        ["tokens", "word"],
        ["vocab_size", "40,000"],
    ]


def test_a_model_that_is_not_there(seqtext) -> None:
    result = seqtext("info", "nowhere")
    assert result.status == 1
    assert result.error[0].startswith("No model is called 'nowhere'; accepted are a bundled name")


def test_a_damaged_model(seqtext, monkeypatch) -> None:
    def find(name):
        raise ModelError("mine/config.json is damaged.", "download it again")

    monkeypatch.setattr("seqtext.storage.catalog.find", find)
    assert seqtext("info", "mine").error == ("mine/config.json is damaged.", "download it again")


@pytest.mark.parametrize(
    "typed", [["info", "fil-en"], ["push", "fil-en", "user/name"], ["evaluate", "fil-en", "a.txt"]]
)
def test_a_model_that_is_an_argument_is_hinted_at_without_an_option(seqtext, typed) -> None:
    assert seqtext(*typed).stderr.splitlines()[-1] == "Try:   fill-en"


def test_a_picture_of_a_training(seqtext, tmp_path) -> None:
    done = seqtext("info", "language-id", "--picture", str(tmp_path / "a.svg"))
    assert done.status == 0
    assert "accuracy" in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_a_training_as_text(seqtext) -> None:
    assert "4 evaluations on held-out text" in seqtext("info", "language-id", "--picture", "-").stdout


def test_a_kind_of_picture_that_is_not_known(seqtext, tmp_path) -> None:
    done = seqtext("info", "language-id", "--picture", str(tmp_path / "a.gif"))
    assert done.status == 2
    assert ".png, .svg, .pdf" in done.stderr
    assert done.stdout == ""


def test_a_model_without_a_curve_is_refused_before_it_is_shown(seqtext, tmp_path) -> None:
    config = {"format": 1, "task": "fill", "network": {}, "tokenizer": {}}
    write_folder(tmp_path / "mine", ModelFolder(config, "{}", {"bias": np.zeros(3, np.float32)}, [], ""))
    done = seqtext("info", str(tmp_path / "mine"), "--picture", "-")
    assert (done.status, done.stdout) == (1, "")
    assert done.error[0] == "The history of the model has 0 evaluations; a curve needs two or more."
