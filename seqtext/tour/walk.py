"""Choose and prepare the steps of the tour.

Their corpora are found, and their command lines written as they are typed.
"""

import importlib.util
import json
import re
import shlex
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from seqtext.errors import ConfigError, InputError, nearest
from seqtext.extras import missing
from seqtext.shell import quote
from seqtext.tour.steps import CORPORA, STEPS, TourStep
from seqtext.tour.texts import write_file

_RUN = re.compile(r"\{run\}/([\w-]+)")


def step_named(name: str) -> TourStep:
    """Find a step by its name or number, which counts from 1. Raises ConfigError."""
    numbers = {str(step.number): step for step in STEPS}
    names = {step.name: step for step in STEPS}
    found = numbers.get(name) or names.get(name)
    if found is None:
        accepted = f"1 to {len(STEPS)}, or {', '.join(names)}"
        like = nearest(name, names, 0.4) or "--list"
        raise ConfigError(f"The tour received the step {name!r}; accepted are {accepted}.", f"seqtext tour {like}")
    return found


def chosen_steps(names: Sequence[str] = (), first: str | None = None) -> list[TourStep]:
    """Return the steps named, or all from a step on. Raises ConfigError for an unknown step."""
    if names:
        return [step_named(name) for name in names]
    return list(STEPS) if first is None else list(STEPS[step_named(first).number - 1 :])


def clone_corpora() -> Path | None:
    """Find the corpora of the clone that seqtext runs from. Returns None where that is not known."""
    found = [Path(__file__).resolve().parents[2]]
    try:  # what pip notes of a folder from which it installed (PEP 610)
        noted = urlsplit(json.loads(distribution("seqtext").read_text("direct_url.json") or "{}")["url"])
        found += [Path(unquote(noted.path))] if noted.scheme == "file" else []
    except (PackageNotFoundError, KeyError, ValueError, TypeError):
        pass
    return next((folder / CORPORA for folder in found if (folder / CORPORA / "stories.txt").is_file()), None)


def check_corpora(steps: Sequence[TourStep], folder: Path) -> None:
    """Raise InputError for missing corpora of tour steps. Its hint continues without the steps that read them."""
    lacking = sorted({name for step in steps for name in step.corpora if not (folder / name).is_file()})
    if not lacking:
        return
    readers = [step.name for step in steps if set(step.corpora) & set(lacking)]
    others = [step.name for step in steps if step.name not in readers] or ["tokens"]
    clone = clone_corpora()
    there = clone is not None and all((clone / name).is_file() for name in lacking)
    raise InputError(
        f"{folder} has no {', '.join(lacking)}, read in the tour by {', '.join(readers)}; a clone of seqtext has these "
        "texts in its folder corpora, they are no part of what is installed.",
        f"seqtext tour --corpora {quote(str(clone))}" if there else f"seqtext tour {' '.join(others)}",
    )


def check_training(steps: Sequence[TourStep]) -> None:
    """Raise SeqtextError where a step needs torch and it is missing."""
    if any(step.needs_torch for step in steps) and importlib.util.find_spec("torch") is None:
        raise missing("torch", "The tour")


class Typed(NamedTuple):
    """Hold a step's command lines, and the runs they write by name."""

    lines: list[list[str]]
    runs: dict[str, Path]


def prepare(step: TourStep, folder: Path, corpora: Path) -> Typed:
    """Write the files that a step reads; fill in its command lines.

    A run that is there already stays as it is: NAME-2 is written beside it.
    Raises InputError and ModelError as `seqtext.tour.texts.write_file` does
    """
    for name in step.files:
        write_file(name, folder, corpora)
    names = dict.fromkeys(name for command in step.commands for name in _RUN.findall(command.line))
    runs = {name: next(path for path in _paths(folder / name) if not path.exists()) for name in names}
    places = {"tour": folder.as_posix(), "corpora": corpora.as_posix()}

    def filled(word: str) -> str:
        word = _RUN.sub(lambda found: runs[found[1]].as_posix(), word)
        return re.sub(r"\{(tour|corpora)\}", lambda found: places[found[1]], word)

    return Typed([[filled(word) for word in shlex.split(command.line)] for command in step.commands], runs)


def _paths(path: Path) -> Iterator[Path]:
    yield path
    number = 2
    while True:
        yield path.with_name(f"{path.name}-{number}")
        number += 1
