"""Measure one version for as long as standard input names what to measure; answers with seconds, a line each."""

import contextlib
import itertools
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import seqtext

UPDATES, BATCH = 30, 2048
_BLANKS = [
    "The quick brown ___ jumped over the lazy dog.",
    "She put the kettle on to make a cup of ___.",
    "We had to wait for the ___ in the rain.",
    "He ___ the letter and went home.",
    "When the weather turned cold at the end of the year, the old man took his ___ and left home.",
]
_numbers = itertools.count()


def _rows() -> list[list[str]]:
    return [line.split("\t") for line in Path("corpora/phrases.tsv").read_text(encoding="utf-8").splitlines()[1:]]


def fill() -> Callable[[], None]:
    """Fill 5 sentences, 20 times."""
    model = seqtext.load("fill-en", "fill")
    return lambda: [model.fill(text) for text in _BLANKS * 20] and None


def classify() -> Callable[[], None]:
    """Classify 512 texts, 16 times."""
    model = seqtext.load("language-id", "classify")
    texts = [text for row in _rows() for text in row][:512]
    return lambda: [model.classify(texts) for _ in range(16)] and None


def translate() -> Callable[[], None]:
    """Translate 16 sentences, 3 times."""
    model = seqtext.load("translate-en-fr", "translate")
    texts = [row[0] for row in _rows()[:16]]
    return lambda: [model.translate(texts) for _ in range(3)] and None


def train() -> Callable[[], float]:
    """Train a language model; the seconds of its updates alone."""

    def learn() -> float:
        run, seconds, begun = f"run{next(_numbers)}", 0.0, 0.0
        events = seqtext.train(
            "generate", "corpora/stories.txt", run, preset="tiny", steps=UPDATES, batch_size=BATCH, threads=1,
            precision="fp32", device="cpu", evaluations=1,
        )  # fmt: skip
        with contextlib.closing(events):
            for event in events:
                if type(event).__name__ == "Started":
                    begun = time.perf_counter()
                elif type(event).__name__ == "Step":
                    seconds = time.perf_counter() - begun
        shutil.rmtree(run)
        return seconds

    return learn


def main() -> None:
    """Answer until standard input ends; each thing is made ready and tried once when it is first asked for."""
    ready: dict[str, Callable[[], float | None]] = {}
    for name in map(str.strip, sys.stdin):
        if name not in ready:
            ready[name] = {"fill": fill, "classify": classify, "translate": translate, "train": train}[name]()
            ready[name]()
        begun = time.perf_counter()
        own = ready[name]()
        print(time.perf_counter() - begun if own is None else own, flush=True)


if __name__ == "__main__":
    main()
