"""Evaluate a language model beside n-gram models: bits, next words, keystrokes saved.

Every line is a text by itself: it is read from the start of a text on, and its line end is counted, in bits and in
characters, for the model as for the baseline.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from seqtext.characters import SPELLED_WORD, compiled
from seqtext.data.sampling import Reservoir
from seqtext.evaluation.corpus import Corpus
from seqtext.evaluation.ngrams import LONGEST, NGrams, cut_words
from seqtext.models.language_model import LanguageModel

_WORDS = 500  # asked at most
_SHOWN = 3  # words that a keyboard shows
_BEFORE = 2000  # characters of a line that are read before an asked word, at most
_TYPED = 40  # letters of a word after which nobody looks at what is shown
_LEARNT = 20_000_000  # characters that the baseline learns from, at most

Suggest = Callable[["AskedWord", str], Sequence[str]]


class AskedWord(NamedTuple):
    """A word of a text, and what stands before it in its line."""

    line: int
    before: str
    word: str


def measure_language_model(model: LanguageModel, texts: Iterable[str], limit: int, seed: int) -> dict[str, Any]:
    """The scores of a language model on `limit` random texts of some, and of n-gram models that learnt the others.

    texts, characters (line ends included), bits_per_character, perplexity (of a token); of at most 500 random words of
    them: next_top1, next_top3, keystroke_savings (see `forecast_scores`); baseline. Without a word, the last three are
    nan.
    """
    drawn, others = draw_lines(texts, limit, seed)
    asked = draw_words(drawn, _WORDS, seed)
    bits, tokens = 0.0, 0
    for text in drawn:
        score = model.score(f"{text}\n")
        bits, tokens = bits + score.bits, tokens + len(score.tokens)
    characters = sum(len(text) + 1 for text in drawn)

    def suggest(one: AskedWord, typed: str) -> list[str]:
        return [word.text for word in model.next(one.before + typed, _SHOWN, complete=typed != "")]

    return {
        "texts": len(drawn),
        "characters": characters,
        "bits_per_character": bits / max(1, characters),
        "perplexity": 2.0 ** min(1000.0, bits / max(1, tokens)),
        **forecast_scores(asked, suggest),
        "baseline": _baseline(drawn, others, asked),
    }


def _baseline(drawn: Sequence[str], others: Sequence[str], asked: Sequence[AskedWord]) -> dict[str, float]:
    """The scores of n-grams of characters (bits) and of words (forecasts) that learnt the other lines.

    Where those are less than was drawn, each half of what was drawn is measured with n-grams that learnt the rest.
    """
    parts = 1 if sum(map(len, others)) >= sum(map(len, drawn)) else 2
    bits, words = 0.0, []
    for part in range(parts):
        rest = [*others, *(text for number, text in enumerate(drawn) if number % parts != part)]
        words.append(NGrams.learn((f"{text}\n" for text in rest), 3, "word"))
        letters = NGrams.learn((f"{text}\n" for text in rest), LONGEST, "char")
        bits += sum(letters.bits(f"{text}\n") for text in drawn[part::parts])

    def suggest(one: AskedWord, typed: str) -> list[str]:
        return words[one.line % parts].next_words(cut_words(one.before), typed, _SHOWN)

    characters = sum(len(text) + 1 for text in drawn)
    return {"bits_per_character": bits / max(1, characters), **forecast_scores(asked, suggest)}


def draw_lines(texts: Iterable[str], limit: int, seed: int) -> tuple[list[str], list[str]]:
    """Sample `limit` texts, and give the others beside them: of more than 20 MB, a random part."""
    generator = np.random.default_rng(seed)
    drawn: Reservoir[str] = Reservoir(limit, generator)
    others: list[str] = []
    size, share = 0, 1.0
    for text in texts:
        other = drawn.add(text)
        if other is None or (share < 1.0 and generator.random() >= share):
            continue
        others.append(other)
        size += len(other)
        if size > _LEARNT:
            others = [one for one in others if generator.random() < 0.5]
            size, share = sum(map(len, others)), share / 2
    return drawn.items(), others


def draw_words(lines: Sequence[str], count: int, seed: int) -> list[AskedWord]:
    """`count` random words of some lines, or all, in order."""
    find = compiled(SPELLED_WORD).finditer
    places = [(number, *match.span()) for number, line in enumerate(lines) for match in find(line)]
    generator = np.random.default_rng(seed)
    chosen = np.sort(generator.choice(len(places), min(count, len(places)), replace=False)) if places else ()
    return [_asked(number, lines[number], start, end) for number, start, end in (places[k] for k in chosen)]


def _asked(number: int, line: str, start: int, end: int) -> AskedWord:
    before = line[max(0, start - _BEFORE) : start]
    if start > _BEFORE:  # from the next whole word on
        before = before[before.find(" ") + 1 :]
    return AskedWord(number, before, line[start:end])


def forecast_scores(asked: Sequence[AskedWord], suggest: Suggest) -> dict[str, float]:
    """How often a word is the first, or among the first three, of what is suggested; what a person need not type.

    suggest: the likeliest words, given a word's letters that are typed. A person types letter by letter and looks at
    three suggestions, before the first letter and after each. To choose one is a keystroke and brings the space after
    it; to type the whole word takes its letters and the space. keystroke_savings is the share of the latter that is
    saved (Trnka and McCoy 2008). All are nan where no word is asked.
    """
    first = among = taken = whole = 0
    for one in asked:
        shown = list(suggest(one, ""))[:_SHOWN]
        first += shown[:1] == [one.word]
        among += one.word in shown
        taken += keystrokes(one, suggest, shown)
        whole += len(one.word) + 1
    count = len(asked) or math.nan
    return {
        "next_top1": first / count,
        "next_top3": among / count,
        "keystroke_savings": 1 - taken / (whole or math.nan),
    }


def keystrokes(one: AskedWord, suggest: Suggest, shown: Sequence[str]) -> int:
    """How many keystrokes a word and its space take; shown: what is suggested before the first."""
    for typed in range(len(one.word)):
        if one.word in shown:
            return typed + 1
        if typed >= _TYPED:
            break
        shown = suggest(one, one.word[: typed + 1])[:_SHOWN]
    return len(one.word) + 1


def evaluate_language_model(model: LanguageModel, corpus: Corpus) -> dict[str, Any]:
    """Evaluate a language model on `limit` (2,000) random lines, beside n-grams of the others.

    See `measure_language_model`.
    """
    return measure_language_model(model, corpus.texts(), corpus.drawn, corpus.seed)
