"""What can be read only once is copied, whole or not at all."""

import io
import os
import sys
import threading
from pathlib import Path

import pytest

from seqtext.data.pipes import is_pipe
from seqtext.errors import CorpusError
from seqtext.training.pipes import found_again, is_kept, keep_pipe, path_of_copy


def test_only_what_can_be_read_once_is_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    os.mkfifo(tmp_path / "p")
    reading, writing = os.pipe()
    assert is_pipe("-")
    assert is_pipe(str(tmp_path / "p"))
    assert is_pipe(f"/dev/fd/{reading}")
    assert not any(map(is_pipe, [str(tmp_path), str(tmp_path / "a.txt"), str(tmp_path / "none"), "hf:name", "a\0b"]))
    os.close(reading)
    os.close(writing)


def test_a_named_pipe_is_copied_under_its_kind(tmp_path: Path) -> None:
    pipe = tmp_path / "rows.tsv.gz"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"good\tyes\n",))
    writer.start()
    path = path_of_copy(str(pipe), tmp_path / "data", 3)
    keep_pipe(str(pipe), path)
    writer.join()
    assert (path.name, path.read_bytes()) == ("pipe-3.tsv.gz", b"good\tyes\n")
    assert is_kept(path)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_standard_input_is_copied_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\ntwo\n")))
    path = path_of_copy("-", tmp_path, 0)
    keep_pipe("-", path)
    assert (path.name, path.read_bytes()) == ("stdin.txt", b"one\ntwo\n")

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Broken(b"three\n")))
    with pytest.raises(KeyboardInterrupt):
        keep_pipe("-", tmp_path / "stdin.txt")
    assert path.read_bytes() == b"one\ntwo\n"
    assert [one.name for one in tmp_path.iterdir()] == ["stdin.txt"]


def test_what_was_kept_before_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, name in ((b"the only copy", "stdin.txt"), (b"", "stdin-2.txt"), (b"another", "stdin-3.txt")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        path = path_of_copy("-", tmp_path, 0)
        keep_pipe("-", path)
        assert (path.name, path.read_bytes(), is_kept(path)) == (name, text, True)
    assert (tmp_path / "stdin.txt").read_bytes() == b"the only copy"


def test_a_file_by_the_number_under_which_it_is_open_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    with (tmp_path / "a.txt").open("rb") as file:
        assert is_pipe(f"/dev/fd/{file.fileno()}")
        path = path_of_copy(f"/dev/fd/{file.fileno()}", tmp_path / "data", 0)
        keep_pipe(f"/dev/fd/{file.fileno()}", path)
        assert path.read_text() == "a"
    assert not is_pipe("/dev/fd")


def test_a_kept_corpus_is_found_in_a_folder_of_another_name(tmp_path: Path) -> None:
    for folder in ("run/data", "all/data", "all/bag"):
        (tmp_path / folder).mkdir(parents=True)
    for kept in ("run/data/stdin.txt", "all/data/pipe-0.tsv"):
        (tmp_path / kept).write_text("a")
    assert found_again("/old/data/stdin.txt", tmp_path / "run") == str(tmp_path / "run" / "data" / "stdin.txt")
    assert found_again("/old/data/pipe-0.tsv", tmp_path / "all" / "bag") == str(tmp_path / "all/data/pipe-0.tsv")
    for source in (str(tmp_path / "all/data/pipe-0.tsv"), "/old/data/c.txt", "/old/stdin.txt", "hf:name", "-"):
        assert found_again(source, tmp_path / "run") == source


def test_a_closed_standard_input_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CorpusError, match="standard input is closed"):
        keep_pipe("-", tmp_path / "stdin.txt")
