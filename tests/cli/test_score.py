"""`seqtext score`, with a model that gives fixed bits."""

import json

import click
import pytest

from seqtext.cli import score as command
from seqtext.models.language_model import Score, TokenScore
from seqtext.models.many import answer_each


@pytest.fixture(autouse=True)
def model(monkeypatch):
    asked = []

    class Fake:
        def memory(self):
            return "kept"

        def score(self, texts, adapt=False):
            return answer_each(texts, lambda some: [self._score(text, adapt) for text in some], 64, "")

        def _score(self, text, adapt):
            asked.extend([adapt] if text else [])
            bits = [0.5, 3.0, 7.0, 12.0]
            tokens = [
                TokenScore(letter, k, k + 1, bits[k % 4])
                for k, letter in enumerate(text)
                for _ in range(1 if letter.isascii() else len(letter.encode()))
            ]
            total = sum(token.bits for token in tokens)
            return Score(text, total, total / max(1, len(text)), 2.0, tokens)

    monkeypatch.setattr("seqtext.storage.catalog.load", lambda name, task=None: Fake())
    return asked


def test_a_line_has_its_bits_a_character(seqtext) -> None:
    assert seqtext("score", "abcd", "ab\ncd") == (0, " 5.625  abcd\n   4.6  ab cd\n", "")


def test_blank_lines_keep_their_place(seqtext) -> None:
    assert seqtext("score", "--file", "-", stdin=b"a\n\nb\n") == (0, "   0.5  a\n\n   0.5  b\n", "")


def test_json_holds_every_token(seqtext) -> None:
    result = seqtext("score", "--file", "-", "--json", stdin=b"ab\n\n")
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert first == {
        "text": "ab",
        "bits": 3.5,
        "bits_per_character": 1.75,
        "tokens": [{"text": "a", "start": 0, "end": 1, "bits": 0.5}, {"text": "b", "start": 1, "end": 2, "bits": 3.0}],
    }
    assert second == {"text": "", "bits": 0.0, "bits_per_character": 0.0, "tokens": []}


def test_json_holds_a_character_once_of_which_tokens_are_bytes(seqtext) -> None:
    told = json.loads(seqtext("score", "a\U0001f602é", "--json").stdout)
    assert told["tokens"] == [
        {"text": "a", "start": 0, "end": 1, "bits": 0.5},
        {"text": "\U0001f602", "start": 1, "end": 2, "bits": 12.0},
        {"text": "é", "start": 2, "end": 3, "bits": 14.0},
    ]
    assert told["bits"] == 26.5


def test_a_text_is_adapted_to_by_itself_and_a_file_as_a_whole(seqtext, model) -> None:
    assert seqtext("score", "a", "b").status == seqtext("score", "a", "b", "--adapt").status == 0
    assert seqtext("score", "--file", "-", "--adapt", stdin=b"a\n\nb\n").stdout == "   0.5  a\n\n   0.5  b\n"
    assert model == [False, False, True, True, "kept", "kept"]


def test_what_surprises_stands_out() -> None:
    bits = [(0, 1, 0.1), (2, 3, 3.0), (4, 5, 7.0), (5, 6, 6.0), (5, 6, 6.0), (6, 6, 0.5)]
    found = Score("a b\ncé", 22.1, 3.7, 2.0, [TokenScore("", start, end, value) for start, end, value in bits])
    # The space before a token is part of it; é is spelled by two tokens, whose bits add up.
    assert command._coloured(found) == "".join([
        click.style("a", dim=True), click.style(" b", dim=False), click.style(" c", fg="yellow"),
        click.style("é", fg="red", bold=True),
    ])  # fmt: skip


def test_a_picture_of_one_text(seqtext, tmp_path) -> None:
    assert seqtext("score", "A cat sat.", "--picture", str(tmp_path / "a.svg")).status == 0
    assert "<!-- cat -->" in (tmp_path / "a.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("texts", [("A cat.", "A dog."), ("--file", "x.txt")])
def test_a_picture_of_several_texts_is_refused(seqtext, texts, tmp_path) -> None:
    done = seqtext("score", *texts, "--picture", str(tmp_path / "a.svg"))
    assert done.status == 2
    assert "--picture draws one TEXT" in done.stderr
