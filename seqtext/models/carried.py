"""Find figures, amounts, dates, codes, addresses and placeholders to carry over.

A figure that rules the grammar beside it stays text at first: a lone 1, 20th, 1990s.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, partial

from seqtext.masks import Masks
from seqtext.models.dates import dates, numeric_dates, times
from seqtext.models.hyphenated import hyphenated
from seqtext.models.large_numbers import large_numbers, scales_without_number
from seqtext.models.measures import NUMBER, SIGN, SIGNS, TENS, has_unit, measures, with_unit
from seqtext.models.number_words import numbers_in_words
from seqtext.models.salutations import salutations
from seqtext.models.source_text import EMOJI_SIGN, SMILEY
from seqtext.models.things import Finder, Found, Thing, one_thing
from seqtext.models.written_forms import write_amount, write_number, write_ordinal


def find(text: str, language: str, names: Finder | None = None, terms: Finder | None = None) -> list[Found]:
    """Find the stretches of an English text that a translation carries over.

    language: the code of the target language, or "" where it is not known; names, terms: find further things, names
    after addresses and terms, since a word of these is not a name
    returns stretches in order, without overlaps
    """
    words = partial(numbers_in_words, language=language)
    greeting = partial(salutations, language=language) if names else None
    large = partial(large_numbers, language=language)
    scales = partial(scales_without_number, language=language)
    finders: list[Finder | None] = [terms, greeting, large, words, names, scales]
    if _MAY_HOLD.search(text):  # few sentences do
        figures = [
            partial(kind, language=language)
            for kind in (
                dates,
                hyphenated,
                numeric_dates,
                _phones,
                _amounts,
                times,
                measures,
                _numbered,
                _ordinal_compounds,
                _ranges,
                _codes,
                _numbers,
            )
        ]
        signs = partial(_relations, language=language)
        finders = [
            _strange,
            _addresses,
            _placeholders,
            _smileys,
            signs,
            terms,
            greeting,
            large,
            *figures,
            words,
            _emoji,
            _brackets,
            names,
            scales,
        ]
    taken: list[Found] = []
    holds = bytearray(len(text))
    for finder in filter(None, finders):
        for stretch in finder(text):
            if holds.find(1, stretch.start, stretch.end) < 0:
                taken.append(stretch)
                holds[stretch.start : stretch.end] = b"\1" * (stretch.end - stretch.start)
    return sorted(taken)


_MAY_HOLD = re.compile(r"[^a-zA-Z\s,;!?'\".-]|\w\.\w?|--|(?:[a-z]|\b)[a-z][A-Z]|[a-z]-[a-z]{3}")
_CENTS = r"\d{1,3}(?:\.\d{3})*,\d\d(?!\d)"  # 1.299,00 and 12,50, as others than the English write amounts
_STRANGE = re.compile("[\ue000-\uf8ff\ufffd\U000f0000-\U0010fffd]+")
_ADDRESS = re.compile(r"@|://|\w\.\w")
_PLACEHOLDER = re.compile(
    r"\{{2,3}[^{}\n]{1,60}\}{2,3}|\{%[^{}\n]{1,60}%\}|[$#%]\{[^{}\n]{0,60}\}"
    r"|\{\w{1,40},\s?(?:plural|select|selectordinal),(?:[^{}]|\{[^{}]{0,200}\}){1,600}\}"  # a message with cases
    r"|\{(?:\s?[\w.$|?-]{1,40}(?:\[[^\]{}\n]{0,40}\]){0,3}(?:![rsa])?(?::[^{}\n]{0,20})?"
    r"(?:,\s?(?:number|date|time|spellout|ordinal|duration)(?:,[^{}\n]{0,40})?)?\s?"
    r"|(?:(?!(?:and|or)\b)[\w'-]{1,20} ){1,3}(?!(?:and|or)\b)[\w'-]{1,20})?\}"  # {first name}, not {apples, pears}
    r"|%\([A-Za-z_]\w{0,40}\)[-+0#]{0,3}\d{0,3}(?:\.\d{1,3})?[sdifgrxXuc]"
    r"|(?<![\d%])%(?:\d{1,2}\$)?[-+0#]{0,3}\d{0,3}(?:\.\d{1,3})?(?:l{0,2}[sdifgxXuc]|@)(?![A-Za-z])"
    r"|</?[A-Za-z][\w:.-]{0,30}(?:\s{1,20}(?!(?:and|or|is|then)\b)[\w:@.'-]{1,40}"  # a tag, not a <b and c> d
    r"(?:\s?=\s?(?:\"[^\"<>\n]{0,200}\"|'[^'<>\n]{0,200}'|[^\s\"'<>=]{1,200}))?){0,20}\s?/?>"
    r"|&#?\w{2,8};|\$[A-Z][A-Z_]{1,40}\b|%[A-Z_]{2,40}%"
)
_AMOUNT = re.compile(
    rf"(?<![\w$€£])(?<!\d[.,])(?:(?P<sign>{SIGN})\s?(?P<number>{_CENTS}|{NUMBER})(?P<size>(?:k|K|m|M|bn|b|B|tn)\b)?"
    rf"(?P<tens>\s(?:{TENS})\b)?|(?P<number2>{_CENTS}|{NUMBER})\s?(?P<sign2>[€£$]))(?![\w$€£]|[.,-]\d)"
)
_TIME_OR_NUMBER = rf"(\d{{1,2}}:\d\d|{NUMBER})"
_RANGE = re.compile(rf"(?<![\w.,:–-]){_TIME_OR_NUMBER}([–-]){_TIME_OR_NUMBER}(?![\w–-]|[.,:]\d)")
_FIGURE = re.compile(
    r"(?<![\w.,])\d{1,3}(?: \d{3})+(?!\w|[.,]\d)"
    rf"|(?<![\w.,])(?:(?<!\S)[-−+])?(?:{NUMBER}(?:[.,:]\d+)*|\d+(?:[.,:]\d+)+)(?!\w|'s\b)"
    r"|(?<![\w.,])\d*[¼-¾⅐-⅞](?!\d)"
)
_LETTERED = re.compile(r"(?<![\w.,])(\d+)(?=-[a-z]{2})")  # 10-year-old
_SMILEY = re.compile(rf"(?<!\S){SMILEY}")
_RELATION = "(?:<->|[<>]=?|[!=]=|[-=]>|<-|[≤≥≠≈←→])"
_OPERAND = rf"(?:[A-Za-z]|[-−]?{NUMBER})"
_COMPARISON = re.compile(
    rf"(?<![\w<>.,'’/$€£-]){_OPERAND}(?:(?:\s{_RELATION}\s|{_RELATION}){_OPERAND})+(?![\w%°'’]|[.,-]\w)"
)
_BOUND = re.compile(rf"(?<!\S)(?P<sign>[<>]=?|[≤≥≈])\s(?P<number>{NUMBER})(?!\w|[.,]\d)")
_LONE_SIGN = re.compile(rf"(?<!\S)(?:{_RELATION}|<<|>>)(?!\S)")
_BRACKET = re.compile(r"[][(){}<>]")
_EMOJI = re.compile(rf"[\U0001f1e6-\U0001f1ff]{{2}}|{EMOJI_SIGN}")
_ORDINAL = re.compile(r"(?<![\w.,-])(\d+(?:st|nd|rd|th)\b)(?!-\w)(\s[Cc]entury\b)?")
_ORDINAL_COMPOUND = re.compile(r"(?<![\w.,-])(?P<ordinal>\d+(?:st|nd|rd|th))-(?P<noun>[A-Za-z]+)(?![\w-]|'\w)")
#: Nouns of ordinal compounds (a 3rd-floor flat), in German and French, with the French ordinal of the first.
_RANKED: Mapping[str, tuple[str, str, str]] = {
    "century": ("Jahrhundert", "siècle", "1er"),
    "class": ("Klasse", "classe", "1re"),
    "degree": ("Grad", "degré", "1er"),
    "edition": ("Auflage", "édition", "1re"),
    "floor": ("Stock", "étage", "1er"),
    "generation": ("Generation", "génération", "1re"),
    "grade": ("Klasse", "classe", "1re"),
    "level": ("Stufe", "niveau", "1er"),
    "place": ("Platz", "place", "1re"),
    "row": ("Reihe", "rangée", "1re"),
    "year": ("Jahr", "année", "1re"),
}
#: Compounds that mean something else than the figure says, and are words that translators know.
_IDIOMS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "1st": ("first", ("aid", "class", "hand", "rate")),
    "2nd": ("second", ("hand", "rate")),
    "3rd": ("third", ("party", "rate", "world")),
}
#: Abbreviations before a figure, in German and French.
_BEFORE_FIGURE: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("no", "nos"), ("Nr.", "n°")),
    **dict.fromkeys(("p", "pp"), ("S.", "p.")),
    **dict.fromkeys(("fig", "figs"), ("Abb.", "fig.")),
    "vol": ("Bd.", "vol."),
    **dict.fromkeys(("ch", "chap"), ("Kap.", "chap.")),
}
_NUMBERED = re.compile(
    rf"(?<![\w.-])(?P<word>(?i:{'|'.join(_BEFORE_FIGURE)}))\.\s?"
    rf"(?P<figure>{NUMBER}(?:[–-]{NUMBER})?[a-z]?)(?![\w–-]|[.,]\d)(?!%|\s(?:{TENS}|per ?cent)\b)"
)
#: No. 5 people came: an answer, and a sentence.
_ANSWER = re.compile(
    r"(?:^|[,;:!?.\"“])\s?(?P<no>No)\.\s\d+\s(?!(?:is|was|has|had|will|in|of|on|and|or|to|at|for|from|with)\b)[a-z]"
)
#: What shows that no. before a figure is no answer, though a word comes after: bus no. 5 is late.
_NUMBERED_THING = re.compile(
    r"\b(?:the|world|article|apartment|box|building|bus|cabin|candidate|case|cell|chapter|coach|concerto|door|episode|"
    r"exercise|exhibit|exit|figure|flat|form|gate|house|invoice|issue|item|lane|lesson|line|lot|model|opus|order|page|"
    r"part|piece|platform|player|plot|question|room|route|rule|seat|section|street|suite|suspect|symphony|table|"
    r"terminal|ticket|track|train|tram|unit|volume|witness) $",
    re.IGNORECASE,
)
_ANSWERED = re.compile(r"\b(?:oh|say|says|said|answered|replied),? [\"“]?$", re.IGNORECASE)
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
    r"|[0-9A-Fa-f:]{0,40}::[0-9A-Fa-f:]{0,40}[0-9A-Fa-f]|\w{1,80}(?:::\w{1,80}){1,9}"  # 2001:db8::1, std::string
    r"|\d{1,4}(?:\((?:\d{1,3}|[A-Za-z]|[ivx]{1,4})\)){1,5}|\d{1,2}'\d{1,2}(?:\"|'')?"  # 5(2)(a), 6'2"
    rf"|[\w-]+(?:\.[\w-]+)*\.(?:{_EXTENSIONS})(?:\.\d+)*"
    r"|[#@](?=\w*[A-Za-z_])\w+"
    r"|\w{0,80}[A-Za-z0-9]_\w{1,80}(?:[.-]\w{1,80}){0,9}|[A-Za-z]{0,80}[a-z]{2}[A-Z]\w{0,80}"
    r"|[a-z][A-Z]\w{0,80}"  # eBay
    r"|[A-Za-z0-9]+(?:[-/:._+–][A-Za-z0-9]+)*"  # those that hold a digit and more
    r")(?<![.:/_+-])(?![\w])"
)
#: What makes a code of a word without a digit.
_MARKED = re.compile(rf"^[/~.#@]|^--|_|::|\\|\(\)$|[a-z]{{2}}[A-Z]|\.(?:{_EXTENSIONS})(?:\.\d+)*$")
_ONE_SMALL = re.compile(r"[a-z][A-Z][A-Za-z]*$")
#: Words with a digit that are translated: 20th, 1990s, mid-1990s, 10-year-old.
_UNCODED = re.compile(r"\d+(?:st|nd|rd|th|s)(?:-[a-z-]+)?|(?:mid|pre|post|early|late|non|ex)-\d+s?|\d+-[a-z-]{2,}")


def _strange(text: str) -> Iterator[Found]:
    """Characters that could be taken for stand-ins, or for damage."""
    return (one_thing(found, text, "character") for found in _STRANGE.finditer(text))


def _addresses(text: str) -> list[Found]:
    if not _ADDRESS.search(text):
        return []
    return [one_thing((start, end), text, kind) for kind, start, end in _masks("url", "email").find(text)]


def _brackets(text: str) -> Iterator[Found]:
    """Find brackets, which stay text; one that is lost changes what belongs together."""
    for match in _BRACKET.finditer(text):
        yield Found(*match.span(), (match[0],), kept=Thing("character", match[0], match[0]))


def _relations(text: str, language: str) -> Iterator[Found]:
    """Find comparisons of variables (a < b), figures with their sign (< 5), and signs that stand alone."""
    yield from (one_thing(match, text, "code") for match in _COMPARISON.finditer(text))
    for match in _BOUND.finditer(text):
        sign, found = text[match.start() : match.start("number")], with_unit(text, match.span("number"), language)
        thing = next((part for part in found.parts if isinstance(part, Thing)), None)
        if thing is None:  # < 1 h
            yield one_thing(match, text, "number")
        else:
            thing = thing._replace(text=sign + thing.text, back=sign + thing.back)
            yield found._replace(start=match.start(), parts=(thing, *found.parts[1:]))
    yield from (one_thing(match, text, "character") for match in _LONE_SIGN.finditer(text))


def _phones(text: str, language: str) -> list[Found]:
    if sum(map(str.isdigit, text)) < 7:
        return []
    return [one_thing((start, end), text, "code") for _, start, end in _masks("phone").find(text)]


@cache
def _masks(*kinds: str) -> Masks:
    return Masks(kinds)


def _placeholders(text: str) -> Iterator[Found]:
    return (one_thing(found, text, "placeholder") for found in _PLACEHOLDER.finditer(text))


def _emoji(text: str) -> Iterator[Found]:
    return (one_thing(found, text, "emoji") for found in _EMOJI.finditer(text)) if not text.isascii() else iter(())


def _smileys(text: str) -> Iterator[Found]:
    return (one_thing(found, text, "emoji") for found in _SMILEY.finditer(text))


def _amounts(text: str, language: str) -> Iterator[Found]:
    for match in _AMOUNT.finditer(text):
        sign, number = match["sign"] or match["sign2"], match["number"] or match["number2"]
        if match["tens"]:  # $5 million is read as 5 million dollars
            thing = Thing("number", number, write_number(number, language, decimal=True))
            yield Found(*match.span(), (thing, f"{match['tens']} {SIGNS[sign[-1]]}"))
        else:
            back = write_amount(sign, number, language)
            typed = match["size"] or back == sign + number  # $5bn, or a language of which nothing is known
            yield one_thing(match, text, "number", match[0] if typed else back)


def _numbered(text: str, language: str) -> Iterator[Found]:
    """Find figures after an abbreviation: no. 5, pp. 12-15."""
    if language not in ("de", "fr"):
        return
    answers = {match.start("no") for match in _ANSWER.finditer(text)}
    for match in _NUMBERED.finditer(text):
        if match.start() not in answers and not _is_answer(match):
            figure = re.sub(NUMBER, lambda number: write_number(number[0], language), match["figure"])
            word = _BEFORE_FIGURE[match["word"].lower()][language == "fr"]
            yield one_thing(match, text, "number", f"{word}\u00a0{figure}")


def _is_answer(match: re.Match[str]) -> bool:
    """Tell whether a no in small letters before a figure may be an answer that ends a sentence.

    He said no. 5 minutes later he left.
    """
    before = match.string[max(0, match.start() - 20) : match.start()]
    if match["word"] != "no" or _NUMBERED_THING.search(before):
        return False
    return re.match(r"\s[a-z]", match.string[match.end() : match.end() + 2]) is not None or bool(
        _ANSWERED.search(before)
    )


def _ordinal_compounds(text: str, language: str) -> Iterator[Found]:
    """Find ordinals joined to a word: a 3rd-class coach, the 5th-largest city.

    A known noun is carried with its ordinal. Other words are read after a space, as a translator has learnt them.
    """
    for match in _ORDINAL_COMPOUND.finditer(text):
        ordinal, noun = match["ordinal"], match["noun"].lower()
        written = write_ordinal(ordinal, language)
        word, idioms = _IDIOMS.get(ordinal, ("", ()))
        if written and noun in idioms:
            yield Found(*match.span(), (f"{word}-{noun}",))
        elif written and noun in _RANKED:
            yield one_thing(match, text, "number", _write_ranked(ordinal, noun, language))
        else:
            kept = Thing("number", ordinal, written or ordinal)
            yield Found(*match.span("ordinal"), (ordinal,), kept if written else None, kept)
            if written:
                yield Found(match.end("ordinal"), match.start("noun"), (" ",))


def _write_ranked(ordinal: str, noun: str, language: str) -> str:
    """Write an ordinal before a noun of `_RANKED`, in German with the hyphen of a compound: 3.-Klasse-Wagen."""
    german, french, first = _RANKED[noun]
    if language == "de":
        return f"{write_ordinal(ordinal, language)}-{german}"
    if noun == "century":
        return str(write_ordinal(ordinal, language, century=True))
    return f"{first if ordinal == '1st' else write_ordinal(ordinal, language)} {french}"


def _ranges(text: str, language: str) -> Iterator[Found]:
    for match in _RANGE.finditer(text):
        beside = has_unit(text, match.end())
        low, high = (write_number(match[group], language, beside) for group in (1, 3))
        yield one_thing(match, text, "number", f"{low}{match[2]}{high}")


def _codes(text: str, language: str) -> Iterator[Found]:
    for match in _CODE.finditer(text):
        code = match[0]
        figure = re.fullmatch(rf"{NUMBER}|\d{{1,2}}[:.]\d\d", code) is not None
        if _ONE_SMALL.match(code):  # text where the translator copies it, as its word may be inflected: mes eBooks
            thing = Thing("code", code, code)
            yield Found(*match.span(), (code,), thing, thing)
        elif not figure and not _UNCODED.fullmatch(code) and (_MARKED.search(code) or any(map(str.isdigit, code))):
            yield one_thing(match, text, "number" if re.fullmatch(r"[\d–/-]+", code) else "code")


def _numbers(text: str, language: str) -> Iterator[Found]:
    for match in _FIGURE.finditer(text):
        if match[0] == "1":
            continue
        back = write_number(match[0], language, has_unit(text, match.end()))
        yield one_thing(match, text, "number", back)
    for match in _LETTERED.finditer(text):
        yield one_thing(match, text, "number")
    for match in _ORDINAL.finditer(text):
        ordinal = write_ordinal(match[1], language, match[2] is not None)
        kept = Thing("number", match[1], ordinal or match[1])
        yield Found(*match.span(), (match[0],), kept._replace(text=match[0]) if ordinal else None, kept)
    for match in _DECADE.finditer(text):
        yield Found(*match.span(), (match[0],), kept=Thing("number", match[0], match[1]))
