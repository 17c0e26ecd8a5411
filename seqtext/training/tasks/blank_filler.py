"""Train the fill model: batches of blanks, evaluation, the model folder."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtext.characters import CLOZE_WORD, compiled
from seqtext.evaluation.metrics import expected_calibration_error, fit_temperature
from seqtext.evaluation.outcomes import Outcomes
from seqtext.models.blank_filler import BlankFiller
from seqtext.storage.model_folder import ModelFolder
from seqtext.tokenizer import Tokenizer
from seqtext.training.added_words import extended_weights
from seqtext.training.batches.blanks import FillBatch, make_examples, only_bags, word_starts
from seqtext.training.batches.token_file import TokenFile
from seqtext.training.networks.blank_filler import FillNetwork
from seqtext.training.networks.softmax import Candidates, Sampler
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import Run
from seqtext.training.schedule import Moment
from seqtext.training.tasks.base import Share, TrainingTask
from seqtext.training.word_vectors import ENOUGH, load_vectors, save_vectors, word_vectors

_HELD_OUT_EXAMPLES = 4_000
_VECTORS = Path("data") / "vectors.safetensors"


class FillTask(TrainingTask):
    """Train a FillNetwork on the segments of a TokenFile."""

    name = "fill"
    grows = True
    data: TokenFile

    def __init__(self, run: Run, request: Request, config: RunConfig, device: torch.device) -> None:
        super().__init__(run, request, config, device)
        self.tokenizer = Tokenizer.from_json(run.read_tokenizer(), config.tokenizer.tokens)
        self.network = FillNetwork(self.config, self.tokenizer.size).to(device)
        self.data, self.valid = TokenFile(run.data / "train"), TokenFile(run.data / "valid")
        self.tokens = self.data.tokens
        self.temperature = 1.0
        training = self.training
        self._sampler = Sampler(torch.from_numpy(self.data.counts), training.softmax, training.samples, training.seed)

    @staticmethod
    def question(text: str) -> str:
        """Blank the word in the middle of a text."""
        words = list(compiled(CLOZE_WORD).finditer(text))
        start, end = words[len(words) // 2].span() if words else (0, len(text))
        return f"{text[:start]}___{text[end:]}"

    @staticmethod
    def answer(model: BlankFiller, text: str) -> Any:
        """Fill the blanks of a text."""
        return model.fill(text)

    def start_from(self, weights: dict[str, Any]) -> None:
        """Start from another model's weights; add rows for the words it lacks."""
        super().start_from(extended_weights(weights, self.tokenizer.texts, self.data.counts))

    def begin(self, is_main: bool, wait: Callable[[], None]) -> int:
        """Initialise the embedding with word vectors counted from the corpus.

        returns how many words have counted vectors
        """
        if not self.config.counting:
            return 0
        if is_main:
            self.count()
        wait()
        path = self.run.folder / _VECTORS
        if not path.is_file():
            return 0
        vectors = load_vectors(path)
        self.network.begin_with(vectors, self.data.counts)
        return int(vectors.counted.sum())

    def count(self) -> None:
        """Count word vectors and store them in the run.

        None are counted where they are stored already, where tokens are characters, or where the corpus is small.
        """
        path = self.run.folder / _VECTORS
        if not path.is_file() and self.tokenizer.tokens != "char" and self.tokens >= ENOUGH:
            save_vectors(path, word_vectors(self.data, self.tokenizer, self.config.embedding, self.training.seed))

    def loss(self, segments: NDArray[np.int64], moment: Moment, share: Share) -> tuple[Tensor, int, int]:
        """Sum the loss of this process's share of blanks, in nats.

        Every random choice depends on the seed and the step alone: any number of processes computes the same loss.

        segments: indices, (rows,)
        returns the loss, (), then the number of blanks and of tokens in the whole batch
        """
        config = self.training
        generator = np.random.default_rng([config.seed, 1, moment.step])
        whole = make_examples(self.data.batch(segments), self.tokenizer, self.config, generator)
        if self.network.has_bag and moment.fraction < self.config.vectors:
            whole = only_bags(whole)
        candidates = self._sampler.draw(whole.target, moment.step)
        rows = share.rows(len(segments))
        shard = whole.rows(rows.numpy()) if share.processes > 1 else whole
        if candidates is not None:
            label_of = torch.zeros(self.tokenizer.size, dtype=torch.long)
            label_of[candidates.ids] = torch.arange(len(candidates.ids))
            candidates = Candidates(candidates.ids, candidates.correction, label_of[shard.target])
            candidates = Candidates(*(item.to(self.device) for item in candidates))
        if len(shard.target) == 0:  # fewer rows than processes
            return self.no_loss(), len(whole.target), int(whole.lengths.sum())
        drop = self.dropper(moment, rows, len(segments))
        nats, _ = self.network.loss(shard.to(self.device), candidates, drop)
        return nats, len(whole.target), int(whole.lengths.sum())

    @property
    def held_out_texts(self) -> int:
        """Count the held-out texts whose blanks are evaluated."""
        return sum(len(batch.ids) for batch in self.held_out())

    def held_out(self, texts: int | None = None) -> Iterator[FillBatch]:
        """Yield the same batches of held-out text with blanks every time.

        texts: how many texts; all where None, up to a fixed number of blanks
        """
        asked, start, width = 0, 0, 64
        chosen = self._chosen(texts)
        while start < len(chosen) and asked < _HELD_OUT_EXAMPLES:
            batch = make_examples(self.valid.batch(chosen[start : start + width]), self.tokenizer, self.config, None)
            asked, start = asked + len(batch.target), start + width
            yield batch.to(self.device)

    @torch.no_grad()
    def evaluate(self, texts: int | None = None) -> tuple[float, dict[str, float]]:
        """Measure the held-out loss, in nats per token over the whole vocabulary.

        The metrics are perplexity, top-1 and top-5 accuracy of words, and the expected calibration error of the first
        answer, raw and at a temperature fitted on the same text.

        texts: how many held-out texts; all where None
        """
        self.network.eval()
        wordlike = torch.from_numpy(self.tokenizer.wordlike).to(self.device)
        table, bias = self.network.embedding.weight, self.network.bias
        nats, top_logits, log_totals, ranks, rows = [], [], [], [], []
        read = 0
        for batch in self.held_out(texts):
            queries = self.network.query(batch)
            for start in range(0, len(batch.target), 512):
                target = batch.target[start : start + 512]
                logits = torch.nn.functional.linear(queries[start : start + 512], table, bias)
                log_total = torch.logsumexp(logits, 1)
                nats.append(log_total - logits.gather(1, target[:, None])[:, 0])
                is_word = wordlike[target]
                rows.append(batch.row[start : start + 512][is_word] + read)
                best = logits[is_word].topk(min(64, logits.shape[1]))
                matches = best.indices == target[is_word, None]
                top_logits.append(best.values)
                log_totals.append(log_total[is_word])
                ranks.append(torch.where(matches.any(1), matches.int().argmax(1), -1))
            read += len(batch.ids)
        loss = float(torch.cat(nats).mean())
        scores, rank = torch.cat(top_logits).cpu().numpy(), torch.cat(ranks).cpu().numpy()
        self._tell(torch.cat(rows).cpu().numpy(), rank == 0, texts)
        first = np.exp(scores[:, 0] - torch.cat(log_totals).cpu().numpy())
        self.temperature = fit_temperature(scores, rank)
        # Only the best 64 logits were kept: the mass outside them is taken as unchanged by the temperature.
        scaled = scores / self.temperature
        top_mass = np.exp(scores - torch.cat(log_totals).cpu().numpy()[:, None]).sum(1)
        calibrated = top_mass / np.exp(scaled - scaled[:, :1]).sum(1)
        return loss, {
            "perplexity": math.exp(min(50.0, loss)),
            "top1": float((rank == 0).mean()) if len(rank) else 0.0,
            "top5": float(((rank >= 0) & (rank < 5)).mean()) if len(rank) else 0.0,
            "calibration_error_raw": expected_calibration_error(first, rank == 0),
            "calibration_error": expected_calibration_error(calibrated, rank == 0),
        }

    def _tell(self, rows: NDArray[np.int64], right: NDArray[np.bool_], texts: int | None) -> None:
        """Keep the top-1 hits of each text; rows: (questions,) index of a question's text."""
        count = int(rows.max(initial=-1)) + 1
        chosen = self._chosen(texts)[:count]
        questions, hits = (np.bincount(rows, weights, minlength=count) for weights in (None, right))
        has_questions = questions > 0
        self.outcomes = Outcomes.of(
            "top1", self.valid.segments, chosen[has_questions], hits[has_questions], questions[has_questions]
        )

    def _chosen(self, texts: int | None) -> NDArray[np.int64]:
        """Sample held-out texts, (texts,): the same ones each time."""
        return np.random.default_rng(0).permutation(self.valid.segments)[:texts]

    def contents(self, history: list[dict[str, Any]], seconds: float) -> ModelFolder:
        """Return the model folder's contents with the present weights."""
        sample = self.data.batch(np.arange(min(self.data.segments, 2_000), dtype=np.int64))
        words = (word_starts(self.tokenizer, sample.ids) & sample.mask).sum()
        facts = {"words_per_token": float(words / sample.mask.sum()), "temperature": self.temperature}
        return self.model_folder(self.tokenizer.to_json(), history, seconds, **facts)
