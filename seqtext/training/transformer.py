"""Train a transformer classifier from scratch on a run's ids. It is an outside opponent.

A pre-norm encoder (Vaswani et al. 2017, arXiv:1706.03762; Xiong et al. 2020, arXiv:2002.04745), mean pooling and a
linear layer, about as large as a rung. AdamW with warm-up and cosine decay; the weights with the lowest held-out loss
are kept, as those of our own are.
"""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor, nn

from seqtext.config import ClassifyConfig
from seqtext.tokenizer import BOS, EOS, PAD, Tokenizer
from seqtext.training.batches.bucketing import order
from seqtext.training.batches.label_files import LabelFile
from seqtext.training.device import Device, choose_device
from seqtext.training.optimizer import AdamW
from seqtext.training.progress import Position
from seqtext.training.run import Run

_LAYERS, _HEADS, _DROPOUT = 2, 4, 0.1
_WIDEST = 1024
_NEAR = 0.01  # of the parameters asked for
_BATCH = 4096  # tokens
_RATE, _WARMUP, _DECAY, _CLIP = 1e-3, 0.1, 0.01, 1.0
_EVALUATIONS = 10


class Size(NamedTuple):
    """Hold the width of the states and of the feed-forward layers."""

    width: int
    feedforward: int

    def parameters(self, vocabulary: int, labels: int) -> int:
        """Count the parameters of a `Transformer`."""
        width, inner = self
        layer = 4 * width * width + 2 * width * inner + inner + 9 * width
        return vocabulary * width + _LAYERS * layer + 2 * width + (width + 1) * labels


def size_for(parameters: int, vocabulary: int, labels: int) -> Size:
    """Choose the size of a transformer closest to a number of parameters.

    Of the sizes within 1 %, take the one whose feed-forward layers are closest to four times the width, as in Vaswani
    et al. 2017, arXiv:1706.03762.
    """
    sizes = []
    for width in range(2 * _HEADS, _WIDEST + 1, 2 * _HEADS):
        rest = parameters - Size(width, 0).parameters(vocabulary, labels)
        inner = min(8 * width, max(width, round(rest / (_LAYERS * (2 * width + 1)))))
        sizes.append(Size(width, inner))
    away = {size: abs(size.parameters(vocabulary, labels) - parameters) for size in sizes}
    near = [size for size in sizes if away[size] <= _NEAR * parameters]
    if not near:
        return min(sizes, key=lambda size: away[size])
    return min(near, key=lambda size: abs(math.log(size.feedforward / (4 * size.width))))


class Transformer(nn.Module):
    """Classify texts with a transformer encoder.

    It maps ids and mask, (rows, time), to scores, (rows, labels).
    """

    def __init__(self, vocabulary: int, labels: int, size: Size) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, size.width, padding_idx=PAD)
        layer = nn.TransformerEncoderLayer(
            size.width, _HEADS, size.feedforward, _DROPOUT, "gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, _LAYERS, nn.LayerNorm(size.width), enable_nested_tensor=False)
        self.output = nn.Linear(size.width, labels)
        nn.init.normal_(self.embedding.weight, std=size.width**-0.5)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Score the labels of texts, (rows, labels).

        ids, mask: (rows, time), True at tokens
        """
        vectors = self.embedding(ids) * math.sqrt(self.embedding.embedding_dim)
        states = self.encoder(vectors + _places(vectors), src_key_padding_mask=~mask)
        shown = mask[..., None]
        scores: Tensor = self.output((states * shown).sum(1) / shown.sum(1))
        return scores


def _places(vectors: Tensor) -> Tensor:
    """Compute sinusoidal position encodings, (time, width)."""
    time_, width = vectors.shape[1:]
    rates = torch.exp(torch.arange(0, width, 2, device=vectors.device) * (-math.log(10_000.0) / width))
    angles = torch.arange(time_, device=vectors.device)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], 1)


def rate(fraction: float) -> float:
    """Return the learning rate relative to its maximum.

    Linear warm-up, then cosine decay to zero (Loshchilov and Hutter 2017, arXiv:1608.03983); fraction: of the time.
    """
    if fraction < _WARMUP:
        return max(fraction, 1e-3) / _WARMUP
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (fraction - _WARMUP) / (1 - _WARMUP))))


class _Learner:
    """Learner of a run's texts for a limited time, which answers the held-out ones."""

    def __init__(self, run: Run, tokenizer: Tokenizer, device: Device, size: Size, seed: int) -> None:
        plain = ClassifyConfig(encoder="lstm")  # ids alone, whatever else the rung reads
        longest = run.read_settings()[1].training.max_length
        self.texts, self.held = (LabelFile(run.data / name, plain, tokenizer, longest) for name in ("train", "valid"))
        self._device = device
        self._batches = (segments for _, segments in order(self.texts, _BATCH, seed, Position()))
        torch.manual_seed(seed)
        labels = len(run.read_data("labels.json"))
        self.network = Transformer(tokenizer.size, labels, size).to(device.device)

    def scores(self, file: LabelFile, segments: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Score some texts: (texts, labels) scores, (texts,) labels."""
        batch = file.batch(segments).to(self._device.device)
        with torch.autocast(self._device.device.type, torch.bfloat16, enabled=self._device.bf16):
            return self.network(batch.ids, batch.mask).float(), batch.labels

    @torch.no_grad()
    def measure(self) -> tuple[float, list[int]]:
        """Measure held-out nats per text; return them with the index of each answer."""
        self.network.eval()
        ranked = np.argsort(self.held.lengths(np.arange(self.held.segments)), kind="stable")
        answers, nats = np.zeros(len(ranked), np.int64), 0.0
        for start in range(0, len(ranked), 64):
            some = ranked[start : start + 64]
            scores, labels = self.scores(self.held, some)
            nats += float(nn.functional.cross_entropy(scores, labels, reduction="sum"))
            answers[some] = scores.argmax(1).cpu().numpy()
        self.network.train()
        return nats / len(ranked), answers.tolist()

    def learn(self, seconds: float) -> list[int]:
        """Learn for so many seconds; load the best weights, and return their answers."""
        optimizer = AdamW(self.network.parameters(), lr=_RATE, weight_decay=_DECAY)
        best, answers, kept = math.inf, list[int](), self.network.state_dict()
        begun, cost = time.monotonic(), 0.0
        for due in range(1, _EVALUATIONS + 1):
            self._learn_until(optimizer, due / _EVALUATIONS, begun, seconds - cost)
            since = time.monotonic()
            loss, predicted = self.measure()
            cost = min(0.3 * seconds, 1.5 * (time.monotonic() - since))
            if loss < best or not answers:
                best, answers = loss, predicted
                kept = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(kept)
        return answers

    def _learn_until(self, optimizer: torch.optim.Optimizer, end: float, begun: float, seconds: float) -> None:
        """Update until a fraction of the seconds is spent."""
        while (fraction := (time.monotonic() - begun) / seconds) < end:
            for group in optimizer.param_groups:
                group["lr"] = _RATE * rate(fraction)
            scores, labels = self.scores(self.texts, next(self._batches))
            torch.autograd.backward(nn.functional.cross_entropy(scores, labels))
            nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)


def play(asked: dict[str, Any], timed: Callable[[Callable[[str], int], list[str]], float]) -> dict[str, Any]:
    """Train on a run's ids for the minutes; answer its held-out texts.

    See `seqtext.training.opponents`.

    timed: measures the milliseconds of an answer
    """
    run = Run(asked["run"])
    config, labels = run.read_settings()[1], run.read_data("labels.json")
    tokenizer = Tokenizer.from_json(run.read_tokenizer(), config.tokenizer.tokens, "read")
    device = choose_device(replace(config.training, threads=asked["threads"]))
    size = size_for(asked["parameters"], tokenizer.size, len(labels))
    begun = time.perf_counter()
    learner = _Learner(run, tokenizer, device, size, asked["seed"])
    answers = learner.learn(60.0 * asked["minutes"])
    seconds = time.perf_counter() - begun
    network = learner.network.eval()

    @torch.no_grad()
    def answer(text: str) -> int:
        starts = iter([tokenizer.beginning(text, config.training.max_length)])
        ids = next(iter(tokenizer.stream(starts)))[: config.training.max_length]
        row = torch.tensor([[BOS, *ids.tolist(), EOS]], device=device.device)
        return int(network(row, torch.ones_like(row, dtype=torch.bool)).argmax())

    names = asked["labels"]
    return {
        "answers": [names.index(labels[number]) for number in answers],
        "seconds": seconds,
        "bytes": len(save({name: value.half().cpu() for name, value in network.state_dict().items()})),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "milliseconds": timed(answer, [text for _, text in asked["held"]]),
        "settings": {"beside": asked["beside"], "layers": _LAYERS, "heads": _HEADS, **size._asdict()},
    }
