"""Smaller forms of a matrix."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtext.errors import ModelError
from seqtext.storage.packing import CODEWORDS, bitmap_of, kept_rows, quantize, to_nibbles
from seqtext.storage.weights import pack_weights
from tests.seqtext.storage.test_weights import read_weights

DRAW = np.random.default_rng(1)


def test_rows_of_few_different_parts_come_back_as_they_were() -> None:
    matrix = np.concatenate([np.eye(4, dtype=np.float32)[DRAW.integers(0, 4, 500)] for _ in range(3)], 1)
    codes = quantize(matrix, 4)
    assert codes.codes.shape == (500, 3)
    assert codes.codebook.shape == (3 * CODEWORDS, 4)
    assert np.array_equal(codes.matrix(), matrix)


def test_shared_codewords_are_stored_once(tmp_path: Path) -> None:
    matrix = DRAW.standard_normal((900, 12)).astype(np.float32)
    own, shared = (quantize(matrix, 3, shared=each) for each in (False, True))
    assert own.codebook.shape == (4 * CODEWORDS, 3)
    assert shared.codebook.shape == (CODEWORDS, 3)
    assert shared.codes.shape == own.codes.shape
    (tmp_path / "w").write_bytes(pack_weights({"x": matrix}, "int8", {"x": "shared3"}))
    assert (tmp_path / "w").stat().st_size < 900 * 4 + 2 * 3 * CODEWORDS + 300
    found = read_weights(tmp_path / "w")["x"]
    assert found.shape == matrix.shape
    assert ((found - matrix) ** 2).mean() < 0.06


def test_shorter_runs_of_columns_are_nearer() -> None:
    matrix = DRAW.standard_normal((2000, 8)).astype(np.float32)
    errors = [float(((quantize(matrix, width).matrix() - matrix) ** 2).mean()) for width in (1, 2, 4, 8)]
    assert errors == sorted(errors)
    assert errors[0] < 1e-3
    assert errors[1] < 0.02
    assert errors[3] < 0.5


@pytest.mark.parametrize("draw", [DRAW.uniform, DRAW.laplace])
def test_four_bits_are_nearer_than_rounding_to_the_largest_number(draw: Any) -> None:
    matrix = draw(-1, 1, (50, 40)).astype(np.float32)
    found = to_nibbles(matrix)
    assert found.packed.shape == (50, 20)
    steps = np.abs(matrix).max(1, keepdims=True) / 7
    errors = [((one - matrix) ** 2).mean() for one in (found.matrix(), np.rint(matrix / steps) * steps)]
    assert errors[0] < 0.03 * (matrix**2).mean()
    assert errors[0] <= errors[1]


def test_four_bits_of_zeros_and_of_sixteen_numbers_are_exact() -> None:
    matrix = np.stack([np.zeros(8), np.arange(-7, 1), np.arange(8)]).astype(np.float32)
    assert np.array_equal(to_nibbles(matrix).matrix(), matrix)


@pytest.mark.parametrize("form", ["int8", "int4", 4, "shared2", "shared4"])
def test_what_is_packed_twice_is_as_it_was_packed_once(tmp_path: Path, form: str | int) -> None:
    matrix = DRAW.standard_normal((700, 8)).astype(np.float32)
    found = [{"x": matrix}]
    for number in range(2):
        (tmp_path / "w").write_bytes(pack_weights(found[number], "fp16", {"x": form}))
        found.append(read_weights(tmp_path / "w"))
    assert np.abs(found[2]["x"] - found[1]["x"]).max() < 1e-6


def test_a_single_row() -> None:
    assert np.array_equal(quantize(np.ones((1, 6), np.float32), 3).matrix(), np.ones((1, 6)))


@pytest.mark.parametrize(("kept", "rows", "stored"), [(0, 64, False), (1, 64, True), (48, 64, True), (60, 64, False),
                                                      (1, 63, False)])  # fmt: skip
def test_rows_of_zeros_are_left_out_where_it_pays(kept: int, rows: int, stored: bool) -> None:
    matrix = np.zeros((rows, 3), np.float32)
    matrix[rows - kept :, 1] = 0.5
    found = bitmap_of(matrix)
    assert (found is not None) == stored
    if found is not None:
        assert kept_rows(found).tolist() == list(range(rows - kept, rows))


@pytest.mark.parametrize("form", ["fp32", "fp16", "int8", "int4", 1])
def test_a_sparse_table_on_disk(tmp_path: Path, form: str | int) -> None:
    table = np.zeros((4096, 2), np.float32)
    table[::100] = DRAW.choice([-1.0, 0.25, 1.0], (41, 2))
    packed = pack_weights({"wide.weight": table, "bias": np.ones(2, np.float32)}, "fp16", {"wide.weight": form})
    (tmp_path / "w").write_bytes(packed)
    assert len(packed) < 3000
    assert np.allclose(read_weights(tmp_path / "w")["wide.weight"], table, atol=0.08)


@pytest.mark.parametrize("shape", [(40, 6), (7, 4, 3), (3, 6, 5, 1)])
def test_four_bits_of_more_than_two_dimensions(tmp_path: Path, shape: tuple[int, ...]) -> None:
    values = DRAW.standard_normal(shape).astype(np.float32)
    (tmp_path / "w").write_bytes(pack_weights({"filters": values}, "int8", {"filters": "int4"}))
    found = read_weights(tmp_path / "w")["filters"]
    assert found.shape == shape
    flat = to_nibbles(values.reshape(len(values), -1)).matrix()
    assert np.array_equal(found.reshape(len(values), -1), flat)


@pytest.mark.parametrize("shape", [(40, 6), (7, 4, 3)])
def test_int8_of_more_than_two_dimensions(tmp_path: Path, shape: tuple[int, ...]) -> None:
    values = DRAW.standard_normal(shape).astype(np.float32)
    packed = pack_weights({"filters": values}, "int8")
    (tmp_path / "w").write_bytes(packed)
    found = read_weights(tmp_path / "w")["filters"]
    assert found.shape == shape
    assert np.abs(found - values).max() <= np.abs(values).max() / 250
    assert len(packed) < 2 * values.size + 300


def _stored(tmp_path: Path, arrays: dict[str, np.ndarray]) -> Path:
    import safetensors.numpy

    path = tmp_path / "w"
    path.write_bytes(safetensors.numpy.save(arrays))
    return path


CODES = np.zeros((5, 2), np.uint8)
BOOK = np.zeros((2 * CODEWORDS, 3), np.float16)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x.codes": CODES}, "no fitting codebook"),
        ({"x.codes": CODES, "x.codebook": BOOK[1:]}, "no fitting codebook"),
        ({"x.codes": CODES.astype(np.float32), "x.codebook": BOOK}, "no fitting codebook"),
        ({"x.codes": CODES[:, :, None], "x.codebook": BOOK[:CODEWORDS]}, "no fitting codebook"),
        ({"x.codes": CODES[0], "x.codebook": BOOK}, "no fitting codebook"),
        ({"x.codes": CODES, "x.codebook": np.full_like(BOOK[:CODEWORDS], np.nan)}, "not finite"),
        ({"x.codebook": BOOK}, "without its codes"),
        ({"x.nibbles": CODES}, "no fitting scale"),
        ({"x.nibbles": CODES[0], "x.scale": np.ones(2, np.float32)}, "no fitting scale"),
        ({"x.nibbles": CODES, "x.scale": np.ones(4, np.float32)}, "no fitting scale"),
        ({"x.nibbles": CODES, "x.scale": np.full(5, np.nan, np.float32)}, "not finite"),
        ({"x": BOOK, "x.nibbles": CODES, "x.scale": np.ones(5, np.float32)}, "bytes where numbers are expected"),
        ({"x": CODES}, "bytes where numbers are expected"),
        ({"x": BOOK, "x.codes": CODES, "x.codebook": BOOK}, "bytes where numbers are expected"),
        ({"x.kept": np.ones(2, np.uint8)}, "tells the rows of no matrix"),
        ({"x": BOOK, "x.kept": np.ones(2, np.uint8)}, "tells the rows of no matrix"),
        ({"x": BOOK[:3], "x.kept": np.ones(2, np.uint8)}, "of which 2 are kept"),
        ({"x": BOOK[:3], "x.kept": np.ones((2, 1), np.uint8)}, "tells the rows of no matrix"),
        ({"x.codes": CODES, "x.codebook": np.full_like(BOOK, np.inf)}, "not finite"),
    ],
)
def test_parts_that_do_not_fit(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        read_weights(_stored(tmp_path, arrays))
