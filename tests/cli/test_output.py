"""Tables, numbers and JSON lines."""

import doctest
import json
import math

import numpy as np
import pytest

from seqtext.cli import output


def test_the_examples_in_the_docstrings() -> None:
    failed, tried = doctest.testmod(output)
    assert tried >= 4
    assert failed == 0


def test_a_table_aligns_wide_and_combining_characters() -> None:
    wide, combined = "狐狸", "e\u0301te\u0301"
    lines = output.table([[wide, "a"], [combined, "b"], ["word", "c"]]).splitlines()
    assert lines == [f"{wide}  a", f"{combined}   b", "word  c"]


def test_an_empty_table_is_empty() -> None:
    assert output.table([]) == ""


def test_a_table_has_no_space_at_its_right() -> None:
    assert output.table([["long name", "x"], ["y", ""]]) == "long name  x\ny"


def test_json_takes_numpy_numbers_and_refuses_nothing(capsys) -> None:
    output.say_json({"a": np.float32(0.5), "b": (np.int64(3), None), "c": math.nan, "d": {"e": math.inf}, "f": True})
    line = capsys.readouterr().out
    assert json.loads(line) == {"a": 0.5, "b": [3, None], "c": None, "d": {"e": None}, "f": True}
    assert line.count("\n") == 1


def test_json_has_escapes_for_what_a_terminal_would_obey(capsys) -> None:
    text = "\x1b \x7f \x9b \u202e \ud800 ž \\\x9b"
    output.say_json({text: text})
    line = capsys.readouterr().out
    assert json.loads(line) == {text: text}
    assert line.startswith(r'{"\u001b \u007f \u009b \u202e \ud800 ž \\\u009b": ')


def test_a_table_counts_what_is_shown() -> None:
    assert output.table([["a\x1b\n", "b"], ["word", "c\t"]]) == "a\\x1b\\n  b\nword     c\\t"


def test_a_note_has_no_control_characters(capsys) -> None:
    output.note("a\x1b\rb\nc\td")
    assert capsys.readouterr().err == "a\\x1b\\rb\nc\\td\n"


def test_json_keeps_a_text_on_one_line(capsys) -> None:
    output.say_json({"text": "one\ntwo\u2028three ž"})
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out)["text"] == "one\ntwo\u2028three ž"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), (math.nan, "-"), (0, "0"), (12345, "12,345"), (12345.6, "12,346"), (1e-9, "1e-09"), (True, "True")],
)
def test_numbers(value, shown) -> None:
    assert output.number(value) == shown


def test_sizes_up_to_huge_ones() -> None:
    assert [output.size(10.0**power) for power in (0, 3, 9, 13)] == ["1 B", "1.0 kB", "1.0 GB", "10000.0 GB"]


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0 s"), (59.4, "59 s"), (59.6, "1:00"), (3599.9, "1:00:00")])
def test_times(seconds, shown) -> None:
    assert output.clock(seconds) == shown


def test_scores_stand_beside_the_baseline() -> None:
    metrics = {"top1": 0.25, "examples": 1200, "baseline": {"top1": 0.125, "name": "bigram"}}
    assert output.scores(metrics).splitlines() == [
        "          model  baseline",
        "top1       0.25     0.125",
        "examples  1,200         -",
        "name          -    bigram",
    ]


def test_scores_without_a_baseline() -> None:
    assert output.scores({"top1": 0.25}).splitlines()[1].split() == ["top1", "0.25", "-"]


def test_a_sheet_takes_any_value_for_a_size() -> None:
    assert output.sheet({"bytes": "many", "a.b": None, "c.d": [1, "e"]}).split() == [
        "bytes", "many", "a.b", "-", "c.d", "1", "B,", "e",
    ]  # fmt: skip


def test_a_sheet_indents_what_is_inside() -> None:
    facts = {"name": "a", "bytes": 2500, "files": {"config.json": 100}, "scores": {"top1": 0.5}, "data": ["x", "y"]}
    assert output.sheet({**facts, "licence": None}).splitlines() == [
        "name           a",
        "bytes          2.5 kB",
        "files",
        "  config.json  100 B",
        "scores",
        "  top1         0.5",
        "data           x, y",
        "licence        -",
    ]
