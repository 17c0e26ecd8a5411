"""What a translation carries over instead of translating it: figures, amounts, dates, codes, addresses, placeholders.

A figure that rules the grammar beside it stays text at first: a lone 1, 20th, 1990s.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from typing import NamedTuple

from seqtext.masks import Masks
from seqtext.models.source_text import EMOJI_SIGN
from seqtext.models.written_forms import (
    MONTHS,
    count_number,
    ordinal_digits,
    write_amount,
    write_date,
    write_number,
    write_ordinal,
    write_time,
)


class Thing(NamedTuple):
    """Something that a translation carries over."""

    kind: str  # one of `flags.KINDS`
    text: str  # in the source
    back: str  # in the translation

    def count(self, answer: str) -> int:
        """Count how often it stands intact in a text."""
        if self.kind == "number":
            if self.back != self.text and (digits := ordinal_digits(self.text)) != self.text:
                return count_number(digits, answer) - _count(self.text, self.kind, answer)  # 21st is English
            return max(count_number(self.text, answer), count_number(self.back, answer))
        forms = {self.back} if self.kind == "term" else {self.text, self.back}
        return max(_count(form, self.kind, answer) for form in forms)


class Found(NamedTuple):
    """A stretch of a source with things to carry.

    parts: what a translator reads in its place, with a stand-in for each thing; whole: all of it as one thing, where
    it can be written without the translator, as the translation of `parts` must be, too, unless `kept` says how else it
    may come through; kept: what stays text in `parts` and must come through all the same
    """

    start: int
    end: int
    parts: tuple["str | Thing", ...]
    whole: Thing | None = None
    kept: Thing | None = None


def kind_of_stand_in(parts: Iterable["str | Thing"]) -> str:
    """Give the kind of stand-in that things are carried by: names for what is inflected as one, else figures."""
    return "names" if any(isinstance(one, Thing) and one.kind in ("name", "term") for one in parts) else "figures"


Finder = Callable[[str], Iterable[Found]]


def find(text: str, language: str, names: Finder | None = None, terms: Finder | None = None) -> list[Found]:
    """Find what a translation into a language carries over, in order; nothing of it overlaps.

    language: "de", or "" where it is not known; names, terms: find further things, names last
    """
    finders: list[Finder | None] = [terms, names]
    if _MAY_HOLD.search(text):  # few sentences do
        figures = [
            partial(one, language=language) for one in (_dates, _phones, _amounts, _times, _ranges, _codes, _numbers)
        ]
        finders = [_strange, _addresses, _placeholders, terms, *figures, _emoji, names]
    taken: list[Found] = []
    holds = bytearray(len(text))
    for finder in filter(None, finders):
        for one in finder(text):
            if holds.find(1, one.start, one.end) < 0:
                taken.append(one)
                holds[one.start : one.end] = b"\1" * (one.end - one.start)
    return sorted(taken)


_MAY_HOLD = re.compile(r"[^a-zA-Z\s,;!?'\"().-]|\w[.(]\w?|--|[a-z]{2}[A-Z]")
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_SHORT_MONTHS = {month[:3]: month for month in MONTHS} | {"Sept": "September"}
_MONTH = rf"(?:{'|'.join(MONTHS)}|(?:{'|'.join(_SHORT_MONTHS)})\b\.?)"
_DAY = r"\d{1,2}(?:[–-]\d{1,2})?"
_SIGNS = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen", "₹": "rupees", "₩": "won", "₽": "roubles"}
_SIGN = f"(?:US|CA|AU|NZ|HK|C|A)?[{''.join(_SIGNS)}]"
_TENS = r"hundred|thousand|million|billion|trillion"
_UNIT = re.compile(
    r"\s?(?:%|‰|°|€|\$|£|per ?cent\b|percent\b|[kcm]?m\b|[km]?g\b|lbs?\b|oz\b|km/h\b|mph\b|[KMGT]i?B\b|[kMG]?Hz\b|"
    rf"(?:kW|ml|{_TENS}|miles?|kilos?|(?:kilo|centi|milli)?met(?:re|er)s?|(?:kilo|milli)?grams?|lit(?:re|er)s?|tons?|tonnes?|"
    r"hours?|minutes?|seconds?|days?|weeks?|months?|years?|degrees|inch(?:es)?|feet|pounds|[Dd]ollars|[Ee]uros?|times|points?)\b)"
)
#: Symbols that languages share.
_SYMBOL = re.compile(r"\s?(?:[kcmµn]?m[²³]?|[kmµ]?g|km/h|°[CF]?|[KMGT]i?B|[kMG]?Hz|[kM]?Wh?|m?l|dB)(?![\w'])")
_STRANGE = re.compile("[\ue000-\uf8ff\ufffd\U000f0000-\U0010fffd]+")
_ADDRESS = re.compile(r"@|://|\w\.\w")
_PLACEHOLDER = re.compile(
    r"\{\{[^{}\n]{1,60}\}\}|[$#%]?\{[^{}\n]{0,60}\}|%\([A-Za-z_]\w{0,40}\)[-+0#]{0,3}\d{0,3}(?:\.\d{1,3})?[sdifgrxXuc]"
    r"|(?<![\d%])%(?:\d{1,2}\$)?[-+0#]{0,3}\d{0,3}(?:\.\d{1,3})?(?:l{0,2}[sdifgxXuc]|@)(?![A-Za-z])"
    r"|</?[A-Za-z][\w-]{0,20}(?:\s[^<>\n]{0,300})?/?>|&#?\w{2,8};|\$[A-Z][A-Z_]{1,40}\b|%[A-Z_]{2,40}%"
)
_DATE = re.compile(
    rf"\b(?:(?P<month>{_MONTH})\s(?P<day>{_DAY})(?:st|nd|rd|th)?\b(?![:.]\d|,\d{{3}}(?!\d))"
    r"(?P<between>,?\s)?(?P<year>(?<=\s)\d{4}\b)?"
    rf"|(?<!\d[.,])(?:the\s)?(?P<day2>{_DAY})(?:st|nd|rd|th)?(?:\sof)?\s(?P<month2>{_MONTH})(?!\w)"
    r"(?:,?\s(?P<year2>\d{4})\b)?"
    rf"|(?P<month3>{_MONTH}),?\s(?P<year3>\d{{4}})\b)"
)
_AMOUNT = re.compile(
    rf"(?<![\w$€£])(?:(?P<sign>{_SIGN})\s?(?P<number>{_NUMBER})(?P<size>(?:k|K|m|M|bn|b|B|tn)\b)?"
    rf"(?P<tens>\s(?:{_TENS})\b)?|(?P<number2>{_NUMBER})\s?(?P<sign2>[€£$]))(?![\w$€£]|[.,-]\d)"
)
_HALF = re.compile(r"(?<![\w.:,])(\d{1,2}(?:[:.]\d\d)?) ?([ap])\.?m\b\.?(?!\w)", re.IGNORECASE)
_RANGE = re.compile(rf"(?<![\w.,–-])({_NUMBER})([–-])({_NUMBER})(?![\w–-]|[.,]\d)")
_FIGURE = re.compile(
    r"(?<![\w.,])\d{1,3}(?: \d{3})+(?!\w|[.,]\d)"
    rf"|(?<![\w.,])(?:(?<!\S)[-−+])?(?:{_NUMBER}(?:[.,:]\d+)*|\d+(?:[.,:]\d+)+)(?!\w|'s\b)"
    r"|(?<![\w.,])\d*[¼-¾⅐-⅞]"
)
_LETTERED = re.compile(r"(?<![\w.,])(\d+)(?=-[a-z]{2})")  # 10-year-old
_EMOJI = re.compile(rf"[\U0001f1e6-\U0001f1ff]{{2}}|{EMOJI_SIGN}")
_ORDINAL = re.compile(r"(?<![\w.,-])(\d+(?:st|nd|rd|th)\b(?!-))(\s[Cc]entury\b)?")
_DECADE = re.compile(r"(?<![\w.,])(?:mid-)?(\d{3}0)'?s(?!\w)")
_EXTENSIONS = (
    "txt|pdf|png|jpe?g|gif|svg|webp|py|js|ts|css|html?|xml|json|ya?ml|toml|csv|tsv|md|rst|docx?|xlsx?|pptx?|odt|zip|gz|"
    "xz|bz2|zst|tar|tgz|exe|dll|so|sh|bat|cpp|hpp|rs|go|java|jar|php|rb|sql|log|ini|cfg|conf|db|iso|mp[34]|wav|avi|mov|"
    "ogg|epub|parquet"
)
_CODE = re.compile(
    r"(?<![\w@/\\.-])(?:"
    r"--[a-z][\w-]*"
    r"|(?<![+~])(?:~|\.{1,2})?(?:/[\w.+~-]+)+/?|[A-Z]:\\[\w\\.-]+"  # paths
    r"|[A-Za-z_]\w{0,80}(?:\.\w{1,80}){0,9}\(\)"  # calls
    rf"|[\w-]+(?:\.[\w-]+)*\.(?:{_EXTENSIONS})(?:\.\d+)*"
    r"|[#@](?=\w*[A-Za-z_])\w+"
    r"|\w{0,80}[A-Za-z0-9]_\w{1,80}(?:[.-]\w{1,80}){0,9}|[A-Za-z]{0,80}[a-z]{2}[A-Z]\w{0,80}"
    r"|[A-Za-z0-9]+(?:[-/:._+–][A-Za-z0-9]+)*"  # those that hold a digit and more
    r")(?<![.:/_+-])(?![\w])"
)
#: What makes a code of a word without a digit.
_MARKED = re.compile(rf"^[/~.#@]|^--|_|\\|\(\)$|[a-z]{{2}}[A-Z]|\.(?:{_EXTENSIONS})(?:\.\d+)*$")
#: Words with a digit that are translated: 20th, 1990s, mid-1990s, 10-year-old.
_UNCODED = re.compile(r"\d+(?:st|nd|rd|th|s)(?:-[a-z-]+)?|(?:mid|pre|post|early|late|non|ex)-\d+s?|\d+-[a-z-]{2,}")


def _one(found: re.Match[str] | tuple[int, int], text: str, kind: str, back: str | None = None) -> Found:
    start, end = found if isinstance(found, tuple) else found.span()
    typed = text[start:end]
    return Found(start, end, (Thing(kind, typed, typed if back is None else back),))


def _strange(text: str) -> Iterator[Found]:
    """Characters that could be taken for stand-ins, or for damage."""
    return (_one(found, text, "character") for found in _STRANGE.finditer(text))


def _addresses(text: str) -> list[Found]:
    if not _ADDRESS.search(text):
        return []
    return [_one((start, end), text, kind) for kind, start, end in _masks("url", "email").find(text)]


def _phones(text: str, language: str) -> list[Found]:
    if sum(map(str.isdigit, text)) < 7:
        return []
    return [_one((start, end), text, "code") for _, start, end in _masks("phone").find(text)]


@cache
def _masks(*kinds: str) -> Masks:
    return Masks(kinds)


def _placeholders(text: str) -> Iterator[Found]:
    return (_one(found, text, "placeholder") for found in _PLACEHOLDER.finditer(text))


def _emoji(text: str) -> Iterator[Found]:
    return (_one(found, text, "emoji") for found in _EMOJI.finditer(text)) if not text.isascii() else iter(())


def _dates(text: str, language: str) -> Iterator[Found]:
    for found in _DATE.finditer(text):
        month = (found["month"] or found["month2"] or found["month3"]).rstrip(".")
        month = _SHORT_MONTHS.get(month, month)
        day, year = found["day"] or found["day2"] or "", found["year"] or found["year2"] or found["year3"] or ""
        if found["month"] and not year and _has_unit(text, found.end("day")):
            continue  # in March 12 million people came
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


def _before(thing: Thing | None, sign: str) -> list[str | Thing]:
    return [thing, sign] if thing else []


def _after(sign: str, thing: Thing | None) -> list[str | Thing]:
    return [sign, thing] if thing else []


def _amounts(text: str, language: str) -> Iterator[Found]:
    for found in _AMOUNT.finditer(text):
        sign, number = found["sign"] or found["sign2"], found["number"] or found["number2"]
        if found["tens"]:  # $5 million is read as 5 million dollars
            thing = Thing("number", number, write_number(number, language, decimal=True))
            yield Found(*found.span(), (thing, f"{found['tens']} {_SIGNS[sign[-1]]}"))
        else:
            back = write_amount(sign, number, language)
            typed = found["size"] or back == sign + number  # $5bn, or a language of which nothing is known
            yield _one(found, text, "number", found[0] if typed else back)


def _times(text: str, language: str) -> Iterator[Found]:
    for found in _HALF.finditer(text):
        ends = found.end() == len(text) and found[0].endswith(".")  # of the sentence, too: one stop is enough
        span = found.start(), found.end() - 1 if ends else found.end()
        yield _one(span, text, "number", write_time(found[1], found[2].lower(), language))


def _ranges(text: str, language: str) -> Iterator[Found]:
    for found in _RANGE.finditer(text):
        beside = _has_unit(text, found.end())
        low, high = (write_number(found[group], language, beside) for group in (1, 3))
        yield _one(found, text, "number", f"{low}{found[2]}{high}")


def _codes(text: str, language: str) -> Iterator[Found]:
    for found in _CODE.finditer(text):
        code = found[0]
        figure = re.fullmatch(rf"{_NUMBER}|\d{{1,2}}[:.]\d\d", code) is not None
        if not figure and not _UNCODED.fullmatch(code) and (_MARKED.search(code) or any(map(str.isdigit, code))):
            yield _one(found, text, "number" if re.fullmatch(r"[\d–/-]+", code) else "code")


def _numbers(text: str, language: str) -> Iterator[Found]:
    for found in _FIGURE.finditer(text):
        if found[0] == "1":
            continue
        back = write_number(found[0], language, _has_unit(text, found.end()))
        unit = _SYMBOL.match(text, found.end())
        span = (found.start(), unit.end()) if unit else found.span()
        yield _one(span, text, "number", back + (unit[0] if unit else ""))
    for found in _LETTERED.finditer(text):
        yield _one(found, text, "number")
    for found in _ORDINAL.finditer(text):
        ordinal = write_ordinal(found[1], language, found[2] is not None)
        kept = Thing("number", found[1], ordinal or found[1])
        yield Found(*found.span(), (found[0],), kept._replace(text=found[0]) if ordinal else None, kept)
    for found in _DECADE.finditer(text):
        yield Found(*found.span(), (found[0],), kept=Thing("number", found[0], found[1]))


def _has_unit(text: str, place: int) -> bool:
    """Whether a unit stands at a place, so that a figure before it is an amount."""
    return _UNIT.match(text, place) is not None


def _count(text: str, kind: str, answer: str) -> int:
    """How often a text stands in another, not inside a word; a name perhaps in the genitive."""
    before = r"(?<!\w)" if text[:1].isalnum() else ""
    after = ("s?" if kind == "name" else "") + (r"(?!\w)" if text[-1:].isalnum() else "")
    return len(re.findall(before + re.escape(text) + after, answer, re.IGNORECASE if kind == "term" else 0))
