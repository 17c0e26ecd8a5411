"""Find candidate gaps of a text. Its sentences are split into words, and each word has a kind."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from seqtext.characters import APOSTROPHES, CLOZE_WORD, compiled
from seqtext.data.sentences import Piece, split
from seqtext.models.function_words import FUNCTION_WORDS, is_numeral

_WORD = rf"{CLOZE_WORD}|\p{{Nd}}+"
_LONGEST = 60  # most words of a sentence; longer ones are split
_SHORTEST = 6  # least words of a sentence with gaps
_VERSE = 16  # most words of a line that may continue in the next
_QUOTES, _CLOSED, _STOPS = "\"'“‘„«", "\"'”’»)]", ".!?…"  # opening a line; after a full stop; ending a sentence
_LETTERS = 3  # least letters of an answer
_OPENING = "\"'“‘„«([—–"
_CLOSING = ".,;:!?…\"'”’»)]—–"
_BEGINS = frozenset(":\"“‘„«'…")  # after one of these, a capital letter does not indicate a name
_DASHES = "—–"
_SHORT = 3  # most letters of a function word if neither a list nor frequencies are known
_COMMON_RANKS = 200  # in a language without a list, so many most frequent words count as function words


class Sentence(NamedTuple):
    """Hold a sentence's start in the text and its pieces.

    start: index of its first character; pieces: separators and words in turn
    """

    start: int
    pieces: list[str]

    @property
    def words(self) -> list[str]:
        """List the words in lower case."""
        return [piece.lower() for piece in self.pieces[1::2]]


class Gap(NamedTuple):
    """Hold a word that may become a gap, its indices and kind.

    sentence, piece: index of its sentence, and of its piece there; start: of its first character in the text
    kind: as `WordKinds.kind` returns it
    """

    sentence: int
    piece: int
    start: int
    word: str
    kind: str
    opens: bool  # whether it begins a sentence
    number: int  # of the word in the text, from 0
    before: str  # the word before it in the sentence; "" for none

    @property
    def end(self) -> int:
        """Return the position after the last letter."""
        return self.start + len(self.word)


def whole_sentences(text: str) -> Iterator[Piece]:
    """Split a text into sentences, joining the lines of verse.

    A line of up to 16 words without a full stop at its end continues in the next line, if that begins with a letter or
    a quotation mark; see `seqtext.data.sentences.split`.
    """
    held = Piece("", "")
    size = 0
    for piece in split(text):
        words = len(piece.text.split(maxsplit=_LONGEST))
        if held.text and piece.text and _goes_on(held, piece.text) and size + words <= _LONGEST:
            held, size = Piece(held.text + held.after + piece.text, piece.after), size + words
            continue
        if held != ("", ""):
            yield held
        held, size = piece, words
    yield held


def _goes_on(piece: Piece, following: str) -> bool:
    """Tell whether a sentence may continue after a line break."""
    line = piece.text.splitlines()[-1]
    return (
        len(piece.after.strip(" \t").splitlines()) == 1
        and len(line.split(maxsplit=_VERSE)) <= _VERSE
        and line.rstrip(_CLOSED)[-1:] not in _STOPS
        and (following[0].isalpha() or following[0] in _QUOTES)
    )


def sentences(text: str) -> list[Sentence]:
    """Split a text into sentences of at most 60 words."""
    cut, start = [], 0
    for piece in whole_sentences(text):
        if piece.text:
            cut += list(_stretches(start, _pieces(piece.text)))
        start += len(piece.text) + len(piece.after)
    return cut


def _pieces(text: str) -> list[str]:
    pieces, end = [], 0
    for word in compiled(_WORD).finditer(text):
        pieces += [text[end : word.start()], word[0]]
        end = word.end()
    return [*pieces, text[end:]]


def _stretches(start: int, pieces: list[str]) -> Iterator[Sentence]:
    index = 0
    while len(pieces) - index > 2 * _LONGEST + 1:
        first = [*pieces[index : index + 2 * _LONGEST], ""]
        yield Sentence(start, first)
        start += sum(map(len, first))
        index += 2 * _LONGEST
    yield Sentence(start, pieces[index:])


class WordKinds:
    """Classify words as function words, names, numbers or other words.

    ids: token ids of the words that the model knows, the most frequent first; empty if it spells all words, and then
    short words count as the function words of a language without a list; language: of the model, "" if unknown.
    """

    def __init__(self, ids: Mapping[str, int], language: str) -> None:
        self._ids, common = ids, FUNCTION_WORDS
        if language not in ("", "en"):
            common = frozenset(word for word in sorted(ids, key=ids.__getitem__)[:_COMMON_RANKS])
        self._function_words = common
        self._short = 0 if ids or common else _SHORT

    def kind(self, word: str, opens: bool = False) -> str:
        """Classify a word as "function", "number", "name" or "word".

        opens: whether it begins a sentence
        """
        small = word.lower()
        if is_numeral(small):
            return "number"
        if small in self._function_words or len(word) <= self._short:
            return "function"
        if word == small:
            return "word"
        known = self._ids.get(small)
        capital = word[0] + small[1:] == word
        return "word" if opens and capital and known is not None and known < self._ids.get(word, known + 1) else "name"

    def is_known(self, word: str) -> bool:
        """Tell whether the word is a token, or the model spells words."""
        return not self._ids or word in self._ids


def gaps(sentences: Sequence[Sentence], kinds: WordKinds, wanted: frozenset[str]) -> list[Gap]:
    """List the words that may become gaps; wanted: kinds of words."""
    every, words = list[Gap](), 0
    for number, sentence in enumerate(sentences):
        every += _gaps_of(number, sentence, kinds, words)
        words += len(sentence.pieces) // 2
    names = {gap.word for gap in every if gap.kind == "name" and not gap.opens}
    every = [gap._replace(kind="name") if gap.kind == "word" and gap.word in names else gap for gap in every]
    return [gap for gap in every if gap.kind in wanted and len(sentences[gap.sentence].pieces) > 2 * _SHORTEST]


def _gaps_of(number: int, sentence: Sentence, kinds: WordKinds, words: int) -> Iterator[Gap]:
    """Yield the words of a sentence that may become gaps; words: number of words before the sentence."""
    start, pieces = sentence.start, sentence.pieces
    for k in range(1, len(pieces), 2):
        start += len(pieces[k - 1])
        word = pieces[k]
        usable = word.isdigit() or (len(word) >= _LETTERS and word.isalpha() and kinds.is_known(word))
        if usable and _stands_alone("".join(pieces[max(0, k - 2) : k]), "".join(pieces[k + 1 : k + 3])):
            opens = k == 1 or pieces[k - 1].strip()[-1:] in _BEGINS
            before = pieces[k - 2] if k > 1 else ""
            yield Gap(number, k, start, word, kinds.kind(word, opens), opens, words + k // 2, before)
        start += len(word)


def _stands_alone(before: str, after: str) -> bool:
    """Tell whether a word stands alone, outside contractions, compounds, addresses and tags."""
    last = before[-1:]
    opens = not last or last.isspace() or (last in _OPENING and not (last in APOSTROPHES and before[-2:-1].isalnum()))
    if not opens:
        return False
    if not after or after[0].isspace():
        return True
    following = after[1:2]
    if after[0] not in _CLOSING:
        return after.startswith("--")
    return after[0] in _DASHES or not following or following.isspace() or following in _CLOSING
