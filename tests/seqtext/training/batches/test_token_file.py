"""Token files come back exactly, and long texts are cut where sentences end."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import TOKENIZER, random_token_file, token_file
from seqtext.tokenizer import PAD
from seqtext.training.batches.token_file import Batch, TokenFile


def ids_of(text: str) -> np.ndarray:
    """Ids of words divided by spaces, each one token."""
    ids = [TOKENIZER.encode(word).ids.tolist() for word in text.split()]
    assert all(len(one) == 1 for one in ids)
    return np.array(list(itertools.chain(*ids)), np.int32)


def rows_of(batch: Batch) -> list[list[int]]:
    return [row[:length].tolist() for row, length in zip(batch.ids, batch.lengths.tolist(), strict=True)]


def test_round_trip(tmp_path: Path) -> None:
    texts = [ids_of("the dog sat ."), ids_of("cat"), np.zeros(0, np.int32), ids_of("the cat sat on the dog !")]
    written = token_file(tmp_path / "new" / "folder", texts)
    for tokens in (written, TokenFile(tmp_path / "new" / "folder")):
        assert (tokens.tokens, tokens.segments, tokens.texts) == (12, 3, 3)  # a text without tokens is none
        batch = tokens.batch(np.array([2, 0, 1, 2]))
        assert rows_of(batch) == [texts[number].tolist() for number in (3, 0, 1, 3)]
        assert batch.ids.shape == (4, 7)
        assert (batch.ids[~batch.mask] == PAD).all()
        assert (batch.ids[batch.mask] != PAD).all()
        assert batch.mask.sum(1).tolist() == batch.lengths.tolist() == [7, 4, 1, 7]
        assert tokens.lengths(np.array([0, 1, 2])).tolist() == [4, 1, 7]
        assert tokens.counts.tolist() == np.bincount(np.concatenate(texts), minlength=TOKENIZER.size).tolist()


def test_ids_stay_on_the_disk(tmp_path: Path) -> None:
    tokens = random_token_file(tmp_path, 50)
    assert isinstance(tokens._ids, np.memmap)
    assert isinstance(tokens._starts, np.memmap)
    assert tokens._ids.mode == tokens._starts.mode == "r"
    assert tokens._ids.dtype == np.uint16
    assert (tmp_path / "ids.bin").stat().st_size == 2 * tokens.tokens


def test_large_vocabularies_need_more_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TOKENIZER, "size", 65_537)
    monkeypatch.setitem(TOKENIZER.__dict__, "texts", [""] * 65_537)
    ids = np.array([65_536, 7, 65_535], np.int32)
    tokens = token_file(tmp_path, [ids])
    assert rows_of(tokens.batch(np.array([0]))) == [ids.tolist()]


def test_a_file_without_tokens(tmp_path: Path) -> None:
    tokens = token_file(tmp_path, [])
    assert (tokens.tokens, tokens.segments, tokens.texts) == (0, 0, 0)
    assert tokens.counts.sum() == 0


# Cuts


@pytest.mark.parametrize(
    ("text", "max_length", "expected"),
    [
        ("the dog sat", 3, [3]),
        ("the dog sat . the cat", 4, [4, 2]),
        ("the dog . cat sat on", 4, [3, 3]),
        ('the dog . " cat sat on', 5, [4, 3]),  # the quotation mark that closes a sentence stays with it
        ("the dog . ) cat sat on", 5, [4, 3]),
        ("the . dog ! cat ? on sat", 6, [6, 2]),  # the last end of a sentence that fits
        ('the dog ! cat sat . " on', 6, [3, 5]),  # no quotation mark is cut off from its sentence
        (". the dog cat sat on", 5, [5, 1]),  # a sentence of a quarter or less is no place to cut
        ("the dog cat sat on the dog cat sat", 4, [4, 4, 1]),
        ("the dog cat sat on the dog cat", 4, [4, 4]),
        (". . . . . . . .", 4, [4, 4]),
    ],
)
def test_long_texts_are_cut_at_sentences(tmp_path: Path, text: str, max_length: int, expected: list[int]) -> None:
    tokens = token_file(tmp_path, [ids_of(text)], max_length)
    rows = rows_of(tokens.batch(np.arange(tokens.segments)))
    assert [len(row) for row in rows] == expected
    assert list(itertools.chain(*rows)) == ids_of(text).tolist()
    assert tokens.texts == 1


@settings(max_examples=60, deadline=None)
@given(
    words=st.lists(st.sampled_from(["the", "dog", ".", '"', "!", "?", ")"]), max_size=80), longest=st.integers(4, 20)
)
def test_cuts_lose_nothing(tmp_path_factory: pytest.TempPathFactory, words: list[str], longest: int) -> None:
    ids = ids_of(" ".join(words))
    tokens = token_file(tmp_path_factory.mktemp("cuts"), [ids], longest)
    rows = rows_of(tokens.batch(np.arange(tokens.segments)))
    assert list(itertools.chain(*rows)) == ids.tolist()
    assert all(1 <= len(row) <= longest for row in rows)
