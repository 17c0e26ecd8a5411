"""Open a table of any kind to read whole rows."""

from pkgutil import resolve_name

from seqtext.data.formats.registry import TEXTS, format_of
from seqtext.data.formats.sheet import SheetLines
from seqtext.data.object_rows import ObjectTable
from seqtext.data.parquet_rows import ParquetTable
from seqtext.data.raw_lines import RawLines
from seqtext.data.row_batches import Table
from seqtext.data.separated_rows import SeparatedTable
from seqtext.data.wanted import Wanted
from seqtext.errors import CorpusError, argument


def open_table(source: str, wanted: Wanted, encoding: str | None = None) -> Table:
    """Open a table and read its header.

    wanted: the field of the text and, if rows have names, the field "id"
    Raises CorpusError for a source that is not a table or lacks a column, ConfigError for an unknown encoding.
    """
    kind = format_of(source)
    if not kind.table:
        message = f"{source} is no table of rows that could be answered."
        read = f"leave {argument('columns')} out, and its lines are answered"
        raise CorpusError(message, read if kind.gives == TEXTS else "give its texts, one per line, or as .csv")
    return resolve_name(kind.table)(source, wanted, encoding)  # type: ignore[no-any-return]


def open_unnamed(source: str, wanted: Wanted, encoding: str | None) -> Table:
    """Open a table without a known suffix, such as standard input.

    It is JSON lines if it begins with a brace, CSV otherwise. Raises CorpusError and ConfigError as `open_table` does.
    """
    lines = _raw(source, wanted, encoding)
    return ObjectTable(lines, wanted) if lines.sample.lstrip().startswith("{") else SeparatedTable(lines, wanted, ",")


def open_separated(source: str, wanted: Wanted, encoding: str | None) -> Table:
    """Open CSV or TSV. Raises CorpusError and ConfigError as `open_table` does."""
    return SeparatedTable(_raw(source, wanted, encoding), wanted, "\t" if format_of(source).name == "tsv" else ",")


def open_objects(source: str, wanted: Wanted, encoding: str | None) -> Table:
    """Open JSON lines. Raises CorpusError and ConfigError as `open_table` does."""
    return ObjectTable(_raw(source, wanted, encoding), wanted)


def open_parquet(source: str, wanted: Wanted, _: str | None) -> Table:
    """Open a Parquet file. Raises CorpusError as `open_table` does."""
    return ParquetTable(source, wanted)


def open_sheet(source: str, wanted: Wanted, _: str | None) -> Table:
    """Open a sheet of a workbook, as CSV. Raises CorpusError as `open_table` does."""
    return SeparatedTable(SheetLines(source, wanted.report), wanted, ",")


def _raw(source: str, wanted: Wanted, encoding: str | None) -> RawLines:
    return RawLines(source, encoding, wanted.encoding_errors, wanted.report)
