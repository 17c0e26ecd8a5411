"""Describe requests to a table's reader: fields, columns, treatment of blank rows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seqtext.characters import SURROGATE
from seqtext.data.columns import JOIN, LABEL_NAMES, TEXT_NAMES, Picker, is_column_number, joined_columns, split_columns
from seqtext.data.lines import Report, check_encoding_errors, read_lines
from seqtext.errors import ConfigError, CorpusError, argument, arguments, nearest

Values = tuple[str, Sequence[object]]  # the place of a row; the value of each field
ON_FILE_ERROR = ("stop", "skip")
ROW_LIMIT = 1 << 24  # bytes; a longer row of a table is refused
LONGEST_NAME = 60  # most characters of a column that a hint proposes


class MissingColumn(CorpusError):
    """Report a column that a table lacks.

    found: its columns, None in a reframed error
    """

    found: Sequence[str] | None = None
    as_trained = False  # whether it is a column that a model was trained with


@dataclass(frozen=True)
class Wanted:
    """Hold a request to a table's reader.

    fields:  the fields of a row, in order
    columns: field -> its column, if that has another name or a number; several are joined with +
    encoding_errors, report: as for `read_lines`
    blank_rows: whether a blank line is a row with empty fields; otherwise it is skipped
    encoding: of a text that is not UTF-8; None to recognize a mark, with UTF-8 as the default
    remembered: the columns that a model was trained with, used for unnamed fields if the table has them
    on_error: stop or skip at a file that cannot be read; "" stops for one that was named, and skips one of a folder
    paragraphs: whether lines of a text are joined to paragraphs; None not to check whether they look wrapped
    Raises ConfigError for a column of an unknown field, or another encoding_errors or on_error.
    """

    fields: tuple[str, ...]
    columns: Mapping[str, str]
    encoding_errors: str
    report: Report
    blank_rows: bool = False
    remembered: Mapping[str, str] = field(default_factory=dict)
    on_error: str = ""
    paragraphs: bool | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        check_encoding_errors(self.encoding_errors)
        if self.on_error not in ("", *ON_FILE_ERROR):
            message = (
                f"{argument('on_error')} received {self.on_error!r:.40}; accepted are {' and '.join(ON_FILE_ERROR)}."
            )
            raise ConfigError(message, arguments(on_error=ON_FILE_ERROR[-1]))
        for name in self.columns:
            if name not in self.fields:
                accepted = " and ".join(self.fields)
                hint = arguments(columns=dict.fromkeys(self.fields, "COLUMN"))
                raise ConfigError(f"{argument('columns')} names the field {name!r}; accepted here: {accepted}.", hint)

    @property
    def names(self) -> list[str]:
        """Return the column of every field, in the order of the fields."""
        return [self.columns.get(name, name) for name in self.fields]

    @property
    def _as_trained(self) -> "Wanted | None":
        """The request with remembered columns for fields without a named column; None without such columns."""
        usual = [name for name in self.fields if name not in self.columns]
        kept = {name: self.remembered[name] for name in usual if name in self.remembered}
        columns = {**self.columns, **kept}
        numbers = [is_column_number(column) for column in columns.values()]
        if not kept or (any(numbers) and not (all(numbers) and len(columns) == len(self.fields))):
            return None
        return replace(self, columns=columns, remembered={})

    @property
    def has_numbers(self) -> bool:
        """Tell whether the columns, named or remembered, are given by numbers."""
        columns = (self._as_trained or self).columns
        return bool(columns) and all(map(is_column_number, columns.values()))

    def settled(self, found: Sequence[str], *, numbers: bool = False) -> "Wanted":
        """Decide whether to use remembered columns for a table.

        found: the table's columns; numbers: whether columns may be numbers, because the first row may not be a header.
        """
        trained = self._as_trained
        if trained is None:
            return self
        if numbers and trained.has_numbers:
            positions = numbered_columns(trained)
            there = max(map(max, positions)) < len(found) and not self._all_in(found)
        else:
            there = trained._all_in(found)
        if there:
            self.report.note(f"columns as in training: {join_columns(trained.columns)}")
        return trained if there else self

    def has_columns(self, found: Sequence[str]) -> bool:
        """Tell whether a header row has the named or the remembered columns."""
        trained = self._as_trained
        return self._all_in(found) or (trained is not None and trained._all_in(found))

    def _all_in(self, found: Sequence[str]) -> bool:
        return all(split_columns(name, found) for name in self.names)

    def parts(self, where: str, found: Sequence[str]) -> list[list[str]]:
        """Find the columns of each field, several if they are joined.

        Raises CorpusError for a missing column, and for two of the same name.
        """
        parts = [split_columns(name, found) for name in self.names]
        if not all(parts):
            raise self._missing(where, found, parts)
        for name in (name for columns in parts for name in columns):
            if found.count(name) > 1:
                message = f"{where}: {found.count(name)} columns are called {name!r}; one is expected."
                raise CorpusError(message, f"rename one of them, such as column {found.index(name) + 1}")
        for name, columns in zip(self.names, parts, strict=True):
            if JOIN in name and len(columns) == 1 and (others := joined_columns(name, found)):
                self.report.note(
                    f"the column {columns[0]!r} is read, which is there, not {' and '.join(others)} joined"
                )
        return parts

    def _missing(self, where: str, found: Sequence[str], parts: Sequence[Sequence[str]]) -> MissingColumn:
        """Make the error for a missing column, with the --columns to type."""
        if error := self._missing_as_trained(where, found):
            return error
        lacking = [name for name, columns in zip(self.names, parts, strict=True) if not columns]
        missing = lacking[0]
        if JOIN in missing:
            missing = next((column for column in missing.split(JOIN) if not split_columns(column, found)), missing)
        named = [name for columns in parts for name in columns]
        free = [name for name in found if name not in named and name.lower() not in ("id", "idx", "index")]
        free = [name for name in free if len(name) <= LONGEST_NAME and name.isprintable()]  # else it may be a text
        guess = {}
        for key, name, columns in zip(self.fields, self.names, parts, strict=True):
            guess[key] = name if columns else _guessed(key, name, free)
            free = [other for other in free if other != guess[key]]
        error = MissingColumn(_no_column(where, missing, found), arguments(columns=guess))
        error.found = tuple(found)
        return error

    def _missing_as_trained(self, where: str, found: Sequence[str]) -> MissingColumn | None:
        """Make the error for a missing training column; None if no training column is missing."""
        trained = self._as_trained
        if trained is None or trained.has_numbers:
            return None
        lacking = {field: name for field, name in trained.columns.items() if not split_columns(name, found)}
        field = next(iter(lacking), "")
        if not field or field in self.columns:
            return None
        joined = lacking[field].split(JOIN)
        missing = next((column for column in joined if not split_columns(column, found)), lacking[field])
        message = f"{_no_column(where, missing, found)} The model was trained on {join_columns(trained.columns)}."
        renamed = {
            field: JOIN.join(column if split_columns(column, found) else "COLUMN" for column in name.split(JOIN))
            for field, name in trained.columns.items()
        }
        others = arguments(columns=renamed)
        without = ", without which there is nothing to compare with" if field == "label" else ""
        error = MissingColumn(
            message, f"add the column {missing!r:.80}{without}; or, where it has another name, {others}"
        )
        error.found, error.as_trained = tuple(found), True
        return error

    def picker(self, parts: Sequence[Sequence[str]], places: Sequence[Sequence[Any]]) -> Picker:
        """Make the function that selects the fields' values.

        parts: the columns of each field; places: their indices or keys.
        """
        return Picker(self.fields, parts, places, lambda where, name, value: text_of(where, name, value, self))

    def blank_line(self, where: str) -> Iterator[Values]:
        """Yield a row of empty fields, or count the skipped line."""
        if self.blank_rows:
            yield where, [""] * len(self.fields)
        else:
            self.report.skip("empty line", where)

    def lines(self, source: str, *, any_end: bool = True) -> Iterator[tuple[int, str]]:
        """Read the numbered lines of a file, blank ones too. See `read_lines`."""
        how = {"encoding_errors": self.encoding_errors, "encoding": self.encoding, "report": self.report}
        return read_lines(source, limit=ROW_LIMIT, cut=False, any_end=any_end, **how)  # type: ignore[arg-type]


def _no_column(where: str, missing: str, found: Sequence[str]) -> str:
    listed = ", ".join(repr(name[:40]) for name in found[:12]) + ", …" * (len(found) > 12)
    return f"{where}: there is no column {missing!r:.80}; the columns are {listed or 'none'}."


def _guessed(field: str, name: str, free: Sequence[str]) -> str:
    """Choose the column that a hint proposes for a field: the one of the nearest name, or the first.

    Joined columns are kept if they exist, and replaced by the nearest name otherwise.
    """
    joined = [near for column in name.split(JOIN) if (near := nearest(column, free, cutoff=0.6))]
    if JOIN in name and joined:
        return JOIN.join(dict.fromkeys(joined))
    if near := nearest(name, free, cutoff=0.6):
        return near
    known = {"label": LABEL_NAMES, "text": TEXT_NAMES, "source": TEXT_NAMES}.get(field, ())
    usual = [other for other in free if other.lower() in known]
    return next(iter([*usual, *free]), "COLUMN")


def text_of(where: str, field: str, value: object, wanted: Wanted) -> str:
    """Convert a value to text.

    Accepted are strings, numbers, true and false in the field "label", and lists of strings and whole numbers in other
    fields. Null and NaN are empty, like an empty cell of CSV. A list, such as the events of a session or the sentences
    of a summary, is joined with spaces. Raises CorpusError for other values, and where encoding errors are strict for
    half a surrogate pair, which U+FFFD replaces otherwise.
    """
    if value is None or value != value:
        return ""
    if field == "label" and isinstance(value, bool | int | float):
        return json.dumps(value)
    if field != "label" and isinstance(value, list) and all(_is_word(word) for word in value):
        value = " ".join(map(str, value))
    if not isinstance(value, str):
        accepted = "a string or a number" if field == "label" else "a string or a list of words"
        message = f"{where}: expected {accepted} as {field}, found {type_of(value)}."
        hint = f"correct or remove the row, or name another column with {argument('columns')}"
        if field == "label" and isinstance(value, list):
            several = f"{arguments(multi_label=True)}, for a model that gives a text several labels"
            hint = f"{several}, or {arguments(columns={'label': '...'})}"
        raise CorpusError(message, hint)
    if SURROGATE.search(value):
        if wanted.encoding_errors == "strict":
            raise CorpusError(
                f"{where}: the {field} holds half a surrogate pair.", arguments(encoding_errors="replace")
            )
        value, count = SURROGATE.subn("\ufffd", value)
        wanted.report.replace(count, where)
    return value


def answerable_text(where: str, field: str, value: object, wanted: Wanted) -> str:
    """Convert a value to text for an answer; raises CorpusError.

    Unlike `text_of`, it refuses null, which cannot be answered.
    """
    if value is None:
        message = f"{where}: expected a string or a list of words as {field}, found null."
        hint = f"correct or remove the row, or name another column with {argument('columns')}"
        raise CorpusError(message, hint)
    return text_of(where, field, value, wanted)


def _is_word(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def type_of(value: object) -> str:
    """Name the JSON type of a value."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", int: "a number"}
    return "null" if value is None else names.get(type(value), "a number" if isinstance(value, float) else "no text")


def join_columns(columns: Mapping[str, str]) -> str:
    """Write a value of --columns, as `seqtext.data.corpus.parse_columns` reads it."""
    return ",".join(f"{field}={column}" for field, column in columns.items())


def numbered_columns(wanted: Wanted) -> list[list[int]]:
    """Convert column numbers, from 1, to positions, from 0; [] for names.

    Raises ConfigError for a number below 1, or a field without a column.
    """
    names = list(wanted.columns.values())
    if not names or not all(map(is_column_number, names)):
        return []
    positions = [[int(number) - 1 for number in wanted.columns.get(field, "0").split(JOIN)] for field in wanted.fields]
    if min(map(min, positions)) < 0:
        given = join_columns(wanted.columns)
        message = f"{argument('columns')} received {given!r}; every field needs a column, counted from 1."
        raise ConfigError(message, by_number(wanted))
    return positions


def ragged(where: str, expected: str, found: int, hint: str = "correct or remove the line") -> CorpusError:
    """Make the error for a row with the wrong number of columns."""
    return CorpusError(f"{where}: expected {expected}, found {found} column{'s' * (found != 1)}.", hint)


def by_number(wanted: Wanted) -> str:
    """Write the columns of all fields as numbers, for a hint."""
    return arguments(columns={field: str(number) for number, field in enumerate(wanted.fields, 1)})
