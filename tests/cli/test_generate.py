"""`seqtext generate`, with a model that writes fixed text."""

import json

import pytest

from seqtext.config import SamplingConfig
from seqtext.errors import InputError
from seqtext.models.many import answer_each


class FakeWriter:
    """Writes its seed after any prompt, piece by piece; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked = []
        self.loaded = []
        self.adapted = []

    def generate(self, prompts, **asked):
        return answer_each(prompts, lambda some: ["".join(self.stream(one, **asked)) for one in some], 64, "")

    def stream(self, prompt, length, sampling, stop, seed, adapt=False, avoid=()):
        self.adapted.append(adapt)
        self.asked.append((prompt, length, sampling, stop, seed))
        if length < 1:
            raise InputError(f"--length received {length}; at least 1 is accepted.", "--length 300")
        return iter([" on", "e ", f"{seed}"])


@pytest.fixture
def writer(monkeypatch):
    fake = FakeWriter()

    def load(name, task=None):
        fake.loaded.append((name, task))
        return fake

    monkeypatch.setattr("seqtext.storage.catalog.load", load)
    return fake


def test_a_prompt_is_gone_on_with(seqtext, writer) -> None:
    result = seqtext("generate", "Once", "--length", "7", "--seed", "3")
    assert result == (0, "Once one 3\n", "")
    assert writer.loaded == [("generate-en", "generate")]
    assert writer.asked == [("Once", 7, SamplingConfig(), (), 3)]


def test_nothing_is_a_prompt_too(seqtext, writer) -> None:
    result = seqtext("generate", "--temperature", "0.5", "--top-k", "4", "--stop", ".", "--stop", "!")
    assert result == (0, " one None\n", "")
    assert writer.asked == [("", 300, SamplingConfig(temperature=0.5, top_k=4), (".", "!"), None)]


def test_adapting_is_asked_for(seqtext, writer) -> None:
    for typed in ([], ["--adapt"]):
        assert seqtext("generate", "A", *typed).status == 0
    assert writer.adapted == [False, True]


def test_several_texts_stand_apart_and_have_seeds_of_their_own(seqtext, writer) -> None:
    result = seqtext("generate", "A", "B", "--count", "2", "--seed", "5")
    assert result == (0, "A one 5\n\nA one 6\n\nB one 5\n\nB one 6\n", "")


def test_json_leaves_the_prompt_out_of_the_text(seqtext, writer) -> None:
    result = seqtext("generate", "--file", "-", "--json", "--seed", "1", stdin="Ä\n\nB\n".encode())
    assert result.status == 0
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert found == [{"prompt": prompt, "text": " one 1" if prompt else ""} for prompt in ("Ä", "", "B")]


def test_a_line_of_a_file_becomes_a_line(seqtext, writer, monkeypatch) -> None:
    monkeypatch.setattr(writer, "stream", lambda *_, **__: iter([" on\n", "e\u2028two\r", "\n"]))
    result = seqtext("generate", "--file", "-", "--count", "2", stdin="Ä\x0c\n \n".encode())
    assert result == (0, "Ä  on e two\n" * 2 + "\n" * 2, "")


@pytest.mark.parametrize(("typed", "message"), [
    (["--length", "0"], "--length received 0; at least 1"), (["--temperature", "-1"], "--temperature received -1.0"),
    (["--top-k", "0"], "--top-k received 0; accepted is at least 1"), (["--top-p", "0"], "--top-p received 0.0"),
    (["--temperature", "nan"], "--temperature received nan"),
])  # fmt: skip
def test_settings_out_of_range_are_named(seqtext, writer, typed, message) -> None:
    result = seqtext("generate", "A", *typed)
    assert result.status == (1 if "--length" in typed else 2)
    assert message in result.stderr
    assert result.stderr.count("\n") == 2


def test_each_line_of_a_batch_has_as_many_texts_as_asked_for(seqtext, writer, tmp_path) -> None:
    (tmp_path / "lines.txt").write_text("A\n\nB\n", encoding="utf-8")
    result = seqtext("generate", "--file", str(tmp_path / "lines.txt"), "--count", "2", "--seed", "5")
    assert result == (0, "A one 5\nA one 6\n\n\nB one 5\nB one 6\n", "")
