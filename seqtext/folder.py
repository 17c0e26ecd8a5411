"""The model folder: written so that no interruption spoils it, read without trusting it, found by name, pushed.

It holds data only: config.json, tokenizer.json, weights.safetensors and, optionally, history.jsonl and README.md.
"""

import contextlib
import difflib
import errno
import json
import math
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.errors import ConfigError, ModelError

FORMAT = 1
#: Every task and the class that answers it; adding a task is one line here.
TASKS: dict[str, str] = {"fill": "seqtext.fill:BlankFiller"}
PRETRAINED = Path(__file__).parent / "pretrained"
#: All that is ever read, written, fetched or pushed, in the order of writing; the largest sizes accepted, in bytes.
FILES = {
    "weights.safetensors": 1 << 40,
    "tokenizer.json": 1 << 28,
    "history.jsonl": 1 << 28,
    "README.md": 1 << 24,
    "config.json": 1 << 24,
}
OPTIONAL = ("history.jsonl", "README.md")
#: The precisions weights are stored in and the largest magnitude each can hold (int8: its scale times 127).
STORAGE = {"fp32": float(np.finfo(np.float32).max), "fp16": 65504.0, "int8": 3e38}

_DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "I8": np.dtype("i1")}
_BLOCK = 1 << 18  # elements converted at once: the block stays in the processor's cache
_COMMIT = ".config.json.new"
_HUB_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_HUB_ID = re.compile(f"{_HUB_PART}/{_HUB_PART}")


@dataclass(frozen=True)
class ModelFolder:
    """What a model folder holds. `config` has at least "format" (a number) and "task" (a key of TASKS)."""

    config: dict[str, Any]
    tokenizer: str
    weights: dict[str, NDArray[np.float32]]
    history: list[dict[str, Any]]
    card: str


def write_folder(path: str | Path, contents: ModelFolder, precision: str = "fp16") -> None:
    """Save a model as fp32, fp16 or int8 (one scale a row; what is not a matrix stays fp32).

    The new files are written beside the old ones; renaming the new config to `.config.json.new` is the instant from
    which they count, and only then do they take their places. So a kill leaves the old or the new model, never a
    mixture. Raises ModelError, with the old model untouched, when anything cannot be stored.
    """
    folder = Path(path)
    _check_config(contents.config, folder / "config.json")
    files = {
        "weights.safetensors": _pack_weights(contents.weights, precision),
        "tokenizer.json": contents.tokenizer.encode("utf-8", "backslashreplace"),
        "history.jsonl": b"".join(_pack_json(entry, folder / "history.jsonl") for entry in contents.history),
        "README.md": contents.card.encode("utf-8", "backslashreplace"),
        "config.json": _pack_json(contents.config, folder / "config.json", indent=2),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _settle(folder)
        _discard(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        for name, data in files.items():
            if name == "config.json":
                write_atomically(folder / _COMMIT, data)
            elif data or name not in OPTIONAL or (folder / name).exists():
                _write_synced(folder / f".{name}.new", data)
    except BaseException:
        with contextlib.suppress(OSError):
            _discard(folder)
        raise
    _settle(folder)


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file so that a kill at any moment leaves the old or the new one; ModelError says why it cannot."""
    temporary = path.with_name(f".{path.name.lstrip('.')}.tmp")
    _write_synced(temporary, data)
    try:
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise _unwritable(path, error) from error
    _sync_names(path.parent)


def _write_synced(path: Path, data: bytes) -> None:
    try:
        path.unlink(missing_ok=True)
        with path.open("xb") as file:  # x: never through a link that someone else put there
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(path, error) from error
        raise
    _sync_names(path.parent)


def _sync_names(folder: Path) -> None:
    """Make renames survive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _discard(folder: Path) -> None:
    """Remove what an unfinished save left; the commit first, so that the old model counts at every instant."""
    for name in (_COMMIT, ".config.json.new.tmp", *(f".{name}.new" for name in FILES)):
        (folder / name).unlink(missing_ok=True)


def _settle(folder: Path) -> None:
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
    _sync_names(folder)


def _unwritable(path: Path, error: OSError) -> ModelError:
    full = error.errno in (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
    hint = f"free some space (df -h {path.parent}), then save again" if full else "choose a folder you may write to"
    return ModelError(f"{path} cannot be written: {error.strerror or error}.", hint)


def _damaged(message: str) -> ModelError:
    return ModelError(message, "save or download the model again, or take a bundled one (seqtext models)")


def _unreadable(path: Path, error: OSError) -> ModelError:
    return ModelError(f"{path} cannot be read: {error.strerror or error}.", f"ls -l {path}")


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
    folder = _model_folder(path)
    for _ in range(9):
        before = _stamp(folder)
        try:
            contents = ModelFolder(
                config=_read_config(folder),
                tokenizer=_read_text(folder, "tokenizer.json"),
                weights=_read_weights(_present(folder, "weights.safetensors")),
                history=_read_history(folder),
                card=_read_text(folder, "README.md"),
            )
        except ModelError:
            if before == _stamp(folder):
                raise
            continue
        if before == _stamp(folder):
            return contents
    raise ModelError(f"{folder} changed each time it was read.", "wait until nothing saves to it, then try again")


def _stamp(folder: Path) -> list[tuple[int, int]]:
    """What differs before and after a save."""
    stamps = []
    for name in (_COMMIT, "config.json"):
        with contextlib.suppress(OSError):
            status = os.stat(folder / name)
            stamps.append((status.st_ino, status.st_mtime_ns))
    return stamps


def _model_folder(path: str | Path) -> Path:
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
            raise _unreadable(folder, error) from error
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
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
        raise _damaged(f"{path} is not a regular file.")
    if status.st_size > FILES[name]:
        raise _damaged(f"{path} has {status.st_size:,} bytes; at most {FILES[name]:,} are accepted.")
    return real


def _present(folder: Path, name: str) -> Path:
    path = _locate(folder, name)
    if path is None:
        raise _damaged(f"{folder / name} is missing.")
    return path


def _read_text(folder: Path, name: str) -> str:
    if name in OPTIONAL and _locate(folder, name) is None:
        return ""
    try:
        return _present(folder, name).read_bytes().decode()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _damaged(f"{folder / name}, line {line}: not UTF-8 text.") from error
    except OSError as error:
        raise _unreadable(folder / name, error) from error


def _parse(text: str, file: Path, line: int = 1) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        line += getattr(error, "lineno", 1) - 1
        raise _damaged(f"{file}, line {line}: not JSON ({getattr(error, 'msg', error)}).") from error
    if not isinstance(value, dict):
        raise _damaged(f"{file}, line {line}: expected an object {{...}}, found {text.strip()[:40]}.")
    return value


def _read_config(folder: Path) -> dict[str, Any]:
    config = _parse(_read_text(folder, "config.json"), folder / "config.json")
    _check_config(config, folder / "config.json")
    return config


def _check_config(config: Mapping[str, Any], place: Path) -> None:
    version, task = config.get("format"), config.get("task")
    if type(version) is not int or version < 1:
        raise _damaged(f"{place} holds format {version!r}; a number from 1 to {FORMAT} is expected.")
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
    with contextlib.suppress(ModelError):
        entries += [_parse(last, folder / "history.jsonl")]
    return entries


def _pack_weights(weights: Mapping[str, NDArray[np.float32]], precision: str) -> bytes:
    """A safetensors file. int8: value = quantized * scale of its row, with scale = max|row| / 127."""
    from safetensors.numpy import save

    if precision not in STORAGE:
        raise ConfigError(f"precision received {precision!r}; accepted are {', '.join(STORAGE)}.", "fp16")
    stored: dict[str, NDArray[Any]] = {}
    for name, array in weights.items():
        if name.endswith(".scale") or not array.size:
            raise ModelError(
                f"array {name!r} of shape {array.shape} cannot be stored: it is empty, or its name ends in .scale.",
                "rename the array, or leave it out",
            )
        with np.errstate(all="ignore"):
            values = array.astype(np.float32, order="C")
        peak = float(np.maximum(values.max(), -values.min()))
        if not peak <= STORAGE[precision]:
            raise ModelError(
                f"array {name!r} holds {peak:g}; {precision} holds finite numbers up to {STORAGE[precision]:g}.",
                "store it as fp32" if math.isfinite(peak) else "train with a lower --learning-rate",
            )
        if precision == "int8" and values.ndim == 2:
            scale = np.abs(values).max(axis=1) / np.float32(127)  # (rows,)
            values /= np.where(scale > 0, scale, 1)[:, None]
            stored[name] = np.clip(np.rint(values), -127, 127).astype(np.int8)
            stored[f"{name}.scale"] = scale
        else:
            stored[name] = values.astype(np.float16) if precision == "fp16" else values
    return save(stored)


class _Stored(NamedTuple):
    """An array in a weights file."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int  # its first byte in the file

    @property
    def size(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def _read_header(file: FileIO, path: Path) -> dict[str, _Stored]:
    """The arrays of a safetensors file: eight bytes of length, so many of JSON, then the arrays without a gap."""
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    position = 8 + length
    if size < 8 or position > size or length > FILES["config.json"]:
        raise _damaged(f"{path} is damaged: its header is cut off or too long.")
    arrays: dict[str, _Stored] = {}
    try:
        header = json.loads(file.read(length).decode())
        header.pop("__metadata__", None)
        entries = [(*entry["data_offsets"], name, entry["dtype"], entry["shape"]) for name, entry in header.items()]
        for start, stop, name, dtype, shape in sorted(entries, key=lambda entry: (entry[0], entry[1])):
            if dtype not in _DTYPES:
                raise _damaged(f"{path}: array {name!r} is stored as {dtype}; accepted are {', '.join(_DTYPES)}.")
            if len(shape) > 8 or not all(type(number) is int and number > 0 for number in shape):
                raise ValueError(f"array {name!r} has shape {shape}")
            arrays[name] = _Stored(_DTYPES[dtype], tuple(shape), position)
            if (start, stop) != (position - 8 - length, position - 8 - length + arrays[name].size):
                raise ValueError(f"array {name!r} is not where it should be")
            position += arrays[name].size
        if position != size:
            raise ValueError(f"it has {size:,} bytes, its arrays need {position:,}")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _damaged(f"{path} is damaged: {error}.") from error
    return arrays


def _read_weights(path: Path) -> dict[str, NDArray[np.float32]]:
    weights = {}
    try:
        with FileIO(path) as file:
            arrays = _read_header(file, path)
            for name, stored in arrays.items():
                if name.endswith(".scale"):
                    matrix = arrays.get(name.removesuffix(".scale"))
                    if matrix is None or matrix.dtype != np.int8:
                        raise _damaged(f"{path}: array {name!r} is a scale without its int8 matrix.")
                elif stored.dtype == np.int8:
                    found = arrays.get(f"{name}.scale")
                    if len(stored.shape) != 2 or found is None or found[:2] != (_DTYPES["F32"], stored.shape[:1]):
                        raise _damaged(f"{path}: int8 array {name!r} of shape {stored.shape} has no fitting scale.")
                    scale = _read_array(file, path, f"{name}.scale", found)
                    weights[name] = _read_array(file, path, name, stored, scale)
                else:
                    weights[name] = _read_array(file, path, name, stored)
    except OSError as error:
        raise _unreadable(path, error) from error
    except MemoryError as error:
        raise ModelError(
            f"{path} does not fit into memory.", "close other programs, or take a smaller model"
        ) from error
    return weights


def _read_array(
    file: FileIO, path: Path, name: str, stored: _Stored, scale: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Read and convert block by block, so that the file's bytes are never in memory as a whole."""
    array = np.empty(stored.shape, np.float32)
    rows = array.reshape(-1) if scale is None else array
    step = max(1, _BLOCK * len(rows) // array.size)
    block = np.empty((min(step, len(rows)), *rows.shape[1:]), stored.dtype)
    file.seek(stored.start)
    with np.errstate(all="ignore"):
        for first in range(0, len(rows), step):
            target, part = rows[first : first + step], block[: len(rows) - first]
            if file.readinto(part.data) != part.nbytes:
                raise _damaged(f"{path} is damaged: it ends within array {name!r}.")
            if scale is None:
                target[...] = part
            else:
                np.multiply(part, scale[first : first + step, None], out=target)
            if not np.isfinite(target).all():
                raise _damaged(f"{path}: array {name!r} holds numbers that are not finite.")
    return array


def check_shapes(weights: Mapping[str, NDArray[np.float32]], expected: Mapping[str, tuple[int, ...]]) -> None:
    """Hold the arrays to the names and shapes that a config asks for, or raise one ModelError."""
    wrong = []
    for name in sorted({*weights, *expected}):
        if name not in weights:
            wrong.append(f"array {name!r} is missing, expected is shape {expected[name]}")
        elif name not in expected:
            wrong.append(f"array {name!r} of shape {weights[name].shape} is not expected")
        elif weights[name].shape != tuple(expected[name]):
            wrong.append(f"array {name!r} has shape {weights[name].shape}, expected is {expected[name]}")
    if wrong:
        more = f" ({len(wrong) - 1} more differ)" if len(wrong) > 1 else ""
        raise _damaged(f"The weights do not fit the config: {wrong[0]}{more}.")


def bundled() -> dict[str, Path]:
    """The model folders that come with seqtext, by name."""
    found = sorted(PRETRAINED.iterdir()) if PRETRAINED.is_dir() else []
    return {path.name: path for path in found if (path / "config.json").is_file()}


def find(name: str | Path) -> Path:
    """The model folder for a bundled name, a path or a Hugging Face Hub id, which alone uses the network."""
    text, known = name if isinstance(name, str) else name.as_posix(), bundled()
    if text in known:
        return known[text]
    if text and os.path.exists(text):
        return _model_folder(text)
    if _HUB_ID.fullmatch(text):
        return _download(text)
    near = difflib.get_close_matches(text, known, n=1, cutoff=0.0)
    raise ModelError(
        f"No model is called {text!r}; accepted are a bundled name ({', '.join(known) or 'there are none'}), a model "
        "folder, or a Hugging Face Hub id such as user/name.",
        f"--model {near[0]}" if near else "seqtext train TASK CORPUS --run FOLDER",
    )


def _download(repository: str) -> Path:
    try:
        from huggingface_hub import snapshot_download

        folder = snapshot_download(repository, allow_patterns=list(FILES))
    except Exception as error:  # a dozen kinds, of this library and of those it uses
        raise ModelError(
            f"{repository!r} is no folder here, and the Hugging Face Hub did not give it: {_cause(error)}.",
            "check the spelling and the connection, or take a bundled model (seqtext models)",
        ) from error
    return _model_folder(folder)


def _cause(error: Exception) -> str:
    """One line for what the Hub's library raised, by the names of its kinds (importing them would be slow)."""
    causes = {
        "GatedRepoError": "its owner must grant access first",
        "RepositoryNotFoundError": "there is no such repository, or it is private",
        "LocalEntryNotFoundError": "it cannot be reached, and no copy was kept",
        "LocalTokenNotFoundError": "no token is stored (hf auth login)",
        "ConnectError": "it cannot be reached",
        "ConnectionError": "it cannot be reached",
    }
    for kind in type(error).__mro__:
        if kind.__name__ in causes:
            return causes[kind.__name__]
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


def load(name: str | Path, task: str | None = None) -> Any:
    """The model, ready to answer: an object of its task's class. With `task`, a model for another task is refused."""
    folder = find(name)
    found = _read_config(folder)["task"]
    if task is not None and found != task:
        raise ModelError(
            f"{name} is a model for {found!r}; one for {task!r} is needed.", f"seqtext {found} --model {name}"
        )
    module, _, kind = TASKS[found].partition(":")
    return getattr(import_module(module), kind).from_folder(read_folder(folder))


def push(folder: str | Path, repository: str, *, private: bool = False, token: str | None = None) -> str:
    """Check a model folder, publish its files (no others) as a Hugging Face Hub repository, and return the address."""
    read_folder(folder)
    _settle(Path(folder))
    if not _HUB_ID.fullmatch(repository):
        raise ModelError(f"The repository is called {repository!r}; user/name is expected.", "user/my-model")
    try:
        from huggingface_hub import HfApi

        api = HfApi(token=token)
        url = api.create_repo(repository, private=private, exist_ok=True)
        api.upload_folder(repo_id=repository, folder_path=folder, allow_patterns=list(FILES))
    except Exception as error:
        raise ModelError(f"{folder} was not pushed to {repository!r}: {_cause(error)}.", "hf auth login") from error
    return str(url)


def describe(path: str | Path) -> dict[str, Any]:
    """The facts of a model folder, without reading its weights; sizes are in bytes, absent facts are None."""
    folder = _model_folder(path)
    config, weights = _read_config(folder), _present(folder, "weights.safetensors")
    try:
        with FileIO(weights) as file:
            header = _read_header(file, weights)
    except OSError as error:
        raise _unreadable(weights, error) from error
    arrays = [stored for name, stored in header.items() if not name.endswith(".scale")]
    kinds = {stored.dtype.name for stored in arrays}
    places = {name: _locate(folder, name) for name in FILES}
    files = {name: os.path.getsize(place) for name, place in places.items() if place is not None}
    return {
        "name": folder.name,
        "format": config["format"],
        "task": config["task"],
        "precision": "int8" if "int8" in kinds else "fp16" if "float16" in kinds else "fp32",
        "parameters": sum(math.prod(stored.shape) for stored in arrays),
        "bytes": sum(files.values()),
        "files": files,
        **{key: config.get(key) for key in ("language", "licence", "data", "scores", "training")},
    }
