"""Estimate bootstrap intervals of scores; test two systems by the paired bootstrap.

The measured examples are drawn anew, as many as there are, with replacement, B = 1,000 times with seed 1; the interval
is what the middle 95 % of the scores of those draws span (Efron 1979, doi:10.1214/aos/1176344552; percentile method:
Efron and Tibshirani 1993, ch. 13). Of more than 20,000 examples, unless at most 500 differ, B is smaller, at least 200,
so that none takes longer than about a second.

Of fewer than 20 examples there is no interval: what they have not shown cannot be drawn from them, and the percentile
method would then claim far less doubt than there is.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqtext.evaluation.metrics import auroc

RESAMPLES, SEED, FEWEST = 1_000, 1, 20
_TAIL = 0.025  # of the scores on either side
_DRAWN = 20_000_000  # examples at most, but for 200 resamples
_AT_ONCE = 4_000_000
_KINDS = 500  # different examples that are drawn by how often each comes

Floats = NDArray[np.float64]
#: Makes scores, (resamples,), of sums over examples, (resamples, parts).
Statistic = Callable[[Floats], Floats]
#: The lower and the upper end; a list, as JSON has it.
Interval = list[float]


def ratio(sums: Floats) -> Floats:
    """Divide the first sums by the second: bits by characters.

    sums: (draws, 2); returns (draws,)
    """
    return sums[:, 0] / np.maximum(sums[:, 1], 1e-300)


def share(sums: Floats) -> Floats:
    """Divide the sums of hits by those of questions.

    sums: (draws, 2); returns (draws,). The first sum is contained in the second, so that scores lie from 0 to 1.
    """
    return ratio(sums)


def parts(first: ArrayLike, second: ArrayLike = 1.0) -> Floats:
    """Stack numerators and denominators of `share` or `ratio`: (examples, 2)."""
    return np.stack(np.broadcast_arrays(*(np.asarray(side, np.float64) for side in (first, second))), 1)


def interval(sums: Floats, statistic: Statistic = share) -> Interval | None:
    """Estimate the 95 % bootstrap interval of a score.

    sums: (examples, parts) what each example adds to the sums that the score is computed from

    None for fewer than 20 examples, and where the score is not finite. A share of 0 or 1 is bounded by Clopper and
    Pearson (1934).
    """
    if len(sums) < FEWEST:
        return None
    score = float(statistic(sums.sum(0)[None])[0])
    if statistic is share and score in (0.0, 1.0):
        return _unanimous(score, len(sums))
    return spanned(statistic(resampled_sums(sums)), score)


def intervals(measured: Mapping[str, Floats | tuple[Floats, Statistic]]) -> dict[str, Interval]:
    """Estimate the interval of each score that has one; see `interval`."""
    spans = {name: interval(*sums) if isinstance(sums, tuple) else interval(sums) for name, sums in measured.items()}
    return {name: span for name, span in spans.items() if span is not None}


def spanned(scores: Floats, score: float) -> Interval | None:
    """Span the middle 95 % of resampled scores and the measured score.

    scores: (samples,)

    None where one of them is not finite.
    """
    if not np.isfinite(score) or not np.isfinite(scores).all():
        return None
    low, high = np.quantile(scores, (_TAIL, 1 - _TAIL)).tolist()
    return [min(low, score), max(high, score)]


def _centred(scores: Floats, score: float) -> Interval | None:
    """Span resampled shares, shifted so that their mean is the measured share.

    A draw lacks some of the rare labels, which moves macro-F1 and says nothing of how far it can be trusted.
    """
    return spanned(np.clip(scores - scores.mean() + score, 0.0, 1.0), score)


def _unanimous(score: float, count: int) -> Interval:
    """Bound a share of 0 or 1 by Clopper and Pearson (1934).

    All its examples agree, so that a bootstrap would see no doubt.
    """
    rest = 1 - _TAIL ** (1 / count)
    return [1 - rest, 1.0] if score else [0.0, rest]


def resampled_sums(sums: Floats) -> Floats:
    """Resample the examples with replacement and sum each resample: (resamples, parts).

    sums: (examples, parts)
    """
    count, generator = len(sums), np.random.default_rng(SEED)
    kinds, often = np.unique(sums, axis=0, return_counts=True)
    if len(kinds) <= _KINDS:  # quicker: how often each kind is drawn is multinomial
        return np.asarray(generator.multinomial(count, often / count, RESAMPLES) @ kinds)
    resamples = min(RESAMPLES, max(200, _DRAWN // count))
    at_once = max(1, _AT_ONCE // count)
    sums_drawn = []
    for start in range(0, resamples, at_once):
        rows = min(at_once, resamples - start)
        drawn = generator.integers(0, count, (rows, count)) + count * np.arange(rows)[:, None]
        sums_drawn.append(np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count) @ sums)
    return np.concatenate(sums_drawn)


def label_intervals(
    true: NDArray[np.integer], answered: NDArray[np.integer], unused: int | None = None
) -> dict[str, Interval]:
    """Estimate the intervals of accuracy and macro-F1.

    true, answered: (texts,) numbers of labels; unused: a label that macro-F1 leaves out. Texts with the same label and
    the same answer are alike, so that only the counts of such pairs are drawn, from a multinomial.
    """
    if len(true) < FEWEST:
        return {}
    spans = intervals({"accuracy": parts(true == answered)})
    if (true == answered).all():
        return {**spans, "macro_f1": spans["accuracy"]}
    pairs, often = np.unique(np.stack([true, answered], 1), axis=0, return_counts=True)
    draws = np.random.default_rng(SEED).multinomial(len(true), often / len(true), RESAMPLES)
    scores = _macro_f1(pairs, np.concatenate([often[None], draws]), unused)
    macro = _centred(scores[1:], float(scores[0]))
    return spans if macro is None else {**spans, "macro_f1": macro}


def _macro_f1(pairs: NDArray[np.integer], counts: NDArray[np.integer], unused: int | None) -> Floats:
    """Average F1 over the labels that occur or are answered: (draws,).

    pairs: (pairs, 2) different labels and answers; counts: (draws, pairs) how often each comes; unused: a label left
    out
    """
    labels = np.unique(pairs)
    columns = np.searchsorted(labels, pairs)  # (pairs, 2)
    hits = _by_label(counts * (columns[:, 0] == columns[:, 1]), columns[:, 0], len(labels))
    both = sum(_by_label(counts, columns[:, side], len(labels)) for side in (0, 1))
    there = (both > 0) & (labels != unused)
    hits = hits * there
    return np.asarray((2 * hits / np.maximum(1, both)).sum(1) / np.maximum(1, there.sum(1)))


def _by_label(counts: NDArray[np.integer], columns: NDArray[np.integer], labels: int) -> NDArray[np.integer]:
    """Sum the counts of each label's pairs: (draws, labels).

    columns: (pairs,) the label of each
    """
    order = np.argsort(columns, kind="stable")
    labels_seen, starts = np.unique(columns[order], return_index=True)
    totals = np.zeros((len(counts), labels), counts.dtype)
    totals[:, labels_seen] = np.add.reduceat(counts[:, order], starts, axis=1)
    return totals


def several_intervals(true: NDArray[np.bool_], answered: NDArray[np.bool_]) -> dict[str, Interval]:
    """Estimate the intervals of micro-F1, macro-F1 and subset accuracy.

    true, answered: (texts, labels)
    """
    if len(true) < FEWEST:
        return {}
    there = (true | answered).any(0)
    true, answered = true[:, there], answered[:, there]
    hits, both = true & answered, true.astype(np.float64) + answered
    labels = np.concatenate([hits, both], 1)  # (texts, 2 labels)
    spans = intervals({
        "micro_f1": parts(2 * hits.sum(1), both.sum(1)),
        "subset_accuracy": parts((true == answered).all(1)),
    })  # fmt: skip
    macro = _centred(_macro_of_sums(resampled_sums(labels)), float(_macro_of_sums(labels.sum(0)[None])[0]))
    return spans if macro is None else {**spans, "macro_f1": macro}


def _macro_of_sums(sums: Floats) -> Floats:
    """Average F1 over labels: (draws,).

    sums: (draws, 2 labels) hits of each, then how often each occurs and is answered
    """
    hits, both = np.split(sums, 2, axis=1)
    return np.asarray((2 * hits / np.maximum(1, both)).sum(1) / np.maximum(1, (both > 0).sum(1)))


def detection_intervals(normal: Floats, odd: Floats, threshold: float) -> dict[str, Interval]:
    """Estimate the intervals of AUROC, F1, precision and recall.

    normal, odd: (examples,) scores, resampled separately. For AUROC they are sorted into at most 1,000 bins of equal
    size; the interval is shifted by what the bins change the score.
    """
    if min(len(normal), len(odd)) < FEWEST:
        return {}
    generator = np.random.default_rng(SEED)
    hits = generator.binomial(len(odd), (odd > threshold).mean(), RESAMPLES)
    alarms = generator.binomial(len(normal), (normal > threshold).mean(), RESAMPLES)
    counts = np.stack([hits, alarms], 1).astype(np.float64)
    exact = np.array([[(odd > threshold).sum(), (normal > threshold).sum()]], np.float64)
    of_counts: dict[str, Statistic] = {
        "f1": lambda both: 2 * both[:, 0] / (both.sum(1) + len(odd)),
        "precision": lambda both: both[:, 0] / np.maximum(1, both.sum(1)),
    }
    spans = {name: spanned(score(counts), float(score(exact)[0])) for name, score in of_counts.items()}
    spans_of_counts = {name: span for name, span in spans.items() if span is not None and span[0] < span[1]}
    return {
        "auroc": _auroc_interval(normal, odd, generator),
        **spans_of_counts,
        **intervals({"recall": parts(odd > threshold)}),
    }


def _auroc_interval(normal: Floats, odd: Floats, generator: np.random.Generator) -> Interval:
    edges = np.unique(np.quantile(np.concatenate([normal, odd]), np.linspace(0, 1, 1001), method="nearest"))
    bins = [np.searchsorted(edges, examples) for examples in (normal, odd)]
    rows = [np.bincount(bin_indices, minlength=len(edges))[None] for bin_indices in bins]
    drawn = [generator.multinomial(row.sum(), row[0] / row.sum(), RESAMPLES) for row in rows]
    scores = [_auroc(*counts) for counts in (rows, drawn)]
    score = auroc(normal, odd)
    if score in (0.0, 1.0):
        return _unanimous(score, min(len(normal), len(odd)))
    return spanned(np.clip(scores[1] - scores[0] + score, 0.0, 1.0), score) or [score, score]


def _auroc(normal: NDArray[Any], odd: NDArray[Any]) -> Floats:
    """Compute AUROC from bin counts, (draws, bins): (draws,).

    It is the share of pairs in which the odd example is in the higher bin, ties counting half.
    """
    below = np.cumsum(normal, 1) - normal
    pairs = normal.sum(1).astype(np.float64) * odd.sum(1)
    return np.asarray((odd * (below + normal / 2)).sum(1) / pairs)


def paired_p_value(first: Floats, second: Floats, statistic: Statistic = share, *, unsigned: bool = False) -> float:
    """Test whether two systems differ, by the paired bootstrap; the two-sided p-value.

    The same draws of the examples score both; p is the share of draws whose difference is as far from the measured one
    as that is from none (Koehn 2004, W04-3250; Riezler and Maxwell 2005, W05-0908), the measured one counted in. 1.0
    for fewer than 20 examples, which tell nothing.

    first, second: (examples, parts) what each example adds to the sums of either, the same examples in the same order
    unsigned: drop the signs of the differences before they are centred, as sacreBLEU's test does
    """
    if len(first) < FEWEST:
        return 1.0
    sums = np.concatenate([first, second], 1)

    def difference(rows: Floats) -> Floats:
        return statistic(rows[:, : first.shape[1]]) - statistic(rows[:, first.shape[1] :])

    measured = float(difference(sums.sum(0)[None])[0])
    drawn = difference(resampled_sums(sums))
    if abs(measured) < 1e-12:
        return 1.0
    if unsigned:
        distances = np.abs(drawn) - np.abs(drawn).mean()
        return float((1 + (distances > abs(measured)).sum()) / (1 + len(drawn)))
    return float((1 + (np.abs(drawn - measured) >= abs(measured) - 1e-12).sum()) / (1 + len(drawn)))


def interval_of_seeds(sums: Floats, statistic: Statistic = share) -> Interval | None:
    """Estimate the 95 % interval of a mean score over seeds.

    Examples and seeds are resampled. sums: (examples, seeds, parts) what each example adds to the sums of each seed;
    None as for `interval`
    """
    if len(sums) < FEWEST:
        return None
    scores = statistic(sums.sum(0))
    score = float(scores.mean())
    if statistic is share and score in (0.0, 1.0):
        return _unanimous(score, len(sums))
    return spanned(_means_drawn([sums], statistic)[0], score)


def p_value_of_seeds(first: Floats, second: Floats, statistic: Statistic = share) -> float:
    """Test whether mean scores over seeds differ, by the paired bootstrap.

    Returns the two-sided p-value of `paired_p_value`, where the seeds of either system are resampled, too, so that a
    lucky seed is not mistaken for a better system. first, second: (examples, seeds, parts), the same examples in the
    same order
    """
    if len(first) < FEWEST:
        return 1.0
    measured = float(statistic(first.sum(0)).mean() - statistic(second.sum(0)).mean())
    if abs(measured) < 1e-12:
        return 1.0
    first_means, second_means = _means_drawn([first, second], statistic)
    return float(
        (1 + (np.abs(first_means - second_means - measured) >= abs(measured) - 1e-12).sum()) / (1 + len(first_means))
    )


def _means_drawn(systems: Sequence[Floats], statistic: Statistic) -> list[Floats]:
    """Resample examples and seeds: (draws,) mean scores of each system.

    All systems get the same examples, each its own seeds. Of n seeds n - 1 are drawn: then the variance of their mean
    is, on average, that of a mean of n (Rao and Wu 1988, doi:10.1080/01621459.1988.10478591); with n of n it would be
    too small by 1/n. Drawing both counts three times what is peculiar to a seed and an example, and so errs on the side
    of doubt (Owen 2007, "The pigeonhole bootstrap", doi:10.1214/07-AOAS122).
    """
    drawn = resampled_sums(np.concatenate([system.reshape(len(system), -1) for system in systems], 1))
    generator, means, start = np.random.default_rng(SEED + 1), [], 0
    for _, seeds, width in (system.shape for system in systems):
        sums = drawn[:, start : start + seeds * width].reshape(-1, width)
        scores = statistic(sums).reshape(len(drawn), seeds)
        count = max(1, seeds - 1)
        weights = generator.multinomial(count, np.full(seeds, 1 / seeds), len(drawn))
        means.append((scores * weights).sum(1) / count)
        start += seeds * width
    return means
