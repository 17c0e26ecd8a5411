"""Hold the models of a server, bundled or named at its start."""

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from seqtext.errors import ConfigError, ModelError, SeqtextError, argument, arguments, nearest
from seqtext.server.faults import Fault, overloaded
from seqtext.tasks import TASKS, resolve


@dataclass
class ServedModel:
    """Hold a model that a server answers with.

    name: its id; task: a name in `seqtext.tasks.TASKS`; languages: those it reads and writes; default: whether it
    answers where no model is named; created: when its folder was written, in seconds since 1970; open: loads it;
    is_bundled: whether it comes with seqtext and was not named
    """

    name: str
    task: str
    languages: tuple[str, ...]
    default: bool
    created: int
    open: Callable[[], Any]
    is_bundled: bool = False
    _lock: Any = field(default_factory=Lock, repr=False)
    _model: Any = field(default=None, repr=False)

    @property
    def is_loaded(self) -> bool:
        """Return whether the model has been loaded."""
        return self._model is not None

    def model(self) -> Any:
        """Load the model at the first call, and return it.

        Threads that call at once wait for a single load. Raises ModelError.
        """
        with self._lock:
            if self._model is None:
                self._model = self.open()
            return self._model

    @property
    def commands(self) -> tuple[str, ...]:
        """Return the commands that use the model."""
        return TASKS[self.task].commands


class Models:
    """Hold all models of a server by id.

    Their folders are read at the first use of `by_name`.
    """

    def __init__(self, named: Sequence[tuple[str, str]] = ()) -> None:
        self._named, self._lock = named, Lock()
        self._found: dict[str, ServedModel] | None = None
        self._started: list[ServedModel] = []
        self._expected: set[str] = set()

    @property
    def by_name(self) -> dict[str, ServedModel]:
        """Return all models by id.

        Raises ModelError, and ConfigError for a task that a model is not for.
        """
        with self._lock:
            if self._found is None:
                by_name: dict[str, ServedModel] = {}
                self._started = [_add_named(by_name, task, model) for task, model in self._named]
                _add_bundled(by_name)
                self._found = by_name
            return self._found

    def load_named(self) -> None:
        """Load the models named at the start; raises ModelError and ConfigError."""
        if self._named and self.by_name:
            for served in self._started:
                served.model()

    def load_soon(self, task: str) -> None:
        """Begin to load the default model of a task, once.

        Requests that come meanwhile wait for it.
        """
        if task not in self._expected:
            self._expected.add(task)
            Thread(target=self._load, args=(task,), daemon=True).start()

    def _load(self, task: str) -> None:
        with suppress(SeqtextError):  # the request that needs it is told
            if served := self.default(task):
                served.model()

    def find(self, name: object, task: str) -> ServedModel:
        """Find a model by id.

        Raises a Fault for a model that is not served, or is for another task.
        """
        match = self.by_name.get(name) if isinstance(name, str) else None
        good = [other.name for other in self.by_name.values() if other.task == task]
        served = f"served for {task} are {', '.join(good)}" if good else f"none for {task} is served"
        hint = f'"model": "{nearest(str(name), good)}"' if good else f"seqtext serve --model {task}=FOLDER"
        if match is None:
            said = f"No model is called {name!r:.80} here"
            if not isinstance(name, str):
                said = f"model received {json.dumps(name):.80}; the name of a model is expected"
            raise Fault(404, f"{said}; {served}.", hint, param="model", code="model_not_found")
        if match.task != task:
            needed = f"one for {task} is needed; {served}"
            raise Fault(400, f"{match.name} is a model for {match.task}; {needed}.", hint, param="model")
        return match

    def default(self, task: str) -> ServedModel | None:
        """Return the default model of a task; None where there is none."""
        return next((served for served in self.by_name.values() if served.task == task and served.default), None)

    def translator(self, task: str, source: str | None, target: str | None) -> ServedModel:
        """Find a translator from a language into another, preferably the default.

        source, target: None where a request names none, for English and French. Raises a Fault where no translator is
        served for the two
        """
        known = [served for served in self.by_name.values() if served.task == task and len(served.languages) == 2]
        asked = ("en" if source is None else source.lower(), "fr" if target is None else target.lower())
        good = [served for served in known if tuple(map(str.lower, served.languages)) == asked]
        if not good:
            raise _no_translator(known, source, target)
        return max(good, key=lambda served: served.default)


def _no_translator(known: Sequence[ServedModel], source: str | None, target: str | None) -> Fault:
    """Make the Fault of a request for languages that no model has, with the nearest ones that one has."""
    wanted = ("en" if source is None else source, "fr" if target is None else target)
    pairs = ", ".join(" to ".join(served.languages) for served in known) or "none"
    message = f"No model translates from {wanted[0]!r:.40} to {wanted[1]!r:.40} here; served are {pairs}."
    for name, given, usual in (("from", source, "en"), ("to", target, "fr")):
        if given is None:
            message += f" {name} was not given, and {usual!r} is taken."
    is_read = wanted[0].lower() in {served.languages[0] for served in known}
    param = "to" if target is not None and (is_read or source is None) else "from"
    if not known:
        return Fault(400, message, "seqtext serve --model translate=FOLDER", param=param)
    near = max(known, key=lambda served: (served.languages[1] == wanted[1].lower(), served.default))
    return Fault(400, message, f'"from": "{near.languages[0]}", "to": "{near.languages[1]}"', param=param)


def _add_named(known: dict[str, ServedModel], task: str, model: str) -> ServedModel:
    """Add a model that was named, which becomes the default of its task."""
    from seqtext.storage.catalog import find

    folder = find(model)
    served = _read(_public_name(model, folder, known), folder)
    if task and task != served.task:
        message = f"{argument('model')} received {task}={model}, which is a model for {served.task}."
        raise ConfigError(message, arguments(model=f"{served.task}={model}"))
    for other in known.values():
        other.default = other.default and other.task != served.task
    served.default = True
    known[served.name] = served
    return served


def _add_bundled(known: dict[str, ServedModel]) -> None:
    """Add the bundled models; those that commands ask by default are the defaults of tasks that have none."""
    from seqtext.storage.catalog import bundled

    usual = {record.model for task in TASKS.values() if task.answers for record in resolve(task.answers).values()}
    taken = {other.task for other in known.values()}
    for name, folder in bundled().items():
        if name not in known:
            served = _read(name, folder)
            served.default = served.name in usual and served.task not in taken
            served.is_bundled = True
            known[name] = served


def _read(name: str, folder: Path) -> ServedModel:
    """Describe a model folder, without reading its weights."""
    from seqtext.storage.catalog import load
    from seqtext.storage.model_folder import describe

    facts = describe(folder)
    task: str = facts["task"]
    languages = tuple(code for code in str(facts.get("language") or "").split("-") if code)
    created = int((folder / "config.json").stat().st_mtime)
    return ServedModel(name, task, languages, False, created, lambda: load(folder, task))


def _public_name(model: str, folder: Path, taken: dict[str, ServedModel]) -> str:
    """Make an id that shows no path: a bundled name, one of the Hub, or that of the folder."""
    from seqtext.storage.catalog import bundled

    name = model if model in bundled() or not os.path.exists(model) else folder.resolve().name
    name = name.partition("@")[0]
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    return unique


def load_model(served: ServedModel) -> Any:
    """Load a model. Raises Fault, which names no folder, where it cannot be loaded."""
    try:
        return served.model()
    except ModelError as error:
        raise unavailable(served) from error


def no_model(task: str) -> Fault:
    """Make the Fault of a request for which no model is served."""
    return Fault(404, f"No model for {task} is served here.", f"seqtext serve --model {task}=FOLDER", param="model",
                 code="model_not_found")  # fmt: skip


def unavailable(served: ServedModel) -> Fault:
    """Make the Fault of a model that cannot be loaded."""
    return overloaded(
        f"The model {served.name} cannot be loaded.", "the server's log says why", seconds=30, code="model_unavailable"
    )
