"""Evaluate a language model beside n-gram models: bits, next words, keystrokes saved.

Bits are those of one text, in which a line is read after the lines before it, as in training; or of every line by
itself, read as the start of a text. Line ends count, in bits and in characters, for the baseline as well. Words are
predicted from what precedes them in their line, as on a keyboard.
"""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from seqtext.characters import SPELLED_WORD, compiled
from seqtext.data.sampling import Reservoir, blocks
from seqtext.errors import CorpusError
from seqtext.evaluation.corpus import DEFAULT_LIMIT, Corpus
from seqtext.evaluation.intervals import Floats, Interval, intervals, parts, ratio
from seqtext.evaluation.ngrams import LONGEST, NGrams, cut_words
from seqtext.models.language_model import LanguageModel

_WORDS = 500  # asked at most
_SHOWN = 3  # words that a keyboard shows
_BEFORE = 2000  # characters of a line that are read before an asked word, at most
_TYPED = 40  # letters of a word after which nobody looks at what is shown
_MEASURED = 1_000_000  # characters of one text that are measured unless a number of lines is asked for
_TOGETHER = 4  # lines of one text that are in the same fold, for a baseline that has to learn from the others
_LEARNT = 20_000_000  # characters that the baseline learns from, at most

Suggest = Callable[["AskedWord", str], Sequence[str]]


class AskedWord(NamedTuple):
    """Hold a word to predict and its left context in the line.

    line: the number of the line, from 0; before: at most the 2,000 characters before the word
    """

    line: int
    before: str
    word: str


def measure_language_model(
    model: LanguageModel, texts: Iterable[str], limit: int | None, seed: int, *, by_line: bool = False
) -> dict[str, Any]:
    """Measure a language model and n-gram baselines on sampled lines.

    limit: lines measured, 2,000 by default: by line any of them, of one text blocks of neighbours (see `draw_blocks`)

    Returns texts, characters (line ends included), read_as ("one text", or with `by_line` "lines"), bits_per_character,
    perplexity (of a token); of at most 500 random words: next_top1, next_top3, keystroke_savings (see
    `forecast_scores`); "intervals" of bits_per_character and perplexity over resampled lines; "baseline", of n-gram
    models that learnt the lines that are not measured. Without a word, the last three scores are nan.
    """
    drawn, others = draw_lines(texts, limit or DEFAULT_LIMIT, seed) if by_line else draw_blocks(texts, limit, seed)
    asked = draw_words(drawn, _WORDS, seed)
    bits, tokens, of_lines = _bits_by_line(model, drawn) if by_line else model.score_lines(drawn)
    characters = sum(len(text) + 1 for text in drawn)

    def suggest(asked_word: AskedWord, typed: str) -> list[str]:
        return [word.text for word in model.next(asked_word.before + typed, _SHOWN, complete=typed != "")]

    return {
        "texts": len(drawn),
        "characters": characters,
        "read_as": "lines" if by_line else "one text",
        "bits_per_character": bits / max(1, characters),
        "perplexity": 2.0 ** min(1000.0, bits / max(1, tokens)),
        **forecast_scores(asked, suggest),
        "intervals": _intervals(drawn, of_lines),
        "baseline": _baseline(drawn, others, asked, by_line),
    }


def _bits_by_line(model: LanguageModel, lines: Sequence[str]) -> tuple[float, int, Floats]:
    """Score each line by itself: bits, number of tokens, and both by line, (lines, 2)."""
    scores = [model.score(f"{line}\n", as_typed=True) for line in lines]
    of_lines = np.array([(score.bits, len(score.tokens)) for score in scores], np.float64).reshape(-1, 2)
    return sum(score.bits for score in scores), sum(len(score.tokens) for score in scores), of_lines


def _intervals(lines: Sequence[str], of_lines: Floats) -> dict[str, Interval]:
    """Estimate the intervals of bits per character and perplexity over the lines.

    of_lines: (lines, 2) their bits and tokens
    """
    if len(lines) != len(of_lines):  # a line end inside a line, however that came about
        return {}
    characters = [len(line) + 1 for line in lines]
    bits = parts(of_lines[:, 0], characters)
    return intervals({"bits_per_character": (bits, ratio), "perplexity": (of_lines, _perplexity)})


def _perplexity(sums: Floats) -> Floats:
    """Compute the perplexity of a token: (draws,).

    sums: (draws, 2) of bits and of tokens
    """
    return 2.0 ** np.minimum(1000.0, ratio(sums))


def _baseline(drawn: Sequence[str], others: Sequence[str], asked: Sequence[AskedWord], by_line: bool) -> dict[str, Any]:
    """Score n-grams of characters (bits) and of words (forecasts).

    They learn the lines that were not drawn. Where those have fewer characters than the drawn ones, each half of the
    drawn lines is measured with n-grams that learnt the rest.
    """
    folds = 1 if sum(map(len, others)) >= sum(map(len, drawn)) else 2
    together = 1 if by_line else max(1, min(_TOGETHER, len(drawn) // 2))
    texts = [f"{text}\n" for text in drawn]
    fold_of = np.arange(len(texts)) // together % folds  # (lines,)
    symbols = np.repeat(fold_of, [len(text) for text in texts])  # (characters,) the fold of each
    bits, words = 0.0, []
    for fold in range(folds):
        rest = [f"{text}\n" for text in others]
        rest += [text for text, line_fold in zip(texts, fold_of.tolist(), strict=True) if line_fold != fold]
        words.append(NGrams.learn(rest, 3, "word"))
        letters = NGrams.learn(rest if by_line else ["".join(rest)], LONGEST, "char")
        if by_line:
            bits += sum(map(letters.bits, texts[fold::folds]))
        else:  # a line is read after the line before it, whichever half that is in
            bits += float(letters.surprisals("".join(texts))[symbols == fold].sum())

    def suggest(asked_word: AskedWord, typed: str) -> list[str]:
        return words[int(fold_of[asked_word.line])].next_words(cut_words(asked_word.before), typed, _SHOWN)

    characters = sum(map(len, texts))
    return {"bits_per_character": bits / max(1, characters), **forecast_scores(asked, suggest)}


class _Others:
    """Keep the lines that are not drawn: of more than 20 million characters, a random sample."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.lines: list[str] = []
        self._generator, self._size, self._share = generator, 0, 1.0

    def add(self, line: str) -> None:
        if self._share < 1.0 and self._generator.random() >= self._share:
            return
        self.lines.append(line)
        self._size += len(line)
        if self._size > _LEARNT:
            self.lines = [kept for kept in self.lines if self._generator.random() < 0.5]
            self._size, self._share = sum(map(len, self.lines)), self._share / 2


def draw_lines(texts: Iterable[str], limit: int, seed: int) -> tuple[list[str], list[str]]:
    """Sample `limit` texts; return them and the others.

    Of more than 20 million characters of others, a random sample is returned.
    """
    generator = np.random.default_rng(seed)
    drawn: Reservoir[str] = Reservoir(limit, generator)
    others = _Others(generator)
    for text in texts:
        other = drawn.add(text)
        if other is not None:
            others.add(other)
    return drawn.items(), others.lines


def draw_blocks(texts: Iterable[str], limit: int | None, seed: int) -> tuple[list[str], list[str]]:
    """Sample blocks of neighbouring lines; return their lines and the others.

    limit: lines in all; None for 2,000 lines or a million characters, whichever is less. The lines stay in order. Of
    more than 20 million characters of others, a random sample is returned. Every block has a random key, and those with
    the smallest are drawn.
    """
    generator, others = np.random.default_rng(seed), _Others(np.random.default_rng([seed, 1]))
    most_lines, most_characters = (DEFAULT_LIMIT, _MEASURED) if limit is None else (limit, math.inf)
    drawn: list[tuple[float, int, list[str]]] = []  # a heap: the largest key first, negative
    lines = characters = 0
    for number, block in enumerate(blocks(texts)):
        heapq.heappush(drawn, (-generator.random(), number, block))
        lines, characters = lines + len(block), characters + sum(map(len, block))
        while True:
            last = drawn[0][2]
            left_lines, left_characters = lines - len(last), characters - sum(map(len, last))
            if left_lines < most_lines and left_characters < most_characters:
                break
            heapq.heappop(drawn)
            lines, characters = left_lines, left_characters
            for line in last:
                others.add(line)
    if lines > most_lines:  # the last block is cut
        key, number, block = heapq.heappop(drawn)
        drawn.append((key, number, block[: most_lines - lines]))
        others.lines += block[most_lines - lines :]
    ranked = sorted(drawn, key=lambda item: item[1])
    return [line for *_, block in ranked for line in block], others.lines


def draw_words(lines: Sequence[str], count: int, seed: int) -> list[AskedWord]:
    """Sample `count` words of lines, or all, in order."""
    find = compiled(SPELLED_WORD).finditer
    spans = [(number, *match.span()) for number, line in enumerate(lines) for match in find(line)]
    generator = np.random.default_rng(seed)
    chosen = np.sort(generator.choice(len(spans), min(count, len(spans)), replace=False)) if spans else ()
    return [_asked(number, lines[number], start, end) for number, start, end in (spans[k] for k in chosen)]


def _asked(number: int, line: str, start: int, end: int) -> AskedWord:
    before = line[max(0, start - _BEFORE) : start]
    if start > _BEFORE:  # from the next whole word on
        before = before[before.find(" ") + 1 :]
    return AskedWord(number, before, line[start:end])


def forecast_scores(asked: Sequence[AskedWord], suggest: Suggest) -> dict[str, float]:
    """Score word suggestions: top-1, top-3 and keystroke savings.

    suggest: gives the likeliest words after the letters of a word that are typed. next_top1 and next_top3 are the
    shares of words that are suggested first, or among the first three. A person types letter by letter and looks at
    three suggestions, before the first letter and after each. To choose one is a keystroke and brings the space after
    it; to type the whole word takes its letters and the space. keystroke_savings is the share of the latter that is
    saved (Trnka and McCoy 2008). All are nan where no word is asked.
    """
    first = among = taken = whole = 0
    for asked_word in asked:
        shown = list(suggest(asked_word, ""))[:_SHOWN]
        first += shown[:1] == [asked_word.word]
        among += asked_word.word in shown
        taken += keystrokes(asked_word, suggest, shown)
        whole += len(asked_word.word) + 1
    count = len(asked) or math.nan
    return {
        "next_top1": first / count,
        "next_top3": among / count,
        "keystroke_savings": 1 - taken / (whole or math.nan),
    }


def keystrokes(one: AskedWord, suggest: Suggest, shown: Sequence[str]) -> int:
    """Count the keystrokes that a word and its space take.

    shown: what is suggested before the first letter
    """
    for typed in range(len(one.word)):
        if one.word in shown:
            return typed + 1
        if typed >= _TYPED:
            break
        shown = suggest(one, one.word[: typed + 1])[:_SHOWN]
    return len(one.word) + 1


def evaluate_language_model(model: LanguageModel, corpus: Corpus, *, by_line: bool = False) -> dict[str, Any]:
    """Evaluate a language model beside n-gram models of the other lines.

    Measures `limit` (2,000) lines as one text, or with `by_line` each line by itself; see `measure_language_model`.
    Raises CorpusError where all lines are blank.
    """
    texts = corpus.texts() if by_line else _whole_text(corpus)
    return measure_language_model(model, texts, corpus.limit, corpus.seed, by_line=by_line)


def _whole_text(corpus: Corpus) -> Iterator[str]:
    """Read the lines of a corpus with its blank ones; CorpusError where all are blank."""
    blank = True
    for line in corpus.texts(blank_lines=True):
        blank = blank and not line.strip()
        yield line
    if blank:
        raise CorpusError(f"{', '.join(corpus.sources)} holds no text.", "give a file with one text per line")
