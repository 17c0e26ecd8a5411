"""Summaries: what one says of itself, those quoted from a document, and what every one of them must be."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from seqtext.data.sentences import count_words, join_sentences, lead_sentences, shorten
from seqtext.models.lexrank import select


class Summary(NamedTuple):
    """A summary, its log-probability, and how many words of the document were read and how many left out."""

    text: str
    score: float  # NaN where it is extracted
    read: int
    cut: int
    shortened: bool = False  # whether it ends inside a sentence, for more words than were asked for
    extracted: bool = False  # whether it is sentences of the document, and not what a network wrote
    unusual: bool = False  # whether the document is unlike those that the model has learnt from


def quoted(
    texts: Sequence[str], lead: int | None = None, sentences: int = 3, max_words: int | None = None
) -> list[list[Summary]]:
    """Quote the first or the most central sentences of every text; quotes have no score.

    lead: how many sentences from the beginning; without it, `sentences` that say most; max_words: of them, at most
    """
    return [[quote(text, lead, sentences, max_words)] for text in texts]


def quote(
    text: str, lead: int | None = None, sentences: int = 3, max_words: int | None = None, *, unusual: bool = False
) -> Summary:
    """Quote a text; see `quoted`. Of a text with words there is always something to quote."""
    if lead:
        short = lead_sentences(text, lead)
        short, shortened = shorten(short, max_words) if max_words else (short, False)
    else:
        parts, shortened = select(text, sentences, max_words)
        short = join_sentences(parts)
        if not fits(short, text):  # where sentences stand side by side without a space
            short = "".join(parts)
    return Summary(" ".join(short.split()), math.nan, count_words(text), 0, shortened, True, unusual)


def fits(summary: str, source: str) -> bool:
    """Tell whether a summary is one: no longer than its source, and not empty where that holds words."""
    words = count_words(source)
    return len(summary) <= len(" ".join(source.split())) and min(1, words) <= count_words(summary) <= words


def fitting(found: Sequence[Summary], source: str, sentences: int, max_words: int | None) -> list[Summary]:
    """Keep the summaries that fit; where none does, quote the source. A source without words keeps its own."""
    good = [one for one in found if fits(one.text, source)]
    if good or not count_words(source):
        return good or list(found)
    return [quote(source, None, sentences, max_words, unusual=found[0].unusual)]
