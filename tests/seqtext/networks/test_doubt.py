"""Scores of texts by tables of n-grams."""

import numpy as np
import pytest

from seqtext.networks.doubt import TABLE_COLUMNS, ByteSpeller, buckets, scores, table_bits, table_shape

BITS = 12
SPELLER = ByteSpeller([b"", b"a", b"bc", b""], np.array([False, False, True, False]), (0, 3))
TABLE = np.random.default_rng(1).normal(size=table_shape(BITS)).astype(np.float32)


def score(*texts: list[int]) -> list[float]:
    ids = np.array([one for text in texts for one in (0, *text, 3)])
    data, counts = SPELLER(ids, np.array([len(text) + 2 for text in texts]))
    return scores(TABLE, BITS, data, counts).tolist()


def test_tokens_become_bytes_with_the_spaces_that_are_implied() -> None:
    data, counts = SPELLER(np.array([0, 1, 2, 3, 0, 3]), np.array([4, 2]))
    assert data.tobytes() == b"\2\2\2\2a bc\3\2\2\2\2\3"
    assert counts.tolist() == [9, 5]


def test_a_score_is_the_mean_of_what_the_tables_hold_of_each_ngram() -> None:
    data = np.frombuffer(b"\2\2\2\2a bc\3", np.uint8)
    places = np.stack(list(buckets(data, BITS)))[:, 4:]  # of what ends after the beginning
    assert score([1, 2])[0] == pytest.approx(float(TABLE.reshape(-1)[places].sum(0).mean()), rel=1e-5)


def test_a_score_depends_on_no_other_text() -> None:
    alone = score([1, 2])[0]
    assert score([2, 2, 1], [1, 2], [1])[1] == pytest.approx(alone, rel=1e-5)
    assert np.isfinite(score([])).all()


def test_every_order_has_a_table_of_its_own() -> None:
    data = np.random.default_rng(2).integers(0, 256, 5_000).astype(np.uint8)
    start = 0
    for places, size in zip(buckets(data, BITS), table_bits(BITS), strict=True):
        assert start <= places.min()
        assert places.max() < start + (1 << size)
        start += 1 << size
    assert start == TABLE_COLUMNS * table_shape(BITS)[0]
