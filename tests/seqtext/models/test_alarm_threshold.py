"""From which score on a line is an alarm, by hand."""

import math

import numpy as np
import pytest

from seqtext.errors import ConfigError
from seqtext.models.alarm_threshold import choose_threshold
from small_detectors import detector_of


@pytest.mark.parametrize("value", [math.nan, math.inf, "3", True])
def test_what_is_no_threshold(value) -> None:
    with pytest.raises(ConfigError, match="finite number") as caught:
        detector_of().detect(iter(["open"]), value)
    assert caught.value.hint == "threshold=3.5"


@pytest.mark.parametrize(
    ("scores", "rate", "threshold"),
    [
        ([1, 2, 3, 4], 0.01, 4),  # none may be above
        ([1, 1.5, 2, 3], 0.25, 2.2),
        ([0, 0, 0, 4, 5, 5], 0.5, 0.8),
        ([2], 0.01, 2),
        ([3, 3, 3, 3], 0.5, 3),
    ],
)
def test_the_threshold_lies_in_the_widest_gap_that_the_rate_allows(scores, rate, threshold) -> None:
    found = choose_threshold(np.array(scores, float), rate)
    assert found == pytest.approx(threshold)
    assert (np.array(scores) > found).mean() <= rate
