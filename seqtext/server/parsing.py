"""Parse request bodies. JSON is strict; options are checked by the fields of their dataclass."""

import dataclasses
import json
import math
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from seqtext.characters import SURROGATE
from seqtext.errors import SeqtextError, nearest
from seqtext.server.faults import Fault, fault_of
from seqtext.server.limits import Limits, check_range, check_sizes

_LONGEST_NUMBER = 40  # characters
_TEXTS = ("text", "prompt", "source", "input")  # what texts are called, here and elsewhere

#: A text that can be asked, or several, by command.
_EXAMPLES: Mapping[str, str | list[str]] = {
    "anomaly": ["web: GET / 200", "web: GET /about 200", "queue: broker lost"],
    "fill": "A cup of ___.", "generate": "Once upon a time", "next": "The children went to the",
    "translate": "A man rides a horse.", "classify": "Où est la gare ?", "completions": "Once upon a time",
}  # fmt: skip
_USUAL_EXAMPLE = "The harbour is closed today, because a storm is near. Ships wait outside."


def example_of(command: str) -> str | list[str]:
    """Return an example text for a command, or several if needed."""
    return _EXAMPLES.get(command, _USUAL_EXAMPLE)


def read_json(body: bytes, name: str = "text", command: str = "fill") -> dict[str, Any]:
    """Parse a JSON object strictly, as RFC 8259 defines it.

    Raises a Fault for what is no JSON object, and for NaN, a name that comes twice, a number too long to be meant, half
    a surrogate pair, encodings other than UTF-8, and nesting deeper than any request needs.

    name, command: the field and the command of the example that the Fault gives as its hint
    """
    try:
        return _read_json(body)
    except Fault as fault:
        fault.hint = json.dumps({name: example_of(command)}, ensure_ascii=False)
        raise


def _read_json(body: bytes) -> dict[str, Any]:
    if not body.strip():
        raise _no_json("it is empty")
    try:
        text = body.decode("utf-8-sig")  # some clients begin with a byte order mark
    except UnicodeDecodeError as error:
        raise _no_json(f"byte {error.start} is not UTF-8") from None
    try:
        parsed = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_whole,
                           parse_float=_number)  # fmt: skip
    except json.JSONDecodeError as error:
        raise _no_json(f"{error.msg}, line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _no_json("it is nested too deeply") from None
    if not isinstance(parsed, dict):
        raise _no_json(f"a JSON object is expected, {_kind(parsed)} was received")
    if "\\u" in text:
        _refuse_halves(parsed)
    return parsed


def _no_json(why: str) -> Fault:
    return Fault(400, f"The body cannot be read as a JSON object: {why}.", '{"text": "A cup of ___."}', code="no_json")


def _kind(value: Any) -> str:
    return {list: "a list", str: "a text", bool: "true or false", type(None): "null"}.get(type(value), "a number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _no_json(f"{twice!r:.80} comes twice")
    return unique


def _constant(name: str) -> NoReturn:
    raise _no_json(f"{name} is not a JSON number")


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise _no_json(f"a number has {len(digits)} digits")
    return int(digits)


def _number(digits: str) -> float:
    if len(digits) > _LONGEST_NUMBER or not math.isfinite(found := float(digits)):
        raise _no_json(f"the number {digits:.40} is too long or too large")
    return found


def _refuse_halves(value: Any) -> None:
    """Raise a Fault for a text with half a surrogate pair, which no encoding can hold."""
    if isinstance(value, str):
        if SURROGATE.search(value):
            raise _no_json("a text has half a surrogate pair")
    elif isinstance(value, dict):
        for name, item in value.items():
            _refuse_halves(name)
            _refuse_halves(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_halves(item)


def refuse_unknown(names: Iterable[str], known: Sequence[str], needed: str = "") -> None:
    """Raise a Fault for an unknown field, with the nearest known one.

    needed: a field that must be there
    """
    names = list(names)
    lacking = [needed] if needed and needed not in names else []
    for name in names:
        if name not in known:
            message = f"{name!r:.80} was received, which is no field; accepted are {', '.join(known)}."
            hint = f'write "{_meant(name, known, lacking)}" instead'
            if lacking:
                message += f" {needed} is needed, and was not received."
            else:
                hint += ", or leave it out"
            raise Fault(400, message, hint, param=name[:80], code="unknown_field")


def _meant(name: str, known: Sequence[str], lacking: Sequence[str]) -> str:
    """Return the field that somebody meant by another word: the one for a text, or the one that is like it."""
    near = nearest(name, known, cutoff=0.6)
    if name in _TEXTS or (lacking and not near):
        return next((field for field in (*lacking, *known) if field in _TEXTS), near)
    return near or nearest(name, known)


def texts_of(given: Mapping[str, Any], name: str, limits: Limits, command: str = "fill") -> tuple[list[str], bool]:
    """Return the texts of a request and whether they are a list.

    Raises a Fault for what is not text. name: what the texts are called; command: whose example is given for a hint
    """
    good = f'"{name}": {json.dumps(example_of(command), ensure_ascii=False)}'
    if name not in given:
        raise Fault(400, f"No {name} was received; a text or a list of texts is expected.", good, param=name)
    value = given[name]
    several = isinstance(value, list)
    texts = value if several else [value]
    if len(texts) > limits.max_texts:
        raise Fault(400, f"{name} received {len(texts)} texts; at most {limits.max_texts} are accepted.",
                    "send them in several requests", param=name, code="too_many_texts")  # fmt: skip
    for number, text in enumerate(texts):
        label = f"{name}[{number}]" if several else name
        if not isinstance(text, str):
            raise Fault(400, f"{label} received {_kind(text) if not isinstance(text, dict) else 'an object'}; a text "
                        "is expected.", good, param=name)  # fmt: skip
        if len(text) > limits.max_characters:
            raise Fault(400, f"{label} has {len(text)} characters; at most {limits.max_characters} are accepted.",
                        "send it in parts", param=name, code="text_too_long")  # fmt: skip
    return texts, several


def public_names(kind: type) -> dict[str, str]:
    """Map HTTP names of a dataclass's options to their fields.

    {"to": "target", "top": "top"}
    """
    return {item.metadata.get("also") or item.name: item.name for item in dataclasses.fields(kind)}


def _value(value: Any, field: "dataclasses.Field[Any]") -> Any:
    """Convert a JSON value: lists become tuples, objects tuples of pairs, 2.0 a whole number if one is expected."""
    if field.metadata.get("pairs"):
        return tuple(value.items()) if isinstance(value, dict) else value
    if isinstance(value, list):
        return tuple(value)
    whole = int in (typing.get_args(field.type) or (field.type,))
    return int(value) if whole and isinstance(value, float) and value.is_integer() else value


def options_of(kind: type, given: Mapping[str, Any]) -> Any:
    """Make the options of a command from the fields of a request. Raises a Fault for one that is not accepted."""
    fields = {item.name: item for item in dataclasses.fields(kind)}
    names = {name: field for name, field in public_names(kind).items() if name in given}
    values = {name: _value(given[name], fields[field]) for name, field in names.items()}
    for name, value in values.items():
        check_range(kind, fields[names[name]], name, value)
    check_sizes(values)
    try:
        return kind(**{names[name]: value for name, value in values.items()})
    except SeqtextError as error:
        raise fault_of(error) from None
