"""accepted.json: one line for each accepted line, deleted by hand, read without trusting it."""

import json
from pathlib import Path

import pytest

from seqtext.errors import ModelError
from seqtext.storage import accepted
from seqtext.storage.accepted import Accepted, accepted_text, merged, read_accepted

WHEN = "2031-06-14T10:20:31"
ENTRIES = [
    Accepted("<date> disk 0 is full", 3, WHEN),
    Accepted('say "é\t\u2028"', 1, WHEN),
    Accepted("x", 1 << 30, WHEN),
]
FILE = Path("runs/log/accepted.json")


def test_a_line_each_and_back() -> None:
    text = accepted_text(ENTRIES)
    assert len(text.split("\n")) == len(ENTRIES) + 3
    assert [one["line"] for one in json.loads(text)] == [one.line for one in ENTRIES]
    assert read_accepted(text, FILE) == ENTRIES
    assert read_accepted(accepted_text([]), FILE) == read_accepted("", FILE) == []


@pytest.mark.parametrize("gone", range(len(ENTRIES)))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_line_can_be_deleted(gone, end) -> None:
    lines = accepted_text(ENTRIES).split("\n")
    del lines[1 + gone]
    assert read_accepted(end.join(lines), FILE) == ENTRIES[:gone] + ENTRIES[gone + 1 :]


def test_the_last_of_all_can_be_deleted() -> None:
    assert read_accepted("[\n]\n", FILE) == []


GOOD = {"line": "disk full", "times": 1, "when": WHEN}


@pytest.mark.parametrize(
    "text",
    [
        "{}", "3", "null", "[", "[3]", "[[]]", '[{"line": "a"}', "\x00", "[" * 100_000, "[1,,]", '["a",\n]',
        *(json.dumps([{**GOOD, **change}]) for change in (
            {"line": ""}, {"line": "  "}, {"line": 3}, {"line": "a\nb"}, {"line": "\ud800"}, {"line": "a" * 10_001},
            {"times": 0}, {"times": -1}, {"times": 1.0}, {"times": True}, {"times": 1 << 50}, {"times": "1"},
            {"when": ""}, {"when": "today"}, {"when": 5}, {"when": "2031-06-14"}, {"when": WHEN + "+02:00"},
            {"more": 1},
        )),
        json.dumps([{"line": "a", "when": WHEN}]),
        '[{"line": "a", "times": ' + "9" * 5_000 + ', "when": ""}]',
    ],
)  # fmt: skip
def test_damage_gives_one_error(text) -> None:
    with pytest.raises(ModelError, match=r"accepted\.json.*(expected|not JSON)"):
        read_accepted(text, FILE)


def test_the_entry_at_fault_is_named() -> None:
    with pytest.raises(ModelError, match=r"accepted\.json, entry 2: .* is expected, not 7"):
        read_accepted(json.dumps([GOOD, 7]), FILE)
    with pytest.raises(ModelError, match=r"accepted\.json, line 2: not JSON"):
        read_accepted("[\n{,}\n]", FILE)


def test_a_line_accepted_again_is_counted() -> None:
    later = "2032-01-01T00:00:00"
    assert merged(ENTRIES[:1], [Accepted(ENTRIES[0].line, 2, later)]) == [Accepted(ENTRIES[0].line, 5, later)]


def test_no_more_lines_than_are_kept(monkeypatch) -> None:
    monkeypatch.setattr(accepted, "MOST", 2)
    with pytest.raises(ModelError, match="3 different lines would be accepted; at most 2 are kept"):
        merged(ENTRIES[:2], ENTRIES[2:])
    with pytest.raises(ModelError, match="a list of at most 2 accepted lines is expected"):
        read_accepted(accepted_text(ENTRIES), FILE)
