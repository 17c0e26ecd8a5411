"""Limits: settings with ranges, slots that are given back, what an answer costs."""

import pytest

from seqtext.errors import ConfigError
from seqtext.models.options import FillOptions, GenerateOptions, TranslateOptions
from seqtext.server.faults import Fault
from seqtext.server.limits import Limits, Slots, cost_of


def test_limits_check_themselves() -> None:
    with pytest.raises(ConfigError, match="max_texts received 0"):
        Limits(max_texts=0)


def test_slots_run_out_and_come_back() -> None:
    slots = Slots(2, "texts were read")
    with slots.taken():
        with pytest.raises(Fault, match="1 texts were read at once; at most 2") as caught, slots.taken(2):
            pass
        assert (caught.value.status, caught.value.headers["Retry-After"]) == (429, "1")
        assert slots.used == 1
    with slots.taken(2):
        pass
    assert slots.used == 0


def test_a_slot_comes_back_after_an_error() -> None:
    slots = Slots(1, "texts were read")
    with pytest.raises(ZeroDivisionError), slots.taken():
        raise ZeroDivisionError
    assert slots.used == 0


def test_what_takes_longer_costs_more() -> None:
    short = cost_of("A cat.", FillOptions())
    assert cost_of("A cat." * 10, FillOptions()) > short
    assert cost_of("A cat.", GenerateOptions(length=1000)) > 1000
    assert cost_of("A cat.", TranslateOptions(beam=30)) > 3 * cost_of("A cat.", TranslateOptions(beam=5))
