"""BLEU and chrF of translators on pairs that nothing was trained on, such as PUD (news and Wikipedia).

Each --pairs is translated by the --model of its place. Scores are sacreBLEU's, with 95 % bootstrap intervals, beside
those of copying the source.

run.py pud --pairs DATA/pud/en-de.tsv.xz --model translate-en-de --pairs DATA/pud/en-fr.tsv.xz --model translate-en-fr
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from table import Row, say

import seqtext
from seqtext.data.corpus import parse_columns, read_rows
from seqtext.evaluation.intervals import Interval
from seqtext.evaluation.seq2seq import measure_translator


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--pairs", action="append", required=True, metavar="PATH", help="source and target; repeatable")
    parser.add_argument(
        "--model", action="append", required=True, help="a name or folder for each --pairs, or one for all"
    )
    parser.add_argument("--columns", metavar="source=A,target=B", help="where tables hold them, if not in their order")
    parser.add_argument("--bar", type=float, action="append", default=[], help="BLEU that each is held to")
    parser.add_argument("--limit", type=int, help="pairs, drawn at random (all)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write the translations there, a line each")
    parser.add_argument("--seed", type=int, default=1, help="makes the choice repeatable (1)")


def measure(options: argparse.Namespace) -> list[Row]:
    """BLEU and chrF of each file, those of copies, and what it took."""
    models, bars = _of_each(options.model, options.pairs, "--model"), [*options.bar, *[None] * len(options.pairs)]
    rows: list[Row] = []
    for path, name, bar in zip(options.pairs, models, bars, strict=False):
        say(f"{name}, {path} …")
        what, model = f"{name}, {Path(path).parent.name}/{Path(path).name}", seqtext.load(name, "translate")
        pairs = read_rows(path, ("source", "target"), columns=parse_columns(options.columns), blank_rows=True)
        begun, used = time.perf_counter(), time.process_time()
        kept = None if options.keep is None else options.keep / f"{Path(name).name}.{Path(path).name}.txt"
        scores = measure_translator(model, pairs, limit=options.limit, seed=options.seed, output=kept)
        begun, used = time.perf_counter() - begun, time.process_time() - used
        spans = scores["intervals"]
        rows += [
            Row(f"{what}: BLEU", scores["bleu"], interval_text(spans.get("bleu")), bar, lower=False),
            Row(f"{what}: chrF", scores["chrf"], interval_text(spans.get("chrf"))),
            Row(f"{what}: BLEU of copying", scores["baseline"]["copy"]["bleu"]),
            Row(f"{what}: chrF of copying", scores["baseline"]["copy"]["chrf"]),
            Row(f"{what}: sentences", scores["sentences"]),
            Row(f"{what}: time", begun, f"s, of the processor {used:.0f} s"),
            Row(f"{what}: signature", scores["bleu_signature"]),
        ]
    return rows


def interval_text(span: Interval | None, scale: float = 1.0) -> str:
    """A 95 % interval as the table shows it."""
    return "" if span is None else f"{scale * span[0]:.1f} to {scale * span[1]:.1f}"


def _of_each(given: Sequence[str], files: Sequence[str], option: str) -> list[str]:
    """One for each file; raises SystemExit for another number."""
    if len(given) not in (1, len(files)):
        raise SystemExit(f"{option} was given {len(given)} times; 1 or {len(files)} are expected, as often as --pairs.")
    return [*given] * (len(files) if len(given) == 1 else 1)
