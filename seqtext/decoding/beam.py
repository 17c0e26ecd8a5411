"""Decode by beam search over `step`, many sources at once."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from seqtext.config import SearchConfig
from seqtext.decoding.constraints import NOTHING, WholeText, Written
from seqtext.decoding.search import Array, Reorderable

_BLOCK = 64  # tokens of which only the largest score is looked at first


S = TypeVar("S", bound=Reorderable)


class Hypothesis(NamedTuple):
    """Hold a finished hypothesis with its log-probability and score."""

    tokens: tuple[int, ...]  # without the end
    log_prob: float  # with that of the end
    score: float  # by which the search ranks answers: penalties and length taken in


#: The source's place and the tokens of a hypothesis → (vocabulary,) True at those that may not follow.
Barred = Callable[[int, tuple[int, ...]], NDArray[np.bool_]]
#: A hypothesis with one token more: which one of its source grew, the token, the log-probability of all.
#: No named tuple: making those took a tenth of the search's own time.
Extension = tuple[int, int, float]


#: The source's place and the tokens of an answer → what is one answer, however it is cut into tokens.
Spell = Callable[[int, tuple[int, ...]], object]


class _Source:
    """Hold one source's unfinished hypotheses and finished answers."""

    def __init__(self, number: int, most: int, search: SearchConfig, sure: int, spell: Spell | None) -> None:
        self.number, self.most, self._search, self._sure, self._spell = number, most, search, sure, spell
        self.tokens: list[tuple[int, ...]] = [()]
        self._finished: dict[object, Hypothesis] = {}  # by what they spell
        self._left = 0  # how many have left the beam, those that spell the same counted each
        self._best: object = None  # what the best spells, once it is settled

    @property
    def length(self) -> int:
        """Return the number of tokens of each hypothesis."""
        return len(self.tokens[0])

    def extend(self, ranked: Iterable[Extension], penalties: Array, end: int) -> list[Extension]:
        """Finish hypotheses that end; return the best extensions, a beam of them.

        ranked: the likeliest extensions, best first; penalties: (hypotheses,)
        """
        beam = self._search.beam
        kept: list[Extension] = []
        for rank, extension in enumerate(ranked):
            parent, token, total = extension
            if total == -np.inf or len(kept) == beam:
                break
            if token != end:
                kept.append(extension)
            elif rank < beam:
                score = total / length_norm(self.length + 1, self._search) + float(penalties[parent])
                self._finish(Hypothesis(self.tokens[parent], total, score))
        return kept

    def _finish(self, hypothesis: Hypothesis) -> None:
        """Store a finished hypothesis.

        Of those with the same spelling the best is kept, and the settled one in any case.
        """
        self._left += 1
        key = self._spell(self.number, hypothesis.tokens) if self._spell else hypothesis.tokens
        if key not in self._finished or (key != self._best and self._finished[key].score < hypothesis.score):
            self._finished[key] = hypothesis

    def is_done(self, kept: list[Extension]) -> bool:
        """Tell whether the search for this source can stop.

        It can when enough hypotheses are finished, or no unfinished one can still beat those that are wanted. The best
        is settled as if it alone were wanted, so that a longer search for several gives the same first answer.
        """
        if not kept or self.length == self.most:
            return True
        if self._best is None and self._is_settled(kept, 1):
            self._best = self._likeliest()
        return self._is_settled(kept, self._sure) and len(self.answers()) >= self._sure

    def _is_settled(self, kept: list[Extension], count: int) -> bool:
        """Tell whether no extension can still be among the `count` best."""
        if self._left >= self._search.beam:
            return True
        if len(self._finished) < count:
            return False
        worst = sorted(hypothesis.score for hypothesis in self._finished.values())[-count]
        # scores only fall, penalties are at most 0
        return kept[0][2] / length_norm(self.most + 1, self._search) < worst

    def go_on(self, kept: list[Extension]) -> list[Extension]:
        """Replace the hypotheses by their extensions.

        Where the vocabulary is smaller than the beam, impossible ones fill it.
        """
        kept = kept + [(*kept[0][:2], -np.inf)] * (self._search.beam - len(kept))
        self.tokens = [(*self.tokens[parent], token) for parent, token, _ in kept]
        return kept

    def _likeliest(self) -> object:
        return max(self._finished, key=lambda key: self._finished[key].score, default=None)

    def answers(self) -> list[Hypothesis]:
        """Return the best answer and the best less likely ones, by log-probability.

        An answer that is likelier than the best but has a lower score is shorter; sorted by log-probability, it would
        come before the best.
        """
        if not self._finished:
            return []
        first = self._likeliest() if self._best is None else self._best
        best = self._finished[first]
        others = [
            hypothesis
            for key, hypothesis in self._finished.items()
            if key != first and hypothesis.log_prob <= best.log_prob
        ]
        chosen = sorted(others, key=lambda hypothesis: -hypothesis.score)[: self._search.n_best - 1]
        return sorted([best, *chosen], key=lambda hypothesis: -hypothesis.log_prob)


def beam_search(
    step: Callable[[NDArray[np.int64], S], tuple[Array, S]],
    state: S,
    longest: NDArray[np.integer],
    search: SearchConfig,
    *,
    first: int,
    end: int,
    penalty: Callable[[S], Array] | None = None,
    rule: WholeText | None = None,
    spell: Spell | None = None,
    barred: Barred | None = None,
    sure: int | None = None,
) -> list[list[Hypothesis]]:
    """Search for the best answers to each source by beam search.

    Returns at most `search.n_best` answers a source, the one with the best score first.

    step:    last tokens, (rows,), and state → log-probabilities, (rows, vocabulary), and the next state
    state:   a row for each source; longest: (sources,) most tokens of an answer
    first:   the token that stands before every answer; end: the one that closes it
    penalty: what `search.coverage_penalty` is multiplied with, (rows,) after each step
    rule:    what tokens may follow each other; spell: of answers that are equal after it, one is given
    barred:  what may not follow, the end included; a source for which nothing is left has no answer
    sure:    how many answers are the best ones for sure, at most `search.n_best`; the others are those that were
             finished by then. All, unless a number is given

    In every step each source keeps its `search.beam` best unfinished hypotheses; those that the end closes leave the
    beam. A source is done when as many have left it as the beam is wide, or none that is left can do better. The score
    of an answer is log p / ((5 + length) / 6)^α + β · penalty (Wu et al. 2016, arXiv:1609.08144), length with the end.
    After the first, answers come by log p, and none that is likelier than the first is among them.
    """
    sources = [_Source(number, int(most), search, sure or search.n_best, spell) for number, most in enumerate(longest)]
    answers: list[list[Hypothesis]] = [[] for _ in sources]
    written = rule.begin(len(sources), search.min_length) if rule else NOTHING
    scores = np.zeros((len(sources), 1))  # (sources, hypotheses)
    tokens = np.full(len(sources), first, np.int64)
    while sources:
        log_probs, state = step(tokens, state)
        penalties = _penalties(penalty, state, search, len(tokens)).reshape(scores.shape)
        if rule:
            rule.forbid(
                log_probs, written, np.repeat([source.most - source.length for source in sources], scores.shape[1])
            )
        if barred:
            _bar(log_probs, sources, barred)
        _forbid(log_probs, sources, end, search, written)
        # Twice the beam: at most one extension of each hypothesis is an end, so that a whole beam is left.
        best = _best(log_probs, min(2 * search.beam, log_probs.shape[1]))  # (rows, ranks)
        gains = np.take_along_axis(log_probs, best, 1).reshape(*scores.shape, -1)
        totals = scores[:, :, None] + gains  # (sources, hypotheses, ranks)
        ranked = _ranked(totals, best.reshape(totals.shape), 2 * search.beam)
        sources, after, rows = _extended(sources, ranked, penalties, end, answers)
        if sources:
            tokens = np.array([token for _, token, _ in after], np.int64)
            scores = np.array([total for _, _, total in after]).reshape(len(sources), -1)
            state = state.take(np.array(rows))
            written = rule.follow(written, rows, tokens) if rule else NOTHING
    return answers


def _extended(
    sources: list[_Source],
    ranked: list[Iterable[Extension]],
    penalties: Array,
    end: int,
    answers: list[list[Hypothesis]],
) -> tuple[list[_Source], list[Extension], list[int]]:
    """Extend the hypotheses of each source; collect the answers of finished sources.

    ranked: as `_ranked` gives them; penalties: (sources, hypotheses); answers: of all sources, added to
    returns the sources that go on, their extensions, and the row that each of these grew from
    """
    going, after, rows, each = [], [], [], penalties.shape[1]
    for index, source in enumerate(sources):
        kept = source.extend(ranked[index], penalties[index], end)
        if source.is_done(kept):
            answers[source.number] = source.answers()
            continue
        going.append(source)
        kept = source.go_on(kept)
        after += kept
        rows += [index * each + parent for parent, _, _ in kept]
    return going, after, rows


def _ranked(totals: NDArray[np.floating], tokens: NDArray[np.int64], count: int) -> list[Iterable[Extension]]:
    """Rank the `count` likeliest extensions of each source.

    totals, tokens: (sources, hypotheses, ranks)
    """
    flat = totals.reshape(len(totals), -1)
    order = np.argsort(-flat, 1, kind="stable")[:, :count]  # of all sources at once: one by one took 6 % longer
    parents = (order // totals.shape[2]).tolist()
    chosen = np.take_along_axis(tokens.reshape(flat.shape), order, 1).tolist()
    return list(map(zip, parents, chosen, np.take_along_axis(flat, order, 1).tolist()))


def _penalties(penalty: Callable[[S], Array] | None, state: S, search: SearchConfig, rows: int) -> Array:
    if penalty is None or not search.coverage_penalty:
        return np.zeros(rows, np.float32)
    result: Array = search.coverage_penalty * penalty(state)
    return result


def length_norm(length: int, search: SearchConfig) -> float:
    """Compute ((5 + length) / 6)^α, by which log-probabilities are divided; length: in tokens, with the end."""
    return float(((5.0 + length) / 6.0) ** search.length_penalty)


def _bar(log_probs: Array, sources: list[_Source], barred: Barred) -> None:
    """Set the log-probabilities of barred tokens to −inf.

    A source before its first token has one row only.
    """
    hypotheses = [(source.number, tokens) for source in sources for tokens in source.tokens]
    for row, (number, tokens) in zip(log_probs, hypotheses, strict=True):
        row[barred(number, tokens)] = -np.inf


def _forbid(log_probs: Array, sources: list[_Source], end: int, search: SearchConfig, written: Written) -> None:
    """Forbid early ends, overlong answers and repeated n-grams.

    A character that was begun is completed, though its bytes may have come before.
    """
    length, each, size = sources[0].length, len(log_probs) // len(sources), search.no_repeat
    if length < search.min_length:
        log_probs[:, end] = -np.inf
    for index, source in enumerate(sources):
        rows = slice(index * each, (index + 1) * each)
        if length >= source.most:
            closing = log_probs[rows, end].copy()
            log_probs[rows] = -np.inf
            log_probs[rows, end] = closing
        elif size and length >= size:
            for row, tokens in zip(range(rows.start, rows.stop), source.tokens, strict=True):
                if written.pending and written.pending[row]:
                    continue
                last = tokens[length - size + 1 :]
                banned = [tokens[k + size - 1] for k in range(length - size + 1) if tokens[k : k + size - 1] == last]
                log_probs[row, banned] = -np.inf


def _best(log_probs: Array, count: int) -> NDArray[np.int64]:
    """Select the `count` largest values of each row: their columns, (rows, count), unordered.

    The largest value of every block of tokens is compared first: the best tokens are in the best blocks, and the rest
    need not be looked at again. Of 32,000 tokens and 5 rows, that takes a tenth of np.argpartition's time.
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
