"""Names of vocabularies: extended by new words, narrowed to some; a long text reaches a trainer in pieces."""

import pytest

from seqtext.config import TokenizerConfig
from seqtext.masks import NO_MASKS
from seqtext.tokenizer_file import first_names
from seqtext.vocabulary import extended_names, frequent_words, learn, narrowed_names, numbered

FIRST = first_names("word")


def test_new_words_come_after_those_that_are_there_while_there_is_room() -> None:
    assert extended_names(["a", "b"], ["b", "c", "d"], 3) == ["a", "b", "c"]
    assert extended_names(["a", "b"], ["c"], 1) == ["a", "b"]


def test_a_narrowed_vocabulary_keeps_its_order_and_prefers_the_words_given() -> None:
    own = [*FIRST, "the", "of", "ship", "cat"]
    assert narrowed_names(own, ["cat", "dog"], len(FIRST) + 3) == [*FIRST, "the", "cat", "dog"]
    assert narrowed_names(own, [], len(FIRST) + 2) == [*FIRST, "the", "of"]
    assert narrowed_names(own, ["cat"], 10) == FIRST


def test_frequent_words_come_first_and_rare_ones_not_at_all() -> None:
    config = TokenizerConfig("word", 600, 2)
    assert frequent_words(["b a b", "b a rare"], config, NO_MASKS)[:2] == ["b", "a"]
    assert "rare" not in frequent_words(["b a b", "b a rare"], config, NO_MASKS)


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
def test_every_kind_numbers_the_special_tokens_alike(kind: str) -> None:
    found = learn(["the cat sat"] * 2, TokenizerConfig(kind, 600, 1)).get_vocab()
    names = numbered(first_names(kind))
    assert {name: found[name] for name in names} == names
