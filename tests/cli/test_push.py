"""`seqtext push`: a model on the Hub. No test uses the network."""

import json
from pathlib import Path

import pytest

from builders import model_contents
from seqtext.errors import ModelError
from seqtext.storage.model_folder import write_folder


@pytest.fixture
def pushed(monkeypatch):
    asked = []

    def push(model, repository, **options):
        asked.append((model, repository, options))
        return f"https://hub.example/{repository}"

    monkeypatch.setattr("seqtext.storage.catalog.push", push)
    return asked


def test_the_address_is_printed(seqtext, pushed) -> None:
    assert seqtext("push", "runs/mine", "ann/fill") == (0, "https://hub.example/ann/fill\n", "")
    assert pushed == [("runs/mine", "ann/fill", {"private": False, "revision": None, "message": None})]


def test_json_and_options(seqtext, pushed) -> None:
    result = seqtext("push", "m", "ann/fill", "--private", "--revision", "v2", "--message", "More data", "--json")
    assert json.loads(result.stdout) == {
        "model": "m", "repository": "ann/fill", "revision": "v2", "address": "https://hub.example/ann/fill",
    }  # fmt: skip
    assert pushed[0][2] == {"private": True, "revision": "v2", "message": "More data"}


def test_without_a_token_the_hint_logs_in(seqtext, monkeypatch) -> None:
    def push(*_, **__):
        raise ModelError("no token is stored here.", "hf auth login")

    monkeypatch.setattr("seqtext.storage.catalog.push", push)
    assert seqtext("push", "m", "ann/fill").error == ("no token is stored here.", "hf auth login")


@pytest.fixture
def uploaded(monkeypatch):
    asked = []

    def upload(folder, repository, files, **options):
        asked.append(repository)
        return f"https://hub.example/{repository}"

    monkeypatch.setattr("seqtext.storage.catalog.upload", upload)
    return asked


def model_with(folder: Path, **config) -> str:
    contents = model_contents()
    contents.config.update({"task": "generate", **config})
    write_folder(folder, contents)
    return str(folder)


RECITES = {"learnt": 100, "learnt_back": 38, "unlearnt": 100, "unlearnt_back": 0}


def test_a_model_that_recites_is_refused_without_a_terminal(seqtext, uploaded, tmp_path: Path) -> None:
    model = model_with(tmp_path / "m", memory=RECITES)
    message, hint = seqtext("push", model, "ann/m", stdin=b"").error
    assert "38 % of 100 learnt lines come back whole" in message
    assert hint.startswith(f"seqtext push {model} ann/m --yes")
    assert uploaded == []
    assert seqtext("push", model, "ann/m", "--yes", stdin=b"") == (0, "https://hub.example/ann/m\n", "")
    assert uploaded == ["ann/m"]


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("n\n", 1)])
def test_on_a_terminal_it_asks(seqtext, uploaded, tmp_path: Path, monkeypatch, answer: str, status: int) -> None:
    model = model_with(tmp_path / "m", memory=RECITES)
    asked = []
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda text: asked.append(text) or answer.strip())
    result = seqtext("push", model, "ann/m")
    assert result.status == status
    assert "recites what it has learnt" in result.stderr
    assert uploaded == ["ann/m"] * (status == 0)


def test_a_model_that_does_not_recite_goes_out_at_once(seqtext, uploaded, tmp_path: Path) -> None:
    model = model_with(tmp_path / "m", memory={**RECITES, "learnt_back": 1})
    assert seqtext("push", model, "ann/m", stdin=b"") == (0, "https://hub.example/ann/m\n", "")


def test_an_unknown_memory_is_told_and_published(seqtext, uploaded, tmp_path: Path) -> None:
    model = model_with(tmp_path / "m")
    status, _, told = seqtext("push", model, "ann/m", stdin=b"")
    assert status == 0
    assert f"seqtext inspect memory {model} CORPUS" in told
    other = model_with(tmp_path / "f", task="fill")
    assert seqtext("push", other, "ann/f", stdin=b"").stderr == ""


def test_a_damaged_memory_is_an_error(seqtext, uploaded, tmp_path: Path) -> None:
    model = model_with(tmp_path / "m", memory={"learnt": -1})
    assert "config.json holds memory" in seqtext("push", model, "ann/m", "--private", stdin=b"").error[0]
    assert uploaded == []
