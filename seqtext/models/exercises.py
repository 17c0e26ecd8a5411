"""Cloze exercises, and the formats in which they are written: text, Markdown, HTML, GIFT for Moodle, Anki notes."""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from seqtext.characters import BREAK
from seqtext.models.exercise_page import exercise_page
from seqtext.models.gaps import whole_sentences
from seqtext.normalization import is_blank

GAP = "____"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONGEST = 600  # characters of a sentence that stands whole in a question
_SPACE = re.compile(r"\s+")


class ClozeItem(NamedTuple):
    """A gap: its answer, words to choose from, other words that fit, its place, how likely and how hard it is."""

    answer: str
    options: tuple[str, ...]
    accepted: tuple[str, ...]
    start: int
    end: int
    probability: float
    difficulty: str


class Exercise(NamedTuple):
    """A text and its gaps, in order.

    letters: how many first letters of each answer are left standing; first: the number of the first gap; unknown: the
    share of the text's words that the model does not know
    """

    text: str
    items: tuple[ClozeItem, ...]
    letters: int = 0
    first: int = 1
    unknown: float = 0.0

    def numbered(self) -> Iterator[tuple[int, ClozeItem]]:
        """Enumerate the items from the first number."""
        return enumerate(self.items, self.first)

    def shown(self, item: ClozeItem) -> str:
        """Return what stands in place of an answer."""
        return item.answer[: self.letters] + GAP

    def written(self, gap: Callable[[int, ClozeItem], str], rest: Callable[[str], str] = str) -> str:
        """Write the text with something in place of each answer; rest: what becomes of the text between gaps."""
        pieces, end = [], 0
        for number, item in self.numbered():
            pieces += [rest(self.text[end : item.start]), gap(number, item)]
            end = item.end
        return "".join([*pieces, rest(self.text[end:])])

    @property
    def exercise(self) -> str:
        """The text with numbered gaps."""
        return self.written(lambda number, item: f"({number}) {self.shown(item)}")

    def as_json(self) -> dict[str, Any]:
        """Make plain data of the exercise: text, exercise, items, unknown; without items, a note that says why."""
        items = [item._asdict() | {"options": [*item.options], "accepted": [*item.accepted]} for item in self.items]
        told = {"text": self.text, "exercise": self.exercise, "items": items, "unknown": self.unknown}
        return told if items else {**told, "note": f"No gap was made: {self._why_none}."}

    @property
    def _why_none(self) -> str:
        if is_blank(self.text):
            return "the text is blank"
        return "no word is determined clearly enough by the words around it"


def joined(parts: Sequence[Exercise]) -> Exercise:
    """Put the parts of one text together."""
    items, start = [], 0
    for part in parts:
        items += [item._replace(start=item.start + start, end=item.end + start) for item in part.items]
        start += len(part.text)
    size = sum(len(part.text) for part in parts) or 1
    unknown = sum(part.unknown * len(part.text) for part in parts) / size
    first = parts[0] if parts else Exercise("", ())
    return Exercise("".join(part.text for part in parts), tuple(items), first.letters, first.first, unknown)


def key_lines(numbered: Iterable[tuple[int, ClozeItem]]) -> Iterator[str]:
    """Yield the answers by number, a line each, with the letter of the option and other words that fit."""
    for number, item in numbered:
        letter = f"{_LETTERS[item.options.index(item.answer)]}) " if item.options else ""
        also = f" (also {', '.join(item.accepted)})" if item.accepted else ""
        yield f"{number}. {letter}{item.answer}{also}\n"


def _options(item: ClozeItem) -> str:
    return "   ".join(f"{letter}) {option}" for letter, option in zip(_LETTERS, item.options, strict=False))


def _below(items: Sequence[tuple[int, ClozeItem]], with_key: bool, head: str) -> Iterator[str]:
    """Write what stands below a text: the options of each gap, and the key."""
    if any(item.options for _, item in items):
        yield "\n"
        yield from (f"{number}. {_options(item)}\n" for number, item in items)
    if with_key and items:
        yield f"\n{head}\n\n"
        yield from key_lines(items)


def as_text(parts: Iterable[Exercise], with_key: bool = True) -> Iterator[str]:
    """Write an exercise as text: numbered gaps, the options below, the key at the end."""
    items: list[tuple[int, ClozeItem]] = []
    last = "\n"
    for part in parts:
        yield part.exercise
        last = part.text or last
        items += part.numbered()
    yield "" if last.endswith("\n") else "\n"
    yield from _below(items, with_key, "Key")


_MARKED = re.compile(r"[\\`*_\[\]<>&|~$]|(?<=!)(?=\[)")
_LINE_START = re.compile(r"^(\s*)(?:([#+\-=:])|(\d+)([.)]))", re.MULTILINE)


def markdown_text(text: str) -> str:
    r"""Escape a text for Markdown, its line breaks and spaces at the start of a line kept.

    >>> markdown_text("1. *a*\nb")
    '1\\. \\*a\\*\\\nb'
    """
    text = "\n".join(text.splitlines()) + ("\n" if text.endswith(("\n", "\r")) else "")
    text = _MARKED.sub(lambda found: f"\\{found[0]}", text)
    text = _LINE_START.sub(lambda found: found[1] + (f"\\{found[2]}" if found[2] else f"{found[3]}\\{found[4]}"), text)
    text = re.sub(r"^[ \t]+", lambda found: "&nbsp;" * len(found[0].expandtabs(4)), text, flags=re.MULTILINE)
    return re.sub(r"(?<=[^\n])\n(?=[^\n])", "\\\\\n", text)


_NUMBER, _GAP, _END = "\ue000", "\ue001", "\ue002"  # of private use: no escaping touches them


def as_markdown(parts: Iterable[Exercise], with_key: bool = True) -> Iterator[str]:
    """Write an exercise as Markdown: numbered gaps, the options and the key as lists."""
    items: list[tuple[int, ClozeItem]] = []
    last = ""
    for part in parts:
        goes_on = re.search(r"[^\n]\n\Z", last) and not part.text.startswith(("\n", "\r"))
        yield last[:-1] + "\\\n" if goes_on else last  # a line break inside a paragraph
        last = _markdown_part(part)
        items += part.numbered()
    yield f"{last}\n"
    yield from _below(items, with_key, "## Key")


def _markdown_part(part: Exercise) -> str:
    def gap(number: int, item: ClozeItem) -> str:
        return f"{_NUMBER}{number}{_GAP}{item.answer[: part.letters]}{_END}"

    shown = markdown_text(part.written(gap, _unmarked))
    return shown.replace(_NUMBER, "**(").replace(_GAP, ")** ").replace(_END, r"\_\_\_\_")


def _unmarked(text: str) -> str:
    return re.sub(f"[{_NUMBER}{_GAP}{_END}]", "", text)


def as_html(parts: Iterable[Exercise], with_key: bool = True) -> Iterator[str]:
    """Write an exercise as a web page that is solved and checked in a browser, without a network."""
    yield exercise_page([(part.text, part.letters, [*part.numbered()]) for part in parts])


def gift_text(text: str) -> str:
    r"""Escape a text for Moodle's GIFT.

    >>> gift_text("a = {b}: 50 %\nc")
    'a \\= \\{b\\}\\: 50 %\\nc'
    """
    return BREAK.sub(r"\\n", re.sub(r"([\\~=#{}:])", r"\\\1", text))


def as_gift(parts: Iterable[Exercise], with_key: bool = True) -> Iterator[str]:
    """Write an exercise as Moodle's GIFT: a question for each gap, in its sentence."""
    for part in parts:
        for number, item, before, after in _in_sentences(part):
            if item.options:
                answers = "".join(f"{'=' if one == item.answer else '~'}{gift_text(one)} " for one in item.options)
            else:
                answers = "".join(f"={gift_text(one)} " for one in (item.answer, *item.accepted))
            yield (
                f"::{gift_text(f'Gap {number}')}::[plain]{gift_text(before + item.answer[: part.letters])}"
                f"{{{answers.strip()}}}{gift_text(after)}\n\n"
            )


_ANKI = str.maketrans({"{": "&#123;", "}": "&#125;", ":": "&#58;", "\t": "&#9;", "#": "&#35;"})


def anki_text(text: str) -> str:
    """Escape a text for a field of Anki that holds HTML.

    >>> anki_text("{{a::b}}")
    '&#123;&#123;a&#58;&#58;b&#125;&#125;'
    """
    return BREAK.sub("<br>", html.escape(text).translate(_ANKI))


def as_anki(parts: Iterable[Exercise], with_key: bool = True) -> Iterator[str]:
    """Write an exercise as a file of cloze notes that Anki imports, a note for each sentence."""
    yield "#separator:tab\n#html:true\n#notetype:Cloze\n#columns:Text\tBack Extra\n"
    for part in parts:
        for start, end, items in _by_sentence(part):
            text, place, extra = "", start, []
            for number, (_, item) in enumerate(items, 1):
                hint = " / ".join(item.options) or (item.answer[: part.letters] + "…" if part.letters else "")
                marks = f"{{{{c{number}::{anki_text(item.answer)}{'::' + anki_text(hint) if hint else ''}}}}}"
                text += anki_text(part.text[place : item.start]) + marks
                place = item.end
                extra += [f"{item.answer}: also {', '.join(item.accepted)}"] if item.accepted else []
            text += anki_text(part.text[place:end])
            yield f"{text}\t{'<br>'.join(map(anki_text, extra))}\n"


def _by_sentence(part: Exercise) -> Iterator[tuple[int, int, list[tuple[int, ClozeItem]]]]:
    """Yield the sentences that have gaps, or stretches of one that is very long: start, end, items of each."""
    waiting = [*part.numbered()][::-1]
    for start, end in _stretches(part.text):
        own = []
        while waiting and waiting[-1][1].end <= end:
            own.append(waiting.pop())
        if own:
            yield start, end, own


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Yield where sentences start and end; one of more than _LONGEST characters is cut at white space, behind a word.

    Otherwise a line that never ends a sentence would stand whole around each of its gaps.
    """
    place = 0
    for piece in whole_sentences(text):
        end = place + len(piece.text)
        while end - place > _LONGEST:
            space = _SPACE.search(text, place + _LONGEST, end)
            if space is None:
                break
            yield place, space.start()
            place = space.end()
        yield place, end
        place = end + len(piece.after)


def _in_sentences(part: Exercise) -> Iterator[tuple[int, ClozeItem, str, str]]:
    """Yield each item with what stands before and after it in its sentence, where other gaps stay gaps."""
    for start, end, items in _by_sentence(part):
        cut, place = [], start
        for _, item in items:
            cut += [part.text[place : item.start], part.shown(item)]
            place = item.end
        cut.append(part.text[place:end])
        for k, (number, item) in enumerate(items):
            yield number, item, "".join(cut[: 2 * k + 1]), "".join(cut[2 * k + 2 :])


#: By format: (parts of an exercise, whether the key is part of it) → pieces of the file.
FORMATS: Mapping[str, Callable[[Iterable[Exercise], bool], Iterator[str]]] = {
    "text": as_text, "markdown": as_markdown, "html": as_html, "gift": as_gift, "anki": as_anki,
}  # fmt: skip
