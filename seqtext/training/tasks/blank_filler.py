"""The fill task as the loop sees it: batches of questions, held-out scores, the model folder."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtext.config import FillConfig, TokenizerConfig, TrainingConfig
from seqtext.evaluation.metrics import expected_calibration_error, fit_temperature
from seqtext.storage.model_folder import write_folder
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.blanks import FillBatch, make_examples, only_bags, word_starts
from seqtext.training.batches.order import Moment, Position, fraction_of_epoch, order
from seqtext.training.batches.token_file import TokenFile
from seqtext.training.networks.blank_filler import FillNetwork
from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.softmax import Candidates, Sampler
from seqtext.training.saving import folder_of
from seqtext.training.word_vectors import ENOUGH, load_vectors, save_vectors, word_vectors

_HELD_OUT_EXAMPLES = 4_000
_VECTORS = Path("data") / "vectors.safetensors"


class FillTask:
    """Trains a FillNetwork on the segments of a TokenFile."""

    score = "loss"

    def __init__(
        self,
        network: FillNetwork,
        tokenizer: Tokenizer,
        data: tuple[TokenFile, TokenFile],
        configs: tuple[TokenizerConfig, FillConfig, TrainingConfig],
        run: Path,
        device: torch.device,
        about: dict[str, Any],
    ) -> None:
        self.network, self.tokenizer, self.run, self.device, self.about = network, tokenizer, run, device, about
        self.data, self.valid = data
        self.configs = configs
        _, self.config, self.training = configs
        self.temperature = 1.0
        training = self.training
        self._sampler = Sampler(torch.from_numpy(self.data.counts), training.softmax, training.samples, training.seed)

    @property
    def tokens(self) -> int:
        """Tokens to learn from."""
        return self.data.tokens

    def count(self) -> None:
        """Leave word vectors made by counting in the run, unless they are there, or the text is little or letters."""
        path = self.run / _VECTORS
        if not path.is_file() and self.tokenizer.tokens != "char" and self.tokens >= ENOUGH:
            save_vectors(path, word_vectors(self.data, self.tokenizer, self.config.embedding, self.training.seed))

    def begin(self) -> int:
        """Begin with the vectors that `count` left; how many words they are for."""
        path = self.run / _VECTORS
        if not path.is_file():
            return 0
        found = load_vectors(path)
        self.network.begin_with(found, self.data.counts)
        return int(found.counted.sum())

    def batches(self, start: Position) -> Iterator[tuple[Position, NDArray[np.int64]]]:
        """See `loop.Task`: the segments of each batch."""
        return order(self.data, self.training.batch_size, self.training.seed, start)

    def epochs(self, position: Position) -> float:
        """See `loop.Task`."""
        return fraction_of_epoch(self.data, self.training.batch_size, position)

    def carried(self) -> dict[str, Tensor]:
        """Nothing: every text begins anew."""
        return {}

    def carry(self, tensors: dict[str, Tensor]) -> None:
        """See `carried`."""

    def loss(self, segments: NDArray[np.int64], moment: Moment, rank: int, world: int) -> tuple[Tensor, int, int]:
        """See `loop.Task`. Every random choice depends on the seed and the step alone, not on the process."""
        config = self.training
        generator = np.random.default_rng([config.seed, 1, moment.step])
        whole = make_examples(self.data.batch(segments), self.tokenizer, self.config, generator)
        if self.network.has_bag and moment.fraction < self.config.vectors:
            whole = only_bags(whole)
        candidates = self._sampler.draw(whole.target, moment.step)
        rows = np.arange(rank, len(segments), world)
        part = whole.rows(rows) if world > 1 else whole
        if candidates is not None:
            place = torch.zeros(self.tokenizer.size, dtype=torch.long)
            place[candidates.ids] = torch.arange(len(candidates.ids))
            candidates = Candidates(candidates.ids, candidates.correction, place[part.target])
            candidates = Candidates(*(item.to(self.device) for item in candidates))
        if len(part.target) == 0:  # fewer rows than processes
            return self.network.bias.sum() * 0.0, len(whole.target), int(whole.lengths.sum())
        drop = Dropper.at(moment, self.config.dropout, config.seed, torch.from_numpy(rows), len(segments))
        nats, _ = self.network.loss(part.to(self.device), candidates, drop)
        return nats, len(whole.target), int(whole.lengths.sum())

    def held_out(self) -> Iterator[FillBatch]:
        """Plain questions about held-out text, always the same ones."""
        asked, start, width = 0, 0, 64
        chosen = np.random.default_rng(0).permutation(self.valid.segments)
        while start < len(chosen) and asked < _HELD_OUT_EXAMPLES:
            batch = make_examples(self.valid.batch(chosen[start : start + width]), self.tokenizer, self.config, None)
            asked, start = asked + len(batch.target), start + width
            yield batch.to(self.device)

    @torch.no_grad()
    def evaluate(self) -> tuple[float, dict[str, float]]:
        """Held-out nats per token over the whole vocabulary; perplexity, top-1 and top-5 of words, calibration.

        The expected calibration error is that of the first answer, with a temperature fitted on the same text.
        """
        self.network.eval()
        wordlike = torch.from_numpy(self.tokenizer.wordlike).to(self.device)
        table, bias = self.network.embedding.weight, self.network.bias
        nats, tops, rests, places = [], [], [], []
        for batch in self.held_out():
            queries = self.network.query(batch)
            for start in range(0, len(batch.target), 512):
                target = batch.target[start : start + 512]
                logits = torch.nn.functional.linear(queries[start : start + 512], table, bias)
                total = torch.logsumexp(logits, 1)
                nats.append(total - logits.gather(1, target[:, None])[:, 0])
                asked = wordlike[target]
                best = logits[asked].topk(min(64, logits.shape[1]))
                found = best.indices == target[asked, None]
                tops.append(best.values)
                rests.append(total[asked])
                places.append(torch.where(found.any(1), found.int().argmax(1), -1))
        loss = float(torch.cat(nats).mean())
        scores, place = torch.cat(tops).cpu().numpy(), torch.cat(places).cpu().numpy()
        first = np.exp(scores[:, 0] - torch.cat(rests).cpu().numpy())
        self.temperature = fit_temperature(scores, place)
        # With a temperature the mass outside the best 64 is taken as unchanged.
        scaled = scores / self.temperature
        inside = np.exp(scores - torch.cat(rests).cpu().numpy()[:, None]).sum(1)
        after = inside / np.exp(scaled - scaled[:, :1]).sum(1)
        return loss, {
            "perplexity": math.exp(min(50.0, loss)),
            "top1": float((place == 0).mean()) if len(place) else 0.0,
            "top5": float(((place >= 0) & (place < 5)).mean()) if len(place) else 0.0,
            "calibration_error_raw": expected_calibration_error(first, place == 0),
            "calibration_error": expected_calibration_error(after, place == 0),
        }

    def save(self, history: list[dict[str, Any]], seconds: float) -> None:
        """Write the run's model folder with the present weights."""
        sample = self.data.batch(np.arange(min(self.data.segments, 2_000), dtype=np.int64))
        words = (word_starts(self.tokenizer, sample.ids) & sample.mask).sum()
        facts = {"seconds": round(seconds, 1), "tokens": self.tokens}
        found = folder_of(
            "fill", self.network, self.tokenizer.to_json(), self.configs, history, facts,
            words_per_token=float(words / sample.mask.sum()), temperature=self.temperature, **self.about,
        )  # fmt: skip
        write_folder(self.run, found, "fp16")
