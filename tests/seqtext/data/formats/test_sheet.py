"""Sheets: cells as they show, which sheet is read, rows as those of CSV."""

import csv
import datetime
from pathlib import Path

import pytest
from corpus_files import fault, rows, texts
from document_files import change_member, write_text_column, write_xlsx

from seqtext.data.corpus import read_labelled, read_texts
from seqtext.data.lines import Report
from seqtext.data.wanted import Wanted
from seqtext.data.whole_table import open_table

pytestmark = pytest.mark.usefixtures("folder")

ROWS = [["text", "label", "n"], ['Quotes "and"; commas, too', "good", 1], ["Two\nlines", "bad", None], [None, "bad", 3]]


def wanted(**columns: str) -> Wanted:
    return Wanted(("text",), columns, "strict", Report())


def test_rows_are_those_of_csv() -> None:
    write_xlsx(Path("a.xlsx"), ROWS)
    with open("a.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(ROWS)
    for columns in ({}, {"text": "label", "label": "n"}, {"label": "2", "text": "1"}):
        ours, others = Report(), Report()
        found = list(read_labelled("a.xlsx", columns=columns, report=ours))
        assert found == list(read_labelled("a.csv", columns=columns, report=others))
        assert ours.skipped == others.skipped
    assert found == [("good", 'Quotes "and"; commas, too'), ("bad", "Two\nlines")]


def test_a_sheet_is_named_after_a_hash() -> None:
    write_xlsx(Path("a.xlsx"), [["text"], ["first"]], **{"July 3": [["text"], ["second"]]})
    report = Report()
    assert texts("a.xlsx", report=report) == ["first"]
    assert list(report.notes) == ["'Sheet' is read, the first of 2 sheets of a.xlsx; 'a.xlsx#July 3' is another"]
    report = Report()
    assert texts("a.xlsx#July 3", report=report) == ["second"]
    assert not report.notes
    message, hint = fault(read_texts, "a.xlsx#June")
    assert message == "a.xlsx has no sheet 'June'; its sheets are 'Sheet', 'July 3'."
    assert texts(hint.strip("'")) == ["first"]


def test_a_file_may_have_a_hash_in_its_own_name() -> None:
    write_text_column(Path("a.xlsx#b.xlsx"), ["one"])
    assert texts("a.xlsx#b.xlsx") == ["one"]


def test_a_hidden_sheet_is_not_the_first() -> None:
    import openpyxl

    write_xlsx(Path("a.xlsx"), [["text"], ["hidden"]], Shown=[["text"], ["shown"]])
    book = openpyxl.load_workbook("a.xlsx")
    book["Sheet"].sheet_state = "hidden"
    book.active = 1
    book.save("a.xlsx")
    report = Report()
    assert texts("a.xlsx", report=report) == ["shown"]
    assert not report.notes


def test_dates_and_numbers_are_as_they_show() -> None:
    cells = [datetime.datetime(2026, 7, 3, 14, 5), 0.256, 7, 1234.5, True, "#N/A"]
    forms = {"A2": "dd/mm/yyyy hh:mm", "B2": "0.0%", "C2": "00000", "D2": "#,##0.00"}
    write_xlsx(Path("a.xlsx"), [["a", "b", "c", "d", "e", "f"], cells], forms)
    assert texts("a.xlsx", columns={"text": "a+b+c+d+e+f"}) == ["03/07/2026 14:05\n25.6%\n00007\n1,234.50\nTRUE"]


def test_a_formula_has_its_stored_value_or_is_refused() -> None:
    write_xlsx(Path("a.xlsx"), [["text", "n"], ["one", "=1+1"], ["two", "=2+2"]])
    message, hint = fault(read_texts, "a.xlsx")
    assert message == "a.xlsx, cell B2: the formula has no stored value; it was never calculated."
    assert "save it again" in hint
    stored = iter([b"2", b"4"])

    def calculate(data: bytes) -> bytes:
        parts = data.replace(b"<v/>", b"<v></v>").split(b"<v></v>")
        return b"".join(part + b"<v>" + next(stored) + b"</v>" for part in parts[:-1]) + parts[-1]

    change_member(Path("a.xlsx"), "xl/worksheets/sheet1.xml", calculate)
    assert texts("a.xlsx", columns={"text": "n"}) == ["2", "4"]


def test_a_row_that_is_too_long_is_named() -> None:
    write_xlsx(Path("a.xlsx"), [["text"], ["one"], ["two", "and more"]])
    assert fault(read_texts, "a.xlsx")[0] == "a.xlsx, line 3: expected 1 columns as in the header row, found 2 columns."


def test_a_damaged_sheet_is_one_error() -> None:
    write_text_column(Path("a.xlsx"))
    change_member(Path("a.xlsx"), "xl/worksheets/sheet1.xml", lambda data: data[: len(data) // 2])
    message, hint = fault(read_texts, "a.xlsx")
    assert "not readable as an Excel workbook" in message
    assert hint == "open it in Excel or LibreOffice, and save the sheet as .csv"


def test_a_column_that_is_missing_has_a_hint_that_works() -> None:
    write_xlsx(Path("a.xlsx"), [["review", "stars"], *[[f"A text {k}.", k % 2] for k in range(20)]])
    message, hint = fault(read_labelled, "a.xlsx")
    assert "'review', 'stars'" in message
    assert hint == "--columns label=stars,text=review"
    assert len(rows("a.xlsx", columns={"label": "stars", "text": "review"})) == 20


def test_a_table_is_answered_row_by_row() -> None:
    write_xlsx(Path("a.xlsx"), [["text", "n"], ["one; more", 1], ["two; more", 2]])
    table = open_table("a.xlsx", wanted())
    assert table.columns == ["text", "n"]
    (batch,) = table.batches(0, 10)
    assert batch.texts == ["one; more", "two; more"]
    assert table.as_json(batch.rows, 1) == '{"text": "two; more", "n": "2"}'
