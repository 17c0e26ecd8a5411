"""Hashed runs of tokens, and the votes that they cast."""

from itertools import pairwise

import numpy as np

from seqtext.config import ClassifyConfig, TokenizerConfig
from seqtext.networks.hashing import Speller, ngram_buckets, votes
from seqtext.tokenizer import Tokenizer


def test_hashed_runs_see_neighbours() -> None:
    ids = np.array([[7, 8, 9], [7, 9, 8], [5, 8, 9]])
    one, other, third = ngram_buckets(ids, 100_000, 3)
    assert one.shape == (3, 2)
    assert (one[0] == other[0]).all()
    assert (one[1] != other[1]).all()
    assert one[2, 0] == third[2, 0]  # the pair 8 9
    assert one[2, 1] != third[2, 1]  # 7 8 9 is not 5 8 9
    assert ngram_buckets(ids, 3).max() < 3


def test_each_run_of_words_votes_once() -> None:
    ids, mask = np.array([[2, 8, 7, 8, 7, 3], [2, 9, 3, 0, 0, 0]]), np.ones((2, 6), np.bool_)
    mask[1, 3:] = False
    folded = np.arange(10, dtype=np.int32)
    folded[9] = 8  # the capital of 8
    buckets, shares = votes(ids, mask, 100_000, 2, folded)
    own = [set(row[share > 0].tolist()) for row, share in zip(buckets, shares, strict=True)]
    # 2 8 7 3, and 2 8, 8 7, 7 8, 7 3; of the other text 2 8 3, and 2 8, 8 3
    assert [len(one) for one in own] == [8, 5]
    assert len(own[0] & own[1]) == 4
    assert np.allclose((shares**2).sum(1), 100.0)
    assert np.count_nonzero(shares, 1).tolist() == [8, 5]
    assert not votes(ids, np.zeros_like(mask), 50, 3, folded)[1].any()


def _counted(texts: list[str], **settings: int) -> list[dict[int, int]]:
    tokenizer = Tokenizer.train(["the cat sat", "The cat sat"], TokenizerConfig("word", 300, 1), "read")
    terms = Speller(tokenizer, ClassifyConfig(encoder="none", wide=1 << 20, **settings)).terms(
        list(tokenizer.stream(texts))
    )
    bounds = terms.starts.tolist()
    return [
        dict(zip(terms.buckets[a:b].tolist(), terms.counts[a:b].tolist(), strict=True)) for a, b in pairwise(bounds)
    ]


def test_terms_are_counted_whatever_the_vocabulary_holds() -> None:
    one, same, other, none, unknown = _counted(["the cat the cat", "THE Cat the cat", "cat the", "", "dog dog"])
    assert one == same
    assert sorted(one.values()) == [1, 1, 2, 2, 2]  # ^the, cat the; the, cat, the cat
    assert len(set(one) & set(other)) == 3  # the, cat, cat the
    assert none == {}
    assert sorted(unknown.values()) == [1, 1, 2]  # ^dog, dog dog; dog


def test_runs_of_letters_lie_within_a_word() -> None:
    plain, lettered = _counted(["a cat"]), _counted(["a cat"], letters=4)
    # " a ", " ca", "cat", "at ", " cat", "cat "
    assert len(lettered[0]) - len(plain[0]) == 6
    assert sum(bucket >= 1 << 19 for bucket in lettered[0]) == 6
    typo, right = _counted(["definately", "definitely"], letters=4)
    assert len(set(typo) & set(right)) == 12  # of " definately " and " definitely "
