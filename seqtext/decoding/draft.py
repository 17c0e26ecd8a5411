"""Hold back sampled tokens that may begin an avoided word."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.avoided_words import LONGEST, AvoidedWords, TrieState

_LIKELY = 0.5  # a larger forbidden share means that the text led to the word: the token before is taken back, too
_MOST_HELD = 4 * LONGEST  # tokens, or characters


class Drawn(NamedTuple):
    """Hold a sampled token and the data to resample it."""

    token: int
    text: str  # the characters that it completes
    scores: NDArray[np.floating]  # (vocabulary,) what it was drawn from
    state: Any  # of the network, before the token
    previous: int  # the token before it
    pending: bytes  # the bytes since the last whole character
    space: bool  # whether the token's space was there already


class Draft:
    """Hold back sampled tokens while they may spell an avoided word.

    completing: see `seqtext.decoding.constraints.Completing`; before: the text that is continued
    """

    def __init__(
        self, words: AvoidedWords, completing: Callable[[TrieState, int, bytes], NDArray[np.bool_]], before: str
    ) -> None:
        self._words, self._completing, self._place = words, completing, words.after(before)
        self._held: list[tuple[Drawn, TrieState]] = []

    @property
    def tokens(self) -> tuple[int, ...]:
        """Return the tokens held back."""
        return tuple(drawn.token for drawn, _ in self._held) if self._held else ()

    def add(self, drawn: Drawn) -> bool:
        """Append a token unless it completes an avoided word.

        Returns False, and changes nothing, where it would.
        """
        next_place = self._words.read(self._place, drawn.text)
        if next_place is None:
            return False
        self._held.append((drawn, self._place))
        self._place = next_place
        return True

    def settled(self) -> list[Drawn]:
        """Release the tokens that will not be taken back.

        That is the whole draft, once no avoided word is under way in it. Inside a phrase, white space may continue
        without end; therefore a long draft is released as well.
        """
        if self._place.nodes and len(self._held) < _MOST_HELD:
            return []
        held, self._held = self._held, []
        return [drawn for drawn, _ in held]

    def take_back(self, drawn: Drawn) -> Drawn | None:
        """Forbid a rejected token; return where to sample another instead.

        All else that would complete an avoided word there is forbidden with it. Where that was nearly the only
        continuation, the token before it is taken back and forbidden, too, and so on; what is settled stays. None where
        no continuation is left. A character of several tokens is taken back as a whole: characters with the same first
        byte are mostly alike, and trying a hundred thousand one by one took minutes.
        """
        barred = self._completing(self._place, drawn.previous, drawn.pending).copy()
        while True:
            barred[drawn.token] = True
            share = _share(drawn.scores, barred)
            drawn.scores[barred] = -np.inf
            if share <= _LIKELY:
                return drawn
            if not self._held:
                return drawn if np.isfinite(drawn.scores.max()) else None
            drawn, self._place = self._held.pop()
            while drawn.pending and self._held:
                drawn, self._place = self._held.pop()
            barred[:] = False


def _share(scores: NDArray[np.floating], mask: NDArray[np.bool_]) -> float:
    """Compute the probability of some tokens from unnormalised log-probabilities."""
    weights = np.exp(scores.astype(np.float64) - scores.max())
    return float(weights[mask].sum() / weights.sum())


def withhold(characters: Iterable[str], words: AvoidedWords, place: TrieState) -> Iterator[str]:
    """Yield the characters of a text, withholding an avoided final word.

    The end of the text can make an avoided word of what was the start of a longer one.

    >>> "".join(withhold("so sadly, so sad", AvoidedWords(["sad"]), TrieState()))
    'so sadly, so '
    """
    held = ""
    for character in characters:
        place = words.read(place, character) or TrieState()
        held += character
        if not place.nodes or len(held) >= _MOST_HELD:
            yield from held
            held = ""
    if not words.is_whole(place):
        yield from held
