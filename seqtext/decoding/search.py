"""Beam search for whole next words: a function over `step`, (tokens, state) → (log-probabilities, state)."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class Reorderable(Protocol):
    """A recurrent state: a named tuple of arrays, rows first."""

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


Follow = Callable[[tuple[int, ...]], Follows]  # tokens of a word so far → how it can go on


class FoundWords(NamedTuple):
    """What a search found after one text."""

    words: list[tuple[tuple[int, ...], float]]  # as tokens with their log-probability, best first
    begun: float  # the log-probability, as far as it was seen, that a word begins: those found share no more than it


def search_words(
    step: Step[S],
    state: S,
    log_probs: Array,
    follows: Sequence[Follow],
    *,
    beam: int,
    longest: Sequence[int],
) -> list[FoundWords]:
    """Search for the likeliest next words of some texts (beam search).

    Any token that does not go on with a word closes it.

    log_probs: (texts, vocabulary) of what may come first; `step` gives (rows, vocabulary); state: a row for each text
    beam: words found after each text, at most, and those that grow at a time; longest: (texts,) most tokens of a word
    """
    texts = [_Growing(follow, beam, most) for follow, most in zip(follows, longest, strict=True)]
    going, after, rows = texts, log_probs, state
    while going:
        start, parents, still = 0, list[NDArray[np.int64]](), list[_Growing]()
        for one in going:
            count = len(one.words)
            own = one.grow(after[start : start + count])
            if len(own):
                parents.append(own + start)
                still.append(one)
            start += count
        going = still
        if going:
            tokens = np.array([tokens[-1] for one in going for tokens in one.words], np.int64)
            after, rows = step(tokens, rows.take(np.concatenate(parents)))
    return [FoundWords(one.finished, float(one.begun)) for one in texts]


class _Growing:
    """The words that grow after one text, and the best of those that have ended."""

    def __init__(self, follow: Follow, beam: int, longest: int) -> None:
        self.words: list[tuple[int, ...]] = [()]
        self.finished: list[tuple[tuple[int, ...], float]] = []
        self.begun = -np.inf
        self._follow, self._beam, self._left = follow, beam, longest
        self._scores: NDArray[np.floating] = np.zeros(1)

    def grow(self, after: Array) -> NDArray[np.int64]:
        """End the words that may end, and let the best of the others grow by a token: which word each of them was.

        after: (words, vocabulary) log-probabilities of what may follow each
        """
        rules = [self._follow(tokens) for tokens in self.words]
        self._begin(rules, after)
        self._end(rules, after)
        if not self._left:
            return np.zeros(0, np.int64)
        self._left -= 1
        first = rules[0].tokens
        masks = first if all(rule.tokens is first for rule in rules) else np.array([rule.tokens for rule in rules])
        flat = (np.where(masks, after, -np.inf) + self._scores[:, None]).ravel()
        # A longer word can only be less likely.
        open_ones = np.flatnonzero(flat > (self.finished[-1][1] if len(self.finished) == self._beam else -np.inf))
        places = open_ones[top(flat[open_ones], self._beam)]
        parents: NDArray[np.int64] = places // after.shape[1]
        tokens = (places % after.shape[1]).tolist()
        self.words = [(*self.words[p], t) for p, t in zip(parents.tolist(), tokens, strict=True)]
        self._scores = flat[places]
        return parents

    def _begin(self, rules: list[Follows], after: Array) -> None:
        """Add the chance that a word begins here."""
        rows = [row for row, rule in enumerate(rules) if rule.begin is not None]
        chances = _log_sums(after, rows, [rule.begin for rule in rules if rule.begin is not None])
        if not self.words[0] and not rows:
            self.begun = 0.0
        for row, chance in zip(rows, chances, strict=True):
            self.begun = np.logaddexp(self.begun, self._scores[row] + chance)

    def _end(self, rules: list[Follows], after: Array) -> None:
        rows = [row for row, rule in enumerate(rules) if rule.ends]
        chances = _log_sums(after, rows, [rules[row].tokens for row in rows], within=False)
        new = [(self.words[row], float(self._scores[row] + chance)) for row, chance in zip(rows, chances, strict=True)]
        self.finished = sorted(self.finished + new, key=lambda item: -item[1])[: self._beam]


def _log_sums(
    log_probs: Array, rows: list[int], masks: list[NDArray[np.bool_]], within: bool = True
) -> NDArray[np.float64]:
    """The logarithm of Σ e^x over what a mask holds of each row, or does not hold; −inf of nothing.

    masks: (vocabulary,) each, of which most are one and the same array
    """
    found = np.full(len(rows), -np.inf)
    numbers = [id(mask) for mask in masks]
    for number, mask in dict(zip(numbers, masks, strict=True)).items():
        own = [place for place, one in enumerate(numbers) if one == number]
        chosen = log_probs[[rows[place] for place in own]].take(np.flatnonzero(mask if within else ~mask), 1)
        peaks = chosen.max(1, initial=-np.inf)
        finite = np.isfinite(peaks)
        chosen -= np.where(finite, peaks, np.float32(0.0))[:, None]
        sums = np.exp(chosen, out=chosen).sum(1, dtype=np.float64)
        found[own] = np.where(finite, peaks + np.log(np.where(finite, sums, 1.0)), -np.inf)
    return found
