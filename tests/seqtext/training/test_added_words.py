"""Words that a vocabulary is extended by: their first weights by hand, and what a training makes of them."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import seqtext
from seqtext.errors import ConfigError
from seqtext.evaluation.evaluate import evaluate
from seqtext.tokenizer_file import first_names
from seqtext.training.added_words import extended_weights
from seqtext.training.events import Finished, Saved, Started
from seqtext.training.train import train

FIRST = len(first_names("word"))
TINY: dict[str, Any] = {
    "hidden": 16, "embedding": 12, "vocab_size": 800, "batch_size": 400, "threads": 1, "precision": "fp32",
    "evaluations": 2, "device": "cpu", "tokens": "word",
}  # fmt: skip
QUICK = {name: TINY[name] for name in ("threads", "evaluations", "device", "precision")}
STARTS, ENDS = ("b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "t"), ("arn", "og", "eed", "ilk", "ush")
WORDS = [start + end for start in STARTS for end in ENDS]
TRIPLES = zip(WORDS * 3, WORDS[7:] * 4, WORDS[31:] * 7, strict=False)
OLD = [f"The {who} {did}ed by the {place}." for who, did, place in TRIPLES]
NEW = [f"The {who} surfed by the {place}." for who in ("robot", WORDS[3]) for place in ("Rome", "starn")] * 2
ADDED = {"robot", "surfed", "Rome", "starn"}


def tokens(*words: str) -> list[str]:
    return [*[""] * FIRST, *words]


def weights_of(known: int, **more: np.ndarray) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(1)
    shapes = {"embedding.weight": (known, 4), "bias": (known,), "left.weight": (known, 2)}
    return {**{name: chance.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}, **more}


def test_a_new_word_begins_with_the_mean_of_words_of_its_ending() -> None:
    texts = tokens("walked", "talked", "baked", "Paris", "is", "jumped", "Rome", "42")
    known, (walked, jumped, rome, number) = FIRST + 5, (FIRST, FIRST + 5, FIRST + 6, FIRST + 7)
    before = weights_of(known, importance=np.arange(known, dtype=np.float32))
    counts = np.zeros(len(texts), np.int64)
    counts[walked:known], counts[known:] = [7, 2, 3, 50, 90], [1, 500, 30]
    after = extended_weights(before, texts, counts)
    for name in ("embedding.weight", "bias", "importance"):
        assert after[name].shape == (len(texts), *before[name].shape[1:])
        assert (after[name][:known] == before[name]).all()
    assert after["left.weight"] is before["left.weight"]
    vectors, bias = before["embedding.weight"], before["bias"]
    np.testing.assert_allclose(after["embedding.weight"][jumped], vectors[walked : walked + 3].mean(0), rtol=1e-6)
    assert after["importance"][jumped] == walked + 1
    np.testing.assert_allclose(after["bias"][jumped], bias[walked : walked + 3].mean() + np.log(2 / 5), rtol=1e-5)
    for other in (rome, number):  # fewer than three known words have a capital, none is a number
        np.testing.assert_allclose(after["embedding.weight"][other], vectors[FIRST:].mean(0), rtol=1e-6)
    np.testing.assert_allclose(after["bias"][rome], bias[FIRST:].mean(), rtol=1e-5)  # it is more frequent than they are


def test_the_words_that_a_network_knows_keep_their_share() -> None:
    """In every context, new words together get at most what the words of their endings have, and they were rarer."""
    words = [f"{start}{end}" for start in "bcdfghklmnprst" for end in ("aked", "ily", "oon")]
    new = [f"{start}{end}" for start in ("bl", "st") for end in ("aked", "ily", "oon")]
    texts = tokens(*words, *new)
    known = len(texts) - len(new)
    before = weights_of(known)
    counts = np.where(np.arange(len(texts)) < known, 1_000, 9)
    after = extended_weights(before, texts, counts)
    queries = np.random.default_rng(2).normal(size=(200, 4))
    scores = np.exp(queries @ after["embedding.weight"].T + after["bias"])
    taken = scores[:, known:].sum(1) / scores.sum(1)
    assert (taken < 0.01 * 2 / 14).all()  # two new words beside the 14 known ones of each ending
    assert (taken > 0).all()


def test_without_new_words_nothing_changes() -> None:
    before = weights_of(FIRST + 1)
    after = extended_weights(before, tokens("dog"), np.ones(FIRST + 1, np.int64))
    assert after.keys() == before.keys()
    assert all(after[name] is before[name] for name in before)


def test_a_vocabulary_of_bytes_alone_can_be_extended() -> None:
    before = weights_of(FIRST)
    after = extended_weights(before, tokens("dog"), np.ones(FIRST + 1, np.int64))
    np.testing.assert_allclose(after["embedding.weight"][FIRST], before["embedding.weight"].mean(0), rtol=1e-5)


@pytest.fixture
def corpora(tmp_path: Path) -> tuple[Path, Path]:
    """The text that a first model learns, and that of a second one, with other words."""
    paths = tmp_path / "old.txt", tmp_path / "new.txt"
    for path, lines in zip(paths, (OLD, [*OLD, *NEW]), strict=True):
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return paths


@pytest.mark.parametrize("task", ["fill", "generate"])
def test_a_model_goes_on_with_more_words(task: str, corpora: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = corpora
    list(train(task, old, tmp_path / "first", steps=25, learning_rate=0.01, **TINY))
    more = {"start": tmp_path / "first", "vocab_size": 900, "learning_rate": 1e-9, "steps": 1}
    events = list(train(task, new, tmp_path / "second", **more, **QUICK))
    started = next(event for event in events if isinstance(event, Started))
    first, second = (seqtext.load(tmp_path / name) for name in ("first", "second"))
    size = first.tokenizer.size
    assert f"{len(ADDED)} words were added to the {size:,} tokens of {tmp_path / 'first'}" in started.notes
    assert second.tokenizer.texts[:size] == first.tokenizer.texts
    assert set(second.tokenizer.texts[size:]) == ADDED
    assert started.vocabulary == size + len(ADDED)
    before, after = (load_file(tmp_path / name / "weights.safetensors") for name in ("first", "second"))
    assert all(np.allclose(array, after[name][: len(array)], atol=1e-3) for name, array in before.items())
    measured = "perplexity" if task == "fill" else "bits_per_character"
    scores = [evaluate(model, old, limit=25)[measured] for model in (first, second)]
    assert scores[1] < scores[0] * 1.02


def test_a_run_with_more_words_goes_on_where_it_was(corpora: tuple[Path, Path], tmp_path: Path) -> None:
    """Also where it was left before its first checkpoint, and where its data are lost; all end with the same bytes."""
    list(train("fill", corpora[0], tmp_path / "first", steps=2, **TINY))

    def begun(name: str) -> Any:
        more = {"start": tmp_path / "first", "vocab_size": 900, "steps": 6, "save_seconds": 0.0}
        return train("fill", corpora[1], tmp_path / name, **more, **QUICK)

    list(begun("whole"))
    for name, kind in (("early", Started), ("late", Saved)):
        events = begun(name)
        assert any(isinstance(event, kind) for event in events)
        events.close()
    shutil.copytree(tmp_path / "late", tmp_path / "lost")
    shutil.rmtree(tmp_path / "lost" / "data")
    for name in ("early", "late", "lost"):
        assert isinstance([*train("fill", None, tmp_path / name, resume=True)][-1], Finished)
        for file in ("weights.safetensors", "tokenizer.json"):
            assert (tmp_path / name / file).read_bytes() == (tmp_path / "whole" / file).read_bytes(), (name, file)


@pytest.mark.parametrize(("tokens", "wanted", "told"), [
    ("word", 500, r"vocab_size received 500, but the model to start from has \d+ tokens already; a larger number adds"),
    ("char", 900, "vocab_size received 900, but the model to start from has 800"),
    ("bpe", 900, "vocab_size received 900, but the model to start from has 800"),
    ("word", 10**7, "vocab_size received 10000000"),
])  # fmt: skip
def test_a_vocabulary_neither_shrinks_nor_learns_new_pieces(
    tokens: str, wanted: int, told: str, corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    list(train("fill", corpora[0], tmp_path / "first", steps=1, **{**TINY, "tokens": tokens}))
    with pytest.raises(ConfigError, match=told):
        list(train("fill", corpora[1], tmp_path / "second", start=tmp_path / "first", vocab_size=wanted, steps=1))


@pytest.mark.parametrize("wanted", [{}, {"vocab_size": 800}])
def test_a_vocabulary_stays_as_it_is_unless_more_is_asked_for(
    wanted: dict[str, int], corpora: tuple[Path, Path], tmp_path: Path
) -> None:
    list(train("fill", corpora[0], tmp_path / "first", steps=1, **TINY))
    list(train("fill", corpora[1], tmp_path / "second", start=tmp_path / "first", steps=1, **wanted, **QUICK))
    first, second = ((tmp_path / name / "tokenizer.json").read_bytes() for name in ("first", "second"))
    assert first == second
