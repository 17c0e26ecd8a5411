"""Resolve a run's settings from preset, start model and single settings."""

import dataclasses
from pathlib import Path
from typing import Any

from seqtext.config import BUDGETS
from seqtext.errors import ConfigError, argument, arguments, either
from seqtext.fields import free_settings, refuse_unknown, renamed, shown_name
from seqtext.masks import parse_masks
from seqtext.storage.catalog import load
from seqtext.tasks import TASKS, Settings, Task, resolve
from seqtext.training.request import RunConfig


def check_task(task: str, preset: str) -> Task:
    """Look up a task by name, and check its preset.

    Raises ConfigError for an unknown task or preset.
    """
    if task not in TASKS:
        message = f"The task {task!r} was received; accepted are {', '.join(TASKS)}."
        raise ConfigError(message, "seqtext train fill --help")
    presets = TASKS[task].presets
    if preset not in presets:
        message = f"{argument('preset')} received {preset!r}; accepted are {', '.join(presets)}."
        raise ConfigError(message, arguments(preset=next(iter(presets))))
    return TASKS[task]


def configure(task: Task, preset: str, settings: Settings, start: str | Path | None) -> RunConfig:
    """Build the configs of a run from preset, start model and settings.

    Settings override the model to start from, which overrides the preset.

    Raises ConfigError for a setting that is unknown, not accepted, or cannot differ from the model to start from;
    ModelError where that cannot be loaded.
    """
    settings = renamed(settings, *task.configs)
    names = [[item.name for item in dataclasses.fields(kind)] for kind in task.configs]
    refuse_unknown(settings, [name for fields in names for name in fields], "the settings given hold")
    chosen = {**task.presets[preset], **settings}
    if start is not None:
        chosen = _from_model(task, start, chosen, settings)
    elif chosen.get("context", "none") != "none":
        raise ConfigError(
            f"{argument('context')} received {chosen['context']!r}, but there is no {argument('start')} "
            "whose readers it names.",
            f"{arguments(start='fill-en')}, or {arguments(context='none')}",
        )
    if chosen.get("probe") and (start is None or chosen.get("encoder") != "bag"):
        raise ConfigError(
            f"{argument('probe')} was given, but there is nothing that is known before to fit a linear layer to; "
            f"{argument('start')} and the encoder bag are expected.",
            arguments(start="fill-en", encoder="bag", probe=True),
        )
    if all(chosen.get(name) is None for name in BUDGETS):
        chosen["minutes"] = task.minutes
    return RunConfig.from_list(task, [{name: chosen[name] for name in chosen if name in fields} for fields in names])


def _grown(wanted: Any, made_for: int, size: int) -> Any:
    """Return the vocab_size of a growing word vocabulary; raises ConfigError where it would shrink.

    made_for: the most tokens that it was to hold; size: how many it holds
    """
    if isinstance(wanted, int) and wanted < size and wanted != made_for:
        raise ConfigError(
            f"{argument('vocab_size')} received {wanted:,}, but the model to start from has {size:,} tokens already; a "
            "larger number adds the most frequent words of the corpus that it lacks.",
            f"leave {argument('vocab_size')} out, or {arguments(vocab_size=-(-size * 11 // 10_000) * 1000)}",
        )
    return wanted


def _from_model(task: Task, start: str | Path, chosen: Settings, settings: Settings) -> Settings:
    """Apply the settings that a model to start from fixes."""
    model, training = load(start), resolve(task.training)
    config = model.settings
    transfer = training.transfer(config, settings)
    if config["task"] != task.name and transfer is None:
        raise ConfigError(
            f"{argument('start')} received {start}, a model for {config['task']!r}; one for {task.name!r} is needed.",
            either(
                f"train({config['task']!r}, start={str(start)!r}, …)", f"seqtext train {config['task']} --from {start}"
            ),
        )
    fixed = {**(config["network"] if transfer is None else transfer.network), **config["tokenizer"]}
    if transfer is not None:
        if fixed["tokens"] == "word":  # and words of the texts that the model would spell
            grown = fixed.pop("vocab_size") + chosen["vocab_size"]
            chosen = {**chosen, "vocab_size": settings.get("vocab_size", grown)}
        chosen = {**chosen, **transfer.preset, **settings}
    elif training.grows and fixed["tokens"] == "word" and "vocab_size" in settings:
        fixed["vocab_size"] = _grown(settings["vocab_size"], fixed["vocab_size"], model.tokenizer.size)
    free = free_settings(*task.configs)
    for name, value in settings.items():
        if name in fixed and name not in free and fixed[name] != value:
            shown = argument(shown_name(name, *task.configs))
            raise ConfigError(
                f"{shown} received {value!r}, but the model to start from has {fixed[name]!r}.",
                f"leave {shown} out",
            )
    mask = ",".join(parse_masks(f"{fixed.get('mask', '')},{settings.get('mask', '')}"))  # what was masked stays so
    return {**chosen, **fixed, **{name: settings[name] for name in free if name in settings}, "mask": mask}
