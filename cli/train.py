"""Implement `seqtext train`, which trains a model for a task on corpora.

It writes a run, a folder that answers and can be resumed.
"""

from collections.abc import Callable
from typing import Any

import click

from seqtext.config import BUDGETS
from seqtext.data.formats.registry import PAIRS, TEXTS, every_suffix, suffixes
from seqtext.extras import needed
from seqtext.tasks import TASKS, Task

from . import options
from .progress import Training, follow

#: What may be typed with --resume.
_USED = ("run", "resume", "accept_changed_corpus", "as_json", "suspects", *BUDGETS)


_FORMATS = f"""
    CORPUS is a file, a folder of them, hf:NAME or - for standard input: {every_suffix()}. Those of text may be packed:
    .gz, .xz, .zst.
    """
_HELP = f"""Learn a task from your own text and write a model folder.

    \b
    seqtext train fill corpus.txt --run runs/mine --minutes 10

    A corpus may be text, a table (.csv, .xlsx and others), a document ({suffixes(TEXTS)}) or, for pairs, a translation
    file ({suffixes(PAIRS)}); see seqtext train translate --help.
    """


@click.group(cls=options.Commands, no_args_is_help=False, help=_HELP)
def train() -> None:
    """Learn a task from your own text and write a model folder."""


def _command(task: Task) -> click.Command:
    """Make the subcommand of a task."""

    def learn(**typed: Any) -> None:
        _learn(task, **typed)

    learn.__doc__ = f"{task.help}\n{_FORMATS}"
    return train.command(task.name, cls=options.Sections)(options.training(task)(learn))


for _task in TASKS.values():
    _command(_task)


def _learn(task: Task, **typed: Any) -> None:
    """Check what was typed, train, show the events."""
    command, run, resume = f"seqtext train {task.name}", typed["run"], typed["resume"]
    options.check_corpora(typed["corpora"], resume, command, run)
    if resume:
        options.check_resumable(click.get_current_context(), _USED, command, run)
    training = Training(task, run, typed.get("suspects"), typed["columns"])
    follow(plan(task, **typed), training, typed["as_json"], reading=_reading(typed["corpora"]))


def plan(
    task: Task,
    *,
    run: str,
    corpora: tuple[str, ...],
    valid: tuple[str, ...],
    preset: str,
    start: str | None,
    rung: str | None,
    resume: bool,
    accept_changed_corpus: bool,
    columns: dict[str, str] | None,
    encoding_errors: str,
    on_error: str | None,
    encoding: str | None,
    config: str | None,
    as_json: bool,
    suspects: str | None = None,
    paragraphs: bool = False,
    **typed: Any,
) -> Callable[[], Any]:
    """Check a training run's settings. Returns a function that starts the training and yields its events."""
    settings = options.chosen(task.configs, typed, config)
    if suspects is not None:
        settings["suspects"] = suspects
    sources = list(corpora) or None
    given = {name: value for name, value in {"encoding": encoding, "rung": rung}.items() if value is not None}

    def events() -> Any:
        with needed("Training"):
            from seqtext.training.train import train

        return train(
            task.name, sources, run, valid=list(valid) or None, columns=columns, preset=preset, start=start,
            resume=resume, accept_changed_corpus=accept_changed_corpus, encoding_errors=encoding_errors,
            on_error=on_error or "", paragraphs=paragraphs, **given, **settings,
        )  # fmt: skip

    return events


def _reading(corpora: tuple[str, ...]) -> str:
    """Write the first line of a training run; a resumed one has none."""
    names = ", ".join("standard input" if name == "-" else name for name in corpora)
    return f"Reading   {names}" if names else ""
