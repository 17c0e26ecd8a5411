"""Where the marks of a sentence belong in its translation: around the words that looked at the words marked.

A pair goes around the run of target words that looked most at what it stands around in the source: the run whose
attention on it, less a half for each word, has the largest sum. Pairs stay inside each other as they were, none
crosses another. A name or a number that stands alike in both texts is found without attention.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seqtext.models.alignment import WordAlignment
from seqtext.models.markup.parts import Pair, Point, Segment
from seqtext.models.markup.sentences import Sentence
from seqtext.networks.cells import Array

_CLEAR = 0.15  # of the look of a target word: a word that looked less at what is marked does not stand for it
_KEPT = ("<", "[", "]")  # stay where no word is left for them: tags, links
_WORD = re.compile(r"\w+|[^\w\s]")

Parts = tuple[str | Segment, ...]
Insertion = tuple[int, Parts]


class Placed(NamedTuple):
    """What is inserted into an answer, in order; lost: the marks of which it is not clear where they belong."""

    insertions: list[Insertion]
    lost: list[str]


class _Node:
    """A mark, and those inside it; low, high: the words of the target that it stands around."""

    def __init__(self, mark: Pair | Point | None) -> None:
        self.mark = mark
        self.inside: list[_Node] = []
        self.low = self.high = 0


def place_marks(sentence: Sentence, answer: str, alignment: WordAlignment | None) -> Placed:
    """Find where the marks of a sentence stand in an answer.

    alignment: of the sentence's words and the answer's; without it, marks stand at about their share of the length
    """
    if answer == sentence.text:
        return Placed(_as_typed(sentence), [])
    guessed = alignment is None
    found = _Placing(sentence, answer, alignment or _by_share(sentence.text, answer))
    placed = found.placed()
    if guessed and sentence.is_marked:
        return Placed(placed.insertions, [name for name in _names(sentence) if name])
    return placed


def _names(sentence: Sentence) -> list[str]:
    return [one.opening for one in sentence.pairs] + [one.name for one in sentence.points]


class _Placing:
    """One sentence and one answer to it."""

    def __init__(self, sentence: Sentence, answer: str, alignment: WordAlignment) -> None:
        self._sentence, self._answer = sentence, answer
        self._source, self._target, self._weights = alignment
        self._lost: list[str] = []

    def placed(self) -> Placed:
        root = _tree(self._sentence)
        root.high = len(self._target)
        whole = (0, len(self._sentence.text))
        self._place(root, whole)
        insertions: list[Insertion] = []
        self._write(root, insertions, 0, len(self._answer))
        return Placed([one for one in insertions if any(one[1])], self._lost)

    def _place(self, parent: _Node, span: tuple[int, int]) -> None:
        """Find the words of all pairs inside another; span: the source of that one."""
        pairs = [node for node in parent.inside if isinstance(node.mark, Pair)]
        looks = [self._look(node.mark) for node in pairs if isinstance(node.mark, Pair)]
        free = np.zeros(len(self._target), bool)
        free[parent.low : parent.high] = True
        for number, node in enumerate(pairs):
            assert isinstance(node.mark, Pair)
            others = [look for k, look in enumerate(looks) if k != number]
            node.low, node.high = self._words(node.mark, span, looks[number], others, free, parent)
            free[node.low : node.high] = False
            self._place(node, (node.mark.start, node.mark.end))

    def _look(self, pair: Pair) -> Array:
        """How much each target word looked at the words in a pair: (target words,)."""
        inside = [start < pair.end and pair.start < end for start, end in self._source]
        look: Array = self._weights[:, np.array(inside, bool)].sum(1)
        return look

    def _words(
        self, pair: Pair, span: tuple[int, int], look: Array, others: Sequence[Array], free: np.ndarray, parent: _Node
    ) -> tuple[int, int]:
        """The target words of a pair, at least one of those that are free; none where none is, which is flagged."""
        if not free.any():
            self._lost.append(pair.opening or pair.closing)
            return parent.high, parent.high
        text = self._sentence.text
        before, after = (text[a:b].strip() for a, b in ((span[0], pair.start), (pair.end, span[1])))
        low, high = parent.low, parent.high
        if free[low:high].all() and not _has_words(before) and not _has_words(after):
            return self._trimmed(low, high, not before, not after)
        alike = self._alike(text[pair.start : pair.end], low, high)
        if alike and free[alike[0] : alike[1]].all():
            return alike
        rivals = np.maximum.reduce(others) if others else np.zeros_like(look)
        gain = look - np.maximum(0.5, rivals)
        low, high, total = _best_run(np.where(free, gain, -np.inf))
        if total <= 0:
            best = int(np.where(free, look, -1.0).argmax())
            low, high = best, best + 1
            if look[best] < _CLEAR:
                self._lost.append(pair.opening or pair.closing)
        return self._trimmed(low, high, *(_is_sign(text[p : p + 1]) for p in (pair.start, pair.end - 1)))

    def _trimmed(self, low: int, high: int, sign_first: bool, sign_last: bool) -> tuple[int, int]:
        """A run of words without the signs at its ends, where what is marked has none there."""
        while high - low > 1 and not sign_last and self._is_sign(high - 1):
            high -= 1
        while high - low > 1 and not sign_first and self._is_sign(low):
            low += 1
        return low, high

    def _is_sign(self, number: int) -> bool:
        start, end = self._target[number]
        return all(map(_is_sign, self._answer[start:end]))

    def _alike(self, text: str, low: int, high: int) -> tuple[int, int] | None:
        """The words that spell a text, where it stands once in the sentence and once among some words of the answer."""
        start, end = self._target[low][0], self._target[high - 1][1]
        if not text or self._sentence.text.count(text) != 1 or self._answer.count(text, start, end) != 1:
            return None
        place = self._answer.index(text, start, end)
        first = next((k for k in range(low, high) if self._target[k][0] == place), None)
        last = next((k for k in range(low, high) if self._target[k][1] == place + len(text)), None)
        return None if first is None or last is None else (first, last + 1)

    def _write(self, node: _Node, written: list[Insertion], start: int, end: int) -> None:
        """Note what is inserted between two places of the answer for what is inside a mark, in order."""
        pairs = [one for one in node.inside if isinstance(one.mark, Pair)]
        spans = {id(one): self._span(one, start, end) for one in pairs}
        for one in node.inside:
            if isinstance(one.mark, Point):
                place = self._point(one.mark, node, start, end)
                for first, last in (spans[id(pair)] for pair in pairs):
                    place = last if first < place < last else place
                spans[id(one)] = (place, place)
        for one in sorted(node.inside, key=lambda one: spans[id(one)]):
            first, last = spans[id(one)]
            if isinstance(one.mark, Point):
                written.append((first, one.mark.parts))
            elif isinstance(one.mark, Pair) and (first < last or _stays(one.mark)):
                written.append((first, one.mark.opened_by))
                self._write(one, written, first, last)
                written.append((last, (one.mark.closing,)))

    def _span(self, node: _Node, start: int, end: int) -> tuple[int, int]:
        """The places of a pair's words; to the ends of the answer where they are its first and last."""
        if node.low >= node.high:
            return end, end
        return self._target[node.low][0], self._target[node.high - 1][1]

    def _point(self, point: Point, parent: _Node, start: int, end: int) -> int:
        """The place of a mark by itself: behind, or before, the word that looked most at the word beside it."""
        own = parent.mark
        first, last = (own.start, own.end) if isinstance(own, Pair) else (0, len(self._sentence.text))
        text = self._sentence.text
        if point.leans:
            if not _has_words(text[point.place : last]) and not text[point.place : last].strip():
                return end
            words = [k for k, (_, stop) in enumerate(self._source) if stop <= point.place]
            words = [k for k in words if not _is_sign(text[self._source[k][0]])] or words
        else:
            if point.place <= first:
                return start
            words = [k for k, (begin, _) in enumerate(self._source) if begin >= point.place][:1]
        if not words or parent.low >= parent.high:
            return end if point.leans else start
        column = self._weights[parent.low : parent.high, words[-1]]
        best = parent.low + int(column.argmax())
        if column[best - parent.low] < _CLEAR:
            self._lost.append(point.name)
        if not point.leans:
            return self._target[best][0]
        sign = text[point.place - 1 : point.place]
        if _is_sign(sign) and best + 1 < parent.high and self._answer[slice(*self._target[best + 1])] == sign:
            best += 1
        return self._target[best][1]


def _stays(pair: Pair) -> bool:
    """Whether a pair without words is written: tags, links, and one of which the other half is in another sentence."""
    return (pair.opening or pair.closing).startswith(_KEPT) or not (pair.opening and pair.closing)


def _as_typed(sentence: Sentence) -> list[Insertion]:
    """What is inserted into an answer that is the sentence itself: each mark where it stood."""
    marks: list[tuple[int, int, Parts]] = [(one.source[0], one.start, one.opened_by) for one in sentence.pairs]
    marks += [(one.source[1], one.end, (one.closing,)) for one in sentence.pairs]
    placed: list[tuple[int, int, Parts]] = [*marks, *((one.source[0], one.place, one.parts) for one in sentence.points)]
    return [(place, parts) for _, place, parts in sorted(placed, key=lambda one: one[:2]) if any(parts)]


def _tree(sentence: Sentence) -> _Node:
    """The marks of a sentence, those inside others below them, as they were typed."""
    root = _Node(None)
    marks: list[Pair | Point] = sorted([*sentence.pairs, *sentence.points], key=lambda one: one.source)
    path = [(root, (-1, 1 << 62))]
    for mark in marks:
        while not (path[-1][1][0] <= mark.source[0] and mark.source[1] <= path[-1][1][1]):
            path.pop()
        node = _Node(mark)
        path[-1][0].inside.append(node)
        if isinstance(mark, Pair):
            path.append((node, mark.source))
    return root


def _best_run(gain: Array) -> tuple[int, int, float]:
    """The neighbouring words whose gains have the largest sum: from, to, the sum."""
    best, start, total = (0, 1, -np.inf), 0, 0.0
    for number, one in enumerate(gain.tolist()):
        if total <= 0:
            start, total = number, 0.0
        total += one
        if total > best[2]:
            best = (start, number + 1, total)
    return best


def _by_share(source: str, target: str) -> WordAlignment:
    """An alignment by the share of the words before: what there is without attention."""
    spans = [[found.span() for found in _WORD.finditer(text)] for text in (source, target)]
    weights = np.zeros((len(spans[1]), len(spans[0])), np.float32)
    for row in range(len(weights)):
        weights[row, row * weights.shape[1] // len(weights)] = 1.0
    return WordAlignment(spans[0], spans[1], weights)


def _is_sign(char: str) -> bool:
    return char != "" and not char.isalnum() and not char.isspace() and not "\ue000" <= char <= "\uf8ff"


def _has_words(text: str) -> bool:
    return any(not _is_sign(char) for char in text)
