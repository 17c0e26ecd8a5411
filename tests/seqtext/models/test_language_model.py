"""The language model as a user calls it, on small models with fixed random weights, and against plain equations."""

import math
import pickle
import re
import tracemalloc
import unicodedata
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

import seqtext
from builders import random_weights, unsaved_model
from seqtext.avoided_words import AvoidedWords, masked
from seqtext.config import READERS, LanguageConfig, SamplingConfig, TokenizerConfig
from seqtext.decoding.cache import Memory
from seqtext.decoding.constraints import whole
from seqtext.decoding.draft import Draft
from seqtext.decoding.sampling import filtered
from seqtext.errors import ConfigError, InputError, ModelError
from seqtext.models import language_model, writing
from seqtext.models.language_model import LanguageModel
from seqtext.models.next_words import Forecast, in_capitals
from seqtext.networks import recurrent
from seqtext.networks.cells import log_softmax
from seqtext.networks.language_model import TextRows, expected_shapes
from seqtext.networks.recurrent import run
from seqtext.normalization import normalize
from seqtext.storage.catalog import bundled
from seqtext.storage.model_folder import ModelFolder
from seqtext.tokenizer import GLUE, SPECIALS, Tokenizer

TEXTS = ["the old dog sat by the door", "a café is open", "The fox ran over the hill", "he said no, not me", "I don't"]
every_kind = pytest.mark.parametrize("kind", ["char", "word", "bpe"])
every_cell = pytest.mark.parametrize("cell", READERS)
needs_bundled = pytest.mark.skipif("generate-en" not in bundled(), reason="no generate-en is bundled in this tree")
GREEDY = SamplingConfig(temperature=0)
WILD = SamplingConfig(temperature=3.0)


@cache
def trained(kind: str, texts: tuple[str, ...]) -> Tokenizer:
    return Tokenizer.train([f"{text}\n" for text in texts * 3], TokenizerConfig(kind, 700, 1))


def small(kind: str = "word", texts: list[str] = TEXTS, settings: dict[str, Any] | None = None, **changes: Any):
    tokenizer = trained(kind, tuple(texts))
    config = LanguageConfig(**{"hidden": 24, "embedding": 16, **changes})
    weights = random_weights(expected_shapes(config, tokenizer.size))
    return LanguageModel(unsaved_model("generate", config, tokenizer, weights, **(settings or {})))


def of_any_form(kind: str, texts: list[str] = TEXTS) -> LanguageModel:
    """A small model as training makes one now, which knows the forms of quotes, spaces and letters."""
    tokenizer = Tokenizer.train([f"{text}\n" for text in texts * 3], TokenizerConfig(kind, 700, 1), "written")
    config = LanguageConfig(hidden=24, embedding=16)
    weights = random_weights(expected_shapes(config, tokenizer.size))
    return LanguageModel(unsaved_model("generate", config, tokenizer, weights))


def favour(model: LanguageModel, tokens: Any, bonus: float) -> LanguageModel:
    model.contents.weights["bias"][tokens] += bonus
    return model


def spy(model: LanguageModel) -> list[int]:
    """The tokens that the model reads one by one, in a list that grows."""
    drawn: list[int] = []
    advance = model.reader.advance

    def watched(token: Any, state: Any) -> Any:
        drawn.append(token)
        return advance(token, state)

    model.reader.advance = watched  # type: ignore[method-assign]
    return drawn


def plain_log_probs(model: LanguageModel, ids: list[int]) -> np.ndarray:
    """What may follow the end of a line and each of the ids, (ids + 1, vocabulary): the equations, written out."""
    weights, config = model.contents.weights, model.config
    stack = recurrent.load_stack(weights, "left", config.cell, config.layers)
    states = run(stack, weights["embedding.weight"][[model.tokenizer.newline, *ids]][None], stack.zero(1))[0][0]
    logits = np.array([weights["embedding.weight"] @ (weights["output.weight"] @ h) + weights["bias"] for h in states])
    return log_softmax(logits)


@every_kind
@every_cell
def test_bits_are_those_of_the_equations_and_of_every_step(kind: str, cell: str) -> None:
    model = small(kind, cell=cell, layers=2)
    text = "the old café\n is—open 🙂"
    ids = model.tokenizer.encode(text).ids.tolist()
    expected = plain_log_probs(model, ids)
    found = model.score(text)
    np.testing.assert_allclose(
        [token.bits for token in found.tokens], -expected[np.arange(len(ids)), ids] / math.log(2), atol=1e-4
    )
    after, state = model.reader.read(np.array([model.tokenizer.newline], np.int32))
    total = 0.0
    for place, token in enumerate(ids):
        np.testing.assert_allclose(after, expected[place], atol=1e-4)
        total -= float(after[token])
        rows, state = model.reader.step(np.array([token]), state)
        after = rows[0]
    assert found.bits == pytest.approx(total / math.log(2), abs=1e-3)


@pytest.mark.parametrize("changes", [{"hidden": 8, "embedding": 40}, {"hidden": 64, "embedding": 4}])
@pytest.mark.parametrize("table", [0, 2000])
def test_what_is_kept_ready_changes_nothing(monkeypatch, changes, table) -> None:
    monkeypatch.setattr("seqtext.networks.language_model._TABLE", table)
    model = small("char", **changes)
    ids = model.tokenizer.encode("the old dog").ids.tolist()
    after, state = model.reader.read(np.array([model.tokenizer.newline], np.int32))
    for token, expected in zip([*ids, None], plain_log_probs(model, ids), strict=True):
        np.testing.assert_allclose(after, expected, atol=1e-5)
        if token is not None:
            alone = model.reader.advance(token, state.take(0))[0]
            rows, state = model.reader.step(np.array([token]), state)
            after = rows[0]
            np.testing.assert_allclose(model.reader.log_probs(alone), after, atol=1e-5)
            np.testing.assert_allclose(log_softmax(model.reader.scores(alone)), after, atol=1e-5)
    assert (model.reader._reads is None) == (table == 0)
    assert (model.reader._scorer is None) == (changes["hidden"] == 64)


@every_kind
@pytest.mark.parametrize("text", ["a 😂 b", "😂😂", " 日本", "e\u0301\u0323😂!", "no, not—me"])
def test_tokens_by_characters_spell_the_text(kind: str, text: str) -> None:
    """The bytes of one character were four tokens with the same text."""
    every = small(kind).score(text)
    found = every.by_characters()
    spelt = "".join(token.text for token in found.tokens)
    assert "".join(spelt.split()) == "".join(text.split())  # words imply the spaces between them
    assert sum(token.bits for token in found.tokens) == pytest.approx(every.bits)
    assert all(token.text == text[token.start : token.end] for token in found.tokens)
    assert found.by_characters() == found
    assert found.bits == every.bits


def test_a_temperature_of_the_model_counts_everywhere() -> None:
    warm = small("char", settings={"temperature": 2.0})
    ids = warm.tokenizer.encode("old").ids.tolist()
    expected = log_softmax(plain_log_probs(warm, ids) / 2)
    assert warm.score("old").bits == pytest.approx(-expected[np.arange(3), ids].sum() / math.log(2), rel=1e-5)


# --- new text


@every_kind
@every_cell
def test_new_text_has_its_length_and_can_be_repeated(kind: str, cell: str) -> None:
    model = small(kind, cell=cell)
    text = model.generate("The old", 60, seed=3)
    assert len(text) == 60
    assert model.generate("The old", 60, seed=3) == text
    assert model.generate("The old", 60, seed=4) != text
    assert model.generate("The old", 25, seed=3) == text[:25]
    assert "".join(model.stream("The old", 60, seed=3)) == text
    assert len(model.generate(length=1)) == 1
    assert model.generate("", 40, seed=1) != model.generate("", 40)


@every_kind
@pytest.mark.parametrize("bonus", [0.0, 6.0])
def test_pieces_are_whole_characters(kind: str, bonus: float) -> None:
    """Also where bytes are likely: what they spell is always UTF-8, and marks stay with their letter."""
    model = small(kind, [*TEXTS, "e\u0301 o\u0308\u0323"])
    favour(model, [one for one, text in enumerate(model.tokenizer.texts) if text == "\ufffd"], bonus)
    favour(model, model.tokenizer.encode("e\u0301\u0301").ids, bonus + 2)
    pieces = list(model.stream("x", 300, WILD, seed=2))
    text = "".join(pieces)
    assert len(text) == 300
    assert "\ufffd" not in text
    for before, piece in zip(["x", *pieces], pieces, strict=False):
        assert len(before) == 32 or before == "x" or unicodedata.category(piece[0])[0] != "M"
    if bonus:
        assert any(len(piece) > 1 for piece in pieces)
        assert any(len(piece[0].encode()) > 2 for piece in pieces)


@every_kind
def test_bytes_that_spell_u_fffd_are_never_made_of_nothing(kind: str) -> None:
    """With every token as likely as any other, no undecodable byte comes through, and the ids decode to the text."""
    model = small(kind)
    for name in ("bias", "output.weight"):
        model.contents.weights[name][:] = 0
    drawn = spy(model)
    text = model.generate("", 200, SamplingConfig(temperature=1), seed=1)
    decoded = model.tokenizer.decode(drawn)
    assert text.startswith(decoded.removesuffix("\ufffd"))
    assert "\ufffd" not in decoded[:-1]


@every_kind
def test_special_tokens_are_never_drawn(kind: str) -> None:
    model = favour(small(kind), range(len(SPECIALS)), 60.0)
    text = model.generate("the", 40, seed=1)
    assert len(text) == 40
    assert not any(name in text for name in SPECIALS)
    if kind == "word":  # GLUE is part of spelling, but not twice in a row
        assert " " not in text.strip()
        assert model.tokenizer.encode("the" + text).ids.tolist().count(GLUE) > 0


@every_kind
def test_without_chance_the_likeliest_token_is_taken(kind: str) -> None:
    model = small(kind)
    before, drawn = model.tokenizer.encode("the").ids.tolist(), spy(model)
    text = model.generate("the", 30, GREEDY, seed=1)
    places = plain_log_probs(model, before + drawn)[len(before) :]
    spelling, pending, previous = model._spelling, b"", before[-1]
    for log_probs, token in zip(places, drawn, strict=False):
        assert token == np.where(spelling.legal(previous, pending), log_probs, -np.inf).argmax()
        previous, pending = token, whole(pending + spelling.added(previous, token))[1]
    assert len(drawn) > 5
    assert model.generate("the", 30, GREEDY, seed=9) == text
    assert model.generate("the", 30, SamplingConfig(top_k=1), seed=9) == text


@every_kind
@pytest.mark.parametrize("prompt", ["the old", "the old "])
@pytest.mark.parametrize("penalty", [1.0, 1.5])
def test_every_token_is_drawn_with_its_probability(kind: str, prompt: str, penalty: float, monkeypatch) -> None:
    """What `generate` draws with is what the equations give among the tokens that may follow."""
    model, asked, sampling = small(kind), [], SamplingConfig(repetition_penalty=penalty)
    draw = writing.sample

    def watched(scores: Any, config: Any, recent: Any, generator: Any) -> int:
        asked.append((filtered(scores, config, recent), list(recent)))
        assert len(asked) < 500  # bytes that form no character would never end
        return draw(scores, config, recent, generator)

    monkeypatch.setattr(writing, "sample", watched)
    drawn = spy(model)
    model.generate(prompt, 40, sampling, seed=2)
    space = kind != "char" and prompt.endswith(" ")
    before = model.tokenizer.encode(prompt[:-1] if space else prompt).ids.tolist()
    previous, pending = before[-1], b""
    for place, ((found, recent), token) in enumerate(zip(asked, drawn, strict=False)):
        legal = model._spelling.legal(previous, pending)
        if space and place == 0:
            legal = legal & model._spelling.fits(previous, b" ")
        log_probs = plain_log_probs(model, before + drawn[:place])[-1]
        expected = filtered(np.where(legal, log_probs, -np.inf), sampling, recent)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-7)
        previous, pending = token, whole(pending + model._spelling.added(previous, token))[1]
    assert len(drawn) > 5


def test_a_penalty_makes_repetition_rarer() -> None:
    model = favour(small("char"), small("char").tokenizer.encode("o").ids, 4.0)
    often = model.generate("the", 200, seed=1).count("o")
    rarely = model.generate("the", 200, SamplingConfig(repetition_penalty=5.0), seed=1).count("o")
    assert rarely < often / 3


@every_kind
def test_text_ends_before_a_stop_text(kind: str) -> None:
    model = small(kind)
    text = model.generate("the", 200, seed=7)
    for first, last in ((0, 1), (10, 11), (50, 53), (90, 101), (199, 200)):
        stop = text[first:last]
        expected = text[: text.index(stop)]
        assert model.generate("the", 200, seed=7, stop=[stop]) == expected
        assert model.generate("the", 200, seed=7, stop=stop) == expected
        assert "".join(model.stream("the", 200, seed=7, stop=["\x00never", stop, text[150:198] + "\x00"])) == expected
    assert model.generate("the", 200, seed=7, stop=[text[-3:] + "more"]) == text


@every_kind
@pytest.mark.parametrize(
    "prompt", ["日本語 🙂", "e\u0301", "\n\n", " ", "\t x\x00", "\ud7ff\U0010ffff", "( ", "a  ", "12"]
)
def test_any_prompt_is_gone_on_with(kind: str, prompt: str) -> None:
    model = small(kind)
    assert len(model.generate(prompt, 20, seed=1)) == 20
    assert model.generate(prompt, 20, GREEDY) != ""


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_a_last_space_is_that_of_the_next_token(kind: str) -> None:
    """In training no token follows a lone space; it belongs to the token after it, which is what is drawn."""
    model = small(kind)
    before, drawn = model.tokenizer.encode("the old").ids.tolist(), spy(model)
    for seed in range(20):
        drawn.clear()
        text = model.generate("the old ", 20, SamplingConfig(temperature=1), seed=seed)
        decoded = model.tokenizer.decode([*before, *drawn]).rstrip("\ufffd")
        assert len(drawn) > 1
        assert f"the old {text}".startswith(decoded)
        assert decoded.startswith("the old ")


@every_kind
def test_a_long_prompt_is_read_in_stretches(kind: str, monkeypatch) -> None:
    model = small(kind)
    prompt = ("the old dog sat, " * 1200)[:20_000]
    text = model.generate(prompt, 10, GREEDY)
    monkeypatch.setattr("seqtext.networks.language_model._STRETCH", 4099)
    assert model.generate(prompt, 10, GREEDY) == text
    assert model.generate(prompt[:-1] + "Q", 10, GREEDY) != text


@pytest.mark.parametrize("adapt", [False, True])
def test_memory_does_not_grow_with_the_length(adapt: bool) -> None:
    model = small("char", hidden=4, embedding=4)
    pieces = model.stream("a", 100_000, seed=1, adapt=adapt and Memory((3, 4), contexts=300))
    for _ in range(900):
        next(pieces)
    tracemalloc.start()
    for _ in range(3000):  # what is made once, at some rare character, is made
        next(pieces)
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(3000):
        next(pieces)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < (30_000 if adapt else 3000)  # a memory grows to its limit: 300 contexts, some 300 bytes each


def test_whoever_takes_the_pieces_keeps_their_threads(monkeypatch) -> None:
    class Library:
        threads = 5

        def get_num_threads(self) -> int:
            return self.threads

        def set_num_threads(self, threads: int) -> None:
            self.threads = threads

    library = Library()
    monkeypatch.setattr("seqtext.networks.threads._libraries", lambda: (library,))
    for _ in small("char").stream("a", 5):
        assert library.threads == 5


@pytest.mark.parametrize(("arguments", "kind", "match"), [
    ({"length": 0}, InputError, "length received 0; a whole number from 1 to"),
    ({"length": 2.0}, InputError, "length received 2.0"),
    ({"length": True}, InputError, "length received True"),
    ({"stop": [""]}, InputError, "stop received an empty text"),
    ({"stop": ""}, InputError, "stop received an empty text"),
    ({"stop": ["a", 3]}, InputError, "3 was received; a text is expected"),
    ({"stop": ["\ud83d"]}, InputError, r"U\+D83D at character 1"),
    ({"prompt": "ab\udc00"}, InputError, r"U\+DC00 at character 3"),
    ({"prompt": None}, InputError, "None was received; a text is expected"),
    ({"seed": -1}, ConfigError, "seed received -1; accepted is from 0 to 2147483647"),
    ({"seed": 1.5}, ConfigError, "seed received 1.5"),
    ({"sampling": 0.8}, ConfigError, "sampling received 0.8; a SamplingConfig is expected"),
])  # fmt: skip
def test_wrong_input_is_named_before_anything_is_drawn(arguments, kind, match) -> None:
    with pytest.raises(kind, match=match) as fault:
        small("char").stream(**{"prompt": "a", **arguments})
    assert fault.value.hint


# --- the next word


def is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def goes_on(added: str, text: str) -> bool:
    """Whether some text is part of the word before it."""
    doubled = text[-1:] in ("'", "’") and added[:1] in ("'", "’")
    return added != "" and all(is_letter(one) or one in "'’" for one in added) and not doubled


def plain_chance(model: LanguageModel, ids: list[int], missing: str) -> float:
    """The chance that the tokens after ids spell what is missing and then end a word, over all ways to cut it."""
    text, chances = model.tokenizer.decode(ids), np.exp(plain_log_probs(model, ids)[-1].astype(np.float64))
    total = 0.0
    for token in np.flatnonzero(chances > 1e-12).tolist():
        added = model.tokenizer.decode([*ids, token])[len(text) :]
        if missing and added and missing.startswith(added):
            total += chances[token] * plain_chance(model, [*ids, token], missing[len(added) :])
        elif not missing and not goes_on(added, text):
            total += chances[token]
    return total


def of_few_letters(model: LanguageModel, letters: str) -> LanguageModel:
    """Any token with another letter is made impossible, so that a search sees every way to spell a word."""
    others = [token for token, text in enumerate(model.tokenizer.texts) if not text or set(text) - set(letters)]
    return favour(model, others, -60.0)


@pytest.mark.parametrize(("kind", "first", "second"), [
    ("char", "me", "e"), ("char", "7", "m"), ("word", "me", "no"), ("bpe", "me", "the"), ("bpe", "don't", "no"),
])  # fmt: skip
def test_probabilities_are_those_of_every_way_to_spell_a_word(kind: str, first: str, second: str) -> None:
    """The odds of two words, each with all its spellings and with a quote that closes after it."""
    model = of_few_letters(small(kind), f" ,7'’{first}{second}")
    for word in (first, second):
        favour(model, model.tokenizer.encode(f"the {word}").ids[2 if kind != "char" else 4 :][:1], 3.0)
    text = "The old " if kind == "char" else "The old"  # a character is not cut: its space is read as it is
    ids, space = model.tokenizer.encode(text).ids.tolist(), "" if kind == "char" else " "
    found = {one.text: one.probability for one in model.next("The old", 1000)}
    chances = [
        sum(plain_chance(model, ids, f"{space}{word}{quote}") for quote in ("", "'", "’")) for word in (first, second)
    ]
    assert found[first] / found[second] == pytest.approx(chances[0] / chances[1], rel=3e-3)


def test_probabilities_are_given_that_a_word_comes() -> None:
    model = of_few_letters(small("char"), "eo7' ,")
    ids = model.tokenizer.encode("The old ").ids.tolist()
    starts = np.exp(plain_log_probs(model, ids)[-1].astype(np.float64))
    some_word = sum(starts[token] for token, text in enumerate(model.tokenizer.texts) if text and is_letter(text))
    found = {one.text: one.probability for one in model.next("The old", 1000)}
    for word in ("e", "oe"):
        expected = sum(plain_chance(model, ids, word + quote) for quote in ("", "'", "’")) / some_word
        assert found[word] == pytest.approx(expected, rel=1e-4)


@every_kind
@pytest.mark.parametrize(
    "text", ["", "The old", "The old ", "he said no,", "(", 'He said "', "a\n", "日本", "x  ", "l’", "—"]
)
def test_answers_are_whole_words(kind: str, text: str) -> None:
    found = small(kind).next(text, 9)
    assert len(found) == 9
    assert [one.probability for one in found] == sorted((one.probability for one in found), reverse=True)
    assert sum(one.probability for one in found) <= 1
    assert len({one.text for one in found}) == 9
    for one in found:
        assert goes_on(one.text, "")
        assert is_letter(one.text[0])
        assert is_letter(one.text[-1])
        assert one.probability > 0


@every_kind
@pytest.mark.parametrize(
    "text", ["the old  ", "the old\u00a0", "the\u00a0old ", "the old \u2009\u202f ", "the\u200b old "]
)
@pytest.mark.parametrize("complete", [False, True])
def test_spaces_at_the_end_are_one_whatever_their_number_and_width(kind: str, text: str, complete: bool) -> None:
    model = of_any_form(kind)
    assert model.next(text, 5, complete) == model.next("the old ", 5, complete)
    assert model.next(f"{text}d", 5, True) == model.next("the old d", 5, True)


@every_kind
def test_an_indentation_is_read_as_typed(kind: str) -> None:
    for text in ("x:\n    ", "    ", "x:\n\t  "):
        query = small(kind)._words.ask(text, complete=False)
        assert query.read == text
        assert query.wanted == ""


@every_kind
def test_spaces_inside_a_line_are_one_where_the_model_has_hardly_learnt_more(kind: str) -> None:
    rarely, frequent = small(kind), small(kind, ["a  b", "c  d", *TEXTS])
    for model in (rarely, frequent):
        model.contents.weights["output.weight"][:] = 0
    favour(rarely, [k for k, text in enumerate(rarely.tokenizer.texts) if text.strip("\n").isspace()], -30.0)
    favour(frequent, frequent.tokenizer.encode("the  old  dog ").ids, 30.0)
    texts = ["the  old  dog ", "the  old\n  dog", "  the old"]
    kept = [["the old dog ", "the old\n  dog", "  the old"], texts]
    for model, expected in zip((rarely, frequent), kept, strict=True):
        assert model._single_spaced(texts) == expected
    assert rarely.next("the  old") == rarely.next("the old")


@every_kind
def test_a_space_follows_a_picture_that_was_never_learnt(kind: str) -> None:
    model = small(kind)
    for text in ("Hey \U0001f602", "Hey \U0001f44d\U0001f3fd", "Hey \u2764\ufe0f"):
        assert model._words.ask(text, complete=False).wanted == " "
    assert small(kind, [*TEXTS, "so\U0001f602so"])._words.ask("Hey \U0001f602", complete=False).free


@every_kind
@pytest.mark.parametrize(
    ("texts", "straight", "curly"),
    [
        ([*TEXTS, "he didn't", "an 'a'"], "I don't", "I don’t"),
        ([*TEXTS, "he didn't", "an 'a’"], "I don't", "I don’t"),
        (["I didn’t say “no” or “yes”"], 'I don\'t say "no"', "I don’t say “no”"),
        (TEXTS, "the old dog", "the\u00a0old dog"),
        (TEXTS, "a fine dog", "\ufeffa \ufb01ne do\u00adg"),
    ],
)  # fmt: skip
def test_a_text_has_the_bits_of_its_likelier_spelling(kind: str, texts: list[str], straight: str, curly: str) -> None:
    """Curly quotes doubled the bits of a sentence for a model that had hardly read any."""
    model = of_any_form(kind, texts)
    each = [model.score(text, as_typed=True) for text in (straight, curly)]
    likelier = min(score.bits for score in each)
    for typed, exact in zip((straight, curly), each, strict=True):
        found = model.score(typed)
        assert found.text == typed
        usual = model._with_learnt_quotes(normalize(typed)) == typed  # of which the other is no other spelling
        assert found.bits == pytest.approx(exact.bits if usual else likelier, rel=1e-5)
        assert found.bits == pytest.approx(sum(token.bits for token in found.tokens), rel=1e-5)
        assert all(token.text == typed[token.start : token.end] for token in found.tokens)
    assert [score.bits for score in model.score([curly, "a dog", straight])] == pytest.approx(
        [model.score(text).bits for text in (curly, "a dog", straight)], rel=1e-4
    )
    assert model.score(curly, model.memory()).bits == pytest.approx(model.score(curly, True).bits)


@needs_bundled
def test_the_bundled_model_scores_and_continues_a_text_alike_however_it_was_typed() -> None:
    model = seqtext.load("generate-en")
    for plain, typed in (
        ("He can't come.", "He can’t come."),
        ('"Hello," he said.', "“Hello,” he said."),
        ("The fine old dog.", "The\u00a0\ufb01ne old dog."),
    ):
        assert model.score(typed).bits == pytest.approx(model.score(plain).bits, rel=1e-4)
        assert model.score(typed).bits_per_character == pytest.approx(model.score(plain).bits_per_character, rel=1e-4)
    usual = model.next("The children went to the")
    for typed in ("The children went to the  ", "The children  went to the", "The children went to\u00a0the"):
        assert [word.text for word in model.next(typed)] == [word.text for word in usual]
    assert not {"ʻ", "ñ"} & {word.text for word in model.next("Hey \U0001f602")}


@every_kind
def test_a_word_at_the_end_implies_the_space_after_it(kind: str) -> None:
    model = small(kind)
    assert model.next("The old dog") == model.next("The old dog ")
    assert model.next("The old dog,") != model.next("The old dog, ")  # after a sign, a word may come without a space


@every_kind
def test_a_word_may_be_begun(kind: str) -> None:
    model = small(kind)
    for text, typed in (
        ("the do", "do"),
        ("d", "d"),
        ("a (caf", "caf"),
        ("no,no", "no"),
        ("I don'", "don'"),
        ("xé", "xé"),
    ):
        found = model.next(text, 6, complete=True)
        assert 3 < len(found) <= 6
        assert all(one.text.startswith(typed) for one in found)
        assert sum(one.probability for one in found) <= 1
        assert {one.text for one in found} != {one.text for one in model.next(text, 6)}
    for text in ("", "The ", "no,", "(", "\n"):  # no word is begun
        assert model.next(text, 4, complete=True) == model.next(text, 4)
    found = {one.text for one in model.next("the do", 20, complete=True)}
    assert {"dog", "door"} <= found or kind == "char"
    long = "a" * 300
    assert all(one.text.startswith("a") for one in model.next(f"x {long}", complete=True))


@pytest.mark.parametrize("top", [0, -1, True, 2.0, "5", 1001, None])
def test_a_bad_number_of_answers_is_named(top) -> None:
    with pytest.raises(InputError, match=f"top received {top!r}; a whole number from 1 to 1000 is accepted") as fault:
        small().next("The", top)
    assert fault.value.hint == "top=5"


# --- surprisal


@every_kind
def test_tokens_have_their_places(kind: str) -> None:
    model = small(kind)
    text = "the café\n  🙂(12345)dog — e\u0301"
    found = model.score(text)
    assert found.text == text
    assert len(found.tokens) == len(model.tokenizer.encode(text).ids)
    assert all(one.text == text[one.start : one.end] and one.bits >= 0 for one in found.tokens)
    covered = {place for one in found.tokens for place in range(one.start, one.end)}
    assert {place for place, one in enumerate(text) if one != " "} <= covered
    assert [one.start for one in found.tokens] == sorted(one.start for one in found.tokens)
    assert found.bits == pytest.approx(sum(one.bits for one in found.tokens))
    assert found.bits_per_character == pytest.approx(found.bits / len(text))
    assert found.perplexity == pytest.approx(2 ** (found.bits / len(found.tokens)))


def test_no_text_has_no_bits() -> None:
    assert small().score("") == ("", 0.0, 0.0, 1.0, [])


def test_what_cannot_be_is_a_number_still() -> None:
    model = favour(small("char"), small("char").tokenizer.encode("z").ids, -3000.0)
    assert 4000 < model.score("z").bits < 5000
    assert math.isfinite(model.score("z").perplexity)
    assert 17_000 < model.score("z" * 5, adapt=True).bits < 18_000  # of the last, it is known that it comes
    assert model.score("z" * 50, adapt=True).bits < 0.2 * model.score("z" * 50).bits


def test_long_texts_are_scored_in_stretches(monkeypatch) -> None:
    model, text = small("char"), "the old dog sat\n" * 90
    whole = model.score(text)
    monkeypatch.setattr("seqtext.networks.language_model._STRETCH", 37)
    monkeypatch.setattr(language_model, "_SCORED", 5)
    parts = model.score(text)
    np.testing.assert_allclose([one.bits for one in parts.tokens], [one.bits for one in whole.tokens], atol=1e-3)


@pytest.mark.parametrize("name", ["score", "next"])
def test_a_text_is_a_text(name) -> None:
    for bad, match in (
        (None, "None was received; a text, or a list of texts, is expected"),
        ("a\udc00", r"U\+DC00 at character 2"),
    ):
        with pytest.raises(InputError, match=match):
            getattr(small(), name)(bad)


# --- many texts

SEVERAL = [
    "the old dog", "", " ", "a", "\n", "\U0001f642 caf\u00e9", "The fox ran over the hill ", "he said (",
    "the old dog " * 250,
    "I don'", "the old dog", "x\u0301\u00a0y", "THE", "no, not me.",
]  # fmt: skip
MIXED = st.lists(st.one_of(st.sampled_from(SEVERAL), st.text(max_size=12)), min_size=2, max_size=7)


def assert_scored_alike(together: list[Any], alone: list[Any]) -> None:
    """The same tokens with probabilities within 1e-5."""
    for ours, theirs in zip(together, alone, strict=True):
        assert [one[:3] for one in ours.tokens] == [one[:3] for one in theirs.tokens]
        chances = [[2.0**-one.bits for one in found.tokens] for found in (ours, theirs)]
        np.testing.assert_allclose(chances[0], chances[1], atol=1e-5)
        np.testing.assert_allclose(ours[1:4], theirs[1:4], rtol=1e-3, atol=1e-4)


@every_kind
@every_cell
def test_a_list_is_scored_as_its_texts_alone(kind: str, cell: str) -> None:
    model = small(kind, cell=cell, layers=2)
    assert_scored_alike(model.score(SEVERAL), [model.score(text) for text in SEVERAL])


@every_kind
@settings_of(max_examples=30, deadline=None)
@given(texts=MIXED)
def test_any_texts_are_scored_as_alone(kind: str, texts: list[str]) -> None:
    model = small(kind)
    assert_scored_alike(model.score(texts), [model.score(text) for text in texts])


def assert_forecast_alike(together: list[Any], alone: list[Any]) -> None:
    """The same words with probabilities within 1e-5, but for swaps between candidates nearer than that."""
    for ours, theirs in zip(together, alone, strict=True):
        np.testing.assert_allclose([one[1] for one in ours], [one[1] for one in theirs], atol=1e-5)
        known = {one.text: one.probability for one in theirs}
        assert all(known.get(one.text, theirs[-1][1]) == pytest.approx(one.probability, abs=1e-5) for one in ours)


@every_kind
@every_cell
def test_next_words_of_a_list_are_those_of_its_texts_alone(kind: str, cell: str, monkeypatch) -> None:
    monkeypatch.setattr("seqtext.models.next_words._ROWS", 80)  # a few searches at a time
    model = small(kind, cell=cell, layers=2)
    asked: list[dict[str, Any]] = [{}, {"top": 2, "complete": True}, {"avoid": ("the", "do*", "a")}]
    for options in asked:
        assert_forecast_alike(model.next(SEVERAL, **options), [model.next(text, **options) for text in SEVERAL])


@every_kind
@settings_of(max_examples=20, deadline=None)
@given(texts=MIXED, complete=st.booleans())
def test_next_words_of_any_texts_are_those_of_each_alone(kind: str, texts: list[str], complete: bool) -> None:
    model = small(kind)
    alone = [model.next(text, 4, complete) for text in texts]
    assert_forecast_alike(model.next(texts, 4, complete), alone)


def test_a_memory_takes_a_list_in_by_its_order() -> None:
    model = small()
    one, other, texts = (
        model.memory(),
        model.memory(),
        ["the old dog sat", "", "the old dog sat", "a caf\u00e9 the old dog"],
    )
    alone = [model.score(text, adapt=one) for text in texts]
    assert_scored_alike(model.score(texts, adapt=other), alone)
    assert alone[2].bits < 0.99 * alone[0].bits
    assert_scored_alike(model.score(texts, adapt=True), [model.score(text, adapt=True) for text in texts])


def test_a_text_at_fault_leaves_a_memory_as_if_the_others_had_come_alone() -> None:
    model = small()
    one, other = model.memory(), model.memory()
    alone = [model.score(text, adapt=one) for text in ("the old dog", "the old dog")]
    answers, found = model.score(iter(["the old dog", "the old dog", "a\udc00"]), adapt=other), []
    with pytest.raises(InputError, match=r"texts\[2\]: .*U\+DC00 at character 2"):
        found.extend(answers)
    assert_scored_alike(found, alone)
    assert_scored_alike([model.score("the old dog", adapt=other)], [model.score("the old dog", adapt=one)])


WAYS: list[dict[str, Any]] = [
    {}, {"sampling": GREEDY}, {"sampling": SamplingConfig(top_k=4, top_p=0.9, repetition_penalty=1.3)},
    {"sampling": WILD, "stop": ["e", ". "]}, {"sampling": WILD, "avoid": ("the", "do*", "s*", "a")}, {"adapt": True},
]  # fmt: skip


@every_kind
@every_cell
def test_texts_written_together_are_those_written_alone(kind: str, cell: str) -> None:
    model = small(kind, cell=cell, layers=2)
    for way in WAYS:
        together = model.generate(SEVERAL, 20, seed=3, **way)
        assert together == [model.generate(text, 20, seed=3, **way) for text in SEVERAL], way


# The same examples each time: one draw in some 100,000 is so near to another token that rounding decides.
@every_kind
@settings_of(max_examples=20, deadline=None, derandomize=True)
@given(texts=MIXED, way=st.sampled_from(WAYS), length=st.integers(1, 30), seed=st.integers(0, 99))
def test_any_texts_are_written_as_alone(kind: str, texts: list[str], way: Any, length: int, seed: int) -> None:
    model = small(kind)
    together = model.generate(texts, length, seed=seed, **way)
    assert together == [model.generate(text, length, seed=seed, **way) for text in texts]


def test_texts_of_a_list_without_a_seed_differ() -> None:
    found = small("char").generate(["the old dog"] * 8, 40)
    assert len(set(found)) == 8


def test_rows_that_end_leave_the_batch(monkeypatch) -> None:
    monkeypatch.setattr("seqtext.models.many._FEW", len(SEVERAL))  # one group
    model, steps = small("bpe"), list[int]()
    advance = model.reader.advance

    def watched(tokens: Any, state: Any) -> Any:
        steps.append(len(tokens))
        return advance(tokens, state)

    model.reader.advance = watched  # type: ignore[method-assign]
    assert set(map(len, model.generate(SEVERAL, 60, seed=5))) == {60}
    assert steps[0] == len(SEVERAL) > steps[-1]
    assert steps == sorted(steps, reverse=True)


def test_a_memory_is_given_prompts_by_their_order() -> None:
    model, prompts = small(), ["the old dog sat", "the old", "a caf\u00e9"]
    one, other = model.memory(), model.memory()
    together = model.generate(prompts, 20, seed=3, adapt=one)
    assert together == [model.generate(text, 20, seed=3, adapt=other) for text in prompts]
    assert together[1] != model.generate(prompts[1], 20, seed=3, adapt=True)


@pytest.mark.parametrize("name", ["score", "next", "generate"])
def test_a_stream_is_answered_as_it_comes(name, monkeypatch) -> None:
    monkeypatch.setattr(language_model, "BATCH", 2)
    model, read = small(), []
    answer = partial(model.generate, length=9, seed=1) if name == "generate" else getattr(model, name)
    answers = answer(read.append(text) or text for text in ["the", "old", "dog", None, "sat"])
    assert read == []
    assert next(answers) == answer(["the", "old"])[0]
    assert len(read) == 2
    assert [next(answers), next(answers)] == [answer(["the", "old"])[1], answer("dog")]
    with pytest.raises(InputError, match=r"texts\[3\]: None was received; a text is expected"):
        next(answers)
    assert answer(("the", "old")) == answer(np.array(["the", "old"])) == answer(["the", "old"])
    assert answer([]) == []


def test_memory_does_not_grow_with_the_length_of_texts_side_by_side() -> None:
    model = small("char", hidden=64)
    peaks = []
    for length in (4000, 16_000):
        ids = [np.zeros(length, np.int32)] * 3
        tracemalloc.start()
        model.reader.log_probs_of(ids)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 3 * 12_000 * 24  # ids and answers; the states of all would take ten times as much


# --- adapting to the text at hand


@every_kind
def test_a_text_that_repeats_itself_surprises_less_and_less(kind: str) -> None:
    model, text = small(kind), "the old dog sat by the door. " * 12
    plain, adapted = model.score(text), model.score(text, adapt=True)
    assert adapted.bits < 0.6 * plain.bits
    half = len(plain.tokens) // 2
    assert sum(one.bits for one in adapted.tokens[half:]) < 0.5 * sum(one.bits for one in plain.tokens[half:])
    assert model.score(text, adapt=True) == adapted
    assert model.score(text) == plain
    first = len(model.tokenizer.encode("the old").ids)  # nothing has come twice yet
    assert adapted.tokens[:first] == plain.tokens[:first]


@every_kind
def test_adapted_bits_are_those_of_every_step(kind: str, monkeypatch) -> None:
    model, text = small(kind), "the old dog sat by the old door, not the dog. " * 4
    found = model.score(text, adapt=True)
    memory, ids = model.memory(), model.tokenizer.encode(text).ids.tolist()
    memory.start(model.tokenizer.newline)
    after, state = model.reader.read(np.array([model.tokenizer.newline], np.int32))
    for token, score in zip(ids, found.tokens, strict=True):
        mixed = memory.mix(after)
        assert np.exp(mixed).sum() == pytest.approx(1, abs=1e-6)
        assert -mixed[token] / math.log(2) == pytest.approx(score.bits, abs=2e-5)
        memory.read(token, float(after[token]))
        rows, state = model.reader.step(np.array([token]), state)
        after = rows[0]
    monkeypatch.setattr("seqtext.networks.language_model._STRETCH", 37)
    monkeypatch.setattr(language_model, "_SCORED", 5)
    parts = model.score(text, adapt=True)
    np.testing.assert_allclose([one.bits for one in parts.tokens], [one.bits for one in found.tokens], atol=2e-5)


def test_a_memory_goes_from_text_to_text() -> None:
    model, memory = small("char"), small("char").memory()
    first, second = (model.score("the old dog sat by the door", adapt=memory).bits for _ in range(2))
    assert second < first - 1
    assert first == model.score("the old dog sat by the door", adapt=True).bits


@every_kind
def test_new_text_follows_the_prompt_it_adapts_to(kind: str) -> None:
    model, prompt = small(kind), "The fox ran over the hill\n" * 20
    adapted = model.generate(prompt, 80, GREEDY, adapt=True)
    assert adapted.strip().startswith("The fox ran over the hill")
    assert not model.generate(prompt, 80, GREEDY).strip().startswith("The fox ran")
    assert model.generate(prompt, 80, seed=1, adapt=True) == model.generate(prompt, 80, seed=1, adapt=True)
    assert len(model.generate("", 80, seed=1, adapt=True)) == 80


@pytest.mark.parametrize("bad", [1, 0.5, "yes", None])
def test_what_adapts_is_named(bad: Any) -> None:
    for ask in (small().score, small().stream):
        with pytest.raises(ConfigError, match=r"adapt received .*; True, False or a memory is expected"):
            ask("a", adapt=bad)


# --- the folder


def test_saving_and_loading_changes_nothing(tmp_path: Path) -> None:
    model = small("bpe", cell="mingru")
    model.save(tmp_path / "model", "fp32")
    again = seqtext.load(tmp_path / "model", "generate")
    assert isinstance(again, seqtext.LanguageModel)
    assert again.generate("the", 30, seed=1) == model.generate("the", 30, seed=1)
    assert again.score("the old dog") == model.score("the old dog")
    model.save(tmp_path / "small", "int8")
    assert len(seqtext.load(tmp_path / "small").generate("the", 30)) == 30


@pytest.mark.parametrize(("part", "value", "match"), [
    ("network", None, "no settings of the network"), ("tokenizer", [], "no settings of the tokenizer"),
    ("temperature", "hot", "temperature = 'hot'; a number from 0.01 to 100"), ("temperature", 0, "temperature = 0"),
    ("network", {"cell": "gru", "wings": 2}, "'wings', which is not a setting"),
    ("network", {"hidden": 23}, "do not fit the config"), ("network", {"cell": "lru"}, "cell received 'lru'"),
])  # fmt: skip
def test_an_edited_config_is_named(part: str, value: object, match: str) -> None:
    contents = small().contents
    config = {**contents.config, part: value}
    if value is None:
        del config[part]
    with pytest.raises(seqtext.SeqtextError, match=match) as caught:
        LanguageModel(ModelFolder(config, contents.tokenizer, contents.weights, [], ""))
    assert isinstance(caught.value, ModelError) or part == "network"


def test_shapes_name_every_array() -> None:
    assert expected_shapes(LanguageConfig(cell="mingru", hidden=5, embedding=3), 11) == {
        "embedding.weight": (11, 3), "bias": (11,), "output.weight": (3, 5),
        "left.layers.0.weight_ih_l0": (10, 3), "left.layers.0.bias_ih_l0": (10,),
    }  # fmt: skip
    window = expected_shapes(LanguageConfig(cell="convolution", hidden=5, embedding=3, window=4), 11)
    assert window["left.layers.0.weight_ih_l0"] == (4 * 2 * 5, 3)


@every_cell
@pytest.mark.parametrize("count", [1, 2, 40, 300])
def test_a_long_text_is_read_as_if_from_end_to_end(cell: str, count: int) -> None:
    """Rows begin with what 256 tokens leave behind, which is nearly all; nothing else differs."""
    model = small("char", cell=cell, layers=2)
    lines = ([*TEXTS, ""] * 50)[:count]
    bits, tokens, _ = model.score_lines(lines)
    whole = model.score("\n".join([*lines, ""]))
    assert tokens == len(whole.tokens)
    assert bits == pytest.approx(whole.bits, rel=1e-3)
    assert model.score_lines([])[:2] == (0.0, 0)


def test_the_rows_of_a_long_text_cover_every_token_once() -> None:
    for tokens in (1, 31, 32, 33, 1000, 20_000):
        rows = TextRows.of(tokens)
        found = np.concatenate([places[inside] for places, inside in rows.windows(rows.length, 64)])
        assert sorted(found.tolist()) == list(range(tokens))
        before = rows.warm_up()
        assert (before[1:, -1] == rows.starts[1:, 0] - 1).all()


def words_of(texts: list[str]) -> list[str]:
    return sorted({word for text in texts for word in re.findall(r"[^\W_]+", text)})


@pytest.mark.fuzz
@every_kind
@pytest.mark.parametrize("sampling", [SamplingConfig(temperature=0.3), WILD, SamplingConfig(repetition_penalty=1.5)])
@pytest.mark.parametrize("adapt", [False, True])
def test_avoided_words_are_not_generated(kind, sampling, adapt) -> None:
    model = small(kind)

    def written(avoid: tuple[str, ...] = ()) -> list[str]:
        return [model.generate("The", 80, sampling, seed=seed, adapt=adapt, avoid=avoid) for seed in range(4)]

    usual = written()
    avoid = tuple(words_of(usual)[::3])
    texts = written(avoid)
    assert texts != usual
    words = AvoidedWords(avoid)
    assert not [text for text in texts if words.is_in(text, words.after("The"))]
    assert texts == written(avoid)  # the same with the same seed
    assert min(map(len, texts)) > 40


def test_a_character_of_several_tokens_is_taken_back_as_a_whole(monkeypatch) -> None:
    """Behind a whole word, most characters of four bytes end it; each by itself they took a minute to be ruled out."""
    tried, add = [0], Draft.add

    def counted(*arguments: Any) -> bool:
        tried[0] += 1
        return add(*arguments)

    monkeypatch.setattr(Draft, "add", counted)
    model = small("word")
    avoid = words_of([model.generate("The", 80, WILD, seed=seed) for seed in range(4)])[::3]
    tried[0] = 0
    for seed in range(20):
        model.generate("The", 80, WILD, seed=seed, avoid=avoid)
    assert tried[0] < 20 * 4 * 80


def test_what_is_avoided_never_shows_in_a_stream() -> None:
    model = small("char", ["sad saddle sadness sad sad sa sadder " * 4])
    words = AvoidedWords(["sad", "sadn*"])
    for seed in range(20):
        shown = ""
        for piece in model.stream("so", 60, SamplingConfig(temperature=0.7), seed=seed, avoid=words.entries):
            shown += piece
            held_to = words.read(words.after("so"), shown)
            assert held_to is not None
            assert not words.is_whole(held_to)


def in_a_ring(letters: str) -> LanguageModel:
    """A model that goes from each of some letters to the next one, nearly always, and from the last to the first."""
    model = small("char", [letters])
    ids = model.tokenizer.encode(letters).ids.tolist()
    table = np.zeros((model.tokenizer.size,) * 2, np.float32)
    table[ids, [*ids[1:], ids[0]]] = 9.0
    table[:, ids] += 5.0

    state = model.reader.read(np.array(ids))[1]

    def first(ids: Any) -> Any:
        return table[ids[-1]].copy(), state

    model.reader.read = first  # type: ignore[method-assign]
    model.reader.advance = lambda token, state: (table[token], state)  # type: ignore[method-assign, assignment]
    model.reader.scores = np.copy  # type: ignore[method-assign]
    return model


def test_a_longer_word_may_go_through_an_avoided_one() -> None:
    model = in_a_ring("sadle ")
    usual = model.generate(" ", 24, GREEDY)
    assert usual[6:] == "sadle sadle sadle "
    assert model.generate(" ", 24, GREEDY, avoid=["sad"]) == usual


def test_a_way_round_begins_where_there_is_one() -> None:
    model = in_a_ring("sadle ")
    text = model.generate(" ", 200, GREEDY, avoid=["sadle"])
    assert len(text) == 200
    # Nothing else follows "sadl", "sad" and "sa" with a share worth a word: it is the first letter that changes.
    assert not re.search(r"\bsadl", text)

    text = model.generate(" ", 200, GREEDY, avoid=["sadle*"])
    assert not re.search(r"\bsadl", text)


def test_white_space_without_end_inside_a_phrase_is_given() -> None:
    model = in_a_ring("  ")
    assert model.generate("a white", 3000, GREEDY, avoid=["white lie"]) == " " * 3000


def test_where_no_way_is_left_the_text_ends() -> None:
    model = small("char")
    letters = [chr(number) for number in range(128) if chr(number).isalnum()]
    with pytest.raises(InputError, match="list of words"):
        model.generate(avoid="sad")
    text = model.generate("", 40, seed=1, avoid=[f"{letter}*" for letter in letters])
    assert not re.search(r"\b[A-Za-z0-9]", text)


@every_kind
def test_avoided_words_are_not_forecast(kind) -> None:
    model = small(kind)
    usual = model.next("the old", top=8)
    avoid = [usual[0].text.upper(), usual[2].text]
    found = model.next("the old", top=8, avoid=avoid)
    gone = {word.lower() for word in avoid}
    assert not gone & {one.text.lower() for one in found}
    before = {one.text: one.probability for one in usual}
    # The others keep their probabilities.
    assert [one.probability for one in found if one.text in before] == pytest.approx(
        [before[one.text] for one in found if one.text in before]
    )
    assert model.next("the old", top=8, avoid=["nowhere"]) == usual


def test_a_phrase_is_avoided_where_the_text_begins_it() -> None:
    model = small("word")
    word = model.next("the old")[0].text
    assert word not in [one.text for one in model.next("the old", avoid=[f"old {word}"])]
    assert word in [one.text for one in model.next("the old", avoid=[f"the {word}"])]
    assert not model.generate("the old ", 30, GREEDY, avoid=[f"old {word}"]).startswith(word)


def test_words_of_the_folder_are_avoided() -> None:
    first = small("word").next("the old")[0].text
    model = small("word", settings={"avoid": masked([first])})
    assert first not in [one.text for one in model.next("the old", top=8)]
    assert first not in model.generate("the old", 200, seed=3).split()
    second = model.next("the old")[0].text
    left = [one.text for one in model.next("the old", top=8, avoid=(second,))]
    assert first not in left
    assert second not in left


@every_kind
def test_a_model_can_be_sent_to_another_process_after_it_answered(kind) -> None:
    model = small(kind)
    text, words = model.generate("The", 40, seed=1, avoid=["old"]), model.next("the old")
    again = pickle.loads(pickle.dumps(model))
    assert again.generate("The", 40, seed=1, avoid=["old"]) == text
    assert again.next("the old") == words


@every_kind
def test_what_is_given_back_is_what_a_greedy_writer_repeats(kind: str) -> None:
    model = favour(small(kind), slice(0, len(SPECIALS) + 256), -50.0)  # bytes, too, spell letters
    prompts = ["the old", "a café", "he said no", "I"]
    written = [model.generate(prompt, 20, GREEDY) for prompt in prompts]
    texts = [prompt + text for prompt, text in zip(prompts, written, strict=True)]
    wrong = [f"{text[:-6]}q{text[-5:]}" for text in texts]
    starts = list(map(len, prompts))
    if kind == "char":  # tokens that end with the text
        assert model.given_back(texts, starts) == list(map(len, written))
    found = model.given_back(wrong, starts)
    assert all(count <= len(text) - 6 for count, text in zip(found, written, strict=True))


def test_samples_are_the_texts_of_their_seeds() -> None:
    model = small("char")
    assert model.samples(5, 30, seed=3) == [model.generate("", 30, seed=3 + number) for number in range(5)]


@needs_bundled
def test_a_text_in_capitals_is_read_in_small_letters() -> None:
    model = seqtext.load("generate-en")
    small, capitals = model.next(["The children went to the", "THE CHILDREN WENT TO THE"], top=3)
    assert [word.text for word in capitals] == [word.text.upper() for word in small]
    assert capitals[0].probability == pytest.approx(small[0].probability, rel=1e-4)
    assert model.next("HE WENT TO SCH", complete=True)[0].text == "SCHOOL"
    assert model.next("The USA", top=1)[0].text.islower(), "an acronym does not shout"


def test_capitals_that_were_learnt_are_read_as_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """SELECT of a model of database queries is no shouting."""
    texts = ["SELECT NAME FROM TABLE", "select name from table"]
    capital = np.array([text.isupper() for text in small("char", texts).tokenizer.texts])
    little = np.array([text.islower() for text in small("char", texts).tokenizer.texts])
    of_queries, of_prose = (favour(small("char", texts), letters, 8.0) for letters in (capital, little))
    found, calm = of_queries.next("SELECT NAME FROM", top=9), of_prose.next("Select name from", top=9)
    assert of_prose.next("SELECT NAME FROM", top=9) == in_capitals(calm)
    monkeypatch.setattr(language_model, "in_usual_letters", lambda parts, usual: None)
    assert of_queries.next("SELECT NAME FROM", top=9) == found
    assert of_prose.next("SELECT NAME FROM", top=9) != in_capitals(calm)


def test_words_alike_in_capitals_are_one() -> None:
    words = [Forecast("park", 0.3), Forecast("Park", 0.2), Forecast("sea", 0.4)]
    assert in_capitals(words) == [Forecast("PARK", pytest.approx(0.5)), Forecast("SEA", 0.4)]
