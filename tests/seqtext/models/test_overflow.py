"""Weights of any finite size: every answer of every task is made of finite numbers, or there is a ModelError.

Warnings are errors here, so none of NumPy's reaches a user either.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from builders import TEXTS, random_weights, tokenizer_of, unsaved_model
from seqtext.config import ClassifyConfig, FillConfig, LanguageConfig, SamplingConfig, SearchConfig, Seq2SeqConfig
from seqtext.errors import ConfigError, ModelError
from seqtext.models.alarm_threshold import fit
from seqtext.models.anomaly_detector import AnomalyDetector
from seqtext.models.blank_filler import BlankFiller
from seqtext.models.classifier import Classifier
from seqtext.models.language_model import LanguageModel
from seqtext.models.log_lines import Counting
from seqtext.models.log_masks import LogMask
from seqtext.models.normal_lines import NORMAL, pack
from seqtext.models.pair_text import join_tokenizers
from seqtext.models.summaries import Summary
from seqtext.models.summarizer import Summarizer
from seqtext.models.translator import Translator
from seqtext.networks import blank_filler, classifier, language_model, seq2seq
from seqtext.storage.model_folder import ModelFolder

Question = Callable[[], Any]
SMALL = {"hidden": 6, "embedding": 4}


def fill_folder(kind: str = "word", **changes: Any) -> ModelFolder:
    config, tokenizer = FillConfig(**SMALL, **changes), tokenizer_of(kind)
    return unsaved_model(
        "fill", config, tokenizer, random_weights(blank_filler.expected_shapes(config, tokenizer.size))
    )


def questions_to_filler(model: BlankFiller) -> list[Question]:
    return [
        lambda: model.fill("the old ___ sat"),
        lambda: model.fill("the ___ fox ___", max_words=2),
        lambda: model.choose("the old ___ sat", ["dog", "fox"]),
        lambda: model.evidence("the old ___ sat", "dog"),
    ]


def language_folder(kind: str = "word", **changes: Any) -> ModelFolder:
    config, tokenizer = LanguageConfig(**SMALL, **changes), tokenizer_of(kind)
    weights = random_weights(language_model.expected_shapes(config, tokenizer.size))
    return unsaved_model("generate", config, tokenizer, weights, temperature=0.7)


def questions_to_writer(model: LanguageModel) -> list[Question]:
    return [
        lambda: model.generate("the old", length=20, seed=1),
        lambda: model.generate("the old", length=9, seed=1, sampling=SamplingConfig(temperature=1e-300), adapt=True),
        lambda: model.generate("the old", length=9, seed=1, sampling=SamplingConfig(repetition_penalty=2.0, top_p=0.5)),
        lambda: model.next("the old "),
        lambda: model.score("the old dog sat by the door"),
        lambda: model.score("the old dog sat by the old dog", adapt=True),
    ]


def detector_folder() -> ModelFolder:
    found = language_folder()
    counting = Counting.learn([LogMask.words(text) for text in TEXTS])
    counted: dict[str, Any] = {**LogMask().facts, "counting": counting.to_dict()}
    learnt = {"threshold": 0.5, "false_alarms": 0.1, "span_bits": 12.0}
    settings = {**found.config, "task": "anomaly", "anomaly": learnt}

    def made(rows: Any) -> ModelFolder:
        weights = {**found.weights, NORMAL: pack({**counted, "held_out": rows})}
        return replace(found, config=settings, weights=weights)

    return made(fit(AnomalyDetector(made([[0, 0, 0]])), Counter(TEXTS))[0])


def questions_to_detector(model: AnomalyDetector) -> list[Question]:
    return [
        lambda: list(model.detect([*TEXTS, "disk full"])),
    ]


def pair_folder(task: str, kind: str = "bpe", **changes: Any) -> ModelFolder:
    config, tokenizer = Seq2SeqConfig(**SMALL, **changes), tokenizer_of(kind)
    weights = random_weights(seq2seq.expected_shapes(config, tokenizer.size, tokenizer.size))
    facts = {"longest_source": 30, "longest_target": 8}
    folder = unsaved_model(task, config, tokenizer, weights, **facts)
    return replace(folder, tokenizer=join_tokenizers(tokenizer, tokenizer))


def questions_to_translator(model: Translator) -> list[Question]:
    return [
        lambda: model.translate(
            ["the fox ran", "the old dog"], SearchConfig(beam=2, max_length=6, coverage_penalty=0.2)
        ),
        lambda: model.align("the fox ran", "the old dog"),
    ]


def questions_to_summarizer(model: Summarizer) -> list[Question]:
    def summaries() -> list[list[Summary]]:
        found = model.summarize(["the fox ran to the door"])  # its own words where nothing is written: without a score
        return [[one._replace(score=0.0) if one.extracted else one for one in some] for some in found]

    return [summaries]


def label_folder(**changes: Any) -> ModelFolder:
    config, tokenizer = ClassifyConfig(**{**SMALL, **changes}), tokenizer_of("word")
    weights = random_weights(classifier.expected_shapes(config, tokenizer.size, 3))
    return unsaved_model("classify", config, tokenizer, weights, labels=["bad", "good", "odd"], longest=20)


def questions_to_classifier(model: Classifier) -> list[Question]:
    return [
        lambda: model.classify(TEXTS),
        lambda: model.explain(TEXTS[0]),
    ]


Maker = Callable[[], ModelFolder]
MODELS: dict[str, tuple[Maker, Any, Callable[[Any], list[Question]]]] = {
    "fill": (fill_folder, BlankFiller, questions_to_filler),
    "fill pieces": (lambda: fill_folder("bpe", cell="gru", bag=False), BlankFiller, questions_to_filler),
    "fill backward": (lambda: fill_folder("char", direction="backward"), BlankFiller, questions_to_filler),
    "generate": (lambda: language_folder(cell="lstm"), LanguageModel, questions_to_writer),
    "generate letters": (lambda: language_folder("char", cell="mingru"), LanguageModel, questions_to_writer),
    "generate window": (lambda: language_folder("bpe", cell="convolution"), LanguageModel, questions_to_writer),
    "anomaly": (detector_folder, AnomalyDetector, questions_to_detector),
    "translate": (lambda: pair_folder("translate", copy=False), Translator, questions_to_translator),
    "translate additive": (
        lambda: pair_folder("translate", attention="additive", coverage=True, copy=True),
        Translator,
        questions_to_translator,
    ),
    "summarize": (lambda: pair_folder("summarize", "word", copy=True), Summarizer, questions_to_summarizer),
    "classify": (lambda: label_folder(pairs=64, wide=64), Classifier, questions_to_classifier),
    "classify several": (lambda: label_folder(several=True, pooling="mean"), Classifier, questions_to_classifier),
    "classify windows": (lambda: label_folder(encoder="convolution"), Classifier, questions_to_classifier),
    "classify states": (lambda: label_folder(encoder="lstm", pooling="attention"), Classifier, questions_to_classifier),
}
OVERFLOWN = "The network's scores are not finite numbers."
COUNTS = "The counts of normal lines in the weights are damaged (not bytes)."
LARGE = np.finfo(np.float32).max


def one_large(array: NDArray[np.float32]) -> NDArray[np.float32]:
    changed = array.copy()
    changed.flat[array.size // 2] = LARGE
    return changed


def signs(array: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(np.arange(array.size).reshape(array.shape) % 3 == 0, -LARGE, LARGE).astype(np.float32)


EXTREMES: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
    "thousand": lambda array: np.full_like(array, 1000),
    "large": lambda array: np.full_like(array, 1e38),
    "small": lambda array: np.full_like(array, -1e38),
    "one": one_large,
    "signs": signs,
    "grown": lambda array: np.clip(array, -1, 1) * np.float32(1e37),
}


@cache
def folder_of(name: str) -> ModelFolder:
    return MODELS[name][0]()


def numbers_in(answer: Any) -> Iterator[float]:
    if isinstance(answer, float | np.floating | np.ndarray):
        yield from np.ravel(answer).tolist()
    elif isinstance(answer, dict):
        yield from numbers_in(list(answer.values()))
    elif isinstance(answer, list | tuple):
        for part in answer:
            yield from numbers_in(part)


def answers(name: str, contents: ModelFolder) -> list[str]:
    """How each kind of answer comes out: "finite" or the message of a ModelError."""
    kind, ask = MODELS[name][1:]
    try:
        model = kind(contents)
    except ModelError as error:
        return [error.message]
    return [outcome(question) for question in ask(model)]


def outcome(question: Question) -> str:
    try:
        numbers = list(numbers_in(question()))
    except ModelError as error:
        return error.message
    return "finite" if all(map(math.isfinite, numbers)) else f"not finite: {numbers}"


@pytest.mark.parametrize("extreme", EXTREMES)
@pytest.mark.parametrize("name", MODELS)
def test_any_array_of_extreme_numbers_gives_finite_answers_or_an_error(name: str, extreme: str) -> None:
    contents = folder_of(name)
    for array in contents.weights:
        changed = {**contents.weights, array: EXTREMES[extreme](contents.weights[array])}
        expected = {"finite", OVERFLOWN} if array != NORMAL else {"finite", COUNTS}
        assert set(answers(name, replace(contents, weights=changed))) <= expected, array


@pytest.mark.parametrize("extreme", EXTREMES)
@pytest.mark.parametrize("name", MODELS)
def test_all_arrays_of_extreme_numbers_give_finite_answers_or_an_error(name: str, extreme: str) -> None:
    contents = folder_of(name)
    changed = {
        array: value if array == NORMAL else EXTREMES[extreme](value) for array, value in contents.weights.items()
    }
    assert set(answers(name, replace(contents, weights=changed))) <= {"finite", OVERFLOWN}


@pytest.mark.parametrize("name", MODELS)
def test_usual_weights_give_answers(name: str) -> None:
    found = answers(name, folder_of(name))
    assert found == ["finite"] * len(found) != []


@pytest.mark.parametrize(
    ("name", "array", "question"),
    [
        ("fill", "bias", 0),
        ("fill", "bias", 2),
        ("fill", "bias", 3),
        ("generate", "bias", 0),
        ("generate", "bias", 3),
        ("generate", "bias", 4),
        ("anomaly", "bias", 0),
        ("translate", "bias", 0),
        ("translate additive", "gate.bias", 0),
        ("translate", "keys.weight", 1),
        ("summarize", "bias", 0),
        ("classify", "output.bias", 0),
        ("classify several", "output.bias", 0),  # log σ of ∞ would be finite
        ("classify several", "output.bias", 1),
    ],
)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_has_overflowed_is_reported(name: str, array: str, question: int, value: float) -> None:
    contents = folder_of(name)
    changed = {**contents.weights, array: np.full_like(contents.weights[array], value)}
    found = answers(name, replace(contents, weights=changed))[question]
    assert found == ("finite" if array == "gate.bias" and value == np.inf else OVERFLOWN)


def test_many_sources_that_are_read_side_by_side_do_not_warn() -> None:
    contents = folder_of("translate")
    changed = {name: signs(array) for name, array in contents.weights.items()}
    model = Translator(replace(contents, weights=changed))
    with pytest.raises(ModelError, match="not finite numbers"):
        model.translate(["the fox ran"] * 200)


def test_importance_that_overflows_is_refused_when_the_model_is_loaded() -> None:
    contents = folder_of("fill")
    changed = {**contents.weights, "importance": np.full_like(contents.weights["importance"], 1000)}
    with pytest.raises(ModelError, match="not finite numbers"):
        BlankFiller(replace(contents, weights=changed))


@pytest.mark.parametrize(
    "value",
    [10**400, -(10**400), 1e308, True, None, "1", [], {}, math.nan, math.inf],
    ids=lambda value: f"{value!r:.6}",
)
@pytest.mark.parametrize("name", MODELS)
def test_settings_of_any_size_give_finite_answers_or_an_error(name: str, value: Any) -> None:
    contents = folder_of(name)
    changes: list[dict[str, Any]] = [
        {setting: value}
        for setting in ("temperature", "words_per_token", "choice_temperature", "threshold", "longest", "evidence")
    ]
    changes += [{setting: value} for setting in ("longest_source", "longest_target", "labels", "network")]
    changes += [{"evidence": {kind: value}} for kind in ("span", "word")] + [{"anomaly": value}]
    learnt = contents.config.get("anomaly", {})
    changes += [{"anomaly": {**learnt, setting: value}} for setting in ("threshold", "false_alarms", "span_bits")]
    for change in changes:
        try:
            model = MODELS[name][1](replace(contents, config={**contents.config, **change}))
        except (ModelError, ConfigError):
            continue
        found = {outcome(question) for question in MODELS[name][2](model)}
        assert {text for text in found if not text.startswith("config.json has")} <= {"finite", OVERFLOWN}, change
