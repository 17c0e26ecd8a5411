"""Convert rows of labelled texts: lists of labels, label counts, hints."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from seqtext.data.columns import JOIN, split_columns
from seqtext.data.guesses import guess_of_source
from seqtext.data.labels import LABEL_SEPARATORS, SEPARATOR, normal_label
from seqtext.data.lines import Report
from seqtext.data.tables import read_table
from seqtext.data.wanted import MissingColumn, Values, Wanted, text_of
from seqtext.errors import CorpusError, arguments, nearest


def counted_labels(rows: Iterable[Mapping[str, str]], report: Report) -> Iterator[tuple[str, str]]:
    """Yield normalized labels and texts, counting label cells."""
    normal: dict[str, str] = {}
    for row in rows:
        cell = row["label"].strip()
        if cell not in normal:
            normal[cell] = normal_label(cell)
        report.labels[cell] = report.labels.get(cell, 0) + 1
        yield normal[cell], row["text"]


def rows_or_guess(source: str, wanted: Wanted, several: bool) -> Iterator[Values]:
    """Read the rows of a table. The CorpusError for a missing column proposes others."""
    try:
        yield from read_table(source, wanted)
    except MissingColumn as error:
        guess = None if error.as_trained else guess_of_source(source, wanted)
        if guess is None or _contradicts(guess.columns, wanted, error.found or ()):
            raise
        raise error.framed(hint=guess.typed(several)) from error


def _contradicts(guess: Mapping[str, str], wanted: Wanted, columns: Sequence[str]) -> bool:
    """Tell whether a guess ignores a column that was named and that the table has, or nearly has."""
    others = [column for field, column in wanted.columns.items() if guess.get(field, column) != column]
    names = [name for column in others for name in (column, *column.split(JOIN))]
    return any(split_columns(name, columns) or nearest(name, columns, cutoff=0.6) for name in names)


def refuse_marks(row: Values) -> Values:
    """Refuse several label columns for single-label texts.

    Returns the row. Raises CorpusError if its label is a list.
    """
    where, values = row
    if isinstance(values[0], list):
        raise CorpusError(
            f"{where}: several columns of labels were named; a text has one label here.",
            f"{arguments(multi_label=True)}, for a model that gives a text several labels",
        )
    return row


def join_labels(where: str, value: object, wanted: Wanted) -> object:
    """Join a list of labels to a string.

    Other values are unchanged. Raises CorpusError for a label that holds the separator.
    """
    if not isinstance(value, list):
        return value
    labels = [text for item in value if (text := text_of(where, "label", item, wanted)).strip()]
    if fault := next((label for label in labels if SEPARATOR in label), None):
        message = f"{where}: the label {fault!r:.40} holds {SEPARATOR!r}, which stands between labels."
        raise CorpusError(message, "write it with another sign")
    doubtful = len(labels) == 1 and any(mark in labels[0] for mark in LABEL_SEPARATORS)
    return SEPARATOR.join(labels) + SEPARATOR * doubtful
