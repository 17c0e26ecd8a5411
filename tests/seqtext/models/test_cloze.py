"""Exercises made from a text: gaps, distractors, what also fits."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import seqtext
from builders import random_weights, tokenizer_of, unsaved_model
from seqtext.config import DIFFICULTIES, ClozeConfig, FillConfig
from seqtext.errors import ConfigError, InputError
from seqtext.models.blank_filler import BlankFiller
from seqtext.models.cloze import difficulty, thinned
from seqtext.models.exercises import joined
from seqtext.models.function_words import ending, is_akin
from seqtext.networks.blank_filler import expected_shapes
from seqtext.storage.catalog import bundled

STORIES = Path(__file__).parents[3] / "corpora" / "stories.txt"
pytestmark = pytest.mark.skipif("fill-en" not in bundled(), reason="no fill-en is bundled in this tree")


@pytest.fixture(scope="module")
def model():
    return seqtext.load("fill-en")


@pytest.fixture(scope="module")
def text():
    return STORIES.read_text(encoding="utf-8")[:1816]


@pytest.fixture(scope="module")
def exercise(model, text):
    return model.cloze(text)


def gapped(text, item) -> str:
    """The sentence, roughly, with a blank for the gap."""
    start = max(text.rfind(sign, 0, item.start) for sign in (". ", "\n", '" ')) + 1
    ends = [text.find(sign, item.end) for sign in (". ", ".\n", "?", "!")]
    return f"{text[start : item.start]}___{text[item.end : min(end for end in ends if end > 0) + 1]}".strip()


def test_items_say_where_their_answers_stand(exercise, text) -> None:
    assert len(exercise.items) >= 10
    assert exercise.text == text
    starts = [item.start for item in exercise.items]
    assert starts == sorted(starts)
    for item in exercise.items:
        assert text[item.start : item.end] == item.answer
        assert item.options.count(item.answer) == 1
        assert len({option.lower() for option in item.options}) == 4
        assert item.difficulty == difficulty(item.probability)
        assert item.answer not in item.accepted
        assert not {*item.accepted} & {*item.options}


def test_distractors_are_far_less_likely(exercise, model, text) -> None:
    for item in exercise.items:
        found = {one: model.evidence(gapped(text, item), one, ["span"])["span"] for one in item.options}
        others = [value for one, value in found.items() if one != item.answer]
        assert found[item.answer] - max(others) > np.log(50), (gapped(text, item), found)


def test_choose_takes_the_answers(exercise, model, text) -> None:
    for item in exercise.items:
        best = model.choose(gapped(text, item), item.options)[0]
        assert best.option == item.answer, gapped(text, item)


def test_distractors_are_of_another_word(exercise, text) -> None:
    for item in exercise.items:
        others = [one for one in item.options if one != item.answer]
        assert not any(is_akin(item.answer, one) for one in others)
        assert all(one[0].isupper() == item.answer[0].isupper() for one in others)
        assert not {*gapped(text, item).lower().split()} & {*others}


def test_distractors_are_of_the_form_of_the_answer(exercise, model, text) -> None:
    for item in exercise.items:
        others = [one for one in item.options if one != item.answer]
        assert {ending(one) for one in others} == {ending(item.answer)}
        if text[: item.start].lower().endswith((" a ", " an ")):
            assert len({one[0] in "aeiou" for one in item.options}) == 1
    found = model.cloze("The old gentleman looked out of the window for a long time, and he began to think of her.")
    assert found.items
    expected = model._expected[0]
    shares = {word: expected._classes[token] for word, token in expected.ids.items()}
    nouns = [one for item in found.items if item.answer in ("window", "time") for one in item.options]
    assert len(nouns) >= 4
    assert all(shares[one].argmax() == shares["table"].argmax() for one in nouns)


def test_a_poem_has_gaps_and_keeps_its_lines(model) -> None:
    poem = (
        "The moon was high above the hill,\nThe dog was fast asleep,\nAnd in the meadow, cold and still,\n"
        "The shepherd watched his sheep.\n\nHe heard the wind come through the trees\nAnd shake the kitchen door;\n"
        "He put his hands upon his knees\nAnd sat upon the floor.\n"
    )
    found = model.cloze(poem)
    assert found.text == poem
    assert found.items
    assert found.exercise.count("\n") == poem.count("\n")


def test_accepted_words_are_near_the_answer(exercise, model, text) -> None:
    accepted = {item.answer: item.accepted for item in exercise.items}
    assert {"replied", "answered"} <= {*accepted["said"]}
    for item in exercise.items:
        found = {
            one: model.evidence(gapped(text, item), one, ["span"])["span"] for one in (item.answer, *item.accepted)
        }
        assert min(found.values()) > found[item.answer] + np.log(0.02), (gapped(text, item), found)


@pytest.mark.parametrize(("flag", "kind"), [("names", "name"), ("numbers", "number"), ("function_words", "function")])
def test_kinds_of_words_are_asked_for(flag, kind, model, text, exercise) -> None:
    kinds = model._expected[1]
    assert {kinds.kind(item.answer, opens=True) for item in exercise.items} == {"word"}
    own = (
        "The president met his friends in London and New York, and the trip from London to Paris took him two hours. "
        "Of the three children, one went to England with his father, and the other two went to France with their aunt."
    )
    asked = model.cloze(own, ClozeConfig(every=1, options=0, **{flag: True}))
    found = {kinds.kind(item.answer) for item in asked.items}
    assert kind in found
    assert found <= {kind, "word"} | ({"name"} if kind == "name" else set())


def test_the_same_seed_gives_the_same_exercise(model, text, exercise) -> None:
    assert model.cloze(text) == exercise
    other = model.cloze(text, ClozeConfig(seed=1))
    assert other != exercise
    assert [item.answer for item in other.items] == [item.answer for item in exercise.items]


@pytest.mark.parametrize("hardness", DIFFICULTIES)
def test_hardness_decides_how_likely_answers_are(hardness, model, text) -> None:
    items = model.cloze(text, ClozeConfig(hardness=hardness, options=0)).items
    least = {"easy": 0.5, "medium": 0.2, "hard": 0.05}[hardness]
    assert all(item.probability >= least * 0.999 for item in items)
    assert sum(item.difficulty == hardness for item in items) > len(items) / 2
    assert not any(item.options for item in items)


def test_what_also_fits_begins_with_the_letters(model, text) -> None:
    items = model.cloze(text, ClozeConfig(hardness="hard", letters=1)).items
    assert any(item.accepted for item in items)
    assert all(word[0].lower() == item.answer[0].lower() for item in items for word in item.accepted)
    free = model.cloze(text, ClozeConfig(hardness="hard", options=0)).items
    assert any(word[0].lower() != item.answer[0].lower() for item in free for word in item.accepted)


def test_every_counts_words(model, text) -> None:
    items = model.cloze(text, ClozeConfig(every=7, options=0)).items
    assert len(items) > 10
    for one, other in pairwise(items):
        assert len(text[one.start : other.start].split()) >= 6  # thirty-one is two words here, one to a tokenizer


def test_items_are_spread(model, text, exercise) -> None:
    few = model.cloze(text, ClozeConfig(items=3)).items
    assert len(few) == 3
    assert {*few} <= {*exercise.items}
    assert [*thinned(range(10), 4)] == [1, 3, 6, 8]
    assert thinned((1, 2), 5) == (1, 2)


def test_avoided_words_are_neither_asked_nor_shown(model, text, exercise) -> None:
    first, second = exercise.items[:2]
    avoid = (first.answer, next(one for one in second.options if one != second.answer), *second.accepted[:1])
    found = model.cloze(text, avoid=avoid)
    shown = {word for item in found.items for word in (item.answer, *item.options, *item.accepted)}
    assert not shown & {*avoid}


def test_a_text_in_parts_is_the_text(model, text, monkeypatch) -> None:
    monkeypatch.setattr("seqtext.models.cloze._PART", 500)
    long = text[:1600]
    parts = [*model.cloze_parts(iter(long.splitlines(keepends=True)))]
    assert len(parts) > 1
    assert [part.first for part in parts] == [1, *(1 + np.cumsum([len(part.items) for part in parts[:-1]])).tolist()]
    assert joined(parts) == model.cloze(long)


def test_parts_end_where_no_paragraph_does(model, monkeypatch) -> None:
    for name, size in (("_PART_OF_LINES", 3200), ("_LONGEST_PART", 6400)):
        monkeypatch.setattr(f"seqtext.models.cloze.{name}", size)
    maker = model._cloze_maker(ClozeConfig(), model.avoided(()))
    for line, longest in (("Nobody came.\n", 3300), ("“Nobody came.”\r\n", 3300), ("nobody came\n", 6500)):
        sizes = [len(part.text) for part in maker.parts([line] * (15_000 // len(line)))]
        assert max(sizes) < longest
        assert min(sizes[:-1]) > longest - 100 - len(line)


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\u2028"])
def test_line_breaks_are_kept(ending, model, text, exercise) -> None:
    found = model.cloze(text.replace("\n", ending))
    assert found.text == text.replace("\n", ending)
    assert [item.answer for item in found.items] == [item.answer for item in exercise.items]


@pytest.mark.parametrize("text", ["Hello", "😀", "a b c.", "12345", "http://example.com", "x" * 3000, "a\x00b"])
def test_texts_without_gaps_stay(text, model) -> None:
    found = model.cloze(text)
    assert (found.items, found.exercise) == ((), text)


@pytest.mark.parametrize("text", ["", " \n", "A ___ here.", "a __"])
def test_texts_that_are_none_are_refused(text, model) -> None:
    with pytest.raises(InputError, match=r"received|blank"):
        model.cloze(text)


def test_lists_and_streams_are_answered(model) -> None:
    texts = ["The children went to school in the morning and came home in the evening.", "Hello"]
    found = model.cloze(texts)
    assert found == [model.cloze(text) for text in texts] == [*model.cloze(iter(texts))]


def test_foreign_text_is_unknown(model, exercise) -> None:
    assert model.cloze("Der Hund lief über die Straße, weil er den Briefträger nicht kannte.").unknown > 0.25
    assert exercise.unknown < 0.05


@pytest.mark.parametrize("kind", ["char", "bpe"])
def test_other_kinds_of_tokens_make_exercises(kind) -> None:
    tokenizer = tokenizer_of(kind)
    config = FillConfig(hidden=16, embedding=8)
    weights = random_weights(expected_shapes(config, tokenizer.size))
    found = BlankFiller(unsaved_model("fill", config, tokenizer, weights)).cloze("the old dog sat by the door at noon.")
    assert (found.unknown, found.items) == (0.0, ())


@pytest.mark.parametrize("changes", [{"options": 1}, {"letters": 1, "options": 4}, {"every": 0}, {"hardness": "x"}])
def test_options_that_make_no_sense_are_refused(changes) -> None:
    with pytest.raises(ConfigError):
        ClozeConfig(**changes)


def test_letters_go_without_options() -> None:
    assert (ClozeConfig().choices, ClozeConfig(letters=1).choices, ClozeConfig(options=3).choices) == (4, 0, 3)
