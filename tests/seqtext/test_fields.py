"""Fields of settings: the way to JSON and back, what counts as a number, and what is said of faults."""

import dataclasses
import doctest
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import seqtext.config
from seqtext import fields
from seqtext.config import (
    ClassifyConfig,
    FillConfig,
    TokenizerConfig,
    TrainingConfig,
)
from seqtext.errors import ConfigError, InputError
from seqtext.fields import check, check_count, from_dict, is_number, is_whole, renamed, setting, to_dict

KINDS = [kind for kind in vars(seqtext.config).values() if dataclasses.is_dataclass(kind)]


@pytest.mark.parametrize("kind", KINDS)
def test_through_json_and_back(kind) -> None:
    assert from_dict(kind, json.loads(json.dumps(to_dict(kind())))) == kind()


@given(
    st.fixed_dictionaries(
        {
            "layers": st.integers(1, 16),
            "hidden": st.integers(1, 8192),
            "dropout": st.floats(0, 0.95),
            "bag": st.booleans(),
            "cell": st.sampled_from(["rnn", "gru", "lstm"]),
        }
    )
)
def test_any_accepted_settings_come_back(values) -> None:
    config = FillConfig(**values)
    assert from_dict(FillConfig, json.loads(json.dumps(to_dict(config)))) == config


def test_what_is_left_out_keeps_its_default() -> None:
    assert from_dict(FillConfig, {"hidden": 64}) == FillConfig(hidden=64)


def test_a_whole_number_may_be_written_as_a_float() -> None:
    hidden = from_dict(FillConfig, {"hidden": 64.0}).hidden
    assert (hidden, type(hidden)) == (64, int)
    steps = from_dict(TrainingConfig, {"steps": 3.0}).steps
    assert (steps, type(steps)) == (3, int)


@pytest.mark.parametrize(
    ("data", "message", "hint"),
    [
        ({"hiden": 64}, "a.json hold 'hiden', which is not a setting; accepted are cell, ", "write 'hidden' instead"),
        ({"hidden": 64.5}, "a.json hold hidden = 64.5; a whole number is expected.", "512"),
        ({"cell": 3}, "a.json hold cell = 3; a word is expected.", "'lstm'"),
        ({"cell": None}, "a.json hold cell = None; a word is expected.", "'lstm'"),
        ({"hidden": None}, "hidden received None; a number is expected.", "hidden=512"),
    ],
)
def test_faults_of_stored_settings(data, message, hint) -> None:
    with pytest.raises(ConfigError) as fault:
        from_dict(FillConfig, data, "a.json")
    assert fault.value.message.startswith(message)
    assert fault.value.hint.startswith(hint)


def test_the_hint_for_a_setting_without_default_can_be_typed() -> None:
    with pytest.raises(ConfigError, match=r"hold steps = 2\.5; a whole number is expected") as fault:
        from_dict(TrainingConfig, {"steps": 2.5})
    assert fault.value.hint == "1"
    with pytest.raises(ConfigError, match="minutes received 'ten'; a number is expected") as fault:
        TrainingConfig(minutes="ten")
    assert fault.value.hint == "minutes=0.01"


def test_a_setting_with_two_names() -> None:
    kinds = TokenizerConfig, FillConfig
    assert renamed({"encoder": "gru", "tokens": "char"}, *kinds) == {"cell": "gru", "tokens": "char"}
    assert renamed({"cell": "gru"}, *kinds) == {"cell": "gru"}
    assert renamed({"encoder": "bag"}, ClassifyConfig) == {"encoder": "bag"}  # a name of its own there


def test_a_config_of_one_s_own_is_checked_in_the_same_way() -> None:
    @dataclasses.dataclass(frozen=True)
    class Small:
        beam_size: int = setting(5, "hypotheses kept", low=1)

        def __post_init__(self) -> None:
            check(self)

    with pytest.raises(ConfigError, match="beam_size received 0; accepted is at least 1") as fault:
        Small(beam_size=0)
    assert fault.value.hint == "beam_size=5"


def test_the_example_in_the_docstring() -> None:
    assert doctest.testmod(fields) == (0, 1)


@pytest.mark.parametrize("value", [True, False, 1.0, "1", None, math.nan, [1], 0, 11, -1])
def test_no_whole_number_of_the_range(value) -> None:
    assert not is_whole(value, 1, 10)
    with pytest.raises(InputError) as caught:
        check_count("top", value, high=10, good=5)
    assert caught.value.message == f"top received {value!r}; a whole number from 1 to 10 is accepted."
    assert caught.value.hint == "top=5"


@pytest.mark.parametrize("value", [1, 5, 10])
def test_whole_numbers_of_the_range(value) -> None:
    assert is_whole(value, 1, 10)
    check_count("top", value, high=10, good=5)


def test_a_range_without_an_end() -> None:
    check_count("top", 10**400, good=5)
    with pytest.raises(ConfigError, match="a whole number from 2 is accepted"):
        check_count("top", 1, 2, good=5, error=ConfigError)


@pytest.mark.parametrize("value", [True, "1", None, math.nan, math.inf, -math.inf, 10**400])
def test_no_finite_number(value) -> None:
    assert not is_number(value)


def test_numbers_of_a_range() -> None:
    assert [is_number(value, 0.5, 2) for value in (0.4, 0.5, 1, 2.0, 2.1)] == [False, True, True, True, False]
    assert is_number(-1e308)
