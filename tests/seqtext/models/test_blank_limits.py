"""Blanks that say what they take, through the search: what is found, how probable it is, what is refused."""

from collections.abc import Sequence

import numpy as np
import pytest

import seqtext
from builders import random_weights, unsaved_model
from seqtext.avoided_words import masked
from seqtext.blanks import read_blanks
from seqtext.config import FillConfig, TokenizerConfig
from seqtext.errors import ConfigError, InputError
from seqtext.models.blank_filler import BlankFiller, Fill
from seqtext.models.blank_limits import TokenLetters
from seqtext.networks.blank_filler import expected_shapes
from seqtext.storage.catalog import bundled
from seqtext.tokenizer import SPECIALS, Tokenizer

TEXTS = ["the old dog sat by the door", "a café is open", "The fox ran over the hill", "he said no, not me"]
CONDITIONS = [
    "[3]", "[2-4]", "[t..]", "[..e]", "[.o.]", "(-the,dog)", "(-t*)", "[3](-the)", "{2}", "{2,3}", "{1,2}(-the)",
    "[caf.]", "[T..](-the)",
]  # fmt: skip
needs_bundled = pytest.mark.skipif("fill-en" not in bundled(), reason="no fill-en is bundled in this tree")


def small(kind: str = "word", **changes: object) -> BlankFiller:
    tokenizer = Tokenizer.train(TEXTS * 3, TokenizerConfig(kind, 700, 1))
    config = FillConfig(**{"hidden": 24, "embedding": 16, **changes})  # type: ignore[arg-type]
    weights = random_weights(expected_shapes(config, tokenizer.size))
    lone = np.array(["\ufffd" in text for text in tokenizer.texts])
    weights["bias"][lone] -= 6.0  # they form no characters
    if kind == "word":
        weights["bias"][tokenizer.wordlike & ~np.char.isalpha(tokenizer.texts)] -= 4.0
    return BlankFiller(unsaved_model("fill", config, tokenizer, weights))


def words_of(fills: Sequence[Fill], blank: int = 0) -> list[str]:
    return [fill.blanks[blank] for fill in fills]


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_what_is_found_is_taken(kind: str, direction: str, condition: str) -> None:
    if (direction, kind) == ("backward", "word") and "{" in condition:
        condition = condition.replace("{1,2}", "{1}")
    text = f"The ___{condition} ran (not ___)."
    blank = read_blanks(text).blanks[0]
    found = small(kind, direction=direction, bag=direction == "both").fill(text)
    assert all(blank.takes(word) for word in words_of(found))
    assert len(set(found)) == len(found)
    assert all(0 < fill.probability <= 1 for fill in found)
    assert all(fill.text == f"The {fill.blanks[0]} ran (not {fill.blanks[1]})." for fill in found)
    if kind == "word" and condition not in ("[caf.]", "[T..](-the)"):  # random letters seldom end a word
        assert len(found) == 5


@pytest.mark.parametrize("condition", ["[3]", "[2-4]", "[t..]", "[..e]", "(-the,dog)", "(-t*)", "[3](-the)"])
@pytest.mark.parametrize("direction", ["forward", "both"])
def test_probabilities_are_those_of_a_plain_blank(condition: str, direction: str) -> None:
    model = small(direction=direction, bag=direction == "both")
    model.readers.bias[model.tokenizer.continues] -= 30.0  # whole words close, as in use
    text = f"The ___{condition} ran."
    blank = read_blanks(text).blanks[0]
    plain = [fill for fill in model.fill("The ___ ran.", top=400) if blank.takes(fill.blanks[0])]
    found = model.fill(text, top=3)
    assert len(found) >= 2  # what is spelled byte by byte must not be too improbable
    assert words_of(found) == words_of(plain[: len(found)])
    for one, other in zip(found, plain, strict=False):
        assert one.probability == pytest.approx(other.probability, rel=0.02)


@pytest.mark.parametrize("kind", ["char", "bpe"])
@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("condition", ["[dog]", "[d.g]", "[d..r]", "[h.ll]"])
def test_words_of_several_tokens_are_spelled_into_a_pattern(kind: str, direction: str, condition: str) -> None:
    model = small(kind, direction=direction, bag=False)
    pattern = condition.strip("[]")
    found = words_of(model.fill(f"The ___{condition} ran."))
    assert found
    for word in found:
        assert all(wanted in (".", letter) for wanted, letter in zip(pattern, word.lower(), strict=True))


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
def test_a_list_of_mixed_blanks_is_answered_as_its_texts_alone(kind: str, direction: str) -> None:
    model = small(kind, direction=direction, bag=direction == "both", layers=2)
    texts = [f"The ___{condition} ran." for condition in ["", *CONDITIONS[:8], ""]]
    texts += [
        "The ___[t..] ___ ran.",
        "___ the ___(-dog) ___[3]",
        "___[3]___[2]",
        "___{1}",
        "No, ___[3] ___[3] ___[3].",
    ]
    for together, alone in zip(model.fill(texts), map(model.fill, texts), strict=True):
        assert [fill.probability for fill in together] == pytest.approx([fill.probability for fill in alone], abs=1e-5)
        same = [one.blanks == other.blanks for one, other in zip(together, alone, strict=True)]
        assert sum(same) >= len(same) - 2  # but for swaps of equals
    assert list(model.fill(iter(texts))) == model.fill(texts)


def test_plain_blanks_are_answered_as_without_others_beside_them() -> None:
    model = small()
    beside = model.fill(["The ___ ran.", "The ___[3] ran."])[0]
    alone = model.fill(["The ___ ran.", "The ___ sat."])[0]
    assert [fill.text for fill in beside] == [fill.text for fill in alone]
    # Products of another size round otherwise.
    assert [fill.probability for fill in beside] == pytest.approx([fill.probability for fill in alone], rel=1e-5)


def test_max_words_is_for_blanks_that_do_not_say() -> None:
    model = small()
    model.readers.bias[model.tokenizer.encode("fox").ids[0]] += 8.0  # likely after anything, itself included
    several = model.fill("The ___[3] ___{2} ___ ran.", top=20, max_words=3)
    counts = [[len(words.split()) for words in fill.blanks] for fill in several]
    assert all(one[0] == 1 and one[1] == 2 and one[2] <= 3 for one in counts)
    assert any(one[2] > 1 for one in counts)
    assert all(len(fill.blanks[0].split()) == 1 for fill in model.fill("The ___{1} ran.", max_words=3))


def test_letters_are_of_one_word_whatever_max_words_says() -> None:
    model = small()
    assert model.fill("The ___[2-4] ran.", max_words=3) == model.fill("The ___[2-4] ran.")


def test_many_words_may_be_left_out() -> None:
    model = small()
    model.readers.bias[model.tokenizer.continues] -= 30.0
    likely = words_of(model.fill("The ___ ran.", top=60))
    left_out = [word for word in likely if len(word) > 1][:10]
    found = model.fill(f"The ___(-{','.join(left_out)})[2-9] ran.", top=3)
    blank = read_blanks(f"___(-{','.join(left_out)})[2-9]").blanks[0]
    assert words_of(found) == [word for word in likely if blank.takes(word)][:3]


def test_conditions_ignore_case_and_sentences_keep_their_capital() -> None:
    model = small()
    assert words_of(model.fill("___[dOG] ran."))[0] == "Dog"
    assert "dog" in words_of(model.fill("The ___[DOG] ran."))
    assert "café" in words_of(model.fill("The ___[cafe\u0301] ran."))
    assert "café" not in words_of(model.fill("The ___[cafe] ran."))


def test_where_nothing_fits_there_is_no_answer() -> None:
    model = small()
    for condition in ("[" + "z" * 64 + "]", "[64]", "[" + "ж" * 60 + "]", "[dog](-dog)"):
        assert "dog" not in words_of(model.fill(f"The ___{condition} ran."))
        assert model.fill(f"The ___[64] ran ___{condition}.") == []
    found = model.fill(["The ___[64] ran.", "The ___ ran.", "The ___ [64] ran ___[64]."])
    assert [len(fills) for fills in found] == [0, 5, 0]


def test_what_the_model_never_writes_fits_no_pattern() -> None:
    model = small()
    contents = unsaved_model(
        "fill", model.config, model.tokenizer, model.contents.weights, avoid=masked(["dog", "fox", "door"])
    )
    kept = BlankFiller(contents)
    for pattern in ("[dog]", "[d.g]", "[D..]", "[f.x]", "[do.r](-not)"):
        assert words_of(model.fill(f"The ___{pattern} ran."))
        assert not {"dog", "fox", "door"} & {word.lower() for word in words_of(kept.fill(f"The ___{pattern} ran."))}
    assert "hill" not in words_of(kept.fill("The ___[hi..] ran.", avoid=["hill"]))


def test_options_must_be_taken_by_the_blank() -> None:
    model = small()
    plain = model.choose("The ___ ran.", ["dog", "fox"])
    assert model.choose("The ___[3] ran.", ["dog", "fox"]) == plain
    assert model.choose("The ___[d.g] ran.", ["Dog"]) == model.choose("The ___ ran.", ["Dog"])
    for condition, option in (("[3]", "door"), ("(-dog)", "dog"), ("{2}", "dog"), ("{1}", "old dog")):
        with pytest.raises(InputError, match=rf"The option '{option}' does not fit the blank '___\{condition[:-1]}"):
            model.choose(f"The ___{condition} ran.", [option, "cat"])


def test_a_prompt_has_a_plain_blank() -> None:
    model = small()
    assert model.classify("the dog", ["old", "not"], "It was ___ [5].")
    with pytest.raises(ConfigError, match="whose blank says what it takes"):
        model.classify("the dog", ["old", "not"], "It was ___[3].")
    with pytest.raises(ConfigError, match=r"prompt received 'It was ___{x}.': The blank '___{x}' does not say"):
        model.classify("the dog", ["old", "not"], "It was ___{x}.")


def test_three_hundred_blanks() -> None:
    found = small(bag=False).fill("___[2-4] " * 300, top=2)
    assert len(found) == 2
    assert all(2 <= len(word) <= 4 for fill in found for word in fill.blanks)


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
@pytest.mark.parametrize("mirrored", [False, True])
def test_fitting_tokens_are_those_whose_letters_match(kind: str, mirrored: bool) -> None:
    """Each token whose letters stand at the place of the pattern fits, no other one of whole characters does."""
    tokenizer = small(kind).tokenizer
    letters, blank = TokenLetters(tokenizer, mirrored), read_blanks("___[t.e]").blanks[0]
    pattern = "t.e"[::-1] if mirrored else "t.e"
    for place in range(4):
        mask = letters.fitting(blank, place)
        for token, text in enumerate(tokenizer.texts):
            word = text.strip().lower()
            if token >= len(SPECIALS) and word.isascii() and word.isalpha():
                part, read = pattern[place : place + len(word)], word[::-1] if mirrored else word
                fits = len(part) == len(word) and all(a in (".", b) for a, b in zip(part, read, strict=True))
                assert mask[token] == fits, (place, text)
            elif "\ufffd" not in text and word:
                assert not mask[token] or word in ("'", "’", "-") or not word.isascii()


@needs_bundled
def test_a_crossword_and_a_poem() -> None:
    model = seqtext.load("fill-en")
    assert words_of(model.fill("Capital of France: ___[p...s]"))[0] == "Paris"
    assert "tea" in words_of(model.fill("A hot drink: ___[t..]"))
    poem = words_of(model.fill("The night is ___(-dark,black,cold).", top=20))
    assert len(poem) == 20
    assert not {"dark", "black", "cold"} & set(poem)
    assert "dark" in words_of(model.fill("The night is ___."))
    assert all(2 <= len(words.split()) <= 4 for words in words_of(model.fill("See you ___{2,4}.")))


@needs_bundled
@pytest.mark.parametrize("condition", ["[3]", "[4]", "[2-6]", "(-dark,cold)", "[.o.](-low)"])
def test_probabilities_of_a_trained_model_are_those_of_a_plain_blank(condition: str) -> None:
    model = seqtext.load("fill-en")
    for text in ("The night is ___.", "I ___ him well.", "The ___ sat on the mat."):
        plain = {fill.blanks: fill.probability for fill in model.fill(text, top=40)}
        for fill in model.fill(text.replace("___", f"___{condition}")):
            assert fill.probability == pytest.approx(plain.get(fill.blanks, fill.probability), rel=0.02)


@needs_bundled
def test_words_are_found_however_rare_they_are() -> None:
    """Of 60 words of the whole vocabulary, each is found by its length and all but one of its letters."""
    model = seqtext.load("fill-en")
    tokenizer, random = model.tokenizer, np.random.default_rng(3)
    words = [
        text for text in tokenizer.texts if text.isascii() and text.isalpha() and len(text) >= 5 and text.islower()
    ]
    some = [words[k] for k in random.choice(len(words), 60, replace=False)]
    asked = [word for word in some if not model.avoided(()).is_in(word)]
    found = model.fill([f"I like the ___[{word[:2]}.{word[3:]}] best." for word in asked], top=20)
    assert len(asked) > 50
    assert [word for word, fills in zip(asked, found, strict=True) if word not in words_of(fills)] == []
