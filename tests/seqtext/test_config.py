"""Settings: what they accept, and what they say otherwise."""

import dataclasses
import math

import pytest

import seqtext.config
from seqtext.config import (
    READERS,
    RECURRENT_CELLS,
    SEQ2SEQ_CELLS,
    AnomalyConfig,
    FillConfig,
    LanguageConfig,
    TokenizerConfig,
    TrainingConfig,
)
from seqtext.errors import ConfigError
from seqtext.fields import from_dict
from seqtext.networks.cells import CELLS as RUNNING_CELLS
from seqtext.tasks import TASKS

KINDS = [kind for kind in vars(seqtext.config).values() if dataclasses.is_dataclass(kind)]

FIELDS = [(kind, item) for kind in KINDS for item in dataclasses.fields(kind)]

WHOLE = [(kind, item) for kind, item in FIELDS if item.type in (int, int | None)]

RANGES = [(kind, item) for kind, item in FIELDS if item.metadata.get("low") is not None]

CHOICES = [(kind, item) for kind, item in FIELDS if item.metadata.get("choices")]


def name_of(value) -> str:
    return value.name if isinstance(value, dataclasses.Field) else value.__name__


def shown_name(item) -> str:
    return item.metadata.get("named") or item.name


def flag(item: dataclasses.Field) -> str:
    return "--" + shown_name(item).replace("_", "-")


@pytest.mark.parametrize("kind", KINDS)
def test_defaults_are_accepted_and_frozen(kind) -> None:
    config = kind()
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(config, dataclasses.fields(kind)[0].name, 1)


@pytest.mark.parametrize(("kind", "item"), FIELDS, ids=name_of)
def test_every_field_says_what_it_is(kind, item) -> None:
    assert item.metadata["help"]
    assert not item.metadata["help"].endswith(".")
    assert item.default is not dataclasses.MISSING


@pytest.mark.parametrize(("kind", "item"), CHOICES, ids=name_of)
def test_every_choice_is_accepted_and_no_other(kind, item) -> None:
    choices = item.metadata["choices"]
    for choice in choices:
        assert getattr(kind(**{item.name: choice}), item.name) == choice
    misspelt = choices[-1] + "x"
    with pytest.raises(ConfigError) as fault:
        kind(**{item.name: misspelt})
    assert fault.value.message == f"{shown_name(item)} received {misspelt!r}; accepted are {', '.join(choices)}."
    assert fault.value.hint == f"{item.name}={choices[-1]!r}"


@pytest.mark.parametrize(("kind", "item"), RANGES, ids=name_of)
def test_the_ends_of_a_range_are_accepted(kind, item) -> None:
    for end in ("low", "high"):
        value = item.metadata[end]
        if value is not None:
            needed = {"beam": value} if item.name == "n_best" else {}  # a beam holds all the answers it gives
            assert getattr(kind(**needed, **{item.name: value}), item.name) == value


@pytest.mark.parametrize(("kind", "item"), RANGES, ids=name_of)
def test_beyond_a_range_nothing_is_accepted(kind, item) -> None:
    low, high = item.metadata["low"], item.metadata["high"]
    span = f"at least {low}" if high is None else f"from {low} to {high}"
    good = low if item.default is None else item.default
    for value in (low - 1, None if high is None else high + 1):
        if value is not None:
            with pytest.raises(ConfigError) as fault:
                kind(**{item.name: value})
            assert fault.value.message == f"{shown_name(item)} received {value}; accepted is {span}."
            assert fault.value.hint == f"{shown_name(item)}={good}"
            assert fault.value.typed()[1] == f"{flag(item)} {good}"


@pytest.mark.parametrize(("kind", "item"), RANGES, ids=name_of)
@pytest.mark.parametrize("value", ["2", True, math.nan, math.inf, [3]], ids=repr)
def test_a_number_is_a_finite_number(kind, item, value) -> None:
    with pytest.raises(ConfigError, match="a number is expected") as fault:
        kind(**{item.name: value})
    assert fault.value.message.startswith(f"{shown_name(item)} received {value!r};")


@pytest.mark.parametrize(("kind", "item"), WHOLE, ids=name_of)
def test_a_whole_number_has_no_fraction(kind, item) -> None:
    low = item.metadata["low"]
    good = low if item.default is None else item.default
    for value in (low + 0.5, float(low)):  # range(2.0) fails later on
        with pytest.raises(ConfigError) as fault:
            kind(**{item.name: value})
        assert fault.value.message == f"{shown_name(item)} received {value!r}; a whole number is expected."
        assert fault.value.hint == f"{shown_name(item)}={good}"
        assert fault.value.typed()[1] == f"{flag(item)} {good}"


def test_whole_numbers_are_those_one_would_think() -> None:
    assert {"layers", "steps", "vocab_size", "seed"} <= {item.name for _, item in WHOLE}
    assert {"minutes", "epochs", "dropout", "bag", "cell"}.isdisjoint(item.name for _, item in WHOLE)


def test_a_whole_number_will_do_for_any_number() -> None:
    assert TrainingConfig(minutes=2, learning_rate=1).minutes == 2
    assert FillConfig(dropout=0).dropout == 0


@pytest.mark.parametrize("value", ["yes", "", 1, 0.0, None], ids=repr)
def test_a_switch_is_on_or_off(value) -> None:
    for on in (True, False):
        assert FillConfig(bag=on).bag is on
    with pytest.raises(ConfigError) as fault:
        FillConfig(bag=value)
    assert fault.value.message == f"bag received {value!r}; accepted are True and False."
    assert fault.value.hint == "bag=True or bag=False"


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"minutes": 1.0, "epochs": 2.0}, "minutes and epochs"),
        ({"epochs": 2.0, "steps": 3}, "epochs and steps"),
        ({"minutes": 1.0, "epochs": 2.0, "steps": 3}, "minutes and epochs"),
    ],
)
def test_one_budget_at_most(given, names) -> None:
    with pytest.raises(ConfigError) as fault:
        TrainingConfig(**given)
    assert fault.value.message == f"{names} were both given; one of minutes, epochs, steps is accepted."
    first = next(iter(given))
    assert fault.value.hint == f"{first}={given[first]}"


@pytest.mark.parametrize(("task", "name"), [(task, name) for task, record in TASKS.items() for name in record.presets])
def test_presets_hold_accepted_settings(task, name) -> None:
    values = TASKS[task].presets[name]
    used = set()
    for kind in TASKS[task].configs:
        names = {item.name for item in dataclasses.fields(kind)} & set(values)
        from_dict(kind, {key: values[key] for key in names})
        used |= names
    assert used == set(values)


def test_the_base_preset_is_what_the_defaults_say() -> None:
    kinds = (TokenizerConfig, FillConfig, TrainingConfig)
    defaults = {item.name: item.default for kind, item in FIELDS if kind in kinds}
    assert TASKS["fill"].presets["base"].items() <= defaults.items()


def test_every_cell_of_the_settings_can_run() -> None:
    assert tuple(RUNNING_CELLS) == READERS
    assert tuple(name for name, cell in RUNNING_CELLS.items() if cell.is_recurrent) == RECURRENT_CELLS
    assert set(SEQ2SEQ_CELLS) < set(RECURRENT_CELLS) < set(READERS)


@pytest.mark.parametrize("kind", [FillConfig, LanguageConfig, AnomalyConfig])
def test_a_reader_that_ignores_order_makes_no_sense(kind) -> None:
    with pytest.raises(ConfigError, match=r"cell received 'bag'.*accepted are rnn, .*, convolution") as fault:
        kind(cell="bag")
    assert fault.value.hint == "cell='feedforward'"
