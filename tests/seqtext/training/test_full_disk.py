"""Every file of a run that cannot be written: one clear error, what was saved stays whole, and the run goes on."""

import builtins
import errno
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqtext import load
from seqtext.errors import SeqtextError
from seqtext.tasks import TASKS
from seqtext.training.train import train

TINY = {"batch_size": 64, "threads": 1, "precision": "fp32", "steps": 4, "evaluations": 2, "save_seconds": 0.0}
CORPORA = {
    "classify": [f"{label}\ttext number {n} of {label}" for n in range(30) for label in ("good", "bad")],
    "translate": [f"the {n} fish swam\tle poisson {n} nagea" for n in range(60)],
    "summarize": [f"the {n} fish swam and swam in the sea\tfish {n} swam" for n in range(60)],
    "texts": [f"the {n} fish swam in the {colour} sea ." for n in range(30) for colour in ("blue", "green")],
}
#: A task, and whether a model is saved before; of these, the others save no better one in four updates.
CASES = [*((task, False) for task in TASKS), *((task, True) for task in ("fill", "generate", "anomaly"))]
QUICK = [("fill", True)]


class FullDisk(io.FileIO):
    """A file of which not a byte reaches the disk."""

    def write(self, data: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def fileno(self) -> int:
        raise io.UnsupportedOperation("numpy would write past `write`")


def opener(run: Path, name: str, wanted: Callable[[], bool]) -> Callable[..., Any]:
    """Stands for `open`: one file of a run, under whatever name it has before it takes its place, cannot be written."""
    usual = builtins.open

    def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        path = Path(file) if isinstance(file, str | Path) else Path()
        folder = (
            run / "data" / path.relative_to(run / "data.new").parent
            if run / "data.new" in path.parents
            else path.parent
        )
        own = folder / path.name.removeprefix(".").removesuffix(".tmp").removesuffix(".new").removesuffix(".begun")
        if own == run / name and mode[0] in "wx" and wanted():
            full = io.BufferedWriter(FullDisk(file, mode.replace("b", "")))
            return full if "b" in mode else io.TextIOWrapper(full)
        return usual(file, mode, *arguments, **options)

    return opened


def learn(task: str, corpus: Path, run: Path) -> None:
    """Begin a run, or go on with it."""
    if (run / "settings.json").is_file():
        list(train(task, None, run, resume=True))
    else:
        list(train(task, corpus, run, preset="tiny", **TINY))


@pytest.fixture
def whole(task: str, tmp_path: Path) -> Path:
    """A finished run, and its corpus beside it."""
    lines = CORPORA.get(task, CORPORA["texts"])
    corpus = tmp_path / ("corpus.tsv" if task in CORPORA else "corpus.txt")
    corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
    learn(task, corpus, tmp_path / "whole")
    return tmp_path / "whole"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # files that could not be closed
@pytest.mark.parametrize(
    ("task", "later"), [case if case in QUICK else pytest.param(*case, marks=pytest.mark.learning) for case in CASES]
)
def test_each_file_of_a_run(task: str, later: bool, whole: Path, tmp_path: Path, monkeypatch) -> None:
    corpus = next(tmp_path.glob("corpus.*"))
    found = [path.relative_to(whole) for path in whole.rglob("*") if path.is_file() and path.stat().st_size]
    if later:
        once = ("data", "settings.json", "checkpoint/tokenizer.json")
        found = [path for path in found if path.parts[0] not in once and str(path) not in once]
    # Of the files in data with one name, one; tokenizer.json is in data, in the checkpoint and in the model.
    names = {(path.parts[0], path.name): str(path) for path in found}.values()
    assert len(names) > 6
    for number, name in enumerate(names):
        run = tmp_path / f"run{number}"
        state, model = run / "checkpoint" / "state.json", run / "config.json"
        with monkeypatch.context() as patched:
            for module in (builtins, io):
                patched.setattr(module, "open", opener(run, name, model.exists if later else lambda: True))
            with pytest.raises(SeqtextError, match=r"cannot be written: No space left on device\. Try:") as fault:
                learn(task, corpus, run)
        assert str(run) in fault.value.message
        assert fault.value.hint.startswith("free some space")
        assert state.exists() or not later
        if later:
            load(run)
        learn(task, corpus, run)
        assert (run / "weights.safetensors").read_bytes() == (whole / "weights.safetensors").read_bytes(), name
