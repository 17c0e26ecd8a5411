"""A whole `seqtext fill` process against `python -c "import torch"`, in turns after a warm-up: medians.

The peak memory is the largest resident set of the seqtext processes, as the kernel counted it.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

from table import Row

_TEXT = "The quick brown ___ jumped over the lazy dog."


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--model", default="fill-en", help="a model's name or folder (fill-en)")
    parser.add_argument("--runs", type=int, default=5, help="measured runs of each process (5)")


def measure(options: argparse.Namespace) -> list[Row]:
    """Times in seconds, memory in MB (10⁶ bytes)."""
    fill = [sys.executable, "-m", "seqtext", "fill", "--model", options.model, _TEXT]
    torch = [sys.executable, "-c", "import torch"]
    times: dict[str, list[float]] = {"fill": [], "torch": []}
    peaks: dict[str, list[float]] = {"fill": [], "torch": []}
    for turn in range(options.runs + 1):
        for name, command in (("fill", fill), ("torch", torch)):
            seconds, megabytes = _process(command)
            if turn:  # the first turn fills the file cache
                times[name].append(seconds)
                peaks[name].append(megabytes)
    ours, theirs = statistics.median(times["fill"]), statistics.median(times["torch"])
    return [
        Row("seqtext fill, whole process", ours, "s"),
        Row("import torch, whole process", theirs, "s"),
        Row("ratio", ours / theirs, "", 0.25),
        Row("peak memory of seqtext fill", max(peaks["fill"]), "MB", 130.0),
        Row("peak memory of import torch", max(peaks["torch"]), "MB"),
        Row("runs of each", options.runs),
    ]


def _process(command: list[str]) -> tuple[float, float]:
    """Wall-clock seconds and peak resident megabytes of one process."""
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        # wait4 took the exit status; Popen would look for it again.
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with exit code {process.returncode}.")
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
