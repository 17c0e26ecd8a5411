"""What a benchmark reports: rows of figures as an aligned table, and as JSON beside facts of the machine."""

import json
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_PACKAGES = ("seqtext", "numpy", "tokenizers", "torch", "transformers", "sacrebleu")


@dataclass(frozen=True)
class Row:
    """One figure. bar: what it is held to; lower: whether less is better."""

    what: str
    value: float | int | str
    unit: str = ""
    bar: float | None = None
    lower: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None without a bar."""
        if self.bar is None or isinstance(self.value, str):
            return None
        return self.value <= self.bar if self.lower else self.value >= self.bar

    def cells(self) -> list[str]:
        """The row as text."""
        bar = "" if self.bar is None else f"{'≤' if self.lower else '≥'} {self.bar:g}"
        return [self.what, _shown(self.value), self.unit, bar, {None: "", True: "yes", False: "NO"}[self.met]]


def _shown(value: float | int | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(rows: Sequence[Row]) -> str:
    """The rows below their headings; the figures are aligned to the right."""
    lines = [["", "value", "unit", "bar", "met"], *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]

    def line(cells: list[str]) -> str:
        placed = [
            cell.rjust(width) if k == 1 else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return "  ".join(placed).rstrip()

    return "\n".join(map(line, lines))


def say(text: str) -> None:
    """A note while a benchmark goes on."""
    print(text, file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    """What figures depend on besides the code."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = ""
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "versions": versions,
    }


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def write(name: str, rows: Sequence[Row], options: Mapping[str, Any], facts: Mapping[str, Any], folder: Path) -> Path:
    """Keep the figures of one run; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    now = time.localtime()
    path = folder / f"{name}-{time.strftime('%Y%m%d-%H%M%S', now)}.json"
    data = {
        "benchmark": name,
        "time": time.strftime("%Y-%m-%d %H:%M:%S%z", now),
        "options": dict(options),
        "machine": dict(facts),
        "rows": [{**asdict(row), "met": row.met} for row in rows],
    }
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
    return path
