"""Define patterns of words and characters; measure text widths on terminals."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

APOSTROPHES = "'’"
_JOINER = "\u200d"
_MOST_MARKS = 32  # characters held back at once, whatever a model writes

# Words, in the syntax of the `regex` library: `re` does not know marks. All have the same letters (L), marks (M) and
# digits (N), and none begins with a mark. `compiled` makes patterns of them.
_JOINERS = "\u200c\u200d"  # inside words of Persian and Hindi
#: A letter of a script that puts no spaces between words: Chinese, Japanese, Thai, Lao, Khmer, Burmese (Unicode Annex
#: 14 names the last four and their kin "SA").
UNSPACED = r"[[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{lb=SA}]&&[\p{L}\p{N}]]"
#: Such a letter with its marks, and a vowel that is written before it (LOE, Logical_Order_Exception).
_ONE_LETTER = rf"\p{{LOE}}?(?={UNSPACED})\X\p{{M}}*"


def _run(first: str, others: str) -> str:
    return rf"{first}{others}*(?:[{_JOINERS}]+{others}+)*"


_SPACED_RUN = _run(rf"[[\p{{L}}\p{{N}}]--{UNSPACED}]", rf"[[\p{{L}}\p{{N}}\p{{M}}]--{UNSPACED}]")
_SPACED_NAME = _run(rf"[[\p{{L}}\p{{N}}_]--{UNSPACED}]", rf"[[\p{{L}}\p{{N}}\p{{M}}_]--{UNSPACED}]")
_SPELLED_RUN = r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*"

#: Any character that `str.split` does not take for white space.
INK = r"[^\s\x1c-\x1f]"
#: A run of letters and digits with their marks, for comparing texts; of scripts without spaces, each letter.
WORD = rf"{_ONE_LETTER}|{_SPACED_RUN}"
#: The same, but with the letters of scripts without spaces together.
WORD_RUN = rf"(?:{_ONE_LETTER})+|{_SPACED_RUN}"
#: A word with inner apostrophes and underscores, or a punctuation mark: what a classifier's answer is explained by.
WORD_OR_PUNCTUATION = rf"{_ONE_LETTER}|{_SPACED_NAME}(?:[{APOSTROPHES}]{_SPACED_NAME})*|(?={INK})\X\p{{M}}*"
#: A word of letters with its contraction: a tokenizer of words keeps it whole, and a cloze test blanks it.
CLOZE_WORD = (
    _run(r"[[\p{L}\p{N}]--\p{Nd}]", r"[[\p{L}\p{N}\p{M}]--\p{Nd}]")
    + rf"(?:[{APOSTROPHES}](?:t|re|ve|ll|m|d)(?![\p{{L}}\p{{N}}\p{{M}}_]))?"
)
#: A word as `LanguageModel.next` spells it: letters, marks and digits, with single apostrophes inside.
SPELLED_WORD = rf"{_SPELLED_RUN}(?:[{APOSTROPHES}]{_SPELLED_RUN})*"
#: A run without white space, for counting words; in scripts without spaces, each letter with its closing punctuation.
SPACED_WORD = rf"{_ONE_LETTER}[\p{{Pe}}\p{{Pf}}\p{{Po}}]*|[{INK}--{UNSPACED}]+"
#: A run of letters and digits, or of punctuation, as counted in log lines. Models store such counts, so this pattern
#: keeps the syntax of `re` and must not change.
LOG_WORD = re.compile(r"[^\W_]+|[^\w\s]+|_+")

#: Half of a surrogate pair, which is not a character; JSON can spell it, and Python decodes strange bytes to it.
SURROGATE = re.compile("[\ud800-\udfff]")
#: Characters that a terminal obeys instead of showing: control characters, separators of lines and paragraphs, marks
#: that reverse the direction of text, half pairs.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
#: The line ends of `str.splitlines`.
BREAK = re.compile("\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")

# The next three are for the `tokenizers` library, whose syntax is not that of `re`.
#: A word takes the contractions that belong to it (don't, I'll); 's stands alone. Long runs are cut at 64 letters,
#: because longest-match spelling costs the square of the length.
TOKEN_WORD = rf"[\p{{L}}\p{{M}}]{{1,64}}(?:[{APOSTROPHES}](?:t|re|ve|ll|m|d|T|RE|VE|LL|M|D)(?![\p{{L}}\p{{M}}]))?"
TOKEN_REST = rf"[{APOSTROPHES}][sS](?![\p{{L}}\p{{M}}])|\p{{N}}{{1,4}}|\.{{2,8}}|-{{2,4}}|[^\s\p{{L}}\p{{M}}\p{{N}}]"
TOKEN_SPACE = r"\s{1,16}"


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of this module.

    >>> compiled(WORD).findall("iPhone 的价格, हिन्दी")
    ['iPhone', '的', '价', '格', 'हिन्दी']
    """
    import regex  # takes 8 ms, so only where words are counted or compared

    # typed as re.Pattern, whose methods it has
    compiled_pattern: re.Pattern[str] = regex.compile(pattern, regex.VERSION1)
    return compiled_pattern


def compared_words(text: str, pattern: str = WORD) -> list[str]:
    """Cut a text into words for comparison: lower case, marks composed (NFC).

    >>> compared_words("Cafe\u0301s") == compared_words("caf\u00e9s")
    True
    """
    return compiled(pattern).findall(unicodedata.normalize("NFC", text.lower()))


def is_mark(character: str) -> bool:
    """Tell whether a character is a combining mark."""
    return unicodedata.category(character)[0] == "M"


def is_letter(character: str) -> bool:
    """Tell whether a character is a letter, a mark or a digit."""
    return character.isalnum() or is_mark(character)


def whole_characters(characters: Iterable[str]) -> Iterator[str]:
    """Join characters with their combining marks, skin tones and joiners.

    Each waits until the next begins. Flags and syllables of Hangul jamo are not joined, unlike in Unicode Annex 29.

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
    """Tell whether a character belongs to the one before it: a mark, a skin tone, or either side of a joiner."""
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

    Two for a wide character (Unicode Annex 11) or an emoji, none for a mark on another character or for a control
    character.

    >>> text_width("café"), text_width("cafe\\u0301"), text_width("猫")
    (4, 4, 2)
    """
    if text.isascii() and text.isprintable():
        return len(text)
    from wcwidth import wcswidth  # takes 20 ms, and most tables hold no such text

    # Control characters go: one of them would make the width of the whole text -1.
    return int(wcswidth("".join(character for character in text if unicodedata.category(character) != "Cc")))


def clipped(text: str, width: int) -> str:
    """Truncate a text to a width in columns, ending in ….

    No character loses its marks.

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


def clipped_inside(text: str, width: int) -> str:
    """Truncate a text to a width in columns, … in its middle.

    No character loses its marks.

    >>> clipped_inside("a long name", 7)
    'a l…ame'
    """
    if text_width(text) <= width:
        return text
    end = ""
    for character in reversed(list(whole_characters(text))):
        if text_width(character + end) > (width - 1) // 2:
            break
        end = character + end
    return clipped(text, width - text_width(end)) + end
