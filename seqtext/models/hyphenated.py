"""Find English amounts with hyphens, and put them after their noun.

A 10-kilometre race stays English in a translation, and a 10-year-old boy sings with kings. Behind their noun the same
amounts are words that a translator has learnt: a race of 10 kilometres, a boy of 10 years.
"""

import re
from collections.abc import Iterator

from seqtext.models.function_words import FUNCTION_WORDS
from seqtext.models.measures import with_unit
from seqtext.models.number_words import BELOW_HUNDRED, read_words, write_words
from seqtext.models.things import Found, Thing
from seqtext.models.written_forms import write_number, write_ordinal

_NUMBER = (
    rf"(?:(?:two|three|four|five|six|seven|eight|nine)-)?hundred|{BELOW_HUNDRED}|\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?"
)
_FEWEST = 6  # smaller numbers in words come through
#: The thirty-second day is the 32nd, but a thirty-second clip takes thirty seconds.
_ORDINAL = r"(?<![Aa] )(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-second"
_ABBREVIATED = {"sec": "second", "min": "minute", "h": "hour", "hr": "hour", "wk": "week", "yr": "year", "ft": "foot"}
_PLURALS = {"foot": "feet", "inch": "inches", "person": "people", "storey": "floors", "story": "floors"}
_UNITS = (
    "second|minute|hour|day|week|month|year|metre|meter|kilometre|kilometer|centimetre|centimeter|mile|foot|inch|litre|"
    "liter|gallon|pound|kilogram|kilo|ton|tonne|euro|dollar|degree|page|word|door|room|bedroom|seat|person|storey|"
    f"story|star|night|{'|'.join(_ABBREVIATED)}"
)
_AMOUNT = re.compile(
    rf"(?:\b(?P<article>[Aa]n?) )?(?<![\w.,$€£-])(?<!hundred )(?<!hundred and )(?!{_ORDINAL})"
    rf"(?P<number>{_NUMBER})-(?P<unit>{_UNITS})(?P<old>-old)?"
    r"(?: (?P<noun>[a-z]{3,20}))?(?![\w-]|['’])"
)
_MEASURED = """
agreement apartment baby ban boat book bottle boy boys break breaks bridge brother building call car cat child
children church climb company concert contract course daughter deal delay delays dog drive essay exam film flat
flight friend game girl girls hole holiday hotel house interview journey kid kids lecture lesson letter loan man
match meeting men mother movie novel pass plan play pool programme project pupil pupils race report ride road
room run sentence shift sister son song sons speech stay student students table tank tour tree trip truck turn
twins vacation video visit wait walk wall war week wife woman women workout
"""
#: Nouns that are certain to be what is measured, whatever comes after.
_NOUNS = frozenset(_MEASURED.split())
_HELPED = ("de", "fr")
#: An amount before its unit: a 20 kg bag.
_BEFORE_UNIT = re.compile(r"\b(?P<article>[Aa]n?) (?P<number>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(?=[ -]?[^\W\d])")
_NOUN = re.compile(r" (?P<noun>[a-z]{3,20})(?![\w-]|['’])")
#: A 19th-century house, but not a late 19th-century house, in which it is the century that is late.
_CENTURY = re.compile(
    r"(?:\b(?P<article>[Aa]n?) )?(?<![\w.,-])(?<!(?i:early|later) )(?<!(?i:late) )(?<!(?i:mid) )"
    r"(?P<century>(?P<part>(?:mid|early|late)-)?(?P<ordinal>\d{1,2}(?:st|nd|rd|th))(?P<sign>[ -])[Cc]entury) "
    r"(?P<noun>(?:[A-Z][a-z]{1,20} )?[A-Za-z]{3,20})(?![\w-]|['’])"
)
_MID_CENTURY = re.compile(r"(?<=\bthe )(?P<part>mid-)(?P<century>(?P<ordinal>\d{1,2}(?:st|nd|rd|th)) [Cc]entury)\b")
_PARTS = {
    "de": {"mid-": "middle of the ", "early-": "early ", "late-": "late "},
    "fr": {"mid-": "middle of the ", "early-": "beginning of the ", "late-": "end of the "},
}
_FOLLOWING = re.compile(r" ?(\w*)")
#: What shows that a word was an adjective, and its noun is yet to come: red and white house.
_GOING_ON = re.compile(
    r"(?:,| and| or) (?:(?:very|quite|rather|too|so|almost|nearly|still|well) )?(?P<one>[\w'’-]+) (?P<other>[\w'’-]+)"
)
_DETERMINER = re.compile(r"\b(?:the|an?|this|that|my|your|his|her|our|their|one|every|each) \Z", re.IGNORECASE)
_VERB = re.compile(r"(?:s|ed)$")


def hyphenated(text: str, language: str) -> Iterator[Found]:
    """Find amounts with hyphens before a noun, such as "a 5-minute walk".

    language: the code of the target language; nothing is found for one but "de" and "fr", where it is known to help
    """
    if language not in _HELPED:
        return
    for match in _AMOUNT.finditer(text):
        noun, end = match["noun"] or "", match.end()
        alone = noun in FUNCTION_WORDS or _ends_phrase(text, end)
        if _is_measured(noun, text, end):
            named = noun
        elif (
            match["old"]
            and alone
            and _DETERMINER.search(text[max(0, match.start("number") - 6) : match.start("number")])
        ):  # a verb comes, or nothing: the 10-year-old sings
            named, end = "child" if _is_small(match["number"]) else "person", match.start("noun") - 1 if noun else end
        else:
            continue
        unit = _ABBREVIATED.get(match["unit"], match["unit"])
        unit = unit if match["number"] in ("1", "one") else _PLURALS.get(unit, f"{unit}s")
        named = _with_article(match["article"], named)
        yield Found(match.start(), end, (f"{named} of ", _number(match["number"], language), f" {unit}"))
    yield from _with_units(text, language)
    yield from _of_centuries(text, language)


def _with_units(text: str, language: str) -> Iterator[Found]:
    """Find amounts with a unit that is no word: a 10 min walk, and in French also a 20 kg bag.

    German has the latter before the noun, too.
    """
    for match in _BEFORE_UNIT.finditer(text):
        amount = with_unit(text, match.span("number"), language)
        if amount.end == match.end() or (isinstance(amount.parts[-1], Thing) and language == "de"):
            continue
        noun = _NOUN.match(text, amount.end)
        if noun and _is_measured(noun[1], text, noun.end()):
            yield Found(match.start(), noun.end(), (f"{_with_article(match['article'], noun[1])} of ", *amount.parts))


def _of_centuries(text: str, language: str) -> Iterator[Found]:
    """Find what is of a century, such as a 19th-century house, and the mid-19th century."""
    for match in _CENTURY.finditer(text):
        noun = match["noun"]
        # With a space it may be another phrase: in the 19th century art flourished.
        is_one = match["sign"] == "-" or match["article"]
        if is_one and noun not in FUNCTION_WORDS and _ends_phrase(text, match.end()):
            named = _with_article(match["article"], noun)
            named = named[0].upper() + named[1:] if match.start("century") == 0 else named
            yield _of_century(match, f"{named} of the ", language)
    for match in _MID_CENTURY.finditer(text):
        yield _of_century(match, "", language)


def _of_century(match: re.Match[str], before: str, language: str) -> Found:
    """Read a century after some words; in German, which inflects it, it is not carried."""
    ordinal, part = match["ordinal"], _PARTS[language].get(match["part"] or "", "")
    if language == "de":
        kept = Thing("number", ordinal, str(write_ordinal(ordinal, language)))
        return Found(*match.span(), (f"{before}{part}{ordinal} century",), kept=kept)
    thing = Thing("number", match["century"], str(write_ordinal(ordinal, language, century=True)))
    return Found(*match.span(), (before + part, thing))


def _is_measured(noun: str, text: str, end: int) -> bool:
    """Tell whether a word is certain to be the noun that an amount before it measures.

    end: the index after the word
    """
    if noun in _NOUNS:
        return True
    return bool(noun) and noun not in FUNCTION_WORDS and _ends_phrase(text, end) and not _VERB.search(noun)


def _with_article(article: str | None, noun: str) -> str:
    return f"{article[0]}{'n' * (noun[0].lower() in 'aeiou')} {noun}" if article else noun


def _number(typed: str, language: str) -> str | Thing:
    if typed[0].isdigit():
        return Thing("number", typed, write_number(typed, language, decimal=True))
    written = write_words(read_words(typed), language) if read_words(typed) >= _FEWEST else None
    return Thing("number", typed, written) if written else typed


def _ends_phrase(text: str, index: int) -> bool:
    """Tell whether no further noun follows: the text ends, or a sign or a function word comes."""
    more = _GOING_ON.match(text, index)
    if more and not {more["one"].lower(), more["other"].lower()} & FUNCTION_WORDS:
        return False
    following = _FOLLOWING.match(text, index)
    return following is None or not following[1] or following[1].lower() in FUNCTION_WORDS


def _is_small(number: str) -> bool:
    return (float(number.replace(",", "")) if number[0].isdigit() else read_words(number)) < 14
