"""Excuse lines that resemble accepted false alarms.

Lines with the same number of fields that differ in few of them share a template. Where the accepted lines of a template
vary enough, any field is accepted (similar to Drain, He et al. 2017). Elsewhere, a field that an accepted line has in
the same place is no evidence against a line, but a new field is.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqtext.storage.accepted import ACCEPTED, Accepted, accepted_text, merged, read_accepted
from seqtext.storage.atomic import locked, write_atomically
from seqtext.storage.model_folder import FILES, settle
from seqtext.storage.snapshot import CONFIG, open_save

_LEAST, _VARIED = 4, 0.5  # a place is open with at least so many distinct values, and this share of distinct ones
_STAND_IN = re.compile(r"[^\w<]{0,9}(?:0|<(?!huge)[a-z]{2,9}>)\W{0,9}")
_MOST_FIELDS, _MOST_TEMPLATES = 200, 2_000  # fields of a line that is compared; templates per number of fields


class AlarmTemplate:
    """Hold a template of similar accepted lines: field counts at each place."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._values = [Counter[str]() for _ in fields]

    def add(self, fields: Sequence[str], times: int) -> None:
        """Count the fields of a line."""
        for values, field in zip(self._values, fields, strict=True):
            values[field] += times

    def unlike(self, fields: Sequence[str]) -> list[int]:
        """Find the positions of new fields that are not acceptable there."""
        pairs = enumerate(zip(self._values, fields, strict=True))
        return [place for place, (values, field) in pairs if field not in values and not _may_stand(field, values)]


class AlarmTemplates:
    """Hold alarm templates with the same number of fields. First lines represent them."""

    def __init__(self, lines: Sequence[tuple[Sequence[str], int]]) -> None:
        self._numbers: dict[str, int] = {}
        for fields, _ in lines:
            self._numbers.update((field, len(self._numbers)) for field in fields if field not in self._numbers)
        self._firsts = np.zeros((min(len(lines), _MOST_TEMPLATES), len(lines[0][0])), np.int64)
        self._templates: list[AlarmTemplate] = []
        for fields, times in lines:
            near = self.near(fields)
            if near is None and len(self._templates) < len(self._firsts):
                self._firsts[len(self._templates)] = self._ids(fields)
                self._templates.append(near := AlarmTemplate(fields))
            if near is not None:
                near.add(fields, times)

    def near(self, fields: Sequence[str]) -> AlarmTemplate | None:
        """Find the nearest template; None if over a third of fields differ.

        One field may differ in any case.
        """
        if not self._templates:
            return None
        differ = np.count_nonzero(self._firsts[: len(self._templates)] != self._ids(fields), axis=1)
        best = int(differ.argmin())
        return self._templates[best] if differ[best] <= max(1, len(fields) // 3) else None

    def _ids(self, fields: Sequence[str]) -> NDArray[np.int64]:
        return np.array([self._numbers.get(field, -1) for field in fields], np.int64)


def _may_stand(field: str, values: Counter[str]) -> bool:
    """Tell whether a new field is acceptable: any field in an open place, or an id among ids of several kinds."""
    if len(values) >= max(_LEAST, _VARIED * values.total()):
        return True
    return len(values) > 1 and all(map(_STAND_IN.fullmatch, [field, *values]))


class AcceptedLines:
    """Hold the accepted lines of a detector, masked as it reads them.

    exactly: excuse only identical lines, as for sessions, whose fields are events.

    >>> lines = AcceptedLines([Accepted("disk 0 of alice is full", 1, "2031-06-14T10:20:31")])
    >>> lines.unlike("disk 0 of bob is full"), lines.unlike("the printer is on fire")
    ([3], None)
    """

    def __init__(self, entries: Iterable[Accepted] = (), exactly: bool = False) -> None:
        self.entries, self._exactly = tuple(entries), exactly
        self._lines = frozenset(entry.line for entry in self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, line: object) -> bool:
        return line in self._lines

    def plus(self, new: Iterable[Accepted]) -> "AcceptedLines":
        """Add further lines; raises ModelError if there are too many."""
        return AcceptedLines(merged(self.entries, new), self._exactly)

    def unlike(self, line: str) -> list[int] | None:
        """Find the fields without a match in similar accepted lines.

        Returns their indices among the fields, which white space separates; None if no accepted line is similar.
        """
        if line in self._lines:
            return []
        if self._exactly:
            return None
        fields = line.split()
        templates = self._templates.get(len(fields))
        near = templates.near(fields) if templates else None
        unlike = near.unlike(fields) if near else None
        return unlike if unlike is not None and len(unlike) <= max(1, len(fields) // 4) else None

    @cached_property
    def _templates(self) -> dict[int, AlarmTemplates]:
        """The templates by number of fields."""
        lines_of: dict[int, list[tuple[Sequence[str], int]]] = {}
        for entry in self.entries:
            fields = entry.line.split()
            if len(fields) <= _MOST_FIELDS:
                lines_of.setdefault(len(fields), []).append((fields, entry.times))
        return {number: AlarmTemplates(lines) for number, lines in lines_of.items()}


def add_to_folder(folder: Path, new: Iterable[Accepted]) -> None:
    """Add accepted lines to a model folder atomically.

    Lines added by other processes meanwhile are kept. Raises ModelError if the folder cannot be written to, or its
    files cannot be read.
    """
    with locked(folder):
        settle(folder)
        with open_save(folder, {name: FILES[name] for name in (CONFIG, ACCEPTED)}) as save:
            before = read_accepted(save.text(ACCEPTED) if ACCEPTED in save.files else "", folder / ACCEPTED)
        write_atomically(folder / ACCEPTED, accepted_text(merged(before, new)).encode())
