"""Measure a model on a corpus, beside an honest baseline made from the same corpus."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, cast

from seqtext.config import SearchConfig
from seqtext.data.corpus import is_questions, read_labelled, read_rows, read_texts
from seqtext.errors import ConfigError, ModelError
from seqtext.evaluation.anomaly_detector import NORMAL_LABELS, measure_detector
from seqtext.evaluation.blank_filler import measure_choices, measure_filler
from seqtext.evaluation.classifier import measure_classifier
from seqtext.evaluation.language_model import measure
from seqtext.evaluation.seq2seq import measure_summarizer, measure_translator
from seqtext.models.anomaly_detector import AnomalyDetector
from seqtext.models.blank_filler import BlankFiller
from seqtext.models.classifier import Classifier
from seqtext.models.language_model import LanguageModel
from seqtext.models.seq2seq import Summarizer, Translator

DEFAULT_LIMIT = 2000
_PAIRS = ("translate", "summarize")


def evaluate(
    model: BlankFiller | LanguageModel | AnomalyDetector | Translator | Summarizer | Classifier,
    corpora: str | Path | Sequence[str | Path],
    *,
    columns: Mapping[str, str] | None = None,
    encoding_errors: str = "strict",
    limit: int | None = None,
    seed: int = 1,
    anomalies: str | Path | Sequence[str | Path] | None = None,
    normal_labels: Sequence[str] | None = None,
    false_alarms: float | None = None,
    output: str | Path | None = None,
    search: SearchConfig | None = None,
    baseline: str | Path | Sequence[str | Path] | None = None,
    picture: str | Path | None = None,
) -> dict[str, Any]:
    """The scores of a model on held-out text, and under "baseline" those of a simple one made from the same corpus.

    A blank filler, on text: one word of each of `limit` (2,000) random lines is blanked; top1, top5, perplexity of the
    word, expected calibration error of the first answer; baseline: the word seen most between the same neighbours in
    the other lines. On questions with options: accuracy; baseline: that of guessing. A language model, on `limit`
    (2,000) random lines: see `evaluation.language_model.measure`; baseline: n-grams of the other lines. An anomaly
    detector, on all rows of label and text, or on normal lines and those of `anomalies` (of each file list, the first
    `limit`): see `evaluation.anomaly_detector.measure_detector`, which also explains normal_labels and false_alarms;
    baseline: counting. A translator or summarizer, on all rows of source and target, or `limit` random ones: see
    `evaluation.seq2seq`, which also explains output and search. A classifier, on all rows of label and text, or `limit`
    random ones: see `evaluation.classifier`; baseline: naive Bayes, which learns from the rows of `baseline`, or from
    nine tenths of those measured; picture: a file for its confusion matrix. Raises CorpusError; ConfigError for a limit
    below 1 or a setting of another task; ModelError for a model of another task.
    """
    if limit is not None and limit < 1:
        raise ConfigError(f"--limit received {limit}; accepted is at least 1.", f"--limit {DEFAULT_LIMIT}")
    sources = [corpora] if isinstance(corpora, str | Path) else list(corpora)
    how: dict[str, Any] = {"columns": columns, "encoding_errors": encoding_errors}

    def texts() -> Iterable[str]:
        return read_texts(sources, **how)

    task = getattr(model, "task", None)
    for flag, value, tasks, who in (
        ("anomalies", anomalies, ("anomaly",), "a detector of anomalies"),
        ("normal", normal_labels, ("anomaly",), "a detector of anomalies"),
        ("false-alarms", false_alarms, ("anomaly",), "a detector of anomalies"),
        ("output", output, _PAIRS, "a translator or summarizer"),
        ("search", search, _PAIRS, "a translator or summarizer"),
        ("baseline", baseline, ("classify",), "a classifier"),
        ("picture", picture, ("classify",), "a classifier"),
    ):
        if value is not None and task not in tasks:
            raise ConfigError(
                f"--{flag} was given for a model of {task!r:.80}; only {who} takes it.", f"leave --{flag} out"
            )
    if task in _PAIRS:
        if output is not None and Path(output).resolve() in (Path(source).resolve() for source in sources):
            raise ConfigError(f"--output received {str(output)!r}, the corpus itself.", "--output answers.txt")
        rows = read_rows(sources, ("source", "target"), **how)
        settings: dict[str, Any] = {"limit": limit, "seed": seed, "output": output, "search": search}
        if task == "translate":
            return measure_translator(cast(Translator, model), rows, **settings)
        return measure_summarizer(cast(Summarizer, model), rows, **settings)
    if task == "anomaly":
        labelled: Iterable[tuple[str, str]]
        if anomalies is None:
            labelled = read_labelled(sources, unlabelled=True, **how)
        elif normal_labels is not None:
            raise ConfigError(
                "--normal and --anomalies were both given; lines of two files have no labels.", "--normal -"
            )
        else:
            parts = (("normal", texts()), ("anomaly", read_texts(anomalies, **how)))
            most, limit = limit, None
            labelled = ((label, text) for label, part in parts for text in islice(part, most))
        return measure_detector(
            cast(AnomalyDetector, model), labelled,
            normal_labels=normal_labels or NORMAL_LABELS, false_alarms=false_alarms, limit=limit,
        )  # fmt: skip
    if task == "classify":
        classifier = cast(Classifier, model)
        how["several"] = classifier.several
        learnt = None if baseline is None else read_labelled(baseline, **how)
        return measure_classifier(
            classifier, read_labelled(sources, **how), learnt=learnt, limit=limit, seed=seed, picture=picture
        )
    if task == "generate":
        return measure(cast(LanguageModel, model), texts(), limit or DEFAULT_LIMIT, seed)
    if task != "fill":
        raise ModelError(
            f"The model's task is {task!r:.80}; "
            "a model of fill, generate, anomaly, translate, summarize or classify can be evaluated.",
            "seqtext models",
        )
    filler = cast(BlankFiller, model)
    if sources and all(is_questions(source) for source in sources):
        return measure_choices(filler, sources, encoding_errors, limit)
    return measure_filler(filler, texts, limit or DEFAULT_LIMIT, seed)
