"""Batches: who waits together is answered together, nobody suffers for another, whoever is gone is dropped."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from seqtext.errors import ConfigError
from seqtext.server.batching import Batcher, Job


class Gate:
    """An answer that waits for the first time it is asked, and keeps what it was asked for."""

    def __init__(self, answer: Callable[[Any, list[Any]], list[Any]] = lambda key, texts: texts) -> None:
        self.asked: list[tuple[Any, list[Any]]] = []
        self.open, self.entered = threading.Event(), threading.Event()
        self._answer = answer

    def __call__(self, key: Any, texts: list[Any]) -> list[Any]:
        self.asked.append((key, texts))
        self.entered.set()
        assert self.open.wait(10)
        return self._answer(key, texts)


def job(key: Any, *texts: Any, cost: int = 1) -> Job:
    return Job(key, texts, [cost] * len(texts), list)


async def entered(gate: Gate) -> None:
    """Wait until the thread is busy with the first batch."""
    await asyncio.to_thread(gate.entered.wait, 10)


async def answers(gate: Gate, *jobs: Job, most: int = 100, cost: int = 100) -> list[Any]:
    """Ask the first job, the others while its batch is being answered; then let all be answered."""
    batcher = Batcher("test", gate, most, cost)
    asking = [asyncio.ensure_future(batcher.ask(jobs[0]))]
    await entered(gate)
    asking += [asyncio.ensure_future(batcher.ask(one)) for one in jobs[1:]]
    await asyncio.sleep(0)
    gate.open.set()
    return await asyncio.wait_for(asyncio.gather(*asking, return_exceptions=True), 10)


def run(asked: Callable[[], Any]) -> Any:
    async def inside() -> Any:
        return await asked()  # a job is made in a loop

    return asyncio.run(inside())


def test_requests_that_wait_together_are_one_batch() -> None:
    gate = Gate(lambda key, texts: [text * 2 for text in texts])
    found = run(lambda: answers(gate, job("k", 1), job("k", 2, 3), job("k", 4)))
    assert found == [[2], [4, 6], [8]]
    assert [sorted(texts) for _, texts in gate.asked] == [[1], [2, 3, 4]]


def test_requests_that_ask_different_things_are_not() -> None:
    gate = Gate()
    run(lambda: answers(gate, job("k", 1), job("a", 2), job("b", 3), job("a", 4)))
    assert gate.asked == [("k", [1]), ("a", [2, 4]), ("b", [3])]


def test_a_long_list_does_not_keep_others_waiting() -> None:
    gate = Gate()
    run(lambda: answers(gate, job("k", 0), job("k", *range(1, 10)), job("k", 77), most=3))
    assert gate.asked[1][1] == [1, 77, 2]
    assert [len(texts) for _, texts in gate.asked] == [1, 3, 3, 3, 1]


def test_a_batch_holds_about_as_much_as_it_may() -> None:
    gate = Gate()
    run(lambda: answers(gate, job("k", 0), job("k", *range(6), cost=40)))
    assert [len(texts) for _, texts in gate.asked[1:]] == [3, 3]


def test_of_two_kinds_none_starves() -> None:
    gate = Gate()
    run(lambda: answers(gate, job("k", 0), job("a", *range(6)), job("b", 7), most=2))
    assert [key for key, _ in gate.asked] == ["k", "a", "b", "a", "a"]


def test_a_fault_inside_ends_only_its_own_request() -> None:
    def fail(key: Any, texts: list[Any]) -> list[Any]:
        if 3 in texts:
            raise ZeroDivisionError
        return texts

    found = run(lambda: answers(Gate(fail), job("k", 1), job("k", 2), job("k", 3), job("k", 4)))
    assert [found[0], found[1], found[3]] == [[1], [2], [4]]
    assert isinstance(found[2], ZeroDivisionError)


def test_an_option_that_is_refused_is_told_to_all_who_gave_it() -> None:
    def refuse(key: Any, texts: list[Any]) -> list[Any]:
        raise ConfigError("no", "yes")

    gate = Gate(refuse)
    found = run(lambda: answers(gate, job("k", 1), job("k", 2), job("k", 3)))
    assert all(isinstance(one, ConfigError) for one in found)
    assert len(gate.asked) == 2


def test_whoever_is_gone_is_dropped() -> None:
    gate = Gate()

    async def asked() -> None:
        batcher = Batcher("test", gate, 2)
        first = asyncio.ensure_future(batcher.ask(job("k", 1)))
        await entered(gate)
        second = asyncio.ensure_future(batcher.ask(job("k", 2, 3, 4)))
        third = asyncio.ensure_future(batcher.ask(job("k", 5)))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)
        gate.open.set()
        assert await asyncio.gather(first, third) == [[1], [5]]

    run(asked)
    assert gate.asked == [("k", [1]), ("k", [5])]


def test_an_error_while_an_answer_is_finished_is_told() -> None:
    def finish(found: list[Any]) -> Any:
        raise KeyError("x")

    gate = Gate()
    with pytest.raises(KeyError):
        run(lambda: one_answer(gate, Job("k", [1], [1], finish)))


async def one_answer(gate: Gate, asked: Job) -> Any:
    gate.open.set()
    return await Batcher("test", gate).ask(asked)
