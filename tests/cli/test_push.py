"""`seqtext push`: a model on the Hub. No test uses the network."""

import json

import pytest

from seqtext.errors import ModelError


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
