"""Compute the surprisal of each field of log lines, in batches."""

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
    """Compute each line's largest token surprisal, and the bits of its fields.

    White space belongs to the field after it. The line end belongs to the last field, because a surprising end means
    that the field should have continued. An empty line has 0 bits and no field. Tokens after the first
    10,000 are not read. Raises ModelError for scores that are not finite.
    """
    newline = model.tokenizer.newline
    complete = model.tokenizer.encode_batch([model.tokenizer.beginning(line, LONGEST) for line in lines])
    encoded = [Encoded(cut.ids[:LONGEST], cut.offsets[:LONGEST]) for cut in complete]
    lengths = [min(LONGEST, len(cut.ids) + 1) for cut in complete]  # the end of a truncated line is not judged
    padded = np.full((len(lines), max(lengths, default=1)), newline)
    for row, (ids, _) in enumerate(encoded):
        padded[row, : len(ids)] = ids
    bits = np.zeros(padded.shape)
    with one_thread():
        first, one_state = model.reader.read(np.array([newline], np.int32))
        state, log_probs = one_state.take(np.zeros(len(lines), np.int64)), np.tile(first, (len(lines), 1))
        for position in range(padded.shape[1]):
            if position:
                log_probs, state = model.reader.step(padded[:, position - 1], state)
            bits[:, position] = np.abs(log_probs[np.arange(len(lines)), padded[:, position]]) / math.log(2.0)
    check_finite(bits)
    results: list[tuple[float, tuple[float, ...]]] = []
    for line, (_, offsets), row_bits, length in zip(lines, encoded, bits, lengths, strict=True):
        ends = np.array([match.end() for match in FIELD.finditer(line)])
        line_bits = row_bits[:length]
        if not len(ends):
            results.append((0.0, ()))
            continue
        fields = np.searchsorted(ends, np.append(offsets[:, 0], len(line))[:length], "right")
        sums = np.bincount(np.minimum(fields, len(ends) - 1), line_bits, len(ends))
        results.append((float(line_bits.max()), tuple(np.round(sums, 4).tolist())))
    return results
