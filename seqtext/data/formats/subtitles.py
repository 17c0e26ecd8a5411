"""Read the cues of SRT subtitles, and pair them by time.

Numbers, times and tags are removed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from seqtext.data.lines import Report, place, shown
from seqtext.data.wanted import Values, Wanted
from seqtext.errors import CorpusError

_TIME = r"(?:(\d+):)?(\d+):(\d+[,.]\d+)"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}")
_TAGS = re.compile(r"</?(?:[bius]|font|ruby|rt|c|v|lang)(?:[ .][^<>]*)?>|\{\\[^{}]*\}", re.IGNORECASE)
_OVERLAP = 0.5  # least overlap of paired cues, as a share of the longer one


class Cue(NamedTuple):
    """Hold a text with its place and times.

    place: of the line with its times
    start, end: in seconds
    """

    place: str
    text: str
    start: float
    end: float


def read_cues(source: str, lines: Iterable[tuple[int, str]], report: Report) -> Iterator[Cue]:
    """Read the cues of a file, joining their lines with spaces.

    Cues without words are skipped and counted. lines: the numbered lines of the file
    Raises CorpusError if no line has times.
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
        fields = times.groups()
        begun, lines_of_cue = (place(source, number), _seconds(fields[:3]), _seconds(fields[3:])), []
    if begun is None:
        message = f"{shown(source)} holds no line of times, such as 00:00:01,000 --> 00:00:02,500; it is no SRT file."
        raise CorpusError(message, "give it the suffix that it should have, such as .txt")
    yield from _cue(begun, lines_of_cue, report)


def read_subtitles(source: str, wanted: Wanted) -> Iterator[tuple[str, str]]:
    """Read the location and text of each subtitle cue.

    A location is "FILE, line N". Raises CorpusError, while it is read, where no line has times.
    """
    return ((cue.place, cue.text) for cue in read_cues(source, wanted.lines(source), wanted.report))


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
    """Pair the cues of two files by their times.

    Partners overlap for half of the longer one's time or more (time overlap as in Tiedemann 2007). Cues without a
    partner are skipped and counted. Raises CorpusError as `read_cues` does.
    """
    sides = [sorted(read_cues(name, wanted.lines(name), wanted.report), key=lambda cue: cue.start) for name in names]
    at = [0, 0]  # the index of each side's next cue
    while all(index < len(side) for index, side in zip(at, sides, strict=True)):
        first, second = (side[index] for index, side in zip(at, sides, strict=True))
        longer = max(first.end - first.start, second.end - second.start)
        if min(first.end, second.end) - max(first.start, second.start) >= _OVERLAP * longer:
            yield f"{first.place} and {second.place}", [first.text, second.text]
            at = [index + 1 for index in at]
        else:
            wanted.report.skip("cue without another at its time")
            at[first.end > second.end] += 1  # the one that ends first
    for index, side in zip(at, sides, strict=True):
        for _ in side[index:]:
            wanted.report.skip("cue without another at its time")
