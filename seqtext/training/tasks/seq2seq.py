"""Train the encoder–decoder: batches of pairs, evaluation, the model folder."""

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtext.config import SUMMARY_SEARCH, SearchConfig
from seqtext.evaluation.intervals import Floats, parts
from seqtext.evaluation.metrics import ROUGE, bleu, chrf, rouge, rouge_of_each
from seqtext.evaluation.outcomes import Outcomes, bleu_parts
from seqtext.models.channel import PREFIX as CHANNEL
from seqtext.models.pair_text import join_tokenizers, tokenizers_from
from seqtext.models.source_text import learnt_kinds
from seqtext.models.summarizer import Summarizer
from seqtext.models.translator import Translator
from seqtext.storage.model_folder import ModelFolder, read_folder, write_folder
from seqtext.storage.weights import DOUBT_TABLE
from seqtext.training.batches.pair_files import PairFile
from seqtext.training.doubt import MOST_SOURCES, bits_for, fit_source_doubt, no_doubt
from seqtext.training.model_card import card, doubt_marks
from seqtext.training.networks.seq2seq import Seq2SeqNetwork
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import Run
from seqtext.training.schedule import Moment
from seqtext.training.tasks.base import Share, TrainingTask

_HELD_OUT_PAIRS = 1_000
_MOST_HELD_OUT = 2_000  # sources that calibrate a doubt
_MOST_BITS = 16  # of a doubt's table: larger ones tell no more
_FEWEST_UPDATES = 50  # of a model that a doubt is worth fitting for
_DOUBT_SECONDS = 6.0  # that fitting a doubt takes


class Seq2SeqTask(TrainingTask):
    """Train a Seq2SeqNetwork on a PairFile; the subclasses score its outputs."""

    data: PairFile
    #: Number of held-out sources that are decoded at each evaluation.
    answered: int
    #: Whether users give its models everyday language, whatever they have learnt from.
    everyday: bool

    def __init__(self, run: Run, request: Request, config: RunConfig, device: torch.device) -> None:
        super().__init__(run, request, config, device)
        self.tokenizers = tokenizers_from(run.read_tokenizer(), config.tokenizer.tokens)
        source, target = self.tokenizers
        self.network = Seq2SeqNetwork(self.config, target.size, source.size).to(device)
        self.data, self.valid = PairFile(run.data / "train"), PairFile(run.data / "valid")
        self.tokens = self.data.tokens  # of both sides
        sample = run.read_data("sample.json")
        self._learnt_kinds = learnt_kinds(source for source, _ in sample)
        chosen = np.random.default_rng(0).permutation(len(sample))[: self.answered]
        self._sample: list[tuple[str, str]] = [tuple(sample[position]) for position in sorted(chosen.tolist())]

    def describe_data(self) -> dict[str, Any]:
        """Describe the corpora for config.json.

        Adds the most tokens of each side, and the unusual kinds of source that were learnt.
        """
        longest = {f"longest_{side}": count for side, count in (self.run.read_report().longest or {}).items()}
        return super().describe_data() | longest | {"learnt_kinds": self._learnt_kinds}

    @classmethod
    def inputs(cls, request: Request, network: Any) -> Iterator[str]:
        """Read the sources of a corpus of pairs."""
        return (source for source, _ in request.pairs(request.valid or request.corpora))

    @abstractmethod
    def score_answers(self, model: ModelFolder, sources: list[str], targets: list[str]) -> dict[str, float]:
        """Score a model's greedy outputs for given sources. Beam search would take longer."""

    def loss(self, segments: NDArray[np.int64], moment: Moment, share: Share) -> tuple[Tensor, int, int]:
        """Compute the summed loss of the pairs' targets, in nats.

        segments: indices, (rows,)
        """
        whole = self.data.batch(segments)
        rows = share.rows(len(segments))
        targets = int(whole.target_lengths.sum())
        size = targets + int(whole.source_lengths.sum())
        if len(rows) == 0:  # fewer rows than processes
            return self.no_loss(), targets, size
        shard = whole.rows(rows) if share.processes > 1 else whole
        drop = self.dropper(moment, rows, len(segments))
        return self.network.loss(shard.to(self.device), drop), targets, size

    @property
    def held_out_texts(self) -> int:
        """Count the held-out pairs that are measured."""
        return min(_HELD_OUT_PAIRS, self.valid.segments)

    @torch.no_grad()
    def evaluate(self, texts: int | None = None) -> tuple[float, dict[str, float]]:
        """Measure the held-out loss, in nats per token of the target.

        The metrics are perplexity and the scores of outputs for some held-out sources.
        texts: how many held-out pairs; all where None; of fewer, as small a share of the sources is decoded
        """
        self.network.eval()
        count, nats, total = 0, 0.0, self.held_out_texts
        texts = total if texts is None else min(total, texts)
        chosen = np.random.default_rng(0).permutation(self.valid.segments)[:texts]
        chosen = chosen[np.argsort(self.valid.sides(chosen).sum(1), kind="stable")]
        for start in range(0, len(chosen), 32):
            batch = self.valid.batch(chosen[start : start + 32]).to(self.device)
            log_probs, _ = self.network.log_probs(batch, self.network(batch))
            nats, count = nats - float(log_probs.sum()), count + len(log_probs)
        loss = nats / count
        metrics = {"perplexity": math.exp(min(50.0, loss)), **self._answers(-(-len(self._sample) * texts // total))}
        return loss, metrics

    def _answers(self, count: int) -> dict[str, float]:
        """Score outputs for the first sources, by the model as it would be saved now."""
        sources, targets = ([pair[side].strip() for pair in self._sample[:count]] for side in (0, 1))
        return self.score_answers(self.contents([{"step": 0, "seconds": 0.0}], 0.0), sources, targets)

    def _tell(self, score: str, sums: Floats) -> None:
        """Keep the scores of the first sources, those that were decoded."""
        self.outcomes = Outcomes(score, len(self._sample), np.arange(len(sums)), sums)

    def contents(self, history: list[dict[str, Any]], seconds: float) -> ModelFolder:
        """Return the model folder's contents with the present weights."""
        return self.model_folder(join_tokenizers(*self.tokenizers), history, seconds)

    def start_from(self, weights: dict[str, Any]) -> None:
        """Start from another model's weights; its doubt is fitted anew, and it goes on without its channel."""
        beside = (DOUBT_TABLE, CHANNEL)
        super().start_from({name: value for name, value in weights.items() if not name.startswith(beside)})

    @property
    def conclusion_seconds(self) -> float:
        """Estimate the seconds that fitting a doubt takes.

        0 where it would take too much of the budget: it is left out.
        """
        return 0.0 if self._no_doubt else _DOUBT_SECONDS

    @property
    def _no_doubt(self) -> str:
        """Return why no doubt can be fitted, "" where one can."""
        steps = self.training.steps
        if steps is not None and steps < _FEWEST_UPDATES:
            return f"no texts will be marked: that takes {_FEWEST_UPDATES} updates or more"
        pairs = self.data.segments + self.valid.segments
        return no_doubt(self.measured_on, pairs, self.training.minutes, _DOUBT_SECONDS)

    def conclude(self) -> Iterator[tuple[str, str]]:
        """Fit a doubt of unusual sources; add it to the saved model."""
        yield "Unusual", self._no_doubt or self._fit_doubt()

    def _fit_doubt(self) -> str:
        saved, seed = read_folder(self.run.folder), self.training.seed
        learnt, held_out = (
            [file.source.segment(k) for k in np.random.default_rng(seed).permutation(file.segments)[:most].tolist()]
            for file, most in ((self.data, MOST_SOURCES), (self.valid, _MOST_HELD_OUT))
        )
        bits = min(_MOST_BITS, bits_for(2 * sum(array.size for array in saved.weights.values())))
        fitted = fit_source_doubt(learnt, held_out, self.tokenizers[0], bits, seed, everyday=self.everyday)
        config, weights = {**saved.config, "doubt": fitted.facts}, {**saved.weights, DOUBT_TABLE: fitted.table}
        model_card = card(config, self.run.folder.name)
        write_folder(self.run.folder, replace(saved, config=config, weights=weights, card=model_card), "fp16")
        return f"{doubt_marks(fitted.facts)}, would be marked as unusual"


class TranslateTask(Seq2SeqTask):
    """Train a translator.

    BLEU of a few greedy outputs is shown, but is too noisy to choose weights by: it once chose step 2,867 of 7,900. The
    held-out loss chooses.
    """

    name, answered, everyday = "translate", 200, True

    @staticmethod
    def answer(model: Translator, text: str) -> Any:
        """Translate a text."""
        return model.translate([text])

    def score_answers(self, model: ModelFolder, sources: list[str], targets: list[str]) -> dict[str, float]:
        """Measure BLEU and chrF of greedy translations, from 0 to 100. Raises SeqtextError without sacreBLEU."""
        texts = [hypotheses[0].text for hypotheses in Translator(model).translate(sources, SearchConfig(beam=1))]
        self._tell("bleu", bleu_parts(texts, targets))
        return {"bleu": bleu(texts, targets)["bleu"], "chrf": chrf(texts, targets)["chrf"]}


class SummarizeTask(Seq2SeqTask):
    """Train a summarizer.

    ROUGE of a few greedy outputs is shown, but is too noisy to choose weights by.
    """

    name, answered, everyday = "summarize", 60, False

    @staticmethod
    def answer(model: Summarizer, text: str) -> Any:
        """Summarize a text."""
        return model.summarize([text])

    def score_answers(self, model: ModelFolder, sources: list[str], targets: list[str]) -> dict[str, float]:
        """Measure ROUGE-1, ROUGE-2 and ROUGE-L of greedy summaries, from 0 to 100."""
        search = SearchConfig(beam=1, **SUMMARY_SEARCH)
        texts = [hypotheses[0].text for hypotheses in Summarizer(model).summarize(sources, search)]
        self._tell("rougeL", parts(100 * rouge_of_each(texts, targets)[:, ROUGE.index("rougeL")]))
        return rouge(texts, targets)
