"""The order shows every segment once a pass, and goes on from any position."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from builders import random_token_file
from seqtext.training.batches.bucketing import fraction_of_epoch, order, shuffled
from seqtext.training.batches.token_file import TokenFile
from seqtext.training.progress import Position


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 100, 255, 256, 257, 1000, 4097])
def test_shuffled_is_a_permutation(size: int) -> None:
    for key in (0, 1, 2, 12_345, 2**31 - 1):
        found = shuffled(np.arange(size), size, key)
        assert np.array_equal(np.sort(found), np.arange(size))


def test_shuffled_needs_no_whole() -> None:
    whole = shuffled(np.arange(1000), 1000, 5)
    assert shuffled(np.array([999, 3, 3]), 1000, 5).tolist() == whole[[999, 3, 3]].tolist()
    assert len(shuffled(np.zeros(0, np.int64), 1000, 5)) == 0


def test_shuffled_mixes() -> None:
    whole = [shuffled(np.arange(1000), 1000, key) for key in range(20)]
    assert len({tuple(one) for one in whole}) == 20
    for one in whole:
        assert abs(np.corrcoef(np.arange(1000), one)[0, 1]) < 0.15  # 1/√1000 = 0.03 is one standard deviation
        assert (np.diff(one) == 1).sum() < 12  # about one is expected
    fixed = sum(int((one == np.arange(1000)).sum()) for one in whole)
    assert fixed < 60  # one in each is expected
    assert len({int(one[0]) for one in whole}) > 15


def pass_of(tokens: TokenFile, batch_size: int, seed: int, epoch: int) -> list[tuple[Position, list[int]]]:
    """The batches of one pass."""
    found = []
    for position, segments in order(tokens, batch_size, seed, Position(epoch)):
        found.append((position, segments.tolist()))
        if position.epoch > epoch:
            return found
    raise AssertionError


@pytest.mark.parametrize("batch_size", [4, 16, 50, 10_000])
def test_every_segment_once_a_pass(tokens: TokenFile, batch_size: int) -> None:
    for epoch in (0, 1):
        found = pass_of(tokens, batch_size, 3, epoch)
        assert sorted(itertools.chain(*(segments for _, segments in found))) == list(range(tokens.segments))
        for _, segments in found:
            lengths = tokens.lengths(np.array(segments))
            assert len(segments) == 1 or len(segments) * (lengths.max() + 1) <= batch_size
        assert found[-1][0] == Position(epoch + 1)
        assert all(position.epoch == epoch for position, _ in found[:-1])


def test_passes_and_seeds_differ(tmp_path: Path) -> None:
    tokens = random_token_file(tmp_path, 100)
    first, again, other, later = (pass_of(tokens, 50, seed, epoch) for seed, epoch in ((3, 0), (3, 0), (4, 0), (3, 1)))
    assert first == again
    assert [segments for _, segments in first] != [segments for _, segments in other]
    assert [segments for _, segments in first] != [segments for _, segments in later]


@pytest.mark.parametrize("batch_size", [16, 50, 10_000])
def test_going_on_from_any_position(tokens: TokenFile, batch_size: int) -> None:
    count = min(60, len(pass_of(tokens, batch_size, 3, 0)) + 10)
    whole = [
        (position, segments.tolist())
        for position, segments in itertools.islice(order(tokens, batch_size, 3, Position()), count)
    ]
    for done in range(count - 1):
        position = Position(**whole[done][0].to_dict())
        rest = itertools.islice(order(tokens, batch_size, 3, position), min(6, count - done - 1))
        assert [(after, segments.tolist()) for after, segments in rest] == whole[done + 1 : done + 7]


def test_batches_are_dense_and_not_sorted(tmp_path: Path) -> None:
    tokens = random_token_file(tmp_path, 2000, longest=60)
    found = pass_of(tokens, 500, 1, 0)
    padded = sum(len(segments) * int(tokens.lengths(np.array(segments)).max()) for _, segments in found)
    assert tokens.tokens / padded > 0.9
    means = [float(tokens.lengths(np.array(segments)).mean()) for _, segments in found]
    assert abs(np.corrcoef(np.arange(len(means)), means)[0, 1]) < 0.4


@pytest.mark.parametrize("batch_size", [16, 10_000])
def test_the_fraction_of_a_pass_rises_to_one(tokens: TokenFile, batch_size: int) -> None:
    found = pass_of(tokens, batch_size, 3, 0)
    fractions = [fraction_of_epoch(tokens, batch_size, position) for position, _ in found]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert fraction_of_epoch(tokens, batch_size, Position()) == 0
    assert all(0 < fraction <= 1 for fraction in fractions)
