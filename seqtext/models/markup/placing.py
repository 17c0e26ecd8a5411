"""Project a sentence's inline markup onto its translation by attention.

A pair goes around the run of target words that attended most to its source words: the run whose attention to them,
less a half for each word, has the largest sum. Pairs stay nested as they were. A name or a number that is spelled
alike in both texts is found without attention.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.models.alignment import WordAlignment
from seqtext.models.markup.amounts import Amount, amount_span, amounts, figures
from seqtext.models.markup.parts import Pair, Point, Segment
from seqtext.models.markup.sentences import Sentence
from seqtext.networks.cells import Array

_CLEAR = 0.15  # of a target word's attention: a word that gave the marked words less does not stand for them
_KEPT = ("<", "[", "]")  # stay where no word is left for them: tags, links
_WORD = re.compile(r"\w+|[^\w\s]")
_ONE_WORD = re.compile(r"(?i)\b(?:aujourd|prud|quelqu|presqu)['’]\w+")  # unlike l'eau and d'eau

Parts = tuple[str | Segment, ...]
Insertion = tuple[int, Parts]


class Placed(NamedTuple):
    """Hold marks to insert into an answer, in order.

    lost: the marks whose position is unclear
    """

    insertions: list[Insertion]
    lost: list[str]


class _Amounts(NamedTuple):
    """Hold the amounts of an answer, and the amounts of the source, grouped by their digits."""

    typed: dict[str, list[Amount]]  # by their digits, amounts of the source whose digits an amount of the answer has
    spans: NDArray[np.int64]  # start and end of each of these, (typed, 2)
    groups: NDArray[np.int64]  # of each, (typed,)
    sizes: NDArray[np.int64]  # how many typed ones a group has, (groups,)
    words: list[list[tuple[int, int]]]  # of each group: the target words of its written ones, [first, after)
    labels: NDArray[np.int64]  # the group of each target word, -1 without one, (target words,)

    def beside(self, pair: Pair) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell which groups a pair encloses, cutting none of the typed ones, and which it touches: (groups,) each."""
        starts, ends = self.spans.T
        inside = self.groups[(pair.start <= starts) & (ends <= pair.end)]
        touched = self.groups[(starts < pair.end) & (pair.start < ends)]
        counts = (np.bincount(some, minlength=len(self.sizes)) for some in (inside, touched))
        return next(counts) == self.sizes, next(counts) > 0


class _Node:
    """A mark and the marks inside it; low, high: the target words that it encloses, [low, high)."""

    def __init__(self, mark: Pair | Point | None) -> None:
        self.mark = mark
        self.inside: list[_Node] = []
        self.low = self.high = 0


def place_marks(sentence: Sentence, answer: str, alignment: WordAlignment | None) -> Placed:
    """Find the positions of a sentence's marks in its answer.

    answer: a translation of `sentence.text`; stand-ins in it are words
    alignment: attention of the answer's words on the sentence's, (target words, source words); without it, marks are
        placed by their share of the length, and all of them are lost in the sense of `Placed`
    """
    if answer == sentence.text:
        return Placed(_as_typed(sentence), [])
    guessed = alignment is None
    placing = _Placing(sentence, answer, alignment or _by_share(sentence.text, answer))
    placed = placing.placed()
    if guessed and sentence.is_marked:
        return Placed(placed.insertions, [name for name in _names(sentence) if name])
    return placed


def _names(sentence: Sentence) -> list[str]:
    return [one.opening for one in sentence.pairs] + [one.name for one in sentence.points]


class _Placing:
    """Place the marks of one sentence in one answer."""

    def __init__(self, sentence: Sentence, answer: str, alignment: WordAlignment) -> None:
        self._sentence, self._answer = sentence, answer
        self._source, self._target, self._weights = _with_whole_words(answer, alignment)
        self._starts, self._ends = ([word[side] for word in self._target] for side in (0, 1))
        self._source_spans = np.array(self._source, np.int64).reshape(-1, 2)
        self._amount_spans: dict[tuple[str, int, int], tuple[int, int] | None] = {}
        self._lost: list[str] = []

    def placed(self) -> Placed:
        root = _tree(self._sentence)
        root.high = len(self._target)
        whole = (0, len(self._sentence.text))
        self._place(root, whole)
        insertions: list[Insertion] = []
        self._write(root, insertions, 0, len(self._answer))
        return Placed([insertion for insertion in insertions if any(insertion[1])], self._lost)

    def _place(self, parent: _Node, span: tuple[int, int]) -> None:
        """Find the target words of all pairs inside a parent; span: the parent's characters in the source."""
        pairs = [node for node in parent.inside if isinstance(node.mark, Pair)]
        looks = [self._look(node.mark) for node in pairs if isinstance(node.mark, Pair)]
        if not pairs:
            return
        first, second, strongest = _two_highest(looks)
        free = np.zeros(len(self._target), bool)
        free[parent.low : parent.high] = True
        for number, node in enumerate(pairs):
            assert isinstance(node.mark, Pair)
            rivals = np.where(strongest == number, second, first)
            low, high = self._words(node.mark, span, looks[number], rivals, free, parent)
            node.low, node.high = self._with_amounts(node.mark, low, high, free)
            free[node.low : node.high] = False
            self._place(node, (node.mark.start, node.mark.end))

    def _look(self, pair: Pair) -> Array:
        """Sum the attention of each target word on the words in a pair: (target words,).

        For the words of an amount, its digits decide, since hardly any attention leads to its sign.
        """
        starts, ends = self._source_spans.T
        look: Array = self._weights[:, (starts < pair.end) & (pair.start < ends)].sum(1)
        labels = self._amounts.labels
        held, touched = (np.append(some, True) for some in self._amounts.beside(pair))  # -1 is the last
        look[~touched[labels]] = 0.0
        look[held[labels] & (labels >= 0)] = 1.0
        return look

    def _words(
        self, pair: Pair, span: tuple[int, int], look: Array, rivals: Array, free: np.ndarray, parent: _Node
    ) -> tuple[int, int]:
        """Choose the target words of a pair, at least one of those that are free; without any, the pair is lost.

        span: the parent's characters in the source; look, rivals: attention on the words of this pair, and the most on
        those of a sibling, (target words,); free: which target words no sibling encloses, (target words,)
        """
        if not free.any():
            self._lost.append(pair.opening or pair.closing)
            return parent.high, parent.high
        text = self._sentence.text
        before, after = (text[a:b].strip() for a, b in ((span[0], pair.start), (pair.end, span[1])))
        low, high = parent.low, parent.high
        if free[low:high].all() and not _has_words(before) and not _has_words(after):
            return self._trimmed(low, high, not before, not after)
        alike = self._alike(text[pair.start : pair.end], low, high) or self._amount(pair, low, high)
        if alike and free[alike[0] : alike[1]].all():
            return alike
        gain = look - np.maximum(0.5, rivals)
        low, high, total = _best_run(np.where(free, gain, -np.inf))
        if total <= 0:
            best = int(np.where(free, look, -1.0).argmax())
            low, high = best, best + 1
            if look[best] < _CLEAR:
                self._lost.append(pair.opening or pair.closing)
        return self._trimmed(low, high, *(_is_sign(text[p : p + 1]) for p in (pair.start, pair.end - 1)))

    def _trimmed(self, low: int, high: int, sign_first: bool, sign_last: bool) -> tuple[int, int]:
        """Trim punctuation from the ends of a run of words where the marked source has none."""
        while high - low > 1 and not sign_last and self._is_sign(high - 1):
            high -= 1
        while high - low > 1 and not sign_first and self._is_sign(low):
            low += 1
        return low, high

    def _is_sign(self, number: int) -> bool:
        start, end = self._target[number]
        return all(map(_is_sign, self._answer[start:end]))

    def _alike(self, text: str, low: int, high: int) -> tuple[int, int] | None:
        """Find the target words that spell a text which stands once in the sentence and once from low to high."""
        start, end = self._target[low][0], self._target[high - 1][1]
        if not text or self._sentence.text.count(text) != 1 or self._answer.count(text, start, end) != 1:
            return None
        position = self._answer.index(text, start, end)
        first = next((k for k in range(low, high) if self._target[k][0] == position), None)
        last = next((k for k in range(low, high) if self._target[k][1] == position + len(text)), None)
        return None if first is None or last is None else (first, last + 1)

    def _amount(self, pair: Pair, low: int, high: int) -> tuple[int, int] | None:
        """Find the target words from low to high that hold the amount in a pair."""
        start, end = self._target[low][0], self._target[high - 1][1]
        text = self._sentence.text[pair.start : pair.end]
        digits = "".join(filter(str.isdecimal, text))
        same = [one for one in self._by_digits.get(digits, ()) if start <= one.start and one.end <= end]
        if len(same) == 1:  # seek it where it is
            start, end, _ = same[0]
        if (text, start, end) not in self._amount_spans:
            self._amount_spans[text, start, end] = amount_span(text, self._answer, start, end)
        span = self._amount_spans[text, start, end]
        return None if span is None else self._words_in(*span)

    def _with_amounts(self, pair: Pair, low: int, high: int, free: np.ndarray) -> tuple[int, int]:
        """Add to a pair's target words, [low, high), the rest of an amount that they cut and the pair held.

        free: which target words no sibling encloses, (target words,)
        """
        held, _ = self._amounts.beside(pair)
        for first, after in sorted(words for group in np.flatnonzero(held) for words in self._amounts.words[group]):
            if first < high and low < after:
                while low > first and free[low - 1]:
                    low -= 1
                while high < after and free[high]:
                    high += 1
        return low, high

    @cached_property
    def _written(self) -> list[Amount]:
        return list(amounts(self._answer))

    @cached_property
    def _by_digits(self) -> dict[str, list[Amount]]:
        found: dict[str, list[Amount]] = {}
        for amount in self._written:
            found.setdefault(amount.digits, []).append(amount)
        return found

    @cached_property
    def _amounts(self) -> _Amounts:
        found: dict[str, list[Amount]] = {}
        for find in (amounts, figures):  # 60 mph may be a figure alone here, and an amount in the answer
            known = set(found)
            for amount in find(self._sentence.text):
                if amount.digits not in known:
                    found.setdefault(amount.digits, []).append(amount)
        typed = {digits: found[digits] for digits in self._by_digits if digits in found}
        words = [[self._words_in(one.start, one.end) for one in self._by_digits[digits]] for digits in typed]
        labels = np.full(len(self._target), -1)
        for group, runs in enumerate(words):
            for first, after in runs:
                labels[first:after] = group
        spans = np.array([(one.start, one.end) for some in typed.values() for one in some], np.int64).reshape(-1, 2)
        sizes = np.array([len(some) for some in typed.values()], np.int64)
        return _Amounts(typed, spans, np.repeat(np.arange(len(sizes)), sizes), sizes, words, labels)

    def _words_in(self, start: int, end: int) -> tuple[int, int]:
        """Find the target words of some characters, [first, after)."""
        first, after = bisect_right(self._ends, start), bisect_left(self._starts, end)
        return (first, after) if first < after else (0, 0)

    def _beside_amounts(self, point: Point, position: int) -> int:
        """Move a point out of an amount that it does not stand in as typed: 5[^1] $ to 5 $[^1]."""
        number = bisect_left(self._written, position, key=lambda one: one.start) - 1
        amount = self._written[number] if number >= 0 else None
        if amount is None or position >= amount.end or amount.digits not in self._amounts.typed:
            return position
        if any(one.start < point.place < one.end for one in self._amounts.typed[amount.digits]):
            return position
        return amount.end if point.leans else amount.start

    def _write(self, node: _Node, written: list[Insertion], start: int, end: int) -> None:
        """Append, in order, the insertions for the marks inside a node, whose answer is from start to end."""
        pairs = [child for child in node.inside if isinstance(child.mark, Pair)]
        spans = {id(child): self._span(child, start, end) for child in pairs}
        for child in node.inside:
            if isinstance(child.mark, Point):
                position = self._beside_amounts(child.mark, self._point(child.mark, node, start, end))
                for first, last in (spans[id(pair)] for pair in pairs):
                    position = last if first < position < last else position
                spans[id(child)] = (position, position)
        for child in sorted(node.inside, key=lambda child: spans[id(child)]):
            first, last = spans[id(child)]
            if isinstance(child.mark, Point):
                written.append((first, child.mark.parts))
            elif isinstance(child.mark, Pair) and (first < last or _stays(child.mark)):
                written.append((first, child.mark.opened_by))
                self._write(child, written, first, last)
                written.append((last, child.mark.closed_by))

    def _span(self, node: _Node, start: int, end: int) -> tuple[int, int]:
        """Give the characters of a pair's words; the end of the parent's for a pair without words."""
        if node.low >= node.high:
            return end, end
        return self._target[node.low][0], self._target[node.high - 1][1]

    def _point(self, point: Point, parent: _Node, start: int, end: int) -> int:
        """Find the position of a point: after, or before, the word that attended most to the word beside it."""
        enclosing = parent.mark
        first, last = (enclosing.start, enclosing.end) if isinstance(enclosing, Pair) else (0, len(self._sentence.text))
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
    """Tell whether a pair is written without words: tags, links, and a half whose other is in another sentence."""
    return (pair.opening or pair.closing).startswith(_KEPT) or not (pair.opening and pair.closing)


def _holds(pair: Pair, typed: Sequence[Amount]) -> bool:
    """Tell whether a pair encloses amounts of the source, cutting none."""
    return all(pair.start <= one.start and one.end <= pair.end for one in typed)


def _as_typed(sentence: Sentence) -> list[Insertion]:
    """Give the insertions for an answer that is the sentence itself: each mark where it stood."""
    marks: list[tuple[int, int, Parts]] = [(mark.source[0], mark.start, mark.opened_by) for mark in sentence.pairs]
    marks += [(mark.source[1], mark.end, mark.closed_by) for mark in sentence.pairs]
    placed: list[tuple[int, int, Parts]] = [
        *marks,
        *((mark.source[0], mark.place, mark.parts) for mark in sentence.points),
    ]
    return [(position, parts) for _, position, parts in sorted(placed, key=lambda mark: mark[:2]) if any(parts)]


def _tree(sentence: Sentence) -> _Node:
    """Make a tree of a sentence's marks, nested as they were typed."""
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


def _two_highest(looks: Sequence[Array]) -> tuple[Array, Array, NDArray[np.intp]]:
    """Find the most and the second most attention of each target word, and whose the most is.

    looks: attention on the words of each pair, (target words,)
    """
    table = np.stack(looks)
    strongest, most = table.argmax(0), table.max(0)
    table[strongest, np.arange(table.shape[1])] = 0.0
    return most, table.max(0), strongest


def _best_run(gain: Array) -> tuple[int, int, float]:
    """Find the run of words whose gains have the largest sum (Kadane's algorithm): start, end, the sum."""
    best, start, total = (0, 1, -np.inf), 0, 0.0
    for number, value in enumerate(gain.tolist()):
        if total <= 0:
            start, total = number, 0.0
        total += value
        if total > best[2]:
            best = (start, number + 1, total)
    return best


def _with_whole_words(answer: str, alignment: WordAlignment) -> WordAlignment:
    """Join the target words of which an apostrophe makes one, such as aujourd'hui; it has the mean of their attention.

    answer: the target
    """
    source, target, weights = alignment
    for match in reversed(list(_ONE_WORD.finditer(answer))):
        inside = [k for k, (start, end) in enumerate(target) if match.start() <= start and end <= match.end()]
        if len(inside) > 1:
            low, high = inside[0], inside[-1] + 1
            target = [*target[:low], match.span(), *target[high:]]
            weights = np.concatenate([weights[:low], weights[low:high].mean(0, keepdims=True), weights[high:]])
    return WordAlignment(source, target, weights)


def _by_share(source: str, target: str) -> WordAlignment:
    """Align words by their share of the sentence, for want of attention."""
    spans = [[match.span() for match in _WORD.finditer(text)] for text in (source, target)]
    weights = np.zeros((len(spans[1]), len(spans[0])), np.float32)
    for row in range(len(weights)):
        weights[row, row * weights.shape[1] // len(weights)] = 1.0
    return WordAlignment(spans[0], spans[1], weights)


def _is_sign(char: str) -> bool:
    return char != "" and not char.isalnum() and not char.isspace() and not "\ue000" <= char <= "\uf8ff"


def _has_words(text: str) -> bool:
    return any(not _is_sign(char) for char in text)
