"""How languages write figures, amounts and dates, and whether a text holds one of an English source.

An English figure is written as the target language writes it where nothing else can be meant: commas between groups of
three (1,000 would be one in German), and decimals beside a unit or a currency. 3.11 alone may be a version, and stays.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

#: By language, what stands between groups of three digits and before decimals; a language without an entry writes as
#: the source does.
_SEPARATORS: Mapping[str, tuple[str, str]] = {"de": (".", ","), "fr": ("\u202f", ",")}
#: English months in other languages.
MONTHS: Mapping[str, Mapping[str, str]] = {
    month: {"de": german, "fr": french}
    for month, german, french in (
        ("January", "Januar", "janvier"),
        ("February", "Februar", "février"),
        ("March", "März", "mars"),
        ("April", "April", "avril"),
        ("May", "Mai", "mai"),
        ("June", "Juni", "juin"),
        ("July", "Juli", "juillet"),
        ("August", "August", "août"),
        ("September", "September", "septembre"),
        ("October", "Oktober", "octobre"),
        ("November", "November", "novembre"),
        ("December", "Dezember", "décembre"),
    )
}
_GROUPED = re.compile(r"(\d{1,3}(?:,\d{3})+)(?:\.(\d+))?")
_DECIMAL = re.compile(r"(\d+)\.(\d+)")
_GAP = "[ \u00a0\u202f]"
_BETWEEN_GROUPS = "[.,'’ \u00a0\u202f]?"
_HOURS = rf"(?:[:.]|{_GAP}?(?:h|Uhr|heures?){_GAP}?)"


def write_number(text: str, language: str, decimal: bool = False) -> str:
    """Write an English figure as a language does, where that is certain.

    decimal: whether what stands after a full stop is decimals, since a unit or a currency is beside it

    >>> write_number("12,500.5", "de"), write_number("3.5", "fr", decimal=True), write_number("3.11", "de")
    ('12.500,5', '3,5', '3.11')
    """
    if language not in _SEPARATORS:
        return text
    group, point = _SEPARATORS[language]
    if found := _GROUPED.fullmatch(text):
        return found[1].replace(",", group) + (point + found[2] if found[2] else "")
    found = _DECIMAL.fullmatch(text) if decimal else None
    return f"{found[1]}{point}{found[2]}" if found else text


def write_amount(sign: str, number: str, language: str) -> str:
    """Write an amount of money; the sign stands where the language has it.

    >>> write_amount("$", "12.90", "de"), write_amount("$", "12.90", "")
    ('12,90\\xa0$', '$12.90')
    """
    if language not in _SEPARATORS:
        return sign + number
    return f"{write_number(number, language, decimal=True)}\u00a0{sign}"


def write_date(day: str, month: str, year: str, language: str) -> str | None:
    """Write a date with the month's name; None in a language whose months are not known. day, year: may be empty.

    >>> write_date("1", "May", "1999", "fr"), write_date("12", "May", "", "de")
    ('1er mai 1999', '12. Mai')
    """
    name = MONTHS[month].get(language)
    if name is None:
        return None
    first = {"de": f"{day}.", "fr": "1er" if day == "1" else day}[language] if day else ""
    return " ".join(part for part in (first, name, year) if part)


#: By language, what a preposition becomes before a date with its day; "" stands for any other word.
_BEFORE_DATE: Mapping[str, Mapping[str, str]] = {
    "de": {
        **dict.fromkeys(("auf", "an", "in", "im", "um", "zu", "bei"), "am"),
        **{one: f"{one} dem" for one in ("vor", "nach", "seit", "ab")},
        "bis": "bis zum", "von": "vom",
    },
    "fr": {
        **dict.fromkeys(("sur", "en", "dans", "à", "au"), "le"),
        **{one: f"{one} le" for one in ("avant", "après", "depuis", "dès", "pour", "est", "était")},
        "jusqu'à": "jusqu'au", "de": "du",
    },
}  # fmt: skip


def mend_date(text: str, date: str, language: str) -> str:
    """Write a date that a text holds in another form, such as the English one, and the preposition before it.

    date: as `write_date` gives it

    >>> mend_date("Auf Mai 4, 1999 regnete es.", "4. Mai 1999", "de")
    'Am 4. Mai 1999 regnete es.'
    """
    day, _, rest = date.partition(" ")
    words = _BEFORE_DATE.get(language, {})
    if not words or not day[0].isdigit():
        return text
    number, (month, *year) = day.rstrip(".er"), rest.split(" ")
    typed = "".join(rf",? {one}" for one in year)
    text = re.sub(rf"(?<!\d)(?:{number}(?:\.|er)? {month}|{month} {number}){typed}(?!\d)", date, text)

    def mended(found: re.Match[str]) -> str:
        word = words[found[1].lower()]
        return f"{word[0].upper() if found[1][0].isupper() else word[0]}{word[1:]} "

    return re.sub(rf"(?<![\w'])({'|'.join(words)}) (?={re.escape(date)})", mended, text, flags=re.IGNORECASE)


def count_number(number: str, answer: str) -> int:
    """Count how often a figure stands in a text, whatever separates its digits; never as a part of a longer one.

    >>> count_number("1,257.5", "1.257,5 oder 1257,5, nicht 11.257,5"), count_number("10:30", "um 10 Uhr 30")
    (2, 1)
    """
    return len(_pattern(number).findall(answer))


def _loosely(character: str) -> str:
    """A pattern of a character of a figure: separators of decimals are alike, a space before a unit may be missing."""
    if character in ".,":
        return "[.,]"
    if character.isspace():
        return f"{_GAP}?"
    return re.escape(character) if character.isalnum() else f"{_GAP}?{re.escape(character)}"


@lru_cache(4096)
def _pattern(number: str) -> re.Pattern[str]:
    if grouped := _GROUPED.fullmatch(number):
        form = _BETWEEN_GROUPS.join(grouped[1].split(",")) + (f"[.,]{grouped[2]}" if grouped[2] else "")
    elif re.fullmatch(r"\d{1,2}:\d\d", number):
        form = number.replace(":", _HOURS)
    elif re.fullmatch(r"\d+", number) and len(number) > 3:
        first = len(number) % 3
        groups = [number[:first]] * bool(first) + [number[k : k + 3] for k in range(first, len(number), 3)]
        form = _BETWEEN_GROUPS.join(groups)
    else:
        form = "".join(map(_loosely, number))
    return re.compile(rf"(?<!\d)(?<!\d[.,:]){form}(?!\d|[.,:]\d)")
