"""Opening files: what goes wrong is an error with a way out. What comes out of packed ones, see test_lines.py."""

import builtins
from pathlib import Path

import pytest
from command_words import words_of
from corpus_files import write

from seqtext.data.unpacking import unpacked_blocks
from seqtext.errors import CorpusError


def fault(source: str) -> CorpusError:
    with pytest.raises(CorpusError) as caught:
        list(unpacked_blocks(source))
    return caught.value


def test_a_missing_file_names_its_nearest_neighbour(folder: Path) -> None:
    Path("corpora").mkdir()
    write("corpora/everyday.txt", "x")
    error = fault("corpora/everday.txt")
    expected = "'corpora/everday.txt' does not exist; the nearest name in its folder is 'everyday.txt'."
    assert (error.message, error.hint) == (expected, "corpora/everyday.txt")
    assert fault("corpora/qqq").message == "'corpora/qqq' does not exist."
    assert fault("corpora/qqq").hint == "ls corpora"
    error = fault("corpora/none/a.txt")
    assert error.message == "'corpora/none/a.txt' does not exist; there is no folder 'corpora/none' either."
    assert error.hint == "ls corpora"


def test_a_folder_is_no_file(folder: Path) -> None:
    assert fault(str(folder)).message == f"{folder} is a folder; a file is expected."


def test_a_text_given_for_a_name_is_no_traceback(folder: Path) -> None:
    assert "cannot be opened" in fault("a long text " * 500).message
    assert "cannot be opened: embedded null byte" in fault("a\0b").message


def test_a_closed_file_is_no_traceback(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, mode: str) -> None:
        raise PermissionError(13, "Permission denied", name)

    monkeypatch.setattr(builtins, "open", refuse)
    error = fault("my notes.txt")
    monkeypatch.undo()
    assert error.message == "my notes.txt cannot be opened: permission denied."
    assert words_of(error.hint) == ["chmod", "u+r", "my notes.txt"]
