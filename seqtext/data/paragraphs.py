"""Detect text wrapped at a width, and join the lines of paragraphs."""

from collections.abc import Iterable, Iterator
from itertools import islice, pairwise

from seqtext.data.lines import LINE_LIMIT, Report
from seqtext.data.sentences import in_one_line

_SAMPLE = 2000  # lines of a file that are examined
_FEWEST = 20  # least pairs of neighbouring lines for a decision
_WIDTHS = range(40, 121)  # characters of the longest line of wrapped text
_SHARE = 0.9  # least share of lines without room for the next word
_ENDINGS = (".", "!", "?", "…", ":", "。", "！", "？", '"', "”", "»", "’")
_MOST_ENDED = 0.5  # most lines that end a sentence; with more, each line is a sentence of its own
NOTED = "lines look wrapped at "


Numbered = Iterator[tuple[int, str]]


def join_paragraphs(lines: Iterable[tuple[int, str]], report: Report) -> Numbered:
    """Join numbered lines to paragraphs; a blank line becomes "".

    A paragraph has the number of its last line. One of more than LINE_LIMIT characters is split into pieces, which the
    report counts.

    >>> list(join_paragraphs([(1, "It rains"), (2, "all day."), (3, ""), (4, "No.")], Report()))
    [(2, 'It rains all day.'), (3, ''), (4, 'No.')]
    """
    waiting: list[str] = []
    size = last = 0
    for number, line in lines:
        if size > LINE_LIMIT:
            yield last, in_one_line(waiting)
            report.cut += 1
            waiting, size = [], 0
        if line.strip():
            waiting.append(line.strip())
            size, last = size + len(line) + 1, number
            continue
        if waiting:
            yield last, in_one_line(waiting)
        yield number, ""
        waiting, size = [], 0
    if waiting:
        yield last, in_one_line(waiting)


def watch_width(lines: Iterable[tuple[int, str]], report: Report) -> Numbered:
    """Pass numbered lines through, noting in the report if they look wrapped.

    Only the first wrapped file is noted.
    """
    lines = iter(lines)
    if not any(note.startswith(NOTED) for note in report.notes):
        sample: list[str] = []
        for numbered in islice(lines, _SAMPLE):
            sample.append(numbered[1])
            yield numbered
        _note(sample, report)
    yield from lines


def _note(sample: list[str], report: Report) -> None:
    if width := wrapped_at(sample):
        report.note(f"{NOTED}{width} characters; --paragraphs joins them up to each blank line")


def wrapped_at(lines: list[str]) -> int:
    """Return the width at which lines were wrapped, in characters.

    Returns 0 if they were not. Lines were wrapped if hardly any had room for the next word, and sentences continue in
    the next line.
    """
    pairs = [(line.rstrip(), after.split()) for line, after in pairwise(lines) if line.strip() and after.strip()]
    width = max((len(line) for line, _ in pairs), default=0)
    if len(pairs) < _FEWEST or width not in _WIDTHS:
        return 0
    full = sum(len(line) + 1 + len(words[0]) > width for line, words in pairs)
    ended = sum(line.endswith(_ENDINGS) for line, _ in pairs)
    return width if full >= _SHARE * len(pairs) and ended <= _MOST_ENDED * len(pairs) else 0
