"""Constrain answers to hold each stand-in character exactly once."""

from collections.abc import Collection, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from seqtext.tokenizer import Tokenizer


class EachOnce:
    """Bar tokens until an answer holds each stand-in exactly once.

    With the stand-ins of each source, it makes the `barred` of beam search.

    stand_ins: characters that are a token each, with a space before them or without; end: the token that ends an answer
    """

    def __init__(self, tokenizer: Tokenizer, stand_ins: Collection[str], end: int) -> None:
        self._size, self._end = tokenizer.size, end
        starts = {stand_in.encode()[:2] for stand_in in stand_ins}
        pieces = tokenizer.pieces()
        self._stand_in = {
            token: piece.decode().strip()
            for token, piece in enumerate(pieces)
            if piece[-3:-1] in starts and piece.decode(errors="replace").strip() in stand_ins
        }
        #: Tokens that could spell one in part.
        self._parts = np.array(
            [any(start in piece or piece.endswith(start[:1]) for start in starts) for piece in pieces], np.bool_
        )
        self._may = lru_cache(1024)(self._find)

    def needed(self, source: Sequence[int] | NDArray[np.int32]) -> frozenset[str]:
        """Return the stand-ins among the tokens of a source.

        source: ids, (tokens,)
        """
        return frozenset(self._stand_in[int(token)] for token in source if int(token) in self._stand_in)

    def __call__(self, needed: frozenset[str], tokens: tuple[int, ...]) -> NDArray[np.bool_]:
        """Mark the tokens that may not follow some others: (vocabulary,)."""
        return self._may(needed - {self._stand_in.get(token, "") for token in tokens})

    def _find(self, missing: frozenset[str]) -> NDArray[np.bool_]:
        barred = self._parts.copy()
        barred[[token for token, stand_in in self._stand_in.items() if stand_in in missing]] = False
        barred[self._end] = bool(missing)
        return barred
