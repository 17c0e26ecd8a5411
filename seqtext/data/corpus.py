"""Read a corpus of files, folders and Hugging Face datasets.

Texts and rows of fields are streamed, and every error names the file and the line.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import zip_longest
from pkgutil import resolve_name

from seqtext.data.columns import JOIN
from seqtext.data.encodings import unpacked_name
from seqtext.data.formats.documents import read_document
from seqtext.data.formats.registry import TEXTS, format_of, kind_of
from seqtext.data.label_rows import counted_labels, join_labels, refuse_marks, rows_or_guess
from seqtext.data.labels import NULL_WORDS
from seqtext.data.lines import LINE_LIMIT, Report, place, read_lines, shown
from seqtext.data.paragraphs import join_paragraphs, watch_width
from seqtext.data.pipes import can_be_read_again
from seqtext.data.sources import Corpora, at_least_one, existing_names, from_all, from_files
from seqtext.data.tables import read_table
from seqtext.data.wanted import Values, Wanted, text_of
from seqtext.errors import ConfigError, CorpusError, argument, arguments


def parse_columns(text: str | None) -> dict[str, str]:
    """Parse --columns: "text=review,label=stars" -> {"text": "review", "label": "stars"}.

    Several columns of a field are joined with +, as in text=title+body. None gives no columns. Raises ConfigError for
    another form, and for a field that is named twice.
    """
    columns: dict[str, str] = {}
    twice = ""
    for entry in [] if text is None else text.split(","):
        field, _, column = (side.strip() for side in entry.partition("="))
        if not field or not column:
            message = f"{argument('columns')} received {text!r}; NAME=COLUMN,... is expected."
            raise ConfigError(message, arguments(columns={"text": "review"}))
        if field in columns:
            twice = twice or field
            column = column if column == columns[field] else f"{columns[field]}{JOIN}{column}"
        columns[field] = column
    if twice:
        message = f"{argument('columns')} received {text!r}, which names a column for {twice!r} twice; + joins columns."
        raise ConfigError(message, arguments(columns=columns))
    return columns


def read_texts(
    sources: Corpora,
    *,
    columns: Mapping[str, str] | None = None,
    remembered: Mapping[str, str] | None = None,
    encoding_errors: str = "strict",
    encoding: str | None = None,
    report: Report | None = None,
    on_error: str = "",
    paragraphs: bool | None = None,
    blank_lines: bool = False,
) -> Iterator[str]:
    """Read the texts of a corpus: lines of text files, text columns.

    encoding: of text that is not UTF-8, such as cp1252
    sources: files, folders (read recursively, in sorted order), `hf:NAME[:split]`, or `-` for standard input
    columns: {"text": column}; a number from 1 in .tsv, .txt and .csv, or a name from the header row or the keys;
        several are written with +, as in title+body, and joined by line breaks, without empty ones
    remembered: the columns that a model was trained with, used if the table has them
    on_error: stop or skip at a file that cannot be read, which the report notes and counts; "" stops for a file that
        was named, and skips a file found in a folder
    paragraphs: whether the lines of text files are joined into paragraphs, which blank lines separate; with False, the
        report notes lines that look wrapped, with None this is not checked
    A text longer than LINE_LIMIT is split into pieces. A blank line is skipped, unless `blank_lines` keeps those of
    text files, as "". The report counts pieces and skipped lines.
    Raises CorpusError that names file and line, also if there is no text at all; ConfigError for a wrong setting.
    """
    wanted = Wanted(
        ("text",), columns or {}, encoding_errors, Report() if report is None else report, False, remembered or {},
        on_error, paragraphs, encoding,
    )  # fmt: skip
    return from_all(existing_names(sources), partial(_texts, blank_lines=blank_lines), wanted)


def read_rows(
    sources: Corpora,
    fields: Sequence[str],
    *,
    columns: Mapping[str, str] | None = None,
    remembered: Mapping[str, str] | None = None,
    encoding_errors: str = "strict",
    encoding: str | None = None,
    report: Report | None = None,
    on_error: str = "",
    blank_rows: bool = False,
) -> Iterator[dict[str, str]]:
    """Read the rows of a corpus as field -> text.

    fields: for example source and target. Without `columns`, a .tsv or .txt file has exactly the fields, in their order
    or in that of a header row with all their names, and two files such as corpus.en and corpus.de are read in parallel,
    line by line. A row with an empty field is counted, and skipped unless `blank_rows` keeps such rows and blank lines.
    A number is accepted only in the field "label".
    sources, columns, errors: as for `read_texts`
    """
    report, remembered = Report() if report is None else report, remembered or {}
    wanted = Wanted(
        tuple(fields), columns or {}, encoding_errors, report, blank_rows, remembered, on_error, encoding=encoding
    )
    names = existing_names(sources)
    if not wanted.columns and len(wanted.fields) == 2 and _are_parallel(names):
        wanted.report.files += 2
        return at_least_one(_filled(_parallel(names, wanted), wanted), names, wanted.report)
    return from_all(names, _rows, wanted)


def read_labelled(
    sources: Corpora,
    *,
    columns: Mapping[str, str] | None = None,
    remembered: Mapping[str, str] | None = None,
    encoding_errors: str = "strict",
    encoding: str | None = None,
    report: Report | None = None,
    on_error: str = "",
    unlabelled: bool = False,
    several: bool = False,
) -> Iterator[tuple[str, str]]:
    """Read (label, text) of every row of a labelled corpus.

    Other arguments are those of `read_rows`. A label is a whole cell, normalized by `seqtext.data.labels.normal_label`;
    `label_reader` interprets it. A number becomes text, a null an empty label. The report counts the cells as they are
    written; `label_notes` describes their irregularities.

    unlabelled: whether a row without a label is read, too, with the label ""; otherwise it is skipped and counted
    several: multi-label; implies `unlabelled`, and joins a list of labels from JSON or Parquet with |
    """
    report, fields = Report() if report is None else report, ("label", "text")
    wanted = Wanted(
        fields, columns or {}, encoding_errors, report, False, remembered or {}, on_error, encoding=encoding
    )
    optional = ("label",) if unlabelled or several else ()
    rows = from_all(existing_names(sources), partial(_rows, optional=optional, several=several), wanted)
    return counted_labels(rows, wanted.report)


def read_placed(
    sources: Corpora,
    fields: Sequence[str],
    *,
    columns: Mapping[str, str] | None = None,
    encoding_errors: str = "strict",
    encoding: str | None = None,
    report: Report | None = None,
    on_error: str = "",
    watch_lines: bool = False,
) -> Iterator[tuple[str, dict[str, str]]]:
    """Read (place, field -> text) of every row or line.

    Rows with empty fields and blank lines are kept. A list of labels is joined with |, and null becomes an empty text.
    watch_lines: whether the report notes lines that look wrapped
    sources, fields, columns, errors: as for `read_texts` with the field text alone, and otherwise as for `read_rows`
    """
    report = Report() if report is None else report
    look = False if watch_lines else None
    wanted = Wanted(tuple(fields), columns or {}, encoding_errors, report, True, {}, on_error, look, encoding)
    names = existing_names(sources)
    if not wanted.columns and len(wanted.fields) == 2 and "label" not in wanted.fields and _are_parallel(names):
        rows = _parallel(names, wanted)
    else:
        rows = from_files(names, _as_they_stand, wanted)
    for where, values in rows:
        cells = zip(wanted.fields, values, strict=True)
        yield where, {field: _cell(where, field, value, wanted) for field, value in cells}


def _as_they_stand(source: str, wanted: Wanted) -> Iterator[Values]:
    if len(wanted.fields) == 1 and not wanted.columns and kind_of(source) == "text":
        lines = wanted.lines(source, any_end=False)
        if wanted.paragraphs is not None:
            lines = watch_width(lines, wanted.report)
        return ((place(source, number), [line]) for number, line in lines)
    return read_table(source, wanted)


def _cell(where: str, field: str, value: object, wanted: Wanted) -> str:
    if value is None:
        return ""
    return text_of(where, field, join_labels(where, value, wanted) if field == "label" else value, wanted)


def _texts(source: str, wanted: Wanted, blank_lines: bool) -> Iterator[str]:
    if format_of(source).gives == TEXTS and not wanted.columns:
        for _, text in read_document(source, wanted):
            if text.strip():
                yield from _pieces(source, text, wanted.report)
            elif blank_lines:
                yield ""
            else:
                wanted.report.skip("empty line")
        return
    if wanted.columns or not format_of(source).by_line or _has_remembered(source, wanted):
        for row in _rows(source, wanted):
            yield from _pieces(source, row["text"], wanted.report)
        return
    if kind_of(source) == "tsv":
        message = f"{source}: which column holds the text? A .tsv file needs its number, or its name in a header row."
        raise CorpusError(message, arguments(columns={"text": "1"}))
    how = {"encoding_errors": wanted.encoding_errors, "encoding": wanted.encoding, "report": wanted.report}
    lines = read_lines(source, **how)  # type: ignore[arg-type]
    if wanted.paragraphs is not None:
        lines = join_paragraphs(lines, wanted.report) if wanted.paragraphs else watch_width(lines, wanted.report)
    for number, line in lines:
        if blank_lines or line.strip():
            yield line
        else:
            wanted.report.skip("empty line", place(source, number))


def _has_remembered(source: str, wanted: Wanted) -> bool:
    """Tell whether a file without a known suffix begins with a header of remembered columns."""
    if not wanted.remembered or not can_be_read_again(source):
        return False
    line = next((line for _, line in wanted.lines(source) if line.strip()), "")
    return "\t" in line and bool(wanted.settled([cell.strip() for cell in line.split("\t")], numbers=True).columns)


def _rows(source: str, wanted: Wanted, optional: Sequence[str] = (), several: bool = False) -> Iterator[dict[str, str]]:
    rows = rows_or_guess(source, wanted, several) if "label" in wanted.fields else read_table(source, wanted)
    if not several and JOIN in wanted.columns.get("label", ""):
        rows = map(refuse_marks, rows)
    if several:
        rows = ((where, (join_labels(where, values[0], wanted), *values[1:])) for where, values in rows)
    return _filled(rows, wanted, optional)


def _filled(rows: Iterable[Values], wanted: Wanted, optional: Sequence[str] = ()) -> Iterator[dict[str, str]]:
    """Convert rows to field -> text; a row with an empty required field is skipped and counted."""
    for where, values in rows:
        row = {field: text_of(where, field, value, wanted) for field, value in zip(wanted.fields, values, strict=True)}
        empty = next((field for field, text in row.items() if not text.strip() and field not in optional), None)
        if empty is None or wanted.blank_rows:
            yield row
        if empty is not None:
            wanted.report.skip(f"empty {empty}", where)
        elif nulls := [field for field, text in row.items() if field != "label" and text.strip() in NULL_WORDS]:
            wanted.report.mend(f"{nulls[0]} that reads nan, null or None, taken for a text", where)


def _pieces(source: str, text: str, report: Report) -> Iterator[str]:
    """Split a table's text into pieces of at most LINE_LIMIT, as `read_lines` does."""
    if len(text) > LINE_LIMIT:
        report.cut_at(shown(source))
    start = 0
    while start < len(text):
        end = start + LINE_LIMIT
        if end < len(text):
            space = max(text.rfind(white, start, end) for white in " \t\n")
            end = end if space < 0 else space + 1
        if text[start:end].strip():
            yield text[start:end]
        start = end


def _are_parallel(names: list[str]) -> bool:
    if _read_pairs(names):
        return True
    stems = {os.path.splitext(os.path.basename(unpacked_name(name)[0]))[0] for name in names}
    if len(names) != 2 or len(stems) != 1:
        return False
    return all(kind_of(name) == "text" and os.path.isfile(name) for name in names)


def _read_pairs(names: list[str]) -> str:
    """Name the function that pairs the texts of two files; "" where none does."""
    functions = {format_of(name).two for name in names}
    return functions.pop() if len(names) == 2 and len(functions) == 1 else ""


def _parallel(names: list[str], wanted: Wanted) -> Iterator[Values]:
    """Pair the lines of two files, blank ones too; pair subtitles by their times."""
    if read_pairs := _read_pairs(names):
        yield from resolve_name(read_pairs)(names, wanted)
        return
    counts = [0, 0]
    for pair in zip_longest(*(wanted.lines(name, any_end=False) for name in names)):
        counts = [count + (line is not None) for count, line in zip(counts, pair, strict=True)]
        if None not in pair:
            where = f"{place(names[0], counts[0])} and {place(names[1], counts[1])}"
            yield where, [text for _, text in pair]
    if counts[0] != counts[1]:
        message = f"{names[0]} has {counts[0]:,} lines and {names[1]} has {counts[1]:,}; parallel files have as many."
        raise CorpusError(message, "align the two files, or put each pair on one line as source<TAB>target")
