"""How the cells of CSV and TSV are separated and enclosed, recognized from a sample."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


class Dialect(NamedTuple):
    """How a table is written; others: separators that would fit as well; header: the cells of its first row."""

    separator: str
    quoted: bool
    others: list[str]
    header: Sequence[str] = ()

    def described(self, usual: str) -> str:
        """Describe a separator that is not the usual one, or that is in doubt; "" for no surprise."""
        if self.separator == usual and not self.others:
            return ""
        doubt = f", though {' and '.join(SEPARATORS[other] for other in self.others)} would fit, too"
        return f"columns separated by {SEPARATORS[self.separator]}{doubt * bool(self.others)}"


def recognize(sample: str, usual: str, has_columns: Callable[[list[str]], bool], numbered: bool) -> Dialect:
    """Recognize the dialect of a sample.

    has_columns: whether a header row has the columns that are wanted; numbered: whether they have numbers, no names

    The separator is the one that finds the wanted columns in the header, then the one that gives most rows the same
    number of columns. Without a header, a sample that fits the usual one has it: commas stand in many a text.
    """

    def rows(separator: str, quoting: Any) -> list[list[str]]:
        with_end = sample[: sample.rfind("\n") + 1 or len(sample)]
        reader = csv.reader(io.StringIO(with_end, newline=""), delimiter=separator, quoting=quoting)
        try:
            return [row for row in islice(reader, 1000) if row]
        except csv.Error:
            return []

    def widths(separator: str, quoting: Any) -> list[int]:
        return [len(row) for row in rows(separator, quoting)]

    def fits(separator: str) -> bool:
        found = widths(separator, csv.QUOTE_MINIMAL)
        return bool(found) and found[0] > 1 and found.count(found[0]) >= 0.9 * len(found)

    def rank(separator: str) -> tuple[bool, bool, bool, int, bool]:
        first = next(iter(rows(separator, csv.QUOTE_MINIMAL)), [])
        named, width = has_columns([cell.strip() for cell in first]), len(first) if len(first) > 1 else 0
        fitting = fits(separator)
        return named and not numbered, fitting, fitting and numbered and separator == usual, width, separator == usual

    best = max(SEPARATORS, key=rank)
    separator = best if rank(best)[3] else usual
    doubtful = numbered and usual != "\t"  # a suffix of .tsv leaves no doubt
    others = [other for other in SEPARATORS if doubtful and other != separator and fits(other) and fits(separator)]
    header = [cell.strip() for cell in next(iter(rows(separator, csv.QUOTE_MINIMAL)), [])]
    return Dialect(separator, separator != "\t" or _tabs_are_quoted(sample, widths), others, header)


def _tabs_are_quoted(sample: str, widths: Callable[[str, Any], list[int]]) -> bool:
    """Whether quotes in a tab-separated sample enclose cells, or are a part of the text, as in most such files."""
    if '"' not in sample:
        return False
    if needs_quotes(widths):
        return len(set(widths("\t", csv.QUOTE_MINIMAL))) == 1
    cells = [cell for line in sample.splitlines()[:-1] for cell in line.split("\t") if '"' in cell]
    return bool(cells) and all(
        len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', "") for cell in cells
    )


def has_doubled_quotes(sample: str) -> bool:
    """Whether a cell between tabs is enclosed in quotes and holds doubled ones."""
    cells = (cell for line in sample.splitlines() for cell in line.split("\t"))
    return any(len(cell) > 3 and cell[0] == cell[-1] == '"' and '""' in cell[1:-1] for cell in cells)


def needs_quotes(widths: Callable[[str, Any], Iterable[int]]) -> bool:
    """Whether only one way of reading quotes gives all tab-separated rows the same number of cells."""
    plain, quoted = set(widths("\t", csv.QUOTE_NONE)), set(widths("\t", csv.QUOTE_MINIMAL))
    return (len(plain) == 1) != (len(quoted) == 1)
