"""Search as pure functions over `step`: (tokens, state) → (log-probabilities of what may follow, state).

And drawing: a token from log-probabilities, whole characters from a flow of them.
"""

import math
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from seqtext.config import SamplingConfig
from seqtext.errors import ModelError

Array = NDArray[np.float32]


class Reorderable(Protocol):
    """A recurrent state: rows first."""

    def take(self, rows: NDArray[np.integer]) -> Any:
        """The state of some rows."""


S = TypeVar("S", bound=Reorderable)
Step = Callable[[NDArray[np.int64], S], tuple[Array, S]]


class Span(NamedTuple):
    """A finished stretch of tokens."""

    tokens: tuple[int, ...]
    log_prob: float  # of the tokens and of ending there
    origin: int  # the row of the first state that it grew from
    row: int  # its row in the state that `search_spans` returns


def top(values: NDArray[np.floating], count: int) -> NDArray[np.int64]:
    """Places of the largest values, best first; exactly `count` of them (or all there are), ties by place.

    >>> top(np.array([1.0, 3.0, 2.0, 3.0]), 3).tolist()
    [1, 3, 2]
    """
    count = min(count, len(values))
    if count == 0:
        return np.zeros(0, np.int64)
    places = np.argpartition(-values, count - 1)[:count] if count < len(values) else np.arange(len(values))
    edge = values[places].min()
    above, ties = np.flatnonzero(values > edge), np.flatnonzero(values == edge)
    places = np.concatenate([above, ties[: count - len(above)]])
    ranked: NDArray[np.int64] = places[np.argsort(-values[places], kind="stable")]
    return ranked


def search_spans(
    step: Step[S],
    state: S,
    log_probs: Array,
    scores: Array,
    inner: NDArray[np.integer],
    end: int,
    allowed: Callable[[tuple[int, ...]], NDArray[np.bool_]],
    beam: int,
    longest: int,
) -> tuple[list[Span], S | None, float]:
    """The best spans of tokens that fill a gap, each closed by the END token.

    log_probs: (rows, vocabulary) what may come first in each row; scores: (rows,) log-probability of each row so far
    inner:     (n,) the tokens, END among them, that `step` gives log-probabilities for, (rows, n)
    allowed:   tokens so far → (vocabulary,) what may follow; END is admitted after it, never first
    returns    finished spans, best first, at most `beam`; the state after each, by Span.row; and the share of the
               allowed probability that the first tokens of the search cover. Finished spans leave the beam.
    """
    first = np.where(allowed(()), log_probs, -np.inf)
    whole = np.logaddexp.reduce(first, axis=1, keepdims=True)
    first = first - np.where(np.isfinite(whole), whole, 0.0) + scores[:, None]
    flat = first.ravel()
    places = top(flat, beam)
    places = places[np.isfinite(flat[places])]
    covered = float(np.exp(flat[places] - np.logaddexp.reduce(scores)).sum()) if len(places) else 0.0
    origins, tokens = places // first.shape[1], places % first.shape[1]
    hypotheses = [(int(token),) for token in tokens]
    open_scores = flat[places]
    rows = state.take(origins)
    finished: list[tuple[tuple[int, ...], float, int, S, int]] = []
    closing = int(np.flatnonzero(inner == end)[0])
    for _ in range(longest):
        if not hypotheses:
            break
        after, rows = step(np.array([tokens[-1] for tokens in hypotheses], np.int64), rows)
        finished += [
            (hypothesis, float(open_scores[k] + after[k, closing]), int(origins[k]), rows, k)
            for k, hypothesis in enumerate(hypotheses)
            if np.isfinite(after[k, closing])
        ]
        finished.sort(key=lambda item: -item[1])
        finished = finished[:beam]
        grown = np.where(np.array([allowed(one)[inner] for one in hypotheses]), after, -np.inf) + open_scores[:, None]
        bound = finished[-1][1] if len(finished) == beam else -np.inf
        flat = grown.ravel()
        places = top(flat, beam)
        places = places[flat[places] > bound]  # a longer span can only be less likely
        parents, tokens = places // grown.shape[1], inner[places % grown.shape[1]]
        hypotheses = [(*hypotheses[p], int(t)) for p, t in zip(parents, tokens, strict=True)]
        origins, open_scores, rows = origins[parents], flat[places], rows.take(parents)
    if not finished:
        return [], None, covered
    spans = [Span(one[0], one[1], one[2], k) for k, one in enumerate(finished)]
    parts = [one[3].take(np.array([one[4]])) for one in finished]
    joined = type(parts[0])(*(np.concatenate(pieces) for pieces in zip(*parts, strict=True)))
    return spans, joined, covered


class Follows(NamedTuple):
    """How a word can go on from some tokens."""

    tokens: NDArray[np.bool_]  # (vocabulary,) those that belong to the word
    begin: NDArray[np.bool_] | None  # (vocabulary,) those of them with which it begins; None once it has
    ends: bool  # may it end here, wherever none of its tokens follows?


def search_words(
    step: Step[S],
    state: S,
    log_probs: Array,
    follows: Callable[[tuple[int, ...]], Follows],
    beam: int,
    longest: int,
) -> tuple[list[tuple[tuple[int, ...], float]], float]:
    """The likeliest words, each closed by any token that does not go on with it.

    log_probs: (vocabulary,) of what may come first; `step` gives (rows, vocabulary)
    returns    words as tokens with their log-probability, best first, at most `beam`; and the log-probability, as far
               as it was seen, that one of the words begins: those found share no more than it
    """
    hypotheses: list[tuple[int, ...]] = [()]
    scores, after, rows = np.zeros(1), log_probs[None], state
    finished: list[tuple[tuple[int, ...], float]] = []
    begun = -np.inf
    for _ in range(longest + 1):
        rules = [follows(one) for one in hypotheses]
        for hypothesis, rule, chances, score in zip(hypotheses, rules, after, scores, strict=True):
            if rule.begin is None:
                begun = begun if hypothesis else 0.0
            else:
                begun = np.logaddexp(begun, score + _log_sum(chances[rule.begin]))
            if rule.ends:
                finished.append((hypothesis, float(score + _log_sum(chances[~rule.tokens]))))
        finished = sorted(finished, key=lambda item: -item[1])[:beam]
        grown = np.where(np.array([rule.tokens for rule in rules]), after, -np.inf) + scores[:, None]
        flat = grown.ravel()
        places = top(flat, beam)
        places = places[flat[places] > (finished[-1][1] if len(finished) == beam else -np.inf)]
        if not len(places):
            break
        parents, tokens = places // grown.shape[1], places % grown.shape[1]
        hypotheses = [(*hypotheses[p], int(t)) for p, t in zip(parents, tokens, strict=True)]
        scores = flat[places]
        after, rows = step(tokens, rows.take(parents))
    return finished, float(begun)


def _log_sum(log_probs: Array) -> float:
    """The logarithm of Σ e^x; −inf of nothing."""
    peak = log_probs.max(initial=-np.inf)
    return float(peak + np.log(np.exp(log_probs - peak).sum(dtype=np.float64))) if np.isfinite(peak) else -np.inf


def filtered(
    log_probs: NDArray[np.floating], config: SamplingConfig, recent: Collection[int] = ()
) -> NDArray[np.float64]:
    """The probabilities that `sample` draws with, (vocabulary,): 0 for what it never draws.

    In this order: the log-probability of each recent token times the penalty (Keskar et al. 2019, arXiv:1909.05858),
    temperature, top-k, top-p (Holtzman et al. 2020, arXiv:1904.09751), min-p (Nguyen et al. 2024, arXiv:2407.01082).

    >>> filtered(np.log([0.5, 0.3, 0.2]), SamplingConfig(temperature=1, top_k=2)).round(3).tolist()
    [0.625, 0.375, 0.0]
    """
    weights = _weigh(log_probs, config, recent)
    weights /= weights.sum()
    return weights


def _weigh(log_probs: NDArray[np.floating], config: SamplingConfig, recent: Collection[int]) -> NDArray[np.float64]:
    """`filtered`, but for a factor: the likeliest token has 1."""
    scores = log_probs.astype(np.float64)
    if config.repetition_penalty != 1.0 and len(recent):
        seen = np.fromiter(recent, np.int64, len(recent))
        scores[seen] *= config.repetition_penalty  # a token that is there twice is penalized once
    best = scores.argmax()
    peak = scores[best]
    if not math.isfinite(peak):
        raise ModelError("No token may follow: the network's scores are no finite numbers.", "train the model again")
    if config.temperature == 0.0:
        return _only(np.ones_like(scores), np.array([best]))
    scores -= peak
    scores *= min(1.0 / config.temperature, 1e290)
    weights: NDArray[np.float64] = np.exp(scores)
    if config.top_k is not None and config.top_k < len(weights):
        weights = _only(weights, top(scores, config.top_k))
    if config.top_p is not None and config.top_p < 1.0:
        ranked = np.argsort(-weights, kind="stable")
        reached = weights[ranked].cumsum()
        weights = _only(weights, ranked[np.append(0.0, reached[:-1]) < config.top_p * reached[-1]])
    if config.min_p:
        weights[weights < config.min_p] = 0.0
    return weights


def _only(weights: NDArray[np.float64], kept: NDArray[np.int64]) -> NDArray[np.float64]:
    result = np.zeros_like(weights)
    result[kept] = weights[kept]
    return result


def sample(
    log_probs: NDArray[np.floating], config: SamplingConfig, recent: Collection[int], generator: np.random.Generator
) -> int:
    """Draw a token.

    log_probs: (vocabulary,), −inf is never drawn; where no penalty counts, any number may be added to all of them
    recent: the ids that a penalty falls on
    """
    cumulative = _weigh(log_probs, config, recent).cumsum()
    return int(cumulative.searchsorted(generator.random() * cumulative[-1], side="right"))


def before_stop(characters: Iterable[str], stop: Collection[str]) -> Iterator[str]:
    """The characters before the first stop text; those that may be the start of one are held back until it is clear.

    >>> "".join(before_stop("a-b--c", ["--"]))
    'a-b'
    """
    held = ""
    for character in characters:
        held += character
        found = max((len(one) for one in stop if held.endswith(one)), default=0)
        if found:
            yield from held[:-found]
            return
        start = next((k for k in range(len(held)) if any(one.startswith(held[k:]) for one in stop)), len(held))
        yield from held[:start]
        held = held[start:]
    yield from held


_JOINER = "\u200d"
_MOST_MARKS = 32  # characters held back at once, whatever a model writes


def whole_characters(characters: Iterable[str]) -> Iterator[str]:
    """Characters with the marks that belong to them: each is held back until the next one begins.

    >>> list(whole_characters("ae\u0301b"))
    ['a', 'e\u0301', 'b']
    """
    held = ""
    for character in characters:
        if held and not (_joins(held[-1], character) and len(held) < _MOST_MARKS):
            yield held
            held = ""
        held += character
    if held:
        yield held


def _joins(before: str, character: str) -> bool:
    """Whether a character belongs to the one before it: a mark, a skin tone, or either side of a joiner."""
    if character < "\u0300":
        return before == _JOINER
    tone = "\U0001f3fb" <= character <= "\U0001f3ff"
    return before == _JOINER or character == _JOINER or tone or unicodedata.category(character)[0] == "M"
