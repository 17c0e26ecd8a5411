"""How long a warm model takes for one sentence of 20 words with one blank: median and 95th percentile."""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from table import Row

import seqtext

_TEXT = "When the weather turned cold at the end of the year, the old man took his ___ and left home."
_OPTIONS = ["coat", "table", "hat", "window", "boots"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--model", default="fill-en", help="a model's name or folder (fill-en)")
    parser.add_argument("--calls", type=int, default=100, help="measured calls of each method (100)")


def measure(options: argparse.Namespace) -> list[Row]:
    """Times in milliseconds."""
    begun = time.perf_counter()
    model = seqtext.load(options.model, "fill")
    loading = time.perf_counter() - begun
    fill = _times(lambda: model.fill(_TEXT), options.calls)
    several = _times(lambda: model.fill(_TEXT, max_words=3), options.calls)
    choose = _times(lambda: model.choose(_TEXT, _OPTIONS), options.calls)
    return [
        Row("fill, median", float(np.median(fill)), "ms", 15.0),
        Row("fill, 95th percentile", float(np.percentile(fill, 95)), "ms", 15.0),
        Row("fill of up to 3 words, median", float(np.median(several)), "ms"),
        Row("choose of 5, median", float(np.median(choose)), "ms"),
        Row("choose of 5, 95th percentile", float(np.percentile(choose, 95)), "ms"),
        Row("load", loading * 1e3, "ms"),
        Row("words of the sentence", len(_TEXT.split())),
        Row("calls of each", options.calls),
    ]


def _times(call: Callable[[], Any], calls: int) -> list[float]:
    """Milliseconds of each call, after a few that warm up."""
    for _ in range(min(5, calls)):
        call()
    found = []
    for _ in range(calls):
        begun = time.perf_counter()
        call()
        found.append((time.perf_counter() - begun) * 1e3)
    return found
