"""Rows of tab-separated lines: where fields stand, header rows, tabs inside texts, fastText's labels."""

import pytest
from corpus_files import BY_NUMBER, LABELLED, PAIR, fault, rows, texts, write

from seqtext.data.corpus import read_labelled, read_rows, read_texts
from seqtext.data.lines import Report
from seqtext.errors import ConfigError

pytestmark = pytest.mark.usefixtures("folder")


def test_tsv_has_the_fields_in_their_order() -> None:
    data = 'ham\tthe "quoted\nspam\twin  \n\n\tno label\nham\t \n'
    report = Report()
    assert rows(write("a.tsv", data), report=report) == [("ham", 'the "quoted'), ("spam", "win  ")]
    assert report.skipped == {"empty line": 1, "empty label": 1, "empty text": 1}


def test_tsv_with_a_header_row_of_the_fields() -> None:
    report = Report()
    assert rows(write("a.tsv", "Text\tlabel\nfine\tgood\n"), report=report) == [("good", "fine")]
    assert report.skipped == {"header row": 1}


def test_a_row_of_too_few_columns_is_a_fault() -> None:
    message, hint = fault(read_rows, write("reviews.tsv", "good\tfine\n\ngood\n"), LABELLED)
    assert message == 'reviews.tsv, line 3: expected "label<TAB>text", found 1 column.'
    assert hint == "correct or remove the line"


def test_a_tab_inside_a_text_belongs_to_it_and_is_counted() -> None:
    data, report = "pos\tgood\tfilm\twith\nneg\tbad\npos\tfine\tthing\n", Report()
    expected = [("pos", "good\tfilm\twith"), ("neg", "bad"), ("pos", "fine\tthing")]
    assert rows(write("a.tsv", data), report=report) == rows(write("a.txt", data)) == expected
    assert report.told() == ["3 × tab inside a text, kept in it: a.tsv, lines 1 and 3"]
    assert rows("a.tsv", columns={"label": "1", "text": "2"}) == expected
    assert rows(write("b.tsv", "label\ttext\n" + data)) == expected
    assert texts(write("c.tsv", "one\ntwo\tthree\n"), columns={"text": "1"}) == ["one", "two\tthree"]


def test_a_tab_before_another_column_is_a_fault_and_no_hint_loses_a_text() -> None:
    data = "good film\tpos\n" * 20 + "bad\tfilm\tneg\n"
    message, hint = fault(read_rows, write("a.tsv", data), LABELLED, columns={"text": "1", "label": "2"})
    assert message == "a.tsv, line 21: expected 2 columns as in most rows, found 3 columns."
    assert hint == "correct or remove the line (a tab inside a text?)"
    pairs = "one\tun\n" * 9 + "two\tdeux\tb\n"
    message, hint = fault(read_rows, write("b.tsv", pairs), PAIR)
    assert "line 10" in message
    assert hint == "remove the line, or the tabs inside its texts"


def test_the_layout_that_is_proposed_for_more_columns_keeps_all_of_them() -> None:
    name = write("a.tsv", "pos\ta title\ta body\nneg\tanother\tone\n")
    message, hint = fault(read_rows, name, LABELLED)
    assert "found 3 columns" in message
    assert hint == "name the layout, as in --columns label=1,text=2+3"
    assert rows(name, columns={"label": "1", "text": "2+3"}) == [("pos", "a title\na body"), ("neg", "another\none")]


@pytest.mark.parametrize("suffix", [".tsv", ".csv"])
@pytest.mark.parametrize("columns", [{}, {"label": "2", "text": "1"}])
def test_a_header_row_becomes_no_class_and_is_said(suffix: str, columns: dict[str, str]) -> None:
    data, report = "Review\tSentiment\na good film\tpos\na bad film\tneg\nReview\tSentiment\n", Report()
    if suffix == ".csv":
        data, columns = data.replace("\t", ";"), columns or {"label": "Sentiment", "text": "Review"}
    found = rows(write(f"a{suffix}", data), columns=columns, report=report)
    assert found == [("pos", "a good film"), ("neg", "a bad film")]
    assert report.skipped["header row again"] == 1  # of two files in one
    if "Sentiment" not in columns.values():
        assert f"a{suffix}, line 1 is taken for a header row: 'Review', 'Sentiment'" in report.told()


@pytest.mark.parametrize("suffix", [".txt", ".ft", ".tsv"])
def test_lines_as_fast_text_has_them_are_labelled_texts(suffix: str) -> None:
    data = "__label__pos A fine  day.\n\n__label__neg __label__rude\tA bad\tday.\nno label\nAt the end. __label__neg\n"
    report = Report()
    found = list(read_labelled(write(f"a{suffix}", data), report=report, several=True))
    assert found == [("pos", "A fine  day."), ("neg|rude", "A bad\tday."), ("", "no label"), ("neg", "At the end.")]
    assert f"a{suffix}: fastText's form, labels after __label__" in report.told()


def test_tsv_by_number() -> None:
    name = write("a.tsv", "7\tgood\tfine\textra\n8\tbad\tdull\textra\n")
    assert rows(name, columns={"text": "3", "label": "2"}) == [("good", "fine"), ("bad", "dull")]
    assert texts(name, columns={"text": "3"}) == ["fine", "dull"]
    assert texts(write("b.txt", "7\tfine\n"), columns={"text": "2"}) == ["fine"]
    assert fault(read_texts, write("c.tsv", "a\tb\n\nc"), columns={"text": "2"}) == (
        "c.tsv, line 3: expected 2 columns or more, found 1 column.",
        "correct or remove the line",
    )


@pytest.mark.parametrize("columns", [{"text": "2"}, {"text": "2", "label": "0"}])
def test_every_field_needs_its_number(columns: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="every field needs a column, counted from 1") as caught:
        rows(write("a.tsv", "x\ty"), columns=columns)
    assert caught.value.typed()[1] == BY_NUMBER


def test_tsv_by_name() -> None:
    name = write("a.tsv", "id\tlabel\treview \n7\tgood\tfine\n")
    assert rows(name, columns={"text": "review"}) == [("good", "fine")]
    assert fault(read_rows, name, LABELLED, columns={"text": "reviews"}) == (
        "a.tsv, line 1: there is no column 'reviews'; the columns are 'id', 'label', 'review'.",
        "--columns label=label,text=review",
    )
    short = write("b.tsv", "label\treview\ngood\tfine\nbad\n")
    message = fault(read_rows, short, LABELLED, columns={"text": "review"})[0]
    assert message == "b.tsv, line 3: expected 2 columns as in the header row, found 1 column."


def test_texts_of_tsv_need_columns() -> None:
    message, hint = fault(read_texts, write("a.tsv", "x\ty\n"))
    assert message.startswith("a.tsv: which column holds the text?")
    assert hint == "--columns text=1"


def test_text_files_have_no_named_columns() -> None:
    message, hint = fault(read_texts, write("a.txt", "x\ty\n"), columns={"text": "review"})
    assert message == "a.txt has no header row to hold the column 'review'; columns there have numbers."
    assert hint.startswith("--columns text=1")


def test_a_row_that_names_label_and_text_is_a_header() -> None:
    report = Report()
    assert rows(write("a.tsv", "sentence\tlabel\nfine\tgood\n"), report=report) == [("good", "fine")]
    assert report.skipped == {"header row": 1}
    numbers = {"label": "1", "text": "3"}
    assert rows(write("b.tsv", "Category\tid\tReview\ngood\t7\tfine\n"), columns=numbers) == [("good", "fine")]


def test_labels_of_fast_text() -> None:
    name = write("a.txt", "__label__good so fine\n__label__bad __label__late so bad\n\n__label__bad\n")
    report = Report()
    assert rows(name, report=report) == [("good", "so fine"), ("bad|late", "so bad")]
    assert report.skipped == {"empty line": 1, "empty text": 1}
