"""A task is added by two edits and files of its own, a cell by three edits; tests/extending has what is added."""

import filecmp
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT, ADDED = Path(__file__).parents[1], Path(__file__).parent / "extending"


def copy(folder: Path) -> Path:
    """The package as it is installed, without bundled models."""
    unwanted = shutil.ignore_patterns("__pycache__", "pretrained", "cli")
    shutil.copytree(ROOT / "seqtext", folder / "seqtext", ignore=unwanted)
    shutil.copytree(ROOT / "cli", folder / "seqtext" / "cli", ignore=shutil.ignore_patterns("__pycache__"))
    return folder / "seqtext"


def extend(package: Path, added: Path) -> None:
    """Append to the files that are there, and add the others."""
    for path in sorted(added.rglob("*.py")):
        place = package / path.relative_to(added)
        before = place.read_text(encoding="utf-8") if place.exists() else ""
        place.write_text(before + path.read_text(encoding="utf-8"), encoding="utf-8")


def edited(package: Path) -> set[str]:
    """The files of the package that differ from those that were copied."""
    found = set()
    for path in package.rglob("*.py"):
        name = path.relative_to(package)
        origin = ROOT / name if name.parts[0] == "cli" else ROOT / "seqtext" / name
        if origin.exists() and not filecmp.cmp(path, origin, shallow=False):
            found.add(name.as_posix())
    return found


@pytest.fixture
def run(tmp_path: Path):
    """Runs a Python of its own in which the copied package is the one that is imported."""

    def run(*words: str, status: int = 0) -> str:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr

    shutil.copy(ROOT / "corpora" / "everyday.txt", tmp_path / "a.txt")
    return run


@pytest.mark.learning
def test_a_task_is_two_edits_and_files_of_its_own(tmp_path: Path, run) -> None:
    package = copy(tmp_path)
    extend(package, ADDED / "task")
    assert edited(package) == {"config.py", "tasks.py"}

    def seqtext(*words: str, status: int = 0) -> str:
        return run("-m", "seqtext", *words, status=status)

    assert "capitals" in seqtext("--help")
    assert "--hidden" in seqtext("train", "capitals", "--help")
    settings = (
        "--steps",
        "60",
        "--threads",
        "1",
        "--precision",
        "fp32",
        "--batch-size",
        "512",
        "--learning-rate",
        "0.02",
    )
    assert "seqtext capitals --model runs/a" in seqtext("train", "capitals", "a.txt", "--run", "runs/a", *settings)
    words = json.loads(seqtext("capitals", "--model", "runs/a", "--json", "now i think so"))["words"]
    assert [word["word"] for word in words] == ["now", "i", "think", "so"]
    assert words[1]["probability"] > words[2]["probability"]  # I, think
    scores = json.loads(seqtext("evaluate", "runs/a", "a.txt", "--json"))
    assert scores["accuracy"] > scores["baseline"]["accuracy"]
    assert "only a detector of anomalies or a classifier takes it" in seqtext(
        "evaluate", "runs/a", "a.txt", "--picture", "a.png", status=2
    )
    assert json.loads(seqtext("info", "runs/a", "--json"))["task"] == "capitals"
    rows = seqtext("compare", "capitals", "a.txt", "--run", "runs/b", "--minutes", "0.01", "--json").splitlines()
    assert {json.loads(row)["name"] for row in rows} == {"narrow", "usual", "wide"}
    assert "a model for 'capitals'; one for 'fill' is needed" in seqtext("fill", "-", "--model", "runs/a", status=1)


CELL = """
import numpy as np, torch
from seqtext.networks.recurrent import load_stack, run
from seqtext.training.networks.recurrent import RecurrentStack
stack, inputs = RecurrentStack("leaky", 5, 7, 2), torch.randn(3, 6, 5)
weights = {f"s.{name}": value.detach().numpy() for name, value in stack.named_parameters()}
ours = load_stack(weights, "s", "leaky", 2)
states, _ = run(ours, inputs.numpy(), ours.zero(3))
np.testing.assert_allclose(states, stack(inputs).detach().numpy(), atol=1e-5)

from seqtext.config import ClassifyConfig
from seqtext.networks.classifier import load_encoder
from seqtext.training.networks.classifier import ClassifyNetwork
config = ClassifyConfig(encoder="leaky", hidden=6, embedding=5)
network = ClassifyNetwork(config, 20, 3)
weights = {name: value.detach().numpy() for name, value in network.named_parameters()}
mask = torch.tensor([[True] * 6, [True] * 2 + [False] * 4, [True] * 5 + [False]])
pooled = load_encoder(config, weights)(inputs.numpy(), mask.numpy())
np.testing.assert_allclose(pooled, network.encoder(inputs, mask).detach().numpy(), atol=1e-5)
"""


@pytest.mark.learning
def test_a_cell_is_three_edits(tmp_path: Path, run) -> None:
    package = copy(tmp_path)
    extend(package, ADDED / "cell")
    config = (package / "config.py").read_text(encoding="utf-8")
    (package / "config.py").write_text(
        config.replace("(*SEQ2SEQ_CELLS, ", '(*SEQ2SEQ_CELLS, "leaky", ', 1), encoding="utf-8"
    )
    assert edited(package) == {"config.py", "networks/cells.py", "training/networks/cells.py"}
    run("-c", CELL)
    settings = ("--steps", "4", "--threads", "1", "--precision", "fp32", "--hidden", "16", "--embedding", "8")
    for task, question in (("fill", "The ___ is open."), ("generate", "The")):
        folder = f"runs/{task}"
        run("-m", "seqtext", "train", task, "a.txt", "--run", folder, "--cell", "leaky", *settings)
        assert run("-m", "seqtext", task, "--model", folder, question).strip()
