"""Find dates and times in an English source, with their translations."""

import re
from collections.abc import Iterator

from seqtext.models.measures import has_unit
from seqtext.models.things import Found, Thing, one_thing
from seqtext.models.written_forms import MONTHS, NUMERIC_DATE, write_date, write_time

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
_NUMERIC = re.compile(rf"(?<![\w./:+-])(?<!ersion )(?:{NUMERIC_DATE})(?![\w/-]|[.,:]\d)")
_HALF = re.compile(r"(?<![\w.:,])(\d{1,2}(?:[:.]\d\d)?) ?([ap])\.?m\b\.?(?!\w)", re.IGNORECASE)
#: Words before a month without a day, so that the figure after it counts: in May 20 people, not on May 20 the people.
_NO_DAY_AFTER = re.compile(r"\b(?:in|during|early|late|mid|last|this|next|every|each)[ -]$", re.IGNORECASE)
_COUNTED = re.compile(
    r" (?!(?:the|an?|at|in|on|and|or|to|from|for|with|by|is|was|will|has|had|as|it|he|she|we|they|you|there|this|that|"
    r"my|his|her|our|their|your|when|while|but|after|before|until|because|no|not)\b)[a-z]"
)


def dates(text: str, language: str) -> Iterator[Found]:
    """Find dates with a month in words, and months with a year.

    language: the code of the target language; a date of one that is not known is carried without its month
    """
    for match in _DATE.finditer(text):
        month = (match["month"] or match["month2"] or match["month3"]).rstrip(".")
        month = _SHORT_MONTHS.get(month, month)
        day, year = match["day"] or match["day2"] or "", match["year"] or match["year2"] or match["year3"] or ""
        if match["month"] and not year and _is_count(text, match):
            end = match.end("month")
            yield Found(match.start(), end, (f"{text[match.start() : end]},",))  # with a comma, it is read as a month
            continue
        end = match.end()
        if match["month"] and not year:
            end -= len(match["between"] or "")
        numbers = {digits: Thing("number", digits, digits) for digits in (day, year) if digits}
        parts: list[str | Thing]
        if match["month"]:
            parts = [f"{month} ", numbers[day], *(_after(", ", numbers.get(year)))]
        else:
            parts = [*_before(numbers.get(day), " "), month, *_after(" ", numbers.get(year))]
        back, typed = write_date(day, month, year, language), text[match.start() : end]
        whole = None if back is None else Thing("number", typed, back)
        if whole and not day.isdigit() and day:  # a range is never written by the translator
            parts = [whole]
        yield Found(match.start(), end, tuple(parts), whole)


def numeric_dates(text: str, language: str) -> Iterator[Found]:
    """Find dates in figures, such as 03/04/2024 or 31.12.2020.

    Which figure is the day, nobody knows: they are carried as typed.

    language: unused; `find` passes it to every finder
    """
    for match in _NUMERIC.finditer(text):
        parts = sorted(int(part) for part in re.findall(r"\d+", match[0]))[:2]  # without the year
        if 0 < parts[0] <= 12 and parts[1] <= 31:
            yield one_thing(match, text, "number")


def _is_count(text: str, match: re.Match[str]) -> bool:
    """Tell whether the figure after a month is not a day.

    In March 12 million people came, in May 20 people did.
    """
    end = match.end("day")
    if has_unit(text, end):
        return True
    if not _COUNTED.match(text, end):
        return False
    asks = match.start() == 0 and match["month"] == "May" and text.rstrip().endswith("?")  # May 5 people come in?
    return asks or _NO_DAY_AFTER.search(text, max(0, match.start() - 10), match.start()) is not None


def _before(thing: Thing | None, sign: str) -> list[str | Thing]:
    return [thing, sign] if thing else []


def _after(sign: str, thing: Thing | None) -> list[str | Thing]:
    return [sign, thing] if thing else []


def times(text: str, language: str) -> Iterator[Found]:
    """Find times of twelve hours, such as 3:45 p.m.

    language: the code of the target language
    """
    for match in _HALF.finditer(text):
        ends = match.end() == len(text) and match[0].endswith(".")  # of the sentence, too: one stop is enough
        span = match.start(), match.end() - 1 if ends else match.end()
        typed, back = text[slice(*span)], write_time(match[1], match[2].lower(), language)
        thing = Thing("number", typed, back)
        # So that p.m. is not left standing where a time must be read as text.
        yield Found(*span, (thing,), None if back.endswith(".m.") else thing)
