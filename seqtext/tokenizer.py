"""The tokenizer: text to ids and back, exactly, whatever the text holds.

A thin wrapper over Hugging Face `tokenizers`. Three kinds of token:

* char: one character; a character never seen in training is spelled by its UTF-8 bytes.
* bpe:  byte-level pieces (Sennrich et al. 2016, on bytes as in GPT-2); every text can be spelled.
* word: whole words and punctuation; a rare word is spelled byte by byte. The usual space between two words is
  implied, only unusual spacing costs a token of its own (GLUE: no space here; or the white space itself).
"""

import copy
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer as Backend
from tokenizers import models, pre_tokenizers, trainers

from seqtext.config import TokenizerConfig
from seqtext.errors import InputError, arguments
from seqtext.masks import NO_MASKS, Masks
from seqtext.normalization import FORMS, VERSION, Form, Traced, trace
from seqtext.tokenizer_file import SPECIALS as SPECIALS
from seqtext.tokenizer_file import (
    bytes_of_letters,
    cut_words,
    empty_backend,
    first_names,
    foreign_token,
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

PAD, UNK, BOS, EOS, BLANK, END, GLUE = range(7)
LONGEST_WORD = {"word": 24, "bpe": 16, "char": 32}  # tokens of a word that is searched for, at most

_ATTACH_LEFT = set(",.;:!?)]}%\"'’”…»") | {"...", "..", "'s", "’s", "'S", "’S"}
_ATTACH_RIGHT = set("([{“‘$£€#@«¿¡")
_ATTACH_BOTH = set("-/–—_&+=*^~|\\") | {"--", "---", "----"}


_USUAL_WIDTH = 8  # characters of a token, as a first guess
_UNSETTLED = 512  # tokens at the end of a stretch that may change with what follows: of 80 characters, byte by byte
_PIECE = 16_384  # characters of a text that a trainer is given at once
_BORDER = re.compile(r"(?<=\S)(?: (?=\S)|[,;:!?。、，！？])")
_UTF8 = np.array([0x80, 0x800, 0x10000], np.uint32)  # the first code points of two, three and four bytes
_ALNUM = np.array([byte < 128 and chr(byte).isalnum() for byte in range(256)])
#: The first bytes of texts that are white space or attach: of ASCII, and of U+00A0 « », U+1680, U+2000 ‘ ’ …, U+3000.
_SPACING = ~_ALNUM & ((np.arange(256) < 128) | np.isin(np.arange(256), (0xC2, 0xE1, 0xE2, 0xE3)))


class Encoded(NamedTuple):
    """Token ids of a text and where each came from."""

    ids: NDArray[np.int32]  # (tokens,)
    offsets: NDArray[np.int32]  # (tokens, 2): start and end in characters of the text; a GLUE is empty


class Spelled(NamedTuple):
    """The bytes of all tokens, end to end; none of a special one."""

    data: NDArray[np.uint8]
    bounds: NDArray[np.int64]  # (size + 1,): those of token k are data[bounds[k] : bounds[k + 1]]

    def starts_in(self, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(size,) True at tokens whose first byte is marked."""
        starts, ends = self.bounds[:-1], self.bounds[1:]
        first: NDArray[np.bool_] = np.append(marked[self.data], False)[starts]
        return first & (starts < ends)

    def holds(self, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(size,) True at tokens of which some byte is marked."""
        before = np.concatenate([[0], np.cumsum(marked[self.data])])[self.bounds]
        return before[1:] > before[:-1]


class Spacing(NamedTuple):
    """What the word kind knows of every token: does it continue a word, is it white space, what does it attach to."""

    continues: NDArray[np.bool_]
    white: NDArray[np.bool_]
    left: NDArray[np.bool_]
    right: NDArray[np.bool_]

    def implied(self, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.bool_]:
        """True where a single space stands between two neighbours unless something else is said."""
        bare = self.continues[second] | self.white[first] | self.white[second] | self.left[second] | self.right[first]
        return ~bare & (first >= len(SPECIALS)) & (second >= len(SPECIALS))


class Tokenizer:
    """Text ↔ ids; owns the special ids PAD UNK BOS EOS BLANK END GLUE (0 to 6). Many threads may use one at once.

    >>> tokenizer = Tokenizer.train(["the cat sat", "the dog sat"], TokenizerConfig("word", 600, 1))
    >>> tokenizer.decode(tokenizer.encode("the dog sat!").ids)
    'the dog sat!'
    """

    def __init__(
        self, backend: Backend, tokens: str, version: int = 0, form: Form = "typed", masks: Masks = NO_MASKS
    ) -> None:
        self.tokens, self.version = tokens, version
        #: What texts hold that stand-ins are written for, which no kind but char cuts: see `seqtext.masks`.
        self.masks = self._writes = masks
        #: The form to which each text is brought before it is cut.
        self.form: Form = form if version else "typed"
        self._backend = backend
        self.size: int = backend.get_vocab_size()

    @classmethod
    def train(cls, texts: Iterable[str], config: TokenizerConfig, form: Form = "typed") -> "Tokenizer":
        """Learn a vocabulary from a stream of texts, read once. Frequent tokens get low ids.

        form: the one that all texts are brought to, these and those that will be encoded; where it is "typed", texts
        that are masked already are expected
        """
        learn = {"char": _train_char, "word": _train_word, "bpe": _train_bpe}[config.tokens]
        normal, masks = map(FORMS[form], texts), config.masks
        if masks and form != "typed":
            normal = map(masks, normal)
        return cls(learn(normal, config), config.tokens, VERSION if form != "typed" else 0, form, masks)

    def masking(self, masks: Masks) -> "Tokenizer":
        """The same vocabulary for texts in which other things are masked."""
        if masks == self.masks:
            return self
        backend = with_masks(self._backend, self.tokens, masks)
        return Tokenizer(backend, self.tokens, self.version, self.form, masks)

    @property
    def for_masked(self) -> "Tokenizer":
        """The same tokenizer for texts that are masked already and may have been changed since."""
        other = copy.copy(self)
        other._writes = NO_MASKS
        return other

    def extended(self, texts: Iterable[str], config: TokenizerConfig) -> "Tokenizer":
        """The same tokenizer with the words of some texts that it would have spelled, after its own; ids stay.

        Of the word kind; another kind has a token for whatever comes often, or for every character, and is given back
        as it is, the texts unread. config: how many tokens there may be in all, and how often a new word must occur
        """
        if self.tokens != "word":
            return self
        ids = {name: number for number, name in enumerate(self._names)}
        new = (name for name in _frequent_words(map(self.normal, texts), config, self.masks) if name not in ids)
        for name in islice(new, max(0, config.vocab_size - len(ids))):
            ids[name] = len(ids)
        return Tokenizer(make_backend("word", ids, self.masks), "word", self.version, self.form, self.masks)

    def narrowed(self, texts: Iterable[str], config: TokenizerConfig, most: int) -> "Tokenizer":
        """The same tokenizer with at most so many tokens: words of some texts, then its own most frequent ones.

        Of the word kind; another kind is given back as it is, the texts unread. What is left of its own words stands
        first, in the order in which it stood. config: how often a word of the texts must occur
        """
        if self.tokens != "word":
            return self
        first = first_names("word")
        own, room = self._names[len(first) :], max(0, most - len(first))
        ours, known = _frequent_words(map(self.normal, texts), config, self.masks), {*first, *own}
        chosen = set(islice(dict.fromkeys([*ours, *own]), room))
        names = [*first, *(name for name in own if name in chosen)]
        names += [name for name in ours if name in chosen and name not in known]
        ids = {name: number for number, name in enumerate(names)}
        return Tokenizer(make_backend("word", ids, self.masks), "word", self.version, self.form, self.masks)

    def known_to(self, other: "Tokenizer") -> NDArray[np.int64]:
        """The ids in another tokenizer of the tokens that it has, too, in this one's order."""
        ids = {name: number for number, name in enumerate(other._names)}
        return np.array([ids[name] for name in self._names if name in ids], np.int64)

    def __getstate__(self) -> dict[str, Any]:
        """Sent to another process, it makes its second backend anew: the vocabulary would be sent twice."""
        return {name: value for name, value in self.__dict__.items() if name != "_tight"}

    def to_json(self) -> str:
        """The whole tokenizer as the text of `tokenizer.json`."""
        return with_version(self._backend.to_str(), self.version, self.masks)

    @classmethod
    def from_json(cls, data: str, tokens: str, form: Form = "typed") -> "Tokenizer":
        """The tokenizer that `to_json` wrote; raises ModelError if it is not one of ours.

        form: the one that texts are brought to, unless the file is from a time without any
        """
        return cls.from_parsed(parse(data), tokens, form)

    @classmethod
    def from_parsed(cls, whole: dict[str, Any], tokens: str, form: Form = "typed") -> "Tokenizer":
        """The tokenizer of a parsed `tokenizer.json`, which is used up; raises ModelError as `from_json` does."""
        masks = read_masks(whole)
        version = read_version(whole)
        backend, names = read_backend(whole, tokens, masks)
        tokenizer = cls(backend, tokens, version, form, masks)
        tokenizer._names = names
        return tokenizer

    def normal(self, text: str, form: Form | None = None) -> str:
        """The text as it is cut, masked, in its form or in another one; as typed where the vocabulary knows no form."""
        normal = FORMS[form or self.form](text) if self.version else text
        return self._writes(normal) if self._writes else normal

    def trace(self, text: str, form: Form | None = None) -> Traced:
        """What `normal` makes of a text, with the stretch of the text as typed behind each of its characters."""
        typed = trace(text, (form or self.form) if self.version else "typed")
        if not self._writes:
            return typed
        masked = self._writes.masked(typed.text)
        origins = np.array(masked.origins(len(typed.text)), np.int32).reshape(-1, 2)
        starts, ends = typed.back(origins).T
        return Traced(masked.text, starts, ends, typed.size)

    def encode(self, text: str, *, spacing: bool = True) -> Encoded:
        """Cut a text into tokens. Without spacing, the word kind leaves white space out (fill does not need it).

        Raises InputError for half of a surrogate pair, which is no character.
        """
        return self.encode_batch([text], spacing=spacing)[0]

    def encode_batch(self, texts: Sequence[str], *, spacing: bool = True) -> list[Encoded]:
        """`encode` for many texts at once, on every core."""
        backend = self._backend if spacing else self._tight
        normal = self._normal(texts)
        try:
            with no_panic(_uncut):
                done = backend.encode_batch(normal, add_special_tokens=False)
        except (UnicodeEncodeError, TypeError) as error:
            raise _surrogate_fault(texts) from error
        found = []
        for item, text, cut in zip(done, texts, normal, strict=True):
            ids = np.array(item.ids, np.int32)
            offsets = np.array(item.offsets, np.int32).reshape(-1, 2)
            if text != cut:
                offsets = self.trace(text).back(offsets)
            found.append(self._imply(ids, offsets) if spacing and self.tokens == "word" else Encoded(ids, offsets))
        return found

    def _normal(self, texts: Sequence[str]) -> list[str]:
        if self.form == "typed" and not self._writes:
            return list(texts)
        try:
            normal = map(FORMS[self.form], texts)
            return list(map(self._writes, normal) if self._writes else normal)
        except (AttributeError, TypeError) as error:  # no string
            raise _surrogate_fault(texts) from error

    def beginning(self, text: str, count: int) -> str:
        """Cut a text to a beginning with the same first `count` tokens.

        A model that reads no more takes no time for the rest. A text that is not much longer is given back whole.
        """
        size = _USUAL_WIDTH * count + _UNSETTLED
        while size < len(text):
            start = text[: self._border(text, size)]
            # What stands before decides how a text is cut, and of what comes after, a few characters.
            if len(next(self.stream([start]))) >= count + _UNSETTLED:
                return start
            size *= 2
        return text

    def _border(self, text: str, place: int) -> int:
        """The first place, from one on, in a text where nothing is cut that is masked."""
        found = self._writes.find(text) if self._writes else ()
        return next((one.end for one in found if one.start < place < one.end), place)

    def extent(self, text: str, count: int) -> int:
        """Measure how many characters the first `count` tokens of `stream` spell: all of a text that has no more."""
        # No token is less than a byte, but what is masked may be shorter than its stand-in.
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
        """The ids of every text, without offsets and implied spacing: the quick way through a corpus."""
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
            with no_panic(_uncut):
                done = self._tight.encode_batch_fast(texts, add_special_tokens=False)
        except (UnicodeEncodeError, TypeError) as error:
            raise _surrogate_fault(texts) from error
        for item in done:
            yield np.array(item.ids, np.int32)

    def _encode_characters(self, text: str) -> NDArray[np.int32]:
        """`encode` of the char kind by one look into a table: thirty times as fast."""
        ids: NDArray[np.int32] = self._characters[_code_points(text)]
        unknown = np.flatnonzero(ids < 0)
        if len(unknown):
            spelled = [np.frombuffer(text[k].encode(), np.uint8) for k in unknown.tolist()]
            counts = np.ones(len(ids), np.int64)
            counts[unknown] = [len(one) for one in spelled]
            ids = np.repeat(ids, counts)
            ids[ids < 0] = np.concatenate(spelled).astype(np.int32) + len(SPECIALS)
        return ids

    def _widths(self, text: str) -> NDArray[np.int64]:
        """(characters,) how many tokens of the char kind spell each."""
        points = _code_points(text)
        return np.where(self._characters[points] >= 0, 1, 1 + np.searchsorted(_UTF8, points, "right"))

    @cached_property
    def _characters(self) -> NDArray[np.int32]:
        """The id of every code point as a token of the char kind, −1 for one that is spelled by its bytes."""
        table = np.full(0x110000, -1, np.int32)
        for number in range(len(SPECIALS) + 256, self.size):
            table[ord(self._names[number])] = number
        return table

    def decode(self, ids: Sequence[int] | NDArray[np.int32]) -> str:
        """The text of some ids. Special ids are left out; bytes that form no character become U+FFFD."""
        array = np.asarray(ids, np.int32)
        if self.tokens == "word":
            array = self._spell_spaces(array)
        names = [self.name(i) for i in array.tolist() if i >= len(SPECIALS)]
        return str(self._backend.decoder.decode(names)) if names else ""

    def text_of(self, token: int) -> str:
        """The text of one token, without the spaces around it that the word kind implies."""
        return str(self._backend.decoder.decode([self.name(token)])) if token >= len(SPECIALS) else ""

    def name(self, token: int) -> str:
        """What the vocabulary calls a token, without the sign that a word goes on."""
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
        """(size,) True at tokens that go on with the word before them."""
        marks = np.zeros(self.size, np.bool_)
        if self.tokens == "word":
            marks[[k for k, name in enumerate(self._names) if name[:2] == "##" != name]] = True
        elif self.tokens == "bpe":
            marks = np.array([not name.startswith(("Ġ", "Ċ", "ĉ")) for name in self._names], np.bool_)
        else:
            marks = np.array([not name.isspace() for name in self._names], np.bool_)
        marks[: len(SPECIALS)] = False
        return marks

    @cached_property
    def newline(self) -> int:
        """The last token of a line's end: what a language model has read before the first line."""
        return int(self.encode("\n").ids[-1])

    @cached_property
    def spelled(self) -> Spelled:
        """The bytes of all tokens, found at once: one by one, 40,000 take a tenth of a second of a cold start."""
        names = [""] * len(SPECIALS) + self._names[len(SPECIALS) :]
        if self.tokens == "char":
            pieces = [_spell_character(name) for name in names]
            return Spelled(np.frombuffer(b"".join(pieces), np.uint8), np.cumsum([0, *map(len, pieces)]))
        if self.tokens == "word":
            for number in np.flatnonzero(self.continues).tolist():
                names[number] = names[number].removeprefix("##")
        data = bytes_of_letters("".join(names))
        if (data < 0).any():
            raise foreign_token(next(name for name in names if (bytes_of_letters(name) < 0).any()))
        return Spelled(data.astype(np.uint8), np.cumsum([0, *map(len, names)]))

    def pieces(self, ids: Iterable[int] | None = None) -> list[bytes]:
        """The bytes that tokens spell, none of a special one; of all tokens without ids."""
        numbers = np.arange(self.size) if ids is None else np.fromiter(ids, np.int64)
        data, bounds = self.spelled.data.tobytes(), self.spelled.bounds
        return [data[a:b] for a, b in zip(bounds[numbers].tolist(), bounds[numbers + 1].tolist(), strict=True)]

    def holds_bytes(self, wanted: Iterable[int]) -> NDArray[np.bool_]:
        """(size,) True at tokens that spell one of some bytes or more."""
        return self.spelled.holds(np.isin(np.arange(256), list(wanted)))

    @cached_property
    def texts(self) -> list[str]:
        """The text of every token, special ids as ''."""
        return [piece.decode(errors="replace") for piece in self.pieces()]

    @cached_property
    def folded(self) -> NDArray[np.int32]:
        """(size,) the id of each token in small letters (of A to Z), where there is one; else its own."""
        small = str.maketrans({chr(letter): chr(letter + 32) for letter in range(65, 91)})
        place = {name: number for number, name in enumerate(self._names)}
        return np.array([place.get(name.translate(small), k) for k, name in enumerate(self._names)], np.int32)

    @cached_property
    def wordlike(self) -> NDArray[np.bool_]:
        """(size,) True at tokens that can be part of a word: letters, marks, digits, or bytes of such."""
        marks = self.spelled.holds(_ALNUM)
        unclear = np.flatnonzero(self.spelled.holds(np.arange(256) >= 128) & ~marks).tolist()
        for number, piece in zip(unclear, self.pieces(unclear), strict=True):
            marks[number] = any(c.isalnum() or c == "\ufffd" for c in piece.decode(errors="replace"))
        return marks

    @cached_property
    def spacing(self) -> Spacing:
        """How tokens of the word kind stand beside each other."""
        white, left, right = np.zeros((3, self.size), np.bool_)
        some = np.flatnonzero(self.spelled.starts_in(_SPACING)).tolist()
        for number, piece in zip(some, self.pieces(some), strict=True):
            text = piece.decode(errors="replace")
            white[number] = text.isspace()
            left[number] = text in _ATTACH_LEFT or text in _ATTACH_BOTH
            right[number] = text in _ATTACH_RIGHT or text in _ATTACH_BOTH
        return Spacing(self.continues, white, left, right)

    @cached_property
    def _space(self) -> int:
        """The id of a single space, as the alphabet of bytes writes it."""
        return int(self._backend.token_to_id("Ġ") or 0)

    @cached_property
    def _tight(self) -> Backend:
        """The backend that drops white space, which halves the work on words; for other tokens, the same.

        One of its own beside the other, whose vocabulary it shares: one that is switched would cut wrongly for whoever
        encodes at the same time.
        """
        if self.tokens != "word":
            return self._backend
        return with_words_cut(self._backend, keep_space=False, masks=self.masks)

    def _imply(self, ids: NDArray[np.int32], offsets: NDArray[np.int32]) -> Encoded:
        """Leave out the single spaces that are implied, and put GLUE where an implied space is missing."""
        if len(ids) == 0:
            return Encoded(ids, offsets)
        spacing, space = self.spacing, self._space
        inner = np.zeros(len(ids), np.bool_)
        inner[1:-1] = (ids[1:-1] == space) & ~(spacing.continues & spacing.white)[ids[2:]]
        inner[1:-1] &= spacing.implied(ids[:-2], ids[2:])
        ids, offsets, dropped = ids[~inner], offsets[~inner], np.cumsum(inner)[~inner]
        # Two neighbours with nothing dropped between them, where a space would be implied, need a GLUE.
        bare = spacing.implied(ids[:-1], ids[1:]) & (dropped[1:] == dropped[:-1])
        places = np.flatnonzero(bare) + 1
        starts = offsets[places, 0] if len(places) else np.zeros(0, np.int32)
        ids = np.insert(ids, places, GLUE)
        return Encoded(ids, np.insert(offsets, places, np.stack([starts, starts], 1), axis=0))

    def _spell_spaces(self, ids: NDArray[np.int32]) -> NDArray[np.int32]:
        if len(ids) < 2:
            return ids
        places = np.flatnonzero(self.spacing.implied(ids[:-1], ids[1:])) + 1
        return np.insert(ids, places, self._space)


def _code_points(text: str) -> NDArray[np.uint32]:
    try:
        return np.frombuffer(text.encode("utf-32-le"), "<u4")
    except UnicodeEncodeError as error:
        raise _surrogate_fault([text]) from error


def _spell_character(name: str) -> bytes:
    """The bytes of a token of the char kind: a character, or a byte such as <0xC3>."""
    return bytes.fromhex(name[3:5]) if len(name) == 6 else name.encode()


def check_characters(texts: Sequence[str]) -> None:
    """Raise InputError for half of a surrogate pair, which is no character, in texts that may not be encoded."""
    try:
        for text in texts:
            text.encode()
    except UnicodeEncodeError as error:
        raise _surrogate_fault(texts) from error


def _uncut(error: BaseException) -> InputError:
    return InputError(f"A text could not be cut into tokens: {error!s:.200}.", "leave that text out")


def _surrogate_fault(texts: Sequence[str]) -> InputError:
    for text in texts:
        for place, character in enumerate(text if isinstance(text, str) else ""):
            if 0xD800 <= ord(character) <= 0xDFFF:
                return InputError(
                    f"The text holds U+{ord(character):04X} at character {place + 1}, half of a surrogate pair; "
                    "whole Unicode characters are expected.",
                    f"remove that character, or read the file with {arguments(encoding_errors='replace')}",
                )
    return InputError(f"The texts could not be read: {texts!r:.80}; strings are expected.", "give a list of str")


def _in_pieces(texts: Iterable[str]) -> Iterator[str]:
    """Texts for a trainer, which holds 256 of them at once: long ones cut where every kind of token begins anew."""
    for text in texts:
        start = 0
        while len(text) - start > _PIECE and (border := _BORDER.search(text, start + _PIECE)):
            yield text[start : border.start()]
            start = border.start()
        yield text[start:] if start else text


def _frequent_words(texts: Iterable[str], config: TokenizerConfig, masks: Masks) -> list[str]:
    """The frequent words and punctuation marks, the most frequent first, as the alphabet of bytes writes them."""
    counter = Backend(models.WordLevel(unk_token="<unk>"))
    counter.pre_tokenizer = cut_words(keep_space=False, masks=masks)
    trainer = trainers.WordLevelTrainer(
        vocab_size=config.vocab_size, min_frequency=config.min_count, show_progress=False
    )
    with no_panic(_uncut):
        counter.train_from_iterator(_in_pieces(texts), trainer)
    return [name for name, _ in sorted(counter.get_vocab().items(), key=lambda item: item[1])]


def _train_word(texts: Iterable[str], config: TokenizerConfig) -> Backend:
    names = first_names("word")
    spelled, room = set(names), max(0, config.vocab_size - len(names))
    names += [name for name in _frequent_words(texts, config, config.masks) if name not in spelled][:room]
    return make_backend("word", {name: number for number, name in enumerate(names)}, config.masks)


def _train_bpe(texts: Iterable[str], config: TokenizerConfig) -> Backend:
    learner = empty_backend("bpe", config.masks)
    trainer = trainers.BpeTrainer(
        vocab_size=config.vocab_size,
        min_frequency=config.min_count,
        show_progress=False,
        special_tokens=list(SPECIALS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        max_token_length=64,
    )
    with no_panic(_uncut):
        learner.train_from_iterator(_in_pieces(texts), trainer)
    # Trained special tokens would be matched inside a user's text; a fresh backend keeps only their ids.
    plain = empty_backend("bpe", config.masks)
    plain.model = learner.model
    return plain


def _train_char(texts: Iterable[str], config: TokenizerConfig) -> Backend:
    counts: dict[str, int] = {}
    for text in texts:
        for character in set(text):
            counts[character] = counts.get(character, 0) + text.count(character)
    names = first_names("char")
    frequent = sorted((c for c in counts if counts[c] >= config.min_count), key=lambda c: (-counts[c], c))
    names += frequent[: max(0, config.vocab_size - len(names))]
    return make_backend("char", {name: number for number, name in enumerate(names)})
