"""Corpora that can be read only once, kept: standard input, `<(…)` and named pipes."""

import itertools
import os
import shutil
from pathlib import Path
from typing import BinaryIO

from seqtext.data.unpacking import cannot_open, standard_input
from seqtext.storage.atomic import replace_file, sync_names, unwritable

_STDIN, _PIPE = "stdin", "pipe-"


def is_kept(path: Path) -> bool:
    """Tell whether a file in a run's data is the copy of a pipe, or the beginning of one."""
    return path.name.removeprefix(".").startswith((f"{_STDIN}.", f"{_STDIN}-", _PIPE)) and not path.is_dir()


def found_again(source: str, run: Path) -> str:
    """Return where a kept corpus is if its run, or the comparison around that, has another name now."""
    path = Path(source)
    if is_kept(path) and path.parent.name == "data" and not path.exists():
        places = (folder / "data" / path.name for folder in (run, run.absolute().parent))
        return next((str(place.absolute()) for place in places if place.is_file()), source)
    return source


def path_of_copy(source: str, folder: Path, number: int) -> Path:
    """Return where a pipe is copied to in a folder: a free place, for what is there may be the only copy of another.

    number: of the pipe among those of a training
    """
    suffixes = "".join(Path(source).suffixes[-2:]) or ".txt"
    stem = _STDIN if source == "-" else f"{_PIPE}{number}"
    names = itertools.chain([stem], (f"{stem}-{count}" for count in itertools.count(2)))
    return next(path for name in names if not os.path.lexists(path := (folder / f"{name}{suffixes}").absolute()))


def keep_pipe(source: str, path: Path) -> None:
    """Copy what comes through a pipe to a path, atomically.

    Raises CorpusError where it cannot be read, ModelError where the copy cannot be written.
    """
    temporary = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as copy:
            _copy(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        replace_file(temporary, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)
    sync_names(path.parent)


def _copy(source: str, copy: BinaryIO) -> None:
    """Copy everything that comes through a pipe; raises CorpusError where it cannot be opened."""
    if source == "-":
        shutil.copyfileobj(standard_input(), copy)
        return
    try:
        descriptor = os.open(source, os.O_RDONLY)
    except OSError as error:
        raise cannot_open(source, error) from error
    with os.fdopen(descriptor, "rb") as file:
        shutil.copyfileobj(file, copy)
