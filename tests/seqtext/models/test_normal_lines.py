"""What a detector keeps of normal lines: packed and back, damaged, missing."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from seqtext.errors import ModelError
from seqtext.models import normal_lines
from seqtext.models.anomaly_detector import AnomalyDetector
from seqtext.models.normal_lines import NORMAL, pack, unpack
from small_detectors import detector_folder, detector_of


def test_pack_is_undone_by_unpack() -> None:
    value = {"words": ["a", "é", "\x00"], "n": [1.25, 3]}
    assert unpack(pack(value)) == value


def good() -> np.ndarray:
    return detector_folder("word").weights[NORMAL]


def counted(**change: Any) -> np.ndarray:
    return pack({**unpack(good()), **change})


@pytest.mark.parametrize(
    "damage",
    [
        lambda: np.append(good()[:30], 255 - good()[30:]),
        lambda: good()[:-5],
        lambda: good() + 0.5,
        lambda: good() + 300,
        lambda: good()[None],
        lambda: pack([1]),
        lambda: pack({}),
        lambda: pack({"much": "0" * 10_000}),
        lambda: counted(held_out=[[1, 2]]),
        lambda: counted(held_out=[[1, 2, 3], [1]]),
        lambda: counted(held_out=[[1, 2, math.nan]]),
        lambda: counted(held_out=[[1, 2, 10**400]]),
        lambda: counted(held_out=[]),
        lambda: counted(usual=[3]),
        lambda: counted(varied=None),
        lambda: counted(largest=[]),
        lambda: counted(largest={"size of ": -1}),
        lambda: counted(largest={"size of ": "9"}),
        lambda: counted(counting=[]),
    ],
)
def test_damaged_counts_are_refused(damage, monkeypatch) -> None:
    array = damage()
    monkeypatch.setattr(normal_lines, "_UNPACKED", 5_000)
    contents = detector_folder("word")
    with pytest.raises(ModelError, match=r"damaged|cut off"):
        AnomalyDetector(replace(contents, weights={**contents.weights, NORMAL: array}))


def test_more_counts_than_are_accepted_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normal_lines, "_PACKED", len(good()) - 1)
    monkeypatch.setattr(normal_lines, "unpack", None)
    with pytest.raises(ModelError, match=r"The counts of normal lines in the weights are damaged \(shape"):
        detector_of()


def test_missing_counts_are_refused() -> None:
    contents = detector_folder("word")
    weights = {name: array for name, array in contents.weights.items() if name != NORMAL}
    with pytest.raises(ModelError, match="no array 'normal'"):
        AnomalyDetector(replace(contents, weights=weights))
