"""Define units of English amounts, in words and as symbols."""

import re

#: A pattern of English figures.
NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
#: Signs of currencies with their English names, and a pattern of them.
SIGNS = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen", "₹": "rupees", "₩": "won", "₽": "roubles"}
SIGN = f"(?:US|CA|AU|NZ|HK|C|A)?[{''.join(SIGNS)}]"
TENS = r"hundred|thousand|million|billion|trillion"
_UNIT = re.compile(
    r"\s?(?:%|‰|°|€|\$|£|per ?cent\b|percent\b|[kcm]?m\b|[km]?g\b|lbs?\b|oz\b|km/h\b|mph\b|[KMGT]i?B\b|[kMG]?Hz\b|"
    rf"(?:kW|ml|{TENS}|miles?|kilos?|(?:kilo|centi|milli)?met(?:re|er)s?|(?:kilo|milli)?grams?|lit(?:re|er)s?|tons?|tonnes?|"
    r"hours?|minutes?|seconds?|days?|weeks?|months?|years?|degrees|inch(?:es)?|feet|pounds|[Dd]ollars|[Ee]uros?|times|points?)\b)"
)
#: Symbols that languages share.
SYMBOL = re.compile(r"\s?(?:[kcmµn]?m[²³]?|[kmµ]?g|km/h|°[CF]?|[KMGT]i?B|[kMG]?Hz|[kM]?Wh?|m?l|dB)(?![\w'])")


def has_unit(text: str, index: int) -> bool:
    """Tell whether a unit begins at an index.

    A figure before it is an amount then.
    """
    return _UNIT.match(text, index) is not None
