"""Word vectors by counting: counts, associations and factors against what can be worked out by hand."""

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from seqtext.config import TokenizerConfig
from seqtext.errors import TrainingError
from seqtext.tokenizer import Tokenizer
from seqtext.training.batches.token_file import TokenFile, TokenWriter
from seqtext.training.word_vectors import (
    CountedVectors,
    associations,
    content_words,
    count_pairs,
    factorize,
    load_vectors,
    save_vectors,
    word_vectors,
)

TEXTS = ["fox hen fox", "hen fox", "ship sea", "the"]


def tokens_of(texts: list[str], folder: Path) -> tuple[TokenFile, Tokenizer]:
    tokenizer = Tokenizer.train(texts, TokenizerConfig("word", 900, 1))
    writer = TokenWriter(folder, tokenizer, 64)
    for ids in tokenizer.stream(texts):
        writer.add(ids)
    return writer.close(), tokenizer


def dense(upper: sparse.csr_matrix) -> np.ndarray:
    return (upper + upper.T).toarray()


@pytest.mark.parametrize("chunk", [1, 3, 1_000_000])
def test_pairs_are_counted_within_a_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr("seqtext.training.word_vectors._CHUNK", chunk)
    tokens, tokenizer = tokens_of(TEXTS, tmp_path)
    fox, hen, ship, sea, the = (int(tokenizer.encode(word).ids[0]) for word in ("fox", "hen", "ship", "sea", "the"))
    content = np.ones(tokenizer.size, np.bool_)
    content[the] = False
    upper = count_pairs(tokens, content)
    assert sparse.tril(upper, -1).nnz == 0
    found = dense(upper) - np.diag(upper.diagonal())
    # fox–hen twice in the first text and once in the second; fox–fox once, seen from both sides.
    assert (found[fox, hen], found[hen, fox], found[fox, fox], found[ship, sea]) == (3, 3, 2, 1)
    assert found.sum() == 3 + 3 + 2 + 1 + 1


def test_the_window_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqtext.training.word_vectors._WINDOW", 2)
    words = [f"w{chr(97 + k)}" for k in range(6)]
    tokens, tokenizer = tokens_of([" ".join(words)], tmp_path)
    upper = count_pairs(tokens, np.ones(tokenizer.size, np.bool_))
    assert upper.sum() == 5 + 4


def test_rare_pairs_go_when_memory_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqtext.training.word_vectors._MOST_PAIRS", 2)
    tokens, tokenizer = tokens_of(TEXTS, tmp_path)
    upper = count_pairs(tokens, np.ones(tokenizer.size, np.bool_))
    assert sorted(upper.data) == [2, 3]


def test_long_corpora_are_counted_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, tokenizer = tokens_of(["fox hen"] * 1000, tmp_path)
    every = np.ones(tokenizer.size, np.bool_)
    monkeypatch.setattr("seqtext.training.word_vectors._CHUNK", 20)
    assert count_pairs(tokens, every).sum() == 1000
    monkeypatch.setattr("seqtext.training.word_vectors._MOST_TOKENS", 500)
    assert count_pairs(tokens, every).sum() == 250


def test_content_words_are_neither_common_nor_letters(tmp_path: Path) -> None:
    texts = ["the fox x 東"] + ["the"] * 200 + [f"word{chr(97 + k % 26)}{chr(97 + k // 26)}" for k in range(1200)]
    tokens, tokenizer = tokens_of(texts, tmp_path)
    content = content_words(tokenizer, tokens.counts)
    of = {name: bool(content[tokenizer.encode(name).ids[0]]) for name in ("the", "fox", "x", ",")}
    assert of == {"the": False, "fox": True, "x": False, ",": False}
    assert not content[:7].any()


def test_associations_are_smoothed_information() -> None:
    upper = sparse.csr_matrix(np.array([[2.0, 3.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]], np.float32))
    degree = np.array([5.0, 4.0, 1.0], np.float32)
    found = dense(associations(upper, degree))
    assert found[0, 1] == pytest.approx(np.log(3.5 / (5 * 4 / 10 + 0.5)))
    assert found[1, 2] == pytest.approx(np.log(1.5 / (4 * 1 / 10 + 0.5)))
    assert found[0, 0] == 0.0  # log (2.5 / 3) is negative
    assert np.array_equal(found, found.T)


def test_factors_give_the_matrix_back() -> None:
    generator = np.random.default_rng(0)
    axes = np.linalg.qr(generator.normal(size=(40, 5)))[0]
    matrix = (axes * [9.0, -7.0, 5.0, -3.0, 2.0]) @ axes.T
    upper = sparse.csr_matrix((np.triu(matrix, 1) + np.diag(np.diag(matrix)) / 2).astype(np.float32))
    degree = generator.uniform(1, 30, 40).astype(np.float32)
    found, signs = factorize(upper, degree, 8, seed=1)
    assert found.shape == (40, 8)
    assert np.abs((found * signs) @ found.T - matrix).max() < 1e-4
    assert (signs[:5] < 0).sum() == 2
    again, _ = factorize(upper, degree, 8, seed=1)
    assert np.array_equal(found, again)


def test_fewer_words_than_dimensions(tmp_path: Path) -> None:
    upper = sparse.csr_matrix(np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], np.float32))
    found, signs = factorize(upper, np.array([2.0, 2.0, 0.0], np.float32), 6, seed=1)
    assert (found * signs @ found.T)[0, 1] == pytest.approx(2.0, abs=1e-5)
    assert not found[2].any()
    assert not signs[2:].any()
    tokens, tokenizer = tokens_of(["the"], tmp_path)
    nothing = word_vectors(tokens, tokenizer, 4, 1)
    assert not nothing.vectors.any()
    assert not nothing.counted.any()


def test_company_makes_words_alike(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    groups = [[f"{place}{chr(97 + k)}" for k in range(20)] for place in ("farm", "sea", "town", "school")]
    texts = [" ".join(generator.choice(groups[k % 4], 6)) for k in range(2000)]
    tokens, tokenizer = tokens_of([*texts, *(["the " * 60] * 5000)], tmp_path)
    found = word_vectors(tokens, tokenizer, 8, 1)
    ids = np.array([[int(tokenizer.encode(word).ids[0]) for word in group] for group in groups])
    assert found.counted[ids].all()
    information = (found.vectors * found.signs) @ found.vectors.T
    inside = np.mean([information[np.ix_(group, group)].mean() for group in ids])
    across = information[np.ix_(ids[0], ids[1])].mean()
    assert inside == pytest.approx(np.log(4), abs=0.35)
    assert abs(across) < 0.2


def test_saved_vectors_come_back(tmp_path: Path) -> None:
    path = tmp_path / "vectors.safetensors"
    found = CountedVectors(np.eye(3, 2, dtype=np.float32), np.array([1, -1], np.float32), np.array([True, False, True]))
    save_vectors(path, found)
    again = load_vectors(path)
    assert all(np.array_equal(left, right) for left, right in zip(found, again, strict=True))
    assert again.counted.dtype == np.bool_
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(TrainingError, match=r"vectors.safetensors cannot be read"):
        load_vectors(path)
