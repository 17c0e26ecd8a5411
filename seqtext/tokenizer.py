"""Tokenize any text to ids, and decode ids to exactly that text.

A thin wrapper over Hugging Face `tokenizers`. Three kinds of token:

* char: one character; a character never seen in training is spelled by its UTF-8 bytes.
* bpe:  byte-level pieces (Sennrich et al. 2016, on bytes as in GPT-2); every text can be spelled.
* word: whole words and punctuation; a rare word is spelled byte by byte. The usual space between two words is
  implied; only unusual spacing costs a token of its own (GLUE: no space here; or the white space itself).
"""

import copy
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer as Backend

from seqtext.config import TokenizerConfig
from seqtext.errors import InputError, arguments
from seqtext.masks import NO_MASKS, Masks
from seqtext.normalization import FORMS, VERSION, Form, Traced, trace
from seqtext.spelling import Spacing, Spelled
from seqtext.tokenizer_file import SPECIALS as SPECIALS
from seqtext.tokenizer_file import (
    first_names,
    make_backend,
    no_panic,
    parse,
    read_backend,
    read_masks,
    read_version,
    with_masks,
    with_version,
    with_words_cut,
)
from seqtext.vocabulary import extended_names, frequent_words, learn, narrowed_names, numbered, uncut

PAD, UNK, BOS, EOS, BLANK, END, GLUE = range(7)
LONGEST_WORD = {"word": 24, "bpe": 16, "char": 32}  # tokens of a word that is searched for, at most

_USUAL_WIDTH = 8  # characters of a token, as a first guess
_UNSETTLED = 512  # tokens at a cut's end that may change with the text after it: of 80 characters, byte by byte
_UTF8 = np.array([0x80, 0x800, 0x10000], np.uint32)  # the first code points of two, three and four bytes


class Encoded(NamedTuple):
    """Hold the token ids of a text and the span of each."""

    ids: NDArray[np.int32]  # (tokens,)
    offsets: NDArray[np.int32]  # (tokens, 2): start and end in characters of the text; a GLUE is empty


class Tokenizer:
    """Convert texts to token ids and back.

    The special ids are PAD UNK BOS EOS BLANK END GLUE (0 to 6). Many threads may use a tokenizer at once.

    >>> tokenizer = Tokenizer.train(["the cat sat", "the dog sat"], TokenizerConfig("word", 600, 1))
    >>> tokenizer.decode(tokenizer.encode("the dog sat!").ids)
    'the dog sat!'
    """

    def __init__(
        self, backend: Backend, tokens: str, version: int = 0, form: Form = "typed", masks: Masks = NO_MASKS
    ) -> None:
        self.tokens, self.version = tokens, version
        #: Writes stand-ins, see `seqtext.masks`; the word and bpe kinds never cut one.
        self.masks = self._writes = masks
        #: The form to which each text is brought before it is cut.
        self.form: Form = form if version else "typed"
        self._backend = backend
        self.size: int = backend.get_vocab_size()

    def __repr__(self) -> str:
        return f"<Tokenizer {self.tokens}: {self.size:,} tokens>"

    @classmethod
    def train(cls, texts: Iterable[str], config: TokenizerConfig, form: Form = "typed") -> "Tokenizer":
        """Learn a vocabulary from a stream of texts, read once.

        Frequent tokens get low ids. Raises InputError for a text that cannot be cut.

        form: the one to which all texts are brought, these and those that will be encoded; where it is "typed", the
        texts must be masked already
        """
        normal, masks = map(FORMS[form], texts), config.masks
        if masks and form != "typed":
            normal = map(masks, normal)
        return cls(learn(normal, config), config.tokens, VERSION if form != "typed" else 0, form, masks)

    def masking(self, masks: Masks) -> "Tokenizer":
        """Return a tokenizer of the same vocabulary with other masks."""
        if masks == self.masks:
            return self
        backend = with_masks(self._backend, self.tokens, masks)
        return Tokenizer(backend, self.tokens, self.version, self.form, masks)

    @property
    def for_masked(self) -> "Tokenizer":
        """Return the same tokenizer for texts that are masked already.

        They may have been changed since; it writes no stand-ins into them.
        """
        other = copy.copy(self)
        other._writes = NO_MASKS
        return other

    def extended(self, texts: Iterable[str], config: TokenizerConfig) -> "Tokenizer":
        """Add new words of texts to the vocabulary; old ids stay.

        They come after its own, and were spelled byte by byte before. Only the word kind is extended; another kind has
        a token for whatever is frequent, or for every character, and is returned as it is, the texts unread.

        config: how many tokens there may be in all, and how often a new word must occur
        """
        if self.tokens != "word":
            return self
        words = frequent_words(map(self.normal, texts), config, self.masks)
        return self._of_names(extended_names(self._names, words, config.vocab_size))

    def narrowed(self, texts: Iterable[str], config: TokenizerConfig, most: int) -> "Tokenizer":
        """Reduce the vocabulary to `most` tokens, the words of texts first.

        After them its own most frequent words are kept. Its own words that stay keep their
        order, before new ones. Only the word kind is narrowed; another kind is returned as it is, the texts unread.

        config: how often a word of the texts must occur
        """
        if self.tokens != "word":
            return self
        words = frequent_words(map(self.normal, texts), config, self.masks)
        return self._of_names(narrowed_names(self._names, words, most))

    def _of_names(self, names: Sequence[str]) -> "Tokenizer":
        """Return the same tokenizer of the word kind with another vocabulary."""
        return Tokenizer(make_backend("word", numbered(names), self.masks), "word", self.version, self.form, self.masks)

    def known_to(self, other: "Tokenizer") -> NDArray[np.int64]:
        """Return another tokenizer's ids of the shared tokens, (shared,).

        They are in this tokenizer's order.
        """
        ids = numbered(other._names)
        return np.array([ids[name] for name in self._names if name in ids], np.int64)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle all but the second backend, which is made anew: the vocabulary would be sent twice."""
        return {name: value for name, value in self.__dict__.items() if name != "_tight"}

    def to_json(self) -> str:
        """Return the whole tokenizer as the text of `tokenizer.json`."""
        return with_version(self._backend.to_str(), self.version, self.masks)

    @classmethod
    def from_json(cls, data: str, tokens: str, form: Form = "typed") -> "Tokenizer":
        """Read the tokenizer that `to_json` wrote; raises ModelError for any other.

        form: the one to which texts are brought, unless the file is from a time without forms
        """
        return cls.from_parsed(parse(data), tokens, form)

    @classmethod
    def from_parsed(cls, whole: dict[str, Any], tokens: str, form: Form = "typed") -> "Tokenizer":
        """Read the tokenizer of a parsed `tokenizer.json`, which is consumed.

        Raises ModelError as `from_json` does.
        """
        masks = read_masks(whole)
        version = read_version(whole)
        backend, names = read_backend(whole, tokens, masks)
        tokenizer = cls(backend, tokens, version, form, masks)
        tokenizer._names = names
        return tokenizer

    def normal(self, text: str, form: Form | None = None) -> str:
        """Return the text as it is cut: normalized and masked.

        form: another form than the tokenizer's own; a vocabulary from a time without forms leaves text as typed
        """
        normal = FORMS[form or self.form](text) if self.version else text
        return self._writes(normal) if self._writes else normal

    def trace(self, text: str, form: Form | None = None) -> Traced:
        """Normalize a text as `normal` does, and trace each of its characters."""
        typed = trace(text, (form or self.form) if self.version else "typed")
        if not self._writes:
            return typed
        masked = self._writes.masked(typed.text)
        origins = np.array(masked.origins(len(typed.text)), np.int32).reshape(-1, 2)
        starts, ends = typed.back(origins).T
        return Traced(masked.text, starts, ends, typed.size)

    def encode(self, text: str, *, spacing: bool = True) -> Encoded:
        """Cut a text into tokens.

        Without spacing, the word kind leaves white space out (fill does not need it). Raises InputError for half of a
        surrogate pair, which is not a character.
        """
        return self.encode_batch([text], spacing=spacing)[0]

    def encode_batch(self, texts: Sequence[str], *, spacing: bool = True) -> list[Encoded]:
        """Cut many texts into tokens, as `encode` does, on every core."""
        backend = self._backend if spacing else self._tight
        normal = self._normal(texts)
        try:
            with no_panic(uncut):
                encodings = backend.encode_batch(normal, add_special_tokens=False)
        except (UnicodeEncodeError, TypeError) as error:
            raise _surrogate_fault(texts) from error
        encoded = []
        for item, text, cut in zip(encodings, texts, normal, strict=True):
            ids = np.array(item.ids, np.int32)
            offsets = np.array(item.offsets, np.int32).reshape(-1, 2)
            if text != cut:
                offsets = self.trace(text).back(offsets)
            encoded.append(self._imply(ids, offsets) if spacing and self.tokens == "word" else Encoded(ids, offsets))
        return encoded

    def _normal(self, texts: Sequence[str]) -> list[str]:
        if self.form == "typed" and not self._writes:
            return list(texts)
        try:
            normal = map(FORMS[self.form], texts)
            return list(map(self._writes, normal) if self._writes else normal)
        except (AttributeError, TypeError) as error:  # a text is not a string
            raise _surrogate_fault(texts) from error

    def beginning(self, text: str, count: int) -> str:
        """Cut a text to a beginning with the same first `count` tokens.

        A model that reads no more need not wait for the rest. A text that is not much longer is returned whole.
        """
        size = _USUAL_WIDTH * count + _UNSETTLED
        while size < len(text):
            start = text[: self._border(text, size)]
            # How a text is cut depends on the text before, and on only a few characters after.
            if len(next(self.stream([start]))) >= count + _UNSETTLED:
                return start
            size *= 2
        return text

    def _border(self, text: str, place: int) -> int:
        """Return the first index from `place` on that cuts no masked match."""
        matches = self._writes.find(text) if self._writes else ()
        return next((match.end for match in matches if match.start < place < match.end), place)

    def extent(self, text: str, count: int) -> int:
        """Count the characters that the first `count` tokens of `stream` spell.

        These are all characters of a text that has no more tokens.
        """
        # No token is less than a byte, but a masked match may be shorter than its stand-in.
        if not self._writes and len(text.encode("utf-8", "replace")) <= count:
            return len(text)
        start = self.beginning(text, count)
        if self.tokens == "char" and start == self.normal(start):
            widths = self._widths(start)
            return len(text) if widths.sum() <= count else int(np.searchsorted(np.cumsum(widths), count)) + 1
        if len(next(self.stream([start]))) > count:
            return int(self.encode(start, spacing=False).offsets[count - 1, 1])
        return len(text)

    def stream(self, texts: Iterable[str], batch: int = 1024) -> Iterator[NDArray[np.int32]]:
        """Encode texts quickly as ids alone, (tokens,) each.

        There are no offsets and no tokens for spacing. Raises InputError as `encode` does.
        """
        waiting: list[str] = []
        size = 0
        for text in texts:
            waiting.append(text)
            size += len(text)
            if len(waiting) >= batch or size > 1_000_000:
                yield from self._encode_fast(waiting)
                waiting, size = [], 0
        yield from self._encode_fast(waiting)

    def _encode_fast(self, texts: list[str]) -> Iterator[NDArray[np.int32]]:
        texts = self._normal(texts)
        if self.tokens == "char":
            yield from map(self._encode_characters, texts)
            return
        try:
            with no_panic(uncut):
                encodings = self._tight.encode_batch_fast(texts, add_special_tokens=False)
        except (UnicodeEncodeError, TypeError) as error:
            raise _surrogate_fault(texts) from error
        for item in encodings:
            yield np.array(item.ids, np.int32)

    def _encode_characters(self, text: str) -> NDArray[np.int32]:
        """Encode a text in the char kind by one table lookup, thirty times as fast as `encode`."""
        ids: NDArray[np.int32] = self._characters[_code_points(text)]
        unknown = np.flatnonzero(ids < 0)
        if len(unknown):
            spelled = [np.frombuffer(text[k].encode(), np.uint8) for k in unknown.tolist()]
            counts = np.ones(len(ids), np.int64)
            counts[unknown] = [len(utf8) for utf8 in spelled]
            ids = np.repeat(ids, counts)
            ids[ids < 0] = np.concatenate(spelled).astype(np.int32) + len(SPECIALS)
        return ids

    def _widths(self, text: str) -> NDArray[np.int64]:
        """Count the tokens of the char kind that spell each character: (characters,)."""
        points = _code_points(text)
        return np.where(self._characters[points] >= 0, 1, 1 + np.searchsorted(_UTF8, points, "right"))

    @cached_property
    def _characters(self) -> NDArray[np.int32]:
        """Return the id of every code point in the char kind; −1 for one that is spelled by its bytes."""
        table = np.full(0x110000, -1, np.int32)
        for number in range(len(SPECIALS) + 256, self.size):
            table[ord(self._names[number])] = number
        return table

    def decode(self, ids: Sequence[int] | NDArray[np.int32]) -> str:
        """Decode token ids, (tokens,), to text.

        Special ids are left out; bytes that form no character become U+FFFD.
        """
        array = np.asarray(ids, np.int32)
        if self.tokens == "word":
            array = self._spell_spaces(array)
        names = [self.name(i) for i in array.tolist() if i >= len(SPECIALS)]
        return str(self._backend.decoder.decode(names)) if names else ""

    def text_of(self, token: int) -> str:
        """Return the text of a token, without the spaces implied around it."""
        return str(self._backend.decoder.decode([self.name(token)])) if token >= len(SPECIALS) else ""

    def name(self, token: int) -> str:
        """Return a token's name in the vocabulary, without the prefix ##."""
        name = str(self._backend.id_to_token(token))
        return name.removeprefix("##") if self.tokens == "word" and len(name) > 2 else name

    @cached_property
    def _names(self) -> list[str]:
        names = [""] * self.size
        for name, number in self._backend.get_vocab().items():
            names[number] = name
        return names

    @cached_property
    def continues(self) -> NDArray[np.bool_]:
        """Find tokens that continue the word before them: (size,) True there."""
        marks = np.zeros(self.size, np.bool_)
        if self.tokens == "word":
            first = self._names[: len(first_names("word"))]  # of the others, none may be named so
            marks[[k for k, name in enumerate(first) if name[:2] == "##" != name]] = True
        elif self.tokens == "bpe":
            marks = np.array([not name.startswith(("Ġ", "Ċ", "ĉ")) for name in self._names], np.bool_)
        else:
            marks = np.array([not name.isspace() for name in self._names], np.bool_)
        marks[: len(SPECIALS)] = False
        return marks

    @cached_property
    def newline(self) -> int:
        """Return the last token of a line break.

        A language model has read it before the first line.
        """
        return int(self.encode("\n").ids[-1])

    @cached_property
    def spelled(self) -> Spelled:
        """Return the bytes of all tokens."""
        return Spelled.of(self._names, self.tokens, self.continues)

    def pieces(self, ids: Iterable[int] | None = None) -> list[bytes]:
        """Return the bytes of tokens, by default of all.

        Special tokens have none.
        """
        numbers = np.arange(self.size) if ids is None else np.fromiter(ids, np.int64)
        return self.spelled.pieces(numbers)

    def holds_bytes(self, wanted: Iterable[int]) -> NDArray[np.bool_]:
        """Find tokens that hold a wanted byte: (size,) True there."""
        return self.spelled.holds(np.isin(np.arange(256), list(wanted)))

    @cached_property
    def texts(self) -> list[str]:
        """Return the text of every token; special ids have ''."""
        return [piece.decode(errors="replace") for piece in self.pieces()]

    @cached_property
    def characters(self) -> frozenset[str]:
        """Return the characters that tokens hold whole; others are spelled by bytes."""
        return frozenset("".join(self.texts))

    @cached_property
    def folded(self) -> NDArray[np.int32]:
        """Map tokens to their twins in small letters: (size,) ids.

        A to Z become small; a token without such a twin keeps its own id.
        """
        small = str.maketrans({chr(letter): chr(letter + 32) for letter in range(65, 91)})
        ids = {name: number for number, name in enumerate(self._names)}
        return np.array([ids.get(name.translate(small), k) for k, name in enumerate(self._names)], np.int32)

    @cached_property
    def wordlike(self) -> NDArray[np.bool_]:
        """Find tokens that can be part of a word: (size,) True there.

        They hold letters, marks, digits, or some bytes of these.
        """
        return self.spelled.wordlike()

    @cached_property
    def spacing(self) -> Spacing:
        """Return the properties of the word kind's tokens that decide about spaces."""
        return Spacing.of(self.spelled, self.continues)

    @cached_property
    def _space(self) -> int:
        """Return the id of a single space, Ġ in the byte-level alphabet."""
        return int(self._backend.token_to_id("Ġ") or 0)

    @cached_property
    def _tight(self) -> Backend:
        """Return the backend that drops white space, which halves the work on words; for other kinds, the same.

        It is a second backend that shares the vocabulary of the first: switching the first would cut wrongly for other
        threads that encode at the same time.
        """
        if self.tokens != "word":
            return self._backend
        return with_words_cut(self._backend, keep_space=False, masks=self.masks)

    def _imply(self, ids: NDArray[np.int32], offsets: NDArray[np.int32]) -> Encoded:
        """Leave out the single spaces that are implied, and insert GLUE where an implied space is missing."""
        if len(ids) == 0:
            return Encoded(ids, offsets)
        spacing, space = self.spacing, self._space
        inner = np.zeros(len(ids), np.bool_)
        inner[1:-1] = (ids[1:-1] == space) & ~(spacing.continues & spacing.white)[ids[2:]]
        inner[1:-1] &= spacing.implied(ids[:-2], ids[2:])
        ids, offsets, dropped = ids[~inner], offsets[~inner], np.cumsum(inner)[~inner]
        # Two neighbours with nothing dropped between them, where a space would be implied, need a GLUE.
        bare = spacing.implied(ids[:-1], ids[1:]) & (dropped[1:] == dropped[:-1])
        insertions = np.flatnonzero(bare) + 1
        starts = offsets[insertions, 0] if len(insertions) else np.zeros(0, np.int32)
        ids = np.insert(ids, insertions, GLUE)
        return Encoded(ids, np.insert(offsets, insertions, np.stack([starts, starts], 1), axis=0))

    def _spell_spaces(self, ids: NDArray[np.int32]) -> NDArray[np.int32]:
        if len(ids) < 2:
            return ids
        insertions = np.flatnonzero(self.spacing.implied(ids[:-1], ids[1:])) + 1
        return np.insert(ids, insertions, self._space)


def _code_points(text: str) -> NDArray[np.uint32]:
    try:
        return np.frombuffer(text.encode("utf-32-le"), "<u4")
    except UnicodeEncodeError as error:
        raise _surrogate_fault([text]) from error


def check_characters(texts: Sequence[str]) -> None:
    """Raise InputError for texts with half of a surrogate pair.

    It is not a character; this check is for texts that may never be encoded.
    """
    try:
        for text in texts:
            text.encode()
    except UnicodeEncodeError as error:
        raise _surrogate_fault(texts) from error


def _surrogate_fault(texts: Sequence[str]) -> InputError:
    for text in texts:
        for index, character in enumerate(text if isinstance(text, str) else ""):
            if 0xD800 <= ord(character) <= 0xDFFF:
                return InputError(
                    f"The text holds U+{ord(character):04X} at character {index + 1}, half of a surrogate pair; "
                    "whole Unicode characters are expected.",
                    f"remove that character, or read the file with {arguments(encoding_errors='replace')}",
                )
    return InputError(f"The texts could not be read: {texts!r:.80}; strings are expected.", "give a list of str")
