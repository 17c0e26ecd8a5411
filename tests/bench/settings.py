"""What the benchmarks that train have in common: options, and what a run's folder holds."""

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

from table import say

from seqtext.config import FillConfig, TokenizerConfig, TrainingConfig
from seqtext.data.corpus import parse_columns
from seqtext.fields import from_dict
from seqtext.tasks import FILL
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.token_file import TokenFile
from seqtext.training.events import Evaluated, Finished, Started, Step
from seqtext.training.networks.softmax import FULL_SOFTMAX
from seqtext.training.train import train

_EVERYDAY = Path(__file__).parents[2] / "corpora" / "everyday.txt"


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """Corpus, preset, threads and single settings."""
    parser.add_argument("--corpus", action="extend", nargs="+", metavar="PATH", help="training text; may be repeated")
    parser.add_argument(
        "--columns", metavar="FIELD=COLUMN", help="where a table holds its text, or its source and target"
    )
    parser.add_argument("--preset", choices=tuple(FILL.presets), default="base", help="settings (base)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting over the preset's")
    parser.add_argument("--threads", type=int, default=0, help="processor threads of both sides; 0 takes every core")
    parser.add_argument("--seed", type=int, default=1, help="makes every random choice repeatable (1)")


def corpora(options: argparse.Namespace) -> list[str]:
    """The corpora asked for, or the one that comes with the project."""
    return options.corpus or [str(_EVERYDAY)]


def columns(options: argparse.Namespace) -> dict[str, str] | None:
    """The value of --columns."""
    return parse_columns(options.columns) if options.columns else None


def training_settings(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that `train` takes."""
    chosen: dict[str, Any] = {}
    for item in options.set:
        name, _, value = item.partition("=")
        try:
            chosen[name.replace("-", "_")] = json.loads(value)
        except ValueError:
            chosen[name.replace("-", "_")] = value
    return {"preset": options.preset, "threads": options.threads, "seed": options.seed, **chosen}


class Run(NamedTuple):
    """What `train` left in a folder."""

    tokenizer: Tokenizer
    network: FillConfig
    training: TrainingConfig
    data: TokenFile
    sampled: bool  # whether the softmax looks at a part of the vocabulary only

    @classmethod
    def read(cls, folder: Path) -> "Run":
        """Read settings, tokenizer and training text."""
        saved = json.loads((folder / "settings.json").read_text(encoding="utf-8"))["settings"]
        cut, network, training = map(from_dict, (TokenizerConfig, FillConfig, TrainingConfig), saved)
        tokenizer = Tokenizer.from_json((folder / "data" / "tokenizer.json").read_text(encoding="utf-8"), cut.tokens)
        large = training.softmax == "auto" and tokenizer.size > FULL_SOFTMAX
        return cls(
            tokenizer, network, training, TokenFile(folder / "data" / "train"), training.softmax == "sampled" or large
        )


class Learnt(NamedTuple):
    """What a training of ours took, and what it reached."""

    started: Started
    tokens: float
    updates: int
    seconds: float
    scores: dict[str, float]


def learn(task: str, sources: Path | list[str], folder: Path, settings: dict[str, Any], **data: Any) -> Learnt:
    """Train with `train`, which takes settings and data; the count of tokens is summed from what each report covers."""
    started, tokens, before = None, 0.0, 0.0
    for event in train(task, sources, folder, **settings, **data):
        if isinstance(event, Started):
            started = event
            say(f"seqtext, {event.parameters:,} parameters, {event.tokens:,} tokens of text …")
        elif isinstance(event, Step):
            tokens += event.tokens_per_second * (event.seconds - before)
            before, updates = event.seconds, event.step
        elif isinstance(event, Evaluated):
            before = event.seconds
        elif isinstance(event, Finished):
            seconds, scores = event.seconds, event.metrics
    assert started is not None
    return Learnt(started, tokens, updates, seconds, scores)
