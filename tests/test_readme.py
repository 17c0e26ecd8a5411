"""The README's commands and Python run as printed, with less training time."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("readme")
    (path / "corpora").symlink_to(ROOT / "corpora")
    (path / "cloze.txt").write_text("The ___ is open.\n\nHe ___ the ___.\n", encoding="utf-8")
    return path


@pytest.mark.learning
def test_commands_run_in_their_order(folder: Path) -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("seqtext ")]
    assert len(lines) >= 8
    for line in lines:
        words = shlex.split(line.split(" > ")[0])[1:]
        if "--minutes" in words:
            words[words.index("--minutes") + 1] = "0.2"
        done = subprocess.run(
            [sys.executable, "-m", "seqtext", *words], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert done.stdout.strip(), line


@pytest.mark.learning
def test_python_runs(folder: Path) -> None:
    for block in blocks("python"):
        done = subprocess.run([sys.executable, "-c", block], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{block}\n{done.stderr}"


def test_the_licence_and_the_versions_are_named() -> None:
    assert "torch==2.13.0" in README
    assert "Apache-2.0" in README
    assert "MEASURED" not in README
