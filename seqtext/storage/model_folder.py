"""The model folder: written so that no interruption spoils it, read without trusting it.

It holds data only: config.json, tokenizer.json, weights.safetensors and, optionally, history.jsonl and README.md.
"""

import contextlib
import json
import math
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from seqtext.errors import ModelError
from seqtext.storage.atomic import damaged, sync_names, unreadable, unwritable, write_atomically, write_synced
from seqtext.storage.weights import pack_weights, read_header, read_weights
from seqtext.tasks import TASKS

FORMAT = 1
#: All that is ever read, written, fetched or pushed, in the order of writing; the largest sizes accepted, in bytes.
FILES = {
    "weights.safetensors": 1 << 40,
    "tokenizer.json": 1 << 28,
    "history.jsonl": 1 << 28,
    "README.md": 1 << 24,
    "config.json": 1 << 24,
}
OPTIONAL = ("history.jsonl", "README.md")

_COMMIT = ".config.json.new"

T = TypeVar("T")
#: What tells a save from another: inode and time of the config that is to come, if one is, and of the one in its place.
Stamp = list[tuple[int, int]]


@dataclass(frozen=True)
class ModelFolder:
    """What a model folder holds; config has at least "format", a number, and "task", a name in `tasks.TASKS`."""

    config: dict[str, Any]
    tokenizer: str
    weights: dict[str, NDArray[np.float32]]
    history: list[dict[str, Any]]
    card: str


@dataclass(frozen=True)
class SavedModel:
    """A model folder of which history and card are not read yet: no answer needs them."""

    config: dict[str, Any]
    tokenizer: str
    weights: dict[str, NDArray[np.float32]]
    folder: Path
    stamp: Stamp

    def whole(self) -> ModelFolder:
        """Read history and card, too; raises ModelError unless they are of the same save as the weights."""
        if not self.folder.exists():
            raise ModelError(
                f"{self.folder}, from which the model was loaded, is gone, and with it its history and card.",
                "load the model from where it is now",
            )
        (history, card), stamp = _read_one_save(
            existing_folder(self.folder), lambda folder: (_read_history(folder), _read_text(folder, "README.md"))
        )
        if stamp[:1] != self.stamp[:1]:  # the config that counts: it takes its place unchanged
            raise ModelError(
                f"{self.folder} has changed since the model was loaded: its history and card are of another save.",
                "load the model again",
            )
        return ModelFolder(self.config, self.tokenizer, self.weights, history, card)


#: What a model is made of: all of a folder, or what an answer needs of it.
Contents = ModelFolder | SavedModel


def write_folder(path: str | Path, contents: ModelFolder, precision: str = "fp16") -> None:
    """Save a model as fp32, fp16 or int8 (one scale a row; what is not a matrix stays fp32).

    The new files are written beside the old ones; renaming the new config to `.config.json.new` is the instant from
    which they count, and only then do they take their places. So a kill leaves the old or the new model, never a
    mixture. Raises ModelError, with the old model untouched, when anything cannot be stored.
    """
    folder = Path(path)
    _check_config(contents.config, folder / "config.json")
    files = {
        "weights.safetensors": pack_weights(contents.weights, precision),
        "tokenizer.json": contents.tokenizer.encode("utf-8", "backslashreplace"),
        "history.jsonl": b"".join(_pack_json(entry, folder / "history.jsonl") for entry in contents.history),
        "README.md": contents.card.encode("utf-8", "backslashreplace"),
        "config.json": _pack_json(contents.config, folder / "config.json", indent=2),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        settle(folder)
        _discard(folder)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        for name, data in files.items():
            if name == "config.json":
                write_atomically(folder / _COMMIT, data)
            elif data or name not in OPTIONAL or (folder / name).exists():
                write_synced(folder / f".{name}.new", data)
    except BaseException:
        with contextlib.suppress(OSError):
            _discard(folder)
        raise
    settle(folder)


def _discard(folder: Path) -> None:
    """Remove what an unfinished save left; the commit first, so that the old model counts at every instant."""
    for name in (_COMMIT, ".config.json.new.tmp", *(f".{name}.new" for name in FILES)):
        (folder / name).unlink(missing_ok=True)


def settle(folder: Path) -> None:
    """Let the files of a committed save take their places, config.json last."""
    if not (folder / _COMMIT).exists():
        return
    for name in FILES:
        staged = folder / f".{name}.new"
        try:
            if staged.exists() and not staged.stat().st_size:  # the new model has no such file
                (folder / name).unlink(missing_ok=True)
                staged.unlink()
            elif staged.exists():
                os.replace(staged, folder / name)
        except OSError as error:
            raise ModelError(
                f"{folder / name} cannot be replaced: {error.strerror or error}; the new model is kept in hidden files "
                "beside it and is read from there.",
                f"make {folder} writable, then save again",
            ) from error
    sync_names(folder)


def _pack_json(value: Mapping[str, Any], place: Path, indent: int | None = None) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    except (TypeError, ValueError) as error:
        raise ModelError(f"{place} cannot be written: {error}.", "keep only finite numbers, text and lists") from error
    return text.encode("utf-8", "backslashreplace") + b"\n"  # half a surrogate pair becomes its JSON escape


def read_folder(path: str | Path) -> ModelFolder:
    """Read a model, every file checked; fp16 and int8 weights become float32. Raises ModelError.

    A link that leads out of the folder is refused, so that a model from elsewhere cannot read other files; only in a
    Hugging Face cache may links lead to that cache's blobs. A save that lands while reading is read again.
    """

    def read(folder: Path) -> ModelFolder:
        config, tokenizer, weights = _read_essentials(folder)
        return ModelFolder(config, tokenizer, weights, _read_history(folder), _read_text(folder, "README.md"))

    return _read_one_save(existing_folder(path), read)[0]


def read_saved(path: str | Path, check: Callable[[Mapping[str, Any]], None]) -> SavedModel:
    """Read a model without history and card; otherwise as `read_folder`.

    check: raises a ModelError for a config that is not wanted, before the weights are read
    """
    found, stamp = _read_one_save(existing_folder(path), lambda folder: _read_essentials(folder, check))
    return SavedModel(*found, Path(path).absolute(), stamp)  # found again after a change of directory


def _read_essentials(
    folder: Path, check: Callable[[Mapping[str, Any]], None] = lambda _: None
) -> tuple[dict[str, Any], str, dict[str, NDArray[np.float32]]]:
    """Read config, tokenizer and weights; `check` may refuse the config."""
    config = read_config(folder)
    check(config)
    return config, _read_text(folder, "tokenizer.json"), read_weights(_present(folder, "weights.safetensors"))


def _read_one_save(folder: Path, read: Callable[[Path], T]) -> tuple[T, Stamp]:
    """Read a folder, again if a save lands meanwhile; the result and the stamp of its save."""
    for _ in range(9):
        before = _stamp(folder)
        try:
            found = read(folder)
        except ModelError:
            if before == _stamp(folder):
                raise
            continue
        if before == _stamp(folder):
            return found, before
    raise ModelError(f"{folder} changed each time it was read.", "wait until nothing saves to it, then try again")


def _stamp(folder: Path) -> Stamp:
    """What differs before and after a save."""
    stamps = []
    for name in (_COMMIT, "config.json"):
        with contextlib.suppress(OSError):
            status = os.stat(folder / name)
            stamps.append((status.st_ino, status.st_mtime_ns))
    return stamps


def existing_folder(path: str | Path) -> Path:
    """The path, if a model is there."""
    folder = Path(path)
    if not os.path.exists(folder):
        raise ModelError(f"{folder} does not exist.", "seqtext models lists the bundled models")
    if not os.path.isdir(folder):
        raise ModelError(f"{folder} is a file; a model is a folder.", f"--model {folder.parent}")
    if not any(os.path.lexists(folder / name) for name in ("config.json", _COMMIT)):
        try:
            found = sorted(name for name in os.listdir(folder) if not name.startswith("."))
        except OSError as error:
            raise unreadable(folder, error) from error
        raise ModelError(
            f"{folder} holds no model yet: config.json is missing (found: {', '.join(found[:6]) or 'nothing'}).",
            f"if training is going on, wait for its first save; else seqtext train TASK CORPUS --run {folder}",
        )
    return folder


def _locate(folder: Path, name: str) -> Path | None:
    """Where the bytes of one of FILES are: in a committed save or in their place; None if nowhere."""
    path = folder / f".{name}.new"
    if not (os.path.lexists(folder / _COMMIT) and os.path.lexists(path)):
        path = folder / name
    home, real = Path(os.path.realpath(folder)), Path(os.path.realpath(path))
    allowed = [home]
    if home.parent.name == "snapshots":  # CACHE/models--USER--NAME/snapshots/REVISION links to either blobs folder
        allowed += [home.parent.parent / "blobs", home.parent.parent.parent / "blobs"]
    if not any(real.is_relative_to(root) for root in allowed):
        raise ModelError(
            f"{path} is a link to {real}, outside the model folder; only the folder's own files are read.",
            f"if you trust it, copy the file in: cp --remove-destination {real} {path}",
        )
    try:
        status = os.stat(real)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(path, error) from error
    if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
        raise damaged(f"{path} is not a regular file.")
    if status.st_size > FILES[name]:
        raise damaged(f"{path} has {status.st_size:,} bytes; at most {FILES[name]:,} are accepted.")
    return real


def _present(folder: Path, name: str) -> Path:
    path = _locate(folder, name)
    if path is None:
        raise damaged(f"{folder / name} is missing.")
    return path


def _read_text(folder: Path, name: str) -> str:
    if name in OPTIONAL and _locate(folder, name) is None:
        return ""
    try:
        return _present(folder, name).read_bytes().decode()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise damaged(f"{folder / name}, line {line}: not UTF-8 text.") from error
    except OSError as error:
        raise unreadable(folder / name, error) from error


def _parse(text: str, file: Path, line: int = 1) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        line += getattr(error, "lineno", 1) - 1
        raise damaged(f"{file}, line {line}: not JSON ({getattr(error, 'msg', error)}).") from error
    if not isinstance(value, dict):
        raise damaged(f"{file}, line {line}: expected an object {{...}}, found {text.strip()[:40]}.")
    return value


def read_config(folder: Path) -> dict[str, Any]:
    """Read and check config.json; raises ModelError."""
    config = _parse(_read_text(folder, "config.json"), folder / "config.json")
    _check_config(config, folder / "config.json")
    return config


def _check_config(config: Mapping[str, Any], place: Path) -> None:
    version, task = config.get("format"), config.get("task")
    if type(version) is not int or version < 1:
        raise damaged(f"{place} holds format {version!r}; a number from 1 to {FORMAT} is expected.")
    if version > FORMAT:
        raise ModelError(
            f"{place} holds format {version}: this model needs a newer seqtext (this one reads up to {FORMAT}).",
            "pip install --upgrade seqtext",
        )
    if not isinstance(task, str) or task not in TASKS:
        raise ModelError(
            f"{place} holds task {task!r}; accepted are {', '.join(TASKS)}.", "pip install --upgrade seqtext"
        )


def _read_history(folder: Path) -> list[dict[str, Any]]:
    lines = _read_text(folder, "history.jsonl").split("\n")
    last = lines.pop()  # without its newline: empty, or still being written by a training
    entries = [_parse(line, folder / "history.jsonl", n) for n, line in enumerate(lines, 1) if line.strip()]
    if last.strip():
        with contextlib.suppress(ModelError):
            entries += [_parse(last, folder / "history.jsonl")]
    return entries


def describe(path: str | Path) -> dict[str, Any]:
    """The facts of a model folder, without reading its weights; sizes are in bytes, absent facts are None."""
    folder = existing_folder(path)
    config, weights = read_config(folder), _present(folder, "weights.safetensors")
    arrays = [stored for name, stored in read_header(weights).items() if not name.endswith(".scale")]
    kinds = {stored.dtype.name for stored in arrays}
    places = {name: _locate(folder, name) for name in FILES}
    files = {name: os.path.getsize(place) for name, place in places.items() if place is not None}
    told = ("language", "licence", "data", "scores", "network", "tokenizer", "training")
    return {
        "name": folder.name,
        "format": config["format"],
        "task": config["task"],
        "precision": "int8" if "int8" in kinds else "fp16" if "float16" in kinds else "fp32",
        "parameters": sum(math.prod(stored.shape) for stored in arrays),
        "bytes": sum(files.values()),
        "files": files,
        **{key: config.get(key) for key in told},
    }
