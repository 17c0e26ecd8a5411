"""Recognize the dialect of CSV and TSV from a sample: separators, quotes.

csv.Sniffer knows neither the columns that are asked for nor which separator is usual, and takes the e of words for the
separator of a table with vertical bars and commas.
"""

import csv
import io
import re
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, NamedTuple

CELL_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_NAMED = re.compile(r'"?sep=([,;\t|])"?(?:\r?\n|\r|\Z)', re.IGNORECASE)
_LINE_END = re.compile(r"\r?\n|\r")
_ENCLOSED = re.compile(r'"(?:[^"]|"")*"')


class Dialect(NamedTuple):
    """Describe the dialect of a table.

    separator, quoted: a key of CELL_SEPARATORS; whether quotes enclose cells
    others: separators that would fit as well; header: the cells of its first row
    line:   the line before that row that names the separator, as Excel reads and writes it; "" for none
    """

    separator: str
    quoted: bool
    others: Sequence[str] = ()
    header: Sequence[str] = ()
    line: str = ""

    def described(self, usual: str) -> str:
        """Describe an unusual or doubtful separator, and quotes with tabs.

        Returns "" for the usual dialect.
        """
        if self.line:
            return f"its first line, {self.line.strip()}, names what separates columns"
        quotes = "quotes enclose cells" if self.separator == "\t" and self.quoted else ""
        if self.separator == usual and not self.others:
            return quotes if usual == "\t" else ""
        doubt = f", though {' and '.join(CELL_SEPARATORS[other] for other in self.others)} would fit, too"
        return f"columns separated by {CELL_SEPARATORS[self.separator]}{doubt * bool(self.others)}"


def recognize(sample: str, usual: str, has_columns: Callable[[list[str]], bool], numbered: bool) -> Dialect:
    """Recognize the dialect of a sample.

    has_columns: tells whether a header row has the requested columns; numbered: whether they are numbers, not names

    In order of precedence, the separator is the one named by the first line, the one with which the header has the
    requested columns, and the one that gives most rows the same number of columns. Without a header, the usual
    separator wins if it fits, because many texts contain commas. If tabs are usual, only a header row overrides them.
    """
    sample = sample[: sample.rfind("\n") + 1 or len(sample)]
    if named := _NAMED.match(sample):
        sample = sample[named.end() :]

    def rows(separator: str, quoting: Any) -> list[list[str]]:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator, quoting=quoting)
        try:
            return [row for row in islice(reader, 1000) if row]
        except csv.Error:
            return []

    def widths(separator: str, quoting: Any) -> list[int]:
        return [len(row) for row in rows(separator, quoting)]

    def header(separator: str) -> list[str]:
        return [cell.strip() for cell in next(iter(rows(separator, csv.QUOTE_MINIMAL)), [])]

    def fits(separator: str) -> bool:
        counts = widths(separator, csv.QUOTE_MINIMAL)
        return bool(counts) and counts[0] > 1 and counts.count(counts[0]) >= 0.9 * len(counts)

    def rank(separator: str) -> tuple[bool, bool, bool, int, bool]:
        first = header(separator)
        has_all, width = has_columns(first), len(first) if len(first) > 1 else 0
        fitting = fits(separator)
        return has_all and not numbered, fitting, fitting and numbered and separator == usual, width, separator == usual

    if named:
        return Dialect(named[1], True, (), header(named[1]), named[0].rstrip("\r\n"))
    best = max(CELL_SEPARATORS, key=rank)
    separator = best if rank(best)[3] and (usual != "\t" or has_columns(header(best))) else usual
    doubtful = numbered and usual != "\t"  # a suffix of .tsv leaves no doubt
    others = [other for other in CELL_SEPARATORS if doubtful and other != separator and fits(other) and fits(separator)]
    return Dialect(separator, separator != "\t" or _tabs_are_quoted(sample, widths), others, header(separator))


def _tabs_are_quoted(sample: str, widths: Callable[[str, Any], list[int]]) -> bool:
    """Tell whether quotes in a tab-separated sample enclose cells; in most such files, they belong to the text.

    They enclose cells if only then all rows have the same width; or if all of them enclose cells in the manner of a
    program: the whole first row, with doubled quotes inside, or every cell with a comma.
    """
    if '"' not in sample:
        return False
    plain, quoted = set(widths("\t", csv.QUOTE_NONE)), set(widths("\t", csv.QUOTE_MINIMAL))
    if (len(plain) == 1) != (len(quoted) == 1):
        return len(quoted) == 1
    first, *others = ([cell for cell in line.split("\t") if cell] for line in _LINE_END.split(sample))
    cells = [*first, *(cell for line in others for cell in line)]
    enclosed = [cell[1:-1] for cell in cells if _ENCLOSED.fullmatch(cell)]
    bare = [cell for cell in cells if not _ENCLOSED.fullmatch(cell)]
    if not enclosed or any('"' in cell for cell in bare):
        return False
    commas = any("," in cell for cell in enclosed) and not any("," in cell for cell in bare)
    return commas or all(map(_ENCLOSED.fullmatch, first)) or any('""' in cell for cell in enclosed)
