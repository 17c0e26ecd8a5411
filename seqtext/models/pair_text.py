"""Encode the source and the target of a pair for an encoder–decoder."""

import json
from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from seqtext.errors import ModelError
from seqtext.models.given_names import GIVEN
from seqtext.normalization import FORMS, Form
from seqtext.tokenizer import Tokenizer
from seqtext.tokenizer_file import parse, shown

#: The forms to which sources and targets are brought.
SIDES: tuple[Form, Form] = ("read", "written")


def plain(text: str, tokens: str, form: Form = "typed") -> str:
    """Write a text with single spaces, as the network reads it.

    Pieces have a space before the first word as well.

    So a word is cut alike wherever it stands, and can be copied from the middle of a text to the start of another.
    """
    joined = " ".join(FORMS[form](text).split())
    return f" {joined}" if tokens == "bpe" and joined else joined


def side_ids(text: str, tokenizer: Tokenizer, form: Form = "read", longest: int | None = None) -> NDArray[np.int32]:
    """Encode one text of a pair as ids, (tokens,).

    A blank text has none.

    form: "read" for a source, "written" for a target; longest: number of ids that are wanted; those that come after may
    be left out
    """
    whole = plain(tokenizer.normal(text, form), tokenizer.tokens)
    return tokenizer.encode(whole if longest is None else tokenizer.beginning(whole, longest)).ids


def usual_case(word: str, tokenizer: Tokenizer, english: bool) -> str:
    """Convert a word in capitals to its usual form in a vocabulary.

    That is the form of fewest tokens; of several, small letters, unless a capital is much more frequent. In English, I
    and given names keep their capital.

    Frequent tokens have small ids, so " Tom" and " I" stand before " tom" and " i".
    """
    small, name = word.lower(), word.capitalize()
    if english and (small == "i" or small.startswith(("i'", "i’"))):
        return name
    if english and name in GIVEN:
        return name
    ids = {form: side_ids(form, tokenizer, "read") for form in (small, name, word)}
    fewest = min(map(len, ids.values()))
    if len(ids[small]) > fewest:
        return name if len(ids[name]) == fewest else word
    return name if len(ids[name]) == fewest and ids[small][0] > 2 * ids[name][0] else small


def join_tokenizers(source: Tokenizer, target: Tokenizer) -> str:
    """Write tokenizer.json: the tokenizer that both sides share, or both tokenizers."""
    if source is target:
        return target.to_json()
    return json.dumps({"source": source.to_json(), "target": target.to_json()})


def tokenizers_from(data: str, tokens: str) -> tuple[Tokenizer, Tokenizer]:
    """Read what `join_tokenizers` wrote: the tokenizers of source and target.

    tokens: how they cut, see `Tokenizer`; raises ModelError for a damaged file, or tokenizers that mask differently
    returns the same tokenizer twice where both sides share it
    """
    whole = parse(data, 2)
    if "source" not in whole and "target" not in whole:
        tokenizer = Tokenizer.from_parsed(whole, tokens)
        return tokenizer, tokenizer
    if whole.keys() != {"source", "target"} or not all(isinstance(value, str) for value in whole.values()):
        entries = ", ".join(f"{name[:40]!r}: {shown(value)}" for name, value in islice(whole.items(), 6))
        raise ModelError(
            f"tokenizer.json holds {entries}; two tokenizers are written as texts named source and target, and nothing "
            "else.",
            "fetch or train the model again",
        )
    source, target = (Tokenizer.from_json(whole[side], tokens) for side in ("source", "target"))
    if source.masks != target.masks:
        raise ModelError(
            "tokenizer.json holds two tokenizers that mask different things.", "fetch or train the model again"
        )
    return source, target


def words_of_pieces(
    ids: Sequence[int] | NDArray[np.int32], tokenizer: Tokenizer
) -> tuple[list[str], NDArray[np.int64]]:
    """Group ids into the words and punctuation marks that they spell.

    ids: (tokens,); returns the words, and the index of the first id of each, (words,)
    """
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
    return [tokenizer.decode(piece).strip() for piece in np.split(array.astype(np.int32), starts[1:])], starts
