"""A doubt is fitted: own texts pass, texts of other kinds are marked."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtext.config import TokenizerConfig
from seqtext.errors import ModelError
from seqtext.models.doubt import Doubt
from seqtext.networks.doubt import table_shape
from seqtext.storage.catalog import load
from seqtext.storage.model_folder import describe, read_folder
from seqtext.tokenizer import Tokenizer
from seqtext.training.doubt import Fitted, bits_for, fit_doubt, fit_source_doubt
from seqtext.training.events import Concluded
from seqtext.training.made_text import exchanged, made_sentences
from seqtext.training.train import train

FOREIGN = [
    "It was a dark and stormy night, and the old man sat by the fire.", "xq zvw kjh qqp", "8 8271 2", "Доброе утро",
    "Les enfants jouent dans le jardin derrière la maison.", "We never went back to the house after that summer.",
]  # fmt: skip


def orders(count: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    foods = ["pizza", "soup", "salad", "rice", "noodles", "cake", "tea", "coffee"]
    sides = ["chips", "bread", "lemon", "sugar", "milk", "ice"]
    start = ["please send", "i want", "can i get", "we need", "bring me"]
    return [
        f"{draw.choice(start)} {draw.randint(1, 9)} {draw.choice(foods)} with {draw.choice(sides)} to table "
        f"{draw.randint(1, 30)}"
        for _ in range(count)
    ]


def fitted(tokenizer: Tokenizer, seed: int = 1) -> Fitted:
    own, held_out = (list(tokenizer.stream(orders(*asked))) for asked in ((600, 1), (100, 2)))
    return fit_doubt(own, held_out, tokenizer, 12, seed)


@pytest.mark.parametrize("tokens", ["word", "char", "bpe"])
def test_own_texts_pass_and_others_are_marked(tokens: str) -> None:
    tokenizer = Tokenizer.train(orders(600, 1), TokenizerConfig(tokens, 600, 1))
    table, facts = fitted(tokenizer)
    doubt = Doubt(table, facts, tokenizer)
    assert np.mean(doubt.unusual(list(tokenizer.stream(orders(300, 3))))) <= 0.1
    assert all(doubt.unusual(list(tokenizer.stream(FOREIGN))))
    assert facts["made"] >= 0.95
    assert facts["own"] == np.mean(doubt.unusual(list(tokenizer.stream(orders(100, 2)))))


@pytest.mark.parametrize("texts", [1, 60])
def test_texts_that_are_all_alike_fit_half_precision(texts: int) -> None:
    lines = [f"the the red the the {'the ' * (k % texts)}blue" for k in range(700)]
    tokenizer = Tokenizer.train(lines, TokenizerConfig("word", 600, 1))
    own = list(tokenizer.stream(lines))
    table, facts = fit_doubt(own[:600], own[600:], tokenizer, 12, 1)
    assert np.abs(table).max() < np.finfo(np.float16).max
    doubt = Doubt(table, facts, tokenizer)
    assert np.mean(doubt.unusual(own[600:])) <= 0.1
    assert all(doubt.unusual(list(tokenizer.stream(FOREIGN))))


def titled(count: int, seed: int) -> tuple[list[str], list[str]]:
    draw = random.Random(seed)
    titles = [
        f"{draw.choice(['Re:', 'urgent', 'order'])} {draw.choice(['missing', 'cold', 'late'])}" for _ in range(count)
    ]
    return titles, orders(count, seed)


def test_a_part_of_a_joined_text_is_as_usual_as_the_whole(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("w") as table:
        print("title,body,label", file=table)
        for number, (title, body) in enumerate(zip(*titled(500, 1), strict=True)):
            print(title, body, "ab"[number % 2], sep=",", file=table)
    columns = {"text": "title+body", "label": "label"}
    settings = {"encoder": "bag", "steps": 3, "threads": 1, "hidden": 8, "embedding": 8, "device": "cpu"}
    list(train("classify", tmp_path / "a.csv", tmp_path / "run", columns=columns, **settings))
    model = load(tmp_path / "run", "classify")
    titles, bodies = titled(200, 2)
    for texts in (titles, bodies, [f"{one}\n{other}" for one, other in zip(titles, bodies, strict=True)]):
        assert np.mean([answer.unusual for answer in model.classify(texts)]) < 0.15
    assert all(answer.unusual for answer in model.classify(FOREIGN))


def test_made_text_of_the_kind_of_one_label_is_usual() -> None:
    """As English is, where languages are told."""
    english = made_sentences()
    random.Random(1).shuffle(english)
    texts, numbers = [*orders(400, 1), *english[:400]], np.repeat([0, 1], [50, 50])
    tokenizer = Tokenizer.train(texts, TokenizerConfig("word", 600, 1))
    held_out = list(tokenizer.stream([*orders(50, 2), *english[400:450]]))
    found = fit_doubt(list(tokenizer.stream(texts)), held_out, tokenizer, 12, 1, labels=numbers)
    doubt = Doubt(*found, tokenizer)
    assert np.mean(doubt.unusual(list(tokenizer.stream(english[450:650])))) < 0.2
    assert all(doubt.unusual(list(tokenizer.stream(["xq zvw kjh qqp", "Доброе утро"]))))


def test_the_seed_decides() -> None:
    tokenizer = Tokenizer.train(orders(600, 1), TokenizerConfig("word", 600, 1))
    first, again, other = (fitted(tokenizer, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.table, again.table)
    assert first.facts == again.facts
    assert not np.array_equal(first.table, other.table)


def test_the_table_grows_with_the_model() -> None:
    assert bits_for(0) == 12
    assert np.prod(table_shape(bits_for(1_600_000))) < 0.1 * 1_600_000
    assert bits_for(10**9) == 17
    assert bits_for(10**9, 150_000) == 15


def _train(folder: Path, count: int, **settings: Any) -> list[Any]:
    rows = [f"{'drink' if 'tea' in text or 'coffee' in text else 'food'}\t{text}" for text in orders(count, 1)]
    (folder / "orders.tsv").write_text("\n".join(rows), encoding="utf-8")
    asked = {"preset": "tiny", "steps": 4, "threads": 1, "encoder": "bag", **settings}
    return list(train("classify", str(folder / "orders.tsv"), folder / "run", **asked))


@pytest.mark.parametrize("several", [False, True])
def test_training_ends_with_a_doubt(tmp_path: Path, several: bool) -> None:
    events = _train(tmp_path, 800, several=several)
    assert [event.subject for event in events if isinstance(event, Concluded) and "unusual" in event.told] == [
        "Unusual"
    ]
    found = load(tmp_path / "run").classify([orders(1, 5)[0], FOREIGN[0], "  "], reject=True)
    assert [one.unusual for one in found] == [False, True, False]
    assert [bool(one) for one in found] == [True, False, False]
    facts = describe(tmp_path / "run")
    assert facts["doubt"]["texts"] >= 50
    assert facts["precision"] == "fp16"
    assert "unusual" in (tmp_path / "run" / "README.md").read_text(encoding="utf-8")


@pytest.mark.learning
def test_a_doubt_survives_saving_and_a_training_that_starts_from_it(tmp_path: Path) -> None:
    _train(tmp_path, 800)
    model = load(tmp_path / "run")
    for precision in ("fp32", "fp16", "int8"):
        model.save(tmp_path / precision, precision)
        again = load(tmp_path / precision)
        texts = [*FOREIGN, *orders(20, 6)]
        assert [one.unusual for one in again.classify(texts)] == [one.unusual for one in model.classify(texts)]
    asked = {"preset": "tiny", "steps": 2, "threads": 1, "start": tmp_path / "run"}
    list(train("classify", str(tmp_path / "orders.tsv"), tmp_path / "next", **asked))
    assert "doubt" in read_folder(tmp_path / "next").config


def test_little_text_is_enough_for_a_doubt(tmp_path: Path) -> None:
    events = _train(tmp_path, 120)
    assert [event.subject for event in events if isinstance(event, Concluded) and "unusual" in event.told] == [
        "Unusual"
    ]
    model = load(tmp_path / "run")
    assert sum(bool(one.unusual) for one in model.classify(FOREIGN)) >= 0.8 * len(FOREIGN)
    assert sum(bool(one.unusual) for one in model.classify(orders(100, 9))) <= 15


def test_of_too_few_texts_none_is_fitted(tmp_path: Path) -> None:
    events = _train(tmp_path, 30)
    assert [event.told.split(":")[0] for event in events if isinstance(event, Concluded)] == ["no texts will be marked"]
    model = load(tmp_path / "run")
    assert [one.unusual for one in model.classify(["pizza"])] == [None]
    with pytest.raises(ModelError, match="cannot tell"):
        model.classify(["pizza"], reject=True)


def test_exchanged_words_are_those_of_texts_that_have_enough() -> None:
    texts = ["one two three four five", "short text", "", "six seven eight nine"]
    found = exchanged(texts, 50, random.Random(1))
    words = set(" ".join(texts[::3]).split())
    assert len(found) == 50
    assert all(set(text.split()) <= words for text in found)
    assert not set(found) & set(texts)
    assert exchanged(["短い文", "短い 文", ""], 50, random.Random(1)) == []


@pytest.mark.parametrize("everyday", [False, True])
def test_the_threshold_of_sources_grows_with_their_length(everyday: bool) -> None:
    tokenizer = Tokenizer.train(orders(600, 1), TokenizerConfig("bpe", 600, 1))
    own, held_out = (list(tokenizer.stream(orders(*asked))) for asked in ((600, 1), (100, 2)))
    found = fit_source_doubt(own, held_out, tokenizer, 12, 1, everyday=everyday)
    sizes, thresholds = zip(*found.facts["threshold"], strict=True)
    assert list(sizes) == sorted(set(sizes))
    assert list(thresholds) == sorted(thresholds)
    doubt = Doubt(*found, tokenizer)
    assert np.mean(doubt.unusual(list(tokenizer.stream(orders(300, 3))))) <= 0.03
    assert all(doubt.unusual(list(tokenizer.stream(["xq zvw kjh qqp zzk wqx", "Доброе утро, как дела?"]))))
    # A word is a sentence to translate, and no document to summarize.
    assert doubt.unusual(list(tokenizer.stream([" tea", " pizza"]))) == [not everyday] * 2
    assert found.facts.get("shortest", 0) <= max(map(len, orders(600, 1)))
