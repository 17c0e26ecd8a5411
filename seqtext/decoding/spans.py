"""Fill blanks by beam search over spans, many questions at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from seqtext.decoding.search import Array, Reorderable, SearchStep
from seqtext.errors import scores_not_finite

_BLOCK = 64  # values of which only the largest is looked at first
_FEW = 8  # up to so many times the kept values, sorting all of them is cheaper than finding a bound first

S = TypeVar("S", bound=Reorderable)
Allowed = Callable[[int, tuple[int, ...]], NDArray[np.bool_]]


class First(NamedTuple):
    """Hold the likeliest first tokens of each row, best first.

    Where there are fewer, −inf fills the rest.
    """

    log_probs: NDArray[np.floating]  # (rows, count) among all that are allowed
    tokens: NDArray[np.int64]  # (rows, count)


class SpanLimit(Protocol):
    """Define a question's limit on the spans that `allowed` admits.

    What it excludes keeps its share of the probability.
    """

    def following(self, tokens: tuple[int, ...]) -> NDArray[np.bool_] | None:
        """Mark the tokens that may follow the given ones: (vocabulary,).

        None for all.
        """

    def ends(self, tokens: tuple[int, ...]) -> bool:
        """Tell whether a span may end after the given tokens."""


SpanLimits = Mapping[int, SpanLimit]  # by question; those without one take all that is allowed


@dataclass(frozen=True, slots=True)
class Spans(Generic[S]):
    """Hold finished spans, grouped by question, best first."""

    tokens: list[tuple[int, ...]]
    log_probs: NDArray[np.floating]  # (spans,) of the tokens and of ending there
    questions: NDArray[np.int64]  # (spans,) which question each answers
    origins: NDArray[np.int64]  # (spans,) the row of the first state that each grew from
    covered: NDArray[np.float64]  # (questions,) share of the allowed probability that the first tokens cover
    states: list[S]  # after each step of the search
    places: NDArray[np.int64]  # (spans, 2) the state that each span ends in: number and row
    refused: NDArray[np.float64]  # (questions,) share of the allowed probability that was found and not taken

    def state(self, kept: NDArray[np.integer]) -> S:
        """Return the network's state after given spans, a row each.

        kept: indices of spans, (selected,)
        """
        places = self.places[kept]
        steps = np.flatnonzero(np.bincount(places[:, 0]))  # np.unique loads masked arrays: 8 ms of a cold answer
        step_states: list[Any] = [self.states[step].take(places[places[:, 0] == step, 1]) for step in steps.tolist()]
        joined = type(step_states[0])(*(np.concatenate(pieces) for pieces in zip(*step_states, strict=True)))
        order = np.argsort(places[:, 0], kind="stable")
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        reordered: S = joined.take(back)
        return reordered


def log_sums(values: NDArray[np.floating], groups: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Compute log Σ e^x over each group: (count,).

    values, groups: (values,), the group of each from 0; count: number of groups. −inf of an empty group.

    >>> np.exp(log_sums(np.log([1.0, 2.0, 4.0]), np.array([0, 2, 2]), 3)).round(6).tolist()
    [1.0, 0.0, 6.0]
    """
    peaks = np.full(count, -np.inf)
    np.maximum.at(peaks, groups, values)
    finite = np.where(np.isfinite(peaks), peaks, 0.0)
    sums = np.bincount(groups, np.exp(values - finite[groups]), count)
    with np.errstate(divide="ignore"):
        return np.asarray(finite + np.log(sums), np.float64)


def likeliest_first(scores: Array, count: int, taken: NDArray[np.bool_] | None = None) -> First:
    """Select the `count` likeliest tokens of each row.

    scores: (rows, vocabulary) logits, −inf where a token is not allowed
    taken: (rows, vocabulary) tokens that may be selected; others that are allowed keep their share of the probability

    Blocks of values are compared by their largest first: no value can be among the `count` largest unless so many
    blocks hold one as large. Raises ModelError where a score is nan or ∞.
    """
    rows, size = scores.shape
    count, peaks = min(count, size), _block_peaks(scores)
    highest = peaks.max(1, keepdims=True)
    if not (highest < np.inf).all():
        raise scores_not_finite()
    peak = np.where(np.isfinite(highest), highest, np.float32(0.0))
    sums = np.exp(scores - peak).sum(1, keepdims=True, dtype=np.float64)
    if taken is not None:
        scores = np.where(taken, scores, np.float32(-np.inf))
        peaks = _block_peaks(scores)
    edge = -np.partition(-peaks, count - 1, 1)[:, count - 1 : count] if count < peaks.shape[1] else -np.inf
    row_indices, tokens = np.nonzero(scores >= np.maximum(edge, np.finfo(scores.dtype).min))
    values = scores[row_indices, tokens]
    order = np.lexsort((-values, row_indices))
    ranks = np.arange(len(order)) - np.searchsorted(row_indices, np.arange(rows))[row_indices[order]]
    kept, ranks = order[ranks < count], ranks[ranks < count]
    result = First(np.full((rows, count), -np.inf), np.zeros((rows, count), np.int64))
    norm = (peak + np.log(np.maximum(sums, 1e-300)))[:, 0]  # of a row in which nothing is allowed, any number
    at = row_indices[kept], ranks
    result.log_probs[at] = values[kept] - norm[row_indices[kept]]
    result.tokens[at] = tokens[kept]
    return result


def _block_peaks(scores: Array) -> Array:
    """Compute the largest value of each block: (rows, blocks).

    Values beyond the last whole block are blocks of their own. Partitioning all values of 41,000 tokens takes 50
    times as long.
    """
    rows, size = scores.shape
    whole = size // _BLOCK
    blocks = scores[:, : whole * _BLOCK].reshape(rows, _BLOCK, whole)
    return np.concatenate([blocks.max(1), scores[:, whole * _BLOCK :]], 1)


def _best(values: NDArray[np.floating], groups: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Select the `count` largest values of each group, best first.

    Returns their indices, group after group; ties in order of their indices.
    """
    order = np.lexsort((-values, groups))
    sorted_groups = groups[order]
    ranks = np.arange(len(order)) - np.searchsorted(sorted_groups, sorted_groups)
    indices: NDArray[np.int64] = order[ranks < count]
    return indices


def search_spans(
    step: SearchStep[S],
    state: S,
    first: First,
    scores: NDArray[np.floating],
    questions: NDArray[np.int64],
    *,
    inner: NDArray[np.integer],
    end: int,
    allowed: Allowed,
    beam: int,
    longest: int,
    begun: First | None = None,
    others: First | None = None,
    limits: SpanLimits = MappingProxyType({}),
) -> Spans[S]:
    """Search for the likeliest spans that fill blanks by beam search.

    Each span is closed by END.

    first: what may come first in each row, at least `beam` tokens where there are so many
    begun: what may, too, but is no span by itself: it has a beam of its own, which is not full of shorter spans then
    others: what the limits refuse: it only tells how often spans end after one token, and no span grows from it
    scores, questions: (rows,) log-probability of each row so far, and the question that it belongs to, from 0
    inner: (n,) the tokens, END among them, that `step` gives log-probabilities for, (rows, n)
    allowed: a question and tokens so far → (vocabulary,) what may follow; END is admitted after it, never first
    Each question has at most `beam` spans. Finished spans leave its beam.
    """
    count = int(questions.max(initial=-1)) + 1
    tiers = [tier for tier in (first, begun, others) if tier is not None]
    growing, origins, open_scores, numbers = _begin(tiers, scores, questions, beam)
    owners = questions[origins]
    out = np.flatnonzero(numbers == len(tiers) - 1) if others is not None else np.zeros(0, np.int64)
    whole = log_sums(scores, questions, count)
    covered = np.bincount(owners, np.exp(open_scores - whole[owners]), count).astype(np.float64)
    refused = np.zeros(count)
    done = _Finished.none()
    states: list[S] = []
    rows, closing = state.take(origins), int(np.flatnonzero(inner == end)[0])
    for _ in range(longest):
        if not growing:
            break
        after, rows = step(np.array([tokens[-1] for tokens in growing], np.int64), rows)
        states.append(rows)
        ended = open_scores + after[:, closing]
        grown = np.where(_masks(allowed, growing, owners, inner), after, -np.inf) + open_scores[:, None]
        if len(states) == 1:
            refused += np.bincount(owners[out], np.exp(ended[out] - whole[owners[out]]), count)
            ended[out] = grown[out] = -np.inf
        for row, share in _refuse(limits, growing, owners, inner, ended, grown):
            refused[owners[row]] += np.exp(share - whole[owners[row]])
        done = done.with_more(growing, ended, owners, origins, len(states) - 1).best(beam)
        bound = done.bounds(beam, count)
        bound = np.maximum(bound[owners], _edges(grown, beam))  # a longer span can only be less likely
        parents, places = np.nonzero(grown > bound[:, None])
        values = grown[parents, places]
        kept = _best(values, owners[parents], beam)
        parents, tokens = parents[kept], inner[places[kept]]
        growing = [(*growing[p], t) for p, t in zip(parents.tolist(), tokens.tolist(), strict=True)]
        origins, owners, open_scores = origins[parents], owners[parents], values[kept]
        rows = rows.take(parents)
    return Spans(done.tokens, done.scores, done.questions, done.origins, covered, states, done.places, refused)


def _edges(values: NDArray[np.floating], count: int) -> NDArray[np.floating]:
    """Compute a bound that only the `count` largest values exceed: (rows,).

    Then few of many values have to be sorted: sorting all took most of the time for spans of several words.
    """
    if values.shape[1] <= _FEW * count:
        return np.full(len(values), -np.inf)
    edges: NDArray[np.floating] = np.nextafter(np.partition(values, -count, 1)[:, -count], -np.inf)
    return edges


def _begin(
    tiers: Sequence[First], scores: NDArray[np.floating], questions: NDArray[np.int64], beam: int
) -> tuple[list[tuple[int, ...]], NDArray[np.int64], NDArray[np.floating], NDArray[np.int64]]:
    """Select the likeliest first tokens of each question.

    Each tier has a beam of its own. Returns the tokens, and the row, the log-probability and the tier of each.
    """
    growing: list[tuple[int, ...]] = []
    origins, log_probs, numbers = [], [], []
    for number, first in enumerate(tiers):
        flat = (first.log_probs + scores[:, None]).ravel()
        kept = _best(flat, np.repeat(questions, first.tokens.shape[1]), beam)
        kept = kept[np.isfinite(flat[kept])]
        growing += [(token,) for token in first.tokens.ravel()[kept].tolist()]
        origins.append(kept // first.tokens.shape[1])
        log_probs.append(flat[kept])
        numbers.append(np.full(len(kept), number))
    return growing, np.concatenate(origins), np.concatenate(log_probs), np.concatenate(numbers)


def _refuse(
    limits: SpanLimits,
    growing: list[tuple[int, ...]],
    questions: NDArray[np.int64],
    inner: NDArray[np.integer],
    ended: NDArray[np.floating],
    grown: NDArray[np.floating],
) -> Iterator[tuple[int, float]]:
    """Set what a limit excludes to −inf; yield its rows and log-probabilities.

    ended: (rows,) log-probability of each span if it ends; grown: (rows, inner) if it goes on
    """
    for row, question in enumerate(questions.tolist() if limits else ()):
        limit = limits.get(question)
        if limit is None:
            continue
        if not limit.ends(growing[row]):
            yield row, float(ended[row])
            ended[row] = -np.inf
        following = limit.following(growing[row])
        if following is not None:
            out = ~following[inner]
            yield row, float(np.logaddexp.reduce(grown[row, out], initial=-np.inf))
            grown[row, out] = -np.inf


def _masks(
    allowed: Allowed, growing: list[tuple[int, ...]], questions: NDArray[np.int64], inner: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """Mark the tokens that may follow: (rows, inner).

    (1, inner) where the same tokens may follow in all rows, as is usual.
    """
    rules = [allowed(question, tokens) for question, tokens in zip(questions.tolist(), growing, strict=True)]
    if all(rule is rules[0] for rule in rules):
        first: NDArray[np.bool_] = rules[0][inner]
        return first[None]
    known = {id(rule): rule[inner] for rule in rules}
    return np.array([known[id(rule)] for rule in rules])


class _Finished(NamedTuple):
    """Hold the spans that have ended so far."""

    tokens: list[tuple[int, ...]]
    scores: NDArray[np.floating]
    questions: NDArray[np.int64]
    origins: NDArray[np.int64]
    places: NDArray[np.int64]  # (spans, 2)

    @classmethod
    def none(cls) -> "_Finished":
        nothing = np.zeros(0, np.int64)
        return cls([], np.zeros(0), nothing, nothing, np.zeros((0, 2), np.int64))

    def with_more(
        self,
        tokens: list[tuple[int, ...]],
        scores: NDArray[np.floating],
        questions: NDArray[np.int64],
        origins: NDArray[np.int64],
        step: int,
    ) -> "_Finished":
        places = np.stack([np.full(len(tokens), step), np.arange(len(tokens))], 1)
        old = (self.scores, self.questions, self.origins, self.places)
        new = (scores, questions, origins, places)
        return _Finished(self.tokens + tokens, *(np.concatenate(pair) for pair in zip(old, new, strict=True)))

    def best(self, beam: int) -> "_Finished":
        kept = _best(self.scores, self.questions, beam)
        kept = kept[np.isfinite(self.scores[kept])]
        tokens = [self.tokens[k] for k in kept.tolist()]
        return _Finished(tokens, *(column[kept] for column in self[1:]))

    def bounds(self, beam: int, count: int) -> NDArray[np.float64]:
        """Compute the score that an unfinished span must exceed: (questions,).

        It is the last of the finished spans, once there are `beam`.
        """
        counts = np.bincount(self.questions, minlength=count)
        last = np.cumsum(counts) - 1
        result = np.full(count, -np.inf)
        full = counts == beam
        result[full] = self.scores[last[full]]
        return result
