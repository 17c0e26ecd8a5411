"""Store a model's weights as one safetensors file.

They are read without trusting them, and held to the expected shapes. It is read by hand, not by the safetensors
library: shapes are held to the config before any array is read, and integers become floats block by block. So a cold
load takes half the time of that library and a conversion (22 ms against 49, 2 cores), and the process peaks at 15 %
less memory.
"""

import json
import math
import os
from collections.abc import Iterator, Mapping
from copy import copy
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqtext.errors import ConfigError, ModelError, argument
from seqtext.storage.atomic import damaged, unreadable
from seqtext.storage.packing import CODEWORDS, Codes, Nibbles, bitmap_of, kept_rows, quantize, to_nibbles

#: The precisions weights are stored in and the largest magnitude each can hold (int8: its scale times 127).
STORAGE = {"fp32": float(np.finfo(np.float32).max), "fp16": 65504.0, "int8": 3e38}

DOUBT_TABLE = "doubt.table"  # see `seqtext.networks.doubt`
#: Arrays beside a network's weights that are stored as int8, with a scale for each row, at every precision.
COARSE = (DOUBT_TABLE,)

#: Tables of hashed n-grams, most of whose buckets may be unused: their rows of zeros are left out.
SPARSE = ("wide.weight", "pairs.weight", "idf")
#: Prefix of the forms whose codewords all columns share; the number of columns to a code follows, as in shared4.
SHARED_CODES = "shared"
#: Suffixes of arrays that belong to another array, by whose name they begin.
_ENDINGS = (".scale", ".nibbles", ".codes", ".codebook", ".kept")

_DTYPES: dict[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "I8": np.dtype("i1"), "U8": np.dtype("u1"),
}  # fmt: skip
_LONGEST_HEADER = 1 << 20  # bytes: thousands of arrays
_BLOCK = 1 << 16  # elements converted at once: the block stays in the processor's cache


def pack_weights(
    weights: Mapping[str, NDArray[np.float32]], precision: str, forms: Mapping[str, str | int] | None = None
) -> bytes:
    """Pack arrays into a safetensors file.

    Raises ConfigError for an unknown precision, and ModelError for weights that cannot be stored.

    int8: value = quantized * scale of its row, with scale = max|row| / 127.

    forms: how single arrays are stored: a precision; "int4", for an even number of columns; or the number of columns
    of a matrix that share a code, as in 4 or, where all columns have the same codewords, "shared4", see
    `seqtext.storage.packing.quantize`. Of a table in SPARSE, rows of zeros may be left out; `StoredWeights` has them.
    """
    from safetensors.numpy import save  # takes 5 ms, and only training writes weights

    if precision not in STORAGE:
        raise ConfigError(f"precision received {precision!r}; accepted are {', '.join(STORAGE)}.", "fp16")
    stored: dict[str, NDArray[Any]] = {}
    for name, array in weights.items():
        form = (forms or {}).get(name, precision)
        values = _checked(name, array, str(form) if form in STORAGE else "fp16")
        if name in SPARSE and (bitmap := bitmap_of(values)) is not None:
            stored[f"{name}.kept"] = bitmap
            values = values[kept_rows(bitmap)]
        stored |= _packed(name, values, form)
    return save(stored)


def _packed(name: str, values: NDArray[np.float32], form: str | int) -> dict[str, NDArray[Any]]:
    """An array as it is stored: itself, or what it is made of again."""
    if isinstance(form, int) or form.startswith(SHARED_CODES):
        width = int(str(form).removeprefix(SHARED_CODES))
        codes, codebook = quantize(values, width, shared=isinstance(form, str))
        return {f"{name}.codes": codes, f"{name}.codebook": codebook.astype(np.float16)}
    if form == "int4":
        nibbles = to_nibbles(values)
        return {f"{name}.nibbles": nibbles.packed, f"{name}.scale": nibbles.scale}
    if (form == "int8" or name in COARSE) and values.ndim > 1:
        rows = values.reshape(len(values), -1)
        scale = np.abs(rows).max(axis=1) / np.float32(127)  # (rows,)
        rows = np.clip(np.rint(rows / np.where(scale > 0, scale, 1)[:, None]), -127, 127)
        return {name: rows.astype(np.int8).reshape(values.shape), f"{name}.scale": scale}
    return {name: values.astype(np.float16) if form == "fp16" else values}


def _checked(name: str, array: NDArray[np.float32], precision: str) -> NDArray[np.float32]:
    """The array as float32; raises ModelError where it cannot be stored."""
    if name.endswith(_ENDINGS) or not array.size:
        raise ModelError(
            f"array {name!r} of shape {array.shape} cannot be stored: it is empty, or its name ends in one of "
            f"{', '.join(_ENDINGS)}.",
            "rename the array, or leave it out",
        )
    with np.errstate(all="ignore"):
        values: NDArray[np.float32] = array.astype(np.float32, order="C")
    peak = float(np.maximum(values.max(), -values.min()))
    if not peak <= STORAGE[precision]:
        raise ModelError(
            f"array {name!r} holds {peak:g}; {precision} holds finite numbers up to {STORAGE[precision]:g}.",
            "store it as fp32" if math.isfinite(peak) else f"train with a lower {argument('learning_rate')}",
        )
    return values


class StoredArray(NamedTuple):
    """Hold the dtype, shape and place of a stored array."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int  # its first byte in the file

    @property
    def size(self) -> int:
        """Return the size of the array in the file, in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: FileIO, path: Path) -> dict[str, StoredArray]:
    """Read the header of a safetensors file: its arrays by name.

    The file has eight bytes of length, that many bytes of JSON, then the arrays without a gap. Raises ModelError where
    it does not fit.
    """
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    position = 8 + length
    if size < 8 or position > size or length > _LONGEST_HEADER:
        raise damaged(f"{path} is damaged: its header is cut off or too long.")
    arrays: dict[str, StoredArray] = {}
    try:
        header = json.loads(file.read(length).decode(), object_pairs_hook=_once)
        header.pop("__metadata__", None)
        entries = [(*entry["data_offsets"], name, entry["dtype"], entry["shape"]) for name, entry in header.items()]
        for start, stop, name, dtype, shape in sorted(entries, key=lambda entry: (entry[0], entry[1])):
            if dtype not in _DTYPES:
                raise damaged(f"{path}: array {name!r} is stored as {dtype:.20}; accepted are {', '.join(_DTYPES)}.")
            if len(shape) > 8 or not all(type(number) is int and number > 0 for number in shape):
                raise ValueError(f"array {name!r} has shape {shape!s:.200}")
            arrays[name] = StoredArray(_DTYPES[dtype], tuple(shape), position)
            if (start, stop) != (position - 8 - length, position - 8 - length + arrays[name].size):
                raise ValueError(f"array {name!r} is not where it should be")
            position += arrays[name].size
        if position != size:
            raise ValueError(f"it has {size:,} bytes, its arrays need {position:,}")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise damaged(f"{path} is damaged: {error}.") from error
    return arrays


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build a JSON object from pairs.

    Raises ValueError if a name comes twice, because only the last value would count.
    """
    unique = dict(pairs)
    if len(unique) < len(pairs):
        raise ValueError("a name comes twice in its header")
    return unique


class StoredWeights(Mapping[str, NDArray[np.float32]]):
    """Map names to the float32 arrays of an open weights file.

    Each array is read when it is first asked for.

    shapes: of every array, known before any is read. Raises ModelError for a header that does not fit the file.
    """

    def __init__(self, file: FileIO, path: Path) -> None:
        self._path = path
        self._file: FileIO | None = file
        try:
            self._stored = read_header(file, path)
        except OSError as error:
            raise unreadable(path, error) from error
        self._read: dict[str, NDArray[np.float32]] = {}
        self.shapes = _whole_shapes(self._stored, path)

    @property
    def dtypes(self) -> dict[str, np.dtype[Any]]:
        """Return the stored dtype of each array."""
        return {name: self._stored[self._part(name)].dtype for name in self.shapes}

    def _part(self, name: str) -> str:
        """The name of what an array is decoded from; its own where it is stored as it is."""
        return next((one for one in (f"{name}.codes", f"{name}.nibbles") if one in self._stored), name)

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        if name not in self._read:
            self._read[name] = self._array(name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def __len__(self) -> int:
        return len(self.shapes)

    def __contains__(self, name: object) -> bool:
        return name in self.shapes  # Mapping's own __contains__ would read the array

    def _array(self, name: str) -> NDArray[np.float32]:
        try:
            values = self._decoded(name)
            if f"{name}.kept" not in self._stored:
                return values
            rows = kept_rows(self._plain(f"{name}.kept").astype(np.uint8))
            if len(rows) != len(values):
                raise damaged(
                    f"{self._path}: array {name!r} has {len(values):,} rows, of which {len(rows):,} are kept."
                )
            whole = np.zeros(self.shapes[name], np.float32)
            whole[rows] = values
            return whole
        except OSError as error:
            raise unreadable(self._path, error) from error
        except MemoryError as error:
            raise _too_large(self._path) from error

    def _plain(self, name: str) -> NDArray[np.float32]:
        assert self._file is not None
        stored, scale = self._stored[name], None
        if stored.dtype == np.int8:
            scale = _read_array(self._file, self._path, f"{name}.scale", self._stored[f"{name}.scale"])
        return _read_array(self._file, self._path, name, stored, scale)

    def _decoded(self, name: str) -> NDArray[np.float32]:
        stored_name = self._part(name)
        if stored_name.endswith(".codes"):
            return Codes(self._plain(stored_name).astype(np.uint8), self._plain(f"{name}.codebook")).matrix()
        if stored_name.endswith(".nibbles"):
            return Nibbles(self._plain(stored_name).astype(np.uint8), self._plain(f"{name}.scale")).matrix()
        return self._plain(name)

    def whole(self) -> dict[str, NDArray[np.float32]]:
        """Read all arrays.

        Raises ModelError, before any is read, where they need more memory than the machine has.
        """
        if 4 * sum(map(math.prod, self.shapes.values())) > _memory():
            raise _too_large(self._path)
        arrays = {name: self[name] for name in self}
        self._file = None  # all is read; an open file would keep the model from being pickled
        return arrays

    def without(self, name: str) -> "StoredWeights":
        """Return all other arrays, without reading them."""
        rest = copy(self)
        rest.shapes = {other: shape for other, shape in self.shapes.items() if other != name}
        return rest


def _whole_shapes(arrays: Mapping[str, StoredArray], path: Path) -> dict[str, tuple[int, ...]]:
    """The shape of each array as it is once it is read; raises ModelError where its parts do not fit together."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, stored in arrays.items():
        owner, ending = name.rpartition(".")[0], f".{name.rpartition('.')[2]}"
        if ending == ".scale":
            matrix = arrays.get(f"{owner}.nibbles", arrays.get(owner))
            if matrix is None or matrix.dtype not in (np.int8, np.uint8):
                raise damaged(f"{path}: array {name!r} is a scale without its int8 matrix.")
        elif ending == ".nibbles":
            shapes[owner] = _nibbles_shape(owner, stored, arrays, path)
        elif ending == ".codes":
            shapes[owner] = _coded_shape(owner, stored, arrays, path)
        elif ending == ".codebook":
            if f"{owner}.codes" not in arrays:
                raise damaged(f"{path}: array {name!r} is a codebook without its codes.")
        elif ending != ".kept":
            _check_plain(name, stored, arrays, path)
            shapes[name] = stored.shape
    for name in (name for name in arrays if name.endswith(".kept")):
        owner = name.removesuffix(".kept")
        shapes[owner] = _kept_shape(name, shapes.get(owner, ()), arrays[name], path)
    return shapes


def _check_plain(name: str, stored: StoredArray, arrays: Mapping[str, StoredArray], path: Path) -> None:
    """Hold an int8 matrix to its scale; raises ModelError, also for bytes that are not codes."""
    if stored.dtype == np.uint8 or f"{name}.codes" in arrays or f"{name}.nibbles" in arrays:
        raise damaged(f"{path}: array {name!r} holds bytes where numbers are expected, or stands beside its codes.")
    if stored.dtype == np.int8:
        scale = arrays.get(f"{name}.scale")
        if len(stored.shape) < 2 or scale is None or scale[:2] != (_DTYPES["F32"], stored.shape[:1]):
            raise damaged(f"{path}: int8 array {name!r} of shape {stored.shape} has no fitting scale.")


def _nibbles_shape(name: str, nibbles: StoredArray, arrays: Mapping[str, StoredArray], path: Path) -> tuple[int, ...]:
    scale = arrays.get(f"{name}.scale")
    good = nibbles.dtype == np.uint8 and len(nibbles.shape) > 1 and f"{name}.codes" not in arrays
    if not good or scale is None or scale[:2] != (_DTYPES["F32"], nibbles.shape[:1]):
        raise damaged(f"{path}: int4 array {name!r} of shape {nibbles.shape} has no fitting scale.")
    return nibbles.shape[0], 2 * nibbles.shape[1], *nibbles.shape[2:]


def _coded_shape(name: str, codes: StoredArray, arrays: Mapping[str, StoredArray], path: Path) -> tuple[int, ...]:
    book = arrays.get(f"{name}.codebook")
    good = codes.dtype == np.uint8 and len(codes.shape) == 2 and book is not None and len(book.shape) == 2
    books = (CODEWORDS, CODEWORDS * codes.shape[-1])
    if not good or book is None or book.dtype.kind != "f" or book.shape[0] not in books:
        raise damaged(f"{path}: the codes of array {name!r}, of shape {codes.shape}, have no fitting codebook.")
    return codes.shape[0], codes.shape[1] * book.shape[1]


def _kept_shape(name: str, rows: tuple[int, ...], bitmap: StoredArray, path: Path) -> tuple[int, ...]:
    if bitmap.dtype != np.uint8 or len(bitmap.shape) != 1 or not rows or rows[0] > 8 * bitmap.shape[0]:
        raise damaged(f"{path}: array {name!r} of shape {bitmap.shape} tells the rows of no matrix.")
    return 8 * bitmap.shape[0], *rows[1:]


def _memory() -> float:
    """Bytes of the machine's memory, infinite where the system does not tell."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return math.inf


def _too_large(path: Path) -> ModelError:
    return ModelError(f"{path} does not fit into memory.", "close other programs, or take a smaller model")


def _read_array(
    file: FileIO, path: Path, name: str, stored: StoredArray, scale: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Read and convert block by block, so that the file's bytes are never in memory as a whole."""
    array = np.empty(stored.shape, np.float32)
    rows = array.reshape(-1) if scale is None else array.reshape(len(array), -1)
    step = max(1, _BLOCK * len(rows) // array.size)
    block = np.empty((min(step, len(rows)), *rows.shape[1:]), stored.dtype)
    file.seek(stored.start)
    # Eight bits times a scale that is finite are finite; a check of each number would take a fifth of the time.
    finite = scale is not None and bool(np.abs(scale).max() <= STORAGE["fp32"] / 128)
    with np.errstate(all="ignore"):
        for first in range(0, len(rows), step):
            target, chunk = rows[first : first + step], block[: len(rows) - first]
            if file.readinto(chunk.data) != chunk.nbytes:
                raise damaged(f"{path} is damaged: it ends within array {name!r}.")
            target[...] = chunk
            if scale is not None:  # apart from the conversion, which takes a third longer inside a product
                target *= scale[first : first + step, None]
            if not finite and not np.isfinite(target).all():
                raise damaged(f"{path}: array {name!r} holds numbers that are not finite.")
    return array


def shapes_of(weights: Mapping[str, NDArray[np.float32]]) -> dict[str, tuple[int, ...]]:
    """Return the shape of each array, without reading it from a file."""
    if isinstance(weights, StoredWeights):
        return weights.shapes
    return {name: array.shape for name, array in weights.items()}


def without(weights: Mapping[str, NDArray[np.float32]], name: str) -> Mapping[str, NDArray[np.float32]]:
    """Drop an array, without reading the others from a file."""
    if isinstance(weights, StoredWeights):
        return weights.without(name)
    return {other: array for other, array in weights.items() if other != name}


def check_shapes(
    weights: Mapping[str, NDArray[np.float32]], expected: Mapping[str, tuple[int, ...]]
) -> dict[str, NDArray[np.float32]]:
    """Check names and shapes of arrays against a config, then read them.

    Returns all arrays. Raises one ModelError for all that differ.
    """
    shapes, wrong = shapes_of(weights), []
    for name in sorted({*shapes, *expected}):
        if name not in shapes:
            wrong.append(f"array {name!r} is missing, expected is shape {expected[name]}")
        elif name not in expected:
            wrong.append(f"array {name!r} of shape {shapes[name]} is not expected")
        elif shapes[name] != tuple(expected[name]):
            wrong.append(f"array {name!r} has shape {shapes[name]}, expected is {expected[name]}")
    if wrong:
        more = f" ({len(wrong) - 1} more differ)" if len(wrong) > 1 else ""
        raise damaged(f"The weights do not fit the config: {wrong[0]}{more}.")
    return weights.whole() if isinstance(weights, StoredWeights) else dict(weights)
