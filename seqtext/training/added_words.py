"""Initialise the weights of words added to a vocabulary.

They are means over known words with the same ending.

The ending of a word, and whether it has a capital, tell much about its contexts (Brants 2000, TnT, A00-1031). A new
word w gets the means over the known words i that share its longest ending, and of the bias

    b_w = mean b_i + min(0, log (c_w + 1) / (mean c_i + 1)),  c the frequencies in the corpus

so that in every context it begins with the geometric mean of their probabilities, or less if it is rarer: all new words
together take little from the others.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from seqtext.tokenizer_file import first_names

_PER_TOKEN = ("embedding.weight", "bias", "importance")  # arrays with a row for each token, as far as there are any
_LONGEST = 6  # characters of an ending
_FEWEST = 3  # known words that must share it

Ending = tuple[str, str]  # the shape of a word and its last characters
_ANY: Ending = ("", "")


def extended_weights(
    weights: Mapping[str, NDArray[np.float32]], texts: Sequence[str], counts: NDArray[np.int64]
) -> dict[str, NDArray[np.float32]]:
    """Add rows for new tokens to a network's weights.

    weights: by name, as in a model folder; texts: (vocabulary,) of every token, the new ones last; counts:
    (vocabulary,) frequencies in the corpus
    returns the same arrays where no token is new
    """
    known = len(weights["bias"])
    if known == len(texts):
        return dict(weights)
    rows = _rows_by_ending(texts[:known], {ending for text in texts[known:] for ending in _endings(text)})
    chosen = [next(ending for ending in _endings(text) if ending in rows) for text in texts[known:]]

    def means(array: NDArray[np.float32]) -> NDArray[np.float32]:
        of = {ending: array[rows[ending]].mean(0) for ending in set(chosen)}
        return np.stack([of[ending] for ending in chosen]).astype(np.float32)

    added = {name: means(weights[name]) for name in _PER_TOKEN if name in weights}
    rarer = np.log((counts[known:] + 1.0) / (means(counts[:known].astype(np.float32)) + 1.0))
    added["bias"] += np.minimum(0.0, rarer).astype(np.float32)
    return {name: np.concatenate([array, added[name]]) if name in added else array for name, array in weights.items()}


def _rows_by_ending(texts: Sequence[str], wanted: set[Ending]) -> dict[Ending, NDArray[np.int64]]:
    """Index the known words of each ending that enough of them share; `_ANY` has all of them."""
    first = len(first_names("word"))  # what spells rare words is none
    tokens_of: dict[Ending, list[int]] = {}
    for token in range(first, len(texts)):
        for ending in _endings(texts[token]):
            if ending in wanted:
                tokens_of.setdefault(ending, []).append(token)
    shared = {ending: np.array(tokens) for ending, tokens in tokens_of.items() if len(tokens) >= _FEWEST}
    return {_ANY: np.arange(first if first < len(texts) else 0, len(texts)), **shared}


def _endings(text: str) -> Iterator[Ending]:
    """Yield the endings of a word, the longest first, and last the one that every word has."""
    shape = "A" if text[:1].isupper() else "a" if text[:1].isalpha() else "0" if text[:1].isdigit() else "."
    for length in range(min(_LONGEST, len(text)), -1, -1):
        yield shape, text[len(text) - length :]
    yield _ANY
