"""Sessions and records: which lines belong together, in what order, within what bounds."""

import pytest

from seqtext.data import sessions
from seqtext.data.lines import Report
from seqtext.data.sessions import INDENT, Grouping, by_id, in_a_row


def records(text: str, start: str) -> list[tuple[int, str]]:
    return [(one.place, one.text) for one in Grouping(record_start=start).records(enumerate(text.split("\n"), 1))]


JAVA = """\
10:00 ERROR could not save
java.lang.IllegalStateException: no room
\tat shop.Store.save(Store.java:10)
\tat shop.Main.main(Main.java:3)
Caused by: java.io.IOException: disk full
\tat shop.Disk.write(Disk.java:7)
\t... 12 more
10:01 INFO saved"""
PYTHON = """\
10:00 ERROR in request
Traceback (most recent call last):
  File "app.py", line 3, in run
    go()
ValueError: no such order
10:01 INFO next"""


@pytest.mark.parametrize("text", [JAVA, PYTHON])
def test_a_stack_trace_belongs_to_its_line(text) -> None:
    *trace, last = text.split("\n")
    assert records(text, INDENT) == [(1, "\n".join(trace)), (len(trace) + 1, last)]
    assert records(text, "^[0-9]{2}:") == records(text, INDENT)


def test_without_a_start_each_line_is_a_record() -> None:
    assert [one[1] for one in records(JAVA, "")] == JAVA.split("\n")


def test_lines_before_the_first_start_are_kept() -> None:
    assert records("tail of before\n> a\nb\n> c", "^>") == [(1, "tail of before"), (2, "> a\nb"), (4, "> c")]
    assert records("  indented\nfirst", INDENT) == [(1, "  indented"), (2, "first")]


def test_two_tracebacks_in_a_row_are_two() -> None:
    found = records(f"{PYTHON}\n{PYTHON}", INDENT)
    assert [place for place, _ in found] == [1, 6, 7, 12]


def test_a_record_without_end_is_cut(monkeypatch) -> None:
    monkeypatch.setattr(sessions, "_RECORD_LINES", 3)
    assert records("> a\n1\n2\n3\n4", "^>") == [(1, "> a\n1\n2"), (4, "3\n4")]


def ids(pattern: str, text: str) -> tuple[list[str], str]:
    return Grouping(pattern).ids(text)


def test_ids_are_found_and_hidden() -> None:
    assert ids(r"blk_\S+", "read blk_-7 twice") == (["blk_-7"], "read <id> twice")
    assert ids(r"blk_\S+", "nothing here") == ([], "nothing here")


def test_a_group_in_the_pattern_is_the_id() -> None:
    assert ids(r"req=(\w+)", "req=ab12 done") == (["ab12"], "req=<id> done")
    assert ids(r"(?:req=(\w+)|job (\d+))", "job 7, req=x") == (["7", "x"], "job <id>, req=<id>")


def test_a_line_of_several_ids_is_the_same_for_any_number() -> None:
    assert ids(r"blk_\d+", "delete blk_1 blk_2 blk_1") == (["blk_1", "blk_2"], "delete <id>")
    assert ids(r"blk_\d+", "delete blk_1 blk_2 blk_3 now")[1] == "delete <id> now"


def grouped(lines: list[tuple[int, list[str], str]]) -> tuple[list[tuple[str, list[int], str]], Report]:
    report = Report()
    return [(one.id, one.places, "".join(one.words)) for one in by_id(lines, report)], report


def test_interleaved_lines_are_sorted_into_their_sessions() -> None:
    found, report = grouped([(1, ["x"], "a"), (2, ["y"], "b"), (3, [], "c"), (4, ["x", "y"], "d"), (5, ["x"], "e")])
    assert sorted(found) == [("x", [1, 4, 5], "ade"), ("y", [2, 4], "bd")]
    assert list(report.skipped.values()) == [1]
    assert not report.notes


def test_too_many_open_sessions_close_the_one_that_waited_longest(monkeypatch) -> None:
    monkeypatch.setattr(sessions, "_OPEN", 2)
    found, report = grouped([(1, ["x"], "a"), (2, ["y"], "b"), (3, ["x"], "c"), (4, ["z"], "d"), (5, ["y"], "e")])
    assert found[0] == ("y", [2], "b")
    assert found[1] == ("x", [1, 3], "ac")
    assert sorted(found[2:]) == [("y", [5], "e"), ("z", [4], "d")]
    assert "2 sessions were closed before the end" in next(iter(report.notes))


def test_too_many_open_lines_close_sessions(monkeypatch) -> None:
    monkeypatch.setattr(sessions, "_WAITING", 3)
    found, _ = grouped([(1, ["x"], "a"), (2, ["y"], "b"), (3, ["y"], "c"), (4, ["y"], "d")])
    assert found == [("x", [1], "a"), ("y", [2, 3, 4], "bcd")]


def test_a_long_session_comes_in_parts(monkeypatch) -> None:
    monkeypatch.setattr(sessions, "_LINES", 2)
    found, report = grouped([(number, ["x"], "a") for number in range(5)])
    assert [places for _, places, _ in found] == [[0, 1], [2, 3], [4]]
    assert "2 parts" in next(iter(report.notes))


@pytest.mark.parametrize(
    ("count", "expected"),
    [(6, ["012", "345"]), (7, ["012", "345", "456"]), (8, ["012", "345", "567"]), (3, ["012"]), (2, ["01"]), (0, [])],
)
def test_lines_in_a_row(count, expected) -> None:
    report = Report()
    found = list(in_a_row(((number, str(number)) for number in range(count)), 3, report))
    assert ["".join(one.words) for one in found] == expected
    assert ["".join(map(str, one.places)) for one in found] == expected
    assert bool(report.notes) == (count == 2)
