"""Samples are uniform and in order, splits keep equal texts together, batches read no further than asked."""

import doctest
import zlib
from collections.abc import Iterator

import numpy as np
import pytest

from seqtext.data import sampling
from seqtext.data.sampling import Reservoir, batched, batched_until_fault, blocks, reservoir_sample
from seqtext.data.split import HashSplit, stable_hash


def test_the_example_in_the_docstring() -> None:
    assert doctest.testmod(sampling) == (0, 1)


def algorithm_r(items: list[int], k: int, seed: int) -> list[int]:
    """The sample as the textbook draws it."""
    generator, kept = np.random.default_rng(seed), items[:k]
    for number in range(k, len(items)):
        if (slot := int(generator.integers(number + 1))) < k:
            kept[slot] = items[number]
    return sorted(kept)


@pytest.mark.parametrize("k", [1, 7, 99, 100, 101])
def test_a_sample_is_that_of_algorithm_r(k) -> None:
    items = list(range(100))
    found = reservoir_sample(iter(items), k, 5)
    assert found == algorithm_r(items, k, 5)
    assert len(found) == min(k, 100)


def test_without_a_size_everything_is_the_sample() -> None:
    assert reservoir_sample(iter("abc"), None, 1) == ["a", "b", "c"]
    assert reservoir_sample([], 3, 1) == []


def test_every_item_is_as_likely_as_another() -> None:
    counts = np.bincount(np.concatenate([reservoir_sample(range(20), 5, seed) for seed in range(2000)]))
    assert len(counts) == 20
    assert abs(counts - 500).max() < 5 * np.sqrt(500 * 0.75)  # five standard deviations


def test_a_sample_and_what_is_out_of_it_are_the_stream() -> None:
    reservoir: Reservoir[int] = Reservoir(4, np.random.default_rng(2))
    out = [reservoir.add(number) for number in range(50)]
    assert out[:4] == [None] * 4
    assert sorted([*reservoir.items(), *out[4:]]) == list(range(50))


def test_the_generator_is_asked_only_where_a_slot_is_in_question() -> None:
    generator, other = np.random.default_rng(3), np.random.default_rng(3)
    reservoir: Reservoir[str] = Reservoir(2, generator)
    for item in "ab":
        reservoir.add(item)
    assert generator.random() == other.random()
    slot = reservoir.slot()
    expected = int(other.integers(3))
    assert slot == (expected if expected < 2 else None)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_a_split_takes_its_share(share) -> None:
    split = HashSplit(share, 7)
    taken = [split.takes(f"line {number}") for number in range(4000)]
    assert abs(np.mean(taken) - share) < 0.03
    assert taken == [HashSplit(share, 7).takes(f"line {number}") for number in range(4000)]


def test_another_seed_splits_otherwise() -> None:
    first, second = ([HashSplit(0.5, seed).takes(str(k)) for k in range(200)] for seed in (1, 2))
    assert first != second


def test_a_hash_never_changes() -> None:
    assert stable_hash("žluťoučký kůň") == zlib.crc32("žluťoučký kůň".encode())
    assert stable_hash("a", 5) == zlib.crc32(b"a", 5)
    assert stable_hash(b"a", 5) == stable_hash("a", 5)
    assert stable_hash("half \ud800") == stable_hash("half ?")


def test_a_batch_is_read_when_it_is_asked_for() -> None:
    read: list[int] = []
    batches = batched((read.append(number) or number for number in range(5)), 2)
    assert next(batches) == [0, 1]
    assert read == [0, 1]
    assert list(batches) == [[2, 3], [4]]
    assert list(batched([], 3)) == []


def test_blocks_are_whole_lines_and_full_once_they_have_enough_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "_BLOCK", 20)
    lines = ["the fox ran", "", "", "  over the hill", "a café, naïve"]
    assert list(blocks(iter(lines))) == [lines[:4], lines[4:]]
    assert list(blocks(["x" * 19, "y"])) == [["x" * 19], ["y"]]
    assert list(blocks([])) == []


def test_what_was_read_before_a_fault_comes_before_it() -> None:
    def letters() -> Iterator[str]:
        yield from "abcde"
        raise KeyError("f")

    batches = batched_until_fault(letters(), 2, KeyError)
    assert [next(batches) for _ in range(3)] == [["a", "b"], ["c", "d"], ["e"]]
    with pytest.raises(KeyError):
        next(batches)
    assert list(batched_until_fault("abcd", 2)) == [["a", "b"], ["c", "d"]]
    assert list(batched_until_fault("", 2)) == []


def test_other_errors_are_not_held_back() -> None:
    def letters() -> Iterator[str]:
        yield "a"
        raise KeyError("b")

    with pytest.raises(KeyError):
        next(batched_until_fault(letters(), 2, ValueError))
