"""Questions with options: read from JSON lines, each fault with its line."""

import gzip
import json
import lzma
from pathlib import Path

import pytest
import zstandard
from corpus_files import fault, write, write_json

from seqtext.data.corpus import Report
from seqtext.data.questions import Question, is_questions, read_questions

pytestmark = pytest.mark.usefixtures("folder")


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
