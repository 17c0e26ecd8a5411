"""Measures of quality against numbers worked out by hand and known optima."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from sklearn.calibration import calibration_curve
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

from seqtext.errors import InputError
from seqtext.evaluation.metrics import (
    auroc,
    bleu,
    chrf,
    detection_scores,
    expected_calibration_error,
    fit_temperature,
    longest_common,
    rouge,
)


@pytest.mark.parametrize(
    ("confidence", "correct", "bins", "expected"),
    [
        ([], [], 15, 0.0),
        ([1.0], [True], 15, 0.0),
        ([1.0], [False], 15, 1.0),
        ([0.7, 0.7, 0.7, 0.7], [True, False, True, False], 1, 0.2),
        ([0.9, 0.1, 0.8, 0.2], [True, False, True, False], 2, 0.15),  # bins {0.1, 0.2} and {0.8, 0.9}: 0.15 each
        ([0.9, 0.1, 0.8, 0.2], [True, False, True, False], 1, 0.0),  # mean 0.5, half are right
        ([0.2, 0.4, 0.9], [True, False, True], 2, (2 * 0.2 + 1 * 0.1) / 3),  # bins of two and one
        ([0.25, 0.75], [True, True], 15, 0.5),  # more bins than answers: each its own
    ],
)
def test_calibration_error(confidence: list[float], correct: list[bool], bins: int, expected: float) -> None:
    found = expected_calibration_error(np.array(confidence), np.array(correct, np.bool_), bins)
    assert found == pytest.approx(expected, abs=1e-12)


def test_calibration_error_of_a_calibrated_model_is_small() -> None:
    random = np.random.default_rng(0)
    confidence = random.random(20_000)
    correct = random.random(20_000) < confidence
    assert expected_calibration_error(confidence, correct) < 0.02
    assert expected_calibration_error(np.sqrt(confidence), correct) > 0.1  # mean of √x − x is 1/6


@pytest.mark.parametrize("bins", [1, 7, 15])
def test_calibration_error_is_that_of_scikit_learns_bins(bins: int) -> None:
    """Its bins hold their upper ends and ours their lower ones; no random number lies on either."""
    random = np.random.default_rng(bins)
    confidence = random.random(500) ** 2
    correct = random.random(500) < 0.8 * confidence
    shares, means = calibration_curve(correct, confidence, n_bins=bins)
    sizes = np.histogram(confidence, bins, (0, 1))[0]
    expected = (sizes[sizes > 0] * np.abs(shares - means)).sum() / 500
    assert expected_calibration_error(confidence, correct, bins) == pytest.approx(expected)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_is_found_again(temperature: float) -> None:
    """Answers drawn from softmax(scores / T) are most likely near T."""
    random = np.random.default_rng(1)
    scores = random.normal(0, 3, (8000, 6))
    noise = random.gumbel(size=scores.shape)  # argmax(s / T + Gumbel) is a draw from softmax(s / T)
    places = (scores / temperature + noise).argmax(1)
    assert fit_temperature(scores, places) == pytest.approx(temperature, rel=0.06)
    assert fit_temperature(scores * 2, places) == pytest.approx(min(2 * temperature, np.exp(1.5)), rel=0.12)


def test_the_temperature_maximizes_the_likelihood() -> None:
    """Two answers 2 apart, right three times of four: 1 / (1 + e^(−2/T)) = 3/4, so T = 2 / ln 3."""
    scores, places = np.tile([2.0, 0.0], (40, 1)), np.array([0, 0, 0, 1] * 10)
    assert fit_temperature(scores, places) == pytest.approx(2 / np.log(3), abs=2e-3)
    assert fit_temperature(scores + 100, places) == pytest.approx(2 / np.log(3), abs=2e-3)


def test_questions_without_a_right_answer_are_left_out() -> None:
    scores, places = np.tile([2.0, 0.0], (60, 1)), np.array([0, 0, 0, 1] * 10 + [-1] * 20)
    scores[40:] = np.nan
    assert fit_temperature(scores, places) == pytest.approx(2 / np.log(3), abs=2e-3)


@pytest.mark.parametrize("count", [0, 1, 19])
def test_few_questions_change_nothing(count: int) -> None:
    assert fit_temperature(np.zeros((count, 3)), np.zeros(count, np.int64)) == 1.0
    assert fit_temperature(np.zeros((90, 3)), np.array([0] * count + [-1] * (90 - count))) == 1.0


@pytest.mark.parametrize(("right", "bound"), [(0, np.exp(-1.5)), (1, np.exp(1.5))])
def test_the_temperature_keeps_its_bounds(right: int, bound: float) -> None:
    """Always right asks for T → 0, always wrong for T → ∞."""
    scores, places = np.tile([2.0, 0.0], (30, 1)), np.full(30, right)
    assert fit_temperature(scores, places) == pytest.approx(bound, rel=1e-3)


def test_auroc_is_the_share_of_pairs_in_order() -> None:
    draw = np.random.default_rng(1)
    normal, odd = draw.integers(0, 9, 40).astype(float), draw.integers(3, 12, 30).astype(float)
    pairs = odd[:, None] - normal[None]
    assert auroc(normal, odd) == pytest.approx(((pairs > 0) + 0.5 * (pairs == 0)).mean())
    assert np.isnan(auroc(normal, odd[:0]))
    assert np.isnan(auroc(normal[:0], odd))


few = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=30).map(np.array)  # so that many are equal


@given(few, few, st.integers(-1, 7))
def test_detection_scores_are_those_of_scikit_learn(normal, odd, threshold) -> None:
    true, scores = np.repeat([False, True], [len(normal), len(odd)]), np.concatenate([normal, odd])
    found = detection_scores(normal, odd, threshold, 0.1)
    assert found["auroc"] == pytest.approx(roc_auc_score(true, scores))
    expected = precision_recall_fscore_support(true, scores > threshold, average="binary", zero_division=0)[:3]
    assert [found[name] for name in ("precision", "recall", "f1")] == pytest.approx(expected)


def test_detection_scores_by_hand() -> None:
    found = detection_scores(np.array([0.0, 1.0, 2.0, 3.0]), np.array([2.5, 3.5, 4.0]), 2.2, 0.25)
    assert found == {
        "auroc": 11 / 12, "f1": 6 / 7, "precision": 3 / 4, "recall": 1.0, "false_positive_rate": 1 / 4,
        "recall_at_false_alarms": 1.0,
    }  # fmt: skip
    nothing = detection_scores(np.array([1.0, 1.0]), np.array([1.0]), 1.0, 0.01)
    assert [nothing[name] for name in ("auroc", "f1", "precision", "recall")] == [0.5, 0.0, 0.0, 0.0]
    assert nothing["recall_at_false_alarms"] == 0.0


def test_bleu_by_hand() -> None:
    """Of six words five are right, of their pairs three of five, then two of four and one of three; no brevity."""
    found = bleu(["The cat sat on a mat"], ["The cat sat on the mat"])
    # pairs right: the-cat, cat-sat, sat-on; threes: the-cat-sat, cat-sat-on; fours: the-cat-sat-on
    assert found["bleu"] == pytest.approx(100 * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25)
    assert found["signature"].startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2")
    short = bleu(["The cat sat on"], ["The cat sat on the mat"])["bleu"]
    assert short == pytest.approx(100 * math.exp(1 - 6 / 4))


def test_bleu_is_of_the_corpus_and_minds_case_unless_told_not_to() -> None:
    outputs, references = ["A man rides a horse.", "no"], ["a man rides a horse.", "no"]
    assert bleu(outputs, outputs)["bleu"] == pytest.approx(100)
    assert bleu(outputs, references)["bleu"] < 90
    found = bleu(outputs, references, lowercase=True)
    assert found["bleu"] == pytest.approx(100)
    assert "case:lc" in found["signature"]


def test_chrf_by_hand() -> None:
    """Half of the letters and none of the pairs: precision and recall are 1/4 each, and so is every F."""
    assert chrf(["ab"], ["ac"])["chrf"] == pytest.approx(25)
    assert chrf(["ab c"], ["abc"])["chrf"] == pytest.approx(100)
    assert chrf(["ab"], ["ac"])["signature"].startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2")


def test_the_best_of_several_references_counts() -> None:
    outputs = ["the cat sat on the mat", "a dog ran off there now"]
    several = [["a bird", "the cat sat on the mat"], ["a dog ran off there now"]]
    assert bleu(outputs, several)["bleu"] == pytest.approx(100)
    assert chrf(outputs, several)["chrf"] == pytest.approx(100)
    assert rouge(outputs, several) == {"rouge1": 100, "rouge2": 100, "rougeL": 100}
    # one reference is best by words, the other by their order
    found = rouge(["a b c"], [["c b a", "a b x y z w"]])
    assert found == pytest.approx({"rouge1": 100, "rouge2": 100 * 2 * 1 / (2 + 5), "rougeL": 100 * 2 * 2 / (3 + 6)})


@pytest.mark.parametrize(
    ("output", "reference", "one", "two", "longest"),
    [
        ("police killed the gunman", "police kill the gunman", 3 / 4, 1 / 3, 3 / 4),  # Lin 2004, section 3.1
        ("the gunman kill police", "police kill the gunman", 4 / 4, 1 / 3, 2 / 4),
        ("The, the: THE!", "the cat", 2 / 5, 0, 2 / 5),  # a word counts as often as in the reference
        ("«L'été» n° 42", "l été 42", 6 / 7, 2 / 5, 6 / 7),
        ("a", "a", 1, 0, 1),
        ("", "a b", 0, 0, 0),
        ("...", "", 0, 0, 0),
    ],
)
def test_rouge_by_hand(output: str, reference: str, one: float, two: float, longest: float) -> None:
    wanted = {"rouge1": 100 * one, "rouge2": 100 * two, "rougeL": 100 * longest}
    assert rouge([output], [reference]) == pytest.approx(wanted)
    assert rouge([output, "x"], [reference, "y"]) == pytest.approx({name: each / 2 for name, each in wanted.items()})


ascii_texts = st.text("aAbBcC09 .,'_-\n", max_size=25)


@given(ascii_texts, st.lists(ascii_texts, min_size=1, max_size=3))
def test_rouge_is_that_of_rouge_score(output: str, references: list[str]) -> None:
    """On ASCII: a letter like é parts words there and belongs to them here."""
    theirs = RougeScorer(["rouge1", "rouge2", "rougeL"]).score_multi(references, output)
    wanted = {name: 100 * score.fmeasure for name, score in theirs.items()}
    assert rouge([output], [references]) == pytest.approx(wanted)
    assert rouge(["été"], ["été"])["rouge1"] == 100


@pytest.mark.parametrize(
    ("output", "reference", "score"),
    [
        ("की कि कु के", "का कै को कौ", 0),
        ("हिन्दी भाषा", "हिन्दी भाषा", 100),
        ("cafe\u0301", "caf\u00e9", 100),
        ("فَعَلَ", "فُعِلَ", 0),
        ("今年的预算", "去年的预算", 80),
        ("iPhone 的价格", "iPhone的价格", 100),
        ("น้ำดื่ม", "น้ำแข็ง", 100 / 3),
        ("價格", "的的", 0),
    ],
)
def test_rouge_of_every_script(output: str, reference: str, score: float) -> None:
    assert rouge([output], [reference])["rouge1"] == pytest.approx(score)


def test_words_are_stemmed_if_asked() -> None:
    assert rouge(["walks"], ["Walked"])["rouge1"] == 0
    assert rouge(["walks"], ["Walked"], stem=lambda word: word[:4])["rouge1"] == 100


def test_scores_of_nothing() -> None:
    assert math.isnan(bleu([], [])["bleu"])
    assert math.isnan(chrf([], [])["chrf"])
    assert all(map(math.isnan, rouge([], []).values()))
    assert bleu([""], ["a b"])["bleu"] == 0


@pytest.mark.parametrize("score", [bleu, chrf, rouge])
@pytest.mark.parametrize("references", [["a"], [["a"], []]])
def test_every_output_has_a_reference(score, references) -> None:
    with pytest.raises(InputError, match=r"2 outputs were given with (1|references for 1 of them)"):
        score(["a", "b"], references)


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=12))
def test_the_longest_common_subsequence(first: list[str], second: list[str]) -> None:
    """Against the table of Wagner and Fischer 1974."""
    table = np.zeros((len(first) + 1, len(second) + 1), int)
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            table[i + 1, j + 1] = table[i, j] + 1 if one == other else max(table[i, j + 1], table[i + 1, j])
    assert longest_common(first, second) == table[-1, -1]
