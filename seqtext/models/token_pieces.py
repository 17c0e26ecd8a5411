"""How a model's tokenizer cuts a text."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.models.base import Model
from seqtext.models.pair_text import plain
from seqtext.tokenizer import Tokenizer


class Piece(NamedTuple):
    """One token of a text.

    token: what it spells; where that is no text, what the vocabulary calls it: <glue> says that no space comes here,
           <0xC3> (or a letter that stands for a byte) is a part of a character
    start, end: the characters of the text that it stands for, which `text` holds
    """

    id: int
    token: str
    text: str
    start: int
    end: int


def pieces(model: Model, text: str, side: str = "source") -> list[Piece]:
    """The tokens of a text as a model of any task reads it; of an encoder–decoder, on its side "source" or "target".

    White space that a model does not look at is in no piece: that between words of a blank filler, for instance.

    >>> pieces(model, "fox runs")  # doctest: +SKIP
    [Piece(id=812, token='fox', text='fox', start=0, end=3), Piece(id=1207, token='runs', text='runs', start=4, end=8)]
    """
    tokenizer: Tokenizer = model.tokenizer
    if model.reads_pairs:
        tokenizer = model.source_tokenizer if side == "source" else tokenizer
        ids, offsets = tokenizer.encode(plain(text, tokenizer.tokens))
        offsets = _in_text(offsets, text, tokenizer.tokens)
    else:
        ids, offsets = tokenizer.encode(text, spacing=model.reads_spacing)
    return [
        Piece(number, _spelt(tokenizer, number), text[start:end], start, end)
        for number, (start, end) in zip(ids.tolist(), offsets.tolist(), strict=True)
    ]


def _spelt(tokenizer: Tokenizer, number: int) -> str:
    text = tokenizer.text_of(number)
    return text if text and "\ufffd" not in text else tokenizer.name(number)


def _in_text(offsets: NDArray[np.int32], text: str, tokens: str) -> NDArray[np.int32]:
    """Offsets in what `plain` makes of a text, (tokens, 2), as offsets in the text itself."""
    places: list[tuple[int, int]] = []  # of each character of the plain text, where it stands
    end = 0
    for word in text.split():
        start = text.index(word, end)
        if places or tokens == "bpe":  # the space before a word; before the first there may be none
            places.append((max(start - 1, 0), start))
        places += [(place, place + 1) for place in range(start, start + len(word))]
        end = start + len(word)
    found = offsets.copy()
    for row, (first, last) in enumerate(offsets.tolist()):
        if last > first:
            found[row] = places[first][0], places[last - 1][1]
        else:
            found[row] = places[first][0] if first < len(places) else end
    return found
