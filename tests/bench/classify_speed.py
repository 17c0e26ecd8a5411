"""Texts classified in a second: `seqtext`, the same weights in torch, and fastText.

From lines of text to labels, cutting into tokens included, with the same number of threads, in turns after a warm-up;
medians. `seqtext` is given the file's lines as `seqtext classify --file` gives them. torch cuts with the same
tokenizer, sorts all lines by length and reads batches of as many tokens as `seqtext` does, and of each --batch; its
quickest counts. fastText, where its package is there (extra `bench`), learns from --learnt, or from the model's answers
to the file's lines.

run.py classify_speed --model runs/mine --file reviews.txt
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from table import Row, say
from threadpoolctl import threadpool_limits

import seqtext
from seqtext.cli import answers
from seqtext.data.corpus import read_labelled
from seqtext.data.lines import read_lines
from seqtext.models import classifier
from seqtext.models.classifier import Classifier
from seqtext.storage.catalog import find
from seqtext.storage.model_folder import describe
from seqtext.storage.weights import DOUBT_TABLE
from seqtext.tokenizer import BOS, EOS, PAD
from seqtext.training.batches.label_files import label_batch
from seqtext.training.networks.classifier import ClassifyNetwork


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--model", required=True, help="a classifier's folder")
    parser.add_argument("--file", metavar="PATH", required=True, help="texts, one a line")
    parser.add_argument("--limit", type=int, default=5000, help="texts read from the file (5000)")
    parser.add_argument(
        "--batch", type=int, action="append", help="tokens at once in torch; may be repeated (2048, 8192)"
    )
    parser.add_argument("--learnt", metavar="PATH", help="label<TAB>text for fastText to learn from")
    parser.add_argument("--threads", type=int, default=0, help="processor threads of each; 0 takes every core")
    parser.add_argument("--turns", type=int, default=5, help="turns of each (5)")


def measure(options: argparse.Namespace) -> list[Row]:
    """Texts per second of each side, and the ratio of their medians."""
    texts = [line for _, line in read_lines(options.file) if line.strip()][: options.limit]
    if not texts:
        raise SystemExit(f"{options.file} holds no text.")
    threads = options.threads or len(os.sched_getaffinity(0))
    torch.set_num_threads(threads)
    os.environ["RAYON_NUM_THREADS"] = str(threads)  # of the tokenizer, which both use
    with threadpool_limits(threads):
        model = seqtext.load(options.model, "classify")
        network = _network(model)
        best = _ours(model, texts)  # warms up, too
        sides: dict[str, Callable[[], Sequence[str]]] = {"seqtext": partial(_ours, model, texts)}
        for tokens in options.batch or [2048, 8192]:
            sides[f"torch, {tokens:,} tokens"] = partial(_theirs, model, network, texts, tokens)
        agreed = [sum(a == b for a, b in zip(best, run(), strict=True)) for run in sides.values()]
        if find_spec("fasttext"):
            sides["fastText"] = _fasttext(list(zip(best, texts, strict=True)), options.learnt, threads, texts)
        else:
            say('fastText is left out: its package is not installed; pip install "seqtext[bench]" brings it.')
        speeds: dict[str, list[float]] = {name: [] for name in sides}
        for turn in range(options.turns):
            for name, run in sides.items():
                begun = time.perf_counter()
                run()
                speeds[name].append(len(texts) / (time.perf_counter() - begun))
            say(f"turn {turn + 1}: " + ", ".join(f"{name} {found[-1]:,.0f}" for name, found in speeds.items()))
    medians = {name: statistics.median(found) for name, found in speeds.items()}
    quickest = max((name for name in medians if name.startswith("torch")), key=lambda name: medians[name])
    ratios = [ours / theirs for ours, theirs in zip(speeds["seqtext"], speeds[quickest], strict=True)]
    return [
        *(Row(name, speed, "texts/s") for name, speed in medians.items()),
        *([] if "fastText" in medians else [Row("fastText", "left out: its package is not installed")]),
        Row("ratio to torch", medians["seqtext"] / medians[quickest], quickest, 1.0, lower=False),
        Row("lowest ratio of a turn", min(ratios)),
        Row("highest ratio of a turn", max(ratios)),
        Row("same answers as torch", min(agreed) / len(texts)),
        Row("encoder", f"{model.config.encoder}, {model.config.layers} × {model.config.hidden}"),
        Row("parameters", describe(find(options.model))["parameters"]),
        Row("texts", len(texts)),
        Row("tokens a text", float(np.mean([len(ids) for ids in _cut(model, texts)]))),
        Row("threads", threads),
        Row("turns of each", options.turns),
    ]


def _network(model: Classifier) -> ClassifyNetwork:
    """The same weights in torch."""
    network = ClassifyNetwork(model.config, model.tokenizer.size, len(model.labels))
    weights = {name: value for name, value in model.contents.weights.items() if name != DOUBT_TABLE}
    network.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    return network.eval()


def _ours(model: Classifier, texts: Sequence[str]) -> list[str]:
    """The likeliest label of each text, as the command asks for it."""
    lines = iter([("", text) for text in texts])
    found = answers.answered(lines, "file", lambda batch: model.classify(batch, top=3), classifier.BATCH)
    return [labels[0].label for _, labels in found]


def _cut(model: Classifier, texts: Sequence[str]) -> Iterator[np.ndarray]:
    return (ids[: model.longest] for ids in model.tokenizer.stream(texts))


@torch.inference_mode()
def _theirs(model: Classifier, network: ClassifyNetwork, texts: Sequence[str], tokens: int) -> list[str]:
    """The likeliest label of each text by torch, the longest texts first."""
    ids = list(_cut(model, texts))
    ranked = sorted(range(len(texts)), key=lambda place: -len(ids[place]))
    best = np.zeros(len(texts), np.int64)
    start = 0
    while start < len(ranked):
        time_steps = len(ids[ranked[start]]) + 2
        rows = ranked[start : start + max(1, tokens // time_steps)]
        batch = np.full((len(rows), time_steps), PAD, np.int64)
        batch[:, 0] = BOS
        lengths = np.array([len(ids[row]) for row in rows])
        for line, row in zip(batch, rows, strict=True):
            line[1 : 1 + len(ids[row])] = ids[row]
        batch[np.arange(len(rows)), lengths + 1] = EOS
        mask = np.arange(time_steps) < lengths[:, None] + 2
        scores = network(label_batch(batch, mask, np.zeros(len(rows), np.int64), model.config, model.tokenizer))
        best[rows] = torch.softmax(scores / model.temperature, 1).topk(min(3, scores.shape[1])).indices[:, 0].numpy()
        start += len(rows)
    return [model.labels[k] for k in best]


def _fasttext(
    answered: Sequence[tuple[str, str]], learnt: str | None, threads: int, texts: Sequence[str]
) -> Callable[[], Sequence[str]]:
    """A fastText classifier of pairs of words, its default sizes, that has learnt from labelled texts."""
    import fasttext

    pairs = list(read_labelled(learnt)) if learnt else answered
    names = {f"__label__{number}": label for number, label in enumerate(sorted({label for label, _ in pairs}))}
    number = {label: name for name, label in names.items()}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "learnt.txt"
        lines = (f"{number[label]} {' '.join(text.split())}\n" for label, text in pairs)
        file.write_text("".join(lines), encoding="utf-8")
        model = fasttext.train_supervised(str(file), epoch=5, wordNgrams=2, thread=threads, verbose=0)
    flat = [" ".join(text.split()) for text in texts]
    return lambda: [names[found[0]] for found in model.predict(flat, k=1)[0]]
