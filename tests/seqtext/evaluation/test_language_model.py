"""Measuring a language model: which lines and words are drawn, what they count, what the baseline may learn from."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from seqtext.evaluation.language_model import (
    AskedWord,
    draw_blocks,
    draw_lines,
    draw_words,
    forecast_scores,
    keystrokes,
    measure_language_model,
)
from seqtext.models.language_model import Forecast, Score, TokenScore

every_reading = pytest.mark.parametrize("by_line", [False, True])
WORDS = ["the", "cat", "car", "cow", "dog", "don't"]


class Recorder:
    """Scores every text at 1 bit a token of one character, forecasts WORDS in their order, and keeps what was asked."""

    task = "generate"

    def __init__(self) -> None:
        self.scored: list[str] = []
        self.asked: list[tuple[str, int, bool]] = []

    def score(self, text: str, *, as_typed: bool) -> Score:
        assert as_typed
        self.scored.append(text)
        return Score(text, len(text), 1.0, 2.0, [TokenScore(one, k, k + 1, 1.0) for k, one in enumerate(text)])

    def score_lines(self, lines: Sequence[str]) -> tuple[float, int, NDArray[np.float64]]:
        self.scored.append("|".join(lines))
        sizes = [len(line) + 1 for line in lines]
        return float(sum(sizes)), sum(sizes), np.stack([sizes, sizes], 1).astype(float)

    def next(self, text: str, top: int = 5, complete: bool = False) -> list[Forecast]:
        self.asked.append((text, top, complete))
        typed = text.split(" ")[-1] if complete else ""
        return [Forecast(word, 0.1) for word in WORDS if word.startswith(typed)][:top]


def shown(one: AskedWord, typed: str) -> Sequence[str]:
    return [word for word in WORDS if word.startswith(typed)]


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("the", 1),  # among the first three before a letter is typed
        ("cat", 1),
        ("cow", 2),  # the fourth of all, the third of those with c
        ("dog", 2),
        ("don't", 2),
        ("cup", 4),  # never shown: three letters and the space
        ("catch", 6),  # a suggestion that is only its start does not help
        ("x" * 100, 101),
    ],
)
def test_keystrokes(word: str, count: int) -> None:
    one = AskedWord(0, "", word)
    assert keystrokes(one, shown, list(shown(one, ""))[:3]) == count


def test_a_word_that_is_shown_when_all_is_typed_saves_nothing() -> None:
    one = AskedWord(0, "", "go")
    assert keystrokes(one, lambda one, typed: ["go"] if typed == "go" else [], []) == 3
    assert keystrokes(one, lambda one, typed: ["go"] if typed == "g" else [], []) == 2
    assert keystrokes(one, lambda one, typed: ["a", "b", "c", "go"], ["a", "b", "c"]) == 3  # a fourth is not seen


def test_nobody_looks_at_the_end_of_a_very_long_word() -> None:
    typed: list[str] = []

    def suggest(one: AskedWord, start: str) -> list[str]:
        typed.append(start)
        return []

    assert keystrokes(AskedWord(0, "", "x" * 1000), suggest, []) == 1001
    assert len(typed) == 40


def test_forecasts_are_counted() -> None:
    asked = [AskedWord(0, "", word) for word in ("the", "the", "cat", "cow", "cup")]
    scores = forecast_scores(asked, shown)
    assert scores["next_top1"] == pytest.approx(2 / 5)
    assert scores["next_top3"] == pytest.approx(3 / 5)
    assert scores["keystroke_savings"] == pytest.approx(1 - (1 + 1 + 1 + 2 + 4) / 20)
    assert all(math.isnan(value) for value in forecast_scores([], shown).values())


def test_lines_are_drawn_in_order_and_the_others_are_the_rest() -> None:
    lines = [f"line {k}" for k in range(100)]
    drawn, others = draw_lines(iter(lines), 20, 3)
    assert len(drawn) == 20
    assert drawn == [line for line in lines if line in drawn]
    assert sorted(drawn + others) == sorted(lines)
    assert draw_lines(lines, 20, 3) == (drawn, others)
    assert draw_lines(lines, 20, 4)[0] != drawn
    assert draw_lines(lines, 100, 3) == (lines, [])
    assert draw_lines([], 5, 1) == ([], [])


def test_every_line_is_drawn_as_often() -> None:
    counts = [0] * 12
    for seed in range(600):
        for line in draw_lines(map(str, range(12)), 4, seed)[0]:
            counts[int(line)] += 1
    assert all(150 < count < 250 for count in counts)  # 200 each, the standard deviation is 11.5


def test_of_many_other_lines_a_random_part_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqtext.evaluation.language_model._LEARNT", 1000)
    lines = [f"{k:05}" for k in range(5000)]
    drawn, others = draw_lines(lines, 10, 1)
    assert len(drawn) == 10
    assert not set(drawn) & set(others)
    assert 300 < sum(map(len, others)) <= 1000
    places = [int(line) for line in others]
    assert 1500 < sum(places) / len(places) < 3500


def test_words_are_drawn_with_what_stands_before_them() -> None:
    lines = ["The dog's tail, 2nd try", "--", "no"]
    words = draw_words(lines, 500, 1)
    assert words == [
        AskedWord(0, "", "The"),
        AskedWord(0, "The ", "dog's"),
        AskedWord(0, "The dog's ", "tail"),
        AskedWord(0, "The dog's tail, ", "2nd"),
        AskedWord(0, "The dog's tail, 2nd ", "try"),
        AskedWord(2, "", "no"),
    ]
    some = draw_words(lines, 3, 1)
    assert len(some) == 3
    assert some == [word for word in words if word in some]
    assert len({tuple(draw_words(lines, 3, seed)) for seed in range(20)}) > 5
    assert draw_words(["--"], 3, 1) == []


def test_of_a_long_line_the_last_words_are_read() -> None:
    (*_, last) = draw_words(["abc " * 1000 + "end"], 1001, 1)
    assert last.word == "end"
    assert last.before == "abc " * 499
    (*_, last) = draw_words(["-" * 5000 + "end"], 1, 1)
    assert last.before == "-" * 2000


def test_the_model_is_asked_what_a_person_would_see() -> None:
    model = Recorder()
    scores = measure_language_model(model, ["a cow"], 5, 1, by_line=True)  # type: ignore[arg-type]
    assert model.scored == ["a cow\n"]
    assert model.asked == [("", 3, False), ("a", 3, True), ("a ", 3, False), ("a c", 3, True)]
    assert (scores["texts"], scores["characters"], scores["bits_per_character"], scores["perplexity"]) == (
        1,
        6,
        1.0,
        2.0,
    )
    assert scores["keystroke_savings"] == pytest.approx(1 - (2 + 2) / (2 + 4))


def test_perplexity_is_that_of_all_tokens_together() -> None:
    class Uneven(Recorder):
        def score(self, text: str, *, as_typed: bool) -> Score:
            assert as_typed
            bits = 30.0 if text == "long one\n" else 6.0
            return Score(text, bits, 0.0, 0.0, [TokenScore(text, 0, 1, 0.0)] * (8 if bits == 30.0 else 1))

    scores = measure_language_model(Uneven(), ["long one", "short"], 2, 1, by_line=True)  # type: ignore[arg-type]
    assert scores["perplexity"] == pytest.approx(2 ** (36 / 9))
    assert scores["bits_per_character"] == pytest.approx(36 / 15)


@every_reading
@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_the_baseline_never_learns_the_line_it_is_measured_on(count: int, by_line: bool) -> None:
    """Every line has letters and words of its own, so all that can be known are spaces and line ends."""
    lines = [f"{chr(0x4E00 + 2 * k)} {chr(0x4E01 + 2 * k)}" for k in range(count)]
    for limit in {1, count}:
        scores = measure_language_model(Recorder(), lines, limit, 1, by_line=by_line)["baseline"]  # type: ignore[arg-type]
        assert scores["bits_per_character"] > 10
        assert (scores["next_top1"], scores["keystroke_savings"]) == (0.0, 0.0)


@every_reading
@pytest.mark.parametrize("limit", [10, 100])
def test_the_baseline_learns_the_other_lines(limit: int, by_line: bool) -> None:
    lines = ["one two three four five"] * 100
    scores = measure_language_model(Recorder(), lines, limit, 1, by_line=by_line)["baseline"]  # type: ignore[arg-type]
    assert scores["bits_per_character"] < 0.2
    assert scores["next_top1"] == 1.0
    assert scores["keystroke_savings"] == pytest.approx(1 - 5 / 24)


def test_a_text_without_words_has_no_forecasts() -> None:
    scores = measure_language_model(Recorder(), ["--", "..."], 5, 1)  # type: ignore[arg-type]
    assert math.isnan(scores["next_top1"])
    assert math.isnan(scores["baseline"]["keystroke_savings"])
    assert scores["bits_per_character"] == 1.0


def test_one_text_is_measured_in_order_with_its_blank_lines() -> None:
    model = Recorder()
    scores = measure_language_model(model, iter(["one", "", "two"]), None, 1)  # type: ignore[arg-type]
    assert model.scored == ["one||two"]
    assert (scores["texts"], scores["characters"], scores["read_as"]) == (3, 9, "one text")


def test_the_baseline_of_one_text_knows_the_line_before() -> None:
    """What every line ends with tells the first letters of the next, which by line nothing tells."""
    lines = ["aaaaaab" if k % 2 else "cccccca" for k in range(400)]
    bits = {
        by_line: measure_language_model(Recorder(), lines, 100, 1, by_line=by_line)["baseline"]  # type: ignore[arg-type]
        for by_line in (False, True)
    }
    assert bits[False]["bits_per_character"] < 0.5 * bits[True]["bits_per_character"]


def test_neighbouring_lines_are_drawn_together_and_the_others_are_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqtext.data.sampling._BLOCK", 100)
    lines = [f"line {k:04}" for k in range(1000)]  # ten in a block
    drawn, others = draw_blocks(iter(lines), 55, 3)
    assert len(drawn) == 55
    assert drawn == [line for line in lines if line in drawn]
    assert sorted(drawn + others) == lines
    places = [int(line[5:]) for line in drawn]
    assert sum(after == before + 1 for before, after in itertools.pairwise(places)) >= 49  # six blocks
    assert draw_blocks(lines, 55, 3) == (drawn, others)
    assert draw_blocks(lines, 55, 4)[0] != drawn
    assert draw_blocks(lines, 5, 3)[0] == lines[(start := int(draw_blocks(lines, 5, 3)[0][0][5:])) : start + 5]
    assert draw_blocks(lines, 1000, 3) == draw_blocks(lines, None, 3) == (lines, [])
    assert draw_blocks([], 5, 1) == ([], [])


def test_every_block_is_drawn_as_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqtext.data.sampling._BLOCK", 4)
    counts = [0] * 12
    for seed in range(600):
        for line in draw_blocks([f"{k:03}" for k in range(12)], 4, seed)[0]:
            counts[int(line)] += 1
    assert all(150 < count < 250 for count in counts)  # 200 each, the standard deviation is 11.5


def test_of_very_long_lines_fewer_are_measured_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqtext.evaluation.language_model._MEASURED", 100_000)
    lines = [f"{k:03}" + "x" * 10_000 for k in range(100)]
    assert len(draw_blocks(lines, None, 1)[0]) == 10
    assert len(draw_blocks(lines, 50, 1)[0]) == 50
