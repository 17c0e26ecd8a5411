"""Evaluate a classifier beside naive Bayes and the most frequent label."""

from collections.abc import Iterable, Mapping, Sequence, Sized
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.data.labels import SEPARATOR, LabelReader, label_reader, recognition_notes, split_labels
from seqtext.data.sampling import reservoir_sample
from seqtext.data.sources import Corpora
from seqtext.errors import ConfigError, CorpusError, argument, arguments
from seqtext.evaluation.confusion import LabelScores, confusion_text, label_table, macro_f1
from seqtext.evaluation.corpus import Corpus
from seqtext.evaluation.intervals import label_intervals, several_intervals
from seqtext.evaluation.metrics import expected_calibration_error
from seqtext.evaluation.multilabel import marked, several_scores, several_table
from seqtext.evaluation.naive_bayes import NaiveBayes, SeveralBayes, grams_of
from seqtext.models.classifier import Classifier
from seqtext.plots.confusion import confusion_picture
from seqtext.plots.figures import check_picture

_FOLDS = 10
_AT_ONCE = 1024  # texts

Labelled = Iterable[tuple[str, str]]


def measure_classifier(
    model: Classifier,
    labelled: Labelled,
    *,
    learnt: Labelled | None = None,
    limit: int | None = None,
    seed: int = 1,
    picture: str | Path | None = None,
) -> dict[str, Any]:
    """The scores of a classifier on (label, text) pairs, or `limit` random ones of them, and of two baselines.

    texts, accuracy, macro_f1, calibration_error of the first answer; "intervals" of the first two, see
    `seqtext.evaluation.intervals`; "labels": precision, recall, f1 and number of texts of each; "confusion": the matrix
    as text. Baselines: "usual label" always answers the most frequent label;
    "naive bayes" counts words and pairs of neighbours in the `learnt` pairs, or, without them, in the other nine tenths
    of what is measured, ten times over. A text whose label the model has never learnt is answered wrongly; how many
    there are is "unknown_labels". With a picture's path, the matrix and the calibration are drawn, see
    `seqtext.plots.confusion.confusion_picture`. Of a model for several labels, see `measure_several`. Raises
    CorpusError where no text has a label that the model knows, or some have several labels and the model gives one.
    """
    if model.several:
        return measure_several(model, labelled, learnt=learnt, limit=limit, seed=seed, picture=picture)
    if picture is not None:
        check_picture(picture)
    sample = _sample(labelled, limit, seed)
    read = _reader(model, sample)
    pairs = [(_present(model, read, cell)[0], text) for cell, text in sample]
    names = list(dict.fromkeys([*model.labels, *(label for label, _ in pairs)]))
    _check_single(names, model.labels)
    number = {name: place for place, name in enumerate(names)}
    true = np.array([number[label] for label, _ in pairs])
    unknown = int((true >= len(model.labels)).sum())
    if unknown == len(true):
        raise _none_known(model.labels, pairs[0][0])
    texts = [text for _, text in pairs]
    if learnt is None:
        baselines = {"usual label": _usual(true, true), "naive bayes": _cross_validated(NaiveBayes, texts, true, seed)}
    else:
        taught = ((own[0], text) for own, text in _read_learnt(model, list(learnt)))
        baselines = _taught(taught, number, texts)
    answered, confidence = _first_answers(model, texts)
    if picture is not None:
        confusion_picture(true, answered, names, picture, confidence)
    return {
        "texts": len(pairs),
        "accuracy": float((answered == true).mean()),
        "macro_f1": _macro_f1(model, true, answered),
        "calibration_error": expected_calibration_error(confidence, answered == true),
        **({"unknown_labels": unknown} if unknown else {}),
        **_noted(sample, read),
        "intervals": label_intervals(true, answered, _unused(model, true)),
        "labels": label_table(true, answered, names),
        "confusion": confusion_text(true, answered, names),
        "baseline": {
            name: {"accuracy": float((found == true).mean()), "macro_f1": macro_f1(true, found)}
            for name, found in baselines.items()
        },
    }


def _macro_f1(model: Classifier, true: NDArray[np.int64], answered: NDArray[np.int64]) -> float:
    """The mean F1 of the labels that occur; the label for none of the others only where a text has it."""
    unused = _unused(model, true)
    if unused is None:
        return macro_f1(true, answered)
    found = LabelScores(true, answered)
    return float(found.f1[found.labels != unused].mean())


def _unused(model: Classifier, true: NDArray[np.int64]) -> int | None:
    """The label for none of the others, where there is one and no text has it."""
    unknown = None if model.names.unknown is None else model.labels.index(model.names.unknown)
    return None if unknown is None or (true == unknown).any() else unknown


def _check_single(names: Sequence[str], known: Sequence[str]) -> None:
    """Raise CorpusError for a label that is several of the model's, which gives each text one."""
    for label in names[len(known) :]:
        if SEPARATOR in label and all(part in known for part in split_labels(label)):
            raise CorpusError(
                f"A text has the labels {label!r:.60}, but the model gives each text one of {len(known):,}.",
                f"evaluate a model that was trained with {arguments(multi_label=True)}, or give each text one label",
            )


def _none_known(labels: Sequence[str], other: str) -> CorpusError:
    known = ", ".join(labels[:10]) + ", …" * (len(labels) > 10)
    return CorpusError(
        f"No text has a label that the model knows; it knows {known}, the corpus has {other!r:.40}.",
        f"give the same labels as at training, or {arguments(columns={'label': '...'})}",
    )


def _first_answers(model: Classifier, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The likeliest label of each text, (texts,), and its probability."""
    answered, confidence = np.empty(len(texts), np.int64), np.empty(len(texts))
    for start in range(0, len(texts), _AT_ONCE):
        log_probs = model.log_probs(texts[start : start + _AT_ONCE])
        answered[start : start + _AT_ONCE] = log_probs.argmax(1)
        confidence[start : start + _AT_ONCE] = np.exp(log_probs.max(1))
    return answered, confidence


def _taught(learnt: Labelled, number: Mapping[str, int], texts: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """The baselines' answers to texts, learnt from other pairs; their new labels get the next numbers."""
    taught, number = list(learnt), dict(number)
    own = np.array([number.setdefault(label.strip(), len(number)) for label, _ in taught])
    bayes = NaiveBayes([grams_of(text) for _, text in taught], own)
    return {"usual label": _usual(texts, own), "naive bayes": bayes.answer([grams_of(text) for text in texts])}


def measure_several(
    model: Classifier,
    labelled: Labelled,
    *,
    learnt: Labelled | None = None,
    limit: int | None = None,
    seed: int = 1,
    picture: str | Path | None = None,
) -> dict[str, Any]:
    """The scores of a classifier that gives a text several labels, or none, on rows of labels with | between, and text.

    texts; micro_f1, macro_f1, subset_accuracy, see `seqtext.evaluation.multilabel.several_scores`; labels_a_text,
    answered_a_text; "intervals"; "labels" by label. Baselines as in `measure_classifier`: "usual labels" always answers
    the most frequent set of labels, "naive bayes" decides on each label by itself. A label that the model does not know
    is never answered. Raises CorpusError where it knows none of those that the texts have; ConfigError for a picture,
    which would need one label a text.
    """
    if picture is not None:
        raise ConfigError(
            f"{argument('picture')} was given for a model of several labels; a text has no one label to be taken "
            "for another.",
            f"leave {argument('picture')} out",
        )
    pairs = _sample(labelled, limit, seed)
    read = _reader(model, pairs)
    texts, wanted = [text for _, text in pairs], [_present(model, read, cell) for cell, _ in pairs]
    taught = None if learnt is None else _read_learnt(model, list(learnt))
    names = list(dict.fromkeys([*model.labels, *(name for own in wanted for name in own)]))
    if any(wanted) and not set(model.labels) & {name for own in wanted for name in own}:
        raise _none_known(model.labels, names[-1])
    number = {name: place for place, name in enumerate(names)}
    true = marked(([number[name] for name in own] for own in wanted), len(names))
    answered = np.zeros_like(true)
    for start in range(0, len(texts), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        answered[some, : len(model.labels)] = model.chosen(model.log_probs(texts[some]))
    if taught is None:
        usual = _usual_set(true, true)
        bayes = _cross_validated(SeveralBayes, texts, true, seed)
    else:
        own = marked(([number[name] for name in one if name in number] for one, _ in taught), len(names))
        usual = _usual_set(true, own)
        bayes = SeveralBayes([grams_of(text) for _, text in taught], own).answer([grams_of(text) for text in texts])
    unknown = int(true[:, len(model.labels) :].any(1).sum())
    return {
        "texts": len(pairs),
        **several_scores(true, answered),
        "labels_a_text": float(true.sum(1).mean()),
        "answered_a_text": float(answered.sum(1).mean()),
        **({"unknown_labels": unknown} if unknown else {}),
        **_noted(pairs, read),
        "intervals": several_intervals(true, answered),
        "labels": several_table(true, answered, names),
        "baseline": {
            "usual labels": several_scores(true, usual),
            "naive bayes": several_scores(true, bayes),
        },
    }


def _reader(model: Classifier, pairs: Sequence[tuple[str, str]]) -> LabelReader:
    """What reads the cells of labels beside some texts, by the labels that a model knows."""
    known = [*model.labels, *model.names.former]
    return label_reader((cell for cell, _ in pairs), model.several, known)


def _present(model: Classifier, read: LabelReader, cell: str) -> list[str]:
    """The labels in a cell, spelled as the model does; of a model for one label, one."""
    return [model.names.current(label) for label in read(cell)]


def _read_learnt(model: Classifier, learnt: Sequence[tuple[str, str]]) -> list[tuple[list[str], str]]:
    """The labels and texts that a baseline learns from."""
    read = _reader(model, learnt)
    return [(_present(model, read, cell), text) for cell, text in learnt]


def _noted(pairs: Sequence[tuple[str, str]], read: LabelReader) -> dict[str, str]:
    """What was recognized among the labels, where something was."""
    notes = recognition_notes((cell for cell, _ in pairs), read)
    return {"labels_note": "; ".join(notes)} if notes else {}


def _usual_set(true: NDArray[np.bool_], learnt: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The most frequent set of labels of what was learnt, for every text."""
    sets, counts = np.unique(learnt, axis=0, return_counts=True)
    return np.broadcast_to(sets[counts.argmax()], true.shape)


def _sample(labelled: Labelled, limit: int | None, seed: int) -> list[tuple[str, str]]:
    """Sample `limit` pairs of label and text, or take all."""
    return reservoir_sample(((label.strip(), text) for label, text in labelled), limit, seed)


def _usual(texts: Sized, learnt: NDArray[np.int64]) -> NDArray[np.int64]:
    """The most frequent label of what was learnt, for every text."""
    return np.full(len(texts), np.bincount(learnt).argmax())


def _cross_validated(
    model: type[NaiveBayes] | type[SeveralBayes], texts: Sequence[str], true: NDArray[Any], seed: int
) -> NDArray[Any]:
    """Answer each tenth of the texts by naive Bayes learnt from the others."""
    fold = np.random.default_rng(seed).permutation(len(texts)) % _FOLDS
    answered, grams = np.zeros_like(true), [grams_of(text) for text in texts]
    for k in range(_FOLDS):
        asked, others = np.flatnonzero(fold == k), np.flatnonzero(fold != k)
        if len(asked) and len(others):
            bayes = model([grams[i] for i in others], true[others])
            answered[asked] = bayes.answer([grams[i] for i in asked])
    return answered


def evaluate_classifier(
    model: Classifier, corpus: Corpus, *, baseline: Corpora | None = None, picture: str | Path | None = None
) -> dict[str, Any]:
    """Evaluate a classifier on all labelled texts, or `limit` random ones, beside naive Bayes.

    baseline: labelled texts that naive Bayes learns from, in place of nine tenths of those measured
    picture:  a file for the confusion matrix; for the rest see `measure_classifier`
    """
    several = model.several
    learnt = None if baseline is None else corpus.labelled(baseline, several=several)
    labelled = corpus.labelled(several=several)
    return measure_classifier(model, labelled, learnt=learnt, limit=corpus.limit, seed=corpus.seed, picture=picture)
