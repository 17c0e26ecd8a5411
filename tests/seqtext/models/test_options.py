"""Options of a request become the configs that they extend, field by field."""

from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

import pytest

from seqtext.config import SamplingConfig, SearchConfig
from seqtext.models.options import GenerateOptions, SummarizeOptions, TranslateOptions, search_of

OTHER = {
    "temperature": 0.5, "top_k": 7, "top_p": 0.25, "min_p": 0.125, "repetition_penalty": 1.5,
    "beam": 6, "n_best": 3, "length_penalty": 0.75, "coverage_penalty": 0.375, "no_repeat": 4, "min_length": 2,
    "max_length": 90,
}  # fmt: skip


@pytest.mark.parametrize(
    ("options", "config", "taken"),
    [
        (GenerateOptions, SamplingConfig, lambda options: options.sampling),
        (TranslateOptions, SearchConfig, search_of),
        (SummarizeOptions, SearchConfig, search_of),
    ],
)
def test_every_field_of_a_config_arrives(options: type, config: type, taken: Callable[[Any], Any]) -> None:
    asked = {item.name: OTHER[item.name] for item in fields(config)}
    assert type(taken(options(**asked))) is config
    assert asdict(taken(options(**asked))) == asked
    assert asked != {name: value for name, value in asdict(config()).items() if name in asked}
