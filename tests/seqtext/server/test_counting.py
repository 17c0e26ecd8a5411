"""Counting over the lines given alone."""

import math

import pytest

from seqtext.errors import ConfigError
from seqtext.server.counting import answers, check_lines
from seqtext.server.faults import Fault

USUAL = [f"2031-05-04 08:44:{second:02}.{second * 7 % 1000:03} INFO http: GET /items answered 200 in {second} ms"
         for second in range(40)]  # fmt: skip
ODD = "2031-05-04 08:45:01.007 FATAL disk: volume vanished, journal lost"


def test_the_odd_line_is_found_and_pointed_at() -> None:
    found = answers([*USUAL[:20], ODD, *USUAL[20:]])
    assert [number for number, one in enumerate(found) if one["anomalous"]] == [20]
    words = {ODD[span["start"] : span["end"]] for span in found[20]["spans"]}
    assert words >= {"FATAL", "disk", "volume", "vanished", "journal", "lost"}
    assert not words & {"2031", "08", "45"}
    assert {one["by"] for one in found} == {"counting"}
    assert [one["text"] for one in found][20] == ODD


def test_bits_are_those_of_the_share_of_other_lines() -> None:
    found = answers(["a b", "a c", "a c", "a c"])
    (span,) = found[0]["spans"]
    assert (span["start"], span["end"]) == (2, 3)
    assert span["bits"] == pytest.approx(-math.log2(0.5 / 4))
    assert found[0]["score"] == pytest.approx((-math.log2(0.5 / 4) - math.log2(3.5 / 4)) / 2)


def test_lines_that_are_alike_are_all_usual() -> None:
    assert not any(one["anomalous"] or one["spans"] for one in answers(USUAL))


def test_two_lines_and_empty_lines_are_answered() -> None:
    assert [one["anomalous"] for one in answers(["a", "b"])] == [False, False]
    assert answers(["", ""])[0] == {"text": "", "score": 0.0, "anomalous": False, "spans": [], "by": "counting"}


def test_a_threshold_takes_the_place_of_the_usual_one() -> None:
    assert all(one["anomalous"] for one in answers(USUAL, threshold=-1))
    with pytest.raises(ConfigError, match="threshold received True"):
        answers(USUAL, threshold=True)


@pytest.mark.parametrize(("lines", "several"), [([ODD], True), ([ODD], False), ([], True)])
def test_one_line_has_nothing_to_compare_with(lines, several) -> None:
    with pytest.raises(Fault, match="a list of two or more"):
        check_lines(lines, several)
