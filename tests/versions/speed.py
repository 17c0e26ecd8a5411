"""Speed of two versions in turns: warm workers that live as long as the comparison, and whole processes."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from .shadow import Version, new_place

BAR = 0.95  # least median of OLD's seconds over NEW's
#: What the worker measures: how much is done in one turn, and of what.
WARM = {
    "fill": (100, "calls"),
    "classify": (2048, "texts"),
    "translate": (16, "sentences"),
    "train": (61_440, "tokens"),
}
_FILL = ["-m", "seqtext", "fill", "The quick brown ___ jumped over the lazy dog."]
_WORKER = Path(__file__).with_name("worker.py")

Seconds = Mapping[str, Callable[[], float]]


class Worker:
    """A process of one version that measures what it is told to."""

    def __init__(self, version: Version, inputs: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(_WORKER)], cwd=new_place(version, "speed", inputs), env=version.environment({}),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def seconds(self, name: str) -> float:
        """Measure one turn."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(name, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit(f"The process that measures {name} ended with status {self._process.wait()}.")
        return float(answer)

    def close(self) -> None:
        """Let the process end."""
        self._process.communicate()


def cold(version: Version, place: Path, words: list[str]) -> float:
    """Seconds of a whole process."""
    begun = time.perf_counter()
    done = version.run(words, place)
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise SystemExit(f"{version.name}: {done.stderr.decode()}")
    return seconds


def alternate(sides: Seconds, turns: int) -> dict[str, list[float]]:
    """The seconds of each side, turn by turn after one that does not count; every second turn begins at the end."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(-1, turns):
        for name in sides if turn % 2 else reversed(list(sides)):
            seconds = sides[name]()
            if turn >= 0:
                found[name].append(seconds)
    return found


def ratio(what: str, above: list[float], below: list[float], bar: float | None = BAR) -> tuple[bool, str]:
    """Whether the median of the turns' ratios reaches the bar, and a line that says it with its quartiles."""
    ratios = [one / other for one, other in zip(above, below, strict=True)]
    low, median, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    good = bar is None or median >= bar
    shown = "" if bar is None else "same     " if good else "SLOWER   "
    return good, f"{shown or '         '}{what}: {median:.3f} (quartiles {low:.3f} to {high:.3f}, {len(ratios)} turns)"


def compare_warm(versions: list[Version], inputs: Path, turns: int, text: str) -> bool:
    """Measure what stays loaded, and print a line for each; whether NEW is nowhere slower."""
    workers = {version.name: Worker(version, inputs) for version in versions}
    fine = True
    for name, (amount, unit) in WARM.items():
        if text not in f"warm {name}":
            continue
        found = alternate({side: lambda w=w, name=name: w.seconds(name) for side, w in workers.items()}, turns)
        good, line = ratio(f"warm {name}, OLD/NEW", found["OLD"], found["NEW"])
        speeds = (f"{side} {amount / statistics.median(seconds):,.0f}" for side, seconds in found.items())
        print(f"{line}; {unit}/s {', '.join(speeds)}", flush=True)
        fine &= good
    for worker in workers.values():
        worker.close()
    return fine


def compare_cold(versions: list[Version], inputs: Path, turns: int, torch: bool) -> bool:
    """Measure whole processes that answer once, with `torch` beside one that imports it; whether NEW is not slower."""
    places = {version.name: new_place(version, "cold", inputs) for version in versions}
    sides = {version.name: lambda version=version: cold(version, places[version.name], _FILL) for version in versions}
    if torch:
        sides["torch"] = lambda: cold(versions[0], places["OLD"], ["-c", "import torch"])
    found = alternate(sides, turns)
    fine, line = ratio("cold fill, OLD/NEW", found["OLD"], found["NEW"])
    medians = (f"{name} {statistics.median(seconds):.3f} s" for name, seconds in found.items())
    print(f"{line}; {', '.join(medians)}", flush=True)
    for name in ("OLD", "NEW") if torch else ():
        print(ratio(f"cold fill, {name}/import torch", found[name], found["torch"], None)[1], flush=True)
    return fine


def load() -> str:
    """How busy the machine is."""
    return "load " + " ".join(f"{one:.2f}" for one in os.getloadavg())
