"""Detect unusually large durations and sizes in log lines.

A mask must not hide that a request took twelve minutes where none took ten seconds. Only amounts with a unit are
judged, because ids have no size.
"""

import re

HUGE = "<huge>"  # the stand-in for an amount far above the largest of its place
_TIMES, _LEAST = 10.0, 20  # factor above the largest; least amounts seen in a place
_MOST = 10_000  # most places that are kept

_AMOUNT = re.compile(r"([0-9]+(?:[.,][0-9]+)*) ?([A-Za-zµμ]+)")
_SIGNS = re.compile("[.,]")
#: Seconds of a unit of time by the beginning of its name; longer beginnings first.
_SECONDS = (
    ("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("μs", 1e-6), ("ms", 1e-3), ("mi", 60.0), ("m", 60.0), ("s", 1.0),
    ("h", 3600.0), ("d", 86400.0), ("w", 604800.0),
)  # fmt: skip
_FACTORS = {"k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15}


def amount(kind: str, text: str) -> float:
    """Convert a duration to seconds, or a size to bytes or bits.

    >>> [amount("duration", text) for text in ("1h20m", "35 ms", "PT1M30S")], amount("size", "1.5 kB")
    ([4800.0, 0.035, 90.0], 1500.0)
    """
    factor = _seconds if kind == "duration" else _factor
    return sum(_number(digits) * factor(unit.lower()) for digits, unit in _AMOUNT.findall(text))


def _seconds(unit: str) -> float:
    return next((seconds for begin, seconds in _SECONDS if unit.startswith(begin)), 1.0)


def _factor(unit: str) -> float:
    return _FACTORS.get(unit[0], 1.0)


def _number(digits: str) -> float:
    """Parse a number; a single separator is decimal, of several only the last, if it differs from the others."""
    signs = _SIGNS.findall(digits)
    if len(signs) > 1:
        whole, last, rest = digits.rpartition(signs[-1])
        digits = _SIGNS.sub("", digits) if last in whole else f"{_SIGNS.sub('', whole)}.{rest}"
    return float(digits.replace(",", "."))


class LargestAmounts:
    """Learn the largest amount of each place."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, float]] = {}

    def add(self, context: str, value: float) -> None:
        """Count an amount, in seconds, bytes or bits, seen in a place."""
        times, largest = self._seen.get(context, (0, 0.0))
        if times or len(self._seen) < _MOST:
            self._seen[context] = times + 1, max(largest, value)

    def places(self) -> dict[str, float]:
        """Return the largest amounts of the places with enough data."""
        return {place: largest for place, (times, largest) in self._seen.items() if times >= _LEAST}


def is_huge(kind: str, text: str, largest: float | None) -> bool:
    """Tell whether an amount is far above the largest of its place.

    False if the largest is not known.
    """
    return largest is not None and amount(kind, text) > _TIMES * largest
