"""Read multiple-choice questions, texts with a blank, from JSON lines."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqtext.blanks import BLANK, read_blanks
from seqtext.data.formats.registry import kind_of
from seqtext.data.lines import Report, read_lines
from seqtext.data.records import read_objects
from seqtext.data.sources import Corpora, existing_names, from_all
from seqtext.data.wanted import ROW_LIMIT, Wanted, text_of
from seqtext.errors import CorpusError, InputError
from seqtext.fields import is_whole


@dataclass(frozen=True)
class Question:
    """Hold a multiple-choice question about a blank.

    text: with the blank; options: two or more fillings; answer: the index of the right one
    place: as in messages
    """

    text: str
    options: tuple[str, ...]
    answer: int
    place: str

    @property
    def answered(self) -> str:
        """Return the text with the right option in its blank."""
        return self.options[self.answer].join(read_blanks(self.text).parts)


def is_questions(source: str | Path, encoding: str | None = None) -> bool:
    """Tell whether a .jsonl file begins with a question and options.

    The file may be packed: .gz, .xz, .zst.
    """
    name = str(source)
    if kind_of(name) != "jsonl" or os.path.isdir(name):
        return False
    lines = read_lines(name, encoding_errors="replace", encoding=encoding, limit=ROW_LIMIT)
    first = next((line for _, line in lines if line.strip()), "")
    try:
        data = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and "question" in data and "options" in data


def read_questions(
    source: Corpora, *, encoding_errors: str = "strict", encoding: str | None = None, report: Report | None = None
) -> Iterator[Question]:
    """Read multiple-choice questions with a blank from JSON lines.

    Each has `question` (with a blank), `options` (two or more) and `answer` (an index).

    Raises CorpusError naming file and line for a fault, or when there is no question.
    """
    fields = ("question", "options", "answer")
    wanted = Wanted(fields, {}, encoding_errors, Report() if report is None else report, encoding=encoding)
    return from_all(existing_names(source), _questions, wanted)


def _questions(source: str, wanted: Wanted) -> Iterator[Question]:
    if source != "-" and kind_of(source) != "jsonl":
        raise CorpusError(f"{source}: questions are read from JSON lines.", "give a file whose name ends in .jsonl")
    example = '{"question": "The quick brown ___ jumped.", "options": ["fox", "box"], "answer": 0}'
    for where, data in read_objects(source, wanted):
        fault = _fault_of_question(data)
        if fault:
            raise CorpusError(f"{where}: {fault}.", f"write the line like {example}")
        text = text_of(where, "question", data["question"], wanted)
        options = tuple(text_of(where, "option", option, wanted) for option in data["options"])
        yield Question(text, options, data["answer"], where)


def _fault_of_question(data: dict[str, Any]) -> str:
    missing = [key for key in ("question", "options", "answer") if key not in data]
    if missing:
        return f"the key {missing[0]!r} is missing"
    question, options, answer = data["question"], data["options"], data["answer"]
    if not isinstance(question, str) or not BLANK.search(question):
        return "the question must be a string with a blank, two or more underscores"
    if not isinstance(options, list) or len(options) < 2:
        return "the options must be a list of two or more strings"
    if not all(isinstance(option, str) and option.strip() for option in options):
        return "every option must be a string that is not empty"
    try:
        blanks = read_blanks(question).blanks
    except InputError as error:
        return error.message.rstrip(".")
    for option in options:
        if not all(blank.takes(option) for blank in blanks):
            return f"the option {option!r:.40} does not fit the blank"
    if not is_whole(answer, 0, len(options) - 1):
        return f"the answer must be an index from 0 to {len(options) - 1}, found {json.dumps(answer)[:40]}"
    return ""
