"""Constrain a blank's filling token by token.

The first, the next and the last tokens have limits of their own. A complete filling is checked as text (`Blank.takes`).
Until then, a token is only excluded if no letters after it could lead to an accepted filling.
"""

import unicodedata
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.avoided_words import folded
from seqtext.blanks import ANY, MOST_LETTERS, Blank, letters_of
from seqtext.characters import is_mark
from seqtext.tokenizer import SPECIALS, Tokenizer

Mask = NDArray[np.bool_]  # (vocabulary,)
_NONE = -1  # count for a token that occurs in no word of letters


class _Alike(NamedTuple):
    """The tokens with a certain number of letters, and their letters."""

    ids: NDArray[np.int64]  # (tokens,)
    letters: NDArray[np.uint32]  # (tokens, letters) code points, in the order in which the model reads


class TokenLetters:
    """Hold the letters of each token, in the model's reading order.

    Safe to share between threads. mirrored: whether the model reads from right to left.
    """

    def __init__(self, tokenizer: Tokenizer, mirrored: bool) -> None:
        self._size, self.mirrored = tokenizer.size, mirrored
        self._texts = [text.strip() for text in tokenizer.texts]
        bases = list(map(_bases, tokenizer.pieces()))
        #: (vocabulary,) numbers of letters; a partial character counts for the token that begins it.
        self.counts = np.array([_NONE if letters is None else len(letters) for letters in bases], np.int64)
        self.counts[: len(SPECIALS)] = _NONE
        self._unclear = np.array(["\ufffd" in text for text in self._texts])
        self._alike = dict(self._tables(bases))

    def _tables(self, bases: list[str | None]) -> list[tuple[int, _Alike]]:
        tables = []
        for count in np.unique(self.counts[self.counts >= 0]).tolist():
            ids = np.flatnonzero((self.counts == count) & ~self._unclear)
            data = "".join(bases[token] or "" for token in ids.tolist()).encode("utf-32-le")
            letters = np.frombuffer(data, "<u4").reshape(len(ids), count)
            tables.append((count, _Alike(ids, letters[:, ::-1] if self.mirrored else letters)))
        return tables

    @cached_property
    def _folded(self) -> dict[str, list[int]]:
        """The tokens by folded text, as avoided words are compared."""
        tokens_of: dict[str, list[int]] = {}
        for token, text in enumerate(self._texts):
            if text:
                tokens_of.setdefault(folded(text), []).append(token)
        return tokens_of

    def fitting(self, blank: Blank, letters_before: int) -> Mask:
        """Mark the tokens that may follow a given number of letters, (vocabulary,)."""
        assert blank.letters
        most = blank.letters[1]
        bases = [letter if letter == ANY else _base(letter) for letter in blank.pattern]
        if self.mirrored:
            bases.reverse()
        mask = self._partial(bases, letters_before) & (self.counts + letters_before <= most)
        for count, alike in self._alike.items():
            if letters_before + count > most:
                continue
            fits = np.ones(len(alike.ids), np.bool_)
            for column, base in enumerate(bases[letters_before : letters_before + count]):
                if base != ANY:
                    fits &= alike.letters[:, column] == ord(base)
            mask[alike.ids[fits]] = True
        return mask

    def _partial(self, bases: list[str], letters_before: int) -> Mask:
        """Mark the tokens with partial characters that may follow: those where no ASCII letter is required."""
        foreign = [base == ANY or not base.isascii() for base in bases] or [True] * MOST_LETTERS
        begins, goes_on = (
            0 <= at < len(foreign) and foreign[at] for at in (letters_before, letters_before - (not self.mirrored))
        )
        return self._unclear & np.where(self.counts > 0, begins, goes_on)

    def unwanted(self, blank: Blank) -> Mask:
        """Mark the tokens that spell an avoided word, (vocabulary,)."""
        mask = np.zeros(self._size, np.bool_)
        for word in blank.avoided:
            if word.endswith("*"):
                stem = folded(word.removesuffix("*"))
                for text, tokens in self._folded.items():
                    if text.startswith(stem):
                        mask[tokens] = True
            else:
                mask[self._folded.get(folded(word), [])] = True
        return mask


class Limit:
    """Constrain a blank's filling; `spell` decodes tokens to text."""

    def __init__(self, blank: Blank, letters: TokenLetters, spell: Callable[[tuple[int, ...]], str]) -> None:
        self._blank, self._letters, self._spell = blank, letters, spell
        self._fitting: dict[int, Mask] = {}

    def first(self) -> tuple[Mask, Mask]:
        """Mark whole fillings and tokens that begin one, (vocabulary,) each."""
        blank, letters = self._blank, self._letters
        begin = self.following(())
        begin = np.ones(len(letters.counts), np.bool_) if begin is None else begin
        whole = begin & (blank.fewest_words == 1)
        if blank.letters:
            whole &= letters.counts >= blank.letters[0]
        if blank.avoided:
            whole &= ~letters.unwanted(blank)
        return whole, begin & ~whole

    def following(self, tokens: tuple[int, ...]) -> Mask | None:
        """Mark the tokens that may follow the given ones, (vocabulary,). Returns None where all may."""
        if not self._blank.letters:
            return None
        letters_before = int(self._letters.counts[list(tokens)].sum())
        known = self._fitting.get(letters_before)
        if known is None:
            known = self._fitting[letters_before] = self._letters.fitting(self._blank, letters_before)
        return known

    def ends(self, tokens: tuple[int, ...]) -> bool:
        """Tell whether the filling may end after the given tokens."""
        text = self._spell(tokens)
        return text != "" and self._blank.takes(text)


def _bases(piece: bytes) -> str | None:
    """Extract the letters of a token without their marks; None if it can occur in no word of letters."""
    if piece.isalpha():  # ASCII
        return piece.decode().lower()
    text = piece.decode(errors="replace").strip()
    if "\ufffd" in text:  # each byte that is not a UTF-8 continuation byte begins a character
        return "x" * sum(byte & 0xC0 != 0x80 for byte in piece)
    if not text:
        return None
    if all(map(is_mark, text)):
        return ""
    letters = letters_of(text.lstrip() if not is_mark(text[0]) else "a" + text)
    if letters is None:
        return None
    return "".join(map(_base, letters if not is_mark(text[0]) else letters[1:]))


def _base(letter: str) -> str:
    """Strip the marks from a letter."""
    return unicodedata.normalize("NFD", letter)[0]
