"""Accuracy against a masked language model of equal size, both trained from scratch for equal minutes.

Both learn from the same token files with the same threads and precision, and are asked for the same words, taken out
of lines that neither has seen. The masked model answers with one token; words of several count against it, and are
left out in the rows "one token". It is trained once for each --rate, and its best accuracy counts.
Needs the packages of the extra `bench`.
"""

import argparse
import tempfile
from pathlib import Path

import masked
import numpy as np
import torch
from fitting import Size, add_size_options
from heldout import split
from numpy.typing import NDArray
from settings import Run, add_training_options, columns, corpora, learn, training_settings
from table import Row, say

import seqtext


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    add_training_options(parser)
    parser.add_argument("--valid", action="append", metavar="PATH", help="held-out lines; else a share of the corpus")
    parser.add_argument("--valid-share", type=float, default=0.02, help="that share (0.02)")
    parser.add_argument("--minutes", type=float, default=5.0, help="training of each model (5)")
    parser.add_argument("--blanks", type=int, default=2000, help="words asked for (2000)")
    parser.add_argument(
        "--rate", type=float, action="append", help="learning rate of the masked model; may be repeated (5e-4, 1e-3)"
    )
    add_size_options(parser, "masked model")


def measure(options: argparse.Namespace) -> list[Row]:
    """Accuracies, their ratios, and what each training took."""
    with tempfile.TemporaryDirectory() as place:
        text, folder = Path(place) / "train.txt", Path(place) / "run"
        share, limit = options.valid_share, options.blanks
        asked = split(corpora(options), columns(options), options.valid, share, limit, options.seed, text)
        ours = learn("fill", text, folder, {**training_settings(options), "minutes": options.minutes})
        run, model = Run.read(folder), seqtext.load(folder, "fill")
        if run.tokenizer.tokens != "word":
            raise SystemExit("The masked model answers with one token: only tokens=word can be compared.")
        filled = [[fill.blanks[0] for fill in model.fill(one.text, top=1)] for one in asked]
        right = np.array([words == [one.answer] for words, one in zip(filled, asked, strict=True)])
        single = np.array([len(run.tokenizer.encode(one.answer, spacing=False).ids) == 1 for one in asked])
        size = Size(options.layers, options.heads, options.hidden, options.dropout)
        config = masked.fitting_config(ours.started.parameters, run.tokenizer.size, run.training.max_length + 2, size)
        device, low = torch.device(ours.started.device), ours.started.precision == "bf16"
        tried: list[tuple[float, masked.Trained, NDArray[np.bool_]]] = []
        for peak in options.rate or [5e-4, 1e-3]:
            say(f"masked model, {config.num_hidden_layers} × {config.hidden_size}, learning rate {peak:g} …")
            trained = masked.train(config, run, options.minutes, peak, device, low)
            words = masked.answers(trained.network, run, [one.text for one in asked], device)
            tried.append(
                (peak, trained, np.array([word == one.answer for word, one in zip(words, asked, strict=True)]))
            )
    peak, theirs, hits = max(tried, key=lambda item: item[2].mean())
    rows = [
        Row("top-1, seqtext", 100 * right.mean(), "%"),
        Row("top-1, masked model", 100 * hits.mean(), "%"),
        Row("ratio", _ratio(right.mean(), hits.mean()), "", 1.5, lower=False),
        Row("top-1 where one token answers, seqtext", 100 * right[single].mean(), "%"),
        Row("top-1 where one token answers, masked model", 100 * hits[single].mean(), "%"),
        Row("ratio where one token answers", _ratio(right[single].mean(), hits[single].mean())),
        Row("blanks", len(asked)),
        Row("blanks that one token answers", int(single.sum())),
        Row("parameters, seqtext", ours.started.parameters),
        Row("parameters, masked model", theirs.network.num_parameters()),
        Row("tokens seen, seqtext", round(ours.tokens)),
        Row("tokens seen, masked model", theirs.tokens),
        Row("tokens of the training text", run.data.tokens),
        Row("updates, seqtext", ours.updates),
        Row("updates, masked model", theirs.updates),
        Row("training, seqtext", ours.seconds, "s"),
        Row("training, masked model", theirs.seconds, "s"),
        Row(
            "form, masked model", f"{config.num_hidden_layers} × {config.hidden_size}, inner {config.intermediate_size}"
        ),
        Row("precision, threads, device", f"{ours.started.precision}, {ours.started.threads}, {ours.started.device}"),
    ]
    for tried_peak, trained, found in tried:
        chosen = " (counts)" if tried_peak == peak else ""
        rows.append(Row(f"masked model at {tried_peak:g}{chosen}", 100 * found.mean(), f"%, loss {trained.loss:.2f}"))
    return rows


def _ratio(left: float, right: float) -> float:
    return float(left / right) if right else float("inf")
