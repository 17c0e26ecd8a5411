"""Find amounts, times and dates in texts, with what is not parted from their figures.

A translator puts $5.50 back as 5,50 $, and 10:30 pm as 10:30 Uhr abends: marks stand around all of it, or none. The
same amount is known in both texts by its digits.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from seqtext.models.measures import SHARED_UNITS, SIGN
from seqtext.models.written_forms import MONTHS, write_time


def _any_of(words: set[str]) -> str:
    """Make a pattern of words, the longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_NUMBER = r"\d+(?:[.,:'’\u00a0\u202f]\d+| \d{3}(?!\d))*"
_GAP = r"[ \u00a0\u202f]?"
_SCALE = r"hundred|thousand|(?:[Mm]ill|[Bb]ill|[Tt]rill)ion(?:en|s)?|[Mm]illiard(?:en?|s)?"
_CURRENCY = (
    r"(?:de |d['’])?(?:[Dd]ollars?|[Ee]uros?|Pfund|pounds|livres|[Yy]en|yens|Rupien|rupees|roupies|Won|wons?|Rubel|"
    r"roubles)"
)
#: A time of each part of the day, without its hour, as `write_time` writes it.
_PART_OF_DAY = _any_of(
    {
        write_time(time, half, language).removeprefix(time)
        for language in ("de", "fr")
        for half in "ap"
        for time in ("1", "1:00", "8", "8:00")
    }
)
_AFTER = (
    rf"{_GAP}(?:{SIGN}|[%‰]|°[CF]?)|{_GAP}(?:{SHARED_UNITS})(?![\w'])| (?:{_CURRENCY})\b|{_PART_OF_DAY}"
    rf"|{_GAP}(?:[AaPp]\.[Mm]\.|[Pp][Mm]\b|[Aa][Mm]\b(?! [A-ZÄÖÜ]))"  # not 5 am Tag
    r"|[\u00a0\u202f][^\W\d]\w*"  # whatever else a no-break space joins
)
_MONTH = rf"(?:{_any_of({*MONTHS, *(name for names in MONTHS.values() for name in names.values())})})\b"
_DAY = r"\d{1,2}(?:\.?[–-]\d{1,2})?"
_DATE = (
    rf"{_DAY}(?:\.|st|nd|rd|th|er)? (?:of )?{_MONTH}(?:,? \d{{4}}\b)?"
    rf"|{_MONTH} (?:{_DAY}(?:st|nd|rd|th)?(?![\w:]|[.,]\d)(?:,? \d{{4}}\b)?|\d{{4}}\b)"
)
_AMOUNT = re.compile(
    rf"(?<!\d)(?<!\d[.,:])(?:(?P<date>{_DATE})"
    rf"|(?P<sign>{SIGN}{_GAP})?(?P<number>{_NUMBER})(?P<scale>{_GAP}(?:{_SCALE})\b)?"
    # $20 $30: the second sign is not that of the first figure.
    rf"(?(sign)|(?P<after>{_AFTER})?))"
)
_FIGURE = re.compile(rf"(?<!\d)(?<!\d[.,:])({_NUMBER})(?:[ \u00a0\u202f-]?\w+)?")
_SIGN = re.compile(rf"{SIGN}|[%‰°]")


class Amount(NamedTuple):
    """Hold the position of an amount, a time or a date in a text, and its digits."""

    start: int
    end: int
    digits: str


def amounts(text: str, start: int = 0, end: int | None = None) -> Iterator[Amount]:
    """Find amounts, times and dates; a figure alone is none.

    start, end: where in the text to look

    >>> [text[one.start : one.end] for text in ["Um 9\\u00a0Uhr morgens kostet es $20 $30."] for one in amounts(text)]
    ['9\\xa0Uhr morgens', '$20', '$30']
    """
    for match in _AMOUNT.finditer(text, start, len(text) if end is None else end):
        if match["date"] or match["sign"] or match["scale"] or match["after"]:
            yield Amount(*match.span(), re.sub(r"\D", "", match["date"] or match["number"]))


def figures(text: str) -> Iterator[Amount]:
    """Find figures, each with the word after it, which may be a unit."""
    return (Amount(*match.span(), re.sub(r"\D", "", match[1])) for match in _FIGURE.finditer(text))


def amount_span(amount: str, answer: str, start: int, end: int) -> tuple[int, int] | None:
    """Find an amount in an answer, with its symbol on either side.

    amount: one amount, time or date, with nothing else; start, end: where in the answer to look
    returns the span; None for what is not an amount, or does not stand there exactly once

    >>> amount_span("$1,200.50", "Das kostet 1.200,50 $.", 0, 22)
    (11, 21)
    """
    typed = next(amounts(amount), None)
    if typed is None or (typed.start, typed.end) != (0, len(amount)):
        return None
    same = [one for one in amounts(answer, start, end) if one.digits == typed.digits]
    if len(same) > 1:  # 5 € is not $5
        signs = set(_SIGN.findall(amount))
        same = [one for one in same if signs and signs <= set(_SIGN.findall(answer[one.start : one.end]))]
    return (same[0].start, same[0].end) if len(same) == 1 else None
