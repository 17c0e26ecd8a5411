"""Intervals by bootstrap: they cover as often as they say, hold the score, and tell two systems apart."""

import time
from itertools import pairwise

import numpy as np
import pytest

from seqtext.evaluation.confusion import macro_f1
from seqtext.evaluation.intervals import (
    detection_intervals,
    interval,
    interval_of_seeds,
    label_intervals,
    p_value_of_seeds,
    paired_p_value,
    parts,
    ratio,
    resampled_sums,
    several_intervals,
)
from seqtext.evaluation.metrics import auroc, bleu, rouge
from seqtext.evaluation.multilabel import several_scores
from seqtext.evaluation.seq2seq import summary_intervals, translation_intervals


def test_a_share_has_the_interval_of_the_binomial() -> None:
    low, high = interval(parts(np.arange(1000) < 870))
    spread = 1.96 * np.sqrt(0.87 * 0.13 / 1000)
    assert (low, high) == (pytest.approx(0.87 - spread, abs=0.003), pytest.approx(0.87 + spread, abs=0.003))
    assert interval(parts(np.arange(1000) < 870)) == [low, high]  # seeded


def test_it_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(5)
    spans = [interval(parts(generator.random(200) < 0.8)) for _ in range(150)]
    assert 0.92 <= np.mean([low <= 0.8 <= high for low, high in spans]) <= 0.98
    sizes = generator.integers(1, 30, (150, 100))
    spans = [
        interval(parts(own * 2.0 + generator.normal(0, 5, 100), own), ratio) for own in sizes
    ]  # of a ratio of sums
    assert 0.90 <= np.mean([low <= 2.0 <= high for low, high in spans]) <= 0.98


def test_few_examples_have_none_and_unanimous_ones_an_honest_one() -> None:
    assert interval(parts(np.arange(19) < 12)) is None
    assert interval(parts(np.full(20, np.nan))) is None
    assert interval(parts(np.ones(20))) == pytest.approx([0.025 ** (1 / 20), 1.0])  # 0.83
    assert interval(parts(np.zeros(100))) == pytest.approx([0.0, 1 - 0.025 ** (1 / 100)])
    assert label_intervals(np.arange(19) % 2, np.arange(19) % 2) == {}
    assert label_intervals(np.arange(20) % 2, np.arange(20) % 2)["macro_f1"][0] < 0.84


def test_many_different_examples_are_drawn_as_few_kinds_are() -> None:
    values = np.repeat([1.0, 2.0, 5.0], 500)
    different = values + np.linspace(0, 1e-9, len(values))
    alike, apart = (resampled_sums(parts(one)) for one in (values, different))
    assert alike.shape == apart.shape == (1000, 2)
    assert (apart[:, 1] == len(values)).all()
    assert alike[:, 0].std() == pytest.approx(apart[:, 0].std(), rel=0.1)
    assert alike[:, 0].mean() == pytest.approx(apart[:, 0].mean(), rel=0.01)


@pytest.mark.parametrize("labels", [2, 9, 400])
def test_macro_f1_of_draws_is_that_of_the_texts(labels: int) -> None:
    generator = np.random.default_rng(1)
    true = generator.integers(0, labels, 1200)
    answered = np.where(generator.random(1200) < 0.8, true, generator.integers(0, labels, 1200))
    found = label_intervals(true, answered)
    drawn = generator.integers(0, 1200, (400, 1200))
    by_hand = np.array([macro_f1(true[own], answered[own]) for own in drawn])
    score = macro_f1(true, answered)
    expected = np.quantile(by_hand - by_hand.mean() + score, (0.025, 0.975))
    assert found["macro_f1"] == pytest.approx(expected.tolist(), abs=0.005)
    assert found["macro_f1"][0] < score < found["macro_f1"][1]


def test_macro_f1_leaves_out_a_label_that_no_text_has() -> None:
    true = np.arange(200) % 2
    answered = np.where(np.arange(200) < 20, 2, true)
    with_it, without = (label_intervals(true, answered, unused)["macro_f1"] for unused in (None, 2))
    assert with_it[1] < 0.7 < 0.9 < without[0]


def test_scores_of_several_labels() -> None:
    generator = np.random.default_rng(2)
    true = generator.random((300, 6)) < 0.3
    answered = true ^ (generator.random((300, 6)) < 0.05)
    scores, found = several_scores(true, answered), several_intervals(true, answered)
    assert set(found) == set(scores)
    assert all(low < scores[name] < high < low + 0.15 for name, (low, high) in found.items())
    assert several_intervals(true[:9], answered[:9]) == {}


def test_detections() -> None:
    generator = np.random.default_rng(3)
    normal, odd = generator.normal(size=5000), generator.normal(2.0, 1.0, size=200)
    found = detection_intervals(normal, odd, 1.5)
    draws = [auroc(generator.choice(normal, 5000), generator.choice(odd, 200)) for _ in range(400)]
    assert found["auroc"] == pytest.approx(np.quantile(draws, (0.025, 0.975)).tolist(), abs=0.006)
    low, high = found["recall"]
    assert low < (odd > 1.5).mean() < high
    assert set(found) == {"auroc", "f1", "precision", "recall"}
    assert detection_intervals(normal, odd[:19], 1.5) == {}
    apart = detection_intervals(normal, odd + 100, 50.0)
    assert apart["auroc"] == apart["recall"] == pytest.approx([0.025 ** (1 / 200), 1.0])


WORDS = [*"abcdefghijklmnop"]


def sentences(count: int, wrong: float, seed: int) -> tuple[list[str], list[str]]:
    generator = np.random.default_rng(seed)
    targets = [generator.choice(WORDS, 12) for _ in range(count)]
    answers = [np.where(generator.random(12) < wrong, generator.choice(WORDS, 12), one) for one in targets]
    return [" ".join(one) for one in answers], [" ".join(one) for one in targets]


def test_translations_have_the_intervals_of_sacrebleu() -> None:
    answers, targets = sentences(60, 0.3, 1)
    found = translation_intervals(answers, targets)
    from sacrebleu.metrics import BLEU

    score = BLEU().corpus_score(answers, [targets], n_bootstrap=1000)
    assert found["bleu"] == pytest.approx([score._mean - score._ci, score._mean + score._ci], abs=1e-5)
    assert found["bleu"][0] < bleu(answers, targets)["bleu"] < found["bleu"][1]
    assert set(found) == {"bleu", "bleu_lowercased", "chrf"}
    assert translation_intervals(answers[:19], targets[:19]) == {}
    assert translation_intervals(["x"] * 30, targets[:30])["bleu"] == [0.0, 0.0]


def test_summaries_have_intervals_in_percent() -> None:
    answers, targets = sentences(60, 0.3, 1)
    found, scores = summary_intervals(answers, targets), rouge(answers, targets)
    assert all(low < scores[name] < high < low + 15 for name, (low, high) in found.items())
    assert set(found) == set(scores)


def test_two_systems_are_told_apart_where_they_differ() -> None:
    generator = np.random.default_rng(4)
    first = generator.random(500) < 0.8
    better = first | (np.arange(500) < 100)
    swapped = first.copy()
    swapped[np.flatnonzero(first)[:10]], swapped[np.flatnonzero(~first)[:12]] = False, True
    assert paired_p_value(parts(first), parts(better)) < 0.01
    assert paired_p_value(parts(better), parts(first)) < 0.01
    assert paired_p_value(parts(first), parts(first)) == 1.0
    assert paired_p_value(parts(first), parts(swapped)) > 0.05
    assert paired_p_value(parts(first[:19]), parts(~first[:19])) == 1.0


def test_equals_are_called_different_about_as_seldom_as_it_says() -> None:
    generator = np.random.default_rng(6)
    p_values = [paired_p_value(*(parts(generator.random(200) < 0.7) for _ in range(2))) for _ in range(100)]
    assert np.mean([p < 0.05 for p in p_values]) < 0.1


def test_it_takes_less_than_a_second() -> None:
    generator = np.random.default_rng(7)
    begun = time.process_time()
    interval(parts(generator.random(20_000), generator.random(20_000)))
    assert time.process_time() - begun < 1.0


def test_the_mean_of_seeds_is_covered_and_equal_systems_are_seldom_told_apart() -> None:
    """Three seeds, whose own scores differ more than texts do: an interval of texts alone would be far too narrow."""
    generator = np.random.default_rng(2)

    def system() -> np.ndarray:
        own = generator.normal(0.8, 0.03, 3)
        return np.stack([generator.random((400, 3)) < own, np.ones((400, 3))], 2)

    systems = [system() for _ in range(120)]
    spans = [interval_of_seeds(one) for one in systems]
    assert np.mean([low <= 0.8 <= high for low, high in spans]) > 0.9
    alone = [interval(parts(one[..., 0].sum(1), 3.0)) for one in systems]
    assert np.mean([low <= 0.8 <= high for low, high in alone]) < 0.8
    told = [p_value_of_seeds(first, second) < 0.05 for first, second in pairwise(systems)]
    assert np.mean(told) < 0.08
    texts_alone = [
        paired_p_value(parts(first[..., 0].sum(1), 3.0), parts(second[..., 0].sum(1), 3.0)) < 0.05
        for first, second in pairwise(systems)
    ]
    assert np.mean(texts_alone) > 0.15


def test_a_better_system_is_told_apart_by_its_seeds() -> None:
    generator = np.random.default_rng(3)
    first, second = (np.stack([generator.random((500, 3)) < share, np.ones((500, 3))], 2) for share in (0.9, 0.8))
    assert p_value_of_seeds(first, second) < 0.01
    assert p_value_of_seeds(first, first) == p_value_of_seeds(first[:19], second[:19]) == 1.0
    assert interval_of_seeds(first[:19]) is None
    assert interval_of_seeds(np.ones((500, 3, 2))) == interval(parts(np.ones(500)))
