"""Spell tokens as bytes, and determine the spaces between neighbouring tokens."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.tokenizer_file import SPECIALS, bytes_of_letters, foreign_token

_ATTACH_LEFT = set(",.;:!?)]}%\"'’”…»") | {"...", "..", "'s", "’s", "'S", "’S"}
_ATTACH_RIGHT = set("([{“‘$£€#@«¿¡")
_ATTACH_BOTH = set("-/–—_&+=*^~|\\") | {"--", "---", "----"}

_ALNUM = np.array([byte < 128 and chr(byte).isalnum() for byte in range(256)])
#: The first bytes of texts that are white space or attach: of ASCII, and of U+00A0 « », U+1680, U+2000 ‘ ’ …, U+3000.
_SPACING = ~_ALNUM & ((np.arange(256) < 128) | np.isin(np.arange(256), (0xC2, 0xE1, 0xE2, 0xE3)))


class Spelled(NamedTuple):
    """Hold the bytes of all tokens, concatenated; special tokens have none."""

    data: NDArray[np.uint8]  # (bytes,)
    bounds: NDArray[np.int64]  # (size + 1,): those of token k are data[bounds[k] : bounds[k + 1]]

    @classmethod
    def of(cls, names: Sequence[str], tokens: str, continues: NDArray[np.bool_]) -> "Spelled":
        """Spell a whole vocabulary at once.

        Token by token, 40,000 would take a tenth of a second of a cold start. Raises ModelError for a name
        of the word or bpe kind outside the byte-level alphabet.

        names: of all tokens; tokens: their kind; continues: (size,) True at tokens that continue a word
        """
        names = [""] * len(SPECIALS) + list(names[len(SPECIALS) :])
        if tokens == "char":
            pieces = list(map(_spell_character, names))
            return cls(np.frombuffer(b"".join(pieces), np.uint8), np.cumsum([0, *map(len, pieces)]))
        if tokens == "word":
            for number in np.flatnonzero(continues).tolist():
                names[number] = names[number].removeprefix("##")
        data = bytes_of_letters("".join(names))
        if (data < 0).any():
            raise foreign_token(next(name for name in names if (bytes_of_letters(name) < 0).any()))
        bounds = np.zeros(len(names) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, names), np.int64, len(names)), out=bounds[1:])
        return cls(data.astype(np.uint8), bounds)

    def starts_in(self, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Find tokens whose first byte is marked: (size,) True there.

        marked: (256,) True at the bytes to find
        """
        starts, ends = self.bounds[:-1], self.bounds[1:]
        first: NDArray[np.bool_] = np.append(marked[self.data], False)[starts]
        return first & (starts < ends)

    def holds(self, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Find tokens with a marked byte: (size,) True there.

        marked: (256,) True at the bytes to find
        """
        before = np.concatenate([[0], np.cumsum(marked[self.data])])[self.bounds]
        return before[1:] > before[:-1]

    def pieces(self, numbers: NDArray[np.integer]) -> list[bytes]:
        """Return the bytes of tokens; numbers: ids, (tokens,)."""
        data, bounds = self.data.tobytes(), self.bounds
        return [data[a:b] for a, b in zip(bounds[numbers].tolist(), bounds[numbers + 1].tolist(), strict=True)]

    def wordlike(self) -> NDArray[np.bool_]:
        """Find tokens that can be part of a word: (size,) True there.

        They hold letters, marks, digits, or some bytes of these.
        """
        marks = self.holds(_ALNUM)
        unclear = np.flatnonzero(self.holds(np.arange(256) >= 128) & ~marks)
        for number, piece in zip(unclear.tolist(), self.pieces(unclear), strict=True):
            marks[number] = any(c.isalnum() or c == "\ufffd" for c in piece.decode(errors="replace"))
        return marks


class Spacing(NamedTuple):
    """Hold the properties of the word kind's tokens that determine spaces.

    Each is (size,), True at tokens that continue a word, are white space, or attach to their left or right neighbour.
    """

    continues: NDArray[np.bool_]
    white: NDArray[np.bool_]
    left: NDArray[np.bool_]
    right: NDArray[np.bool_]

    @classmethod
    def of(cls, spelled: Spelled, continues: NDArray[np.bool_]) -> "Spacing":
        """Derive the properties from the tokens' bytes.

        continues: (size,) True at tokens that continue a word
        """
        white, left, right = np.zeros((3, len(continues)), np.bool_)
        some = np.flatnonzero(spelled.starts_in(_SPACING))
        for number, piece in zip(some.tolist(), spelled.pieces(some), strict=True):
            text = piece.decode(errors="replace")
            white[number] = text.isspace()
            left[number] = text in _ATTACH_LEFT or text in _ATTACH_BOTH
            right[number] = text in _ATTACH_RIGHT or text in _ATTACH_BOTH
        return cls(continues, white, left, right)

    def implied(self, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Mark where a single space between neighbouring tokens is implied: (pairs,).

        first, second: the ids of each pair, (pairs,)
        """
        bare = self.continues[second] | self.white[first] | self.white[second] | self.left[second] | self.right[first]
        return ~bare & (first >= len(SPECIALS)) & (second >= len(SPECIALS))


def _spell_character(name: str) -> bytes:
    """Return the bytes of a token of the char kind: a character, or a byte such as <0xC3>."""
    return bytes.fromhex(name[3:5]) if len(name) == 6 else name.encode()
