"""Read blanks of texts and their conditions: `___[5]`, `___[s..r]`, `___{2,4}`, `___(-sad,gloomy)`.

A blank is two or more underscores. A condition stands right after it, with nothing in between; a bracket after a
space is text, and so is `(` without a minus sign, as in the exercise `He ___(go) home`.

Letters are counted with their marks, whatever their case: é is one letter and differs from e, ß is one letter.
Apostrophes and hyphens inside a word are not counted; a word that holds a digit or another sign has no letter count.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, NoReturn

from seqtext.avoided_words import AvoidedWords, checked_word
from seqtext.characters import APOSTROPHES, whole_characters
from seqtext.errors import InputError, either

BLANK = re.compile("_{2,}")
ANY = "."  # the letter of a pattern that may be any
MOST_LETTERS, MOST_WORDS = 64, 10
Range = tuple[int, int]  # fewest and most

_CLOSING = {"[": "]", "{": "}", "(": ")"}
_NAMES = {"letters": "letters", "pattern": "a pattern", "words": "words", "avoided": "words to leave out"}
_OPENING = re.compile(r"[\u00ad\u200b\u2060\ufeff]*([\[{]|\((?=\s*[-\u2010-\u2015\u2212]))")  # pasted, unseen
_RANGE = re.compile(r"\s*(\d+)\s*(?:[-\u2010-\u2015\u2212,]\s*(\d+)\s*)?")
_MINUS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_QUOTES = "\"'“”‘’«»"
_WILDCARDS = str.maketrans("?*_", "...")  # what other programs write for a letter
_UNLISTED = re.compile(r"[(\r\n\u2028\u2029]|__")  # where the ) found belongs to other text
_SHOWN = 60  # characters of a blank in an error

_LETTERS_EXAMPLE, _WORDS_EXAMPLE = "A hot drink: ___[t..]", "See you ___{2,4}."
_AVOIDED_EXAMPLE, _TEXT_EXAMPLE = "The night is ___(-dark,black).", "The ___ [1] is text."


@dataclass(frozen=True)
class Blank:
    """Hold a blank's conditions on its fillings.

    written: the blank as it stands in the text
    words: fewest and most words; None: as many as are asked for elsewhere, but one word where letters are given
    letters: fewest and most letters of its word; pattern: each letter as `letters_of` gives it, or ANY
    avoided: the words that it does not take, see `seqtext.avoided_words`
    """

    written: str = field(default="___", compare=False)
    words: Range | None = None
    letters: Range | None = None
    pattern: tuple[str, ...] = ()
    avoided: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Tell whether the blank has no conditions."""
        return self == _PLAIN

    def most_words(self, usual: int) -> int:
        """Return the largest number of words that it takes.

        usual: the number for a blank without conditions
        """
        if self.words:
            return self.words[1]
        return 1 if self.letters else usual

    @property
    def fewest_words(self) -> int:
        """Return the fewest words that it takes."""
        return self.words[0] if self.words else 1

    @cached_property
    def unwanted(self) -> AvoidedWords:
        """Return a matcher of the words that this blank rejects."""
        return AvoidedWords(self.avoided)

    def takes(self, filling: str) -> bool:
        """Tell whether a filling meets the conditions."""
        filling = filling.strip()
        if self.words and not self.words[0] <= len(filling.split()) <= self.words[1]:
            return False
        if self.letters and not self._takes_letters(filling):
            return False
        return not (self.avoided and self.unwanted.is_in(filling))

    def _takes_letters(self, word: str) -> bool:
        assert self.letters
        letters = letters_of(word)
        if letters is None or not self.letters[0] <= len(letters) <= self.letters[1]:
            return False
        return all(wanted in (ANY, letter) for wanted, letter in zip(self.pattern, letters, strict=False))


_PLAIN = Blank()


class BlankedText(NamedTuple):
    """Hold a text cut at its blanks.

    parts: the texts before, between and after the blanks, one more than there are blanks
    blanks: the conditions of each
    """

    parts: list[str]
    blanks: list[Blank]


def read_blanks(text: str) -> BlankedText:
    """Cut a text at its blanks.

    Raises InputError for conditions that cannot be read.

    >>> read_blanks("A ___[t..] (hot)").parts
    ['A ', ' (hot)']
    """
    parts, blanks, start = [], [], 0
    while match := BLANK.search(text, start):
        blank, end = _read_blank(text, match.start(), match.end())
        parts.append(text[start : match.start()])
        blanks.append(blank)
        start = end
    return BlankedText([*parts, text[start:]], blanks)


def letters_of(text: str) -> tuple[str, ...] | None:
    """Return the letters of a word, case-folded and with their marks.

    None where the word holds other characters than letters, apostrophes and hyphens.

    >>> letters_of("Don't"), letters_of("cafe\\u0301"), letters_of("4th")
    (('d', 'o', 'n', 't'), ('c', 'a', 'f', 'é'), None)
    """
    if text.isascii() and text.isalpha():
        return tuple(text.lower())
    if text.startswith((*APOSTROPHES, *_MINUS)):  # 's, which some tokenizers take for a word
        return None
    letters = []
    for character in whole_characters(unicodedata.normalize("NFKC", text)):
        if character[0].isalpha():
            letters.append(character.casefold())
        elif character not in APOSTROPHES and character not in _MINUS:
            return None
    return tuple(letters)


def _read_blank(text: str, start: int, end: int) -> tuple[Blank, int]:
    """Read the conditions after the underscores from start to end; return the blank and its end."""
    said: dict[str, Any] = {}
    while opening := _OPENING.match(text, end):
        kind, end = opening[1], opening.end()
        close = text.find(_CLOSING[kind], end)
        if close < 0:
            _refuse(text[start:], f"has a {kind} that is not closed", _TEXT_EXAMPLE)
        written = text[start : close + 1]
        if kind == "(" and _UNLISTED.search(text, end, close):
            _refuse(text[start:], "has a ( that is not closed", _TEXT_EXAMPLE)
        name, value = _condition(kind, text[end:close], written)
        if name in said:
            _refuse(written, f"says twice what it takes: {_NAMES[name]}", _LETTERS_EXAMPLE)
        said[name], end = value, close + 1
    return (_joined(text[start:end], **said) if said else _PLAIN), end


def _condition(opening: str, content: str, written: str) -> tuple[str, Any]:
    """Read one condition; return the field of Blank that holds it, and its value."""
    if opening == "(":
        return "avoided", _read_avoided(content, written)
    if opening == "{":
        return "words", _read_range(content, written, "words", MOST_WORDS)
    if _RANGE.fullmatch(content):
        return "letters", _read_range(content, written, "letters", MOST_LETTERS)
    return "pattern", _read_pattern(content, written)


def _joined(
    written: str,
    words: Range | None = None,
    letters: Range | None = None,
    pattern: tuple[str, ...] = (),
    avoided: tuple[str, ...] = (),
) -> Blank:
    """Make a blank of its conditions; raises InputError where they contradict each other."""
    if words not in (None, (1, 1)) and (letters or pattern):
        _refuse(written, "asks for letters, which are of one word, and for several words", _LETTERS_EXAMPLE)
    if letters and pattern and not letters[0] <= len(pattern) <= letters[1]:
        count = " to ".join(dict.fromkeys(map(str, letters)))
        _refuse(written, f"asks for {count} letters and for a pattern of {len(pattern)}", _LETTERS_EXAMPLE)
    size = (len(pattern), len(pattern)) if pattern else letters
    return Blank(written, words, size, pattern, avoided)


def _read_range(content: str, written: str, what: str, most: int) -> Range:
    """Read the fewest and the most words or letters."""
    example = _WORDS_EXAMPLE if what == "words" else "A big animal: ___[5]"
    match = _RANGE.fullmatch(content)
    if not match:
        _refuse(written, f"does not say how many {what}", example)
    digits = [digit_run.lstrip("0") for digit_run in match.groups() if digit_run is not None]
    if not all(digits) or any(len(digit_run) > 9 or int(digit_run) > most for digit_run in digits):
        _refuse(written, f"takes an impossible number of {what}; 1 to {most} are possible", example)
    low, high = int(digits[0]), int(digits[-1])
    if low > high:
        example = f"See you ___{{{high},{low}}}." if what == "words" else f"A big animal: ___[{high}-{low}]"
        _refuse(written, f"takes at least {low} and at most {high} {what}", example)
    return low, high


def _read_pattern(content: str, written: str) -> tuple[str, ...]:
    """Read the letters of a pattern."""
    shown = unicodedata.normalize("NFKC", content).strip()  # an ellipsis is three dots
    pattern: list[str] = []
    for character in whole_characters(shown):
        if character != ANY and not character[0].isalpha():
            _refuse(written, f"has the pattern {content!r}, of which {character!r} is no letter", _similar(shown))
        pattern.append(character.casefold())
    if not pattern:
        _refuse(written, "is empty in its brackets", _LETTERS_EXAMPLE)
    if len(pattern) > MOST_LETTERS:
        _refuse(
            written, f"has a pattern of {len(pattern):,} letters; at most {MOST_LETTERS} are accepted", "A ___[t..]"
        )
    return tuple(pattern)


def _similar(pattern: str) -> str:
    """Return an example with the pattern that was probably meant, else the usual example."""
    meant = "".join(sign for sign in pattern.translate(_WILDCARDS) if sign not in APOSTROPHES and sign not in _MINUS)
    good = meant not in ("", pattern) and all(character == ANY or character.isalpha() for character in meant)
    return f"The word ___[{meant}]" if good and len(meant) <= MOST_LETTERS else _LETTERS_EXAMPLE


def _read_avoided(content: str, written: str) -> tuple[str, ...]:
    """Read the words of a list that begins with a minus sign."""
    words = [word.strip(_QUOTES) for word in (item.strip().lstrip(_MINUS).strip() for item in content.split(","))]
    avoided = []
    for word in filter(None, words):
        try:
            avoided.append(checked_word(word))
        except InputError:
            _refuse(written, f"has {word!r:.40}, which is no word to leave out", _AVOIDED_EXAMPLE)
    if not avoided:
        _refuse(written, "names no word to leave out", _AVOIDED_EXAMPLE)
    return tuple(avoided)


def _refuse(written: str, why: str, example: str) -> NoReturn:
    shown = written if len(written) <= _SHOWN else written[: _SHOWN - 3] + "..."
    raise InputError(
        f"The blank {shown!r} {why}; ___[5], ___[3-5] (letters), ___[s..r] (a pattern, . is any letter), ___{{2,4}} "
        "(words) and ___(-sad,gloomy) (not these) are accepted; a bracket that is text stands behind a space.",
        either(f'model.fill("{example}")', f'seqtext fill "{example}"'),
    )
