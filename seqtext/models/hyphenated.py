"""Find English amounts with hyphens, and put them after their noun.

A 10-kilometre race stays English in a translation, and a 10-year-old boy sings with kings. Behind their noun the same
amounts are words that a translator has learnt: a race of 10 kilometres, a boy of 10 years.
"""

import re
from collections.abc import Iterator

from seqtext.models.function_words import FUNCTION_WORDS
from seqtext.models.number_words import BELOW_HUNDRED, read_words, write_words
from seqtext.models.things import Found, Thing
from seqtext.models.written_forms import write_number

_NUMBER = (
    rf"(?:(?:two|three|four|five|six|seven|eight|nine)-)?hundred|{BELOW_HUNDRED}|\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?"
)
_FEWEST = 6  # smaller numbers in words come through
#: The thirty-second day is the 32nd, but a thirty-second clip takes thirty seconds.
_ORDINAL = r"(?<![Aa] )(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-second"
_PLURALS = {"foot": "feet", "inch": "inches", "person": "people", "storey": "floors", "story": "floors"}
_UNITS = (
    "second|minute|hour|day|week|month|year|metre|meter|kilometre|kilometer|centimetre|centimeter|mile|foot|inch|litre|"
    "liter|gallon|pound|kilogram|kilo|ton|tonne|euro|dollar|degree|page|word|door|room|bedroom|seat|person|storey|story|"
    "star|night"
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
_FOLLOWING = re.compile(r" ?(\w*)")
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
        if noun in _NOUNS or (noun and noun not in FUNCTION_WORDS and alone and not _VERB.search(noun)):
            named = noun
        elif (
            match["old"]
            and alone
            and _DETERMINER.search(text[max(0, match.start("number") - 6) : match.start("number")])
        ):  # a verb comes, or nothing: the 10-year-old sings
            named, end = "child" if _is_small(match["number"]) else "person", match.start("noun") - 1 if noun else end
        else:
            continue
        unit = match["unit"] if match["number"] in ("1", "one") else _PLURALS.get(match["unit"], f"{match['unit']}s")
        article = f"{match['article'][0]}{'n' * (named[0] in 'aeiou')} " if match["article"] else ""
        yield Found(match.start(), end, (f"{article}{named} of ", _number(match["number"], language), f" {unit}"))


def _number(typed: str, language: str) -> str | Thing:
    if typed[0].isdigit():
        return Thing("number", typed, write_number(typed, language, decimal=True))
    written = write_words(read_words(typed), language) if read_words(typed) >= _FEWEST else None
    return Thing("number", typed, written) if written else typed


def _ends_phrase(text: str, index: int) -> bool:
    """Tell whether no further noun follows: the text ends, or a sign or a function word comes."""
    following = _FOLLOWING.match(text, index)
    return following is None or not following[1] or following[1].lower() in FUNCTION_WORDS


def _is_small(number: str) -> bool:
    return (float(number.replace(",", "")) if number[0].isdigit() else read_words(number)) < 14
