"""Find avoided words with a trie that reads text character by character.

An avoided word may not be written, whatever its case. An entry is a word or several, as `word`, or `word*` for all
words that begin so. It is found where a word begins and ends there: between two letters of one word there is no border,
so that an entry inside another word does not count. A border is wherever something other than a letter, a mark or a
digit stands on either side (an apostrophe, a hyphen and a space are borders), and on both sides of a letter of a script
that is written without spaces.

The state is the set of nodes that a text has reached in a trie (Fredkin 1960), as for an automaton in Thompson 1968.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from seqtext.characters import APOSTROPHES, is_mark
from seqtext.errors import InputError, either

LONGEST = 100  # characters of an entry
_IGNORED = set("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")  # what a reader does not see
_HYPHENS = set("-\u2010\u2011\u2012\u2013")
_OTHER, _LETTER, _ALONE = range(3)  # kinds of characters: none of a word, of a word, a word by itself
#: First and last letters of scripts without spaces: Thai to Tibetan, Burmese, Khmer, kana, Han.
_WITHOUT_SPACES = (
    (0x0E00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x30FF), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
_MASK = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "nopqrstuvwxyzabcdefghijklmNOPQRSTUVWXYZABCDEFGHIJKLM"
)


class TrieState(NamedTuple):
    """Hold the state of matching a text against a trie.

    nodes: where entries that have begun stand in the trie
    kind: of the last character: none of a word, of a word, or a word by itself
    """

    nodes: tuple[int, ...] = ()
    kind: int = _OTHER


_START = TrieState()


class AvoidedWords:
    """Hold words that may not be written, and find them in texts.

    >>> words = AvoidedWords(["sad", "gloom*"])
    >>> [words.is_in(text) for text in ("SAD!", "sadly", "gloomy", "so sad")]
    [True, False, True, True]
    """

    def __init__(self, entries: Iterable[str]) -> None:
        self.entries = tuple(dict.fromkeys(entries))
        self._children: list[dict[str, int]] = [{}]
        self._whole, self._stems, self._after_space = set[int](), set[int](), set[int]()
        for entry in self.entries:
            self._add(entry)
        #: Number of characters before a position that can matter to what is found after it.
        self.reach = 2 * max((len(entry) for entry in self.entries), default=0) + 2
        self._read = lru_cache(1 << 14)(self._find)  # some 4 MB

    def __reduce__(self) -> tuple[type["AvoidedWords"], tuple[tuple[str, ...]]]:
        """Pickle the entries alone; the trie is built anew, since its cache cannot be pickled."""
        return AvoidedWords, (self.entries,)

    def __len__(self) -> int:
        return len(self.entries)

    def _add(self, entry: str) -> None:
        node = 0
        for character in folded(entry.removesuffix("*")):
            known = self._children[node]
            if character not in known:
                known[character] = len(self._children)
                self._children.append({})
                if character == " ":
                    self._after_space.add(known[character])
            node = known[character]
        (self._stems if entry.endswith("*") else self._whole).add(node)

    def read(self, state: TrieState, text: str) -> TrieState | None:
        """Return the state after more text. Returns None where the text completes an entry."""
        return self._read(state, text) if self.entries else state

    def _find(self, state: TrieState, text: str, begins: bool = True) -> TrieState | None:
        reached: TrieState | None = state
        for character in text:
            for symbol in _folded_character(character):
                reached = self._step(reached, symbol, begins) if reached else None
        return reached

    def _step(self, state: TrieState, character: str, begins: bool) -> TrieState | None:
        """Return the state after one folded character; begins: whether an entry may begin with it."""
        mark = is_mark(character)
        kind = (state.kind or _LETTER) if mark else _kind(character)
        border = not mark and not (kind == state.kind == _LETTER)
        if border and not self._whole.isdisjoint(state.nodes):
            return None
        nodes = {self._children[node].get(character, 0) for node in state.nodes}
        if character == " ":
            nodes |= self._after_space.intersection(state.nodes)
        if border and begins:
            nodes.add(self._children[0].get(character, 0))
        nodes.discard(0)
        return TrieState(tuple(sorted(nodes)), kind) if self._stems.isdisjoint(nodes) else None

    def is_whole(self, state: TrieState) -> bool:
        """Tell whether the text read so far ends with a whole entry.

        It does unless its last word continues.
        """
        return not self._whole.isdisjoint(state.nodes)

    def ways(self, state: TrieState) -> set[str]:
        """Return the folded characters that may continue an unfinished entry.

        A space is always among them, since spaces inside an entry may be repeated.
        """
        return {character for node in state.nodes for character in self._children[node]} | {" "}

    def after(self, text: str) -> TrieState:
        """Return the state after a text that somebody else wrote. Its whole entries are not avoided."""
        state = _START
        for character in text[-self.reach :]:
            next_state = self._find(state, character)
            state = next_state or TrieState((), _kind_of(character))
        return TrieState(tuple(node for node in state.nodes if node not in self._whole), state.kind)

    def is_in(self, text: str, before: TrieState = _START, after: str = "") -> bool:
        """Tell whether a text holds an avoided word, neighbouring text considered.

        An entry counts that began before the text and ends in it, or begins in it and is completed by `after`.

        before: the state after the text before it, see the method `after`
        """
        state = self.read(before, text)
        for character in after[: self.reach]:
            if state is None or not state.nodes:
                break
            state = self._find(state, character, begins=False)
        return state is None or self.is_whole(state)

    def cut_from(self, text: str) -> str:
        """Cut all avoided words out of a text. The rest of a word after its stem stays."""
        while self.is_in(text):  # cutting one out may join its neighbours into another
            text = self._cut_once(text)
        return text

    def _cut_once(self, text: str) -> str:
        kept, held, state = "", "", _START
        for character in text:
            next_state = self.read(state, character)
            if next_state is None:  # what ended a whole word stays; the letter that completes a stem does not
                held, next_state = character if self.is_whole(state) else "", TrieState((), _kind_of(character))
            else:
                held += character
            state = next_state
            if not state.nodes:
                kept, held = kept + held, ""
        return kept + ("" if self.is_whole(state) else held)


def folded(text: str) -> str:
    """Fold case, compatibility forms, hyphens and white space of a text.

    The result is for comparison: small letters, decomposed (NFKD, Unicode Annex 15), one space for hyphens and white
    space, no invisible characters.

    >>> folded("Ｎo-one’s  CAFÉ") == "no one's cafe\\u0301"
    True
    """
    if text.isascii() and text.isalnum():
        return text.lower()
    return " ".join("".join(map(_folded_character, text)).split())


def folded_start(text: str) -> str:
    """Return the first character of a folded text; "" where there is none."""
    return _folded_character(text[0])[:1] if text else ""


@lru_cache(4096)
def _folded_character(character: str) -> str:
    if character in _IGNORED:
        return ""
    if character in _HYPHENS or character.isspace():
        return " "
    if character in APOSTROPHES:
        return "'"
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())


@lru_cache(4096)
def _kind(character: str) -> int:
    if not character.isalnum():
        return _OTHER
    alone = any(first <= ord(character) <= last for first, last in _WITHOUT_SPACES)
    return _ALONE if alone else _LETTER


def _kind_of(character: str) -> int:
    return max(map(_kind, _folded_character(character)), default=_OTHER)


def checked(words: object) -> tuple[str, ...]:
    """Check the words to avoid that a caller gave. Raises InputError unless each is one."""
    if isinstance(words, str) or not isinstance(words, Iterable):
        raise InputError(f"avoid received {words!r:.80}; a list of words is expected.", 'avoid=["sad", "gloom*"]')
    return tuple(map(checked_word, words))


def checked_word(word: object) -> str:
    """Check a word to avoid, and trim its white space. Raises InputError unless it is one."""
    shown = " ".join(word.split()) if isinstance(word, str) else ""
    stem = shown.removesuffix("*")
    if len(shown) > LONGEST or not any(map(_kind_of, stem)) or "*" in stem or (stem != shown and stem.endswith(" ")):
        raise InputError(
            f"A word to avoid is {word!r:.80}; a text of at most {LONGEST} characters with a letter or digit is "
            "expected, at its end perhaps a * for all words that begin so.",
            either('avoid=["sad", "gloom*"]', "sad, or gloom*"),
        )
    return shown


def masked(words: Iterable[str]) -> str:
    """Encode words for config.json, so that nobody has to see them.

    Letters are rotated by 13.

    `unmasked` reads them again.

    >>> masked(["sad", "gloom*"])
    'fnq\\ntybbz*'
    """
    return "\n".join(words).translate(_MASK)


def unmasked(text: object) -> tuple[str, ...]:
    """Decode the words that `masked` encoded. Raises InputError where it did not."""
    if not isinstance(text, str):
        raise InputError(f"{text!r:.80} was received; words in one text are expected.", "leave it out")
    return checked(text.translate(_MASK).split("\n")) if text else ()
