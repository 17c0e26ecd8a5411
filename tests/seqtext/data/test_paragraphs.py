"""Wrapped text: noticed where it is wrapped and nowhere else, joined up to each blank line."""

import random
import textwrap
from pathlib import Path

import pytest

from seqtext.data.lines import LINE_LIMIT, Report
from seqtext.data.paragraphs import join_paragraphs, watch_width, wrapped_at

CORPORA = Path(__file__).parents[3] / "corpora"
SENTENCE = "the river ran under an old bridge and nobody ever knew why it was so cold in the morning"


def joined(lines: list[str], report: Report) -> list[str]:
    return [text for _, text in join_paragraphs(enumerate(lines, 1), report)]


def wrapped(width: int, paragraphs: int = 10) -> list[str]:
    draw = random.Random(width)
    texts = (" ".join(draw.choices(SENTENCE.split(), k=90)) + "." for _ in range(paragraphs))
    return "\n\n".join(textwrap.fill(text, width) for text in texts).split("\n")


@pytest.mark.parametrize("width", [50, 65, 72, 80, 100])
def test_text_that_was_wrapped_is_noticed(width: int) -> None:
    assert width - 3 <= wrapped_at(wrapped(width)) <= width


@pytest.mark.parametrize("name", ["everyday.txt", "stories.txt", "service.log"])
def test_lines_that_are_whole_are_not_noticed(name: str) -> None:
    lines = (CORPORA / name).read_text(encoding="utf-8").split("\n")
    assert wrapped_at(lines[:2000]) == 0


def test_few_lines_short_lines_and_sentences_are_not_noticed() -> None:
    assert wrapped_at(wrapped(72, 2)) == 0
    assert wrapped_at(wrapped(30)) == 0
    assert wrapped_at([f"{'word ' * 14}end." for _ in range(99)]) == 0


def test_the_note_comes_once_and_changes_no_line() -> None:
    report = Report()
    for width in (72, 60):
        lines = wrapped(width, 300)
        assert list(watch_width(enumerate(lines, 1), report)) == list(enumerate(lines, 1))
    (note,) = report.notes
    assert note == "lines look wrapped at 72 characters; --paragraphs joins them up to each blank line"


def test_joined_lines_are_the_paragraphs() -> None:
    lines = wrapped(72)
    assert [one for one in joined(lines, Report()) if one] == [
        " ".join(paragraph.split()) for paragraph in "\n".join(lines).split("\n\n")
    ]
    assert joined(["雨が", "降る。"], Report()) == ["雨が降る。"]


def test_a_paragraph_without_end_comes_in_pieces() -> None:
    report, line = Report(), "word " * 200
    pieces = joined([line] * 3000, report)
    assert report.cut == len(pieces) - 1 == 2
    assert max(map(len, pieces)) < LINE_LIMIT + 2 * len(line)
    assert " ".join(pieces).split() == line.split() * 3000
