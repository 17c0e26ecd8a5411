"""Advise after training on a corpus that was too small.

It tells whether the text was too little for the network, what fits better, and what score to expect of so much text.
"""

import math
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from seqtext.data.split import HELD_OUT_TEXT
from seqtext.errors import SeqtextError
from seqtext.shell import quote_all
from seqtext.storage.catalog import bundled, load
from seqtext.storage.model_folder import describe
from seqtext.tasks import TASKS, Task
from seqtext.training.events import Advice
from seqtext.training.progress import is_loss
from seqtext.training.tasks.base import TrainingTask

_LITTLE = 50.0  # parameters per training token: a network with more of them overfits
_WORSE = 0.05  # relative loss of a score since its best that counts as overfitting
_EARLY = 0.75  # share of the updates: a best score that came later is not early
_ASKED = 100  # texts whose language is identified
_SURE = 0.7  # probability of a language that text without a language never reaches
_AGREE = 0.8  # share of the texts that must be in the language
_KEPT = ("balance", "size")  # settings of a network that say what is wanted of it
_LANGUAGES = {"English": "en", "German": "de", "French": "fr"}  # of the bundled models


def advise(learner: TrainingTask, history: Sequence[dict[str, Any]]) -> Advice | None:
    """Advise on a finished training; None where no advice is needed.

    That is so where its text was enough for its network, and where it started from a model.

    history: its evaluations, in order
    """
    if learner.request.start is not None:  # its size was chosen by the model that it started from
        return None
    reason = _reason(learner, history)
    if reason is None:
        return None
    task = TASKS[learner.name]
    # Where a rung was chosen by trial, those that start from a model were among them, or were left out for a reason.
    start = None if any("chosen" in line for line in history) else _start(task, learner)
    fits = (("--from", start), ("--preset", smaller_preset(task, learner.config)))
    commands = tuple(_command(task, learner, flag, value) for flag, value in fits if value)
    return Advice(reason, commands, _expected(task, learner.tokens))


def _reason(learner: TrainingTask, history: Sequence[dict[str, Any]]) -> str | None:
    """Return why the text is too little: for the parameters, to hold any out, or because the best score came early."""
    if learner.is_fitted and learner.measured_on == HELD_OUT_TEXT:  # regularized by text that it has not learnt
        return None
    parameters = sum(parameter.numel() for parameter in learner.network.parameters())
    size = f"{learner.tokens:,} tokens are few for {parameters:,} parameters"
    worse = overfitted(history, learner.score)
    if worse:
        return f"{size}: {worse}"
    if learner.measured_on != HELD_OUT_TEXT:
        return f"{size}, and none could be spared to measure on"
    return size if parameters > _LITTLE * learner.tokens else None


def overfitted(history: Sequence[dict[str, Any]], score: str) -> str:
    """Describe a score that was best early and became worse.

    Returns "" for any other score.

    score: a loss, or the metric whose highest value is the best
    """
    seen = [(line["step"], line[score]) for line in history if isinstance(line.get(score), int | float)]
    if len(seen) < 3:
        return ""
    sign = 1.0 if is_loss(score) else -1.0
    step, best = min(seen, key=lambda one: sign * one[1])
    last_step, last = seen[-1]
    if not math.isfinite(last) or step > _EARLY * last_step or sign * (last - best) <= _WORSE * abs(best):
        return ""
    return f"{score} was best at step {step:,} of {last_step:,} ({best:.4g}), then became worse ({last:.4g})"


def smaller_preset(task: Task, network: Any) -> str:
    """Name the preset for little text if it has fewer hidden units.

    "" where the network is as small.
    """
    size = task.presets[task.modest].get("hidden", 0) if task.modest in task.presets else 0
    return task.modest if 0 < size < getattr(network, "hidden", 0) else ""


def _start(task: Task, learner: TrainingTask) -> str | None:
    """Name a bundled model to start from: in the corpus's language, for the task or for one it can transfer from."""
    try:
        for name, path in bundled().items():
            facts = describe(path)
            alike = facts["task"] == task.name or type(learner).transfer(facts, {}) is not None
            if alike and facts["language"] and _is_of(facts["language"], learner):
                return name
    except SeqtextError:  # the corpus is gone, or the model is: no advice is worth an error
        return None
    return None


def _is_of(language: str, learner: TrainingTask) -> bool:
    """Return whether a corpus is in a language, or its pairs in two, as in "en-de"."""
    request, wanted = learner.request, language.split("-")
    sides: Iterable[Iterable[str]] = [learner.inputs(request, learner.config)]
    if len(wanted) > 1:
        sides = zip(*islice(request.pairs(request.corpora), _ASKED), strict=True)
    return [language_of(side) for side in sides] == wanted


def language_of(texts: Iterable[str]) -> str | None:
    """Identify the language of the first texts, as an ISO 639 code.

    None where no bundled model is for that language, or where the texts disagree.
    """
    name = "language-id"
    sample = list(islice(texts, _ASKED))
    if name not in bundled() or not sample:
        return None
    firsts = [predictions[0] for predictions in load(name).classify(sample) if predictions]
    labels = Counter(first.label for first in firsts if first.probability >= _SURE)
    label, count = labels.most_common(1)[0] if labels else ("", 0)
    return _LANGUAGES.get(label) if count >= _AGREE * len(sample) else None


def _command(task: Task, learner: TrainingTask, flag: str, value: str) -> str:
    """Build the command that trains on the same corpus with another preset or start."""
    request, training = learner.request, learner.training
    words = ["seqtext", "train", task.name, *map(_short, request.corpora)]
    for source in request.valid or ():
        words += ["--valid", _short(source)]
    if request.columns:
        words += ["--columns", ",".join(f"{field}={column}" for field, column in request.columns.items())]
    if request.encoding_errors != "strict":
        words += ["--encoding-errors", request.encoding_errors]
    words += ["--on-error", request.on_error] * bool(request.on_error) + ["--paragraphs"] * request.paragraphs
    if request.encoding is not None:
        words += ["--encoding", request.encoding]
    words += ["--multi-label"] * bool(getattr(learner.config, "several", False))
    asked = {"mask": learner.settings.tokenizer.mask, **{name: getattr(learner.config, name, None) for name in _KEPT}}
    words += [word for name, value in asked.items() if value for word in (f"--{name}", str(value))]
    amount = getattr(training, training.unit)
    if (training.unit, amount) != ("minutes", task.minutes):
        words += [f"--{training.unit}", f"{amount:g}"]
    return quote_all([*words, flag, value, "--run", _free(learner.run.folder, value)])


def _short(source: str) -> str:
    """Return a source relative to the current folder."""
    return source.removeprefix(f"{Path.cwd()}{os.sep}")


def _free(folder: Path, suffix: str) -> str:
    """Name a folder beside another that does not exist yet."""
    first = folder.with_name(f"{folder.resolve().name}-{suffix}")
    names = [first, *(first.with_name(f"{first.name}-{number}") for number in range(2, 100))]
    return str(next((name for name in names if not os.path.lexists(name)), first))


def _expected(task: Task, tokens: int) -> str:
    """Say what score a small network reached with about as many tokens, where that was measured."""
    sizes = sorted(task.expected)
    if not sizes:
        return ""
    size = max((tokens_measured for tokens_measured in sizes if tokens_measured <= 2 * tokens), default=sizes[0])
    about = "about" if size <= 2 * tokens else "worse than"
    score = f"{task.known_by[0]} {task.expected[size]:.3g}"
    return f"{about} {score} on new text, as preset tiny reached from {size:,} tokens of another corpus"
