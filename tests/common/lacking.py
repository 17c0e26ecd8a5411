"""Tells which tests need what a system lacks, by what stands in them: named pipes, signals, pseudo-terminals, links."""

import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path


def lacks(platform: str = sys.platform) -> list[str]:
    """What this system lacks, as it stands in tests."""
    names = {os: ("fork", "mkfifo", "openpty", "sched_getaffinity"), signal: ("SIGALRM", "SIGHUP", "SIGKILL")}
    found = [f"{holder.__name__}.{name}" for holder in names for name in names[holder] if not hasattr(holder, name)]
    found += [path for path in ("/dev/fd", "/dev/full", "/proc/self") if not Path(path).exists()]
    found += [f"import {name}" for name in ("fcntl", "resource") if find_spec(name) is None]
    if (
        platform == "win32"
    ):  # os.kill ends a process there whatever the signal; links need rights, and rights are others
        found += ["os.kill(", "send_signal(", "symlink_to(", ".chmod("]
    return found


def needed_but_lacking(source: str, lacking: list[str]) -> str:
    """The first thing that a system lacks and the source of a test names; "" where there is none."""
    return next((name for name in lacking if name in source), "")
