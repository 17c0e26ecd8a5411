"""Minimal pairs: how often a language model finds the grammatical sentence likelier, by phenomenon; a tie is wrong.

PAIRS is BLiMP (Warstadt et al. 2020, arXiv:1912.00582) as tab-separated lines: good sentence, bad sentence, paradigm,
phenomenon. Sentences are scored as `seqtext score` does. With --corpus, the model's own training text or a share of it,
a 5-gram of words learns that and answers, too. Published for all 67,000 pairs: 5-gram 61.2, LSTM 69.8 %.

run.py blimp --pairs DATA/blimp/blimp.tsv.xz --model generate-en --corpus MIX
"""

import argparse
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from heldout import learnable
from numpy.typing import NDArray
from pud import interval_text
from table import Row, say

import seqtext
from seqtext.data.corpus import parse_columns
from seqtext.data.lines import read_lines
from seqtext.evaluation.intervals import interval, parts
from seqtext.evaluation.ngrams import NGrams

_PUBLISHED = 61.2  # of a 5-gram, on all pairs
Bits = Callable[[Sequence[str]], NDArray[np.float64]]


class Pair(NamedTuple):
    """Two sentences that differ in what makes one of them ungrammatical."""

    good: str
    bad: str
    phenomenon: str


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--pairs", required=True, metavar="PATH", help="good, bad, paradigm, phenomenon")
    parser.add_argument("--model", action="append", help="a name or folder; may be repeated (generate-en)")
    parser.add_argument("--corpus", action="append", default=[], metavar="PATH", help="text that an n-gram learns")
    parser.add_argument("--columns", metavar="text=COLUMN", help="where a table holds its text")
    parser.add_argument("--order", type=int, default=5, help="longest gram in words (5)")
    parser.add_argument(
        "--most", type=int, default=60_000_000, help="characters that it learns from, at most (60,000,000)"
    )
    parser.add_argument("--line-ends", action="store_true", help="also count the end of each line")


def measure(options: argparse.Namespace) -> list[Row]:
    """The share of pairs that each side has right, of all and by phenomenon."""
    pairs = read_pairs(options.pairs)
    sides: dict[str, Bits] = {name: _bits_of_model(name) for name in options.model or ["generate-en"]}
    costs = []
    if options.corpus:
        learnt, _ = learnable(options.corpus, parse_columns(options.columns), (), options.most)
        sides[f"{options.order}-gram"] = _bits_of_grams(NGrams.learn(learnt, options.order, "word"))
        costs = [Row("characters that the n-gram learnt", sum(map(len, learnt)))]
    rows: list[Row] = []
    for name, bits in sides.items():
        say(f"{name}, {len(pairs):,} pairs …")
        right = judged(pairs, bits, "\n" * options.line_ends)
        rows += _shown(name, pairs, right)
    return [*rows, *costs]


def read_pairs(path: str) -> list[Pair]:
    """The pairs of a file; raises SystemExit for a line without four columns."""
    found = []
    for number, line in read_lines(path):
        cells = line.split("\t")
        if len(cells) != 4:
            raise SystemExit(f"{path}, line {number}: {len(cells)} columns; 4 are expected.")
        found.append(Pair(cells[0], cells[1], cells[3]))
    return found


def judged(pairs: Sequence[Pair], bits: Bits, end: str = "") -> NDArray[np.bool_]:
    """(pairs,) True where the good sentence has fewer bits. end: behind every sentence."""
    good, bad = (bits([f"{getattr(pair, side)}{end}" for pair in pairs]) for side in ("good", "bad"))
    return good < bad


def _bits_of_model(name: str) -> Bits:
    model = seqtext.load(name, "generate")
    return lambda texts: np.array([one.bits for one in model.score(list(texts), as_typed=True)])


def _bits_of_grams(grams: NGrams) -> Bits:
    return lambda texts: np.array([grams.bits(text) for text in texts])


def _shown(name: str, pairs: Sequence[Pair], right: NDArray[np.bool_]) -> list[Row]:
    of = np.array([pair.phenomenon for pair in pairs])
    everything = Row(f"{name}: all", 100 * right.mean(), _unit(right), _PUBLISHED, lower=False)
    return [
        everything,
        *(Row(f"{name}: {one}", 100 * right[of == one].mean(), _unit(right[of == one])) for one in sorted({*of})),
    ]


def _unit(right: NDArray[np.bool_]) -> str:
    span = interval_text(interval(parts(right)), 100)
    return f"%, of {len(right):,} pairs{span and ', '}{span}"
