"""Predict next words: one beam search for a batch of texts."""

import re
import unicodedata
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.avoided_words import AvoidedWords
from seqtext.characters import is_letter
from seqtext.decoding.constraints import Spelling, WordRule, WordShapes, typed_letters
from seqtext.decoding.search import Follow, FoundWords, search_words
from seqtext.networks.cells import Array, State
from seqtext.networks.language_model import LanguageReader
from seqtext.networks.overflow import check_finite
from seqtext.tokenizer import LONGEST_WORD, Tokenizer

_BEAM = {"word": 16, "bpe": 16, "char": 32}
_ROWS = 1024  # most hypotheses in one step of the search, over all texts of a batch
_SCORES = 1 << 22  # log-probabilities computed at once
#: Several spaces of any width at the end of a text; after a line break they may be an indentation, which counts.
_SPACES_AT_END = re.compile(r"(?<=\S)(?:(?![\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029])\s)+\Z")
_PICTURES = ("So", "Sk", "Cn")  # Unicode's categories of symbols, of the skin tones on them, and of what is newer


class Forecast(NamedTuple):
    """Hold a predicted next word, and its probability among words."""

    text: str
    probability: float


class NextWordQuery(NamedTuple):
    """Hold the query that a text makes for a next word."""

    read: str  # the text that the model reads
    wanted: str  # required after the text without its typed letters: a space, the start of the word, or both
    spelt: str  # the part of `wanted` that is read, too
    free: bool  # whether a space may come first


class NextWords:
    """Search for the next words of many texts at once."""

    def __init__(self, reader: LanguageReader, tokenizer: Tokenizer, spelling: Spelling) -> None:
        self._reader, self._tokenizer, self._spelling = reader, tokenizer, spelling

    def ask(self, text: str, complete: bool) -> NextWordQuery:
        """Make the query of a text.

        complete: its last letters begin the word
        """
        typed = typed_letters(text) if complete else ""
        before = _SPACES_AT_END.sub(" ", text[: len(text) - len(typed)])
        if ends_in_one_space(before):
            before, wanted = before[:-1], " " + typed
        else:
            wanted = " " if not typed and before and self._ends_word(before[-1]) else typed
        # After punctuation such as a bracket or a dash, a space may come or not.
        free = not wanted and before != "" and not before[-1].isspace()
        spelt = wanted if self._tokenizer.tokens == "char" else ""  # other tokenizers could cut it in several ways
        return NextWordQuery(before + spelt, wanted, spelt, free)

    def _ends_word(self, character: str) -> bool:
        """Tell whether a space comes after a character and before a word: a letter, or a picture never learnt."""
        picture = unicodedata.category(character) in _PICTURES and character not in self._tokenizer.characters
        return picture or is_letter(character)

    def read(self, texts: list[NDArray[np.int32]]) -> tuple[Array, State]:
        """Compute log-probabilities of the next tokens of texts, and states.

        texts: the ids of each, (tokens,), the longest first
        returns log-probabilities (nats), (texts, vocabulary), and the state after each text
        """
        if len(texts) > 1:
            return self._reader.read_texts(texts)
        log_probs, state = self._reader.read(texts[0])
        return log_probs[None], state

    def find(
        self, asked: list[NextWordQuery], texts: list[NDArray[np.int32]], top: int, avoided: AvoidedWords
    ) -> list[list[Forecast]]:
        """Find the likeliest next words of each text, best first.

        asked: a query for each; texts: their ids, each (tokens,), the longest first; top: most words for each
        avoided: words that are not offered; see `LanguageModel.next`
        """
        log_probs, state = self.read(texts)
        rules = [self._rule(query, int(ids[-1])) for query, ids in zip(asked, texts, strict=True)]
        follows = [_without(rule, query, avoided) for rule, query in zip(rules, asked, strict=True)]
        kind, words = self._tokenizer.tokens, list[FoundWords]()
        beam, longest = _BEAM[kind] + 2 * top, [LONGEST_WORD[kind] + len(query.wanted) for query in asked]
        some = max(1, min(_ROWS, _SCORES // self._tokenizer.size) // beam)
        for start in range(0, len(texts), some):
            batch = slice(start, start + some)
            rows = state.take(np.arange(len(texts))[batch])
            words += search_words(
                self._reader.step, rows, log_probs[batch], follows[batch], beam=beam, longest=longest[batch]
            )
        return [_ranked(rule, text_words, top) for rule, text_words in zip(rules, words, strict=True)]

    def _rule(self, asked: NextWordQuery, previous: int) -> WordRule:
        return WordRule(self._spelling, self._shapes, previous, wanted=asked.wanted, spelt=asked.spelt, free=asked.free)

    @cached_property
    def _shapes(self) -> WordShapes:
        return WordShapes.of(self._spelling)


def _without(rule: WordRule, asked: NextWordQuery, avoided: AvoidedWords) -> Follow:
    """Restrict a rule to words that are not avoided."""
    if not len(avoided):
        return rule
    before = asked.read[: len(asked.read) - len(asked.spelt)]
    return rule.without(partial(avoided.is_in, before=avoided.after(before + " " * (asked.wanted[:1] == " "))))


def _ranked(rule: WordRule, searched: FoundWords, top: int) -> list[Forecast]:
    """Rank words; a word that is spelled by several token sequences has the sum of their probabilities."""
    words: dict[str, float] = {}
    for tokens, log_prob in searched.words:
        word = rule.word(tokens)
        words[word] = words.get(word, 0.0) + float(np.exp(log_prob - searched.begun))
    check_finite(list(words.values()))
    best = sorted(words.items(), key=lambda item: -item[1])[:top]
    return [Forecast(word, min(1.0, probability)) for word, probability in best]


def in_capitals(words: list[Forecast]) -> list[Forecast]:
    """Write predicted words in capitals; those that are then alike are one."""
    sums: dict[str, float] = {}
    for word in words:
        sums[word.text.upper()] = sums.get(word.text.upper(), 0.0) + word.probability
    return sorted((Forecast(*one) for one in sums.items()), key=lambda word: -word.probability)


def ends_in_one_space(text: str) -> bool:
    """Tell whether a text ends in a single space.

    Such a space is left to the next token, which includes or implies it.
    """
    return text.endswith(" ") and not text[-2:-1].isspace() and len(text) > 1
