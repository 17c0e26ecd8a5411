"""Learn vocabularies from streams of texts; extend or narrow them for others."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from tokenizers import Tokenizer as Backend
from tokenizers import models, pre_tokenizers, trainers

from seqtext.config import TokenizerConfig
from seqtext.errors import InputError
from seqtext.masks import Masks
from seqtext.tokenizer_file import SPECIALS, empty_backend, first_names, make_backend, no_panic, word_cutter

_PIECE = 16_384  # characters of a text that a trainer is given at once
_BORDER = re.compile(r"(?<=\S)(?: (?=\S)|[,;:!?。、，！？])")


def learn(texts: Iterable[str], config: TokenizerConfig) -> Backend:
    """Learn the vocabulary of a kind of token.

    Frequent tokens get low ids. The texts are read once. Pieces are those of byte-level BPE (Sennrich et al. 2016,
    arXiv:1508.07909). Raises InputError for a text that cannot be cut.
    """
    kinds = {"char": _learn_characters, "word": _learn_words, "bpe": _learn_pieces}
    return kinds[config.tokens](texts, config)


def uncut(error: BaseException) -> InputError:
    """Return the error for a text that the library cannot cut."""
    return InputError(f"A text could not be cut into tokens: {error!s:.200}.", "leave that text out")


def _in_pieces(texts: Iterable[str]) -> Iterator[str]:
    """Cut long texts for a trainer, which holds 256 at once, where every kind of token begins anew."""
    for text in texts:
        start = 0
        while len(text) - start > _PIECE and (border := _BORDER.search(text, start + _PIECE)):
            yield text[start : border.start()]
            start = border.start()
        yield text[start:] if start else text


def frequent_words(texts: Iterable[str], config: TokenizerConfig, masks: Masks) -> list[str]:
    """Count words and punctuation marks; list the most frequent first.

    They are written in the byte-level alphabet. Raises InputError for a text that cannot be cut.

    config: how many at most, and how often each must occur
    """
    counter = Backend(models.WordLevel(unk_token="<unk>"))
    counter.pre_tokenizer = word_cutter(keep_space=False, masks=masks)
    trainer = trainers.WordLevelTrainer(
        vocab_size=config.vocab_size, min_frequency=config.min_count, show_progress=False
    )
    with no_panic(uncut):
        counter.train_from_iterator(_in_pieces(texts), trainer)
    return [name for name, _ in sorted(counter.get_vocab().items(), key=lambda item: item[1])]


def extended_names(names: Sequence[str], words: Iterable[str], most: int) -> list[str]:
    """Append new words to a vocabulary's names, up to `most` names."""
    known, room = set(names), max(0, most - len(names))
    return [*names, *islice((name for name in words if name not in known), room)]


def narrowed_names(names: Sequence[str], words: Sequence[str], most: int) -> list[str]:
    """Choose at most `most` names.

    The texts' words come first, then the most frequent of `names`. The names with which every vocabulary begins stay.
    The other names that stay keep their order, before new words.
    """
    first = first_names("word")
    own_names, room = names[len(first) :], max(0, most - len(first))
    known, chosen = {*first, *own_names}, set(islice(dict.fromkeys([*words, *own_names]), room))
    kept = [name for name in own_names if name in chosen]
    return [*first, *kept, *(name for name in words if name in chosen and name not in known)]


def numbered(names: Iterable[str]) -> dict[str, int]:
    """Give every name its id, in order."""
    return {name: number for number, name in enumerate(names)}


def _learn_words(texts: Iterable[str], config: TokenizerConfig) -> Backend:
    names = first_names("word")
    spelled, room = set(names), max(0, config.vocab_size - len(names))
    names += [name for name in frequent_words(texts, config, config.masks) if name not in spelled][:room]
    return make_backend("word", numbered(names), config.masks)


def _learn_pieces(texts: Iterable[str], config: TokenizerConfig) -> Backend:
    learner = empty_backend("bpe", config.masks)
    trainer = trainers.BpeTrainer(
        vocab_size=config.vocab_size,
        min_frequency=config.min_count,
        show_progress=False,
        special_tokens=list(SPECIALS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        max_token_length=64,
    )
    with no_panic(uncut):
        learner.train_from_iterator(_in_pieces(texts), trainer)
    # Trained special tokens would be matched inside a user's text; a fresh backend has only their ids.
    plain = empty_backend("bpe", config.masks)
    plain.model = learner.model
    return plain


def _learn_characters(texts: Iterable[str], config: TokenizerConfig) -> Backend:
    counts: dict[str, int] = {}
    for text in texts:
        for character in set(text):
            counts[character] = counts.get(character, 0) + text.count(character)
    names = first_names("char")
    frequent = sorted((c for c in counts if counts[c] >= config.min_count), key=lambda c: (-counts[c], c))
    names += frequent[: max(0, config.vocab_size - len(names))]
    return make_backend("char", numbered(names))
