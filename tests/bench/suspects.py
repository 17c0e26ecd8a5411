"""Flip some labels of a corpus and count how many of them are among the first suspects.

run.py suspects --corpus trec.tsv --corpus sms.tsv
"""

import argparse
from pathlib import Path
from time import process_time

import numpy as np
from numpy.typing import NDArray
from table import Row

from seqtext.data.corpus import parse_columns, read_labelled
from seqtext.training.suspects import find_suspects


def flipped(labels: NDArray[np.int64], share: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Labels of which a share was drawn and given another label, uniformly; which those are."""
    draw, count = np.random.default_rng(seed), int(labels.max()) + 1
    chosen = np.zeros(len(labels), bool)
    chosen[draw.choice(len(labels), round(share * len(labels)), replace=False)] = True
    others = (labels + draw.integers(1, count, len(labels))) % count
    return np.where(chosen, others, labels), chosen


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--corpus", action="append", required=True, help="labelled texts; may be repeated")
    parser.add_argument("--columns", action="append", default=[], help="of each corpus, in order; - for none")
    parser.add_argument("--share", type=float, default=0.05, help="labels that are flipped (0.05)")
    parser.add_argument("--first", type=float, default=0.07, help="suspects that are looked at, of all rows (0.07)")
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> list[Row]:
    """The share of the flipped labels among the first suspects, for each corpus."""
    rows = []
    for number, corpus in enumerate(options.corpus):
        given = options.columns[number] if number < len(options.columns) else "-"
        pairs = list(read_labelled(corpus, columns=None if given == "-" else parse_columns(given)))
        _, labels = np.unique([label for label, _ in pairs], return_inverse=True)
        noisy, chosen = flipped(labels, options.share, options.seed)
        begun = process_time()
        suspects = find_suspects([text for _, text in pairs], noisy, options.seed)
        seconds, name = process_time() - begun, Path(corpus).stem
        first = [one.row for one in suspects[: round(options.first * len(pairs))]]
        right = [one for one in suspects if chosen[one.row] and one.suggested == labels[one.row]]
        rows += [
            Row(f"{name}: flipped among the first", float(chosen[first].sum() / chosen.sum()), "", 0.7, lower=False),
            Row(f"{name}: flipped for which the former label is suggested", len(right) / int(chosen.sum())),
            Row(f"{name}: suspects", len(suspects), f"of {len(pairs):,} texts, {int(chosen.sum()):,} flipped"),
            Row(f"{name}: processor time", seconds, "s"),
        ]
    return rows
