"""The picture of scores of normal lines and of anomalies."""

import doctest

import numpy as np
import pytest

from seqtext.evaluation.metrics import auroc
from seqtext.plots import anomaly_scores
from seqtext.plots.anomaly_scores import roc_curve, scores_picture


def labels(path) -> str:
    return path.read_text(encoding="utf-8")


def test_shares_above_the_threshold_are_named(tmp_path) -> None:
    normal, odd = np.array([0.1, 0.2, 0.3, 5.0]), np.array([6.0, np.inf])
    scores_picture(normal, odd, 1.0, tmp_path / "a.svg")
    drawn = labels(tmp_path / "a.svg")
    assert "normal: 4 lines, 25.0% above" in drawn
    assert "anomalies: 2 lines, 100.0% above" in drawn
    assert "threshold 1" in drawn


def test_scores_that_are_all_alike_are_drawn(tmp_path) -> None:
    scores_picture(np.zeros(3), np.zeros(2), 0.0, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_examples() -> None:
    assert doctest.testmod(anomaly_scores).failed == 0


def test_the_area_below_the_curve_is_the_auroc() -> None:
    drawn = np.random.default_rng(1)
    normal, odd = drawn.integers(0, 9, 300).astype(float), drawn.integers(3, 12, 40).astype(float)
    alarms, found = roc_curve(normal, odd)
    assert float((np.diff(alarms) * (found[1:] + found[:-1]) / 2).sum()) == pytest.approx(auroc(normal, odd))


def test_what_stands_beside_it_is_named_with_its_area(tmp_path) -> None:
    normal, odd = np.array([0.0, 1.0]), np.array([1.0, np.nan])
    scores_picture(normal, odd, 0.5, tmp_path / "a.svg", {"counting alone": (odd, normal)})
    drawn = labels(tmp_path / "a.svg")
    assert "<!-- model: AUROC 0.875 -->" in drawn
    assert "<!-- counting alone: AUROC 0.125 -->" in drawn
