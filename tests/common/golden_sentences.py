"""The sentences of tests/golden, and what a fluent reader accepts in them."""

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

GOLDEN = Path(__file__).parents[1] / "golden"

#: The files of translations by what bench/everyday.py calls them.
TRANSLATIONS = {"old": "translations", "new": "daily_translations", "unseen": "unseen_translations"}


class Sensible(NamedTuple):
    """A sentence with one blank, and words that are sensible in it."""

    text: str
    words: frozenset[str]

    def place(self, found: Sequence[str]) -> int:
        """The place of the first sensible word among those found, from 1; 0 without one."""
        return next((number for number, word in enumerate(found, 1) if word in self.words), 0)


def blanks(*names: str) -> list[Sensible]:
    """Sentences with a blank: of the files everyday and daily_life, or of those named."""
    return [Sensible(one["text"], frozenset(one["sensible"])) for one in _rows(names or ("everyday", "daily_life"))]


def translations(language: str, *names: str) -> dict[str, list[str]]:
    """English sentences with all accepted renderings: of all of TRANSLATIONS, or the files named.

    language: a key of the files, de or fr
    """
    return {
        one["text"]: [found for pattern in one[language] for found in renderings(pattern)]
        for one in _rows(names or tuple(TRANSLATIONS.values()))
    }


def renderings(pattern: str) -> list[str]:
    """All sentences of a pattern whose brackets hold alternatives.

    >>> renderings("Er [mag|liebt] es[| sehr].")
    ['Er mag es.', 'Er mag es sehr.', 'Er liebt es.', 'Er liebt es sehr.']
    """
    parts = (part.split("|") if place % 2 else [part] for place, part in enumerate(re.split(r"[\[\]]", pattern)))
    return ["".join(one) for one in itertools.product(*parts)]


def plain(text: str) -> str:
    """A rendering with plain spaces and apostrophes, as the files have them."""
    return text.replace("\u202f", " ").replace("\u00a0", " ").replace("’", "'")


def _rows(names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for name in names:
        yield from map(json.loads, (GOLDEN / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())
