"""Search for spans and words, as pure functions over `step`: (tokens, state) → (log-probabilities, state)."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

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
    *,
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
    *,
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
