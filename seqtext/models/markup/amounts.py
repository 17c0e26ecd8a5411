"""Find amounts inside marks in a translation by their digits. For example, $5.50 is 5,50 $ in German."""

import re

_NUMBER = re.compile(r"\d+(?:[.,'’\u00a0\u202f]\d+| \d{3}(?!\d))*")
_SYMBOL = re.compile(r"°[CF]?|[^\w\s.,;:!?'’\"()\[\]–-]")


def amount_span(amount: str, answer: str, start: int, end: int) -> tuple[int, int] | None:
    """Find an amount in an answer, with its symbol on either side.

    amount: one number with currency signs, per cent and the like; start, end: where in the answer to look
    returns the span; None for what is not an amount, or does not stand there exactly once

    >>> amount_span("$1,200.50", "Das kostet 1.200,50 $.", 0, 22)
    (11, 21)
    """
    numbers = _NUMBER.findall(amount)
    symbols = _SYMBOL.findall(amount)
    rest = _SYMBOL.sub("", _NUMBER.sub("", amount))
    if len(numbers) != 1 or not symbols or any(map(str.isalnum, rest)):
        return None
    beside = "|".join(map(re.escape, symbols))
    same = [match.span() for match in _NUMBER.finditer(answer, start, end) if _digits(match[0]) == _digits(numbers[0])]
    spans = [_with_symbol(answer, span, beside, start, end) for span in same]
    if len(spans) > 1:  # 5 € is not $5, nor is 5
        spans = [longer for longer, span in zip(spans, same, strict=True) if longer != span]
    return spans[0] if len(spans) == 1 else None


def _with_symbol(answer: str, span: tuple[int, int], beside: str, start: int, end: int) -> tuple[int, int]:
    """Extend the span of a number by a symbol; beside: pattern of symbols."""
    first, last = span
    # The sign before may belong to another amount: 20 $ 1.000 $.
    before = re.compile(rf"(?<!\d)(?<!\d\s)(?:{beside})\s?$").search(answer, max(start, first - 3), first)
    after = re.compile(rf"\s?(?:{beside})").match(answer, last, end)
    return before.start() if before else first, after.end() if after else last


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)
