"""What a classifier is given once its weights are the best: a linear part beside it, its size, its doubt."""

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
from seqtext.training.size import Form, costs, doubt_bytes, facts, fits, model_bytes, shrink, without_doubt

if TYPE_CHECKING:
    from seqtext.training.tasks.classifier import ClassifyTask

_DOUBT_SECONDS = 2.0  # to fit a doubt
_PARTS, _MOST_READ = 600, 100_000  # titles, bodies and the like for a doubt, of so many rows
_SIZE_SECONDS = 8.0  # to measure what sizes cost
_MOST_OF_BUDGET = 0.3  # that a blend may take
_BOTH = "A linear part beside the network"
_MEASURED = 2000  # held-out texts that sizes are measured on


def seconds_to_conclude(task: "ClassifyTask") -> float:
    """Estimate how many seconds `conclude` takes; a blend or a doubt that is too much of the budget is left out."""
    config = task.config
    fitted = (task.run.folder / LINEAR).is_file()
    blended = seconds_to_fit(task.texts.counted, len(task.labels)) if config.blend and not fitted else 0.0
    if task.training.minutes is not None and blended > _MOST_OF_BUDGET * 60 * task.training.minutes:
        blended = 0.0
    return blended + (0.0 if _no_doubt(task) else _DOUBT_SECONDS) + (_SIZE_SECONDS if config.size else 0.0)


def conclude(task: "ClassifyTask") -> Iterator[tuple[str, str]]:
    """Blend the saved model with a linear one, bring it to the size that was asked for, and fit its doubt.

    Yields the subject of each step and what came of it. The task's network, config and held-out texts are replaced on
    the way; whoever goes on training puts them back.
    """
    saved, form = read_folder(task.run.folder), Form()
    if task.config.blend:
        saved, told = _blended(task, saved)
        yield "Blend", told
    if task.config.size:
        saved, form, told = _shrunk(task, saved)
        yield "Size", told
    yield "Unusual", _fit_doubt(task, saved, form)


def _blended(task: "ClassifyTask", saved: ModelFolder) -> tuple[ModelFolder, str]:
    """Add the scores of a linear classifier to those of the saved one, or take it alone, as held-out text says.

    So the result of a long training is never worse than what is fitted in seconds.
    """
    own, known = _network_weights(saved), from_dict(ClassifyConfig, saved.config["network"])
    if known.buckets and not task.config.buckets:
        task.answer_with(known, own)
        return saved, "As before: no better weights were learnt since"
    if told := _no_blend(task):
        return saved, told
    config = _with_linear(task)
    speller, data = Speller(task.tokenizer, config), task.labelled()
    with one_thread():
        linear = Linear.read(task.run.folder, config, len(task.labels)) or fit_linear(data, speller)
        second = scores_of(linear, task.valid, speller)
    network = task.config
    task.answer_with(network, own)
    everything = np.arange(task.valid.segments, dtype=np.int64)
    ranked = everything[np.argsort(task.valid.lengths(everything), kind="stable")]
    first = np.zeros_like(second)
    first[ranked] = task.held_out_scores(ranked)
    found = _weighed(task, first, linear, HeldOutScores(everything, second, data.held_out_targets))
    if told := _answer_with_best(task, own, linear, found):
        return saved, told
    loss, scores = task.evaluate(task.held_out_texts)
    if network.balance and scores["macro_f1"] < (before := _macro_f1(task, saved, first)):
        task.answer_with(network, own)
        return saved, (
            f"The network alone: a linear part would lower macro_f1 from {before:.4f} to {scores['macro_f1']:.4f}, and "
            "rare labels are to count"
        )
    place = {name: saved.history[-1][name] for name in ("step", "seconds")}
    kept = KEPT_LINEAR if task.config.linear else "both"
    lines = [{**place, "blended": found._asdict(), "kept": kept}, {**place, "loss": loss, **scores, **task.intervals()}]
    task.save([*saved.history, *lines], saved.config["training"]["seconds"])
    name = str(CLASSIFY.score(scores))
    was = saved.config["scores"].get(name, float("nan"))
    what, after = ("The linear part alone", found.other) if task.config.linear else (_BOTH, found.loss)
    return read_folder(task.run.folder), (
        f"{what}: calibrated held-out loss {found.alone:.3f} → {after:.3f}, {name} {was:.4f} → {scores[name]:.4f}"
    )


def _weighed(task: "ClassifyTask", first: Floats, linear: Linear, second: HeldOutScores) -> Blend:
    """Weigh the network's scores of the held-out texts, (texts, labels), and those of the linear part.

    Where both were fitted to few texts, what fits to other folds said of these counts, too: it is nine times as much.
    """
    fitted = HeldOutScores.read(task.run.folder / OUT_OF_FOLD) if task.config.probe else None
    others = linear.out_of_fold
    scores, beside, targets = first, second.scores, second.targets
    if fitted is not None and others is not None and fitted.scores.shape == others.shape:
        scores, beside = np.concatenate([fitted.scores, scores]), np.concatenate([others, beside])
        targets = np.concatenate([fitted.targets, targets])
    return blend(scores, beside, targets, several=task.config.several)


def _macro_f1(task: "ClassifyTask", saved: ModelFolder, scores: NDArray[np.floating]) -> float:
    """Macro-F1 of the saved network; scores: (texts, labels) what it gives the held-out texts."""
    if task.config.several:
        return float(saved.config["scores"]["macro_f1"])
    return macro_f1(task.valid.labels, scores.argmax(1))


def _answer_with_best(task: "ClassifyTask", own: dict[str, NDArray[np.float32]], linear: Linear, found: Blend) -> str:
    """Let the task answer by network and linear part together, or by the latter alone; says why by neither, "" if so.

    own: the network's weights
    """
    size, labels, beside = task.config.size, len(task.labels), len(task.tokenizer.to_json().encode())
    both, by_itself = _with_linear(task), linear_alone(task.config, _buckets(task))

    def fitting(config: ClassifyConfig) -> bool:
        return not size or fits(size, expected_shapes(config, task.tokenizer.size, labels), beside)

    joined_loss = found.loss if found.is_better and fitting(both) else math.inf
    linear_loss = found.other if fitting(by_itself) else math.inf
    if found.alone <= min(joined_loss, linear_loss):
        room = "" if fitting(both) else f", which would not fit into {size}"
        return (
            f"The network alone: calibrated held-out loss {found.alone:.3f}, with a linear part {found.loss:.3f}{room}"
        )
    if joined_loss < linear_loss:
        task.answer_with(both, joined(own, linear, found))
    else:
        task.answer_with(by_itself, alone(linear, found.only))
    return ""


def _network_weights(saved: ModelFolder) -> dict[str, NDArray[np.float32]]:
    """The weights of a saved network, without the table of its doubt."""
    return {name: one for name, one in saved.weights.items() if name != DOUBT_TABLE}


def _with_linear(task: "ClassifyTask") -> ClassifyConfig:
    """The network with the hashed words and runs of a linear classifier beside it."""
    config: ClassifyConfig = task.config
    return replace(config, weighting="tfidf", letters=LETTERS, wide=_buckets(task))


def _buckets(task: "ClassifyTask") -> int:
    """How many buckets the linear part has: as many as the one that was tried, or as usual."""
    return kept_buckets(task.run.folder) or ClassifyConfig(encoder="none").buckets


def linear_alone(config: ClassifyConfig, buckets: int) -> ClassifyConfig:
    """Return the config of a classifier of hashed words and runs alone, with what else was asked for."""
    usual = ClassifyConfig(encoder="none", letters=LETTERS, wide=buckets)
    kept = ("several", "balance", "size", "label_smoothing")
    return replace(usual, **{name: getattr(config, name) for name in kept})


def _no_blend(task: "ClassifyTask") -> str:
    """Tell why no linear classifier is added, "" where one can be."""
    if task.config.buckets:
        return "Nothing to add: hashed words and runs are part of the network"
    if task.measured_on == LEARNT_TEXT or task.valid.segments < FEWEST_TO_BLEND:
        return f"The network alone: {FEWEST_TO_BLEND} held-out texts or more can tell how much another counts"
    if len(task.labels) * _buckets(task) > MOST_VOTES:
        return f"The network alone: of {len(task.labels):,} labels, scores of hashed runs would take too much room"
    seconds, minutes = seconds_to_fit(task.texts.counted, len(task.labels)), task.training.minutes
    fitted = (task.run.folder / LINEAR).is_file()
    if minutes is not None and not fitted and seconds > _MOST_OF_BUDGET * 60 * minutes:
        return f"The network alone: a linear part takes some {seconds:.0f} seconds, too much of the budget"
    return ""


def _shrunk(task: "ClassifyTask", saved: ModelFolder) -> tuple[ModelFolder, Form, str]:
    """Write a model in the size that was asked for; returns it, its form, and what the size costs."""
    limit = bytes_of(task.config.size)
    own = replace(saved, weights=_network_weights(saved))
    small, form, tried = shrink(own, limit if _no_doubt(task) else without_doubt(limit), partial(_measured, task))
    score = CLASSIFY.score(tried[0].scores)
    small = _with_facts(task, small, {"size": facts(tried, limit, score)})
    form.write(task.run.folder, small)
    if not form.is_whole:
        small = _remeasured(task, small)
        form.write(task.run.folder, small)
        if task.outcomes is not None:
            task.outcomes.write(task.run.folder)
    return small, form, costs(tried, limit, score)


def _with_facts(task: "ClassifyTask", model: ModelFolder, facts: Mapping[str, Any]) -> ModelFolder:
    """Return a model whose config.json and card say something more."""
    config = {**model.config, **facts}
    return replace(model, config=config, card=card(config, task.run.folder.name))


def _remeasured(task: "ClassifyTask", small: ModelFolder) -> ModelFolder:
    """Return a model with the scores and the calibration of what its folder holds, by as many texts as before."""
    before = small.config["scores"]
    texts = {name: int(before[name]) for name in ("held_out_texts", "measured_texts") if name in before}
    task.start_from(read_folder(task.run.folder).weights)
    loss, scores = task.evaluate(next(iter(texts.values()), task.held_out_texts))
    place = {name: small.history[-1][name] for name in ("step", "seconds")}
    line = {**place, "loss": loss, **scores, **texts, **task.intervals()}
    found = {
        "scores": {"loss": loss, **scores, **texts}, **task.intervals(), "remarks": task.remarks,
        "temperature": task.calibration.temperature, **({"threshold": task.threshold} if task.config.several else {}),
    }  # fmt: skip
    weights = small.weights
    if task.calibration.shift is not None:
        weights = {**weights, "output.bias": weights["output.bias"] - task.calibration.shift}
    return _with_facts(task, replace(small, weights=weights, history=[*small.history, line]), found)


def _measured(task: "ClassifyTask", weights: dict[str, NDArray[np.float32]]) -> tuple[float, dict[str, float]]:
    """Measure some weights."""
    task.start_from(weights)
    return task.evaluate(min(task.held_out_texts, _MEASURED))


def _fit_doubt(task: "ClassifyTask", saved: ModelFolder, form: Form) -> str:
    """Fit what tells which texts are unlike those learnt from."""
    if told := _no_doubt(task):
        return told
    own, held_out = (_sample(task, part) for part in (task.texts, task.valid))
    labels = None if task.config.several else task.valid.labels[_chosen(task, task.valid)]
    size = len(saved.tokenizer) + 2 * sum(each.size for each in _network_weights(saved).values())
    room = math.inf
    if task.config.size:
        size, room = model_bytes(task.run.folder), doubt_bytes(bytes_of(task.config.size))
    tokenizer = Tokenizer.from_json(saved.tokenizer, task.settings.tokenizer.tokens, Classifier.form)
    parts = [ids[: task.training.max_length] for ids in tokenizer.stream(_parts(task))]
    bits = bits_for(size, room)
    fitted = fit_doubt(own, held_out, tokenizer, bits, task.training.seed, labels=labels, parts=parts)
    whole = _with_facts(task, saved, {"doubt": fitted.facts})
    form.write(task.run.folder, replace(whole, weights={**whole.weights, DOUBT_TABLE: fitted.table}))
    return f"{doubt_marks(fitted.facts)}, would be marked as unusual"


def _no_doubt(task: "ClassifyTask") -> str:
    """Tell why no doubt can be fitted, "" where one can."""
    return no_doubt(task.measured_on, task.texts.segments + task.valid.segments, task.training.minutes, _DOUBT_SECONDS)


def _parts(task: "ClassifyTask") -> list[str]:
    """Read what some texts of joined columns have in each of them; none where the corpus is gone."""
    columns, found = task.request.columns or {}, []
    names = columns.get("text", "").split(JOIN)
    draw = random.Random(task.training.seed)
    for name in names if len(names) > 1 else []:
        alone = replace(task.request, columns={**columns, "text": name})
        with suppress(SeqtextError, OSError):
            rows = alone.labelled(task.request.corpora, several=task.config.several)
            texts = [text for _, text in islice(rows, _MOST_READ)]
            found += draw.sample(texts, min(_PARTS // len(names), len(texts)))
    return found


def _sample(task: "ClassifyTask", file: LabelFile) -> list[NDArray[np.int64]]:
    """The ids of some texts, the same ones whenever they are asked for."""
    return [file.segment(k) for k in _chosen(task, file).tolist()]


def _chosen(task: "ClassifyTask", file: LabelFile) -> NDArray[np.int64]:
    return np.sort(np.random.default_rng(task.training.seed).permutation(file.segments)[:MOST_TEXTS])
