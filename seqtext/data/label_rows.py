"""Rows of labelled texts: lists of labels, columns that are labels, and how many rows have each label."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from seqtext.data.columns import JOIN, split_columns
from seqtext.data.guesses import guess_of_source
from seqtext.data.labels import SEPARATOR, SEPARATORS, normal_label
from seqtext.data.lines import Report
from seqtext.data.tables import read_table
from seqtext.data.wanted import MissingColumn, Values, Wanted, text_of
from seqtext.errors import CorpusError, arguments, nearest


def counted(rows: Iterable[Mapping[str, str]], report: Report) -> Iterator[tuple[str, str]]:
    """The labels in their normal form, and the texts; the cells of labels are counted in the report."""
    normal: dict[str, str] = {}
    for row in rows:
        cell = row["label"].strip()
        if cell not in normal:
            normal[cell] = normal_label(cell)
        report.labels[cell] = report.labels.get(cell, 0) + 1
        yield normal[cell], row["text"]


def rows_or_guess(source: str, wanted: Wanted, several: bool) -> Iterator[Values]:
    """The rows of a table; where it lacks a column, those that look like text and labels are proposed."""
    try:
        yield from read_table(source, wanted)
    except MissingColumn as error:
        guess = None if error.as_trained else guess_of_source(source, wanted)
        if guess is None or _contradicts(guess.columns, wanted, error.found or ()):
            raise
        raise error.framed(hint=guess.typed(several)) from error


def _contradicts(guess: Mapping[str, str], wanted: Wanted, found: Sequence[str]) -> bool:
    """Whether a column was named that a table has, or one of nearly that name, and that a guess leaves out."""
    others = [column for field, column in wanted.columns.items() if guess.get(field, column) != column]
    parts = [part for column in others for part in (column, *column.split(JOIN))]
    return any(split_columns(part, found) or nearest(part, found, cutoff=0.6) for part in parts)


def refuse_marks(row: Values) -> Values:
    """Raise CorpusError for the list of labels that several columns give, where a text has one; the row otherwise."""
    where, values = row
    if isinstance(values[0], list):
        raise CorpusError(
            f"{where}: several columns of labels were named; a text has one label here.",
            f"{arguments(multi_label=True)}, for a model that gives a text several labels",
        )
    return row


def join_labels(where: str, value: object, wanted: Wanted) -> object:
    """A list of labels as one string; what is no list as it is."""
    if not isinstance(value, list):
        return value
    labels = [text for one in value if (text := text_of(where, "label", one, wanted)).strip()]
    if fault := next((one for one in labels if SEPARATOR in one), None):
        message = f"{where}: the label {fault!r:.40} holds {SEPARATOR!r}, which stands between labels."
        raise CorpusError(message, "write it with another sign")
    doubtful = len(labels) == 1 and any(mark in labels[0] for mark in SEPARATORS)
    return SEPARATOR.join(labels) + SEPARATOR * doubtful
