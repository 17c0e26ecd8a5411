"""What words a blank filler of pieces or characters expects in gaps: found by search, weighed one by one.

It answers as `seqtext.models.expected_words.ExpectedWords` does, which needs whole words in the vocabulary.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqtext.models.expected_words import NARROW, NEAR, Array, Context, Outlook

if TYPE_CHECKING:
    from seqtext.models.blank_filler import BlankFiller

_GRAMMAR, _SENSE = 40, 10  # words that are searched for: given two words on each side, given the sentence
_AT_ONCE = 16  # gaps that are searched together


class SearchedWords:
    """The words that a model finds for gaps, with their log-probabilities (nats)."""

    #: No word is a token by itself.
    ids: Mapping[str, int] = {}

    def __init__(self, model: "BlankFiller") -> None:
        self._model = model

    def answers(self, contexts: Sequence[Context]) -> tuple[Array, NDArray[Any]]:
        """The log-probability of the answer of each context, (contexts,), and nothing that was read."""
        found = self._weighed(contexts, [[one.answer] for one in contexts], "span")
        return np.array([own[0] for own in found]), np.zeros(len(contexts))

    def outlooks(self, sentence: Sequence[Context], read: NDArray[Any], wide: Sequence[Context]) -> Iterator[Outlook]:
        """What may fill each gap, which is given in its sentence and among the neighbours of that."""
        for start in range(0, len(sentence), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            yield from self._outlooks(sentence[some], wide[some])

    def _outlooks(self, contexts: Sequence[Context], wider: Sequence[Context]) -> Iterator[Outlook]:
        windows = [[one.within(words) for one in contexts] for words in (NARROW, NEAR)]
        alone = [Context(["", one.answer, ""], 1) for one in contexts]
        words = [
            [*dict.fromkeys([one.answer, *grammar, *sense])]
            for one, grammar, sense in zip(
                contexts, self._found(windows[0], _GRAMMAR), self._found(contexts, _SENSE), strict=True
            )
        ]
        spans = [self._weighed(own, words, "span") for own in (*windows, contexts, wider)]
        anywhere, bags = self._weighed(alone, words, "span"), self._weighed(wider, words, "bag")
        for k, found in enumerate(words):
            narrow, near, sentence, wide = (span[k] for span in spans)
            bag, frequency = _bag(bags[k], anywhere[k]), anywhere[k]
            yield Outlook(found, narrow, near, sentence, wide, bag, frequency, np.zeros(len(found)))

    def _found(self, contexts: Sequence[Context], top: int) -> list[list[str]]:
        fills = self._model.fill(["___".join(one.sides) for one in contexts], top)
        return [[fill.blanks[0] for fill in own] for own in fills]

    def _weighed(self, contexts: Sequence[Context], words: Sequence[Sequence[str]], kind: str) -> list[Array]:
        """One kind of evidence for the words of each context, (words,) each; zeros where the model has none."""
        found = self._model.weigh([[*one.sides] for one in contexts], words, [kind])
        return [np.array([evidence.get(kind, 0.0) for evidence in own]) for own in found]


def _bag(bag: Array, anywhere: Array) -> Array:
    """The evidence of the bag; of a model without one, such that it speaks for the answer and no other word."""
    return bag if bag.any() else anywhere + np.where(np.arange(len(anywhere)) == 0, 1.0, -1.0)
