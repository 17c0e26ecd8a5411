"""Open a table of any kind to read whole rows."""

from seqtext.data.formats.sheet import SheetLines
from seqtext.data.object_rows import ObjectTable
from seqtext.data.parquet_rows import ParquetTable
from seqtext.data.raw_lines import RawLines
from seqtext.data.row_batches import Table
from seqtext.data.separated_rows import SeparatedTable
from seqtext.data.wanted import DOCUMENTS, TRANSLATIONS, Wanted, kind_of
from seqtext.errors import CorpusError, argument


def open_table(source: str, wanted: Wanted, encoding: str | None = None) -> Table:
    """Open a table and read its header.

    A source without a known suffix, such as standard input, is JSON if it begins with a brace.
    wanted: the field of the text and, if rows have names, the field "id"
    Raises CorpusError for a source that is no table or lacks a column, ConfigError for an unknown encoding.
    """
    kind = kind_of(source)
    if kind == "parquet":
        return ParquetTable(source, wanted)
    if kind in (*DOCUMENTS, *TRANSLATIONS):
        message = f"{source} is no table of rows that could be answered."
        read = f"leave {argument('columns')} out, and its lines are answered"
        raise CorpusError(message, read if kind in DOCUMENTS else "give its texts, one per line, or as .csv")
    if kind == "xlsx":
        return SeparatedTable(SheetLines(source, wanted.report), wanted, ",")
    lines = RawLines(source, encoding, wanted.encoding_errors, wanted.report)
    if kind == "jsonl" or (kind == "text" and lines.sample.lstrip().startswith("{")):
        return ObjectTable(lines, wanted)
    return SeparatedTable(lines, wanted, "\t" if kind == "tsv" else ",")
