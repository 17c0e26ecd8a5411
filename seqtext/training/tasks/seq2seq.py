"""The encoder–decoder as the loop sees it: batches of pairs, answers to held-out sources, the model folder."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtext.config import SUMMARY_SEARCH, SearchConfig, Seq2SeqConfig, TokenizerConfig, TrainingConfig
from seqtext.evaluation.metrics import bleu, chrf, rouge
from seqtext.models.pair_text import join_tokenizers
from seqtext.models.seq2seq import Summarizer, Translator
from seqtext.storage.model_folder import ModelFolder, write_folder
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.order import Moment, Position, fraction_of_epoch, order
from seqtext.training.batches.pair_files import PairFile
from seqtext.training.networks.dropout import Dropper
from seqtext.training.networks.seq2seq import Seq2SeqNetwork
from seqtext.training.saving import folder_of

_HELD_OUT_PAIRS = 1_000
_ANSWERED = {"translate": 200, "summarize": 60}  # held-out sources that are answered at each evaluation


class Seq2SeqTask:
    """Trains a Seq2SeqNetwork on a PairFile."""

    #: The metric by which the best weights are kept: that of answers as a user would get them.
    best_by: ClassVar[dict[str, str]] = {"translate": "bleu", "summarize": "rougeL"}

    def __init__(
        self,
        task: str,
        network: Seq2SeqNetwork,
        tokenizers: tuple[Tokenizer, Tokenizer],
        data: tuple[PairFile, PairFile],
        configs: tuple[TokenizerConfig, Seq2SeqConfig, TrainingConfig],
        run: Path,
        device: torch.device,
        about: dict[str, Any],
    ) -> None:
        self.task, self.network, self.tokenizers, self.run, self.device = task, network, tokenizers, run, device
        self.data, self.valid = data
        self.configs = configs
        _, self.config, self.training = configs
        longest = json.loads((run / "data" / "report.json").read_text(encoding="utf-8"))["longest"]
        self.about = {**about, **{f"longest_{side}": count for side, count in longest.items()}}
        sample = json.loads((run / "data" / "sample.json").read_text(encoding="utf-8"))
        chosen = np.random.default_rng(0).permutation(len(sample))[: _ANSWERED[task]]
        self._sample: list[tuple[str, str]] = [tuple(sample[place]) for place in sorted(chosen.tolist())]
        self.score = self.best_by[task]

    @property
    def tokens(self) -> int:
        """Tokens to learn from, both sides."""
        return self.data.tokens

    def batches(self, start: Position) -> Iterator[tuple[Position, NDArray[np.int64]]]:
        """See `loop.Task`: the pairs of each batch."""
        return order(self.data, self.training.batch_size, self.training.seed, start)

    def epochs(self, position: Position) -> float:
        """See `loop.Task`."""
        return fraction_of_epoch(self.data, self.training.batch_size, position)

    def carried(self) -> dict[str, Tensor]:
        """Nothing: every pair begins anew."""
        return {}

    def carry(self, tensors: dict[str, Tensor]) -> None:
        """See `carried`."""

    def loss(self, segments: NDArray[np.int64], moment: Moment, rank: int, world: int) -> tuple[Tensor, int, int]:
        """See `loop.Task`."""
        whole = self.data.batch(segments)
        rows = torch.arange(rank, len(segments), world)
        targets = int(whole.target_lengths.sum())
        size = targets + int(whole.source_lengths.sum())
        if len(rows) == 0:  # fewer rows than processes
            return self.network.bias.sum() * 0.0, targets, size
        part = whole.rows(rows) if world > 1 else whole
        drop = Dropper.at(moment, self.config.dropout, self.training.seed, rows, len(segments))
        return self.network.loss(part.to(self.device), drop), targets, size

    @torch.no_grad()
    def evaluate(self) -> tuple[float, dict[str, float]]:
        """Held-out nats per token of the target, and the scores of answers to some held-out sources."""
        self.network.eval()
        count, nats = 0, 0.0
        chosen = np.random.default_rng(0).permutation(self.valid.segments)[:_HELD_OUT_PAIRS]
        chosen = chosen[np.argsort(self.valid.sides(chosen).sum(1), kind="stable")]
        for start in range(0, len(chosen), 32):
            batch = self.valid.batch(chosen[start : start + 32]).to(self.device)
            own, _ = self.network.log_probs(batch, self.network(batch))
            nats, count = nats - float(own.sum()), count + len(own)
        loss = nats / count
        metrics = {"perplexity": math.exp(min(50.0, loss)), **self._answers()}
        return loss, metrics

    def _answers(self) -> dict[str, float]:
        """BLEU and chrF, or ROUGE, of the model as it would be saved now; greedy, so that it takes little time."""
        sources, targets = ([pair[side].strip() for pair in self._sample] for side in (0, 1))
        found = self.contents([{"step": 0, "seconds": 0.0}], 0.0)
        if self.task == "translate":
            greedy = SearchConfig(beam=1)
            texts = [one[0].text for one in Translator(found).translate(sources, greedy)]
            return {"bleu": bleu(texts, targets)["bleu"], "chrf": chrf(texts, targets)["chrf"]}
        texts = [one[0].text for one in Summarizer(found).summarize(sources, SearchConfig(beam=1, **SUMMARY_SEARCH))]
        return rouge(texts, targets)

    def save(self, history: list[dict[str, Any]], seconds: float) -> None:
        """Write the run's model folder with the present weights."""
        write_folder(self.run, self.contents(history, seconds), "fp16")

    def contents(self, history: list[dict[str, Any]], seconds: float) -> ModelFolder:
        """What the model folder holds."""
        facts = {"seconds": round(seconds, 1), "tokens": self.tokens}
        return folder_of(
            self.task, self.network, join_tokenizers(*self.tokenizers), self.configs, history, facts, **self.about
        )
