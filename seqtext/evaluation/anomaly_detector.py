"""Evaluate an anomaly detector beside a baseline that counts words."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

import numpy as np

from seqtext.data.labels import label_key
from seqtext.data.lines import Report
from seqtext.data.sampling import batched
from seqtext.data.sessions import Session
from seqtext.data.sources import Corpora
from seqtext.errors import ConfigError, CorpusError, argument, arguments, either
from seqtext.evaluation.corpus import Corpus
from seqtext.evaluation.intervals import detection_intervals
from seqtext.evaluation.metrics import detection_scores
from seqtext.models.alarm_threshold import threshold_at
from seqtext.models.anomaly_detector import AnomalyDetector, Evidence, evidence_rows
from seqtext.models.log_lines import one_line
from seqtext.models.log_sessions import check_grouping, session_key
from seqtext.plots.anomaly_scores import scores_picture
from seqtext.plots.figures import check_picture

#: Labels of normal lines, in any case; any other label is that of an anomaly.
NORMAL_LABELS = ("normal", "-", "0", "")
_AT_ONCE = 1024  # lines


def measure_detector(
    detector: AnomalyDetector,
    labelled: Iterable[tuple[str, str]],
    *,
    normal_labels: Sequence[str] = NORMAL_LABELS,
    false_alarms: float | None = None,
    limit: int | None = None,
    picture: str | Path | None = None,
    evidence: Callable[[Sequence[str]], Sequence[Evidence]] | None = None,
) -> dict[str, Any]:
    """Measure an anomaly detector and a counting baseline on labelled texts.

    labelled:      (label, text) pairs, of which the first `limit` are measured
    normal_labels: the labels of normal lines, in any case; any other label marks an anomaly
    false_alarms:  the rate at which recall_at_false_alarms is measured; None takes the model's own rate
    picture:       where the scores are drawn, see `seqtext.plots.anomaly_scores.scores_picture`
    evidence:      judges texts in place of the detector's own method

    Returns lines, anomalies, threshold, false_alarms, the scores of `seqtext.evaluation.metrics.detection_scores` at
    the model's threshold, and "intervals" of auroc, f1, precision and recall (see
    `seqtext.evaluation.intervals.detection_intervals`); "baseline" has the same scores of counting alone. The baseline
    scores a line by the distance of its bag of words from the nearest normal bag, and breaks ties by the rarity of the
    bag. Its threshold is the lowest that keeps to the model's rate on the same held-out normal lines.

    Raises CorpusError without a normal line or without an anomaly; ConfigError for a rate outside [0, 1).
    """
    if picture is not None:
        check_picture(picture)
    if false_alarms is not None and not 0 <= false_alarms < 1:  # nan too
        raise ConfigError(
            f"{argument('false_alarms')} received {false_alarms}; a share below 1 is accepted.",
            arguments(false_alarms=0.01),
        )
    rate = detector.false_alarms if false_alarms is None else false_alarms
    accepted = _labels(normal_labels)
    odd: list[bool] = []
    batches = []
    for batch in batched(islice(labelled, limit), _AT_ONCE):
        odd += [label_key(label) not in accepted for label, _ in batch]
        batches.append(evidence_rows((evidence or detector.evidence)([text for _, text in batch])))
    if not any(odd) or all(odd):
        missing = "no line that is an anomaly" if not any(odd) else "no normal line"
        labels = ", ".join(map(repr, normal_labels))
        raise CorpusError(
            f"The corpus holds {missing} among its {len(odd):,} lines; the labels of normal lines are {labels}.",
            "give lines label<TAB>text of both kinds, or normal lines and "
            f"{either('anomalies=FILE', '--anomalies FILE')}",
        )
    rows, wrong = np.concatenate(batches), np.array(odd)
    scores: dict[str, dict[str, Any]] = {}
    for name, judge in (("model", detector.scores), ("baseline", detector.counted)):
        threshold = detector.threshold
        if name == "baseline":
            threshold = threshold_at(judge(detector.held_out), detector.false_alarms)
        values = judge(rows)
        detection = detection_scores(values[~wrong], values[wrong], threshold, rate)
        scores[name] = {"threshold": threshold, **detection}
        if name == "model":
            scores[name]["intervals"] = detection_intervals(values[~wrong], values[wrong], threshold)
            if picture is not None:
                counted = detector.counted(rows)
                beside = {"counting alone": (counted[~wrong], counted[wrong])}
                scores_picture(values[~wrong], values[wrong], threshold, picture, beside)
    counts = {"lines": len(odd), "anomalies": int(wrong.sum()), "false_alarms": rate}
    return {**counts, **scores["model"], "baseline": scores["baseline"]}


def _joined(
    model: AnomalyDetector, corpus: Corpus, labelled: Iterable[tuple[str, str]], accepted: set[str], report: Report
) -> Iterator[tuple[str, str]]:
    """Join labelled lines into the records and sessions that the model reads.

    A session with one anomalous line is anomalous. Only normal lines can have been learnt, so that only these are
    counted.
    """
    templates = model.templates
    if templates is None:
        rows = ((record.place, record.text, one_line(record.text)) for record in model.grouping.records(labelled))
    else:
        sessions = templates.sessions(labelled, report, templates.word)
        rows = (_session(record, accepted) for record in sessions)
    for label, line, key in rows:
        if corpus.learnt is not None and label_key(label) in accepted:
            corpus.learnt.add(key)
        yield label, line


def _session(session: Session[str, str], accepted: set[str]) -> tuple[str, str, str]:
    """Return a session's label, its words, and the key by which learnt sessions are known."""
    label = next((label for label in session.places if label_key(label) not in accepted), session.places[0])
    words = " ".join(session.words)
    return label, words, session_key(session.id, words)


def _labels(normal_labels: Sequence[str]) -> set[str]:
    return {label_key(label) for label in normal_labels}


def evaluate_anomaly_detector(
    model: AnomalyDetector,
    corpus: Corpus,
    *,
    anomalies: Corpora | None = None,
    normal_labels: Sequence[str] | None = None,
    false_alarms: float | None = None,
    picture: str | Path | None = None,
    group: str | None = None,
    session_lines: int | None = None,
    record_start: str | None = None,
) -> dict[str, Any]:
    """Evaluate an anomaly detector on labelled lines or on two corpora.

    The two corpora are the normal lines of `corpus` and the lines of `anomalies`.

    Of labelled lines the first `limit` are measured, of two lists the first `limit` of each; of a model of sessions,
    so many sessions. group, session_lines, record_start: those of the model's training, which need not be repeated. For
    the rest see `measure_detector`. Raises CorpusError or ConfigError.
    """
    check_grouping(model, group=group, session_lines=session_lines, record_start=record_start)
    limit, report = corpus.limit, Report()
    accepted = _labels(normal_labels or NORMAL_LABELS)
    unwatched = replace(corpus, learnt=None)
    if anomalies is None:
        labelled = _joined(model, corpus, unwatched.labelled(unlabelled=True), accepted, report)
    elif normal_labels is not None:
        names = f"{argument('normal_labels')} and {argument('anomalies')}"
        message = f"{names} were both given; lines of two files have no labels."
        raise ConfigError(message, arguments(normal_labels=["-"]))
    else:
        sides = (("normal", unwatched.texts()), ("anomaly", unwatched.texts(anomalies)))
        labelled = chain.from_iterable(
            islice(_joined(model, corpus, zip(repeat(label), lines), accepted, report), corpus.limit)
            for label, lines in sides
        )
        limit = None
    metrics = measure_detector(
        model, labelled, normal_labels=normal_labels or NORMAL_LABELS, false_alarms=false_alarms, limit=limit,
        picture=picture, evidence=model.evidence_of if model.grouping.sessions else None,
    )  # fmt: skip
    if model.grouping.sessions:
        metrics = {"sessions": metrics.pop("lines"), "lines_in_none": sum(report.skipped.values()), **metrics}
    return metrics
