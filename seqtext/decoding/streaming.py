"""Stream characters: stop texts held back, marks kept with their letters."""

import unicodedata
from collections.abc import Collection, Iterable, Iterator


def before_stop(characters: Iterable[str], stop: Collection[str]) -> Iterator[str]:
    """The characters before the first stop text; those that may be the start of one are held back until it is clear.

    >>> "".join(before_stop("a-b--c", ["--"]))
    'a-b'
    """
    held = ""
    for character in characters:
        held += character
        found = max((len(one) for one in stop if held.endswith(one)), default=0)
        if found:
            yield from held[:-found]
            return
        start = next((k for k in range(len(held)) if any(one.startswith(held[k:]) for one in stop)), len(held))
        yield from held[:start]
        held = held[start:]
    yield from held


_JOINER = "\u200d"
_MOST_MARKS = 32  # characters held back at once, whatever a model writes


def whole_characters(characters: Iterable[str]) -> Iterator[str]:
    """Characters with the marks that belong to them: each is held back until the next one begins.

    >>> list(whole_characters("ae\u0301b"))
    ['a', 'e\u0301', 'b']
    """
    held = ""
    for character in characters:
        if held and not (_joins(held[-1], character) and len(held) < _MOST_MARKS):
            yield held
            held = ""
        held += character
    if held:
        yield held


def _joins(before: str, character: str) -> bool:
    """Whether a character belongs to the one before it: a mark, a skin tone, or either side of a joiner."""
    if character < "\u0300":
        return before == _JOINER
    tone = "\U0001f3fb" <= character <= "\U0001f3ff"
    return before == _JOINER or character == _JOINER or tone or unicodedata.category(character)[0] == "M"
