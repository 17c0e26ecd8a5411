"""Open the files of a save together, never mixed with another.

A save is committed when its config is called `.config.json.new`; from then on its files move from `.NAME.new` to NAME,
the config last. An open file keeps its contents when it is renamed or replaced, so only the opening must not coincide
with a commit.
"""

import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from seqtext.errors import ModelError, either
from seqtext.shell import quote
from seqtext.storage.atomic import damaged, unreadable

CONFIG, COMMIT = "config.json", ".config.json.new"
_PATIENCE = 30.0  # seconds for which a reader tries again while saves follow each other
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_BINARY"))

#: What tells a file from another of its name: inode and time, None where there is none. A rename keeps both.
Stamp = tuple[int, int] | None


@dataclass(frozen=True)
class Save:
    """Hold the open files of a save.

    Files that it lacks are left out.
    """

    folder: Path
    files: dict[str, FileIO]
    stamp: Stamp  # of its config

    def size(self, name: str) -> int:
        """Return the size of a file in bytes."""
        return os.fstat(self.files[name].fileno()).st_size

    def file(self, name: str) -> FileIO:
        """Return an open file, or raise ModelError where it is missing."""
        if name not in self.files:
            raise damaged(f"{self.folder / name} is missing.")
        return self.files[name]

    def text(self, name: str) -> str:
        """Read a file whole. Raises ModelError unless it is there and UTF-8."""
        try:
            return self.file(name).readall().decode()
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise damaged(f"{self.folder / name}, line {line}: not UTF-8 text.") from error
        except OSError as error:
            raise unreadable(self.folder / name, error) from error


@contextmanager
def open_save(path: str | Path, limits: Mapping[str, int]) -> Iterator[Save]:
    """Open files of the current save, its config among them.

    They are closed at the end of the block.

    limits: the names of the files, each with the most bytes accepted. Raises ModelError for a file that is too large,
    no regular file, or a link out of the folder.
    """
    folder = Path(path)
    last, pause = time.monotonic() + _PATIENCE, 0.001
    while True:
        with ExitStack() as opened:
            save = _opened_at_once(existing_folder(folder), limits, opened)
            if save is not None:
                yield save
                return
        if time.monotonic() > last:
            raise ModelError(
                f"{folder} was saved to for {_PATIENCE:.0f} seconds without a pause in which it could be read.",
                "wait until nothing saves to it, then try again",
            )
        # A random pause, so as not to keep step with whoever saves.
        time.sleep(time.monotonic_ns() % 1000 / 1000 * pause)
        pause = min(2 * pause, 0.05)


def _opened_at_once(folder: Path, limits: Mapping[str, int], opened: ExitStack) -> Save | None:
    """Open the files; None if a save was committed or put in place meanwhile."""
    before = _stamps(folder)
    committed = before[0] is not None
    try:
        # The config is opened first: while it is open, no other file can get its inode.
        config = _open(folder / (COMMIT if committed else CONFIG), limits[CONFIG], opened)
        files = {CONFIG: config}
        for name in [name for name in limits if name != CONFIG]:
            staged = _open(folder / f".{name}.new", limits[name], opened) if committed else None
            files[name] = staged or _open(folder / name, limits[name], opened)
    except ModelError:
        if before == _stamps(folder):
            raise
        return None
    present = {name: file for name, file in files.items() if file is not None}
    stamp = None if config is None else _stamp_of(os.fstat(config.fileno()))
    same = before == _stamps(folder) and stamp == before[0 if committed else 1]
    return Save(folder, present, stamp) if same else None


def _stamps(folder: Path) -> tuple[Stamp, Stamp]:
    """Stat the config to come, if there is one, and the config in place.

    Their stamps differ before and after a save.
    """
    stamps: list[Stamp] = [None, None]
    for index, name in enumerate((COMMIT, CONFIG)):
        with suppress(OSError):
            stamps[index] = _stamp_of(os.stat(folder / name))
    return stamps[0], stamps[1]


def _stamp_of(status: os.stat_result) -> tuple[int, int]:
    return status.st_ino, status.st_mtime_ns


def _open(path: Path, limit: int, opened: ExitStack) -> FileIO | None:
    """Open one file, closed with `opened`; None if it is not there. Raises ModelError."""
    real = _real_path(path)
    try:
        descriptor = os.open(real, _FLAGS)  # O_NONBLOCK: opening a pipe would wait for its writer
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(path, error) from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise damaged(f"{path} is not a regular file.")
    file = opened.enter_context(FileIO(descriptor))
    if status.st_size > limit:
        raise damaged(f"{path} has {status.st_size:,} bytes; at most {limit:,} are accepted.")
    return file


def _real_path(path: Path) -> Path:
    """The file that a path leads to; ModelError where that is outside its folder.

    Only in a Hugging Face cache may links lead elsewhere, to that cache's blobs.
    """
    home, real = Path(os.path.realpath(path.parent)), Path(os.path.realpath(path))
    allowed = [home]
    if home.parent.name == "snapshots":  # CACHE/models--USER--NAME/snapshots/REVISION links to either blobs folder
        allowed += [home.parent.parent / "blobs", home.parent.parent.parent / "blobs"]
    if not any(real.is_relative_to(root) for root in allowed):
        here, there = (quote(str(one)) for one in (path, real))
        raise ModelError(
            f"{path} is a link to {real}, outside the model folder; only the folder's own files are read.",
            f"if you trust it, put the file in the link's place: rm {here} && cp {there} {here}",
        )
    return real


def existing_folder(path: str | Path) -> Path:
    """Return the path of a folder that holds a model.

    Raises ModelError where there is none.
    """
    folder = Path(path)
    if not os.path.exists(folder):
        raise ModelError(f"{folder} does not exist.", "seqtext models lists the bundled models")
    if not os.path.isdir(folder):
        raise ModelError(
            f"{folder} is a file; a model is a folder.",
            either(f"load({str(folder.parent)!r})", f"--model {folder.parent}"),
        )
    # COMMIT is looked for first: the first save renames it to CONFIG, so looking in the other order could miss both.
    if not any(os.path.lexists(folder / name) for name in (COMMIT, CONFIG)):
        try:
            names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
        except OSError as error:
            raise unreadable(folder, error) from error
        raise ModelError(
            f"{folder} holds no model yet: config.json is missing (found: {', '.join(names[:6]) or 'nothing'}).",
            "if training is going on, wait for its first save; "
            f"else seqtext train TASK CORPUS --run {quote(str(folder))}",
        )
    return folder
