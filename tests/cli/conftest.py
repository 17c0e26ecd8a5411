"""Runs commands as a shell would: arguments in; status, stdout and stderr out."""

import io
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from seqtext.cli.main import main


class Result(NamedTuple):
    """What a shell sees of a finished command."""

    status: int
    stdout: str
    stderr: str

    @property
    def error(self) -> tuple[str, str]:
        """The texts of the one "Error:" and the one "Try:" line; fails where there is anything else."""
        lines = self.stderr.splitlines()
        assert len(lines) == 2, self.stderr
        assert lines[0].startswith("Error: ")
        assert lines[1].startswith("Try:   ")
        return lines[0][7:], lines[1][7:]


@pytest.fixture
def seqtext(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `seqtext ARGUMENTS...` in this process; `stdin` holds bytes that are piped in, None is a terminal."""
    monkeypatch.delenv("SEQTEXT_DEBUG", raising=False)

    def run(*arguments: str, stdin: bytes | None = None) -> Result:
        stream = io.TextIOWrapper(io.BytesIO(stdin or b""), encoding="utf-8")
        stream.isatty = lambda: stdin is None
        monkeypatch.setattr(sys, "stdin", stream)
        capsys.readouterr()
        status = main(list(arguments))
        return Result(status, *capsys.readouterr())

    return run
