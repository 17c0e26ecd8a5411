"""Every command that answers a file: line n answers line n, whatever a line holds."""

import json

import pytest

#: Signs that some programs take for the end of a line, inside of lines; blank ones of three kinds.
LINES = [
    "She drank a cup\r of ___ slowly.",
    "",
    "He\u2028took his ___\u2029home.",
    "  ",
    "One\x85or ___ of them.",
    "\u200b",
    "A\x0cform\x0bfeed ___ and\x1cthe rest.",
]
ANSWERED = [0, 2, 4, 6]
COMMANDS = [
    ["fill"], ["fill", "--option", "tea\nor so", "--option", "coffee\u2028x"], ["next"], ["score"],
    ["generate", "--length", "12", "--seed", "1"], ["classify"], ["translate", "--beam", "1"],
    ["summarize", "--beam", "1"], ["summarize", "--extract"],
]  # fmt: skip


@pytest.mark.parametrize("typed", COMMANDS, ids=" ".join)
def test_line_n_answers_line_n(seqtext, tmp_path, typed) -> None:
    path = tmp_path / "texts.txt"
    path.write_bytes("\n".join([*LINES, ""]).encode())
    result = seqtext(*typed, "--file", str(path))
    assert result.status == 0, result.stderr
    shown = result.stdout.splitlines()
    assert len(shown) == len(LINES)
    if typed != ["score"]:  # which measures what cannot be seen, too
        assert [number for number, line in enumerate(shown) if line] == ANSWERED
    result = seqtext(*typed, "--file", str(path), "--json")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    key = {"generate": "prompt", "translate": "source", "summarize": "source"}.get(typed[0], "text")
    assert [one[key] for one in found] == LINES
