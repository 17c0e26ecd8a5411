"""Trainings in processes that a test can kill; forked from one that has loaded torch, which takes seconds."""

import multiprocessing
import os
import sys
from pathlib import Path
from typing import Any

from seqtext import train

_SETTINGS: dict[str, Any] = {
    "hidden": 16, "embedding": 8, "vocab_size": 700, "batch_size": 400, "threads": 1, "precision": "fp32",
    "evaluations": 3, "save_seconds": 0.0, "softmax": "sampled", "samples": 64, "average": 0.9, "device": "cpu",
}  # fmt: skip


class Training:
    """Train in a forked process that a test can kill. A status of 130 means Ctrl-C.

    It has the environment of the first one, since that started the process from which all are forked.
    """

    def __init__(self, corpus: Path, run: Path, resume: bool, steps: int) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["seqtext.training.train"])
        self._process = context.Process(target=_learn, args=(corpus, run, resume, steps), daemon=True)
        self._process.start()

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._process.exitcode is not None

    def send(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if not self.ended:
            assert self._process.pid is not None
            os.kill(self._process.pid, number)

    def wait(self, seconds: float) -> int | None:
        """Wait for its end and return its status, the negative number of a signal; None after so many seconds."""
        self._process.join(seconds)
        return self._process.exitcode


def _learn(corpus: Path, run: Path, resume: bool, steps: int) -> None:
    os.fsync = lambda _: None  # a kill loses nothing of what the system has not written yet
    try:
        if resume:
            events = train("fill", None, run, resume=True)
        else:
            events = train("fill", corpus, run, steps=steps, **_SETTINGS)
        for _ in events:
            pass
    except KeyboardInterrupt:
        sys.exit(130)
