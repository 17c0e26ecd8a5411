"""The held-out split: a sample of the whole by hash, equal texts together."""

from collections import Counter

import pytest

from seqtext.data.split import HashSplit, LowestHashes, stable_hash


def split(texts: list[str], most: int) -> tuple[list[str], list[str]]:
    """What is held out of some texts of one token each, and what leaves the sample on the way."""
    sample: LowestHashes[str] = LowestHashes(most)
    out = [item for text in texts for item in sample.add(stable_hash(text), 1, text)]
    return sample.items(), out


def test_all_texts_that_have_room_are_held_out_in_order() -> None:
    texts = [f"text {k % 30}" for k in range(50)]
    assert split(texts, 50) == (texts, [])


def test_many_texts_are_sampled_whatever_their_order() -> None:
    texts = [f"text {k}" for k in range(1000)]
    held, out = split(texts, 100)
    assert len(held) == 100
    assert sorted(held + out) == sorted(texts)
    assert 30 < sum(int(text[5:]) < 500 for text in held) < 70
    assert sorted(split(texts[::-1], 100)[0]) == sorted(held)


@pytest.mark.parametrize("most", [1, 7, 40, 100])
def test_equal_texts_stay_together(most: int) -> None:
    texts = [f"text {k * k % 61}" for k in range(600)]
    held, out = split(texts, most)
    assert sorted(held + out) == sorted(texts)
    if len(set(held)) > 1:
        assert not set(held) & set(out)
        assert len(held) <= most
    assert held


def test_one_text_over_and_over_takes_no_more_room() -> None:
    held, out = split(["same"] * 50, 10)
    assert (len(held), len(out)) == (10, 40)


def test_a_share_is_taken_by_hash() -> None:
    taken = Counter(HashSplit(0.1, 3).takes(f"text {k}") for k in range(5000))
    assert 400 < taken[True] < 600
