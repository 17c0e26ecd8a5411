"""Token files come back exactly; the order shows every segment once a pass, and goes on from any place."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqtext.config import TokenizerConfig
from seqtext.tokenizer import PAD, Tokenizer
from seqtext.training.batches.order import Position, fraction_of_epoch, order, shuffled
from seqtext.training.batches.token_file import Batch, TokenFile, TokenWriter, write_tokens

TOKENIZER = Tokenizer.train(['the dog sat . " ! ? cat ) on'] * 2, TokenizerConfig("word", 900, 1))


def ids_of(text: str) -> np.ndarray:
    """Ids of words divided by spaces, each one token."""
    ids = [TOKENIZER.encode(word).ids.tolist() for word in text.split()]
    assert all(len(one) == 1 for one in ids)
    return np.array(list(itertools.chain(*ids)), np.int32)


def write(folder: Path, texts: list[np.ndarray], max_length: int = 64) -> TokenFile:
    writer = TokenWriter(folder, TOKENIZER, max_length)
    for ids in texts:
        writer.add(ids)
    return writer.close()


def rows_of(batch: Batch) -> list[list[int]]:
    return [row[:length].tolist() for row, length in zip(batch.ids, batch.lengths.tolist(), strict=True)]


def random_file(folder: Path, segments: int, longest: int = 12) -> TokenFile:
    random = np.random.default_rng(segments)
    sizes = random.integers(1, longest + 1, segments)
    return write(folder, [random.integers(7, TOKENIZER.size, size).astype(np.int32) for size in sizes])


# Token files


def test_round_trip(tmp_path: Path) -> None:
    texts = [ids_of("the dog sat ."), ids_of("cat"), np.zeros(0, np.int32), ids_of("the cat sat on the dog !")]
    written = write(tmp_path / "new" / "folder", texts)
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
    tokens = random_file(tmp_path, 50)
    assert isinstance(tokens._ids, np.memmap)
    assert isinstance(tokens._starts, np.memmap)
    assert tokens._ids.mode == tokens._starts.mode == "r"
    assert tokens._ids.dtype == np.uint16
    assert (tmp_path / "ids.bin").stat().st_size == 2 * tokens.tokens


def test_large_vocabularies_need_more_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TOKENIZER, "size", 65_537)
    monkeypatch.setitem(TOKENIZER.__dict__, "texts", [""] * 65_537)
    ids = np.array([65_536, 7, 65_535], np.int32)
    tokens = write(tmp_path, [ids])
    assert rows_of(tokens.batch(np.array([0]))) == [ids.tolist()]


def test_a_file_without_tokens(tmp_path: Path) -> None:
    tokens = write(tmp_path, [])
    assert (tokens.tokens, tokens.segments, tokens.texts) == (0, 0, 0)
    assert tokens.counts.sum() == 0


def test_write_tokens_streams_texts(tmp_path: Path) -> None:
    texts = ["the dog sat.", "", "cat on"]
    tokens = write_tokens(iter(texts), TOKENIZER, TokenWriter(tmp_path, TOKENIZER, 64))
    expected = [TOKENIZER.encode(text, spacing=False).ids.tolist() for text in texts if text]
    assert rows_of(tokens.batch(np.arange(tokens.segments))) == expected


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
    tokens = write(tmp_path, [ids_of(text)], max_length)
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
    tokens = write(tmp_path_factory.mktemp("cuts"), [ids], longest)
    rows = rows_of(tokens.batch(np.arange(tokens.segments)))
    assert list(itertools.chain(*rows)) == ids.tolist()
    assert all(1 <= len(row) <= longest for row in rows)


# Order


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


@pytest.fixture(params=[1, 2, 30, 400])
def tokens(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TokenFile:
    monkeypatch.setattr("seqtext.training.batches.order._BATCHES_PER_POOL", 5)  # so that there are many pools
    return random_file(tmp_path, request.param)


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
    tokens = random_file(tmp_path, 100)
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
    tokens = random_file(tmp_path, 2000, longest=60)
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
