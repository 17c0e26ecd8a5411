"""Write files atomically, and report files that cannot be written or read."""

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from seqtext.errors import ModelError
from seqtext.shell import quote

_PATIENCE = 30.0  # seconds for which another process may save to a folder before this one gives up
_READING = 5.0  # seconds for which another process may have a file open, where that keeps others from replacing it
_IN_USE = (5, 32)  # ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION: Windows replaces and removes no file that is open


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a folder against saves by other processes.

    The system releases the lock with the process. Where folders cannot be locked (Windows, some network disks), there
    is none. Raises ModelError while another process saves for long.
    """
    try:
        import fcntl  # of Unix alone

        descriptor = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        with contextlib.suppress(OSError):
            _wait_for(lambda: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB), folder)
        yield
    finally:
        with contextlib.suppress(OSError):
            # Closing is not enough: a process that was forked meanwhile would keep the lock.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _wait_for(lock: Callable[[], None], folder: Path) -> None:
    last = time.monotonic() + _PATIENCE
    while True:
        try:
            return lock()
        except BlockingIOError as error:
            if time.monotonic() > last:
                raise ModelError(
                    f"{folder} is being saved to by another process.", "wait until it has ended, then save again"
                ) from error
        time.sleep(0.01)


def replace_file(source: str | Path, target: str | Path) -> None:
    """Rename a file or folder to another's name, in one step.

    On Windows, waits for whoever has one of them open; raises OSError where it cannot be done.
    """
    _until_closed(lambda: os.replace(source, target))


def remove_file(path: Path) -> None:
    """Remove a file if it exists.

    On Windows, waits for whoever has it open; raises PermissionError where that takes too long.
    """
    _until_closed(lambda: path.unlink(missing_ok=True))


def _until_closed(step: Callable[[], None]) -> None:
    last = time.monotonic() + _READING
    while True:
        try:
            return step()
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _IN_USE or time.monotonic() > last:
                raise
        time.sleep(0.01)


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file atomically.

    A kill at any moment leaves the old file or the new one. Raises ModelError.
    """
    temporary = path.with_name(f".{path.name.lstrip('.')}.tmp")
    write_synced(temporary, data)  # on the disk before it gets the name, or a power cut could leave it empty
    try:
        replace_file(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise unwritable(path, error) from error
    sync_names(path.parent)


def write_synced(path: Path, data: bytes) -> None:
    """Write a new file and flush it to the disk.

    A file that could not be written whole is removed. Raises ModelError.
    """
    try:
        remove_file(path)
        with path.open("xb") as file:  # x: no link that someone else put there is followed
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise unwritable(path, error) from error
        raise
    sync_names(path.parent)


def sync_names(folder: Path) -> None:
    """Make renames survive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Convert OSError inside the block to ModelError.

    Only files of one folder are written there.
    """
    try:
        yield
    except OSError as error:
        raise unwritable(Path(error.filename or path), error) from error


def unwritable(path: Path, error: OSError) -> ModelError:
    """Build the error for a file that cannot be written."""
    full = error.errno in (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
    hint = f"free some space (df -h {path.parent}), then save again" if full else "choose a folder you may write to"
    return ModelError(f"{path} cannot be written: {error.strerror or error}.", hint)


def damaged(message: str) -> ModelError:
    """Build the error for a file with content that was not saved."""
    return ModelError(message, "save or download the model again, or take a bundled one (seqtext models)")


def unreadable(path: Path, error: OSError) -> ModelError:
    """Build the error for a file that cannot be read."""
    return ModelError(f"{path} cannot be read: {error.strerror or error}.", f"ls -l {quote(str(path))}")
