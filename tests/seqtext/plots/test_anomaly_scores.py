"""The picture of scores of normal lines and of anomalies."""

import numpy as np

from seqtext.plots.anomaly_scores import scores_picture


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
