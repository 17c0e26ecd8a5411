"""The model folder: exact round trips, no interruption that spoils it, no file that is trusted, no fault unnamed."""

import contextlib
import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import CONFIG, WEIGHTS, fail_at, file_names, hub_cache, model_contents, number_of
from seqtext.avoided_words import masked
from seqtext.errors import ModelError
from seqtext.storage import model_folder, snapshot, weights
from seqtext.storage.catalog import load
from seqtext.storage.model_folder import SavedModel, describe, open_saved, read_folder, write_folder
from seqtext.tasks import TASKS

# Round trips


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_round_trip(tmp_path: Path, precision: str) -> None:
    model = model_contents(3)
    write_folder(tmp_path / "a" / "b", model, precision)
    read = read_folder(str(tmp_path / "a" / "b"))
    assert (read.config, read.tokenizer, read.history, read.card) == (
        model.config,
        model.tokenizer,
        model.history,
        model.card,
    )
    assert file_names(tmp_path / "a" / "b") == ["README.md", CONFIG, "history.jsonl", "tokenizer.json", WEIGHTS]
    assert read.weights.keys() == model.weights.keys()
    for name, array in read.weights.items():
        expected = model.weights[name]
        assert array.dtype == np.float32
        assert array.shape == expected.shape
        assert array.flags.c_contiguous
        assert array.flags.writeable
        error = np.abs(array - expected)
        if precision == "fp32" or (precision == "int8" and array.ndim == 1):
            assert not error.any()
        elif precision == "fp16":
            assert (error <= np.maximum(np.abs(expected) * 2.0**-11, 2.0**-25)).all()
        else:
            assert (error <= np.abs(expected).max(axis=1, keepdims=True) / 127 * 0.5001).all()


def test_unstorable_weights_leave_the_old_model(saved: Path) -> None:
    with pytest.raises(ModelError, match="array 'bias' holds 1e\\+09; fp16 holds finite numbers up to 65504"):
        write_folder(saved, model_contents(1, weights={"bias": np.full(3, 1e9, np.float32)}), "fp16")
    assert number_of(read_folder(saved)) == 0


def test_what_the_new_model_lacks_is_gone(saved: Path) -> None:
    write_folder(saved, model_contents(1, history=[], card=""))
    assert file_names(saved) == [CONFIG, "tokenizer.json", WEIGHTS]
    assert (read_folder(saved).history, read_folder(saved).card) == ([], "")


def test_odd_characters_survive(tmp_path: Path) -> None:
    config = {"format": 1, "task": "fill", "data": ["caf\udcff.txt", "😀"]}
    write_folder(tmp_path, model_contents(config=config))
    assert read_folder(tmp_path).config == config


# What cannot be written


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"config": {"task": "fill"}}, ModelError, "holds format None; a number from 1 to 1 is expected."),
        (
            {"config": {"format": 1, "task": "sing"}},
            ModelError,
            f"holds task 'sing'; accepted are {', '.join(TASKS)}.",
        ),
        (
            {"config": {"format": 1, "task": "fill", "x": float("nan")}},
            ModelError,
            "config.json cannot be written: Out",
        ),
        ({"history": [{"x": {1, 2}}]}, ModelError, "history.jsonl cannot be written: Object of type set"),
        ({"weights": {"a.scale": np.ones(1, np.float32)}}, ModelError, "'a.scale' of shape (1,) cannot be stored"),
    ],
)
def test_contents_that_cannot_be_stored(
    tmp_path: Path, changes: dict[str, Any], kind: type[ModelError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        write_folder(tmp_path / "new", model_contents(**changes))
    assert message in caught.value.message
    assert not (tmp_path / "new").exists()


def test_the_folder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        ModelError, match=r"file cannot be written: File exists\. Try: choose a folder you may write to"
    ):
        write_folder(tmp_path / "file", model_contents())


# Interruptions


def test_every_file_is_on_the_disk_before_it_counts(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    replace = os.replace

    def sync(descriptor: int) -> None:
        events.append("sync")

    def rename(source: Path, target: Path) -> None:
        events.append(f"{Path(source).name} -> {Path(target).name}")
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", sync)
        patch.setattr(os, "replace", rename)
        write_folder(saved, model_contents(1))
    assert events == [
        *["sync", "sync"] * 5,  # each file and the folder's list of names
        ".config.json.new.tmp -> .config.json.new",
        "sync",
        ".weights.safetensors.new -> weights.safetensors",
        ".tokenizer.json.new -> tokenizer.json",
        ".history.jsonl.new -> history.jsonl",
        ".README.md.new -> README.md",
        ".config.json.new -> config.json",
        "sync",
    ]


@pytest.mark.parametrize("turn", [1, 3, 5, 7, 9])  # every other fsync is of the folder, whose failure is harmless
def test_a_full_disk_leaves_the_old_model(saved: Path, monkeypatch: pytest.MonkeyPatch, turn: int) -> None:
    before = {entry.name: entry.read_bytes() for entry in saved.iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail_at(turn, errno.ENOSPC, os.fsync))
        with pytest.raises(ModelError) as caught:
            write_folder(saved, model_contents(1))
    assert ".json" in caught.value.message or WEIGHTS in caught.value.message or "README.md" in caught.value.message
    assert caught.value.message.endswith("cannot be written: No space left on device.")
    assert caught.value.hint == f"free some space (df -h {saved}), then save again"
    assert {entry.name: entry.read_bytes() for entry in saved.iterdir()} == before


@pytest.mark.skipif(sys.platform == "win32", reason="limits on the size of a file are Unix's")
def test_a_write_that_stops_half_way(saved: Path) -> None:
    import resource

    before = file_names(saved)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    big = model_contents(1, weights={"bias": np.ones(100_000, np.float32)})
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(ModelError, match=r"weights\.safetensors\.new cannot be written: File too large"):
            write_folder(saved, big)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file_names(saved) == before
    assert number_of(read_folder(saved)) == 0


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_a_read_only_folder(saved: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", fail_at(1, code, os.unlink))
        patch.setattr(Path, "unlink", fail_at(1, code, Path.unlink))
        with pytest.raises(ModelError) as caught:
            write_folder(saved, model_contents(1))
    assert os.strerror(code) in caught.value.message
    assert caught.value.hint == "choose a folder you may write to"
    assert number_of(read_folder(saved)) == 0


def test_an_interrupt_from_the_keyboard_leaves_the_old_model(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    before = file_names(saved)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_folder(saved, model_contents(1))
    assert file_names(saved) == before
    assert number_of(read_folder(saved)) == 0


def test_replace_fails_at_the_commit(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file_names(saved)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail_at(1, errno.EACCES, os.replace))
        with pytest.raises(ModelError, match=r"config\.json\.new cannot be written: Permission denied"):
            write_folder(saved, model_contents(1))
    assert file_names(saved) == before
    assert number_of(read_folder(saved)) == 0


@pytest.mark.parametrize("turn", [2, 3, 4, 5, 6])
def test_replace_fails_after_the_commit(saved: Path, monkeypatch: pytest.MonkeyPatch, turn: int) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail_at(turn, errno.EACCES, os.replace))
        with pytest.raises(ModelError, match="cannot be replaced: Permission denied; the new model is kept in hidden"):
            write_folder(saved, model_contents(1))
    assert number_of(read_folder(saved)) == 1
    write_folder(saved, model_contents(2))
    assert number_of(read_folder(saved)) == 2
    assert file_names(saved) == ["README.md", CONFIG, "history.jsonl", "tokenizer.json", WEIGHTS]


class Killed(BaseException):
    """Stands for kill -9: nothing that would clean up may run after it."""


@pytest.mark.parametrize("card", ["# Modèle 1\r\n", ""])
@pytest.mark.parametrize("new", [True, False])
def test_a_kill_at_any_moment_leaves_one_complete_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card: str, new: bool
) -> None:
    """Die before the n-th change of the folder, for every n, with no clean-up; then read, save again and read."""
    model = model_contents(1, card=card, history=[] if not card else model_contents(1).history)
    outcomes = []
    for turn in range(1, 100):
        path = tmp_path / str(turn)
        if not new:
            write_folder(path, model_contents(0))
        calls, dead = iter(range(1, 1000)), False

        def dying(function: Callable[..., Any], calls: Iterator[int] = calls, turn: int = turn) -> Callable[..., Any]:
            def step(*args: Any, **kwargs: Any) -> Any:
                if next(calls) >= turn:  # also every later call: the dead clean nothing up
                    raise Killed
                return function(*args, **kwargs)

            return step

        with monkeypatch.context() as patch:
            for module, name in ((os, "replace"), (os, "fsync"), (Path, "unlink"), (Path, "open")):
                patch.setattr(module, name, dying(getattr(module, name)))
            try:
                write_folder(path, model)
            except Killed:
                dead = True
        if not dead:
            break
        try:
            outcomes.append(number_of(read_folder(path)))
        except ModelError:
            outcomes.append(-1)  # no model yet
        write_folder(path, model_contents(2, history=[], card=""))  # nothing of the dead may come in
        assert number_of(read_folder(path)) == 2
        assert not [name for name in file_names(path) if name.startswith(".")]
    assert len(outcomes) > 15
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {-1 if new else 0, 1}
    assert not [name for name in file_names(path) if name.startswith(".")]


def test_a_kill_while_an_interrupted_save_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C just after the commit, then a kill before the n-th file is removed."""
    unlink = Path.unlink
    for turn in range(1, 20):
        path = tmp_path / str(turn)
        write_folder(path, model_contents(0))
        syncs, removals = iter(range(1, 1000)), iter(range(1, 1000))
        undoing = [False]

        def sync(_: int, syncs: Iterator[int] = syncs, undoing: list[bool] = undoing) -> None:
            if next(syncs) == 11:  # of the folder, after the commit
                undoing[0] = True
                raise KeyboardInterrupt

        def remove(
            self: Path,
            missing_ok: bool = False,
            removals: Iterator[int] = removals,
            undoing: list[bool] = undoing,
            turn: int = turn,
        ) -> None:
            if undoing[0] and next(removals) >= turn:
                raise Killed
            unlink(self, missing_ok)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", sync)
            patch.setattr(Path, "unlink", remove)
            with pytest.raises((KeyboardInterrupt, Killed)) as caught:
                write_folder(path, model_contents(1))
        assert number_of(read_folder(path)) == (1 if turn == 1 else 0)
        if caught.type is KeyboardInterrupt:
            break
    assert 5 < turn < 19


def test_a_real_kill(saved: Path) -> None:
    """The same once with a process that really dies, at the first rename after the commit."""
    script = (
        "import os, sys, dataclasses\nfrom seqtext.storage import model_folder\nreplace, calls = os.replace, []\n"
        "def dying(*args):\n    calls.append(args)\n    if len(calls) == 3: os._exit(9)\n    return replace(*args)\n"
        "model = model_folder.read_folder(sys.argv[1])\nmodel.weights['bias'][:] = 5\nos.replace = dying\n"
        "model_folder.write_folder(sys.argv[1], dataclasses.replace(model, config={**model.config, 'number': 5},"
        " tokenizer='{\"number\": 5}', history=[], card=''))\n"
    )
    root = str(Path(model_folder.__file__).parents[2])
    run = subprocess.run(
        [sys.executable, "-c", script, str(saved)], env={**os.environ, "PYTHONPATH": root}, check=False
    )
    assert run.returncode == 9
    assert (saved / ".config.json.new").exists()
    assert number_of(read_folder(saved)) == 5
    assert describe(saved)["files"].keys() == {WEIGHTS, "tokenizer.json", "history.jsonl", "README.md", CONFIG}


# Read for an answer: history and card only when they are asked for


def read_for_an_answer(path: Path) -> SavedModel:
    with open_saved(path, lambda _: None) as found:
        return found


def test_history_and_card_are_left_alone_until_they_are_asked_for(saved: Path) -> None:
    for name in ("history.jsonl", "README.md"):
        damage(saved, name, b"\xff")
    model = read_for_an_answer(saved)
    assert model.config["number"] == 0
    with pytest.raises(ModelError, match=r"history\.jsonl, line 1: not UTF-8 text"):
        model.whole()
    write_folder(saved, model_contents(1))
    assert number_of(read_for_an_answer(saved).whole()) == 1


def test_history_and_card_are_those_of_the_weights_or_none(saved: Path) -> None:
    model = read_for_an_answer(saved)
    assert number_of(model.whole()) == 0
    write_folder(saved, model_contents(0))  # the same again is another save, too
    with pytest.raises(ModelError) as caught:
        model.whole()
    assert caught.value.message == (
        f"{saved} has changed since the model was loaded: its history and card are of another save."
    )
    assert caught.value.hint == "load the model again"


def test_history_and_card_of_a_folder_that_is_gone(saved: Path, tmp_path: Path) -> None:
    model = read_for_an_answer(saved)
    saved.rename(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="model, from which the model was loaded, is gone"):
        model.whole()
    saved.mkdir()
    with pytest.raises(ModelError, match=r"config\.json is missing \(found: nothing\)"):
        model.whole()
    (tmp_path / "elsewhere").rename(tmp_path / "model" / "inner")
    assert number_of(read_for_an_answer(saved / "inner").whole()) == 0


def test_a_model_is_found_again_from_another_directory(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(saved.parent)
    model = read_for_an_answer(Path("model"))
    monkeypatch.chdir(saved)
    assert number_of(model.whole()) == 0


@pytest.mark.parametrize("turn", range(2, 7))
def test_a_committed_save_counts_before_and_after_its_files_are_in_place(
    saved: Path, monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    old = read_for_an_answer(saved)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail_at(turn, errno.EACCES, os.replace))
        with pytest.raises(ModelError, match="cannot be replaced"):
            write_folder(saved, model_contents(1))
    new = read_for_an_answer(saved)
    for _ in range(2):  # with files still hidden, then with all in place
        assert number_of(new.whole()) == 1
        with pytest.raises(ModelError, match="has changed since the model was loaded"):
            old.whole()
        model_folder.settle(saved)
    assert not [name for name in file_names(saved) if name.startswith(".")]


def test_a_save_that_lands_while_the_history_is_read(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, read, saves = read_for_an_answer(saved), model_folder._read_history, iter([1])

    def racing(save: Any) -> Any:
        for number in saves:
            write_folder(saved, model_contents(number))
        return read(save)

    monkeypatch.setattr(model_folder, "_read_history", racing)
    assert number_of(model.whole()) == 0  # its files were open before


def test_an_unwanted_config_is_refused_before_the_weights_are_read(saved: Path) -> None:
    (saved / WEIGHTS).unlink()
    with pytest.raises(ModelError, match="is a model for 'fill'; one for 'classify' is needed"):
        load(saved, task="classify")


# Damage


def damage(path: Path, name: str, data: bytes | None) -> None:
    (path / name).unlink(missing_ok=True)
    if data is not None:
        (path / name).write_bytes(data)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        (WEIGHTS, None, "weights.safetensors is missing."),
        ("tokenizer.json", None, "tokenizer.json is missing."),
        (CONFIG, b"", "config.json, line 1: not JSON (Expecting value)."),
        (CONFIG, b'{"format": 1,\n "task" "fill"}', "config.json, line 2: not JSON (Expecting ':' delimiter)."),
        (CONFIG, b"[1]", "config.json, line 1: expected an object {...}, found [1]."),
        (CONFIG, b"[" * 100_000, "config.json, line 1: not JSON ("),
        (CONFIG, b'{\n"a": "\xff"}', "config.json, line 2: not UTF-8 text."),
        (CONFIG, b'{"task": "fill"}', "config.json holds format None; a number from 1 to 1 is expected."),
        (CONFIG, b'{"format": true, "task": "fill"}', "holds format True; a number from 1 to 1 is expected."),
        (CONFIG, b'{"format": 0, "task": "fill"}', "holds format 0; a number from 1 to 1 is expected."),
        (CONFIG, b'{"format": 2, "task": "sing"}', "holds format 2: this model needs a newer seqtext"),
        (
            CONFIG,
            b'{"format": 1}',
            f"config.json holds task None; accepted are {', '.join(TASKS)}.",
        ),
        (
            CONFIG,
            b'{"format": 1, "task": ["fill"]}',
            f"config.json holds task ['fill']; accepted are {', '.join(TASKS)}.",
        ),
        (
            CONFIG,
            b'{"format": 1, "task": "sing"}',
            f"config.json holds task 'sing'; accepted are {', '.join(TASKS)}.",
        ),
        (CONFIG, b" " * ((1 << 24) + 1), "config.json has 16,777,217 bytes; at most 16,777,216 are accepted."),
        ("tokenizer.json", b"\n\n\xe9", "tokenizer.json, line 3: not UTF-8 text."),
        ("history.jsonl", b'{"a": 1}\n{"a"\n{"a": 1}\n', "history.jsonl, line 2: not JSON (Expecting ':' delimiter)."),
        ("history.jsonl", b'{"a": 1}\n7\n', "history.jsonl, line 2: expected an object {...}, found 7."),
        ("README.md", b"\xff", "README.md, line 1: not UTF-8 text."),
        (WEIGHTS, b"", "weights.safetensors is damaged: its header is cut off or too long."),
        (WEIGHTS, b"\xff" * 100, "weights.safetensors is damaged: its header is cut off or too long."),
    ],
)
def test_damaged_files(saved: Path, name: str, data: bytes | None, message: str) -> None:
    damage(saved, name, data)
    with pytest.raises(ModelError) as caught:
        read_folder(saved)
    assert message in caught.value.message
    assert str(saved / name) in caught.value.message
    assert caught.value.hint in (
        "save or download the model again, or take a bundled one (seqtext models)",
        "pip install --upgrade seqtext",
    )


def test_the_hint_for_a_newer_format(saved: Path) -> None:
    damage(saved, CONFIG, b'{"format": 2, "task": "fill"}')
    for read in (read_folder, describe, load):
        with pytest.raises(ModelError, match=r"needs a newer seqtext .*Try: pip install --upgrade seqtext"):
            read(saved)


def test_a_history_line_that_is_being_written_is_left_out(saved: Path) -> None:
    (saved / "history.jsonl").write_bytes(b'{"a": 1}\n\n{"a": 2')
    assert read_folder(saved).history == [{"a": 1}]
    (saved / "history.jsonl").write_bytes(b'{"a": 1}\n{"a": 2}')
    assert read_folder(saved).history == [{"a": 1}, {"a": 2}]
    (saved / "history.jsonl").write_bytes(b'{"a": 1}\n \t')
    assert read_folder(saved).history == [{"a": 1}]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_edited_files_never_raise_anything_else(saved: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([WEIGHTS, CONFIG, "tokenizer.json", "history.jsonl", "README.md"]))
    whole = (saved / name).read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    stop = data.draw(st.integers(start, min(len(whole), start + 40)))
    try:
        (saved / name).write_bytes(whole[:start] + data.draw(st.binary(max_size=40)) + whole[stop:])
        for read in (read_folder, describe):
            with contextlib.suppress(ModelError):  # anything else fails
                read(saved)
    finally:
        (saved / name).write_bytes(whole)


def test_a_folder_in_the_place_of_a_file(saved: Path) -> None:
    (saved / "tokenizer.json").unlink()
    (saved / "tokenizer.json").mkdir()
    with pytest.raises(ModelError, match=r"tokenizer\.json is not a regular file"):
        read_folder(saved)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are Unix's")
@pytest.mark.parametrize("name", [WEIGHTS, CONFIG, "README.md"])
def test_a_pipe_is_not_waited_for(saved: Path, name: str) -> None:
    (saved / name).unlink()
    os.mkfifo(saved / name)
    with pytest.raises(ModelError, match="is not a regular file"):
        read_folder(saved)


@pytest.mark.parametrize(("turn", "name"), [(1, CONFIG), (2, WEIGHTS), (3, "tokenizer.json")])
def test_no_right_to_read(saved: Path, monkeypatch: pytest.MonkeyPatch, turn: int, name: str) -> None:
    for read in (read_folder, describe):
        with monkeypatch.context() as patch:
            patch.setattr(os, "open", fail_at(turn, errno.EACCES, os.open))
            with pytest.raises(ModelError, match=rf"{name} cannot be read: Permission denied\. Try: ls -l"):
                read(saved)


@pytest.mark.parametrize("name", [WEIGHTS, CONFIG, "README.md"])
def test_a_disk_that_fails_to_read(saved: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    class Failing(FileIO):
        def read(self, *_: Any) -> bytes:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        readall = read

    place = saved / name

    def opened(descriptor: int) -> Any:
        return (Failing if os.path.samestat(os.fstat(descriptor), place.stat()) else FileIO)(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "FileIO", opened)
        with pytest.raises(ModelError, match=rf"{name} cannot be read: Input/output error"):
            read_folder(saved)


# Links


@pytest.mark.parametrize("name", [WEIGHTS, CONFIG, "tokenizer.json", "history.jsonl", "README.md"])
@pytest.mark.parametrize("kind", ["absolute", "relative", "dangling"])
def test_links_out_of_the_folder_are_refused(saved: Path, name: str, kind: str) -> None:
    outside = saved.parent / "outside"
    (saved / name).replace(outside)
    (saved / name).symlink_to("../outside" if kind == "relative" else outside)
    if kind == "dangling":
        outside.unlink()
    for read in (read_folder, describe):
        with pytest.raises(ModelError) as caught:
            read(saved)
        assert f"{saved / name} is a link to {outside}, outside the model folder" in caught.value.message
        assert f"rm {saved / name} && cp {outside} {saved / name}" in caught.value.hint


def test_a_staged_link_is_refused_too(saved: Path) -> None:
    (saved.parent / "secret").write_text('{"format": 1, "task": "fill"}')
    (saved / ".config.json.new").symlink_to("../secret")
    with pytest.raises(ModelError, match="is a link to"):
        read_folder(saved)


def test_links_that_are_harmless(saved: Path, tmp_path: Path) -> None:
    (saved / "real.json").write_bytes((saved / "tokenizer.json").read_bytes())
    (saved / "tokenizer.json").unlink()
    (saved / "tokenizer.json").symlink_to("real.json")
    (tmp_path / "alias").symlink_to("model")
    assert number_of(read_folder(tmp_path / "alias")) == 0


def test_a_link_to_itself(saved: Path) -> None:
    (saved / "tokenizer.json").unlink()
    (saved / "tokenizer.json").symlink_to("tokenizer.json")
    with pytest.raises(ModelError, match=r"tokenizer\.json (is missing|cannot be read)"):
        read_folder(saved)


@pytest.mark.parametrize("shared", [False, True])
def test_a_hub_cache_is_read(saved: Path, tmp_path: Path, shared: bool) -> None:
    snapshot = hub_cache(saved, tmp_path / "cache", shared)
    assert number_of(read_folder(snapshot)) == 0
    assert describe(snapshot)["task"] == "fill"


@pytest.mark.parametrize("target", ["../../../../secret", "../../../secret", "../../refs", "../../blobs/away/secret"])
def test_a_hub_cache_reads_nothing_but_blobs(saved: Path, tmp_path: Path, target: str) -> None:
    snapshot = hub_cache(saved, tmp_path / "cache")
    for secret in (tmp_path / "secret", tmp_path / "cache" / "secret", snapshot.parents[1] / "refs"):
        secret.write_text("secret")
    (snapshot.parents[1] / "blobs" / "away").symlink_to(tmp_path)
    (snapshot / "README.md").unlink()
    (snapshot / "README.md").symlink_to(target)
    with pytest.raises(ModelError, match="outside the model folder"):
        read_folder(snapshot)


def test_blobs_count_only_in_a_hub_cache(saved: Path, tmp_path: Path) -> None:
    snapshot = hub_cache(saved, tmp_path / "cache")
    elsewhere = snapshot.parent.rename(snapshot.parents[1] / "models") / snapshot.name
    with pytest.raises(ModelError, match="outside the model folder"):
        read_folder(elsewhere)


# Facts


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_describe(saved: Path, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(saved, model_contents(), precision)
    monkeypatch.setattr(weights, "_read_array", None)  # no weights are read
    facts = describe(saved)
    sizes = {file.name: file.stat().st_size for file in saved.iterdir()}
    assert facts == {
        "name": "model",
        "format": 1,
        "task": "fill",
        "precision": precision,
        "parameters": 7 * 5 + 3,
        "bytes": sum(sizes.values()),
        "files": sizes,
        "language": "fr",
        "licence": None,
        "data": None,
        "scores": {"top1": 0.25},
        "measured_on": None,
        "network": None,
        "tokenizer": None,
        "training": None,
    }


def test_describe_tells_the_settings(saved: Path) -> None:
    network, tokenizer = {"cell": "gru", "bag": True}, {"tokens": "word"}
    write_folder(saved, model_contents(config={**model_contents().config, "network": network, "tokenizer": tokenizer}))
    facts = describe(saved)
    assert (facts["network"], facts["tokenizer"]) == (network, tokenizer)


def test_describe_lists_languages(saved: Path) -> None:
    write_folder(saved, model_contents(config={**model_contents().config, "languages": {"Danish": "da"}}))
    assert describe(saved)["codes"] == {"Danish": "da"}


def test_describe_tells_a_channel(saved: Path) -> None:
    channel = {"weight": 0.2, "network": {"cell": "lstm", "layers": 1}}
    write_folder(saved, model_contents(config={**model_contents().config, "channel": channel}))
    assert describe(saved)["channel"] == channel


def test_words_to_avoid_are_counted_and_kept(saved: Path) -> None:
    config = {**model_contents().config, "avoid": masked(["sad", "gloom*"])}
    write_folder(saved, model_contents(config=config))
    assert describe(saved)["avoided_words"] == 2
    assert read_folder(saved).config["avoid"] == config["avoid"]


@pytest.mark.parametrize("words", [7, None, ["sad"], "fnq\n\ntybbz", "fnq\n!", "n" * 101])
def test_words_to_avoid_that_are_none_are_refused(saved: Path, words: object) -> None:
    broken = {**model_contents().config, "avoid": words}
    (saved / CONFIG).write_text(json.dumps(broken), encoding="utf-8")
    for read in (read_folder, describe):
        with pytest.raises(ModelError, match="words to avoid that cannot be read"):
            read(saved)


def test_describe_names_damage(saved: Path) -> None:
    (saved / WEIGHTS).write_bytes(b"x")
    with pytest.raises(ModelError, match="is damaged"):
        describe(saved)
    (saved / WEIGHTS).unlink()
    with pytest.raises(ModelError, match="is missing"):
        describe(saved)


def test_importing_is_light() -> None:
    heavy = "{'torch', 'datasets', 'huggingface_hub', 'tokenizers', 'safetensors'}"
    script = f"import sys, seqtext.storage.model_folder; sys.exit(bool({heavy} & set(sys.modules)))"
    root = str(Path(model_folder.__file__).parents[2])
    run = subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": root}, check=False)
    assert run.returncode == 0


def test_a_fingerprint_is_of_what_answers_depend_on(tmp_path: Path) -> None:
    write_folder(tmp_path / "a", model_contents(1))
    write_folder(tmp_path / "b", model_contents(1, card="Another card", history=[]))
    assert model_folder.fingerprint(tmp_path / "a") == model_folder.fingerprint(tmp_path / "b")
    first = model_contents(1)
    for changes in (
        {"config": {**first.config, "temperature": 2}},
        {"weights": {**first.weights, "bias": first.weights["bias"] + 1}},
        {"tokenizer": first.tokenizer + " "},
    ):
        write_folder(tmp_path / "c", model_contents(1, **changes))
        assert model_folder.fingerprint(tmp_path / "c") != model_folder.fingerprint(tmp_path / "a")
