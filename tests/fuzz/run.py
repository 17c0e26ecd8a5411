"""The fuzzer: damaged model folders, texts, corpora and states of runs, by the hundred thousand.

python tests/fuzz/run.py --cases 100000 --seed 1 --state runs/fuzz    goes on where it stopped
python tests/fuzz/run.py --seconds 60                                 what fits into a minute
python tests/fuzz/run.py --replay tests/fuzz/kept                     what failed once
"""

import argparse
import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "common")]

from worker import BATCH, MEGABYTES, SECONDS, WALL  # noqa: E402

Facts = dict[str, Any]

TARGETS = ("folder", "text", "corpus", "state")
#: The targets of batches in turn.
_ORDER = ("folder", "text", "corpus", "state", "folder", "text", "folder", "text", "folder", "corpus", "folder", "text")
_SIZES = {"state": 120}
_KEPT_OF_A_KIND = 3  # cases of one signature that are stored


def _seconds_of(process: int) -> float:
    """Seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Process:
    """A worker, which is started again when a case has ended it."""

    def __init__(self, runs: Path, log: Path, program: Path = HERE / "worker.py", wall: float = WALL) -> None:
        self._runs, self._log, self._program, self._wall = runs, log, program, wall
        self._process: subprocess.Popen[bytes] | None = None
        self._heavy = False
        self._pending, self._hung = b"", False

    def run(self, job: Facts) -> Iterator[tuple[Facts, Facts]]:
        """Each case of a job with its result; one that ends the process is a fault, and the others follow."""
        heavy = "state" in (job.get("target"), *(case["target"] for case in job.get("cases", ())))
        if heavy != self._heavy:  # torch stays in memory
            self.stop()
        self._heavy, rest = heavy, dict(job)
        while True:
            count, lost = 0, None
            for case, result in self._try(rest):
                count += 1
                yield case, result
                lost = result.get("lost")
            if not lost:
                return
            if "cases" in rest:
                rest["cases"] = rest["cases"][count:]
            else:
                rest["skip"] += count

    def _try(self, job: Facts) -> Iterator[tuple[Facts, Facts]]:
        process = self._started()
        assert process.stdin is not None
        process.stdin.write(json.dumps(job).encode() + b"\n")
        process.stdin.flush()
        case: Facts | None = None
        while True:
            facts = self._next(process)
            if facts is None:
                how = self._death(process)
                assert case is not None, f"the worker ended before a case: {how}"
                yield case, {**how, "lost": True}
                return
            if "done" in facts:
                return
            if "case" in facts:
                case = facts["case"]
            elif case is not None:
                yield case, facts
                case = None

    def _next(self, process: "subprocess.Popen[bytes]") -> Facts | None:
        """The next line of a worker; None where there is none any more."""
        assert process.stdout is not None
        begun = last = _seconds_of(process.pid)
        while b"\n" not in self._pending:
            if not select.select([process.stdout], [], [], self._wall)[0]:
                before, last = last, _seconds_of(process.pid)
                if last - before > 0.5 and last - begun < 4 * SECONDS:  # it works, on a machine that is busy
                    continue
                self._hung = True
                process.send_signal(signal.SIGABRT)  # it says where it is
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(10)
                process.kill()
                return None
            data = os.read(process.stdout.fileno(), 1 << 16)
            if not data:
                return None
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        found: Facts = json.loads(line)
        return found

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            environment = {**os.environ, "SEQTEXT_FUZZ_RUNS": str(self._runs)}
            self._pending = b""
            self._process = subprocess.Popen(
                [sys.executable, str(self._program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self._log.open("w"), env=environment, bufsize=0,
            )  # fmt: skip
        return self._process

    def _death(self, process: "subprocess.Popen[bytes]") -> Facts:
        code = process.wait()
        told = self._log.read_text(errors="replace")[-6_000:]
        kind = "hang" if self._hung else f"ended by {code}"
        self._hung = False
        where = re.search(r'File "[^"]*/seqtext/([^"]+)", line \d+ in (\w+)', told)
        place = f" in {where[1]}:{where[2]}" if where else ""
        return {
            "end": "fault",
            "signature": f"{kind}{place}",
            "trace": told,
            "seconds": self._wall if kind == "hang" else 0.0,
            "peak": 0.0,
        }

    def stop(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            assert self._process.stdin is not None
            with contextlib.suppress(OSError):
                self._process.stdin.close()  # it tidies up then
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._process.kill()
            self._process.wait()
        self._process = None


class Ledger:
    """What was run and found, stored after every batch in a folder."""

    def __init__(self, folder: Path, seed: int, only: str = "") -> None:
        self._order = (only,) if only else _ORDER
        self.folder, self._path, self._lock = folder, folder / "state.json", threading.Lock()
        (folder / "faults").mkdir(parents=True, exist_ok=True)
        self.facts: Facts = {"seed": seed, "seconds": 0.0, "batches": [], "partial": {}, "targets": {}, "faults": {}}
        if self._path.is_file():
            self.facts = json.loads(self._path.read_text())
            if self.facts["seed"] != seed:
                raise SystemExit(f"{folder} holds cases of seed {self.facts['seed']}; give that or another --state.")
        self._open = set(self.facts["batches"])

    @property
    def cases(self) -> int:
        """How many cases were run."""
        return sum(own["cases"] for own in self.facts["targets"].values())

    def take(self) -> Facts:
        """The next batch that nobody has run."""
        with self._lock:
            place = next(k for k in range(1 << 30) if k not in self._open)
            self._open.add(place)
            skip = self.facts["partial"].pop(str(place), 0)
        target = self._order[place % len(self._order)]
        size = _SIZES.get(target, BATCH)
        return {"target": target, "number": place, "seed": self.facts["seed"], "skip": skip, "size": size}

    def record(self, job: Facts, found: list[tuple[Facts, Facts]], whole: bool = True) -> None:
        """Store the results of a batch; the rest of one that is not whole is run by another call."""
        with self._lock:
            for case, result in found:
                self._count(case, result)
            if "number" in job and whole:
                self.facts["batches"].append(job["number"])
            elif "number" in job:
                self.facts["partial"][str(job["number"])] = job["skip"] + len(found)
            self._write()

    def _count(self, case: Facts, result: Facts) -> None:
        own = self.facts["targets"].setdefault(case["target"], {"cases": 0, "ends": {}, "slowest": 0.0, "peak": 0.0})
        own["cases"] += 1
        own["ends"][result["end"]] = own["ends"].get(result["end"], 0) + 1
        own["slowest"], own["peak"] = max(own["slowest"], result["seconds"]), max(own["peak"], result["peak"])
        if result["end"] != "fault":
            return
        faults = self.facts["faults"]
        fault = faults.setdefault(
            result["signature"], {"number": len(faults) + 1, "count": 0, "target": case["target"]}
        )
        fault["count"] += 1
        if fault["count"] <= _KEPT_OF_A_KIND:
            name = f"{fault['number']:03d}-{fault['count']}.json"
            kept = {"why": result["signature"], "case": result.get("smaller", case), "trace": result["trace"]}
            (self.folder / "faults" / name).write_text(json.dumps(kept, indent=1))

    def _write(self) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(self.facts))
        os.replace(new, self._path)

    def summary(self) -> str:
        """A table of what was run, and the kinds of faults."""
        lines = [f"{'target':8} {'cases':>8} {'answered':>9} {'refused':>8} {'faults':>7} {'slowest':>8} {'peak':>7}"]
        for target, own in sorted(self.facts["targets"].items(), key=lambda item: TARGETS.index(item[0])):
            ends = own["ends"]
            answered, refused = ends.get("answered", 0) + ends.get("went on", 0), ends.get("refused", 0)
            lines.append(
                f"{target:8} {own['cases']:8,} {answered:9,} {refused:8,} {ends.get('fault', 0):7,} "
                f"{own['slowest']:6.2f} s {own['peak']:4.0f} MB"
            )
        faults = self.facts["faults"]
        lines.append(f"{self.cases:,} cases in {self.facts['seconds']:.0f} s; {len(faults)} kinds of faults.")
        for name, fault in sorted(faults.items(), key=lambda item: -item[1]["count"]):
            lines.append(f"{fault['count']:7,} × {name}  ({fault['target']}, faults/{fault['number']:03d}-*.json)")
        return "\n".join(lines)


def fuzz(ledger: Ledger, cases: int, seconds: float, workers: int) -> None:
    """Run batches until there are so many cases, or the time is over."""
    runs = ledger.folder / "runs"
    begun, before = time.monotonic(), ledger.facts["seconds"]

    def work(number: int) -> None:
        process = Process(runs, ledger.folder / f"worker-{number}.log")
        try:
            while ledger.cases < cases and time.monotonic() - begun < seconds:
                job, found, over = ledger.take(), [], False
                for one in process.run(job):
                    found.append(one)
                    if over := time.monotonic() - begun > seconds:
                        break
                ledger.facts["seconds"] = before + time.monotonic() - begun
                ledger.record(job, found, whole=not over)
        finally:
            process.stop()

    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work, number) for number in range(workers)]:
            done.result()  # a fault of the fuzzer itself is raised here


def replay(paths: list[Path], folder: Path) -> Ledger:
    """Run kept cases."""
    files = sorted(file for path in paths for file in (path.glob("*.json") if path.is_dir() else [path]))
    cases = [json.loads(file.read_text())["case"] for file in files]
    ledger = Ledger(folder, 0)
    for heavy in (False, True):
        some = [(file, case) for file, case in zip(files, cases, strict=True) if (case["target"] == "state") == heavy]
        if not some:
            continue
        process = Process(folder / "runs", folder / "replay.log")
        try:
            found = list(process.run({"cases": [case for _, case in some]}))
        finally:
            process.stop()
        for (file, _), (_, result) in zip(some, found, strict=True):
            if result["end"] == "fault":
                print(f"{file.name}: {result['signature']}\n{result['trace']}")
        ledger.record({}, found)
    return ledger


def main() -> int:
    """Run the command; the exit code is 1 where a fault was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1 << 60, help="how many cases, those of earlier calls with them")
    parser.add_argument("--seconds", type=float, default=1e9, help="end after so many seconds")
    parser.add_argument("--seed", type=int, default=1, help="another number makes other cases")
    parser.add_argument("--state", type=Path, help="folder for what was run and found; the same call goes on there")
    parser.add_argument("--only", choices=TARGETS, default="", help="only this target; in a --state of its own")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes side by side")
    parser.add_argument("--replay", type=Path, nargs="+", metavar="PATH", help="run kept cases: files or folders")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seqtext-fuzz-") as scratch:
        folder = (options.state or Path(scratch)).absolute()
        if options.replay:
            ledger = replay(options.replay, folder)
        elif options.cases == 1 << 60 and options.seconds == 1e9:
            parser.error("give --cases, --seconds or --replay")
        else:
            ledger = Ledger(folder, options.seed, options.only)
            fuzz(ledger, options.cases, options.seconds, options.workers)
        print(ledger.summary())
        print(f"A case: at most {SECONDS:g} s of processor time, {MEGABYTES} MB.")
    return 1 if ledger.facts["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
