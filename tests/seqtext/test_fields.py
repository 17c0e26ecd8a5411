"""What counts as a whole number or a number, and what is said of anything else."""

import doctest
import math

import pytest

from seqtext import fields
from seqtext.errors import ConfigError, InputError
from seqtext.fields import check_count, is_number, is_whole


def test_the_example_in_the_docstring() -> None:
    assert doctest.testmod(fields) == (0, 1)


@pytest.mark.parametrize("value", [True, False, 1.0, "1", None, math.nan, [1], 0, 11, -1])
def test_no_whole_number_of_the_range(value) -> None:
    assert not is_whole(value, 1, 10)
    with pytest.raises(InputError) as caught:
        check_count("--top", value, high=10, hint="--top 5")
    assert caught.value.message == f"--top received {value!r}; a whole number from 1 to 10 is accepted."
    assert caught.value.hint == "--top 5"


@pytest.mark.parametrize("value", [1, 5, 10])
def test_whole_numbers_of_the_range(value) -> None:
    assert is_whole(value, 1, 10)
    check_count("--top", value, high=10, hint="--top 5")


def test_a_range_without_an_end() -> None:
    check_count("--top", 10**400, hint="--top 5")
    with pytest.raises(ConfigError, match="a whole number from 2 is accepted"):
        check_count("--top", 1, 2, hint="--top 5", error=ConfigError)


@pytest.mark.parametrize("value", [True, "1", None, math.nan, math.inf, -math.inf, 10**400])
def test_no_finite_number(value) -> None:
    assert not is_number(value)


def test_numbers_of_a_range() -> None:
    assert [is_number(value, 0.5, 2) for value in (0.4, 0.5, 1, 2.0, 2.1)] == [False, True, True, True, False]
    assert is_number(-1e308)
