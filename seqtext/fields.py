"""Define config fields with help text, range and choices. They make a strict round trip to plain data."""

import dataclasses
import math
import sys
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, TypeGuard, TypeVar

from seqtext.errors import ConfigError, InputError, ModelError, SeqtextError, argument, arguments, nearest

C = TypeVar("C")

_LARGEST = sys.float_info.max


def setting(
    default: Any,
    text: str,
    *,
    choices: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
    also: str = "",
    named: str = "",
    shapes: bool = True,
) -> Any:
    """Make a dataclass field with its help text and accepted values.

    low, high: inclusive; also: another name of the option; shapes: whether shapes of the weights depend on it, so that
    a network which starts from another one must have the same
    named: the name shown to users, where the field still has an earlier one, which works as well
    """
    facts = {"help": text, "choices": choices, "low": low, "high": high, "shapes": shapes}
    return field(default=default, metadata={**facts, "also": also or named, "named": named})


def flag(default: bool, text: str, *, shapes: bool = True, named: str = "") -> Any:
    """Make a dataclass field for a bool, with its help text.

    shapes, named: as for `setting`
    """
    facts = {"help": text, "choices": (), "low": None, "shapes": shapes, "also": named, "named": named}
    return field(default=default, metadata=facts)


def pairs(text: str) -> Any:
    """Make a dataclass field of pairs of texts, which its class checks.

    The pairs are terms and their translations, for example.
    """
    facts = {"help": text, "choices": (), "low": None, "shapes": True, "also": "", "pairs": True}
    return field(default=(), metadata=facts)


def free_settings(*kinds: type) -> set[str]:
    """Name the configs' settings on which no shape of the weights depends."""
    fields = (item for kind in kinds for item in dataclasses.fields(kind))
    return {item.name for item in fields if not item.metadata.get("shapes", True)}


def is_whole(value: object, low: int, high: int | None = None) -> TypeGuard[int]:
    """Tell whether a value is a whole number in a range. True and False are not numbers."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value and (high is None or value <= high)


def is_number(value: object, low: float = -_LARGEST, high: float = _LARGEST) -> TypeGuard[float]:
    """Tell whether a value is a finite number in a range. True and False are not numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high  # never nan


def check_count(
    name: str,
    value: object,
    low: int = 1,
    high: int | None = None,
    *,
    good: int,
    error: type[SeqtextError] = InputError,
) -> None:
    """Check that a parameter is a whole number in a range.

    good: a value for the hint; raises `error` otherwise.

    >>> check_count("top", 0, high=1000, good=5)
    Traceback (most recent call last):
    seqtext.errors.InputError: top received 0; a whole number from 1 to 1000 is accepted. Try: top=5
    """
    if not is_whole(value, low, high):
        span = f"from {low}" if high is None else f"from {low} to {high}"
        message = f"{argument(name)} received {value!r:.80}; a whole number {span} is accepted."
        raise error(message, arguments(**{name: good}))


def check(config: Any) -> None:
    """Check each field of a config against its type, choices and range.

    Raises ConfigError, which names the field.
    """
    for item in dataclasses.fields(config):
        value = getattr(config, item.name)
        known = item.metadata.get("named") or item.name
        name = argument(known)
        optional = item.default is None
        if value is None and optional:
            continue
        choices = item.metadata.get("choices", ())
        if choices and value not in choices:
            raise ConfigError(
                f"{name} received {value!r:.80}; accepted are {', '.join(choices)}.",
                arguments(**{known: nearest(str(value), choices)}),
            )
        if bool in _types(item):
            if not isinstance(value, bool):
                hint = " or ".join(arguments(**{known: good}) for good in (True, False))
                raise ConfigError(f"{name} received {value!r:.80}; accepted are True and False.", hint)
            continue
        if str in _types(item) and not choices:
            _check_words(item, known, value)
            continue
        low, high = item.metadata.get("low"), item.metadata.get("high")
        if low is None and high is None and not _is_whole(item) and float not in _types(item):
            continue
        hint = arguments(**{known: item.default if item.default is not None else low})
        if not is_number(value):
            raise ConfigError(f"{name} received {value!r:.80}; a number is expected.", hint)
        if _is_whole(item) and not isinstance(value, int):
            raise ConfigError(f"{name} received {value!r:.80}; a whole number is expected.", hint)
        if (low is not None and value < low) or (high is not None and value > high):
            span = f"at least {low}" if high is None else f"from {low} to {high}"
            raise ConfigError(f"{name} received {value!r:.80}; accepted is {span}.", hint)


def _check_words(item: "dataclasses.Field[Any]", known: str, value: Any) -> None:
    """Raise ConfigError unless a field's value is a text, or a list of texts where the field takes several."""
    several = isinstance(item.default, tuple)
    good = (
        all(isinstance(item_value, str) for item_value in value)
        if several and isinstance(value, list | tuple)
        else False
    )
    if not (good or (not several and isinstance(value, str))):
        expected = "a list of texts" if several else "a text"
        hint = arguments(**{known: ["word"] if several else item.default or "text"})
        raise ConfigError(f"{argument(known)} received {value!r:.80}; {expected} is expected.", hint)


def _types(item: "dataclasses.Field[Any]") -> tuple[Any, ...]:
    """Return the types of a field: (int, NoneType) for `int | None`."""
    return typing.get_args(item.type) or (item.type,)


def _is_whole(item: "dataclasses.Field[Any]") -> bool:
    return int in _types(item)


def to_dict(config: Any) -> dict[str, Any]:
    """Return the settings as plain data for JSON."""
    return dataclasses.asdict(config)


def plain(value: Any) -> Any:
    """Convert a value to plain data for JSON.

    NumPy scalars become numbers, tuples become lists, and floats that are not finite become None.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def from_dict(kind: type[C], data: Mapping[str, Any], place: str = "the settings") -> C:
    """Read the config that `to_dict` wrote.

    place: the subject of messages. Raises ConfigError for an unknown key, with the nearest known one, or a wrong type.
    """
    known = tuple(item.name for item in dataclasses.fields(kind))  # type: ignore[arg-type]
    refuse_unknown(data, known, f"{place} hold")
    values = {}
    for item in dataclasses.fields(kind):  # type: ignore[arg-type]
        if item.name in data:
            value = data[item.name]
            whole = _is_whole(item)
            if whole and isinstance(value, float) and not value.is_integer():
                good = item.metadata.get("low") if item.default is None else item.default
                raise ConfigError(f"{place} hold {item.name} = {value!r:.80}; a whole number is expected.", f"{good}")
            if isinstance(item.default, str) and not isinstance(value, str):
                raise ConfigError(f"{place} hold {item.name} = {value!r:.80}; a word is expected.", f"{item.default!r}")
            values[item.name] = int(value) if whole and isinstance(value, float) else value
    return kind(**values)


def from_config_json(kind: type[C], data: Mapping[str, Any], name: str) -> C:
    """Read the settings of a model's network or tokenizer; name: which of them.

    Raises ModelError for what `from_dict` refuses: the folder is at fault, not what somebody typed.
    """
    try:
        return from_dict(kind, data, f"the {name} settings of config.json")
    except ConfigError as error:
        raise ModelError(
            f"config.json has settings of the {name} that are not accepted: {error.message}",
            "fetch or train the model again",
        ) from error


def refuse_unknown(names: Iterable[str], known: Sequence[str], place: str) -> None:
    """Raise ConfigError for an unknown name, with the nearest known one."""
    for name in names:
        if name not in known:
            raise ConfigError(
                f"{place} {name!r:.80}, which is not a setting; accepted are {', '.join(known)}.",
                f"write {nearest(name, known)!r} instead, or remove it",
            )


def renamed(values: Mapping[str, Any], *kinds: type) -> dict[str, Any]:
    """Rename settings from the other names of options to their fields' names."""
    fields = [item for kind in kinds for item in dataclasses.fields(kind)]
    also = {item.metadata["also"]: item.name for item in fields if item.metadata.get("also")}
    return {also.get(name, name): value for name, value in values.items()}


def shown_name(name: str, *kinds: type) -> str:
    """Give the shown name of a setting. Its field may have an earlier one."""
    named = {item.name: item.metadata.get("named") for kind in kinds for item in dataclasses.fields(kind)}
    return named.get(name) or name
