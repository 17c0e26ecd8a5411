"""Training from end to end against the bare recurrent layers of torch, in turns in one process: tokens per second.

End to end: what `train` reports once the recurrent layers learn, with reading, making examples, clipping, optimizer
and checkpoints. Bare: forward and backward of torch's own layers, one stack a direction, on the shapes of real
batches of the same corpus, and the product of as many queries and candidates with its two backward products.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from settings import Run, add_training_options, columns, corpora, training_settings
from table import Row
from torch import nn

from seqtext.config import FillConfig
from seqtext.training.batches.blanks import make_examples
from seqtext.training.batches.bucketing import order
from seqtext.training.events import Started, Step
from seqtext.training.networks.softmax import draw_candidates
from seqtext.training.progress import Position
from seqtext.training.train import train

_CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Shape(NamedTuple):
    """What one update works on."""

    rows: int
    steps: int  # tokens of the longest row, and the border symbol
    examples: int
    candidates: int
    tokens: int  # real ones, as training counts them


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    add_training_options(parser)
    parser.add_argument("--turns", type=int, default=20, help="measured turns of each side (20)")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a turn of the bare layers (1)")
    parser.add_argument("--batches", type=int, default=24, help="real batches whose shapes are taken (24)")


def measure(options: argparse.Namespace) -> list[Row]:
    """Tokens per second of both sides, and the ratio of their medians."""
    # The first phase of training passes the recurrent layers by; a budget out of reach keeps evaluations away.
    settings = {**training_settings(options), "vectors": 0.0, "steps": 10**7, "evaluations": 1}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        events = train("fill", corpora(options), folder, columns=columns(options), **settings)
        started = next(event for event in events if isinstance(event, Started))
        run = Run.read(folder)
        shapes = _shapes(run, options.batches)
        bare = Bare(run.network, shapes, torch.device(started.device), started.precision == "bf16")
        bare.measure(options.seconds)
        ours: list[float] = []
        theirs: list[float] = []
        for turn, event in enumerate(event for event in events if isinstance(event, Step)):
            # A report covers the time since the one before, with the other side's turn: every second one is clean.
            if turn < 3 or turn % 2 == 0:
                continue
            ours.append(event.tokens_per_second)
            theirs.append(bare.measure(options.seconds))
            if len(ours) >= options.turns:
                break
        events.close()
    ratios = [left / right for left, right in zip(ours, theirs, strict=True)]
    mean = [statistics.mean(values) for values in zip(*shapes, strict=True)]
    network = run.network
    return [
        Row("train, end to end", statistics.median(ours), "tokens/s"),
        Row("bare layers and product", statistics.median(theirs), "tokens/s"),
        Row("ratio", statistics.median(ours) / statistics.median(theirs), "", 0.8, lower=False),
        Row("lowest ratio of a turn", min(ratios)),
        Row("highest ratio of a turn", max(ratios)),
        Row("rows of a batch, mean", mean[0]),
        Row("steps of a batch, mean", mean[1]),
        Row("examples of a batch, mean", mean[2]),
        Row("candidates of a batch, mean", mean[3]),
        Row("network", f"{network.cell} {network.layers} × {network.hidden}, embedding {network.embedding}"),
        Row("precision, threads, device", f"{started.precision}, {started.threads}, {started.device}"),
        Row("turns of each", len(ours)),
    ]


def _shapes(run: Run, count: int) -> list[Shape]:
    """The shapes of the first batches that a run reads."""
    generator, draws = np.random.default_rng(1), torch.Generator().manual_seed(1)
    counts = torch.from_numpy(run.data.counts).double()
    frequencies = (counts / counts.sum()).float()
    found = []
    batches = order(run.data, run.training.batch_size, run.training.seed, Position())
    for _, segments in itertools.islice(batches, count):
        batch = make_examples(run.data.batch(segments), run.tokenizer, run.network, generator)
        candidates = run.tokenizer.size
        if run.sampled:
            candidates = len(draw_candidates(batch.target, frequencies, run.training.samples, draws).ids)
        rows, width = batch.ids.shape
        found.append(Shape(rows, width + 1, len(batch.target), candidates, int(batch.lengths.sum())))
    return found


class Bare:
    """Torch's own layers and three matrix products, with nothing around them."""

    def __init__(self, config: FillConfig, shapes: list[Shape], device: torch.device, low: bool) -> None:
        self._config, self._shapes, self._device, self._low = config, itertools.cycle(shapes), device, low
        stacks = 2 if config.direction == "both" else 1
        self._stacks = nn.ModuleList(
            _CELLS[config.cell](config.embedding, config.hidden, config.layers, batch_first=True) for _ in range(stacks)
        ).to(device)

    def measure(self, seconds: float) -> float:
        """Tokens per second over updates that fill some seconds."""
        tokens, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            tokens += self._update(next(self._shapes))
            if self._device.type == "cuda":
                torch.cuda.synchronize()
        return tokens / (time.perf_counter() - begun)

    def _update(self, shape: Shape) -> int:
        config, kind = self._config, torch.bfloat16 if self._low else torch.float32
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._low):
            for stack in self._stacks:
                inputs = torch.ones(shape.rows, shape.steps, config.embedding, device=self._device, requires_grad=True)
                states = stack(inputs)[0]
                states.backward(torch.ones_like(states))
        self._stacks.zero_grad(set_to_none=True)
        query = torch.ones(shape.examples, config.embedding, dtype=kind, device=self._device)
        table = torch.ones(shape.candidates, config.embedding, dtype=kind, device=self._device)
        scores = query @ table.T
        _ = scores @ table, scores.T @ query
        return shape.tokens
