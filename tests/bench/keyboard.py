"""Keystrokes that three suggestions save on lines never seen: a model's, and those of word trigrams.

One trigram learns --corpus, text of the kind that the model learnt; with --own, another learns the held-out text's own
training part, which the model never saw; lines that are held out are left out of both. Words are drawn and counted as
`seqtext evaluate` does, letter by letter.
"""

import argparse
import time

from against_ngrams import add_model_options, columns_of
from heldout import learnable, lines
from table import Row, say

import seqtext
from seqtext.evaluation.language_model import AskedWord, Suggest, draw_lines, draw_words, forecast_scores
from seqtext.evaluation.ngrams import NGrams, cut_words
from seqtext.models.language_model import LanguageModel

_SHOWN = 3


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    add_model_options(parser)
    parser.add_argument("--own", action="append", metavar="PATH", help="the held-out text's own training part")
    parser.add_argument("--words", type=int, default=500, help="words asked for (500)")


def measure(options: argparse.Namespace) -> list[Row]:
    """Keystroke savings of each side, and how often the next word is among its suggestions."""
    model: LanguageModel = seqtext.load(options.model, "generate")
    columns, valid_columns = columns_of(options)
    drawn, _ = draw_lines(lines(options.valid, valid_columns), options.limit, options.seed)
    asked = draw_words(drawn, options.words, options.seed)
    if not asked:
        raise SystemExit("The held-out text holds no word.")

    def suggest(one: AskedWord, typed: str) -> list[str]:
        return [word.text for word in model.next(one.before + typed, _SHOWN, complete=typed != "")]

    sides: dict[str, Suggest] = {}
    costs = []
    for name, sources, where in (
        ("trigram of the corpus", options.corpus, columns),
        ("trigram of its own text", options.own, valid_columns),
    ):
        if sources:
            texts, left_out = learnable(sources, where, drawn, options.most)
            begun = time.perf_counter()
            sides[name] = _suggestions(NGrams.learn(texts, 3, "word"))
            costs += [
                Row(f"characters learnt, {name}", sum(map(len, texts))),
                Row(f"lines left out, {name}", left_out),
                Row(f"learning, {name}", time.perf_counter() - begun, "s"),
            ]
    scores = {}
    for name, side in {**sides, "model": suggest}.items():
        say(f"{name}, {len(asked):,} words …")
        scores[name] = forecast_scores(asked, side)
    rows = [Row("keystroke savings, model", 100 * scores["model"]["keystroke_savings"], "%")]
    for name in sides:
        savings = [100 * scores[one]["keystroke_savings"] for one in (name, "model")]
        rows += [
            Row(f"keystroke savings, {name}", savings[0], "%"),
            Row(f"what the model saves above the {name}", savings[1] - savings[0], "points", 0.0, lower=False),
        ]
    for measured, what in (("next_top1", "next word first"), ("next_top3", "next word among three")):
        rows += [Row(f"{what}, {name}", 100 * scores[name][measured], "%") for name in ("model", *sides)]
    return [*rows, Row("words", len(asked)), Row("lines they are from", len(drawn)), *costs]


def _suggestions(grams: NGrams) -> Suggest:
    return lambda one, typed: grams.next_words(cut_words(one.before), typed, _SHOWN)
