"""How many held-out texts are measured: no second is slept, the cost of a text is made up."""

import pytest

from seqtext.training.held_out import affordable


@pytest.mark.parametrize(("fixed", "each", "texts", "seconds"), [
    (0.0, 0.001, 4_000, 5.0), (1.0, 0.1, 5_000, 60.0), (0.1, 0.0, 300, 4.0), (0.0, 10.0, 100_000, 30.0),
    (0.0, 0.5, 3, 2.0), (5.0, 1.0, 1, 2.0), (0.1, 0.2, 1_000, 10.0),
])  # fmt: skip
def test_what_is_measured_fits_and_no_time_is_left_unused(
    fixed: float, each: float, texts: int, seconds: float
) -> None:
    asked: list[int] = []

    def measure(count: int) -> float:
        asked.append(count)
        return fixed + each * count

    found = affordable(measure, texts, seconds)
    assert 1 <= found <= texts
    if fixed + each * texts <= seconds:
        assert found == texts
    elif found > 1:
        assert fixed + each * found <= 1.01 * seconds
        assert fixed + each * (1.1 * found + 1) > seconds
    # Finding out takes a part of the time; where texts are slow, as few as there are.
    assert sum(fixed + each * count for count in asked) <= 1.4 * seconds or len(asked) == 1
    assert len(asked) <= 7


def test_the_first_texts_being_slow_does_not_hide_what_the_others_take() -> None:
    seconds = {1: 3.0}  # the first time, everything is woken
    assert affordable(lambda count: seconds.get(count, 0.01 * count), 4_000, 10.0) <= 2_500
