"""Labels as fillings of a prompt's blank: the equation, by `choose`; what is refused; every form of input."""

import math

import numpy as np
import pytest

import seqtext
from builders import TEXTS, random_weights, tokenizer_of, unsaved_model
from seqtext.config import FillConfig
from seqtext.errors import ConfigError, InputError
from seqtext.models.blank_filler import BlankFiller
from seqtext.models.zero_shot import Verbalizer, parse_labels
from seqtext.networks.blank_filler import expected_shapes
from seqtext.storage.catalog import bundled

PROMPT = "It was ___."


def small(kind: str = "word", **changes: object) -> BlankFiller:
    tokenizer = tokenizer_of(kind)
    config = FillConfig(**{"hidden": 24, "embedding": 16, **changes})  # type: ignore[arg-type]
    weights = random_weights(expected_shapes(config, tokenizer.size))
    return BlankFiller(unsaved_model("fill", config, tokenizer, weights, choice_temperature=1.5))


def test_the_words_of_the_prompt_near_its_blank_are_not_scored() -> None:
    plain, near = small(), small()
    plain._option_weights, near._option_weights = {"span": 1.0}, {"span": 1.0, "nearby": 5.0}
    texts, labels = ["The fox ran.", "go there now!"], ["old", "red"]
    assert near.classify(texts, labels, PROMPT) == plain.classify(texts, labels, PROMPT)
    text = "The ___ fox ran over the hill."
    assert near.choose(text, labels) != plain.choose(text, labels)


def shares(found: list) -> dict[str, float]:
    return {one.label: one.probability for one in found}


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
def test_probabilities_are_those_of_choose_less_those_of_the_prompt_alone(kind: str, direction: str) -> None:
    model, labels = small(kind, direction=direction), ["old", "naïve", "the red fox"]
    for text in ["The fox ran.", "go there now!", "a" * 300 + "."]:
        after = {one.option: one.probability for one in model.choose(f"{text} {PROMPT}", labels)}
        alone = {one.option: one.probability for one in model.choose(PROMPT, labels)}
        ratios = {label: after[label] / alone[label] for label in labels}
        expected = {label: ratio / sum(ratios.values()) for label, ratio in ratios.items()}
        found = model.classify(text, labels, PROMPT)
        assert shares(found) == pytest.approx(expected, rel=1e-4)
        assert [one.label for one in found] == sorted(expected, key=lambda label: -expected[label])
        assert found.unusual is None


def test_a_text_that_says_nothing_leaves_labels_alike() -> None:
    scores = np.log([0.7, 0.2, 0.1])
    found = Verbalizer.of(["a", "b", "c"], PROMPT).classified(scores - scores, 3)
    assert shares(found) == pytest.approx({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3})


def test_a_label_with_several_fillings_has_their_mean() -> None:
    asked = Verbalizer.of({"good": "yes", "bad": "no", "great": "yes"}, PROMPT)
    found = asked.classified(np.log([0.5, 0.3, 0.2]), 3)
    assert shares(found) == pytest.approx({"yes": 0.35 / 0.65, "no": 0.3 / 0.65})
    assert [one.label for one in asked.classified(np.log([0.5, 0.3, 0.2]), 1)] == ["yes"]


def test_fillings_may_have_other_names() -> None:
    model = small()
    plain, named = (model.classify("The fox ran.", labels) for labels in (["old", "café"], {"old": "A", "café": "B"}))
    assert [one.probability for one in plain] == [one.probability for one in named]
    assert [{"old": "A", "café": "B"}[one.label] for one in plain] == [one.label for one in named]


@pytest.mark.parametrize(
    ("prompt", "text", "before"),
    [
        (PROMPT, "A fine film.", "A fine film. It was "),
        (PROMPT, "A fine film \n", "A fine film. It was "),
        (PROMPT, "Who? ", "Who? It was "),
        (PROMPT, "「良い」", "「良い」 It was "),
        ("___ film.", "fine", "fine. "),
        (", which is ___.", "A film", "A film , which is "),
        ("which is ___.", "A film", "A film which is "),
        (PROMPT, "", "It was "),
        (PROMPT, " ", "It was "),
    ],
)
def test_the_prompt_stands_behind_the_text(prompt: str, text: str, before: str) -> None:
    assert Verbalizer.of(["a", "b"], prompt).after_text(text)[0] == before


def test_lines_in_a_text_are_no_blanks() -> None:
    model = small()
    found = model.classify(["sign here: ______", "__init__ is ___ of __", "___"], ["old", "café"])
    assert [len(one) for one in found] == [2, 2, 2]


def test_one_a_list_and_a_stream() -> None:
    model, labels = small(), ["old", "café"]
    several = model.classify([*TEXTS, "", " \n"], labels, top=1)
    assert [len(one) for one in several] == [1] * len(TEXTS) + [0, 0]
    stream = model.classify(iter(TEXTS), labels, top=1)
    assert not isinstance(stream, list)
    for alone, other, text in zip(several, stream, TEXTS, strict=False):
        assert shares(alone) == pytest.approx(shares(other), rel=1e-5)
        assert shares(alone) == pytest.approx(shares(model.classify(text, labels, top=1)), rel=1e-5)
    assert model.classify([], labels) == []
    with pytest.raises(InputError, match=r"texts\[1\]: nan"):
        model.classify(["a", float("nan")], labels)  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("labels", "match"),
    [
        (["good"], "'good'; two labels"),
        ([], "two labels"),
        ("good,bad", "'good,bad'; two labels"),
        (5, "5; two labels"),
        (["good", "good"], "two labels"),
        ({"good": "yes", "great": "yes"}, "two labels"),
        (["good", " "], "' '; each filling"),
        (["good", 3], "3; each filling"),
        (["good", "b___d"], "'b___d'; each filling"),
        ({"good": "yes", "bad": ""}, "'bad' for ''"),
        ({"good": "yes", "good ": "no"}, "'good ' for 'no'"),
        (["the  fox", "the fox"], "'the  fox' and 'the fox', which the model reads alike"),
    ],
)
def test_labels_that_make_no_sense_are_refused(labels: object, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        small().classify("a", labels)  # type: ignore[call-overload]


@pytest.mark.parametrize("prompt", ["It was.", "", "___ is ___.", None, "_"])
def test_a_prompt_has_one_blank(prompt: object) -> None:
    with pytest.raises(ConfigError, match="a text with one blank, ___, is expected") as caught:
        small().classify("a", ["good", "bad"], prompt)  # type: ignore[call-overload]
    assert caught.value.hint == 'prompt="It was ___."'
    assert caught.value.typed()[1] == '--prompt "It was ___."'


@pytest.mark.parametrize("text", ["", "good,", "=a,b", "good=,bad", "good=a,good=b"])
def test_labels_as_they_are_typed_are_checked(text: str) -> None:
    with pytest.raises(ConfigError, match="words with commas between"):
        parse_labels(text)


@pytest.mark.skipif("fill-en" not in bundled(), reason="no fill-en is bundled in this tree")
def test_the_bundled_model_knows_praise_and_blame() -> None:
    model = seqtext.load("fill-en")
    texts = ["A fine film.", "I loved every minute of it.", "A dreadful mess of a film.", "It was so dull that I left."]
    found = model.classify(texts, {"good": "praise", "bad": "blame"}, "All in all, it was ___.", top=1)
    assert [one[0].label for one in found] == ["praise", "praise", "blame", "blame"]
    assert all(math.isfinite(one[0].probability) for one in found)
