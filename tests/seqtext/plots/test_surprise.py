"""The bits of each word of a text, and their picture."""

import pytest

from seqtext.errors import InputError
from seqtext.models.language_model import Score, TokenScore
from seqtext.plots.surprise import MOST_WORDS, WordBits, bits_of_words, surprise_picture


def scored(text: str, bits: list[tuple[str, float]]) -> Score:
    """A text whose tokens stand one after the other."""
    tokens, place = [], 0
    for token, value in bits:
        tokens.append(TokenScore(token, place, place + len(token), value))
        place += len(token)
    return Score(text, sum(value for _, value in bits), 1.0, 2.0, tokens)


def test_bits_are_those_of_all_tokens_of_a_word() -> None:
    found = bits_of_words(
        scored("The  cat.", [("T", 1.0), ("he", 2.0), (" ", 0.5), (" ca", 4.0), ("t", 1.0), (".", 0.25)])
    )
    assert found == [WordBits("The", 3.0), WordBits("cat.", 5.75)]


def test_a_word_that_comes_twice_has_its_own_bits() -> None:
    found = bits_of_words(scored("a a", [("a", 1.0), (" a", 7.0)]))
    assert [one.bits for one in found] == [1.0, 7.0]


@pytest.mark.parametrize("text", ["", "a " * (MOST_WORDS + 1)])
def test_too_few_or_too_many_words_are_no_picture(text, tmp_path) -> None:
    with pytest.raises(InputError, match="accepted"):
        surprise_picture(scored(text, [(letter, 1.0) for letter in text]), tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


def test_a_picture_names_its_words(tmp_path) -> None:
    surprise_picture(scored("$x$ wins", [("$x$", 3.0), (" wins", 12.0)]), tmp_path / "a.svg")
    drawn = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "<!-- wins -->" in drawn
    assert "<!-- $x$ -->" in drawn


def test_a_long_text_stands_in_rows(tmp_path) -> None:
    text = " ".join(["word"] * 60)
    surprise_picture(scored(text, [("word", 1.0), *[(" word", 5.0)] * 59]), tmp_path / "a.png")
    from matplotlib.image import imread

    height, width = imread(tmp_path / "a.png").shape[:2]
    assert width < 1600
    assert height > 900
