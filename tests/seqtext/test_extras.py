"""What is said where a package of an extra is missing: one error, with the line that installs it."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtext import SeqtextError
from seqtext.data.lines import Report, read_lines
from seqtext.data.tables import read_table
from seqtext.data.wanted import Wanted
from seqtext.evaluation.metrics import bleu, chrf
from seqtext.evaluation.naive_bayes import NaiveBayes, SeveralBayes
from seqtext.extras import EXTRAS, PROJECTS, missing, needed, or_refuse

ROOT = Path(__file__).parents[2]

#: Runs Python where no package of an extra can be imported, as after a plain `pip install`.
LIGHT = f"""
import sys
sys.modules.update(dict.fromkeys({sorted(EXTRAS)!r}))
{{}}
"""


def hide(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Have imports of a package fail as if it were not installed."""
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, package, None)


def light(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", LIGHT.format(code), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)


def test_each_package_is_in_its_extra() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 reads no TOML")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {
        extra: {re.match(r"[\w-]+", line)[0] for line in lines}  # type: ignore[index]
        for extra, lines in project["optional-dependencies"].items()
    }
    projects = {package: PROJECTS.get(package, package) for package in EXTRAS}
    for package, extra in EXTRAS.items():
        assert projects[package] in names[extra]
    every = {name for extra in set(EXTRAS.values()) for name in names[extra]}
    assert every - {"seqtext"} == set(projects.values())
    base = {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}  # type: ignore[index]
    assert not base & set(EXTRAS)


def test_what_is_installed_is_imported() -> None:
    with needed("Counting"):
        import json
    assert json.loads("1") == 1
    assert or_refuse("Counting", lambda: json) is json


def test_a_missing_package_is_named_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "pyarrow")
    with pytest.raises(SeqtextError) as caught, needed("A Parquet file"):
        import pyarrow.parquet  # noqa: F401
    assert caught.value.message == "A Parquet file needs pyarrow, which is not installed."
    assert caught.value.hint == 'pip install "seqtext[tables]"'
    assert str(missing("pyarrow", "A Parquet file")) == str(caught.value)


def test_another_missing_module_is_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "wcwidth")
    with pytest.raises(ModuleNotFoundError), needed("Counting"):
        import wcwidth  # noqa: F401


def test_a_name_refuses_when_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "torch")

    def find() -> Any:
        import torch

        return torch.ones

    refuse = or_refuse("seqtext.train", find)
    for _ in range(2):
        with pytest.raises(SeqtextError, match=r"seqtext\.train needs torch.*seqtext\[train\]"):
            refuse("fill", steps=3)


def test_files_that_need_a_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    (tmp_path / "a.txt.zst").write_bytes(b"(\xb5/\xfd")
    wanted = Wanted(("text",), {}, "strict", Report())
    for name in ("pyarrow", "zstandard", "datasets"):
        hide(monkeypatch, name)
    with pytest.raises(SeqtextError, match=r"A Parquet file needs pyarrow.*seqtext\[tables\]"):
        list(read_table(str(tmp_path / "a.parquet"), wanted))
    with pytest.raises(SeqtextError, match=r"packed with zstd needs zstandard.*seqtext\[tables\]"):
        list(read_lines(str(tmp_path / "a.txt.zst")))
    with pytest.raises(SeqtextError, match=r"Hub needs datasets.*seqtext\[train\]"):
        list(read_table("hf:someone/something", wanted))


def test_scores_that_need_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("scipy", "sacrebleu"):
        hide(monkeypatch, name)
    for score in (bleu, chrf):
        with pytest.raises(SeqtextError, match=r"needs sacrebleu.*seqtext\[train\]"):
            score(["a b"], ["a b"])
    for bayes, labels in ((NaiveBayes, np.zeros(1, np.int64)), (SeveralBayes, np.zeros((1, 1), np.bool_))):
        with pytest.raises(SeqtextError, match=r"Naive Bayes.* needs scipy.*seqtext\[train\]"):
            bayes([["a"]], labels)


@pytest.mark.parametrize("words", [
    ["train", "fill", "corpora/everyday.txt"], ["compare", "fill", "corpora/everyday.txt", "--minutes", "1"],
    ["inspect", "gradients", "corpora/stories.txt"],
], ids=" ".join)  # fmt: skip
def test_commands_that_need_torch(tmp_path: Path, words: list[str]) -> None:
    run = [] if words[0] == "inspect" else ["--run", str(tmp_path / "run")]
    done = light("from seqtext.cli.main import main\nsys.exit(main(sys.argv[1:]))", *words, *run)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.search(
        r'^Error: [\w ]+ needs torch, which is not installed\.\nTry:   pip install "seqtext\[train\]"\n\Z',
        done.stderr,
        re.M,
    )
    assert list(tmp_path.iterdir()) == []


def test_python_imports_everything_and_refuses_when_it_trains() -> None:
    code = "from seqtext import *\nprint(load.__module__)\ntry:\n    train('fill', 'a.txt', 'run')\n"
    done = light(f"{code}except SeqtextError as error:\n    print(error)")
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "seqtext.models.loading",
        'seqtext.train needs torch, which is not installed. Try: pip install "seqtext[train]"',
    ]
