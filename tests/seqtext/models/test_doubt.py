"""The doubt of a model folder, read without trusting it."""

from typing import Any

import numpy as np
import pytest

from seqtext.config import TokenizerConfig
from seqtext.errors import ModelError
from seqtext.models.doubt import Doubt
from seqtext.networks.doubt import table_shape
from seqtext.storage.weights import DOUBT_TABLE
from seqtext.tokenizer import Tokenizer

TOKENIZER = Tokenizer.train(["the cat sat", "the dog sat"], TokenizerConfig("word", 600, 1))
FACTS = {"bits": 12, "threshold": 0.0, "own": 0.04, "made": 0.9, "texts": 100}


def weights(shape: tuple[int, ...] = table_shape(12)) -> dict[str, Any]:
    return {DOUBT_TABLE: np.ones(shape, np.float32)}


def test_a_folder_without_one_has_none() -> None:
    assert Doubt.of(None, {}, TOKENIZER) is None


def test_what_lies_below_the_threshold_is_unusual() -> None:
    texts = [TOKENIZER.encode("the cat").ids, TOKENIZER.encode("").ids]
    for threshold, expected in ((4.9, [False, False]), (5.1, [True, True])):
        doubt = Doubt.of({**FACTS, "threshold": threshold}, weights(), TOKENIZER)
        assert doubt is not None
        assert doubt.unusual(texts) == expected
        assert doubt.unusual([]) == []


def test_a_threshold_may_grow_with_the_length_of_a_text() -> None:
    texts = [TOKENIZER.encode(text).ids for text in ("the cat", "the cat sat the dog sat the cat sat")]
    _, sizes = Doubt(weights()[DOUBT_TABLE], FACTS, TOKENIZER).measured(texts)
    steps = [[int(size), threshold] for size, threshold in zip(sizes, (4.9, 5.1), strict=True)]
    doubt = Doubt.of({**FACTS, "threshold": steps}, weights(), TOKENIZER)
    assert doubt is not None
    assert doubt.unusual(texts) == [False, True]
    middle = doubt.thresholds(np.array([1, int(np.sqrt(sizes[0] * sizes[1])), 10_000]))
    assert middle == pytest.approx([4.9, 5.0, 5.1], abs=0.01)


def test_a_text_that_is_shorter_than_any_is_unusual() -> None:
    texts = [TOKENIZER.encode(text).ids for text in ("the cat", "the cat sat the dog sat")]
    _, sizes = Doubt(weights()[DOUBT_TABLE], FACTS, TOKENIZER).measured(texts)
    doubt = Doubt.of({**FACTS, "shortest": int(sizes[1])}, weights(), TOKENIZER)
    assert doubt is not None
    assert doubt.unusual(texts) == [True, False]


@pytest.mark.parametrize(
    "facts",
    [
        [],
        {},
        {**FACTS, "bits": 11},
        {**FACTS, "bits": 12.0},
        {**FACTS, "threshold": float("nan")},
        {**FACTS, "threshold": "0"},
        {**FACTS, "bits": True},
        {**FACTS, "threshold": []},
        {**FACTS, "threshold": [[10, 1.0], [10, 2.0]]},
        {**FACTS, "threshold": [[0, 1.0]]},
        {**FACTS, "threshold": [[1, float("nan")]]},
        {**FACTS, "threshold": [[1, 1.0, 2.0]]},
        {**FACTS, "threshold": [1.0, 2.0]},
        {**FACTS, "shortest": -1},
        {**FACTS, "shortest": "20"},
        {**FACTS, "threshold": [[k + 1, 1.0] for k in range(33)]},
    ],
)
def test_damaged_facts_are_refused(facts: Any) -> None:
    with pytest.raises(ModelError, match="doubt"):
        Doubt.of(facts, weights(), TOKENIZER)


@pytest.mark.parametrize("stored", [{}, weights((105, 127)), weights((1, 128)), weights((13_440,))])
def test_a_table_of_another_shape_is_refused(stored: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=r"doubt\.table"):
        Doubt.of(FACTS, stored, TOKENIZER)
