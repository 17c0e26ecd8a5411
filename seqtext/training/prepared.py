"""Store the report of a run's preparation, data/report.json."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from seqtext.fields import is_whole
from seqtext.storage.atomic import write_atomically
from seqtext.training.state_files import FieldRules, check_state, read_state


def are_texts(value: object) -> bool:
    """Return whether a value is a list or tuple of texts."""
    return isinstance(value, list | tuple) and all(isinstance(text, str) for text in value)


def _are_counts(value: object) -> bool:
    return isinstance(value, dict) and all(is_whole(count, 0) for count in value.values())


_RULES: FieldRules = {
    "texts": (lambda value: is_whole(value, 0), "a number of texts"),
    "skipped": (_are_counts, "numbers of texts by reason"),
    "held_out": (lambda value: isinstance(value, str), "a text"),
    "longest": (lambda value: value is None or (_are_counts(value) and len(value) == 2), "two numbers of tokens"),
    "digest": (lambda value: isinstance(value, str), "a text"),
    "bytes": (lambda value: is_whole(value, 0), "a number of bytes"),
    "notes": (are_texts, "a list of sentences"),
}


class Prepared(NamedTuple):
    """Hold the report on the preparation of the corpora.

    texts: training and held-out ones; skipped: how many, by reason; held_out: which texts, for a person
    longest: of pairs, most tokens of a source and of a target with their ends
    digest, bytes: of all files that preparation wrote; "" and 0 where an earlier version wrote the report
    notes: what was recognized in the corpora or is unusual, a sentence each
    """

    texts: int
    skipped: dict[str, int]
    held_out: str
    longest: dict[str, int] | None = None
    digest: str = ""
    bytes: int = 0
    notes: Sequence[str] = ()

    def write(self, path: Path) -> None:
        """Store the report, without fields that are None; raises ModelError."""
        facts = {name: value for name, value in self._asdict().items() if value is not None}
        write_atomically(path, json.dumps(facts).encode())

    @classmethod
    def read(cls, path: Path, hint: str) -> "Prepared":
        """Read the report; raises TrainingError for a damaged one.

        hint: how to get another report, for the error
        """
        facts = check_state({**cls._field_defaults, **read_state(path, hint)}, _RULES, path, hint)
        return cls(**{name: facts[name] for name in cls._fields})
