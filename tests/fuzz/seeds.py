"""What damage begins with: small valid model folders of every task and kind of token, and runs in the middle."""

import fcntl
import json
import shutil
from collections import Counter
from collections.abc import Callable, Generator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from builders import random_weights, unsaved_model
from seqtext.config import ClassifyConfig, FillConfig, LanguageConfig, Seq2SeqConfig, TokenizerConfig
from seqtext.models.alarm_threshold import fit
from seqtext.models.anomaly_detector import AnomalyDetector
from seqtext.models.log_lines import Counting
from seqtext.models.log_masks import LogMask
from seqtext.models.normal_lines import NORMAL, pack
from seqtext.models.pair_text import join_tokenizers
from seqtext.networks import blank_filler, classifier, language_model, seq2seq
from seqtext.storage.model_folder import ModelFolder, write_folder
from seqtext.tokenizer import Tokenizer

Files = dict[str, bytes]

KINDS = ("char", "word", "bpe")
LINES = [
    "The grey goose sat by the mill, and the miller slept.",
    "A café – naïve, isn't it? 12.5 kg (or 3/4 of it)!",
    "Nobody came; so the goose ran home at 9:45.",
    "Wir sahen zwei Gänse, 三只鹅 and a 🦢.",
]
_LOG = [f"09:00:{k:02d} pump {k} is running" for k in range(20)] + ["09:30:00 all quiet"] * 10
_SIZES = {"hidden": 6, "embedding": 5}
#: Networks beside the usual one, by the name of the folder's variant; each stands with one kind of token.
_VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "fill": {"backward": {"direction": "backward"}, "gru-forward": {"cell": "gru", "direction": "forward"},
             "window": {"cell": "convolution", "layers": 2, "window": 3}, "plain": {"bag": False}},
    "generate": {"lstm": {"cell": "lstm", "layers": 2}, "mingru": {"cell": "mingru"},
    "window": {"cell": "feedforward"}},
    "anomaly": {},
    "translate": {"additive": {"attention": "additive", "cell": "gru"}, "copy": {"copy": True, "coverage": True}},
    "summarize": {"copy": {"copy": True, "coverage": True}},
    "classify": {"bag": {"encoder": "bag", "pooling": "mean", "pairs": 40}, "wide": {"encoder": "bag", "wide": 50},
                 "several": {"several": True, "encoder": "gru"}, "convolution": {"encoder": "convolution"},
                 "attention": {"encoder": "mingru", "pooling": "attention,max"}},
}  # fmt: skip
TASK_NAMES = tuple(_VARIANTS)
PRECISIONS = ("fp16", "fp32", "int8")


@cache
def tokenizer_of(kind: str) -> Tokenizer:
    """A small tokenizer of a kind."""
    return Tokenizer.train(LINES * 2, TokenizerConfig(kind, 700, 2))


def names() -> list[str]:
    """The names of all seeds: task, kind of token, variant of the network."""
    usual = [f"{task}-{kind}" for task in _VARIANTS for kind in KINDS]
    return usual + [f"{task}-{KINDS[k % 3]}-{one}" for task, own in _VARIANTS.items() for k, one in enumerate(own)]


def model_contents(name: str) -> ModelFolder:
    """The contents of the seed of that name."""
    task, kind, *variant = name.split("-", 2)
    changes = {**_SIZES, **(_VARIANTS[task][variant[0]] if variant else {})}
    return _MAKERS[task](kind, changes)


@cache
def folder_files(name: str, precision: str) -> Files:
    """The files of the model folder of that name."""
    with TemporaryDirectory() as folder:
        write_folder(folder, model_contents(name), precision)
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def _told(contents: ModelFolder) -> ModelFolder:
    """The contents with scores, a history and a card, as training leaves them."""
    config = {**contents.config, "language": "en", "licence": "CC0", "scores": {"loss": 3.5}, "temperature": 1.1}
    history = [{"step": 10, "seconds": 0.5, "loss": 4.0}, {"step": 20, "seconds": 1.0, "loss": 3.5}]
    return ModelFolder(config, contents.tokenizer, contents.weights, history, "# A goose\n")


def _fill(kind: str, changes: dict[str, Any]) -> ModelFolder:
    tokenizer, config = tokenizer_of(kind), FillConfig(**changes)
    weights = random_weights(blank_filler.expected_shapes(config, tokenizer.size))
    return _told(unsaved_model("fill", config, tokenizer, weights, words_per_token=0.9))


def _generate(kind: str, changes: dict[str, Any]) -> ModelFolder:
    tokenizer, config = tokenizer_of(kind), LanguageConfig(**changes)
    weights = random_weights(language_model.expected_shapes(config, tokenizer.size))
    return _told(unsaved_model("generate", config, tokenizer, weights))


def _anomaly(kind: str, changes: dict[str, Any]) -> ModelFolder:
    mask = None if kind == "word" else LogMask.learn(_LOG)
    lines = _LOG if mask is None else [mask(line) for line in _LOG]
    tokenizer, config = tokenizer_of(kind), LanguageConfig(**changes)
    weights = random_weights(language_model.expected_shapes(config, tokenizer.size))
    counting = Counting.learn(LogMask.words(line) for line in lines)
    counted = {**(mask or LogMask()).facts, "counting": counting.to_dict()}

    def made(rows: Any, **learnt: float) -> ModelFolder:
        settings = {"threshold": 0.5, "false_alarms": 0.1, "span_bits": 12.0, **learnt}
        stored = {**weights, NORMAL: pack({**counted, "held_out": rows})}
        return _told(unsaved_model("anomaly", config, tokenizer, stored, anomaly=settings))

    rows, span_bits = fit(AnomalyDetector(made([[0, 0, 0]])), Counter(lines))
    return made(rows, span_bits=span_bits)


def _seq2seq(task: str) -> Callable[[str, dict[str, Any]], ModelFolder]:
    def make(kind: str, changes: dict[str, Any]) -> ModelFolder:
        tokenizer, config = tokenizer_of(kind), Seq2SeqConfig(**changes)
        weights = random_weights(seq2seq.expected_shapes(config, tokenizer.size, tokenizer.size))
        contents = unsaved_model(task, config, tokenizer, weights, longest_source=30, longest_target=12)
        joined = join_tokenizers(tokenizer, tokenizer) if kind != "bpe" else json.dumps(
            {"source": tokenizer.to_json(), "target": tokenizer.to_json()}
        )  # fmt: skip
        return _told(ModelFolder(contents.config, joined, weights, [], ""))

    return make


def _classify(kind: str, changes: dict[str, Any]) -> ModelFolder:
    tokenizer, config = tokenizer_of(kind), ClassifyConfig(**changes)
    labels = ["calm", "loud", "neither nor"]
    weights = random_weights(classifier.expected_shapes(config, tokenizer.size, len(labels)))
    return _told(unsaved_model("classify", config, tokenizer, weights, labels=labels, longest=40))


_MAKERS: dict[str, Callable[[str, dict[str, Any]], ModelFolder]] = {
    "fill": _fill, "generate": _generate, "anomaly": _anomaly, "translate": _seq2seq("translate"),
    "summarize": _seq2seq("summarize"), "classify": _classify,
}  # fmt: skip

# Runs

_NAMES, _VERBS = ("goose", "miller", "old owl", "naïve crow"), ("sat", "slept", "sang", "left")
_PLACES = ("by the mill", "in the barn", "on a hill", "at the café")
SENTENCES = [f"The {one} {verb} {where}." for one in _NAMES for verb in _VERBS for where in _PLACES]


def corpus_of(task: str) -> tuple[str, str]:
    """The name and the text of a small corpus for a task."""
    if task in ("fill", "generate"):
        return "corpus.txt", "".join(f"{line}\n" for line in SENTENCES * 2)
    if task == "anomaly":
        return "corpus.txt", "".join(f"{line} at 10:{k % 60:02d}\n" for k, line in enumerate(SENTENCES * 2))
    if task == "classify":
        return "corpus.tsv", "".join(f"{line.split()[-1].strip('.')}\t{line}\n" for line in SENTENCES)
    source = (lambda k: " ".join(SENTENCES[k : k + 3])) if task == "summarize" else (lambda k: SENTENCES[k])
    return "corpus.tsv", "".join(f"{source(k)}\t{SENTENCES[k].upper()}\n" for k in range(len(SENTENCES)))


def training_settings(task: str) -> dict[str, Any]:
    """Settings with which a run of a task takes a moment, and saves at every update."""
    settings: dict[str, Any] = {
        "hidden": 8, "embedding": 6, "batch_size": 200, "max_length": 32, "threads": 1, "device": "cpu",
        "precision": "fp32", "evaluations": 3, "save_seconds": 0.0, "patience": 0, "average": 0.9, "min_count": 1,
        "valid_share": 0.1,
    }  # fmt: skip
    settings["vocab_size"] = 600
    return settings | ({"tokens": "word"} if task in ("translate", "summarize") else {})


def events_until(events: Generator[Any, None, None], step: int) -> None:
    """Follow a training until a checkpoint of that step is saved, and leave it there as a kill would."""
    import torch

    from seqtext.training.events import Saved

    for event in events:
        if isinstance(event, Saved) and event.step >= step:
            break
    events.close()
    torch.set_flush_denormal(False)  # as training leaves it, no number below 1e-308 could be drawn for a case


def run_of(task: str, runs: Path) -> Path:
    """The run of a task among others, of 6 updates that ended after the third; made where there is none yet."""
    from seqtext.training.train import train

    runs.mkdir(parents=True, exist_ok=True)
    place = runs / task
    with (runs / f"{task}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "done").is_file():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            name, text = corpus_of(task)
            (place / name).write_text(text, encoding="utf-8")
            events_until(train(task, place / name, place / "run", steps=6, **training_settings(task)), 3)
            (place / "done").write_text("")
    return place / "run"
