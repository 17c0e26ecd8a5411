"""A log that grows: its lines as they become whole, through rotation, truncation and absence."""

import os
from pathlib import Path

import pytest

from seqtext.data.growing import follow_lines
from seqtext.errors import CorpusError


class Log:
    """A followed file: what is done to it, then the lines that come of it."""

    def __init__(self, path: Path, encoding_errors: str = "strict") -> None:
        self.path, self.told = path, list[str]()
        self._lines = follow_lines(str(path), encoding_errors, self.told.append, pause=0)

    def come(self) -> list[tuple[int, str]]:
        found = []
        idle = 0
        while idle < 3:  # looks without a line
            some = next(self._lines)
            found += some
            idle = 0 if some else idle + 1
        return found

    def add(self, text: str | bytes) -> None:
        with self.path.open("ab") as file:
            file.write(text if isinstance(text, bytes) else text.encode())


@pytest.fixture
def log(tmp_path) -> Log:
    (tmp_path / "app.log").write_text("one\ntwo\n")
    return Log(tmp_path / "app.log")


def test_what_is_there_and_what_comes(log) -> None:
    assert log.come() == [(1, "one"), (2, "two")]
    assert log.come() == []
    log.add("three\r\n\nfour\n")
    assert log.come() == [(3, "three"), (4, ""), (5, "four")]
    assert log.told == []


def test_a_line_waits_for_its_newline(log) -> None:
    log.come()
    log.add("thr")
    assert log.come() == []
    log.add("é".encode()[:1])
    assert log.come() == []
    log.add("é".encode()[1:] + b"e\nfo")
    assert log.come() == [(3, "thrée")]


def test_a_rotated_log_is_read_to_its_end_and_the_new_one_from_its_start(log) -> None:
    log.come()
    log.add("three\nlast without newline")
    os.rename(log.path, log.path.with_suffix(".1"))
    assert log.come() == [(3, "three")]  # another may still come, and the program still writes to the old one
    with log.path.with_suffix(".1").open("a") as old:
        old.write(", and more\nfour\nfive")
    log.path.write_text("new\n")
    assert log.come() == [(4, "last without newline, and more"), (5, "four"), (6, "five"), (1, "new")]
    assert log.told == [f"{log.path} is another file now; it is read from its start."]


def test_a_truncated_log_is_read_from_its_start(log) -> None:
    log.add("thr")
    log.come()
    log.path.write_text("new\n")
    assert log.come() == [(1, "new")]
    assert log.told == [f"{log.path} was truncated; it is read from its start."]


def test_a_log_that_comes_later(tmp_path) -> None:
    log = Log(tmp_path / "app.log")
    assert log.come() == []
    log.path.write_bytes(b"\xef\xbb\xbfone\n")
    assert log.come() == [(1, "one")]
    assert log.told == [f"{log.path} does not exist yet; it is read as soon as it does."]


def test_a_byte_that_is_not_utf8(log, tmp_path) -> None:
    other = Log(log.path, "replace")
    log.add(b"good\nbad \xff\n")
    assert other.come()[-1] == (4, "bad \ufffd")
    assert next(log._lines) == [(1, "one"), (2, "two"), (3, "good")]
    with pytest.raises(CorpusError, match=r"app\.log, line 4, column 5: the byte 0xFF is not UTF-8"):
        next(log._lines)


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_of_a_megabyte(log, end) -> None:
    log.add(b"a" * 1_100_000 + end)
    with pytest.raises(CorpusError, match="line 3: the line is longer than"):
        log.come()


def test_what_does_not_grow(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CorpusError, match="not a regular file"):
        Log(tmp_path / "pipe").come()
    with pytest.raises(CorpusError, match="is a folder"):
        Log(tmp_path).come()
    (tmp_path / "binary").write_bytes(b"\0\1\2" * 99)
    with pytest.raises(CorpusError, match="looks like a binary file"):
        Log(tmp_path / "binary").come()
