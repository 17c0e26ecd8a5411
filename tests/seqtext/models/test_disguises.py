"""A text is answered alike however it was typed: answer(disguise(x)) = answer(x).

`DISGUISES=10000 pytest -s tests/seqtext/models/test_disguises.py` tries as many texts of each kind, a tenth where the
decoder is slow, and says how many.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from disguises import disguised, texts, with_blank
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import seqtext

MANY = int(os.environ.get("DISGUISES", "100"))
EACH = 10  # texts that are asked together, in a third of the time
TRIED: Counter[str] = Counter()
Pair = tuple[str, str]  # a text, and the same typed otherwise


@pytest.fixture(scope="module", autouse=True)
def say_how_many() -> Iterator[None]:
    yield
    for name, count in TRIED.items():
        print(f"\n{name}: {count:,} disguised texts, each answered as it was when typed plainly")


def often(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck), database=None)


fast, slow = often(MANY // EACH), often((MANY if MANY <= 1000 else MANY // 10) // EACH)


@cache
def model(name: str) -> Any:
    return seqtext.load(name)


def several(pair: st.SearchStrategy[Pair]) -> st.SearchStrategy[list[Pair]]:
    return st.lists(pair, min_size=EACH, max_size=EACH)


def same(name: str, answers: Callable[[list[str]], list[Any]], pairs: list[Pair]) -> None:
    plain, typed = (answers([pair[which] for pair in pairs]) for which in (0, 1))
    for pair, first, second in zip(pairs, plain, typed, strict=True):
        assert first == second, f"{name} answers {pair[1]!a} and {pair[0]!a} differently"
    TRIED[name] += len(pairs)


@fast
@example([("She didn't ___ it.", "\ufeffShe didn’t ___\u200b it.")])
@example([('"The café," he said, "is ___."', "“The cafe\u0301,” he said, „is ___.”")])
@given(pairs=several(disguised(with_blank())))
def test_fill(pairs: list[Pair]) -> None:
    def fills(texts: list[str]) -> list[Any]:
        return [[(one.blanks, one.probability) for one in found] for found in model("fill-en").fill(texts)]

    same("fill", fills, pairs)


@pytest.mark.fuzz
@fast
@given(pairs=several(disguised(texts(2))), contexts=several(disguised(with_blank())))
def test_options(pairs: list[Pair], contexts: list[Pair]) -> None:
    def probabilities(which: int) -> list[list[float]]:
        options = [[pair[which], "a cat", "Paris"] for pair in pairs]
        found = model("fill-en").choose([context[which] for context in contexts], options)
        return [[one.probability for one in choices] for choices in found]

    assert probabilities(0) == probabilities(1)
    TRIED["options"] += len(pairs)


@fast
@given(pairs=several(disguised(texts())))
def test_classify(pairs: list[Pair]) -> None:
    same("classify", model("language-id").classify, pairs)


@often(min(MANY, 1000))
@given(pair=disguised(texts(5)))
def test_explain(pair: Pair) -> None:
    same("explain", lambda texts: [[one.weight for one in model("language-id").explain(texts[0])]], [pair])


@pytest.mark.fuzz
@pytest.mark.parametrize("name", ["translate-en-de", "translate-en-fr"])
@slow
@example(pairs=[("I don't know.", "I don’t know.")])
@example(pairs=[("I never said 'no'.", "\u200bI never said ‘no’.\u200e")])
@given(pairs=several(disguised(texts(5))))
def test_translate(name: str, pairs: list[Pair]) -> None:
    same(name, model(name).translate, pairs)


@pytest.mark.fuzz
@slow
@given(pairs=several(disguised(texts())))
def test_summarize(pairs: list[Pair]) -> None:
    same("summarize", model("summarize-en").summarize, pairs)


@pytest.mark.fuzz
@fast
@given(plain=st.lists(texts(), min_size=EACH, max_size=EACH))
def test_next_takes_quotes_alike(plain: list[str]) -> None:
    """A prompt is text that a model writes on: only its quotes and its composition do not matter."""
    otherwise = str.maketrans({"'": "’", '"': "“", "é": "e\u0301", "ë": "e\u0308"})
    same("next", model("generate-en").next, [(text, text.translate(otherwise)) for text in plain])


def test_what_is_not_filled_stays_as_typed() -> None:
    (first, *_) = model("fill-en").fill("\ufeff“Where\u00a0is the cafe\u0301?” she ___.")
    assert first.text == f"\ufeff“Where\u00a0is the cafe\u0301?” she {first.blanks[0]}."


def test_reasons_point_into_the_text_as_typed() -> None:
    typed = "\u200bWo ist\u00a0das Cafe\u0301, „Zoe\u0308“?"
    found = model("language-id").explain(typed)
    assert [typed[one.start : one.end] for one in found] == [one.text for one in found]
    assert "Zoe\u0308" in [one.text for one in found]
