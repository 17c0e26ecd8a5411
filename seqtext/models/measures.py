"""Define units of English amounts, and carry amounts over with their units.

A translator reads a unit that it has seldom seen as some other word: 60 mph became 60 Mühle. So a figure and its unit
are one thing to it, in which the unit is written as the target language has it. Hours and minutes it knows in full, so
that their abbreviations are read as words; not beside another amount, to which it would add the word.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from seqtext.models.things import Found, Thing, one_thing
from seqtext.models.written_forms import write_number

#: A pattern of English figures.
NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
#: Signs of currencies with their English names, and a pattern of them.
SIGNS = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen", "₹": "rupees", "₩": "won", "₽": "roubles"}
SIGN = f"(?:US|CA|AU|NZ|HK|C|A)?[{''.join(SIGNS)}]"
TENS = r"hundred|thousand|million|billion|trillion"
_SIMPLE = (
    r"[kcdmµμn]?m[²³23]?|[kmµμ]?g|t(?![- ]?shirts?)|[cdhmµμ]?l|[cdhmµμ]?L|ha|°[CF]?|[KMGTP]i?B|kB|[kKMGT]b|[KMG]bit|"
    r"[kMGT]?Hz|[kMGT]?Wh?|[mk]?V|kVA|mA|m?Ah|k?J|MJ|k?cal|[hkM]?Pa|mbar|dBA?|lm|lx|[kM]?Ω|m?mol|Nm"
)
#: A pattern of symbols that languages share.
SHARED_UNITS = (
    rf"(?:{_SIMPLE})(?:/(?:h|s|min|{_SIMPLE}))?|[kKMG]bps|px|pt|dpi|ppi|fps|MP|ppm|ppb|bpm|hp|mmHg|psi|[mµμn]s|"
    r"(?i:mph|lb|oz|fl\.?\soz)"
)
#: English units of which other languages write others, by what is written in German and French for one and for several.
_WRITTEN: Mapping[str, Mapping[str, tuple[str, str]]] = {
    unit: {"de": (german[0], german[-1]), "fr": (french[0], french[-1])}
    for units, german, french in (
        ("ft", ("Fuß",), ("pied", "pieds")),
        ("in", ("Zoll",), ("pouce", "pouces")),
        ("yd|yds|yards", ("Yard", "Yards"), ("yard", "yards")),
        ("mi", ("Meile", "Meilen"), ("mile", "miles")),
        ("lbs", ("lb",), ("lb",)),
        ("ounce|ounces", ("Unze", "Unzen"), ("once", "onces")),
        ("gal|gallon|gallons", ("Gallone", "Gallonen"), ("gallon", "gallons")),
        ("qt|quart|quarts", ("Quart", "Quarts"), ("quart", "quarts")),
        ("pint|pints", ("Pint", "Pints"), ("pinte", "pintes")),
        ("tsp|teaspoon|teaspoons", ("Teelöffel",), ("cuillère à café", "cuillères à café")),
        ("tbsp|tablespoon|tablespoons", ("Esslöffel",), ("cuillère à soupe", "cuillères à soupe")),
        ("acre|acres", ("Acre", "Acres"), ("acre", "acres")),
        ("hectare|hectares", ("Hektar",), ("hectare", "hectares")),
        ("watt|watts", ("Watt",), ("watt", "watts")),
        ("kilowatt|kilowatts", ("Kilowatt",), ("kilowatt", "kilowatts")),
        ("megawatt|megawatts", ("Megawatt",), ("mégawatt", "mégawatts")),
        ("volt|volts", ("Volt",), ("volt", "volts")),
        ("ampere|amperes", ("Ampere",), ("ampère", "ampères")),  # amps are amplifiers, too
        ("knot|knots", ("Knoten",), ("nœud", "nœuds")),
        ("horsepower", ("PS",), ("ch",)),
        ("rpm", ("U/min",), ("tr/min",)),
        ("kph|kmh|kmph", ("km/h",), ("km/h",)),
        ("sq ft|square foot|square feet", ("Quadratfuß",), ("pied carré", "pieds carrés")),
        ("sq mi|square mile|square miles", ("Quadratmeile", "Quadratmeilen"), ("mile carré", "miles carrés")),
        ("sq m|sqm", ("m²",), ("m²",)),
        ("sq km", ("km²",), ("km²",)),
    )
    for unit in units.split("|")
}
#: Abbreviations that are read as the words of which translators know the forms.
_READ: Mapping[str, str] = {
    abbreviation: word
    for word, abbreviations in {
        "hour": "h|hr|hrs", "minute": "min|mins", "second": "s|sec|secs", "week": "wk|wks", "year": "yr|yrs",
    }.items()
    for abbreviation in abbreviations.split("|")
}  # fmt: skip
#: Symbols of these that languages share.
_SYMBOLS = {"hour": "h", "minute": "min", "second": "s"}
_KNOWN = ("de", "fr")
_SMALL_ONLY = ("in", "mi", "h", "s")  # in capitals they are other words
_GOES_ON = r"(?=\s[a-z(]|[,;:)])"  # after the full stop of an abbreviation, which does not end the sentence
#: In is a unit only before these: 5 in wide, but 5 in high schools.
_MEASURED = rf"(?=\.{_GOES_ON}|\s(?:wide|long|tall|high|deep|thick|across)(?:[.,;:!?)]|$|\s(?:and|or|by|x)\b))"


def _ways(units: tuple[str, ...]) -> str:
    return "|".join(unit.replace(" ", r"\.?\s") for unit in sorted(units, key=len, reverse=True))


_NAMES = (
    rf"(?i:{_ways(tuple(unit for unit in (*_WRITTEN, *_READ) if unit not in _SMALL_ONLY))})|mi|[hs]"
    rf"|(?:(?<=\d)|(?=in{_MEASURED}))in"
)
#: Before a unit that touches its figure, as 5km does. 5m and 5s may be something else, and 5px is code.
_LETTERS = r"(?=[^\W\d_]{2}|[°Ω])(?!(?:p[xt]|fps|[mµμn]s)\b)"
#: After a hyphen, a capital letter alone belongs to a code: seat 12-J. Before one, it belongs to a word: V-neck.
_UNIT = re.compile(
    rf"(?P<gap>\s|-(?!(?:in|s)\b|[A-Z](?![\w/]))|{_LETTERS})"
    r"(?!(?:[A-Za-z]|[A-Z]{2})-(?!(?:long|high|wide|tall|deep|thick)\b)[^\W\d_])"
    rf"(?:(?P<shared>{SHARED_UNITS})|(?P<named>{_NAMES}))(?![\w'])(?:\.{_GOES_ON})?"
)
_FIGURE = (
    r"(?:(?<!\S)[-−+])?(?:(?:\d{1,3}\s)?\d{1,3}/\d{1,3}|\d{1,3}(?: \d{3}){1,6}|\d*[¼-¾⅐-⅞]"
    rf"|{NUMBER}[–-]{NUMBER}|{NUMBER}(?:[.,]\d+)*|\d+(?:[.,]\d+)+)"
)
_MEASURE = re.compile(rf"(?<![\w.,:/–-])(?P<figure>{_FIGURE})(?={_UNIT.pattern})")
_FRACTION_SIGN = re.compile("[¼-¾⅐-⅞]")
_PRICE = re.compile(rf"{SIGN}\s?\d|\d\s?[€£$]")
#: A year, and a country, a disease or a member of parliament: in 2012 GB won.
_YEAR = re.compile(r"(?:1[5-9]\d\d|20\d\d|2100) (?![A-Z]+ to\b)[A-Z]{1,2}\b")
_DATING = re.compile(r"\b(?:in|since|by|from|until|till) $", re.IGNORECASE)
#: What shows that an s after a figure is seconds, as in 5 s or 2 min 5 s have it, but not 3 s in my name.
_BEFORE_SECONDS = re.compile(
    r"\b(?:in|for|after|within|every|each|of|at|per|about|around|approximately|roughly|exactly|nearly|almost|under|over|"
    r"only|just|than|least|most|to|by|next|first|last|another|and|or|takes?|took|taking|lasts|lasted|waits?|waited|is|"
    rf"was|before|until|\d ?(?:{_NAMES}|hours?|minutes?),?) [~≈<>]?$|[=(:~≈<>–/] ?$",
    re.IGNORECASE,
)
_AFTER_SECONDS = re.compile(r" s (?:later|earlier|ago|faster|slower|sooner|before|after)\b")
#: A figure with the singular in French; three digits behind a comma make thousands.
_BELOW_TWO = re.compile(r"[01](?:\.\d+|,\d{1,2})?|0,\d+|1?[¼-¾⅐-⅞]|1 \d+/\d+")
_NEAR = 30  # characters before a figure in which a word may belong to it
#: A unit without a figure: $5 per kg.
_PER = re.compile(rf"(?<=\bper )(?:(?P<shared>{SHARED_UNITS})|(?P<named>{_NAMES}))(?![\w'])")
_FEET_AND_INCHES = re.compile(
    rf"(?<![\w.,:/–-])(?P<feet>{NUMBER})\s?(?:ft\.?|feet|foot),?\s(?P<inches>{NUMBER})\s?"
    rf"(?:in\b(?:\.{_GOES_ON})?|inch(?:es)?\b)"
)
#: Units of stuff, to which German joins the word for it without one for of: 8 kg Mehl.
_OF_STUFF = re.compile(
    r"[kmµμ]?g|lbs?|(?:fl )?oz|ounces?|[cdhm]?l|gal(?:lons?)?|(?:q|quar)ts?|pints?|t(?:b|ea|able)?sp(?:oons?)?|"
    r"t|[kcdm]?m[²³]|[kmgtp]i?b|[kmgt]?wh|kcal|ha|hectares?|acres?"
)
_OF = re.compile(
    r"\sof(?=\s(?!(?:the|this|that|these|those|an?|my|your|his|her|its|our|their|all|it|them|us|which|whom|whose|what|"
    r"mine|yours|hers|ours|theirs|course|late)\b)[a-z])"
)
_WORDS = (
    rf"{TENS}|miles?|kilos?|(?:kilo|centi|milli)?met(?:re|er)s?|(?:kilo|milli)?grams?|lit(?:re|er)s?|tons?|tonnes?|"
    r"hours?|minutes?|seconds?|days?|weeks?|months?|years?|degrees|inch(?:es)?|feet|pounds|[Dd]ollars|[Ee]uros?|times|"
    r"points?|percentage|stars?|cups?|square|cubic|(?:kilo|mega|giga|tera)(?:bytes?|hertz)|(?:mega)?pixels?|calories"
)
_AFTER_AMOUNT = re.compile(rf"\s?(?:[%‰€$£]|per ?cent\b|(?:{SHARED_UNITS}|{_NAMES})(?!\w)|(?:{_WORDS})\b)")


def has_unit(text: str, index: int) -> bool:
    """Tell whether a unit begins at an index.

    A figure before it is an amount then.
    """
    return _AFTER_AMOUNT.match(text, index) is not None


def has_stuff(text: str, amount: str) -> bool:
    """Tell whether a text has some stuff without an article after an amount, wherever that stands: 2 kg of sugar."""
    ends = [match.end() for match in re.finditer(rf"(?<![\w.,]){re.escape(amount)}(?!\w)", text)]
    return bool(ends) and all(_OF.match(text, end) for end in ends)


class _Unit(NamedTuple):
    """Hold a unit as typed.

    gap: what stands between the figure and it; end: the index after it
    """

    name: str
    gap: str
    end: int

    @property
    def key(self) -> str:
        """Return the name by which tables know it."""
        return self.name if self.name in _SMALL_ONLY else re.sub(r"\.?\s", " ", self.name.lower())

    def written(self, is_single: bool, language: str) -> str:
        """Write it, with what stands before it."""
        gap = "-" if self.gap == "-" and language != "fr" else self.gap.replace("-", " ")
        if forms := _WRITTEN.get(self.key):
            return (gap or " ") + forms[language][not is_single]
        octets = language == "fr" and re.match(r"[kKMGTP]i?B\b", self.name)
        return gap + (self.name.replace("B", "o", 1) if octets else self.name)


def measures(text: str, language: str) -> Iterator[Found]:
    """Find figures with a unit after them: 60 mph, 1/2 kg, 5-10 min.

    language: the code of the target language; of one that is not known, only symbols that languages share are found
    """
    for match in _FEET_AND_INCHES.finditer(text) if language in _KNOWN else ():
        feet, inches = (
            write_number(match[group], language, decimal=True)
            + _Unit(unit, " ", 0).written(match[group] == "1", language)
            for group, unit in (("feet", "ft"), ("inches", "in"))
        )
        yield one_thing(match, text, "number", f"{feet} {inches}")
    for match in _PER.finditer(text):
        unit = _Unit(match["shared"] or match["named"], " ", match.end())
        if unit.key in _READ and language in _KNOWN:
            yield Found(*match.span(), (_READ[unit.key],))
        elif match["shared"] or language in _KNOWN:
            yield one_thing(match, text, "code", unit.written(True, language).strip() if language in _KNOWN else None)
    found = [*_MEASURE.finditer(text)]
    is_beside = bool(_PRICE.search(text)) or any((match["named"] or "").lower() not in _READ for match in found)
    for match in found:
        figure, before = match["figure"], text[max(0, match.start() - _NEAR) : match.start()]
        is_second = match["named"] == "s"
        if is_second and not (
            "." in figure
            or match["gap"] != " "
            or _BEFORE_SECONDS.search(before)
            or _AFTER_SECONDS.match(text, match.end())
        ):
            continue
        if not (_YEAR.match(text, match.start()) and _DATING.search(before)):
            # A French translator leaves out the hours of 1½.
            is_mixed = language == "fr" and _FRACTION_SIGN.search(figure) is not None
            yield with_unit(text, match.span("figure"), language, is_beside or is_second or is_mixed)


def with_unit(text: str, span: tuple[int, int], language: str, whole: bool = False) -> Found:
    """Carry a figure, together with the unit after it where there is one.

    span: the start and end of the figure; language: the code of the target language
    whole: whether hours, minutes and seconds are carried as symbols, not read as words: beside another amount, a
    translator puts the word there
    """
    (start, end), figure = span, text[slice(*span)]
    beside = has_unit(text, end)
    back = re.sub(r"[\d.,]+", lambda number: write_number(number[0], language, beside), figure)
    match = _UNIT.match(text, end)
    if match is None or (match["named"] and language not in _KNOWN):
        return one_thing(span, text, "number", back)
    unit = _Unit(match["shared"] or match["named"], match["gap"], match.end())
    if whole and _READ.get(unit.key) in _SYMBOLS:
        symbol = unit._replace(name=_SYMBOLS[_READ[unit.key]], gap=unit.gap or " ")
        return Found(start, unit.end, (Thing("number", text[start : unit.end], back + symbol.written(True, language)),))
    if word := _READ.get(unit.key):
        # a lone 1 stays text
        word = f"-{word}" if unit.gap == "-" else f" {word}{'s' * (not _is_single(figure, 'en'))}"
        return Found(start, unit.end, (f"1{word}",) if figure == "1" else (Thing("number", figure, back), word))
    of_stuff = _OF.match(text, unit.end) if language == "de" and _OF_STUFF.fullmatch(unit.key) else None
    thing = Thing("number", text[start : unit.end], back + unit.written(_is_single(figure, language), language))
    return Found(start, of_stuff.end() if of_stuff else unit.end, (thing,))


def _is_single(figure: str, language: str) -> bool:
    """Tell whether a language has the singular after a figure: 1/2, in French also 1.5."""
    if re.fullmatch(r"\d+/\d+|[¼-¾⅐-⅞]", figure):
        return True
    value = figure.lstrip("-−+")
    return value == "1" or (language == "fr" and _BELOW_TWO.fullmatch(value) is not None)
