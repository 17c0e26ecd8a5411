"""Bound the number of held-out texts by the remaining time."""

from collections.abc import Callable

_FIRST = 1  # texts
_GROWTH = 4  # times as many after that
_ENOUGH_TEXTS, _ENOUGH_SECONDS = 1 / 8, 1 / 4  # of all: enough to tell what the other texts take


def affordable(measure: Callable[[int], float], texts: int, seconds: float) -> int:
    """Estimate the number of held-out texts that fit the given seconds.

    Measures a few, then more, until the time per text is known.

    measure: measures so many texts, and returns the seconds that took; texts: how many there are

    >>> affordable(lambda count: 1.0 + 0.125 * count, 5_000, 126.0)
    1000
    """
    count, before = min(texts, _FIRST), (0, 0.0)
    while True:
        took = measure(count)
        if count >= texts * _ENOUGH_TEXTS or took >= seconds * _ENOUGH_SECONDS:
            break
        count, before = min(texts, _GROWTH * count), (count, took)
    # What the first texts took may be mostly what does not grow with them; others take a fourth of it at least.
    each = max((took - before[1]) / (count - before[0]), 0.25 * took / count)
    if took + each * (texts - count) <= seconds:
        return texts
    return max(1, min(texts, count + int((seconds - took) / each)))
