"""Dialects of tables: what separates cells and what encloses them, alike for training and for answering."""

import csv
from pathlib import Path
from typing import Any

import pytest
from corpus_files import rows, write

from seqtext.data.dialect import Dialect, recognize
from seqtext.data.lines import Report
from seqtext.data.wanted import Wanted
from seqtext.data.whole_table import open_table

pytestmark = pytest.mark.usefixtures("folder")


def recognized(sample: str, usual: str = "\t", *, numbered: bool = False) -> Dialect:
    return recognize(sample, usual, lambda names: {"label", "text"} <= set(names), numbered)


@pytest.mark.parametrize(
    ("texts", "quoted"),
    [
        (['"fine, ""so"""', "bad"], True),  # doubled quotes
        (['"fine, really"', "bad"], True),  # every cell with a comma is enclosed, as Excel writes it
        (['"fine, really"', "bad, so bad"], False),
        (['"Whole."', "bad"], False),  # a sentence that somebody said
        (['"Whole."', '"So," she said'], False),
        (['"fine, ""so"""', '"So," she said'], False),
        (["fine\u2028still fine", '"a, \u2028 b"'], True),
    ],
)
def test_quotes_beside_tabs(texts: list[str], quoted: bool) -> None:
    sample = "label\ttext\n" + "".join(f"good\t{text}\n" for text in texts)
    assert recognized(sample).quoted is quoted
    assert recognized(sample.replace("\n", "\r\n")).quoted is quoted


def test_a_first_row_wholly_in_quotes_tells_that_they_enclose_cells() -> None:
    assert recognized('"label"\t"text"\n"good"\t"Fine."\n').quoted
    assert not recognized('"label"\ttext\n"good"\t"Fine."\n').quoted


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line", ["sep={}\n", '"SEP={}"\r\n'])
def test_a_first_line_names_the_separator(separator: str, line: str) -> None:
    first = line.format(separator)
    found = recognized(f"{first}one; two, three|four\tfive\n6\n", ",")
    assert (found.separator, found.quoted, found.line) == (separator, True, first.strip("\r\n"))
    assert len(found.header) == 2
    assert not recognized(f"text\n{first}", ",").line


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize("separator", ["\t", ",", ";"])
def test_training_and_answering_read_the_same_cells(quoting: Any, separator: str) -> None:
    wanted = [("good", 'fine, "so" fine'), ("bad", "so, so; bad"), ("good", "plain")]
    with Path("a.tsv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=separator, quoting=quoting).writerows([("label", "text"), *wanted])
    assert rows("a.tsv", columns={"label": "label"}) == wanted
    table = open_table("a.tsv", Wanted(("text",), {}, "strict", Report()))
    assert [text for batch in table.batches(0, 9) for text in batch.texts] == [text for _, text in wanted]


def test_quotes_beside_tabs_are_told() -> None:
    report = Report()
    rows(write("a.tsv", 'label\ttext\ngood\t"fine, ""so"""\n'), columns={"label": "label"}, report=report)
    assert list(report.notes) == ["a.tsv: quotes enclose cells"]
    rows(
        write("b.tsv", 'label\ttext\ngood\t"Fine," they said\n'),
        columns={"label": "label"},
        report=(report := Report()),
    )
    assert not report.notes
