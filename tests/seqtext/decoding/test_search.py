"""Searches on transition tables that can be checked by hand, and against every span there is."""

import itertools
import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqtext.decoding.search import Follows, Span, search_spans, search_words, top

NOTHING = -np.inf


@pytest.mark.parametrize(
    ("values", "count", "expected"),
    [
        ([1, 3, 2], 2, [1, 2]),
        ([1, 3, 2, 3], 3, [1, 3, 2]),
        ([5, 5, 5, 5], 2, [0, 1]),
        ([0, 5, 1, 5, 5], 2, [1, 3]),
        ([2, 1, 2, 1, 2, 1], 4, [0, 2, 4, 1]),
        ([1, 2], 9, [1, 0]),
        ([1, 1], 9, [0, 1]),
        ([1, 2], 0, []),
        ([], 3, []),
        ([NOTHING, 1, NOTHING], 2, [1, 0]),
        ([NOTHING, NOTHING], 1, [0]),
    ],
)
def test_top(values: list[float], count: int, expected: list[int]) -> None:
    assert top(np.array(values, np.float32), count).tolist() == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([-math.inf, -1.0, 0.0, 0.5, 2.0]), max_size=30), st.integers(0, 35))
def test_top_is_a_stable_sort(values: list[float], count: int) -> None:
    expected = sorted(range(len(values)), key=lambda place: (-values[place], place))[:count]
    assert top(np.array(values), count).tolist() == expected


class Trace(NamedTuple):
    """A state that remembers where it came from: the origin's number, then every token read."""

    read: np.ndarray  # (rows, 1) of strings

    def take(self, rows: np.ndarray) -> "Trace":
        return Trace(self.read[rows])


END = 3


class Table:
    """Probabilities of the next of the tokens 0, 1, 2 and END after each token; counts its calls."""

    def __init__(self, rows: list[list[float]]) -> None:
        with np.errstate(divide="ignore"):
            self.log = np.log(np.array(rows))
        self.asked: list[list[int]] = []

    def step(self, tokens: np.ndarray, state: Trace) -> tuple[np.ndarray, Trace]:
        self.asked.append(tokens.tolist())
        read = [[f"{row[0]} {token}"] for row, token in zip(state.read, tokens, strict=True)]
        return self.log[tokens], Trace(np.array(read, dtype=object).reshape(-1, 1))


def search(
    table: Table,
    first: list[list[float]],
    scores: list[float] | None = None,
    allowed=lambda _: (True, True, True),
    beam: int = 100,
    longest: int = 3,
) -> tuple[list[Span], Trace | None, float]:
    state = Trace(np.array([[f"row{number}"] for number in range(len(first))], dtype=object))
    with np.errstate(divide="ignore"):
        log_probs = np.log(np.array(first))
    return search_spans(
        table.step,
        state,
        log_probs,
        np.zeros(len(first)) if scores is None else np.array(scores),
        inner=np.arange(4),
        end=END,
        allowed=lambda tokens: np.array([*allowed(tokens), False]),
        beam=beam,
        longest=longest,
    )


def enumerate_spans(table: Table, first, scores, allowed, longest) -> dict[tuple[int, tuple[int, ...]], float]:
    """Every span with its log-probability: of its first token among the allowed ones, of each next one, of END."""
    found = {}
    for row, length in itertools.product(range(len(first)), range(1, longest + 1)):
        for span in itertools.product(range(3), repeat=length):
            if not all(allowed(span[:place])[token] for place, token in enumerate(span)):
                continue
            whole = sum(p for token, p in enumerate(first[row][:3]) if allowed(())[token])
            chance = first[row][span[0]] / whole if whole else 0
            for before, after in itertools.pairwise([*span, END]):
                chance *= math.exp(table.log[before, after])
            if chance > 0:
                found[row, span] = scores[row] + math.log(chance)
    return found


SIMPLE = [[0.1, 0.3, 0.2, 0.4], [0.5, 0.0, 0.2, 0.3], [0.0, 0.6, 0.4, 0.0]]  # after 2 nothing ends


def test_by_hand() -> None:
    """Start: 0 with 0.6, 1 with 0.3, 2 with 0.1. "0" 0.6·0.4 = 0.24; "1" 0.3·0.3 = 0.09; "0 1" 0.6·0.3·0.3 = 0.054."""
    spans, state, covered = search(Table(SIMPLE), [[0.6, 0.3, 0.1, 0.0]], longest=2)
    found = [(span.tokens, round(math.exp(span.log_prob), 6)) for span in spans]
    assert found == [
        ((0,), 0.24),
        ((1,), 0.09),
        ((1, 0), 0.06),
        ((0, 1), 0.054),
        ((0, 0), 0.024),
        ((2, 1), 0.018),
    ]
    assert covered == pytest.approx(1)
    assert state is not None
    read = [state.read[span.row][0] for span in spans]
    assert read == ["row0 0", "row0 1", "row0 1 0", "row0 0 1", "row0 0 0", "row0 2 1"]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(1, 3),
    longest=st.integers(1, 4),
    beam=st.sampled_from([1, 2, 5, 1000]),
    rule=st.sampled_from(["all", "no 2 first", "rising", "none after 1"]),
)
def test_against_every_span(seed: int, rows: int, longest: int, beam: int, rule: str) -> None:
    allowed = {
        "all": lambda _: (True, True, True),
        "no 2 first": lambda tokens: (True, True, bool(tokens)),
        "rising": lambda tokens: tuple(token >= max(tokens, default=0) for token in range(3)),
        "none after 1": lambda tokens: (tokens[-1:] != (1,),) * 3,
    }[rule]
    random = np.random.default_rng(seed)
    table = Table(random.dirichlet([0.7] * 4, 3).tolist())
    first, scores = random.dirichlet([0.7] * 4, rows).tolist(), np.log(random.dirichlet([1] * rows)).tolist()
    every = enumerate_spans(table, first, scores, allowed, longest)
    spans, state, covered = search(table, first, scores, allowed, beam, longest)
    assert [span.log_prob for span in spans] == sorted((span.log_prob for span in spans), reverse=True)
    assert len(spans) <= beam
    assert len({(span.origin, span.tokens) for span in spans}) == len(spans)
    for span in spans:
        assert span.log_prob == pytest.approx(every[span.origin, span.tokens], abs=1e-9)
        assert state is not None
        assert state.read[span.row][0] == " ".join([f"row{span.origin}", *map(str, span.tokens)])
    if beam == 1000:
        assert {(span.origin, span.tokens) for span in spans} == set(every)
        assert covered == pytest.approx(1)
    else:
        assert 0 < covered <= 1 + 1e-9


def test_the_share_that_is_covered() -> None:
    first = [[0.5, 0.2, 0.1, 0.2], [0.1, 0.1, 0.6, 0.2]]  # END first is no answer: the rest counts as a whole
    assert search(Table(SIMPLE), first[:1], beam=1)[2] == pytest.approx(0.5 / 0.8)
    assert search(Table(SIMPLE), first[:1], beam=2)[2] == pytest.approx(0.7 / 0.8)
    both = search(Table(SIMPLE), first, [math.log(0.75), math.log(0.25)], beam=2)[2]
    assert both == pytest.approx(0.75 * 0.5 / 0.8 + 0.25 * 0.6 / 0.8)  # two of the six shares: 0.469 and 0.1875
    assert search(Table(SIMPLE), first, [math.log(3), math.log(1)], beam=2)[2] == pytest.approx(both)


def test_finished_spans_leave_the_beam() -> None:
    """With a beam of one, "0" ends at once (0.9); "1 2" would need 0.1 · 0.9 · 1."""
    table = Table([[0.0, 0.0, 0.1, 0.9], [0.0, 0.0, 0.9, 0.1], [0.0, 0.0, 0.0, 1.0]])
    spans, _, _ = search(table, [[0.9, 0.1, 0.0, 0.0]], beam=1)
    assert [span.tokens for span in spans] == [(0,)]
    assert table.asked == [[0]]  # what is open is less likely than what is finished, so nothing more is asked
    table.asked.clear()
    spans, _, _ = search(table, [[0.5, 0.5, 0.0, 0.0]], beam=2)
    assert [span.tokens for span in spans] == [(0,), (1, 2)]
    assert [math.exp(span.log_prob) for span in spans] == pytest.approx([0.45, 0.45])
    assert table.asked[:2] == [[0, 1], [2]]  # "0 2" (0.05) is not likelier than "1" (0.05), which is finished


def test_end_is_never_first() -> None:
    spans, _, _ = search(Table(SIMPLE), [[0.01, 0.0, 0.0, 0.99]], longest=1)
    assert [(span.tokens, round(math.exp(span.log_prob), 6)) for span in spans] == [((0,), 0.4)]


@pytest.mark.parametrize(
    ("first", "allowed"),
    [
        ([[0.0, 0.0, 0.0, 1.0]], lambda _: (True, True, True)),
        ([[0.5, 0.3, 0.2, 0.0]], lambda _: (False, False, False)),
        ([[0.0, 0.0, 1.0, 0.0]], lambda tokens: (False, False, not tokens)),  # 2 never ends
    ],
)
def test_no_span_is_found(first, allowed) -> None:
    spans, state, covered = search(Table(SIMPLE), first, allowed=allowed)
    assert (spans, state) == ([], None)
    assert covered in (0, 1)


def test_inner_tokens_are_translated() -> None:
    """`step` may score only some tokens: here 10, END (3) and 12, in that order."""
    inner = np.array([10, 3, 12])
    after = np.log(np.array([0.2, 0.5, 0.3]))

    def step(tokens: np.ndarray, state: Trace) -> tuple[np.ndarray, Trace]:
        return np.tile(after, (len(tokens), 1)), state

    log_probs = np.full((1, 15), NOTHING)
    log_probs[0, 7] = 0.0
    spans, _, _ = search_spans(
        step,
        Trace(np.array([["row0"]], dtype=object)),
        log_probs,
        np.zeros(1),
        inner=inner,
        end=3,
        allowed=lambda tokens: np.isin(np.arange(15), [7, 10, 12]),
        beam=5,
        longest=2,
    )
    assert [(span.tokens, round(math.exp(span.log_prob), 6)) for span in spans] == [
        ((7,), 0.5),
        ((7, 12), 0.15),
        ((7, 10), 0.1),
    ]


def letters(*tokens: int) -> np.ndarray:
    return np.isin(np.arange(4), tokens)


def words_of(table: Table, first: list[float], follows, beam: int = 1000, longest: int = 4):
    state = Trace(np.array([["row0"]], dtype=object))
    with np.errstate(divide="ignore"):
        return search_words(table.step, state, np.log(np.array(first)), follows, beam=beam, longest=longest)


def any_word(tokens: tuple[int, ...]) -> Follows:
    """Tokens 0, 1, 2 are letters, 3 is none."""
    return Follows(letters(0, 1, 2), None if tokens else letters(0, 1, 2), bool(tokens))


def test_words_by_hand() -> None:
    """A word ends where no letter follows: "0" 0.6·0.4, "1" 0.3·0.3, "0 1" 0.6·0.3·0.3; it begins with 0.6 + 0.3."""
    found, begun = words_of(Table(SIMPLE), [0.6, 0.3, 0.0, 0.1], any_word, longest=2)
    assert [(tokens, round(math.exp(log_prob), 6)) for tokens, log_prob in found] == [
        ((0,), 0.24),
        ((1,), 0.09),
        ((1, 0), 0.06),
        ((0, 1), 0.054),
        ((0, 0), 0.024),
        ((0, 2), 0.0),
        ((1, 2), 0.0),
    ]
    assert math.exp(begun) == pytest.approx(0.9)


def test_the_start_of_a_word_may_be_given() -> None:
    """Only words that start with 1: some begin with 1 itself, others after a silent 3 (a space, say)."""

    def follows(tokens: tuple[int, ...]) -> Follows:
        if tokens in ((), (3,)):
            return Follows(letters(1, 3) if not tokens else letters(1), letters(1), False)
        return any_word(tokens)

    table = Table([*SIMPLE, [0.25, 0.5, 0.25, 0.0]])
    found, begun = words_of(table, [0.6, 0.2, 0.1, 0.1], follows)
    assert math.exp(begun) == pytest.approx(0.2 + 0.1 * 0.5)
    assert dict(found)[1,] == pytest.approx(math.log(0.2 * 0.3))
    assert dict(found)[3, 1] == pytest.approx(math.log(0.1 * 0.5 * 0.3))
    assert all(tokens[0] == 1 or tokens[:2] == (3, 1) for tokens, _ in found)


def test_a_word_may_have_begun_before() -> None:
    found, begun = words_of(
        Table(SIMPLE), [0.5, 0.2, 0.1, 0.2], lambda _: Follows(letters(0, 1, 2), None, True), longest=1
    )
    assert begun == 0.0
    assert found[0] == ((), pytest.approx(math.log(0.2)))
    assert dict(found)[0,] == pytest.approx(math.log(0.5 * 0.4))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), longest=st.integers(1, 4), beam=st.sampled_from([1, 3, 1000]))
def test_words_against_every_word(seed: int, longest: int, beam: int) -> None:
    """Letters differ by what stands before them, and a word cannot end in 2."""
    random = np.random.default_rng(seed)
    after = {token: letters(*random.choice(3, 2, replace=False)) for token in range(3)}
    table = Table(random.dirichlet([0.7] * 4, 4).tolist())
    first = random.dirichlet([0.7] * 4)

    def follows(tokens: tuple[int, ...]) -> Follows:
        if not tokens:
            return Follows(letters(0, 1), letters(0, 1), False)
        return Follows(after[tokens[-1]], None, tokens[-1] != 2)

    every = {}
    for length in range(1, longest + 1):
        for word in itertools.product(range(3), repeat=length):
            if all(follows(word[:place]).tokens[token] for place, token in enumerate(word)) and word[-1] != 2:
                chance = first[word[0]]
                for before, token in itertools.pairwise(word):
                    chance *= math.exp(table.log[before, token])
                every[word] = chance * np.exp(table.log[word[-1]])[~after[word[-1]]].sum()
    found, begun = words_of(table, first.tolist(), follows, beam, longest)
    assert math.exp(begun) == pytest.approx(first[:2].sum())
    assert [log_prob for _, log_prob in found] == sorted((log_prob for _, log_prob in found), reverse=True)
    for word, log_prob in found:
        assert math.exp(log_prob) == pytest.approx(every[word])
    assert len(found) == (len(every) if beam == 1000 else min(beam, len(found)))
    assert sum(math.exp(log_prob) for _, log_prob in found) <= math.exp(begun) + 1e-9


scores = st.lists(st.sampled_from([-math.inf, -800.0, -7.0, -2.0, -2.0, -0.5, 0.0]), min_size=1, max_size=10).filter(
    lambda values: max(values) > -math.inf
)
