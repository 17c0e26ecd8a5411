"""Words as each of their patterns cuts them; characters with their marks; the width of text on a terminal."""

import doctest
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from seqtext import characters
from seqtext.characters import (
    ALPHANUMERIC,
    CLOZE_WORD,
    LOG_WORD,
    WORD_OR_PUNCTUATION,
    clipped,
    is_letter,
    is_mark,
    spelled_word,
    text_width,
    visible,
    whole_characters,
)

#: Wide, combining, joined, and turned into emoji by a selector.
PIECES = ["a", " ", "é", "e\u0301", "猫", "ガ", "ｶﾞ", "ที่", "한", "👍🏽", "❤", "❤\ufe0f", "👩\u200d👩\u200d👧", "\u200b"]
HARD = st.lists(st.sampled_from(PIECES)).map("".join)


def test_the_examples_in_the_docstrings() -> None:
    failed, tried = doctest.testmod(characters)
    assert (failed, tried) == (0, 4)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (ALPHANUMERIC, ["Don", "t", "say", "x", "1", "in", "l", "été", "TOM", "s", "9", "lives"]),
        (CLOZE_WORD, ["Don't", "say", "x", "in", "l", "été", "TOM", "s", "lives"]),
        (WORD_OR_PUNCTUATION, ["Don't", "say", "x_1", "in", "l’été", "—", "TOM's", "9", "lives", "!"]),
        (
            LOG_WORD,
            ["Don", "'", "t", "say", "x", "_", "1", "in", "l", "’", "été", "—", "TOM", "'", "s", "9", "lives", "!"],
        ),
        (spelled_word(), ["Don't", "say", "x", "1", "in", "l’été", "TOM's", "9", "lives"]),
    ],
)
def test_each_pattern_has_a_meaning_of_its_own(pattern, words) -> None:
    assert pattern.findall("Don't say x_1 in l’été — TOM's 9 lives!") == words


def test_marks_belong_to_words_that_are_spelled() -> None:
    assert spelled_word().findall("cafe\u0301s क\u094dष") == ["cafe\u0301s", "क\u094dष"]
    assert ALPHANUMERIC.findall("cafe\u0301s") == ["cafe", "s"]


def test_letters_and_marks() -> None:
    assert [is_mark(one) for one in "\u0301\u0903a'"] == [True, True, False, False]
    assert [is_letter(one) for one in "a9猫\u0301'_ "] == [True, True, True, True, False, False, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc", ["a", "b", "c"]),
        ("ae\u0301\u0323b", ["a", "e\u0301\u0323", "b"]),
        ("\u0301a", ["\u0301", "a"]),
        ("👍🏽!", ["👍🏽", "!"]),
        ("👩\u200d🚀x", ["👩\u200d🚀", "x"]),
        ("❤\ufe0f\u200d🔥", ["❤\ufe0f\u200d🔥"]),
        ("क\u094dष", ["क\u094d", "ष"]),
        ("", []),
    ],
)
def test_whole_characters(text, expected) -> None:
    assert list(whole_characters(text)) == expected


def test_a_character_is_given_as_soon_as_the_next_one_begins() -> None:
    taken = []
    characters = whole_characters(taken.append(one) or one for one in "ae\u0301bc")
    assert (next(characters), len(taken)) == ("a", 2)
    assert (next(characters), len(taken)) == ("e\u0301", 4)


def test_a_heap_of_marks_is_given_in_parts() -> None:
    pieces = list(whole_characters("e" + "\u0301" * 1000))
    assert "".join(pieces) == "e" + "\u0301" * 1000
    assert max(map(len, pieces)) == 32


def test_marks_are_what_unicode_says() -> None:
    marks = [chr(point) for point in range(0x300, 0x3000) if unicodedata.category(chr(point)) in ("Mn", "Mc", "Me")]
    for mark in marks:
        assert list(whole_characters("a" + mark + "b")) == ["a" + mark, "b"]


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("abc", 3),
        ("é", 1),
        ("e\u0301", 1),
        ("猫", 2),
        ("ガ", 2),
        ("ｶﾞ", 2),
        ("ที่", 1),
        ("a\u200db", 1),
        ("Ａ", 2),
        ("👩\u200d👩\u200d👧", 2),
        ("❤", 1),
        ("❤\ufe0f", 2),
        ("👍🏽", 2),
        ("a\tb\x1b\x85", 2),
        ("猫\n", 2),
        ("\ud800", 1),
    ],
)
def test_width(text, width) -> None:
    assert text_width(text) == width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("naïve 猫 ที่ 👩\u200d👧 e\u0301\u00a0\u200f", "naïve 猫 ที่ 👩\u200d👧 e\u0301\u00a0\u200f"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\x00\x07\x08\x7f\x80\x9b\x9f", r"\x00\x07\x08\x7f\x80\x9b\x9f"),
        ("a\tb\r\n", r"a\tb\r\n"),
        ("\u202a\u202e\u2066\u2069", r"\u202a\u202e\u2066\u2069"),
        ("\ud800", r"\ud800"),
    ],
)
def test_control_characters_are_shown_as_escapes(text, shown) -> None:
    assert visible(text) == shown
    assert text_width(visible(text)) == wcswidth(shown)


def test_control_characters_that_are_wanted_stay() -> None:
    assert visible("a\tb\x1b\n", keep="\n\t") == "a\tb\\x1b\n"


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abcd", 4, "abcd"),
        ("abcde", 4, "abc…"),
        ("猫猫猫", 4, "猫…"),
        ("e\u0301" * 4, 4, "e\u0301" * 4),
        ("ab", 1, "…"),
        ("👩\u200d👩\u200d👧" * 4, 5, "👩\u200d👩\u200d👧" * 2 + "…"),
        ("e\u0301" * 5, 4, "e\u0301" * 3 + "…"),
    ],
)
def test_clipping(text, width, shown) -> None:
    assert clipped(text, width) == shown


@given(HARD)
def test_the_width_is_that_of_the_library(text) -> None:
    assert text_width(text) == wcswidth(text)


@given(HARD, st.integers(1, 12))
def test_clipped_text_fits_and_is_a_beginning(text, width) -> None:
    shown = clipped(text, width)
    assert text_width(shown) <= width
    if shown != text:
        assert text_width(text) > width
        assert shown.endswith("…")
        assert text.startswith(shown[:-1])
