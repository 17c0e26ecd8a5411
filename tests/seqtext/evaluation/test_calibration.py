"""Calibration on scores whose probabilities are known; the usual label by hand and by trying every set."""

import doctest
import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from seqtext.evaluation import calibration
from seqtext.evaluation.calibration import (
    Calibration,
    UsualLabel,
    UsualLabels,
    calibrate,
    calibration_error,
    is_better,
    judgement,
    kept_texts,
    nats_of,
    text_f1,
)
from seqtext.evaluation.confusion import macro_f1
from seqtext.evaluation.multilabel import several_scores

NOTHING = Calibration(1.0, None)


def test_examples() -> None:
    assert doctest.testmod(calibration).failed == 0


def draw(log_probs: NDArray[np.floating], seed: int) -> NDArray[np.int64]:
    """Draw a label of each row, by adding Gumbel noise."""
    noise = np.random.default_rng(seed).gumbel(size=log_probs.shape)
    found: NDArray[np.int64] = (log_probs + noise).argmax(1)
    return found


@pytest.mark.parametrize(("labels", "temperature"), [(2000, 0.1), (300, 0.05), (8, 20.0), (2000, 1.0)])
def test_a_temperature_far_from_one_is_found(labels: int, temperature: float) -> None:
    scores = (temperature * np.random.default_rng(1).normal(0, 4, (1500, labels))).astype(np.float32)
    true = draw(scores / temperature, 2)
    fitted = calibrate(scores, true)
    assert fitted.temperature == pytest.approx(temperature, rel=0.1)
    assert calibration_error(scores, true, fitted) < 0.05
    assert calibration_error(scores, true, NOTHING) > 0.1 or temperature == 1.0


@pytest.mark.parametrize("texts", [20, 200, 2000])
def test_right_answers_alone_make_no_certainty(texts: int) -> None:
    scores = np.zeros((texts, 4), np.float32)
    scores[:, 2] = 0.01
    fitted = calibrate(scores, np.full(texts, 2))
    first = np.exp(-nats_of(scores, np.full(texts, 2), fitted))
    assert 0.01 <= fitted.temperature < 0.23
    assert first.max() < 1 - 0.5 / (texts + 2)


def weighed(spread: float, balance: float) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.floating]]:
    """Scores that a loss with weighted labels would learn, log p + log w; the labels; the weights."""
    log_probs = np.random.default_rng(3).normal(0, spread, (6000, 3)) + np.log([0.9, 0.07, 0.03])
    true = draw(log_probs, 4)
    weights = np.bincount(true) ** -balance
    return (log_probs + np.log(weights)).astype(np.float32), true, weights


@pytest.mark.parametrize("balance", [0.5, 1.0])
def test_weights_in_the_loss_are_taken_from_the_scores(balance: float) -> None:
    """Where texts tell their labels well, rare labels need no favour to be answered."""
    scores, true, weights = weighed(6.0, balance)
    before, after = calibrate(scores, true), calibrate(scores, true, weights)
    assert after.shift == pytest.approx(np.log(weights), rel=0.3)
    assert after.temperature == pytest.approx(1.0, rel=0.1)
    assert calibration_error(scores, true, after) < 0.01
    assert nats_of(scores, true, after).mean() < nats_of(scores, true, before).mean()
    assert calibrate(scores[:50], true[:50], weights).shift is None


def test_rare_labels_stay_favoured() -> None:
    """Where texts tell little, real frequencies would never answer a rare label; macro-F1 hardly falls."""
    scores, true, weights = weighed(0.8, 1.0)
    before, after = calibrate(scores, true), calibrate(scores, true, weights)
    assert after.shift is not None
    favoured, real = macro_f1(true, scores.argmax(1)), macro_f1(true, (scores - np.log(weights)).argmax(1))
    assert macro_f1(true, (scores - after.shift).argmax(1)) >= favoured - 0.02 > real
    assert nats_of(scores, true, after).mean() <= nats_of(scores, true, before).mean()


def test_scores_are_kept_where_there_is_room() -> None:
    assert kept_texts(5000, 4000).all()
    assert kept_texts(5000, 40_000).sum() == 500
    assert kept_texts(5000, 10_000_000).sum() == 100
    assert kept_texts(0, 7).tolist() == []


def test_the_usual_label_is_the_one_learnt_most() -> None:
    usual = UsualLabel.of(np.array([2, 6]), np.array([1, 1, 1, 0]))
    assert usual.label == 1
    assert usual.right.tolist() == [True, True, True, False]
    assert usual.nats == pytest.approx(-np.log([0.7, 0.7, 0.7, 0.3]))
    told = usual.describe("yes", np.array([1, 1, 1, 0]))
    assert told == "always answering 'yes' would score accuracy 0.75, macro_f1 0.429"


@pytest.mark.parametrize("seed", range(6))
def test_the_usual_labels_are_those_of_the_best_micro_f1(seed: int) -> None:
    true = np.random.default_rng(seed).random((60, 5)) < np.random.default_rng(seed + 50).random(5) ** 2
    usual = UsualLabels.of(true.sum(0), len(true))
    sets = [np.array(one) for one in itertools.product([False, True], repeat=5) if any(one)]
    best = max(several_scores(true, np.broadcast_to(one, true.shape))["micro_f1"] for one in sets)
    found = several_scores(true, np.broadcast_to(usual.answered, true.shape))
    assert found["micro_f1"] == pytest.approx(best)
    assert np.flatnonzero(usual.answered).tolist() == usual.labels
    assert usual.describe("abcde", found).startswith(f"always answering '{'|'.join('abcde'[k] for k in usual.labels)}'")


def test_nats_of_usual_labels() -> None:
    usual = UsualLabels.of(np.array([4, 0]), 8)
    assert usual.nats(np.array([[True, False]])) == pytest.approx(-np.log([0.5 * 0.9]))


def test_f1_of_a_text() -> None:
    true = np.array([[True, True], [False, False], [True, False]])
    answered = np.array([[True, False], [False, False], [False, True]])
    assert text_f1(true, answered) == pytest.approx([2 / 3, 1.0, 0.0])


def test_better_by_chance_is_not_better() -> None:
    """Of answers as good as the usual one, hardly any seem better; of answers better by a tenth, nearly all do."""
    generator = np.random.default_rng(5)
    usual = generator.random((400, 500)) < 0.6
    same, better = generator.random((400, 500)) < 0.6, generator.random((400, 500)) < 0.72
    assert np.mean([is_better(*pair) for pair in zip(same, usual, strict=True)]) < 0.05
    assert np.mean([is_better(*pair) for pair in zip(better, usual, strict=True)]) > 0.95


def test_what_was_learnt_is_judged() -> None:
    alike, half = np.ones(100), np.tile([0.0, 1.0], 50)
    assert judgement((alike, half), (half, half)) == ""
    assert "nothing was learnt" in judgement((half, half), (alike, alike))
    assert "nothing was learnt" in judgement((half, alike), (2 * alike, alike))
    assert judgement((half, half), (0.5 * alike, alike)).endswith("loss 0.5 against 1")
