"""Search for whole words, as a pure function over `step`: (tokens, state) → (log-probabilities, state)."""

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
