"""Pipes: what can be read only once, and that it is read again where it is kept."""

import io
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from seqtext.data.corpus import read_texts
from seqtext.data.pipes import can_be_read_again, is_pipe, reading_again
from seqtext.errors import CorpusError


def test_standard_input_is_read_again_from_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(b"text %d\n" % number for number in range(50_000))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(data))))  # type: ignore[arg-type]
    with reading_again():
        assert can_be_read_again("-")
        first = read_texts("-")
        assert [next(first), next(first)] == ["text 0", "text 1"]
        assert len(list(read_texts("-"))) == 50_000  # while the first is on its way
        assert next(first) == "text 2"
        assert len(list(first)) == 49_997
    assert not can_be_read_again("-")
    with pytest.raises(CorpusError, match="standard input holds no text"):
        list(read_texts("-"))


def test_a_named_pipe_is_read_again(tmp_path: Path) -> None:
    pipe = tmp_path / "p.txt"
    os.mkfifo(pipe)
    threading.Thread(target=pipe.write_text, args=("one\ntwo\n",), daemon=True).start()
    assert is_pipe(str(pipe))
    with reading_again(), reading_again():
        assert list(read_texts(str(pipe))) == list(read_texts(str(pipe))) == ["one", "two"]
