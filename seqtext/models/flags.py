"""Flags: what of a source a translation has lost, such as a number or a name."""

from collections.abc import Iterable
from typing import Any, NamedTuple

#: Every kind of flag, and what it is called in a sentence.
KINDS = {
    "number": "a number",
    "code": "a code",
    "url": "a web address",
    "email": "an e-mail address",
    "placeholder": "a placeholder",
    "emoji": "an emoji",
    "character": "a character",
    "name": "a name",
    "term": "a term of the glossary",
    "mark": "a mark",
    "place": "the place of a mark",
}


class Flag(NamedTuple):
    """Something of the source that does not stand in the translation as it should."""

    kind: str  # one of `KINDS`
    text: str  # as the source has it


def as_json(flags: Iterable[Flag]) -> list[dict[str, Any]]:
    """Give flags as objects for JSON."""
    return [flag._asdict() for flag in flags]


def as_cell(flags: Iterable[Flag]) -> str | None:
    """Give flags as one cell of a table, None where there are none.

    >>> as_cell([Flag("number", "12"), Flag("name", "Ngozi")])
    'number 12; name Ngozi'
    """
    return "; ".join(f"{flag.kind} {flag.text}" for flag in flags) or None


def in_words(flags: Iterable[Flag], most: int = 3) -> str:
    """Say what was lost, with its first examples.

    >>> in_words([Flag("number", "12"), Flag("number", "7"), Flag("name", "Ngozi")])
    'a number or a name: 12, 7, Ngozi'
    """
    flags = list(flags)
    kinds = list(dict.fromkeys(KINDS.get(flag.kind, flag.kind) for flag in flags))
    told = " or ".join([", ".join(kinds[:-1]), kinds[-1]] if len(kinds) > 1 else kinds)
    return f"{told}: {', '.join(flag.text for flag in flags[:most])}{' …' * (len(flags) > most)}"
