"""Guess a table's columns of text and label from its rows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from seqtext.data.columns import JOIN, LABEL_NAMES, TEXT_NAMES
from seqtext.data.formats.registry import format_of
from seqtext.data.labels import is_list, read_indicator
from seqtext.data.lines import Report
from seqtext.data.pipes import can_be_read_again
from seqtext.data.tables import read_table
from seqtext.data.wanted import LONGEST_NAME, MissingColumn, Wanted
from seqtext.errors import SeqtextError, arguments

_FEWEST, _ROWS = 8, 500  # least and most rows that are examined
_NUMBER = re.compile("[+-]?[0-9.,]*[0-9]")
_LONGEST_LABEL = 40  # most characters of a label on average
_IDS = ("id", "idx", "index")

Cells = Mapping[str, Sequence[str]]


class Guess(NamedTuple):
    """Hold the guessed columns of text and label.

    columns: field -> its column, several joined with +
    several: whether they look multi-label
    """

    columns: dict[str, str]
    several: bool

    def typed(self, several: bool = False) -> str:
        """Write the training arguments for a hint.

        several: whether multi-label training was requested already.
        """
        more = {"multi_label": True} if self.several and not several else {}
        return arguments(**more, columns=self.columns)


def guess_columns(cells: Cells) -> Guess | None:
    """Guess the columns of text and label by names and cells.

    cells: the cells of each column. Returns None if no column looks like a text, or none like labels.

    >>> guess_columns({"1": ["A fine day.", "A bad day.", "No day."] * 9, "2": ["good", "bad", "bad"] * 9}).columns
    {'label': '2', 'text': '1'}
    """
    marks = [name for name in cells if _are_marks(cells[name])]
    labels = [name for name in cells if _are_labels(cells[name])]
    texts = [name for name in cells if name not in marks and name.lower() not in _IDS and _length(cells[name]) > 0]
    text = max(texts, key=lambda name: _distinct(cells[name]) * _length(cells[name]), default="")
    usual = [name for name in texts if name.lower() in TEXT_NAMES and name not in labels]
    if usual and text.lower() not in TEXT_NAMES:
        text = max(usual, key=lambda name: _length(cells[name]))
    labels = [name for name in labels if name not in (text, *marks)]
    named = [name for name in [*labels, *marks] if name.lower() in LABEL_NAMES]
    if not text or not (named or labels or marks):
        return None
    if named or labels:
        label = next(iter([*named, *sorted(labels, key=lambda name: _distinct(cells[name]))]))
        return Guess({"label": label, "text": text}, _are_lists(cells[label]))
    return Guess({"label": JOIN.join(marks), "text": text}, len(marks) > 1)


def _length(cells: Sequence[str]) -> float:
    """Compute the mean length of the cells that are not empty."""
    full = [cell for cell in cells if cell.strip()]
    return sum(map(len, full)) / max(1, len(full))


def _distinct(cells: Sequence[str]) -> int:
    return len(set(cells))


def _are_marks(cells: Sequence[str]) -> bool:
    """Tell whether all cells mean yes or no, as in an indicator column."""
    found = {read_indicator(cell) for cell in cells}
    return None not in found and True in found


def _are_labels(cells: Sequence[str]) -> bool:
    """Tell whether the cells are short and recur."""
    full = [cell for cell in cells if cell.strip()]
    different = _distinct(full)
    return 1 < different <= 0.5 * len(full) and _length(full) <= _LONGEST_LABEL


def _are_lists(cells: Sequence[str]) -> bool:
    return all(is_list(cell) for cell in cells if cell.strip())


def guess_of_source(source: str, wanted: Wanted) -> Guess | None:
    """Guess the columns of text and label of a table.

    Returns None if the source cannot be read twice, or nothing can be guessed.
    """
    if not can_be_read_again(source):
        return None
    wanted = replace(wanted, encoding_errors="replace", report=Report(), remembered={})
    try:
        names = _column_names(source, wanted)
        every_column = Wanted(tuple(names), {name: name for name in names}, "replace", Report())
        rows = [values for _, values in islice(_until_fault(source, every_column), _ROWS)] if names else []
    except SeqtextError:
        return None
    cells = {
        name: [_shown(row[index]) for row in rows]
        for index, name in enumerate(names)
        if not any(isinstance(row[index], dict) for row in rows)  # the fields of objects have paths of their own
    }
    return guess_columns(cells) if len(rows) >= _FEWEST else None


def _until_fault(source: str, wanted: Wanted) -> Iterator[tuple[str, Sequence[object]]]:
    try:
        yield from read_table(source, wanted)
    except SeqtextError:
        return


def _shown(value: object) -> str:
    return "" if value is None or value != value else str(value)


def _column_names(source: str, wanted: Wanted) -> list[str]:
    """List the columns of a table, or their numbers if it has no header row."""
    if format_of(source).by_line:
        line = next((line for _, line in wanted.lines(source) if line.strip()), "")
        cells = [cell.strip() for cell in line.split("\t")]
        return cells if wanted.columns and not wanted.has_numbers else [str(k) for k in range(1, len(cells) + 1)]
    names = header_of(source, wanted)
    if not format_of(source).named and not all(map(_is_a_name, names)):  # a first row of cells, not of names
        return [str(number) for number in range(1, len(names) + 1)]
    return names if all(map(_is_a_name, names)) else []


def header_of(source: str, wanted: Wanted) -> list[str]:
    """List the columns that a table's reader finds; [] for none."""
    try:
        next(iter(read_table(source, replace(wanted, fields=("\0",), columns={}))), None)
    except MissingColumn as error:
        return list(error.found or ())
    return []


def _is_a_name(name: str) -> bool:
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and not _NUMBER.fullmatch(name)
