"""Set aside signs, emoji and shouting capitals of a source.

A model knows the words that it learnt from: it takes an emoji or a line of dashes for words, and a sentence in capitals
for names that it has never seen. So emoji at the ends of a sentence are set aside and put back, what holds no letter is
copied, and a sentence in capitals is read in small letters and its answer written in capitals. A model that learnt from
many such sources reads them itself: `learnt_kinds` tells.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from seqtext.characters import APOSTROPHES

CAPITALS, EMOJI, SIGNS = KINDS = ("capitals", "emoji", "signs")

_STOPS = ".!?…。！？"
_PICTURE = "[\u2190-\u21ff\u231a-\u23ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\U0001f000-\U0001faff]"
_CHANGE = "[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"  # presentation, skin tone, flag of a region
_UNIT = rf"(?:{_PICTURE}{_CHANGE}*|[#*0-9]\ufe0f?\u20e3|[©®‼⁉™〰〽㊗㊙]\ufe0f)"
#: One emoji: pictures joined to one by U+200D, flags, keycaps (Unicode Technical Standard 51).
EMOJI_SIGN = rf"{_UNIT}(?:\u200d{_UNIT})*"
#: A smiley such as :-), where a word ends after it.
SMILEY = rf"(?:[:;=][{APOSTROPHES}]?[-^]?[()\[\]DPpOo|/\\*]|\(-?[:;=]|<3|\^_?\^)(?=$|[\s{_STOPS}])"
_ASIDE = re.compile(rf"(?<!\s)\s*{EMOJI_SIGN}|(?<!\s)\s+{SMILEY}")
_LEADING = re.compile(rf"(?:{EMOJI_SIGN}\s*|{SMILEY}\s+)+")
_ALONE = re.compile(rf"\s*(?:(?:{EMOJI_SIGN}|{SMILEY})\s*)+")
_WORD = re.compile(rf"[^\W\d_]+(?:[{APOSTROPHES}][^\W\d_]+)*")
#: Months that are words as well, beside a day or a year.
_MONTH = re.compile(r"\b(?:may|march)\b(?=,? \d{1,4}(?:st|nd|rd|th)?\b)|(?<=\d )(?:may|march)\b")
_ORDINALS = "ªº"  # letters to Unicode, signs to a reader

_OFTEN = 0.01  # of the sources that were learnt from
_SHORTEST_WORD, _SHORTEST_WORDS = 4, 4  # letters of a word, or of two and more words, that shout; shorter: USA, OK


class Prepared(NamedTuple):
    """Hold a source as the model reads it, and the way back."""

    text: str  # "" where the source itself is the answer
    back: Callable[[str], str]  # answer to `text` → answer to the source as typed


def prepare(
    source: str, small: Callable[[str], str], kinds: Collection[str] = KINDS, shouted: bool = False
) -> Prepared:
    """Set aside parts of a sentence that a model need not read.

    small: converts a sentence in capitals to small letters; kinds: what is set aside, of `KINDS`
    shouted: whether the text around it is in capitals, so that a word too short to tell is no acronym

    >>> text, back = prepare("COME HERE! 🙂", str.capitalize)
    >>> text, back("Viens ici !")
    ('Come here!', 'VIENS ICI ! 🙂')
    """
    before, inner, aside, stops = _cut(source) if EMOJI in kinds else ("", source, "", "")
    if SIGNS in kinds and not has_letters(inner):
        return Prepared("", lambda answer: source)
    text = inner + stops.lstrip() if aside else inner
    shouted = CAPITALS in kinds and (shouted or shouts(text))

    def back(answer: str) -> str:
        answer = answer.upper() if shouted else answer
        words = answer.rstrip(f"{_STOPS} \u00a0\u202f") if aside and stops else answer
        return before + words + aside + answer[len(words) :]

    return Prepared(small(text) if shouted else text, back)


def _cut(source: str) -> tuple[str, str, str, str]:
    """Split a sentence into emoji before it, itself, emoji after it and the stops after these."""
    leading = _LEADING.match(source)
    begin = leading.end() if leading else 0
    end = start = len(source.rstrip(f"{_STOPS} "))
    for match in reversed(list(_ASIDE.finditer(source, begin, end))):
        if match.end() != start:
            break
        start = match.start()
    if start <= begin or start == end:
        return source[:begin], source[begin:], "", ""
    if source[start - 1] in _STOPS or not source[end:].strip():  # the sentence ends before the emoji
        end = len(source)
    return source[:begin], source[begin:start], source[start:end], source[end:]


def has_letters(text: str) -> bool:
    """Tell whether a text holds a letter outside smileys such as :D."""
    if not any(char.isalpha() and char not in _ORDINALS for char in text):
        return False
    return _ALONE.fullmatch(text) is None


def shouts(text: str) -> bool:
    """Tell whether a text is in capitals and more than an acronym.

    USA and OK do not shout.
    """
    letters = [char for char in text if char.isalpha()]
    if not all(char.isupper() or char == "ß" for char in letters):
        return False
    words = _WORD.findall(text)
    enough = len(words) > 1 and len(letters) >= _SHORTEST_WORDS
    return enough or any(len(word) >= _SHORTEST_WORD for word in words)


def in_small_letters(text: str, usual: Callable[[str], str]) -> str:
    """Convert a sentence in capitals to lower case.

    Its first letter stays a capital, and so do those of May and March beside a day or a year.

    usual: converts a word in capitals to the form that a vocabulary has
    """
    first_word = _WORD.search(text)
    small = _WORD.sub(lambda word: usual(word[0]), text)
    small = _MONTH.sub(lambda month: month[0].capitalize(), small)
    if first_word is None:
        return small
    first = first_word.start()
    return small[:first] + small[first].upper() + small[first + 1 :]


def learnt_kinds(sources: Iterable[str]) -> list[str]:
    """List the kinds of source that are frequent in training.

    returns those of `KINDS` that more than 1 % of the sources, and more than one, are of: a model learns to answer
    these itself
    """
    sources = list(sources)
    counts = {
        CAPITALS: sum(map(shouts, sources)),
        EMOJI: sum(_cut(source)[::2] != ("", "") for source in sources),
        SIGNS: sum(source.strip() != "" and not has_letters(source) for source in sources),
    }
    return [kind for kind, count in counts.items() if count > max(1, _OFTEN * len(sources))]
