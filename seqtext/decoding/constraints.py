"""Constrain decoding to whole characters, whole words and allowed words."""

from collections.abc import Callable, Sequence
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.avoided_words import AvoidedWords, TrieState, folded_start
from seqtext.characters import APOSTROPHES, is_letter
from seqtext.decoding.search import Follows
from seqtext.tokenizer import GLUE, PAD, SPECIALS, Tokenizer

_LONGEST_START = 64  # letters of a word that is being typed, at most
_MOST_BYTES = 3  # that a character can lack
_REPLACEMENT = "\ufffd".encode()


class Spelling:
    """Map tokens to bytes; tell which tokens keep UTF-8 valid."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._ids = np.arange(tokenizer.size, dtype=np.int32)
        #: The bytes of each token, none of a special one.
        self.pieces = tokenizer.pieces()
        self._partial = [n for n, piece in enumerate(self.pieces) if not piece.isascii() and not _is_whole(piece)]
        self._legal, self._barrier = cache(self._find_legal), cache(self._find_barrier)
        self._fitting = lru_cache(64)(self._find_fitting)

    def __reduce__(self) -> tuple[type["Spelling"], tuple[Tokenizer]]:
        """Rebuild the object in another process: its caches cannot be pickled."""
        return Spelling, (self._tokenizer,)

    def spaced(self, previous: int) -> NDArray[np.bool_]:
        """Mark the tokens with an implied space before them: (vocabulary,).

        previous: the token before them
        """
        if self._tokenizer.tokens != "word" or previous < len(SPECIALS):
            return self._nowhere
        spacing = self._tokenizer.spacing
        return self._nowhere if spacing.white[previous] or spacing.right[previous] else self._usual

    @cached_property
    def _nowhere(self) -> NDArray[np.bool_]:
        return np.zeros(len(self._ids), np.bool_)

    @cached_property
    def _usual(self) -> NDArray[np.bool_]:
        """Where a space is implied after a word: no other token makes a difference but by having none after it."""
        spacing = self._tokenizer.spacing
        return ~(spacing.continues | spacing.white | spacing.left) & (self._ids >= len(SPECIALS))

    def added(self, previous: int, token: int) -> bytes:
        """Return the bytes that a token adds to the text."""
        return b" " + self.pieces[token] if self.spaced(previous)[token] else self.pieces[token]

    def fits(self, previous: int, wanted: bytes) -> NDArray[np.bool_]:
        """Mark the tokens that agree with the wanted bytes: (vocabulary,).

        Each adds the start of the bytes, or all of them and more.
        """
        spaced, plain = self.spaced(previous), self._fitting(wanted)
        return np.where(spaced, self._fitting(wanted[1:]), plain) if wanted[:1] == b" " else plain & ~spaced

    def _find_fitting(self, wanted: bytes) -> NDArray[np.bool_]:
        return np.array([piece != b"" and piece.startswith(wanted[: len(piece)]) for piece in self.pieces])

    def legal(self, previous: int, pending: bytes) -> NDArray[np.bool_]:
        """Mark the tokens that may follow: (vocabulary,).

        No special token may, nor bytes that form no character. pending: the bytes since the last whole character
        """
        return self._legal(previous == GLUE, _alike(pending))

    def barrier(self, previous: int, pending: bytes) -> NDArray[np.float32]:
        """Return the mask to add to scores: (vocabulary,).

        0 where `legal`, else −inf.
        """
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


class Written(NamedTuple):
    """Hold each hypothesis's unfinished bytes, and whether its text is blank."""

    pending: list[bytes] | None  # the bytes of each since its last whole character; None where all are whole
    blank: NDArray[np.bool_] | None  # (rows,) True at those without a visible character; None where that is allowed


#: Of rows that no rule is for.
NOTHING = Written(None, None)


class WholeText:
    """Restrict answers to nonblank text of whole characters, without U+FFFD."""

    def __init__(self, tokenizer: Tokenizer, end: int) -> None:
        self._tokenizer, self._end = tokenizer, end
        foreign = np.flatnonzero(tokenizer.holds_bytes(range(0x80, 0x100)))
        pieces = dict(zip(foreign.tolist(), tokenizer.pieces(foreign), strict=True))
        #: Parts of characters, and how many bytes each lacks at its end.
        self._parts = {token: piece for token, piece in pieces.items() if not _is_whole(piece)}
        self._part_ids = np.array(list(self._parts), np.int64)
        self._lacking = np.array([_lacking(piece) for piece in self._parts.values()], np.int64)
        self._is_part = np.zeros(tokenizer.size, np.bool_)
        self._is_part[self._part_ids] = True
        #: Tokens that leave a blank text blank, those of whole characters.
        self._blank = ~tokenizer.holds_bytes(byte for byte in range(0x100) if byte >= 0x80 or not chr(byte).isspace())
        self._blank[[token for token, piece in pieces.items() if piece.decode(errors="replace").isspace()]] = True
        special = [
            token for token in range(len(SPECIALS)) if token != end and (token, tokenizer.tokens) != (GLUE, "word")
        ]
        replaced = [token for token, piece in pieces.items() if _REPLACEMENT in piece]
        amid = [token for token, piece in self._parts.items() if not _goes_on(b"", piece)]
        self._barrier = lru_cache(256)(self._find_barrier)
        self._never_first = np.array([*special, *replaced, *amid], np.int64)  # where no character was begun

    def __reduce__(self) -> tuple[type["WholeText"], tuple[Tokenizer, int]]:
        """Rebuild the object in another process: its caches cannot be pickled."""
        return WholeText, (self._tokenizer, self._end)

    def begin(self, rows: int, fewest: int) -> Written:
        """Return the initial state of rows, before any token.

        fewest: minimal number of tokens of an answer, 0 where it may be blank
        """
        return Written(None, np.ones(rows, np.bool_) if fewest else None)

    def forbid(self, log_probs: NDArray[np.float32], written: Written, room: NDArray[np.integer]) -> None:
        """Set the log-probabilities of forbidden tokens to −inf, in place.

        log_probs: (rows, vocabulary); room: (rows,) number of tokens that may still follow
        """
        inside = {
            row: log_probs[row] + self._barrier(pending, written.blank is not None and bool(written.blank[row]))
            for row, pending in enumerate(written.pending or ())
            if pending
        }
        log_probs[:, self._never_first] = -np.inf
        for row, allowed in inside.items():
            log_probs[row] = allowed
        if written.blank is not None:
            log_probs[written.blank, self._end] = -np.inf
        for row in np.flatnonzero(room <= _MOST_BYTES).tolist():  # a character that is begun must find room
            log_probs[row, self._part_ids[self._lacking >= room[row]]] = -np.inf
            if written.blank is not None and written.blank[row] and room[row] == 1:
                log_probs[row, self._blank] = -np.inf

    def follow(self, written: Written, rows: Sequence[int], tokens: NDArray[np.int64]) -> Written:
        """Update the state after one token per row.

        rows: the old row of each new row; tokens: (new rows,)
        """
        pending, blank = None, None if written.blank is None else written.blank[rows]
        parts = np.flatnonzero(self._is_part[tokens]).tolist()
        still = None if blank is None else blank & self._blank[tokens]
        if parts:
            before = written.pending or [b""] * (max(rows) + 1)
            pending = [b""] * len(rows)
            for row in parts:
                text, pending[row] = whole(before[rows[row]] + self._parts[int(tokens[row])])
                if blank is not None and still is not None:
                    still[row] = blank[row] and not text.strip()
        return Written(pending, still if still is not None and still.any() else None)

    def _find_barrier(self, pending: bytes, blank: bool) -> NDArray[np.float32]:
        """Compute what is added to scores after a part of a character: (vocabulary,).

        blank: nothing visible stands before it
        """
        barrier = self._spelling.barrier(PAD, pending).copy()
        for token, piece in self._parts.items():
            if np.isfinite(barrier[token]):
                text = whole(pending + piece)[0]
                if "\ufffd" in text or (blank and text.isspace()):
                    barrier[token] = -np.inf
        return barrier

    @cached_property
    def _spelling(self) -> Spelling:
        """Create the spelling when a first character is spelled byte by byte."""
        return Spelling(self._tokenizer)


def _lacking(piece: bytes) -> int:
    """Count the bytes that the last character still lacks."""
    for back in range(1, min(len(piece), _MOST_BYTES) + 1):
        byte = piece[-back]
        if byte >= 0xC0:
            return max(0, (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4) - back)
        if byte < 0x80:
            break
    return 0


def whole(data: bytes) -> tuple[str, bytes]:
    """Decode whole characters; return them and the bytes of an unfinished one."""
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
    """Tell whether bytes can follow the pending ones in UTF-8.

    The last character may lack bytes.
    """
    try:
        (pending + piece).decode()
    except UnicodeDecodeError as error:  # an incremental decoder would accept the beginning of half a surrogate pair
        return error.reason == "unexpected end of data"
    return True


def _alike(pending: bytes) -> bytes:
    """Return the representative of pending bytes with the same continuations: one of eight."""
    if not pending:
        return b""
    lead = pending[0]
    missing = (2 if lead < 0xE0 else 3 if lead < 0xF0 else 4) - len(pending)
    if len(pending) == 1 and lead in (0xE0, 0xED, 0xF0, 0xF4):  # their second byte has a narrower range
        return pending
    return (b"\xc2", b"\xe1", b"\xf1")[missing - 1]


class WordShapes(NamedTuple):
    """Hold the possible roles of each token in a word, (vocabulary,).

    A part of a character may be anything.
    """

    wordlike: NDArray[np.bool_]  # letters, marks, digits and single apostrophes, perhaps after a space
    quoted: NDArray[np.bool_]  # an apostrophe first
    led: NDArray[np.bool_]  # a space first
    blank: NDArray[np.bool_]  # a space and nothing else
    lengths: NDArray[np.int64]  # in bytes

    @classmethod
    def of(cls, spelling: Spelling) -> "WordShapes":
        """Compute the shapes of all tokens."""
        cores = [piece.removeprefix(b" ").decode(errors="replace") for piece in spelling.pieces]
        wordlike = np.array([_is_word(core.replace("\ufffd", "x")) for core in cores])
        quoted = np.array([core.startswith(tuple(APOSTROPHES)) for core in cores])
        led = np.array([piece.startswith(b" ") for piece in spelling.pieces])
        lengths = np.array([len(piece) for piece in spelling.pieces])
        return cls(wordlike, quoted, led, led & (lengths == 1), lengths)


class WordRule:
    """Restrict how a searched word continues: the `follows` of `search_words`.

    previous: the last token read; wanted: the bytes that must come first, a space or the start of the word or both;
    spelt: the bytes of `wanted` that were read already; free: whether a space may come first
    """

    def __init__(
        self, spelling: Spelling, shapes: WordShapes, previous: int, *, wanted: str, spelt: str, free: bool
    ) -> None:
        self._spelling, self._shapes, self._wanted, self._free = spelling, shapes, wanted.encode(), free
        self._known: dict[tuple[int, ...], tuple[int, bytes]] = {(): (previous, spelt.encode())}
        self._typed = wanted.removeprefix(" ")
        self._joining: dict[tuple[int, int, bool], tuple[NDArray[np.bool_], ...]] = {}

    def __call__(self, tokens: tuple[int, ...]) -> Follows:
        """Return what may follow the tokens of a word so far."""
        spelling, shapes = self._spelling, self._shapes
        previous, data = self._read(tokens)
        text, pending = whole(data)
        missing, word = self._wanted[len(data) :], text.removeprefix(" ")
        spaced = spelling.spaced(previous)
        legal = spelling.legal(previous, pending)
        if missing:
            fit, reach = legal & spelling.fits(previous, missing), shapes.lengths + spaced >= len(missing)
            begin = fit & reach & shapes.wordlike & ~(shapes.quoted & (self._typed == ""))
            follow = begin | (fit & (~reach | shapes.blank))
            follow[GLUE] = legal[GLUE] and missing[:1] != b" "
            return Follows(follow, begin, False)
        if not word and not pending:
            begin = legal & shapes.wordlike & ~shapes.quoted
            if data or not self._free:
                begin &= ~(spaced | shapes.led)
                return Follows(begin, begin, False)
            follow = begin | (legal & shapes.blank)
            follow[GLUE] = legal[GLUE]
            return Follows(follow, begin, False)
        quoted = word.endswith(tuple(APOSTROPHES))
        key = id(legal), id(spaced), quoted
        known = self._joining.get(key)
        if known is None:
            joins = legal & shapes.wordlike & ~(spaced | shapes.led)
            if quoted:
                joins &= ~shapes.quoted
            joins[GLUE] = legal[GLUE]
            # legal and spaced are kept, too: the id of an array that is gone could come again.
            known = self._joining[key] = joins, legal, spaced
        joins = known[0]
        if word and not _is_word(word):  # its bytes turned out not to be a letter
            return Follows(np.zeros_like(joins), None, False)
        return Follows(joins, None, not pending and len(word.rstrip(APOSTROPHES)) >= max(1, len(self._typed)))

    def without(self, barred: Callable[[str], bool]) -> Callable[[tuple[int, ...]], Follows]:
        """Return the rule that lets no barred word end.

        Other words may begin like a barred one.
        """

        def follows(tokens: tuple[int, ...]) -> Follows:
            rule = self(tokens)
            return rule._replace(ends=False) if rule.ends and barred(self.word(tokens)) else rule

        return follows

    def _read(self, tokens: tuple[int, ...]) -> tuple[int, bytes]:
        """Return the last token, and all bytes that are spelt by then."""
        if tokens not in self._known:
            previous, data = self._read(tokens[:-1])
            self._known[tokens] = tokens[-1], data + self._spelling.added(previous, tokens[-1])
        return self._known[tokens]

    def word(self, tokens: tuple[int, ...]) -> str:
        """Return the word that tokens spell, without a closing quote."""
        return whole(self._read(tokens)[1])[0].removeprefix(" ").rstrip(APOSTROPHES)


class Completing:
    """Find the tokens that complete an avoided word.

    They depend on the position of the text before them in the trie of avoided words.
    """

    def __init__(self, spelling: Spelling, words: AvoidedWords) -> None:
        self.spelling, self.words = spelling, words
        self._texts = [piece.decode(errors="replace") for piece in spelling.pieces]
        self._firsts = [folded_start(text) for text in self._texts]
        self._found = lru_cache(256)(self._find)

    def __reduce__(self) -> tuple[type["Completing"], tuple[Spelling, AvoidedWords]]:
        """Rebuild the object in another process: its caches cannot be pickled."""
        return Completing, (self.spelling, self.words)

    def __call__(self, place: TrieState, previous: int, pending: bytes = b"") -> NDArray[np.bool_]:
        """Mark the tokens that complete an avoided word: (vocabulary,).

        place: the text's position in the trie; previous: the last token; pending: the bytes since the last whole
        character, none where omitted
        """
        if pending:
            return self._find_inside(place, previous, pending)
        completing, spaced = self._found(place), self.spelling.spaced(previous)
        if spaced.any():
            after = self.words.read(place, " ")
            completing = np.where(spaced, True if after is None else self._found(after), completing)
        return completing

    def _find_inside(self, place: TrieState, previous: int, pending: bytes) -> NDArray[np.bool_]:
        """Mark the completing tokens amid a character. At most some hundred can follow."""
        completing = np.zeros(len(self._texts), np.bool_)
        for token in np.flatnonzero(self.spelling.legal(previous, pending)).tolist():
            text, _ = whole(pending + self.spelling.pieces[token])
            completing[token] = self.words.read(place, text) is None
        return completing

    def _find(self, place: TrieState) -> NDArray[np.bool_]:
        """Mark the completing tokens, read without a space before them.

        Of an entry under way, only tokens that continue it are read again.
        """
        if self.words.is_whole(place) or not place.nodes:
            return np.array([self.words.read(place, text) is None for text in self._texts])
        ways, completing = self.words.ways(place), self._found(TrieState((), place.kind)).copy()
        for number, first in enumerate(self._firsts):
            if first in ways:
                completing[number] = self.words.read(place, self._texts[number]) is None
        return completing


class WordBarrier:
    """Bar tokens that complete an avoided word in beam search.

    end: the token that ends an answer, and a word with it
    """

    def __init__(self, completing: Completing, end: int) -> None:
        self._completing, self._spelling, self._words = completing, completing.spelling, completing.words
        self._end = end
        self._known: dict[tuple[int, ...], tuple[TrieState | None, bytes]] = {(): (TrieState(), b"")}

    def __call__(self, tokens: tuple[int, ...]) -> NDArray[np.bool_]:
        """Mark the tokens that may not follow: (vocabulary,)."""
        place, pending = self._read(tokens)
        size = len(self._spelling.pieces)
        if place is None:
            return np.ones(size, np.bool_)
        # While a character lacks bytes, nothing is barred: what it spells is known once it is whole.
        barred = np.zeros(size, np.bool_) if pending else self._completing(place, tokens[-1] if tokens else -1).copy()
        barred[self._end] = self._words.is_whole(place)
        return barred

    def _read(self, tokens: tuple[int, ...]) -> tuple[TrieState | None, bytes]:
        """Read some tokens: their position in the trie, and an unfinished character.

        The position is None after a whole avoided word.
        """
        if tokens not in self._known:
            place, pending = self._read(tokens[:-1])
            previous = tokens[-2] if len(tokens) > 1 else -1
            text, pending = whole(pending + self._spelling.added(previous, tokens[-1]))
            if pending and not _goes_on(b"", pending):  # bytes that will never be a character
                text, pending = text + pending.decode(errors="replace"), b""
            self._known[tokens] = (self._words.read(place, text) if place else None), pending
        return self._known[tokens]


def _is_word(text: str) -> bool:
    """Tell whether a text is letters, marks, digits and single apostrophes."""
    if text.isalnum():
        return True
    good = all(is_letter(character) or character in APOSTROPHES for character in text)
    return good and text != "" and not any(a in APOSTROPHES and b in APOSTROPHES for a, b in pairwise(text))


def typed_letters(text: str) -> str:
    """Return the letters, digits and inner apostrophes that end a text.

    At most 64 characters.
    """
    start = len(text)
    while start and len(text) - start < _LONGEST_START:
        inside = text[start - 1] in APOSTROPHES and start > 1 and is_letter(text[start - 2])
        if not (is_letter(text[start - 1]) or inside):
            break
        start -= 1
    return text[start:].lstrip(APOSTROPHES)
