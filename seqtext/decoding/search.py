"""Find the likeliest next words of texts by beam search.

A `step` function reads one token more of each hypothesis.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class Reorderable(Protocol):
    """Define recurrent states: named tuples of arrays, rows first."""

    def take(self, rows: NDArray[np.integer]) -> Any:
        """Return the state of given rows.

        rows: indices, (selected,)
        """


S = TypeVar("S", bound=Reorderable)
SearchStep = Callable[[NDArray[np.int64], S], tuple[Array, S]]


def top(values: NDArray[np.floating], count: int) -> NDArray[np.int64]:
    """Select the indices of the largest values, (count,), best first.

    Exactly `count` of them (or all there are); ties in order of their indices.

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
    """Hold possible continuations of a word after given tokens."""

    tokens: NDArray[np.bool_]  # (vocabulary,) those that belong to the word
    begin: NDArray[np.bool_] | None  # (vocabulary,) those of them with which it begins; None once it has
    ends: bool  # may it end here, wherever none of its tokens follows?


Follow = Callable[[tuple[int, ...]], Follows]  # tokens of a word so far → how it can go on


class FoundWords(NamedTuple):
    """Hold the words that a search finds after a text."""

    words: list[tuple[tuple[int, ...], float]]  # as tokens with their log-probability, best first
    begun: float  # the log-probability, as far as it was seen, that a word begins: those found share no more than it


def search_words(
    step: SearchStep[S],
    state: S,
    log_probs: Array,
    follows: Sequence[Follow],
    *,
    beam: int,
    longest: Sequence[int],
) -> list[FoundWords]:
    """Search for the likeliest next words of texts by beam search.

    Any token that does not go on with a word closes it.

    log_probs: (texts, vocabulary) of what may come first; `step` gives (rows, vocabulary); state: a row for each text
    beam: words found after each text, at most, and those that grow at a time; longest: (texts,) most tokens of a word
    """
    texts = [_Growing(follow, beam, most) for follow, most in zip(follows, longest, strict=True)]
    going, after, rows = texts, log_probs, state
    while going:
        start, parents, still = 0, list[NDArray[np.int64]](), list[_Growing]()
        for text in going:
            count = len(text.words)
            text_parents = text.grow(after[start : start + count])
            if len(text_parents):
                parents.append(text_parents + start)
                still.append(text)
            start += count
        going = still
        if going:
            tokens = np.array([tokens[-1] for text in going for tokens in text.words], np.int64)
            after, rows = step(tokens, rows.take(np.concatenate(parents)))
    return [FoundWords(text.finished, float(text.begun)) for text in texts]


class _Growing:
    """Hold the words that grow after one text, and the best ended ones."""

    def __init__(self, follow: Follow, beam: int, longest: int) -> None:
        self.words: list[tuple[int, ...]] = [()]
        self.finished: list[tuple[tuple[int, ...], float]] = []
        self.begun = -np.inf
        self._follow, self._beam, self._left = follow, beam, longest
        self._scores: NDArray[np.floating] = np.zeros(1)

    def grow(self, after: Array) -> NDArray[np.int64]:
        """End words that may end; extend the best of the others.

        Returns the index of the word that each extension came from. after: (words, vocabulary) log-probabilities of
        what may follow each
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
        """Add the probability that a word begins here."""
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
    """Compute log Σ e^x over the masked values of each row: (rows,).

    masks: (vocabulary,) each, of which most are the same array; within: whether the values in the mask count, or those
    outside it. −inf of nothing.
    """
    sums_of_rows = np.full(len(rows), -np.inf)
    numbers = [id(mask) for mask in masks]
    for number, mask in dict(zip(numbers, masks, strict=True)).items():
        same_mask = [index for index, other in enumerate(numbers) if other == number]
        chosen = log_probs[[rows[index] for index in same_mask]].take(np.flatnonzero(mask if within else ~mask), 1)
        peaks = chosen.max(1, initial=-np.inf)
        finite = np.isfinite(peaks)
        chosen -= np.where(finite, peaks, np.float32(0.0))[:, None]
        sums = np.exp(chosen, out=chosen).sum(1, dtype=np.float64)
        sums_of_rows[same_mask] = np.where(finite, peaks + np.log(np.where(finite, sums, 1.0)), -np.inf)
    return sums_of_rows
