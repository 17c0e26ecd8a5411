"""Evaluate a model beside a baseline made from the same corpus."""

import inspect
from collections.abc import Mapping
from typing import Any

from seqtext.data.pipes import reading_again
from seqtext.data.sources import Corpora, corpus_names
from seqtext.errors import ConfigError, ModelError, argument, arguments
from seqtext.evaluation.corpus import DEFAULT_LIMIT, Corpus
from seqtext.evaluation.learnt import LearntShare
from seqtext.fields import check_count
from seqtext.masks import NO_MASKS
from seqtext.models.base import Model
from seqtext.tasks import TASKS, Task, checked_paragraphs, resolve


def evaluate(
    model: Model,
    corpora: Corpora,
    *,
    columns: Mapping[str, str] | None = None,
    encoding_errors: str = "strict",
    encoding: str | None = None,
    limit: int | None = None,
    seed: int = 1,
    on_error: str = "",
    paragraphs: bool = False,
    **own: Any,
) -> dict[str, Any]:
    """Evaluate a model on held-out text beside a simple baseline.

    The result has the scores of the model, and under "baseline" those of a simple model made from the same corpus.

    "learnt" is the share of the texts given that the model's run has learnt (of an anomaly detector, of the normal
    lines): sources, labelled texts and lines are compared, whatever their white space and normal form. It is None where
    the model is here without its run. "learnt_note" says it as a sentence. Of a model that was read from no folder,
    both are left out.

    "notes" are what was recognized in the corpora or left out of them, a sentence each; without any, there is no key.

    encoding: of a corpus of text that is not UTF-8, such as cp1252
    on_error, paragraphs: as for `seqtext.train`
    limit: measure at most so many examples, drawn by seed where a task draws them
    own:   what only some tasks take; each has a function of its own, named in its record in `seqtext.tasks`:
           `evaluation.blank_filler.evaluate_blank_filler`,
           `evaluation.language_model.evaluate_language_model` (by_line),
           `evaluation.anomaly_detector.evaluate_anomaly_detector` (anomalies, normal_labels, false_alarms, picture,
           group, session_lines, record_start),
           `evaluation.seq2seq.evaluate_translator` and `evaluate_summarizer` (output, search),
           `evaluation.classifier.evaluate_classifier` (baseline, picture). None stands for what is not given

    Raises CorpusError; ConfigError for a limit below 1, a negative seed or a setting of another task; ModelError for a
    model of no known task; TypeError for a setting of no task.
    """
    if limit is not None and limit < 1:
        raise ConfigError(
            f"{argument('limit')} received {limit}; accepted is at least 1.", arguments(limit=DEFAULT_LIMIT)
        )
    check_count("seed", seed, low=0, good=1, error=ConfigError)
    name = getattr(model, "task", None)
    given = {key: value for key, value in own.items() if value is not None}
    for key in given:
        _check_setting(key, name)
    if name not in TASKS:
        *others, last = TASKS
        raise ModelError(
            f"The model's task is {name!r:.80}; a model of {', '.join(others)} or {last} can be evaluated.",
            "seqtext models",
        )
    folder = getattr(model, "folder", None)
    learnt = None if folder is None else LearntShare(folder)
    remembered, masks = getattr(model, "columns", {}), getattr(model, "masks", NO_MASKS)
    joined, names = checked_paragraphs(TASKS[name], paragraphs), corpus_names(corpora)
    corpus = Corpus(
        names, columns, encoding_errors, limit, seed, learnt, remembered, masks, on_error, joined, encoding=encoding
    )
    with reading_again():
        metrics: dict[str, Any] = resolve(TASKS[name].evaluate)(model, corpus, **given)
    if corpus.notes:
        metrics["notes"] = corpus.notes
    return metrics if learnt is None else {**metrics, "learnt": learnt.share, "learnt_note": learnt.note}


def settings_of(task: Task) -> tuple[str, ...]:
    """List the settings that the evaluation of a task accepts."""
    parameters = inspect.signature(resolve(task.evaluate)).parameters.values()
    return tuple(parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY)


def _check_setting(key: str, name: object) -> None:
    """Raise ConfigError for a setting that the model's task does not accept.

    Raises TypeError for one that no task accepts.
    """
    takers = [task for task in TASKS.values() if key in settings_of(task)]
    if not takers:
        raise TypeError(f"evaluate() got an unexpected keyword argument {key!r}")
    if name not in [task.name for task in takers]:
        who = " or ".join(f"a {task.noun}" for task in takers)
        raise ConfigError(
            f"{argument(key)} was given for a model of {name!r:.80}; only {who} takes it.",
            f"leave {argument(key)} out",
        )
