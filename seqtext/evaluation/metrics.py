"""Compute metrics of probabilities, detections, translations and summaries."""

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise, zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import compared_words
from seqtext.errors import InputError
from seqtext.extras import needed
from seqtext.models.alarm_threshold import threshold_at

_FEWEST = 20  # questions to fit a temperature on
_NEAR = 1.5  # log T of most networks; only at this bound is a wider range searched
_SURE = 2e-3  # closer to a bound counts as at it: golden-section search stops within 1e-3
#: Scores that `rouge` gives.
ROUGE = ("rouge1", "rouge2", "rougeL")
_LONGEST_SEQUENCE = 20_000  # words that ROUGE-L compares: its time grows with the square

#: One reference for each output, or several.
References = Sequence[str] | Sequence[Sequence[str]]


def expected_calibration_error(confidence: NDArray[np.floating], correct: NDArray[np.bool_], bins: int = 15) -> float:
    """Compute the expected calibration error over bins of equal width.

    It is the mean distance between confidence and accuracy, weighted by the size of the bins (Guo et al. 2017).

    confidence: (answers,) probability given to the first answer; correct: (answers,) whether it was right; 0 without
    answers

    >>> expected_calibration_error(np.array([0.5, 0.5]), np.array([True, False]))
    0.0
    """
    if len(confidence) == 0:
        return 0.0
    places = np.clip((confidence * bins).astype(int), 0, bins - 1)
    total = 0.0
    for bin_index in np.unique(places):
        in_bin = places == bin_index
        total += in_bin.sum() * abs(float(confidence[in_bin].mean()) - float(correct[in_bin].mean()))
    return float(total / len(places))


def fit_temperature(scores: NDArray[np.floating], places: NDArray[np.integer], furthest: float = 1.5) -> float:
    """Fit the temperature T of softmax(scores / T) by maximum likelihood.

    scores: (questions, answers) logits of the best answers; places: (questions,) index of the right one, −1 for none of
    them (left out); furthest: the bound of |log T|

    Golden-section search on log T; the likelihood has one peak (Guo et al. 2017, arXiv:1706.04599). Right answers alone
    would ask for T → 0: below exp(−1.5), each of n questions counts as right by 1 − 1/(n + 2) only (Platt 1999). 1 for
    fewer than 20 questions.
    """
    scores, places = scores[places >= 0].astype(np.float64), places[places >= 0]
    count = len(places)
    if count < _FEWEST:
        return 1.0

    def loss(log_temperature: float, doubt: float = 0.0) -> float:
        scaled = scores / np.exp(log_temperature)
        top = scaled.max(1)
        total = top + np.log(np.exp(scaled - top[:, None]).sum(1))
        right = scaled[np.arange(count), places]
        return float((total - (right + doubt * (scaled.mean(1) - right) if doubt else right)).mean())

    log_t = golden_section(loss, -_NEAR, _NEAR)
    if furthest > _NEAR and log_t < _SURE - _NEAR:
        log_t = golden_section(lambda log_temperature: loss(log_temperature, 1 / (count + 2)), -furthest, -_NEAR)
    elif furthest > _NEAR and log_t > _NEAR - _SURE:
        log_t = golden_section(loss, _NEAR, furthest)
    return float(np.exp(log_t))


def golden_section(cost: Callable[[float], float], low: float, high: float) -> float:
    """Minimise a unimodal function by golden-section search (Kiefer 1953).

    low, high: bounds of the argument, which is found to 0.001
    """
    ratio = (np.sqrt(5.0) - 1) / 2
    while high - low > 1e-3:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, right) if cost(left) < cost(right) else (left, high)
    return (low + high) / 2


def auroc(normal: NDArray[np.floating], odd: NDArray[np.floating]) -> float:
    """Compute the area under the ROC curve.

    It is the probability that an odd example scores higher than a normal one, a tie counting half (Mann and Whitney
    1947). normal, odd: (examples,) scores; nan where either is empty.

    >>> auroc(np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    0.875
    """
    if not len(normal) or not len(odd):
        return float("nan")
    ordered = np.sort(normal)
    below, up_to = np.searchsorted(ordered, odd, "left"), np.searchsorted(ordered, odd, "right")
    return float((below + up_to).mean() / (2 * len(normal)))


def detection_scores(
    normal: NDArray[np.floating], odd: NDArray[np.floating], threshold: float, false_alarms: float
) -> dict[str, float]:
    """Compute AUROC, precision, recall and F1 of anomaly scores.

    normal, odd: (examples,) scores. What scores above the threshold is called odd.

    auroc; precision, recall, f1 and false_positive_rate (0 where nothing is called odd); recall_at_false_alarms: the
    recall at the lowest threshold that calls at most a share of the normal examples odd. Each is nan where it needs
    examples that are missing.

    >>> detection_scores(np.array([0.0, 1.0]), np.array([1.0, 2.0]), 0.5, 0.0)["recall_at_false_alarms"]
    0.5
    """
    nan = float("nan")
    hits, alarms = int((odd > threshold).sum()), int((normal > threshold).sum())
    at_rate = float((odd > threshold_at(normal, false_alarms)).mean()) if len(normal) and len(odd) else nan
    return {
        "auroc": auroc(normal, odd),
        "f1": 2 * hits / (hits + alarms + len(odd)) if len(odd) else nan,
        "precision": hits / max(1, hits + alarms) if len(odd) else nan,
        "recall": hits / len(odd) if len(odd) else nan,
        "false_positive_rate": alarms / len(normal) if len(normal) else nan,
        "recall_at_false_alarms": at_rate,
    }


def bleu(
    outputs: Sequence[str], references: References, *, lowercase: bool = False, resamples: int = 0
) -> dict[str, Any]:
    """Compute corpus BLEU by sacreBLEU, and its signature.

    (Papineni et al. 2002, Post 2018; tokenized 13a; from 0 to 100.) outputs: detokenized texts; references: one or
    several for each; resamples: also give "interval", [low, high], by sacreBLEU's bootstrap over so many: their mean ±
    half of what the middle 95 % of them span, widened to the score. nan where there is no output. Raises InputError
    where outputs and references differ in number, SeqtextError where sacreBLEU is not installed.
    """
    with needed("BLEU"):
        from sacrebleu.metrics.bleu import BLEU

    # force: no warning for tokenized text, which is the user's choice
    return _corpus_score(BLEU(lowercase=lowercase, force=True), "bleu", outputs, references, resamples)


def chrf(outputs: Sequence[str], references: References, *, resamples: int = 0) -> dict[str, Any]:
    """Compute corpus chrF2 by sacreBLEU, and its signature.

    (Popović 2015.) Arguments and errors as for `bleu`.
    """
    with needed("chrF"):
        from sacrebleu.metrics.chrf import CHRF

    return _corpus_score(CHRF(), "chrf", outputs, references, resamples)


def _corpus_score(
    metric: Any, name: str, outputs: Sequence[str], references: References, resamples: int
) -> dict[str, Any]:
    lists = _several(outputs, references)
    if not lists:
        return {name: math.nan, "signature": ""}
    # sacreBLEU wants every output's first reference, then every second one …
    streams = [list(stream) for stream in zip_longest(*lists)]
    score = metric.corpus_score(list(outputs), streams, resamples)
    scores = {name: float(score.score), "signature": str(metric.get_signature())}
    return {**scores, "interval": _told_interval(score)} if resamples else scores


def _told_interval(score: Any) -> list[float]:
    """Return sacreBLEU's bootstrap interval, widened to contain the score."""
    told = json.loads(score.format(width=6, signature="by:bootstrap", is_json=True))
    mean, half = told.get("confidence_mean", score.score), told.get("confidence_var", 0.0)  # none of a mean of 0
    return [min(mean - half, score.score), max(mean + half, score.score)]


def rouge(
    outputs: Sequence[str], references: References, *, stem: Callable[[str], str] | None = None
) -> dict[str, float]:
    """Compute ROUGE-1, ROUGE-2 and ROUGE-L as mean F1 in percent.

    rouge-score is not used: its words consist of a to z and digits, so that it cuts déjà in two and leaves 東京 out.

    A text's words are its runs of letters and digits with their marks, in lower case and composed (NFC), stemmed only
    if `stem` is given; of scripts without spaces, such as Chinese and Thai, each letter is a word. Of several
    references the one with the highest F1 counts, for each metric separately (Lin 2004). ROUGE-L takes a text as one
    sequence, of its first 20,000 words; what papers quote for CNN/DailyMail joins that of single sentences and is
    higher. nan where there is no output. Raises InputError where outputs and references differ in number.

    >>> rouge(["the cat sat down here"], ["The cat sat, it purred."])
    {'rouge1': 60.0, 'rouge2': 50.0, 'rougeL': 60.0}
    """
    each = rouge_of_each(outputs, references, stem=stem)
    totals = np.zeros(3)
    for scores in each:
        totals += scores
    means = 100 * totals / (len(each) or math.nan)
    return dict(zip(ROUGE, means.tolist(), strict=True))


def rouge_of_each(
    outputs: Sequence[str], references: References, *, stem: Callable[[str], str] | None = None
) -> NDArray[np.float64]:
    """Compute ROUGE-1, ROUGE-2 and ROUGE-L of each output: (outputs, 3).

    The scores are F1 from 0 to 1; arguments and errors as for `rouge`.
    """
    scores = []
    for output, several in zip(outputs, _several(outputs, references), strict=True):
        words = _words(output, stem)
        scores.append(np.max([_rouge_of(words, _words(reference, stem)) for reference in several], 0))
    return np.array(scores, np.float64).reshape(-1, len(ROUGE))


def _several(outputs: Sequence[str], references: References) -> list[list[str]]:
    """List the references of each output; InputError where their numbers differ."""
    lists = [[references_of] if isinstance(references_of, str) else list(references_of) for references_of in references]
    if len(lists) != len(outputs) or not all(lists):
        given = f"references for {sum(map(bool, lists)):,} of them" if len(lists) == len(outputs) else f"{len(lists):,}"
        raise InputError(
            f"{len(outputs):,} outputs were given with {given}; one reference or several for each are expected.",
            "give as many references as outputs",
        )
    return lists


def _words(text: str, stem: Callable[[str], str] | None) -> list[str]:
    words = compared_words(text)
    return words if stem is None else [stem(word) for word in words]


def _rouge_of(output: list[str], reference: list[str]) -> tuple[float, float, float]:
    """Compute F1 of words, of bigrams, and of the longest common subsequence."""
    pairs = [list(pairwise(words)) for words in (output, reference)]
    parts = [words[:_LONGEST_SEQUENCE] for words in (output, reference)]
    shared = (Counter(output) & Counter(reference)).total()
    shared_pairs = (Counter(pairs[0]) & Counter(pairs[1])).total()
    return (
        _f1(shared, len(output), len(reference)),
        _f1(shared_pairs, len(pairs[0]), len(pairs[1])),
        _f1(longest_common(*parts), *map(len, parts)),
    )


def _f1(shared: int, found: int, wanted: int) -> float:
    return 2 * shared / (found + wanted) if shared else 0.0


def longest_common(first: Sequence[str], second: Sequence[str]) -> int:
    """Compute the length of the longest common subsequence.

    A row of the dynamic-programming table is held as the bits of one integer (Hyyrö 2004): 200 times as fast as a list
    of numbers, for 400 words.

    >>> longest_common("a b c d".split(), "b d x a".split())
    2
    """
    places: dict[str, int] = {}
    for position, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << position
    everything = (1 << len(first)) - 1
    row = everything  # a 0 at each position where the length grows by one
    for word in second:
        matches = row & places.get(word, 0)
        row = ((row + matches) | (row - matches)) & everything
    return len(first) - row.bit_count()
