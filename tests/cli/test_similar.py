"""`seqtext similar`: words by the likeness of their vectors."""

import json

import pytest

from seqtext.errors import InputError
from seqtext.models.word_vectors import Similar


class Fake:
    """Knows a few words."""

    def __init__(self) -> None:
        self.asked = []

    def similar(self, words, top, avoid):
        self.asked.append((words, top, avoid))
        if isinstance(words, list):
            return [self._one(word, top) for word in words]
        return self._one(words, top)

    def _one(self, word, top):
        if word == "unknown":
            raise InputError("'unknown' is none of the 3 words that have a vector.", "kettle")
        return [Similar(f"{word}{n}", 0.5 - n / 10) for n in range(top)]


@pytest.fixture
def fake(monkeypatch):
    model, found = Fake(), []
    monkeypatch.setattr("seqtext.storage.catalog.load", lambda name: found.append(name) or model)
    model.loaded = found
    return model


def test_tables(seqtext, fake) -> None:
    result = seqtext("similar", "a", "b", "--top", "2")
    assert result == (0, "0.50  a0\n0.40  a1\n\n0.50  b0\n0.40  b1\n", "")
    assert fake.loaded == ["fill-en"]


def test_json(seqtext, fake) -> None:
    result = seqtext("similar", "a", "--json", "--top", "1", "--model", "mine")
    assert json.loads(result.stdout) == {"word": "a", "similar": [{"word": "a0", "similarity": 0.5}]}
    assert fake.loaded == ["mine"]
    assert seqtext("similar", "a", "--json").stdout.count("similarity") == 10


def test_a_file_has_a_line_for_each_of_its_lines(seqtext, fake, tmp_path) -> None:
    (tmp_path / "words.txt").write_text("a\n\nb\n", encoding="utf-8")
    path = str(tmp_path / "words.txt")
    assert seqtext("similar", "--file", path, "--top", "2").stdout == "a0, a1\n\nb0, b1\n"
    assert fake.asked == [(["a", "b"], 2, ())]
    lines = seqtext("similar", "--file", path, "--json").stdout.splitlines()
    assert [json.loads(line)["word"] for line in lines] == ["a", "", "b"]


def test_faults_name_their_place(seqtext, fake, tmp_path) -> None:
    assert seqtext("similar", "unknown").error == ("'unknown' is none of the 3 words that have a vector.", "kettle")
    (tmp_path / "words.txt").write_text("a\nunknown\n", encoding="utf-8")
    result = seqtext("similar", "--file", str(tmp_path / "words.txt"))
    assert result.stdout.startswith("a0, ")
    assert "words.txt, line 2: 'unknown' is none" in result.error[0]
    assert seqtext("similar").status == 2
