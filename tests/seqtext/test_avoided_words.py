"""Avoided words, on words of our own and against a pattern of `re` on plain text."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seqtext.avoided_words import AvoidedWords, TrieState, checked, masked, unmasked
from seqtext.errors import InputError

WORDS = AvoidedWords(["sad", "gloom*", "white lie", "naïve", "悪い", "don't", "Straße"])


@pytest.mark.parametrize(
    "text",
    [
        *("sad", "SAD", "so Sad.", "sad-eyed", "'sad'", "sad's", "_sad_", "s\u00adad", "ｓａｄ", "the sad", "sad\nman"),
        *("gloom", "Gloomy", "gloom-laden", "white lie", "White\n  LIE!", "white-lie", "a whi\u200bte lie"),
        *("naïve", "nai\u0308ve", "NAÏVE", "DON’T", "STRASSE", "とても悪い日"),
    ],
)
def test_is_found(text: str) -> None:
    assert WORDS.is_in(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "saddle",
            "crusade",
            "Assad",
            "sad2",
            "2sad",
            "sa d",
            "sad\u0301",
            "ásad",
            "igloom",
            "white lies",
            "whitelie",
        ),
        *("off-white, lie", "white a lie", "naive", "dont", "悪"),
    ],
)
def test_is_not_found(text: str) -> None:
    assert not WORDS.is_in(text)


def test_a_part_of_it_may_stand_around() -> None:
    before = WORDS.after("a white ")
    assert WORDS.is_in("lie", before)
    assert not WORDS.is_in("lie", before, "s and more")
    assert not WORDS.is_in("lie", WORDS.after("a white and "))
    assert WORDS.is_in("s", after="ad.")
    assert not WORDS.is_in("s", after="addle")
    assert WORDS.is_in("gl", after="oominess")
    assert not WORDS.is_in("so", after=" sad")  # all of it is somebody else's


def test_what_was_typed_is_nothing_to_avoid() -> None:
    for typed in ("sad", "so sad", "gloomy", "gloom, sad, white lie"):
        assert not WORDS.is_in(" man.", WORDS.after(typed))
    assert WORDS.is_in("d", WORDS.after("sa"))
    assert WORDS.is_in(" sad", WORDS.after("sad"))


LETTERS = st.text(st.sampled_from("sadSA-' .gloomwhiteé"), max_size=25)
PATTERN = re.compile(r"(?<![a-zé])(?:sad(?![a-zé])|gloo|a[\s-]+hat(?![a-zé]))", re.IGNORECASE)


@given(LETTERS)
def test_like_a_pattern(text: str) -> None:
    words = AvoidedWords(["sad", "gloo*", "a hat"])
    assert words.is_in(text) == bool(PATTERN.search(text))


@given(LETTERS, st.integers(0, 25))
def test_in_pieces_as_in_one(text: str, cut: int) -> None:
    words = AvoidedWords(["sad", "gloo*", "a hat"])
    place = words.read(TrieState(), text[:cut])
    after = place and words.read(place, text[cut:])
    assert (after is None or words.is_whole(after)) == words.is_in(text)


@given(LETTERS)
@example("a sad hat")
@example("gloogloo")
def test_nothing_is_left_when_it_is_cut_out(text: str) -> None:
    words = AvoidedWords(["sad", "gloo*", "a hat"])
    left = words.cut_from(text)
    assert not words.is_in(left)
    assert left == text or words.is_in(text)
    assert len(left) <= len(text)


def test_cut_out() -> None:
    assert WORDS.cut_from("so sad, a saddle, gloom. Sad") == "so , a saddle, . "
    assert AvoidedWords(["悪い"]).cut_from("悪い悪い") == ""


def test_none() -> None:
    words = AvoidedWords([])
    assert len(words) == 0
    assert not words.is_in("sad")


def test_masked() -> None:
    entries = checked(["Sad", "  white   lie ", "gloom*", "naïve", "no, no"])
    assert entries == ("Sad", "white lie", "gloom*", "naïve", "no, no")
    assert "sad" not in masked(entries).lower()
    assert unmasked(masked(entries)) == entries
    assert unmasked("") == ()


@pytest.mark.parametrize("word", ["", " ", "*", "!?", "-", "\u00ad", "a" * 101, 7, None])
def test_no_word(word: object) -> None:
    with pytest.raises(InputError, match="word to avoid") as fault:
        checked(["good", word])
    assert repr(word)[:20] in str(fault.value)


@pytest.mark.parametrize("words", ["sad", 7, None])
def test_no_words(words: object) -> None:
    with pytest.raises(InputError, match="a list of words"):
        checked(words)
