"""Beam search as a pure function over `step`, for many sources at once."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from seqtext.config import SearchConfig
from seqtext.decoding.search import Array

_BLOCK = 64  # tokens whose largest score is looked at first


class Reorderable(Protocol):
    """A state: rows first."""

    def take(self, rows: NDArray[np.integer]) -> Any:
        """The state of some rows."""


S = TypeVar("S", bound=Reorderable)


class Hypothesis(NamedTuple):
    """A finished answer."""

    tokens: tuple[int, ...]  # without the end
    log_prob: float  # with that of the end
    score: float  # by which answers are ranked: penalties and length taken in


class _Source:
    """What is known of one source while it is searched."""

    def __init__(self, number: int, most: int, beam: int) -> None:
        self.number, self.most = number, most
        self.tokens: list[tuple[int, ...]] = [()] * beam
        self.finished: list[Hypothesis] = []


def beam_search(
    step: Callable[[NDArray[np.int64], S], tuple[Array, S]],
    state: S,
    first: int,
    end: int,
    longest: NDArray[np.integer],
    search: SearchConfig,
    penalty: Callable[[S], Array] | None = None,
) -> list[list[Hypothesis]]:
    """The best answers to each source, best first, at most `search.n_best`.

    state:   a row for each source; first: the token that stands before every answer; end: the one that closes it
    longest: (sources,) most tokens of an answer
    penalty: what `search.coverage_penalty` is multiplied with, (rows,) after each step

    In every step each source keeps its `search.beam` best unfinished hypotheses; those that the end closes leave the
    beam. A source is done when as many have left it as the beam is wide, or none that is left can do better. The score
    of an answer is log p / ((5 + length) / 6)^α + β · penalty (Wu et al. 2016, arXiv:1609.08144), length with the end.
    """
    beam = search.beam
    sources = [_Source(number, int(most), 1) for number, most in enumerate(longest)]
    answers: list[list[Hypothesis]] = [[] for _ in sources]
    scores = np.zeros((len(sources), 1))  # (sources, hypotheses)
    tokens = np.full(len(sources), first, np.int64)
    length = 0
    while sources:
        log_probs, state = step(tokens, state)
        shares = _penalties(penalty, state, search, len(tokens))
        each = len(tokens) // len(sources)
        _forbid(log_probs, sources, each, end, length, search)
        # Twice the beam: were every other one an end, enough would be left to go on with.
        ranks = min(2 * beam, log_probs.shape[1])
        best = _best(log_probs, ranks)  # (rows, ranks)
        totals = scores[:, :, None] + np.take_along_axis(log_probs, best, 1).reshape(len(sources), each, ranks)
        rows, following, after, done = [], [], [], []
        for place, source in enumerate(sources):
            flat = totals[place].ravel()
            ranked = np.argsort(-flat, kind="stable")[: 2 * beam]
            kept: list[tuple[int, int, float]] = []
            for rank, one in enumerate(ranked.tolist()):
                parent, total = one // ranks, float(flat[one])
                token = int(best[place * each + parent, one % ranks])
                if total == -np.inf or len(kept) == beam:
                    break
                if token != end:
                    kept.append((parent, token, total))
                elif rank < beam:
                    score = total / _norm(length + 1, search) + float(shares[place * each + parent])
                    source.finished.append(Hypothesis(source.tokens[parent], total, score))
            if not kept or length == source.most or _is_done(source, kept[0][2], search):
                ranked_answers = sorted(source.finished, key=lambda item: -item.score)
                answers[source.number] = ranked_answers[: search.n_best]
                done.append(place)
                continue
            kept += [(kept[0][0], kept[0][1], -np.inf)] * (beam - len(kept))  # of a vocabulary smaller than the beam
            source.tokens = [(*source.tokens[parent], token) for parent, token, _ in kept]
            rows += [place * each + parent for parent, _, _ in kept]
            following += [token for _, token, _ in kept]
            after.append([total for _, _, total in kept])
        sources = [source for place, source in enumerate(sources) if place not in done]
        scores, tokens = np.array(after), np.array(following, np.int64)
        length += 1
        if sources:
            state = state.take(np.array(rows))
    return answers


def _penalties(penalty: Callable[[S], Array] | None, state: S, search: SearchConfig, rows: int) -> Array:
    if penalty is None or not search.coverage_penalty:
        return np.zeros(rows, np.float32)
    result: Array = search.coverage_penalty * penalty(state)
    return result


def _norm(length: int, search: SearchConfig) -> float:
    return float(((5.0 + length) / 6.0) ** search.length_penalty)


def _is_done(source: _Source, best: float, search: SearchConfig) -> bool:
    """Whether enough answers are finished, or none that goes on can still do better than those that are wanted."""
    if len(source.finished) >= search.beam:
        return True
    if len(source.finished) < search.n_best:
        return False
    worst = sorted(one.score for one in source.finished)[-search.n_best]
    return best / _norm(source.most + 1, search) < worst  # scores only fall, penalties are at most 0


def _forbid(log_probs: Array, sources: list[_Source], each: int, end: int, length: int, search: SearchConfig) -> None:
    """Make impossible: an end that comes too early, anything else at the greatest length, a repeated run of tokens."""
    if length < search.min_length:
        log_probs[:, end] = -np.inf
    size = search.no_repeat
    for place, source in enumerate(sources):
        rows = slice(place * each, (place + 1) * each)
        if length >= source.most:
            closing = log_probs[rows, end].copy()
            log_probs[rows] = -np.inf
            log_probs[rows, end] = closing
        elif size and length >= size:
            for row, tokens in zip(range(rows.start, rows.stop), source.tokens, strict=True):
                last = tokens[length - size + 1 :]
                banned = [tokens[k + size - 1] for k in range(length - size + 1) if tokens[k : k + size - 1] == last]
                log_probs[row, banned] = -np.inf


def _best(log_probs: Array, count: int) -> NDArray[np.int64]:
    """Places of the `count` largest in each row, (rows, count), in any order.

    The largest of every block of tokens is found first: the best tokens are in the best blocks, and the rest need not
    be looked at again.
    """
    rows, size = log_probs.shape
    blocks = size // _BLOCK  # block k holds the tokens k, k + blocks, k + 2 blocks …, so that whole rows are compared
    if blocks <= count:
        return np.argpartition(-log_probs, count - 1, 1)[:, :count]
    peaks = log_probs[:, : blocks * _BLOCK].reshape(rows, _BLOCK, blocks).max(1)
    chosen = np.argpartition(-peaks, count - 1, 1)[:, :count]
    places = (chosen[:, :, None] + blocks * np.arange(_BLOCK)).reshape(rows, -1)
    rest = np.broadcast_to(np.arange(blocks * _BLOCK, size), (rows, size - blocks * _BLOCK))
    places = np.concatenate([places, rest], 1)
    inside = np.take_along_axis(log_probs, places, 1)
    best = np.argpartition(-inside, count - 1, 1)[:, :count]
    return np.take_along_axis(places, best, 1)
