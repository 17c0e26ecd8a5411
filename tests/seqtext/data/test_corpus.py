"""Corpora: texts and rows from files, folders and standard input, parallel files, questions, and their faults."""

import gzip
import io
import json
import lzma
import os
import sys
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import pytest
import zstandard
from corpus_files import LABELLED, PAIR, fault, rows, texts, write, write_json

from seqtext.data import corpus
from seqtext.data.corpus import Report, parse_columns, read_labelled, read_rows, read_texts
from seqtext.errors import ConfigError, CorpusError

pytestmark = pytest.mark.usefixtures("folder")


# --columns


def test_columns_are_parsed() -> None:
    assert parse_columns(None) == {}
    assert parse_columns("text=1") == {"text": "1"}
    assert parse_columns(" text = movie review ,label=a=b") == {"text": "movie review", "label": "a=b"}


@pytest.mark.parametrize("text", ["", "text", "text=", "=review", "text=1,", "text=1,,label=2"])
def test_other_columns_are_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_columns(text)
    assert caught.value.typed()[0] == f"--columns received {text!r}; NAME=COLUMN,... is expected."
    assert caught.value.typed()[1] == "--columns text=review"


def test_a_column_given_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="names a column for 'text' twice"):
        parse_columns("text=1,text=2")


def test_a_column_of_an_unknown_field_is_refused_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        read_rows(write("a.tsv", "x\ty"), LABELLED, columns={"txt": "1"})
    assert caught.value.typed()[0] == "--columns names the field 'txt'; accepted here: label and text."
    assert caught.value.typed()[1] == "--columns label=COLUMN,text=COLUMN"


# text


def test_one_text_per_line_and_what_was_left_out() -> None:
    report = Report()
    assert texts(write("a.txt", "one \n\n \t\ntwo\r\nthree"), report=report) == ["one ", "two", "three"]
    assert report == Report(files=1, examples=3, skipped={"empty line": 2})


def test_unknown_suffixes_that_are_text_are_lines() -> None:
    assert texts(write("a.log", "one"), write("b", "two"), write("c.en", "three")) == ["one", "two", "three"]


def test_one_source_may_be_given_alone_and_as_a_path() -> None:
    name = write("a.txt", "one")
    assert list(read_texts(name)) == list(read_texts(Path(name))) == ["one"]


def test_packed_files_of_every_format() -> None:
    packed = [
        write("a.txt.xz", lzma.compress(b"one\n")),
        write("b.csv.gz", gzip.compress(b"text\ntwo\n")),
        write("c.jsonl.zst", zstandard.ZstdCompressor().compress(b'{"text": "three"}\n')),
    ]
    assert texts(*packed) == ["one", "two", "three"]
    assert rows(write("d.tsv.xz", lzma.compress(b"x\ty\n"))) == [("x", "y")]


def test_standard_input_is_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"one\ntwo\n")))
    assert texts("-") == ["one", "two"]
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"x\tone\ny\n")))
    message, hint = fault(read_rows, "-", LABELLED)
    assert message == 'standard input, line 2: expected "label<TAB>text", found 1 column.'
    assert hint == "correct or remove the line"


def test_long_texts_are_cut_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert corpus.LINE_LIMIT == 1 << 20
    report = Report()
    assert [len(text) for text in texts(write("a.txt", "word " * 300_000), report=report)] == [1_048_575, 451_425]
    monkeypatch.setattr(corpus, "LINE_LIMIT", 8)
    table = write_json("a.jsonl", {"text": "one two three"}, {"text": "abcdefghijklm"}, {"text": "four    \n "})
    assert texts(table, report=report) == ["one two ", "three", "abcdefgh", "ijklm", "four    "]
    assert report.cut == 4


def test_encoding_errors_reach_the_lines() -> None:
    name = write("a.txt", b"fine\ncaf\xe9\n")
    assert fault(read_texts, name) == (
        "a.txt, line 2, column 4: the byte 0xE9 is not UTF-8.",
        "--encoding cp1252 or iconv -f CP1252 -t UTF-8 a.txt > a.utf8.txt, if it is from Windows, or "
        "--encoding-errors replace",
    )
    report = Report()
    assert texts(name, encoding_errors="replace", report=report) == ["fine", "caf\ufffd"]
    assert report.replaced == 1
    with pytest.raises(ConfigError, match="encoding_errors received 'ignore'"):
        read_texts(name, encoding_errors="ignore")


def test_texts_come_before_a_fault_further_down() -> None:
    found = read_texts(write("a.txt", b"one\ntwo\n\xff"))
    assert [next(found), next(found)] == ["one", "two"]
    with pytest.raises(CorpusError, match="line 3, column 1:"):
        next(found)


# parallel files


def test_two_files_with_equal_stems_are_parallel() -> None:
    english = write("corpus.en", "one\n\nthree\n")
    german = write("corpus.de.gz", gzip.compress(b"eins\nzwei\ndrei\n"))
    report = Report()
    assert rows([english, german], PAIR, report=report) == [("one", "eins"), ("three", "drei")]
    assert report == Report(files=2, examples=2, skipped={"empty source": 1})
    assert rows([german, english], PAIR)[0] == ("eins", "one")


def test_parallel_files_of_different_length() -> None:
    message, hint = fault(read_rows, [write("c.en", "one\ntwo\n"), write("c.de", "eins\n")], PAIR)
    assert message == "c.en has 2 lines and c.de has 1; parallel files have as many."
    assert hint == "align the two files, or put each pair on one line as source<TAB>target"


def test_a_fault_in_a_parallel_file_names_that_file() -> None:
    sources = [write("c.en", "one\ntwo\n"), write("c.de", b"eins\nz\xffwei\n")]
    assert fault(read_rows, sources, PAIR)[0] == "c.de, line 2, column 2: the byte 0xFF is not UTF-8."


def test_other_pairs_of_files_are_not_parallel() -> None:
    assert rows([write("a.tsv", "one\teins\n"), write("b/a.tsv", "two\tzwei\n")], PAIR) == [
        ("one", "eins"),
        ("two", "zwei"),
    ]
    write("x/data/a.tsv", "one\teins\n")
    write("y/data/a.tsv", "two\tzwei\n")
    assert len(rows([os.path.join("x", "data"), os.path.join("y", "data")], PAIR)) == 2
    message, hint = fault(read_rows, [write("en.txt", "one\n"), write("de.txt", "eins\n")], PAIR)
    assert message == 'en.txt, line 1: expected "source<TAB>target", found 1 column.'
    assert "two parallel files such as corpus.en corpus.de" in hint


# memory


@pytest.mark.parametrize("suffix", ["txt", "csv", "jsonl"])
def test_memory_does_not_grow_with_the_corpus(suffix: str) -> None:
    text = "The kettle boiled while I was looking for a clean cup. " * 20
    line = {"txt": text, "csv": f'"{text}"', "jsonl": json.dumps({"text": text})}[suffix]
    with open(f"a.{suffix}", "w") as file:
        file.write("text\n" * (suffix == "csv"))
        for _ in range(10_000):
            file.write(line + "\n")
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_texts(f"a.{suffix}")) == 10_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000  # of 11 MB
    finally:
        tracemalloc.stop()


def test_labelled_texts() -> None:
    report = Report()
    name = write("a.tsv", "ham\tone\n\tno label\nspam\t \nspam\ttwo\n")
    assert list(read_labelled(name, report=report)) == [("ham", "one"), ("spam", "two")]
    assert report.skipped == {"empty label": 1, "empty text": 1}
    report = Report()
    assert list(read_labelled(name, unlabelled=True, report=report)) == [
        ("ham", "one"),
        ("", "no label"),
        ("spam", "two"),
    ]
    assert (report.skipped, report.examples) == ({"empty text": 1}, 3)


def test_several_labels_may_be_a_list() -> None:
    name = write_json("a.jsonl", *({"label": label, "text": "t"} for label in (["b", 7], [], "x|y", "")))
    assert [label for label, _ in read_labelled(name, several=True)] == ["b|7", "", "x|y", ""]
    with pytest.raises(CorpusError, match=r"line 1: expected a string or a number as label, found a list") as caught:
        list(read_labelled(name))
    assert caught.value.typed()[1].startswith("--multi-label, for")
    with pytest.raises(CorpusError, match=r"line 1: the label 'a\|b' holds '\|', which stands between labels"):
        list(read_labelled(write_json("b.jsonl", {"label": ["a|b"], "text": "t"}), several=True))


def test_a_list_is_read_as_its_words() -> None:
    name = write_json("a.jsonl", {"y": 0, "events": [5, "open", 22]}, {"y": 1, "events": ["close"]})
    assert list(read_labelled(name, columns={"label": "y", "text": "events"})) == [("0", "5 open 22"), ("1", "close")]
    assert list(read_texts(name, columns={"text": "events"})) == ["5 open 22", "close"]


@pytest.mark.parametrize("value", [[1.5], [True], [None], [["a"]], {"a": 1}])
def test_a_list_of_other_things_is_refused(value: object) -> None:
    with pytest.raises(CorpusError, match="expected a string or a list of words as text"):
        list(read_texts(write_json("a.jsonl", {"text": value})))


def test_sentences_of_a_list_are_one_text(tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"source": ["It rained.", "We stayed."], "target": "Rain."}\n', encoding="utf-8")
    assert list(read_rows(path, ("source", "target"))) == [{"source": "It rained. We stayed.", "target": "Rain."}]


# wrapped lines


def test_wrapped_lines_are_joined_only_where_that_is_asked_for() -> None:
    write("a.txt", "It rains\n  all day.\n\n\nNo\nsun.\n")
    assert texts("a.txt", paragraphs=False) == ["It rains", "  all day.", "No", "sun."]
    assert texts("a.txt", paragraphs=True) == ["It rains all day.", "No sun."]
    assert texts("a.txt", paragraphs=True, blank_lines=True) == ["It rains all day.", "", "", "No sun."]
