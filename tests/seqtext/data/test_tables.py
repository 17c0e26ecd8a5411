"""Tables: the rows of every format, and the fault each row may have, as a reader of corpora meets them."""

import csv
import json
import unicodedata

import pytest
from corpus_files import LABELLED, PAIR, fault, rows, texts, write, write_json, write_parquet

from seqtext.data.corpus import read_labelled, read_rows, read_texts
from seqtext.data.lines import Report

pytestmark = pytest.mark.usefixtures("folder")


PAIR_ROW = {"source": "two", "target": "deux"}


def test_the_ends_of_lines_of_tables_are_all_known() -> None:
    for suffix, mark in ((".csv", ";"), (".csv", ","), (".tsv", "\t"), (".txt", "\t")):
        lines = ["label;text"] * (suffix != ".txt") + ["pos;one", "neg;two", "pos;three", "neg;four"]
        ends = ["\n", "\r\n", "\r", "\n", "\r"][: len(lines)]
        data = "".join(line.replace(";", mark) + end for line, end in zip(lines, ends, strict=True))
        expected = [("pos", "one"), ("neg", "two"), ("pos", "three"), ("neg", "four")]
        for written in (data, data.replace("\r\n", "\r").replace("\n", "\r"), data.replace("\r", "\r\n")):
            found = rows(write(f"a{suffix}", written.encode()))
            assert found == expected, (suffix, mark, written)


def test_nulls_are_empty_in_every_format() -> None:
    cells = [("pos", "a film"), (None, "no label"), ("neg", None), ("neg", ""), ("null", "null")]
    lines = [json.dumps({"label": label, "text": text}) for label, text in cells]
    lines.append('{"label": NaN, "text": NaN}')
    name = write("a.jsonl", "\n".join(lines))
    cells.append((None, None))
    csv = "label,text\n" + "".join(f'"{label or ""}","{text or ""}"\n' for label, text in cells)
    parquet = write_parquet("a.parquet", label=[one for one, _ in cells], text=[two for _, two in cells])
    expected = [("pos", "a film"), ("null", "null")]
    for source in (name, write("a.csv", csv), parquet):
        report = Report()
        assert rows(source, report=report) == expected
        assert report.skipped.pop("empty line", 0) == (source == "a.csv")
        assert report.skipped == {"empty label": 2 - (source == "a.csv"), "empty text": 2}
        assert any(told.startswith("1 × text that reads nan, null or None") for told in report.told())
    pairs = write_json("p.jsonl", {"source": "one", "target": None}, {"source": None, "target": "x"}, PAIR_ROW)
    assert list(read_rows(pairs, PAIR)) == [PAIR_ROW]


def test_a_table_without_a_suffix_is_known_by_its_header_or_keys() -> None:
    expected, columns = [("pos", "one"), ("neg", "two")], {"label": "mood", "text": "body"}
    named = write_json("a", {"mood": "pos", "body": "one"}, {"mood": "neg", "body": "two"})
    assert rows(named, columns=columns) == expected
    for mark in (",", ";", "\t"):
        data = f"body{mark}mood\none{mark}pos\ntwo{mark}neg\n"
        assert rows(write("b", data), columns=columns) == expected
        assert rows(write("c", data.replace("mood", "label").replace("body", "text"))) == expected
        assert rows("b", columns={"label": "2", "text": "1"})[1:] == expected if mark == "\t" else True
    assert "b has no header row" in fault(read_rows, "b", LABELLED, columns={"label": "moods", "text": "body"})[0]


def test_csv_with_quoted_newlines_and_separators() -> None:
    data = 'label, text ,n\r\ngood,"one, ""two""\r\nthree",1\r\n\r\nbad,four,2\r\n'
    name = write("a.csv", b"\xef\xbb\xbf" + data.encode())
    assert rows(name) == [("good", 'one, "two"\nthree'), ("bad", "four")]
    assert texts(name) == ['one, "two"\nthree', "four"]


def test_a_csv_fault_names_the_line_where_its_row_begins() -> None:
    message, _ = fault(read_rows, write("a.csv", 'label,text\ngood,"1\n2\n3"\n\nbad\n'), LABELLED)
    assert message == "a.csv, line 6: expected 2 columns as in the header row, found 1 column."
    message, hint = fault(read_texts, write("b.csv", 'text\nfine\n"never closed\nand on\n'))
    assert message == "b.csv, line 3: not valid CSV in the row that begins here (unexpected end of data)."
    assert hint == 'close every quote, and write a quote inside a field as ""'


def test_csv_names_the_columns_there_are() -> None:
    assert fault(read_texts, write("a.csv", "movie review,stars\nfine,5\n")) == (
        "a.csv, line 1: there is no column 'text'; the columns are 'movie review', 'stars'.",
        "--columns 'text=movie review'",
    )
    assert texts("a.csv", columns={"text": "movie review"}) == ["fine"]
    assert fault(read_rows, "a.csv", LABELLED)[1] == "--columns 'label=stars,text=movie review'"


def test_a_large_csv_field_leaves_the_global_limit_alone() -> None:
    before = csv.field_size_limit()
    found = read_texts(write("a.csv", "text\n" + "x" * (before + 10) + "\nnext\n"))
    assert len(next(found)) == before + 10
    assert csv.field_size_limit() == before
    assert list(found) == ["next"]


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.csv", 'id;label;text\n1;good;"fine, really; yes"\n2;bad;"no, ""not"""\n', "semicolons"),
        ("a.csv", 'id\tlabel\ttext\n1\tgood\t"fine, really; yes"\n2\tbad\t"no, ""not"""\n', "tabs"),
        ("a.csv", 'id|label|text\n1|good|"fine, really; yes"\n2|bad|"no, ""not"""\n', "vertical bars"),
        ("a.tsv", 'id;label;text\n1;good;"fine, really; yes"\n2;bad;"no, ""not"""\n', "semicolons"),
        ("a.tsv", 'id,label,text\n1,good,"fine, really; yes"\n2,bad,"no, ""not"""\n', "commas"),
        ("a.csv", 'id,label,text\n1,good,"fine, really; yes"\n2,bad,"no, ""not"""\n', ""),
    ],
)
def test_whatever_separates_the_columns_is_recognized(name: str, data: str, told: str) -> None:
    report = Report()
    columns = {"label": "label"} if name.endswith("tsv") else None
    assert rows(write(name, data), columns=columns, report=report) == [
        ("good", "fine, really; yes"),
        ("bad", 'no, "not"'),
    ]
    assert list(report.notes) == ([f"{name}: columns separated by {told}"] if told else [])


def test_a_first_line_of_excel_names_the_separator() -> None:
    report = Report()
    data = 'sep=;\nlabel;text\ngood;"fine, really; yes"\nbad;"no, ""not"""\n'
    assert rows(write("a.csv", data), report=report) == [("good", "fine, really; yes"), ("bad", 'no, "not"')]
    assert list(report.notes) == ["a.csv: its first line, sep=;, names what separates columns"]
    assert rows(write("b.csv", 'label,text\ngood,"sep=;"\n')) == [("good", "sep=;")]
    message, _ = fault(read_rows, write("c.csv", "sep=;\nlabel;text\ngood;fine\nbad\n"), LABELLED)
    assert message == "c.csv, line 4: expected 2 columns as in the header row, found 1 column."


def test_doubled_quotes_in_a_tsv_enclose_cells_in_training_as_in_answering() -> None:
    data = "label\ttext\n" + "".join(f'good\t"fine, ""so"" {k}"\n' for k in range(9))
    assert rows(write("a.tsv", data), columns={"label": "label"})[0] == ("good", 'fine, "so" 0')


def test_a_tsv_stays_one_whatever_stands_in_its_texts() -> None:
    lines = [f'good\tOne, two, "three" {k}' for k in range(9)]
    assert rows(write("a.tsv", "\n".join(lines) + "\n"))[0] == ("good", 'One, two, "three" 0')
    assert rows(write("b.tsv", 'good\t"Whole."\nbad\t"So," she said.\n')) == [
        ("good", '"Whole."'),
        ("bad", '"So," she said.'),
    ]
    assert rows(write("c.tsv", 'label\ttext\ngood\t"a\tb"\nbad\tc\n')) == [("good", "a\tb"), ("bad", "c")]


def test_numbers_of_csv_columns_without_a_header() -> None:
    name = write("a.csv", 'good,7,"one, two"\nbad,8,three\n')
    assert rows(name, columns={"label": "1", "text": "3"}) == [("good", "one, two"), ("bad", "three")]
    message, _ = fault(read_rows, name, LABELLED, columns={"label": "1", "text": "4"})
    assert message == "a.csv, line 1: expected 4 columns or more, found 3 columns."


TWO = [("good", "One.\nAnd more."), ("bad", "Two."), ("bad", "Three.")]


@pytest.mark.parametrize(
    ("name", "data", "columns"),
    [
        ("a.csv", "t,b,l\nOne.,And more.,good\nTwo.,,bad\n ,Three.,bad\n", "t+b"),
        ("a.tsv", "l\tt\tb\ngood\tOne.\tAnd more.\nbad\tTwo.\t\nbad\t \tThree.\n", "t + b"),
        ("a.txt", "good\tOne.\tAnd more.\nbad\tTwo.\t\nbad\t \tThree.\n", "2+3"),
        ("a.jsonl", '{"l": "good", "t": "One.", "b": "And more."}\n{"l": "bad", "t": "Two.", "b": null}\n'
                    '{"l": "bad", "t": "", "b": ["Three."]}\n', "t+b"),
    ],
)  # fmt: skip
def test_columns_that_are_joined(name: str, data: str, columns: str) -> None:
    label = "1" if "2" in columns else "l"
    assert rows(write(name, data), columns={"label": label, "text": columns}) == TWO


def test_joined_columns_of_parquet() -> None:
    name = write_parquet("a.parquet", l=["good", "bad", "bad"], t=["One.", "Two.", None], b=["And more.", "", "Three."])
    assert rows(name, columns={"label": "l", "text": "t+b"}) == TWO
    year = write_parquet("b.parquet", t=["One.", "Two."], y=[1999, None])
    assert texts(year, columns={"text": "t+y"}) == ["One.\n1999", "Two."]


def test_a_column_that_has_a_plus_in_its_name_comes_first() -> None:
    report = Report()
    name = write("a.csv", "c+,a,b,a+b,label\none,x,y,both,good\n")
    assert texts(name, columns={"text": "c+"}) == ["one"]
    assert texts(name, columns={"text": "c++a"}) == ["one\nx"]
    assert texts(name, columns={"text": "a+b"}, report=report) == ["both"]
    assert list(report.notes) == ["the column 'a+b' is read, which is there, not a and b joined"]
    message, hint = fault(read_rows, name, LABELLED, columns={"text": "a+bb"})
    assert message.startswith("a.csv, line 1: there is no column 'bb'; the columns are")
    assert hint.startswith("--columns label=label,text=a")


def test_a_name_is_found_however_its_accents_are_typed() -> None:
    name = write("a.csv", unicodedata.normalize("NFD", "étiquette,text\n") + "bon,fin\n")
    assert rows(name, columns={"label": "étiquette"}) == [("bon", "fin")]


def test_a_column_for_each_label() -> None:
    name = write("a.csv", "comment,toxic,threat,kind\none,1,0,\ntwo,0,0.0,x\nthree,true,yes,rude\n")
    columns = {"text": "comment", "label": "toxic+threat+kind"}
    found = [label for label, _ in read_labelled(name, columns=columns, several=True)]
    assert found == ["toxic", "kind", "toxic|threat|rude"]
    message, hint = fault(read_labelled, name, columns=columns)
    assert "several columns of labels" in message
    assert hint.startswith("--multi-label")
    write("b.csv", "comment,toxic,threat\none,0.3,1\n")
    message, _ = fault(read_labelled, "b.csv", columns={"text": "comment", "label": "toxic+threat"}, several=True)
    assert message.startswith("b.csv, line 2: the column 'toxic' holds '0.3'; of a label that is a column, 0 or 1")


def test_a_text_that_was_taken_for_a_column_is_not_proposed() -> None:
    message, hint = fault(texts, write("a.csv", f"{'word ' * 2000},second\nx,y\n"))
    assert hint == "--columns text=second"
    assert len(message) < 200
