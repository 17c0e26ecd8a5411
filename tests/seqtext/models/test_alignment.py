"""Many pairs aligned at once, with the places of their words."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import seqtext
from builders import random_weights, unsaved_model
from seqtext.config import Seq2SeqConfig, TokenizerConfig
from seqtext.models.alignment import attention, word_alignments
from seqtext.models.pair_text import join_tokenizers
from seqtext.models.translator import Translator
from seqtext.networks.seq2seq import expected_shapes
from seqtext.tokenizer import Tokenizer


def small(kind="bpe", **changes) -> Translator:
    texts = ["A red boat came back!", "Le bateau est parti.", "It left."] * 3
    tokenizer = Tokenizer.train(texts, TokenizerConfig(kind, 600, 2))
    config = Seq2SeqConfig(hidden=16, embedding=12, **changes)
    weights = random_weights(expected_shapes(config, tokenizer.size, tokenizer.size), 0.4)
    contents = unsaved_model("translate", config, tokenizer, weights)
    return Translator(replace(contents, tokenizer=join_tokenizers(tokenizer, tokenizer)))


def aligned(model, pairs, most=100):
    return word_alignments(model.network, (model.source_tokenizer, model.tokenizer), pairs, most)


PAIRS = [
    ("A red boat came back!", "Le bateau est parti, Quixbury."),
    ("Late.", "It was not late, no."),
    ("The boat left at nine. It left.", "x"),
]


def test_words_have_their_places() -> None:
    (found,) = aligned(small(), PAIRS[:1])
    source, target = PAIRS[0]
    assert [source[a:b] for a, b in found.source] == ["A", "red", "boat", "came", "back", "!"]
    assert [target[a:b] for a, b in found.target] == ["Le", "bateau", "est", "parti", ",", "Quixbury", "."]


def test_many_at_once_are_aligned_as_one_by_one() -> None:
    for kind in ("bpe", "word", "char"):
        model = small(kind=kind, coverage=True, copy=True)
        together = aligned(model, PAIRS)
        for pair, found in zip(PAIRS, together, strict=True):
            (alone,) = aligned(model, [pair])
            assert (alone.source, alone.target) == (found.source, found.target)
            assert np.allclose(alone.weights, found.weights, atol=1e-4)
            assert np.allclose(found.weights.sum(1), 1.0, atol=1e-4)


def test_weights_are_those_of_align() -> None:
    model = small()
    for source, target in PAIRS:
        (found,) = aligned(model, [(source, target)])
        expected = model.align(source, target)
        assert [source[a:b] for a, b in found.source] == expected.source
        assert np.allclose(found.weights, expected.weights, atol=1e-4)


def test_what_is_blank_or_too_long_has_none() -> None:
    assert aligned(small(), [("", "x"), ("x", " "), ("boat " * 30, "x")], most=20) == [None, None, None]


def test_long_pairs_are_looked_at_in_groups_of_few_weights() -> None:
    """Those of 64 pairs of 2,000 tokens would take 1 GB."""
    sizes = []

    class Counting:
        def read(self, sources):
            sizes.append(len(sources) * max(map(len, sources)) ** 2)
            return SimpleNamespace(coverage=np.zeros((len(sources), max(map(len, sources)) + 1), np.float32))

        def step(self, tokens, state):
            return None, SimpleNamespace(coverage=state.coverage + 1)

    for length in (20, 300, 1000):
        pair = np.zeros(length, np.int32), np.zeros(length, np.int32)
        found = dict(attention(Counting(), [pair] * 64))  # type: ignore[arg-type]
        assert {place: weights.shape for place, weights in found.items()} == dict.fromkeys(range(64), (length, length))
    assert max(sizes) < 3_000_000


@pytest.mark.parametrize(("language", "door", "book"), [("de", "DIE TÜR", "DAS BUCH"), ("fr", "LA PORTE", "LE LIVRE")])
def test_sentences_in_capitals_are_aligned_as_they_are_read(language: str, door: str, book: str) -> None:
    model = seqtext.load(f"translate-en-{language}")
    texts = ["DO NOT OPEN **THE DOOR** NOW!", "PLEASE READ [THE BOOK](a.md) FIRST.", "DO NOT OPEN <b>THE DOOR</b>!"]
    for text, marked in zip(texts, [f"**{door}**", f"[{book}](a.md)", f"<b>{door}</b>"], strict=True):
        (answer,) = model.translate(text)
        assert marked in answer.text
        assert answer.flags == ()
    pairs = [("OPEN THE DOOR NOW!", door + "!"), ("Open the door now!", door.capitalize() + "!")]
    capitals, letters = (model.align(*pair) for pair in pairs)
    assert (capitals.source, capitals.target) == (["OPEN", "THE", "DOOR", "NOW", "!"], [*door.split(), "!"])
    assert letters.source == ["Open", "the", "door", "now", "!"]
    assert capitals.source[capitals.weights[1].argmax()] == "DOOR"


def test_a_length_that_changes_with_the_case_keeps_the_capitals() -> None:
    model = small()
    (found,) = model._align_words([("İZMİR IS A RED BOAT", "LE BATEAU")])
    assert found is not None
    assert found.source[-1] == (15, 19)


def test_no_pairs_need_no_attention() -> None:
    assert aligned(small(), [("", "x")]) == [None]
