"""Evaluate a language model beside n-gram models: bits, next words, keystrokes saved.

Bits are those of one text, in which a line is read after the lines before it, as in training; or of every line by
itself, read from the start of a text on. Line ends are counted, in bits and in characters. So it is for the baseline.
Words are asked with what stands before them in their line, as a keyboard sees them.
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
_TOGETHER = 4  # lines of one text that are in the same half, for a baseline that has to learn from the other
_LEARNT = 20_000_000  # characters that the baseline learns from, at most

Suggest = Callable[["AskedWord", str], Sequence[str]]


class AskedWord(NamedTuple):
    """A word of a text, and what stands before it in its line."""

    line: int
    before: str
    word: str


def measure_language_model(
    model: LanguageModel, texts: Iterable[str], limit: int | None, seed: int, *, by_line: bool = False
) -> dict[str, Any]:
    """The scores of a language model on some lines, and of n-gram models that learnt the others.

    texts, characters (line ends included), read_as ("one text", or with `by_line` "lines"), bits_per_character,
    perplexity (of a token); of at most 500 random words of them: next_top1, next_top3, keystroke_savings (see
    `forecast_scores`); "intervals" of the first two scores, lines being drawn; baseline. Without a word, the last three
    scores are nan.

    limit: lines measured, 2,000 by default: by line any of them, of one text blocks of neighbours (see `draw_blocks`)
    """
    drawn, others = draw_lines(texts, limit or DEFAULT_LIMIT, seed) if by_line else draw_blocks(texts, limit, seed)
    asked = draw_words(drawn, _WORDS, seed)
    bits, tokens, of_lines = _bits_by_line(model, drawn) if by_line else model.score_lines(drawn)
    characters = sum(len(text) + 1 for text in drawn)

    def suggest(one: AskedWord, typed: str) -> list[str]:
        return [word.text for word in model.next(one.before + typed, _SHOWN, complete=typed != "")]

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
    """The bits of some lines, the number of their tokens, and both of each, (lines, 2); each is read by itself."""
    scores = [model.score(f"{line}\n") for line in lines]
    of_lines = np.array([(score.bits, len(score.tokens)) for score in scores], np.float64).reshape(-1, 2)
    return sum(score.bits for score in scores), sum(len(score.tokens) for score in scores), of_lines


def _intervals(lines: Sequence[str], of_lines: Floats) -> dict[str, Interval]:
    """The intervals of bits per character and perplexity over the lines; of_lines: (lines, 2) their bits and tokens."""
    if len(lines) != len(of_lines):  # a line end inside a line, however that came about
        return {}
    characters = [len(line) + 1 for line in lines]
    bits = parts(of_lines[:, 0], characters)
    return intervals({"bits_per_character": (bits, ratio), "perplexity": (of_lines, _perplexity)})


def _perplexity(sums: Floats) -> Floats:
    """The perplexity of a token. sums: (draws, 2) of bits and of tokens."""
    return 2.0 ** np.minimum(1000.0, ratio(sums))


def _baseline(drawn: Sequence[str], others: Sequence[str], asked: Sequence[AskedWord], by_line: bool) -> dict[str, Any]:
    """The scores of n-grams of characters (bits) and of words (forecasts) that learnt the other lines.

    Where those are less than was drawn, each half of what was drawn is measured with n-grams that learnt the rest.
    """
    parts = 1 if sum(map(len, others)) >= sum(map(len, drawn)) else 2
    together = 1 if by_line else max(1, min(_TOGETHER, len(drawn) // 2))
    texts = [f"{text}\n" for text in drawn]
    part_of = np.arange(len(texts)) // together % parts  # (lines,)
    symbols = np.repeat(part_of, [len(text) for text in texts])  # (characters,) the part of each
    bits, words = 0.0, []
    for part in range(parts):
        rest = [f"{text}\n" for text in others]
        rest += [text for text, own in zip(texts, part_of.tolist(), strict=True) if own != part]
        words.append(NGrams.learn(rest, 3, "word"))
        letters = NGrams.learn(rest if by_line else ["".join(rest)], LONGEST, "char")
        if by_line:
            bits += sum(map(letters.bits, texts[part::parts]))
        else:  # a line is read after the line before it, whichever half that is in
            bits += float(letters.surprisals("".join(texts))[symbols == part].sum())

    def suggest(one: AskedWord, typed: str) -> list[str]:
        return words[int(part_of[one.line])].next_words(cut_words(one.before), typed, _SHOWN)

    characters = sum(map(len, texts))
    return {"bits_per_character": bits / max(1, characters), **forecast_scores(asked, suggest)}


class _Others:
    """Keeps the lines that are not drawn: of more than 20 MB, a random part."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.lines: list[str] = []
        self._generator, self._size, self._share = generator, 0, 1.0

    def add(self, line: str) -> None:
        if self._share < 1.0 and self._generator.random() >= self._share:
            return
        self.lines.append(line)
        self._size += len(line)
        if self._size > _LEARNT:
            self.lines = [one for one in self.lines if self._generator.random() < 0.5]
            self._size, self._share = sum(map(len, self.lines)), self._share / 2


def draw_lines(texts: Iterable[str], limit: int, seed: int) -> tuple[list[str], list[str]]:
    """Sample `limit` texts, and give the others beside them: of more than 20 MB, a random part."""
    generator = np.random.default_rng(seed)
    drawn: Reservoir[str] = Reservoir(limit, generator)
    others = _Others(generator)
    for text in texts:
        other = drawn.add(text)
        if other is not None:
            others.add(other)
    return drawn.items(), others.lines


def draw_blocks(texts: Iterable[str], limit: int | None, seed: int) -> tuple[list[str], list[str]]:
    """Sample blocks of neighbouring lines, `limit` lines in all, in order; give the other lines beside them.

    limit: None for 2,000 lines or a million characters, whichever is less. Of more than 20 MB of others, a random part
    is given. Every block has a random key, and those with the smallest are drawn.
    """
    generator, others = np.random.default_rng(seed), _Others(np.random.default_rng([seed, 1]))
    most_lines, most_characters = (DEFAULT_LIMIT, _MEASURED) if limit is None else (limit, math.inf)
    drawn: list[tuple[float, int, list[str]]] = []  # a heap: the largest key first, negative
    lines = characters = 0
    for place, block in enumerate(blocks(texts)):
        heapq.heappush(drawn, (-generator.random(), place, block))
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
        key, place, block = heapq.heappop(drawn)
        drawn.append((key, place, block[: most_lines - lines]))
        others.lines += block[most_lines - lines :]
    ranked = sorted(drawn, key=lambda one: one[1])
    return [line for *_, block in ranked for line in block], others.lines


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


def evaluate_language_model(model: LanguageModel, corpus: Corpus, *, by_line: bool = False) -> dict[str, Any]:
    """Evaluate a language model on `limit` (2,000) lines as one text, or with `by_line` each by itself.

    Beside it stand n-grams of the other lines; see `measure_language_model`.
    """
    texts = corpus.texts() if by_line else _whole_text(corpus)
    return measure_language_model(model, texts, corpus.limit, corpus.seed, by_line=by_line)


def _whole_text(corpus: Corpus) -> Iterator[str]:
    """The lines of a corpus with its blank ones; raises CorpusError where all are blank."""
    blank = True
    for line in corpus.texts(blank_lines=True):
        blank = blank and not line.strip()
        yield line
    if blank:
        raise CorpusError(f"{', '.join(corpus.sources)} holds no text.", "give a file with one text per line")
