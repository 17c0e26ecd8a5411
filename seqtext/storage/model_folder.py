"""Write model folders atomically, and read them without trust.

A folder holds data only: config.json, tokenizer.json, weights.safetensors and, optionally, history.jsonl, README.md and
accepted.json.
"""

import contextlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.avoided_words import unmasked
from seqtext.errors import InputError, ModelError
from seqtext.storage.accepted import ACCEPTED, Accepted, read_accepted
from seqtext.storage.atomic import (
    damaged,
    locked,
    remove_file,
    replace_file,
    sync_names,
    unwritable,
    write_atomically,
    write_synced,
)
from seqtext.storage.snapshot import COMMIT, CONFIG, Save, Stamp, open_save
from seqtext.storage.weights import COARSE, StoredWeights, pack_weights
from seqtext.tasks import ANOMALY, TASKS

FORMAT = 1
#: All that is ever read, written, fetched or pushed, with the most bytes accepted; written in this order: the
#: config, last, commits the save.
FILES = {
    "weights.safetensors": 1 << 40,
    "tokenizer.json": 1 << 26,
    "history.jsonl": 1 << 25,
    "README.md": 1 << 24,
    ACCEPTED: 1 << 24,
    "config.json": 1 << 24,
}
OPTIONAL = ("history.jsonl", "README.md", ACCEPTED)


@dataclass(frozen=True)
class ModelFolder:
    """Hold the contents of a model folder.

    config has at least "format", a number, and "task", a name in `tasks.TASKS`.

    tokenizer: the text of tokenizer.json; weights: arrays by name; history: a dict for each line of history.jsonl
    card: the text of README.md
    accepted: the text of accepted.json; None leaves the one that is there when saved
    """

    config: dict[str, Any]
    tokenizer: str
    weights: dict[str, NDArray[np.float32]]
    history: list[dict[str, Any]]
    card: str
    accepted: str | None = None


@dataclass(frozen=True)
class SavedModel:
    """Hold a saved model without its history and card.

    They are not read, because no answer needs them.

    folder: the path it was read from; stamp: of its save; otherwise as in `ModelFolder`
    """

    config: dict[str, Any]
    tokenizer: str
    weights: StoredWeights
    folder: Path
    stamp: Stamp
    accepted: str

    def whole(self) -> ModelFolder:
        """Read the model with history and card.

        Raises ModelError unless they are of the same save as the weights.
        """
        if not self.folder.exists():
            raise ModelError(
                f"{self.folder}, from which the model was loaded, is gone, and with it its history and card.",
                "load the model from where it is now",
            )
        with open_save(self.folder, _limits("history.jsonl", "README.md")) as save:
            if save.stamp != self.stamp:
                raise ModelError(
                    f"{self.folder} has changed since the model was loaded: its history and card are of another save.",
                    "load the model again",
                )
            history, card = _read_history(save), _read_text(save, "README.md")
        return ModelFolder(self.config, self.tokenizer, self.weights.whole(), history, card, self.accepted)


#: What a model is made of: all of a folder, or what an answer needs of it.
Contents = ModelFolder | SavedModel


def write_folder(
    path: str | Path, contents: ModelFolder, precision: str = "fp16", forms: Mapping[str, str | int] | None = None
) -> None:
    """Save a model folder atomically.

    precision: fp32, fp16 or int8, which has a scale per row of a matrix; other arrays stay fp32 then
    forms: how single arrays are stored, see `seqtext.storage.weights.pack_weights`

    The new files are written beside the old ones; renaming the new config to `.config.json.new` is the instant from
    which they count, and only then do they take their places. So a kill leaves the old or the new model, never a
    mixture. Raises ConfigError for an unknown precision, and ModelError, with the old model untouched, when anything
    cannot be stored; once the new files count, as `settle` does.
    """
    folder = Path(path)
    _check_config(contents.config, folder / "config.json")
    files = {
        "weights.safetensors": pack_weights(contents.weights, precision, forms),
        "tokenizer.json": contents.tokenizer.encode("utf-8", "backslashreplace"),
        "history.jsonl": b"".join(_pack_json(entry, folder / "history.jsonl") for entry in contents.history),
        "README.md": contents.card.encode("utf-8", "backslashreplace"),
        **({} if contents.accepted is None else {ACCEPTED: contents.accepted.encode("utf-8", "backslashreplace")}),
        "config.json": _pack_json(contents.config, folder / "config.json", indent=2),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    with locked(folder):
        _commit(folder, files)
        settle(folder)


def _commit(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a save beside the old files; the config, last, commits it."""
    try:
        settle(folder)
        _discard(folder)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        for name, data in files.items():
            if name == CONFIG:
                write_atomically(folder / COMMIT, data)
            elif data or name not in OPTIONAL or (folder / name).exists():
                write_synced(folder / f".{name}.new", data)
    except BaseException:
        with contextlib.suppress(OSError):
            _discard(folder)
        raise


def _discard(folder: Path) -> None:
    """Remove what an unfinished save left; the commit first, so that the old model counts at every instant."""
    for name in (COMMIT, ".config.json.new.tmp", *(f".{name}.new" for name in FILES)):
        remove_file(folder / name)


def settle(folder: Path) -> None:
    """Move the files of a committed save into place, config.json last.

    Raises ModelError where one cannot be replaced.
    """
    if not (folder / COMMIT).exists():
        return
    for name in FILES:
        staged = folder / f".{name}.new"
        try:
            if staged.exists() and not staged.stat().st_size:  # the new model has no such file
                remove_file(folder / name)
                remove_file(staged)
            elif staged.exists():
                replace_file(staged, folder / name)
        except OSError as error:
            raise ModelError(
                f"{folder / name} cannot be replaced: {error.strerror or error}; the new model is kept in hidden files "
                "beside it and is read from there.",
                f"make {folder} writable, then save again",
            ) from error
    sync_names(folder)


def _pack_json(value: Mapping[str, Any], path: Path, indent: int | None = None) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    except (TypeError, ValueError) as error:
        raise ModelError(f"{path} cannot be written: {error}.", "keep only finite numbers, text and lists") from error
    return text.encode("utf-8", "backslashreplace") + b"\n"  # half a surrogate pair becomes its JSON escape


def read_folder(path: str | Path) -> ModelFolder:
    """Read a model folder, and check every file. Raises ModelError.

    A link that leads out of the folder is refused, so that a model from elsewhere cannot read other files; only in a
    Hugging Face cache may links lead to that cache's blobs. All is of one save, whatever is saved meanwhile. Weights in
    fp16 and int8 become float32.
    """
    with open_save(path, FILES) as save:
        return _read_all(save)


def _read_all(save: Save) -> ModelFolder:
    config, tokenizer = _read_config(save), _read_text(save, "tokenizer.json")
    accepted = _read_text(save, ACCEPTED)
    read_accepted(accepted, save.folder / ACCEPTED)  # raises where it is damaged, so that no damage is copied
    return ModelFolder(
        config, tokenizer, _open_weights(save).whole(), _read_history(save), _read_text(save, "README.md"), accepted
    )


def copy_folder(path: str | Path, target: str | Path) -> None:
    """Copy the checked files of a single save. Raises ModelError."""
    import shutil  # no answer needs it

    with open_save(path, FILES) as save:
        _read_all(save)
        for name, file in save.files.items():
            if name in OPTIONAL and not save.size(name):
                continue
            try:
                file.seek(0)
                with (Path(target) / name).open("wb") as copy:
                    shutil.copyfileobj(file, copy)
            except OSError as error:
                raise unwritable(Path(target) / name, error) from error


@contextlib.contextmanager
def open_saved(path: str | Path, check: Callable[[Mapping[str, Any]], None]) -> Iterator[SavedModel]:
    """Read a model without history and card; otherwise as `read_folder`.

    In the block its weights can be held to the shapes expected before one is read; at its end the rest of them is read.
    check: raises a ModelError for a config that is not wanted, before anything else is read
    """
    with open_save(path, _limits("tokenizer.json", "weights.safetensors", ACCEPTED)) as save:
        config = _read_config(save)
        check(config)
        weights = _open_weights(save)
        accepted = _read_text(save, ACCEPTED) if config["task"] == ANOMALY.name else ""
        tokenizer = _read_text(save, "tokenizer.json")
        yield SavedModel(config, tokenizer, weights, Path(path).absolute(), save.stamp, accepted)
        weights.whole()


def _open_weights(save: Save) -> StoredWeights:
    return StoredWeights(save.file("weights.safetensors"), save.folder / "weights.safetensors")


def _limits(*names: str) -> dict[str, int]:
    """The config and some other files, with the most bytes of each."""
    return {name: FILES[name] for name in (CONFIG, *names)}


def _read_text(save: Save, name: str) -> str:
    return "" if name in OPTIONAL and name not in save.files else save.text(name)


def _parse(text: str, file: Path, line: int = 1) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        line += getattr(error, "lineno", 1) - 1
        raise damaged(f"{file}, line {line}: not JSON ({getattr(error, 'msg', error)}).") from error
    if not isinstance(value, dict):
        raise damaged(f"{file}, line {line}: expected an object {{...}}, found {text.strip()[:40]}.")
    return value


def _read_config(save: Save) -> dict[str, Any]:
    config = _parse(_read_text(save, CONFIG), save.folder / CONFIG)
    _check_config(config, save.folder / CONFIG)
    return config


def _check_config(config: Mapping[str, Any], path: Path) -> None:
    version, task = config.get("format"), config.get("task")
    if type(version) is not int or version < 1:
        raise damaged(f"{path} holds format {version!r}; a number from 1 to {FORMAT} is expected.")
    if version > FORMAT:
        raise ModelError(
            f"{path} holds format {version}: this model needs a newer seqtext (this one reads up to {FORMAT}).",
            "pip install --upgrade seqtext",
        )
    if not isinstance(task, str) or task not in TASKS:
        raise ModelError(
            f"{path} holds task {task!r}; accepted are {', '.join(TASKS)}.", "pip install --upgrade seqtext"
        )
    if "avoid" in config:
        try:
            unmasked(config["avoid"])
        except InputError as error:
            raise damaged(f"{path} holds words to avoid that cannot be read. {error.message}") from error


def read_history(path: str | Path) -> list[dict[str, Any]]:
    """Read the history of a model folder, a dict a line.

    Raises ModelError.
    """
    with open_save(path, _limits("history.jsonl")) as save:
        return _read_history(save)


def _read_history(save: Save) -> list[dict[str, Any]]:
    lines, path = _read_text(save, "history.jsonl").split("\n"), save.folder / "history.jsonl"
    last = lines.pop()  # without its newline: empty, or still being written by a training
    entries = [_parse(line, path, n) for n, line in enumerate(lines, 1) if line.strip()]
    if last.strip():
        with contextlib.suppress(ModelError):
            entries += [_parse(last, path)]
    return entries


def fingerprint(path: str | Path) -> str:
    """Compute the SHA-256 fingerprint of a model's weights, tokenizer and config.

    It is in hexadecimal. All are of a single save; a detector's accepted lines count, too. Raises ModelError.
    """
    import hashlib  # takes 3 ms, and no answer needs it

    digest = hashlib.sha256()
    with open_save(path, _limits("tokenizer.json", "weights.safetensors", ACCEPTED)) as save:
        for name in (CONFIG, "tokenizer.json", "weights.safetensors", *({ACCEPTED} & save.files.keys())):
            file = save.file(name)
            digest.update(f"{name} {save.size(name)}\n".encode())
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def describe(path: str | Path) -> dict[str, Any]:
    """Describe a model folder without reading its weights.

    Sizes are in bytes, absent facts are None. Raises ModelError.
    """
    with open_save(path, FILES) as save:
        config = _read_config(save)
        stored = _open_weights(save)
        files = {name: save.size(name) for name in FILES if name in save.files}
        accepted = read_accepted(_read_text(save, ACCEPTED), save.folder / ACCEPTED)
    kinds = {dtype.name for name, dtype in stored.dtypes.items() if name not in COARSE}
    told = ("language", "licence", "data", "scores", "measured_on", "network", "tokenizer", "training")
    return {
        "name": Path(path).name,
        "format": config["format"],
        "task": config["task"],
        "precision": "int8" if kinds & {"int8", "uint8"} else "fp16" if "float16" in kinds else "fp32",
        "parameters": sum(math.prod(shape) for name, shape in stored.shapes.items() if name not in COARSE),
        "bytes": sum(files.values()),
        "files": files,
        **{key: config.get(key) for key in told},
        **({"masks": config["masks"]} if "masks" in config else {}),  # what is learnt and read as stand-ins
        **({"columns": config["columns"]} if "columns" in config else {}),  # of the tables that it learnt from
        **{key: config[key] for key in ("intervals", "remarks") if key in config},
        **({"channel": config["channel"]} if "channel" in config else {}),  # of translators with a second network
        **({"doubt": config["doubt"]} if "doubt" in config else {}),  # of classifiers, translators and summarizers
        **({"rung": config["rung"]} if "rung" in config else {}),  # where one was chosen by trial
        **({"memory": config["memory"]} if "memory" in config else {}),  # which only models that write have
        **({"avoided_words": len(unmasked(config["avoid"]))} if "avoid" in config else {}),
        **({"accepted": [_told(alarm) for alarm in accepted]} if accepted else {}),  # of detectors alone
        **({"labels": config["labels"]} if "labels" in config else {}),  # which only classifiers have
        **({"codes": config["languages"]} if "languages" in config else {}),  # of labels that are languages
    }


def _told(alarm: Accepted) -> dict[str, Any]:
    """Describe an accepted line by the names of `seqtext anomaly --accept --json`."""
    return {"masked": alarm.line, "times": alarm.times, "when": alarm.when}
