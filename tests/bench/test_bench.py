"""Each benchmark runs as a user starts it and keeps its figures; tiny settings, so the figures mean nothing."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seqtext.training import train

pytestmark = pytest.mark.bench

_RUN = Path(__file__).with_name("run.py")
_WORDS = ["cat", "dog", "bird", "horse", "cow"]
_SETTINGS = {"hidden": 16, "embedding": 16, "vocab_size": 600, "batch_size": 256, "samples": 64, "threads": 1}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "animals.txt"
    path.write_text(
        "".join(f"The {one} saw the {other} {n} times.\n" for n in range(20) for one in _WORDS for other in _WORDS)
    )
    return path


@pytest.fixture(scope="module")
def model(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "run"
    for _ in train("fill", corpus, folder, steps=2, **_SETTINGS):
        pass
    return folder


def _figures(name: str, results: Path, *options: str) -> tuple[str, dict[str, Any]]:
    command = [sys.executable, str(_RUN), name, *options, "--results", str(results)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    data = json.loads(next(results.glob(f"{name}-*.json")).read_text(encoding="utf-8"))
    assert data["benchmark"] == name
    assert data["machine"]["cores"] >= 1
    return done.stdout, {row["what"]: row for row in data["rows"]}


def _set(**more: Any) -> list[str]:
    return [part for name, value in {**_SETTINGS, **more}.items() for part in ("--set", f"{name}={value}")]


def test_without_a_name_the_benchmarks_are_listed() -> None:
    done = subprocess.run([sys.executable, str(_RUN)], capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()[:5]] == [
        "startup", "latency", "training", "generation", "equal_minutes",
    ]  # fmt: skip


def test_an_unknown_name_is_refused() -> None:
    done = subprocess.run([sys.executable, str(_RUN), "speed"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "No benchmark is called 'speed'." in done.stderr


def test_startup(model: Path, tmp_path: Path) -> None:
    shown, rows = _figures("startup", tmp_path, "--model", str(model), "--runs", "1")
    assert 0 < rows["ratio"]["value"] < 1
    assert 10 < rows["peak memory of seqtext fill"]["value"] < rows["peak memory of import torch"]["value"]
    assert "≤ 0.25" in shown


def test_latency(model: Path, tmp_path: Path) -> None:
    _, rows = _figures("latency", tmp_path, "--model", str(model), "--calls", "3")
    assert rows["words of the sentence"]["value"] == 20
    assert 0 < rows["fill, median"]["value"] <= rows["fill, 95th percentile"]["value"]


def test_training(corpus: Path, tmp_path: Path) -> None:
    options = ["--corpus", str(corpus), "--turns", "1", "--seconds", "0.1", "--batches", "3", *_set()]
    _, rows = _figures("training", tmp_path, *options)
    ours, bare = rows["train, end to end"]["value"], rows["bare layers and product"]["value"]
    assert rows["ratio"]["value"] == pytest.approx(ours / bare)
    assert rows["ratio"]["bar"] == 0.8
    assert rows["precision, threads, device"]["value"].split(", ")[1] == "1"


def test_generation(tmp_path: Path) -> None:
    options = ["--hidden", "16", "--embedding", "8", "--length", "50", "--turns", "1", "--cell", "lstm"]
    _, rows = _figures("generation", tmp_path, *options)
    speed = rows["generate"]["value"]
    assert rows["ratio to torch"]["value"] == pytest.approx(speed / rows["torch, step by step"]["value"])
    assert rows["ratio to bare products"]["value"] == pytest.approx(speed / rows["bare products"]["value"])


@pytest.mark.skipif(not importlib.util.find_spec("transformers"), reason="needs the extra bench")
def test_equal_minutes(corpus: Path, tmp_path: Path) -> None:
    options = ["--corpus", str(corpus), "--minutes", "0.05", "--blanks", "40", "--valid-share", "0.1", "--rate", "1e-3"]
    _, rows = _figures("equal_minutes", tmp_path, *options, "--layers", "1", "--heads", "2", *_set())
    ours, theirs = rows["parameters, seqtext"]["value"], rows["parameters, masked model"]["value"]
    assert theirs == pytest.approx(ours, rel=0.1)
    assert 0 < rows["blanks that one token answers"]["value"] <= rows["blanks"]["value"] <= 40
    assert rows["tokens seen, masked model"]["value"] > 0
    assert rows["training, masked model"]["value"] == pytest.approx(3.0, abs=1.5)
