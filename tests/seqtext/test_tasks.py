"""Every record names what there is, and what its task needs."""

import ast
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from seqtext.models.base import Model
from seqtext.tasks import TASKS, resolve
from seqtext.training.tasks.base import TrainingTask

ROOT = Path(__file__).parents[2]
NAMES = ("model", "training", "prepare", "evaluate")


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_names_resolve_to_what_they_say(task) -> None:
    assert TASKS[task.name] is task
    assert all(getattr(task, name).startswith("seqtext.") for name in NAMES)
    assert issubclass(resolve(task.model), Model)
    assert resolve(task.model).task == task.name
    assert issubclass(resolve(task.training), TrainingTask)
    assert resolve(task.training).name == task.name
    assert callable(resolve(task.prepare))
    assert callable(resolve(task.evaluate))


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_presets_and_rungs_are_settings_of_the_task(task) -> None:
    known = {item.name for kind in task.configs for item in dataclasses.fields(kind)}
    assert {"tiny", "small", "base"} <= set(task.presets)
    assert all(set(settings) <= known for settings in task.presets.values())
    assert all(set(settings) <= {*known, "start"} for settings in task.rungs.values())
    assert set(task.candidates) <= set(task.rungs)


def test_no_command_has_two_tasks() -> None:
    commands = [command for task in TASKS.values() for command in task.commands]
    assert len(set(commands)) == len(commands)
    assert all(task.commands for task in TASKS.values())


def test_a_model_is_known_by_the_first_score_it_has() -> None:
    assert TASKS["classify"].score(["loss", "micro_f1"]) == "micro_f1"
    assert TASKS["classify"].score({"accuracy": 1.0, "micro_f1": 1.0}) == "accuracy"
    assert TASKS["fill"].score(()) == ""


def test_names_that_are_not_there_are_errors() -> None:
    with pytest.raises(ModuleNotFoundError):
        resolve("seqtext.no_such_module:Name")
    with pytest.raises(AttributeError):
        resolve("seqtext.errors:NoSuchName")


def task_names_compared(source: str) -> Iterator[str]:
    """The names of tasks that some code compares something with."""
    for node in ast.walk(ast.parse(source)):
        for part in ast.walk(node) if isinstance(node, ast.Compare) else ():
            if isinstance(part, ast.Constant) and part.value in TASKS:
                yield f"line {part.lineno}: {part.value!r}"


def test_nobody_asks_for_the_name_of_a_task() -> None:
    modules = [path for folder in ("seqtext", "cli") for path in (ROOT / folder).rglob("*.py")]
    asked = {str(path): list(task_names_compared(path.read_text(encoding="utf-8"))) for path in modules}
    assert {path: names for path, names in asked.items() if names} == {}
    assert list(task_names_compared('if task == "fill" or task in ("x", "classify"): pass')) == [
        "line 1: 'fill'", "line 1: 'classify'",
    ]  # fmt: skip
