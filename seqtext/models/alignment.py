"""Align the words of many pairs by the attention of a decoder.

The attention is that of `seqtext.networks.seq2seq` as the decoder writes a given target.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.models.many import groups_of_like_length
from seqtext.models.pair_text import plain
from seqtext.networks.cells import Array
from seqtext.networks.overflow import check_finite, may_overflow
from seqtext.networks.seq2seq import EncoderDecoder
from seqtext.tokenizer import BOS, Tokenizer

if TYPE_CHECKING:
    from seqtext.normalization import Form

Ids = NDArray[np.int32]
Spans = list[tuple[int, int]]

_ROWS = 64
_SQUARE = 64  # weights that count as a token, of which a group has about 33,000: 8 MB of weights


class WordAlignment(NamedTuple):
    """Hold the words of both texts and the attention between them."""

    source: Spans  # start and end of each word, in characters
    target: Spans
    weights: Array  # (target words, source words): a row sums to 1, or to 0 where all attention was on the end


def attention(network: EncoderDecoder, pairs: Sequence[tuple[Ids, Ids]]) -> Iterator[tuple[int, Array]]:
    """Compute the attention of each target token on those of its source.

    pairs: ids of a source, (source,), and of a target, (target,)
    yields the index of each pair and its weights, (target, source); pairs of like length come together
    """
    # Attention takes memory by the product of the lengths: two texts of 2,000 tokens are looked at alone.
    lengths = [len(ids) + len(written) + len(ids) * len(written) // _SQUARE for ids, written in pairs]
    for group in groups_of_like_length(lengths, _ROWS):
        yield from zip(group, _attention(network, [pairs[index] for index in group]), strict=True)


@may_overflow()
def _attention(network: EncoderDecoder, pairs: Sequence[tuple[Ids, Ids]]) -> list[Array]:
    sizes = [len(written) for _, written in pairs]
    state = network.read([ids for ids, _ in pairs])
    table = np.full((len(pairs), max(sizes) + 1), BOS, np.int64)
    for row, (_, written) in zip(table, pairs, strict=True):
        row[1 : len(written) + 1] = written
    looks = np.zeros((len(pairs), max(sizes), max(len(ids) for ids, _ in pairs)), np.float32)  # (pairs, target, source)
    for step in range(max(sizes)):
        before = state.coverage
        _, state = network.step(table[:, step], state)
        looks[:, step] = (state.coverage - before)[:, : looks.shape[2]]
    return [looks[k, :size, : len(ids)] for k, ((ids, _), size) in enumerate(zip(pairs, sizes, strict=True))]


def word_alignments(
    network: EncoderDecoder, tokenizers: tuple[Tokenizer, Tokenizer], pairs: Sequence[tuple[str, str]], most: int
) -> list[WordAlignment | None]:
    """Align the words of sources and targets.

    tokenizers: of sources and of targets; pairs: of texts in the forms that these read; most: tokens of a side
    returns None for a pair where a side is blank or has more tokens; raises ModelError where the network overflows
    """
    cut = [(_cut(source, tokenizers[0], "read"), _cut(target, tokenizers[1], "written")) for source, target in pairs]
    usable = [k for k, sides in enumerate(cut) if all(0 < len(ids) <= most for ids, _ in sides)]
    alignments: list[WordAlignment | None] = [None] * len(pairs)
    for index, weights in attention(network, [(cut[k][0][0], cut[k][1][0]) for k in usable]):
        check_finite(weights)
        k = usable[index]
        (_, source), (_, target) = cut[k]
        source_words, source_starts = _words(source, pairs[k][0])
        target_words, target_starts = _words(target, pairs[k][1])
        if not source_words or not target_words:
            continue
        summed = np.add.reduceat(np.add.reduceat(weights, source_starts, 1), target_starts, 0)
        summed /= np.maximum(summed.sum(1, keepdims=True), 1e-9)
        alignments[k] = WordAlignment(source_words, target_words, summed.astype(np.float32))
    return alignments


def _cut(text: str, tokenizer: Tokenizer, form: "Form") -> tuple[Ids, NDArray[np.int32]]:
    """Encode a single-spaced text: ids, (tokens,), and offsets, (tokens, 2)."""
    whole = plain(tokenizer.normal(text, form), tokenizer.tokens)
    encoded = tokenizer.encode(whole)
    return encoded.ids, np.maximum(encoded.offsets - (len(whole) - len(whole.lstrip())), 0)


def _words(offsets: NDArray[np.int32], text: str) -> tuple[Spans, list[int]]:
    """Find the words and signs that tokens spell: spans, and the index of the first token of each.

    A token of white space, or a part of a character, belongs to the word after it, or before it.
    """
    spans: Spans = []
    starts: list[int] = []
    white = -1  # the first of the tokens of white space before the next word
    for number, (start, end) in enumerate(offsets.tolist()):
        while start < end and text[start : start + 1].isspace():
            start += 1
        if spans and white < 0 and start < end and (start < spans[-1][1] or _goes_on(text, spans[-1][1], start)):
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        elif start >= end:
            white = number if white < 0 else white
        else:
            spans.append((start, end))
            starts.append(number if white < 0 else white)
            white = -1
    return spans, starts


def _goes_on(text: str, end: int, start: int) -> bool:
    """Tell whether two letters or digits touch, so that the word continues."""
    return end == start and text[end - 1 : end].isalnum() and text[start : start + 1].isalnum()
