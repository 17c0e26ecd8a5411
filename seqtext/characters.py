"""Text below tokens: what a word is to whom, which characters belong together, what a terminal shows and how wide."""

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

APOSTROPHES = "'’"
_JOINER = "\u200d"
_MOST_MARKS = 32  # characters held back at once, whatever a model writes

#: A run of letters and digits, for counting and comparing words.
ALPHANUMERIC = re.compile(r"[^\W_]+")
#: A word of letters with its contraction: what a tokenizer of words keeps whole, and what a cloze test blanks.
CLOZE_WORD = re.compile(rf"[^\W\d_]+(?:[{APOSTROPHES}](?:t|re|ve|ll|m|d)\b)?")
#: A word with inner apostrophes, or a punctuation mark: the features of a classifier.
WORD_OR_PUNCTUATION = re.compile(rf"\w+(?:[{APOSTROPHES}]\w+)*|[^\w\s]")
#: A run of letters and digits, or of punctuation: what is counted in a log line.
LOG_WORD = re.compile(r"[^\W_]+|[^\w\s]+|_+")

#: What a terminal obeys instead of showing it: control characters, marks that reverse the order of text, half pairs.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

# The next three are for the `tokenizers` library, whose syntax is not that of `re`.
#: A word takes the contractions that belong to it (don't, I'll); 's stands alone. Long runs are cut at 64 letters,
#: because longest-match spelling costs the square of the length.
TOKEN_WORD = rf"[\p{{L}}\p{{M}}]{{1,64}}(?:[{APOSTROPHES}](?:t|re|ve|ll|m|d|T|RE|VE|LL|M|D)(?![\p{{L}}\p{{M}}]))?"
TOKEN_REST = rf"[{APOSTROPHES}][sS](?![\p{{L}}\p{{M}}])|\p{{N}}{{1,4}}|\.{{2,8}}|-{{2,4}}|[^\s\p{{L}}\p{{M}}\p{{N}}]"
TOKEN_SPACE = r"\s{1,16}"


@cache
def spelled_word() -> re.Pattern[str]:
    """The pattern of a word as `LanguageModel.next` spells it.

    Letters, their marks and digits, with single apostrophes inside. Made when it is first asked for: finding the marks
    takes a pass over all of Unicode.
    """
    marks = "".join(filter(is_mark, map(chr, range(sys.maxunicode + 1))))
    return re.compile(rf"[^\W_]+(?:[{marks}]+[^\W_]*|[{APOSTROPHES}][^\W_]+)*")


def is_mark(character: str) -> bool:
    """Whether a character is a combining mark."""
    return unicodedata.category(character)[0] == "M"


def is_letter(character: str) -> bool:
    """Whether a character is a letter, a mark or a digit."""
    return character.isalnum() or is_mark(character)


def whole_characters(characters: Iterable[str]) -> Iterator[str]:
    """Characters with the marks that belong to them: each is held back until the next one begins.

    >>> list(whole_characters("ae\u0301b"))
    ['a', 'e\u0301', 'b']
    """
    held = ""
    for character in characters:
        if held and not (_joins(held[-1], character) and len(held) < _MOST_MARKS):
            yield held
            held = ""
        held += character
    if held:
        yield held


def _joins(before: str, character: str) -> bool:
    """Whether a character belongs to the one before it: a mark, a skin tone, or either side of a joiner."""
    if character < "\u0300":
        return before == _JOINER
    tone = "\U0001f3fb" <= character <= "\U0001f3ff"
    return before == _JOINER or character == _JOINER or tone or is_mark(character)


def visible(text: str, keep: str = "") -> str:
    r"""Replace control characters by escape sequences: \x1b, \x9b, \r, \u202e.

    A terminal obeys control characters (ECMA-48) and reorders text at bidirectional overrides (Unicode Annex 9), so a
    text from elsewhere could hide or forge what stands beside it.

    keep: control characters that stay, such as line breaks

    >>> print(visible("\x1b[31mred\n"))
    \x1b[31mred\n
    """
    if text.isprintable():
        return text
    return CONTROL.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def text_width(text: str) -> int:
    """Count the columns that a text takes on a terminal.

    Two for a wide character or an emoji, none for a mark on another character or for a control character.

    >>> text_width("café"), text_width("cafe\\u0301"), text_width("猫")
    (4, 4, 2)
    """
    if text.isascii() and text.isprintable():
        return len(text)
    from wcwidth import wcswidth  # 20 ms, for a kind of text that most tables are without

    # Control characters go: one of them would make the width of the whole text -1.
    return int(wcswidth("".join(one for one in text if unicodedata.category(one) != "Cc")))


def clipped(text: str, width: int) -> str:
    """Truncate a text to a width in columns, ending in …; no character loses its marks.

    >>> clipped("a long name", 6)
    'a lon…'
    """
    if text_width(text) <= width:
        return text
    start = ""
    for character in whole_characters(text):
        if text_width(start + character) >= width:
            break
        start += character
    return f"{start}…"
