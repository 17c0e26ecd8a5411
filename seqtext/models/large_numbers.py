"""Find English billions and trillions, and write them in other languages.

A billion is a Milliarde in German, a trillion a Billion; French has milliard and billion. Translators have seldom read
either word, but often millions: they read millions in its place. Beside a number, which is carried over with its scale,
`mend_millions` removes them; elsewhere ("several billion people") `read_as_millions` makes them billions again.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial

from seqtext.models.measures import NUMBER, SIGN, SIGNS
from seqtext.models.number_words import BELOW_THOUSAND, read_words, write_words
from seqtext.models.source_text import Prepared
from seqtext.models.things import Found, Thing
from seqtext.models.written_forms import write_number

_FIGURE = rf"(?:\d{{1,3}}(?:[ \u00a0\u202f]\d{{3}})+|{NUMBER})"
_MONEY = rf"(?:{SIGN}|\b(?:USD|EUR|GBP|JPY|CHF|CNY|INR|AUD|CAD)\b)"  # codes are written back as typed
_LARGE = re.compile(
    rf"(?<![\w.,/$€£])(?<!\w-)(?<![\d$€£]–)(?P<minus>(?:(?<!\S)[-−+])?)(?:(?P<sign>{_MONEY})\s?)?"
    rf"(?:(?P<half>half a|a half)|(?P<low>(?:{NUMBER}[–-]{SIGN}?)?)(?P<figure>{_FIGURE})|(?P<words>a|{BELOW_THOUSAND}))"
    r"(?P<more> and a half)?(?:\s{1,4}|(?<=\d)-)(?P<scale>billion|trillion)(?![\w-])",
    re.IGNORECASE,
)
_ANY = re.compile(
    r"(?<![^\W_])(?P<multi>multi)?(?P<scale>billion|trillion)(?P<more>s|aires?)?(?![^\W_])", re.IGNORECASE
)
_MANY = re.compile(r"(?<![\w-])(?P<scale>billion|trillion)s(?![\w-])", re.IGNORECASE)
#: By language, the word for one, and by English scale: singular, plural, and half of one.
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
#: By language and English scale, what becomes of the beginning of Million, Millionen, Millionär, millionnaire.
_RESCALED: Mapping[str, Mapping[str, list[tuple[str, str]]]] = {
    "de": {
        "billion": [("million(?=en|är)", "milliard"), ("million", "milliarde")],
        "trillion": [("million", "billion")],
    },
    "fr": {
        "billion": [("millionn?", "milliard")],
        "trillion": [("million", "billion")],
    },
}
_MILLION = re.compile(r"\bmillion(?:en|s)?\b", re.IGNORECASE)
_NAMED = ("$", "US$", "€", "£", "¥")  # translators have read the names of these currencies
_FORMS = "|".join(sorted({form for _, scales in _SCALES.values() for forms in scales.values() for form in forms[:2]}))
_WITH_MILLIONS = re.compile(rf"\b((?:{_FORMS})(?:\u00a0{_MONEY})?) million(?:en|s)?\b", re.IGNORECASE)
_ONE_MILLION = re.compile(r"(?<![\w.,])1 million(?:en|s)\b", re.IGNORECASE)
_DATIVE = re.compile(r"\b(aus|bei|mit|nach|seit|von|vor|zu) eine (halbe )?(Milliarde|Billion)\b", re.IGNORECASE)
_ELIDED = re.compile(r"\b(d|qu|jusqu|lorsqu|puisqu)e (?=un (?:demi-)?(?:milliard|billion)\b)", re.IGNORECASE)
_OF_SOME = re.compile(r"\b(de )des (?=(?:milliards|billions)\b)", re.IGNORECASE)
_EUROS = re.compile(r"\bd' ?[eé]uros\b", re.IGNORECASE)
_OF = {"euros": " d'"}  # the only one that begins with a vowel; " de " before the others
_BEFORE_CURRENCY = re.compile(
    r"\b((?:million|milliard|billion)s?) (?:de )?(euros|dollars|livres|yens?|roupies|roubles|wons?)\b", re.IGNORECASE
)


def large_numbers(text: str, language: str) -> Iterator[Found]:
    """Find billions and trillions in figures or words, with any currency.

    language: the code of the target language; nothing is found for an unknown one
    """
    if language not in _SCALES or "illion" not in text.lower():
        return
    for match in _LARGE.finditer(text):
        sign, written = match["sign"] or "", _written(match, language)
        number = match["minus"] + text[match.end("sign") if sign else match.end("minus") : match.end()].strip()
        if sign and sign not in _NAMED:
            yield Found(*match.span(), (Thing("number", number, f"{written}\u00a0{sign}"), " million"))
        else:
            money = f" {SIGNS[sign[-1]]}" if sign else ""
            yield Found(*match.span(), (Thing("number", number, written), f" million{money}"))
    for match in _MANY.finditer(text):
        several = _SCALES[language][1][match["scale"].lower()][1]
        thing = Thing("number", match[0], f"des {several}" if language == "fr" else several)
        yield Found(*match.span(), (thing, " millions"))


def _written(match: re.Match[str], language: str) -> str:
    """Write a number of billions or trillions."""
    one, scales = _SCALES[language]
    single, several, half = scales[match["scale"].lower()]
    if match["half"]:
        return half
    if match["words"]:
        count = read_words(match["words"]) or 1
        if match["more"]:  # 1,5 Milliarden, 1,5 milliard
            return f"{count},5 {single if count == 1 and language == 'fr' else several}"
        words = re.sub("(?<=ein)s$", "e", str(write_words(count, language)))
        return f"{one} {single}" if count == 1 else f"{words} {several}"
    figure = match["minus"] + write_number(match["figure"], language, decimal=True)
    if low := match["low"].rstrip("".join(SIGNS)):
        return f"{write_number(low[:-1], language, decimal=True)}{low[-1]}{figure} {several}"
    is_single = match["figure"] == "1" or (language == "fr" and float(re.sub(r"[,\s]", "", match["figure"])) < 2)
    return f"{figure} {single if is_single else several}"


def read_as_millions(source: Prepared, language: str) -> Prepared:
    """Replace billions by millions, and millions by billions in the answer.

    Those beside a number stay, which is carried over with them. Where the source has a million itself, nothing changes.

    language: the code of the target language

    >>> text, back = read_as_millions(Prepared("A few billion years", str), "de")
    >>> text, back("Ein paar Millionen Jahre")
    ('A few million years', 'Ein paar Milliarden Jahre')
    """
    text = source.text
    if language not in _SCALES or "illion" not in text.lower() or _MILLION.search(text):
        return source
    numbers = [match.span() for match in _LARGE.finditer(text)]
    alone = [one for one in _ANY.finditer(text) if not any(start < one.end() <= end for start, end in numbers)]
    scales = {one["scale"].lower() for one in alone}
    if len(scales) != 1:
        return source
    (scale,) = scales
    read = text
    for one in reversed(alone):
        read = read[: one.start("scale")] + _cased("million", one["scale"]) + read[one.end("scale") :]

    def back(answer: str) -> str:
        for million, written in _RESCALED[language][scale]:
            answer = re.sub(million, partial(_in_place_of, written), answer, flags=re.IGNORECASE)
        return source.back(answer)

    return Prepared(read, back)


def _in_place_of(written: str, found: re.Match[str]) -> str:
    return _cased(written, found[0])


def _cased(word: str, like: str) -> str:
    """Write a word in capitals, or its first letter, as another is written."""
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[:1].isupper() else word


def has_more_millions(answer: str, source: str) -> bool:
    """Tell whether an answer has more millions than its source."""
    return len(_MILLION.findall(answer)) > len(_MILLION.findall(source))


def mend_millions(text: str, language: str) -> str:
    """Remove millions beside carried numbers, and correct the words around.

    >>> mend_millions("3,2 Milliarden Millionen Menschen", "de"), mend_millions("Milliards millions d'euros", "fr")
    ('3,2 Milliarden Menschen', "Milliards d'euros")
    >>> mend_millions("1 Millionen Menschen", "de"), mend_millions("40 millions euros, 2 milliards dollars", "fr")
    ('1 Million Menschen', "40 millions d'euros, 2 milliards de dollars")
    """
    if "illi" not in text:
        return text
    text = _ONE_MILLION.sub(lambda one: one[0].removesuffix("s").removesuffix("en"), _WITH_MILLIONS.sub(r"\1", text))
    if language == "de":
        text = _DATIVE.sub(lambda found: f"{found[1]} einer {'halben ' * bool(found[2])}{found[3]}", text)
    if language == "fr":
        text = _EUROS.sub("d'euros", _ELIDED.sub(r"\1'", _OF_SOME.sub(r"\1", text)))
        text = _BEFORE_CURRENCY.sub(lambda found: found[1] + _OF.get(found[2].lower(), " de ") + found[2], text)
    return text
