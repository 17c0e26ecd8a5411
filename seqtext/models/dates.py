"""Dates and times in an English source, and how a translation writes them."""

import re
from collections.abc import Iterator

from seqtext.models.measures import has_unit
from seqtext.models.things import Found, Thing, one_thing
from seqtext.models.written_forms import MONTHS, write_date, write_time

_SHORT_MONTHS = {month[:3]: month for month in MONTHS} | {"Sept": "September"}
_MONTH = rf"(?:{'|'.join(MONTHS)}|(?:{'|'.join(_SHORT_MONTHS)})\b\.?)"
_DAY = r"\d{1,2}(?:[–-]\d{1,2})?"
_DATE = re.compile(
    rf"\b(?:(?P<month>{_MONTH})\s(?P<day>{_DAY})(?:st|nd|rd|th)?\b(?![:.]\d|,\d{{3}}(?!\d))"
    r"(?P<between>,?\s)?(?P<year>(?<=\s)\d{4}\b)?"
    rf"|(?<!\d[.,])(?:the\s)?(?P<day2>{_DAY})(?:st|nd|rd|th)?(?:\sof)?\s(?P<month2>{_MONTH})(?!\w)"
    r"(?:,?\s(?P<year2>\d{4})\b)?"
    rf"|(?P<month3>{_MONTH}),?\s(?P<year3>\d{{4}})\b)"
)
_HALF = re.compile(r"(?<![\w.:,])(\d{1,2}(?:[:.]\d\d)?) ?([ap])\.?m\b\.?(?!\w)", re.IGNORECASE)
#: What a month without a day stands behind, and what is counted: in May 20 people, not on May 20 the people.
_NO_DAY_BEHIND = re.compile(r"\b(?:in|during|early|late|mid|last|this|next|every|each)[ -]$", re.IGNORECASE)
_COUNTED = re.compile(
    r" (?!(?:the|an?|at|in|on|and|or|to|from|for|with|by|is|was|will|has|had|as|it|he|she|we|they|you|there|this|that|"
    r"my|his|her|our|their|your|when|while|but|after|before|until|because|no|not)\b)[a-z]"
)


def dates(text: str, language: str) -> Iterator[Found]:
    """Find dates, with a month in words, and months with a year."""
    for found in _DATE.finditer(text):
        month = (found["month"] or found["month2"] or found["month3"]).rstrip(".")
        month = _SHORT_MONTHS.get(month, month)
        day, year = found["day"] or found["day2"] or "", found["year"] or found["year2"] or found["year3"] or ""
        if found["month"] and not year and _is_count(text, found):
            end = found.end("month")
            yield Found(found.start(), end, (f"{text[found.start() : end]},",))  # which is how it is read
            continue
        end = found.end()
        if found["month"] and not year:
            end -= len(found["between"] or "")
        numbers = {one: Thing("number", one, one) for one in (day, year) if one}
        parts: list[str | Thing]
        if found["month"]:
            parts = [f"{month} ", numbers[day], *(_after(", ", numbers.get(year)))]
        else:
            parts = [*_before(numbers.get(day), " "), month, *_after(" ", numbers.get(year))]
        back, typed = write_date(day, month, year, language), text[found.start() : end]
        whole = None if back is None else Thing("number", typed, back)
        if whole and not day.isdigit() and day:  # a range is never written by the translator
            parts = [whole]
        yield Found(found.start(), end, tuple(parts), whole)


def _is_count(text: str, found: re.Match[str]) -> bool:
    """Whether what stands behind a month is no day: in March 12 million people came, in May 20 people did."""
    end = found.end("day")
    if has_unit(text, end):
        return True
    if not _COUNTED.match(text, end):
        return False
    asks = found.start() == 0 and found["month"] == "May" and text.rstrip().endswith("?")  # May 5 people come in?
    return asks or _NO_DAY_BEHIND.search(text, max(0, found.start() - 10), found.start()) is not None


def _before(thing: Thing | None, sign: str) -> list[str | Thing]:
    return [thing, sign] if thing else []


def _after(sign: str, thing: Thing | None) -> list[str | Thing]:
    return [sign, thing] if thing else []


def times(text: str, language: str) -> Iterator[Found]:
    """Find times of twelve hours."""
    for found in _HALF.finditer(text):
        ends = found.end() == len(text) and found[0].endswith(".")  # of the sentence, too: one stop is enough
        span = found.start(), found.end() - 1 if ends else found.end()
        yield one_thing(span, text, "number", write_time(found[1], found[2].lower(), language))
