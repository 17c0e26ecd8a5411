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
    """Measure a classifier and two baselines on labelled texts.

    labelled: (label, text) pairs, of which `limit` random ones are measured; learnt: pairs that the naive Bayes
    baseline learns from; picture: where the matrix and the calibration are drawn, see
    `seqtext.plots.confusion.confusion_picture`

    Returns texts, accuracy, macro_f1, calibration_error of the first answer; "intervals" of accuracy and macro_f1, see
    `seqtext.evaluation.intervals`; "labels": precision, recall, f1 and number of texts of each label; "confusion": the
    matrix as text; "baseline". The baseline "usual label" always answers the most frequent label; "naive bayes" counts
    words and pairs of neighbours in the `learnt` pairs, or, without them, by ten-fold cross-validation on the measured
    texts. A text whose label the model has never learnt counts as wrong; "unknown_labels" is the number of such texts.
    For multi-label models see `measure_several`.

    Raises CorpusError where no text has a label that the model knows, or where a text has several labels and the model
    gives one; for the picture what `seqtext.plots.figures.check_picture` does.
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
    number = {name: index for index, name in enumerate(names)}
    true = np.array([number[label] for label, _ in pairs])
    unknown = int((true >= len(model.labels)).sum())
    if unknown == len(true):
        raise _none_known(model.labels, pairs[0][0])
    texts = [text for _, text in pairs]
    if learnt is None:
        baselines = {"usual label": _usual(true, true), "naive bayes": _cross_validated(NaiveBayes, texts, true, seed)}
    else:
        learnt_pairs = ((labels[0], text) for labels, text in _read_learnt(model, list(learnt)))
        baselines = _taught(learnt_pairs, number, texts)
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
            name: {"accuracy": float((predicted == true).mean()), "macro_f1": macro_f1(true, predicted)}
            for name, predicted in baselines.items()
        },
    }


def _macro_f1(model: Classifier, true: NDArray[np.int64], answered: NDArray[np.int64]) -> float:
    """Average F1 over the labels that occur, without an unused label for none of them."""
    unused = _unused(model, true)
    if unused is None:
        return macro_f1(true, answered)
    scores = LabelScores(true, answered)
    return float(scores.f1[scores.labels != unused].mean())


def _unused(model: Classifier, true: NDArray[np.int64]) -> int | None:
    """Return the label for none of the others where no text has it."""
    unknown = None if model.names.unknown is None else model.labels.index(model.names.unknown)
    return None if unknown is None or (true == unknown).any() else unknown


def _check_single(names: Sequence[str], known: Sequence[str]) -> None:
    """Raise CorpusError for a text with several labels and a model for one."""
    for label in names[len(known) :]:
        if SEPARATOR in label and all(name in known for name in split_labels(label)):
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
    """Predict the likeliest label of each text, (texts,), and its probability."""
    answered, confidence = np.empty(len(texts), np.int64), np.empty(len(texts))
    for start in range(0, len(texts), _AT_ONCE):
        log_probs = model.log_probs(texts[start : start + _AT_ONCE])
        answered[start : start + _AT_ONCE] = log_probs.argmax(1)
        confidence[start : start + _AT_ONCE] = np.exp(log_probs.max(1))
    return answered, confidence


def _taught(learnt: Labelled, number: Mapping[str, int], texts: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Predict texts by baselines that learn from other pairs.

    Labels that are new there get the next numbers.
    """
    taught, number = list(learnt), dict(number)
    learnt_labels = np.array([number.setdefault(label.strip(), len(number)) for label, _ in taught])
    bayes = NaiveBayes([grams_of(text) for _, text in taught], learnt_labels)
    return {
        "usual label": _usual(texts, learnt_labels),
        "naive bayes": bayes.answer([grams_of(text) for text in texts]),
    }


def measure_several(
    model: Classifier,
    labelled: Labelled,
    *,
    learnt: Labelled | None = None,
    limit: int | None = None,
    seed: int = 1,
    picture: str | Path | None = None,
) -> dict[str, Any]:
    """Measure a multi-label classifier and two baselines on labelled texts.

    labelled: (labels, text) pairs, labels being joined by |; limit and learnt as in `measure_classifier`

    Returns texts; micro_f1, macro_f1 and subset_accuracy, see `seqtext.evaluation.multilabel.several_scores`;
    labels_a_text, answered_a_text; "intervals"; "labels" by label; "baseline". The baseline "usual labels" always
    answers the most frequent set of labels; "naive bayes" decides on each label by itself. A label that the model does
    not know is never answered; "unknown_labels" is the number of texts with one.

    Raises CorpusError where the model knows none of the labels; ConfigError for a picture, which would need one label a
    text.
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
    learnt_pairs = None if learnt is None else _read_learnt(model, list(learnt))
    names = list(dict.fromkeys([*model.labels, *(name for labels in wanted for name in labels)]))
    if any(wanted) and not set(model.labels) & {name for labels in wanted for name in labels}:
        raise _none_known(model.labels, names[-1])
    number = {name: index for index, name in enumerate(names)}
    true = marked(([number[name] for name in labels] for labels in wanted), len(names))
    answered = np.zeros_like(true)
    for start in range(0, len(texts), _AT_ONCE):
        batch = slice(start, start + _AT_ONCE)
        answered[batch, : len(model.labels)] = model.chosen(model.log_probs(texts[batch]))
    if learnt_pairs is None:
        usual = _usual_set(true, true)
        bayes = _cross_validated(SeveralBayes, texts, true, seed)
    else:
        labels = marked(
            ([number[name] for name in row_labels if name in number] for row_labels, _ in learnt_pairs), len(names)
        )
        usual = _usual_set(true, labels)
        bayes = SeveralBayes([grams_of(text) for _, text in learnt_pairs], labels).answer(
            [grams_of(text) for text in texts]
        )
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
    """Create a reader of label cells from the labels that a model knows."""
    known = [*model.labels, *model.names.former]
    return label_reader((cell for cell, _ in pairs), model.several, known)


def _present(model: Classifier, read: LabelReader, cell: str) -> list[str]:
    """Read the labels in a cell, spelled as in the model; one for a single-label model."""
    return [model.names.current(label) for label in read(cell)]


def _read_learnt(model: Classifier, learnt: Sequence[tuple[str, str]]) -> list[tuple[list[str], str]]:
    """Read the labels and texts that a baseline learns from."""
    read = _reader(model, learnt)
    return [(_present(model, read, cell), text) for cell, text in learnt]


def _noted(pairs: Sequence[tuple[str, str]], read: LabelReader) -> dict[str, str]:
    """Describe what was recognized among the labels, if anything was."""
    notes = recognition_notes((cell for cell, _ in pairs), read)
    return {"labels_note": "; ".join(notes)} if notes else {}


def _usual_set(true: NDArray[np.bool_], learnt: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Repeat the most frequent learnt label set for every text."""
    sets, counts = np.unique(learnt, axis=0, return_counts=True)
    return np.broadcast_to(sets[counts.argmax()], true.shape)


def _sample(labelled: Labelled, limit: int | None, seed: int) -> list[tuple[str, str]]:
    """Sample `limit` pairs of label and text, or take all; raises CorpusError if there is none."""
    sample = reservoir_sample(((label.strip(), text) for label, text in labelled), limit, seed)
    if not sample:
        raise CorpusError("The corpus holds no labelled text.", "give lines label<TAB>text")
    return sample


def _usual(texts: Sized, learnt: NDArray[np.int64]) -> NDArray[np.int64]:
    """Repeat the most frequent learnt label for every text."""
    return np.full(len(texts), np.bincount(learnt).argmax())


def _cross_validated(
    model: type[NaiveBayes] | type[SeveralBayes], texts: Sequence[str], true: NDArray[Any], seed: int
) -> NDArray[Any]:
    """Predict texts by naive Bayes with ten-fold cross-validation."""
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
    """Evaluate a classifier beside naive Bayes and the most frequent label.

    baseline: labelled texts that naive Bayes learns from, in place of nine tenths of those measured
    picture:  a file for the confusion matrix

    Measures all labelled texts, or `limit` random ones. For the result and the errors see `measure_classifier`.
    """
    several = model.several
    learnt = None if baseline is None else corpus.labelled(baseline, several=several)
    labelled = corpus.labelled(several=several)
    return measure_classifier(model, labelled, learnt=learnt, limit=corpus.limit, seed=corpus.seed, picture=picture)
