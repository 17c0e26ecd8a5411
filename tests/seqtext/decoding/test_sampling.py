"""Sampling: what each setting leaves, and how often what is left is drawn."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqtext.config import SamplingConfig
from seqtext.decoding.sampling import filtered, sample
from seqtext.errors import ModelError

NOTHING = -np.inf


@pytest.mark.parametrize(
    ("chances", "changes", "recent", "expected"),
    [
        ([0.5, 0.3, 0.2], {}, [], [0.5, 0.3, 0.2]),
        ([0.5, 0.3, 0.2], {"temperature": 0.5}, [], [0.25 / 0.38, 0.09 / 0.38, 0.04 / 0.38]),
        ([0.5, 0.3, 0.2], {"temperature": 1e-300}, [], [1, 0, 0]),
        ([0.2, 0.4, 0.4], {"temperature": 0}, [], [0, 1, 0]),
        ([0.2, 0.4, 0.4], {"temperature": 0, "repetition_penalty": 2.0}, [1], [0, 0, 1]),
        ([0.5, 0.3, 0.2], {"repetition_penalty": 2.0}, [0], [0.25 / 0.75, 0.3 / 0.75, 0.2 / 0.75]),
        ([0.5, 0.3, 0.2], {"repetition_penalty": 2.0}, [0, 0, 0], [0.25 / 0.75, 0.3 / 0.75, 0.2 / 0.75]),
        ([0.5, 0.3, 0.2], {"repetition_penalty": 1.0}, [0], [0.5, 0.3, 0.2]),
        ([0.2, 0.3, 0.5], {"top_k": 2}, [], [0, 0.375, 0.625]),
        ([0.25, 0.25, 0.25, 0.25], {"top_k": 3}, [], [1 / 3, 1 / 3, 1 / 3, 0]),
        ([0.5, 0.3, 0.2], {"top_k": 9}, [], [0.5, 0.3, 0.2]),
        ([0.2, 0.3, 0.5], {"top_p": 0.4999}, [], [0, 0, 1]),
        ([0.2, 0.3, 0.5], {"top_p": 0.6}, [], [0, 0.375, 0.625]),
        ([0.2, 0.3, 0.5], {"top_p": 1.0}, [], [0.2, 0.3, 0.5]),
        ([0.5, 0.3, 0.2], {"min_p": 0.5}, [], [0.625, 0.375, 0]),
        ([0.5, 0.3, 0.2], {"min_p": 0.0}, [], [0.5, 0.3, 0.2]),
        ([0.4, 0.4, 0.2], {"min_p": 1.0}, [], [0.5, 0.5, 0]),
        # in this order: penalty, temperature, top-k, top-p, min-p
        ([0.5, 0.3, 0.2], {"repetition_penalty": 3.0, "top_k": 1}, [0], [0, 1, 0]),
        ([0.64, 0.32, 0.04], {"temperature": 2.0, "top_p": 0.7}, [], [0.8 / (0.8 + 0.32**0.5), 0.4142135, 0]),
        ([0.4, 0.3, 0.2, 0.1], {"top_k": 2, "top_p": 0.5}, [], [1, 0, 0, 0]),
        ([0.4, 0.3, 0.2, 0.1], {"top_p": 0.95, "min_p": 0.45}, [], [0.4 / 0.9, 0.3 / 0.9, 0.2 / 0.9, 0]),
        ([0.5, 0.0, 0.5], {"temperature": 100.0}, [1], [0.5, 0, 0.5]),
        ([1.0], {"top_k": 1, "top_p": 0.0001, "min_p": 1.0}, [0], [1]),
    ],
)
def test_what_is_drawn_with(chances, changes, recent, expected) -> None:
    with np.errstate(divide="ignore"):
        log_probs = np.log(np.array(chances)).astype(np.float32)
    before = log_probs.copy()
    found = filtered(log_probs, SamplingConfig(**{"temperature": 1.0, **changes}), recent)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_array_equal(log_probs, before)


configs = st.builds(
    SamplingConfig,
    temperature=st.sampled_from([0, 1e-9, 0.3, 1, 7.5, 100]),
    top_k=st.none() | st.integers(1, 12),
    top_p=st.none() | st.floats(0.0001, 1),
    min_p=st.none() | st.floats(0, 1),
    repetition_penalty=st.sampled_from([1, 1.2, 100]),
)

scores = st.lists(st.sampled_from([-math.inf, -800.0, -7.0, -2.0, -2.0, -0.5, 0.0]), min_size=1, max_size=10).filter(
    lambda values: max(values) > -math.inf
)


@settings(max_examples=300, deadline=None)
@given(scores, configs, st.lists(st.integers(0, 100), max_size=5), st.integers(0, 2**31 - 1))
def test_only_what_is_left_is_drawn(values, config, recent, seed) -> None:
    log_probs = np.array(values) - np.logaddexp.reduce(values)
    recent = [token % len(values) for token in recent]
    found = filtered(log_probs, config, recent)
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    assert (found[np.isneginf(log_probs)] == 0).all()
    assert (found > 0).sum() <= (config.top_k or len(values))
    penalized = log_probs.copy()
    penalized[recent] *= config.repetition_penalty
    assert found.max() == found[penalized.argmax()]  # the likeliest always stays
    drawn = sample(log_probs, config, recent, np.random.default_rng(seed))
    assert found[drawn] > 0
    assert drawn == sample(log_probs, config, recent, np.random.default_rng(seed))


def test_draws_are_as_frequent_as_they_should_be() -> None:
    log_probs = np.log(np.array([0.1, 0.5, 1e-30, 0.4]))
    generator = np.random.default_rng(1)
    draws = [sample(log_probs, SamplingConfig(temperature=1.0), (), generator) for _ in range(4000)]
    np.testing.assert_allclose(np.bincount(draws, minlength=4) / 4000, [0.1, 0.5, 0, 0.4], atol=0.03)


@settings(max_examples=100, deadline=None)
@given(scores, configs, st.integers(-50, 50))
def test_a_number_added_to_all_scores_changes_nothing(values, config, added) -> None:
    log_probs, config = np.array(values), replace(config, repetition_penalty=1.0)
    np.testing.assert_array_equal(filtered(log_probs + added, config), filtered(log_probs, config))


@pytest.mark.parametrize("values", [[NOTHING, NOTHING], [math.nan, 0.0], [math.inf, 0.0]])
def test_scores_that_are_no_numbers_are_reported(values) -> None:
    with pytest.raises(ModelError, match="not finite numbers"):
        sample(np.array(values), SamplingConfig(), (), np.random.default_rng(1))
