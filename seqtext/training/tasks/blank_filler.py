"""The fill task as the loop sees it: batches of questions, held-out scores, the model folder."""

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
    """Trains a FillNetwork on the segments of a TokenFile."""

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
        """Begin with the weights of another model, and with some for the words that it lacks."""
        super().start_from(extended_weights(weights, self.tokenizer.texts, self.data.counts))

    def begin(self, is_main: bool, wait: Callable[[], None]) -> int:
        """Begin with word vectors counted from the corpus; how many words have them."""
        if not self.config.counting:
            return 0
        if is_main:
            self.count()
        wait()
        path = self.run.folder / _VECTORS
        if not path.is_file():
            return 0
        found = load_vectors(path)
        self.network.begin_with(found, self.data.counts)
        return int(found.counted.sum())

    def count(self) -> None:
        """Leave word vectors made by counting in the run, unless they are there, or the text is little or letters."""
        path = self.run.folder / _VECTORS
        if not path.is_file() and self.tokenizer.tokens != "char" and self.tokens >= ENOUGH:
            save_vectors(path, word_vectors(self.data, self.tokenizer, self.config.embedding, self.training.seed))

    def loss(self, segments: NDArray[np.int64], moment: Moment, share: Share) -> tuple[Tensor, int, int]:
        """Sum the nats of the questions about some segments.

        Every random choice depends on the seed and the step alone, not on the process.
        """
        config = self.training
        generator = np.random.default_rng([config.seed, 1, moment.step])
        whole = make_examples(self.data.batch(segments), self.tokenizer, self.config, generator)
        if self.network.has_bag and moment.fraction < self.config.vectors:
            whole = only_bags(whole)
        candidates = self._sampler.draw(whole.target, moment.step)
        rows = share.rows(len(segments))
        part = whole.rows(rows.numpy()) if share.processes > 1 else whole
        if candidates is not None:
            place = torch.zeros(self.tokenizer.size, dtype=torch.long)
            place[candidates.ids] = torch.arange(len(candidates.ids))
            candidates = Candidates(candidates.ids, candidates.correction, place[part.target])
            candidates = Candidates(*(item.to(self.device) for item in candidates))
        if len(part.target) == 0:  # fewer rows than processes
            return self.no_loss(), len(whole.target), int(whole.lengths.sum())
        drop = self.dropper(moment, rows, len(segments))
        nats, _ = self.network.loss(part.to(self.device), candidates, drop)
        return nats, len(whole.target), int(whole.lengths.sum())

    @property
    def held_out_texts(self) -> int:
        """Tell about how many held-out texts questions are asked."""
        return sum(len(batch.ids) for batch in self.held_out())

    def held_out(self, texts: int | None = None) -> Iterator[FillBatch]:
        """Plain questions about held-out text, always the same ones; of so many texts, or of all."""
        asked, start, width = 0, 0, 64
        chosen = self._chosen(texts)
        while start < len(chosen) and asked < _HELD_OUT_EXAMPLES:
            batch = make_examples(self.valid.batch(chosen[start : start + width]), self.tokenizer, self.config, None)
            asked, start = asked + len(batch.target), start + width
            yield batch.to(self.device)

    @torch.no_grad()
    def evaluate(self, texts: int | None = None) -> tuple[float, dict[str, float]]:
        """Held-out nats per token over the whole vocabulary; perplexity, top-1 and top-5 of words, calibration.

        The expected calibration error is that of the first answer, with a temperature fitted on the same text.
        """
        self.network.eval()
        wordlike = torch.from_numpy(self.tokenizer.wordlike).to(self.device)
        table, bias = self.network.embedding.weight, self.network.bias
        nats, tops, rests, places, rows = [], [], [], [], []
        read = 0
        for batch in self.held_out(texts):
            queries = self.network.query(batch)
            for start in range(0, len(batch.target), 512):
                target = batch.target[start : start + 512]
                logits = torch.nn.functional.linear(queries[start : start + 512], table, bias)
                total = torch.logsumexp(logits, 1)
                nats.append(total - logits.gather(1, target[:, None])[:, 0])
                asked = wordlike[target]
                rows.append(batch.row[start : start + 512][asked] + read)
                best = logits[asked].topk(min(64, logits.shape[1]))
                found = best.indices == target[asked, None]
                tops.append(best.values)
                rests.append(total[asked])
                places.append(torch.where(found.any(1), found.int().argmax(1), -1))
            read += len(batch.ids)
        loss = float(torch.cat(nats).mean())
        scores, place = torch.cat(tops).cpu().numpy(), torch.cat(places).cpu().numpy()
        self._tell(torch.cat(rows).cpu().numpy(), place == 0, texts)
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

    def _tell(self, rows: NDArray[np.int64], right: NDArray[np.bool_], texts: int | None) -> None:
        """Keep what came of each text that was read; rows: (questions,) which one a question is about."""
        count = int(rows.max(initial=-1)) + 1
        chosen = self._chosen(texts)[:count]
        questions, hits = (np.bincount(rows, weights, minlength=count) for weights in (None, right))
        asked = questions > 0
        self.outcomes = Outcomes.of("top1", self.valid.segments, chosen[asked], hits[asked], questions[asked])

    def _chosen(self, texts: int | None) -> NDArray[np.int64]:
        """Choose held-out texts, (texts,): the same ones each time."""
        return np.random.default_rng(0).permutation(self.valid.segments)[:texts]

    def contents(self, history: list[dict[str, Any]], seconds: float) -> ModelFolder:
        """Return what the model folder holds with the present weights."""
        sample = self.data.batch(np.arange(min(self.data.segments, 2_000), dtype=np.int64))
        words = (word_starts(self.tokenizer, sample.ids) & sample.mask).sum()
        own = {"words_per_token": float(words / sample.mask.sum()), "temperature": self.temperature}
        return self.model_folder(self.tokenizer.to_json(), history, seconds, **own)
