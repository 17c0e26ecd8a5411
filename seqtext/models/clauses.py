"""Sentences cut into clauses, where they hold more than a translator carries over at once."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from seqtext.models.things import Found, Thing, kind_of_stand_in

_BORDER = re.compile(r"(?P<sign>[,;:] | [–—-] )|(?P<space> )(?=(?:and|or|but) )")
_SMALL_FIRST = re.compile(r"(?:and|or|but|in|on|at|of|for|with|from|to|by|then|a|an|the|is|are)\b")
_STOPS = ".!?…"


def cut(text: str, found: Sequence[Found], kinds: Mapping[str, int]) -> Iterator[tuple[str, list[Found], str]]:
    """Cut a sentence at commas, and before "and", into clauses of no more things than a translator carries.

    found: its things, in order; kinds: how many of each kind it carries. Yields each clause, its things and the sign
    behind it; the whole sentence where all fit, or where there is no border between them
    """
    borders = _borders(text, found)
    start, taken = 0, 0
    while (most := _fitting(found, taken, kinds)) < len(found):
        first = bisect_left(borders, (found[taken].end, 0))
        last = bisect_right(borders, (found[most].start, 0)) - 1  # the last border between what fits and what does not
        if last < first:
            break
        end, after = borders[last]
        number = bisect_left(found, end, taken, key=lambda one: one.start)
        yield text[start:end], _moved(found[taken:number], start), text[end:after]
        start, taken = after, number
    yield text[start:], _moved(found[taken:], start), ""


def _borders(text: str, found: Sequence[Found]) -> list[tuple[int, int]]:
    """Find where clauses may end and begin: between things, not inside them."""
    inside = bytearray(len(text))
    for one in found:
        inside[one.start : one.end] = b"\1" * (one.end - one.start)
    spans = [one.span() for one in _BORDER.finditer(text)]
    return [span for span in spans if inside.find(1, *span) < 0]


def fits(found: Sequence[Found], kinds: Mapping[str, int]) -> bool:
    """Whether a sentence holds no more things of any kind than so many."""
    return _fitting(found, 0, kinds) == len(found)


def _fitting(found: Sequence[Found], first: int, kinds: Mapping[str, int]) -> int:
    """The number of the first thing, from one on that is taken in any case, which is more of a kind than carried."""
    used = Counter[str]()
    for number in range(first, len(found)):
        kind = kind_of_stand_in(found[number].parts)
        used[kind] += sum(isinstance(part, Thing) for part in found[number].parts)
        if used[kind] > kinds.get(kind, 0) > 0:  # of a kind that is not carried, a clause may hold any number
            return number
    return len(found)


def _moved(found: Sequence[Found], start: int) -> list[Found]:
    return [one._replace(start=one.start - start, end=one.end - start) for one in found]


def joined(clauses: Sequence[tuple[str, str]], signs: Sequence[str]) -> str:
    """Join clauses and their translations to the translation of the sentence.

    clauses: pairs of a clause and its translation; signs: what stood behind each

    >>> joined([("12 cats", "12 Katzen."), ("and 3 dogs.", "Und 3 Hunde.")], [", ", ""])
    '12 Katzen, und 3 Hunde.'
    """
    written = ""
    for number, ((source, target), sign) in enumerate(zip(clauses, signs, strict=True)):
        if number < len(clauses) - 1 and source[-1:] not in _STOPS:
            target = target.rstrip(f"{_STOPS} \u00a0\u202f")
        if number and _SMALL_FIRST.match(source):
            target = target[:1].lower() + target[1:]
        written += target + sign
    return written
