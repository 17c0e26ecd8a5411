"""The texts of SRT subtitles: a cue is one text, without its number, its times and its tags; pairs by their times."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from seqtext.data.lines import Report, place, shown
from seqtext.data.wanted import Values, Wanted
from seqtext.errors import CorpusError

_TIME = r"(?:(\d+):)?(\d+):(\d+[,.]\d+)"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}")
_TAGS = re.compile(r"</?(?:[bius]|font|ruby|rt|c|v|lang)(?:[ .][^<>]*)?>|\{\\[^{}]*\}", re.IGNORECASE)
_OVERLAP = 0.5  # of the longer of two cues, that makes them a pair


class Cue(NamedTuple):
    """A text with the place of its times, and those in seconds."""

    place: str
    text: str
    start: float
    end: float


def read_cues(source: str, lines: Iterable[tuple[int, str]], report: Report) -> Iterator[Cue]:
    """Read the cues of a file, their lines joined by spaces; one without words is skipped and counted.

    lines: the numbered lines of the file
    Raises CorpusError where no line holds times.
    """
    lines_of_cue: list[str] = []
    begun: tuple[str, float, float] | None = None
    for number, line in lines:
        times = _TIMES.match(line)
        if times is None:
            lines_of_cue.append(line)
            continue
        if lines_of_cue and lines_of_cue[-1].strip().isdigit():
            lines_of_cue.pop()  # the number of the cue that begins
        yield from _cue(begun, lines_of_cue, report)
        found = times.groups()
        begun, lines_of_cue = (place(source, number), _seconds(found[:3]), _seconds(found[3:])), []
    if begun is None:
        message = f"{shown(source)} holds no line of times, such as 00:00:01,000 --> 00:00:02,500; it is no SRT file."
        raise CorpusError(message, "give it the suffix that it should have, such as .txt")
    yield from _cue(begun, lines_of_cue, report)


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds = parts
    return 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(str(seconds).replace(",", "."))


def _cue(begun: tuple[str, float, float] | None, lines: list[str], report: Report) -> Iterator[Cue]:
    text = " ".join(" ".join(_TAGS.sub("", line) for line in lines).replace("\\N", " ").split())
    if begun is None:
        if text:
            report.skip("text before the first cue")
    elif text:
        yield Cue(begun[0], text, *begun[1:])
    else:
        report.skip("cue without words")


def read_cue_pairs(names: Sequence[str], wanted: Wanted) -> Iterator[Values]:
    """Pair the cues of two files by their times; those without a partner are skipped and counted."""
    sides = [sorted(read_cues(name, wanted.lines(name), wanted.report), key=lambda cue: cue.start) for name in names]
    at = [0, 0]  # of each side, the index of the next cue
    while all(index < len(side) for index, side in zip(at, sides, strict=True)):
        one, two = (side[index] for index, side in zip(at, sides, strict=True))
        longer = max(one.end - one.start, two.end - two.start)
        if min(one.end, two.end) - max(one.start, two.start) >= _OVERLAP * longer:
            yield f"{one.place} and {two.place}", [one.text, two.text]
            at = [index + 1 for index in at]
        else:
            wanted.report.skip("cue without another at its time")
            at[one.end > two.end] += 1  # the one that ends first
    for index, side in zip(at, sides, strict=True):
        for _ in side[index:]:
            wanted.report.skip("cue without another at its time")
