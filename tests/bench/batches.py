"""Many texts answered one by one, as a list, and the bare products of the same shapes.

In turns within one run, by each verb: one text after the other on one thread; the list on every thread; and the
recurrent and vocabulary products that the list takes, of the same shapes and nothing else, on every thread. Texts are
lines of --file with --words words.

run.py batches --file DATA/tatoeba/eng-deu.train.tsv.xz --columns text=1
run.py batches --file sentences.txt --case next --limit 500 --turns 5
"""

import argparse
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import islice
from threading import get_ident
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from table import Row, say
from threadpoolctl import threadpool_limits

import seqtext
from seqtext.data.corpus import read_texts
from seqtext.models.language_model import LanguageModel
from seqtext.networks import cells, language_model

Product = tuple[int, Any]  # rows, and the matrix that they are multiplied with


class Case(NamedTuple):
    """A verb that is measured."""

    model: str
    answer: Callable[[Any, Any], Any]  # of a model and a text, or texts
    bar: float | None  # how many times as fast as one by one the list is meant to be


CASES = {
    "score": Case("generate-en", lambda model, texts: model.score(texts), 4.0),
    "next": Case("generate-en", lambda model, texts: model.next(texts), 3.0),
    "generate": Case("generate-en", lambda model, texts: model.generate(texts, length=100, seed=1), None),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--file", metavar="PATH", required=True, help="where the texts come from")
    parser.add_argument("--columns", help="of a table, as for seqtext train")
    parser.add_argument("--case", action="append", choices=CASES, help="measure this one only; may be repeated")
    parser.add_argument("--words", type=int, nargs=2, default=(15, 25), help="fewest and most in a text (15 25)")
    parser.add_argument("--limit", type=int, default=5000, help="texts of the list (5000)")
    parser.add_argument("--alone", type=int, default=100, help="of which so many are answered one by one (100)")
    parser.add_argument("--turns", type=int, default=3, help="turns of each (3)")


def measure(options: argparse.Namespace) -> list[Row]:
    """Texts per second of each way, and how the list compares."""
    columns = dict(part.split("=") for part in options.columns.split(",")) if options.columns else None
    low, high = options.words
    usual = (text for text in read_texts(options.file, columns=columns) if low <= len(text.split()) <= high)
    texts = list(islice(usual, options.limit))
    if not texts:
        raise SystemExit(f"{options.file} holds no text of {low} to {high} words.")
    rows = [row for name in options.case or CASES for row in _compared(name, CASES[name], texts, options)]
    return [
        *rows,
        Row("texts", len(texts)),
        Row("characters of a text", float(np.mean(list(map(len, texts))))),
        Row("threads", len(os.sched_getaffinity(0))),
        Row("turns of each", options.turns),
    ]


def _compared(name: str, case: Case, texts: Sequence[str], options: argparse.Namespace) -> list[Row]:
    model: Any = seqtext.load(case.model)
    with recorded(model) as products:
        case.answer(model, texts)  # warms up, too
    alone = texts[:: max(1, len(texts) // options.alone)][: options.alone]
    ways: dict[str, Callable[[], int]] = {
        "one by one": lambda: _one_by_one(case, model, alone),
        "list": lambda: len(case.answer(model, texts)),
        "bare products": lambda: _multiply(list(products.values()), len(texts)),
    }
    speeds: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(options.turns):
        for way, run in ways.items():
            begun = time.perf_counter()
            speeds[way].append(run() / (time.perf_counter() - begun))
        say(f"{name}, turn {turn + 1}: " + ", ".join(f"{way} {found[-1]:,.1f}" for way, found in speeds.items()))
    medians = {way: statistics.median(found) for way, found in speeds.items()}
    shares = [ours / bare for ours, bare in zip(speeds["list"], speeds["bare products"], strict=True)]
    return [
        *(Row(f"{name}, {way}", speed, "texts/s") for way, speed in medians.items()),
        Row(f"{name}: list to one by one", medians["list"] / medians["one by one"], "", case.bar, lower=False),
        Row(f"{name}: list to bare products", medians["list"] / medians["bare products"], "", 0.5, lower=False),
        Row(f"{name}: lowest and highest of a turn", f"{min(shares):.2f} {max(shares):.2f}"),
    ]


def _one_by_one(case: Case, model: Any, texts: Sequence[str]) -> int:
    with threadpool_limits(1):
        for text in texts:
            case.answer(model, text)
    return len(texts)


@contextmanager
def recorded(model: Any) -> Iterator[dict[int, list[Product]]]:
    """Note the products of every thread inside the block: those with the recurrent weights and the vocabulary."""
    found: dict[int, list[Product]] = defaultdict(list)
    with ExitStack() as patches:
        for cell in cells.CELLS.values():  # loaded stacks hold these very records
            patches.callback(object.__setattr__, cell, "step", cell.step)
            object.__setattr__(cell, "step", _noting_step(cell.step, found))
        if not isinstance(model, LanguageModel):
            yield found
            return
        reader, score = model.reader, language_model.LanguageReader.scores

        def noting(self: Any, hidden: Any) -> Any:
            tied = reader._scorer
            found[get_ident()] += [
                (hidden.size // hidden.shape[-1], matrix.T)
                for matrix in ([reader._output, reader._embedding] if tied is None else [tied])
            ]
            return score(self, hidden)

        with patch.object(language_model.LanguageReader, "scores", noting):
            yield found


def _noting_step(step: Any, found: dict[int, list[Product]]) -> Any:
    def noting(read: Any, hidden: Any, memory: Any, layer: Any) -> Any:
        if layer.weight_hh.size:
            found[get_ident()].append((hidden.size // hidden.shape[-1], layer.weight_hh.T))
        return step(read, hidden, memory, layer)

    return noting


def _multiply(threads: Sequence[Sequence[Product]], texts: int) -> int:
    """The products of each thread, on threads that go on side by side."""
    widest: dict[int, int] = defaultdict(int)
    for count, matrix in (product for own in threads for product in own):
        widest[len(matrix)] = max(widest[len(matrix)], count)
    inputs = {size: np.full((count, size), 0.5, np.float32) for size, count in widest.items()}

    def multiply(products: Sequence[Product]) -> None:
        for count, matrix in products:
            inputs[len(matrix)][:count] @ matrix

    with threadpool_limits(1), ThreadPoolExecutor(len(threads)) as pool:
        list(pool.map(multiply, threads))
    return texts
