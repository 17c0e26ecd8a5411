"""Streaming: text is given up to the first stop text, and held back no longer than needed."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqtext.decoding.streaming import before_stop


@pytest.mark.parametrize(
    ("text", "stop", "expected"),
    [
        ("abcdef", ["cd"], "ab"),
        ("abcdef", ["x"], "abcdef"),
        ("abcdef", ["ef"], "abcd"),
        ("abcdef", ["efg"], "abcdef"),  # its start, held back, is given at the end
        ("abcdef", ["a"], ""),
        ("aaab", ["aab"], "a"),
        ("abcdef", ["de", "cdef", "cd"], "ab"),  # the first to be whole
        ("abcdef", ["d", "bcd"], "a"),  # of two that end together, the longer
        ("", ["a"], ""),
        ("a\n\nb", ["\n\n"], "a"),
        ("e\u0301a", ["e\u0301"], ""),
    ],
)
def test_before_stop(text, stop, expected) -> None:
    assert "".join(before_stop(text, stop)) == expected


@settings(max_examples=200, deadline=None)
@given(st.text("ab", max_size=12), st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=3))
def test_nothing_of_a_stop_text_comes_through(text, stop) -> None:
    """What comes through is the text up to the first place where some stop text is whole, without that one."""
    ends = [k for k in range(1, len(text) + 1) if text[:k].endswith(tuple(stop))]
    if ends:
        found = max(len(one) for one in stop if text[: ends[0]].endswith(one))
        assert "".join(before_stop(text, stop)) == text[: ends[0] - found]
    else:
        assert "".join(before_stop(text, stop)) == text


def test_only_what_may_be_a_stop_text_is_held_back() -> None:
    taken = []
    characters = before_stop((taken.append(one) or one for one in "ab-c--"), ["--"])
    assert [(next(characters), len(taken)) for _ in range(4)] == [("a", 1), ("b", 2), ("-", 4), ("c", 4)]
    assert list(characters) == []


def test_a_long_stop_text_takes_time_in_proportion() -> None:
    """A text that is nearly the stop text all the time: with a look at each beginning it took minutes."""
    assert len(list(before_stop("a" * 20_000, ["a" * 10_000 + "b"]))) == 20_000


def test_every_text_of_two_letters_ends_before_the_first_stop() -> None:
    for length in range(7):
        for text in map("".join, product("ab", repeat=length)):
            for stop in ("a", "ab", "aab", "abab", "aabaa"):
                assert "".join(before_stop(text, [stop])) == text.partition(stop)[0]
