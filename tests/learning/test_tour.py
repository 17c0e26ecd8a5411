"""TOUR.md's Python and commands run as printed, in their order, with less training."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOUR = (Path(__file__).parent / "TOUR.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(python|sh)\n(.*?)^```", TOUR, re.M | re.S)
LINES = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]


@pytest.mark.learning
def test_everything_runs_in_its_order(tmp_path: Path) -> None:
    (tmp_path / "corpora").symlink_to(ROOT / "corpora")

    def run(*words: str) -> str:
        done = subprocess.run([sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{shlex.join(words)}\n{done.stderr}"
        return done.stdout

    for language, text in BLOCKS:
        if language == "python":
            for much, little in (
                ('"steps": 150', '"steps": 2'),
                ('("", 2000), ("-valid", 300)', '("", 99), ("-valid", 9)'),
            ):
                assert much in text
                text = text.replace(much, little)
            run("-c", text)
            continue
        for line in text.splitlines():
            words = shlex.split(line)[1:]
            if "--minutes" in words:
                words[words.index("--minutes") + 1] = "0.01"
            if "--steps" in words:
                words[words.index("--steps") + 1] = "1"
            assert run("-m", "seqtext", *words).strip(), line
    assert (tmp_path / "gradients.png").stat().st_size > 1_000
    assert (tmp_path / "runs" / "ladder" / "league.json").is_file()


def test_every_rung_is_climbed_and_every_line_is_a_command() -> None:
    assert [line for line in LINES if not line.startswith("seqtext ")] == []
    text = " ".join(LINES)
    for encoder in ("bag", "feedforward", "convolution", "rnn", "gru", "lstm", "mingru"):
        assert f"--encoder {encoder}" in text, encoder
    assert "inspect gradients" in text
    assert LINES[-1].startswith("seqtext compare classify ")


def test_every_command_has_its_figure() -> None:
    """What follows a command is the output that it had when it was measured."""
    parts = TOUR.split("```sh\n")[1:]
    assert all(re.match(r".*?^```\n+```text\n", part, re.M | re.S) for part in parts)
    assert "FIGURE" not in TOUR
