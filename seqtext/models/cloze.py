"""Generate cloze exercises. The context determines each gap; distractors fit only grammatically."""

import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from seqtext.avoided_words import AvoidedWords
from seqtext.config import DIFFICULTIES, ClozeConfig
from seqtext.models.exercises import ClozeItem, Exercise
from seqtext.models.expected_words import ExpectedWords, GapContext, Outlook
from seqtext.models.function_words import UNFIT, ending, is_akin
from seqtext.models.gaps import Gap, Sentence, WordKinds, gaps, sentences
from seqtext.models.searched_words import SearchedWords

_LEAST = {"easy": 0.5, "medium": 0.2, "hard": 0.05}  # least probability of an answer given its sentence
_APART, _APART_WITHIN = 4, 9  # least distance in words between gaps, and between gaps of the same sentence
_PART = 8000  # characters after which a part ends at the next blank line
_PART_OF_LINES = 4 * _PART  # without a blank line: at the next line that ends a sentence
_LONGEST_PART = 8 * _PART  # without such a line either: at any line
_STOPS, _CLOSING = (".", "!", "?", "…"), " \t\r\n\"'”’)]"  # at the end of a line that ends a sentence
_SAME = 20  # least number of items between two with the same answer
_TRIED = 5  # most gaps of a sentence that are tried
_RATIO = np.log(1000.0)  # least log-ratio of the answer's probability to a distractor's, given the sentence
_LIKELY = np.log(5e-5)  # least log-probability of a distractor given two words on each side
# Bounds on the gain of a distractor, its log-probability (nats) in a context less that without context: given two words
# on each side (least), four (most), the sentence and its neighbours (most), and the bag of words (most).
_GRAMMAR, _NEAR, _SENSE, _TOPIC = 0.0, -0.3, -1.6, 0.2
_CLEAR, _SENSE_UNCLEAR = np.log(0.2), -2.0  # if the answer is less probable than this, other words fit more easily
_GRAMMAR_ALONE = 1.5  # replaces _GRAMMAR if the word classes are unknown
_FORM = 0.8  # least share of a distractor in the answer's word class
_RARITY = 3.0  # most difference in log-frequency (nats) between a distractor and the answer
_LIKENESS = 0.15  # most cosine similarity of a distractor and the answer: rules out synonyms and derived words
# An accepted alternative needs at least this share of the answer's probability: 0.25 up to a cosine similarity of 0.2,
# 0.05 from 0.4, interpolated linearly between. The bound is lower for similar words because the model often
# underestimates synonyms.
_EDGE = [0.2, 0.4], [np.log(0.25), np.log(0.05)]
_BOTH = np.log(0.03)  # least share given the sentence, and given its neighbours, too
_ACCEPTED_FORM = 0.7  # least share of an alternative in the answer's word class
_MOST_ACCEPTED = 8
_POOL = 2  # distractors are sampled from a pool of this multiple of the number needed


def difficulty(probability: float) -> str:
    """Grade a gap's difficulty by its answer's probability given the sentence."""
    return next(name for name, least in _LEAST.items() if probability >= least or name == DIFFICULTIES[-1])


class ClozeMaker:
    """Make cloze exercises, part by part, with a model's predictions."""

    def __init__(
        self, expected: ExpectedWords | SearchedWords, kinds: WordKinds, avoided: AvoidedWords, options: ClozeConfig
    ) -> None:
        self._expected, self._kinds, self._avoided, self.options = expected, kinds, avoided, options
        asked = {"name": options.names, "number": options.numbers, "function": options.function_words}
        self._wanted = frozenset(["word", *(kind for kind, wanted in asked.items() if wanted)])
        self._random = random.Random(options.seed)
        self._answers: deque[str] = deque(maxlen=_SAME)
        self._made, self._words = 0, 0
        self._next = options.every - 1 if options.every else 0  # index of the first word that may be the next gap

    def parts(self, lines: Iterable[str]) -> Iterator[Exercise]:
        """Make exercises from lines with line breaks, a few paragraphs each."""
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
        text_sentences = sentences(text)
        items, first = self._items(text_sentences), self._made + 1
        self._made += len(items)
        self._words += sum(len(sentence.pieces) // 2 for sentence in text_sentences)
        return Exercise(text, tuple(items), self.options.letters, first, self._unknown(text_sentences))

    def _unknown(self, text_sentences: Sequence[Sentence]) -> float:
        """Compute the share of words that the model does not know."""
        words = [word for sentence in text_sentences for word in sentence.words if word.isalpha()]
        return sum(not self._kinds.is_known(word) for word in words) / max(1, len(words))

    def _items(self, text_sentences: Sequence[Sentence]) -> list[ClozeItem]:
        every = [gap for gap in gaps(text_sentences, self._kinds, self._wanted) if not self._avoided.is_in(gap.word)]
        near = [GapContext(text_sentences[gap.sentence].pieces, gap.piece) for gap in every]
        likely, read = self._expected.answers(near)
        tried = self._tried(every, likely.tolist())
        wide = _wide(text_sentences)
        outlooks = self._expected.outlooks([near[k] for k in tried], read[tried], [wide(every[k]) for k in tried])
        items, taken, near_gaps = list[ClozeItem](), dict[int, list[int]](), set[int]()
        for gap, outlook in zip([every[k] for k in tried], outlooks, strict=True):
            number = self._words + gap.number
            if number in near_gaps or number < self._next or gap.word.lower() in self._answers:
                continue
            sentence_gaps = taken.setdefault(gap.sentence, [])
            if not self.options.every and any(abs(number - other) < _APART_WITHIN for other in sentence_gaps):
                continue
            item = self._item(gap, outlook, _words_around(text_sentences, gap))
            if item is not None:
                items.append(item)
                sentence_gaps.append(number)
                near_gaps.update(range(number - _APART + 1, number + _APART))
                self._answers.append(gap.word.lower())
                self._next = number + self.options.every if self.options.every else 0
        return sorted(items, key=lambda item: item.start)

    def _tried(self, every: Sequence[Gap], likely: Sequence[float]) -> list[int]:
        """Choose the gaps to try: the best of each sentence first, or all in order for a fixed distance."""
        if self.options.every:
            return [k for k in range(len(every)) if likely[k] >= np.log(_LEAST[DIFFICULTIES[-1]])]
        level, by_sentence = DIFFICULTIES.index(self.options.hardness), dict[int, list[int]]()
        for k, gap in enumerate(every):
            if likely[k] >= np.log(_LEAST[self.options.hardness]):
                by_sentence.setdefault(gap.sentence, []).append(k)

        def order(k: int) -> tuple[int, float]:
            return abs(DIFFICULTIES.index(difficulty(np.exp(likely[k]))) - level), -likely[k]

        return [k for sentence_gaps in by_sentence.values() for k in sorted(sentence_gaps, key=order)[:_TRIED]]

    def _item(self, gap: Gap, outlook: Outlook, around: frozenset[str]) -> ClozeItem | None:
        """Make the item of a gap, or None if too few distractors are safe."""
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
        """List other words that fit the gap, the likeliest first."""
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
        """Tell whether a word is of the gap's kind, and may be shown."""
        return (
            self._kinds.kind(word, gap.opens) == gap.kind
            and word[:1].isupper() == gap.word[:1].isupper()
            and (len(word) > 2 or gap.kind != "word")
            and not self._avoided.is_in(word)
        )

    def _distractors(self, gap: Gap, outlook: Outlook, taken: set[str], needed: int) -> list[str]:
        """Sample at most `needed` words from the best of those that fit grammatically but make no sense."""
        frequency = outlook.frequency
        narrow, near, sentence, wide, bag = (log_probs - frequency for log_probs in outlook[1:6])
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
        distractors: list[str] = []
        for k in order:
            word = outlook.words[k]
            if (
                word.isalpha()
                and word.lower() not in UNFIT
                and self._is_alike(word, gap)
                and ending(word) == ending(gap.word)
                and (not article or _is_vowel(word) == _is_vowel(gap.word))
                and word.lower() not in taken
                and not any(is_akin(word, other) for other in [gap.word, *distractors, *taken])
            ):
                distractors.append(word)
                if len(distractors) == _POOL * needed:
                    break
        return self._random.sample(distractors, needed) if len(distractors) > needed else distractors


def _is_vowel(word: str) -> bool:
    return word[0].lower() in "aeiou"


def _may_part(line: str, size: int) -> bool:
    """Tell whether a part may end with a line; size: characters of the part so far."""
    shown = line.rstrip(_CLOSING)
    if not shown:
        return size >= _PART
    return size >= (_PART_OF_LINES if shown.endswith(_STOPS) else _LONGEST_PART)


def _words_around(text_sentences: Sequence[Sentence], gap: Gap) -> frozenset[str]:
    """Collect the words of a gap's sentence and of its neighbours, in lower case."""
    near = text_sentences[max(0, gap.sentence - 1) : gap.sentence + 2]
    return frozenset(word for sentence in near for word in sentence.words)


def _wide(text_sentences: Sequence[Sentence]) -> Callable[[Gap], GapContext]:
    """Make a function that gives a gap's context, widened by the sentences before and after."""
    known: dict[int, tuple[list[str], int]] = {}

    def wide(gap: Gap) -> GapContext:
        if gap.sentence not in known:
            before = text_sentences[gap.sentence - 1].pieces if gap.sentence else [""]
            after = text_sentences[gap.sentence + 1].pieces if gap.sentence + 1 < len(text_sentences) else [""]
            middle = text_sentences[gap.sentence].pieces
            pieces = [
                *before[:-1],
                f"{before[-1]} {middle[0]}",
                *middle[1:-1],
                f"{middle[-1]} {after[0]}",
                *after[1:],
            ]
            known[gap.sentence] = pieces, len(before) - 1
        pieces, shift = known[gap.sentence]
        return GapContext(pieces, gap.piece + shift)

    return wide


def thinned(items: Sequence[ClozeItem], most: int | None) -> tuple[ClozeItem, ...]:
    """Pick at most a given number of items, evenly spaced.

    >>> thinned("abcdefgh", 3)
    ('b', 'e', 'g')
    """
    if most is None or len(items) <= most:
        return tuple(items)
    return tuple(items[(2 * k + 1) * len(items) // (2 * most)] for k in range(most))
