"""Segments cut into sentences, each with the part of every mark that lies in it; and put together again."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from seqtext.data.sentences import Piece, split
from seqtext.models.markup.parts import Pair, Point, Segment

_LONGEST = 1_500  # characters of a sentence; attention takes memory by the square

#: What a sentence holds in place of what is carried: private-use characters, of which the first eight are those that
#: the bundled translators have learnt to carry over.
_STAND_INS = [*map(chr, range(0xE001, 0xE009)), *map(chr, range(0xE100, 0xE800))]
_BEGINS = re.compile(r"[-+*#>|=~]|\d{1,9}[.)](?:\s|$)")  # at the beginning of a line, it would be a mark
_STRANGE = re.compile("[\ue000-\uf8ff\ufffc]")
_KNOWN = re.compile("([\ue001-\ue008\ue100-\ue7ff])")


@dataclass(frozen=True)
class Sentence:
    """A sentence with its marks; places are in `text`, which holds stand-ins for what is carried.

    after: the white space behind it, or the line break that stands there
    carried: stand-in → what it stands for
    """

    text: str
    after: str
    pairs: Sequence[Pair] = ()
    points: Sequence[Point] = ()
    breaks: dict[int, str] = field(default_factory=dict)
    carried: dict[str, str] = field(default_factory=dict)
    escaped: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_text(self) -> bool:
        """Whether there is a letter, something to translate."""
        return any(map(str.isalpha, self.text))

    @property
    def is_marked(self) -> bool:
        """Whether a mark stands anywhere but around the whole of it."""
        return bool(self.points) or any((one.start, one.end) != (0, len(self.text)) for one in self.pairs)


def sentences_of(segment: Segment, normal: Callable[[str], str]) -> list[Sentence]:
    """Cut a segment into sentences; normal: a text → as a model reads it."""
    pieces, starts = [part for piece in split(segment.text) for part in _bounded(piece)], [0]
    for text, after in pieces:
        starts.append(starts[-1] + len(text) + len(after))
    found = []
    own = _shared_out(segment, starts[:-1])
    for number, (text, after) in enumerate(pieces):
        end = starts[number] + len(text)
        last = number == len(pieces) - 1
        after = segment.breaks.get(end, after)
        found.append(_sentence(own[number], starts[number], end, after, last, normal))
    return found


def _bounded(piece: Piece) -> Iterator[Piece]:
    """A sentence, or parts of one that is longer than any: cut at spaces, where there are some."""
    text, start = piece.text, 0
    while len(text) - start > _LONGEST:
        space = text.rfind(" ", start + 1, start + _LONGEST)
        end = space if space > 0 else start + _LONGEST
        yield Piece(text[start:end], " " * (space > 0))
        start = end + (space > 0)
    yield Piece(text[start:], piece.after)


def _shared_out(segment: Segment, starts: Sequence[int]) -> list[Segment]:
    """The segment for each sentence, with no marks but those that touch it; one mark may touch many."""
    pairs: list[list[Pair]] = [[] for _ in starts]
    points: list[list[Point]] = [[] for _ in starts]
    carried: list[dict[int, str]] = [{} for _ in starts]
    breaks: list[dict[int, str]] = [{} for _ in starts]

    def at(place: int) -> int:
        return max(0, bisect_right(starts, place) - 1)

    for pair in segment.pairs:
        for number in range(at(pair.start), at(pair.end - 1) + 1):
            pairs[number].append(pair)
    for point in segment.points:
        points[at(point.place - 1 if point.leans else point.place)].append(point)
    for given, own in ((segment.carried, carried), (segment.breaks, breaks)):
        for place, literal in given.items():
            own[at(place)][place] = literal
    return [
        Segment(segment.text, pairs[k], points[k], carried[k], breaks[k], segment.escaped) for k in range(len(starts))
    ]


def _sentence(segment: Segment, start: int, end: int, after: str, last: bool, normal: Callable[[str], str]) -> Sentence:
    text, moved, carried = _read(segment, start, end, normal)

    def place(old: int) -> int:
        return moved[min(max(old, start), end) - start]

    pairs = []
    for one in segment.pairs:
        if one.start < end and start < one.end:
            opening = one.opening if start <= one.start else ""
            closing = one.closing if one.end <= end else ""
            parts = one.parts if opening else ()
            pairs.append(Pair(place(one.start), place(one.end), opening, closing, one.source, parts))
    points = [
        Point(place(one.place), one.parts, one.leans, one.source)
        for one in segment.points
        if (start < one.place <= end if one.leans else start <= one.place < end or (last and one.place == end))
    ]
    breaks = {place(old): literal for old, literal in segment.breaks.items() if start <= old < end}
    return Sentence(text, after, pairs, points, breaks, carried, segment.escaped)


def _read(
    segment: Segment, start: int, end: int, normal: Callable[[str], str]
) -> tuple[str, list[int], dict[str, str]]:
    """A sentence as it is read; where each character of it, and its end, have gone; what its stand-ins stand for."""
    borders = {start, end, *(p for p in segment.breaks if start < p < end)}
    for pair in segment.pairs:
        borders.update(p for p in (pair.start, pair.end) if start < p < end)
    borders.update(p.place for p in segment.points if start < p.place < end)
    borders.update(q for p in segment.carried if start <= p < end for q in (p, p + 1))
    ordered, text, carried = sorted(borders), "", dict[str, str]()
    moved: list[int] = []

    def stand_in(literal: str) -> str:
        if len(carried) == len(_STAND_INS):
            return literal
        carried[_STAND_INS[len(carried)]] = literal
        return next(reversed(carried))

    for first, following in pairwise(ordered):
        if first in segment.carried:
            new = stand_in(segment.carried[first])
        else:
            piece = _STRANGE.sub(lambda found: stand_in(found[0]), segment.text[first:following])
            new = "".join(one if one in carried else normal(one) for one in _KNOWN.split(piece))
        moved += [len(text) + min(k, len(new)) for k in range(following - first)]
        text += new
    return text, [*moved, len(text)], carried


def put_together(
    sentence: Sentence, answer: str, insertions: Sequence[tuple[int, tuple[str | Segment, ...]]],
    shown: Callable[[Segment], str],
) -> str:  # fmt: skip
    """Put an answer and its marks together: what each stand-in stands for, entities, and what is inserted.

    insertions: place in the answer, literals; in order. shown: the translation of a segment inside a mark
    """
    written, start = [], 0
    spaces = _spaces(sentence, answer)
    for place, parts in insertions:
        written.append(_literal(sentence, answer, start, place, spaces))
        written += [part if isinstance(part, str) else shown(part) for part in parts]
        start = place
    written.append(_literal(sentence, answer, start, len(answer), spaces))
    return "".join(written)


def _literal(sentence: Sentence, answer: str, start: int, end: int, spaces: dict[int, str]) -> str:
    written = []
    for place in range(start, end):
        char = answer[place]
        if char in sentence.carried:
            written.append(sentence.carried[char])
        elif place in spaces:
            written.append(spaces[place])
        else:
            written.append(sentence.escaped.get(char, char))
    return "".join(written)


def _spaces(sentence: Sentence, answer: str) -> dict[int, str]:
    """The spaces of an answer that become line breaks, each the nearest to the share before the break, and entities."""
    found: dict[int, str] = {}
    for place, literal in sentence.breaks.items():
        if _is_entity(literal):
            at = _same_space(sentence.text, place, answer)
            found |= {at: literal} if at >= 0 else {}
    free = [
        place
        for place, char in enumerate(answer)
        if char == " " and place not in found and not _BEGINS.match(answer, place + 1)
    ]
    least = 0
    wanted = sorted(one for one in sentence.breaks.items() if not _is_entity(one[1]))
    for number, (place, literal) in enumerate(wanted):
        share = place / max(1, len(sentence.text)) * len(answer)
        most = max(least, len(free) - (len(wanted) - number)) + 1  # a space is left for each of the others
        if least >= len(free):
            break
        right = bisect_left(free, share, least, min(most, len(free)))
        choices = [k for k in (right - 1, right) if least <= k < min(most, len(free))] or [least]
        best = min(choices, key=lambda k: abs(free[k] - share))
        found[free[best]], least = literal, best + 1
    return found


def _is_entity(literal: str) -> bool:
    return "\n" not in literal and "\r" not in literal


def _same_space(text: str, place: int, answer: str) -> int:
    """The space of an answer between the same words as one of a text, or before the same sign; −1 for none."""
    before, after = text[:place].rpartition(" ")[2], text[place + 1 :].partition(" ")[0]
    at = answer.find(f"{before} {after}")
    if at >= 0:
        return at + len(before)
    return -1 if any(map(str.isalpha, after)) else answer.find(f" {after}")
