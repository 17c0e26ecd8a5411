"""Convert sheets of Excel workbooks to CSV, cells as shown."""

import csv
import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from typing import Any
from zipfile import ZipFile

from seqtext.data.formats.archives import opened_archive, refuse_document_types
from seqtext.data.formats.cell_formats import shown_value
from seqtext.data.formats.registry import FORMATS, file_and_sheet
from seqtext.data.lines import Report, place
from seqtext.data.unpacking import BLOCK
from seqtext.errors import CorpusError
from seqtext.extras import needed
from seqtext.shell import quote

_WORKBOOK = FORMATS["xlsx"]
_STRINGS = "xl/sharedStrings.xml"
_STRINGS_LIMIT = 1 << 30  # most bytes of a workbook's texts, which are held in memory
_SHEETS_TOLD = 8


class SheetLines:
    r"""Number the rows of a sheet as lines of CSV, from 1.

    A row is a single line, even with line breaks in its cells.

    source: FILE.xlsx, or FILE.xlsx#SHEET; without a name, the first sheet that is not hidden, which the report notes
    The other attributes are those of `seqtext.data.raw_lines.RawLines`. Raises CorpusError while it is read, see
    `without_ends`.
    """

    encoding, bom, end, read = "utf-8", b"", "\n", 0

    def __init__(self, source: str, report: Report) -> None:
        self.source, self._report = source, report
        self.sample = ""

    def __iter__(self) -> Iterator[tuple[int, str]]:
        for number, line in self.without_ends():
            yield number, f"{line}\n"

    def without_ends(self) -> Iterator[tuple[int, str]]:
        """Yield the lines without their line ends.

        Raises CorpusError for a workbook that cannot be read, or is too large.
        """
        path, name = file_and_sheet(self.source)
        with needed("An Excel workbook"):
            import openpyxl
        with opened_archive(path, _WORKBOOK) as archive:
            refuse_document_types(path, archive, _WORKBOOK.called)
            if _STRINGS in archive.namelist() and archive.getinfo(_STRINGS).file_size > _STRINGS_LIMIT:
                message = f"{path} holds more than {_STRINGS_LIMIT >> 20} MB of texts; a smaller workbook is expected."
                raise CorpusError(message, "save the sheet as .csv")
            # openpyxl gives either values or formulas; only both together show a formula that has no value.
            modes = (True, False) if _has_formulas(archive) else (True,)
        number = 0
        try:
            with ExitStack() as files:
                # Opened here, because openpyxl does not close the files that it opens itself if it fails.
                opened = [(files.enter_context(open(path, "rb")), mode) for mode in modes]
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    books = [
                        openpyxl.load_workbook(file, True, data_only=mode, keep_links=False) for file, mode in opened
                    ]
                    sheets = [self._sheet(path, name, book) for book in books]
                width = 0
                for number, cells in _rows(path, sheets):
                    width = width or len(cells)
                    yield number, _csv_line([*cells, *[""] * (width - len(cells))])
        except CorpusError:
            raise
        except Exception as error:  # a damaged workbook fails in many ways
            reason = (" ".join(str(error).split()) or type(error).__name__)[:200]
            message = f"{place(path, number + 1, 'row')}: not readable as an Excel workbook ({reason})."
            raise CorpusError(message, "open it in Excel or LibreOffice, and save the sheet as .csv") from error

    def _sheet(self, path: str, name: str, book: Any) -> Any:
        """Find the sheet of a name, or the first visible one."""
        sheets = {sheet.title: sheet for sheet in book.worksheets}
        names = [title for title, sheet in sheets.items() if sheet.sheet_state == "visible"] or list(sheets)
        if not names:
            raise CorpusError(f"{path} holds no sheet of cells.", "save the table as .csv")
        listed = ", ".join(map(repr, names[:_SHEETS_TOLD])) + ", …" * (len(names) > _SHEETS_TOLD)
        if name and name not in sheets:
            raise CorpusError(f"{path} has no sheet {name!r:.60}; its sheets are {listed}.", typed(path, names[0]))
        if not name and len(names) > 1:
            told = f"{names[0]!r} is read, the first of {len(names)} sheets of {path}"
            self._report.note(f"{told}; {typed(path, names[1])} is another")
        return sheets[name or names[0]]


def typed(path: str, name: str) -> str:
    """Write the name to type for a sheet."""
    return quote(f"{path}#{name}")


def _has_formulas(archive: ZipFile) -> bool:
    """Tell whether a sheet has formulas, whose values may not be stored."""
    for name in archive.namelist():
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            with archive.open(name) as file:
                before = b""
                while block := file.read(BLOCK):
                    if b"<f>" in before + block or b"<f " in before + block:
                        return True
                    before = block[-2:]
    return False


def _rows(path: str, sheets: Sequence[Any]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows as shown, without the empty cells at their ends.

    sheets: the sheet with values, and, if there are formulas, the same sheet with formulas.
    """
    for sheet in sheets:
        sheet.reset_dimensions()  # some programs write a wrong size
    rows = zip(*(sheet.iter_rows() for sheet in sheets), strict=True)
    number = 0
    while batch := _next_rows(rows):
        for values, *formulas in batch:
            number += 1
            if formulas:
                _refuse_unknown(path, values, formulas[0])
            cells = [shown_value(_value(cell), _format(cell)) or "" for cell in values]
            while cells and not cells[-1].strip():
                cells.pop()
            yield number, cells


def _next_rows(rows: Iterator[Any]) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about contents that are not read, such as charts
        return list(islice(rows, 256))


def _value(cell: Any) -> object:
    return None if getattr(cell, "data_type", "n") == "e" else cell.value


def _format(cell: Any) -> str:
    return getattr(cell, "number_format", None) or "General"


def _refuse_unknown(path: str, values: Sequence[Any], formulas: Sequence[Any]) -> None:
    """Raise CorpusError for a formula without a value, from a program that calculates none."""
    for value, formula in zip(values, formulas, strict=True):
        if value.value is None and getattr(formula, "data_type", "n") == "f":
            message = f"{path}, cell {formula.coordinate}: the formula has no stored value; it was never calculated."
            raise CorpusError(message, "open the workbook in Excel or LibreOffice, and save it again")


def _csv_line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)  # so that \r and \n inside a cell are quoted
    return text.getvalue().removesuffix("\r\n")
