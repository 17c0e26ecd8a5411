"""Pairs of marks inside and beside each other: where two cross, one of them is none."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_DEEPEST = 40  # pairs inside each other; those further in are no marks
LINK, ELEMENT, EMPHASIS = range(3)  # of two pairs that cross, the first of these stays


class Pairing(NamedTuple):
    """Two marks that belong together."""

    opening: tuple[int, int]
    closing: tuple[int, int]
    rank: int


def nested(pairings: Iterable[Pairing], dividers: Sequence[int]) -> tuple[list[Pairing], list[Pairing]]:
    """Tell pairs that lie inside or beside each other, with no divider inside, from those that do not."""
    ordered = sorted(pairings)
    events = sorted(
        event for number, one in enumerate(ordered) for event in ((one.opening[0], number), (one.closing[0], number))
    )
    dropped, opened, stack = set(), set(), list[int]()
    for _, number in events:
        if number not in opened:
            opened.add(number)
            one = ordered[number]
            split = bisect_left(dividers, one.opening[0]) != bisect_left(dividers, one.closing[0])
            if split or len(stack) >= _DEEPEST:
                dropped.add(number)
            else:
                stack.append(number)
            continue
        while number not in dropped and stack[-1] != number:
            weaker = ordered[stack[-1]].rank > ordered[number].rank
            dropped.add(stack.pop() if stack[-1] in dropped or weaker else number)
        if number not in dropped:
            stack.pop()
    kept = [one for number, one in enumerate(ordered) if number not in dropped]
    return kept, [ordered[number] for number in sorted(dropped)]
