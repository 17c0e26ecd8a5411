"""Subtitles: a cue is a text, whatever lines, tags and numbers it has."""

import pytest
from corpus_files import LABELLED, PAIR, fault, rows, texts, write

from seqtext.data.corpus import read_placed, read_rows, read_texts
from seqtext.data.lines import Report

pytestmark = pytest.mark.usefixtures("folder")


def test_numbers_times_and_tags_are_dropped() -> None:
    data = (
        "1\r\n00:00:01,000 --> 00:00:02,000\r\n<i>One</i> and\r\n{\\an8}two\r\n\r\n"
        "2\r\n00:00:03,000 --> 00:00:04,000 X1:40\r\n1984\r\n\r\n3\r\n00:00:05,000 --> 00:00:06,000\r\n<b></b>\r\n\r\n"
        '4\r\n00:00:07.000 --> 00:00:08.000\r\n<font color="#fff">a < b</font>\r\n\r\nand more\r\n'
    )
    report = Report()
    assert texts(write("a.srt", b"\xef\xbb\xbf" + data.encode()), report=report) == [
        "One and two",
        "1984",
        "a < b and more",
    ]
    assert report.skipped == {"cue without words": 1}


def test_what_has_no_times_is_one_error() -> None:
    assert "it is no SRT file" in fault(read_texts, write("a.srt", "Some words.\n"))[0]


def test_text_before_the_first_cue_is_counted() -> None:
    report = Report()
    assert texts(write("a.srt", "Made by me\n\n1\n00:00:01,000 --> 00:00:02,000\nOne\n"), report=report) == ["One"]
    assert report.skipped == {"text before the first cue": 1}


def test_two_files_are_pairs_by_their_times() -> None:
    def subtitles(name: str, *cues: tuple[float, float, str]) -> str:
        lines = (f"00:00:{start:06.3f} --> 00:00:{end:06.3f}\n{text}\n" for start, end, text in cues)
        return write(name, "\n".join(lines).replace(".", ","))

    one = subtitles("film.en.srt", (1, 3, "One"), (4, 5, "Only here"), (6, 8, "Three"), (50, 52, "End"))
    two = subtitles("film.de.srt", (1.2, 3.1, "Eins"), (6.1, 8.5, "Drei"), (10, 12, "Nur hier"), (50, 51, "Ende"))
    report = Report()
    pairs = [("One", "Eins"), ("Three", "Drei"), ("End", "Ende")]
    assert rows([one, two], PAIR, report=report) == pairs
    assert report.skipped == {"cue without another at its time": 2}
    placed = list(read_placed([one, two], PAIR))
    assert [tuple(row.values()) for _, row in placed] == pairs
    assert placed[0][0] == "film.en.srt, line 1 and film.de.srt, line 1"


def test_one_file_makes_no_pairs() -> None:
    name = write("film.en.srt", "1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    assert fault(read_rows, name, PAIR) == (
        "film.en.srt is a document, which holds texts and no columns; two .srt files make pairs, by their times.",
        "film.en.srt OTHER.srt",
    )
    assert "label and text would be columns" in fault(read_rows, name, LABELLED)[0]
