"""Characters per second of `generate` with one layer, against the same cell in torch called step by step.

And against the bare matrix-vector products of a step in NumPy on one thread. In turns; medians.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from table import Row
from torch import nn

from seqtext.config import RECURRENT_CELLS, LanguageConfig, SamplingConfig, TokenizerConfig
from seqtext.fields import to_dict
from seqtext.models.language_model import LanguageModel
from seqtext.networks import threads
from seqtext.networks.language_model import expected_shapes
from seqtext.storage.model_folder import FORMAT, ModelFolder
from seqtext.tokenizer import SPECIALS, Tokenizer

_CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
_LETTERS = "".join(map(chr, (*range(32, 127), 10)))


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--cell", choices=RECURRENT_CELLS, default="gru", help="recurrent cell (gru)")
    parser.add_argument("--hidden", type=int, default=512, help="units (512)")
    parser.add_argument("--embedding", type=int, default=128, help="size of a character's vector (128)")
    parser.add_argument("--length", type=int, default=2000, help="characters of a turn (2000)")
    parser.add_argument("--turns", type=int, default=7, help="turns of each (7)")


def measure(options: argparse.Namespace) -> list[Row]:
    """Characters per second of each side, and the ratios of their medians."""
    config = LanguageConfig(cell=options.cell, hidden=options.hidden, embedding=options.embedding)
    tokenizer = Tokenizer.train([_LETTERS], TokenizerConfig("char", 400, 1))
    draw = np.random.default_rng(1)
    shapes = expected_shapes(config, tokenizer.size)
    weights = {name: draw.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}
    # A trained model spells its letters whole; random weights would spell many by two to four bytes, a step for each.
    weights["bias"][: len(SPECIALS) + 256] -= 100.0
    settings = {"format": FORMAT, "task": "generate", "network": to_dict(config)}
    settings["tokenizer"] = to_dict(TokenizerConfig("char"))
    model = LanguageModel(ModelFolder(settings, tokenizer.to_json(), weights, [], ""))
    sides: dict[str, Callable[[], object]] = {
        "generate": lambda: model.generate("", options.length, SamplingConfig(), seed=1),
        "bare": lambda: _bare(weights, options.length),
    }
    if options.cell in _CELLS:
        cell = _CELLS[options.cell](options.embedding, options.hidden, batch_first=True)
        sides["torch"] = lambda: _torch(cell, weights, max(1, options.length // 10))
    speeds: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(options.turns + 1):
        for name, run in sides.items():
            begun = time.perf_counter()
            run()
            count = max(1, options.length // 10) if name == "torch" else options.length
            if turn:  # the first one warms up
                speeds[name].append(count / (time.perf_counter() - begun))
    medians = {name: float(np.median(found)) for name, found in speeds.items()}
    rows = [Row("generate", medians["generate"], "characters/s")]
    if "torch" in medians:
        rows += [
            Row("torch, step by step", medians["torch"], "characters/s"),
            Row("ratio to torch", medians["generate"] / medians["torch"], "", 10.0, lower=False),
        ]
    return [
        *rows,
        Row("bare products", medians["bare"], "characters/s"),
        Row("ratio to bare products", medians["generate"] / medians["bare"], "", 0.6, lower=False),
        Row("network", f"{config.cell}, hidden {config.hidden}, embedding {config.embedding}, {tokenizer.size} tokens"),
        Row("turns of each", options.turns),
    ]


def _bare(weights: dict[str, np.ndarray], steps: int) -> None:
    """Only the products of a step: input, state, output."""
    matrices = [array for name, array in weights.items() if array.ndim == 2]
    vectors = [np.ones(matrix.shape[1], np.float32) for matrix in matrices]
    with threads.one_thread():
        for _ in range(steps):
            for matrix, vector in zip(matrices, vectors, strict=True):
                matrix @ vector


@torch.no_grad()
def _torch(cell: nn.Module, weights: dict[str, np.ndarray], steps: int) -> None:
    """As one would write it: the layer called for one step, the output product, a draw."""
    table, output = (torch.from_numpy(weights[name]) for name in ("embedding.weight", "output.weight"))
    token, state = torch.zeros(1, dtype=torch.long), None
    for _ in range(steps):
        states, state = cell(table[token][:, None], state)
        scores = (states[0, 0] @ output.T) @ table.T
        token = torch.multinomial(torch.softmax(scores / 0.8, 0), 1)
