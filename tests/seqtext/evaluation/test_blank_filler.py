"""Evaluating a blank filler: what is asked, what is counted, what it is compared with."""

import json
from pathlib import Path

import pytest

from builders import Parrot
from seqtext.errors import CorpusError
from seqtext.evaluation.blank_filler import BlankedLine, _neighbours, blanked_lines
from seqtext.evaluation.evaluate import evaluate


def test_asking_takes_one_word_out_and_is_repeatable() -> None:
    lines = [f"the dog number{'x' * k} ran home" for k in range(50)] + ["word", "1 2 3", "has __ blank"]
    asked = blanked_lines(lines, 20, 3)
    assert len(asked) == 20
    assert asked == blanked_lines(lines, 20, 3)
    assert asked != blanked_lines(lines, 20, 4)
    for number, one in asked.items():
        assert one.text.replace("___", one.answer) == lines[number]


def test_scores_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("dog dog\n" * 30 + "cat cat\n" * 10, encoding="utf-8")
    scores = evaluate(Parrot(), path)  # type: ignore[arg-type]
    assert scores["blanks"] == 40
    assert scores["top1"] == 0.75
    assert scores["top5"] == 1.0
    assert scores["perplexity"] == pytest.approx(7.389, rel=1e-3)
    assert scores["calibration_error"] == pytest.approx(0.25)


def test_questions_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    rows = [{"question": "A ___.", "options": ["a", "b"], "answer": k % 2} for k in range(10)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    scores = evaluate(Parrot(), path)  # type: ignore[arg-type]
    assert (scores["questions"], scores["accuracy"], scores["baseline"]["accuracy"]) == (10, 0.5, 0.5)
    assert evaluate(Parrot(), path, limit=1)["accuracy"] == 1.0  # type: ignore[arg-type]


def test_the_baseline_of_questions_guesses(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    rows = [{"question": "A ___.", "options": list("abcd"[:count]), "answer": 1} for count in (2, 4)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert evaluate(Parrot(), path)["baseline"] == {"accuracy": 0.375}  # type: ignore[arg-type]


def test_no_question_at_all_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "A ___.", "options": ["a", "b"], "answer": 0}', encoding="utf-8")
    monkeypatch.setattr("seqtext.evaluation.blank_filler.read_questions", lambda source, **how: iter([]))
    with pytest.raises(CorpusError, match="holds no question"):
        evaluate(Parrot(), path)  # type: ignore[arg-type]


def test_the_baseline_never_sees_the_asked_line() -> None:
    lines = ["red dog ran", "red dog ran", "red cat ran", "blue owl sat"]
    asked = {0: BlankedLine("red ___ ran", "dog", "red", "ran"), 3: BlankedLine("blue ___ sat", "owl", "blue", "sat")}
    scores = _neighbours(lines, asked)
    assert scores["top1"] == 0.5  # dog and cat once each, dog first; the owl is in no other line
    assert _neighbours(lines, {3: asked[3]})["top5"] == 0.0


def test_a_corpus_without_words_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "numbers.txt"
    path.write_text("1 2 3\nword\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="no line with two words"):
        evaluate(Parrot(), path)  # type: ignore[arg-type]
