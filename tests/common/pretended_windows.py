"""Pretends that this process runs on Windows: what only Unix has is gone, no open file can be moved or removed.

Linux tells in /proc which files a process has open or mapped, so that a fault of the order in which files are closed
and moved shows here, too. `sys.platform` and `os.name` stay as they are: libraries would look for what is not here.
"""

import ctypes
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

GONE_FROM_OS = (
    "fork", "forkpty", "geteuid", "getloadavg", "getpgid", "getpriority", "getuid", "killpg", "mkfifo", "nice",
    "openpty", "posix_fadvise", "pread", "pwrite", "register_at_fork",
    "sched_getaffinity", "sched_setaffinity", "setsid", "statvfs", "sysconf", "uname",
)  # fmt: skip
GONE_FROM_SIGNAL = (
    "SIGALRM", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP", "SIGTSTP", "SIGUSR1", "SIGUSR2",
    "SIGWINCH", "alarm", "pthread_sigmask", "setitimer", "sigwait",
)  # fmt: skip
GONE_MODULES = ("fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty")

_on = False
_hooked = False


def is_in_use(path: Any) -> bool:
    """Whether this process has a file open or mapped, or one inside a folder."""
    if not isinstance(path, str | os.PathLike):  # by its number, or of bytes
        return False
    if os.path.basename(path).startswith((".lock", ".filelock")):  # filelock has another class on Windows
        return False
    real = os.path.realpath(path)
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:  # that of the listing itself
            continue
    with open("/proc/self/maps", encoding="utf-8") as maps:
        found += [line.rstrip("\n").partition("/")[2] for line in maps]
    return any(one == real or one.startswith(f"{real}/") for one in (f"/{one.lstrip('/')}" for one in found))


def _refuse(path: Any) -> None:
    error = PermissionError(13, "The process cannot access the file because it is being used by a process", str(path))
    error.winerror = 32  # type: ignore[attr-defined]
    raise error


def _audit(event: str, given: tuple[Any, ...]) -> None:
    global _on
    if not _on or event not in ("open", "os.rename", "os.remove", "os.rmdir"):
        return
    _on = False  # what is asked here opens files itself
    try:
        if event == "open":
            if isinstance(given[0], str | os.PathLike) and os.path.isdir(given[0]):
                raise PermissionError(13, "Permission denied", str(given[0]))
            return
        for path in given[: 2 if event == "os.rename" else 1]:
            if os.path.lexists(path) and is_in_use(path):
                _refuse(path)
    finally:
        _on = True


@contextmanager
def pretended_windows() -> Iterator[None]:
    """Inside the block, this process has no more than it would have on Windows."""
    global _on, _hooked
    import fcntl

    sync, library = os.fsync, ctypes.CDLL

    def fsync(descriptor: int) -> None:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(9, "Bad file descriptor")
        sync(descriptor)

    def load(name: str | None, *given: Any, **more: Any) -> Any:
        if name is None:
            raise TypeError("LoadLibrary() argument 1 must be str, not None")
        return library(name, *given, **more)

    if not _hooked:
        sys.addaudithook(_audit)  # for ever, as all such hooks; outside of the block it does nothing
        _hooked = True
    with pytest.MonkeyPatch.context() as patch:
        for holder, names in ((os, GONE_FROM_OS), (signal, GONE_FROM_SIGNAL)):
            for name in names:
                patch.delattr(holder, name, raising=False)
        for name in GONE_MODULES:
            patch.setitem(sys.modules, name, None)
        patch.setattr(os, "fsync", fsync)
        patch.setattr("seqtext.shell.ON_WINDOWS", True)
        patch.setattr(ctypes, "CDLL", load)
        patch.setattr(shutil, "_use_fd_functions", False)
        _on = True
        try:
            yield
        finally:
            _on = False
