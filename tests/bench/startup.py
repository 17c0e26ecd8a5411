"""A whole `seqtext` process that answers once against `python -c "import torch"`, in turns after a warm-up: medians.

The peak memory is the largest resident set of the seqtext processes, as the kernel counted it.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

from table import Row

# What is asked of each task, what picks its model, the bars of time and memory.
_ASKED: dict[str, tuple[str, list[str], float, float | None]] = {
    "fill": ("The quick brown ___ jumped over the lazy dog.", ["--model", "fill-en"], 0.25, 130.0),
    "translate": ("A man rides a horse.", ["--to", "fr"], 0.5, None),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--task", choices=tuple(_ASKED), default="fill", help="which command answers (fill)")
    parser.add_argument("--model", help="a model's name or folder (fill-en, or what translates to French)")
    parser.add_argument("--runs", type=int, default=5, help="measured runs of each process (5)")


def measure(options: argparse.Namespace) -> list[Row]:
    """Times in seconds, memory in MB (10⁶ bytes)."""
    text, picked, bar, memory = _ASKED[options.task]
    chosen = ["--model", options.model] if options.model else picked
    answer = [sys.executable, "-m", "seqtext", options.task, text, *chosen]
    torch = [sys.executable, "-c", "import torch"]
    times: dict[str, list[float]] = {"seqtext": [], "torch": []}
    peaks: dict[str, list[float]] = {"seqtext": [], "torch": []}
    for turn in range(options.runs + 1):
        for name, command in (("seqtext", answer), ("torch", torch)):
            seconds, megabytes = _process(command)
            if turn:  # the first turn fills the file cache
                times[name].append(seconds)
                peaks[name].append(megabytes)
    ours, theirs = statistics.median(times["seqtext"]), statistics.median(times["torch"])
    return [
        Row(f"seqtext {options.task}, whole process", ours, "s"),
        Row("import torch, whole process", theirs, "s"),
        Row("ratio", ours / theirs, "", bar),
        Row(f"peak memory of seqtext {options.task}", max(peaks["seqtext"]), "MB", memory),
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
