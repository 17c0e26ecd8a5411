"""Find English billions and trillions, and write them in other languages.

A billion is a Milliarde in German, a trillion a Billion, and so in French. Translators have seldom read either, and
often millions: these they read, and `mend_millions` takes them out of the answer.
"""

import re
from collections.abc import Iterator, Mapping

from seqtext.models.measures import NUMBER, SIGN, SIGNS
from seqtext.models.number_words import BELOW_THOUSAND, read_words, write_words
from seqtext.models.things import Found, Thing
from seqtext.models.written_forms import write_number

_LARGE = re.compile(
    rf"(?<![\w.,$€£–-])(?:(?P<sign>{SIGN})\s?)?"
    rf"(?:(?P<half>half a)|(?P<low>(?:{NUMBER}[–-])?)(?P<figure>{NUMBER})|(?P<words>a|{BELOW_THOUSAND}))"
    r"\s(?P<scale>billion|trillion)(?![\w-])",
    re.IGNORECASE,
)
_MANY = re.compile(r"(?<![\w-])(?P<scale>billion|trillion)s(?= of\b)", re.IGNORECASE)
#: By language, the word for one, and by English scale: one, several, and half of one.
_SCALES: Mapping[str, tuple[str, Mapping[str, tuple[str, str, str]]]] = {
    "de": (
        "eine",
        {
            "billion": ("Milliarde", "Milliarden", "eine halbe Milliarde"),
            "trillion": ("Billion", "Billionen", "eine halbe Billion"),
        },
    ),
    "fr": (
        "un",
        {
            "billion": ("milliard", "milliards", "un demi-milliard"),
            "trillion": ("billion", "billions", "un demi-billion"),
        },
    ),
}
_MILLION = re.compile(r"\bmillion", re.IGNORECASE)
_PLURAL_FROM = {"de": 1.01, "fr": 2.0}  # 1,5 Milliarden, 1,5 milliard
_FORMS = "|".join(sorted({form for _, scales in _SCALES.values() for forms in scales.values() for form in forms[:2]}))
_WITH_MILLIONS = re.compile(rf"\b({_FORMS}) million(?:en|s)?\b", re.IGNORECASE)
_ONE_MILLION = re.compile(r"(?<![\w.,])1 million(?:en|s)\b", re.IGNORECASE)
_OF = {"euros": " d'"}
_BEFORE_CURRENCY = re.compile(
    r"\b((?:million|milliard|billion)s?) (euros|dollars|livres|yens?|roupies|roubles|wons?)\b", re.IGNORECASE
)


def large_numbers(text: str, language: str) -> Iterator[Found]:
    """Find billions and trillions, in figures and in words, with a currency or without.

    language: the code of the target language; nothing is found for an unknown one
    """
    if language not in _SCALES or "illion" not in text.lower():
        return
    for match in _LARGE.finditer(text):
        number = text[match.end("sign") if match["sign"] else match.start() : match.end()].strip()
        money = f" {SIGNS[match['sign'][-1]]}" if match["sign"] else ""
        yield Found(*match.span(), (Thing("number", number, _written(match, language)), f" million{money}"))
    for match in _MANY.finditer(text):
        thing = Thing("number", match[0], _SCALES[language][1][match["scale"].lower()][1])
        yield Found(*match.span(), (thing, " millions"))


def _written(match: re.Match[str], language: str) -> str:
    """Write a number of billions or trillions."""
    one, scales = _SCALES[language]
    single, several, half = scales[match["scale"].lower()]
    if match["half"]:
        return half
    if match["words"]:
        count = read_words(match["words"]) or 1
        words = str(write_words(count, language))
        return f"{one} {single}" if count == 1 else f"{re.sub('(?<=ein)s$', 'e', words)} {several}"
    figure = write_number(match["figure"], language, decimal=True)
    if match["low"]:
        return f"{write_number(match['low'][:-1], language, decimal=True)}{match['low'][-1]}{figure} {several}"
    return f"{figure} {single if float(match['figure'].replace(',', '')) < _PLURAL_FROM[language] else several}"


def has_other_millions(answer: str, source: str) -> bool:
    """Tell whether an answer has more millions than its source: one was not beside its number."""
    return len(_MILLION.findall(answer)) > len(_MILLION.findall(source))


def is_large(number: str) -> bool:
    """Tell whether a number of a source is in billions or trillions."""
    return number.lower().rstrip("s").endswith(("billion", "trillion"))


def mend_millions(text: str, language: str) -> str:
    """Take the millions that a translator has read out of its answer, and correct the words beside such numbers.

    >>> mend_millions("3,2 Milliarden Millionen Menschen", "de"), mend_millions("Milliards millions d'euros", "fr")
    ('3,2 Milliarden Menschen', "Milliards d'euros")
    >>> mend_millions("1 Millionen Menschen", "de"), mend_millions("40 millions euros, 2 milliards dollars", "fr")
    ('1 Million Menschen', "40 millions d'euros, 2 milliards de dollars")
    """
    if "illi" not in text:
        return text
    text = _ONE_MILLION.sub(lambda one: one[0].removesuffix("s").removesuffix("en"), _WITH_MILLIONS.sub(r"\1", text))
    if language == "fr":
        text = _BEFORE_CURRENCY.sub(lambda found: found[1] + _OF.get(found[2], " de ") + found[2], text)
    return text
