"""Reading while others save: the old or the new model whole, at whatever moment the save lands."""

import contextlib
import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from builders import TOKENIZER, fail_at, file_names, random_weights, unsaved_model
from seqtext.config import FillConfig
from seqtext.errors import ModelError
from seqtext.networks.blank_filler import expected_shapes
from seqtext.storage import atomic, snapshot
from seqtext.storage.catalog import load
from seqtext.storage.model_folder import (
    FILES,
    ModelFolder,
    copy_folder,
    describe,
    open_saved,
    read_folder,
    write_folder,
)


def version(number: int) -> ModelFolder:
    """A model that is its number in every part; history and card are as long as it says, of 0 there are none."""
    config = {"format": 1, "task": "fill", "scores": number}
    weights = {name: np.full(3, number, np.float32) for name in ("a", "b")}
    return ModelFolder(config, f"{number}", weights, [{"loss": number}] * number, "#" * number)


def number_of(model: Any) -> int:
    number = int(model.config["scores"])
    assert model.tokenizer == f"{number}"
    assert {name: array.tolist() for name, array in model.weights.items()} == {"a": [number] * 3, "b": [number] * 3}
    assert (getattr(model, "history", []), getattr(model, "card", "")) in (
        ([], ""),
        ([{"loss": number}] * number, "#" * number),
    )
    return number


def read_all(path: Path) -> int:
    model = read_folder(path)
    assert len(model.card) == len(model.history) == model.config["scores"]
    return number_of(model)


def read_for_an_answer(path: Path) -> int:
    with open_saved(path, lambda _: None) as found:
        return number_of(found)


def read_facts(path: Path) -> int:
    facts = describe(path)
    sizes = [facts["files"].get(name, 0) for name in ("README.md", "history.jsonl")]
    assert sizes == [facts["scores"], facts["scores"] * len('{"loss": 1}\n')]
    return int(facts["scores"])


def read_copy(path: Path) -> int:
    target = path.with_name(f"{path.name}-copy")
    target.mkdir(exist_ok=True)
    copy_folder(path, target)
    return read_all(target)


READERS = [read_all, read_for_an_answer, read_facts, read_copy]


def save_up_to(path: Path, number: int, stage: int | None) -> None:
    """Save a version; with a stage, only as far as the rename of that number, which fails."""
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(ModelError):
        if stage:
            patch.setattr(os, "replace", fail_at(stage, errno.EACCES, os.replace))
        write_folder(path, version(number))


@pytest.mark.parametrize("saves", [1, 2])
@pytest.mark.parametrize("stage", [2, 4, 6, None])
@pytest.mark.parametrize("read", READERS)
def test_a_save_that_lands_between_any_two_openings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], int], stage: int | None, saves: int
) -> None:
    real, moments, found = os.open, 0, set()
    for turn in range(1, 40):
        path = tmp_path / str(turn)
        write_folder(path, version(0))
        calls, landed = iter(range(1, 1000)), [False]

        def racing(
            *args: Any, path: Path = path, calls: Iterator[int] = calls, landed: list[bool] = landed, turn: int = turn
        ) -> int:
            if not landed[0] and next(calls) == turn:
                landed[0] = True
                for number in range(1, saves + 1):
                    save_up_to(path, number, stage if number == saves else None)
            return real(*args)

        with monkeypatch.context() as patch:
            patch.setattr(os, "open", racing)
            found.add(read(path))
        if not landed[0]:
            break
        moments += 1
    assert moments >= 3
    assert found == {0, saves}  # the old one where nothing landed, the new one where it did


WRITER = """
import os, sys, time
sys.path[:0] = sys.argv[2:]
from test_snapshot import save_forever
save_forever(sys.argv[1])
"""


def save_forever(path: str) -> None:
    """Save two versions in turns, each rename a moment late, until killed."""
    real = os.replace

    def late(*args: Any) -> None:
        time.sleep(0.002)
        real(*args)

    os.replace = late  # type: ignore[assignment]
    models = [real_model(number) for number in (1, 2)]
    while True:
        for number in (1, 2):
            write_folder(f"{path}/plain", version(number), "fp32")
            write_folder(f"{path}/real", models[number - 1], "fp32")


def real_model(number: int) -> ModelFolder:
    """A blank filler whose temperature and weights tell its number."""
    config = FillConfig(hidden=4, embedding=3)
    weights = random_weights(expected_shapes(config, TOKENIZER.size))
    weights = {name: np.full_like(array, number) for name, array in weights.items()}
    return replace(unsaved_model("fill", config, TOKENIZER, weights, temperature=number), card="#" * number)


def card_of(model: Any) -> str:
    try:
        return str(model.contents.card)
    except ModelError as error:
        return "changed" if "has changed since the model was loaded" in error.message else error.message


@pytest.mark.parametrize("writers", [1, 2])
def test_saves_of_other_processes_in_quick_succession(tmp_path: Path, writers: int) -> None:
    """Every way of reading gets a version whole; so it does while two processes save to the same folder."""
    write_folder(tmp_path / "plain", version(1), "fp32")
    write_folder(tmp_path / "real", real_model(1), "fp32")
    paths = [str(Path(snapshot.__file__).parents[2]), str(Path(__file__).parent), *sys.path]
    running = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), *paths]) for _ in range(writers)]
    found = set()
    try:
        start = time.monotonic()
        while time.monotonic() < start + 60 and (len(found) < 2 or time.monotonic() < start + 2):
            found |= {read(tmp_path / "plain") for read in READERS}
            model = load(tmp_path / "real")
            assert set(model.readers.bias) == {model.temperature}
            assert card_of(model) in ("#" * int(model.temperature), "changed")
        assert all(process.poll() is None for process in running)
    finally:
        for process in running:
            process.kill()
            process.wait()
    assert found == {1, 2}
    write_folder(tmp_path / "plain", version(3))  # of the killed, nothing is left: no lock, no file
    assert read_all(tmp_path / "plain") == 3
    assert file_names(tmp_path / "plain") == sorted({*FILES} - {"accepted.json"})


def test_a_folder_that_never_rests_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path, version(1))
    stamps = iter(range(1 << 30))
    monkeypatch.setattr(snapshot, "_stamps", lambda _: (None, (next(stamps), 0)))
    monkeypatch.setattr(snapshot, "_PATIENCE", 0.05)
    start = time.monotonic()
    with pytest.raises(ModelError, match="was saved to for 0 seconds without a pause in which it could be read"):
        read_folder(tmp_path)
    assert time.monotonic() - start < 5


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts this process's descriptors")
def test_nothing_stays_open(tmp_path: Path) -> None:
    write_folder(tmp_path, version(1))
    before = len(os.listdir("/proc/self/fd"))
    for read in READERS[:3]:
        read(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    for read in READERS[:2]:
        with pytest.raises(ModelError, match="missing"):
            read(tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(b"x")
    (tmp_path / "README.md").unlink()
    (tmp_path / "README.md").mkdir()
    for read in READERS[:3]:
        with pytest.raises(ModelError):
            read(tmp_path)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.skipif(sys.platform == "win32", reason="folders are locked on Unix")
def test_a_save_waits_for_another_and_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path, version(1))
    monkeypatch.setattr(atomic, "_PATIENCE", 0.05)
    with atomic.locked(tmp_path):
        assert read_all(tmp_path) == 1  # a reader waits for nobody
        with pytest.raises(ModelError, match="is being saved to by another process"):
            write_folder(tmp_path, version(2))
    write_folder(tmp_path, version(2))
    assert read_all(tmp_path) == 2


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write_is_read(tmp_path: Path) -> None:
    write_folder(tmp_path, version(1))
    tmp_path.chmod(0o555)
    try:
        assert {read(tmp_path) for read in READERS[:3]} == {1}
    finally:
        tmp_path.chmod(0o755)
