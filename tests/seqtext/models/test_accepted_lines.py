"""Accepted false alarms: which lines are excused, kept in the folder whatever happens, by one process or several."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace

import pytest

import seqtext
from builders import fail_at
from seqtext.data.sessions import Grouping
from seqtext.errors import InputError, ModelError
from seqtext.models.accepted_lines import AcceptedLines, add_to_folder
from seqtext.storage.accepted import Accepted, accepted_text, read_accepted
from seqtext.storage.catalog import push
from seqtext.storage.model_folder import copy_folder, describe, fingerprint
from small_detectors import detector_of

WHEN = "2031-06-14T10:20:31"
ODD = "12:00:05 fan 3 stopped"


def entries(*lines: str) -> list[Accepted]:
    return [Accepted(line, 1, WHEN) for line in lines]


@pytest.fixture
def folder(tmp_path) -> Path:
    detector_of("char").save(tmp_path / "run")
    return tmp_path / "run"


def test_which_fields_a_line_does_not_share() -> None:
    lines = AcceptedLines(entries("disk 0 of alice is full", "disk 0 of bob is full"))
    assert lines.unlike("disk 0 of bob is full") == []
    assert lines.unlike("disk 0 of carol is full") == [3]
    assert lines.unlike("disk 0 of carol was empty") is None
    assert lines.unlike("disk 0 of alice is") is None
    assert AcceptedLines().unlike("disk") is None


def test_where_accepted_lines_differ_anything_may_stand() -> None:
    lines = AcceptedLines(entries(*(f"disk 0 of {name} is full" for name in ("alice", "bob", "carol", "dave"))))
    assert lines.unlike("disk 0 of erin is full") == []
    assert lines.unlike("disk 0 of erin is gone") == [5]
    usual = [Accepted(one.line, 50, WHEN) for one in lines.entries]  # the same few again and again
    assert AcceptedLines(usual).unlike("disk 0 of erin is full") == [3]


def test_where_accepted_lines_have_ids_of_several_kinds_any_may_stand() -> None:
    lines = AcceptedLines(entries("lease of <ip>, renewed by pump", "lease of <uuid>, renewed by pump"))
    assert lines.unlike("lease of <mac>, renewed by pump") == lines.unlike("lease of 0, renewed by pump") == []
    assert lines.unlike("lease of bob, renewed by pump") == [2]
    one_kind = AcceptedLines(entries("lease of <ip>, renewed by pump"))
    assert one_kind.unlike("lease of 0, renewed by pump") == [2]


def test_many_accepted_lines_are_found_fast() -> None:
    lines = AcceptedLines(entries(*(" ".join(f"{chr(97 + k % 26)}{k * j}" for k in range(12)) for j in range(4_000))))
    begun = time.process_time()
    assert lines.unlike("nothing like any of them is here at all or so it seems") is None
    assert time.process_time() - begun < 2


def test_an_accepted_line_and_its_like_are_no_alarms() -> None:
    detector = detector_of("char")
    assert detector.detect(ODD).anomalous
    taught = detector.accept([ODD, "12:30:00 all well"])
    assert [(one.accepted, one.masked) for one in taught] == [
        (True, "<time> fan 0 stopped"), (False, "<time> all well")
    ]  # fmt: skip
    assert [(one.line, one.times) for one in detector.accepted] == [("<time> fan 0 stopped", 1)]
    for line in (ODD, "23:59:59 fan 17 stopped"):
        found = detector.detect(line)
        assert (found.score, found.anomalous, found.spans) == (0.0, False, [])
    assert detector.detect("12:00:05 fan 3 exploded and stopped").anomalous
    assert not detector.accept([ODD])[0].accepted  # it is normal already
    assert detector.accepted[0].times == 1


def test_what_a_line_does_not_share_still_speaks_against_it() -> None:
    detector = detector_of("char")
    detector.accept(["12:00:05 fan 3 of the left rack stopped"])
    found = detector.detect("12:00:05 fan 3 of the QQQQ rack stopped")
    assert found.anomalous
    assert [found.text[start:end] for start, end, _ in found.spans] == ["QQQQ"]


def test_sessions_are_accepted_too() -> None:
    detector = detector_of("word")
    line = "open explode close"
    assert detector.detect(line).anomalous
    detector.accept([line])
    assert not detector.detect(line).anomalous
    before = detector_of("word").detect("open explode open")
    assert detector.detect("open explode open") == before  # another session, whatever it shares


def test_a_session_with_a_line_of_a_new_kind_is_refused(monkeypatch) -> None:
    detector = detector_of("word")
    monkeypatch.setattr(detector, "templates", SimpleNamespace(places=lambda text: []))
    monkeypatch.setattr(detector, "grouping", Grouping(group=r"blk_\d+"))
    monkeypatch.setattr(detector, "read", lambda text: text)
    detector.accept(["open explode close"])
    with pytest.raises(InputError, match="session 1 has a line of a kind that no normal one had") as found:
        detector.accept(["open unseen close"])
    assert r"alarms.log --run runs/new --group 'blk_\d+', so" in found.value.typed()[1]


def test_a_line_too_long_to_be_kept() -> None:
    with pytest.raises(InputError, match="line 2 has 20,000 characters; at most 10,000 can be accepted"):
        detector_of("char").accept(["12:30:00 all well", "qz" * 10_000])


def test_saving_keeps_what_was_accepted_and_deleting_a_line_undoes_it(folder) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    detector = seqtext.load(folder)
    plain = fingerprint(folder)
    detector.accept([ODD, "12:00:05 pump 3 stopped"])
    detector.save_accepted()
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "accepted.json"} == before
    assert fingerprint(folder) != plain
    assert [one["masked"] for one in describe(folder)["accepted"]] == ["<time> fan 0 stopped", "<time> pump 0 stopped"]
    assert not seqtext.load(folder).detect(ODD).anomalous
    lines = (folder / "accepted.json").read_text().split("\n")
    (folder / "accepted.json").write_text("\n".join(line for line in lines if "pump" not in line))
    again = seqtext.load(folder)
    assert not again.detect(ODD).anomalous
    assert again.detect("12:00:05 pump 3 stopped").anomalous


def test_copies_keep_what_was_accepted(folder, tmp_path) -> None:
    add_to_folder(folder, entries("<time> fan 0 stopped"))
    shutil.copytree(folder, tmp_path / "copied")
    (tmp_path / "packed").mkdir()
    copy_folder(folder, tmp_path / "packed")
    seqtext.load(folder).save(tmp_path / "saved")
    for name in ("copied", "packed", "saved"):
        assert not seqtext.load(tmp_path / name).detect(ODD).anomalous
    detector_of("char").save(tmp_path / "saved")  # another model takes its place, of which nothing was accepted
    assert not (tmp_path / "saved" / "accepted.json").exists()


def test_a_pushed_model_has_what_was_accepted(folder, monkeypatch) -> None:
    add_to_folder(folder, entries("<time> fan 0 stopped"))
    pushed = []

    def upload(copy, repository, files, **_):
        pushed.extend(name for name in files if (Path(copy) / name).exists())
        return ""

    monkeypatch.setattr("seqtext.storage.catalog.upload", upload)
    push(folder, "ann/log")
    assert "accepted.json" in pushed


def test_a_damaged_file_is_one_error(folder) -> None:
    (folder / "accepted.json").write_text("[{}]")
    for attempt in (seqtext.load, describe, lambda path: add_to_folder(path, entries("x"))):
        with pytest.raises(ModelError, match=r"accepted\.json, entry 1"):
            attempt(folder)
    (folder / "accepted.json").write_bytes(b" " * ((1 << 24) + 1))
    with pytest.raises(ModelError, match=r"accepted\.json has 16,777,217 bytes"):
        seqtext.load(folder)


def test_a_folder_that_cannot_be_written_to(folder, monkeypatch) -> None:
    monkeypatch.setattr(os, "replace", fail_at(1, errno.EROFS, os.replace))
    with pytest.raises(ModelError, match=r"accepted\.json cannot be written: Read-only file system"):
        add_to_folder(folder, entries("x"))
    assert not any("accepted" in path.name for path in folder.iterdir())


def _add(folder: Path, number: int) -> None:
    for turn in range(10):
        add_to_folder(folder, entries(f"process {number} turn {turn}"))


def test_processes_that_add_at_once_lose_nothing(folder) -> None:
    context = get_context("fork")
    processes = [context.Process(target=_add, args=(folder, number)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert len(describe(folder)["accepted"]) == 30


def test_a_kill_leaves_the_old_or_the_new_file(folder) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from seqtext.models.accepted_lines import add_to_folder\nfrom seqtext.storage.accepted import Accepted\n"
        "print('ready', flush=True)\n"
        "for n in range(10**6): add_to_folder(Path(sys.argv[1]), [Accepted(str(n % 99), 1, '2031-06-14T10:20:31')])"
    )
    add_to_folder(folder, entries("before"))
    for pause in (0.01, 0.05):
        process = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        read_accepted((folder / "accepted.json").read_text(), folder)
        add_to_folder(folder, entries("after"))
        assert "after" in {one["masked"] for one in describe(folder)["accepted"]}


def test_a_training_that_goes_on_keeps_what_was_accepted(folder) -> None:
    from dataclasses import replace

    from seqtext.storage.model_folder import read_folder, write_folder

    add_to_folder(folder, entries("<time> fan 0 stopped"))
    write_folder(folder, replace(read_folder(folder), accepted=None))  # as training saves
    assert (folder / "accepted.json").read_text() == accepted_text(entries("<time> fan 0 stopped"))
