"""Tables: the rows of every format, and the fault each row may have, as a reader of corpora meets them."""

import csv
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pyarrow
import pytest
from corpus_files import BY_NUMBER, LABELLED, PAIR, fault, rows, texts, write, write_json
from pyarrow import parquet

import seqtext
from seqtext.data.corpus import read_labelled, read_rows, read_texts
from seqtext.data.lines import Report
from seqtext.errors import ConfigError

pytestmark = pytest.mark.usefixtures("folder")


PAIR_ROW = {"source": "two", "target": "deux"}


def write_parquet(name: str, **columns: list[Any]) -> str:
    parquet.write_table(pyarrow.table(columns), name)
    return name


# TSV


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


def test_columns_lie_inside_objects() -> None:
    data: list[dict[str, Any]] = [
        {"id": 1, "meta": {"label": "pos", "body": "one"}, "meta.dot": {"x": 1}},
        {"id": 2, "meta": {"body": "two", "label": "neg", "more": {}}},
        {"id": 3, "meta": None},
        {"id": 4, "meta": {"label": "neg", "body": None}},
    ]
    columns = {"label": "meta.label", "text": "meta.body"}
    source, report = write_json("a.jsonl", *data), Report()
    assert rows(source, columns=columns, report=report) == [("pos", "one"), ("neg", "two")]
    assert report.skipped == {"empty label": 1, "empty text": 1}
    inner = [one["meta"] for one in data]
    for one in inner:
        (one or {}).pop("more", None)
    assert rows(write_parquet("a.parquet", meta=inner), columns=columns) == [("pos", "one"), ("neg", "two")]
    own = write_json("b.jsonl", {"meta": {"body": "inside"}, "meta.body": "a key of its own", "label": "pos"})
    assert rows(own, columns={"text": "meta.body"}) == [("pos", "a key of its own")]
    message, hint = fault(read_rows, source, LABELLED, columns={"label": "meta.label", "text": "meta.boddy"})
    assert "there is no column 'meta.boddy'; the columns are 'id', 'meta', 'meta.dot', 'meta.label', " in message
    assert hint == "--columns label=meta.label,text=meta.body"
    powers = write_json("d.jsonl", {"label": "pos", "items": [["one"]]})  # int("²") fails, though it is a digit
    assert "there is no column 'items.².0'" in fault(read_rows, powers, LABELLED, columns={"text": "items.².0"})[0]
    lacking = write_json("c.jsonl", data[0], {"id": 2, "meta": {"label": "neg"}, "meta.dot": {"x": 1}})
    assert "line 2: there is no column 'meta.body'" in fault(read_rows, lacking, LABELLED, columns=columns)[0]


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


# CSV


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


# JSON lines


def test_jsonl_by_key() -> None:
    name = write_json("a.jsonl", {"text": "one\ntwo", "label": 3}, {"text": "ž", "label": True, "more": [1]})
    assert rows(name) == [("3", "one\ntwo"), ("true", "ž")]
    assert texts(name) == ["one\ntwo", "ž"]
    assert texts(write_json("b.ndjson", {"review": "fine"}), columns={"text": "review"}) == ["fine"]


def test_jsonl_faults() -> None:
    remove = "correct or remove the line"
    assert fault(read_texts, write("a.jsonl", '{"text": "one"}\n\n{"text" "two"}\n')) == (
        "a.jsonl, line 3, column 9: not valid JSON (Expecting ':' delimiter).",
        remove,
    )
    assert fault(read_texts, write("b.jsonl", '["one"]\n')) == (
        'b.jsonl, line 1: expected an object such as {"text": "…"}, found a list.',
        remove,
    )
    assert fault(read_texts, write_json("c.jsonl", {"text": "one"}, {"txt": "two", "id": 1})) == (
        "c.jsonl, line 2: there is no column 'text'; the columns are 'txt', 'id'.",
        "--columns text=txt",
    )
    dialogue = write_json("e.jsonl", {"id": "7", "dialogue": "long", "summary": "short"})
    assert fault(read_rows, dialogue, PAIR)[1] == "--columns source=dialogue,target=summary"
    assert fault(read_texts, write("d.jsonl", "[" * 100_000))[0].startswith("d.jsonl, line 1: JSON that cannot be read")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (3, "a number"),
        (0.5, "a number"),
        (False, "true or false"),
        ([None], "a list"),
        ({}, "an object"),
    ],
)
def test_a_text_must_be_a_string(value: object, kind: str) -> None:
    message, hint = fault(read_texts, write_json("a.jsonl", {"text": "one"}, {"text": value}))
    assert message == f"a.jsonl, line 2: expected a string or a list of words as text, found {kind}."
    assert "--columns" in hint


def test_a_label_must_be_a_string_or_a_number() -> None:
    message, _ = fault(read_rows, write_json("a.jsonl", {"label": ["x"], "text": "one"}), LABELLED)
    assert message == "a.jsonl, line 1: expected a string or a number as label, found a list."


def test_half_a_surrogate_pair_cannot_come_in() -> None:
    name = write("a.jsonl", '{"text": "a\\ud800b"}\n{"text": "\\ud83d\\ude00"}\n')
    assert fault(read_texts, name) == (
        "a.jsonl, line 1: the text holds half a surrogate pair.",
        "--encoding-errors replace",
    )
    report = Report()
    assert texts(name, encoding_errors="replace", report=report) == ["a\ufffdb", "😀"]
    assert report.replaced == 1


def test_a_json_array_says_how_to_make_lines_of_it() -> None:
    _, hint = fault(read_texts, write("a.json", '[{"text": "one"}]'))
    assert hint == "jq -c '.[]' a.json > a.jsonl, if the file is one JSON array"


# Parquet and data sets


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


def test_parquet() -> None:
    name = write_parquet("a.parquet", text=["one", None, "two"] * 100, stars=[1, 2, 3] * 100)
    report = Report()
    assert texts(name, report=report) == ["one", "two"] * 100
    assert report.skipped == {"empty text": 100}
    assert rows(name, columns={"label": "stars"})[:2] == [("1", "one"), ("3", "two")]


def test_parquet_faults() -> None:
    name = write_parquet("a.parquet", review=["one"], stars=[5])
    assert fault(read_texts, name) == (
        "a.parquet: there is no column 'text'; the columns are 'review', 'stars'.",
        "--columns text=review",
    )
    assert fault(read_texts, name, columns={"text": "stars"})[0] == (
        "a.parquet, row 1: expected a string or a list of words as text, found a number."
    )
    assert fault(read_texts, write("b.parquet", "text"))[0].startswith("b.parquet, row 1: not readable as Parquet (")
    assert fault(read_texts, write("c.parquet.gz", b""))[1] == "gzip -dk c.parquet.gz"


SCRIPT = """
import json, sys
from seqtext.data.lines import Report
from seqtext.data.corpus import read_rows, read_texts
from seqtext.errors import CorpusError
def read(source, **options):
    try:
        return list(read_texts(source, **options))
    except CorpusError as error:
        return [error.message, error.hint]
report = Report()
names = ["hf:data", "hf:./data:test", "hf:data:valid", "hf:nobody/has-this-name"]
found = [read(name, report=report) for name in names]
found.append(read("hf:data", columns={"text": "review"}))
found.append(list(read_rows("hf:data", ["label", "text"], columns={"label": "stars"})))
print(json.dumps([found, report.files, report.examples]))
"""


def test_data_sets_without_a_network(folder: Path) -> None:
    write_json("data/train.jsonl", {"text": "one", "stars": 1}, {"text": "two", "stars": 2})
    write_json("data/test.jsonl", {"text": "three", "stars": 3})
    package = str(Path(seqtext.__file__).parents[1])
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HOME": str(folder / "home"),
        "PYTHONPATH": os.pathsep.join([package, os.environ.get("PYTHONPATH", "")]),
    }
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (train, test, split, unknown, column, labelled), files, examples = json.loads(done.stdout)
    assert train == ["one", "two"]
    assert test == ["three"]
    assert split[0].startswith("hf:data:valid cannot be read: ")
    assert split[1] == "hf:data:train"
    assert unknown[0].startswith("hf:nobody/has-this-name cannot be read: ")
    assert "\n" not in unknown[0]
    assert unknown[1] == "check https://huggingface.co/datasets/nobody/has-this-name in a browser"
    assert column[0] == "hf:data, row 1: there is no column 'review'; the columns are 'text', 'stars'."
    assert labelled == [{"label": "1", "text": "one"}, {"label": "2", "text": "two"}]
    assert (files, examples) == (4, 3)


def test_numbered_classes_of_a_data_set_get_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stream(list[dict[str, object]]):
        features: ClassVar = {"label": SimpleNamespace(int2str=["bad", "good"].__getitem__), "text": None}

    def load(name: str, split: str, streaming: bool) -> Stream:
        assert (name, split, streaming) == ("user/reviews", "train[:10]", True)
        return Stream([{"label": 1, "text": "fine"}, {"label": 0, "text": None}])

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load))
    report = Report()
    assert rows("hf:user/reviews:train[:10]", report=report) == [("good", "fine")]
    assert report.skipped == {"empty text": 1}


def test_a_text_that_was_taken_for_a_column_is_not_proposed() -> None:
    message, hint = fault(texts, write("a.csv", f"{'word ' * 2000},second\nx,y\n"))
    assert hint == "--columns text=second"
    assert len(message) < 200
