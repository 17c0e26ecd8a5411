"""Find English numbers in words, and write them in other languages.

A translator that has seldom read a number in words writes another one in its place, which nobody notices. num2words
writes the same words, and takes 19 ms to import: a test compares with it.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from seqtext.models.function_words import FUNCTION_WORDS
from seqtext.models.things import Found, Thing
from seqtext.models.written_forms import WORDS, write_ordinal

_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_BELOW_TWENTY = (*_ONES, *_TEENS)
_VALUES = {
    **{word: number for number, word in enumerate(_BELOW_TWENTY, 1)},
    **{word: 10 * ten for ten, word in enumerate(_TENS, 2)},
}
_FEWEST = 6  # smaller numbers are translated well, or become words such as both
#: A pattern of numbers from one to ninety-nine.
BELOW_HUNDRED = rf"(?:{'|'.join(_TENS)})(?:-(?:{'|'.join(_ONES)}))?|{'|'.join((*_TEENS, *_ONES))}"
_SPACED = BELOW_HUNDRED.replace("-", "[ -]")  # twenty five
#: A pattern of numbers from one to 999.
BELOW_THOUSAND = rf"(?:(?:a|{'|'.join(_ONES)}) hundred(?:(?: and)? (?:{_SPACED}))?|{_SPACED})"
_IN_WORDS = re.compile(
    r"(?<![\w-])(?<!hundred )(?<!thousand )(?<!hundred and )(?<!half )(?<!point )"
    rf"(?:(?:a|{BELOW_THOUSAND}) thousand(?:,? (?:and )?{BELOW_THOUSAND})?|{BELOW_THOUSAND})"
    r"(?![\w-]| (?:hundred|thousand|point)\b)",
    re.IGNORECASE,
)
#: A score such as six-four, in which no number is part of the other.
_SCORE = re.compile(
    rf"(?<![\w-])(?!(?:{'|'.join(_TENS)})-(?:{'|'.join(_ONES)})\b)({'|'.join((*_BELOW_TWENTY, *_TENS))})"
    rf"-({'|'.join((*_BELOW_TWENTY, *_TENS))})(?![\w-])",
    re.IGNORECASE,
)
_DATING = "in|since|by|from|to|of|year|early|late"  # until twenty thirty is half past eight
_TWO_DIGITS = rf"(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_ONES)}))?|{'|'.join(_TEENS)}"
#: A year after a word of time: in nineteen eighty-four, since twenty twenty, in nineteen oh-five.
_YEAR = re.compile(
    rf"(?<![\w-])(?:{_DATING}) ((sixteen|seventeen|eighteen|nineteen|twenty)"
    rf"(?:[ -](?:hundred|oh?[ -]({'|'.join(_ONES)}))|(?!-(?:{'|'.join(_TEENS)})\b)[ -]({_TWO_DIGITS})))"
    r"(?![\w-]| (?:hundred|thousand|million|billion|per)\b)",
    re.IGNORECASE,
)
_NEXT_WORD = re.compile(" ([a-z]+)")
_HOURS = (*_ONES, *_TEENS[:3])
_HALF_PAST = re.compile(
    rf"(?<![\w-])(?:half past ({'|'.join(_HOURS)})|({'|'.join(_HOURS)})-thirty)(?![\w-])", re.IGNORECASE
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
_ORDINAL = re.compile(  # a thirty-second clip takes thirty seconds
    rf"(?<![\w-])(?!(?<=\ba )\w+-second)({'|'.join(_TENS)})-({'|'.join(_ORDINALS)})( century)?(?![\w-])", re.IGNORECASE
)
#: By language, the tens from twenty on, and the numbers below.
_WRITTEN_TENS: Mapping[str, tuple[str, ...]] = {
    "de": ("zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"),
    "fr": ("vingt", "trente", "quarante", "cinquante", "soixante", "soixante", "quatre-vingt", "quatre-vingt"),
}
_SCALES: Mapping[str, tuple[str, str]] = {"de": ("hundert", "tausend"), "fr": ("cent", "mille")}
_SMALL: Mapping[str, tuple[str, ...]] = {
    "de": (
        "", "eins", *WORDS["de"].split(), "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn",
        "neunzehn",
    ),
    "fr": (
        "", "un", *WORDS["fr"].split(), "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
    ),
}  # fmt: skip


def read_words(number: str) -> int:
    """Read an English number in words, such as `numbers_in_words` finds.

    >>> read_words("Two hundred and fifty thousand"), read_words("twenty five"), read_words("a thousand and one")
    (250000, 25, 1001)
    """
    thousands = below = 0
    for word in re.findall("[a-z]+", number.lower()):
        if word == "thousand":
            thousands, below = max(below, 1), 0
        elif word == "hundred":
            below = 100 * max(below, 1)
        else:
            below += _VALUES.get(word, 0)  # a, and
    return 1000 * thousands + below


def write_words(number: int, language: str) -> str | None:
    """Write a number from 1 to 999,999 in words.

    language: a code, "de" or "fr"; returns None for another one

    >>> write_words(25, "de"), write_words(277, "fr"), write_words(25, "")
    ('fünfundzwanzig', 'deux cent soixante-dix-sept', None)
    >>> write_words(251_000, "de"), write_words(80_200, "fr")
    ('zweihunderteinundfünfzigtausend', 'quatre-vingt mille deux cents')
    """
    if language not in _WRITTEN_TENS:
        return None
    thousands, rest = divmod(number, 1000)
    hundreds, below = divmod(rest, 100)
    hundred, thousand = _SCALES[language]
    words = [_before_scale(thousands, language), thousand] if thousands else []
    words += [_before_scale(hundreds, language), hundred] if hundreds else []
    words += [_below_hundred(below, language)] if below else []
    written = ("" if language == "de" else " ").join(filter(None, words))
    return f"{written}s" if language == "fr" and hundreds > 1 and not below else written


def _before_scale(number: int, language: str) -> str:
    """Write how many hundreds or thousands there are, nothing for one: deux cent mille, hunderteintausend."""
    written = write_words(number, language) if number > 1 else None
    return re.sub(r"(?<=cent|ingt)s$|(?<=hundertein)s$", "", written or "")


def _below_hundred(number: int, language: str) -> str:
    if number < len(_SMALL[language]):
        return _SMALL[language][number]
    tens, ones = divmod(number, 10)
    ten = _WRITTEN_TENS[language][tens - 2]
    if language == "de":
        return f"{'ein' if ones == 1 else _SMALL['de'][ones]}und{ten}" if ones else ten
    ones += 10 * (tens in (7, 9))  # soixante-dix, quatre-vingt-douze
    if not ones:
        return f"{ten}s" if tens == 8 else ten
    return f"{ten}{' et ' if ones in (1, 11) and tens < 8 else '-'}{_SMALL['fr'][ones]}"


def numbers_in_words(text: str, language: str) -> Iterator[Found]:
    """Find spelled-out numbers, scores, ordinals, years and half hours.

    Numbers from six to 999,999 and ordinals from twenty-first are found. Numbers stay text unless the translation has
    another number. Ordinals are read in figures, since translators have read few in words; years are read and written
    so.

    language: the code of the target language
    """
    if language in _WRITTEN_TENS:
        yield from _years(text)
    finders = (_half_hours, _cardinals, _scores, _ordinals)
    for match, read, written in chain.from_iterable(finder(text, language) for finder in finders):
        if written:
            thing = Thing("number", match[0], written)
            yield Found(*match.span(), (read,), thing, thing)


#: What is found, what a translator reads in its place, and how it is written; None in an unknown language.
_Written = tuple[re.Match[str], str, str | None]


def _years(text: str) -> Iterator[Found]:
    """Find years, but not the numbers of: in twenty fifty dollar bills."""
    for match in _YEAR.finditer(text):
        after = _NEXT_WORD.match(text, match.end())
        if after and after[1] not in FUNCTION_WORDS and not match[1].lower().endswith("hundred"):
            continue
        year = 100 * read_words(match[2]) + read_words(match[3] or match[4] or "")
        yield Found(*match.span(1), (Thing("number", match[1], str(year)),))


def _half_hours(text: str, language: str) -> Iterator[_Written]:
    for match in _HALF_PAST.finditer(text):
        yield match, match[0], _write_half_past(read_words(match[1] or match[2]), language)


def _cardinals(text: str, language: str) -> Iterator[_Written]:
    for match in _IN_WORDS.finditer(text):
        number = read_words(match[0])
        if number >= _FEWEST and match[0].lower() not in ("a hundred", "a thousand"):  # which is many
            yield match, match[0], write_words(number, language)


def _scores(text: str, language: str) -> Iterator[_Written]:
    for match in _SCORE.finditer(text):
        sides = [write_words(read_words(number), language) for number in match.groups()]
        yield match, match[0], "-".join(filter(None, sides)) or None


def _ordinals(text: str, language: str) -> Iterator[_Written]:
    for match in _ORDINAL.finditer(text):
        ones = 1 + _ORDINALS.index(match[2].lower())
        ordinal = f"{read_words(match[1]) // 10}{ones}{_ENDINGS.get(ones, 'th')}"
        yield match, f"{ordinal}{match[3] or ''}", write_ordinal(ordinal, language, match[3] is not None)


def _write_half_past(hour: int, language: str) -> str | None:
    """Write a time in words: half past seven is half eight in German."""
    number = write_words(hour % 12 + 1 if language == "de" else hour, language)
    french = "une heure et demie" if hour == 1 else f"{number} heures et demie"
    return {"de": f"halb {number}", "fr": french}.get(language)
