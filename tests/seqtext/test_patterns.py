"""Patterns that people give: what is refused, what is searched for, and how long that may take."""

import re
from time import process_time

import pytest

from seqtext.errors import ConfigError
from seqtext.patterns import check_pattern, compiled

GOOD = [
    "", r"blk_\S+", r"req=(\w+)", r"(?:\d{1,3}\.){3}\d{1,3}", r"^\d{4}-\d\d", r"[)*+(]+x", r"(?i)id (\S+?);",
    r"a\(b+\)+",
    r"(?:ab)+", r"(INFO|WARN) x", r"(?P<id>[0-9a-f-]{36})", r"x(y)?z", r"[]+*]+",
]  # fmt: skip


@pytest.mark.parametrize("pattern", GOOD)
def test_usual_patterns_are_accepted(pattern) -> None:
    check_pattern("group", pattern, "x")


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(", "not a regular expression"),
        ("[a", "not a regular expression"),
        ("*", "not a regular expression"),
        (r"\d*", "matches an empty text"),
        ("a|", "matches an empty text"),
        ("x" * 501, "at most 500 characters"),
        ("a\nb", "in one line"),
    ],
)
def test_what_cannot_be_searched_for_is_refused(pattern, told) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        check_pattern("group", pattern, r"blk_\S+")
    assert "group=" in caught.value.hint


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*b", "(a|aa)+$", "((a+))+b", "(a?a)*b", "x(?:a*){9,}b", "(?:[a-z]+)*!", "((?:a+)b?)+$"]
)
def test_patterns_that_may_take_ages_are_refused(pattern) -> None:
    with pytest.raises(ConfigError, match="may take ages"):
        check_pattern("record_start", pattern, "x")


@pytest.mark.parametrize("pattern", [one for one in GOOD if one])
def test_accepted_patterns_are_quick(pattern) -> None:
    begun = process_time()
    for text in ("a" * 5_000, "1." * 2_500, "blk_" * 1_000, "req=" + " " * 3_000, ")" * 4_000):
        re.search(compiled(pattern), text + "!")
    assert process_time() - begun < 1
