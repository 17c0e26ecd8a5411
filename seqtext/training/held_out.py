"""Choose how many held-out texts are measured in the time that a budget of minutes leaves for it."""

from collections.abc import Callable

_FIRST = 1  # texts
_GROWTH = 4  # times as many after that
_ENOUGH = 1 / 8  # of the texts, or of the seconds: enough to tell what the others take


def affordable(measure: Callable[[int], float], texts: int, seconds: float) -> int:
    """Find how many held-out texts are measured in some seconds: all of them, or fewer.

    Measures a few, then more, until these tell what a text takes.

    measure: measures so many texts, and tells how many seconds that took; texts: how many there are

    >>> affordable(lambda count: 1.0 + 0.125 * count, 5_000, 126.0)
    1000
    """
    count, before = min(texts, _FIRST), (0, 0.0)
    while True:
        took = measure(count)
        if count >= texts * _ENOUGH or took >= seconds * _ENOUGH:
            break
        count, before = min(texts, _GROWTH * count), (count, took)
    # What the first texts took may be mostly what does not grow with them; each further one takes half of it at least.
    each = max((took - before[1]) / (count - before[0]), 0.5 * took / count)
    if took + each * (texts - count) <= seconds:
        return texts
    return max(1, min(texts, count + int((seconds - took) / each)))
