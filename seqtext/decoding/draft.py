"""Text that is drawn token by token and may yet be taken back, because an avoided word may come of it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.avoided_words import LONGEST, AvoidedWords, Place

_LIKELY = 0.5  # where what is forbidden had a larger share than this, it is the way there that was wrong
_MOST_HELD = 4 * LONGEST  # tokens, or characters


class Drawn(NamedTuple):
    """A token that was drawn, and all that it takes to draw another in its place."""

    token: int
    text: str  # the characters that it completes
    scores: NDArray[np.floating]  # (vocabulary,) what it was drawn from
    state: Any  # of the network, before the token
    previous: int  # the token before it
    pending: bytes  # the bytes since the last whole character
    space: bool  # whether the token's space was there already


class Draft:
    """Holds back what was drawn while an avoided word is under way in it.

    completing: see `seqtext.decoding.constraints.Completing`; before: the text that is gone on with
    """

    def __init__(self, words: AvoidedWords, completing: Callable[[Place, int], NDArray[np.bool_]], before: str) -> None:
        self._words, self._completing, self._place = words, completing, words.after(before)
        self._held: list[tuple[Drawn, Place]] = []

    @property
    def tokens(self) -> tuple[int, ...]:
        """The tokens held back."""
        return tuple(drawn.token for drawn, _ in self._held) if self._held else ()

    def add(self, drawn: Drawn) -> bool:
        """Go on with a token; False, and nothing is changed, where that completes an avoided word."""
        place = self._words.read(self._place, drawn.text)
        if place is None:
            return False
        self._held.append((drawn, self._place))
        self._place = place
        return True

    def settled(self) -> list[Drawn]:
        """Give what is not to be taken back any more: all of the draft, once no avoided word is under way in it.

        Inside a phrase, white space may go on without end; then what is held back is given, too.
        """
        if self._place.nodes and len(self._held) < _MOST_HELD:
            return []
        held, self._held = self._held, []
        return [drawn for drawn, _ in held]

    def take_back(self, drawn: Drawn) -> Drawn | None:
        """Forbid a token that `add` did not take, and give the place where another is to be drawn instead.

        With it goes all else that would complete an avoided word there. Where that was nearly the only way on, the
        token before it is taken back and forbidden, too, and so on; what is settled stays. None where no way is left.
        """
        barred = np.zeros(len(drawn.scores), np.bool_)
        if not drawn.pending:
            barred |= self._completing(self._place, drawn.previous)
        while True:
            barred[drawn.token] = True
            share = _share(drawn.scores, barred)
            drawn.scores[barred] = -np.inf
            if share <= _LIKELY:
                return drawn
            if not self._held:
                return drawn if np.isfinite(drawn.scores.max()) else None
            drawn, self._place = self._held.pop()
            barred[:] = False


def _share(scores: NDArray[np.floating], places: NDArray[np.bool_]) -> float:
    """The probability of some tokens, given scores that are log-probabilities but for a number added to all."""
    weights = np.exp(scores.astype(np.float64) - scores.max())
    return float(weights[places].sum() / weights.sum())


def withhold(characters: Iterable[str], words: AvoidedWords, place: Place) -> Iterator[str]:
    """The characters of a text that holds no avoided word, without one that its end would make of a longer word.

    >>> "".join(withhold("so sadly, so sad", AvoidedWords(["sad"]), Place()))
    'so sadly, so '
    """
    held = ""
    for character in characters:
        place = words.read(place, character) or Place()
        held += character
        if not place.nodes or len(held) >= _MOST_HELD:
            yield from held
            held = ""
    if not words.is_whole(place):
        yield from held
