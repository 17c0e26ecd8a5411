"""Train the classifier: batches of labelled texts, evaluation, the model folder."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtext.config import RECURRENT_CELLS, ClassifyConfig
from seqtext.evaluation.calibration import (
    Calibration,
    UsualLabel,
    UsualLabels,
    calibrate,
    calibration_error,
    judgement,
    kept_texts,
    nats_of,
    text_f1,
)
from seqtext.evaluation.confusion import macro_f1
from seqtext.evaluation.multilabel import fit_several, several_scores
from seqtext.evaluation.outcomes import Outcomes
from seqtext.models.classifier import Classifier
from seqtext.networks.hashing import Speller
from seqtext.networks.threads import one_thread
from seqtext.storage.model_folder import ModelFolder
from seqtext.storage.weights import DOUBT_TABLE
from seqtext.tasks import FILL, GENERATE, Settings
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.label_files import LabelFile, counted_tokens
from seqtext.training.held_out_scores import HELD_OUT, HeldOutScores
from seqtext.training.linear import one_hot
from seqtext.training.networks.classifier import ClassifyNetwork, label_weights
from seqtext.training.ngrams import Labelled, fit_linear
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import OUT_OF_FOLD, Run
from seqtext.training.schedule import Moment
from seqtext.training.size import frozen_form, rounded
from seqtext.training.tasks.base import Share, TrainingTask, Transfer
from seqtext.training.tasks.conclusion import conclude, seconds_to_conclude
from seqtext.training.tasks.few_labels import fit_output

_READ_TO_ROUND = 10_000  # tokens, about
_DECISIONS = 10_000_000  # pairs of a text and a label, measured at each evaluation

#: Defaults of a classifier that takes over the encoder of a fill or language model.
_TRANSFER: Settings = {"batch_size": 512, "learning_rate": 1e-3, "pooling": "max,mean"}
#: Defaults where a new encoder reads both the word vectors and the states of the frozen encoder.
_TRANSFER_BESIDE: Settings = {
    "batch_size": 1024, "learning_rate": 1e-3, "frozen": 0.1, "dropout": 0.5, "widths": "1,2,3",
}  # fmt: skip


def taken_settings(config: Mapping[str, Any], encoder: str | None = None, beside: str | None = None) -> dict[str, Any]:
    """Choose a classifier's settings for transfer from a fill or language model.

    Its vectors learn on: word vectors learnt without labels make up for much of what few labelled texts cannot teach
    (Kim 2014, arXiv:1408.5882). The model's recurrent encoder stays frozen, and its states stand beside the vectors
    (Peters et al. 2018, N18-1202), unless `none` is asked for; a new encoder, a convolution where none is named, reads
    both. Only where the encoder asked for is the model's own does that encoder learn on (Howard and Ruder 2018,
    P18-1031).

    config: what the model's config.json holds; encoder, beside: the --encoder and --context that were asked for, if any
    returns no settings for a model of another task
    """
    if config["task"] not in (FILL.name, GENERATE.name):
        return {}
    network = config["network"]
    direction, recurrent = network.get("direction", "forward"), network["cell"] in RECURRENT_CELLS
    if recurrent and encoder == network["cell"]:
        sizes = {name: network[name] for name in ("layers", "hidden", "embedding")}
        return {"encoder": encoder, **sizes, "direction": direction}
    readers = ",".join(str(value) for value in (network["cell"], network["layers"], network["hidden"], direction))
    return {
        "encoder": encoder or "convolution",
        "embedding": network["embedding"],
        "context": readers if recurrent and beside != "none" else "none",
    }


class ClassifyTask(TrainingTask):
    """Train a ClassifyNetwork on a LabelFile."""

    name = "classify"

    def __init__(self, run: Run, request: Request, config: RunConfig, device: torch.device) -> None:
        super().__init__(run, request, config, device)
        self.tokenizer = Tokenizer.from_json(run.read_tokenizer(), config.tokenizer.tokens)
        self.labels: list[str] = run.read_data("labels.json")
        self.network = ClassifyNetwork(self.config, self.tokenizer.size, len(self.labels)).to(device)
        self.texts, self.valid = (
            LabelFile(run.data / name, self.config, self.tokenizer, config.training.max_length)
            for name in ("train", "valid")
        )
        self.data, self.tokens = self.texts, self.texts.tokens
        counts = torch.from_numpy(np.bincount(self.texts.labels, minlength=len(self.labels)))
        self._counts = counts.numpy()
        self._weights = label_weights(counts, self.config.balance).to(device)
        self.calibration, self.threshold = Calibration(1.0, None), 0.5
        self._told: tuple[NDArray[np.int64], NDArray[np.float32]] | None = None  # texts and scores of an evaluation
        self.remarks: list[str] = []  # on the scores of the present weights
        #: With --balance rare labels count as much, so the best weights are chosen by a loss in which they do.
        self.score = "balanced_loss" if self.config.balance else "loss"

    @classmethod
    def transfer(cls, config: Mapping[str, Any], settings: Settings) -> Transfer | None:
        """Return the settings to take from a fill or language model. See `taken_settings`."""
        taken = taken_settings(config, settings.get("encoder"), settings.get("context"))
        return Transfer(taken, _TRANSFER_BESIDE if "context" in taken else _TRANSFER) if taken else None

    @classmethod
    def inputs(cls, request: Request, network: ClassifyConfig) -> Iterator[str]:
        """Read the texts of a labelled corpus, without their labels."""
        return (text for _, text in request.labelled(request.valid or request.corpora, several=network.several))

    @staticmethod
    def answer(model: Classifier, text: str) -> Any:
        """Label a text."""
        return model.classify([text])

    def start_from(self, weights: dict[str, Any]) -> None:
        """Start from a classifier's weights, or from a fill or language model's."""
        if "output.bias" in weights:
            super().start_from({name: value for name, value in weights.items() if name != DOUBT_TABLE})
        else:
            self.network.take_over(self._of_own_tokens(weights), self.tokenizer.texts)
            self._round_frozen()

    def _round_frozen(self) -> None:
        """Round frozen encoders, and vectors that do not learn, to the form that --size stores.

        What learns is then fitted to the weights that the saved model will have.
        """
        if not self.config.size:
            return
        state = {name: value.cpu().numpy() for name, value in self.network.state_dict().items()}
        prefixes = ("context.", "embedding.") if self.config.probe else ("context.",)
        frozen = {name: value for name, value in state.items() if name.startswith(prefixes)}
        if not frozen:
            return
        form = frozen_form(self.config, {name: value.shape for name, value in state.items()}, self.tokenizer.to_json())
        weights = rounded(frozen, form, self._inputs_of_readers)
        self.network.load_state_dict(
            {name: torch.from_numpy(weights.get(name, value)) for name, value in state.items()}
        )

    @torch.no_grad()
    def _inputs_of_readers(self) -> dict[str, NDArray[np.float32]]:
        """Collect what each matrix of the frozen encoder reads in some texts, (tokens, columns).

        The result is empty where its layers are stacked.
        """
        context = self.network.context
        if context is None or context.config.layers > 1:
            return {}
        read: list[tuple[Tensor, Tensor]] = []
        texts = min(self.texts.segments, 1 + _READ_TO_ROUND * self.texts.segments // max(1, self.tokens))
        chosen = np.linspace(0, self.texts.segments - 1, texts).astype(np.int64)
        for start in range(0, texts, 32):
            batch = self.texts.batch(chosen[start : start + 32]).to(self.device)
            vectors = self.network.embedding(batch.ids)
            read.append((vectors[batch.mask], context.states(vectors, batch.mask)[batch.mask].float()))
        vectors, states = (torch.cat(parts).cpu().numpy() for parts in zip(*read, strict=True))
        sides = [name.split(".")[0] for name, _ in context.named_parameters() if name.endswith("weight_hh_l0")]
        return {
            f"context.{side}.layers.0.weight_{kind}_l0": inputs
            for side, side_states in zip(sides, np.split(states, len(sides), 1), strict=True)
            for kind, inputs in (("ih", vectors), ("hh", side_states))
        }

    def _of_own_tokens(self, weights: dict[str, Any]) -> dict[str, Any]:
        """Select the vectors of the tokens that --size has left."""
        source = self.request.start_model() if self.config.size else None
        if source is None:
            return weights
        vocabulary = Tokenizer.from_json(source.tokenizer, self.settings.tokenizer.tokens, "read")
        return {**weights, "embedding.weight": weights["embedding.weight"][self.tokenizer.known_to(vocabulary)]}

    @property
    def vocabulary(self) -> int:
        """Count the tokenizer's tokens, whether or not each has a vector."""
        return self.tokenizer.size

    @property
    def is_fitted(self) -> bool:
        """Return whether only a linear layer learns.

        It scores hashed words and n-grams, or is the output layer over a frozen encoder.
        """
        return bool(self.config.linear or self.config.probe)

    @property
    def texts_to_read(self) -> int:
        """Count the texts that a frozen encoder reads before `fit`."""
        return (self.texts.segments + self.valid.segments) * bool(self.config.probe)

    def fit(self) -> Iterator[dict[str, Any]]:
        """Fit the linear layer; yield the scores of each regularization strength."""
        if self.config.probe:
            layer = fit_output(self.network, self.labelled(), self.device)
            yield from layer.tried
            self._keep_out_of_fold(layer.out_of_fold)
            self.network.output.weight.data = torch.from_numpy(layer.weight).to(self.device)
            self.network.output.bias.data = torch.from_numpy(layer.bias).to(self.device)
            return
        with one_thread():
            linear = fit_linear(self.labelled(), Speller(self.tokenizer, self.config))
        yield from linear.tried
        linear.write(self.run.folder, self.config)
        self.network.wide.weight.data = torch.from_numpy(linear.weights).to(self.device)
        self.network.output.bias.data = torch.from_numpy(linear.bias).to(self.device)
        self.network.idf.copy_(torch.from_numpy(linear.idf))

    def _keep_out_of_fold(self, scores: NDArray[np.float64] | None) -> None:
        """Store cross-validated scores of the training texts, if there are any."""
        if scores is not None:
            texts = np.arange(len(scores), dtype=np.int64)
            HeldOutScores(texts, scores, self._targets(self.texts)).write(self.run.folder / OUT_OF_FOLD)

    def labelled(self) -> Labelled:
        """Return training and held-out texts with targets and weights."""
        targets, held_out = (self._targets(file) for file in (self.texts, self.valid))
        label_weights = self._weights.cpu().numpy().astype(np.float64)
        weights = None
        if self.config.balance:
            weights = (
                np.broadcast_to(label_weights, targets.shape)
                if self.config.several
                else label_weights[self.texts.labels][:, None]
            )
        return Labelled(
            self.texts, targets, self.valid, held_out, weights, self.config.several, self.training.seed
        )  # fmt: skip

    def _targets(self, file: LabelFile) -> NDArray[np.float64]:
        """Return 1 at each text's labels, else 0: (texts, labels)."""
        targets = file.targets(np.arange(file.segments, dtype=np.int64))
        return targets.astype(np.float64) if self.config.several else one_hot(targets, len(self.labels))

    def loss(self, segments: NDArray[np.int64], moment: Moment, share: Share) -> tuple[Tensor, int, int]:
        """Compute the summed loss of texts, in nats.

        segments: indices, (rows,)
        """
        whole = self.texts.batch(segments)
        size = int(whole.mask.sum())
        rows = share.rows(len(segments))
        if len(rows) == 0:  # fewer rows than processes
            return self.no_loss(), len(segments), size
        shard = (whole.rows(rows) if share.processes > 1 else whole).to(self.device)
        drop = self.dropper(moment, rows, len(segments), known=bool(self.network.taken))
        frozen = self.network.taken and moment.fraction < self.config.frozen
        scores = self.network(shard, drop, frozen)
        return self.network.loss(scores, shard.labels, self._weights), len(segments), size

    @property
    def held_out_texts(self) -> int:
        """Count the held-out texts to evaluate; fewer for very many multi-label decisions."""
        most = max(200, _DECISIONS // len(self.labels)) if self.config.several else self.valid.segments
        return min(self.valid.segments, most)

    @torch.no_grad()
    def evaluate(self, texts: int | None = None) -> tuple[float, dict[str, float]]:
        """Measure the held-out loss, in nats per text.

        The metrics are accuracy, macro-F1, the accuracy of always answering the usual label, and the calibration error
        of the first answer, raw and at a temperature that is fitted here. Multi-label: micro-F1, also of the usual
        labels, macro-F1 and subset accuracy, and the threshold fitted here for them. With --balance, also a loss in
        which rare labels count as much.

        texts: how many held-out texts; all where None
        """
        self.network.eval()
        chosen = np.arange(self.held_out_texts, dtype=np.int64)
        if texts is not None:
            chosen = np.sort(np.random.default_rng(0).permutation(chosen)[:texts])
        if self.config.several:
            return self._evaluate_several(chosen)
        ranked = chosen[np.argsort(self.valid.lengths(chosen), kind="stable")]
        true, kept = self.valid.labels[ranked], kept_texts(len(ranked), len(self.labels))
        scores, nats, answers = self._read(ranked, kept)
        self._told = (ranked, scores) if kept.all() else None
        balanced = self.config.balance > 0
        weights = self._weights.cpu().numpy()
        fitted = self.calibration = calibrate(scores, true[kept], weights if balanced and kept.all() else None)
        if fitted.shift is not None:
            answers = (scores - fitted.shift).argmax(1)
        is_right, usual = answers == true, UsualLabel.of(self._counts, true)
        verdict = judgement((is_right, usual.right), (nats_of(scores, true[kept], fitted), usual.nats[kept]))
        self.remarks = [usual.describe(self.labels[usual.label], true), *filter(None, [verdict])]
        label_weights = weights[true]
        self.outcomes = Outcomes.of("accuracy", self.valid.segments, ranked, is_right)
        return float(nats.mean()), {
            "accuracy": float(is_right.mean()),
            "macro_f1": macro_f1(true, answers),
            "usual_accuracy": float(usual.right.mean()),
            "calibration_error_raw": calibration_error(scores, true[kept], Calibration(1.0, None)),
            "calibration_error": calibration_error(scores, true[kept], fitted),
            **({self.score: float((label_weights * nats).mean() / label_weights.mean())} if balanced else {}),
        }

    def _read(
        self, ranked: NDArray[np.int64], kept: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
        """Score held-out texts in batches.

        returns the scores of the texts kept, (kept, labels); the nats and the answer of each text, (texts,)
        """
        scores, nats, answers = [], [], []
        for start in range(0, len(ranked), 64):
            batch = self.valid.batch(ranked[start : start + 64]).to(self.device)
            logits = self.network(batch).float()
            nats.append(torch.logsumexp(logits, 1) - logits.gather(1, batch.labels[:, None])[:, 0])
            answers.append(logits.argmax(1).cpu().numpy())
            scores.append(logits.cpu().numpy()[kept[start : start + 64]])
        return np.concatenate(scores), torch.cat(nats).cpu().numpy(), np.concatenate(answers)

    def _evaluate_several(self, segments: NDArray[np.int64]) -> tuple[float, dict[str, float]]:
        ranked = segments[np.argsort(self.valid.lengths(segments), kind="stable")]
        scores, true = self.held_out_scores(ranked), self.valid.targets(ranked) > 0
        self._told = ranked, scores
        temperature, self.threshold = fit_several(scores, true)
        self.calibration = Calibration(temperature, None)
        chosen = scores >= temperature * np.log(self.threshold / (1 - self.threshold))
        signed = np.where(true, -scores, scores)
        nats = np.logaddexp(0.0, signed)
        usual = UsualLabels.of(self._counts, self.texts.segments)
        always = np.broadcast_to(usual.answered, true.shape)
        usual_scores = several_scores(true, always)
        nats_at_temperature = np.logaddexp(0.0, signed / temperature).sum(1)
        verdict = judgement((text_f1(true, chosen), text_f1(true, always)), (nats_at_temperature, usual.nats(true)))
        self.remarks = [usual.describe(self.labels, usual_scores), *filter(None, [verdict])]
        balanced = {self.score: float((nats * self._weights.cpu().numpy()).sum(1).mean())}
        hits, both = 2 * (true & chosen).sum(1), true.sum(1) + chosen.sum(1)
        self.outcomes = Outcomes.of("micro_f1", self.valid.segments, ranked, hits, both)
        return float(nats.sum(1).mean()), {
            **several_scores(true, chosen),
            "usual_micro_f1": usual_scores["micro_f1"],
            "threshold": self.threshold,
            **(balanced if self.config.balance else {}),
        }

    def keep_scores(self) -> None:
        """Store the scores of the last evaluation, unless they were too many."""
        if self._told is not None:
            texts, scores = self._told
            HeldOutScores(texts, scores.astype(np.float64), self._targets(self.valid)[texts]).write(
                self.run.folder / HELD_OUT
            )

    @property
    def conclusion_seconds(self) -> float:
        """Estimate the seconds that blending, --size and fitting a doubt take.

        A blend or a doubt that would take too much of the budget counts 0: it is left out.
        """
        return seconds_to_conclude(self)

    def conclude(self) -> Iterator[tuple[str, str]]:
        """Blend and shrink the saved model, and fit its doubt; see `conclusion.conclude`."""
        learning = self.network, self.config, self.valid  # what training continues with
        try:
            yield from conclude(self)
        finally:
            self.network, self.config, self.valid = learning

    def answer_with(self, config: ClassifyConfig, weights: Mapping[str, NDArray[np.float32]]) -> None:
        """Replace the network that is evaluated from here on."""
        self.config = config
        self.valid = LabelFile(self.run.data / "valid", config, self.tokenizer, self.training.max_length)
        network = ClassifyNetwork(config, self.tokenizer.size, len(self.labels))
        network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights.items()})
        self.network = network.to(self.device).eval()

    @torch.no_grad()
    def held_out_scores(self, segments: NDArray[np.int64]) -> NDArray[np.float32]:
        """Score held-out texts with the present network, (segments, labels).

        segments: (segments,) indices, best ordered by length: a batch is padded to its longest text
        """
        batches = (self.valid.batch(segments[start : start + 64]) for start in range(0, len(segments), 64))
        return np.concatenate([self.network(batch.to(self.device)).float().cpu().numpy() for batch in batches])

    def contents(self, history: list[dict[str, Any]], seconds: float) -> ModelFolder:
        """Return the model folder's contents with the present weights."""
        facts: dict[str, Any] = {
            "labels": self.labels, "longest": self.training.max_length, "temperature": self.calibration.temperature,
            "remarks": self.remarks,
        }  # fmt: skip
        if self.config.has_idf:
            facts["counted"] = counted_tokens(self.training.max_length)
        if self.config.several:
            facts["threshold"] = self.threshold
        folder, shift = self.model_folder(self.tokenizer.to_json(), history, seconds, **facts), self.calibration.shift
        if shift is not None:
            folder.weights["output.bias"] = folder.weights["output.bias"] - shift
        return folder
