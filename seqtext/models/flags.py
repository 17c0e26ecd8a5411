"""Define flags of a translation's losses: numbers, names, marks."""

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
    """Hold something of the source that the translation has lost or changed."""

    kind: str  # one of `KINDS`
    text: str  # as the source has it


def as_json(flags: Iterable[Flag]) -> list[dict[str, Any]]:
    """Convert flags to objects for JSON: {"kind": …, "text": …}."""
    return [flag._asdict() for flag in flags]


def as_cell(flags: Iterable[Flag]) -> str | None:
    """Write flags as one cell of a table, None without flags.

    >>> as_cell([Flag("number", "12"), Flag("name", "Ngozi")])
    'number 12; name Ngozi'
    """
    return "; ".join(f"{flag.kind} {flag.text}" for flag in flags) or None


def in_words(flags: Iterable[Flag], most: int = 3) -> str:
    """Write flags as a phrase: their kinds, then at most `most` examples.

    >>> in_words([Flag("number", "12"), Flag("number", "7"), Flag("name", "Ngozi")])
    'a number or a name: 12, 7, Ngozi'
    """
    flags = list(flags)
    kinds = list(dict.fromkeys(KINDS.get(flag.kind, flag.kind) for flag in flags))
    told = " or ".join([", ".join(kinds[:-1]), kinds[-1]] if len(kinds) > 1 else kinds)
    return f"{told}: {', '.join(flag.text for flag in flags[:most])}{' …' * (len(flags) > most)}"
