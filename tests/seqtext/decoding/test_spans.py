"""The search for spans on transition tables that can be checked by hand, and against every span there is."""

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transition_tables import END, Table, Trace

from seqtext.decoding.spans import First, Spans, _edges, likeliest_first, search_spans
from seqtext.errors import ModelError


class Span(NamedTuple):
    tokens: tuple[int, ...]
    log_prob: float
    origin: int


def search(
    table: Table,
    first: list[list[float]],
    scores: list[float] | None = None,
    allowed=lambda _: (True, True, True),
    beam: int = 100,
    longest: int = 3,
) -> tuple[list[Span], Trace | None, float]:
    """The spans of one question, whose states are the rows, and the state after each."""
    found = search_many(table, [(first, scores, allowed)], beam, longest)
    spans = [
        Span(tokens, float(log_prob), int(origin))
        for tokens, log_prob, origin in zip(found.tokens, found.log_probs, found.origins, strict=True)
    ]
    return spans, found.state(np.arange(len(spans))) if spans else None, float(found.covered[0])


def search_many(table: Table, questions: list[tuple[Any, Any, Any]], beam: int, longest: int) -> Spans[Trace]:
    rules = [lambda tokens, rule=rule: np.array([*rule(tokens), False]) for _, _, rule in questions]
    owners = np.repeat(np.arange(len(questions)), [len(first) for first, _, _ in questions])
    rows = [row for first, _, _ in questions for row in first]
    with np.errstate(divide="ignore"):
        log_probs = np.log(np.array(rows))
    own = np.array([rules[owner](()) for owner in owners])
    scores = np.concatenate([np.zeros(len(first)) if given is None else given for first, given, _ in questions])
    names = [f"row{number}" for first, _, _ in questions for number in range(len(first))]
    return search_spans(
        table.step,
        Trace(np.array(names, dtype=object)[:, None]),
        likeliest_first(np.where(own, log_probs, -np.inf), beam),
        scores,
        owners,
        inner=np.arange(4),
        end=END,
        allowed=lambda question, tokens: rules[question](tokens),
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
    read = [row[0] for row in state.read]
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
    for row, span in enumerate(spans):
        assert span.log_prob == pytest.approx(every[span.origin, span.tokens], abs=1e-9)
        assert state is not None
        assert state.read[row][0] == " ".join([f"row{span.origin}", *map(str, span.tokens)])
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

    found = search_spans(
        step,
        Trace(np.array([["row0"]], dtype=object)),
        First(np.zeros((1, 1)), np.array([[7]])),
        np.zeros(1),
        np.zeros(1, np.int64),
        inner=inner,
        end=3,
        allowed=lambda question, tokens: np.isin(np.arange(15), [7, 10, 12]),
        beam=5,
        longest=2,
    )
    shares = np.exp(found.log_probs).round(6).tolist()
    assert list(zip(found.tokens, shares, strict=True)) == [((7,), 0.5), ((7, 12), 0.15), ((7, 10), 0.1)]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), beam=st.sampled_from([1, 2, 5]), longest=st.integers(1, 4))
def test_questions_side_by_side_are_answered_as_alone(seed: int, beam: int, longest: int) -> None:
    random = np.random.default_rng(seed)
    table = Table(random.dirichlet([0.7] * 4, 3).tolist())
    rules = [lambda _: (True, True, True), lambda tokens: (True, True, bool(tokens)), lambda _: (False,) * 3]
    questions = [
        (random.dirichlet([0.7] * 4, rows).tolist(), np.log(random.dirichlet([1] * rows)), rules[which])
        for rows, which in zip(random.integers(1, 4, 4), random.integers(0, 3, 4), strict=True)
    ]
    together = search_many(table, questions, beam, longest)
    for number, (first, scores, rule) in enumerate(questions):
        own = np.flatnonzero(together.questions == number)
        spans, state, covered = search(table, first, scores, rule, beam, longest)
        assert [together.tokens[k] for k in own] == [span.tokens for span in spans]
        assert together.log_probs[own] == pytest.approx([span.log_prob for span in spans])
        if number < len(together.covered):
            assert together.covered[number] == pytest.approx(covered)
        if state is not None:
            assert together.state(own).read.tolist() == state.read.tolist()


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(
        st.lists(st.sampled_from([-math.inf, -1.0, 0.0, 0.5, 2.0]), min_size=130, max_size=130), min_size=1, max_size=4
    ),
    count=st.integers(1, 140),
)
def test_the_likeliest_first_are_a_stable_sort(rows: list[list[float]], count: int) -> None:
    found = likeliest_first(np.array(rows), count)
    for values, log_probs, tokens in zip(rows, found.log_probs, found.tokens, strict=True):
        ranked = [place for place in sorted(range(130), key=lambda place: (-values[place], place))][:count]
        finite = [place for place in ranked if values[place] > -math.inf]
        whole = sum(math.exp(value) for value in values)
        assert tokens[: len(finite)].tolist() == finite
        assert np.exp(log_probs).tolist() == pytest.approx([math.exp(values[k]) / (whole or 1.0) for k in ranked])


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_scores_that_are_no_numbers_are_refused(value: float) -> None:
    with pytest.raises(ModelError):
        likeliest_first(np.array([[0.0, value, 1.0]]), 2)


class Even:
    """Takes spans of an even number of tokens that never repeat one."""

    def following(self, tokens: tuple[int, ...]) -> np.ndarray:
        return np.array([token != tokens[-1] for token in range(3)] + [False])

    def ends(self, tokens: tuple[int, ...]) -> bool:
        return len(tokens) % 2 == 0


@pytest.mark.parametrize("seed", range(8))
def test_a_limit_takes_some_spans_and_others_keep_their_share(seed: int) -> None:
    """Against every span: those found have their usual probability; with what was refused, all of it is covered."""
    random = np.random.default_rng(seed)
    table, first = Table(random.dirichlet([1.0] * 4, 3).tolist()), random.dirichlet([1.0] * 3, 1)
    begun = likeliest_first(np.log(np.append(first, [[1e-30]], 1)), 3)
    found = search_spans(
        table.step, Trace(np.array([["row"]], dtype=object)), begun, np.zeros(1), np.zeros(1, np.int64),
        inner=np.arange(4), end=END, allowed=lambda *_: np.array([True, True, True, False]),
        beam=10_000, longest=4, limits={0: Even()},
    )  # fmt: skip
    spans = dict(zip(found.tokens, found.log_probs.tolist(), strict=True))
    every = enumerate_spans(table, first.tolist(), [0.0], lambda _: (True, True, True), 4)
    wanted = {
        span: value
        for (_, span), value in every.items()
        if len(span) % 2 == 0 and all(a != b for a, b in itertools.pairwise(span))
    }
    assert spans == pytest.approx(wanted, abs=1e-5)
    odd = sum(
        math.exp(value)
        for (_, span), value in every.items()
        if len(span) % 2 and all(a != b for a, b in itertools.pairwise(span))
    )
    assert odd < found.refused[0] <= 1 - sum(map(math.exp, spans.values())) + 1e-5


def test_others_only_tell_how_often_they_end() -> None:
    """No span grows from them; what they end with is refused, and they are covered."""
    table = Table(SIMPLE)
    end = [math.exp(row[END]) for row in table.step(np.arange(3), Trace(np.array([["row"]] * 3, dtype=object)))[0]]
    found = search_spans(
        table.step, Trace(np.array([["row"]], dtype=object)), First(np.log([[0.5]]), np.array([[0]])), np.zeros(1),
        np.zeros(1, np.int64), inner=np.arange(4), end=END, allowed=lambda *_: np.array([True, True, True, False]),
        beam=100, longest=3, others=First(np.log([[0.3, 0.2]]), np.array([[1, 2]])),
    )  # fmt: skip
    assert {tokens[0] for tokens in found.tokens} == {0}
    assert found.refused.tolist() == pytest.approx([0.3 * end[1] + 0.2 * end[2]])
    assert found.covered.tolist() == pytest.approx([1.0])


def test_only_what_is_taken_is_selected_and_others_keep_their_share() -> None:
    scores = np.log(np.array([[0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4]], np.float32))
    taken = np.array([[False, True, True, False], [True, False, False, False]])
    found = likeliest_first(scores, 2, taken)
    assert np.exp(found.log_probs) == pytest.approx(np.array([[0.3, 0.2], [0.1, 0.0]]))
    assert found.tokens[0].tolist() == [1, 2]


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(
        st.lists(st.sampled_from([-math.inf, -3.0, -1.0, -0.5]), min_size=40, max_size=40), min_size=1, max_size=4
    ),
    count=st.integers(1, 60),
)
def test_what_is_below_the_edge_is_not_among_the_best(rows: list[list[float]], count: int) -> None:
    values = np.array(rows)
    best = np.sort(values, 1)[:, ::-1][:, :count]
    above = values > _edges(values, count)[:, None]
    for row, kept, wanted in zip(values, above, best, strict=True):
        assert np.sort(row[kept])[::-1][:count].tolist() == wanted[np.isfinite(wanted)].tolist()
