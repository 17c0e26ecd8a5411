"""The classifier as the loop sees it: batches of labelled texts, held-out scores, the model folder."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtext.config import ClassifyConfig, TokenizerConfig, TrainingConfig
from seqtext.evaluation.confusion import macro_f1
from seqtext.evaluation.metrics import expected_calibration_error, fit_temperature
from seqtext.evaluation.multilabel import fit_several, several_scores
from seqtext.storage.model_folder import write_folder
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.label_files import LabelFile
from seqtext.training.batches.order import Moment, Position, fraction_of_epoch, order
from seqtext.training.networks.classifier import ClassifyNetwork, label_weights
from seqtext.training.networks.dropout import Dropper
from seqtext.training.saving import folder_of

_BEST = 64  # labels of which a temperature is fitted
_DECISIONS = 10_000_000  # a text and a label, measured at each evaluation


class ClassifyTask:
    """Trains a ClassifyNetwork on a LabelFile."""

    def __init__(
        self,
        network: ClassifyNetwork,
        tokenizer: Tokenizer,
        data: tuple[LabelFile, LabelFile],
        configs: tuple[TokenizerConfig, ClassifyConfig, TrainingConfig],
        run: Path,
        device: torch.device,
        about: dict[str, Any],
    ) -> None:
        self.network, self.tokenizer, self.run, self.device, self.about = network, tokenizer, run, device, about
        self.data, self.valid = data
        self.configs = configs
        _, self.config, self.training = configs
        self.labels: list[str] = json.loads((run / "data" / "labels.json").read_text(encoding="utf-8"))
        counts = torch.from_numpy(np.bincount(self.data.labels, minlength=len(self.labels)))
        self._weights = label_weights(counts, self.config.balance).to(device)
        self.temperature, self.threshold = 1.0, 0.5
        #: Where rare labels are to count as much, the best weights are kept by a score in which they do.
        self.score = "macro_f1" if self.config.balance else "micro_f1" if self.config.several else "accuracy"

    @classmethod
    def of(
        cls, tokenizer: Tokenizer, data: tuple[LabelFile, LabelFile], configs: Any, run: Path, device: Any, about: Any
    ) -> "ClassifyTask":
        """A new network and its task, for as many labels as the run's data have."""
        labels = json.loads((run / "data" / "labels.json").read_text(encoding="utf-8"))
        network = ClassifyNetwork(configs[1], tokenizer.size, len(labels)).to(device)
        return cls(network, tokenizer, data, configs, run, device, about)

    @property
    def tokens(self) -> int:
        """Tokens to learn from."""
        return self.data.tokens

    def batches(self, start: Position) -> Iterator[tuple[Position, NDArray[np.int64]]]:
        """See `loop.Task`: the texts of each batch."""
        return order(self.data.texts, self.training.batch_size, self.training.seed, start)

    def epochs(self, position: Position) -> float:
        """See `loop.Task`."""
        return fraction_of_epoch(self.data.texts, self.training.batch_size, position)

    def carried(self) -> dict[str, Tensor]:
        """Nothing: every text begins anew."""
        return {}

    def carry(self, tensors: dict[str, Tensor]) -> None:
        """See `carried`."""

    def loss(self, segments: NDArray[np.int64], moment: Moment, rank: int, world: int) -> tuple[Tensor, int, int]:
        """See `loop.Task`."""
        whole = self.data.batch(segments)
        size = int(whole.mask.sum())
        rows = torch.arange(rank, len(segments), world)
        if len(rows) == 0:  # fewer rows than processes
            return self.network.output.bias.sum() * 0.0, len(segments), size
        part = (whole.rows(rows) if world > 1 else whole).to(self.device)
        known = bool(self.network.taken)
        drop = Dropper.at(moment, self.config.dropout, self.training.seed, rows, len(segments), known)
        frozen = self.network.taken and moment.fraction < self.config.frozen
        scores = self.network(part, drop, frozen)
        return self.network.loss(scores, part.labels, self._weights), len(segments), size

    @torch.no_grad()
    def evaluate(self) -> tuple[float, dict[str, float]]:
        """Held-out nats per text; accuracy, macro-F1, calibration of the first answer at a temperature fitted here.

        Where texts may have several labels: micro-F1, macro-F1 and subset accuracy at a threshold fitted here.
        """
        self.network.eval()
        everything = np.arange(self.valid.segments, dtype=np.int64)
        if self.config.several:
            return self._evaluate_several(everything[: max(200, _DECISIONS // len(self.labels))])
        ranked = everything[np.argsort(self.valid.lengths(everything), kind="stable")]
        tops, places, guesses, nats, rests = [], [], [], [], []
        for start in range(0, len(ranked), 64):
            batch = self.valid.batch(ranked[start : start + 64]).to(self.device)
            scores = self.network(batch).float()
            own = scores.gather(1, batch.labels[:, None])
            nats.append(torch.logsumexp(scores, 1) - own[:, 0])
            best = scores.topk(min(_BEST, scores.shape[1]))
            found = best.indices == batch.labels[:, None]
            tops.append(best.values.cpu().numpy())
            rests.append(torch.logsumexp(scores, 1).cpu().numpy())
            places.append(torch.where(found.any(1), found.int().argmax(1), -1).cpu().numpy())
            guesses.append(best.indices[:, 0].cpu().numpy())
        top, place, guess = np.concatenate(tops), np.concatenate(places), np.concatenate(guesses)
        self.temperature = fit_temperature(top, place)
        first = np.exp(top[:, 0] - np.concatenate(rests))
        scaled = top / self.temperature
        after = 1.0 / np.exp(scaled - scaled[:, :1]).sum(1)
        return float(torch.cat(nats).mean()), {
            "accuracy": float((place == 0).mean()),
            "macro_f1": macro_f1(self.valid.labels[ranked], guess),
            "calibration_error_raw": expected_calibration_error(first, place == 0),
            "calibration_error": expected_calibration_error(after, place == 0),
        }

    def _evaluate_several(self, segments: NDArray[np.int64]) -> tuple[float, dict[str, float]]:
        ranked = segments[np.argsort(self.valid.lengths(segments), kind="stable")]
        parts = []
        for start in range(0, len(ranked), 64):
            batch = self.valid.batch(ranked[start : start + 64]).to(self.device)
            parts.append(self.network(batch).float().cpu().numpy())
        scores, true = np.concatenate(parts), self.valid.targets(ranked) > 0
        self.temperature, self.threshold = fit_several(scores, true)
        chosen = scores >= self.temperature * np.log(self.threshold / (1 - self.threshold))
        nats = np.logaddexp(0.0, np.where(true, -scores, scores)).sum(1)
        return float(nats.mean()), {**several_scores(true, chosen), "threshold": self.threshold}

    def save(self, history: list[dict[str, Any]], seconds: float) -> None:
        """Write the run's model folder with the present weights."""
        facts = {"seconds": round(seconds, 1), "tokens": self.tokens}
        more = {"threshold": self.threshold} if self.config.several else {}
        found = folder_of(
            "classify", self.network, self.tokenizer.to_json(), self.configs, history, facts,
            labels=self.labels, longest=self.training.max_length, temperature=self.temperature, **more,
            **self.about,
        )  # fmt: skip
        write_folder(self.run, found, "fp16")
