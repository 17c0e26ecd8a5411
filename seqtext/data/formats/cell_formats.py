"""Format numbers and dates as the cells of a sheet display them.

Formats: the usual ones of ECMA-376, Part 1, section 18.8.30.
"""

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal

_LOCALE_DATES = ("mm-dd-yy", "m/d/yyyy", "m/d/yy h:mm")  # their order is that of the reader's country: ISO here
_DATE_PART = re.compile(
    r'"([^"]*)"|\\(.)|(yyyy|yy|mmmm|mmm|mm|m|dddd|ddd|dd|d|hh|h|ss|s)|(am/pm|a/p)|(.)', re.IGNORECASE
)
_NUMBER = re.compile(r"([#0?][#0?,]*)?(?:\.([#0?]+))?(%)?")
_PLAIN = 1e15  # beyond, a sheet holds no exact digits
_PLACEHOLDER = re.compile(r"[#0?]")
_QUOTED = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]')
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")  # a control character, as workbooks write it
_CODES = {
    "yyyy": "%Y", "yy": "%y", "mmmm": "%B", "mmm": "%b", "mm": "%m", "dddd": "%A", "ddd": "%a", "dd": "%d",
    "ss": "%S",
}  # fmt: skip


def shown_value(value: object, form: str) -> str | None:
    """Return a cell's displayed text.

    None for None, which stands for an empty cell, or an error such as #N/A.

    form: the cell's number format

    >>> shown_value(0.256, "0.0%"), shown_value(1234.5, "#,##0.00"), shown_value(7, "00000")
    ('25.6%', '1,234.50', '00007')
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, form)
    if isinstance(value, datetime.timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return _date(value, form)
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), str(value))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _number(value: float, form: str) -> str:
    """Format a number by a format such as #,##0.00; other formats show all digits."""
    sections = form.split(";")
    section = sections[1] if value < 0 and len(sections) > 1 and sections[1] else sections[0]
    bare = _QUOTED.sub("", section)
    match = _NUMBER.search(bare, first.start() if (first := _PLACEHOLDER.search(bare)) else 0)
    if abs(value) > _PLAIN or first is None or match is None or re.search("[E/@]|,(?:[.%]|$)", bare[first.start() :]):
        return f"{value:.15g}"
    whole, fraction, percent = match[1] or "", match[2] or "", match[3] or ""
    number = abs(Decimal(repr(value))) * (100 if percent or "%" in bare else 1)
    number = number.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    digits, _, rest = f"{number:f}".partition(".")
    least = fraction.count("0")
    rest = rest[:least] + rest[least:].rstrip("0")
    digits = digits.zfill(whole.count("0")) if number or "0" in whole else ""
    digits = f"{int(digits or 0):,}" if "," in whole else digits
    sign = "-" if value < 0 and section is sections[0] and number else ""
    literal = _QUOTED.sub(lambda one: "".join(group or "" for group in one.groups()), section)
    before, after = literal.split(match[0], 1) if match[0] in literal else ("", percent)
    return f"{sign}{before}{digits}{'.' * bool(rest)}{rest}{percent if match[0] in literal else ''}{after}".strip()


def _date(value: datetime.datetime | datetime.date | datetime.time, form: str) -> str:
    """Format a date or time by a format such as dd/mm/yyyy, in English, or as 2026-07-03 14:05:00."""
    section = re.sub(r"\[[^\]]*\]", "", form.split(";")[0])
    if section.lower() in (*_LOCALE_DATES, "general", ""):
        if isinstance(value, datetime.datetime):
            return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "seconds")
        return value.isoformat() if isinstance(value, datetime.date) else value.isoformat("seconds")
    parts = list(_DATE_PART.finditer(section))
    codes = [(match[3] or "").lower() for match in parts]
    twelve = any(match[4] for match in parts)
    told = []
    for k, match in enumerate(parts):
        near = [code for code in codes[:k] if code][-1:] + [code for code in codes[k + 1 :] if code][:1]
        minutes = codes[k] in ("m", "mm") and (near[:1] in (["h"], ["hh"]) or near[-1:] in (["s"], ["ss"]))
        told.append(_date_part(value, match, codes[k], minutes, twelve))
    return "".join(told)


def _date_part(
    value: datetime.datetime | datetime.date | datetime.time,
    match: re.Match[str],
    code: str,
    minutes: bool,
    twelve: bool,
) -> str:
    if match[4]:
        return value.strftime("%p")
    if not code:
        return match[1] or match[2] or match[5] or ""
    if minutes:
        return value.strftime("%M") if code == "mm" else str(int(value.strftime("%M")))
    if code in ("h", "hh"):
        hour = value.strftime("%I" if twelve else "%H")
        return hour if code == "hh" else str(int(hour))
    if code in ("m", "d", "s"):
        return str(int(value.strftime({"m": "%m", "d": "%d", "s": "%S"}[code])))
    return value.strftime(_CODES[code])
