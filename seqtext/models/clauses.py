"""Cut sentences into clauses where they hold too much to carry over."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from seqtext.models.things import Found, Thing, kind_of_stand_in

_BORDER = re.compile(r"(?P<sign>[,;:] | [–—-] )|(?P<space> )(?=(?:and|or|but) )")
_SMALL_FIRST = re.compile(r"(?:and|or|but|in|on|at|of|for|with|from|to|by|then|a|an|the|is|are)\b")
_STOPS = ".!?…"


def cut(text: str, stretches: Sequence[Found], kinds: Mapping[str, int]) -> Iterator[tuple[str, list[Found], str]]:
    """Cut a sentence into clauses at punctuation and before conjunctions.

    A sentence stays whole if one clause may hold all its things, or if no border separates them.

    stretches: of the sentence, in order; kinds: the most things that a clause may hold, by kind
    yields each clause, its stretches, and the characters between it and the next clause
    """
    borders = _borders(text, stretches)
    start, first_left = 0, 0
    while (most := _fitting(stretches, first_left, kinds)) < len(stretches):
        first = bisect_left(borders, (stretches[first_left].end, 0))
        # the last border between what fits and what does not
        last = bisect_right(borders, (stretches[most].start, 0)) - 1
        if last < first:
            break
        end, after = borders[last]
        number = bisect_left(stretches, end, first_left, key=lambda stretch: stretch.start)
        yield text[start:end], _moved(stretches[first_left:number], start), text[end:after]
        start, first_left = after, number
    yield text[start:], _moved(stretches[first_left:], start), ""


def _borders(text: str, stretches: Sequence[Found]) -> list[tuple[int, int]]:
    """Find the spans between clauses, which are not inside a thing."""
    inside = bytearray(len(text))
    for stretch in stretches:
        inside[stretch.start : stretch.end] = b"\1" * (stretch.end - stretch.start)
    spans = [border.span() for border in _BORDER.finditer(text)]
    return [span for span in spans if inside.find(1, *span) < 0]


def fits(stretches: Sequence[Found], kinds: Mapping[str, int]) -> bool:
    """Tell whether a sentence needs few enough stand-ins of every kind."""
    return _fitting(stretches, 0, kinds) == len(stretches)


def _fitting(stretches: Sequence[Found], first: int, kinds: Mapping[str, int]) -> int:
    """Count the leading stretches that hold few enough things.

    first: the first that counts, which fits in any case; returns the index of the first that does not fit
    """
    used = Counter[str]()
    for number in range(first, len(stretches)):
        kind = kind_of_stand_in(stretches[number].parts)
        used[kind] += sum(isinstance(piece, Thing) for piece in stretches[number].parts)
        if used[kind] > kinds.get(kind, 0) > 0:  # of a kind that is not carried, a clause may hold any number
            return number
    return len(stretches)


def _moved(stretches: Sequence[Found], start: int) -> list[Found]:
    return [one._replace(start=one.start - start, end=one.end - start) for one in stretches]


def joined(clauses: Sequence[tuple[str, str]], signs: Sequence[str]) -> str:
    """Join translated clauses into the translation of the sentence.

    clauses: pairs of a clause and its translation; signs: what stood after each

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
