"""Split sentences by rules, and truncate texts to sentences or words.

A line break always ends a sentence. Within a line, a full stop does unless it belongs to an abbreviation, an initial,
an ordinal or a list's number. A small letter continues the sentence before it, unless that one began with a small
letter, too. The lists are for English, French and German; the stops of other scripts are known.
Time is linear in the length of the text, because only a few characters around each stop are examined.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from seqtext.characters import APOSTROPHES, SPACED_WORD, UNSPACED, compiled


class Piece(NamedTuple):
    """Hold a sentence and the white space after it.

    text: the sentence, "" for a blank line
    after: the white space, "" for none
    """

    text: str
    after: str


_NEAR = 40  # characters examined on each side of a stop
_EAST = "。！？｡।؟۔။។"  # stops that need no space after them
_STOP = ".!?…‼⁇⁈⁉؟۔।॥։።"
_CLOSE = "\"'”’“»«›‹)\\]}」』】）〉》"
_OPEN = "\"'`“„‚‘”’«»‹›([{¿¡–—- \u00a0\u202f"
# Some signs open a quotation in one language and close it in another: without a space after the stop, they close.
_END = re.compile(
    rf"(?<![{_STOP}])(?P<stops>[{_STOP}]+)"
    rf"(?P<closed>(?:[{_CLOSE}]|\[\d{{1,3}}\]|[ \u00a0\u202f](?:[»›”]|'')(?=[\s.,;:!?)]|$))*)(?=\s|$)"
    rf"|(?<![{_EAST}])[{_EAST}][{_EAST}!?]*[{_CLOSE}]*(?![{_EAST}{_CLOSE}、，]|と|って|ល។)"
)
_SPACE = re.compile(r"\s*")
_NO_SPACE = re.compile(rf"[。！？｡，、：；][{_CLOSE}]*$")
#: The end of a sentence with its stop; Thai, Lao, Khmer and Burmese may write none.
_STOPPED = re.compile(
    rf"[{_STOP}{_EAST}](?:[ \u00a0\u202f]?(?:[{_CLOSE}]|\[\d{{1,3}}\]))*$|[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff]$"
)
#: The end of a line amid a sentence.
_GOES_ON = re.compile(rf"(?:[,;،؛，；、–—]|--)[{_CLOSE}]*$")
_TIGHT = rf"[{UNSPACED}\p{{Block=CJK_Symbols}}，：；！？（）]"  # no space between two of these
_TOUCHING = rf"(?<={_TIGHT}\p{{M}}*)\n(?={_TIGHT})"
_PHRASE_END = re.compile(r"(?<=[\u0e00-\u0eff])(?<![ๆฯໆຯ])[ \u00a0]+(?=[\u0e00-\u0eff])")
_PHRASE = 20  # least characters between two ends of phrases
#: The word before a stop, with the single letters that belong to it: z. B, J. R. R
_BEFORE = re.compile(r"(?<![\w.\u0300-\u036f])(?:[^\W\d_][\u0300-\u036f]*\.\s)*\w[\w.\-\u0300-\u036f]*$")
_AFTER = re.compile(rf"(?:[cjlns]|qu)[{APOSTROPHES}]|[^\W\d_]+", re.IGNORECASE)
_DOTTED = re.compile(r"(?:[^\W\d_]{1,3}[.-]{1,2})+[^\W\d_]{1,3}")
_DATE = re.compile(r"\d{1,4}\.|\d{4}\b")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Abbreviations that never end a sentence; titles only with a capital letter, or in text without capitals.
_NEVER_LAST = _set(
    "e.g i.e incl excl "
    "z.b d.h p.ex c.-à-d c.à.d s.o s.u vs viz cf approx ca resp bzw evtl ggf inkl exkl zzgl vgl sog bspw insb"
)
_TITLES = _set(
    "mr mrs ms messrs dr drs prof gen col sgt lt maj capt cmdr adm rev hon sen rep gov pres hr hrn fr frl dipl "
    "dipl.-ing mme mlle mgr msgr"
)
#: Abbreviations that may end a sentence: they do if a word follows that often begins sentences.
_SOMETIMES_LAST = _set(
    "etc inc ltd co corp jr sr bros al dept univ assn st mt ft ave blvd rd str bd boul cie sté usw mio mrd tsd jh "
    "jhdt std min hrsg eds env av apr éd"
)
#: Abbreviations only before a number.
_BEFORE_NUMBER = _set(
    "no nos nr ext art fig figs abb vol bd ch chap kap sec sect abs ziff eq pp max min tel tél jan feb mar apr jun jul "
    "aug sep sept oct okt nov dec dez janv févr avr juil déc"
)
_STARTERS = _set(
    "the a an this that these those he she it they we i you his her its their our my your there here but and so in on "
    "at as if when while after before for from with by what who why how where no not one some many most all both each "
    "then now however meanwhile also "
    "der die das ein eine er sie es wir ihr ich du man und aber doch wenn als nach vor bei mit im am auf für dies "
    "diese dieser dieses dann da dort hier was wer wie warum wo kein keine nicht auch "
    "le la les un une des il elle ils elles on nous vous je tu ce cet cette ces ça mais et donc alors si quand après "
    "avant pour avec dans en au aux par que qui où comment pourquoi l' l’ c' c’ j' j’ n' n’ s' s’ qu' qu’"
)
_ORDINAL_BEFORE = re.compile(r"\b(?:de[rmns]|die|das|im|vom|zu[mr]|beim)\s+\d+$", re.IGNORECASE)
_ORDINAL_AFTER = _set(
    "januar jänner februar märz april mai juni juli august september oktober november dezember jan feb apr aug sept "
    "okt nov dez jahrhundert jahrhunderts jahrhunderte weltkrieg weltkriegs kapitel klasse stock platz tag auflage "
    "mal geburtstag jahrestag etage runde spieltag"
)
_SPEAKER = r"\w[\w .]{0,30}:\s"
#: A line that begins with a bullet, a number or a speaker's name continues no other.
_MARKED = re.compile(rf"\s*(?:[-–—*•·#>|]|\w{{1,3}}[.)]\s|{_SPEAKER})")
#: The first letter of a sentence, after the speaker's name.
_FIRST = re.compile(rf"(?:{_SPEAKER})?[\W\d_]{{0,{_NEAR}}}([^\W\d_])")
_WRAPPED = range(40, 121)  # characters of the longest line of a paragraph that was wrapped


def split(text: str) -> list[Piece]:
    """Split a text into sentences, with the white space after each.

    All pieces joined are exactly the text. A sentence has no line break and no white space at its ends. White space
    before the first sentence follows a piece with the text "".

    >>> split("Dr. Smith left. Why?\\n\\nNo idea.")
    [Piece(text='Dr. Smith left.', after=' '), Piece(text='Why?', after='\\n'), Piece(text='', after='\\n'), \
Piece(text='No idea.', after='')]
    """
    pieces: list[Piece] = []
    for line in text.splitlines(keepends=True):
        start = _SPACE.match(line).end()  # type: ignore[union-attr]
        if start == len(line):
            pieces.append(Piece("", line))
            continue
        if start:
            last = pieces.pop() if pieces else Piece("", "")
            pieces.append(Piece(last.text, last.after + line[:start]))
        body = line.rstrip()
        for end in _ends(body, start):
            following = _SPACE.match(body, end).end()  # type: ignore[union-attr]
            pieces.append(Piece(body[start:end], body[end:following]))
            start = following
        pieces.append(Piece(body[start:], line[len(body) :]))
    return pieces


def sentences_of(text: str) -> list[str]:
    """List sentences with a letter or digit; wrapped lines are joined."""
    return [piece.text for piece in _phrases(split(unwrap(text))) if _has_words(piece.text)]


def lead_sentences(text: str, count: int) -> str:
    """Extract the first `count` sentences; wrapped lines are joined."""
    text = unwrap(text)
    position = end = 0
    for piece in _phrases(split(text)):
        if count <= 0:
            break
        if _has_words(piece.text):
            end, count = position + len(piece.text), count - 1
        position += len(piece.text) + len(piece.after)
    return text[:end].strip()


def lead_prose(text: str, count: int) -> str:
    """Extract the first `count` sentences that end with a stop; "" without any.

    The lines of each are joined, see `join_lines`. Other lines, such as headings, bylines and those of lists, are left
    out. The last sentence of a text needs no stop after another one in its line.

    >>> lead_prose("FERRY CLOSED\\nBy Ann Reed\\n\\nThe ferry is closed. It is old.\\nBoats\\nMany wait.", 3)
    'The ferry is closed. It is old.\\nMany wait.'
    """
    kept: list[Piece] = []
    pieces = [*_phrases(split(join_lines(text)))]
    for number, piece in enumerate(pieces):
        broken_off = 0 < number == len(pieces) - 1 and "\n" not in pieces[number - 1].after
        if _has_words(piece.text) and (broken_off or is_stopped(piece.text)):
            kept.append(piece)
    return "".join(piece.text + piece.after for piece in kept[: max(0, count)]).strip()


def is_stopped(text: str) -> bool:
    """Tell whether a text ends with the stop of a sentence; a comma, a semicolon and a colon are none."""
    return _STOPPED.search(text.rstrip()) is not None


def lead(text: str, words: int) -> str:
    """Truncate a text after a given number of words; see `count_words`."""
    end = 0
    for word in _words(text):
        if words <= 0:
            break
        end, words = word.end(), words - 1
    return text[:end].strip()


def shorten(text: str, words: int) -> tuple[str, bool]:
    """Truncate a text to a number of words, preferably after a sentence.

    The second result tells whether the cut is inside a sentence.

    >>> shorten("It rains. It will rain tomorrow.", 4), shorten("It will rain tomorrow.", 2)
    (('It rains.', False), ('It will', True))
    """
    if count_words(text) <= words:
        return text, False
    count = position = end = 0
    for piece in _phrases(split(text)):
        count += count_words(piece.text)
        if count > words:
            break
        position += len(piece.text)
        end = position if _has_words(piece.text) else end
        position += len(piece.after)
    return (text[:end].strip(), False) if end else (lead(text, words), True)


def count_words(text: str, end: int | None = None) -> int:
    """Count the words of a text, or of its first `end` characters.

    A word is separated by white space and has a letter or a digit. In scripts without spaces (Chinese, Japanese, Thai,
    Lao, Khmer, Burmese), each letter with its marks is a word.

    >>> count_words("Well - 3 state-of-the-art words, not 5 !"), count_words("iPhone的价格。")
    (6, 4)
    """
    if text.isascii() and (end is None or end >= len(text)):  # three times as fast, and loads no library
        return sum(map(_has_words, text.split()))
    return sum(1 for word in _words(text) if end is None or word.end() <= end)


def join_sentences(sentences: Iterable[str]) -> str:
    """Join sentences with spaces, except after stops that need none.

    >>> join_sentences(["One.", "今天。", "明天。"])
    'One. 今天。明天。'
    """
    return "".join(text if _NO_SPACE.search(text) else f"{text} " for text in sentences).rstrip()


def unwrap(text: str) -> str:
    """Join the lines of wrapped paragraphs.

    A paragraph is wrapped if its longest line has 40 to 120 characters, no line has room for the first word of the
    next, and no line begins with a bullet, a number or a name with a colon.
    """
    lines = text.splitlines()
    done: list[str] = []
    start = 0
    for end in [*(k for k, line in enumerate(lines) if not line.strip()), len(lines)]:
        paragraph = [line.strip() for line in lines[start:end]]
        width = max((len(line.rstrip()) for line in lines[start:end]), default=0)
        wrapped = width in _WRAPPED and all(
            len(line.rstrip() + _between(line, following)) + len(_first_word(following)) > width
            and not _MARKED.match(following)
            for line, following in pairwise(lines[start:end])
        )
        done += [in_one_line(paragraph)] if wrapped else lines[start:end]
        done += lines[end : end + 1]
        start = end + 1
    return "\n".join(done)


def join_lines(text: str) -> str:
    """Join the lines of each sentence that goes over several, as in verse; wrapped lines are joined, too.

    A line without a stop goes on in the next if it ends with a comma, a semicolon or a dash, if the next begins with a
    small letter, or if several and most of those of its paragraph end so, or with a colon. What comes to no stop, as a
    list does, stays in its lines.

    >>> join_lines("Boats\\n\\nThe sea is high,\\nThe moon is out.\\nThey rest\\nin the bay.")
    'Boats\\n\\nThe sea is high, The moon is out.\\nThey rest in the bay.'
    """
    return "\n\n".join("\n".join(_joined(lines)) for lines in _stanzas(unwrap(text)))


def _stanzas(text: str) -> list[list[str]]:
    """List the lines of each paragraph; a stanza that ends amid a sentence is one with the next."""
    found: list[list[str]] = []
    for filled, lines in groupby(map(str.strip, text.splitlines()), bool):
        if filled and found and len(found[-1]) > 1 and _GOES_ON.search(found[-1][-1]):
            found[-1] += lines
        elif filled:
            found.append([*lines])
    return found


def _joined(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a paragraph, those of each sentence in one."""
    cased = not _begins_small(lines[0])  # without capitals, a small letter tells nothing

    def goes_on(line: str, following: str) -> bool:
        return _GOES_ON.search(line) is not None or (cased and _begins_small(following))

    unstopped = [pair for pair in pairwise(lines) if not is_stopped(pair[0])]
    going = sum(goes_on(*pair) or pair[0].endswith(":") for pair in unstopped)
    most = going > 1 and going * 2 > len(unstopped)
    begun: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        begun.append(line)
        if is_stopped(line):
            yield in_one_line(begun) if len(begun) > 1 else line
        elif following and not _MARKED.match(following) and (most or goes_on(line, following)):
            continue
        else:
            yield from begun
        begun.clear()


def _begins_small(text: str) -> bool:
    return next(filter(str.isalnum, text), "").islower()


def _first_word(line: str) -> str:
    return compiled(SPACED_WORD).search(line)[0]  # type: ignore[index]


def _between(line: str, following: str) -> str:
    """Choose the separator of two wrapped lines: nothing in scripts without spaces, else a space."""
    return "" if compiled(_TOUCHING).search(f"{line.rstrip()}\n{following.lstrip()}") else " "


def in_one_line(paragraph: Sequence[str]) -> str:
    """Join a paragraph's lines with spaces, except in scripts without spaces."""
    return compiled(_TOUCHING).sub("", "\n".join(paragraph)).replace("\n", " ")


def _phrases(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Split Thai and Lao, which have no stops, also at spaces that are at least 20 characters apart."""
    for text, after in pieces:
        start = 0
        for space in _PHRASE_END.finditer(text):
            if min(space.start() - start, len(text) - space.end()) >= _PHRASE:
                yield Piece(text[start : space.start()], space[0])
                start = space.end()
        yield Piece(text[start:], after)


def _has_words(text: str) -> bool:
    """Tell whether a text has a letter or a digit."""
    return any(map(str.isalnum, text))


def _words(text: str) -> Iterator[re.Match[str]]:
    return (word for word in compiled(SPACED_WORD).finditer(text) if _has_words(word[0]))


def _ends(line: str, start: int) -> Iterator[int]:
    """Yield the ends of sentences within a line; the first sentence begins at `start`."""
    for match in _END.finditer(line, start):
        if start < match.start() and match.end() < len(line) and _is_end(line, start, match):
            yield match.end()
            start = _SPACE.match(line, match.end()).end()  # type: ignore[union-attr]


def _is_end(line: str, start: int, match: re.Match[str]) -> bool:
    """Tell whether a sentence that begins at `start` ends with the stop of a match."""
    stops, closed = match.group("stops", "closed")
    if stops is None:  # an Eastern one
        return True
    stop, next_start = match.start(), _SPACE.match(line, match.end()).end()  # type: ignore[union-attr]
    behind, ahead = (
        line[max(start, stop - _NEAR) : stop],
        _composed(line[next_start : next_start + _NEAR]).lstrip(_OPEN),
    )
    first = _FIRST.match(line, start)
    informal = first is not None and first[1].islower()  # the writer uses no capitals
    goes_on = ahead[:1].islower() and (not informal or closed != "" or stops.startswith(("..", "…")))
    if stops != ".":
        return not goes_on
    if ahead.startswith((".", ",", "!", "?")):
        return False
    if behind[-1].isspace():  # tokenized text, with spaces around punctuation
        return True
    before = _BEFORE.search(behind)
    if before is None:
        return not goes_on
    word, leads = _composed(re.sub(r"\s", "", before[0])), stop - len(before[0]) == start
    if word.replace(".", "").isdigit():
        return not (goes_on or (leads and len(word) <= 3) or _is_ordinal(behind, word, ahead))
    if leads and (_is_initial(word) or re.fullmatch("[IVX]{1,4}", word)):  # a list's letter or number
        return False
    elided = stop - len(before[0]) > start and line[stop - len(before[0]) - 1] in APOSTROPHES  # don't.
    return not goes_on and (elided or not _abbreviates(word, ahead, informal))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _is_initial(word: str) -> bool:
    return len(word) == 1 and word.lower() != word.upper()


def _is_ordinal(behind: str, number: str, ahead: str) -> bool:
    """Tell whether the stop after a number makes it an ordinal, as in German, or part of a date."""
    if ahead[:1].isdigit():
        return len(number) <= 5 and _DATE.match(ahead) is not None
    following = _AFTER.match(ahead)
    if len(number) > 2 or following is None:
        return False
    return following[0].lower() in _ORDINAL_AFTER or _ORDINAL_BEFORE.search(behind) is not None


def _abbreviates(word: str, ahead: str, informal: bool) -> bool:
    """Tell whether the stop after a word only marks an abbreviation, so that the sentence continues."""
    name = word.lower()
    title = name in _TITLES and (informal or word[0].isupper())
    if name in _NEVER_LAST or (title and not word.isupper()):
        return True
    if name in _BEFORE_NUMBER and ahead[:1].isdigit():
        return True
    if (
        (_is_initial(word) and word not in "ayI")
        or title
        or name in _SOMETIMES_LAST
        or name.endswith("str")
        or ("." in word and _DOTTED.fullmatch(word))
    ):
        following = _AFTER.match(ahead)
        if following is None:  # before a number or a sign
            return ahead[:1].isdigit()
        begins_name = len(following[0]) == 1 and ahead[1:2] == "."
        return begins_name or following[0].lower() not in _STARTERS
    return word == "I" and re.match(r"[^\W\d_]\.", ahead) is not None
