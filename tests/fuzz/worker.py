"""Runs cases in a process of its own, which an abort may end and a hang may hold up: see `run`.

It reads jobs from standard input, one JSON object a line, {"target", "number", "skip"} or {"cases"}, and says on
standard output what it begins with and how that ended, so that who reads along knows what killed it.
"""

import contextlib
import faulthandler
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

try:
    import resource
except ImportError:  # Windows: memory is neither bounded nor told
    resource = None  # type: ignore[assignment]

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "common")]

# That a case may take of the processor, and of the clock: 2,000 blanks took 5.9 to 7.2 s on the slowest processor seen.
SECONDS, WALL = 8.0, 30.0
LONG = 100_000  # bytes of a text, for more of which it may take as many times as long: tokens are read one by one
MEGABYTES = 600  # that the process may use at its peak
BATCH = 500  # cases that one seed makes
_DATA = 2 << 30  # bytes of memory, beyond which the system refuses more


def _own_output() -> TextIO:
    """Standard output for the protocol alone; what others print goes to standard error."""
    mine = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return mine


def _restrict() -> None:
    """Let nothing reach the network or all of the memory, and make warnings errors."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
                   "OPENBLAS_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}  # fmt: skip
    if resource:
        resource.setrlimit(resource.RLIMIT_DATA, (_DATA, _DATA))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("error")
    faulthandler.enable(sys.stderr)  # also says where a process was that is told to abort
    os.fsync = lambda descriptor: None  # what a crash of the system would lose is not asked here


def _peak() -> float:
    """Megabytes that the process has used at most since `_forget_peak`; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.findall(r"VmHWM:\s*(\d+)", status.read_text(encoding="utf-8"))[0]) / 1024
    if resource is None:
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _forget_peak() -> None:
    with contextlib.suppress(OSError):  # the peak of the whole process is told then
        Path("/proc/self/clear_refs").write_text("5")


def signature(error: BaseException) -> str:
    """What tells one fault from another: its kind, where it was raised, its message without numbers."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/seqtext/" in frame.filename] or frames
    frame = ours[-1] if ours else None
    if type(error).__name__ == "Broken":  # raised by `hold`, which all invariants share
        frame = next((one for one in reversed(frames) if one.name not in ("hold", "check_error")), frame)
    place = f"{Path(frame.filename).name}:{frame.name}" if frame else ""
    return f"{type(error).__name__} in {place}: {re.sub(r'[0-9]+', '#', str(error).split(': ')[0])[:90]!a}"


def seconds_for(case: dict[str, Any]) -> float:
    """How long a case may take: SECONDS, in proportion for a text of more than LONG bytes."""
    from cases import text_of

    text = text_of(case["text"]) if case["target"] == "text" else ""
    return SECONDS * max(1.0, len(text.encode("utf-8", "surrogatepass")) / LONG)


def judge(case: dict[str, Any], place: Path, alone: bool = False) -> dict[str, Any]:
    """Run a case: how it ended, its seconds, its peak; of a fault, the signature and the traceback.

    alone: count the seconds of this process, not those of the clock, which others share
    """
    from targets import run_case

    _forget_peak()
    begun, spent = time.perf_counter(), time.process_time() if alone else 0.0
    result: dict[str, Any] = {}
    try:
        result["end"] = run_case(case, place)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of Rust is no Exception
        result = {"end": "fault", "signature": signature(error), "trace": traceback.format_exc()[-6_000:]}
    result["seconds"] = time.perf_counter() - begun
    if result["end"] != "fault" and result["seconds"] > seconds_for(case) and not alone:
        return judge(case, place, alone=True)
    if alone:
        result["seconds"] = min(result["seconds"], time.process_time() - spent)
    result["peak"] = _peak()
    if result["end"] != "fault" and result["seconds"] > seconds_for(case):
        result |= {"end": "fault", "signature": f"slow: {case['target']} {case.get('method', '')}", "trace": ""}
    if result["end"] != "fault" and result["peak"] > MEGABYTES:
        result |= {"end": "fault", "signature": f"memory: {case['target']} {case.get('method', '')}", "trace": ""}
    return result


def smaller(case: dict[str, Any], same: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """A case without the parts that its fault does not need."""
    for part in ("edits", "text", "options"):
        whole = case.get(part)
        if not isinstance(whole, list | dict):
            continue
        for key in list(whole) if isinstance(whole, dict) else range(len(whole) - 1, -1, -1):
            now = case[part]
            less = {k: v for k, v in now.items() if k != key} if isinstance(now, dict) else now[:key] + now[key + 1 :]
            if same({**case, part: less}):
                case = {**case, part: less}
    return case


class Worker:
    """Takes jobs and tells of their cases."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        memory = Path("/dev/shm")
        self._place = Path(tempfile.mkdtemp(prefix="seqtext-fuzz-", dir=memory if memory.is_dir() else None))
        os.chdir(self._place)

    def close(self) -> None:
        """Remove the files of cases."""
        shutil.rmtree(self._place, ignore_errors=True)

    def say(self, **facts: Any) -> None:
        self._out.write(json.dumps(facts) + "\n")

    def work(self, job: dict[str, Any]) -> None:
        """Run the cases of a job."""
        for case in job.get("cases", ()):
            self._run(case)
        if "target" in job:
            self._run_batch(job)
        self.say(done=True)

    def _run(self, case: dict[str, Any]) -> None:
        self.say(case=case)
        result = judge(case, self._place / "case")
        if result["end"] == "fault" and result["trace"]:
            result["smaller"] = smaller(
                case, lambda one: judge(one, self._place / "case").get("signature") == result["signature"]
            )
        self.say(**result)

    def _run_batch(self, job: dict[str, Any]) -> None:
        for case in _cases(job)[job["skip"] :]:
            self._run(case)


def _cases(job: dict[str, Any]) -> list[dict[str, Any]]:
    """The cases of a batch: the same for the same seed, target and number."""
    from hypothesis import HealthCheck, Phase, given, seed, settings

    found: dict[str, dict[str, Any]] = {}  # hypothesis comes to some cases in several ways
    number = hashlib.sha256(f"{job['seed']} {job['target']} {job['number']}".encode()).digest()

    @seed(int.from_bytes(number[:8], "big"))
    @settings(
        max_examples=job["size"], database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(_strategy(job["target"]))
    def take(case: dict[str, Any]) -> None:
        found[json.dumps(case)] = case

    take()
    return list(found.values())


def _strategy(target: str) -> Any:
    import cases
    import targets

    if target == "state":
        documents = targets.state_documents(Path(os.environ["SEQTEXT_FUZZ_RUNS"]))
        return cases.state_cases(cases.Documents(documents))
    return {"folder": cases.folder_cases, "text": cases.text_cases, "corpus": cases.corpus_cases}[target]()


def main() -> None:
    """Work until standard input ends."""
    out = _own_output()
    _restrict()
    import targets  # noqa: F401  what cannot be imported is said before a case is at fault

    worker = Worker(out)
    try:
        for line in sys.stdin:
            worker.work(json.loads(line))
    finally:
        worker.close()


if __name__ == "__main__":
    main()
