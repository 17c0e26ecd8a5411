"""The models that a server may be asked for: bundled ones and those named at its start, each loaded once."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from seqtext.errors import ConfigError, ModelError, nearest
from seqtext.server.faults import Fault, overloaded
from seqtext.storage.catalog import bundled, find, load
from seqtext.storage.model_folder import describe
from seqtext.tasks import TASKS, resolve


@dataclass
class Served:
    """A model that may be asked.

    name: its id; task: a name in `seqtext.tasks.TASKS`; languages: those it reads and writes; default: whether it
    answers where no model is named; created: when its folder was written, in seconds since 1970
    """

    name: str
    task: str
    languages: tuple[str, ...]
    default: bool
    created: int
    open: Callable[[], Any]
    _lock: Any = field(default_factory=Lock, repr=False)
    _model: Any = field(default=None, repr=False)

    @property
    def is_loaded(self) -> bool:
        """Whether it has been loaded."""
        return self._model is not None

    def model(self) -> Any:
        """Load it, unless it is; threads that ask at once wait for one of them to load it. Raises ModelError."""
        with self._lock:
            if self._model is None:
                self._model = self.open()
            return self._model

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands that ask it."""
        return TASKS[self.task].commands


class Models:
    """All models that may be asked, by id.

    named: those of `--model`, as (task or "", model); the last one of a task is its default. Raises ModelError, and
    ConfigError for a task that the model is not for
    """

    def __init__(self, named: Sequence[tuple[str, str]] = ()) -> None:
        self.by_name: dict[str, Served] = {}
        self.started: list[Served] = []
        for task, model in named:
            self._add_named(task, model)
        taken, usual = {one.task for one in self.by_name.values()}, _usual()
        for name, folder in bundled().items():
            if name not in self.by_name:
                task = _facts(folder)["task"]
                self._add(name, folder, default=task not in taken and name in usual)

    def _add_named(self, task: str, model: str) -> None:
        folder = find(model)
        found = _facts(folder)["task"]
        if task and task != found:
            raise ConfigError(f"--model received {task}={model}, which is a model for {found}.",
                              f"--model {found}={model}")  # fmt: skip
        for other in self.by_name.values():
            other.default = other.default and other.task != found
        self.started.append(self._add(_public_name(model, folder, self.by_name), folder, default=True))

    def _add(self, name: str, folder: Path, *, default: bool) -> Served:
        facts = _facts(folder)
        languages = tuple(part for part in str(facts.get("language") or "").split("-") if part)
        created = int((folder / "config.json").stat().st_mtime)
        self.by_name[name] = Served(
            name, facts["task"], languages, default, created, lambda: load(folder, facts["task"])
        )
        return self.by_name[name]

    def load_started(self) -> None:
        """Load those that were named; raises ModelError."""
        for one in self.started:
            one.model()

    def named(self, name: object, task: str) -> Served:
        """Give the model of an id; raises a Fault for one that is not served, or of another task."""
        found = self.by_name.get(name) if isinstance(name, str) else None
        if found is None:
            known = ", ".join(self.by_name)
            near = nearest(str(name), [one.name for one in self.by_name.values() if one.task == task] or self.by_name)
            raise Fault(404, f"No model is called {name!r:.80} here; served are {known}.", f'"model": "{near}"',
                        param="model", code="model_not_found")  # fmt: skip
        if found.task != task:
            good = [one.name for one in self.by_name.values() if one.task == task]
            raise Fault(400, f"{found.name} is a model for {found.task}; one for {task} is needed: {', '.join(good)}.",
                        f'"model": "{good[0]}"' if good else f"seqtext serve --model {task}=FOLDER",
                        param="model")  # fmt: skip
        return found

    def default(self, task: str) -> Served | None:
        """Give the model that answers where none is named; None where there is none."""
        return next((one for one in self.by_name.values() if one.task == task and one.default), None)

    def translator(self, source: str, target: str) -> Served:
        """Give the translator from a language into another, the default one first; raises a Fault where none is."""
        known = [one for one in self.by_name.values() if one.task == "translate"]
        good = [one for one in known if tuple(map(str.lower, one.languages)) == (source.lower(), target.lower())]
        if not good:
            pairs = ", ".join(" to ".join(one.languages) for one in known if len(one.languages) == 2) or "none"
            raise Fault(400, f"No model translates {source:.40} to {target:.40} here; served are {pairs}.",
                        '"to": "fr"', param="to")  # fmt: skip
        return max(good, key=lambda one: one.default)


def _usual() -> set[str]:
    """The bundled models that answer where none is named."""
    return {record.model for task in TASKS.values() if task.answers for record in resolve(task.answers).values()}


def _facts(folder: Path) -> dict[str, Any]:
    return describe(folder)


def _public_name(model: str, folder: Path, taken: dict[str, Served]) -> str:
    """An id that shows no path: the name that is bundled or on the Hub, or that of the folder."""
    name = model if model in bundled() or not os.path.exists(model) else folder.resolve().name
    name = name.partition("@")[0]
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    return unique


def loaded(served: Served) -> Any:
    """Give the model, loaded; raises a Fault that tells nothing of folders."""
    try:
        return served.model()
    except ModelError as error:
        raise unavailable(served) from error


def unavailable(served: Served) -> Fault:
    """Make the Fault of a model that cannot be loaded."""
    return overloaded(
        f"The model {served.name} cannot be loaded.", "the server's log says why", seconds=30, code="model_unavailable"
    )
