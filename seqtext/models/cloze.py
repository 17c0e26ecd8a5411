"""Fill-in exercises from a text: gaps that it determines, and distractors that fit the grammar and not the sense."""

import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from seqtext.avoided_words import AvoidedWords
from seqtext.config import DIFFICULTIES, ClozeConfig
from seqtext.models.exercises import ClozeItem, Exercise
from seqtext.models.expected_words import Context, ExpectedWords, Outlook
from seqtext.models.function_words import UNFIT, ending, is_akin
from seqtext.models.gaps import Gap, Sentence, WordKinds, gaps, sentences
from seqtext.models.searched_words import SearchedWords

_LEAST = {"easy": 0.5, "medium": 0.2, "hard": 0.05}  # the probability of an answer given its sentence
_APART, _APART_WITHIN = 4, 9  # from one gap to the next, at least so many words; and within a sentence
_PART = 8000  # characters of a part, about, where paragraphs end
_PART_OF_LINES = 4 * _PART  # where none does: up to a line that ends a sentence
_LONGEST_PART = 8 * _PART  # where none does that either: up to any line
_STOPS, _CLOSING = (".", "!", "?", "…"), " \t\r\n\"'”’)]"  # at the end of a line that ends a sentence
_SAME = 20  # items with other answers between two with the same, at least
_TRIED = 5  # gaps of a sentence that are looked at, at most
_RATIO = np.log(1000.0)  # how much likelier than a distractor the answer is, given its sentence
_LIKELY = np.log(5e-5)  # a distractor given two words on each side, at least
# How much likelier (nats) than anywhere a distractor is: given two words on each side at least, given four at most,
# given the sentence and its neighbours at most, given the words around in any order at most.
_GRAMMAR, _NEAR, _SENSE, _TOPIC = 0.0, -0.3, -1.6, 0.2
_CLEAR, _SENSE_UNCLEAR = np.log(0.2), -2.0  # where the answer is less probable, other words fit more easily
_GRAMMAR_ALONE = 1.5  # instead of _GRAMMAR, where nothing tells the class of a word
_FORM = 0.8  # how much a distractor is of the class of the answer, at least
_RARITY = 3.0  # how much rarer or more frequent (nats) than the answer a distractor may be
_LIKENESS = 0.15  # the cosine of the vectors of a distractor and the answer, at most: no synonyms, no kin
# A further word that fits has such a share of the answer's probability, at least: 0.25 from a cosine of 0.2
# with the answer down, 0.05 from 0.4 up, between the two on a line. Of what means much the same, the model is often
# less sure than it should be.
_EDGE = [0.2, 0.4], [np.log(0.25), np.log(0.05)]
_BOTH = np.log(0.03)  # and at least so much given the sentence and given its neighbours, too
_ACCEPTED_FORM = 0.7  # how much it is of the class of the answer, at least
_MOST_ACCEPTED = 8
_POOL = 2  # times as many distractors as are needed are drawn from


def difficulty(probability: float) -> str:
    """Name how hard a gap is, by the probability of its answer given the sentence."""
    return next(name for name, least in _LEAST.items() if probability >= least or name == DIFFICULTIES[-1])


class ClozeMaker:
    """Makes an exercise of a text, which may come in parts, with the words that a model expects."""

    def __init__(
        self, expected: ExpectedWords | SearchedWords, kinds: WordKinds, avoided: AvoidedWords, options: ClozeConfig
    ) -> None:
        self._expected, self._kinds, self._avoided, self.options = expected, kinds, avoided, options
        asked = {"name": options.names, "number": options.numbers, "function": options.function_words}
        self._wanted = frozenset(["word", *(kind for kind, wanted in asked.items() if wanted)])
        self._random = random.Random(options.seed)
        self._answers: deque[str] = deque(maxlen=_SAME)
        self._made, self._words = 0, 0
        self._next = options.every - 1 if options.every else 0  # the number of the word from which on a gap may stand

    def parts(self, lines: Iterable[str]) -> Iterator[Exercise]:
        """Make the exercises of some lines, with their line breaks, a few paragraphs at a time."""
        held, size = list[str](), 0
        for line in lines:
            held.append(line)
            size += len(line)
            if _may_part(line, size):
                yield self._part("".join(held))
                held, size = [], 0
        if held:
            yield self._part("".join(held))

    def _part(self, text: str) -> Exercise:
        found = sentences(text)
        items, first = self._items(found), self._made + 1
        self._made += len(items)
        self._words += sum(len(sentence.pieces) // 2 for sentence in found)
        return Exercise(text, tuple(items), self.options.letters, first, self._unknown(found))

    def _unknown(self, found: Sequence[Sentence]) -> float:
        """The share of the words that the model does not know."""
        words = [word for sentence in found for word in sentence.words if word.isalpha()]
        return sum(not self._kinds.is_known(word) for word in words) / max(1, len(words))

    def _items(self, found: Sequence[Sentence]) -> list[ClozeItem]:
        every = [gap for gap in gaps(found, self._kinds, self._wanted) if not self._avoided.is_in(gap.word)]
        near = [Context(found[gap.sentence].pieces, gap.piece) for gap in every]
        likely, read = self._expected.answers(near)
        tried = self._tried(every, likely.tolist())
        wide = _wide(found)
        outlooks = self._expected.outlooks([near[k] for k in tried], read[tried], [wide(every[k]) for k in tried])
        items, taken, near_gaps = list[ClozeItem](), dict[int, list[int]](), set[int]()
        for gap, outlook in zip([every[k] for k in tried], outlooks, strict=True):
            number = self._words + gap.number
            if number in near_gaps or number < self._next or gap.word.lower() in self._answers:
                continue
            own = taken.setdefault(gap.sentence, [])
            if not self.options.every and any(abs(number - other) < _APART_WITHIN for other in own):
                continue
            item = self._item(gap, outlook, _words_around(found, gap))
            if item is not None:
                items.append(item)
                own.append(number)
                near_gaps.update(range(number - _APART + 1, number + _APART))
                self._answers.append(gap.word.lower())
                self._next = number + self.options.every if self.options.every else 0
        return sorted(items, key=lambda item: item.start)

    def _tried(self, every: Sequence[Gap], likely: Sequence[float]) -> list[int]:
        """The gaps that are looked at: those of a sentence together, the best first, or all in order."""
        if self.options.every:
            return [k for k in range(len(every)) if likely[k] >= np.log(_LEAST[DIFFICULTIES[-1]])]
        level, by_sentence = DIFFICULTIES.index(self.options.hardness), dict[int, list[int]]()
        for k, gap in enumerate(every):
            if likely[k] >= np.log(_LEAST[self.options.hardness]):
                by_sentence.setdefault(gap.sentence, []).append(k)

        def order(k: int) -> tuple[int, float]:
            return abs(DIFFICULTIES.index(difficulty(np.exp(likely[k]))) - level), -likely[k]

        return [k for own in by_sentence.values() for k in sorted(own, key=order)[:_TRIED]]

    def _item(self, gap: Gap, outlook: Outlook, around: frozenset[str]) -> ClozeItem | None:
        """The item of a gap; None where too few distractors are safe."""
        accepted = self._accepted(gap, outlook)
        needed = max(0, self.options.choices - 1)
        chosen = self._distractors(gap, outlook, {*around, *(word.lower() for word in accepted)}, needed)
        if len(chosen) < needed:
            return None
        options = [gap.word, *chosen] if needed else []
        self._random.shuffle(options)
        probability = float(np.exp(outlook.sentence[0]))
        return ClozeItem(gap.word, tuple(options), accepted, gap.start, gap.end, probability, difficulty(probability))

    def _accepted(self, gap: Gap, outlook: Outlook) -> tuple[str, ...]:
        """Further words that fit, the likeliest first."""
        shares = outlook.sentence - outlook.sentence[0], outlook.wide - outlook.wide[0]
        share = (shares[0] + shares[1]) / 2
        fit = (share >= np.interp(outlook.likeness, *_EDGE)) & (np.minimum(*shares) >= _BOTH)
        if outlook.form is not None:
            fit &= outlook.form >= _ACCEPTED_FORM
        fitting = [k for k in np.argsort(-share).tolist() if k and fit[k]]
        words = [outlook.words[k] for k in fitting]
        begun = gap.word[: self.options.letters].lower()
        return tuple(word for word in words if self._is_alike(word, gap) and word.lower().startswith(begun))[
            :_MOST_ACCEPTED
        ]

    def _is_alike(self, word: str, gap: Gap) -> bool:
        """Whether a word is of the gap's kind, and may be shown."""
        return (
            self._kinds.kind(word, gap.opens) == gap.kind
            and word[:1].isupper() == gap.word[:1].isupper()
            and (len(word) > 2 or gap.kind != "word")
            and not self._avoided.is_in(word)
        )

    def _distractors(self, gap: Gap, outlook: Outlook, taken: set[str], needed: int) -> list[str]:
        """Words that fit the grammar and not the sense, at most `needed`, drawn from the best."""
        frequency = outlook.frequency
        narrow, near, sentence, wide, bag = (one - frequency for one in outlook[1:6])
        narrow = narrow - np.log(max(1e-3, 1.0 - np.exp(float(outlook.narrow[0]))))  # among all but the answer
        form = outlook.form if outlook.form is not None else np.ones(len(narrow))
        apart = np.minimum(outlook.sentence[0] - outlook.sentence, outlook.wide[0] - outlook.wide)
        sense = np.maximum(sentence, wide)
        fit = (
            (apart >= _RATIO)
            & (narrow + frequency >= _LIKELY)
            & (narrow >= (_GRAMMAR_ALONE if outlook.form is None else _GRAMMAR))
            & (form >= _FORM)
            & (near <= _NEAR)
            & (sense <= (_SENSE if outlook.sentence[0] >= _CLEAR else _SENSE_UNCLEAR))
            & (bag <= np.minimum(_TOPIC, bag[0] - _TOPIC))
            & (np.abs(frequency - frequency[0]) <= _RARITY)
            & (outlook.likeness <= _LIKENESS)
        )
        article = gap.before.lower() in ("a", "an")
        order = [k for k in np.argsort(2.0 * sense + near - narrow - form).tolist() if fit[k]]
        found: list[str] = []
        for k in order:
            word = outlook.words[k]
            if (
                word.isalpha()
                and word.lower() not in UNFIT
                and self._is_alike(word, gap)
                and ending(word) == ending(gap.word)
                and (not article or _is_vowel(word) == _is_vowel(gap.word))
                and word.lower() not in taken
                and not any(is_akin(word, other) for other in [gap.word, *found, *taken])
            ):
                found.append(word)
                if len(found) == _POOL * needed:
                    break
        return self._random.sample(found, needed) if len(found) > needed else found


def _is_vowel(word: str) -> bool:
    return word[0].lower() in "aeiou"


def _may_part(line: str, size: int) -> bool:
    """Whether a part may end with a line; size: its characters so far."""
    shown = line.rstrip(_CLOSING)
    if not shown:
        return size >= _PART
    return size >= (_PART_OF_LINES if shown.endswith(_STOPS) else _LONGEST_PART)


def _words_around(found: Sequence[Sentence], gap: Gap) -> frozenset[str]:
    """The words of the sentence and its neighbours, in small letters."""
    near = found[max(0, gap.sentence - 1) : gap.sentence + 2]
    return frozenset(word for sentence in near for word in sentence.words)


def _wide(found: Sequence[Sentence]) -> Callable[[Gap], Context]:
    """Gives a gap among the sentences before and after its own."""
    known: dict[int, tuple[list[str], int]] = {}

    def wide(gap: Gap) -> Context:
        if gap.sentence not in known:
            before = found[gap.sentence - 1].pieces if gap.sentence else [""]
            after = found[gap.sentence + 1].pieces if gap.sentence + 1 < len(found) else [""]
            own = found[gap.sentence].pieces
            pieces = [*before[:-1], f"{before[-1]} {own[0]}", *own[1:-1], f"{own[-1]} {after[0]}", *after[1:]]
            known[gap.sentence] = pieces, len(before) - 1
        pieces, shift = known[gap.sentence]
        return Context(pieces, gap.piece + shift)

    return wide


def thinned(items: Sequence[ClozeItem], most: int | None) -> tuple[ClozeItem, ...]:
    """At most so many items, spread evenly.

    >>> thinned("abcdefgh", 3)
    ('b', 'e', 'g')
    """
    if most is None or len(items) <= most:
        return tuple(items)
    return tuple(items[(2 * k + 1) * len(items) // (2 * most)] for k in range(most))
