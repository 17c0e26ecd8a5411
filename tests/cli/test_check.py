"""`seqtext check`: findings as lines or as one JSON object, and the exit status of --strict."""

import json
from pathlib import Path

import pytest

LINES = [
    f"{('good', 'bad')[n % 2]}\tThe film number {n} was {'really ' * (n % 4)}shown in hall {n * 3}." for n in range(40)
]


@pytest.fixture
def clean(tmp_path: Path) -> str:
    path = tmp_path / "clean.tsv"
    path.write_text("\n".join(LINES) + "\n")
    return str(path)


@pytest.fixture
def faulty(tmp_path: Path) -> str:
    path = tmp_path / "faulty.tsv"
    path.write_text("\n".join([*LINES, LINES[0], LINES[1].replace("bad", "good")]) + "\n")
    return str(path)


def test_findings_as_lines_and_the_next_command(seqtext, faulty) -> None:
    result = seqtext("check", faulty)
    lines = result.stdout.splitlines()
    assert (result.status, result.stderr) == (0, "")
    assert lines[0] == "Read      42 examples for classify"
    assert lines[1].startswith("Error     1 text has two labels or more, in 2 rows (4.8 %)")
    assert lines[2] == f"          at {faulty}:2, {faulty}:42"
    assert lines[3].startswith("          Try: decide on one label")
    assert lines[4].startswith("Warning   1 row (2.4 %) repeats an earlier one")
    assert lines[-1] == f"Next      seqtext train classify {faulty} --run runs/faulty --minutes 5"


def test_a_clean_corpus_says_so(seqtext, clean) -> None:
    result = seqtext("check", clean, "--strict")
    assert result.status == 0
    assert "Nothing is wrong with it that can be told without training." in result.stdout


def test_strict_is_a_status_of_its_own(seqtext, faulty) -> None:
    assert seqtext("check", faulty).status == 0
    result = seqtext("check", faulty, "--strict")
    assert (result.status, result.stderr) == (1, "")
    assert result.stdout == seqtext("check", faulty).stdout


def test_one_json_object(seqtext, faulty) -> None:
    result = seqtext("check", faulty, "--json")
    data = json.loads(result.stdout)
    assert (data["task"], data["examples"], data["corpus"]) == ("classify", 42, [faulty])
    assert {"conflicts", "duplicates"} <= {finding["kind"] for finding in data["findings"]}


def test_hints_are_worded_for_the_command_line_and_no_next_command_is_certain_to_stop(seqtext, tmp_path) -> None:
    path, other = tmp_path / "a.tsv", tmp_path / "b.tsv"
    for one in (path, other):
        one.write_bytes(("\n".join(LINES) + "\ngood\tLe café est là\n").encode("cp1252"))
    page = seqtext("check", str(path), str(other)).stdout
    assert f"iconv -f CP1252 -t UTF-8 {path} > {tmp_path}/a.utf8.tsv, if it is from Windows, or --encoding-err" in page
    assert "Next" not in page
    (encoding,) = (
        one for one in json.loads(seqtext("check", str(path), "--json").stdout)["findings"] if one["kind"] == "encoding"
    )
    assert encoding["hint"].endswith("or --encoding-errors replace")


def test_options_reach_the_check(seqtext, monkeypatch, clean) -> None:
    asked = []

    def check(*arguments, **settings):
        asked.append((arguments, settings))
        raise KeyboardInterrupt

    monkeypatch.setattr("seqtext.evaluation.check.check.check", check)
    seqtext(
        "check", clean, "b", "--task", "fill", "--valid", "v", "--columns", "text=2", "--encoding-errors", "replace",
        "--multi-label", "--max-length", "99",
    )  # fmt: skip
    settings = {
        "task": "fill", "valid": ("v",), "columns": {"text": "2"}, "encoding_errors": "replace", "multi_label": True,
        "max_length": 99,
    }  # fmt: skip
    assert asked == [(((clean, "b"),), settings)]


def test_no_corpus_and_a_missing_one(seqtext, tmp_path) -> None:
    assert seqtext("check").status == 2
    result = seqtext("check", str(tmp_path / "none.tsv"))
    assert result.status == 1
    assert "does not exist" in result.error[0]


def test_a_table_whose_columns_are_not_told_names_what_to_type(seqtext, tmp_path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("body,queue\nsome words,one\n")
    result = seqtext("check", str(path))
    told = "which of them hold texts or labels is not clear."
    assert result.error[0] == f"{path} has the columns 'body', 'queue'; {told}"
    assert "--columns text=body,label=queue" in result.error[1]
