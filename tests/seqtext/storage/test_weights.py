"""Weights files: exact round trips, every false header named, no number that is not finite let in."""

import json
import struct
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from seqtext.errors import ConfigError, ModelError
from seqtext.storage import weights
from seqtext.storage.weights import StoredWeights, check_shapes, pack_weights, read_header


def read_weights(path: Path) -> dict[str, Any]:
    with FileIO(path) as file:
        return StoredWeights(file, path).whole()


def store(path: Path, arrays: dict[str, Any], precision: str = "fp16") -> dict[str, Any]:
    """Write the arrays to a file and read them back."""
    path.write_bytes(pack_weights(arrays, precision))
    return read_weights(path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A small weights file."""
    path = tmp_path / "weights.safetensors"
    path.write_bytes(pack_weights({"matrix": np.ones((7, 5), np.float32), "bias": np.ones(3, np.float32)}, "fp16"))
    return path


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=3, max_size=3).map(tuple), min_size=1, max_size=4
    ),
)
def test_int8_is_within_half_a_step_of_its_row(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    matrix = np.array(rows, np.float32)
    scale = np.abs(matrix.astype(np.float64)).max(axis=1, keepdims=True) / 127
    read = store(tmp_path_factory.mktemp("int8") / "file", {"matrix": matrix}, "int8")["matrix"]
    error = np.abs(read.astype(np.float64) - matrix)
    assert (error <= scale * 0.50001 + 2e-43).all()  # subnormal scales are rounded themselves


def test_int8_of_numbers_too_small_for_a_scale_keeps_their_signs(tmp_path: Path) -> None:
    matrix = np.array([[1.9e-43, -1.9e-43], [1e-45, -1e-45]], np.float32)  # 136 and 1 of the smallest steps
    read = store(tmp_path / "file", {"matrix": matrix}, "int8")["matrix"]
    assert (np.sign(read[0]) == [1, -1]).all()
    assert (read[1] == 0).all()


def test_int8_on_disk() -> None:
    matrix = np.array([[127, -63.5, 1], [0, 0, 0], [-0.254, 0.002, 0.001]], np.float32)
    stored = safetensors.numpy.load(pack_weights({"matrix": matrix, "bias": np.ones(2, np.float32)}, "int8"))
    assert stored["matrix"].dtype == np.int8
    assert stored["matrix"].tolist() == [[127, -64, 1], [0, 0, 0], [-127, 1, 0]]
    np.testing.assert_allclose(stored["matrix.scale"], [1, 0, 0.002], rtol=1e-6)
    assert stored["bias"].dtype == np.float32


@pytest.mark.parametrize("shape", [(), (1,), (300_000,), (1000, 300), (300, 1000), (1, 600_000), (2, 3, 4)])
@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_every_shape_longer_than_a_block(tmp_path: Path, shape: tuple[int, ...], precision: str) -> None:
    values = (np.arange(int(np.prod(shape, dtype=int))) % 255 - 127).astype(np.float32).reshape(shape)
    if values.ndim > 1:
        values.reshape(len(values), -1)[:, 0] = 127  # so that every row's scale is 1 and int8 is exact
    read = store(tmp_path / "file", {"array": values}, precision)["array"]
    assert read.dtype == np.float32
    assert read.flags.writeable
    assert read.shape == shape
    assert np.array_equal(read, values)


def test_fortran_order_float64_and_subnormal_halves(tmp_path: Path) -> None:
    matrix = np.asfortranarray(np.arange(6, dtype=np.float64).reshape(2, 3))
    tiny = np.array([2.0**-24, 2.0**-14, -65504], np.float32)
    read = store(tmp_path / "file", {"matrix": matrix, "tiny": tiny})
    assert read["matrix"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert read["tiny"].tolist() == tiny.tolist()


def test_a_file_that_safetensors_wrote_elsewhere_is_read(file: Path) -> None:
    arrays = {"half": np.ones((2, 2), np.float16), "whole": np.arange(3, dtype=np.float32)}
    safetensors.numpy.save_file(arrays, file, metadata={"format": "np"})
    read = read_weights(file)
    assert {name: array.tolist() for name, array in read.items()} == {"half": [[1, 1], [1, 1]], "whole": [0, 1, 2]}


@pytest.mark.parametrize(
    ("array", "precision", "message"),
    [
        ([1, 65505], "fp16", "array 'x' holds 65505; fp16 holds finite numbers up to 65504."),
        ([1, -1e9], "fp16", "array 'x' holds 1e+09; fp16 holds finite numbers up to 65504."),
        ([1, np.nan], "fp32", "array 'x' holds nan; fp32 holds finite numbers up to 3.40282e+38."),
        ([1, -np.inf], "int8", "array 'x' holds inf; int8 holds finite numbers up to 3e+38."),
        ([[3.3e38, np.nan]], "int8", "array 'x' holds nan; int8 holds finite numbers up to 3e+38."),
        ([[3.3e38, 1]], "int8", "array 'x' holds 3.3e+38; int8 holds finite numbers up to 3e+38."),
        (
            [],
            "fp16",
            "array 'x' of shape (0,) cannot be stored: it is empty, or its name ends in one of .scale, .nibbles, "
            ".codes, .codebook, .kept.",
        ),
    ],
)
def test_weights_that_cannot_be_stored(array: list[float], precision: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        pack_weights({"x": np.array(array, np.float32)}, precision)
    assert caught.value.message == message


def test_unknown_precision() -> None:
    with pytest.raises(ConfigError, match="precision received 'fp8'; accepted are fp32, fp16, int8"):
        pack_weights({}, "fp8")


def test_every_truncation_of_the_weights_is_named(file: Path) -> None:
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(ModelError, match=r"weights\.safetensors is damaged"):
            read_weights(file)
    file.write_bytes(whole + b"\0")
    with pytest.raises(ModelError, match=r"is damaged: it has [\d,]+ bytes, its arrays need [\d,]+\."):
        read_weights(file)


def raw_weights(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype: Any = "F32", shape: Any = (2,), offsets: Any = (0, 8)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"{", "is damaged: "),
        (b"\xff\xfe", "is damaged: "),
        (b"[" * 100_000, "is damaged: "),
        ([], "is damaged: "),
        ({"x": 3}, "is damaged: "),
        ({"x": {"dtype": "F32"}}, "is damaged: "),
        ({"x": entry("BF16")}, "array 'x' is stored as BF16; accepted are F32, F16, I8, U8."),
        ({"x": entry(["F32"])}, "is damaged: "),
        ({"x": entry("F64", (1,))}, "array 'x' is stored as F64; accepted are F32, F16, I8, U8."),
        ({"x": entry(shape=(0,), offsets=(0, 0))}, "is damaged: array 'x' has shape [0]."),
        ({"x": entry(shape=(-2,))}, "is damaged: array 'x' has shape [-2]."),
        ({"x": entry(shape=(2.0,))}, "is damaged: array 'x' has shape [2.0]."),
        ({"x": entry(shape=(True, 2))}, "is damaged: array 'x' has shape [True, 2]."),
        ({"x": entry(shape=(1,) * 9 + (2,))}, "is damaged: array 'x' has shape [1, 1,"),
        ({"x": entry(shape=(2**40, 2**40))}, "is damaged: array 'x' is not where it should be."),
        ({"x": entry(shape=2)}, "is damaged: "),
        ({"x": entry(offsets=(0, 8, 16))}, "is damaged: "),
        ({"x": entry(offsets=("0", "8"))}, "is damaged: array 'x' is not where it should be."),
        ({"x": entry(offsets=(4, 8))}, "is damaged: array 'x' is not where it should be."),
        ({"x": entry(offsets=(-8, 0))}, "is damaged: array 'x' is not where it should be."),
        ({"x": entry(shape=(1,), offsets=(4, 8))}, "is damaged: array 'x' is not where it should be."),
        ({"x": entry(), "y": entry()}, "is damaged: array 'y' is not where it should be."),
        ({}, "is damaged: it has 18 bytes, its arrays need 10."),
        ({"x": entry("I8", (2, 4))}, "int8 array 'x' of shape (2, 4) has no fitting scale."),
        ({"x.scale": entry()}, "array 'x.scale' is a scale without its int8 matrix."),
        ({"x.scale": entry("I8", (8,))}, "array 'x.scale' is a scale without its int8 matrix."),
        ({"x": entry(shape=(1,), offsets=(0, 4)), "x.scale": entry(shape=(1,), offsets=(4, 8))}, "is a scale without"),
        ({"x": entry("I8", (4,), (0, 4)), "x.scale": entry(shape=(1,), offsets=(4, 8))}, "has no fitting scale."),
        ({"x": entry("I8", (2, 2), (0, 4)), "x.scale": entry(shape=(1,), offsets=(4, 8))}, "has no fitting scale."),
        ({"x": entry("I8", (2, 2), (0, 4)), "x.scale": entry("F16", (2,), (4, 8))}, "has no fitting scale."),
    ],
)
def test_false_headers(file: Path, header: Any, message: str) -> None:
    file.write_bytes(raw_weights(header, bytes(8)))
    with pytest.raises(ModelError) as caught:
        read_weights(file)
    assert message in caught.value.message
    assert str(file) in caught.value.message


@pytest.mark.parametrize(
    "arrays",
    [
        {"x": np.array([1, np.nan], np.float32)},
        {"x": np.array([[1, np.inf]], np.float16)},
        {"x": np.ones((1, 2), np.int8), "x.scale": np.array([np.nan], np.float32)},
        {"x": np.full((1, 2), 127, np.int8), "x.scale": np.array([3e38], np.float32)},
    ],
)
def test_weights_that_are_not_finite(file: Path, arrays: dict[str, Any]) -> None:
    safetensors.numpy.save_file(arrays, file)
    with pytest.raises(ModelError, match=r"array 'x(\.scale)?' holds numbers that are not finite"):
        read_weights(file)


def test_weights_that_do_not_fit_into_memory(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(weights.np, "empty", full)
    with pytest.raises(ModelError, match=r"weights\.safetensors does not fit into memory"):
        read_weights(file)


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"a": (2, 3), "b": (1,)}, "array 'a' has shape (3, 2), expected is (2, 3)."),
        ({"a": (3, 2), "b": (1,), "c": (4,)}, "array 'c' is missing, expected is shape (4,)."),
        ({"a": (3, 2)}, "array 'b' of shape (1,) is not expected."),
        ({"a": (3,), "c": (1,)}, "array 'a' has shape (3, 2), expected is (3,) (2 more differ)."),
    ],
)
def test_check_shapes(expected: dict[str, tuple[int, ...]], message: str) -> None:
    arrays = {"a": np.ones((3, 2), np.float32), "b": np.ones(1, np.float32)}
    check_shapes(arrays, {"a": (3, 2), "b": (1,)})
    with pytest.raises(ModelError) as caught:
        check_shapes(arrays, expected)
    assert caught.value.message == f"The weights do not fit the config: {message}"


TWICE = b'{"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, '


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (TWICE + TWICE[1:-2] + b"}", "is damaged: a name comes twice in its header."),
        (TWICE[:-3] + b', "shape": [2]}}', "is damaged: a name comes twice in its header."),
        (b" " * (1 << 20) + b"{}", "is damaged: its header is cut off or too long."),
        (b'{"x":' * 90_000, "is damaged: "),
        (b'{"x": {"dtype": "F32", "shape": [' + b"9" * 5000 + b'], "data_offsets": [0, 8]}}', "is damaged: "),
        (b'{"x": {"dtype": "F32", "shape": [2], "data_offsets": [NaN, 8]}}', "is damaged: array 'x' is not where"),
    ],
)
def test_headers_that_json_alone_would_let_through(file: Path, header: bytes, message: str) -> None:
    file.write_bytes(raw_weights(header, bytes(8)))
    with pytest.raises(ModelError) as caught:
        read_weights(file)
    assert message in caught.value.message
    assert len(caught.value.message) < 1000


def test_arrays_are_read_when_they_are_asked_for(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, names = weights._read_array, []
    monkeypatch.setattr(
        weights,
        "_read_array",
        lambda *args: names.append(args[2]) or real(*args),  # type: ignore[func-returns-value]
    )
    with FileIO(file) as opened:
        stored = StoredWeights(opened, file)
        rest = stored.without("bias")
        assert (len(stored), "bias" in stored, "bias" in rest, stored.get("none")) == (2, True, False, None)
        assert check_shapes(rest, {"matrix": (7, 5)})["matrix"].sum() == 35
        assert names == ["matrix"]
        assert stored.whole().keys() == {"matrix", "bias"}
        assert names == ["matrix", "bias"]


def test_more_than_the_machine_holds_is_not_begun(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_memory", lambda: 4.0 * (7 * 5 + 3) - 1)
    monkeypatch.setattr(weights, "_read_array", None)
    with pytest.raises(ModelError, match=r"weights\.safetensors does not fit into memory"):
        read_weights(file)


def test_read_header_reads_no_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(pack_weights({"matrix": np.ones((2, 3), np.float32), "bias": np.ones(3, np.float32)}, "int8"))
    monkeypatch.setattr(weights, "_read_array", None)
    with FileIO(path) as file:
        found = read_header(file, path)
    assert {name: (array.dtype.name, array.shape, array.size) for name, array in found.items()} == {
        "matrix": ("int8", (2, 3), 6),
        "matrix.scale": ("float32", (2,), 8),
        "bias": ("float32", (3,), 12),
    }
