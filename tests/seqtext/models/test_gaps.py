"""Where a text may have gaps, and which kind of word each is."""

import time

import pytest

from seqtext.models.function_words import FUNCTION_WORDS, NUMBER_WORDS, ending, is_akin
from seqtext.models.gaps import Sentence, WordKinds, gaps, sentences

WORDS = (
    *("the", "of", "old", "dog", "fox", "door", "garden", "lamp", "night", "ran", "sat", "quick", "London", "Anna"),
    *("rose", "Rose", "tell", "time", "clock", "example", "com", "user", "mother", "law", "well", "made", "don't"),
    *("can't", "children", "saw", "seven", "heard", "table", "stood", "beside", "window"),
)
KINDS = WordKinds({word: number for number, word in enumerate(WORDS)}, "en")
CONTENT = frozenset(["word"])


def words(text: str, wanted: frozenset[str] = CONTENT) -> list[str]:
    return [gap.word for gap in gaps(sentences(text), KINDS, wanted)]


@pytest.mark.parametrize("text", ["", "One.", "A b. C d!\r\n\r\n“E,” f.\n", "x " * 500, "\n\n a\n", "日本語。 Ok."])
def test_sentences_hold_the_text(text) -> None:
    for sentence in sentences(text):
        whole = "".join(sentence.pieces)
        assert text[sentence.start : sentence.start + len(whole)] == whole
        assert len(sentence.pieces) % 2 == 1
        assert len(sentence.words) <= 60
    assert sum(len("".join(one.pieces)) for one in sentences(text)) >= len(text.strip()) - text.count(" ") - 4


def test_gaps_are_content_words_where_they_stand() -> None:
    text = "At night the old dog sat beside the door of the garden."
    found = gaps(sentences(text), KINDS, CONTENT)
    assert [gap.word for gap in found] == ["night", "old", "dog", "sat", "door", "garden"]
    assert all(text[gap.start : gap.end] == gap.word for gap in found)
    assert [gap.number for gap in found] == [1, 3, 4, 5, 8, 11]


@pytest.mark.parametrize(
    "part",
    ["don't", "dog's", "mother-in-law", "o'clock", "https://example.com/door", "user@example.com", "#garden", "@fox",
     "old_dog", "example.com", "night/door", "well-made", "DOOR", "’door’s", "dog1"],
)  # fmt: skip
def test_no_part_of_a_compound_is_a_gap(part) -> None:
    assert words(f"So it was and so it is {part} and it will be.") == []


def test_quotes_and_dashes_are_no_parts_of_words() -> None:
    found = words("So it was “door,” and (garden) and ‘night’ -- dog—fox, lamp: and so on.")
    assert found == ["door", "garden", "night", "dog", "fox", "lamp"]


def test_names_are_told_by_their_capitals() -> None:
    text = "So then she went with Anna to London and there the Rose was. Rose ran and ran and ran to the door."
    assert words(text) == ["ran", "ran", "ran", "door"]
    assert words(text, frozenset(["name"])) == ["Anna", "London", "Rose", "Rose"]
    assert KINDS.kind("Old", opens=True) == KINDS.kind("old") == "word"
    assert KINDS.kind("Old") == KINDS.kind("London", opens=True) == "name"


def test_numbers_and_function_words_are_told() -> None:
    assert {KINDS.kind(word) for word in ("seven", "12", "Third")} == {"number"}
    assert {KINDS.kind(word) for word in ("the", "Whose", "beside")} == {"function"}
    assert "1912" in words("So it was in 1912 and so it is for us.", frozenset(["number"]))


def test_other_languages_have_frequent_words() -> None:
    german = WordKinds({f"wort{number}": number for number in range(300)}, "de")
    assert german.kind("wort7") == "function"
    assert german.kind("wort250") == "word"
    spelling = WordKinds({}, "de")
    assert (spelling.kind("der"), spelling.kind("garten")) == ("function", "word")


def test_lines_of_a_poem_are_read_together() -> None:
    poem = "The dog was old,\nAnd he saw the fox\r\n  Beside the door.\nThe end.\n\nA heading\n\n- a list\n- of two\n"
    found = ["".join(one.pieces) for one in sentences(poem)]
    assert found[0] == "The dog was old,\nAnd he saw the fox\r\n  Beside the door."
    assert found[1:] == ["The end.", "A heading", "- a list", "- of two"]
    long = "word " * 20
    assert len(sentences(f"{long}\n{long}\n")) == 2


def test_gaps_know_the_word_before() -> None:
    assert [gap.before for gap in gaps(sentences("At night the old dog sat by it."), KINDS, CONTENT)][:2] == [
        "At",
        "the",
    ]


def test_short_sentences_have_no_gaps() -> None:
    assert words("The old dog sat.") == []


def test_sentence_words_are_small() -> None:
    assert Sentence(0, ["", "The", " ", "Dog", "."]).words == ["the", "dog"]


def test_word_lists_do_not_overlap() -> None:
    assert not FUNCTION_WORDS & NUMBER_WORDS
    assert all(word == word.lower() for word in FUNCTION_WORDS | NUMBER_WORDS)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("cats", "s"), ("glass", ""), ("bus", ""), ("walked", "ed"), ("bed", ""), ("came", "ed"), ("singing", "ing"),
     ("king", ""), ("family", ""), ("slowly", "ly"), ("forest", ""), ("oldest", "est"), ("children", "s")],
)  # fmt: skip
def test_endings(word, expected) -> None:
    assert ending(word) == expected


@pytest.mark.parametrize(
    ("word", "other", "akin"),
    [("run", "running", True), ("grey", "gray", True), ("colour", "color", True), ("man", "men", True),
     ("sing", "sang", True), ("window", "garden", False), ("dog", "fox", False)],
)  # fmt: skip
def test_kin(word, other, akin) -> None:
    assert is_akin(word, other) == is_akin(other, word) == akin


def test_a_line_without_an_end_takes_time_as_long_as_it_is() -> None:
    times = []
    for count in (20_000, 160_000):
        text = "word " * count
        start = time.process_time()
        assert len(sentences(text)) >= count / 60
        times.append(time.process_time() - start)
    assert times[1] < 24 * times[0]
