"""The commands with nothing replaced: train, interrupt, resume, answer, measure, show."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SENTENCES = [f"the {animal} drank the {drink} ." for animal in ("cat", "dog", "fox") for drink in ("milk", "water")]


def seqtext(*arguments: str, folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "seqtext", *arguments],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False, timeout=300,
    )  # fmt: skip


@pytest.mark.learning
def test_train_interrupt_resume_answer(tmp_path) -> None:
    (tmp_path / "corpus.txt").write_text("\n".join(SENTENCES * 40), encoding="utf-8")
    arguments = ["train", "fill", "corpus.txt", "--run", "my run", "--preset", "tiny", "--hidden", "32"]
    settings = ["--steps", "120", "--batch-size", "128", "--seed", "3", "--threads", "1", "--patience", "0"]
    with subprocess.Popen(
        [sys.executable, "-m", "seqtext", *arguments, *settings], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "held-out loss" in line:
                process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130, lines
    assert "Traceback" not in "".join(lines)
    assert lines[-1] == "  seqtext train fill --run 'my run' --resume\n"

    found = seqtext("train", "fill", "--run", "my run", "--resume", "--json", folder=tmp_path)
    assert found.returncode == 0, found.stderr
    result = json.loads(found.stdout)
    assert (result["run"], result["steps"]) == ("my run", 120)

    found = seqtext("fill", "--model", "my run", "--json", "--top", "2", "the cat drank the ___ .", folder=tmp_path)
    assert found.returncode == 0, found.stderr
    answers = json.loads(found.stdout)["fills"]
    assert {answer["blanks"][0] for answer in answers} == {"milk", "water"}

    found = seqtext("evaluate", "my run", "corpus.txt", "--limit", "50", "--json", folder=tmp_path)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["top5"] > 0.8

    found = seqtext("info", "my run", "--json", folder=tmp_path)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["task"] == "fill"

    found = seqtext(*arguments, folder=tmp_path)
    assert found.returncode == 1
    assert found.stderr.splitlines()[-2].startswith("Error: my run holds a run already")
