"""Streams: what is written comes back whole, windows follow each other, held-out blocks were not learnt."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from seqtext.config import TokenizerConfig
from seqtext.data import sampling
from seqtext.data.split import HashSplit
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.streams import Stream, StreamWriter, Windows, write_streams
from seqtext.training.progress import Position

TEXTS = ["the fox ran", "", "", "  over the hill", "a café, naïve"]


def stream_of(folder: Path, count: int) -> Stream:
    writer = StreamWriter(folder, 70_000, 9)
    writer.add(np.arange(10, 10 + count, dtype=np.int32), 1, count)
    writer.close()
    return Stream(folder)


@pytest.mark.parametrize("kind", ["char", "word", "bpe"])
@pytest.mark.parametrize("block", [1, 20, 8_192])
def test_text_comes_back_with_its_blank_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, block: int
) -> None:
    monkeypatch.setattr(sampling, "_BLOCK", block)
    tokenizer = Tokenizer.train([f"{text}\n" for text in TEXTS * 3], TokenizerConfig(kind, 700, 1))
    learnt, held = (StreamWriter(tmp_path / name, tokenizer.size, tokenizer.newline) for name in ("train", "valid"))
    write_streams(TEXTS, tokenizer, (learnt, held), HashSplit(0.0, 1), 0)
    learnt.close()
    held.close()
    stream = Stream(tmp_path / "train")
    whole = "\n".join([*TEXTS, ""])
    ids = stream.at(np.arange(stream.tokens + 1))
    assert ids[0] == tokenizer.newline
    if kind == "word":  # two blocks are cut apart: the space that a word kind implies between them is no part of text
        assert "".join(tokenizer.decode(ids[1:]).split()) == "".join(whole.split())
    else:
        assert tokenizer.decode(ids[1:]) == whole
    assert (stream.texts, stream.characters) == (5, len(whole))
    assert stream.counts.sum() == stream.tokens


def test_a_share_of_the_blocks_is_held_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "_BLOCK", 10)
    texts = [f"line number {number}" for number in range(2000)] + ["line number 7"]
    tokenizer = Tokenizer.train(texts, TokenizerConfig("char", 300, 1))
    sides = []
    for seed in (1, 1, 2):
        learnt, held = (StreamWriter(tmp_path / name, tokenizer.size, tokenizer.newline) for name in ("train", "valid"))
        write_streams(texts, tokenizer, (learnt, held), HashSplit(0.1, seed), 10**9)
        learnt.close()
        held.close()
        stream = Stream(tmp_path / "valid")
        sides.append(set(tokenizer.decode(stream.at(np.arange(1, stream.tokens + 1))).splitlines()))
        assert 140 < held.texts < 260
        assert held.texts + learnt.texts == 2001
    assert sides[0] == sides[1] != sides[2]
    learnt, held = (StreamWriter(tmp_path / name, tokenizer.size, tokenizer.newline) for name in ("train", "valid"))
    write_streams(texts, tokenizer, (learnt, held), HashSplit(0.5, 1), 100)
    learnt.close()
    held.close()
    assert 100 <= held.tokens < 120


def test_windows_follow_each_other(tmp_path: Path) -> None:
    stream = stream_of(tmp_path, 5_000)
    windows = Windows(stream, 80, 16, seed=3)
    assert (windows.rows, windows.time) == (5, 16)
    epochs: list[list[np.ndarray]] = []
    lengths = []
    before = None
    for here, window in itertools.takewhile(lambda item: item[0].epoch < 3, windows.from_position(Position())):
        assert np.array_equal(window.targets[:, :-1], window.ids[:, 1:])
        lengths.append(window.ids.shape[1])
        if window.fresh:
            epochs.append([])
        else:
            assert np.array_equal(window.ids[:, 0], before)
        before = window.targets[:, -1]
        epochs[-1].append(window.targets)
        assert here.epoch - len(epochs) in (-1, 0)
    first, second, _ = (np.concatenate(parts, 1) for parts in epochs)
    assert first.shape[0] == 5
    assert len(set(first.ravel().tolist())) == first.size > 4_800
    assert not np.array_equal(first[:, 0], second[:, 0])
    assert len(set(lengths)) > 5
    assert max(lengths) <= 20


def test_windows_go_on_from_any_position(tmp_path: Path) -> None:
    windows = Windows(stream_of(tmp_path, 700), 60, 12, seed=3)
    whole = list(itertools.islice(windows.from_position(Position()), 40))
    for number in (0, 5, 17, 30):
        rest = list(itertools.islice(windows.from_position(whole[number][0]), 8))
        for (here, window), (there, again) in zip(whole[number + 1 :], rest, strict=False):
            assert here == there
            assert np.array_equal(window.ids, again.ids)
            assert window.fresh == again.fresh
    passes = [windows.epochs(here) for here, _ in whole]
    assert passes == sorted(passes)
    assert passes[-1] > 2


@pytest.mark.parametrize("count", [2, 3, 10, 65])
def test_short_streams_have_windows(tmp_path: Path, count: int) -> None:
    windows = Windows(stream_of(tmp_path, count), 8192, 64, seed=1)
    for here, window in itertools.islice(windows.from_position(Position()), 5):
        assert window.ids.size >= 1
        assert windows.epochs(here) > 0
        assert np.array_equal(window.targets, window.ids + 1)
