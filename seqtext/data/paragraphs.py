"""Text that was wrapped at a width: noticed, and joined to a line for each paragraph where that is asked for."""

from collections.abc import Iterable, Iterator
from itertools import islice, pairwise

from seqtext.data.lines import LINE_LIMIT, Report
from seqtext.data.sentences import in_one_line

_SAMPLE = 2000  # lines of a file that are looked at
_FEWEST = 20  # neighbouring lines that tell
_WIDTHS = range(40, 121)  # characters of the longest lines of wrapped text
_SHARE = 0.9  # of the lines had no room for the next word
_ENDINGS = (".", "!", "?", "…", ":", "。", "！", "？", '"', "”", "»", "’")
_MOST_ENDED = 0.5  # of the lines end a sentence, where each is a sentence of its own
NOTED = "lines look wrapped at "


Numbered = Iterator[tuple[int, str]]


def join_paragraphs(lines: Iterable[tuple[int, str]], report: Report) -> Numbered:
    """Join the numbered lines up to each blank one, which comes as "".

    A paragraph has the number of its last line. One of more than LINE_LIMIT characters comes in pieces, and the report
    counts it.

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
    """Pass numbered lines on as they are; where the first look wrapped, the report notes it, once for all files."""
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
    """Return the width at which lines were wrapped; 0 where they look otherwise.

    They do where nearly no line had room for the next word, and sentences go on in the next line.
    """
    pairs = [(one.rstrip(), two.split()) for one, two in pairwise(lines) if one.strip() and two.strip()]
    width = max((len(one) for one, _ in pairs), default=0)
    if len(pairs) < _FEWEST or width not in _WIDTHS:
        return 0
    full = sum(len(one) + 1 + len(two[0]) > width for one, two in pairs)
    ended = sum(one.endswith(_ENDINGS) for one, _ in pairs)
    return width if full >= _SHARE * len(pairs) and ended <= _MOST_ENDED * len(pairs) else 0
