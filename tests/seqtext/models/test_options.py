"""Options of a request become the configs that they extend, field by field."""

from collections.abc import Callable
from dataclasses import Field, asdict, fields
from typing import Any

import pytest

from seqtext.config import SamplingConfig, SearchConfig
from seqtext.models.options import GenerateOptions, SummarizeOptions, TranslateOptions, search_of


def other(item: Field[Any]) -> int | float:
    """A value that a field accepts and that is not its default."""
    low, step = item.metadata["low"], 0.25 if "float" in str(item.type) else 2
    value: int | float = low + step if low + step != item.default else low + 2 * step
    return value


@pytest.mark.parametrize(
    ("options", "config", "taken"),
    [
        (GenerateOptions, SamplingConfig, lambda options: options.sampling),
        (TranslateOptions, SearchConfig, search_of),
        (SummarizeOptions, SearchConfig, search_of),
    ],
)
def test_every_field_of_a_config_arrives(options: type, config: type, taken: Callable[[Any], Any]) -> None:
    asked = {item.name: other(item) for item in fields(config)}
    assert type(taken(options(**asked))) is config
    assert asdict(taken(options(**asked))) == asked
    assert asked != {name: value for name, value in asdict(config()).items() if name in asked}
