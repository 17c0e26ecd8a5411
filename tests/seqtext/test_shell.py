"""Commands that hints print: what a shell takes them for, on Unix and on Windows."""

import itertools
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from command_words import words_of_windows

from seqtext import errors, shell
from seqtext.cli import faults
from seqtext.data import unpacking
from seqtext.tour.layout import command_line

ROOT = Path(__file__).parents[2]
WORDS = ["", "a", "a b", "it's", 'say "no"', "a\\", "a b\\", 'c\\\\"d', "C:\\Users\\me", "x&y|z", "grün/für.txt", "-m"]


@pytest.fixture
def on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "ON_WINDOWS", True)


def test_on_unix_words_are_quoted_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "ON_WINDOWS", False)
    assert shell.quote_all(WORDS) == shlex.join(WORDS)
    assert [shell.quote(word) for word in WORDS] == [shlex.quote(word) for word in WORDS]


def test_a_program_on_windows_gets_the_words_back(on_windows: None) -> None:
    assert words_of_windows(shell.quote_all(WORDS)) == WORDS
    made = ["".join(letters) for letters in itertools.product('a \\"', repeat=5)]
    assert words_of_windows(shell.quote_all(made)) == made


def test_words_with_spaces_are_quoted_as_python_itself_does_for_windows(on_windows: None) -> None:
    for letters in itertools.product('a \\"', repeat=5):
        word = " ".join(letters)
        assert shell.quote(word) == subprocess.list2cmdline([word])
        assert words_of_windows(subprocess.list2cmdline([word])) == [word]


@pytest.mark.parametrize("sign", " \t&|<>^()%!\"'`$@#,;={}[]*?~")
def test_signs_with_a_meaning_in_cmd_or_powershell_stand_between_quotation_marks(sign: str, on_windows: None) -> None:
    assert shell.quote(f"a{sign}b").startswith('"a')


def test_usual_words_stand_bare_on_windows(on_windows: None) -> None:
    words = ["seqtext", "--top", "3", "-0.5", "C:\\Users\\me\\runs\\rnn-2", "\\\\server\\share", "runs/mine", "für"]
    assert shell.quote_all(words) == " ".join(words)


def test_hints_are_quoted_for_windows(on_windows: None, tmp_path: Path) -> None:
    missing = tmp_path / "my folder" / "corpus.txt"
    missing.parent.mkdir()
    (missing.parent / "corpus2.txt").touch()
    error = unpacking.cannot_open(str(missing), FileNotFoundError(2, "No such file or directory"))
    assert error.hint == f'"{missing.parent / "corpus2.txt"}"'
    assert errors.wordings(errors.arguments(pattern="it's (a|b)"))[1] == '--pattern "it\'s (a|b)"'
    assert command_line(["seqtext", "fill", "it's ___", "--top", "3"], 20, "") == 'seqtext fill "it\'s ___" --top 3'


def test_a_variable_is_set_for_a_command_as_the_shell_does(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = []
    for on_windows in (False, True):
        monkeypatch.setattr(shell, "ON_WINDOWS", on_windows)
        lines.append(faults.explain(KeyError("weights"), ["fill", "a ___"])[1])
    assert lines == ["SEQTEXT_DEBUG=1 seqtext fill 'a ___'", 'set SEQTEXT_DEBUG=1&& seqtext fill "a ___"']


def test_no_module_quotes_for_a_unix_shell_only() -> None:
    modules = {path for folder in ("seqtext", "cli") for path in (ROOT / folder).rglob("*.py")}
    for path in modules - {ROOT / "seqtext" / "shell.py"}:
        assert not re.search(r"shlex\.(quote|join)|from shlex import (?!split)", path.read_text(encoding="utf-8")), path
