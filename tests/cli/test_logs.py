"""`seqtext anomaly --accept` and `--follow`, with real folders and processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seqtext.errors import ModelError
from small_detectors import detector_of

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
ODD, LIKE, NORMAL = "12:00:05 fan 3 stopped", "23:59:59 fan 17 stopped", "12:30:00 all well"


@pytest.fixture
def run(tmp_path) -> Path:
    detector_of("char").save(tmp_path / "run")
    return tmp_path / "run"


def test_false_alarms_are_taught_listed_and_undone(seqtext, run, tmp_path) -> None:
    (tmp_path / "alarms.log").write_text(f"{ODD}\n{LIKE}\n{NORMAL}\n\n")
    result = seqtext("anomaly", "--accept", str(tmp_path / "alarms.log"), "--model", str(run))
    assert (result.status, result.stdout) == (0, "2  <time> fan 0 stopped\n")
    assert result.stderr == (
        "Accepted 2 of 4 lines (1 different when masked); 2 were already normal. They stand in "
        f"{run / 'accepted.json'}; delete a line there to undo it.\n"
    )
    assert "*" not in seqtext("anomaly", LIKE, "--model", str(run)).stdout
    assert "accepted" in seqtext("info", str(run)).stdout
    assert "2 × <time> fan 0 stopped" in seqtext("info", str(run)).stdout
    assert json.loads(seqtext("info", str(run), "--json").stdout)["accepted"][0]["times"] == 2
    assert "fan 0 stopped" in json.loads(seqtext("info", str(run), "--json").stdout)["accepted"][0]["masked"]
    lines = (run / "accepted.json").read_text().split("\n")
    (run / "accepted.json").write_text("\n".join(line for line in lines if "fan" not in line))
    assert "*" in seqtext("anomaly", LIKE, "--model", str(run)).stdout
    assert "fan" not in seqtext("info", str(run)).stdout


def test_json_says_what_was_accepted_of_standard_input(seqtext, run) -> None:
    result = seqtext(
        "anomaly", "--accept", "-", "--model", str(run), "--json", stdin=f"{ODD}\n{NORMAL}\n{ODD}\n".encode()
    )
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"text": ODD, "accepted": True, "masked": "<time> fan 0 stopped"},
        {"text": NORMAL, "accepted": False, "masked": "<time> all well"},
        {"text": ODD, "accepted": True, "masked": "<time> fan 0 stopped"},
    ]
    again = seqtext("anomaly", "--accept", "-", "--model", str(run), stdin=f"{ODD}\n".encode())
    assert again.stderr == "Accepted 0 of 1 lines (0 different when masked); 1 was already normal.\n"


def test_nothing_is_written_where_no_line_is_an_alarm(seqtext, run) -> None:
    seqtext("anomaly", "--accept", "-", "--model", str(run), stdin=f"{NORMAL}\n".encode())
    assert not (run / "accepted.json").exists()


def test_what_the_command_shows_is_not_accepted(seqtext, run) -> None:
    shown = seqtext("anomaly", ODD, "--model", str(run)).stdout
    result = seqtext("anomaly", "--accept", "-", "--model", str(run), stdin=shown.encode())
    assert result.status == 2
    assert result.error[0].startswith("standard input, line 1 is what seqtext anomaly shows of a line")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--accept", "a.log", "--model", "fill-en"), "fill-en comes with seqtext; only a model folder"),
        (("--accept", "a.log", "--model", "ann/log"), "ann/log is not a model folder here; only one of your own"),
        (("--accept", "a.log", "--follow", "--model", "m"), "--accept was given with --follow"),
        (("--accept", "a.log", "--file", "b.log", "--model", "m"), "--accept was given with --file"),
        (("--accept", "a.log", "text", "--model", "m"), "--accept was given with a TEXT"),
        (("--follow", "text", "--model", "m"), "--follow was given without a --file"),
        (("--follow", "--file", "a.csv", "--model", "m"), "--follow was given with a.csv; a log of plain text"),
        (("--follow", "--file", "a.log.gz", "--model", "m"), "--follow was given with a.log.gz"),
        (("--follow", "--file", "a.html", "--model", "m"), "--follow was given with a.html"),
        (("--follow", "--file", "a.log", "--encoding", "cp1252", "--model", "m"), "--follow was given with --encoding"),
    ],
)
def test_what_goes_together(seqtext, arguments, message) -> None:
    result = seqtext("anomaly", *arguments)
    assert result.status == 2
    assert result.error[0].startswith(message)


def test_alarms_in_another_encoding_are_accepted(seqtext, run, tmp_path) -> None:
    (tmp_path / "alarms.log").write_bytes(f"{ODD} caf\xe9\n".encode("cp1252"))
    result = seqtext(
        "anomaly", "--accept", str(tmp_path / "alarms.log"), "--encoding", "cp1252", "--model", str(run), "--json"
    )
    assert json.loads(result.stdout)["text"] == f"{ODD} café"


def test_a_folder_that_is_read_only(seqtext, run, monkeypatch) -> None:
    def refuse(*_):
        raise ModelError(f"{run / 'accepted.json'} cannot be written: Read-only file system.", "another folder")

    monkeypatch.setattr("seqtext.models.accepted_lines.write_atomically", refuse)
    result = seqtext("anomaly", "--accept", "-", "--model", str(run), stdin=f"{ODD}\n".encode())
    assert result.status == 1
    assert "cannot be written: Read-only file system" in result.error[0]
    assert result.stdout == ""


def test_standard_input_needs_no_follow(seqtext, run) -> None:
    result = seqtext("anomaly", "--follow", "--file", "-", "--model", str(run), stdin=f"{ODD}\n".encode())
    assert result.status == 0
    assert result.stdout.startswith("     1  *")
    assert result.stderr.startswith("--follow is not needed: standard input is read until it ends.\n1 of 1 lines")


def test_what_was_masked_is_shown(seqtext, run) -> None:
    shown = seqtext("inspect", "tokens", "12:00:01 disk 17 is ready", "--model", str(run)).stdout
    assert shown.endswith("tokens: 22, characters: 22\n")
    assert shown.startswith(
        "masked: <time> disk 0 is ready\n"
        "kind    stand-in  hides\ntime    '<time>'  '12:00:01'\nnumber  '0'       '17'\n\n id"
    )
    told = json.loads(seqtext("inspect", "tokens", "12:00:01 disk 17 is ready", "--model", str(run), "--json").stdout)
    assert told["masked"] == "<time> disk 0 is ready"
    assert told["stand_ins"][1] == {"kind": "number", "text": "17", "start": 14, "end": 16, "stand_in": "0"}
    assert "".join(one["text"] for one in told["tokens"]) == told["masked"]


@contextmanager
def following(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Start a command that follows a log, and kill it at last: where an assertion fails it would never end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_growing_log_is_followed_until_it_is_interrupted(run, tmp_path, number) -> None:
    log = tmp_path / "app.log"
    log.write_text(f"{NORMAL}\n{ODD}\n")
    command = [
        sys.executable,
        "-m",
        "seqtext",
        "anomaly",
        "--follow",
        "--file",
        str(log),
        "--model",
        str(run),
        "--json",
    ]
    with following(command) as process:
        assert process.stdout is not None
        assert [json.loads(process.stdout.readline())["anomalous"] for _ in range(2)] == [False, True]
        os.rename(log, tmp_path / "app.log.1")
        log.write_text(f"{LIKE}\n")
        found = json.loads(process.stdout.readline())
        assert (found["text"], found["file"], found["line"]) == (LIKE, str(log), 1)
        process.send_signal(number)
        rest, told = process.communicate(timeout=60)
    assert (process.returncode, rest) == (128 + number, "")
    assert told.splitlines()[-1] == f"2 of 3 lines of {log} were anomalous."
    assert "Traceback" not in told


@posix
def test_a_reader_who_is_gone_ends_it_quietly(run, tmp_path) -> None:
    log = tmp_path / "app.log"
    log.write_text(f"{ODD}\n")
    command = [sys.executable, "-m", "seqtext", "anomaly", "--follow", "--file", str(log), "--model", str(run)]
    with following(command) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("     1  *")
        process.stdout.close()
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            with log.open("a") as file:
                file.write(f"{ODD}\n")
            time.sleep(0.05)
        assert process.stderr is not None
        assert process.stderr.read() == ""
