"""Show a log line with the stand-ins that an anomaly detector reads."""

from typing import NamedTuple

from seqtext.models.anomaly_detector import AnomalyDetector
from seqtext.models.log_lines import one_line
from seqtext.models.log_masks import LogMask


class StandIn(NamedTuple):
    """Hold a span of a text, and the stand-in read instead.

    kind: date, time, ip, mac, uuid, duration, size, number, id, path, quoted, padding
    start, end: indices of characters in the text
    """

    kind: str
    text: str
    start: int
    end: int
    stand_in: str


class MaskedLine(NamedTuple):
    """Hold a line as a detector reads it."""

    masked: str
    stand_ins: list[StandIn]


def masked_line(detector: AnomalyDetector, text: str) -> MaskedLine:
    """Mask a text as a detector reads it, and list the stand-ins.

    General masks (`--mask`), and the zeros of a model from before stand-ins, show only in the masked line. A detector
    of words or sessions has no other masks.

    >>> masked_line(detector, "12:00:01 disk 17 full").stand_ins  # doctest: +SKIP
    [StandIn('time', '12:00:01', 0, 8, '<time>'), StandIn('number', '17', 14, 16, '0')]
    """
    mask, line = detector.mask, one_line(text)
    if not isinstance(mask, LogMask) or detector.templates or detector.language.tokenizer.tokens == "word":
        return MaskedLine(detector.read(text), [])
    hidden = detector.masks.masked(line) if detector.masks else None
    read = hidden.text if hidden else line
    origins = hidden.origins(len(line)) if hidden else [(start, start + 1) for start in range(len(line))]
    stand_ins = []
    for hidden_part in mask.find(read):
        start, end = origins[hidden_part.start][0], origins[hidden_part.end - 1][1]
        stand_ins.append(StandIn(hidden_part.kind, line[start:end], start, end, hidden_part.stand_in))
    return MaskedLine(detector.read(text), stand_ins)
