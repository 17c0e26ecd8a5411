"""The memory of a text, on numbers that can be checked on paper."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from seqtext.config import TOKENS
from seqtext.decoding import cache
from seqtext.decoding.cache import ORDERS, Memory

EVEN = math.log(0.1)  # a network that knows nothing of ten tokens


def fed(tokens: Sequence[int], orders: Sequence[int] = (1, 2), **settings: int) -> Memory:
    memory = Memory(orders, **settings)
    for token in tokens:
        memory.read(token, EVEN)
    return memory


def chances(memory: Memory, size: int = 10) -> np.ndarray:
    return np.exp(memory.mix(np.full(size, math.log(1 / size))))


def test_what_followed_comes_again() -> None:
    # Token 7 was followed by 3, 3 and 4; the weight of a context nothing is known of is 0.5 / 10.
    memory = fed([7, 3], (1,))
    memory.start(7)
    memory.read(3)
    memory.start(7)
    memory.read(4)
    memory.start(7)
    expected = np.full(10, 0.095)
    expected[[3, 4]] += 0.05 * np.array([2, 1]) / 3
    np.testing.assert_allclose(chances(memory), expected)


def test_longer_contexts_come_after_shorter_ones() -> None:
    memory = Memory((1, 2))
    for token in (1, 2, 5, 9, 2, 6, 1, 2):
        memory.read(token)
    low = 0.95 * 0.1 + 0.05 * np.isin(np.arange(10), [5, 6]) / 2  # after 2 came 5 and 6
    high = 0.95 * low + 0.05 * (np.arange(10) == 5)  # after 1 2 came 5
    np.testing.assert_allclose(chances(memory), high)


def test_a_weight_is_what_its_kind_of_context_was_worth() -> None:
    memory = fed([7, 3], (1,))
    memory.start(7)
    assert math.exp(memory.read(3, EVEN)) == pytest.approx(0.95 * 0.1 + 0.05)
    weight = (0.5 + 0.05 / 0.145) / 11  # one follower, seen once, was right
    memory.read(7)
    memory.start(8)
    memory.read(2)
    memory.start(8)
    assert chances(memory)[2] == pytest.approx((1 - weight) * 0.1 + weight)
    assert math.exp(memory.read(4, EVEN)) == pytest.approx((1 - weight) * 0.1)  # and this time wrong
    memory.start(3)  # 7 came after it, once
    weight = (0.5 + 0.05 / 0.145) / 12
    assert chances(memory)[7] == pytest.approx((1 - weight) * 0.1 + weight)


def test_what_repeats_is_trusted_and_what_misleads_is_not() -> None:
    draw = np.random.default_rng(1)
    assert chances(fed([1, 2, 3, 4] * 50))[1] > 0.9
    chance = draw.integers(10, size=2000).tolist()
    bits = [memory_bits(chance, orders) / len(chance) for orders in ((1,), (1, 2), (3, 4, 5, 6))]
    assert all(one < math.log2(10) * 1.005 for one in bits)  # nothing to remember: hardly worse than without


def memory_bits(tokens: Sequence[int], orders: Sequence[int]) -> float:
    memory = Memory(orders)
    return -sum(memory.read(token, EVEN) for token in tokens) / math.log(2)


def test_read_agrees_with_mix_and_mix_sums_to_one() -> None:
    draw = np.random.default_rng(2)
    memory = Memory((1, 2, 3), contexts=40)
    for token in draw.choice(5, 600, p=[0.5, 0.3, 0.1, 0.05, 0.05]).tolist():
        scores = draw.normal(0, 4, 9)
        log_probs = scores - np.logaddexp.reduce(scores)
        mixed = memory.mix(log_probs)
        assert np.exp(mixed).sum() == pytest.approx(1, abs=1e-12)
        assert memory.read(token, float(log_probs[token])) == pytest.approx(mixed[token], abs=1e-9)


def test_what_the_network_rules_out_has_a_logarithm_still() -> None:
    memory = fed([7, 3], (1,))
    memory.start(7)
    log_probs = np.full(10, -5000.0)
    log_probs[0] = 0.0
    mixed = memory.mix(log_probs)
    assert mixed[4] == pytest.approx(-5000 + math.log(0.95))
    assert mixed[3] == pytest.approx(math.log(0.05))
    assert memory.read(4, -5000.0) == pytest.approx(mixed[4])


def test_nothing_is_learnt_of_weights_without_the_network() -> None:
    memory = Memory((1,))
    assert all(math.isnan(memory.read(token)) for token in [1, 2] * 100)
    assert chances(memory)[1] == pytest.approx(0.95 * 0.1 + 0.05)


def test_a_text_begins_anew_and_knows_the_texts_before() -> None:
    memory = fed([0, 1, 2, 3])
    memory.start(0)
    assert chances(memory)[1] > 0.14  # one token was read: no context of two
    np.testing.assert_allclose(chances(Memory((1, 2))), 0.1)


def test_what_is_kept_is_bounded_and_the_oldest_goes_first() -> None:
    memory = fed([7, 3, 7, 3, *range(10, 40), 7, 3, *range(50, 80)], (1,), contexts=50)
    assert len(memory._followers) == 50
    assert (7,) in memory._followers  # it came up again
    assert (10,) not in memory._followers
    many = fed([1, 2] * 50 + [1, 3] * cache._FOLLOWERS, (1,))
    assert many._followers[(1,)] == [3] * cache._FOLLOWERS


def test_every_kind_of_token_has_its_contexts() -> None:
    assert set(ORDERS) == set(TOKENS)
