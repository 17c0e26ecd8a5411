"""One loaded model answers from many threads as from one."""

import random
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from builders import random_weights, unsaved_model
from seqtext.config import FillConfig, LanguageConfig, TokenizerConfig
from seqtext.models import recent
from seqtext.models.anomaly_detector import AnomalyDetector
from seqtext.models.blank_filler import BlankFiller
from seqtext.models.language_model import LanguageModel
from seqtext.models.log_lines import Counting
from seqtext.models.normal_lines import NORMAL, pack
from seqtext.networks import threads
from seqtext.networks.blank_filler import expected_shapes as fill_shapes
from seqtext.networks.language_model import expected_shapes
from seqtext.tokenizer import Tokenizer

TEXTS = ["the old dog sat by the door", "a cafe is open", "The fox ran over the hill", "he said no, not me"]
WORKERS = 8


@pytest.fixture(autouse=True)
def eager_switches() -> Iterator[None]:
    """Threads change places so often that a race shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def word_tokenizer() -> Tokenizer:
    return Tokenizer.train(TEXTS * 3, TokenizerConfig("word", 700, 1))


def language_model() -> LanguageModel:
    tokenizer, config = word_tokenizer(), LanguageConfig(hidden=24, embedding=16)
    weights = random_weights(expected_shapes(config, tokenizer.size))
    return LanguageModel(unsaved_model("generate", config, tokenizer, weights))


def blank_filler() -> BlankFiller:
    tokenizer, config = word_tokenizer(), FillConfig(hidden=24, embedding=16)
    weights = random_weights(fill_shapes(config, tokenizer.size))
    return BlankFiller(unsaved_model("fill", config, tokenizer, weights))


def detector() -> AnomalyDetector:
    tokenizer, config = word_tokenizer(), LanguageConfig(hidden=24, embedding=16)
    counting = Counting.learn(text.split() for text in TEXTS)
    counted = {"usual": [], "counting": counting.to_dict(), "held_out": [[0, 0, 0], [1, 1, 1]]}
    weights = {**random_weights(expected_shapes(config, tokenizer.size)), NORMAL: pack(counted)}
    learnt = {"threshold": 0.5, "false_alarms": 0.1, "span_bits": 12.0}
    return AnomalyDetector(unsaved_model("anomaly", config, tokenizer, weights, anomaly=learnt))


def assert_alike_in_threads(calls: list[Callable[[], Any]]) -> None:
    expected = [call() for call in calls]
    order = random.Random(1).sample(range(len(calls)), len(calls))
    with ThreadPoolExecutor(WORKERS) as pool:
        found = dict(zip(order, pool.map(lambda number: calls[number](), order), strict=True))
    assert [found[number] for number in range(len(calls))] == expected


def test_a_tokenizer_cuts_for_many_threads_with_spaces_and_without() -> None:
    tokenizer = word_tokenizer()

    def encode(text: str, spacing: bool) -> list[int]:
        return tokenizer.encode(text, spacing=spacing).ids.tolist()

    texts = [f"{text}  {number}" for number in range(50) for text in TEXTS]
    assert_alike_in_threads([lambda t=text, s=spacing: encode(t, s) for text in texts for spacing in (True, False)])


def test_a_detector_forgets_while_others_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    model = detector()
    monkeypatch.setattr(model, "_state", (model._state[0], recent.Recent(3)))
    texts = [f"{text} {number % 9}" for number in range(60) for text in TEXTS]
    assert_alike_in_threads([lambda t=text: model.detect(t) for text in texts])


def test_models_answer_mixed_calls() -> None:
    writer, filler = language_model(), blank_filler()
    calls: list[Callable[[], Any]] = []
    for number, text in enumerate(TEXTS * 6):
        calls += [
            lambda t=text: writer.next(t, 3),
            lambda t=text: writer.score(t).bits,
            lambda t=text, n=number: writer.generate(t, 20, seed=n),
            lambda t=text: filler.fill(f"{t} ___ me."),
            lambda t=text: filler.fill([f"{t} ___ me.", "The ___ ran."]),
            lambda t=text: filler.choose(f"{t} ___.", ["dog", "fox"]),
        ]
    assert_alike_in_threads(calls)


def test_blas_has_one_thread_for_all_who_are_inside() -> None:
    before = [library.get_num_threads() for library in threads._libraries()]

    def watched(_: int) -> bool:
        with threads.one_thread():
            seen = [library.get_num_threads() for _ in range(20) for library in threads._libraries()]
            return set(seen) == {1}

    with ThreadPoolExecutor(WORKERS) as pool:
        assert all(pool.map(watched, range(400)))
    assert [library.get_num_threads() for library in threads._libraries()] == before
