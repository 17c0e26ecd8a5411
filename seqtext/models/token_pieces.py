"""Show how a model's tokenizer cuts a text."""

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.models.base import Model
from seqtext.models.log_sessions import Templates
from seqtext.models.pair_text import SIDES, plain
from seqtext.tokenizer import Tokenizer


class TokenPiece(NamedTuple):
    """Hold a token of a text.

    token: what it spells; where that is not text, what the vocabulary calls it: <glue> says that no space comes here,
           <0xC3> (or a letter that stands for a byte) is a part of a character
    start, end: indices of the characters that it stands for, which `text` holds
    """

    id: int
    token: str
    text: str
    start: int
    end: int


def pieces(model: Model, text: str, side: str = "source") -> list[TokenPiece]:
    """Cut a text into tokens as a model of any task does.

    side: of an encoder–decoder, "source" or "target"
    Of a detector that reads sessions, a token is a line, called by its word and its template: "E3: closed <id>".
    White space that a model does not look at is in no piece: that between words of a blank filler, for instance.

    >>> pieces(model, "fox runs")  # doctest: +SKIP
    [TokenPiece(id=812, token='fox', text='fox', start=0, end=3),
     TokenPiece(id=1207, token='runs', text='runs', start=4, end=8)]
    """
    tokenizer: Tokenizer = model.tokenizer
    templates: Templates | None = getattr(model, "templates", None)
    if templates is not None:
        return [_line_piece(tokenizer, templates, text, *span) for span in templates.places(text)]
    if model.reads_pairs:
        tokenizer = model.source_tokenizer if side == "source" else tokenizer
        typed = tokenizer.trace(text, SIDES[0 if side == "source" else 1])
        ids, offsets = tokenizer.encode(plain(typed.text, tokenizer.tokens))
        offsets = typed.back(_in_text(offsets, typed.text, tokenizer.tokens))
    else:
        ids, offsets = tokenizer.encode(text, spacing=model.reads_spacing)
    return [
        TokenPiece(number, _spelt(tokenizer, number), text[start:end], start, end)
        for number, (start, end) in zip(ids.tolist(), offsets.tolist(), strict=True)
    ]


def _line_piece(tokenizer: Tokenizer, templates: Templates, text: str, start: int, end: int) -> TokenPiece:
    """Make the token of a line of a session, with its template."""
    _, template = templates.read(text[start:end])
    word = templates.word(template)
    ids = tokenizer.encode(word).ids
    return TokenPiece(int(ids[0]), f"{word}: {template}", text[start:end], start, end)


def _spelt(tokenizer: Tokenizer, number: int) -> str:
    text = tokenizer.text_of(number)
    return text if text and "\ufffd" not in text else tokenizer.name(number)


def _in_text(offsets: NDArray[np.int32], text: str, tokens: str) -> NDArray[np.int32]:
    """Convert offsets in what `plain` makes of a text to offsets in the text, (tokens, 2) each."""
    words = [word.span() for word in re.finditer(r"\S+", text)]
    starts, ends = np.array(words, np.int64).reshape(-1, 2).T
    counts = ends - starts + 1  # characters of each word in the plain text, with the space before it
    first = np.repeat(ends - np.cumsum(counts), counts) + np.arange(counts.sum())
    first = first if tokens == "bpe" else first[1:]  # before the first word there may be no space
    in_text, after = offsets.copy(), first + 1
    some = offsets[:, 1] > offsets[:, 0]
    in_text[some, 0], in_text[some, 1] = np.maximum(first, 0)[offsets[some, 0]], after[offsets[some, 1] - 1]
    in_text[~some] = np.append(np.maximum(first, 0), ends[-1:])[offsets[~some, 0]][:, None]
    return in_text
