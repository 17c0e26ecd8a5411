"""Files of a corpus: named or found in folders, missing, empty, or left out where they cannot be read."""

import os
from pathlib import Path

import pytest
from corpus_files import LABELLED, PAIR, fault, texts, write

from seqtext.data.corpus import Report, read_rows, read_texts
from seqtext.data.questions import read_questions
from seqtext.errors import ConfigError, CorpusError

pytestmark = pytest.mark.usefixtures("folder")


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
