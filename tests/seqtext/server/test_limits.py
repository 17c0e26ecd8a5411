"""Limits: settings with ranges, slots that are given back, what an answer costs."""

from typing import Any

import pytest

from seqtext.errors import ConfigError
from seqtext.models.answers import answering
from seqtext.models.options import FillOptions, GenerateOptions, TranslateOptions
from seqtext.server.faults import Fault
from seqtext.server.limits import Limits, Slots, check_costs, cost_of


def cost_of_asking(command: str, text: str, options: Any) -> int:
    return cost_of(answering(command).cost, text, options)


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


@pytest.mark.parametrize(
    ("command", "text", "options"),
    [
        ("fill", "A ___ " * 10, FillOptions()),
        ("fill", "A ___.", FillOptions(top=1000)),
        ("generate", "A cat.", GenerateOptions(length=1000)),
        ("translate", "A cat.", TranslateOptions(beam=30)),
        ("translate", "A cat.", TranslateOptions(min_length=100)),
        ("translate", "A cat." * 10, TranslateOptions()),
    ],
)
def test_what_takes_longer_costs_more(command, text, options) -> None:
    usual = type(options)(**({"length": 10} if command == "generate" else {}))
    assert cost_of_asking(command, text, options) > 3 * cost_of_asking(command, "A cat.", usual)


def test_what_would_take_too_long_is_refused() -> None:
    limits, text = Limits(), "A man rides a horse. " * 200
    check_costs([cost_of_asking("translate", text, TranslateOptions())], "source", limits)
    check_costs([cost_of_asking("fill", "A ___. " + "x" * 19_000, FillOptions())], "text", limits)
    check_costs([cost_of_asking("generate", "x" * 20_000, GenerateOptions(length=10_000))], "prompt", limits)
    for cost in (
        cost_of_asking("translate", text, TranslateOptions(beam=32)),
        cost_of_asking("fill", "___ " * 5000, FillOptions()),
        cost_of_asking("translate", "x" * 20_000, TranslateOptions()),
    ):
        with pytest.raises(Fault, match="times as long as is accepted") as caught:
            check_costs([cost], "text", limits)
        assert (caught.value.status, caught.value.code) == (400, "too_much")


def test_a_batch_of_long_writing_is_small() -> None:
    """What is being written cannot be stopped, and 16 texts of 2,000 characters together took 14 s and more."""
    assert 3 <= 65_536 // cost_of_asking("generate", "Once", GenerateOptions(length=2000)) <= 5
    check_costs([cost_of_asking("generate", "Once", GenerateOptions())] * 256, "prompt", Limits())


def test_texts_that_time_will_not_do_for_are_refused() -> None:
    dear = cost_of_asking("fill", "A ___.", FillOptions(top=200))
    check_costs([dear], "text", Limits())
    with pytest.raises(Fault, match="400 texts would take about") as caught:
        check_costs([dear] * 400, "text", Limits())
    assert (caught.value.status, caught.value.code) == (400, "too_much")
    check_costs([cost_of_asking("fill", "A ___ of tea." * 5, FillOptions())] * 256, "text", Limits())
