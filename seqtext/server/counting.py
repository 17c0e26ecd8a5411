"""Score log lines by rare words, without a model.

Words are counted over the given lines alone, since no model has learnt what is normal.

The rarity of a word is −log2((c + ½) / n) bits, where c of the other n − 1 lines have it. Times, addresses and other
numbers are masked first, so that they do not make every line new.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from seqtext.models.alarm_threshold import check_threshold
from seqtext.models.log_masks import WORD, LogMask
from seqtext.server.faults import Fault

_RAREST = 3  # words of a line whose mean is its score: one odd word among usual ones must show in a long line, too
_RARE = 0.05  # a word that a smaller share of the other lines has is marked
_FAR = 3.0  # deviations above the median from which on a line is odd
_LEAST = 1.0  # bits above the median from which on, at least: lines that are nearly alike hardly deviate


class _Word(NamedTuple):
    start: int
    end: int
    key: str  # masked


def check_lines(lines: Sequence[str], several: bool) -> None:
    """Raise a Fault unless there are two lines or more."""
    if not several or len(lines) < 2:
        raise Fault(400, "Without a model, lines are compared with each other; a list of two or more is expected.",
                    '"text": ["first line", "second line"], or seqtext serve --model anomaly=FOLDER',
                    param="text")  # fmt: skip


def answers(lines: Sequence[str], threshold: float | None = None) -> list[dict[str, Any]]:
    """Score each line by how rare its words are among the others.

    Returns objects for JSON.

    A score is the mean rarity of a line's three rarest words, in bits.

    threshold: the score above which a line is anomalous; None takes one that most of the lines are far below. Raises
    ConfigError for a threshold that is not a finite number.
    """
    limit = None if threshold is None else check_threshold(threshold)
    mask = LogMask.learn(lines)
    words_of_lines = [_words(line, mask) for line in lines]
    lines_with = Counter(key for words in words_of_lines for key in {word.key for word in words})
    bits = [[_bits(lines_with[word.key] - 1, len(lines)) for word in words] for words in words_of_lines]
    scores = [float(np.mean(sorted(word_bits)[-_RAREST:])) if word_bits else 0.0 for word_bits in bits]
    limit = _limit(scores) if limit is None else limit
    least = max(_LEAST, _bits(_RARE * (len(lines) - 1), len(lines)))
    return [
        {
            "text": line,
            "score": score,
            "anomalous": score > limit,
            "spans": [
                {"start": word.start, "end": word.end, "bits": rare}
                for word, rare in zip(words, word_bits, strict=True)
                if rare > least
            ],
            "by": "counting",
        }
        for line, score, words, word_bits in zip(lines, scores, words_of_lines, bits, strict=True)
    ]


def _words(line: str, mask: LogMask) -> list[_Word]:
    origins = mask.origins(line)
    found = WORD.finditer(mask(line))
    return [_Word(origins[match.start()][0], origins[match.end() - 1][1], match[0]) for match in found]


def _bits(others: float, lines: int) -> float:
    return float(-np.log2((others + 0.5) / lines))


def _limit(scores: Sequence[float]) -> float:
    """The score above which a line is odd: the median and _FAR deviations, which hardly any usual line exceeds."""
    middle = float(np.median(scores))
    deviation = 1.4826 * float(np.median(np.abs(np.array(scores) - middle)))  # of a normal distribution, its σ
    return middle + max(_LEAST, _FAR * deviation)
