"""Texts filled in a second: one by one, as a list, and the bare products of the same shapes; beside fill-mask.

In turns after a warm-up; medians. Each text has one blank, at a random word. One by one runs on one thread, the others
on --threads: the products as ours lays them out, groups of texts side by side with a thread each. With --peer, also the
fill-mask pipeline of `transformers` with a BERT of as many parameters and the same vocabulary, and its network alone;
random weights do for speed. The peer looks at one mask a text, ours also at whether the word goes on.

run.py fill_speed --file texts.txt --words 15 25 --peer

Needs the packages of the extra `bench` for --peer.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from table import Row
from threadpoolctl import threadpool_limits

import seqtext
from seqtext.characters import CLOZE_WORD, compiled
from seqtext.data.lines import read_lines
from seqtext.models.blank_filler import _GROUP, BATCH, BlankFiller, split_blanks
from seqtext.models.many import groups_of_like_length

_WARM_UP = 64  # texts


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--model", default="fill-en", help="a model's name or folder (fill-en)")
    parser.add_argument("--file", metavar="PATH", required=True, help="texts, one a line")
    parser.add_argument("--words", type=int, nargs=2, default=(15, 25), help="words of a text (15 25)")
    parser.add_argument("--limit", type=int, default=5000, help="texts (5000)")
    parser.add_argument("--alone", type=int, default=300, help="of these, answered one by one, and by the peer (300)")
    parser.add_argument("--threads", type=int, default=0, help="processor threads; 0 takes every core")
    parser.add_argument("--turns", type=int, default=3, help="turns of each (3)")
    parser.add_argument("--peer", action="store_true", help="also the fill-mask pipeline of transformers")
    parser.add_argument("--batch", type=int, default=32, help="texts that the peer reads at once (32)")
    parser.add_argument("--seed", type=int, default=1, help="of the blanks (1)")


def measure(options: argparse.Namespace) -> list[Row]:
    """Texts per second of each, and ratios of the medians."""
    threads = options.threads or len(os.sched_getaffinity(0))
    model = seqtext.load(options.model, "fill")
    texts = _with_blanks(options)
    some = texts[: options.alone]
    runs: dict[str, tuple[Callable[[], Any], int, int]] = {
        "one by one, one thread": (lambda: [model.fill(text) for text in some], len(some), 1),
        "list": (lambda: model.fill(texts), len(texts), threads),
        "bare products": (_products(model, texts, threads), len(texts), threads),
    }
    if options.peer:
        pipeline, network = _peer(model, some, options.batch)
        runs |= {"fill-mask pipeline": (pipeline, len(some), threads), "its network": (network, len(some), threads)}
    model.fill(texts[:_WARM_UP])
    rates = _rates(runs, options.turns)
    rows = [Row(name, rate, "texts/s") for name, rate in rates.items()]
    rows += [
        Row("list against bare products", rates["list"] / rates["bare products"], "times", 0.5, lower=False),
        Row("list against one by one", rates["list"] / rates["one by one, one thread"], "times"),
    ]
    if options.peer:
        rows += [
            Row("list against the pipeline", rates["list"] / rates["fill-mask pipeline"], "times", 2.0, lower=False),
            Row("list against its network", rates["list"] / rates["its network"], "times"),
        ]
    return [*rows, Row("texts", len(texts)), Row("threads", threads)]


def _with_blanks(options: argparse.Namespace) -> list[str]:
    """Texts of as many words as asked for, one of them a blank."""
    generator, found = np.random.default_rng(options.seed), list[str]()
    low, high = options.words
    for _, line in read_lines(options.file):
        words = list(compiled(CLOZE_WORD).finditer(line))
        if low <= len(line.split()) <= high and words and "__" not in line:
            word = words[int(generator.integers(len(words)))]
            found.append(f"{line[: word.start()]}___{line[word.end() :]}")
            if len(found) == options.limit:
                break
    if len(found) < options.limit:
        raise SystemExit(f"--file has {len(found):,} such texts; --limit {options.limit:,} were asked for.")
    return found


def _rates(runs: dict[str, tuple[Callable[[], Any], int, int]], turns: int) -> dict[str, float]:
    """The median rate of each over all turns, in texts per second."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(turns):
        for name, (run, _, threads) in runs.items():
            with threadpool_limits(threads):
                begun = time.perf_counter()
                run()
                seconds[name].append(time.perf_counter() - begun)
    return {name: count / statistics.median(seconds[name]) for name, (_, count, _) in runs.items()}


def _products(model: BlankFiller, texts: Sequence[str], threads: int) -> Callable[[], None]:
    """The matrix products that filling these texts takes, and nothing else."""
    config, vocabulary = model.config, model.tokenizer.size
    generator = np.random.default_rng(0)

    def random(*shape: int) -> NDArray[np.float32]:
        return generator.standard_normal(shape, np.float32)

    size, hidden = config.embedding, config.hidden
    gates, inward, inner = (
        random(hidden, 4 * hidden),
        random(size, 4 * hidden),
        random(size, len(model._search.inner(1))),
    )
    outward, square, table = random(hidden, size), random(size, size), random(size, vocabulary)
    rows = 10 * _GROUP  # hypotheses
    vectors, states, ids = random(rows, size), random(rows, hidden), random(2048, size)

    def group(segments: list[list[NDArray[np.int32]]]) -> None:
        for side in (0, 1):
            lengths = np.array([1 + len(one[side]) for one in segments])
            distinct = np.unique(np.concatenate([one[side] for one in segments]))
            ids[: len(distinct)] @ inward
            for place in range(int(lengths.max())):
                states[: int((lengths > place).sum())] @ gates
        count = len(segments)
        for start in range(0, count, 32):
            vectors[: min(32, count - start)] @ table
        for many in (count, 10 * count):  # the queries for the first token, and for what follows it
            states[:many] @ outward
            for _ in range(3):
                vectors[:many] @ square
        states[: 10 * count] @ gates
        vectors[: 10 * count] @ inward
        vectors[: 10 * count] @ inner

    groups = []
    for start in range(0, len(texts), BATCH):
        segments = [model.segments(split_blanks(text)) for text in texts[start : start + BATCH]]
        grouped = groups_of_like_length([sum(map(len, one)) for one in segments], _GROUP)
        groups += [[segments[k] for k in places] for places in grouped]

    def run() -> None:
        with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
            list(pool.map(group, groups))

    return run


def _peer(model: BlankFiller, texts: Sequence[str], batch: int) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """The pipeline over texts with a mask, and its network over the same batches, both without gradients."""
    import torch
    from fitting import Size
    from masked import fitting_config
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertForMaskedLM, PreTrainedTokenizerFast, pipeline

    words = [model.tokenizer.name(number) for number in range(model.tokenizer.size)]
    vocabulary = {word or f"<{number}>": number for number, word in reversed(list(enumerate(words)))}
    marks = {mark: len(words) + number for number, mark in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"))}
    backend = Tokenizer(models.WordLevel(vocabulary | marks, "[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.BertProcessing(("[SEP]", marks["[SEP]"]), ("[CLS]", marks["[CLS]"]))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
    )  # fmt: skip
    parameters = sum(array.size for array in model.contents.weights.values())
    network = BertForMaskedLM(fitting_config(parameters, len(words) + len(marks), 64, Size())).eval()
    masked = ["[MASK]".join(split_blanks(text)) for text in texts]
    filler: Any = pipeline("fill-mask", model=network, tokenizer=tokenizer, batch_size=batch, device="cpu")
    batches = [
        tokenizer(masked[start : start + batch], padding=True, return_tensors="pt")
        for start in range(0, len(masked), batch)
    ]

    def alone() -> None:
        with torch.inference_mode():
            for one in batches:
                network(**one)

    return lambda: filler(masked), alone
