"""The examples in docstrings give what they show, unless one says +SKIP."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import seqtext
from seqtext import cli

WITH_EXAMPLES = sorted(
    ".".join([package.__name__, *file.relative_to(package.__path__[0]).with_suffix("").parts])
    for package in (seqtext, cli)
    for file in Path(package.__path__[0]).rglob("*.py")
    if ">>> " in file.read_text(encoding="utf-8")
)


def test_examples_are_found() -> None:
    assert {"seqtext.evaluation.metrics", "seqtext.cli.output"} <= set(WITH_EXAMPLES)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0
