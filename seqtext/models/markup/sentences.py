"""Cut segments into sentences with their marks, and join them again.

A mark that encloses several sentences is shared out: each has the half that begins or ends in it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from seqtext.data.sentences import Piece, split
from seqtext.models.markup.parts import Pair, Point, Segment

_LONGEST = 1_500  # characters of a sentence; attention takes memory by the square

#: What a sentence holds in place of what is carried: private-use characters, of which the first eight are those that
#: the bundled translators have learnt to carry over.
_STAND_INS = [*map(chr, range(0xE001, 0xE009)), *map(chr, range(0xE100, 0xE800))]
_BEGINS = re.compile(r"[-+*#>|=~]|\d{1,9}[.)](?:\s|$)")  # begins a block where it begins a line
_STRANGE = re.compile("[\ue000-\uf8ff\ufffc]")
_KNOWN = re.compile("([\ue001-\ue008\ue100-\ue7ff])")


@dataclass(frozen=True)
class Sentence:
    """Hold a sentence with its marks.

    text: as the translator reads it, with stand-ins for what is carried; all positions are in it
    after: the white space after it, or the line break there
    pairs, points, breaks, escaped, within: as of `Segment`
    carried: stand-in → what it stands for
    """

    text: str
    after: str
    pairs: Sequence[Pair] = ()
    points: Sequence[Point] = ()
    breaks: dict[int, str] = field(default_factory=dict)
    carried: dict[str, str] = field(default_factory=dict)
    escaped: Mapping[str, str] = field(default_factory=dict)
    within: Mapping[str, tuple[str | Segment, ...]] = field(default_factory=dict)

    @property
    def is_text(self) -> bool:
        """Tell whether it holds a letter, something to translate."""
        return any(map(str.isalpha, self.text))

    @property
    def is_marked(self) -> bool:
        """Tell whether any mark does not enclose the whole sentence."""
        return bool(self.points) or any((one.start, one.end) != (0, len(self.text)) for one in self.pairs)


def sentences_of(segment: Segment, normal: Callable[[str], str]) -> list[Sentence]:
    """Cut a segment into sentences, each with its marks.

    normal: a text → as the translator's tokenizer normalises it
    returns sentences whose `text` and `after`, joined, are the segment's text, normalised and with stand-ins
    """
    pieces, starts = [bounded for piece in split(segment.text) for bounded in _bounded(piece)], [0]
    for text, after in pieces:
        starts.append(starts[-1] + len(text) + len(after))
    sentences = []
    segments = _shared_out(segment, starts[:-1])
    for number, (text, after) in enumerate(pieces):
        end = starts[number] + len(text)
        last = number == len(pieces) - 1
        after = segment.breaks.get(end, after)
        sentences.append(_sentence(segments[number], starts[number], end, after, last, normal))
    return sentences


def _bounded(piece: Piece) -> Iterator[Piece]:
    """Cut a sentence that is too long, at spaces where there are some."""
    text, start = piece.text, 0
    while len(text) - start > _LONGEST:
        space = text.rfind(" ", start + 1, start + _LONGEST)
        end = space if space > 0 else start + _LONGEST
        yield Piece(text[start:end], " " * (space > 0))
        start = end + (space > 0)
    yield Piece(text[start:], piece.after)


def _shared_out(segment: Segment, starts: Sequence[int]) -> list[Segment]:
    """Make a copy of the segment for each sentence, with only the marks that touch it.

    starts: positions of the sentences in the segment's text
    """
    pairs: list[list[Pair]] = [[] for _ in starts]
    points: list[list[Point]] = [[] for _ in starts]
    carried: list[dict[int, str]] = [{} for _ in starts]
    breaks: list[dict[int, str]] = [{} for _ in starts]

    def at(position: int) -> int:
        return max(0, bisect_right(starts, position) - 1)

    for pair in segment.pairs:
        for number in range(at(pair.start), at(pair.end - 1) + 1):
            pairs[number].append(pair)
    for point in segment.points:
        points[at(point.place - 1 if point.leans else point.place)].append(point)
    for given, shares in ((segment.carried, carried), (segment.breaks, breaks)):
        for position, literal in given.items():
            shares[at(position)][position] = literal
    return [
        replace(segment, pairs=pairs[k], points=points[k], carried=carried[k], breaks=breaks[k])
        for k in range(len(starts))
    ]


def _sentence(segment: Segment, start: int, end: int, after: str, last: bool, normal: Callable[[str], str]) -> Sentence:
    text, moved, carried = _read(segment, start, end, normal)

    def place(old: int) -> int:
        return moved[min(max(old, start), end) - start]

    pairs = []
    for mark in segment.pairs:
        if mark.start < end and start < mark.end:
            opening = mark.opening if start <= mark.start else ""
            closing = mark.closing if mark.end <= end else ""
            parts = mark.parts if opening else (), mark.closing_parts if closing else ()
            pairs.append(Pair(place(mark.start), place(mark.end), opening, closing, mark.source, *parts))
    points = [
        Point(place(mark.place), mark.parts, mark.leans, mark.source)
        for mark in segment.points
        if (start < mark.place <= end if mark.leans else start <= mark.place < end or (last and mark.place == end))
    ]
    breaks = {place(old): literal for old, literal in segment.breaks.items() if start <= old < end}
    return Sentence(text, after, pairs, points, breaks, carried, segment.escaped, segment.within)


def _read(
    segment: Segment, start: int, end: int, normal: Callable[[str], str]
) -> tuple[str, list[int], dict[str, str]]:
    """Normalise a sentence and put stand-ins into it.

    returns its text; the new position of each character from start to end, and of the end; stand-in → literal
    """
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
            new = "".join(fragment if fragment in carried else normal(fragment) for fragment in _KNOWN.split(piece))
        moved += [len(text) + min(k, len(new)) for k in range(following - first)]
        text += new
    return text, [*moved, len(text)], carried


def put_together(
    sentence: Sentence, answer: str, insertions: Sequence[tuple[int, tuple[str | Segment, ...]]],
    shown: Callable[[Segment], str],
) -> str:  # fmt: skip
    """Write an answer with its marks, entities, line breaks and carried literals.

    insertions: position in the answer and the parts to insert there, in order
    shown: a segment inside a mark → its translation
    """
    carried = {
        stand_in: "".join(
            inner if isinstance(inner, str) else shown(inner) for inner in sentence.within.get(literal, [literal])
        )
        for stand_in, literal in sentence.carried.items()
    }
    sentence = replace(sentence, carried=carried)
    written, start = [], 0
    spaces = _spaces(sentence, answer)
    for position, parts in insertions:
        written.append(_literal(sentence, answer, start, position, spaces))
        written += [piece if isinstance(piece, str) else shown(piece) for piece in parts]
        start = position
    written.append(_literal(sentence, answer, start, len(answer), spaces))
    return "".join(written)


def _literal(sentence: Sentence, answer: str, start: int, end: int, spaces: dict[int, str]) -> str:
    written = []
    for position in range(start, end):
        char = answer[position]
        if char in sentence.carried:
            written.append(sentence.carried[char])
        elif position in spaces:
            written.append(spaces[position])
        else:
            written.append(sentence.escaped.get(char, char))
    return "".join(written)


def _spaces(sentence: Sentence, answer: str) -> dict[int, str]:
    """Choose the spaces of an answer that become entities, and those that become line breaks.

    A break is placed at the space nearest to its share of the length, but never before what would begin a block.
    """
    literals: dict[int, str] = {}
    for position, literal in sentence.breaks.items():
        if _is_entity(literal):
            at = _same_space(sentence.text, position, answer)
            literals |= {at: literal} if at >= 0 else {}
    free = [
        position
        for position, char in enumerate(answer)
        if char == " " and position not in literals and not _BEGINS.match(answer, position + 1)
    ]
    least = 0
    wanted = sorted(line_break for line_break in sentence.breaks.items() if not _is_entity(line_break[1]))
    for number, (position, literal) in enumerate(wanted):
        share = position / max(1, len(sentence.text)) * len(answer)
        most = max(least, len(free) - (len(wanted) - number)) + 1  # a space is left for each of the others
        if least >= len(free):
            break
        right = bisect_left(free, share, least, min(most, len(free)))
        choices = [k for k in (right - 1, right) if least <= k < min(most, len(free))] or [least]
        best = min(choices, key=lambda k: abs(free[k] - share))
        literals[free[best]], least = literal, best + 1
    return literals


def _is_entity(literal: str) -> bool:
    return "\n" not in literal and "\r" not in literal


def _same_space(text: str, position: int, answer: str) -> int:
    """Find the space of an answer between the same words, or before the same sign; −1 for none."""
    before, after = text[:position].rpartition(" ")[2], text[position + 1 :].partition(" ")[0]
    at = answer.find(f"{before} {after}")
    if at >= 0:
        return at + len(before)
    return -1 if any(map(str.isalpha, after)) else answer.find(f" {after}")
