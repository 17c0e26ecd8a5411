"""Durations and sizes of log lines: what they amount to, and which are far beyond the largest of their place."""

import pytest

from seqtext.models.log_amounts import LargestAmounts, amount
from seqtext.models.log_masks import LogMask


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("duration", "35 ms", 0.035), ("duration", "12µs", 12e-6), ("duration", "3ns", 3e-9),
        ("duration", "7 mins", 420),
        ("duration", "1h20m30s", 4830), ("duration", "2 days", 172_800), ("duration", "PT1H5M", 3900),
        ("duration", "1.5 seconds", 1.5), ("duration", "0,123 s", 0.123), ("duration", "1,234,567 s", 1_234_567),
        ("duration", "1.234,5 s", 1234.5), ("duration", "5d", 432_000),
        ("size", "12 kB", 12_000), ("size", "1.5GiB", 1.5e9), ("size", "512 bytes", 512), ("size", "3M", 3e6),
        ("size", "9B", 9), ("size", "5 MB/s", 5e6),
    ],
)  # fmt: skip
def test_amounts(kind, text, expected) -> None:
    assert amount(kind, text) == pytest.approx(expected)


def test_places_seen_seldom_have_no_largest() -> None:
    found = LargestAmounts()
    for number in range(25):
        found.add("often ", number)
    for number in range(19):
        found.add("seldom ", number)
    assert found.places() == {"often ": 24}


def test_an_amount_far_beyond_its_place_is_told_from_others() -> None:
    lines = [f"GET /{k} in {k} ms, sent {k} kB, waited {k % 3} s" for k in range(1, 41)]
    mask = LogMask.learn(lines)
    usual = "GET /0 in <duration>, sent <size>, waited <duration>"
    assert mask("GET /7 in 399 ms, sent 399 kB, waited 19 s") == usual
    assert mask("GET /7 in 711796 ms, sent 0.1 kB, waited 0 s") == usual.replace("in <duration>", "in <huge>")
    assert mask("GET /7 in 12 min, sent 3 GB, waited 1h") == "GET /0 in <huge>, sent <huge>, waited <huge>"
    assert mask("PUT /7 after 12 days") == "PUT /0 after <duration>"  # where nothing is known of amounts
    assert LogMask.from_facts(mask.facts)("GET /7 in 12 min") == "GET /0 in <huge>"
    assert LogMask.words("in <huge>, sent") == ["in", "<huge>", ",", "sent"]


def test_ids_have_no_size() -> None:
    mask = LogMask.learn(f"order {k} of node{k} took {k} ms" for k in range(1, 41))
    assert mask("order 123456789012 of node99999999 took 3 ms") == mask("order 7 of node8 took 5 ms")
