"""The scores of a detector on labelled lines, beside counting."""

import math

import numpy as np
import pytest

from seqtext.errors import ConfigError, CorpusError
from seqtext.evaluation.anomaly_detector import measure_detector
from seqtext.models.anomaly_detector import Evidence


class Known:
    """A detector whose evidence is written in the text: "surprisal distance"."""

    threshold, false_alarms = 2.5, 0.25
    held_out = np.array([[1.0, 0.0, 1.0], [2.0, 0.0, 1.0], [2.0, 0.0, 1.0], [3.0, 0.2, 1.0]])

    def evidence(self, texts):
        return [Evidence(float(text.split()[0]), float(text.split()[1]), 1.0, ()) for text in texts]

    def scores(self, rows):
        return rows[:, 0]

    def counted(self, rows):
        return rows[:, 1]


LINES = [("-", "1 0"), ("normal", "2 0"), ("0", "3 0.1"), ("", "0 0"), ("disk", "4 0"), ("net", "2.6 0.3")]


def test_scores_by_hand() -> None:
    found = measure_detector(Known(), LINES)
    baseline = found.pop("baseline")
    assert found == {
        "lines": 6, "anomalies": 2, "false_alarms": 0.25, "threshold": 2.5, "auroc": 7 / 8, "f1": 4 / 5,
        "precision": 2 / 3, "recall": 1.0, "false_positive_rate": 1 / 4, "recall_at_false_alarms": 1.0,
        "intervals": {},  # six lines are too few
    }  # fmt: skip
    assert baseline["threshold"] == 0.0  # one in four held-out lines is above
    assert baseline["recall"] == 0.5
    assert baseline["false_positive_rate"] == 0.25  # 0.1
    assert baseline["auroc"] == pytest.approx((1 * 4 + 1.5) / 8)


def test_another_rate_and_other_labels() -> None:
    found = measure_detector(Known(), LINES, false_alarms=0.0)
    assert (found["false_alarms"], found["recall_at_false_alarms"]) == (0.0, 0.5)
    found = measure_detector(Known(), [("OK ", "1 0"), ("-", "9 0")], normal_labels=["ok"])
    assert (found["anomalies"], found["auroc"]) == (1, 1.0)
    assert measure_detector(Known(), LINES, limit=5)["lines"] == 5


def test_a_normal_label_is_known_however_it_is_written() -> None:
    floats = [({"0": "0.0", "normal": "Normal\u00a0"}.get(label, label), text) for label, text in LINES]
    assert measure_detector(Known(), floats) == measure_detector(Known(), LINES)


@pytest.mark.parametrize(
    ("lines", "what"), [(LINES[:4], "no line that is an anomaly"), (LINES[4:], "no normal line"), ([], "no line")]
)
def test_one_kind_alone_cannot_be_measured(lines, what) -> None:
    with pytest.raises(CorpusError, match=what):
        measure_detector(Known(), lines)


@pytest.mark.parametrize("rate", [-0.1, 1, 2, math.nan])
def test_a_rate_is_a_share(rate) -> None:
    with pytest.raises(ConfigError, match="a share below 1"):
        measure_detector(Known(), LINES, false_alarms=rate)
