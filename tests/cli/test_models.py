"""`seqtext models`: what is bundled."""

import json
from pathlib import Path

import pytest

FACTS = {
    "a": {"task": "fill", "bytes": 7_300_000, "language": "en", "scores": {"top1": 0.3125}, "name": "folder"},
    "bb": {"task": "other", "bytes": 500, "language": None, "scores": None, "name": "folder"},
}


@pytest.fixture
def models(monkeypatch):
    monkeypatch.setattr("seqtext.storage.catalog.bundled", lambda: {name: Path(name) for name in FACTS})
    monkeypatch.setattr("seqtext.storage.model_folder.describe", lambda path: FACTS[path.name])


def test_a_table(seqtext, models) -> None:
    assert seqtext("models").stdout.splitlines() == [
        "name  task   language    size  score",
        "a     fill   en        7.3 MB  top1 0.3125",
        "bb    other  -          500 B  -",
    ]


def test_json(seqtext, models) -> None:
    found = [json.loads(line) for line in seqtext("models", "--json").stdout.splitlines()]
    assert [one["name"] for one in found] == ["a", "bb"]
    assert found[0] == {"name": "a", "task": "fill", "language": "en", "bytes": 7_300_000, "scores": {"top1": 0.3125}}


def test_nothing_is_bundled(seqtext, monkeypatch) -> None:
    monkeypatch.setattr("seqtext.storage.catalog.bundled", dict)
    assert seqtext("models") == (0, "", "No model is bundled.\n")
    assert seqtext("models", "--json") == (0, "", "")
