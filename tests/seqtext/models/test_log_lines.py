"""Masked numbers, words, and how far a bag of words is from the normal ones."""

import math
import time

import pytest

from seqtext.errors import ModelError
from seqtext.models.log_lines import Counting, DigitMask, are_sessions, one_line

LINES = [f"GET /item/{k} answered 200 in {7 * k} ms" for k in range(40)] + [
    f"GET /item/{50 + k} answered 404 in {k} ms" for k in (1, 2, 3, 4)
]


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("2031-05-04 08:00:02.517 ok", "0000-00-00 00:00:00.000 ok"),
        ("at 10.0.1.225:8080", "at 00.0.0.000:0000"),
        ("Jun 14 03:04:05 host", "Jan 00 00:00:00 host"),
        ("[Sun Dec 04 04:47:44 2005] ok", "[Mon Jan 00 00:00:00 0000] ok"),
        ("04/Dec/2005", "00/Jan/0000"),
        ("blk_-1608999687919862906", "blk_-0000000000000000000"),
        ("snap-97e67cea", "snap-00000000"),
        ("node R27-M0-N6", "node R00-M0-N0"),
        ("Sunday may come", "Sunday may come"),
        ("deadbeef cafe", "deadbeef cafe"),
        ("größe=12 mü", "größe=00 mü"),
        ("", ""),
    ],
)
def test_numbers_that_never_come_again_are_masked(line, masked) -> None:
    assert DigitMask(())(line) == masked
    assert len(masked) == len(line)


def test_a_usual_number_is_kept() -> None:
    mask = DigitMask({"answered 200", "answered 404"})
    assert mask("GET /item/3 answered 404 in 200 ms") == "GET /item/0 answered 404 in 000 ms"
    assert mask("GET /item/3 answered 503 in 9 ms") == "GET /item/0 answered 000 in 0 ms"


@pytest.mark.parametrize("line", ["a" * 300_000, "1" * 300_000, "1-" * 150_000, "Mon " * 80_000, "1" + "-" * 300_000])
def test_the_time_to_mask_grows_with_the_length_only(line) -> None:
    begun = time.process_time()
    assert len(DigitMask(())(line)) == len(line)
    assert time.process_time() - begun < 5


def test_words() -> None:
    assert DigitMask.words("GET /item/0 answered 200 in 000 ms, a_b") == [
        "GET", "/", "item", "/", "0", "answered", "200", "in", "0", "ms", ",", "a", "_", "b",
    ]  # fmt: skip
    assert one_line(" a\r\nb \n") == " a  b"


def test_sessions_have_few_distinct_words() -> None:
    assert are_sessions(["5 5 22 11 9"] * 10)
    assert not are_sessions(LINES)
    assert not are_sessions(["one line of many words"])


def test_distance_and_rarity_by_hand() -> None:
    counting = Counting.learn([["a", "a", "b"]] * 6 + [["a", "c"]] * 2)
    same = counting.measure(["a", "b", "a"])
    assert same.distance == 0
    assert same.rarity == pytest.approx(-math.log2(6.5 / 9))
    near = counting.measure(["a", "b"])  # |2-1| of 5 words together
    assert near.distance == pytest.approx(1 / 5)
    assert near.rarity == pytest.approx(-math.log2(0.5 / 9))
    assert counting.measure(["a", "c", "new"]).distance == pytest.approx(1 / 5)
    assert counting.measure(["new"]).distance == 1
    assert counting.measure([]).distance == 1


def test_only_so_many_bags_are_kept(monkeypatch) -> None:
    monkeypatch.setattr("seqtext.models.log_lines._MOST_BAGS", 2)
    monkeypatch.setattr("seqtext.models.log_lines._WAITING", 8)
    counting = Counting.learn([["often"]] * 5 + [["twice"]] * 2 + [[f"rare{k}"] for k in range(30)])
    assert len(counting.bags) == 2
    assert counting.lines == 37
    assert counting.measure(["often"]).distance == 0


def test_plain_data_and_back() -> None:
    counting = Counting.learn([["a", "a", "b"], ["c"]])
    again = Counting.from_dict(counting.to_dict())
    assert again.to_dict() == counting.to_dict()
    assert again.measure(["a", "c"]) == counting.measure(["a", "c"])


@pytest.mark.parametrize(
    "change",
    [
        {"words": None}, {"words": ["a", "a"]}, {"words": ["a", 3]}, {"words": []},
        {"lines": 0}, {"lines": 1.5}, {"lines": True}, {"bags": {}}, {"bags": [3]}, {"bags": [[[0], [1]]]},
        {"bags": [[[0, 1], [1], 1]]}, {"bags": [[[2], [1], 1]]}, {"bags": [[[-1], [1], 1]]}, {"bags": [[[0], [0], 1]]},
        {"bags": [[[0, 0], [1, 1], 1]]}, {"bags": [[[0], [1], -5]]}, {"bags": [[["0"], [1], 1]]},
        {"bags": [[[[]], [1], 1]]}, {"bags": [[[], [], 1]]},
    ],
)  # fmt: skip
def test_damaged_counts_are_refused(change) -> None:
    good = {"words": ["a", "b"], "bags": [[[0, 1], [2, 1], 3]], "lines": 3}
    Counting.from_dict(good)
    with pytest.raises(ModelError, match="counts of normal lines"):
        Counting.from_dict({**good, **change})
