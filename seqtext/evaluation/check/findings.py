"""Record faults of a corpus, their places and remedies."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import clipped
from seqtext.data.lines import Report, split_place
from seqtext.data.paragraphs import NOTED
from seqtext.data.sources import LEFT_OUT, LEFT_OUT_NOTE
from seqtext.errors import arguments, wordings

#: From what makes results wrong to what is good to know; `--strict` takes the first two for problems.
SEVERITIES = ("error", "warning", "note")
SHOWN = 3  # places of a finding


class Place(NamedTuple):
    """Hold the file and line of an example.

    line: from 1, of a Parquet file the row; 0 where it is not known
    """

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class Places:
    """Store the place of every example, in eight bytes each."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._columns = NumberColumn(np.int32), NumberColumn(np.int32)

    def add(self, where: str) -> None:
        """Store the place of the next example, as `seqtext.data.lines.place` formats it."""
        file, line = split_place(where)
        self._columns[0].add(self._files.setdefault(file, len(self._files)))
        self._columns[1].add(line)

    def of(self, numbers: Iterable[Any]) -> tuple[Place, ...]:
        """Return the places of the first few examples."""
        files, (file, line) = list(self._files), (column.values() for column in self._columns)
        first = [number for number, _ in zip(numbers, range(SHOWN), strict=False)]
        return tuple(Place(files[file[number]], int(line[number])) for number in first)


class NumberColumn:
    """Collect numbers of a type in compact memory."""

    def __init__(self, kind: Any) -> None:
        self._kind, self._bytes = np.dtype(kind), bytearray()
        self._waiting: list[Any] = []

    def add(self, value: Any) -> None:
        """Append a number."""
        self._waiting.append(value)
        if len(self._waiting) >= 4096:
            self._settle()

    def _settle(self) -> None:
        if self._waiting:
            self._bytes += np.array(self._waiting, self._kind).tobytes()
            self._waiting.clear()

    def values(self) -> NDArray[Any]:
        """Return all numbers added so far: (n,)."""
        self._settle()
        return np.frombuffer(self._bytes, self._kind)


@dataclass(frozen=True)
class Finding:
    """Hold a fault of a corpus, or a fact worth knowing.

    kind: one word or two, the same in every version; severity: one of SEVERITIES
    count, share: how many examples, and what share of all; message: that in a sentence; places: of the first ones
    hint: what to do, "" where nothing is to do; typed_hint: the same with options of the command line for arguments
    """

    kind: str
    severity: str
    count: int
    share: float
    message: str
    places: tuple[Place, ...] = ()
    hint: str = ""
    typed_hint: str = ""

    def __post_init__(self) -> None:
        python, typed = wordings(self.hint)
        object.__setattr__(self, "hint", python)
        object.__setattr__(self, "typed_hint", self.typed_hint or typed)

    def to_dict(self, *, typed: bool = False) -> dict[str, Any]:
        """Return plain data for JSON.

        typed: with the hint for the command line
        """
        facts = {name: getattr(self, name) for name in ("kind", "severity", "count", "share", "message")}
        return {
            **facts,
            "places": [where._asdict() for where in self.places],
            "hint": self.typed_hint if typed else self.hint,
        }


@dataclass(frozen=True)
class CheckReport:
    """Hold the findings of a check, the most severe first.

    corpus: the sources; task: the task that they were read for; examples: how many were read
    next_step: the command that trains on them, "" where it is certain to stop
    """

    corpus: tuple[str, ...]
    task: str
    examples: int
    findings: tuple[Finding, ...]
    next_step: str

    @property
    def problems(self) -> tuple[Finding, ...]:
        """Return the findings that are more than notes."""
        return tuple(finding for finding in self.findings if finding.severity != SEVERITIES[-1])

    def to_dict(self, *, typed: bool = False) -> dict[str, Any]:
        """Return plain data, for JSON; typed: with hints for the command line."""
        findings = [finding.to_dict(typed=typed) for finding in self.findings]
        return {"corpus": list(self.corpus), "task": self.task, "examples": self.examples, "findings": findings}


def unread_files(report: Report) -> Iterator[Finding]:
    """Report the unreadable files of a folder, and name the first."""
    left = sum(report.skipped.get(reason, 0) for reason in LEFT_OUT)
    if left:
        first = next(note for note in report.notes if note.startswith(LEFT_OUT_NOTE)).removeprefix(LEFT_OUT_NOTE)
        message = f"{counted(left, 'file')} cannot be read, such as {first}"
        yield Finding("unreadable", "warning", left, left / report.files, message, (), "mend or remove what is named")


def wrapped_lines(report: Report, examples: int) -> Iterator[Finding]:
    """Report lines that look wrapped."""
    note = next((note for note in report.notes if note.startswith(NOTED)), "")
    if note:
        hint = f"{arguments(paragraphs=True)} in training, which joins them up to each blank line"
        yield Finding("wrapped", "warning", examples, 1.0, note.partition(";")[0], (), hint)


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings by severity, then by their number of examples."""
    return tuple(sorted(findings, key=lambda finding: (SEVERITIES.index(finding.severity), -finding.count)))


def counted(count: int, noun: str, total: int = 0) -> str:
    """Format a count with its noun and its share of a total.

    The share is never rounded to none or all.

    >>> counted(1, "text"), counted(12_345, "summary"), counted(1, "row", 10_000), counted(3, "row", 4)
    ('1 text', '12,345 summaries', '1 row (0.01 %)', '3 rows (75 %)')
    """
    plural = noun if count == 1 else f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    share = f" ({percent(count / total)})" if total else ""
    return f"{count:,} {plural}{share}"


def verb(count: int, plural: str) -> str:
    """Return the form of a verb that agrees with a count.

    >>> verb(1, "have"), verb(1, "are"), verb(1, "repeat"), verb(2, "repeat")
    ('has', 'is', 'repeats', 'repeat')
    """
    return plural if count != 1 else {"have": "has", "are": "is"}.get(plural, f"{plural}s")


def percent(share: float) -> str:
    """Format a share as a percentage, never rounded to none or all.

    >>> percent(0.1234), percent(0.001234), percent(0.0000001), percent(0.99999), percent(1.0)
    ('12 %', '0.12 %', '0.01 %', '99.9 %', '100 %')
    """
    value = 100 * share
    if 0 < share < 1:
        value = min(max(value, 0.01), 99.9)
    return f"{value:.0f} %" if 10 <= value <= 99 or value == 100 else f"{value:.{2 if value < 10 else 3}g} %"


def named(names: Sequence[str], most: int = 5) -> str:
    """Quote the first names of a list, clipping long ones."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(repr(clipped(name, 40)) for name in names[:most]) + more
