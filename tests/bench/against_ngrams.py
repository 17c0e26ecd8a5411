"""Bits per character of a model against character n-grams, on lines that neither has seen.

The n-grams learn --corpus, which is to be the model's own training text, or a share of it, without the lines that are
held out; those of the best --order count. Held-out lines are drawn and measured as `seqtext evaluate` does: each is a
text by itself, line end included.
"""

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path

from heldout import learnable, lines
from table import Row, say

import seqtext
from seqtext.data.corpus import parse_columns
from seqtext.evaluation.language_model import draw_lines
from seqtext.evaluation.ngrams import LONGEST, NGrams
from seqtext.models.language_model import LanguageModel


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    add_model_options(parser)
    parser.add_argument(
        "--order", type=int, action="append", help=f"longest gram in characters; may be repeated (5 to {LONGEST})"
    )


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """A model, what n-grams learn, and what both are asked."""
    parser.add_argument("--model", default="generate-en", help="a model's name or folder (generate-en)")
    parser.add_argument("--corpus", action="append", required=True, metavar="PATH", help="text that the model learnt")
    parser.add_argument("--valid", action="append", required=True, metavar="PATH", help="held-out text, each by itself")
    parser.add_argument("--columns", metavar="text=COLUMN", help="where a table holds its text")
    parser.add_argument("--valid-columns", metavar="text=COLUMN", help="where held-out tables do, if elsewhere")
    parser.add_argument("--limit", type=int, default=2000, help="held-out lines, drawn at random (2000)")
    parser.add_argument(
        "--most", type=int, default=60_000_000, help="characters that n-grams learn from, at most (60,000,000)"
    )
    parser.add_argument("--seed", type=int, default=1, help="makes every random choice repeatable (1)")


def measure(options: argparse.Namespace) -> list[Row]:
    """Bits per character on each held-out text, and what the n-grams took."""
    model: LanguageModel = seqtext.load(options.model, "generate")
    columns, valid_columns = columns_of(options)
    asked = {
        Path(source).parent.name + "/" + Path(source).name: [
            f"{text}\n" for text in draw_lines(lines([source], valid_columns), options.limit, options.seed)[0]
        ]
        for source in options.valid
    }
    held = (text for texts in asked.values() for text in texts)
    learnt, left_out = learnable(options.corpus, columns, held, options.most)
    found: dict[int, dict[str, float]] = {}
    costs = []
    for order in options.order or range(5, LONGEST + 1):
        begun = time.perf_counter()
        grams = NGrams.learn(learnt, order, "char")
        costs.append(Row(f"learning grams of {order}", time.perf_counter() - begun, "s"))
        found[order] = {name: bits_per_character(grams.bits, texts) for name, texts in asked.items()}
        del grams
    rows = []
    for name, texts in asked.items():
        say(f"{name}, {len(texts):,} lines …")
        ours = bits_per_character(lambda text: model.score(text, as_typed=True).bits, texts)
        best = min(found, key=lambda order: found[order][name])
        rows += [
            Row(f"{name}, model", ours, "bits/character"),
            Row(f"{name}, n-grams, the best order", found[best][name], f"order {best}"),
            Row(f"{name}, ratio", ours / found[best][name], "", 1.0),
            Row(f"{name}, characters", sum(map(len, texts))),
            *(Row(f"{name}, grams of {order}", scores[name]) for order, scores in found.items() if order != best),
        ]
    return [
        *rows,
        Row("characters that the n-grams learnt", sum(map(len, learnt))),
        Row("lines left out, since they are held out", left_out),
        *costs,
        Row("peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6, "MB"),
    ]


def columns_of(options: argparse.Namespace) -> tuple[dict[str, str], dict[str, str]]:
    """Those of the corpus and of the held-out text."""
    return parse_columns(options.columns), parse_columns(options.valid_columns or options.columns)


def bits_per_character(bits: Callable[[str], float], texts: list[str]) -> float:
    """Of some texts together."""
    return sum(map(bits, texts)) / max(1, sum(map(len, texts)))
