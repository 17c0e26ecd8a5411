"""Lock runs: one training at a time per folder. The lock is released with the process."""

import contextlib
import os
import socket
from pathlib import Path

from filelock import FileLock, Timeout

from seqtext.errors import ModelError, TrainingError, argument
from seqtext.storage.atomic import write_synced
from seqtext.training.state_files import read_text


class RunLock:
    """Lock a run's folder inside a block.

    The file `.holder` names the process that holds it, for the error of another one. Raises TrainingError where another
    one holds it, or it cannot be locked.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # thread_local=False: a training run is a generator, which another thread may close.
        self._lock = FileLock(folder / ".lock", thread_local=False)
        self._identity: tuple[int, int] | None = None

    def __enter__(self) -> "RunLock":
        holder = self._folder / ".holder"
        try:
            self._lock.acquire(blocking=False)
        except Timeout as error:
            who = "another process"
            with contextlib.suppress(TrainingError):
                who = read_text(holder).strip()[:200] or who
            raise TrainingError(
                f"{self._folder} is being written by {who}; one training at a time is accepted.",
                f"wait until it ends, or another {argument('run')}",
            ) from error
        except OSError as error:
            message = f"{self._folder} cannot be locked: {error.strerror or error}."
            raise TrainingError(message, f"{argument('run')} with a folder you may write") from error
        with contextlib.suppress(ModelError):
            write_synced(holder, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
        self._identity = self._found()
        return self

    def __exit__(self, *_: object) -> None:
        self._identity = None
        with contextlib.suppress(OSError):
            (self._folder / ".holder").unlink(missing_ok=True)
        self._lock.release()

    def _found(self) -> tuple[int, int] | None:
        with contextlib.suppress(OSError):
            status = os.stat(self._folder)
            return status.st_dev, status.st_ino
        return None

    def check_there(self) -> None:
        """Raise TrainingError if the folder was removed or replaced since locking."""
        if self._identity is not None and self._found() != self._identity:
            raise TrainingError(
                f"{self._folder} was removed while the training wrote to it; what was learnt is lost with it.",
                "train again, and keep the folder until the end",
            )
