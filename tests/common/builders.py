"""Small models, networks, files and stand-ins that several tests use."""

import dataclasses
import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.config import TokenizerConfig
from seqtext.fields import to_dict
from seqtext.models.blank_filler import Choice, Fill
from seqtext.storage.model_folder import FORMAT, ModelFolder
from seqtext.tokenizer import PAD, Tokenizer
from seqtext.training.batches.token_file import Batch, TokenFile, TokenWriter


def random_weights(shapes: Mapping[str, tuple[int, ...]], scale: float = 0.3) -> dict[str, NDArray[np.float32]]:
    """Draw weights of these shapes, the same at every call."""
    draw = np.random.default_rng(5)
    return {name: draw.normal(0, scale, shape).astype(np.float32) for name, shape in shapes.items()}


def unsaved_model(task: str, network: Any, tokenizer: Tokenizer, weights: Any, **settings: Any) -> ModelFolder:
    """Put a model together that was never saved; more settings go to its config.json."""
    parts = {"network": to_dict(network), "tokenizer": to_dict(TokenizerConfig(tokenizer.tokens))}
    config = {"format": FORMAT, "task": task, **parts, **settings}
    return ModelFolder(config, tokenizer.to_json(), weights, [], "")


TOKENIZER = Tokenizer.train(['the dog sat . " ! ? cat ) on'] * 2, TokenizerConfig("word", 900, 1))


def token_file(folder: Path, texts: list[np.ndarray], max_length: int = 64) -> TokenFile:
    """Write texts of ids and read them as a token file."""
    writer = TokenWriter(folder, TOKENIZER, max_length)
    for ids in texts:
        writer.add(ids)
    return writer.close()


def random_token_file(folder: Path, segments: int, longest: int = 12) -> TokenFile:
    """Write that many random texts of up to `longest` tokens."""
    random = np.random.default_rng(segments)
    sizes = random.integers(1, longest + 1, segments)
    return token_file(folder, [random.integers(7, TOKENIZER.size, size).astype(np.int32) for size in sizes])


WEIGHTS, CONFIG = "weights.safetensors", "config.json"


def model_contents(number: int = 0, **changes: Any) -> ModelFolder:
    """A small model; every part of it holds the number, so that a mixture of two would show."""
    random = np.random.default_rng(number)
    arrays = {
        "embedding": random.normal(0, 0.1, (7, 5)).astype(np.float32),
        "bias": np.full(3, number, np.float32),
    }
    model = ModelFolder(
        config={"format": 1, "task": "fill", "number": number, "language": "fr", "scores": {"top1": 0.25}},
        tokenizer=json.dumps({"model": "é", "number": number}, ensure_ascii=False),
        weights=arrays,
        history=[{"step": 1, "loss": number}, {"step": 2, "note": "a\u2028b"}],
        card=f"# Modèle {number}\r\n",
    )
    return dataclasses.replace(model, **changes)


def number_of(model: ModelFolder) -> int:
    """The number that every part of `model_contents(number)` holds; a mixture fails here."""
    number = model.config["number"]
    assert json.loads(model.tokenizer)["number"] == number
    assert model.weights["bias"].tolist() == [number] * 3
    assert [entry.get("loss") for entry in model.history] in ([number, None], [])
    assert model.card in (f"# Modèle {number}\r\n", "")
    return int(number)


def file_names(path: Path) -> list[str]:
    """Names of a folder's entries, sorted."""
    return sorted(entry.name for entry in path.iterdir())


def fail_at(turn: int, code: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, failing with an OSError at its n-th call (and only then)."""
    calls = iter(range(1, 1000))

    def failing(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == turn:
            raise OSError(code, os.strerror(code))
        return function(*args, **kwargs)

    return failing


def hub_cache(saved: Path, cache: Path, shared: bool = False) -> Path:
    """The layout of a Hugging Face cache: snapshots of links to blobs, which may be links to blobs shared by all."""
    repository = cache / "models--ann--fill"
    snapshot = repository / "snapshots" / "0123abcd"
    snapshot.mkdir(parents=True)
    (repository / "blobs").mkdir()
    (cache / "blobs" / "ab").mkdir(parents=True)
    for number, file in enumerate(sorted(saved.iterdir())):
        blob = repository / "blobs" / str(number)
        if shared:
            (cache / "blobs" / "ab" / str(number)).write_bytes(file.read_bytes())
            blob.symlink_to(f"../../blobs/ab/{number}")
        else:
            blob.write_bytes(file.read_bytes())
        (snapshot / file.name).symlink_to(f"../../blobs/{number}")
    return snapshot


class Parrot:
    """Answers every blank with "dog", every question with its first option."""

    task = "fill"

    def fill(self, texts: list[str], top: int) -> list[list[Fill]]:
        return [self._fill(text, top) for text in texts]

    def choose(self, texts: list[str], options: list[tuple[str, ...]]) -> list[list[Choice]]:
        return [[Choice(option, 1 / len(own)) for option in own] for own in options]

    def _fill(self, text: str, top: int) -> list[Fill]:
        return [Fill(text.replace("___", word), (word,), share) for word, share in (("dog", 0.5), ("cat", 0.25))][:top]

    def evidence(self, text: str, option: str, kinds: Collection[str]) -> dict[str, float]:
        return {"span": -2.0}


TEXTS = ["the old dog sat by the door", "a café – naïve, isn't it?", "the fox ran", "I'll go there now, said the fox"]


def tokenizer_of(kind: str) -> Tokenizer:
    """Train a tokenizer of that kind on TEXTS."""
    return Tokenizer.train(TEXTS * 3, TokenizerConfig(kind, 700, 1))


def text_batch(texts: list[str], tokenizer: Tokenizer) -> Batch:
    """Pad texts to one batch of ids."""
    rows = [tokenizer.encode(text, spacing=False).ids for text in texts]
    lengths = np.array([len(row) for row in rows])
    ids = np.full((len(rows), lengths.max()), PAD, np.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
    return Batch(ids, lengths)


def unigram_entropy(texts: Iterable[Sequence[int]]) -> float:
    """Nats per token of guessing by frequency alone: what a network that learnt no order can reach."""
    _, counts = np.unique(np.concatenate([np.asarray(ids) for ids in texts]), return_counts=True)
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum())
