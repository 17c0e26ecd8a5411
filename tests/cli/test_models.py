"""`seqtext models`: what is bundled."""

import json

import pytest

FACTS = {
    "a": {"task": "fill", "bytes": 7_300_000, "language": "en", "scores": {"top1": 0.3125}, "name": "folder"},
    "bb": {"task": "other", "bytes": 500, "language": None, "scores": None, "name": "folder"},
}


@pytest.fixture
def models(monkeypatch, tmp_path):
    for name in FACTS:
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "README.md").write_text("---\nlicense: apache-2.0\n---\n\n# A model\n", encoding="utf-8")
    monkeypatch.setattr("seqtext.storage.catalog.bundled", lambda: {name: tmp_path / name for name in FACTS})
    monkeypatch.setattr("seqtext.storage.model_folder.describe", lambda path: FACTS[path.name])


def test_a_table(seqtext, models) -> None:
    assert seqtext("models").stdout.splitlines() == [
        "name  task   language    size  score        licence",
        "a     fill   en        7.3 MB  top1 0.3125  apache-2.0",
        "bb    other  -          500 B  -            -",
    ]


def test_json(seqtext, models) -> None:
    found = [json.loads(line) for line in seqtext("models", "--json").stdout.splitlines()]
    assert [one["name"] for one in found] == ["a", "bb"]
    assert found[0] == {
        "name": "a", "task": "fill", "language": "en", "bytes": 7_300_000, "scores": {"top1": 0.3125},
        "licence": "apache-2.0",
    }  # fmt: skip
    assert found[1]["licence"] is None


def test_nothing_is_bundled(seqtext, monkeypatch) -> None:
    monkeypatch.setattr("seqtext.storage.catalog.bundled", dict)
    assert seqtext("models") == (0, "", "No model is bundled.\n")
    assert seqtext("models", "--json") == (0, "", "")
