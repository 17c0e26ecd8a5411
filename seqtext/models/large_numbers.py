"""Find English billions and trillions, and write them in other languages.

A billion is a Milliarde in German, a trillion a Billion; French has milliard and billion. Translators have seldom read
either word, but often millions: they read millions in its place. Beside a number, which is carried over with its scale,
`mend_millions` removes them; elsewhere ("several billion people") `restore_scale` makes them billions again.
"""

import re
from collections.abc import Iterator, Mapping

from seqtext.models.measures import NUMBER, SIGN, SIGNS
from seqtext.models.number_words import BELOW_THOUSAND, read_words, write_words
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
#: Without a number before it, and in no code or address.
_ALONE = re.compile(
    r"(?<![\w.@#/\\-])(?:multi-?)?(?P<scale>billion|trillion)(?=(?:s|aires?)?(?![\w@/\\]|\.\w))", re.IGNORECASE
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
#: Million, Millionen, Millionär, millionnaire, but those that follow a number's stand-in.
_ANSWERED = re.compile(
    r"(?<![\ue000-\ue01f][ \u00a0])(?<![^\W_])(?P<multi>(?:multi-?)?)(?P<million>million)(?P<more>en|är|st|fach|n|)",
    re.IGNORECASE,
)
_MILLION = re.compile(r"\bmillion(?:en|s)?\b", re.IGNORECASE)
_NAMED = ("$", "US$", "€", "£", "¥")  # translators have read the names of these currencies
_FORMS = "|".join(sorted({form for _, scales in _SCALES.values() for forms in scales.values() for form in forms[:2]}))
_WITH_MILLIONS = re.compile(rf"\b((?:{_FORMS})(?:\u00a0{_MONEY})?) million(?:en|s)?\b", re.IGNORECASE)
_ONE_MILLION = re.compile(r"(?<![\w.,])1 million(?:en|s)\b", re.IGNORECASE)
_DATIVE = re.compile(r"\b(aus|bei|mit|nach|seit|von|vor|zu) eine (halbe )?(Milliarde|Billion)\b", re.IGNORECASE)
_OF_SOME = re.compile(r"\b(de )des (?=(?:milliards|billions)\b)", re.IGNORECASE)
#: French translators write d' euros and d'éuros after millions.
_EUROS = re.compile(r"\bd' ?[eé]uros\b", re.IGNORECASE)
_OF = {"euros": " d'"}  # the only one that begins with a vowel; " de " before the others
_BEFORE_CURRENCY = re.compile(
    r"\b((?:million|milliard|billion)s?) (?:de )?(euros|dollars|livres|yens?|roupies|roubles|wons?)\b", re.IGNORECASE
)


def large_numbers(text: str, language: str) -> Iterator[Found]:
    """Find billions and trillions in figures or words, with any currency.

    Billions without a number are among them only where `scales_without_number` cannot find them.

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
    for match in _MANY.finditer(text) if not any(scales_without_number(text, language)) else ():
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


def scales_without_number(text: str, language: str) -> Iterator[Found]:
    """Find billions without a number, to be read as millions.

    Trillions likewise. In a text with millions, or with both scales, nothing is found: they could not be told apart in
    the answer.

    language: the code of the target language; nothing is found for an unknown one
    """
    if language not in _SCALES or "illion" not in text.lower() or "million" in text.lower():
        return
    numbers = {match.end() for match in _LARGE.finditer(text)}
    matches = [match for match in _ALONE.finditer(text) if match.end() not in numbers]
    if len({match["scale"].lower() for match in matches}) == 1:
        for match in matches:
            yield Found(*match.span("scale"), (_cased("million", match["scale"]),), scale=match["scale"].lower())


def restore_scale(answer: str, scale: str, language: str) -> str:
    """Replace millions by billions or trillions.

    answer: with stand-ins; scale: billion or trillion

    >>> restore_scale("Ein paar Millionen Jahre", "billion", "de"), restore_scale("un millionnaire", "billion", "fr")
    ('Ein paar Milliarden Jahre', 'un milliardaire')
    """

    def restored(match: re.Match[str]) -> str:
        more = match["more"]
        if scale == "trillion":
            word = "billion"
        elif language == "fr":
            word, more = "milliard", more[:-1]  # millionnaire, milliardaire
        else:
            word = "milliard" if more else "milliarde"
        return match["multi"] + _cased(word, match["million"]) + more

    return _ANSWERED.sub(restored, answer)


def count_millions(answer: str) -> int:
    """Count the millions in an answer that `restore_scale` would replace."""
    return len(_ANSWERED.findall(answer))


def _cased(word: str, like: str) -> str:
    """Copy the capitals of one word to another."""
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
        text = _EUROS.sub("d'euros", _OF_SOME.sub(r"\1", text))
        text = _BEFORE_CURRENCY.sub(lambda found: found[1] + _OF.get(found[2].lower(), " de ") + found[2], text)
    return text
