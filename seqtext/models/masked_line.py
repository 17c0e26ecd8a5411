"""What an anomaly detector hides of a line: the line as it is read, and each stand-in with what it stands for."""

from typing import NamedTuple

from seqtext.models.anomaly_detector import AnomalyDetector
from seqtext.models.log_lines import one_line
from seqtext.models.log_masks import LogMask


class StandIn(NamedTuple):
    """A stretch of a text, and what is read in its place.

    kind: date, time, ip, mac, uuid, duration, size, number, id, path, quoted, padding
    """

    kind: str
    text: str
    start: int
    end: int
    stand_in: str


class MaskedLine(NamedTuple):
    """A line as a detector reads it."""

    masked: str
    stand_ins: list[StandIn]


def masked_line(detector: AnomalyDetector, text: str) -> MaskedLine:
    """Show what a detector reads of a text, and what it hides; a detector of words or sessions hides nothing else.

    What general masks hide (`--mask`), and the digits of a model from before stand-ins, stand in the masked line alone.

    >>> masked_line(detector, "12:00:01 disk 17 full").stand_ins  # doctest: +SKIP
    [StandIn('time', '12:00:01', 0, 8, '<time>'), StandIn('number', '17', 14, 16, '0')]
    """
    mask, line = detector.mask, one_line(text)
    if not isinstance(mask, LogMask) or detector.templates or detector.language.tokenizer.tokens == "word":
        return MaskedLine(detector.read(text), [])
    hidden = detector.masks.masked(line) if detector.masks else None
    read = hidden.text if hidden else line
    origins = hidden.origins(len(line)) if hidden else [(start, start + 1) for start in range(len(line))]
    found = []
    for one in mask.find(read):
        start, end = origins[one.start][0], origins[one.end - 1][1]
        found.append(StandIn(one.kind, line[start:end], start, end, one.stand_in))
    return MaskedLine(detector.read(text), found)
