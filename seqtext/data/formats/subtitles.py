"""The texts of SRT subtitles: a cue is one text, without its number, its times and its tags."""

import re
from collections.abc import Iterable, Iterator

from seqtext.data.lines import Report, place, shown
from seqtext.errors import CorpusError

_TIMES = re.compile(r"\s*(?:\d+:)?\d+:\d+[,.]\d+\s*-->\s*(?:\d+:)?\d+:\d+[,.]\d+")
_TAGS = re.compile(r"</?(?:[bius]|font|ruby|rt|c|v|lang)(?:[ .][^<>]*)?>|\{\\[^{}]*\}", re.IGNORECASE)


def read_cues(source: str, lines: Iterable[tuple[int, str]], report: Report) -> Iterator[tuple[str, str]]:
    """(place, text) of every cue, its lines joined by spaces; a cue without words is skipped and counted.

    lines: the numbered lines of the file
    Raises CorpusError where no line holds times.
    """
    cue: list[str] = []
    begun = 0  # the line with the times of the cue, 0 before the first one
    for number, line in lines:
        if not _TIMES.match(line):
            cue.append(line)
            continue
        if cue and cue[-1].strip().isdigit():
            cue.pop()  # the number of the cue that begins
        yield from _cue(source, begun, cue, report)
        begun, cue = number, []
    if not begun:
        message = f"{shown(source)} holds no line of times, such as 00:00:01,000 --> 00:00:02,500; it is no SRT file."
        raise CorpusError(message, "give it the suffix that it should have, such as .txt")
    yield from _cue(source, begun, cue, report)


def _cue(source: str, begun: int, lines: list[str], report: Report) -> Iterator[tuple[str, str]]:
    text = " ".join(" ".join(_TAGS.sub("", line) for line in lines).replace("\\N", " ").split())
    if text and begun:
        yield place(source, begun), text
    elif text or begun:
        report.skip("cue without words" if begun else "text before the first cue")
