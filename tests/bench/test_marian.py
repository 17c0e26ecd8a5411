"""The Marian that ours is compared with: its batches, that it learns, its answers."""

import importlib
import itertools
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from seqtext.config import TokenizerConfig, TrainingConfig
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.pair_files import PairFile
from seqtext.training.batches.token_file import TokenWriter

pytestmark = pytest.mark.bench


@pytest.fixture
def marian(monkeypatch: pytest.MonkeyPatch) -> Any:
    pytest.importorskip("transformers")
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return importlib.import_module("marian")


def _pairs(folder: Path, tokenizer: Tokenizer, sides: list[list[Any]]) -> PairFile:
    for name, rows in zip(("source", "target"), sides, strict=True):
        writer = TokenWriter(folder / name, tokenizer, 1000)
        for ids in rows:
            writer.add(ids)
        writer.close()
    return PairFile(folder)


@pytest.mark.parametrize("batch_size", [1, 40, 10_000])
def test_batches_hold_every_pair_once_a_pass_and_about_as_many_tokens_as_asked(
    batch_size: int, marian: Any, tmp_path: Path
) -> None:
    generator, tokenizer = np.random.default_rng(1), Tokenizer.train(["a"], TokenizerConfig("char", 300, 1))
    sides = [[np.full(n, 7, np.int32) for n in generator.integers(1, 15, 100)] for _ in range(2)]
    turns, seen = marian.batches(_pairs(tmp_path, tokenizer, sides), batch_size, 1), []
    while len(seen) < 200:
        chosen = next(turns).tolist()
        assert sum(len(side[k]) + 1 for side in sides for k in chosen) < batch_size + 30
        seen += chosen
    assert sorted(seen[:100]) == sorted(seen[100:]) == list(range(100))


def test_marian_learns_to_copy_and_is_the_same_once_saved(
    marian: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(1)
    texts = ["".join(generator.choice(list("abcd"), size)) for size in generator.integers(1, 5, 300)]
    tokenizer = Tokenizer.train(texts, TokenizerConfig("char", 300, 1))
    pairs = _pairs(tmp_path / "pairs", tokenizer, [marian.ids_of(texts, tokenizer)] * 2)
    config = marian.fitting_config(60_000, tokenizer.size, marian.Size(1, 2))
    training = TrainingConfig(steps=1, batch_size=400, learning_rate=4e-3, warmup=0.1)
    # A clock of its own: 240 updates in its minute, however busy the processor is.
    monkeypatch.setattr(marian, "time", SimpleNamespace(monotonic=itertools.count(0.0, 0.25).__next__))
    trained = marian.train(config, pairs, training, 1.0, 0.0, marian.Place(torch.device("cpu"), False))
    assert marian.parameters_of(trained.network) == pytest.approx(60_000, rel=0.05)
    assert trained.updates == 240
    assert 240 * 300 < trained.tokens <= 240 * 400
    asked = ["abcd", "a", "dcba", "bb", "cad"]
    found = marian.translate(trained.network, tokenizer, asked, 3, 2)
    assert [answer.text for answer in found] == asked
    assert [answer.tokens for answer in found] == [5, 2, 5, 3, 4]
    trained.network.save_pretrained(tmp_path)
    loaded = marian.load(tmp_path)
    assert marian.parameters_of(loaded) == marian.parameters_of(trained.network)
    assert marian.translate(loaded, tokenizer, asked, 3, 2) == found


def test_marian_answers_at_the_lengths_asked_for(marian: Any) -> None:
    texts = ["ab", "abcabcabc", "b", "cab"]
    tokenizer = Tokenizer.train(texts, TokenizerConfig("char", 300, 1))
    network = marian.make(marian.fitting_config(40_000, tokenizer.size, marian.Size(1, 2)), 1).eval()
    found = marian.translate(network, tokenizer, texts, 3, 1, np.array([7, 2, 12, 1]))
    assert [answer.tokens for answer in found] == [7, 2, 12, 1]
