"""Beam search: tables solved by hand, exhaustive enumeration, the rules for what may not come."""

import itertools
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from seqtext.config import SearchConfig
from seqtext.decoding.beam import Hypothesis, beam_search

END, FIRST = 0, 1


class Written(NamedTuple):
    """What each row has written so far, and which source it is about."""

    tokens: NDArray[np.int64]
    source: NDArray[np.int64]

    def take(self, rows: NDArray[np.integer]) -> "Written":
        return Written(self.tokens[rows], self.source[rows])


def random_step(seed: int, size: int):
    """Log-probabilities that depend on the source and on all that was written."""

    def row(source: int, tokens: tuple[int, ...]) -> NDArray[np.float32]:
        scores = np.random.default_rng([seed, source, *tokens]).normal(size=size).astype(np.float32) * 2
        scores[FIRST] = -np.inf
        return scores - np.log(np.exp(scores).sum())

    def step(tokens: NDArray[np.int64], state: Written) -> tuple[NDArray[np.float32], Written]:
        written = np.concatenate([state.tokens, tokens[:, None]], 1)
        rows = [row(int(s), tuple(t)) for s, t in zip(state.source, written.tolist(), strict=True)]
        return np.stack(rows), Written(written, state.source)

    return step, row


def begin(count: int) -> Written:
    return Written(np.zeros((count, 0), np.int64), np.arange(count))


def all_answers(row, source: int, size: int, most: int, search: SearchConfig) -> list[Hypothesis]:
    found = []
    for length in range(most + 1):
        for tokens in itertools.product(range(2, size), repeat=length):
            path, total = (FIRST, *tokens), 0.0
            for k, token in enumerate((*tokens, END)):
                total += float(row(source, path[: k + 1])[token])
            found.append(Hypothesis(tokens, total, total / ((5 + length + 1) / 6) ** search.length_penalty))
    best, *others = sorted(found, key=lambda one: -one.score)
    listed = [best, *[one for one in others if one.log_prob <= best.log_prob][: search.n_best - 1]]
    return sorted(listed, key=lambda one: -one.log_prob)


@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_wide_beam_finds_what_enumeration_finds(seed: int, alpha: float) -> None:
    size, most = 5, 3
    search = SearchConfig(beam=64, n_best=4, length_penalty=alpha, min_length=0)
    step, row = random_step(seed, size)
    found = beam_search(step, begin(3), np.array([most] * 3), search, first=FIRST, end=END)
    for source, answers in enumerate(found):
        wanted = all_answers(row, source, size, most, search)
        assert [one.tokens for one in answers] == [one.tokens for one in wanted]
        assert np.allclose([one.score for one in answers], [one.score for one in wanted], atol=1e-5)


def table_step(table: dict[tuple[int, ...], list[float]]):
    def step(tokens: NDArray[np.int64], state: Written) -> tuple[NDArray[np.float32], Written]:
        written = np.concatenate([state.tokens, tokens[:, None]], 1)
        with np.errstate(divide="ignore"):
            rows = np.log(np.array([table[tuple(one[1:])] for one in written.tolist()], np.float32))
        return rows, Written(written, state.source)

    return step


#: After nothing, "2" is likelier than "3"; but what follows "2" is open, and "3" surely ends.
GARDEN = {
    (): [0.0, 0.0, 0.6, 0.4],
    (2,): [0.3, 0.0, 0.4, 0.3],
    (3,): [1.0, 0.0, 0.0, 0.0],
    (2, 2): [1.0, 0.0, 0.0, 0.0],
    (2, 3): [1.0, 0.0, 0.0, 0.0],
}


@pytest.mark.parametrize(("beam", "wanted", "probability"), [(1, (2, 2), 0.24), (2, (3,), 0.4)])
def test_two_hypotheses_see_what_one_misses(beam: int, wanted: tuple[int, ...], probability: float) -> None:
    search = SearchConfig(beam=beam, length_penalty=0.0)
    best = beam_search(table_step(GARDEN), begin(1), np.array([2]), search, first=FIRST, end=END)[0][0]
    assert best.tokens == wanted
    assert np.exp(best.log_prob) == pytest.approx(probability, abs=1e-6)


def test_sources_of_a_batch_do_not_see_each_other() -> None:
    step, _ = random_step(7, 40)
    search, most = SearchConfig(beam=3, n_best=3), np.array([2, 9, 5, 1])
    together = beam_search(step, begin(4), most, search, first=FIRST, end=END)
    for source in range(4):
        state = Written(np.zeros((1, 0), np.int64), np.array([source]))
        alone = beam_search(step, state, most[source : source + 1], search, first=FIRST, end=END)
        assert alone[0] == together[source]


def test_lengths_are_held_to() -> None:
    step, _ = random_step(3, 12)
    search = SearchConfig(beam=4, n_best=4, min_length=2)
    answers = beam_search(step, begin(2), np.array([4, 4]), search, first=FIRST, end=END)
    assert {len(one.tokens) for found in answers for one in found} <= {2, 3, 4}


def test_no_run_of_tokens_comes_twice() -> None:
    def step(tokens: NDArray[np.int64], state: Written) -> tuple[NDArray[np.float32], Written]:
        scores = np.full((len(tokens), 6), -5.0, np.float32)
        scores[np.arange(len(tokens)), np.where(tokens == 2, 3, 2)] = -0.1  # 2 3 2 3 … for ever
        scores[:, END] = -30.0
        return scores, Written(np.concatenate([state.tokens, tokens[:, None]], 1), state.source)

    for size in (1, 2, 3):
        search = SearchConfig(beam=2, no_repeat=size)
        tokens = beam_search(step, begin(1), np.array([12]), search, first=FIRST, end=END)[0][0].tokens
        runs = [tokens[k : k + size] for k in range(len(tokens) - size + 1)]
        assert len(runs) == len(set(runs))
    free = beam_search(step, begin(1), np.array([12]), SearchConfig(beam=2), first=FIRST, end=END)[0][0].tokens
    assert len(free) == 12
    assert len(set(itertools.pairwise(free))) == 2


def test_answers_that_spell_the_same_are_given_once() -> None:
    """Here all of one length; what is wanted beyond those alike is found by going on."""
    step, _ = random_step(5, 8)
    search = SearchConfig(beam=5, n_best=3, length_penalty=0.0)
    plain = beam_search(step, begin(6), np.array([4] * 6), search, first=FIRST, end=END)
    found = beam_search(
        step, begin(6), np.array([4] * 6), search, first=FIRST, end=END, spell=lambda _, tokens: len(tokens)
    )
    assert any(len({len(one.tokens) for one in answers}) < 3 for answers in plain)
    for answers, before in zip(found, plain, strict=True):
        assert len({len(one.tokens) for one in answers}) == len(answers) == 3
        assert answers[0] == before[0]


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
def test_answers_come_by_their_log_probability(alpha: float) -> None:
    step, _ = random_step(11, 9)
    for count in (2, 4):
        search = SearchConfig(beam=4, n_best=count, length_penalty=alpha)
        found = beam_search(step, begin(8), np.array([5] * 8), search, first=FIRST, end=END)
        alone = beam_search(
            step, begin(8), np.array([5] * 8), SearchConfig(beam=4, length_penalty=alpha), first=FIRST, end=END
        )
        for answers, single in zip(found, alone, strict=True):
            log_probs = [one.log_prob for one in answers]
            assert log_probs == sorted(log_probs, reverse=True)
            assert answers[0] == single[0]


def test_a_penalty_can_turn_the_order() -> None:
    step = table_step({(): [0.0, 0.0, 0.6, 0.4], (2,): [1.0, 0, 0, 0], (3,): [1.0, 0, 0, 0]})

    def unlike_two(state: Written) -> NDArray[np.float32]:
        return np.where((state.tokens == 2).any(1), np.float32(-9.0), np.float32(0.0))

    for weight, wanted in ((0.0, (2,)), (1.0, (3,))):
        search = SearchConfig(beam=2, coverage_penalty=weight)
        best = beam_search(step, begin(1), np.array([3]), search, first=FIRST, end=END, penalty=unlike_two)[0][0]
        assert best.tokens == wanted


def test_the_best_of_large_vocabularies_are_found() -> None:
    """More tokens than are looked at one by one."""
    generator = np.random.default_rng(0)
    scores = generator.normal(size=(3, 1_003)).astype(np.float32)

    def step(tokens: NDArray[np.int64], state: Written) -> tuple[NDArray[np.float32], Written]:
        return scores[state.source].copy(), state

    search = SearchConfig(beam=1, max_length=1)
    found = beam_search(step, begin(3), np.array([1, 1, 1]), search, first=FIRST, end=END)
    assert [one[0].tokens[0] for one in found] == scores.argmax(1).tolist()


def test_scores_that_are_no_numbers_give_no_answer() -> None:
    def step(tokens: NDArray[np.int64], state: Written) -> tuple[NDArray[np.float32], Written]:
        return np.full((len(tokens), 4), -np.inf, np.float32), state

    assert beam_search(step, begin(1), np.array([3]), SearchConfig(), first=FIRST, end=END) == [[]]
