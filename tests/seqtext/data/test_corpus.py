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
from seqtext.data.corpus import (
    Question,
    Report,
    is_questions,
    parse_columns,
    read_labelled,
    read_questions,
    read_rows,
    read_texts,
)
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


# nothing to read


def test_no_text_at_all_is_a_fault() -> None:
    hint = "give a file with one text per line"
    assert fault(read_texts, write("a.txt", "")) == ("a.txt holds no text.", hint)
    assert fault(read_texts, write("b.txt", "\n \n")) == ("b.txt holds no text (skipped: 2 × empty line).", hint)
    assert fault(read_texts, write("c.csv", "text\n")) == ("c.csv holds no text.", hint)
    Path("empty").mkdir()
    assert fault(read_rows, "empty", PAIR) == ("empty holds no text.", hint)
    assert fault(read_questions, write("d.jsonl", "\n"))[0] == "d.jsonl holds no text (skipped: 1 × empty line)."


def test_an_empty_file_among_others_is_none() -> None:
    assert texts(write("a.txt", ""), write("b.txt", "one")) == ["one"]


def test_no_source_is_a_fault() -> None:
    assert fault(read_texts, [])[0] == "No corpus was given; a file, a folder, hf:NAME or - is expected."


def test_a_missing_source_is_named_before_any_is_read() -> None:
    write("reviews.tsv", "x\ty")
    with pytest.raises(CorpusError) as caught:
        read_rows([write("a.tsv", "x\ty"), "review.tsv"], LABELLED)
    assert caught.value.message == "'review.tsv' does not exist; the nearest name in its folder is 'reviews.tsv'."
    assert caught.value.hint == "reviews.tsv"


# folders


def test_a_folder_is_read_in_sorted_order_each_file_by_its_suffix() -> None:
    write("f/b.txt", "two")
    write("f/a.csv", "text\none\n")
    write("f/c/d.jsonl", '{"text": "three"}\n')
    write("f/d.log", "four")
    write("f/.hidden.txt", "no")
    write("f/.git/a.txt", "no")
    write("f/picture.png", b"\x89PNG\r\n\0\0")
    write("f/README.md", "# Where this comes from")
    Path("f/again").symlink_to("c", target_is_directory=True)
    Path("f/gone.txt").symlink_to("nowhere")
    report = Report()
    assert texts("f", report=report) == ["one", "two", "three", "four"]
    assert report.files == 4
    assert report.skipped == {
        "hidden file": 2,
        "linked folder": 1,
        "binary file": 1,
        "documentation": 1,
        "not a regular file": 1,
    }


def test_a_binary_file_that_claims_to_be_text_is_a_fault() -> None:
    write("f/a.txt", b"\0\1\2")
    path = os.path.join("f", "a.txt")
    assert fault(read_texts, "f")[0] == f"{path} looks like a binary file; UTF-8 text is accepted."


def test_a_closed_folder_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise PermissionError(13, "Permission denied", name)

    Path("f").mkdir()
    monkeypatch.setattr(os, "scandir", refuse)
    found = fault(read_texts, "f")
    monkeypatch.undo()
    assert found == ("f cannot be opened: permission denied.", "chmod u+r f")


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


# questions

GOOD = {"question": "The quick brown ___ jumped.", "options": ["fox", "box"], "answer": 0}


def test_questions() -> None:
    name = write("q.jsonl", json.dumps(GOOD) + "\n\n" + json.dumps({**GOOD, "answer": 1, "id": 7}) + "\n")
    report = Report()
    first, second = read_questions(name, report=report)
    assert first == Question("The quick brown ___ jumped.", ("fox", "box"), 0, "q.jsonl, line 1")
    assert (second.answer, second.place) == (1, "q.jsonl, line 3")
    assert report == Report(files=1, examples=2, skipped={"empty line": 1})


def test_a_question_whose_blank_says_what_it_takes() -> None:
    good = {**GOOD, "question": "The ___[.ox] jumped."}
    (question,) = read_questions(write_json("q.jsonl", good))
    assert question.answered == "The fox jumped."
    message, _ = fault(read_questions, write_json("q.jsonl", {**GOOD, "question": "The ___[s?r] jumped."}))
    assert message.startswith("q.jsonl, line 1: The blank '___[s?r]' has the pattern 's?r', of which '?' is no letter;")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"question": "no blank _ here"}, "the question must be a string with a blank, two or more underscores"),
        ({"question": "A ___[4]."}, "the option 'fox' does not fit the blank"),
        ({"question": 3}, "the question must be a string with a blank, two or more underscores"),
        ({"options": ["fox"]}, "the options must be a list of two or more strings"),
        ({"options": "fox"}, "the options must be a list of two or more strings"),
        ({"options": ["fox", 3]}, "every option must be a string that is not empty"),
        ({"options": ["fox", " "]}, "every option must be a string that is not empty"),
        ({"answer": 2}, "the answer must be an index from 0 to 1, found 2"),
        ({"answer": -1}, "the answer must be an index from 0 to 1, found -1"),
        ({"answer": "fox"}, 'the answer must be an index from 0 to 1, found "fox"'),
        ({"answer": True}, "the answer must be an index from 0 to 1, found true"),
        ({"options": ["fox", "\ud800"]}, "the option holds half a surrogate pair"),
    ],
)
def test_a_fault_of_a_question_names_its_line(change: dict[str, object], expected: str) -> None:
    message, _ = fault(read_questions, write_json("q.jsonl", GOOD, {**GOOD, **change}))
    assert message == f"q.jsonl, line 2: {expected}."


@pytest.mark.parametrize("key", GOOD)
def test_a_question_needs_its_keys(key: str) -> None:
    name = write_json("q.jsonl", {other: value for other, value in GOOD.items() if other != key})
    message, hint = fault(read_questions, name)
    assert message == f"q.jsonl, line 1: the key {key!r} is missing."
    assert json.loads(hint.removeprefix("write the line like ")) == GOOD


def test_questions_are_json_lines() -> None:
    message, hint = fault(read_questions, write("q.txt", "one"))
    assert message == "q.txt: questions are read from JSON lines."
    assert hint == "give a file whose name ends in .jsonl"


def test_whether_a_file_holds_questions() -> None:
    line = b"\n" + json.dumps(GOOD).encode()
    assert is_questions(write("q.jsonl", line))
    assert is_questions(Path(write("q.jsonl.gz", gzip.compress(line))))
    assert is_questions(write("q.jsonl.xz", lzma.compress(line)))
    assert is_questions(write("q.jsonl.zst", zstandard.ZstdCompressor().compress(line)))
    assert not is_questions(write_json("t.jsonl", {"text": "one"}))
    assert not is_questions(write("b.jsonl", "{"))
    assert not is_questions(write("e.jsonl", ""))
    assert not is_questions(write("l.jsonl", '["question", "options"]'))
    assert not is_questions(write("q.txt", line))
    Path("f.jsonl").mkdir()
    for name in ("f.jsonl", "-", "hf:user/q.jsonl"):
        assert not is_questions(name)


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


# files that cannot be read


def test_of_a_folder_files_that_cannot_be_read_are_left_out_named_and_counted() -> None:
    write("f/a.txt", "One\n")
    write("f/b.txt", b"Two\n\xff\n")
    write("f/c.jsonl", "no json\n")
    write("f/d.txt", "Three\n")
    report = Report()
    assert texts("f", report=report) == ["One", "Two", "Three"]
    assert report.skipped == {"rest of a file that cannot be read": 1, "file that cannot be read": 1}
    assert list(report.notes) == [
        "left out: from here on, f/b.txt, line 2, column 1: the byte 0xFF is not UTF-8",
        "left out: f/c.jsonl, line 1, column 1: not valid JSON (Expecting value)",
    ]
    assert fault(read_texts, "f", on_error="stop")[0].startswith("f/b.txt, line 2")


def test_a_named_file_that_cannot_be_read_stops_unless_it_is_to_be_skipped() -> None:
    names = write("b.txt", b"\xff\n"), write("a.txt", "One\n")
    assert fault(read_texts, names)[0].startswith("b.txt, line 1")
    report = Report()
    assert list(read_texts(names, on_error="skip", report=report)) == ["One"]
    assert report.skipped == {"file that cannot be read": 1}


def test_where_nothing_can_be_read_the_first_fault_is_told() -> None:
    write("f/a.txt", b"\xff\n")
    write("f/b.txt", b"\xff\n")
    assert fault(read_texts, "f")[0].startswith("f/a.txt, line 1")


def test_of_many_files_that_cannot_be_read_the_first_are_named() -> None:
    write("f/a.txt", "One\n")
    for k in range(30):
        write(f"f/b{k:02}.txt", b"\xff\n")
    report = Report()
    assert texts("f", report=report) == ["One"]
    assert (report.skipped, len(report.notes)) == ({"file that cannot be read": 30}, 10)


def test_on_error_is_stop_or_skip() -> None:
    with pytest.raises(ConfigError) as caught:
        texts(write("a.txt", "One\n"), on_error="ignore")
    assert caught.value.typed()[1] == "--on-error skip"


# wrapped lines


def test_wrapped_lines_are_joined_only_where_that_is_asked_for() -> None:
    write("a.txt", "It rains\n  all day.\n\n\nNo\nsun.\n")
    assert texts("a.txt", paragraphs=False) == ["It rains", "  all day.", "No", "sun."]
    assert texts("a.txt", paragraphs=True) == ["It rains all day.", "No sun."]
    assert texts("a.txt", paragraphs=True, blank_lines=True) == ["It rains all day.", "", "", "No sun."]
