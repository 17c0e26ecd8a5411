"""Sentences translated in a second, beam 5, against `generate` of `transformers` with a Marian of equal size.

From text to text, with the same number of threads, in turns after a warm-up; medians. Both get the whole file at once
and sort it by length. `generate` runs with each --batch, and its quickest counts.

run.py decoding_speed --model runs/equal/seqtext --against runs/equal/marian --file test.en

Without --against, Marian has random weights, which never end a sentence by themselves: its answers are then made as
long as ours, each batch as long as the mean of ours. That flatters it: a trained one goes on until the longest
hypothesis of a batch is done. Needs the packages of the extra `bench`.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import marian
import numpy as np
import torch
from fitting import Size, add_size_options
from table import Row, say
from threadpoolctl import threadpool_limits
from transformers import MarianMTModel

import seqtext
from seqtext.config import SearchConfig
from seqtext.data.lines import read_lines
from seqtext.evaluation.metrics import bleu
from seqtext.storage.catalog import find
from seqtext.storage.model_folder import describe
from seqtext.tokenizer import Tokenizer

_WARM_UP = 64  # sentences


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--model", default="translate-en-fr", help="a model's name or folder (translate-en-fr)")
    parser.add_argument("--file", metavar="PATH", help="sentences, one a line")
    parser.add_argument("--reference", metavar="PATH", help="their translations; the BLEU of both is then shown")
    parser.add_argument("--limit", type=int, default=1000, help="sentences read from the file (1000)")
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="a trained Marian that equal_translation kept")
    parser.add_argument("--batch", type=int, action="append", help="sentences at once; may be repeated (32, 128)")
    parser.add_argument("--beam", type=int, default=5, help="beam of both (5)")
    parser.add_argument("--threads", type=int, default=0, help="processor threads of both; 0 takes every core")
    parser.add_argument("--turns", type=int, default=5, help="turns of each (5)")
    add_size_options(parser, "encoder and of the decoder of a random Marian", Size(3, 4))


def measure(options: argparse.Namespace) -> list[Row]:
    """Sentences per second of each side, and the ratio of their medians."""
    if not options.file:
        raise SystemExit("--file: a file with one sentence a line is needed.")
    texts = _lines(options.file, options.limit)
    references = _lines(options.reference, options.limit) if options.reference else []
    if options.reference and len(references) != len(texts):
        raise SystemExit(f"--reference has {len(references):,} lines, --file has {len(texts):,}.")
    threads = options.threads or len(os.sched_getaffinity(0))
    torch.set_num_threads(threads)
    with threadpool_limits(threads):
        model, search = seqtext.load(options.model, "translate"), SearchConfig(beam=options.beam)
        found = [best[0].text for best in model.translate(texts, search)]  # warms up, too
        lengths = np.array([len(ids) + 1 for ids in marian.ids_of(found, model.tokenizer)])
        network, forced = _network(options, model.tokenizer), None if options.against else lengths
        generate = partial(marian.translate, network, model.tokenizer, beam=options.beam)
        sides: dict[int, Callable[[], object]] = {0: lambda: model.translate(texts, search)}
        answers: dict[int, list[marian.Answer]] = {}

        def theirs(batch: int) -> None:
            answers[batch] = generate(texts, batch=batch, lengths=forced)

        for batch in options.batch or [32, 128]:
            generate(texts[:_WARM_UP], batch=batch, lengths=None if forced is None else forced[:_WARM_UP])
            sides[batch] = partial(theirs, batch)
        speeds: dict[int, list[float]] = {batch: [] for batch in sides}
        for turn in range(options.turns):
            for batch, run in sides.items():
                begun = time.perf_counter()
                run()
                speeds[batch].append(len(texts) / (time.perf_counter() - begun))
            say(f"turn {turn + 1}: " + ", ".join(f"{found[-1]:.1f}" for found in speeds.values()) + " sentences/s")
    medians = {batch: statistics.median(found) for batch, found in speeds.items()}
    best = max(answers, key=lambda batch: medians[batch])
    ratios = [left / right for left, right in zip(speeds[0], speeds[best], strict=True)]
    return [
        Row("seqtext", medians[0], "sentences/s"),
        Row("Marian, generate", medians[best], f"sentences/s, batch {best}"),
        Row("ratio", medians[0] / medians[best], "", 3.0, lower=False),
        Row("lowest ratio of a turn", min(ratios)),
        Row("highest ratio of a turn", max(ratios)),
        Row("sentences", len(texts)),
        Row("tokens of an answer, seqtext", float(lengths.mean())),
        Row("tokens of an answer, Marian", statistics.fmean(answer.tokens for answer in answers[best])),
        *_qualities({"seqtext": found, "Marian": [answer.text for answer in answers[best]]}, references),
        Row("parameters, seqtext", describe(find(options.model))["parameters"]),
        Row("parameters, Marian", marian.parameters_of(network)),
        Row("weights of Marian", "trained" if options.against else "random, answers as long as ours"),
        Row("beam, threads", f"{options.beam}, {threads}"),
        Row("turns of each", options.turns),
        *(Row(f"Marian, batch {batch}", medians[batch], "sentences/s") for batch in answers),
    ]


def _network(options: argparse.Namespace, tokenizer: Tokenizer) -> MarianMTModel:
    """The Marian asked for: trained on the same pieces, or of equal size."""
    if not options.against:
        size = Size(options.layers, options.heads, options.hidden)
        parameters = describe(find(options.model))["parameters"]
        return marian.make(marian.fitting_config(parameters, tokenizer.size, size), 1).eval()
    network = marian.load(options.against)
    if network.config.vocab_size != tokenizer.size:
        raise SystemExit(
            f"--against has {network.config.vocab_size:,} tokens, --model {tokenizer.size:,}; both must come from one "
            "equal_translation."
        )
    return network


def _lines(path: str, limit: int) -> list[str]:
    lines = [line.strip() for _, line in read_lines(path)][:limit]
    if not any(lines):
        raise SystemExit(f"{path} holds no text.")
    return lines


def _qualities(found: dict[str, list[str]], references: Sequence[str]) -> list[Row]:
    """BLEU of each side, where there are references."""
    return [Row(f"BLEU, {name}", bleu(texts, references)["bleu"]) for name, texts in found.items() if references]
