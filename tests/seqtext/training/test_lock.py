"""One process at a time writes to a run; the system releases it with the process."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seqtext.errors import TrainingError
from seqtext.training.lock import RunLock

HOLD = """
import sys
from pathlib import Path
from seqtext.training.lock import RunLock
with RunLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_holder_is_told_of_the_first(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(TrainingError, match=f"is being written by process {process.pid} on "), RunLock(tmp_path):
        pass
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()
    with RunLock(tmp_path):
        pass


def test_within_a_process_too(tmp_path: Path) -> None:
    with RunLock(tmp_path), pytest.raises(TrainingError, match="is being written by process"), RunLock(tmp_path):
        pass
    with RunLock(tmp_path):
        pass


def test_a_folder_that_is_removed_or_replaced_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    lock = RunLock(folder)
    lock.check_there()  # of nothing held, nothing is known
    with lock:
        lock.check_there()
        folder.rename(tmp_path / "elsewhere")
        with pytest.raises(TrainingError, match="was removed while the training wrote to it"):
            lock.check_there()
        shutil.copytree(tmp_path / "elsewhere", folder)
        with pytest.raises(TrainingError, match="was removed"):
            lock.check_there()


def test_a_folder_that_cannot_be_locked_is_said(tmp_path: Path) -> None:
    (tmp_path / ".lock").mkdir()
    with pytest.raises(TrainingError, match="cannot be locked"), RunLock(tmp_path):
        pass


def test_the_file_that_names_the_holder_is_never_a_link_or_a_pipe(tmp_path: Path) -> None:
    run, other = tmp_path / "run", tmp_path / "other"
    run.mkdir()
    other.write_text("mine")
    (run / ".holder").symlink_to(other)
    with RunLock(run):
        assert not (run / ".holder").is_symlink()
    os.mkfifo(run / ".holder")
    with RunLock(run):
        assert (run / ".holder").is_file()
    assert other.read_text() == "mine"
