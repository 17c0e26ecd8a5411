"""Pack a detector's facts on normal lines into an array of weights.

The facts are word counts, masks and scores of held-out lines.
"""

import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtext.models.log_lines import DigitMask
from seqtext.models.log_masks import LogMask
from seqtext.storage.atomic import damaged
from seqtext.storage.weights import shapes_of

NORMAL = "normal"  # name of the array in the weights
_UNPACKED, _PACKED = 1 << 27, 1 << 25  # bytes

Rows = NDArray[np.float64]  # (lines, 3): surprisal, distance, rarity


def counted_in(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Unpack the counts from the weights of a folder; raises ModelError."""
    if NORMAL not in weights:
        raise damaged(f"The weights hold no array {NORMAL!r}, the counts of normal lines.")
    shape = shapes_of(weights)[NORMAL]
    if len(shape) != 1 or shape[0] > _PACKED:
        raise damaged(f"The counts of normal lines in the weights are damaged (shape {shape}).")
    return unpack(weights[NORMAL])


def mask_of(counted: Mapping[str, Any]) -> LogMask | DigitMask:
    """Make the mask of a model; raises ModelError.

    A model from before stand-ins, without "varied", gets a `DigitMask`.
    """
    if "varied" in counted:
        return LogMask.from_facts(counted)
    usual = counted.get("usual")
    if not isinstance(usual, list) or not all(isinstance(number, str) for number in usual):
        raise damaged("The counts of normal lines in the weights are damaged.")
    return DigitMask(usual)


def pack(counted: Mapping[str, Any]) -> NDArray[np.float32]:
    """Pack counts as compressed JSON, (bytes,).

    Values from 0 to 255 are stored exactly in every precision.
    """
    data = zlib.compress(json.dumps(counted, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"), 9)
    return np.frombuffer(data, np.uint8).astype(np.float32)


def unpack(array: NDArray[np.float32]) -> dict[str, Any]:
    """Unpack an array that `pack` made, (bytes,). Raises ModelError for a damaged one."""
    try:
        with np.errstate(invalid="ignore"):  # the comparison detects values that are not bytes
            packed = array.astype(np.uint8)
        if array.ndim != 1 or not np.array_equal(array, packed):
            raise ValueError("not bytes")
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(packed.tobytes(), _UNPACKED)
        value = json.loads(data.decode()) if unpacker.eof else None
    except (ValueError, RecursionError, zlib.error) as error:
        raise damaged(f"The counts of normal lines in the weights are damaged ({error}).") from error
    if not isinstance(value, dict):
        raise damaged("The counts of normal lines in the weights are cut off.")
    return value


def rows_from(value: object) -> Rows:
    """Convert plain data to held-out evidence, (lines, 3).

    Raises ModelError unless it has rows of three finite numbers.
    """
    try:
        rows = np.array(value, np.float64)
    except (ValueError, TypeError, OverflowError):
        rows = np.zeros(0)
    if rows.ndim != 2 or rows.shape[1] != 3 or not len(rows) or not np.isfinite(rows).all():
        raise damaged("The scores of held-out lines in the weights are damaged.")
    return rows
