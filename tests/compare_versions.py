"""Compare two versions of seqtext: answers, faults, help, training, resuming, and with --speed how quick they are.

python tests/compare_versions.py v0.1 .
python tests/compare_versions.py HEAD~3 HEAD --only answers -k translate
python tests/compare_versions.py ../before . --only speed --turns 20

OLD and NEW are checkouts or git revisions. Both answer with the bundled models of OLD unless --models says otherwise,
both read the corpora of OLD, and what OLD has trained answers in both. The exit status is 0 where nothing differs.
Other help texts and other widths of columns are listed, and do not count.
"""

import argparse
import contextlib
import difflib
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from versions import cases, speed
from versions.cases import Case
from versions.shadow import Outcome, Version, new_place, outcome, shadow, source_of

PARTS = ("help", "train", "resume", "answers", "errors", "code", "league", "speed", "cold")
_STEPS = 10  # of 20, after which OLD leaves what both resume
_BEGIN = Path(__file__).parent / "versions" / "begin.py"


@dataclass
class VersionComparison:
    """Both versions, what they read, and what was found so far."""

    versions: list[Version]
    inputs: Path
    models: Path  # the runs that OLD trained
    pool: ThreadPoolExecutor
    counts: dict[str, int] = field(default_factory=lambda: {"same": 0, "listed": 0, "DIFFERS": 0})

    def report(self, part: str, name: str, state: str, detail: str = "") -> None:
        """Print a case and count it."""
        self.counts[state] += 1
        print(f"{state:8} {part:8} {name}", flush=True)
        if detail:
            print("".join(f"           {line[:180]}\n" for line in detail.splitlines()), end="", flush=True)

    def run(self, version: Version, case: Case) -> Outcome:
        """Run a case for one version, in a folder of its own."""
        place = new_place(version, f"{case.part} {case.name}", self.inputs)
        if case.part == "train":
            (place / "runs").mkdir()
            for name in case.needs:
                (place / "runs" / name).symlink_to(self.models / name)
        else:
            (place / "runs").symlink_to(self.models)
        stdin = (place / case.stdin).read_bytes() if case.stdin else b""
        done = version.run(case.words, place, stdin, case.env)
        if case.part == "train" and version.name == "OLD":
            (self.models / case.name).symlink_to(place / "runs" / case.name)
        found = outcome(done, version, place, case.timed)
        return shape(found) if case.loose else found

    def compare(self, case: Case, found: "list[Future[Outcome]]") -> None:
        """Wait for both outcomes of a case and report what differs."""
        old, new = (one.result() for one in found)
        detail = differences(old, new)
        if (old.status == 0) != case.succeeds:
            self.report(case.part, case.name, "DIFFERS", f"OLD ends with status {old.status}: {old.err}")
        elif not detail:
            self.report(case.part, case.name, "same")
        else:
            listed = case.plain and not differences(spaceless(old), spaceless(new))
            self.report(case.part, case.name, "listed" if listed else "DIFFERS", detail)

    def compare_all(self, chosen: Iterable[Case]) -> None:
        """Run the cases for both versions, two at a time, and report them in their order."""
        running = [(case, [self.pool.submit(self.run, version, case) for version in self.versions]) for case in chosen]
        for case, found in running:
            self.compare(case, found)


def differences(old: Outcome, new: Outcome, most: int = 5) -> str:
    """What differs in two outcomes, with the first so many lines of each thing; "" where all is the same."""
    lines = [] if old.status == new.status else [f"status {old.status} against {new.status}"]
    pairs = {"stdout": (old.out, new.out), "stderr": (old.err, new.err)}
    pairs |= {name: (old.files.get(name), new.files.get(name)) for name in sorted({*old.files, *new.files})}
    for name, (before, after) in pairs.items():
        if before is None or after is None:
            lines.append(f"{name} is written by {'NEW' if before is None else 'OLD'} only")
        elif before != after:
            found = changed(before, after)
            lines += [f"{name}:", *found[:most], *([f"… {len(found) - most} more lines"] if len(found) > most else [])]
    return "\n".join(lines)


def changed(before: str, after: str) -> list[str]:
    """The unified diff of two texts that differ, without what they share."""
    diff = difflib.unified_diff(before.splitlines(), after.splitlines(), "OLD", "NEW", n=0, lineterm="")
    return list(diff)[2:] or ["(other line ends)"]


def spaceless(found: Outcome) -> Outcome:
    """An outcome whose tables have no widths."""
    lines = [" ".join(line.replace("─", " ").split()) for line in found.out.split("\n")]
    return Outcome(found.status, "\n".join(lines), found.err, found.files)


def shape(found: Outcome) -> Outcome:
    """What does not depend on the clock: the heads of a table, the files, and the keys and types of a league."""
    files = dict.fromkeys(found.files, "")
    files |= {name: kinds(text) for name, text in found.files.items() if name.endswith("league.json")}
    return Outcome(found.status, " ".join(found.out.split("\n", 1)[0].split()), "", files)


def kinds(text: str) -> str:
    """JSON with types in place of values, and lists cut to their first element."""

    def kind(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: kind(one) for name, one in value.items()}
        return [kind(one) for one in value[:1]] if isinstance(value, list) else type(value).__name__

    return json.dumps(kind(json.loads(text)), indent=1)


def help_of(version: Version, place: Path) -> dict[str, Outcome]:
    """The help of every command and subcommand, by its name."""
    found: dict[str, Outcome] = {}
    waiting = [""]
    while waiting:
        name = waiting.pop(0)
        done = version.run(["-m", "seqtext", *name.split(), "--help"], place)
        found[name] = outcome(done, version, place, False)
        listed = found[name].out.partition("Commands:\n")[2].partition("\n\n")[0]
        waiting += [f"{name} {command}".strip() for command in re.findall(r"(?m)^  (\w+)", listed)]
    return found


def compare_help(comparison: VersionComparison, text: str) -> None:
    """List what the help says otherwise; a command or an option that only one has differs."""
    places = [new_place(version, "help", comparison.inputs) for version in comparison.versions]
    old, new = comparison.pool.map(help_of, comparison.versions, places)
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if text not in f"{name} --help":
            continue
        if before is None or after is None:
            state, detail = "DIFFERS", f"only {'NEW' if before is None else 'OLD'} has it"
        else:
            detail = differences(before, after, 40)
            same = (before.status, options_in(before)) == (after.status, options_in(after))
            state = "same" if not detail else "listed" if same else "DIFFERS"
        comparison.report("help", f"{name} --help", state, detail)


def options_in(found: Outcome) -> list[str]:
    """The options and commands that a help lists."""
    return sorted(re.findall(r"(?m)^  (-[-\w, /]*\w|\w+)(?=  |\s[A-Z\[<]|$)", found.out.partition("\n\n")[2]))


def compare_training(comparison: VersionComparison, chosen: list[Case], used: Iterable[Case]) -> None:
    """Train what is compared with both versions, and with OLD what answers need besides."""
    every = {case.name: case for case in cases.training()}
    wanted = dict.fromkeys(name for case in used for name in case.needs)
    wanted |= dict.fromkeys(name for one in [*wanted, *(case.name for case in chosen)] for name in every[one].needs)
    compared = {case.name for case in chosen}
    for first in (True, False):  # those that begin with another run come after it
        wave = [case for case in every.values() if (not case.needs) == first]
        alone = [case for case in wave if case.name in wanted and case.name not in compared]
        made = {case.name: comparison.pool.submit(comparison.run, comparison.versions[0], case) for case in alone}
        comparison.compare_all(case for case in wave if case.name in compared)
        for name, run in made.items():
            if run.result().status:
                raise SystemExit(f"OLD cannot train {name}: {run.result().err}")


def compare_resuming(comparison: VersionComparison, text: str) -> None:
    """Let OLD begin trainings, and both versions go on with copies of them."""
    chosen = [name for name in cases.BEGUN if text in name]
    begun = {name: comparison.pool.submit(begin, comparison, name) for name in chosen}
    running = {}
    for name, place in begun.items():
        words = ("-m", "seqtext", "train", cases.BEGUN[name][0], "--run", "run", "--resume")
        case = Case("resume", name, words, timed=True)
        run = place.result()
        found = [comparison.pool.submit(resume, comparison, version, case, run) for version in comparison.versions]
        running[name] = case, found
    for case, found in running.values():
        comparison.compare(case, found)


def begin(comparison: VersionComparison, name: str) -> Path:
    """Train with OLD and leave it half-way; returns the folder of its run."""
    task, corpus, own = cases.BEGUN[name]
    settings = {
        "preset": "tiny", "steps": 2 * _STEPS, "threads": 1, "precision": "fp32", "device": "cpu", "seed": 4,
        "batch_size": 512, "evaluations": 4, **own,
    }  # fmt: skip
    place = new_place(comparison.versions[0], f"begun {name}", comparison.inputs)
    words = [str(_BEGIN), task, corpus, "run", str(_STEPS), json.dumps(settings)]
    done = comparison.versions[0].run(words, place)
    if done.stdout.decode().strip() != f"left after {_STEPS}":
        raise SystemExit(f"OLD does not begin {name}: {done.stderr.decode()}")
    return place / "run"


def resume(comparison: VersionComparison, version: Version, case: Case, run: Path) -> Outcome:
    """Go on with a copy of a run."""
    place = new_place(version, f"resumed {case.name}", comparison.inputs)
    shutil.copytree(run, place / "run")
    return outcome(version.run(case.words, place), version, place, True)


def parser() -> argparse.ArgumentParser:
    """What can be typed."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("old", metavar="OLD", help="a checkout or a git revision")
    found.add_argument("new", metavar="NEW", help="a checkout or a git revision")
    found.add_argument("--models", type=Path, metavar="FOLDER", help="the bundled models of both (those of OLD)")
    found.add_argument("--only", action="append", choices=PARTS, help="compare this part; may be repeated")
    found.add_argument("-k", dest="text", default="", metavar="TEXT", help="compare the cases that have this in them")
    found.add_argument("--speed", action="store_true", help="also measure speed")
    found.add_argument("--cold", action="store_true", help="also measure whole processes, beside import torch")
    found.add_argument("--turns", type=int, default=20, metavar="N", help="turns of each measurement (20)")
    found.add_argument("--keep", type=Path, metavar="FOLDER", help="work in this new folder and leave it there")
    return found


@contextlib.contextmanager
def prepared(typed: argparse.Namespace) -> Iterator[VersionComparison]:
    """Both versions side by side in a temporary folder."""
    with contextlib.ExitStack() as stack:
        folder = typed.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="versions-")))
        folder = folder.resolve()
        sources = {name: source_of(getattr(typed, name), folder / f"from-{name}") for name in ("old", "new")}
        models = typed.models or sources["old"] / "seqtext" / "pretrained"
        versions = [shadow(name.upper(), source, models, folder / name) for name, source in sources.items()]
        inputs, trained = folder / "inputs", folder / "trained"
        inputs.mkdir()
        trained.mkdir()
        cases.write_inputs(sources["old"], inputs)
        yield VersionComparison(versions, inputs, trained, stack.enter_context(ThreadPoolExecutor(2)))


def compare_parts(comparison: VersionComparison, parts: set[str], text: str) -> None:
    """Compare all but speed."""
    if "help" in parts:
        compare_help(comparison, text)
    asked = [case for case in cases.answering() if case.part in parts and text in f"{case.part} {case.name}"]
    trained = [case for case in cases.training() if "train" in parts and text in f"train {case.name}"]
    compare_training(comparison, trained, asked)
    if "resume" in parts:
        compare_resuming(comparison, text)
    comparison.compare_all(asked)


def measure(comparison: VersionComparison, parts: set[str], turns: int, text: str) -> bool:
    """Compare speed, where that was asked for; whether NEW is nowhere slower."""
    measures: dict[str, Callable[[], bool]] = {
        "speed": lambda: speed.compare_warm(comparison.versions, comparison.inputs, turns, text),
        "cold": lambda: speed.compare_cold(comparison.versions, comparison.inputs, turns, "cold" in parts),
    }
    wanted = [name for name in measures if name in parts or ("speed" in parts and not text)]
    found = []
    for name in wanted:
        print(f"{turns} turns of each, {speed.load()} before", flush=True)
        found.append(measures[name]())
    return all(found)


def main() -> int:
    """Compare and say in a line what came of it."""
    typed = parser().parse_args()
    begun = time.monotonic()
    parts = set(typed.only or PARTS[:-2])
    parts |= {name for name in PARTS[-2:] if getattr(typed, name)}
    with prepared(typed) as comparison:
        compare_parts(comparison, parts, typed.text)
        quick = measure(comparison, parts, typed.turns, typed.text)
    shown = ", ".join(f"{count} {state}" for state, count in comparison.counts.items())
    print(f"{shown}{'' if quick else ', SLOWER'}; {time.monotonic() - begun:.0f} s")
    return int(not quick or comparison.counts["DIFFERS"] > 0)


if __name__ == "__main__":
    sys.exit(main())
