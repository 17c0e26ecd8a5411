"""A text is answered alike however it was typed: answer(disguise(x)) = answer(x).

`DISGUISES=10000 pytest -s tests/seqtext/models/test_disguises.py` tries as many texts of each kind, fewer where the
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

import seqtext

MANY = int(os.environ.get("DISGUISES", "100"))
TRIED: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def say_how_many() -> Iterator[None]:
    yield
    for name, count in TRIED.items():
        print(f"\n{name}: {count:,} disguised texts, each answered as it was when typed plainly")


def often(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck), database=None)


fast, medium, slow = (often(count) for count in (MANY, MANY // 2, MANY // 2 if MANY <= 1000 else MANY // 10))


@cache
def model(name: str) -> Any:
    return seqtext.load(name)


def same(name: str, answer: Callable[[str], Any], pair: tuple[str, str]) -> None:
    plain, typed = pair
    assert answer(typed) == answer(plain), f"{name} answers {typed!a} and {plain!a} differently"
    TRIED[name] += 1


@fast
@example(("She didn't ___ it.", "\ufeffShe didn’t ___\u200b it."))
@example(('"The café," he said, "is ___."', "“The cafe\u0301,” he said, „is ___.”"))
@given(pair=disguised(with_blank()))
def test_fill(pair: tuple[str, str]) -> None:
    same("fill", lambda text: [(one.blanks, one.probability) for one in model("fill-en").fill(text)], pair)


@pytest.mark.fuzz
@medium
@given(pair=disguised(texts(2)), context=disguised(with_blank()))
def test_options(pair: tuple[str, str], context: tuple[str, str]) -> None:
    def probabilities(which: int) -> list[float]:
        return [one.probability for one in model("fill-en").choose(context[which], [pair[which], "a cat", "Paris"])]

    assert probabilities(0) == probabilities(1)
    TRIED["options"] += 1


@fast
@given(pair=disguised(texts()))
def test_classify(pair: tuple[str, str]) -> None:
    same("classify", lambda text: model("language-id").classify([text]), pair)


@often(min(MANY, 1000))
@given(pair=disguised(texts(5)))
def test_explain(pair: tuple[str, str]) -> None:
    same("explain", lambda text: [one.weight for one in model("language-id").explain(text)], pair)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", ["translate-en-de", "translate-en-fr"])
@slow
@example(pair=("I don't know.", "I don’t know."))
@example(pair=("I never said 'no'.", "\u200bI never said ‘no’.\u200e"))
@given(pair=disguised(texts(5)))
def test_translate(name: str, pair: tuple[str, str]) -> None:
    same(name, lambda text: model(name).translate([text])[0], pair)


@pytest.mark.fuzz
@slow
@given(pair=disguised(texts()))
def test_summarize(pair: tuple[str, str]) -> None:
    same("summarize", lambda text: model("summarize-en").summarize([text])[0], pair)


@pytest.mark.fuzz
@medium
@given(pair=disguised(texts()))
def test_next_takes_quotes_alike(pair: tuple[str, str]) -> None:
    """A prompt is text that a model writes on: only its quotes and its composition do not matter."""
    plain = pair[0]
    typed = plain.replace("'", "’").replace('"', "“").replace("é", "e\u0301").replace("ë", "e\u0308")
    same("next", lambda text: model("generate-en").next(text), (plain, typed))


def test_what_is_not_filled_stays_as_typed() -> None:
    (first, *_) = model("fill-en").fill("\ufeff“Where\u00a0is the cafe\u0301?” she ___.")
    assert first.text == f"\ufeff“Where\u00a0is the cafe\u0301?” she {first.blanks[0]}."


def test_reasons_point_into_the_text_as_typed() -> None:
    typed = "\u200bWo ist\u00a0das Cafe\u0301, „Zoe\u0308“?"
    found = model("language-id").explain(typed)
    assert [typed[one.start : one.end] for one in found] == [one.text for one in found]
    assert "Zoe\u0308" in [one.text for one in found]
