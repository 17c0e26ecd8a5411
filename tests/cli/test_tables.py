"""`--file` with a table: rows with their answers, by every answering command, and what is said of them."""

import json
import sys

import pytest

from seqtext.cli import tables
from seqtext.integrations import table_output
from seqtext.integrations.columns import COLUMNS
from seqtext.integrations.table_job import TableProgress
from seqtext.tasks import TASKS

COMMANDS = [command for task in TASKS.values() for command in task.commands]
ENGLISH = ["The children went to the school.", "", "She lives in a small house by the sea."]


@pytest.fixture
def reviews(tmp_path, monkeypatch):
    """A folder with a table, in which the command is typed."""
    monkeypatch.chdir(tmp_path)
    rows = [json.dumps({"id": k, "body": text}) for k, text in enumerate(ENGLISH)]
    (tmp_path / "reviews.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "anomaly"])
def test_every_command_answers_rows(command, reviews, seqtext) -> None:
    if command == "fill":
        text = (reviews / "reviews.jsonl").read_text().replace("school", "___").replace("small", "___")
        (reviews / "reviews.jsonl").write_text(text)
    options = {"generate": ["--length", "10", "--seed", "1"], "summarize": ["--extract"]}.get(command, [])
    result = seqtext(command, "--file", "reviews.jsonl", "--columns", "text=body", *options)
    assert result.status == 0, result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["id"] for row in rows] == [0, 1, 2]
    added = COLUMNS[command].added
    assert all(list(row) == ["id", "body", *added] for row in rows)
    assert [row[next(iter(added))] is None for row in rows] == [False, not COLUMNS[command].blank, False]


def test_the_table_of_the_contract(reviews, seqtext) -> None:
    (reviews / "reviews.csv").write_text("id,text\n7,Où est la gare ?\n", encoding="utf-8")
    result = seqtext("classify", "--file", "reviews.csv", "--output", "answers.csv")
    assert (result.status, result.stdout) == (0, "")
    assert result.stderr.splitlines()[1] == "Written   1 rows to answers.csv"
    header, row = (reviews / "answers.csv").read_text(encoding="utf-8").splitlines()
    assert header == "id,text,label,probability,unusual"
    assert row.startswith("7,Où est la gare ?,French,0.9")
    result = seqtext("classify", "--file", "-", "--columns", "text=text", stdin=(reviews / "reviews.csv").read_bytes())
    assert json.loads(result.stdout)["label"] == "French"


def test_a_text_file_is_read_line_by_line(reviews, seqtext) -> None:
    (reviews / "a.txt").write_text("This is a text.\nWhere is the station?\n")
    assert seqtext("classify", "--file", "a.txt").stdout == "English\nEnglish\n"
    for option in (["--output", "b.txt"], ["--resume"]):
        result = seqtext("classify", "--file", "a.txt", *option)
        assert result.status == 2
        assert result.error[0].startswith(f"{option[0]} was given, which is for a table")
    result = seqtext("classify", "--file", "a.txt", "--columns", "text=1", "--encoding", "utf-8")
    assert [json.loads(line)["label"] for line in result.stdout.splitlines()] == ["English"] * 2
    assert seqtext("classify", "Hello", "--columns", "text=a").status == 2
    (reviews / "b.txt").write_bytes("Où est la gare ?\n".encode("utf-16"))
    assert seqtext("classify", "--file", "b.txt").stderr == "b.txt: the text is UTF-16, by its byte order mark.\n"


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        (["classify", "--explain"], "--explain"),
        (["generate", "--count", "2"], "--count"),
        (["translate", "--alignment", "--json"], "--alignment"),
        (["summarize", "--whole"], "--whole"),
    ],
)
def test_what_a_table_has_no_room_for_is_refused(arguments, flag, reviews, seqtext) -> None:
    result = seqtext(*arguments, "--file", "reviews.jsonl", "--columns", "text=body")
    assert result.status == 2
    assert result.error[0] == f"{flag} was given with a table, which has no room for it."


def test_refusals(reviews, seqtext) -> None:
    result = seqtext("classify", "--file", "reviews.jsonl")
    assert result.error == (
        "reviews.jsonl: there is no column 'text'; the columns are 'id', 'body'.", "--columns text=body",
    )  # fmt: skip
    (reviews / "out.jsonl").write_text("kept")
    result = seqtext("classify", "--file", "reviews.jsonl", "--columns", "text=body", "--output", "out.jsonl")
    assert result.status == 1
    assert "--output out-2.jsonl" in result.error[1]
    assert "--resume" in result.error[1]
    assert (reviews / "out.jsonl").read_text() == "kept"
    assert seqtext("classify", "--file", "reviews.jsonl", "--columns", "text=body", "--resume").status == 2
    result = seqtext("classify", "--file", "reviews.jsonl", "--columns", "txt=body")
    assert result.error[0] == "--columns names the field 'txt'; accepted here: text and id."


def test_faults_are_counted_and_shown(reviews, seqtext) -> None:
    lines = [json.dumps({"body": None, "id": k}) for k in range(7)]
    (reviews / "reviews.jsonl").write_text("\n".join([*lines, '{"body": "Good morning", "id": 7}']))
    arguments = ["classify", "--file", "reviews.jsonl", "--columns", "text=body,id=id"]
    assert seqtext(*arguments).error[1] == "--on-error skip, or --on-error null"
    result = seqtext(*arguments, "--on-error", "skip")
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr.splitlines()[0] == "At fault  7 of 8 rows, left out:"
    assert result.stderr.splitlines()[1].startswith("          reviews.jsonl, line 1 (id 0): expected a string")
    assert result.stderr.splitlines()[-1] == "          and 2 more"
    result = seqtext(*arguments, "--on-error", "null", "--output", "out.jsonl")
    assert "At fault  7 of 8 rows, without values:" in result.stderr
    assert len((reviews / "out.jsonl").read_text().splitlines()) == 8


def test_an_interruption_says_how_to_go_on(reviews, seqtext, monkeypatch) -> None:
    (reviews / "reviews.jsonl").write_text('{"body": "Good morning"}\n' * 5000)
    arguments = ["classify", "--file", "reviews.jsonl", "--columns", "text=body", "--output", "out.jsonl"]
    monkeypatch.setattr(table_output, "TEXT_SECONDS", 0)
    monkeypatch.setattr(sys, "argv", ["seqtext", *arguments])
    with monkeypatch.context() as patch:
        patch.setattr(tables.RowsShown, "_show_bar", _interrupt)
        patch.setattr(sys.stderr.__class__, "isatty", lambda self: True, raising=False)
        result = seqtext(*arguments)
    assert result.status == 130
    assert result.stderr.splitlines()[-2:] == [
        "Interrupted after some 1,024 rows; go on with",
        "  seqtext classify --file reviews.jsonl --columns text=body --output out.jsonl --resume",
    ]
    assert seqtext(*arguments).error[1] == "--resume to go on with it, or --output out-2.jsonl"
    other = seqtext(*arguments, "--resume", "--top", "1")
    assert other.error[0] == "out.jsonl.progress: the option top differs. It was 3; it is 1."
    result = seqtext(*arguments, "--resume")
    assert result.status == 0
    assert "Answered  5,000 rows, 1,024 of them before (" in result.stderr
    assert len((reviews / "out.jsonl").read_text().splitlines()) == 5000


def _interrupt(self, progress) -> None:
    raise KeyboardInterrupt


def test_progress_is_a_line_now_and_then(reviews, seqtext, monkeypatch) -> None:
    monkeypatch.setattr(tables, "LINE_SECONDS", 0)
    arguments = ["classify", "--file", "reviews.jsonl", "--columns", "text=body", "--output", "out.jsonl"]
    first, *_ = seqtext(*arguments).stderr.splitlines()
    assert first.startswith("3 rows, ")
    assert first.endswith(" rows/s, 0 s left")


def test_progress_is_a_bar_on_a_terminal(capsys, monkeypatch) -> None:
    monkeypatch.setattr(sys.stderr.__class__, "isatty", lambda self: True, raising=False)
    shown = tables.RowsShown(to_file=True)
    shown.show(TableProgress(250, 1000, 50.0, 15.0))
    shown.show(TableProgress(500, 1000, 50.0, 10.0))
    shown.write("a note")
    shown.close()
    bar = capsys.readouterr().err
    assert "25%" in bar
    assert "250 of 1,000 rows, 50 rows/s, 15 s left" in bar
    assert "a note\n" in bar
    assert bar.endswith("\r")


def test_blank_and_unusual_rows_are_counted(reviews, seqtext) -> None:
    rows = ["id,text", "1,Where is the station?", "2,", "3,8 8271 2", "4,Où est la gare ?"]
    (reviews / "a.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    result = seqtext("classify", "--file", "a.csv", "--output", "b.csv")
    told = result.stderr.splitlines()[0]
    assert told.startswith("Answered  4 rows, 1 without a text, 1 unlike the texts learnt from (")
