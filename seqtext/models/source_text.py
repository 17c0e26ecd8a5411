"""Set aside signs, emoji and shouting capitals of a source.

A model knows the words that it learnt from: it takes an emoji or a line of dashes for words, and a sentence in capitals
for names that it has never seen. So emoji at the ends of a sentence are set aside and put back, what holds no letter is
copied, and a sentence in capitals is read in small letters and its answer written in capitals; codes in it, such as web
addresses, stay as typed. A model that learnt from many such sources reads them itself: `learnt_kinds` tells.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from seqtext.characters import APOSTROPHES
from seqtext.models.function_words import FUNCTION_WORDS
from seqtext.models.given_names import ADDRESSING_TITLES, LEARNED_TITLES, PARTICLES, SURNAMES
from seqtext.models.measures import SHARED_UNITS

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
_TITLES = "|".join({*ADDRESSING_TITLES, *LEARNED_TITLES} - {"Miss"})  # a verb, too
#: A surname behind one or two titles, or two initials: Mr. Li, Prof. Dr. J. van der Berg, T. S. Eliot; not 5 ms.
_NAMED = re.compile(
    rf"(?<![\w.])(?<!\d )(?P<title>(?:{_TITLES})\b\.?(?: (?:{'|'.join(LEARNED_TITLES)})\b\.?)?"
    r"|[a-z]\.(?= [a-z]\. [a-z]))"
    r"(?P<initials>(?: [a-z]\.){0,4})"
    rf"(?P<particles>(?: (?:{'|'.join(PARTICLES)})(?= [a-z])){{0,3}}) (?P<surname>[^\W\d_]+)",
    re.IGNORECASE,
)
#: Function words that are surnames behind Mr.
_ALSO_SURNAMES = frozenset(["an", "do", "few", "he", "like", "may", "might", "need", "so", "st", "will"])
#: What MS stands before in the name of a program, where it is no title.
_PROGRAMS = frozenset(
    ["word", "excel", "office", "windows", "teams", "outlook", "access", "paint", "dos", "project", "edge",
     "powerpoint"]
)  # fmt: skip
_UNIT_SYMBOL = rf"(?:{SHARED_UNITS}|lbs|ft|min|h|s)"
_INSIDE = r"[^\s<>{}()\[\]\"'“”«»,;!?…]"
#: What may be a code, whose letters are not those of a sentence: a placeholder, a tag, a web address, a unit, any word.
_PERHAPS_CODE = re.compile(
    r"\{(?:[^{}\n]|\{[^{}\n]{0,200}\}){0,600}\}|</?[A-Za-z][^<>\n]{0,300}>|%\(\w{1,40}\)\w|\w{2,20}://[^\s<>\"“”«»]+"
    rf"|(?<=\d)\s?{_UNIT_SYMBOL}(?!\w)|(?<!{_INSIDE})(?P<word>{_INSIDE}+)"
)
#: What makes a code of a word: %s, info@example.com, config.yaml, --help, iPhone, 5th.
_CODED = re.compile(r"[@/\\_%$#=&^~|+\d]|\w[.:]\w|::|^--?\w|^[a-z]+[A-Z]|[a-z]{2}[A-Z]")
#: Where a code may begin: a word or a sign, or, behind a figure, a unit.
_BEGINS = re.compile(r"(?P<figure>(?<=\d)\s?)?(?P<first>(?P<apart>(?<!\w)\w|_|[^\w\s])|(?(figure)[^\W\d]|(?!)))")
_TWO_CAPITALS = re.compile(r"[^\W\d_a-z]{2}")
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
        answer = _in_capitals(answer, text) if shouted else answer
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

    USA and OK do not shout. Codes may have small letters.

    >>> shouts("SEE https://example.org NOW!"), shouts("See NATO.")
    (True, False)
    """
    if not text.isupper() and _TWO_CAPITALS.search(text):
        text = " ".join(words for words, _ in _cut_at_codes(text))
    if not all(char.isupper() or char == "ß" for char in text if char.isalpha()):
        return False
    words = _WORD.findall(text)
    enough = len(words) > 1 and sum(map(str.isalpha, text)) >= _SHORTEST_WORDS
    return enough or any(len(word) >= _SHORTEST_WORD for word in words)


def in_small_letters(text: str, usual: Callable[[str], str]) -> str:
    """Convert a sentence in capitals to lower case.

    Its first letter stays a capital, and so do those of May and March beside a day or a year, and of a person's title
    and surname. Codes with small letters stay as typed.

    usual: converts a word in capitals to the form that a vocabulary has
    """
    small, first = "", -1
    for words, code in _cut_at_codes(text):
        word = _WORD.search(words)
        if first < 0 and (word or code):
            first = len(small) + word.start() if word else len(text)
        small += _WORD.sub(lambda word: usual(word[0]), words) + code
    small = _MONTH.sub(lambda month: month[0].capitalize(), small)
    small = _NAMED.sub(_with_capitals, small)
    return small[:first] + small[first].upper() + small[first + 1 :] if 0 <= first < len(small) else small


def _cut_at_codes(text: str) -> Iterator[tuple[str, str]]:
    """Cut a text before and after each code that has small letters; yield what is before a code, and the code."""
    end = 0
    for match in _PERHAPS_CODE.finditer(text):
        code = match[0].rstrip(".,:;!?") if "://" in match[0] or match["word"] else match[0]
        coded = match["word"] is None or _CODED.search(code)
        if coded and any(map(str.islower, code)):
            yield text[end : match.start()], code
            end = match.start() + len(code)
    yield text[end:], ""


def _with_capitals(name: re.Match[str]) -> str:
    title, initials, particles, surname = name.group("title", "initials", "particles", "surname")
    if title.lower() == "ms" and surname.lower() in _PROGRAMS and not initials + particles:
        return f"MS {surname.capitalize()}"
    known = surname.capitalize() in SURNAMES
    if title.rstrip(".").capitalize() in ADDRESSING_TITLES:
        known |= surname.lower() in _ALSO_SURNAMES
    if known or surname.lower() not in FUNCTION_WORDS:  # not Mr. and Mrs. Li
        surname = surname[0].upper() + surname[1:]
    return f"{title.title()}{initials.upper()}{particles} {surname}"


def _in_capitals(answer: str, source: str) -> str:
    """Write an answer in capitals, except the codes that its source has.

    Of figures only the unit behind them is a code, since languages write figures in ways of their own.
    """
    codes, units, lengths = set[str](), set[str](), dict[str, set[int]]()
    for _, code in _cut_at_codes(source):
        if code:
            unit = code.lstrip("0123456789., ")
            (codes if unit == code else units).add(unit)
            lengths.setdefault(unit[0], set()).add(len(unit))
    longest_first = {first: sorted(some, reverse=True) for first, some in lengths.items()}
    capitals, end = "", 0
    for match in _BEGINS.finditer(answer) if lengths else ():
        start = match.start("first")
        for length in longest_first.get(answer[start], ()) if start >= end else ():
            kept, after = answer[start : start + length], answer[start + length : start + length + 1]
            known = (match["figure"] is not None and kept in units) or (match["apart"] is not None and kept in codes)
            if known and not (kept[-1].isalnum() and (after.isalnum() or after == "_")):
                capitals += answer[end:start].upper() + kept
                end = start + length
                break
    return capitals + answer[end:].upper()


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
