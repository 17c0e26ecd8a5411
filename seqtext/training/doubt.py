"""Fit a model's detector of unusual texts, its doubt.

It has the tables of `seqtext.networks.doubt`, and the score below which a text is unusual. Of each n-gram two counts
are known, c of the texts learnt from and m of text that was made. Its evidence is log((c + ½) / (r m + ½)), r the ratio
of all counts; that it was never learnt from; and log(1 + c); both logarithms are bounded. A logistic regression of
their means over a text tells texts learnt from, each without its own counts (leave-one-out), from made ones. No weight
may have the wrong sign, so that it is right of texts of no kind that was made, too. The weights times the evidence are
the tables. The threshold lies above 4 % of the texts learnt from and those held out, and above no more of their parts
(split conformal prediction, Vovk et al. 2005). That of a translator or summarizer lies above 1.5 % of the texts of a
length, and grows with it: the mean over few n-grams varies more.
"""

import math
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.data.sampling import batched
from seqtext.data.split import LEARNT_TEXT
from seqtext.models.doubt import LOWEST_SCORE, Doubt, spell, speller
from seqtext.networks.cells import Array
from seqtext.networks.doubt import (
    FEWEST_BITS,
    MOST_BITS,
    TABLE_COLUMNS,
    ByteSpeller,
    buckets,
    is_real,
    means,
    table_bits,
    table_shape,
)
from seqtext.tokenizer import Tokenizer
from seqtext.training import made_text
from seqtext.training.made_text import exchanged, noise, of_length, restyled

MARKED_STRETCHES = 0.1  # where no whole source is so short
FEWEST = 50  # texts, learnt from and held out, that tell anything of a share of 4 %
MARKED = 0.04  # of its own texts
_LENGTHS = 12  # from 2 tokens to 4,096
MARKED_SOURCES = 0.015  # of each length: some of the kinds learnt from are rare, and more of them are marked
MOST_TEXTS = 20_000  # learnt from
MOST_SOURCES = 60_000  # of pairs learnt from
_SAMPLE = 1_500  # texts of each kind in the regression
_TOKENS = 200_000  # of each of these kinds, at most
_REGULAR = 300.0  # the weight of all texts learnt from against that of the squares of the weights
_STEPS = 400
_SHARE = 0.1  # of the bytes of the model that the table may take
_COMPARED = 0.25  # of the made sentences; the others are counted
_LIKE_OWN = 0.3  # of the made text marked: less, and the texts learnt from are of its kind
_DEVIATIONS = 4.0  # of the number marked, more than which is no chance
_TIMES = 5  # as long as fitting takes a budget must be
_KINDS = {"made": 0.43, "restyled": 0.27, "noise": 0.25, "exchanged": 0.05}
_STEEP, _MOST_COUNTED, _CLIP = 3.0, 4.0, 5.0
_LARGEST = 60_000.0  # of a table, which is stored in half precision

Ids = NDArray[np.integer]
Rows = NDArray[np.float64]


class Fitted(NamedTuple):
    """Hold a fitted detector of unusual texts.

    table: (rows, TABLE_COLUMNS), see `seqtext.networks.doubt.table_shape`; facts: its part of config.json, see
    `seqtext.models.doubt.Doubt`
    """

    table: Array
    facts: dict[str, Any]


class _Known(NamedTuple):
    """Training texts, held-out texts, and parts of training texts."""

    own: Sequence[Ids]
    held_out: Sequence[Ids]
    parts: Sequence[Ids]


class _Counts(NamedTuple):
    """Frequencies of the n-grams of each bucket in training texts and in made ones."""

    own: Rows
    made: Rows
    ratios: Rows  # (orders,)


def bits_for(size: int, most: float = math.inf) -> int:
    """Choose the size of a doubt's table, in bits of its index.

    It is the largest within its share of a model's bytes, FEWEST_BITS at least.

    size: bytes of the model; most: bytes that the table, with the scales of its rows, may take
    """
    room = min(_SHARE * size, most * TABLE_COLUMNS / (TABLE_COLUMNS + 4))
    fitting = [bits for bits in range(FEWEST_BITS, MOST_BITS + 1) if np.prod(table_shape(bits)) <= room]
    return max(fitting, default=FEWEST_BITS)


def fit_doubt(own: Sequence[Ids], held_out: Sequence[Ids], tokenizer: Tokenizer, bits: int, seed: int, *,
    labels: NDArray[np.integer] | None = None, parts: Sequence[Ids] = (),
) -> Fitted:  # fmt: skip
    """Fit a doubt to a classifier's texts.

    Where the text of generate-en turns out to be of a kind with the training texts, or with those of one label
    (English, of languages), only text made by code counts as unlike them.

    own, held_out: ids of training and held-out texts, without BOS and EOS, at least FEWEST together, some of each;
    bits: of the table; labels: (held_out,) the label of each, where it has one; parts: of training texts, such as
    titles without their bodies, which are as usual
    """
    known = _Known(own, held_out, _within(parts) if parts else [])
    fitted = _fit(known, tokenizer, bits, random.Random(seed), made=True)
    is_marked = np.array(Doubt(*fitted, tokenizer).unusual(held_out))
    if fitted.facts["made"] >= _LIKE_OWN and (labels is None or not _mostly_of_one(is_marked, labels)):
        return fitted
    return _fit(known, tokenizer, bits, random.Random(seed), made=False)


def no_doubt(measured_on: str, texts: int, minutes: float | None, seconds: float = 2.0) -> str:
    """Return the reason why no doubt can be fitted, if any.

    seconds: that fitting takes, of a budget of minutes
    """
    if measured_on == LEARNT_TEXT:
        return "no texts will be marked: none was held out that could tell which are usual"
    if texts < FEWEST:
        return f"no texts will be marked: {texts:,} are too few to tell which are unusual, {FEWEST} are needed"
    if minutes is not None and 60 * minutes < _TIMES * seconds:
        return f"no texts will be marked: that takes a budget of {_TIMES * seconds:.0f} seconds or more"
    return ""


def fit_source_doubt(
    own: Sequence[Ids], held_out: Sequence[Ids], tokenizer: Tokenizer, bits: int, seed: int, *, everyday: bool
) -> Fitted:
    """Fit the doubt of a translator or summarizer to its sources.

    own, held_out, tokenizer, bits: as for `fit_doubt`; everyday: whether everyday English, as generate-en writes it,
    and a word or two, are no reason for doubt, although none of it was learnt
    """
    known = _Known(own, held_out, [])
    if everyday:
        return _fit(known, tokenizer, bits, random.Random(seed), made=False, by_length=True)
    fitted = _fit(known, tokenizer, bits, random.Random(seed), made=True, by_length=True)
    if fitted.facts["made"] < _LIKE_OWN:
        fitted = _fit(known, tokenizer, bits, random.Random(seed), made=False, by_length=True)
    sizes = Doubt(*fitted, tokenizer).measured([*own, *held_out])[1]
    return fitted._replace(facts={**fitted.facts, "shortest": _shortest(sizes)})


def _mostly_of_one(odd: NDArray[np.bool_], labels: NDArray[np.integer]) -> bool:
    """Return whether far more texts of some label are marked than chance would mark."""
    marked, texts = np.bincount(labels, odd), np.bincount(labels)
    return bool((marked > MARKED * texts + _DEVIATIONS * np.sqrt(MARKED * (1 - MARKED) * texts) + 1).any())


def _fit(
    known: _Known, tokenizer: Tokenizer, bits: int, draw: random.Random, *, made: bool, by_length: bool = False
) -> Fitted:
    """Fit a doubt to known texts.

    made: whether text of generate-en is unlike the training texts; by_length: with thresholds by length, see `Doubt`
    """
    spelling, (training_texts, held_out, parts) = speller(tokenizer), known
    chosen = _within(
        [training_texts[k] for k in sorted(draw.sample(range(len(training_texts)), min(_SAMPLE, len(training_texts))))]
    )
    count = len(chosen)
    chosen = [*chosen, *parts]
    counted, kinds = _made(_texts(training_texts, tokenizer), draw, made)
    if made:
        kinds["exchanged"] = exchanged(_texts(held_out, tokenizer), _SAMPLE // 3, draw)
    kinds = {kind: texts for kind, texts in kinds.items() if texts}
    counts = _count(spelling, training_texts, list(tokenizer.stream(counted)), bits)
    positive = _features(spelling, chosen, counts, bits, learnt=True)
    others = [_features(spelling, _within(list(tokenizer.stream(texts))), counts, bits) for texts in kinds.values()]
    shares = [_KINDS[kind] for kind in kinds]
    weights, centre = _regress(positive, others, np.array(shares) / sum(shares))
    table = _table(counts, weights, centre, bits)
    # Texts that are all alike have next to no deviation, in units of which scores are.
    smaller = max(1.0, float(np.abs(table).max()) / _LARGEST)
    table, weights = table / np.float32(smaller), weights / smaller
    facts: dict[str, Any] = {"bits": bits, "threshold": 0.0}
    doubt = Doubt(table, facts, tokenizer)

    def unlearnt(texts: Sequence[Ids]) -> Rows:
        """Scores as of texts that were not learnt from: the table is rounded, so their own counts are taken off."""
        whole, less = (_features(spelling, texts, counts, bits, learnt=learnt) for learnt in (False, True))
        return doubt.scores(texts) - (whole - less) @ weights

    held = doubt.scores(held_out)
    if by_length:
        facts["threshold"] = _thresholds(doubt, held_out, chosen, unlearnt)
    else:
        facts["threshold"] = _threshold(held, unlearnt(chosen), count)
    doubt = Doubt(table, facts, tokenizer)
    marked = np.concatenate([doubt.unusual(list(tokenizer.stream(texts))) for texts in kinds.values()])
    learnt_marked = np.mean(doubt.unusual(held_out)) if len(held) else 0.0
    return Fitted(table, {**facts, "own": float(learnt_marked), "made": float(marked.mean()), "texts": len(held_out)})


def _threshold(held_out: Rows, learnt: Rows, count: int) -> float:
    """Choose the score that few held-out and training texts are below, and no more of parts of texts.

    learnt: of `count` texts and then of parts
    """
    threshold = float(np.quantile(np.concatenate([held_out, learnt[:count]]), MARKED))
    parts = learnt[count:]
    return min(threshold, float(np.quantile(parts, MARKED))) if len(parts) else threshold


def _shortest(sizes: NDArray[np.int64]) -> int:
    """The bytes that one text in a thousand has at most: a text below is unlike all that was learnt."""
    return int(np.quantile(sizes, 0.001))


def _thresholds(
    doubt: Doubt, held_out: Sequence[Ids], learnt: Sequence[Ids], unlearnt: Callable[[Sequence[Ids]], Rows]
) -> list[list[float]]:
    """Choose thresholds by length in bytes, for lengths from a token on.

    Few of the texts that are so long lie below it. Where there are none, more of the stretches of longer ones do: no
    training text is so short, either. None is higher than that of a greater length.
    """
    steps: list[list[float]] = []
    for tokens in (1 << power for power in range(_LENGTHS + 1)):
        share = MARKED_SOURCES
        fresh, known = (_of_tokens(texts, tokens) for texts in (held_out, learnt))
        if len(fresh) + len(known) < FEWEST:
            share = MARKED_STRETCHES
            fresh, known = (_stretches(texts, tokens) for texts in (held_out, learnt))
        if len(fresh) + len(known) < FEWEST:
            continue
        measured, sizes = doubt.measured([*fresh, *known])
        size = int(np.median(sizes))
        scores = np.concatenate([measured[: len(fresh)], unlearnt(known) if known else np.zeros(0)])
        steps.append([size, max(LOWEST_SCORE, float(np.quantile(scores, share)))])
    for step, longer in reversed(list(pairwise(steps))):
        step[1] = min(step[1], longer[1])
    kept = [step for k, step in enumerate(steps) if k == 0 or step[0] > steps[k - 1][0]]
    return kept or [[1, float(np.quantile(doubt.scores(held_out), MARKED_SOURCES))]]


def _of_tokens(texts: Sequence[Ids], tokens: int) -> list[Ids]:
    about: float = 2**0.5
    return [text for text in texts if tokens / about < len(text) <= tokens * about]


def _stretches(texts: Sequence[Ids], tokens: int) -> list[Ids]:
    """Cut the beginning, the middle and the end from each text that is long enough."""
    return [
        text[start : start + tokens]
        for text in texts
        if len(text) >= tokens
        for start in (0, (len(text) - tokens) // 2, len(text) - tokens)
    ]


def _texts(own: Sequence[Ids], tokenizer: Tokenizer) -> list[str]:
    return [tokenizer.decode(np.asarray(ids, np.int32)) for ids in own[:_SAMPLE]]


def _made(like: Sequence[str], draw: random.Random, made: bool) -> tuple[list[str], dict[str, list[str]]]:
    """Make texts: those to count, and by kind those to compare."""
    odd = noise(like, _SAMPLE // 3, draw)
    if not made:
        return noise(like, _SAMPLE, draw), {"noise": odd}
    sentences = made_text.made_sentences()
    draw.shuffle(sentences)
    border = int(_COMPARED * len(sentences))
    compared, counted = of_length(sentences[:border], like, _SAMPLE, draw), sentences[border:]
    styles = [restyled(text, draw) for text in counted[: len(counted) // 2]]
    kinds = {"made": compared, "restyled": [restyled(text, draw) for text in compared], "noise": odd}
    return [*counted, *styles, *noise(like, len(counted) // 10, draw)], kinds


def _count(spelling: ByteSpeller, learnt: Sequence[Ids], made: Sequence[Ids], bits: int) -> _Counts:
    size = TABLE_COLUMNS * table_shape(bits)[0]
    totals = []
    for texts in (learnt, made):
        total = np.zeros(size)
        for batch in batched(texts, _SAMPLE):
            data, counts = spell(spelling, batch)
            real = is_real(counts)
            for places in buckets(data, bits):
                total += np.bincount(places[real], minlength=size)
        totals.append(total)
    borders = np.cumsum([0, *(1 << order_bits for order_bits in table_bits(bits))])[:-1]
    sums = [np.add.reduceat(total, borders) for total in totals]
    return _Counts(totals[0], totals[1], sums[0] / np.maximum(sums[1], 1.0))


def _evidence(own: Rows, made: Rows, ratio: float) -> list[Rows]:
    """Compute the features of n-gram counts of one order: their log odds, absence and frequency in training texts."""
    odds = np.log((own + 0.5) / (ratio * made + 0.5))
    return [_STEEP * np.tanh(odds / _STEEP), -(own <= 0.0).astype(np.float64), np.minimum(np.log1p(own), _MOST_COUNTED)]


def _features(spelling: ByteSpeller, texts: Sequence[Ids], counts: _Counts, bits: int, *, learnt: bool = False) -> Rows:
    """Compute the mean evidence of each order, (texts, 3 · orders).

    learnt: the texts are training texts, so that their own counts are subtracted
    """
    data, sizes = spell(spelling, texts)
    numbers = np.repeat(np.arange(len(texts)), sizes)
    features = []
    for order, indices in enumerate(buckets(data, bits)):
        learnt_counts = counts.own[indices]
        if learnt:
            keys = numbers * len(counts.own) + indices
            _, where, often = np.unique(keys, return_inverse=True, return_counts=True)
            learnt_counts = np.maximum(learnt_counts - often[where], 0.0)
        evidence = _evidence(learnt_counts, counts.made[indices], counts.ratios[order])
        features += [means(values.astype(np.float32), sizes) for values in evidence]
    return np.stack(features, 1)


def _within(texts: Sequence[Ids]) -> list[Ids]:
    """Return the first texts, so many that there is time for them."""
    ends = np.cumsum([len(text) for text in texts])
    return list(texts[: max(1, int(np.searchsorted(ends, _TOKENS, "right")))])


def _regress(learnt: Rows, others: Sequence[Rows], shares: Rows) -> tuple[Rows, Rows]:
    """Fit logistic regression with weights of at least 0; return them with the feature means of the training texts.

    learnt, others: (texts, features); shares: of the other kinds, which together weigh as much as the training texts
    """
    centre, spread = learnt.mean(0), learnt.std(0) + 1e-3
    rows = np.concatenate([learnt, *others])
    inputs = np.append(np.clip((rows - centre) / spread, -_CLIP, _CLIP), np.ones((len(rows), 1)), 1)
    is_learnt = np.arange(len(rows)) < len(learnt)
    sizes = [len(learnt), *map(len, others)]
    weights = np.repeat([1.0, *shares] / np.array(sizes), sizes) * _REGULAR
    bound = np.linalg.eigvalsh((inputs * weights[:, None]).T @ inputs)[-1] / 4 + 1.0
    solution = ahead = np.zeros(inputs.shape[1])
    pace = 1.0
    for _ in range(_STEPS):  # FISTA (Beck and Teboulle 2009), whose projection keeps the signs
        errors = weights * (1.0 / (1.0 + np.exp(-np.clip(inputs @ ahead, -30.0, 30.0))) - is_learnt)
        slope = inputs.T @ errors
        slope[:-1] += ahead[:-1]
        new = ahead - slope / bound
        new[:-1] = np.maximum(new[:-1], 0.0)
        next_pace = (1.0 + np.sqrt(1.0 + 4.0 * pace**2)) / 2.0
        solution, ahead, pace = new, new + (pace - 1.0) / next_pace * (new - solution), next_pace
    result = solution[:-1] / spread
    return result / max(float(((learnt - centre) @ result).std()), 1e-6), centre


def _table(counts: _Counts, weights: Rows, centre: Rows, bits: int) -> Array:
    """Compute the weighted evidence of every bucket, of `table_shape`, rounded as stored."""
    parts, start = [], 0
    for order, size in enumerate(1 << order_bits for order_bits in table_bits(bits)):
        learnt, made = counts.own[start : start + size], counts.made[start : start + size]
        evidence = _evidence(learnt, made, counts.ratios[order])
        columns = slice(3 * order, 3 * order + 3)
        parts.append((np.stack(evidence, 1) - centre[columns]) @ weights[columns])
        start += size
    table = np.concatenate(parts).reshape(-1, TABLE_COLUMNS)
    scale = np.maximum(np.abs(table).max(1, keepdims=True), 1e-9) / 127
    result: Array = (np.rint(table / scale) * scale).astype(np.float32)
    return result
