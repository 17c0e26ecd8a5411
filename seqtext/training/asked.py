"""Request a training run, new or resumed. The settings of a new one are resolved."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from seqtext.config import BUDGETS, TrainingConfig
from seqtext.errors import ConfigError, TrainingError, argument, either
from seqtext.fields import from_dict
from seqtext.shell import quote
from seqtext.tasks import Settings, Task
from seqtext.training.choice import RungChoice
from seqtext.training.choose import begin_choice
from seqtext.training.request import Request, RunConfig
from seqtext.training.run import Run
from seqtext.training.rungs import is_chosen, with_rung
from seqtext.training.settings import configure


class Asked(NamedTuple):
    """Hold what is asked of a training, new or resumed.

    config: the settings of its run
    request: of a new one, None otherwise; choice: the rungs to try, where one is to be chosen
    added: of a resumed one, the budget to add; accept_changed_corpus: as for `seqtext.train`
    """

    config: RunConfig
    request: Request | None = None
    choice: RungChoice | None = None
    added: Settings | None = None
    accept_changed_corpus: bool = False


def ask_new(task: Task, request: Request, rung: str | None, preset: str, settings: Settings) -> Asked:
    """Resolve the rung and the settings of a new training.

    See `seqtext.train`. Raises ConfigError or ModelError.
    """
    choosing = is_chosen(task, rung, settings, request.start)
    settings, start = with_rung(task, rung, settings, request.start)
    config = configure(task, preset, settings, start)
    choice = begin_choice(task, preset, settings, BUDGETS) if choosing else None
    request = replace(request, start=None if start is None else str(start), masks=config.tokenizer.masks)
    return Asked(config, request, choice)


def check_new(request: Request, accept_changed_corpus: bool) -> None:
    """Check the required and excluded arguments of a new training.

    Raises ConfigError where there is no corpus, and for an option of --resume.
    """
    if not request.corpora:
        raise ConfigError(
            "No corpus was received; at least one file is expected.",
            either('train("fill", "my.txt", "runs/mine")', "seqtext train fill my.txt --run runs/mine"),
        )
    if accept_changed_corpus:
        raise ConfigError(
            f"{argument('accept_changed_corpus')} was given without {argument('resume')}, of which it is an option.",
            f"leave {argument('accept_changed_corpus')} out",
        )


def check_resumable(task: Task, run: Run, given: Sequence[str], settings: Settings) -> RunConfig:
    """Return the settings of a run to resume.

    Raises ConfigError or TrainingError unless it can be resumed as asked.
    """
    run.check_begun(task.name)
    unused = [*given, *(name for name in settings if name not in BUDGETS)]
    if unused:
        names = ", ".join(map(argument, unused))
        raise ConfigError(
            f"{names} was given with {argument('resume')}, which keeps the run's own settings.", run.again
        )
    request, config = run.read_settings()
    if request.task != task.name:
        raise TrainingError(
            f"{run.folder} holds a training of {request.task!r}, not of {task.name!r}.",
            either(
                f"train({request.task!r}, None, {str(run.folder)!r}, resume=True)",
                f"seqtext train {request.task} --run {quote(str(run.folder))} --resume",
            ),
        )
    from_dict(TrainingConfig, settings, "the settings given")
    unit = config.training.unit
    other = next((name for name in settings if name != unit), None)
    if other is not None:
        raise ConfigError(
            f"{argument(other)} was given with {argument('resume')}, but the run is measured in {unit}, to which "
            "can be added.",
            run.again_with(**{unit: math.ceil(settings[other])}),
        )
    return config
