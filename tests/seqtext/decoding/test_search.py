"""Searches on transition tables that can be checked by hand, and against every span there is."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transition_tables import Table, Trace

from seqtext.decoding.search import Follows, search_words, top

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


SIMPLE = [[0.1, 0.3, 0.2, 0.4], [0.5, 0.0, 0.2, 0.3], [0.0, 0.6, 0.4, 0.0]]  # after 2 nothing ends


def letters(*tokens: int) -> np.ndarray:
    return np.isin(np.arange(4), tokens)


def words_of(table: Table, first: list[float], follows, beam: int = 1000, longest: int = 4):
    state = Trace(np.array([["row0"]], dtype=object))
    with np.errstate(divide="ignore"):
        begin = np.log(np.array([first]))
        return search_words(table.step, state, begin, [follows], beam=beam, longest=[longest])[0]


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


def test_each_text_has_its_own_words_whatever_others_search_for() -> None:
    table, first = Table(SIMPLE), np.log(np.array([[0.6, 0.3, 0.05, 0.05], [0.1, 0.1, 0.1, 0.7]]))
    state = Trace(np.array([["row0"], ["row1"]], dtype=object))
    rules, lengths = [any_word, lambda tokens: any_word(tokens)._replace(ends=len(tokens) == 3)], [1, 3]
    together = search_words(table.step, state, first, rules, beam=5, longest=lengths)
    for k, found in enumerate(together):
        own = slice(k, k + 1)
        alone = search_words(
            table.step, state.take(np.array([k])), first[own], rules[own], beam=5, longest=lengths[own]
        )
        assert [found] == alone
    assert [len(tokens) for tokens, _ in together[1].words] == [3] * 5


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
