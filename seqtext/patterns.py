"""Check regular expressions that users give: valid, and fast on any text."""

import re
from functools import lru_cache

from seqtext.errors import ConfigError, argument, arguments

_LONGEST = 500  # characters of a pattern
_FEW = 8  # so often may a group be repeated that holds repetitions itself
_COUNT = re.compile(r"\{(\d*)(?:(,)(\d*))?\}")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)


def check_pattern(name: str, pattern: str, example: str) -> None:
    r"""Check that a setting's pattern can be searched for; "" searches for nothing.

    Raises ConfigError for a pattern that does not compile, is too long, holds a line break or matches an empty text,
    and for a repeated group that holds repetitions or choices: its search could take longer than anybody waits.

    >>> check_pattern("group", r"blk_\S+", r"blk_\S+")
    """
    if not pattern:
        return
    received = f"{argument(name)} received {pattern!r:.100}"
    hint = arguments(**{name: example})
    try:
        compiled_pattern = compiled(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ConfigError(f"{received}, which is not a regular expression ({error}).", hint) from error
    if len(pattern) > _LONGEST or any(mark in pattern for mark in "\r\n\0"):
        raise ConfigError(f"{received}; a pattern of at most {_LONGEST} characters in one line is accepted.", hint)
    if compiled_pattern.search(""):
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
    """Tell whether a group that holds repetitions or choices is repeated itself."""
    loose = [False]  # for each open group: whether it holds repetitions or choices
    last = False  # whether the item before was such a group
    position = 0
    while position < len(pattern):
        count = _COUNT.match(pattern, position) if pattern[position] == "{" else None
        if count or pattern[position] in "*+?":
            often = _times(count) if count else 1 if pattern[position] == "?" else _FEW + 1
            if last and often > _FEW:
                return True
            loose[-1] = loose[-1] or not count or bool(count[2])
            position = count.end() if count else position + 1
            position += pattern[position : position + 1] in ("?", "+")
            continue
        last = False
        if pattern[position] == "\\":
            position += 2
            continue
        inside = _CLASS.match(pattern, position)
        if inside:
            position = inside.end()
            continue
        if pattern[position] == "(":
            loose.append(False)
            position += pattern[position + 1 : position + 2] == "?"  # the ? of (?: repeats nothing
        elif pattern[position] == ")" and len(loose) > 1:
            last = loose.pop()
            loose[-1] = loose[-1] or last
        elif pattern[position] == "|":
            loose[-1] = True
        position += 1
    return False


def _times(count: "re.Match[str]") -> int:
    low, comma, high = count.groups()
    return int(high or _FEW + 1) if comma else int(low or 0)
