"""How a text is cut: pieces whose places are those of the text as it was typed, whatever the model makes of it."""

from types import SimpleNamespace

import pytest

from seqtext.config import TokenizerConfig
from seqtext.models.token_pieces import TokenPiece, pieces
from seqtext.tasks import TASKS, resolve
from seqtext.tokenizer import GLUE, Tokenizer

LINES = ["the cat sat on the mat", "the dog ran", "a cat and a dog"] * 3


def model_of(task: str, tokens: str) -> SimpleNamespace:
    tokenizer = Tokenizer.train(LINES, TokenizerConfig(tokens, 600, 2))
    kind = resolve(TASKS[task].model)
    sides = {"source_tokenizer": tokenizer} if kind.reads_pairs else {}
    reads = {"reads_spacing": kind.reads_spacing, "reads_pairs": kind.reads_pairs}
    return SimpleNamespace(tokenizer=tokenizer, **reads, **sides)


def shown(found: list[TokenPiece]) -> list[tuple[str, str, int, int]]:
    return [(one.token, one.text, one.start, one.end) for one in found]


def test_words() -> None:
    assert shown(pieces(model_of("generate", "word"), "the cat  ran")) == [
        ("the", "the", 0, 3), ("cat", "cat", 4, 7), (" ", " ", 7, 8), (" ", " ", 8, 9), ("ran", "ran", 9, 12),
    ]  # fmt: skip
    found = pieces(model_of("generate", "word"), "cat3")
    assert (found[1].id, found[1].token, found[1].text) == (GLUE, "<glue>", "")


@pytest.mark.parametrize("task", ["fill", "classify"])
def test_what_a_model_does_not_look_at_is_left_out(task) -> None:
    found = pieces(model_of(task, "word"), "the cat  ran")
    assert shown(found) == [("the", "the", 0, 3), ("cat", "cat", 4, 7), ("ran", "ran", 9, 12)]


def test_a_character_of_several_bytes() -> None:
    assert shown(pieces(model_of("generate", "char"), "a€")) == [
        ("a", "a", 0, 1), ("<0xE2>", "€", 1, 2), ("<0x82>", "€", 1, 2), ("<0xAC>", "€", 1, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("task", ["translate", "summarize"])
@pytest.mark.parametrize("side", ["source", "target"])
def test_an_encoder_decoder_reads_one_space_between_words(task, side) -> None:
    model = model_of(task, "bpe")
    assert shown(pieces(model, "the \n cat", side)) == [(" the", "the", 0, 3), (" cat", " cat", 5, 9)]
    assert shown(pieces(model, "  the cat ", side)) == [(" the", " the", 1, 5), (" cat", " cat", 5, 9)]
    model = model_of(task, "word")
    assert shown(pieces(model, " the \n cat", side)) == [("the", "the", 1, 4), ("cat", "cat", 7, 10)]


def test_the_two_sides_of_a_translator() -> None:
    model = model_of("translate", "word")
    model.source_tokenizer = model_of("translate", "char").tokenizer
    assert [len(pieces(model, "the cat", side)) for side in ("source", "target")] == [7, 2]


@pytest.mark.parametrize("task", ["generate", "fill", "translate"])
@pytest.mark.parametrize("tokens", ["char", "word", "bpe"])
@pytest.mark.parametrize("text", ["", " ", "the cat", " the\tcat \n€ 🙂x3 !", "\u3000the cat"])
def test_places_are_those_of_the_text(task, tokens, text) -> None:
    found = pieces(model_of(task, tokens), text)
    place = 0
    for one in found:
        assert 0 <= one.start <= one.end <= len(text)
        assert one.text == text[one.start : one.end]
        assert one.start >= place
        place = one.start
    covered = {place for one in found for place in range(one.start, one.end)}
    assert {place for place, mark in enumerate(text) if not mark.isspace()} <= covered
