"""Detect texts that are unlike a model's training texts."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.errors import ModelError
from seqtext.fields import is_number, is_whole
from seqtext.networks.cells import Array
from seqtext.networks.doubt import FEWEST_BITS, MOST_BITS, ByteSpeller, SpelledTexts, scores, table_shape
from seqtext.storage.atomic import damaged
from seqtext.storage.weights import DOUBT_TABLE, shapes_of
from seqtext.tokenizer import BOS, EOS, Tokenizer

_AT_ONCE = 1 << 15  # tokens
_LARGEST = 1000.0
#: A score that is not told from lower ones: where it is the threshold, no text is unusual.
LOWEST_SCORE = -900.0
_MOST_STEPS = 32  # of a threshold that grows with the length of a text


class Doubt:
    """Mark texts that are unlike a model's training texts.

    table: (rows, TABLE_COLUMNS), see `seqtext.networks.doubt.table_shape`
    facts: what config.json says of it: the `bits` of its table; the `threshold` below which a score is unusual, or
           pairs of a length in bytes and the threshold there, between which others lie (a few words are rarely so
           unlike the rest that they tell anything); `shortest`, the bytes below which a text is unusual, whatever it
           says, 0 where it is missing; the shares that were marked of the `texts` held-out texts of the run, `own`, and
           of texts `made` to be unlike them
    """

    def __init__(self, table: Array, facts: Mapping[str, Any], tokenizer: Tokenizer) -> None:
        self._table, self._bits, self._tokenizer = table, int(facts["bits"]), tokenizer
        threshold = facts["threshold"]
        steps = np.array(threshold if isinstance(threshold, list) else [[1, threshold]], np.float64)
        self._lengths, self._thresholds = np.log(steps[:, 0]), steps[:, 1]
        self._shortest = int(facts.get("shortest", 0))

    @classmethod
    def of(cls, facts: object, weights: Mapping[str, Array], tokenizer: Tokenizer) -> "Doubt | None":
        """Read the doubt of a model folder, None where it has none.

        facts: see above; weights: of the folder, by name; tokenizer: of what is read
        raises ModelError for damaged facts, or a table of another shape
        """
        if facts is None:
            return None
        if not isinstance(facts, dict) or not _is_good(facts):
            raise ModelError(
                f"config.json has doubt = {facts!r:.80}; bits from {FEWEST_BITS} to {MOST_BITS} and a threshold, or "
                "pairs of lengths and thresholds, are expected, and perhaps the bytes of the shortest text.",
                "fetch or train the model again",
            )
        shape, expected = shapes_of(weights).get(DOUBT_TABLE), table_shape(facts["bits"])
        if shape != expected:
            raise damaged(f"The weights have array {DOUBT_TABLE!r} of shape {shape}; config.json implies {expected}.")
        return cls(weights[DOUBT_TABLE], facts, tokenizer)

    def unusual(self, texts: Sequence[NDArray[np.integer]]) -> list[bool]:
        """Tell whether each text is unusual, (texts,).

        texts: ids, (tokens,) each, without BOS and EOS
        """
        scores, sizes = self.measured(texts)
        low = np.maximum(scores, LOWEST_SCORE) < self.thresholds(sizes)
        return [bool(odd) for odd in low | (sizes < self._shortest)]

    def thresholds(self, sizes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Interpolate the threshold of unusual scores, (texts,).

        It is linear in the logarithm of the size, and constant beyond the first and last known lengths.

        sizes: bytes, (texts,)
        """
        return np.interp(np.log(np.maximum(sizes, 1)), self._lengths, self._thresholds)

    def scores(self, texts: Sequence[NDArray[np.integer]]) -> NDArray[np.float64]:
        """Score each text's likeness to the training texts.

        returns (texts,): s(x) of `seqtext.networks.doubt`, low where a text is unlike them
        """
        return self.measured(texts)[0]

    def measured(self, texts: Sequence[NDArray[np.integer]]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Score texts and count their bytes, (texts,) each.

        texts: ids, (tokens,) each, without BOS and EOS
        returns s(x) of `seqtext.networks.doubt`, and the bytes with those that mark a text's beginning and end
        """
        measured: list[NDArray[np.float64]] = [np.zeros(0)]
        lengths: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        start, sizes = 0, np.array([len(text) + 2 for text in texts], np.int64)
        while start < len(texts):
            count = max(1, int(np.searchsorted(np.cumsum(sizes[start:]), _AT_ONCE, "right")))
            data, counts = spell(self._spell, texts[start : start + count])
            measured.append(scores(self._table, self._bits, data, counts))
            lengths.append(counts)
            start += count
        return np.concatenate(measured), np.concatenate(lengths)

    @cached_property
    def _spell(self) -> ByteSpeller:
        return speller(self._tokenizer)


def _is_good(facts: Mapping[str, Any]) -> bool:
    """Whether what config.json says of a doubt can be right."""
    whole = is_whole(facts.get("bits"), FEWEST_BITS, MOST_BITS) and is_whole(facts.get("shortest", 0), 0, 1 << 40)
    return whole and _is_threshold(facts.get("threshold"))


def _is_threshold(value: object) -> bool:
    """Whether a value is a threshold, or pairs of growing lengths and thresholds."""
    if not isinstance(value, list):
        return is_number(value, -_LARGEST, _LARGEST)
    pairs = [pair for pair in value if isinstance(pair, list) and len(pair) == 2]
    if len(pairs) != len(value) or not 1 <= len(value) <= _MOST_STEPS:
        return False
    right = all(is_whole(size, 1, 1 << 40) and is_number(score, -_LARGEST, _LARGEST) for size, score in pairs)
    return right and all(first[0] < second[0] for first, second in pairwise(pairs))


def speller(tokenizer: Tokenizer) -> ByteSpeller:
    """Make a speller of a tokenizer's tokens, with single spaces between words."""
    before = ~tokenizer.continues if tokenizer.tokens == "word" else np.zeros(tokenizer.size, np.bool_)
    return ByteSpeller(tokenizer.pieces(), before, (BOS, EOS))


def spell(speller: ByteSpeller, texts: Sequence[NDArray[np.integer]]) -> SpelledTexts:
    """Spell texts as concatenated bytes, and count the bytes of each.

    texts: ids, (tokens,) each, without BOS and EOS, which are added; at least one text
    returns (bytes,) of all texts, and (texts,)
    """
    first, last = np.array([BOS]), np.array([EOS])
    flat = np.concatenate([ids for text in texts for ids in (first, text, last)])
    return speller(flat, np.array([len(text) + 2 for text in texts], np.int64))
