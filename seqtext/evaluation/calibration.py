"""Calibrate a classifier on held-out texts, and tell whether it has learnt more than the usual label."""

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
    """Choose the texts whose scores for all labels are kept: all, where there is room; (texts,)."""
    room = max(_FEWEST, _SCORES // labels)
    return np.random.default_rng(0).permutation(texts) < room


class Calibration(NamedTuple):
    """Scores z become probabilities softmax((z − shift) / temperature)."""

    temperature: float
    shift: NDArray[np.float32] | None  # (labels,)


def calibrate(scores: Scores, true: NDArray[np.integer], weights: NDArray[np.floating] | None = None) -> Calibration:
    """Fit what turns scores into the probabilities of labels as often as they are.

    true: (texts,) labels; weights: (labels,) of the labels in the loss, where they are not alike. A loss that weighs
    label l by w_l learns p'_l ∝ w_l p_l, so that log w_l is to be taken from the score (Elkan 2001). All of it would
    take back that rare labels are favoured; so it is as much as the likelihood asks for without a lower macro-F1.
    """
    drawn = np.random.default_rng(0).permutation(len(true))
    tries = 1 if weights is None else len(_STRENGTHS)
    chosen = np.sort(drawn[: max(_FEWEST, _FITTED // scores.shape[1] // tries)])
    scores, true = scores[chosen], true[chosen]
    if weights is None or len(true) < _FEWEST:
        return Calibration(_temperature(scores, true), None)
    logs = np.log(weights).astype(np.float32)
    candidates = [Calibration(_temperature(scores - one * logs, true), one * logs) for one in _STRENGTHS]
    favoured = [macro_f1(true, _scaled(scores, one).argmax(1)) for one in candidates]
    kept = [one for one, f1 in zip(candidates, favoured, strict=True) if f1 >= favoured[0] - _LESS]
    return min(kept, key=lambda one: float(nats_of(scores, true, one).mean()))


def _temperature(scores: Scores, true: NDArray[np.integer]) -> float:
    ranked, places = _ranked(scores, true)
    return fit_temperature(ranked, places, _FURTHEST)


def _ranked(scores: Scores, true: NDArray[np.integer]) -> tuple[Scores, NDArray[np.int64]]:
    """Scores in descending order, (texts, labels), and the place of the true label among them, (texts,)."""
    order = np.argsort(-scores, axis=1, kind="stable")
    return np.take_along_axis(scores, order, 1), (order == true[:, None]).argmax(1)


def _scaled(scores: Scores, fitted: Calibration) -> Scores:
    shifted = scores if fitted.shift is None else scores - fitted.shift
    return shifted / fitted.temperature


def nats_of(scores: Scores, true: NDArray[np.integer], fitted: Calibration) -> NDArray[np.floating]:
    """(texts,) how surprising each true label is, −log p."""
    scaled = _scaled(scores, fitted)
    top = scaled.max(1)
    total = top + np.log(np.exp(scaled - top[:, None]).sum(1))
    nats: NDArray[np.floating] = total - scaled[np.arange(len(true)), true]
    return nats


def calibration_error(scores: Scores, true: NDArray[np.integer], fitted: Calibration) -> float:
    """The expected calibration error of the first answer."""
    ranked, places = _ranked(_scaled(scores, fitted), true)
    first = 1.0 / np.exp(ranked - ranked[:, :1]).sum(1)
    return expected_calibration_error(first, places == 0)


class UsualLabel(NamedTuple):
    """What always answering the most frequent label comes to.

    right: (texts,) where that is right; nats: (texts,) −log p of each true label, p as often as it was learnt
    """

    label: int
    right: NDArray[np.bool_]
    nats: NDArray[np.floating]

    @classmethod
    def of(cls, counts: NDArray[np.integer], true: NDArray[np.integer]) -> "UsualLabel":
        """Answer texts by how often each label was learnt; counts: (labels,); true: (texts,)."""
        label = int(counts.argmax())
        shares = (counts + 1.0) / (counts.sum() + len(counts))
        return cls(label, true == label, -np.log(shares[true]))

    def describe(self, name: str, true: NDArray[np.integer]) -> str:
        """Say what it scores: "always answering 'yes' would score accuracy 0.8, macro_f1 0.444"."""
        scores = {"accuracy": self.right.mean(), "macro_f1": macro_f1(true, np.full(len(true), self.label))}
        return f"always answering {name!r:.60} would score {_told(scores, *scores)}"


class UsualLabels(NamedTuple):
    """What always answering the same labels comes to, where a text may have several: those of the best micro-F1.

    labels: their numbers; answered: (labels,) True at them; shares: (labels,) of the texts that have each
    """

    labels: list[int]
    answered: NDArray[np.bool_]
    shares: NDArray[np.floating]

    @classmethod
    def of(cls, counts: NDArray[np.integer], texts: int) -> "UsualLabels":
        """Choose the labels by how many of the texts that were learnt had each; counts: (labels,)."""
        order = np.argsort(-counts, kind="stable")
        f1 = 2 * np.cumsum(counts[order]) / (np.arange(1, len(counts) + 1) * texts + counts.sum())
        best = np.sort(order[: int(f1.argmax()) + 1])
        answered = np.zeros(len(counts), np.bool_)
        answered[best] = True
        return cls(best.tolist(), answered, (counts + 1.0) / (texts + 2.0))

    def nats(self, true: NDArray[np.bool_]) -> NDArray[np.floating]:
        """(texts,) −log p of each text's labels, each as often as it was learnt; true: (texts, labels)."""
        logs = np.where(true, np.log(self.shares), np.log1p(-self.shares))
        found: NDArray[np.floating] = -logs.sum(1)
        return found

    def describe(self, names: Sequence[str], scores: Mapping[str, float]) -> str:
        """Say what they score: "always answering 'late|rude' would score micro_f1 0.4, macro_f1 0.1"."""
        shown = SEPARATOR.join(names[label] for label in self.labels)
        return f"always answering {shown!r:.60} would score {_told(scores, 'micro_f1', 'macro_f1')}"


def _told(scores: Mapping[str, float], *names: str) -> str:
    return ", ".join(f"{name} {scores[name]:.3g}" for name in names)


def text_f1(true: NDArray[np.bool_], answered: NDArray[np.bool_]) -> NDArray[np.floating]:
    """(texts,) F1 of each text's labels, 1 where it has none and none is answered; both (texts, labels)."""
    hits, both = (true & answered).sum(1), true.sum(1) + answered.sum(1)
    found: NDArray[np.floating] = np.where(both > 0, 2 * hits / np.maximum(1, both), 1.0)
    return found


def is_better(own: NDArray[np.floating], other: NDArray[np.floating]) -> bool:
    """Tell whether numbers of the same texts are higher by more than two standard errors of their mean difference.

    >>> is_better(np.ones(50), np.zeros(50)), is_better(np.ones(50), np.ones(50))
    (True, False)
    """
    differences = own.astype(np.float64) - other
    mean, error = differences.mean(), differences.std() / np.sqrt(max(1, len(differences)))
    return bool(mean > _ERRORS * error)


def judgement(answers: _Pair, nats: _Pair) -> str:
    """Say where answers are no better than always the usual one; "" where they are.

    answers: (texts,) how right each is, and the same of the usual one; nats: (texts,) of their true labels, and of
    the usual frequencies
    """
    if is_better(*answers):
        return ""
    if not is_better(nats[1], nats[0]):
        return "nothing was learnt: neither the answers nor their probabilities are better than that"
    losses = f"loss {nats[0].mean():.3g} against {nats[1].mean():.3g}"
    return f"the answers are not better than that, only their probabilities tell more: {losses}"
