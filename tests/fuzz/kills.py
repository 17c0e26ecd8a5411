"""Kills trainings (-9) at random moments of every phase, goes on, and compares with one that nobody disturbed.

python tests/fuzz/kills.py --kills 300 --seed 1 --state runs/kills    goes on where it stopped

A session is one run of a task: it is killed a few times, in preparation, between updates, within saves and evaluations,
and resumed each time until it ends. After every kill the folder must answer, or say that it holds no model yet; a
corpus that came through a pipe must still be there once it was read whole; at the end, weights, tokenizer and history
(but for times) must be those of the undisturbed run, bit by bit. Processes are forked from one that has loaded torch;
some are the command line itself.
"""

import argparse
import contextlib
import functools
import itertools
import json
import mmap
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "common")]

import seeds  # noqa: E402

Facts = dict[str, Any]

SOURCES = ("file", "standard input", "process substitution", "named pipe")
PHASES = ("start", "preparation", "updates", "evaluation", "checkpoint", "model", "league")
#: How long each phase takes, about, in seconds: within so much after its beginning, the kill comes.
_LENGTHS = {"start": 0.05, "preparation": 0.02, "updates": 0.004, "evaluation": 0.004, "checkpoint": 0.003,
            "model": 0.004, "league": 0.001}  # fmt: skip
_STEPS = 40
_PATIENCE = 25.0  # seconds after which a training is taken to hang
_ANSWERED, _NO_MODEL_YET, _REFUSED, _FAULT = 0, 3, 4, 5


class Phase:
    """The phase of a training, in memory that its parent reads."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 8)

    def set(self, name: str) -> str:
        """Say which phase it is now; returns the one before."""
        before = self.name
        if name != before:
            self._shared[1] = (self._shared[1] + 1) % 256
        self._shared[0] = PHASES.index(name)
        return before

    @property
    def name(self) -> str:
        """The phase."""
        return PHASES[self._shared[0]]

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, in that phase while it runs."""

        @functools.wraps(function)
        def watched(*args: Any, **kwargs: Any) -> Any:
            before = self.set(name)
            try:
                return function(*args, **kwargs)
            finally:
                self.set(before)

        return watched


def _watch(phase: Phase) -> None:
    """Have the parts of a training say when they run."""
    from seqtext.evaluation.league import League
    from seqtext.training import checkpoint, loop, train
    from seqtext.training.tasks.base import TrainingTask

    for owner, attribute, name in (
        (train, "_begin", "preparation"), (train, "_prepare_again", "preparation"),
        (loop.Loop, "_update", "updates"), (loop.Loop, "_evaluate", "evaluation"),
        (loop.Loop, "_save", "checkpoint"), (TrainingTask, "save", "model"), (League, "write", "league"),
        (checkpoint.Checkpoint, "restore", "start"),
    ):  # fmt: skip
        setattr(owner, attribute, phase.around(name, getattr(owner, attribute)))


def _forked(work: Callable[[], int], errors: Path) -> int:
    """Start work in a child; its exit code is what the work returns, or _FAULT with a traceback in the file."""
    child = os.fork()
    if child:
        return child
    code = _FAULT
    try:
        code = work()
    except BaseException:
        errors.write_text(traceback.format_exc())
    finally:
        os._exit(code)


def _wait(child: int, seconds: float = _PATIENCE) -> int:
    """The exit code of a child, the negative number of a signal; one that hangs is killed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -signal.SIGALRM


class Feeder:
    """Writes a corpus into a pipe in several pieces, from a process of its own."""

    def __init__(self, text: bytes, source: str, place: Path, chance: random.Random) -> None:
        self.name, self.reader = "-", -1
        self._child = 0
        pieces = [text[start : start + 1 + len(text) // 5] for start in range(0, len(text), 1 + len(text) // 5)]
        pauses = [chance.random() * 0.01 for _ in pieces]
        if source == "named pipe":
            path = place / "pipe"
            path.unlink(missing_ok=True)
            os.mkfifo(path)
            self.name, opened = str(path), lambda: os.open(path, os.O_WRONLY)
        else:
            self.reader, writer = os.pipe()
            opened = lambda: writer  # noqa: E731
            self.name = "-" if source == "standard input" else f"/dev/fd/{self.reader}"

        def write() -> int:
            if self.reader >= 0:
                os.close(self.reader)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            into = opened()
            for piece, pause in zip(pieces, pauses, strict=True):
                time.sleep(pause)
                os.write(into, piece)
            return 0

        self._child = _forked(write, place / "feeder.txt")
        if source != "named pipe":
            os.close(writer)

    def close(self) -> None:
        """Stop writing."""
        if self.reader >= 0:
            os.close(self.reader)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGKILL)
        os.waitpid(self._child, 0)


class Session:
    """A run that is killed, resumed and compared."""

    #: Kills, at most.
    most = 12

    def __init__(self, task: str, source: str, number: int, seed: int, place: Path) -> None:
        self.task, self.source, self.place = task, source, place
        self.chance = random.Random(f"{seed} {task} {source} {number}")
        self.phase = Phase()
        self.kills: dict[str, int] = {}
        self.faults: list[str] = []
        self.run = place / "run"
        name, text = seeds.corpus_of(task)
        self._corpus, self._text = place / name, text.encode()
        place.mkdir(parents=True)
        self._corpus.write_bytes(self._text)

    def settings(self) -> Facts:
        """The settings of the run."""
        return {**seeds.training_settings(self.task), "steps": _STEPS, "evaluations": 4}

    def begin(self, resume: bool, corpus: str, reader: int = -1) -> int:
        """What a child does: train to the end; _REFUSED with the message where that is refused."""
        from seqtext.errors import SeqtextError
        from seqtext.training.train import train

        _watch(self.phase)
        self.phase.set("start")
        self._silence(reader if corpus == "-" else -1)
        try:
            for _ in train(
                self.task, None if resume else corpus, self.run, resume=resume, **({} if resume else self.settings())
            ):
                pass
        except SeqtextError as error:
            (self.place / "refusal.txt").write_text(str(error))
            return _REFUSED
        return 0

    def _silence(self, reader: int) -> None:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(reader if reader >= 0 else null, 0)
        os.dup2(null, 1)
        os.dup2(os.open(self.place / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)

    def resumable(self) -> bool:
        """Whether there is a run to go on with."""
        from seqtext.training.run import Run

        return Run(self.run).is_begun()

    def play(self, reference: Facts) -> None:
        """Kill and resume until the run ends, then compare."""
        for _ in range(self.most + 4):
            if self._attempt(killed=sum(self.kills.values()) < self.most):
                break
            if len(self.faults) > 1:
                return
        else:
            self.faults.append("lost: it never ended")
            return
        found = self.result(self.run)
        different = [name for name in reference if found.get(name) != reference[name]]
        if different:
            self.faults.append(f"differs: {', '.join(different)}")

    def _attempt(self, killed: bool) -> bool:
        """One start of the training; True if it ended by itself."""
        whole, resume = self._whole_copy(), self.resumable()
        if whole is not None and not resume:
            self.faults.append(f"lost: {whole.name} holds the whole corpus, but there is nothing to resume")
        feeder, corpus = None, str(self._corpus)
        if self.source != "file" and not resume:
            shutil.rmtree(self.run, ignore_errors=True)
            feeder = Feeder(self._text, self.source, self.place, self.chance)
            corpus = feeder.name
        before = self._kept()
        child = _forked(lambda: self.begin(resume, corpus, feeder.reader if feeder else -1), self.place / "error.txt")
        try:
            code = self._kill_somewhere(child) if killed else _wait(child)
        finally:
            if feeder:
                feeder.close()
        if code == -signal.SIGKILL:
            self.kills[self.phase.name] = self.kills.get(self.phase.name, 0) + 1
            self._check_after(whole, before)
            return False
        return self._ended(code, resume)

    def _ended(self, code: int, resume: bool) -> bool:
        if code == 0:
            return True
        told = {_REFUSED: "refusal.txt", _FAULT: "error.txt"}.get(code, "output.txt")
        text = (self.place / told).read_text(errors="replace").strip()[-300:] if (self.place / told).is_file() else ""
        if code == _REFUSED and resume and self.source != "file" and self._whole_copy() is None:
            shutil.rmtree(self.run)  # the pipe was cut before its end, and that is said
            self.kills["pipe cut"] = self.kills.get("pipe cut", 0)
            return False
        self.faults.append(f"lost: {'resume' if resume else 'start'} ended with {code}: {text}")
        shutil.rmtree(self.run, ignore_errors=True)
        return False

    def _kill_somewhere(self, child: int) -> int:
        """Kill a child in a random phase, if it comes to that."""
        wanted = self.chance.choice(self._phases())
        wait = self.chance.expovariate(1.0) * _LENGTHS[wanted]
        turn = self.chance.choice((1, 2, 3)) if wanted in ("updates", "checkpoint") else 1
        until, seen, before = time.monotonic() + _PATIENCE, 0, ""
        while time.monotonic() < until:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            now = self.phase.name
            seen += now == wanted != before
            before = now
            if seen >= turn or (wanted == "start" and now == wanted):
                time.sleep(wait)
                break
            time.sleep(0.0002)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def _phases(self) -> tuple[str, ...]:
        if not (self.run / "data" / "report.json").is_file():
            return ("preparation", "preparation", "start", "updates")
        return ("start", "updates", "evaluation", "checkpoint", "model")

    def _whole_copy(self) -> Path | None:
        """A file of the run that holds all that came through the pipe, where the run is not prepared yet."""
        if self.source == "file":
            return None
        size = len(self._text)
        found = (one for one in self.run.rglob("*") if one.is_file() and not one.name.startswith("."))
        files = [one for one in found if one.stat().st_size == size]
        return next((one for one in files if one.read_bytes() == self._text), None)

    def _kept(self) -> Facts:
        """What must be the same after a kill."""
        return {}

    def _check_after(self, whole: Path | None, before: Facts) -> None:
        """Hold the folder to what must be after a kill."""
        if whole is not None and self._whole_copy() is None and not self._prepared():
            self.faults.append("lost: the copy of the corpus that came through a pipe")
        code = _wait(_forked(lambda: self.answer(self.run), self.place / "error.txt"))
        if code not in (_ANSWERED, _NO_MODEL_YET):
            text = (self.place / "error.txt").read_text(errors="replace")[-400:] if code == _FAULT else ""
            self.faults.append(f"lost: the folder does not answer after a kill ({code}): {text}")

    def _prepared(self) -> bool:
        return (self.run / "data" / "report.json").is_file()

    def answer(self, run: Path) -> int:
        """What a child does: load the model and ask it something."""
        from answers import METHODS, ask

        from seqtext.errors import ModelError
        from seqtext.storage.catalog import load

        try:
            model = load(run)
        except ModelError as error:
            missing = "holds no model yet" in error.message or not run.exists()
            (self.place / "error.txt").write_text(str(error))
            return _NO_MODEL_YET if missing else _FAULT
        ask(model, next(iter(METHODS[self.task])), "The ___ goose sat.", {})
        return _ANSWERED

    def result(self, run: Path) -> Facts:
        """What the undisturbed run must share with this one."""
        found: Facts = {}
        for name in ("weights.safetensors", "tokenizer.json"):
            found[name] = (run / name).read_bytes().hex() if (run / name).is_file() else ""
        lines = (run / "history.jsonl").read_text().splitlines() if (run / "history.jsonl").is_file() else []
        found["history.jsonl"] = [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]
        return found

    def reference(self) -> Facts:
        """The result of the run that nobody disturbs."""
        place = self.run
        code = _wait(_forked(lambda: self.begin(False, str(self._corpus)), self.place / "error.txt"))
        if code:
            raise SystemExit(f"the undisturbed training of {self.task} ended with {code}; see {self.place}")
        return self.result(place)


class CommandSession(Session):
    """The same by the command line, each time in a new process; the phase is what the folder shows."""

    most = 4

    def begin(self, resume: bool, corpus: str, reader: int = -1) -> int:
        words = [sys.executable, "-m", "seqtext", "train", self.task, "--run", str(self.run)]
        if resume:
            words.append("--resume")
        else:
            words.append(corpus)
            for name, value in self.settings().items():
                words += [f"--{name.replace('_', '-')}", str(value)]
        self._silence(reader if corpus == "-" else -1)
        if reader >= 0:
            os.set_inheritable(reader, True)
        os.execv(sys.executable, words)

    def _kill_somewhere(self, child: int) -> int:
        wanted, before = self.chance.choice(("start", "preparation", "updates", "updates")), self._moment()
        wait = self.chance.random() * (2.0 if wanted == "start" else 0.05)
        until = time.monotonic() + _PATIENCE
        which = wanted == "updates"
        while time.monotonic() < until and wanted != "start" and self._moment()[which] == before[which]:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.001)
        time.sleep(wait)
        os.kill(child, signal.SIGKILL)
        prepared, after = self._prepared(), self._moment()
        self.phase.set("updates" if after[1] != before[1] else "preparation" if after[0] and not prepared else "start")
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def _moment(self) -> tuple[bool, int]:
        """Whether there are settings, and when the last checkpoint was saved."""
        state = self.run / "checkpoint" / "state.json"
        return self.resumable(), state.stat().st_mtime_ns if state.is_file() else 0


class CompareSession(Session):
    """A comparison of two settings; each learns for so many updates, so that its end can be compared."""

    EACH: tuple[Facts, ...] = ({"hidden": 8}, {"hidden": 10})

    def settings(self) -> Facts:
        settings = {**super().settings(), "each": self.EACH}
        del settings["steps"], settings["hidden"]
        return settings

    def begin(self, resume: bool, corpus: str, reader: int = -1) -> int:
        from seqtext.errors import SeqtextError
        from seqtext.training import compare

        _watch(self.phase)
        self.phase.set("start")
        self._silence(-1)
        train = compare.train

        def in_steps(*args: Any, minutes: float | None = None, **settings: Any) -> Any:
            return train(*args, **settings, **({} if minutes is None else {"steps": _STEPS}))

        compare.train = in_steps
        try:
            for _ in compare.compare(self.task, None if resume else corpus, self.run, resume=resume,
                                     **({} if resume else self.settings())):  # fmt: skip
                pass
        except SeqtextError as error:
            (self.place / "refusal.txt").write_text(str(error))
            return _REFUSED
        return 0

    def _phases(self) -> tuple[str, ...]:
        return ("start", "preparation", "updates", "evaluation", "checkpoint", "model", "league", "league")

    def resumable(self) -> bool:
        return (self.run / "league.json").is_file()

    def _prepared(self) -> bool:
        return True

    def _kept(self) -> Facts:
        """The settings that have learnt, with what is in their folders."""
        return {name: [row, self.result(self.run / name)] for name, row in self._rows().items()}

    def _rows(self) -> Facts:
        path = self.run / "league.json"
        return {row["name"]: row for row in json.loads(path.read_text())["rows"]} if path.is_file() else {}

    def _check_after(self, whole: Path | None, before: Facts) -> None:
        after = self._kept()
        for name, learnt in before.items():
            if after.get(name) != learnt:
                self.faults.append(f"lost: the row {name} that was learnt already")
        for name in ("", *(path.name for path in self.run.glob("*") if path.is_dir())):
            if name:
                code = _wait(_forked(lambda name=name: self.answer(self.run / name), self.place / "error.txt"))
                if code not in (_ANSWERED, _NO_MODEL_YET):
                    self.faults.append(f"lost: {name} does not answer after a kill ({code})")

    def result(self, run: Path) -> Facts:
        if run != self.run:
            return super().result(run)
        found: Facts = {"scores": {name: row["metrics"] for name, row in sorted(self._rows().items())}}
        for name in found["scores"]:
            found[name] = super().result(run / name)
        return found


def sessions(seed: int) -> Iterator[tuple[str, str, str, int]]:
    """Kind, task, source and number of every session, without end."""
    for number in itertools.count():
        for place, task in enumerate(seeds.TASK_NAMES):
            yield "fork", task, "file", number
            yield "fork", task, SOURCES[1 + (place + number + seed) % 3], number
            if number % 2 == 0:
                yield "fork", task, SOURCES[1 + (place + number + seed + 1) % 3], number
        for place in (0, 3):
            yield "compare", seeds.TASK_NAMES[(5 - place + number) % 6], "file", number
        yield "command", seeds.TASK_NAMES[number % 6], SOURCES[number % 2], number


_KINDS: dict[str, type[Session]] = {"fork": Session, "compare": CompareSession, "command": CommandSession}


class Tally:
    """Kills by task and phase, and faults, stored after every session."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._path = folder / "state.json"
        self.facts: Facts = {"seed": seed, "sessions": 0, "seconds": 0.0, "rows": {}, "faults": []}
        if self._path.is_file():
            self.facts = json.loads(self._path.read_text())
            if self.facts["seed"] != seed:
                raise SystemExit(f"{folder} holds sessions of seed {self.facts['seed']}; give that or another --state.")

    @property
    def kills(self) -> int:
        """How many kills there were."""
        return sum(sum(row["kills"].values()) for row in self.facts["rows"].values())

    def record(self, kind: str, session: Session, seconds: float) -> None:
        """Add a session and store all."""
        name = f"{'' if kind == 'fork' else kind + ' '}{session.task}, {session.source}"
        row = self.facts["rows"].setdefault(name, {"sessions": 0, "kills": {}, "lost": 0, "differing": 0})
        row["sessions"] += 1
        for phase, count in session.kills.items():
            row["kills"][phase] = row["kills"].get(phase, 0) + count
        row["lost"] += sum(fault.startswith("lost") for fault in session.faults)
        row["differing"] += sum(fault.startswith("differs") for fault in session.faults)
        self.facts["faults"] += [f"{name}: {fault}" for fault in session.faults]
        self.facts["sessions"] += 1
        self.facts["seconds"] += seconds
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(self.facts))
        os.replace(new, self._path)

    def table(self) -> str:
        """Kills by task and phase, what was lost, what differed."""
        shown = [phase for phase in PHASES if any(phase in row["kills"] for row in self.facts["rows"].values())]
        lines = [f"{'':36}" + "".join(f"{phase:>12}" for phase in shown) + f"{'kills':>7}{'lost':>6}{'differing':>11}"]
        for name, row in sorted(self.facts["rows"].items()):
            counts = "".join(f"{row['kills'].get(phase, 0):12}" for phase in shown)
            lines.append(f"{name:36}{counts}{sum(row['kills'].values()):7}{row['lost']:6}{row['differing']:11}")
        lines.append(f"{self.kills} kills in {self.facts['sessions']} sessions, {self.facts['seconds']:.0f} s.")
        return "\n".join(lines + sorted(set(self.facts["faults"])))


def main() -> int:
    """Run the command; the exit code is 1 where something was lost or differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300, help="how many, those of earlier calls with them")
    parser.add_argument("--seed", type=int, default=1, help="another number kills at other moments")
    parser.add_argument("--source", choices=SOURCES, nargs="+", default=SOURCES, help="only corpora that come so")
    parser.add_argument("--state", type=Path, help="folder for what was found; the same call goes on there")
    options = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "CUDA_VISIBLE_DEVICES": ""}
    import seqtext.training.compare
    import seqtext.training.train  # noqa: F401  before anything is forked

    with tempfile.TemporaryDirectory(prefix="seqtext-kills-") as scratch:
        folder = (options.state or Path(scratch) / "state").absolute()
        folder.mkdir(parents=True, exist_ok=True)
        tally = Tally(folder, options.seed)
        for kind, session in _play(tally, options, Path(scratch)):
            print(
                f"{tally.kills} kills; {kind} {session.task}, {session.source}: {session.faults or 'as it should be'}",
                flush=True,
            )
        print(tally.table())
    return 1 if tally.facts["faults"] else 0


def _play(tally: Tally, options: argparse.Namespace, scratch: Path) -> Iterator[tuple[str, Session]]:
    """Play the sessions that were not played yet."""
    seed, wanted = options.seed, (one for one in sessions(options.seed) if one[2] in options.source)
    references: dict[tuple[bool, str], Facts] = {}
    for kind, task, source, number in itertools.islice(wanted, tally.facts["sessions"], None):
        if tally.kills >= options.kills:
            return
        made, key = _KINDS[kind], (kind == "compare", task)
        if key not in references:
            calm = (CompareSession if kind == "compare" else Session)(task, "file", number, seed, scratch / "calm")
            references[key] = calm.reference()
            shutil.rmtree(scratch / "calm")
        session, begun = made(task, source, number, seed, scratch / "session"), time.monotonic()
        session.play(references[key])
        tally.record(kind, session, time.monotonic() - begun)
        shutil.rmtree(scratch / "session")
        yield kind, session


if __name__ == "__main__":
    sys.exit(main())
