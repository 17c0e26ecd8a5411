"""Copied runs: found by hashes as a corpus streams by, and by comparing every word with every other."""

import random

import pytest

from seqtext.evaluation import copied_runs
from seqtext.evaluation.copied_runs import MOST_PLACES, SHORTEST, CopiedRuns


def runs_of(texts: list[list[str]], lines: list[str | None]) -> CopiedRuns:
    copies = CopiedRuns(texts)
    for number, line in enumerate(lines):
        if line is None:
            copies.end()
        else:
            copies.add(line, number)
    copies.close()
    return copies


def longest_of(text: list[str], corpus: list[str]) -> int:
    """The longest common run, by trying all."""
    spread = [
        next((k for k, pair in enumerate(zip(text[i:], corpus[j:], strict=False)) if pair[0] != pair[1]),
             min(len(text) - i, len(corpus) - j))
        for i in range(len(text)) for j in range(len(corpus))
    ]  # fmt: skip
    return max(spread, default=0)


@pytest.mark.parametrize("at_once", [20, 37, 10_000])
def test_the_longest_runs_are_those_of_a_comparison_of_all_words(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(copied_runs, "_AT_ONCE", at_once)
    draw = random.Random(at_once)
    corpus = [f"w{draw.randrange(200)}" for _ in range(400)]
    texts = []
    for size in (0, 5, SHORTEST - 1, SHORTEST, 15, 30, 90):
        start = draw.randrange(300)
        texts.append(["new", *corpus[start : start + size], f"w{draw.randrange(200)}", "words"])
    lines = [" ".join(corpus[place : place + 7]) for place in range(0, len(corpus), 7)]
    found = runs_of(texts, lines).longest()
    for number, text in enumerate(texts):
        best = longest_of(text, corpus)
        assert (found[number].words if number in found else 0) == (best if best >= SHORTEST else 0)
    for number, run in found.items():
        before = sum(len(line.split()) for line in lines[: run.line])
        words = texts[number][run.start : run.start + run.words]
        assert any(corpus[place : place + len(words)] == words for place in range(before, before + 7))


def test_a_run_does_not_go_on_over_a_line_that_is_left_out() -> None:
    words = [f"w{k}" for k in range(24)]
    halves = [" ".join(words[:12]), " ".join(words[12:])]
    assert runs_of([words], halves).longest()[0].words == 24
    assert runs_of([words], [halves[0], None, halves[1]]).longest()[0].words == 12


def test_what_stands_in_many_places_is_a_phrase() -> None:
    phrase = [f"p{k}" for k in range(14)]
    text = " ".join(phrase)
    few, many = ([text, "x"] * count for count in (MOST_PLACES, MOST_PLACES + 1))
    assert runs_of([phrase], few).longest()[0].words == 14
    assert runs_of([phrase], few).share([0]) == 1.0
    assert runs_of([phrase], many).longest() == {}
    assert runs_of([phrase], many).share([0]) == 0.0
    rarer = [*phrase, "a", "b"]
    assert runs_of([rarer], [*many, " ".join(rarer)]).longest()[0].words == 16


def test_of_short_texts_no_share_is_known() -> None:
    assert runs_of([["one", "word"]], ["one word"]).share([0]) is None
    assert runs_of([], ["one word"]).longest() == {}


def test_case_and_punctuation_do_not_matter() -> None:
    words = ["and", "so", "the", "old", "man", "went", "down", "to", "the", "sea", "in", "his", "boat"]
    assert runs_of([words], ["And so, the OLD man went down to the sea... in his boat!"]).longest()[0].words == 13
