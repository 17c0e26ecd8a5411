"""Write cloze exercises as text, Markdown, HTML, Moodle's GIFT or Anki notes."""

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
_LONGEST = 600  # most characters of a sentence in a question; longer ones are split
_SPACE = re.compile(r"\s+")


class ClozeItem(NamedTuple):
    """Hold a gap: its answer, options, alternatives, character span, probability, difficulty."""

    answer: str
    options: tuple[str, ...]
    accepted: tuple[str, ...]
    start: int
    end: int
    probability: float
    difficulty: str


class Exercise(NamedTuple):
    """Hold a text and its gaps, in order.

    letters: number of visible first letters of each answer; first: the number of the first gap; unknown: the
    share of the text's words that the model does not know.
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
        """Return the text that replaces an answer."""
        return item.answer[: self.letters] + GAP

    def written(self, gap: Callable[[int, ClozeItem], str], rest: Callable[[str], str] = str) -> str:
        """Render the text with its gaps.

        gap: renders a gap; rest: transforms the text between gaps
        """
        pieces, end = [], 0
        for number, item in self.numbered():
            pieces += [rest(self.text[end : item.start]), gap(number, item)]
            end = item.end
        return "".join([*pieces, rest(self.text[end:])])

    @property
    def exercise(self) -> str:
        """Return the text with numbered gaps."""
        return self.written(lambda number, item: f"({number}) {self.shown(item)}")

    def as_json(self) -> dict[str, Any]:
        """Convert the exercise to plain data: text, exercise, items, unknown.

        Without items, a note gives the reason.
        """
        items = [item._asdict() | {"options": [*item.options], "accepted": [*item.accepted]} for item in self.items]
        told = {"text": self.text, "exercise": self.exercise, "items": items, "unknown": self.unknown}
        return told if items else {**told, "note": f"No gap was made: {self._why_none}."}

    @property
    def _why_none(self) -> str:
        if is_blank(self.text):
            return "the text is blank"
        return "no word is determined clearly enough by the words around it"


def joined(parts: Sequence[Exercise]) -> Exercise:
    """Join the exercises of a text's parts."""
    items, start = [], 0
    for exercise in parts:
        items += [item._replace(start=item.start + start, end=item.end + start) for item in exercise.items]
        start += len(exercise.text)
    size = sum(len(exercise.text) for exercise in parts) or 1
    unknown = sum(exercise.unknown * len(exercise.text) for exercise in parts) / size
    first = parts[0] if parts else Exercise("", ())
    return Exercise("".join(exercise.text for exercise in parts), tuple(items), first.letters, first.first, unknown)


def key_lines(numbered: Iterable[tuple[int, ClozeItem]]) -> Iterator[str]:
    """Yield the key, a numbered answer per line.

    Each line holds the letter of the right option, if any, and the accepted alternatives.
    """
    for number, item in numbered:
        letter = f"{_LETTERS[item.options.index(item.answer)]}) " if item.options else ""
        also = f" (also {', '.join(item.accepted)})" if item.accepted else ""
        yield f"{number}. {letter}{item.answer}{also}\n"


def _options(item: ClozeItem) -> str:
    return "   ".join(f"{letter}) {option}" for letter, option in zip(_LETTERS, item.options, strict=False))


def _below(items: Sequence[tuple[int, ClozeItem]], with_key: bool, head: str) -> Iterator[str]:
    """Write the lines below a text: the options of each gap, and the key."""
    if any(item.options for _, item in items):
        yield "\n"
        yield from (f"{number}. {_options(item)}\n" for number, item in items)
    if with_key and items:
        yield f"\n{head}\n\n"
        yield from key_lines(items)


def as_text(parts: Iterable[Exercise], with_key: bool = True) -> Iterator[str]:
    """Write an exercise as text: numbered gaps, options, key."""
    items: list[tuple[int, ClozeItem]] = []
    last = "\n"
    for exercise in parts:
        yield exercise.exercise
        last = exercise.text or last
        items += exercise.numbered()
    yield "" if last.endswith("\n") else "\n"
    yield from _below(items, with_key, "Key")


_MARKED = re.compile(r"[\\`*_\[\]<>&|~$]|(?<=!)(?=\[)")
_LINE_START = re.compile(r"^(\s*)(?:([#+\-=:])|(\d+)([.)]))", re.MULTILINE)


def markdown_text(text: str) -> str:
    r"""Escape a text for Markdown, keeping line breaks and indentation.

    >>> markdown_text("1. *a*\nb")
    '1\\. \\*a\\*\\\nb'
    """
    text = "\n".join(text.splitlines()) + ("\n" if text.endswith(("\n", "\r")) else "")
    text = _MARKED.sub(lambda found: f"\\{found[0]}", text)
    text = _LINE_START.sub(lambda found: found[1] + (f"\\{found[2]}" if found[2] else f"{found[3]}\\{found[4]}"), text)
    text = re.sub(r"^[ \t]+", lambda found: "&nbsp;" * len(found[0].expandtabs(4)), text, flags=re.MULTILINE)
    return re.sub(r"(?<=[^\n])\n(?=[^\n])", "\\\\\n", text)


_NUMBER, _GAP, _END = "\ue000", "\ue001", "\ue002"  # private-use characters, which escaping leaves unchanged


def as_markdown(parts: Iterable[Exercise], with_key: bool = True) -> Iterator[str]:
    """Write an exercise as Markdown: numbered gaps, lists of options and answers."""
    items: list[tuple[int, ClozeItem]] = []
    last = ""
    for exercise in parts:
        goes_on = re.search(r"[^\n]\n\Z", last) and not exercise.text.startswith(("\n", "\r"))
        yield last[:-1] + "\\\n" if goes_on else last  # a line break inside a paragraph
        last = _markdown_part(exercise)
        items += exercise.numbered()
    yield f"{last}\n"
    yield from _below(items, with_key, "## Key")


def _markdown_part(exercise: Exercise) -> str:
    def gap(number: int, item: ClozeItem) -> str:
        return f"{_NUMBER}{number}{_GAP}{item.answer[: exercise.letters]}{_END}"

    shown = markdown_text(exercise.written(gap, _unmarked))
    return shown.replace(_NUMBER, "**(").replace(_GAP, ")** ").replace(_END, r"\_\_\_\_")


def _unmarked(text: str) -> str:
    return re.sub(f"[{_NUMBER}{_GAP}{_END}]", "", text)


def as_html(parts: Iterable[Exercise], with_key: bool = True) -> Iterator[str]:
    """Write an exercise as a web page that checks answers offline."""
    yield exercise_page([(part.text, part.letters, [*part.numbered()]) for part in parts])


def gift_text(text: str) -> str:
    r"""Escape a text for Moodle's GIFT.

    >>> gift_text("a = {b}: 50 %\nc")
    'a \\= \\{b\\}\\: 50 %\\nc'
    """
    return BREAK.sub(r"\\n", re.sub(r"([\\~=#{}:])", r"\\\1", text))


def as_gift(parts: Iterable[Exercise], with_key: bool = True) -> Iterator[str]:
    """Write an exercise as Moodle's GIFT, one question per gap. The question is the gap's sentence."""
    for exercise in parts:
        for number, item, before, after in _in_sentences(exercise):
            if item.options:
                answers = "".join(
                    f"{'=' if option == item.answer else '~'}{gift_text(option)} " for option in item.options
                )
            else:
                answers = "".join(f"={gift_text(option)} " for option in (item.answer, *item.accepted))
            yield (
                f"::{gift_text(f'Gap {number}')}::[plain]{gift_text(before + item.answer[: exercise.letters])}"
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
    """Write an exercise as cloze notes for Anki, one per sentence."""
    yield "#separator:tab\n#html:true\n#notetype:Cloze\n#columns:Text\tBack Extra\n"
    for exercise in parts:
        for start, end, items in _by_sentence(exercise):
            text, position, extra = "", start, []
            for number, (_, item) in enumerate(items, 1):
                hint = " / ".join(item.options) or (item.answer[: exercise.letters] + "…" if exercise.letters else "")
                marks = f"{{{{c{number}::{anki_text(item.answer)}{'::' + anki_text(hint) if hint else ''}}}}}"
                text += anki_text(exercise.text[position : item.start]) + marks
                position = item.end
                extra += [f"{item.answer}: also {', '.join(item.accepted)}"] if item.accepted else []
            text += anki_text(exercise.text[position:end])
            yield f"{text}\t{'<br>'.join(map(anki_text, extra))}\n"


def _by_sentence(exercise: Exercise) -> Iterator[tuple[int, int, list[tuple[int, ClozeItem]]]]:
    """Yield the sentences with gaps, very long ones in pieces: start, end, items of each."""
    waiting = [*exercise.numbered()][::-1]
    for start, end in _stretches(exercise.text):
        sentence_items = []
        while waiting and waiting[-1][1].end <= end:
            sentence_items.append(waiting.pop())
        if sentence_items:
            yield start, end, sentence_items


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence; one of more than _LONGEST characters is cut at white space, after a word.

    Otherwise a long text without full stops would be repeated whole for each of its gaps.
    """
    position = 0
    for piece in whole_sentences(text):
        end = position + len(piece.text)
        while end - position > _LONGEST:
            space = _SPACE.search(text, position + _LONGEST, end)
            if space is None:
                break
            yield position, space.start()
            position = space.end()
        yield position, end
        position = end + len(piece.after)


def _in_sentences(exercise: Exercise) -> Iterator[tuple[int, ClozeItem, str, str]]:
    """Yield each item with the text before and after it in its sentence, where the other gaps stay open."""
    for start, end, items in _by_sentence(exercise):
        cut, position = [], start
        for _, item in items:
            cut += [exercise.text[position : item.start], exercise.shown(item)]
            position = item.end
        cut.append(exercise.text[position:end])
        for k, (number, item) in enumerate(items):
            yield number, item, "".join(cut[: 2 * k + 1]), "".join(cut[2 * k + 2 :])


#: By format: (parts of an exercise, whether to include the key) → pieces of the file.
FORMATS: Mapping[str, Callable[[Iterable[Exercise], bool], Iterator[str]]] = {
    "text": as_text, "markdown": as_markdown, "html": as_html, "gift": as_gift, "anki": as_anki,
}  # fmt: skip
