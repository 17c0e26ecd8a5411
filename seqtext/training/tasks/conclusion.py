"""Conclude the training of a classifier: blend, shrink, fit its doubt.

A linear classifier is added to the network with the best weights, the model is brought to its --size, and a table is
fitted that tells unusual texts.
"""

import math
import random
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqtext.config import ClassifyConfig, bytes_of
from seqtext.data.columns import JOIN
from seqtext.data.split import LEARNT_TEXT
from seqtext.errors import SeqtextError
from seqtext.evaluation.confusion import macro_f1
from seqtext.fields import from_dict
from seqtext.models.classifier import Classifier
from seqtext.networks.classifier import expected_shapes
from seqtext.networks.hashing import Speller
from seqtext.networks.threads import one_thread
from seqtext.storage.model_folder import ModelFolder, read_folder
from seqtext.storage.weights import DOUBT_TABLE
from seqtext.tasks import CLASSIFY
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.label_files import MOST_VOTES, LabelFile
from seqtext.training.blend import FEWEST as FEWEST_TO_BLEND
from seqtext.training.blend import Blend, blend
from seqtext.training.doubt import MOST_TEXTS, bits_for, fit_doubt, no_doubt
from seqtext.training.held_out_scores import HeldOutScores
from seqtext.training.linear import Floats
from seqtext.training.model_card import KEPT_LINEAR, card, doubt_marks
from seqtext.training.ngrams import LETTERS, Linear, alone, fit_linear, joined, kept_buckets, scores_of, seconds_to_fit
from seqtext.training.run import LINEAR, OUT_OF_FOLD
from seqtext.training.size import StorageForm, costs, doubt_bytes, facts, fits, model_bytes, shrink, without_doubt

if TYPE_CHECKING:
    from seqtext.training.tasks.classifier import ClassifyTask

_DOUBT_SECONDS = 2.0  # that fitting a doubt takes
_PARTS, _MOST_READ = 600, 100_000  # titles, bodies and other columns sampled for a doubt, from so many rows
_SIZE_SECONDS = 8.0  # that measuring the cost of sizes takes
_MOST_OF_BUDGET = 0.3  # share of the budget that a blend may take
_BOTH = "A linear part beside the network"
_MEASURED = 2000  # held-out texts that sizes are measured on


def seconds_to_conclude(task: "ClassifyTask") -> float:
    """Estimate the seconds that `conclude` takes.

    A blend or a doubt that would take too much of the budget counts 0: it is left out.
    """
    config = task.config
    is_fitted = (task.run.folder / LINEAR).is_file()
    blended = seconds_to_fit(task.texts.counted, len(task.labels)) if config.blend and not is_fitted else 0.0
    if task.training.minutes is not None and blended > _MOST_OF_BUDGET * 60 * task.training.minutes:
        blended = 0.0
    return blended + (0.0 if _no_doubt(task) else _DOUBT_SECONDS) + (_SIZE_SECONDS if config.size else 0.0)


def conclude(task: "ClassifyTask") -> Iterator[tuple[str, str]]:
    """Blend the saved model, shrink it to its --size, fit its doubt.

    The task's network, config and held-out texts are replaced on the way; a caller that goes on training puts them
    back.

    yields the subject of each step and its result
    """
    saved, form = read_folder(task.run.folder), StorageForm()
    if task.config.blend:
        saved, remark = _blended(task, saved)
        yield "Blend", remark
    if task.config.size:
        saved, form, remark = _shrunk(task, saved)
        yield "Size", remark
    yield "Unusual", _fit_doubt(task, saved, form)


def _blended(task: "ClassifyTask", saved: ModelFolder) -> tuple[ModelFolder, str]:
    """Add a linear classifier's scores to the saved model's, or take it alone.

    Held-out text decides, so the result of a long training is never worse than what is fitted in seconds.
    """
    weights, saved_config = _network_weights(saved), from_dict(ClassifyConfig, saved.config["network"])
    if saved_config.buckets and not task.config.buckets:
        task.answer_with(saved_config, weights)
        return saved, "As before: no better weights were learnt since"
    if reason := _no_blend(task):
        return saved, reason
    config = _with_linear(task)
    speller, data = Speller(task.tokenizer, config), task.labelled()
    with one_thread():
        linear = Linear.read(task.run.folder, config, len(task.labels)) or fit_linear(data, speller)
        second = scores_of(linear, task.valid, speller)
    network = task.config
    task.answer_with(network, weights)
    segments = np.arange(task.valid.segments, dtype=np.int64)
    ranked = segments[np.argsort(task.valid.lengths(segments), kind="stable")]
    first = np.zeros_like(second)
    first[ranked] = task.held_out_scores(ranked)
    blended = _weighed(task, first, linear, HeldOutScores(segments, second, data.held_out_targets))
    if reason := _answer_with_best(task, weights, linear, blended):
        return saved, reason
    loss, scores = task.evaluate(task.held_out_texts)
    if network.balance and scores["macro_f1"] < (before := _macro_f1(task, saved, first)):
        task.answer_with(network, weights)
        return saved, (
            f"The network alone: a linear part would lower macro_f1 from {before:.4f} to {scores['macro_f1']:.4f}, and "
            "rare labels are to count"
        )
    timing = {name: saved.history[-1][name] for name in ("step", "seconds")}
    kept = KEPT_LINEAR if task.config.linear else "both"
    lines = [
        {**timing, "blended": blended._asdict(), "kept": kept},
        {**timing, "loss": loss, **scores, **task.intervals()},
    ]
    task.save([*saved.history, *lines], saved.config["training"]["seconds"])
    name = str(CLASSIFY.score(scores))
    score_before = saved.config["scores"].get(name, float("nan"))
    what, loss_after = ("The linear part alone", blended.other) if task.config.linear else (_BOTH, blended.loss)
    return read_folder(task.run.folder), (
        f"{what}: calibrated held-out loss {blended.alone:.3f} → {loss_after:.3f}, "
        f"{name} {score_before:.4f} → {scores[name]:.4f}"
    )


def _weighed(task: "ClassifyTask", first: Floats, linear: Linear, second: HeldOutScores) -> Blend:
    """Blend the scores of the network and of the linear part on held-out texts.

    Where both were fitted to few texts, their cross-validated scores count too: they are nine times as many.
    first, second.scores: (texts, labels)
    """
    network_folds = HeldOutScores.read(task.run.folder / OUT_OF_FOLD) if task.config.probe else None
    linear_folds = linear.out_of_fold
    scores, beside, targets = first, second.scores, second.targets
    if network_folds is not None and linear_folds is not None and network_folds.scores.shape == linear_folds.shape:
        scores, beside = np.concatenate([network_folds.scores, scores]), np.concatenate([linear_folds, beside])
        targets = np.concatenate([network_folds.targets, targets])
    return blend(scores, beside, targets, several=task.config.several)


def _macro_f1(task: "ClassifyTask", saved: ModelFolder, scores: NDArray[np.floating]) -> float:
    """Return macro-F1 of the saved network; scores: (texts, labels) of the held-out texts."""
    if task.config.several:
        return float(saved.config["scores"]["macro_f1"])
    return macro_f1(task.valid.labels, scores.argmax(1))


def _answer_with_best(
    task: "ClassifyTask", weights: dict[str, NDArray[np.float32]], linear: Linear, blended: Blend
) -> str:
    """Let the task answer with the best of network, linear part and both.

    weights: the network's
    returns why the network alone is kept, "" where it is not
    """
    size, labels, beside = task.config.size, len(task.labels), len(task.tokenizer.to_json().encode())
    both, by_itself = _with_linear(task), linear_alone(task.config, _buckets(task))

    def fitting(config: ClassifyConfig) -> bool:
        return not size or fits(size, expected_shapes(config, task.tokenizer.size, labels), beside)

    joined_loss = blended.loss if blended.is_better and fitting(both) else math.inf
    linear_loss = blended.other if fitting(by_itself) else math.inf
    if blended.alone <= min(joined_loss, linear_loss):
        room = "" if fitting(both) else f", which would not fit into {size}"
        return (
            f"The network alone: calibrated held-out loss {blended.alone:.3f}, "
            f"with a linear part {blended.loss:.3f}{room}"
        )
    if joined_loss < linear_loss:
        task.answer_with(both, joined(weights, linear, blended))
    else:
        task.answer_with(by_itself, alone(linear, blended.only))
    return ""


def _network_weights(saved: ModelFolder) -> dict[str, NDArray[np.float32]]:
    """Select the weights of a saved network, without the table of its doubt."""
    return {name: array for name, array in saved.weights.items() if name != DOUBT_TABLE}


def _with_linear(task: "ClassifyTask") -> ClassifyConfig:
    """Return the network's config with the features of a linear classifier beside it."""
    config: ClassifyConfig = task.config
    return replace(config, weighting="tfidf", letters=LETTERS, wide=_buckets(task))


def _buckets(task: "ClassifyTask") -> int:
    """Return the linear part's number of buckets: that of the one tried, or the default."""
    return kept_buckets(task.run.folder) or ClassifyConfig(encoder="none").buckets


def linear_alone(config: ClassifyConfig, buckets: int) -> ClassifyConfig:
    """Return the config of a linear classifier of hashed words and n-grams.

    It keeps the options that do not concern the encoder: several labels, balance, size and label smoothing.
    """
    usual = ClassifyConfig(encoder="none", letters=LETTERS, wide=buckets)
    kept = ("several", "balance", "size", "label_smoothing")
    return replace(usual, **{name: getattr(config, name) for name in kept})


def _no_blend(task: "ClassifyTask") -> str:
    """Return why no linear classifier is added, "" where one can be."""
    if task.config.buckets:
        return "Nothing to add: hashed words and runs are part of the network"
    if task.measured_on == LEARNT_TEXT or task.valid.segments < FEWEST_TO_BLEND:
        return f"The network alone: {FEWEST_TO_BLEND} held-out texts or more can tell how much another counts"
    if len(task.labels) * _buckets(task) > MOST_VOTES:
        return f"The network alone: of {len(task.labels):,} labels, scores of hashed runs would take too much room"
    seconds, minutes = seconds_to_fit(task.texts.counted, len(task.labels)), task.training.minutes
    is_fitted = (task.run.folder / LINEAR).is_file()
    if minutes is not None and not is_fitted and seconds > _MOST_OF_BUDGET * 60 * minutes:
        return f"The network alone: a linear part takes some {seconds:.0f} seconds, too much of the budget"
    return ""


def _shrunk(task: "ClassifyTask", saved: ModelFolder) -> tuple[ModelFolder, StorageForm, str]:
    """Write the model at the --size asked for; return it, its form, and what the size costs."""
    limit = bytes_of(task.config.size)
    without_table = replace(saved, weights=_network_weights(saved))
    small, form, measured = shrink(
        without_table, limit if _no_doubt(task) else without_doubt(limit), partial(_measured, task)
    )
    score = CLASSIFY.score(measured[0].scores)
    small = _with_facts(task, small, {"size": facts(measured, limit, score)})
    form.write(task.run.folder, small)
    if not form.is_whole:
        small = _remeasured(task, small)
        form.write(task.run.folder, small)
        if task.outcomes is not None:
            task.outcomes.write(task.run.folder)
    return small, form, costs(measured, limit, score)


def _with_facts(task: "ClassifyTask", model: ModelFolder, facts: Mapping[str, Any]) -> ModelFolder:
    """Return a model with further facts in its config.json and card."""
    config = {**model.config, **facts}
    return replace(model, config=config, card=card(config, task.run.folder.name))


def _remeasured(task: "ClassifyTask", small: ModelFolder) -> ModelFolder:
    """Evaluate and calibrate a shrunk model again, on as many texts as before."""
    scores_before = small.config["scores"]
    texts = {name: int(scores_before[name]) for name in ("held_out_texts", "measured_texts") if name in scores_before}
    task.start_from(read_folder(task.run.folder).weights)
    loss, scores = task.evaluate(next(iter(texts.values()), task.held_out_texts))
    timing = {name: small.history[-1][name] for name in ("step", "seconds")}
    line = {**timing, "loss": loss, **scores, **texts, **task.intervals()}
    measured = {
        "scores": {"loss": loss, **scores, **texts}, **task.intervals(), "remarks": task.remarks,
        "temperature": task.calibration.temperature, **({"threshold": task.threshold} if task.config.several else {}),
    }  # fmt: skip
    weights = small.weights
    if task.calibration.shift is not None:
        weights = {**weights, "output.bias": weights["output.bias"] - task.calibration.shift}
    return _with_facts(task, replace(small, weights=weights, history=[*small.history, line]), measured)


def _measured(task: "ClassifyTask", weights: dict[str, NDArray[np.float32]]) -> tuple[float, dict[str, float]]:
    """Evaluate some weights."""
    task.start_from(weights)
    return task.evaluate(min(task.held_out_texts, _MEASURED))


def _fit_doubt(task: "ClassifyTask", saved: ModelFolder, form: StorageForm) -> str:
    """Fit the table that tells texts unlike those learnt from, and add it to the saved model."""
    if reason := _no_doubt(task):
        return reason
    learnt, held_out = (_sample(task, file) for file in (task.texts, task.valid))
    labels = None if task.config.several else task.valid.labels[_chosen(task, task.valid)]
    size = len(saved.tokenizer) + 2 * sum(each.size for each in _network_weights(saved).values())
    room = math.inf
    if task.config.size:
        size, room = model_bytes(task.run.folder), doubt_bytes(bytes_of(task.config.size))
    tokenizer = Tokenizer.from_json(saved.tokenizer, task.settings.tokenizer.tokens, Classifier.form)
    parts = [ids[: task.training.max_length] for ids in tokenizer.stream(_parts(task))]
    bits = bits_for(size, room)
    fitted = fit_doubt(learnt, held_out, tokenizer, bits, task.training.seed, labels=labels, parts=parts)
    whole = _with_facts(task, saved, {"doubt": fitted.facts})
    form.write(task.run.folder, replace(whole, weights={**whole.weights, DOUBT_TABLE: fitted.table}))
    return f"{doubt_marks(fitted.facts)}, would be marked as unusual"


def _no_doubt(task: "ClassifyTask") -> str:
    """Return why no doubt can be fitted, "" where one can."""
    return no_doubt(task.measured_on, task.texts.segments + task.valid.segments, task.training.minutes, _DOUBT_SECONDS)


def _parts(task: "ClassifyTask") -> list[str]:
    """Sample the text of each of several joined columns; none where the corpus is gone."""
    columns, sample = task.request.columns or {}, []
    names = columns.get("text", "").split(JOIN)
    generator = random.Random(task.training.seed)
    for name in names if len(names) > 1 else []:
        request = replace(task.request, columns={**columns, "text": name})
        with suppress(SeqtextError, OSError):
            rows = request.labelled(task.request.corpora, several=task.config.several)
            texts = [text for _, text in islice(rows, _MOST_READ)]
            sample += generator.sample(texts, min(_PARTS // len(names), len(texts)))
    return sample


def _sample(task: "ClassifyTask", file: LabelFile) -> list[NDArray[np.int64]]:
    """Return the ids of some texts, the same ones at each call."""
    return [file.segment(k) for k in _chosen(task, file).tolist()]


def _chosen(task: "ClassifyTask", file: LabelFile) -> NDArray[np.int64]:
    """Sample indices of texts, (texts,): the same ones at each call."""
    return np.sort(np.random.default_rng(task.training.seed).permutation(file.segments)[:MOST_TEXTS])
