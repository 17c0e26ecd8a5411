"""Pair the quotation marks of translated sentences.

A quotation of several sentences opens in one and closes in another. Each is translated by itself, so that a translator
may open with one kind of mark and close with another, or leave one of them out: "Wer bist du? Was willst du?«. An
opening mark whose partner is in another sentence is therefore written as those of the quotations before it. Without
any, it is written as the source has it, or in place of curly marks as the target language does. The closing mark is of
the same kind, and left out where the opening one is not written, since French dialogues may have a dash there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

_CURLY = re.compile("[“”„‟«»‘‚]")
#: By language, the marks that its translator writes most, with the space between them and the quotation.
_USUAL: Mapping[str, "_Kind"] = {"de": ("»", "«"), "fr": ("« ", " »")}
#: By opening mark, the closing ones of the same kind; the first is written.
_PARTNERS = {'"': '"', "'": "'", "»": "«", "«": "»", "„": "“”", "“": "”", "‚": "‘’", "‘": "’"}

_BEFORE = r"(?<![^\s(\[{—–-])"  # an opening mark
_DOUBLE = re.compile(rf'(?P<opens>{_BEFORE}"(?=\S))|(?<!\s)"(?=[\s.,;:!?)\]—–-]|$)')
_INCHES = re.compile(r"'\d\d?\Z")  # 6'2"
#: Single marks of a sentence; ' is an apostrophe elsewhere: the boys' house, 'Tis late.
_SINGLE = re.compile(rf"(?P<opens>{_BEFORE}'(?=[^\W\d_a-z])(?!(?:Tis|Twas|Em|Til|Cause)\b))|(?<=[.,!?…])'(?!\w)")
_SINGLE_AFTER_WORD = re.compile(r"(?<=[\w.,!?…])'(?!\w)")
#: Marks of an answer, with the spaces inside. Which of them opens is told by what is beside them, as « is in French.
#: Mir geht 's gut, Rock 'n' Roll and 't Hooft have none.
_SPACE = "[ \u00a0\u202f]?"
_ANY = re.compile(
    rf"(?P<opens>{_BEFORE}(?:[\"“»](?=[^\s.,;:!?)]|\.\.)|['‘‚](?=\w)(?![nst]\b)|„|«(?=.)){_SPACE})"
    rf"|{_SPACE}»(?![\w(\"'])|(?<=\S)[\"«“”]|(?<=[.,!?…])['’](?!\w)"
)
_SINGLE_KINDS = frozenset("'‘’‚")
#: Of a dialogue, in place of a mark; -5 and –5 are numbers.
_DASH = re.compile(r"[—–-][ \u00a0\u202f]|[—–](?=[^\W\d])")
_BEGINS_WITH_DASH = re.compile(rf"(?:^|: )(?:{_DASH.pattern})")
_Kind = tuple[str, str]  # opening and closing mark, with the spaces inside


class _Mark(NamedTuple):
    start: int
    end: int
    opens: bool


@dataclass
class _SoFar:
    """Hold what the answers to the sentences before tell of the quotations typed with one kind of mark."""

    kind: _Kind | None = None  # of the last one
    has_dash: bool = False  # whether a dash is in place of the last one's mark
    is_open: bool = False  # whether one goes on in the source
    closing: str | None = None  # the mark that one lacks in the answers

    @property
    def goes_on(self) -> bool:
        """Tell whether one goes on in the answers only, as in « Oui, dit-il. Je viens. »."""
        return self.closing is not None and not self.is_open


class Quotation(NamedTuple):
    """Hold the marks of a sentence, by which those of its answer are paired."""

    source: str
    marks: list[_Mark]
    usual: _Kind  # marks of a quotation that goes on in another sentence, if none is before it

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

    @property
    def sign(self) -> str:
        """Return the mark that was typed."""
        return self.source[self.marks[0].start]

    def paired(self, answer: str, so_far: _SoFar, is_first: bool) -> str:
        """Write the marks of an answer so that each has its partner, in it or in the answer to another sentence.

        so_far: what the answers before tell, to which this one is added; is_first: whether none before has marks
        """
        _, opened, closed = _matched(self.marks)
        if closed:
            # Without one that is open, the text begins within a quotation, or its beginning looks like an apostrophe.
            if not so_far.is_open:
                answer = self._with_closing(answer, self.usual[1]) if is_first else answer
                so_far.kind = so_far.kind or self.usual
            elif so_far.closing is None:
                answer = self._without_closing(answer)
            else:
                answer = self._with_closing(answer, so_far.closing)
            so_far.is_open, so_far.closing = False, None
        if opened:
            answer = self._with_opening(answer, so_far)
        if not opened and not closed:
            answer = _of_one_kind(answer)
        self._add(answer, so_far, bool(opened))
        return answer

    def _add(self, answer: str, so_far: _SoFar, is_open: bool) -> None:
        """Add an answer to what those before tell; is_open: whether a quotation of its source goes on."""
        marks = self._marks_of(answer)
        pairs, opened, closed = _matched(marks)
        kind = so_far.kind or self.usual
        if opened:
            so_far.kind = kind = _kind(answer, opened[-1], kind)
        elif pairs and (not closed or pairs[-1][0].start > closed[-1].start):
            so_far.kind = _kind_of_pair(answer, pairs[-1])
        so_far.has_dash = not marks and _BEGINS_WITH_DASH.search(answer) is not None
        if is_open or not so_far.is_open:
            goes_on = so_far.goes_on and not marks
            so_far.is_open, so_far.closing = is_open, kind[1] if opened else so_far.closing if goes_on else None

    def _with_opening(self, answer: str, so_far: _SoFar) -> str:
        marks = self._marks_of(answer)
        pairs, alone, _ = _matched(marks)
        opening, closing = ([mark for mark in marks if mark.opens is opens] for opens in (True, False))
        kind = so_far.kind or self.usual
        if len(opening) < sum(mark.opens for mark in self.marks):
            return answer if so_far.has_dash or so_far.goes_on else self._opened(answer, kind[0])
        last = (alone or opening)[-1]
        kind = next((_kind_of_pair(answer, pair) for pair in reversed(pairs) if pair[1].end <= last.start), kind)
        if not alone and len(closing) > sum(not mark.opens for mark in self.marks) and closing[-1].start > last.start:
            answer = answer[: closing[-1].start] + answer[closing[-1].end :]
        return answer[: last.start] + kind[0] + answer[last.end :]

    def _with_closing(self, answer: str, sign: str) -> str:
        marks = self._marks_of(answer)
        opening, closing = ([mark for mark in marks if mark.opens is opens] for opens in (True, False))
        if len(closing) < sum(not mark.opens for mark in self.marks):
            return self._closed(answer, sign)
        _, _, alone = _matched(marks)
        first = (alone or closing)[0]
        answer = answer[: first.start] + sign + answer[first.end :]
        if not alone and len(opening) > sum(mark.opens for mark in self.marks) and opening[0].start < first.start:
            answer = answer[: opening[0].start] + answer[opening[0].end :]
        return answer

    def _without_closing(self, answer: str) -> str:
        _, _, alone = _matched(self._marks_of(answer))
        return answer[: alone[0].start] + answer[alone[0].end :] if alone else answer

    def _marks_of(self, answer: str) -> list[_Mark]:
        """Find the marks of an answer; without single ones, which are inner marks, where the source's are double."""
        marks = _marks(_ANY, answer)
        if self.sign != '"':
            return marks
        return [mark for mark in marks if _SINGLE_KINDS.isdisjoint(answer[mark.start : mark.end])]

    def _opened(self, answer: str, sign: str) -> str:
        """Write the opening mark that an answer lacks, at its start or behind a colon; elsewhere it stays lost."""
        before = self.source[: next(mark.start for mark in reversed(self.marks) if mark.opens)].rstrip()
        if not before:
            place = 0
        elif before[-1] in ",:" and answer.count(": ") == 1:
            place = answer.index(": ") + 2
        else:
            return answer
        dash = _DASH.match(answer, place)
        return answer[:place] + sign + answer[dash.end() if dash else place :]

    def _closed(self, answer: str, written: str) -> str:
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
        return answer[:place] + written + answer[place:]


def paired(quotations: Iterable[Quotation | None], answers: Iterable[str]) -> list[str]:
    """Pair the marks of the answers to all sentences of a text, in order; None: a sentence without marks."""
    so_far: dict[str, _SoFar] = {}
    written = []
    for quotation, answer in zip(quotations, answers, strict=True):
        if quotation is not None:
            is_first = not so_far
            answer = quotation.paired(answer, so_far.setdefault(quotation.sign, _SoFar()), is_first)
        written.append(answer)
    return written


def has_curly_marks(text: str) -> bool:
    """Tell whether a text has quotation marks other than the straight ones of a typewriter; ’ may be an apostrophe."""
    return _CURLY.search(text) is not None


def _marks(pattern: re.Pattern[str], text: str) -> list[_Mark]:
    """Find the marks of a text; behind figures, those that close no quotation are inches: a 19" wheel."""
    marks: list[_Mark] = []
    pending = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        opens = match["opens"] is not None
        is_behind_figure = not opens and text[end - 1] in '"”' and text[start - 1 : start].isdigit()
        if is_behind_figure and (not pending or _INCHES.search(text, max(0, start - 3), start)):
            continue
        pending = pending + 1 if opens else max(0, pending - 1)
        marks.append(_Mark(start, end, opens))
    return marks


def _single_marks(source: str) -> list[_Mark]:
    """Find single marks; a closing one behind a word is sure only where a quotation has begun."""
    marks = _marks(_SINGLE, source)
    if len(marks) == 1 and marks[0].opens and (closing := _SINGLE_AFTER_WORD.search(source, marks[0].end)):
        marks.append(_Mark(*closing.span(), False))
    return marks


def _matched(marks: list[_Mark]) -> tuple[list[tuple[_Mark, _Mark]], list[_Mark], list[_Mark]]:
    """Find the pairs of marks, in the order in which they close, and the opening and closing ones without partners."""
    pairs, opened, closed = [], [], []
    for mark in marks:
        if mark.opens:
            opened.append(mark)
        elif opened:
            pairs.append((opened.pop(), mark))
        else:
            closed.append(mark)
    return pairs, opened, closed


def _kind(text: str, opening: _Mark, like: _Kind) -> _Kind:
    """Return an opening mark with the closing one that goes with it: that of another kind if it does."""
    sign = text[opening.start : opening.end]
    partners = _PARTNERS[sign[0]]
    return sign, like[1] if like[1][-1] in partners else sign[1:] + partners[0]


def _kind_of_pair(text: str, pair: tuple[_Mark, _Mark]) -> _Kind:
    return _kind(text, pair[0], ("", text[pair[1].start : pair[1].end]))


def _of_one_kind(answer: str) -> str:
    """Close the only quotation of an answer as it was opened."""
    marks = _marks(_ANY, answer)
    if [mark.opens for mark in marks] != [True, False]:
        return answer
    return answer[: marks[1].start] + _kind_of_pair(answer, (marks[0], marks[1]))[1] + answer[marks[1].end :]
