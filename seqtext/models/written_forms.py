"""Write figures, amounts and dates in a language's form; count them.

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
    """Write an English figure in another language, where that is certain.

    language: a code such as "de"; of one that is not known, the figure stays as it is

    decimal: whether what stands after a full stop is decimals, since a unit or a currency is beside it

    >>> write_number("12,500.5", "de"), write_number("3.5", "fr", decimal=True), write_number("3.11", "de")
    ('12.500,5', '3,5', '3.11')
    """
    if language not in _SEPARATORS:
        return text
    group, point = _SEPARATORS[language]
    if match := _GROUPED.fullmatch(text):
        return match[1].replace(",", group) + (point + match[2] if match[2] else "")
    match = _DECIMAL.fullmatch(text) if decimal else None
    return f"{match[1]}{point}{match[2]}" if match else text


def write_amount(sign: str, number: str, language: str) -> str:
    """Write an amount of money as the language does.

    The sign stands where the language has it.

    >>> write_amount("$", "12.90", "de"), write_amount("$", "12.90", "")
    ('12,90\\xa0$', '$12.90')
    """
    if language not in _SEPARATORS:
        return sign + number
    return f"{write_number(number, language, decimal=True)}\u00a0{sign}"


def write_date(day: str, month: str, year: str, language: str) -> str | None:
    """Write a date with the name of its month.

    day: "4" or "4-6", and year: both may be empty; month: in English
    returns None in a language whose months are not known

    >>> write_date("1", "May", "1999", "fr"), write_date("12", "May", "", "de")
    ('1er mai 1999', '12. Mai')
    """
    name = MONTHS[month].get(language)
    if name is None:
        return None
    first = {"de": f"{day.replace('–', '.–').replace('-', '.–')}.", "fr": "1er" if day == "1" else day}[language]
    first = first if day else ""
    return " ".join(piece for piece in (first, name, year) if piece)


#: A pattern of dates in figures.
NUMERIC_DATE = (
    r"(?:\d{4}-\d\d-\d\d|\d{4}/\d\d/\d\d|\d{1,2}/\d{1,2}/\d{2}(?:\d\d)?|\d{1,2}\.\d{1,2}\.\d{4}"
    r"|\d{1,2}-\d{1,2}-\d{4})"
)


def write_time(time: str, half: str, language: str) -> str:
    """Write a time of twelve hours with the part of the day.

    time: "7", "3:45" or "3.45"; half: "a" or "p"

    >>> write_time("3:45", "p", "de"), write_time("7", "p", "fr"), write_time("7", "a", "")
    ('3:45\xa0Uhr nachmittags', '7\xa0h du soir', '7 a.m.')
    """
    time = time.replace(".", ":")
    hour, exact = int(time.partition(":")[0]) % 12, ":" in time
    if half == "a":
        parts = ("nachts", "du matin") if hour < 4 else ("morgens", "du matin")
    else:
        parts = ("nachmittags", "de l'après-midi") if hour < 6 else ("abends", "du soir")
    words = {"de": f"\u00a0Uhr {parts[0]}", "fr": f"{'' if exact else chr(0xA0) + 'h'} {parts[1]}"}
    return time + words.get(language, f" {half}.m.")


#: By language, small numbers as words, from 2 on; and the stems of ordinals, from 1 on.
WORDS: Mapping[str, str] = {
    "en": "two three four five six seven eight nine ten eleven twelve",
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze",
}
_ORDINAL_STEMS: Mapping[str, str] = {
    "de": "erst zweit dritt viert fünft sechst sieb(?:en)?t acht neunt zehnt elft zwölft",
    "fr": "premi (?:deuxi|second) troisi quatri cinqui sixi septi huiti neuvi dixi onzi douzi",
}
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")


def count_words(number: str, text: str, language: str) -> int:
    """Count a small number, or an English ordinal, written in words.

    number: "2" to "12", or from "1st" on; 0 is returned for others

    >>> count_words("3", "Drei Katzen, dreißig Hunde", "de"), count_words("21st", "au XXIe siècle", "fr")
    (1, 1)
    """
    if ordinal := _ORDINAL.fullmatch(number):
        value, stems = int(ordinal[1]), _ORDINAL_STEMS.get(language, "").split()
        ways = [rf"{stems[value - 1]}\w*"] if 0 < value <= len(stems) else []
        ways += [rf"{_roman(value)}(?:e|è|ème|er|re)s?"] if language == "fr" and value < 100 else []
    else:
        words = WORDS.get(language, "").split()
        ways = [words[int(number) - 2]] if number.isdigit() and 0 <= int(number) - 2 < len(words) else []
    return len(re.findall(rf"(?<!\w)(?:{'|'.join(ways)})(?!\w)", text, re.IGNORECASE)) if ways else 0


def ordinal_digits(number: str) -> str:
    """Strip the ending of an English ordinal. Other figures stay as they are."""
    match = _ORDINAL.fullmatch(number)
    return match[1] if match else number


def _roman(number: int) -> str:
    tens = ("", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC")
    ones = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
    return tens[number // 10] + ones[number % 10]


def write_ordinal(number: str, language: str, century: bool = False) -> str | None:
    """Write an English ordinal such as 21st in another language.

    century: write the century of that number; returns None in an unknown language

    >>> write_ordinal("21st", "de"), write_ordinal("1st", "fr"), write_ordinal("21st", "")
    ('21.', '1er', None)
    >>> write_ordinal("21st", "de", century=True), write_ordinal("21st", "fr", century=True)
    ('21. Jahrhundert', 'XXIe siècle')
    """
    digits = ordinal_digits(number)
    french = digits if not century else _roman(int(digits)) if int(digits) < 100 else digits
    ending = "er" if french in ("1", "I") else "e"
    forms = {"de": f"{digits}.{' Jahrhundert' * century}", "fr": f"{french}{ending}{' siècle' * century}"}
    return forms.get(language)


def count_number(number: str, answer: str) -> int:
    """Count a figure in a text, whatever separates its digits.

    A longer figure that contains it does not count.

    >>> count_number("1,257.5", "1.257,5 oder 1257,5, nicht 11.257,5"), count_number("10:30", "um 10 Uhr 30")
    (2, 1)
    """
    return len(_pattern(number).findall(answer))


def _loosely(character: str) -> str:
    """Make a pattern for a character of a figure.

    Separators of decimals are alike, and a space before a unit may be missing.
    """
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
    return re.compile(rf"(?<!\w)(?<!\d[.,:]){form}(?!\d|[.,:]\d)")
