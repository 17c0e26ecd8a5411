"""The words that may come next after some texts: what a text asks for, one search for all, what is found spelt."""

from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.avoided_words import AvoidedWords
from seqtext.characters import is_letter
from seqtext.decoding.constraints import Shapes, Spelling, WordRule, typed_letters
from seqtext.decoding.search import Follow, FoundWords, search_words
from seqtext.networks.cells import Array, State
from seqtext.networks.language_model import LanguageReader
from seqtext.networks.overflow import check_finite
from seqtext.tokenizer import LONGEST_WORD, Tokenizer

_BEAM = {"word": 16, "bpe": 16, "char": 32}
_ROWS = 1024  # words that grow at once, at most, after texts whose searches go on together
_SCORES = 1 << 22  # log-probabilities made at once


class Forecast(NamedTuple):
    """A word that may come next, and its probability, given that a word comes."""

    text: str
    probability: float


class Asked(NamedTuple):
    """What a text asks for."""

    read: str  # what is read of it
    wanted: str  # what comes first after it: a space or the start of the word or both
    spelt: str  # the part of that which is read, too
    free: bool  # whether a space may come first


class NextWords:
    """Searches for next words, of many texts at once."""

    def __init__(self, reader: LanguageReader, tokenizer: Tokenizer, spelling: Spelling) -> None:
        self._reader, self._tokenizer, self._spelling = reader, tokenizer, spelling

    def ask(self, text: str, complete: bool) -> Asked:
        """What a text asks for; complete: the letters at its end begin the word."""
        typed = typed_letters(text) if complete else ""
        before = text[: len(text) - len(typed)]
        if ends_in_one_space(before):
            before, wanted = before[:-1], " " + typed
        else:
            wanted = " " if not typed and before and is_letter(before[-1]) else typed
        # After a sign such as a bracket or a dash, a space may come or not.
        free = not wanted and before != "" and not before[-1].isspace()
        spelt = wanted if self._tokenizer.tokens == "char" else ""  # only of characters is it clear how they are cut
        return Asked(before + spelt, wanted, spelt, free)

    def read(self, texts: list[NDArray[np.int32]]) -> tuple[Array, State]:
        """What may follow each text, (texts, vocabulary), and the state after it; the longest come first."""
        if len(texts) > 1:
            return self._reader.read_texts(texts)
        log_probs, state = self._reader.read(texts[0])
        return log_probs[None], state

    def find(
        self, asked: list[Asked], texts: list[NDArray[np.int32]], top: int, avoided: AvoidedWords
    ) -> list[list[Forecast]]:
        """The likeliest next words of some texts, whose ids, (tokens,), fall in length; see `LanguageModel.next`."""
        log_probs, state = self.read(texts)
        rules = [self._rule(one, int(ids[-1])) for one, ids in zip(asked, texts, strict=True)]
        follows = [_without(rule, one, avoided) for rule, one in zip(rules, asked, strict=True)]
        kind, found = self._tokenizer.tokens, list[FoundWords]()
        beam, longest = _BEAM[kind] + 2 * top, [LONGEST_WORD[kind] + len(one.wanted) for one in asked]
        some = max(1, min(_ROWS, _SCORES // self._tokenizer.size) // beam)
        for start in range(0, len(texts), some):
            own = slice(start, start + some)
            rows = state.take(np.arange(len(texts))[own])
            found += search_words(
                self._reader.step, rows, log_probs[own], follows[own], beam=beam, longest=longest[own]
            )
        return [_ranked(rule, one, top) for rule, one in zip(rules, found, strict=True)]

    def _rule(self, asked: Asked, previous: int) -> WordRule:
        return WordRule(self._spelling, self._shapes, previous, wanted=asked.wanted, spelt=asked.spelt, free=asked.free)

    @cached_property
    def _shapes(self) -> Shapes:
        return Shapes.of(self._spelling)


def _without(rule: WordRule, asked: Asked, avoided: AvoidedWords) -> Follow:
    """The rule for words that are not avoided."""
    if not len(avoided):
        return rule
    before = asked.read[: len(asked.read) - len(asked.spelt)]
    return rule.without(partial(avoided.is_in, place=avoided.after(before + " " * (asked.wanted[:1] == " "))))


def _ranked(rule: WordRule, found: FoundWords, top: int) -> list[Forecast]:
    """The best words; what several ways of tokens spell has the probability of all of them."""
    words: dict[str, float] = {}
    for tokens, log_prob in found.words:
        word = rule.word(tokens)
        words[word] = words.get(word, 0.0) + float(np.exp(log_prob - found.begun))
    check_finite(list(words.values()))
    best = sorted(words.items(), key=lambda item: -item[1])[:top]
    return [Forecast(word, min(1.0, probability)) for word, probability in best]


def ends_in_one_space(text: str) -> bool:
    """Whether a text ends in a space that pieces and words take before them, or imply."""
    return text.endswith(" ") and not text[-2:-1].isspace() and len(text) > 1
