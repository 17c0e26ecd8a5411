"""How much each field of a line surprises a language model, lines side by side."""

import math
import re
from collections.abc import Sequence

import numpy as np

from seqtext.models.language_model import LanguageModel
from seqtext.networks.overflow import check_finite, may_overflow
from seqtext.networks.threads import one_thread
from seqtext.tokenizer import Encoded

LONGEST = 10_000  # tokens of a line that the language model reads
FIELD = re.compile(r"\S+")


@may_overflow()
def field_bits(model: LanguageModel, lines: Sequence[str]) -> list[tuple[float, tuple[float, ...]]]:
    """Of each line, read side by side: the largest surprisal of a token, and the bits of every field.

    White space belongs to the field after it; the end of the line to the last field, which should have gone on. An
    empty line has 0 bits and no field.
    """
    newline = model.tokenizer.newline
    complete = model.tokenizer.encode_batch([model.tokenizer.beginning(line, LONGEST) for line in lines])
    encoded = [Encoded(one.ids[:LONGEST], one.offsets[:LONGEST]) for one in complete]
    lengths = [min(LONGEST, len(one.ids) + 1) for one in complete]  # of a cut line, the end is not judged
    padded = np.full((len(lines), max(lengths, default=1)), newline)
    for row, (ids, _) in enumerate(encoded):
        padded[row, : len(ids)] = ids
    bits = np.zeros(padded.shape)
    with one_thread():
        first, one_state = model.reader.read(np.array([newline], np.int32))
        state, log_probs = one_state.take(np.zeros(len(lines), np.int64)), np.tile(first, (len(lines), 1))
        for place in range(padded.shape[1]):
            if place:
                log_probs, state = model.reader.step(padded[:, place - 1], state)
            bits[:, place] = np.abs(log_probs[np.arange(len(lines)), padded[:, place]]) / math.log(2.0)
    check_finite(bits)
    found: list[tuple[float, tuple[float, ...]]] = []
    for line, (_, offsets), row_bits, length in zip(lines, encoded, bits, lengths, strict=True):
        ends = np.array([match.end() for match in FIELD.finditer(line)])
        own = row_bits[:length]
        if not len(ends):
            found.append((0.0, ()))
            continue
        fields = np.searchsorted(ends, np.append(offsets[:, 0], len(line))[:length], "right")
        sums = np.bincount(np.minimum(fields, len(ends) - 1), own, len(ends))
        found.append((float(own.max()), tuple(np.round(sums, 4).tolist())))
    return found
