"""Write words into blanks: with a capital where a sentence begins, in capitals where the text shouts.

Where it is uncertain whether a sentence begins, as after "approx." or after a quoted question, the network decides: it
knows both spellings of a word.
"""

from collections.abc import Callable, Iterable, Sequence

Words = tuple[str, ...]  # those of each blank

_OPENING, _CLOSING, _STOPS = "\"'“‘([", "\"'”’)]", (".", "!", "?", "…")  # around the end of a sentence
_ASKING = ("!", "?", "…")  # with which a quotation may end within a sentence
_BETWEEN = "\ufdd0"  # no character of any text (Unicode 23.7)
_NEAR = 300  # characters before a blank that tell whether a sentence ends there
_WRAPPED = 40  # characters from which on a line may have been wrapped
_FEW = 4  # blanks before and after that are looked at
_WORD = "Xq"  # begins no sentence more often than others, and is no abbreviation


def in_usual_letters(parts: list[str], usual: Callable[[str], str]) -> list[str] | None:
    """Convert a text in capitals to lower case, as a network knows its words.

    parts: what stands around the blanks; usual: converts a word to the form that a vocabulary has
    returns None for a text that does not shout
    """
    whole = _BETWEEN.join(parts)
    if not whole.replace("ß", "").isupper():
        return None
    from seqtext.models.source_text import in_small_letters, shouts  # takes 2 ms, and few texts are in capitals

    if not shouts(whole):
        return None
    small = in_small_letters(whole, usual).split(_BETWEEN)
    return small if len(small) == len(parts) else None


def cased(word: str, parts: list[str], blank: int) -> str:
    """Capitalize a word if its blank certainly starts a sentence; `written` says what happens elsewhere."""
    return _capital(word) if begins_sentence(parts, blank) else word


def written(fillings: Iterable[tuple[Words, float]], parts: list[str], shouted: bool = False) -> dict[Words, float]:
    """Write fillings as they stand in a text; those that look alike there are one, with the sum of their probabilities.

    fillings: words and their probability; parts: what stands around the blanks; shouted: whether all is in capitals

    >>> written([(("he",), 0.5), (("He",), 0.2)], ["It rained. ", " left."])
    {('He',): 0.7}
    """
    begins = [begins_sentence(parts, blank) for blank in range(len(parts) - 1)]
    found: dict[Words, float] = {}
    forms: dict[Words, tuple[float, Words]] = {}  # of what differs in a first letter that is uncertain
    for words, probability in fillings:
        shown = _shown(words, begins, shouted)
        alike = tuple(
            word[:1].lower() + word[1:] if begin is None else word for word, begin in zip(shown, begins, strict=True)
        )
        found[alike] = found.get(alike, 0.0) + probability
        forms[alike] = max(forms.get(alike, (-1.0, shown)), (probability, shown))
    return {forms[alike][1]: probability for alike, probability in found.items()}


def _shown(words: Words, begins: Sequence[bool | None], shouted: bool) -> Words:
    if shouted:
        return tuple(word.upper() for word in words)
    return tuple(_capital(word) if begin else word for word, begin in zip(words, begins, strict=True))


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def begins_sentence(parts: list[str], blank: int) -> bool | None:
    """Tell whether a blank starts a sentence, ignoring opening quotes and brackets; None where it is uncertain.

    It does at the start, after a stop, and after a line break unless the text is wrapped or in verse: then lines go on.
    It is uncertain after an abbreviation, after a quotation that asks or exclaims, and where nothing tells whether a
    line goes on.
    """
    text = parts[blank].rstrip(_OPENING)
    words = text.rstrip()
    space = text[len(words) :]
    if not words and not blank:
        return True
    if "\n" in space:
        return _begins_line(parts, blank, words, space.count("\n") > 1)
    return _ends_sentence(words) if space and words.rstrip(_CLOSING).endswith(_STOPS) else False


def _ends_sentence(words: str) -> bool | None:
    """Tell whether a text that ends with a stop ends with a sentence."""
    from seqtext.data.sentences import split  # most blanks are not behind a stop

    if words[-1] in _CLOSING and words.rstrip(_CLOSING).endswith(_ASKING):
        return None  # "Where are you?" he asked.
    return True if split(f"{words[-_NEAR:]} {_WORD}")[-1].text == _WORD else None


def _begins_line(parts: list[str], blank: int, words: str, apart: bool) -> bool | None:
    """Tell whether a line that begins with a blank begins a sentence.

    words: what stands before it, without white space; apart: whether a blank line is between
    """
    if apart:
        return True
    if words.rstrip(_CLOSING).endswith(_STOPS):
        return _ends_sentence(words)
    before = _BETWEEN.join([*(part[-_NEAR:] for part in parts[max(0, blank - _FEW) : blank]), words[-_NEAR:]])
    after = _BETWEEN.join(part[:_NEAR] for part in parts[blank + 1 : blank + 1 + _FEW])
    lines = before.rpartition("\n\n")[2].split("\n")[1:] + after.partition("\n\n")[0].split("\n")[1:]
    first = [next(filter(lambda char: char.isalpha() or char == _BETWEEN, line), "") for line in lines]
    if any(letter.islower() for letter in first):
        return False
    return True if any(letter.isupper() for letter in first) or _is_verse_or_salutation(before) else None


def _is_verse_or_salutation(before: str) -> bool:
    """Tell whether a text ends with a short line after whose comma or colon a capital comes, as after Dear Anna."""
    line = before.rpartition("\n")[2].strip()
    return len(line) < _WRAPPED and line.endswith((",", ":")) and line[:1].isupper()
