"""Training beside one busy process, and with nothing else running: tokens per second of three ways, in turns.

The default (which tries how many threads learn fastest), every core with threads that do not spin while they wait
(OMP_WAIT_POLICY=passive), and one thread. The busy process is a loop of Python that no core is named for. With
--minutes also: when `seqtext train … --minutes M` ends, counted from its line "Training".
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from table import Row, say

_WAYS: dict[str, tuple[dict[str, str], int]] = {
    "default": ({}, 0),
    "passive": ({"OMP_WAIT_POLICY": "passive"}, len(os.sched_getaffinity(0))),
    "one thread": ({}, 1),
}
_LEARN = """
import sys
from seqtext.training.events import Step
from seqtext.training.train import train

task, corpus, columns, folder, updates, threads = sys.argv[1:]
columns = dict(part.split("=") for part in columns.split(",")) if columns else None
settings = {"steps": int(updates), "evaluations": 1, "patience": 0, "save_seconds": 1e9, "threads": int(threads)}
tokens = before = 0.0
for event in train(task, corpus, folder, columns=columns, **settings):
    if isinstance(event, Step):
        tokens += event.tokens_per_second * (event.seconds - before)
        before = event.seconds
print(tokens / before)
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    stories = Path(__file__).parents[2] / "corpora" / "stories.txt"
    parser.add_argument("--task", default="generate", help="what is learnt (generate)")
    parser.add_argument("--corpus", default=str(stories), help="file to learn from (corpora/stories.txt)")
    parser.add_argument("--columns", default="", metavar="NAME=COLUMN,...", help="of the corpus, as for seqtext train")
    parser.add_argument("--updates", type=int, default=60, help="of each training (60)")
    parser.add_argument("--turns", type=int, default=3, help="measured turns of each way (3)")
    parser.add_argument("--minutes", type=float, help="look also when a training of so many minutes ends")


def measure(options: argparse.Namespace) -> list[Row]:
    """Tokens per second of each way, idle and busy; the default over the best of them."""
    rows = []
    for load in ("idle", "busy"):
        found: dict[str, list[float]] = {way: [] for way in _WAYS}
        for turn in range(options.turns):
            for way in _WAYS:
                with _other(load):
                    found[way].append(_learn(options, way))
                say(f"{load}, turn {turn + 1}: {way} {found[way][-1]:,.0f} tokens/s")
        middle = {way: statistics.median(values) for way, values in found.items()}
        rows += [Row(f"{load}: {way}", value, "tokens/s") for way, value in middle.items()]
        rows.append(Row(f"{load}: default over the best", middle["default"] / max(middle.values()), "", 0.9, False))
    for load in ("idle", "busy") if options.minutes else ():
        with _other(load):
            rows.append(Row(f"{load}: end after Training", _end(options), "s", 66.0 * options.minutes))
    return [*rows, Row("turns of each", options.turns)]


@contextlib.contextmanager
def _other(load: str) -> Iterator[None]:
    """Let another process be busy inside the block, where that is the load."""
    command = [sys.executable, "-c", "while True: pass" if load == "busy" else ""]
    with subprocess.Popen(command) as process:
        try:
            yield
        finally:
            process.kill()


def _learn(options: argparse.Namespace, way: str) -> float:
    """Tokens per second of one training, in a process of its own."""
    environment, threads = _WAYS[way]
    with tempfile.TemporaryDirectory() as place:
        asked = [options.task, options.corpus, options.columns, f"{place}/run", options.updates, threads]
        command = [sys.executable, "-c", _LEARN, *map(str, asked)]
        done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _end(options: argparse.Namespace) -> float:
    """Seconds from the line "Training" to the end of the command."""
    columns = ["--columns", options.columns] if options.columns else []
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "seqtext", "train", options.task, options.corpus, *columns]
        command += ["--run", f"{place}/run", "--minutes", str(options.minutes)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            begun = next((time.monotonic() for line in process.stderr if line.startswith("Training")), None)
            said = process.stderr.read()
        if begun is None or process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with exit code {process.returncode}. {said}")
        return time.monotonic() - begun
