"""Regular expressions that people give: checked to be right, and to answer in little time on any text."""

import re
from functools import lru_cache

from seqtext.errors import ConfigError, argument, arguments

_LONGEST = 500  # characters of a pattern
_FEW = 8  # so often may a group be repeated that holds repetitions itself
_COUNT = re.compile(r"\{(\d*)(?:(,)(\d*))?\}")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)


def check_pattern(name: str, pattern: str, example: str) -> None:
    r"""Raise ConfigError unless the value of a setting can be searched for; "" is nothing to search for.

    Refused is what matches an empty text, and a repeated group that holds repetitions or choices: it could take
    longer than anybody waits.

    >>> check_pattern("group", r"blk_\S+", r"blk_\S+")
    """
    if not pattern:
        return
    received = f"{argument(name)} received {pattern!r:.100}"
    hint = arguments(**{name: example})
    try:
        found = compiled(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ConfigError(f"{received}, which is not a regular expression ({error}).", hint) from error
    if len(pattern) > _LONGEST or any(mark in pattern for mark in "\r\n\0"):
        raise ConfigError(f"{received}; a pattern of at most {_LONGEST} characters in one line is accepted.", hint)
    if found.search(""):
        raise ConfigError(
            f"{received}, which matches an empty text; one that matches a character or more is accepted.", hint
        )
    if _may_take_ages(pattern):
        message = "a group that is repeated and holds repetitions or | itself may take ages; one without is accepted"
        raise ConfigError(f"{received}; {message}.", hint)


@lru_cache(64)
def compiled(pattern: str) -> "re.Pattern[str]":
    """Compile a pattern; raises re.error."""
    return re.compile(pattern)


def _may_take_ages(pattern: str) -> bool:
    """Whether a group that holds repetitions or choices is repeated itself."""
    loose = [False]  # of each open group, whether it holds any
    last = False  # whether the item before was a group that does
    place = 0
    while place < len(pattern):
        count = _COUNT.match(pattern, place) if pattern[place] == "{" else None
        if count or pattern[place] in "*+?":
            often = _times(count) if count else 1 if pattern[place] == "?" else _FEW + 1
            if last and often > _FEW:
                return True
            loose[-1] = loose[-1] or not count or bool(count[2])
            place = count.end() if count else place + 1
            place += pattern[place : place + 1] in ("?", "+")
            continue
        last = False
        if pattern[place] == "\\":
            place += 2
            continue
        inside = _CLASS.match(pattern, place)
        if inside:
            place = inside.end()
            continue
        if pattern[place] == "(":
            loose.append(False)
            place += pattern[place + 1 : place + 2] == "?"  # this one repeats nothing
        elif pattern[place] == ")" and len(loose) > 1:
            last = loose.pop()
            loose[-1] = loose[-1] or last
        elif pattern[place] == "|":
            loose[-1] = True
        place += 1
    return False


def _times(count: "re.Match[str]") -> int:
    low, comma, high = count.groups()
    return int(high or _FEW + 1) if comma else int(low or 0)
