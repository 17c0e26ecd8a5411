"""Calibrate a classifier on held-out texts; compare it with the usual label."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.data.labels import SEPARATOR
from seqtext.evaluation.confusion import macro_f1
from seqtext.evaluation.metrics import expected_calibration_error, fit_temperature

_FURTHEST = 4.6  # log T: a model holds 0.01 to 100
_SCORES = 20_000_000  # scores kept: 80 MB
_FITTED = 2_000_000  # of which a temperature is fitted: within a second
_FEWEST = 100  # texts of which it is fitted, with however many labels
_STRENGTHS = np.linspace(0.0, 1.0, 5)
_LESS = 0.02  # macro-F1 that better probabilities may cost
_ERRORS = 2.0  # standard errors by which what was learnt is better than nothing

_Pair = tuple[NDArray[Any], NDArray[Any]]
Scores = NDArray[np.float32]  # (texts, labels) before the softmax


def kept_texts(texts: int, labels: int) -> NDArray[np.bool_]:
    """Sample texts whose scores for all labels are kept.

    Returns (texts,), True everywhere where there is room for all.
    """
    room = max(_FEWEST, _SCORES // labels)
    return np.random.default_rng(0).permutation(texts) < room


class Calibration(NamedTuple):
    """Hold a fitted temperature and shift: softmax((z − shift) / temperature)."""

    temperature: float
    shift: NDArray[np.float32] | None  # (labels,)


def calibrate(scores: Scores, true: NDArray[np.integer], weights: NDArray[np.floating] | None = None) -> Calibration:
    """Fit a temperature, and a shift of weighted labels, on held-out scores.

    scores: (texts, labels) before the softmax; true: (texts,) labels; weights: (labels,) of the labels in the loss,
    None where they are equal

    A loss that weighs label l by w_l learns p'_l ∝ w_l p_l, so that log w_l has to be subtracted from the score (Elkan
    2001). The full correction would undo the favour to rare labels; therefore only so much of it is applied as raises
    the likelihood without lowering macro-F1 by more than 0.02.
    """
    drawn = np.random.default_rng(0).permutation(len(true))
    tries = 1 if weights is None else len(_STRENGTHS)
    chosen = np.sort(drawn[: max(_FEWEST, _FITTED // scores.shape[1] // tries)])
    scores, true = scores[chosen], true[chosen]
    if weights is None or len(true) < _FEWEST:
        return Calibration(_temperature(scores, true), None)
    logs = np.log(weights).astype(np.float32)
    candidates = [Calibration(_temperature(scores - strength * logs, true), strength * logs) for strength in _STRENGTHS]
    favoured = [macro_f1(true, _scaled(scores, strength).argmax(1)) for strength in candidates]
    kept = [strength for strength, f1 in zip(candidates, favoured, strict=True) if f1 >= favoured[0] - _LESS]
    return min(kept, key=lambda strength: float(nats_of(scores, true, strength).mean()))


def _temperature(scores: Scores, true: NDArray[np.integer]) -> float:
    ranked, places = _ranked(scores, true)
    return fit_temperature(ranked, places, _FURTHEST)


def _ranked(scores: Scores, true: NDArray[np.integer]) -> tuple[Scores, NDArray[np.int64]]:
    """Sort scores in descending order, (texts, labels), with the true label's rank, (texts,)."""
    order = np.argsort(-scores, axis=1, kind="stable")
    return np.take_along_axis(scores, order, 1), (order == true[:, None]).argmax(1)


def _scaled(scores: Scores, fitted: Calibration) -> Scores:
    shifted = scores if fitted.shift is None else scores - fitted.shift
    return shifted / fitted.temperature


def nats_of(scores: Scores, true: NDArray[np.integer], fitted: Calibration) -> NDArray[np.floating]:
    """Compute the surprisal −log p of each true label in nats.

    scores: (texts, labels) before the softmax; true: (texts,) numbers of the labels; returns (texts,)
    """
    scaled = _scaled(scores, fitted)
    top = scaled.max(1)
    total = top + np.log(np.exp(scaled - top[:, None]).sum(1))
    nats: NDArray[np.floating] = total - scaled[np.arange(len(true)), true]
    return nats


def calibration_error(scores: Scores, true: NDArray[np.integer], fitted: Calibration) -> float:
    """Compute the expected calibration error of the first answer.

    scores: (texts, labels); true: (texts,) numbers of the labels
    """
    ranked, places = _ranked(_scaled(scores, fitted), true)
    first = 1.0 / np.exp(ranked - ranked[:, :1]).sum(1)
    return expected_calibration_error(first, places == 0)


class UsualLabel(NamedTuple):
    """Hold the result of always answering the most frequent label.

    right: (texts,) where that is right; nats: (texts,) −log p of each true label, p its share of those learnt, one
    added to each count
    """

    label: int
    right: NDArray[np.bool_]
    nats: NDArray[np.floating]

    @classmethod
    def of(cls, counts: NDArray[np.integer], true: NDArray[np.integer]) -> "UsualLabel":
        """Score the most frequent learnt label on held-out texts.

        counts: (labels,) how often each was learnt; true: (texts,) labels
        """
        label = int(counts.argmax())
        shares = (counts + 1.0) / (counts.sum() + len(counts))
        return cls(label, true == label, -np.log(shares[true]))

    def describe(self, name: str, true: NDArray[np.integer]) -> str:
        """Describe its scores: "always answering 'yes' would score accuracy 0.8, macro_f1 0.444".

        true: (texts,) numbers of the labels
        """
        scores = {"accuracy": self.right.mean(), "macro_f1": macro_f1(true, np.full(len(true), self.label))}
        return f"always answering {name!r:.60} would score {_told(scores, *scores)}"


class UsualLabels(NamedTuple):
    """Hold the best constant answer to multi-label texts.

    It is the set with the best micro-F1.

    labels: their numbers; answered: (labels,) True at them; shares: (labels,) of the texts that have each, one added to
    the counts of those with it and without
    """

    labels: list[int]
    answered: NDArray[np.bool_]
    shares: NDArray[np.floating]

    @classmethod
    def of(cls, counts: NDArray[np.integer], texts: int) -> "UsualLabels":
        """Choose the label set with the best micro-F1 on the learnt texts.

        counts: (labels,) how many of the texts have each; texts: how many were learnt
        """
        order = np.argsort(-counts, kind="stable")
        f1 = 2 * np.cumsum(counts[order]) / (np.arange(1, len(counts) + 1) * texts + counts.sum())
        best = np.sort(order[: int(f1.argmax()) + 1])
        answered = np.zeros(len(counts), np.bool_)
        answered[best] = True
        return cls(best.tolist(), answered, (counts + 1.0) / (texts + 2.0))

    def nats(self, true: NDArray[np.bool_]) -> NDArray[np.floating]:
        """Compute the surprisal of each text's labels in nats: (texts,).

        It is that of their learnt frequencies. true: (texts, labels)
        """
        logs = np.where(true, np.log(self.shares), np.log1p(-self.shares))
        nats: NDArray[np.floating] = -logs.sum(1)
        return nats

    def describe(self, names: Sequence[str], scores: Mapping[str, float]) -> str:
        """Describe its scores: "always answering 'late|rude' would score micro_f1 0.4, macro_f1 0.1"."""
        shown = SEPARATOR.join(names[label] for label in self.labels)
        return f"always answering {shown!r:.60} would score {_told(scores, 'micro_f1', 'macro_f1')}"


def _told(scores: Mapping[str, float], *names: str) -> str:
    return ", ".join(f"{name} {scores[name]:.3g}" for name in names)


def text_f1(true: NDArray[np.bool_], answered: NDArray[np.bool_]) -> NDArray[np.floating]:
    """Compute the F1 of each text's label set, (texts,).

    true, answered: (texts, labels). A text without labels that is given none scores 1.
    """
    hits, both = (true & answered).sum(1), true.sum(1) + answered.sum(1)
    f1: NDArray[np.floating] = np.where(both > 0, 2 * hits / np.maximum(1, both), 1.0)
    return f1


def is_better(own: NDArray[np.floating], other: NDArray[np.floating]) -> bool:
    """Test whether paired scores are higher by two standard errors on average.

    own, other: (texts,) numbers of the same texts

    >>> is_better(np.ones(50), np.zeros(50)), is_better(np.ones(50), np.ones(50))
    (True, False)
    """
    differences = own.astype(np.float64) - other
    mean, error = differences.mean(), differences.std() / np.sqrt(max(1, len(differences)))
    return bool(mean > _ERRORS * error)


def judgement(answers: _Pair, nats: _Pair) -> str:
    """Describe answers no better than the most frequent one.

    Returns "" where they are better.

    answers: (texts,) how right each is, and the same of the usual one; nats: (texts,) of their true labels, and of the
    usual frequencies
    """
    if is_better(*answers):
        return ""
    if not is_better(nats[1], nats[0]):
        return "nothing was learnt: neither the answers nor their probabilities are better than that"
    losses = f"loss {nats[0].mean():.3g} against {nats[1].mean():.3g}"
    return f"the answers are not better than that, only their probabilities tell more: {losses}"
