"""What tokens spell, byte by byte, and how a word that is searched for may go on."""

from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.characters import APOSTROPHES, is_letter
from seqtext.decoding.search import Follows
from seqtext.tokenizer import GLUE, SPECIALS, Tokenizer

_LONGEST_START = 64  # letters of a word that is being typed, at most


class Spelling:
    """What tokens spell, byte by byte, and which of them may follow so that the text stays whole."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._ids = np.arange(tokenizer.size, dtype=np.int32)
        #: The bytes of each token, none of a special one.
        self.pieces = tokenizer.pieces()
        self._partial = [n for n, piece in enumerate(self.pieces) if not piece.isascii() and not _is_whole(piece)]
        self._legal, self._barrier = cache(self._find_legal), cache(self._find_barrier)
        self._fitting = lru_cache(64)(self._find_fitting)

    def spaced(self, previous: int) -> NDArray[np.bool_]:
        """(vocabulary,) True at tokens that a space is implied before, when they follow another token."""
        if self._tokenizer.tokens != "word":
            return np.zeros(len(self._ids), np.bool_)
        return self._tokenizer.spacing.implied(np.array([previous], np.int32), self._ids)

    def added(self, previous: int, token: int) -> bytes:
        """What a token adds to the text before it."""
        if self._tokenizer.tokens == "word":
            pair = np.array([previous, token], np.int32)
            if self._tokenizer.spacing.implied(pair[:1], pair[1:])[0]:
                return b" " + self.pieces[token]
        return self.pieces[token]

    def fits(self, previous: int, wanted: bytes) -> NDArray[np.bool_]:
        """(vocabulary,) the tokens that add the start of some bytes, or all of them and more."""
        spaced, plain = self.spaced(previous), self._fitting(wanted)
        return np.where(spaced, self._fitting(wanted[1:]), plain) if wanted[:1] == b" " else plain & ~spaced

    def _find_fitting(self, wanted: bytes) -> NDArray[np.bool_]:
        return np.array([piece != b"" and piece.startswith(wanted[: len(piece)]) for piece in self.pieces])

    def legal(self, previous: int, pending: bytes) -> NDArray[np.bool_]:
        """(vocabulary,) the tokens that may follow: never a special one, never bytes that form no character.

        pending: the bytes since the last whole character
        """
        return self._legal(previous == GLUE, _alike(pending))

    def barrier(self, previous: int, pending: bytes) -> NDArray[np.float32]:
        """(vocabulary,) `legal` as it is added to scores: 0 at the tokens that may follow, −inf at all others."""
        return self._barrier(previous == GLUE, _alike(pending))

    def _find_legal(self, glued: bool, pending: bytes) -> NDArray[np.bool_]:
        allowed = np.full(len(self._ids), not pending)
        allowed[: len(SPECIALS)] = False
        allowed[self._partial] = [_goes_on(pending, self.pieces[number]) for number in self._partial]
        if self._tokenizer.tokens == "word":
            if pending:  # before any other token stands a space, or GLUE
                allowed &= self._tokenizer.continues
            else:
                allowed[GLUE] = not glued
        return allowed

    def _find_barrier(self, glued: bool, pending: bytes) -> NDArray[np.float32]:
        return np.where(self._legal(glued, pending), 0.0, -np.inf).astype(np.float32)


def whole(data: bytes) -> tuple[str, bytes]:
    """The text of some bytes, and those at their end that are the start of one more character."""
    try:
        return data.decode(), b""
    except UnicodeDecodeError as error:
        return data[: error.start].decode(), data[error.start :]


def _is_whole(piece: bytes) -> bool:
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True


def _goes_on(pending: bytes, piece: bytes) -> bool:
    """Whether some bytes can follow those pending, in UTF-8; the last character may lack bytes."""
    try:
        (pending + piece).decode()
    except UnicodeDecodeError as error:  # an incremental decoder would let half of a surrogate pair begin
        return error.reason == "unexpected end of data"
    return True


def _alike(pending: bytes) -> bytes:
    """The representative of all pending bytes after which the same bytes may follow: one of eight."""
    if not pending:
        return b""
    lead = pending[0]
    missing = (2 if lead < 0xE0 else 3 if lead < 0xF0 else 4) - len(pending)
    if len(pending) == 1 and lead in (0xE0, 0xED, 0xF0, 0xF4):  # their second byte has a narrower range
        return pending
    return (b"\xc2", b"\xe1", b"\xf1")[missing - 1]


class Shapes(NamedTuple):
    """What every token is to a word, (vocabulary,) each; a part of a character may be anything."""

    wordlike: NDArray[np.bool_]  # letters, marks, digits and single apostrophes, perhaps after a space
    quoted: NDArray[np.bool_]  # an apostrophe first
    led: NDArray[np.bool_]  # a space first
    blank: NDArray[np.bool_]  # a space and nothing else
    lengths: NDArray[np.int64]  # in bytes

    @classmethod
    def of(cls, spelling: Spelling) -> "Shapes":
        """The shapes of all tokens."""
        cores = [piece.removeprefix(b" ").decode(errors="replace") for piece in spelling.pieces]
        wordlike = np.array([_is_word(core.replace("\ufffd", "x")) for core in cores])
        quoted = np.array([core.startswith(tuple(APOSTROPHES)) for core in cores])
        led = np.array([piece.startswith(b" ") for piece in spelling.pieces])
        lengths = np.array([len(piece) for piece in spelling.pieces])
        return cls(wordlike, quoted, led, led & (lengths == 1), lengths)


class WordRule:
    """How a word that is searched for may go on: the `follows` of `search_words`.

    previous: the last token read; wanted: what must come first, a space or the start of the word or both; spelt: the
    part of it that was read already; free: a space may come first
    """

    def __init__(
        self, spelling: Spelling, shapes: Shapes, previous: int, *, wanted: str, spelt: str, free: bool
    ) -> None:
        self._spelling, self._shapes, self._wanted, self._free = spelling, shapes, wanted.encode(), free
        self._known: dict[tuple[int, ...], tuple[int, bytes]] = {(): (previous, spelt.encode())}
        self._typed = wanted.removeprefix(" ")

    def __call__(self, tokens: tuple[int, ...]) -> Follows:
        """What may follow the tokens of a word so far."""
        spelling, shapes = self._spelling, self._shapes
        previous, data = self._read(tokens)
        text, pending = whole(data)
        missing, word = self._wanted[len(data) :], text.removeprefix(" ")
        spaced = spelling.spaced(previous)
        legal, leading = spelling.legal(previous, pending), spaced | shapes.led
        if missing:
            fit, reach = legal & spelling.fits(previous, missing), shapes.lengths + spaced >= len(missing)
            begin = fit & reach & shapes.wordlike & ~(shapes.quoted & (self._typed == ""))
            follow = begin | (fit & (~reach | shapes.blank))
            follow[GLUE] = legal[GLUE] and missing[:1] != b" "
            return Follows(follow, begin, False)
        if not word and not pending:
            begin = legal & shapes.wordlike & ~shapes.quoted
            if data or not self._free:
                begin &= ~leading
                return Follows(begin, begin, False)
            follow = begin | (legal & shapes.blank)
            follow[GLUE] = legal[GLUE]
            return Follows(follow, begin, False)
        joins = legal & shapes.wordlike & ~leading
        if word.endswith(tuple(APOSTROPHES)):
            joins &= ~shapes.quoted
        joins[GLUE] = legal[GLUE]
        if word and not _is_word(word):  # bytes that could have been a letter were none
            return Follows(np.zeros_like(joins), None, False)
        return Follows(joins, None, not pending and len(word.rstrip(APOSTROPHES)) >= max(1, len(self._typed)))

    def _read(self, tokens: tuple[int, ...]) -> tuple[int, bytes]:
        """The last token, and all that is spelt by then."""
        if tokens not in self._known:
            previous, data = self._read(tokens[:-1])
            self._known[tokens] = tokens[-1], data + self._spelling.added(previous, tokens[-1])
        return self._known[tokens]

    def word(self, tokens: tuple[int, ...]) -> str:
        """The word that some tokens spell, a closing quote left out."""
        return whole(self._read(tokens)[1])[0].removeprefix(" ").rstrip(APOSTROPHES)


def _is_word(text: str) -> bool:
    """Letters, marks, digits and single apostrophes, at least one of them."""
    if text.isalnum():
        return True
    good = all(is_letter(one) or one in APOSTROPHES for one in text)
    return good and text != "" and not any(a in APOSTROPHES and b in APOSTROPHES for a, b in pairwise(text))


def typed_letters(text: str) -> str:
    """The letters at the end of a text, apostrophes between them included."""
    start = len(text)
    while start and len(text) - start < _LONGEST_START:
        inside = text[start - 1] in APOSTROPHES and start > 1 and is_letter(text[start - 2])
        if not (is_letter(text[start - 1]) or inside):
            break
        start -= 1
    return text[start:].lstrip(APOSTROPHES)
