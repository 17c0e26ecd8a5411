"""Predict words in gaps with a subword or character model, by search.

The interface is that of `seqtext.models.expected_words.ExpectedWords`, which needs whole words in the vocabulary.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqtext.models.expected_words import NARROW, NEAR, Array, GapContext, Outlook

if TYPE_CHECKING:
    from seqtext.models.blank_filler import BlankFiller

_GRAMMAR, _SENSE = 40, 10  # words to search for: given two words on each side, given the sentence
_AT_ONCE = 16  # gaps searched together


class SearchedWords:
    """Search words for gaps, with their log-probabilities (nats)."""

    #: No word is a token by itself.
    ids: Mapping[str, int] = {}

    def __init__(self, model: "BlankFiller") -> None:
        self._model = model

    def answers(self, contexts: Sequence[GapContext]) -> tuple[Array, NDArray[Any]]:
        """Compute each answer's log-probability, (contexts,), and zeros in place of query vectors."""
        log_probs = self._weighed(contexts, [[context.answer] for context in contexts], "span")
        return np.array([row[0] for row in log_probs]), np.zeros(len(contexts))

    def outlooks(
        self, sentence: Sequence[GapContext], read: NDArray[Any], wide: Sequence[GapContext]
    ) -> Iterator[Outlook]:
        """Yield the candidates for each gap; see `ExpectedWords.outlooks`."""
        for start in range(0, len(sentence), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            yield from self._outlooks(sentence[some], wide[some])

    def _outlooks(self, contexts: Sequence[GapContext], wider: Sequence[GapContext]) -> Iterator[Outlook]:
        windows = [[context.within(words) for context in contexts] for words in (NARROW, NEAR)]
        alone = [GapContext(["", context.answer, ""], 1) for context in contexts]
        words = [
            [*dict.fromkeys([context.answer, *grammar, *sense])]
            for context, grammar, sense in zip(
                contexts, self._found(windows[0], _GRAMMAR), self._found(contexts, _SENSE), strict=True
            )
        ]
        spans = [self._weighed(passages, words, "span") for passages in (*windows, contexts, wider)]
        anywhere, bags = self._weighed(alone, words, "span"), self._weighed(wider, words, "bag")
        for k, candidates in enumerate(words):
            narrow, near, sentence, wide = (span[k] for span in spans)
            bag, frequency = _bag(bags[k], anywhere[k]), anywhere[k]
            yield Outlook(candidates, narrow, near, sentence, wide, bag, frequency, np.zeros(len(candidates)))

    def _found(self, contexts: Sequence[GapContext], top: int) -> list[list[str]]:
        fills = self._model.fill(["___".join(context.sides) for context in contexts], top)
        return [[fill.blanks[0] for fill in gap_fills] for gap_fills in fills]

    def _weighed(self, contexts: Sequence[GapContext], words: Sequence[Sequence[str]], kind: str) -> list[Array]:
        """Compute a kind of evidence for each context's words, (words,) each; zeros if the model lacks it."""
        weighed = self._model.weigh([[*context.sides] for context in contexts], words, [kind])
        return [np.array([evidence.get(kind, 0.0) for evidence in row]) for row in weighed]


def _bag(bag: Array, anywhere: Array) -> Array:
    """Return the bag's evidence; if the model has no bag, evidence for the answer and against other words."""
    return bag if bag.any() else anywhere + np.where(np.arange(len(anywhere)) == 0, 1.0, -1.0)
