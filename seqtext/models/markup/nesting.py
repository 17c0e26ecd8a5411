"""Nest pairs of marks, dropping pairs that cross others."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_DEEPEST = 40  # pairs inside each other; those further in are not marks
LINK, ELEMENT, EMPHASIS = range(3)  # of two pairs that cross, the first of these stays


class Pairing(NamedTuple):
    """Hold an opening and a closing mark, (start, end) each.

    rank: LINK, ELEMENT or EMPHASIS
    """

    opening: tuple[int, int]
    closing: tuple[int, int]
    rank: int


def nested(pairings: Iterable[Pairing], dividers: Sequence[int]) -> tuple[list[Pairing], list[Pairing]]:
    """Tell nested pairs from those that cross others.

    dividers: positions that no pair may enclose, in order
    returns the pairs that lie inside or beside each other, and the rest; both in the order of the text
    """
    ordered = sorted(pairings)
    events = sorted(
        event
        for number, pairing in enumerate(ordered)
        for event in ((pairing.opening[0], number), (pairing.closing[0], number))
    )
    dropped, opened, stack = set(), set(), list[int]()
    for _, number in events:
        if number not in opened:
            opened.add(number)
            pairing = ordered[number]
            split = bisect_left(dividers, pairing.opening[0]) != bisect_left(dividers, pairing.closing[0])
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
    kept = [pairing for number, pairing in enumerate(ordered) if number not in dropped]
    return kept, [ordered[number] for number in sorted(dropped)]
