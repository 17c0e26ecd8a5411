"""One loaded model that answers from many threads, against the same calls from the main thread alone.

Mixed calls (one text, a few texts, other options) of each bundled model, from --threads threads: whether every answer
is that of one thread, processor time for an answer, and wall time. In turns after a warm-up; medians.

run.py threads --calls 500
"""

import argparse
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from table import Row

import seqtext
from seqtext.data.lines import read_lines

Call = Callable[[], Any]


def _fill(model: Any, text: str, number: int) -> list[Call]:
    blank = " ".join(["___" if place == number % 5 else word for place, word in enumerate(text.split())])
    blank = blank if "___" in blank else f"{text} ___"
    return [
        partial(model.fill, blank),
        partial(model.fill, [blank, "The ___ ran."], 3),
        partial(model.choose, "The farmer milked the ___.", ["cow", "roof", "river"]),
    ]


def _generate(model: Any, text: str, number: int) -> list[Call]:
    return [partial(model.next, text, 3), partial(model.score, text), partial(model.generate, text, 40, seed=number)]


def _classify(model: Any, text: str, number: int) -> list[Call]:
    return [partial(model.classify, [text, text[::-1]]), partial(model.classify, text), partial(model.explain, text)]


def _translate(model: Any, text: str, number: int) -> list[Call]:
    return [partial(model.translate, text), partial(model.translate, [text, "Thank you."])]


def _summarize(model: Any, text: str, number: int) -> list[Call]:
    return [partial(model.summarize, f"{text} The council will meet again on Friday to vote.")]


MODELS: dict[str, tuple[Callable[[Any, str, int], list[Call]], float | None]] = {  # and the bar of wall time
    "fill-en": (_fill, 0.75),
    "generate-en": (_generate, None),
    "language-id": (_classify, None),
    "translate-en-fr": (_translate, 0.6),
    "translate-en-de": (_translate, 0.6),
    "summarize-en": (_summarize, None),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--model", action="append", choices=MODELS, help="this one only; may be repeated")
    parser.add_argument("--file", default="corpora/everyday.txt", help="texts, one a line (corpora/everyday.txt)")
    parser.add_argument("--calls", type=int, default=500, help="calls of each model (500)")
    parser.add_argument("--threads", type=int, default=8, help="threads that call (8)")
    parser.add_argument("--turns", type=int, default=3, help="turns of each (3)")


def measure(options: argparse.Namespace) -> list[Row]:
    """For each model whether answers agree, and ratios of processor and wall time."""
    texts = [line for _, line in read_lines(options.file) if len(line.split()) > 3]
    rows = []
    for name in options.model or MODELS:
        make, bar = MODELS[name]
        model, calls = seqtext.load(name), list[Call]()
        for number, text in enumerate(texts):
            calls += make(model, text, number)
        rows += _compared(name, calls[: options.calls], options, bar)
    return rows


def _compared(name: str, calls: list[Call], options: argparse.Namespace, bar: float | None) -> list[Row]:
    wall, processor = ([], []), ([], [])
    expected = _alone(calls)
    differing = 0
    for _ in range(options.turns):
        for which, run in enumerate((partial(_alone, calls), partial(_shared, calls, options.threads))):
            seconds, used, answers = _timed(run)
            wall[which].append(seconds)
            processor[which].append(used)
            differing += sum(one != other for one, other in zip(answers, expected, strict=True))
    ratios = [statistics.median(many) / statistics.median(one) for one, many in (processor, wall)]
    return [
        Row(f"{name}: answers that differ", differing, "", 0),
        Row(f"{name}: processor time of an answer", ratios[0], "times", 1.15),
        Row(f"{name}: wall time", ratios[1], "times", bar),
        Row(f"{name}: answers a second, one thread", len(calls) / statistics.median(wall[0])),
    ]


def _alone(calls: list[Call]) -> list[Any]:
    return [call() for call in calls]


def _shared(calls: list[Call], threads: int) -> list[Any]:
    """The answers to all calls, of which each thread makes every eighth, say."""
    answers: list[Any] = [None] * len(calls)
    with ThreadPoolExecutor(threads) as pool:
        shares = pool.map(_alone, (calls[start::threads] for start in range(threads)))
        for start, share in enumerate(shares):
            answers[start::threads] = share
    return answers


def _timed(run: Callable[[], Any]) -> tuple[float, float, Any]:
    begun, used = time.perf_counter(), time.process_time()
    answers = run()
    return time.perf_counter() - begun, time.process_time() - used, answers
