"""Split subtitles in SRT and WebVTT into copied literals and segments.

Numbers, times and settings are copied; the texts of cues are segments.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from seqtext.models.markup.inline import Rules, segments
from seqtext.models.markup.lines import Line, lines_of
from seqtext.models.markup.parts import Part

_TIME = r"(?:\d+:\d{1,2}:\d{2}(?:[,.]\d{1,3})?|\d{1,2}:\d{2}[,.]\d{1,3})"
TIMES = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}(?![^\s])")
_HEADER = re.compile(r"\ufeff?WEBVTT(?:[ \t]|$)")
_COPIED = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t]|$)|X-TIMESTAMP-MAP=")
_ENDED = re.compile(r"[.!?…:][\"'”’»)\]]*(?:</?\w[^<>]*>)*$")
_SPEAKER = re.compile(r"(?:<[^<>]*>)*[-–—♪#(\[]")
_PREFIX = re.compile(r"[ \t]*(?:[-–—♪][ \t]*)?")
_WORD = r"[A-ZÀ-Þ][\w.'’-]{0,30}"
#: Who speaks: words in capitals, or up to three that begin with one.
_NAME = re.compile(
    r"(?P<dash>[-–—][ \t]*)?"
    rf"(?P<who>[A-ZÀ-Þ][A-ZÀ-Þ0-9 .#'’-]{{1,30}}|{_WORD}(?: (?:{_WORD}|#?\d{{1,3}})){{0,2}}):[ \t]+(?=\S)"
)
_SOUND = re.compile(r"[ \t]*(?:\[[^\[\]]*\]|\([^()]*\))[ \t]*$")  # a line that says what is heard
_RULES = Rules("subtitles")
_LONGEST_START = 300  # characters of the number and the times of a cue


def is_subtitles(text: str) -> bool:
    """Tell whether a text begins with WebVTT's header or a cue.

    Times further on do not count: a text about subtitles may show some.
    """
    if "-->" not in text:
        return False
    start = text.removeprefix("\ufeff").lstrip()[:_LONGEST_START]
    first, second = [*(line.body for line in lines_of(start)), "", ""][:2]
    if _HEADER.match(first):
        return any(TIMES.match(line.body) for line in lines_of(text))
    return TIMES.match(second if first.strip().isdigit() else first) is not None


def read_subtitles(text: str) -> list[Part] | None:
    """Cut subtitles into literals and the segments of cues.

    Names of speakers (ANNA: …) are segments of their own: inside a sentence, translators lose them.
    returns the parts in order; None for a text without a cue

    Source: WebVTT, https://www.w3.org/TR/webvtt1
    """
    if not any(TIMES.match(line.body) for line in lines_of(text)):
        return None
    parts: list[Part] = []
    for block in _blocks(lines_of(text)):
        times = next((number for number, line in enumerate(block) if TIMES.match(line.body)), None)
        if _HEADER.match(block[0].body) or _COPIED.match(block[0].body):
            parts.append("".join(line.whole for line in block))
            continue
        if times is None:  # more of the cue before a blank line
            parts += _text(block)
            continue
        parts.append("".join(line.whole for line in block[: times + 1]))
        parts += _text(block[times + 1 :])
    return parts


def _blocks(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield blocks of lines with the blank lines after them; the number and times of another cue begin one, too."""
    block: list[Line] = []
    timed = False
    for number, line in enumerate(lines):
        following = lines[number + 1].body if number + 1 < len(lines) else ""
        begins = line.body.strip().isdigit() and TIMES.match(following)
        bare = timed and TIMES.match(line.body) and not (block and block[-1].body.strip().isdigit())
        if block and (begins or bare or (line.body.strip() and not block[-1].body.strip())):
            yield block
            block, timed = [], False
        block.append(line)
        timed = timed or TIMES.match(line.body) is not None
    if block:
        yield block


def _text(lines: Sequence[Line]) -> list[Part]:
    """Cut the text of a cue into names of speakers and their speech."""
    if not any(line.body.strip() for line in lines):
        return ["".join(line.whole for line in lines)]
    named = [number for number, line in enumerate(lines) if number and _NAME.match(line.body)]
    parts: list[Part] = []
    for start, end in pairwise([0, *named, len(lines)]):
        body, position = lines[start].body, 0
        while name := _NAME.match(body, position):
            parts += [name["dash"] or "", *segments(name["who"].rstrip(), [], _RULES)]
            parts.append(body[name.start("who") + len(name["who"].rstrip()) : name.end()])
            position = name.end()
        parts += _speech([Line(body[position:], lines[start].end), *lines[start + 1 : end]])
    return parts


def _speech(lines: Sequence[Line]) -> list[Part]:
    """Join the lines of a cue: a sentence continues in the next line unless it ends or another speaker begins."""
    full = [line for line in lines if line.body.strip()]
    texts, breaks, first = list[str](), list[tuple[str, bool]](), ""
    for number, line in enumerate(full):
        match = _PREFIX.match(line.body)
        prefix = match[0] if match else ""
        body = line.body[len(prefix) :].rstrip(" \t")
        after = line.body[len(prefix) + len(body) :] + line.end
        if number:
            ended = _ENDED.search(texts[-1]) or _SOUND.match(texts[-1])
            goes_on = not _SPEAKER.match(line.body.lstrip()) and not ended
            breaks[-1] = (breaks[-1][0] + prefix, goes_on)
        else:
            first = prefix
        texts.append(body)
        breaks.append((after, False))
    last = breaks.pop()[0] + "".join(line.whole for line in lines[len(full) :])
    return [first, *segments("\n".join(texts), breaks, _RULES), last]
