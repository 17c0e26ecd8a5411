"""Pair the quotation marks of translated sentences.

A quotation of several sentences opens in one and closes in another. Each is translated by itself, so that a translator
may open with one kind of mark and close with another, or leave one of them out: "Wer bist du? Was willst du?«. A mark
whose partner is in another sentence is therefore written as the source has it, which is the same in both; in place of
curly marks, those of the target language are written.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

_CURLY = re.compile("[“”„‟«»‘‚]")
#: By language, the marks that its translator writes most, with the space between them and the quotation.
_USUAL: Mapping[str, tuple[str, str]] = {"de": ("»", "«"), "fr": ("« ", " »")}
#: By opening mark, the closing ones of the same kind; the first is written.
_PARTNERS = {'"': '"', "'": "'", "»": "«", "«": "»", "„": "“”", "“": "”", "‚": "‘’", "‘": "’"}

_BEFORE = r"(?<![^\s(\[{—–-])"  # an opening mark
_DOUBLE = re.compile(rf'(?P<opens>{_BEFORE}"(?=\S))|(?<![\s\d])"(?=[\s.,;:!?)\]—–-]|$)')
#: Single marks of a sentence; ' is an apostrophe elsewhere: the boys' house, 'Tis late.
_SINGLE = re.compile(rf"(?P<opens>{_BEFORE}'(?=[^\W\d_a-z])(?!(?:Tis|Twas|Em|Til|Cause)\b))|(?<=[.,!?…])'(?!\w)")
_SINGLE_AFTER_WORD = re.compile(r"(?<=[\w.,!?…])'(?!\w)")
#: Marks of an answer, with the spaces inside. Which of them opens is told by what is beside them, as « is in French.
#: Mir geht 's gut, Rock 'n' Roll and 't Hooft have none.
_SPACE = "[ \u00a0\u202f]?"
_ANY = re.compile(
    rf"(?P<opens>{_BEFORE}(?:[\"“»](?=[^\s.,;:!?)])|['‘‚](?=\w)(?![nst]\b)|„|«(?=.)){_SPACE})"
    rf"|{_SPACE}»(?![\w(\"'])|(?<=[^\s\d])[\"«“”]|(?<=[.,!?…])['’](?!\w)"
)
_SINGLE_KINDS = frozenset("'‘’‚")
_DASH = re.compile(r"[—–-] ")  # of a dialogue, in place of a mark


class _Mark(NamedTuple):
    start: int
    end: int
    opens: bool


class Quotation(NamedTuple):
    """Hold the marks of a sentence, by which those of its answer are paired."""

    source: str
    marks: list[_Mark]
    style: tuple[str, str]  # opening and closing mark of a quotation that goes on in another sentence

    @classmethod
    def of(cls, source: str, curly: bool, language: str) -> "Quotation | None":
        """Find the marks of a sentence; None without any.

        source: the sentence, with straight marks; curly: whether curly ones were typed, in place of which those of the
        target language are written; language: its code
        """
        double = _marks(_DOUBLE, source)
        marks = double or _single_marks(source)
        if not marks:
            return None
        sign = source[marks[0].start]
        return cls(source, marks, _USUAL.get(language, (sign, sign)) if curly else (sign, sign))

    def paired(self, answer: str) -> str:
        """Write the marks of an answer so that each has its partner, in it or in the answer to another sentence."""
        opened, closed = _alone(self.marks)
        if closed:
            answer = self._with_closing(answer)
        if opened:
            answer = self._with_opening(answer)
        return answer if opened or closed else _of_one_kind(answer)

    def _with_opening(self, answer: str) -> str:
        marks = self._marks_of(answer)
        opening, closing = ([mark for mark in marks if mark.opens is opens] for opens in (True, False))
        if len(opening) < sum(mark.opens for mark in self.marks):
            return self._opened(answer)
        alone, _ = _alone(marks)
        last = alone or opening[-1]
        if not alone and len(closing) > sum(not mark.opens for mark in self.marks) and closing[-1].start > last.start:
            answer = answer[: closing[-1].start] + answer[closing[-1].end :]
        return answer[: last.start] + self.style[0] + answer[last.end :]

    def _with_closing(self, answer: str) -> str:
        marks = self._marks_of(answer)
        opening, closing = ([mark for mark in marks if mark.opens is opens] for opens in (True, False))
        if len(closing) < sum(not mark.opens for mark in self.marks):
            return self._closed(answer)
        _, alone = _alone(marks)
        first = alone or closing[0]
        answer = answer[: first.start] + self.style[1] + answer[first.end :]
        if not alone and len(opening) > sum(mark.opens for mark in self.marks) and opening[0].start < first.start:
            answer = answer[: opening[0].start] + answer[opening[0].end :]
        return answer

    def _marks_of(self, answer: str) -> list[_Mark]:
        """Find the marks of an answer; without single ones, which are inner marks, where the source's are double."""
        marks = _marks(_ANY, answer)
        if self.source[self.marks[0].start] != '"':
            return marks
        return [mark for mark in marks if _SINGLE_KINDS.isdisjoint(answer[mark.start : mark.end])]

    def _opened(self, answer: str) -> str:
        """Write the opening mark that an answer lacks, at its start or behind a colon; elsewhere it stays lost."""
        before = self.source[: next(mark.start for mark in reversed(self.marks) if mark.opens)].rstrip()
        if not before:
            place = 0
        elif before[-1] in ",:" and answer.count(": ") == 1:
            place = answer.index(": ") + 2
        else:
            return answer
        dash = _DASH.match(answer, place)
        return answer[:place] + self.style[0] + answer[dash.end() if dash else place :]

    def _closed(self, answer: str) -> str:
        """Write the closing mark that an answer lacks, at its end or beside a comma; elsewhere it stays lost."""
        mark = next(mark for mark in self.marks if not mark.opens)
        sign, after = self.source[max(0, mark.start - 1) : mark.start], self.source[mark.end :].strip()
        if not after:
            place = len(answer)
        elif not after.strip(".!?…"):  # home".
            place = len(answer.rstrip(".!?… \u00a0\u202f"))
        elif sign and sign in ",!?" and answer.count(sign) == 1:
            place = answer.index(sign) + (sign != ",")
        else:
            return answer
        return answer[:place] + self.style[1] + answer[place:]


def has_curly_marks(text: str) -> bool:
    """Tell whether a text has quotation marks other than the straight ones of a typewriter; ’ may be an apostrophe."""
    return _CURLY.search(text) is not None


def _marks(pattern: re.Pattern[str], text: str) -> list[_Mark]:
    return [_Mark(*match.span(), match["opens"] is not None) for match in pattern.finditer(text)]


def _single_marks(source: str) -> list[_Mark]:
    """Find single marks; a closing one behind a word is sure only where a quotation has begun."""
    marks = _marks(_SINGLE, source)
    if len(marks) == 1 and marks[0].opens and (closing := _SINGLE_AFTER_WORD.search(source, marks[0].end)):
        marks.append(_Mark(*closing.span(), False))
    return marks


def _alone(marks: list[_Mark]) -> tuple[_Mark | None, _Mark | None]:
    """Find the last opening mark and the first closing one that have no partner."""
    open_ones: list[_Mark] = []
    first: _Mark | None = None
    for mark in marks:
        if mark.opens:
            open_ones.append(mark)
        elif open_ones:
            open_ones.pop()
        else:
            first = first or mark
    return (open_ones[-1] if open_ones else None), first


def _of_one_kind(answer: str) -> str:
    """Close the only quotation of an answer as it was opened."""
    marks = _marks(_ANY, answer)
    if [mark.opens for mark in marks] != [True, False]:
        return answer
    opening, closing = (answer[mark.start : mark.end] for mark in marks)
    partners = _PARTNERS[opening[0]]
    if closing[-1] in partners:
        return answer
    return answer[: marks[1].start] + opening[1:] + partners[0] + answer[marks[1].end :]
