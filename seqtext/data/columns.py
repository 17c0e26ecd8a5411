"""Find columns as --columns names them. Each is a name, a number, or several joined with +."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from seqtext.data.labels import normal_label, read_indicator
from seqtext.errors import CorpusError, arguments

#: What joins the texts of several columns: a line break, so that a title and a body stay a line each, no sentence runs
#: into the next, and no sign is read that nobody wrote.
BETWEEN = "\n"
JOIN = "+"
_MOST_JOINED = 16

#: What people call columns of labels and of texts, in small letters.
LABEL_NAMES = (
    "label", "labels", "class", "category", "target", "sentiment", "topic", "intent", "tag", "tags", "queue", "stars",
    "rating", "type", "polarity", "emotion", "department", "priority",
)  # fmt: skip
TEXT_NAMES = (
    "text", "sentence", "review", "comment", "body", "content", "message", "description", "question", "tweet", "title",
    "document", "utterance", "subject", "comment_text", "review_text",
)  # fmt: skip


def split_columns(name: str, found: Sequence[str]) -> list[str]:
    """Find the columns that a name denotes; [] if one is missing.

    name: of a column, or of several joined with +; a column whose own name contains + takes precedence. Names that
    differ only in the typing of accents or spaces are equal.

    >>> split_columns("title+body", ["title", "body"]), split_columns("c+", ["c+"]), split_columns("a+b", ["a"])
    (['title', 'body'], ['c+'], [])
    """
    whole = _one_column(name, found)
    return [whole] if whole is not None else joined_columns(name, found)


def joined_columns(name: str, found: Sequence[str]) -> list[str]:
    """Find the columns that a name joins with +; [] if one is missing."""
    head, *rest = name.split(JOIN)
    if len(rest) > _MOST_JOINED:
        return []
    for count in range(len(rest), 0, -1):  # the longest first name, which may hold a + itself
        first = _one_column(JOIN.join([head, *rest[: count - 1]]), found)
        if first is not None and (others := split_columns(JOIN.join(rest[count - 1 :]), found)):
            return [first, *others]
    return []


def _one_column(name: str, columns: Sequence[str]) -> str | None:
    if name in columns or name.strip() in columns:
        return name if name in columns else name.strip()
    alike = [column for column in columns if normal_label(column) == normal_label(name)] if name.strip() else []
    return alike[0] if len(alike) == 1 else None


def is_column_number(name: str) -> bool:
    """Tell whether a name is a number, or several joined with +.

    >>> is_column_number("2"), is_column_number("2+3"), is_column_number("2+b")
    (True, True, False)
    """
    return all(number.strip().isascii() and number.strip().isdigit() for number in name.split(JOIN))


def join_texts(texts: Iterable[str]) -> str:
    """Join the texts of several columns, without empty ones.

    >>> join_texts(["A title", " ", "A body."])
    'A title\\nA body.'
    """
    return BETWEEN.join(text for text in texts if text.strip())


def marked_labels(where: str, names: Sequence[str], cells: Sequence[object]) -> list[object]:
    """List a row's labels from indicator columns.

    A column's name is a label if its cell is 1, true, yes or x. A cell with a label in words, as in a second column of
    labels, counts as that label. Raises CorpusError for another number, a list or an object.
    """
    labels: list[object] = []
    for name, cell in zip(names, cells, strict=True):
        marked = read_indicator(cell)
        if marked is None and (not isinstance(cell, str) or _is_figure(cell)):
            raise CorpusError(
                f"{where}: the column {name!r:.60} holds {cell!r:.40}; of a label that is a column, 0 or 1 (true or "
                "false, yes or nothing) is expected.",
                f"name the column of labels alone, as in {arguments(columns={'label': 'COLUMN'})}",
            )
        labels += [cell] if marked is None else [name] * marked
    return labels


def _is_figure(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def names_fields(cells: Sequence[str], fields: Sequence[str]) -> bool:
    """Tell whether cells are a header with usual names of the fields.

    cells: one for each of the fields, in their order.

    >>> names_fields(["Sentiment", "review"], ["label", "text"]), names_fields(["good", "review"], ["label", "text"])
    (True, False)
    """
    known = {"label": LABEL_NAMES, "text": TEXT_NAMES, "id": ("id", "idx", "index")}
    names = [cell.strip().lower() for cell in cells]
    matches = [name in known.get(field, (field,)) for name, field in zip(names, fields, strict=False)]
    return bool(matches) and len(matches) == len(fields) and all(matches)


def header_order(cells: Sequence[str]) -> list[int]:
    """Find label and text (indices) in a header of two cells.

    Returns [] for a row that is not a header with usual names.

    >>> header_order(["Review", "Sentiment"]), header_order(["good", "A text."])
    ([1, 0], [])
    """
    names = [cell.strip().lower() for cell in cells]
    if len(names) != 2:
        return []
    for label in (0, 1):
        if names[label] in LABEL_NAMES and names[1 - label] in TEXT_NAMES:
            return [label, 1 - label]
    return []


@dataclass(frozen=True)
class Picker:
    """Select the value of each field from the cells of a row.

    fields: names of the fields; names: the columns of each; places: the index or key of each column
    text_of: (place of the row, field, cell) -> text
    """

    fields: Sequence[str]
    names: Sequence[Sequence[str]]
    places: Sequence[Sequence[Any]]
    text_of: Callable[[str, str, object], str]

    def __call__(self, where: str, cells: Any) -> list[object]:
        """Select the values of a row, in the order of the fields."""
        return [
            cells[keys[0]] if len(keys) == 1 else self._joined(where, field, names, [cells[key] for key in keys])
            for field, names, keys in zip(self.fields, self.names, self.places, strict=True)
        ]

    def _joined(self, where: str, field: str, names: Sequence[str], cells: Sequence[object]) -> object:
        if field == "label":
            return marked_labels(where, names, cells)
        return join_texts(self._text(where, field, cell) for cell in cells)

    def _text(self, where: str, field: str, cell: object) -> str:
        if cell is None or cell != cell:
            return ""
        number = isinstance(cell, int | float) and not isinstance(cell, bool)  # such as a year beside a title
        return json.dumps(cell) if number else self.text_of(where, field, cell)
