"""How the texts of a pair become ids: what an encoder–decoder reads and writes, and which pieces make up a word."""

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqtext.errors import ModelError
from seqtext.tokenizer import Tokenizer


def plain(text: str, tokens: str) -> str:
    """A text as the network sees it: one space between words; pieces have one before the first word as well.

    So a word is cut alike wherever it stands, and can be copied from the middle of a text to the start of another.
    """
    joined = " ".join(text.split())
    return f" {joined}" if tokens == "bpe" and joined else joined


def source_ids(text: str, tokenizer: Tokenizer) -> NDArray[np.int32]:
    """The ids of one text; none of a blank one."""
    return tokenizer.encode(plain(text, tokenizer.tokens)).ids


def join_tokenizers(source: Tokenizer, target: Tokenizer) -> str:
    """The text of tokenizer.json: of the one tokenizer that both sides share, or of both."""
    if source is target:
        return target.to_json()
    return json.dumps({"source": source.to_json(), "target": target.to_json()})


def tokenizers_from(data: str, tokens: str) -> tuple[Tokenizer, Tokenizer]:
    """What `join_tokenizers` wrote: the tokenizers of source and target, which may be one. Raises ModelError."""
    try:
        parts = json.loads(data)
    except ValueError as error:
        raise ModelError(f"tokenizer.json is not JSON: {error}.", "fetch or train the model again") from error
    if isinstance(parts, dict) and isinstance(parts.get("source"), str) and isinstance(parts.get("target"), str):
        return Tokenizer.from_json(parts["source"], tokens), Tokenizer.from_json(parts["target"], tokens)
    tokenizer = Tokenizer.from_json(data, tokens)
    return tokenizer, tokenizer


def words_of_pieces(
    ids: Sequence[int] | NDArray[np.int32], tokenizer: Tokenizer
) -> tuple[list[str], NDArray[np.int64]]:
    """The words and punctuation marks that ids spell, and the index of the first id of each."""
    array = np.asarray(ids, np.int64)
    begins = ~tokenizer.continues[array]
    wordlike = tokenizer.wordlike[array]
    begins[1:] |= wordlike[1:] != wordlike[:-1]  # a full stop is not a part of the word before it
    begins[:1] = True
    white = np.array([not tokenizer.text_of(token).strip() for token in array.tolist()], np.bool_)
    begins[1:] &= ~white[:-1]  # a space belongs to the word after it
    starts = np.flatnonzero(begins)
    if not len(starts):
        return [], starts
    return [tokenizer.decode(part).strip() for part in np.split(array.astype(np.int32), starts[1:])], starts
