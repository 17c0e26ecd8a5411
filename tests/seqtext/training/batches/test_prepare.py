"""Held-out texts are a sample of the whole corpus, not of its beginning, for every task that bounds how many."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtext.training.batches import log_lines, pair_files, prepare
from seqtext.training.batches.token_file import TokenFile
from seqtext.training.train import train

SMALL: dict[str, Any] = {"hidden": 4, "embedding": 4, "threads": 1, "steps": 1}


def prepared(task: str, path: Path, run: Path, **settings: Any) -> Any:
    """Prepare a corpus for a run."""
    return next(iter(train(task, path, run, **{**SMALL, **settings})))


def halves(numbers: list[int], total: int) -> tuple[int, int]:
    """How many of some lines come from the first half of a corpus, and from the second."""
    first = sum(number < total // 2 for number in numbers)
    return first, len(numbers) - first


@pytest.mark.parametrize("own_file", [False, True])
def test_held_out_pairs_are_of_the_whole_corpus(
    own_file: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pair_files, "_MOST_HELD_OUT", 60)
    lines = [f"source number {k}\ttarget number {k}" for k in range(600)]
    (tmp_path / "c.tsv").write_text("\n".join(lines), encoding="utf-8")
    where = {"valid": tmp_path / "c.tsv"} if own_file else {"valid_share": 0.4}
    started = prepared("translate", tmp_path / "c.tsv", tmp_path / "run", **where)
    sample = json.loads((tmp_path / "run" / "data" / "sample.json").read_text(encoding="utf-8"))
    numbers = [int(source.split()[-1]) for source, _ in sample]
    assert len(numbers) == 60
    assert numbers == sorted(numbers)
    assert min(halves(numbers, 600)) > 15
    assert ("60 of the 600 pairs" in started.held_out) is own_file
    assert TokenFile(tmp_path / "run" / "data" / "train" / "source").segments == (600 if own_file else 540)


def test_held_out_texts_are_of_the_whole_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "_MOST_HELD_OUT", 120)
    lines = [f"{'first' if k < 300 else 'second'} {k}" for k in range(600)]
    (tmp_path / "c.txt").write_text("\n".join(lines), encoding="utf-8")
    prepared("fill", tmp_path / "c.txt", tmp_path / "run", valid_share=0.4, tokens="word", min_count=1)
    data = tmp_path / "run" / "data"
    held, learnt = TokenFile(data / "valid"), TokenFile(data / "train")
    assert held.segments + learnt.segments == 600
    assert held.tokens <= 120 < held.tokens + 4
    firsts = np.array([held.segment(k)[0] for k in range(held.segments)])
    assert min(np.unique(firsts, return_counts=True)[1]) > held.segments / 4


def test_held_out_log_lines_are_of_the_whole_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "_MOST_HELD_OUT", 60)
    letters = "abcdefghijklmnopqrstuvwxyz"
    lines = [f"line {letters[k // 26]}{letters[k % 26]} is fine" for k in range(600)]
    (tmp_path / "c.log").write_text("\n".join(lines), encoding="utf-8")
    prepared("anomaly", tmp_path / "c.log", tmp_path / "run", valid=tmp_path / "c.log")
    normal = json.loads((tmp_path / "run" / "data" / "normal.json").read_text(encoding="utf-8"))["lines"]
    assert sum(normal.values()) == 60
    numbers = [26 * letters.index(line.split()[1][0]) + letters.index(line.split()[1][1]) for line in normal]
    assert min(halves(numbers, 600)) > 15
