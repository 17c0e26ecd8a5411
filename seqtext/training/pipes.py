"""Copy corpora that can be read only once. These are standard input, `<(…)` and named pipes."""

import itertools
import os
import shutil
from pathlib import Path
from typing import BinaryIO

from seqtext.data.unpacking import cannot_open, standard_input
from seqtext.storage.atomic import replace_file, sync_names, unwritable

_STDIN, _PIPE = "stdin", "pipe-"


def is_kept(path: Path) -> bool:
    """Return whether a file in a run's data is a pipe's copy.

    An unfinished copy counts, too.
    """
    return path.name.removeprefix(".").startswith((f"{_STDIN}.", f"{_STDIN}-", _PIPE)) and not path.is_dir()


def found_again(source: str, run: Path) -> str:
    """Return the new path of a pipe's copy whose folder was renamed.

    The folder is that of the run, or of the comparison around it. Other sources are returned as they are.
    """
    path = Path(source)
    if is_kept(path) and path.parent.name == "data" and not path.exists():
        candidates = (folder / "data" / path.name for folder in (run, run.absolute().parent))
        return next((str(candidate.absolute()) for candidate in candidates if candidate.is_file()), source)
    return source


def path_of_copy(source: str, folder: Path, number: int) -> Path:
    """Choose a new path for the copy of a pipe.

    A file that exists may be the only copy of another pipe, so it is not overwritten.

    number: of the pipe among those of a training run
    """
    suffixes = "".join(Path(source).suffixes[-2:]) or ".txt"
    stem = _STDIN if source == "-" else f"{_PIPE}{number}"
    names = itertools.chain([stem], (f"{stem}-{count}" for count in itertools.count(2)))
    return next(path for name in names if not os.path.lexists(path := (folder / f"{name}{suffixes}").absolute()))


def keep_pipe(source: str, path: Path) -> None:
    """Copy a pipe's content to a path, atomically.

    Raises CorpusError where the pipe cannot be opened, ModelError where copying fails.
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
