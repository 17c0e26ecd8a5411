"""Jobs on one node of Ray, printed as JSON: python ray_jobs.py FOLDER. A test starts it, for Ray warns and stays.

Two actors, each of half a core, answer what is too much for the object store.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_AUTH_MODE="disabled")

import numpy as np
import pyarrow as pa
import ray
from pyarrow import parquet

from seqtext.integrations.batch import Answer

STORE = 80 << 20  # bytes of the object store; Ray accepts little less
TEXTS = ["Where is the station?", "Où est la gare ?", None, "Wo ist der Bahnhof?", " "]
PAYLOAD = 1000  # bytes of a row that are carried along
SPREAD = {"batch_format": "pyarrow", "num_cpus": 0.5, "compute": ray.data.ActorPoolStrategy(size=2)}


def make_rows(batch: dict[str, Any]) -> dict[str, Any]:
    """Rows by their number: a text, none in some, and bytes that nobody reads."""
    ids = batch["id"]
    return {
        "id": ids,
        "text": np.array([TEXTS[number % len(TEXTS)] for number in ids], object),
        "payload": np.array([os.urandom(PAYLOAD) for _ in ids], object),
    }


class Mortal(Answer):
    """Kills its process once, when it has answered a batch that it does not hand over."""

    def __call__(self, batch: Any) -> Any:
        found = super().__call__(batch)
        if 1000 in batch["id"].to_pylist():
            try:
                os.close(os.open(os.environ["MARK"], os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return found
            os.kill(os.getpid(), signal.SIGKILL)
        return found


class Memory:
    """The most memory (PSS, bytes) that this process and all below it have had in a block, shared pages once."""

    def __enter__(self) -> "Memory":
        self.most, self._done = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.2):
            self.most = max(self.most, sum(map(_pss, _family())))


def _family() -> list[int]:
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [os.getpid()]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _pss(process: int) -> int:
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in rollup.splitlines() if line.startswith("Pss:"))


def answered(rows: int, kind: type[Answer], arguments: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Answer so many rows in blocks of 500, and write them as Parquet."""
    started = time.monotonic()
    table = ray.data.range(rows, override_num_blocks=max(2, rows // 500)).map_batches(make_rows)
    with Memory() as memory:
        table.map_batches(kind, fn_constructor_kwargs=arguments, batch_size=500, **SPREAD).write_parquet(str(folder))
    found = parquet.read_table(folder, columns=["id", "text", "label", "probability", "unusual"]).sort_by("id")
    return {
        "ids": found["id"].to_pylist() == list(range(rows)),
        "types": list(map(str, found.schema.types)),
        "rows": found.slice(0, 2000).to_pylist(),
        "answers": len({tuple(row.values()) for row in found.drop_columns("id").to_pylist()}),
        "memory": memory.most,
        "seconds": time.monotonic() - started,
    }


def main(folder: Path) -> None:
    """Run all jobs and print what came of them."""
    answer, os.environ["MARK"] = Answer("classify", "language-id"), str(folder / "killed")
    alone = answer(pa.table({"id": range(2000), "text": [TEXTS[number % len(TEXTS)] for number in range(2000)]}))
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=STORE)
    ray.data.DataContext.get_current().enable_progress_bars = False
    found: dict[str, Any] = {"alone": alone.to_pylist()}
    for name, rows, kind in (("killed", 2000, Mortal), ("short", 10_000, Answer), ("long", 100_000, Answer)):
        found[name] = answered(rows, kind, answer.arguments, folder / name / "parts")
    ray.shutdown()
    (folder / "found.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
