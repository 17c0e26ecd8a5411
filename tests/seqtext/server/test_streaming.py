"""Texts that grow: pieces in order, several in turn, an end however it comes."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from seqtext.errors import InputError
from seqtext.server.faults import Fault
from seqtext.server.streaming import EventStream, StreamScheduler, TextStreams, event


def letters(count: int, letter: str, seen: list[str]) -> Iterator[str]:
    for _ in range(count):
        seen.append(letter)
        yield letter


async def into(found: list[str], pieces: AsyncIterator[tuple[int, str]]) -> None:
    async for _, piece in pieces:
        found.append(piece)


def test_pieces_come_in_order_and_texts_in_turn() -> None:
    seen: list[str] = []

    async def read() -> list[str]:
        scheduler = StreamScheduler("test")
        hold = threading.Event()
        first = scheduler.start(lambda: iter([str(hold.wait(5))]))  # so that both wait in the queue
        going = [scheduler.start(lambda letter=letter: letters(30, letter, seen)) for letter in "ab"]
        both = TextStreams(going, lambda: None)
        hold.set()
        texts = ["", ""]
        async for place, piece in both.read(5):
            texts[place] += piece
        assert [piece async for piece in first.read()] == ["True"]
        return texts

    assert asyncio.run(read()) == ["a" * 30, "b" * 30]
    assert "".join(seen).index("b") < 30


def test_an_error_comes_after_the_pieces_before_it() -> None:
    def broken() -> Iterator[str]:
        yield "a"
        raise InputError("no way", "another")

    async def read() -> None:
        streams = TextStreams([StreamScheduler("test").start(broken)], lambda: None)
        found: list[str] = []
        with pytest.raises(Fault, match="no way"):
            await into(found, streams.read(5))
        assert found == ["a"]

    asyncio.run(read())


def test_a_text_that_takes_too_long_is_given_up() -> None:
    hold = threading.Event()

    async def read() -> None:
        streams = TextStreams([StreamScheduler("test").start(lambda: iter([str(hold.wait(5))]))], lambda: None)
        with pytest.raises(Fault, match=r"in 0\.1 seconds"):
            await into([], streams.read(0.1))

    asyncio.run(read())
    hold.set()


def test_an_event_is_one_line_of_json() -> None:
    assert event({"piece": "a\nü"}) == 'data: {"piece": "a\\nü"}\n\n'.encode()
    assert event("[DONE]") == b"data: [DONE]\n\n"


def test_a_client_who_is_gone_ends_the_events() -> None:
    closed: list[bool] = []

    async def endless():
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    async def go() -> None:
        async def receive():
            await asyncio.sleep(0.05)
            return {"type": "http.disconnect"}

        async def send(message) -> None:
            pass

        response = EventStream(endless(), lambda: closed.append(True), {})
        await asyncio.wait_for(response({}, receive, send), 5)

    asyncio.run(go())
    assert closed == [True]
