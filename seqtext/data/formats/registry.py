"""Describe each format of corpus files by a frozen record.

The rest is derived from the records: how a file is read, which files of a folder are text whatever their first bytes
are, the formats that help and errors name, the columns by which `seqtext check` guesses a task. Readers are named as
"module:function", so that help lists formats without loading what reads them.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pkgutil import resolve_name
from types import MappingProxyType
from typing import Any

LINES, ROWS, TEXTS, PAIRS = "lines", "rows", "texts", "pairs"


@dataclass(frozen=True)
class Format:
    """Describe a format of corpus files.

    name:     in code, such as "docx"
    gives:    LINES of plain text; ROWS of a table; TEXTS of a document; PAIRS of a translation file
    reader:   "module:function" of (source, wanted), which yields (place, text) of TEXTS, `units.Unit`s of PAIRS, and
              (place, values) of LINES and ROWS
    suffixes: of its files; help and errors name the first
    called:   what a file is called in errors, such as "a Word document"
    extra:    the extra of pyproject.toml that installs what reads it, "" for none
    member:   of a ZIP archive, the file inside that tells it from other archives
    table:    "module:function" of (source, wanted, encoding), which returns a `row_batches.Table` to be answered
    two:      "module:function" of (two sources, wanted), which yields (place, texts) of pairs that stand in two files
    by_line:  whether a row is a line, its cells between tabs
    named:    whether columns always have names, as keys do; otherwise the first row may hold cells
    """

    name: str
    gives: str
    reader: str
    suffixes: tuple[str, ...]
    called: str = ""
    extra: str = ""
    member: str = ""
    table: str = ""
    two: str = ""
    by_line: bool = False
    named: bool = False

    @property
    def suffix(self) -> str:
        """Return the suffix that help and errors name."""
        return self.suffixes[0]

    @property
    def has_sheets(self) -> bool:
        """Return whether FILE#SHEET names one of several tables in a file."""
        return self.gives == ROWS and bool(self.member)

    @property
    def accepted(self) -> str:
        """Name the format in errors for other files: "a Word document (.docx)"."""
        return f"{self.called} ({self.suffix})"

    def read(self, source: str, wanted: Any) -> Iterator[Any]:
        """Read a file by the format's reader; wanted: a `seqtext.data.wanted.Wanted`."""
        return resolve_name(self.reader)(source, wanted)  # type: ignore[no-any-return]


_RECORDS = (
    Format(
        "text", LINES, "seqtext.data.tables:read_unnamed", (".txt",),
        table="seqtext.data.whole_table:open_unnamed", by_line=True,
    ),
    Format(
        "csv", ROWS, "seqtext.data.tables:read_separated", (".csv",),
        table="seqtext.data.whole_table:open_separated",
    ),
    Format(
        "tsv", ROWS, "seqtext.data.tables:read_separated", (".tsv",),
        table="seqtext.data.whole_table:open_separated", by_line=True,
    ),
    Format(
        "jsonl", ROWS, "seqtext.data.records:read_json_lines", (".jsonl", ".ndjson", ".json"),
        table="seqtext.data.whole_table:open_objects", named=True,
    ),
    Format(
        "parquet", ROWS, "seqtext.data.records:read_parquet", (".parquet",), extra="tables",
        table="seqtext.data.whole_table:open_parquet", named=True,
    ),
    Format(
        "xlsx", ROWS, "seqtext.data.tables:read_sheet", (".xlsx", ".xlsm"), "an Excel workbook", "files",
        "xl/workbook.xml", table="seqtext.data.whole_table:open_sheet",
    ),
    Format(
        "docx", TEXTS, "seqtext.data.formats.word:read_paragraphs", (".docx",), "a Word document", "files",
        "word/document.xml",
    ),
    Format(
        "odt", TEXTS, "seqtext.data.formats.open_document:read_open_document", (".odt",), "an OpenDocument file",
        "files", "content.xml",
    ),
    Format(
        "epub", TEXTS, "seqtext.data.formats.book:read_book", (".epub",), "an EPUB book", "files",
        "META-INF/container.xml",
    ),
    Format(
        "html", TEXTS, "seqtext.data.formats.page:read_page", (".html", ".htm", ".xhtml"), "a web page", "files",
    ),
    Format(
        "srt", TEXTS, "seqtext.data.formats.subtitles:read_subtitles", (".srt",), "SRT subtitles",
        two="seqtext.data.formats.subtitles:read_cue_pairs",
    ),
    Format("tmx", PAIRS, "seqtext.data.formats.segments:read_memory", (".tmx",), "TMX", "files"),
    Format("xliff", PAIRS, "seqtext.data.formats.segments:read_xliff", (".xliff", ".xlf"), "XLIFF", "files"),
    Format("po", PAIRS, "seqtext.data.formats.catalog:read_catalog", (".po", ".pot"), "a PO file", "files"),
)  # fmt: skip

#: Data sets of the Hugging Face Hub: not files, so that no suffix names them.
_HUB = Format(
    "hf", ROWS, "seqtext.data.records:read_hub", (), extra="train",
    table="seqtext.data.whole_table:open_separated", named=True,
)  # fmt: skip

FORMATS: Mapping[str, Format] = MappingProxyType({record.name: record for record in (*_RECORDS, _HUB)})
BY_SUFFIX: Mapping[str, Format] = MappingProxyType(
    {suffix: record for record in _RECORDS for suffix in record.suffixes}
)
_WITH_SHEETS = (suffix for suffix, record in BY_SUFFIX.items() if record.has_sheets)
_SHEET = re.compile(rf"(.+(?:{'|'.join(map(re.escape, _WITH_SHEETS))}))#(.+)", re.IGNORECASE | re.DOTALL)


def format_of(source: str) -> Format:
    """Find the format of a source by its name. Without a known one, it is lines of plain text."""
    if source.startswith("hf:"):
        return _HUB
    from seqtext.data.encodings import unpacked_name  # help lists formats without what reads files

    suffix = os.path.splitext(unpacked_name(file_and_sheet(source)[0])[0])[1].lower()
    return BY_SUFFIX.get(suffix, FORMATS["text"])


def kind_of(source: str) -> str:
    """Name the format of a source. The name is a key of FORMATS, text by default."""
    return format_of(source).name


def file_and_sheet(source: str) -> tuple[str, str]:
    """Split a source into workbook and sheet, "" for none.

    >>> file_and_sheet("reviews.xlsx#July"), file_and_sheet("notes#1.txt")
    (('reviews.xlsx', 'July'), ('notes#1.txt', ''))
    """
    match = _SHEET.fullmatch(source)
    return (match[1], match[2]) if match and not os.path.lexists(source) else (source, "")


def formats_that_give(gives: str) -> tuple[Format, ...]:
    """List the formats of files that give LINES, ROWS, TEXTS or PAIRS."""
    return tuple(record for record in _RECORDS if record.gives == gives)


def suffixes(gives: str) -> str:
    """List the suffixes of formats, for help and errors.

    gives: what the files hold: LINES, ROWS, TEXTS or PAIRS

    >>> suffixes(PAIRS)
    '.tmx, .xliff, .po'
    """
    return ", ".join(record.suffix for record in formats_that_give(gives))


def every_suffix() -> str:
    """Describe all formats of a corpus for help, the plainest first."""
    light = [record for record in _RECORDS if record.extra != "files"]
    light.sort(key=lambda record: (record.gives not in (LINES, TEXTS), not record.by_line))
    more = [record for record in _RECORDS if record.extra == "files"]
    sheets = [f"{record.suffix} (FILE{record.suffix}#SHEET names a sheet)" for record in more if record.has_sheets]
    documents = [record.suffix for record in more if record.gives in (LINES, TEXTS)]
    pairs = [record.suffix for record in more if record.gives == PAIRS]
    return (
        f"{_listed([record.suffix for record in light], 'or')}; with seqtext[files] also "
        f"{_listed([*sheets, *documents])}, and for pairs {_listed(pairs)}"
    )


def _listed(words: list[str], last: str = "and") -> str:
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
