"""What a blank takes, told token by token: which tokens a filling may begin and go on with, and where it may end.

Whether a filling is taken is asked of its text once it is whole (`Blank.takes`). Until then, a token is only kept out
where no letters after it could make up for it.
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
_NONE = -1  # letters of a token that no word of letters holds


class _Alike(NamedTuple):
    """The tokens of one number of letters, and those letters."""

    ids: NDArray[np.int64]  # (tokens,)
    letters: NDArray[np.uint32]  # (tokens, letters) code points, in the order in which the model reads


class TokenLetters:
    """The letters that each token adds to a word, in the order in which a model reads; several threads may share one.

    mirrored: whether that is from right to left
    """

    def __init__(self, tokenizer: Tokenizer, mirrored: bool) -> None:
        self._size, self.mirrored = tokenizer.size, mirrored
        self._texts = [text.strip() for text in tokenizer.texts]
        bases = list(map(_bases, tokenizer.pieces()))
        #: (vocabulary,) how many; a part of a character counts where it begins one.
        self.counts = np.array([_NONE if one is None else len(one) for one in bases], np.int64)
        self.counts[: len(SPECIALS)] = _NONE
        self._unclear = np.array(["\ufffd" in text for text in self._texts])
        self._alike = dict(self._tables(bases))

    def _tables(self, bases: list[str | None]) -> list[tuple[int, _Alike]]:
        found = []
        for count in np.unique(self.counts[self.counts >= 0]).tolist():
            ids = np.flatnonzero((self.counts == count) & ~self._unclear)
            data = "".join(bases[token] or "" for token in ids.tolist()).encode("utf-32-le")
            letters = np.frombuffer(data, "<u4").reshape(len(ids), count)
            found.append((count, _Alike(ids, letters[:, ::-1] if self.mirrored else letters)))
        return found

    @cached_property
    def _folded(self) -> dict[str, list[int]]:
        """The tokens of each text as avoided words are compared."""
        found: dict[str, list[int]] = {}
        for token, text in enumerate(self._texts):
            if text:
                found.setdefault(folded(text), []).append(token)
        return found

    def fitting(self, blank: Blank, place: int) -> Mask:
        """The tokens that may follow so many letters."""
        assert blank.letters
        most = blank.letters[1]
        bases = [letter if letter == ANY else _base(letter) for letter in blank.pattern]
        if self.mirrored:
            bases.reverse()
        mask = self._partial(bases, place) & (self.counts + place <= most)
        for count, alike in self._alike.items():
            if place + count > most:
                continue
            fits = np.ones(len(alike.ids), np.bool_)
            for column, base in enumerate(bases[place : place + count]):
                if base != ANY:
                    fits &= alike.letters[:, column] == ord(base)
            mask[alike.ids[fits]] = True
        return mask

    def _partial(self, bases: list[str], place: int) -> Mask:
        """The tokens with parts of characters that may follow so many letters: where no letter of ASCII is wanted."""
        foreign = [base == ANY or not base.isascii() for base in bases] or [True] * MOST_LETTERS
        begins, goes_on = (0 <= at < len(foreign) and foreign[at] for at in (place, place - (not self.mirrored)))
        return self._unclear & np.where(self.counts > 0, begins, goes_on)

    def unwanted(self, blank: Blank) -> Mask:
        """The tokens that spell a word which the blank does not take."""
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
    """How a filling of one blank may go on; `spell` gives the text of the tokens of one."""

    def __init__(self, blank: Blank, letters: TokenLetters, spell: Callable[[tuple[int, ...]], str]) -> None:
        self._blank, self._letters, self._spell = blank, letters, spell
        self._fitting: dict[int, Mask] = {}

    def first(self) -> tuple[Mask, Mask]:
        """The tokens that are a filling by themselves, and those that may begin one."""
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
        """The tokens that may follow some others; None for all."""
        if not self._blank.letters:
            return None
        place = int(self._letters.counts[list(tokens)].sum())
        known = self._fitting.get(place)
        if known is None:
            known = self._fitting[place] = self._letters.fitting(self._blank, place)
        return known

    def ends(self, tokens: tuple[int, ...]) -> bool:
        """Whether the filling may end after some tokens."""
        text = self._spell(tokens)
        return text != "" and self._blank.takes(text)


def _bases(piece: bytes) -> str | None:
    """The letters of a token without their marks; None where it holds what no word of letters does."""
    if piece.isalpha():  # ASCII
        return piece.decode().lower()
    text = piece.decode(errors="replace").strip()
    if "\ufffd" in text:  # a character begins with each byte that goes on with none
        return "x" * sum(byte & 0xC0 != 0x80 for byte in piece)
    if not text:
        return None
    if all(map(is_mark, text)):
        return ""
    found = letters_of(text.lstrip() if not is_mark(text[0]) else "a" + text)
    if found is None:
        return None
    return "".join(map(_base, found if not is_mark(text[0]) else found[1:]))


def _base(letter: str) -> str:
    """A letter without its marks."""
    return unicodedata.normalize("NFD", letter)[0]
