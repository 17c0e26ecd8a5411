"""Quote summaries from documents, and check generated ones."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from seqtext.characters import compared_words
from seqtext.data.sentences import (
    count_words,
    is_stopped,
    join_lines,
    join_sentences,
    lead_prose,
    lead_sentences,
    shorten,
)
from seqtext.models.lexrank import select
from seqtext.models.markup.reading import plain_of

_MARKS = re.compile('["“”„«»]')
_BEFORE = " \t\n\u00a0\u202f([{—–-"  # what stands before a mark that opens a quotation
_CLOSED = r"(?P<closed>[\"'“”’»«)\]}」』）]*)$"
_SEMICOLON = re.compile(rf"[;；؛]{_CLOSED}")
#: What a semicolon takes the place of, where the text goes on otherwise than the quote.
_OPEN = re.compile(rf"(?:(?<!\s)\s+)?(?P<mark>[,:،，：、–—]|--){_CLOSED}")
_SEMICOLONS = {"，": "；", "：": "；", "、": "；", "،": "؛"}  # of scripts with commas of their own

_BEGINNING, _FEWEST = 10_000, 20  # characters that are looked at, and words of a text that can be judged


class Summary(NamedTuple):
    """Hold a summary and how it came about."""

    text: str
    score: float  # log-probability in nats, NaN where it is extracted
    read: int  # words of the document that were read
    cut: int  # words after these, which were not
    shortened: bool = False  # whether it ends inside a sentence, for more words than were asked for
    extracted: bool = False  # whether it is sentences of the document, and not what a network wrote
    unusual: bool = False  # whether the document is unlike those that the model has learnt from


def quoted(
    texts: Sequence[str], lead: int | None = None, sentences: int = 3, max_words: int | None = None
) -> list[list[Summary]]:
    """Quote the first or the most central sentences of each text.

    lead: number of sentences from the beginning, without headings and other lines that have no stop, unless all are
    such; without a number, the `sentences` most central ones, see `seqtext.models.lexrank`; max_words: words of a
    quote, at most
    returns one summary a text, without a score
    """
    return [[quote(text, lead, sentences, max_words)] for text in texts]


def quote(
    text: str, lead: int | None = None, sentences: int = 3, max_words: int | None = None, *, unusual: bool = False
) -> Summary:
    """Quote a text without its marks; see `quoted`.

    Of a text with words there is always something to quote.

    Sentences that are lines without a stop have a semicolon between, unless the quote would be longer than its text by
    it. A semicolon also marks where something was left out between two parts of a sentence; others are joined as typed.
    A quotation mark whose other half is in a sentence that is not quoted is left out where a sentence begins or ends
    with it.
    """
    typed, text = text, plain_of(text) or text
    parts, shortened = _first(text, lead, max_words) if lead else select(text, sentences, max_words)
    runs = [_without_halves(run) for run in _neighbours(parts, join_lines(text))]
    runs = [*map(_broken_off, runs[:-1]), *runs[-1:]]
    listed, spaced, close = join_sentences(_listed(runs)), join_sentences(runs), "".join(runs)
    # Some languages write no space after a stop.
    short = listed if len(listed) <= len(typed.strip()) else spaced if fits(spaced, text) else close
    return Summary(" ".join(short.split()), math.nan, count_words(text), 0, shortened, True, unusual)


def _first(text: str, count: int, max_words: int | None) -> tuple[list[str], bool]:
    """Take the first sentences of a text, or lines where it has no sentence; tell whether one was cut."""
    prose = lead_prose(text, count)
    short = prose or lead_sentences(text, count)
    short, shortened = shorten(short, max_words) if max_words else (short, False)
    lines = [line.strip() for line in short.splitlines() if any(map(str.isalnum, line))]
    return [join_sentences(lines)] if prose else lines, shortened


def _neighbours(parts: Sequence[str], text: str) -> list[str]:
    """Join sentences that are side by side in a text, in one line or after a comma and the like."""
    runs: list[str] = []
    end = -1
    for sentence in parts:
        start = text.find(sentence, max(end, 0))
        between = text[end:start] if 0 <= end <= start else None
        if between is None or between.strip():
            runs.append(sentence)
        elif "\n" not in between:
            runs[-1] += between + sentence
        elif _OPEN.search(runs[-1]) or _SEMICOLON.search(runs[-1]):
            runs[-1] = join_sentences([runs[-1], sentence])
        else:
            runs.append(sentence)
        end = start + len(sentence) if start >= 0 else -1
    return runs


def _listed(runs: Sequence[str]) -> list[str]:
    """Put a semicolon after a line without a stop that another line follows."""
    last = len(runs) - 1
    return [
        run if number == last or is_stopped(run) or _SEMICOLON.search(run) else f"{run};"
        for number, run in enumerate(runs)
    ]


def _broken_off(run: str) -> str:
    """Put a semicolon in place of a comma, a colon or a dash at the end, which would join what the text does not."""
    return _OPEN.sub(lambda end: end["closed"] + _SEMICOLONS.get(end["mark"], ";"), run)


def _without_halves(run: str) -> str:
    """Leave out a quotation mark at either end of a run of sentences that has no other half in it."""
    opened: list[int] = []
    lone: set[int] = set()
    for mark in _MARKS.finditer(run):
        index = mark.start()
        before, after = run[index - 1 : index] or " ", run[index + 1 : index + 2] or " "
        if before in _BEFORE and (not after.isspace() or mark[0] in "«“„"):
            opened.append(index)
        elif opened:
            opened.pop()
        else:
            lone.add(index)
    ends = {0, len(run) - 1} & lone.union(opened)
    bare = "".join(char for index, char in enumerate(run) if index not in ends).strip()
    return bare if any(map(str.isalnum, bare)) else run


def fits(summary: str, source: str) -> bool:
    """Tell whether a summary fits: no longer than its source, with words."""
    words = count_words(source)
    return len(summary) <= len(" ".join(source.split())) and min(1, words) <= count_words(summary) <= words


def repeats_words(text: str) -> bool:
    """Tell whether a text only repeats a few words.

    At most one in 25 of its first 500 words is new, or two of fewer than 50; in prose, every second or third is. A text
    of fewer than 20 words is too short to tell. A score by n-grams cannot tell, because each n-gram of a usual word is
    usual.
    """
    words = compared_words(text[:_BEGINNING])[:500]
    return len(words) >= _FEWEST and len(set(words)) * 25 <= max(len(words), 50)


def fitting(summaries: Sequence[Summary], source: str, sentences: int, max_words: int | None) -> list[Summary]:
    """Keep the summaries that fit; where none does, quote the source.

    summaries: of one source, at least one; a source without words keeps them
    """
    good = [summary for summary in summaries if fits(summary.text, source)]
    if good or not count_words(source):
        return good or list(summaries)
    return [quote(source, None, sentences, max_words, unusual=summaries[0].unusual)]
