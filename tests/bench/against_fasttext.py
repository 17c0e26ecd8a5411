"""Accuracy on held-out labelled texts: a trained classifier, and fastText on the same texts.

fastText (Joulin et al. 2017, arXiv:1607.01759; extra `bench`) reads words and signs in small letters and learns for
--epochs with --dimensions and runs of up to --grams words; --letters 2-5 adds runs of letters within a word. Its time
is that of learning alone. Beside it, a classifier that `seqtext train` wrote, and the seconds after which it was best.

run.py against_fasttext --corpus train.tsv --valid dev.tsv --columns text=1,label=2 --model runs/mine
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from table import Row, say

import seqtext
from seqtext.characters import WORD_OR_PUNCTUATION, compared_words
from seqtext.data.corpus import parse_columns, read_labelled
from seqtext.storage.catalog import find
from seqtext.storage.model_folder import describe
from seqtext.training.opponents import FASTTEXT_THREADS, keep_to_cores


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--corpus", metavar="PATH", required=True, help="labelled texts to learn from")
    parser.add_argument("--valid", metavar="PATH", required=True, help="labelled texts to measure on")
    parser.add_argument("--columns", metavar="NAME=COLUMN,...", help="other names of columns")
    parser.add_argument("--model", help="a classifier's folder, or a bundled name")
    parser.add_argument("--epochs", type=int, default=25, help="passes of fastText (25)")
    parser.add_argument("--rate", type=float, default=0.1, help="learning rate of fastText (0.1)")
    parser.add_argument("--dimensions", type=int, default=50, help="size of a vector of fastText (50)")
    parser.add_argument("--grams", type=int, default=2, help="longest run of words of fastText (2)")
    parser.add_argument("--letters", metavar="LOW-HIGH", default="0-0", help="runs of letters of fastText (0-0: none)")
    parser.add_argument("--cores", type=int, default=1, help="processor cores that fastText may use (1)")


def measure(options: argparse.Namespace) -> list[Row]:
    """Accuracy of both, and seconds of learning."""
    columns = parse_columns(options.columns) if options.columns else None
    learnt, asked = (
        [(label.strip(), text) for label, text in read_labelled(path, columns=columns)]
        for path in (options.corpus, options.valid)
    )
    say(f"fastText, {len(learnt):,} texts …")
    answers, seconds = _fasttext(learnt, [text for _, text in asked], options)
    accuracy = 100 * float(np.mean([own == label for own, (label, _) in zip(answers, asked, strict=True)]))
    rows = [Row("accuracy, fastText", accuracy, "%"), Row("learning, fastText", seconds, "s")]
    if options.model:
        model = seqtext.load(options.model, "classify")
        found = model.classify([text for _, text in asked], top=1)
        right = [bool(own) and own[0].label == label for own, (label, _) in zip(found, asked, strict=True)]
        training = model.settings.get("training", {})
        rows = [
            Row("accuracy, seqtext", 100 * float(np.mean(right)), "%", accuracy, lower=False),
            *rows,
            Row("learning, seqtext, up to its best", training.get("seconds", "unknown"), "s"),
            Row("parameters, seqtext", describe(find(options.model))["parameters"]),
        ]
    return [*rows, Row("texts learnt", len(learnt)), Row("texts asked", len(asked))]


def _fasttext(learnt: list[tuple[str, str]], asked: list[str], options: argparse.Namespace) -> tuple[list[str], float]:
    """Its answers, and the seconds that it learnt."""
    import fasttext

    names = sorted({label for label, _ in learnt})
    number = {label: place for place, label in enumerate(names)}
    low, high = map(int, options.letters.split("-"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "learnt.txt"
        file.write_text("".join(f"__label__{number[label]} {_cut(text)}\n" for label, text in learnt), encoding="utf-8")
        how = {"epoch": options.epochs, "lr": options.rate, "dim": options.dimensions, "wordNgrams": options.grams}
        begun = time.perf_counter()
        with keep_to_cores(options.cores):
            model = fasttext.train_supervised(
                str(file), **how, minn=low, maxn=high, thread=FASTTEXT_THREADS, verbose=0
            )  # fmt: skip
        seconds = time.perf_counter() - begun
    found = model.predict([_cut(text) for text in asked], k=1)[0]
    return [names[int(own[0].removeprefix("__label__"))] if own else "" for own in found], seconds


def _cut(text: str) -> str:
    return " ".join(compared_words(text, WORD_OR_PUNCTUATION))
