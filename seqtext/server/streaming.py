"""Stream generated texts as server-sent events, from one thread per model."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from threading import Condition, Thread
from typing import Any

from starlette.types import Receive, Scope, Send

from seqtext.errors import SeqtextError
from seqtext.server.faults import fault_of, too_long

_IN_TURN = 8  # pieces of one text before the next text has its turn


class TextStream:
    """Stream a text from the thread that writes it.

    `read` yields the pieces written so far, and raises the error that ended the text. begin: makes the iterator of its
    pieces, in the thread that writes
    """

    def __init__(self, begin: Callable[[], Iterable[str]]) -> None:
        self._begin = begin
        self._pieces: deque[str] = deque()
        self._loop, self._news, self._told = asyncio.get_running_loop(), asyncio.Event(), False
        self._iterator: Iterator[str] | None = None
        self.error: Exception | None = None
        self.ended = self.cancelled = False

    def write(self) -> bool:
        """Write for a turn, in the writing thread. Returns whether text is left."""
        try:
            if self._iterator is None:
                self._iterator = iter(self._begin())
            for _ in range(_IN_TURN):
                if self.cancelled:
                    break
                self._pieces.append(next(self._iterator))
        except StopIteration:
            self.ended = True
        except Exception as error:
            self.error, self.ended = error, True
        self._tell()
        return not (self.ended or self.cancelled)

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._news.set)

    async def read(self) -> AsyncIterator[str]:
        """Yield pieces as they come, joining those that wait. Raises the error that broke it off."""
        while True:
            await self._news.wait()
            self._news.clear()
            self._told = False
            ended = self.ended  # before the pieces are taken: none comes after it
            if piece := "".join(self._pieces.popleft() for _ in range(len(self._pieces))):
                yield piece
            if ended:
                break
        if self.error is not None:
            raise self.error


class TextStreams:
    """Read several text streams at once.

    close: called when nobody waits for them any more
    """

    def __init__(self, streams: Sequence[TextStream], close: Callable[[], None]) -> None:
        self.streams, self._close = streams, close

    def close(self) -> None:
        """Cancel unfinished streams."""
        for stream in self.streams:
            stream.cancelled = True
        self._close()

    async def read(self, seconds: float) -> AsyncIterator[tuple[int, str]]:
        """Yield pieces with their texts' numbers as they come.

        A pair is (number of the text, piece); "" is the last piece of each.

        Raises a Fault where one broke off, and where they take longer than `seconds`.
        """
        news: asyncio.Queue[tuple[int, str] | Exception] = asyncio.Queue()
        tasks = [asyncio.ensure_future(_forward(number, one, news)) for number, one in enumerate(self.streams)]
        loop = asyncio.get_running_loop()
        ends, left = loop.time() + seconds, len(tasks)
        try:
            while left:
                found = await asyncio.wait_for(news.get(), max(0.0, ends - loop.time()))
                if isinstance(found, Exception):
                    raise found
                left -= not found[1]
                yield found
        except asyncio.TimeoutError:
            raise too_long(seconds) from None
        except SeqtextError as error:
            raise fault_of(error) from None
        finally:
            for task in tasks:
                task.cancel()


async def _forward(number: int, stream: TextStream, news: "asyncio.Queue[tuple[int, str] | Exception]") -> None:
    try:
        async for piece in stream.read():
            news.put_nowait((number, piece))
        news.put_nowait((number, ""))
    except Exception as error:
        news.put_nowait(error)


class StreamScheduler:
    """Write a model's texts in turn, so that each begins soon."""

    def __init__(self, name: str) -> None:
        self._going: deque[TextStream] = deque()
        self._wake = Condition()
        Thread(target=self._run, name=f"seqtext {name} streams", daemon=True).start()

    def start(self, begin: Callable[[], Iterable[str]]) -> TextStream:
        """Begin a text; see `TextStream`."""
        stream = TextStream(begin)
        with self._wake:
            self._going.append(stream)
            self._wake.notify()
        return stream

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._going:
                    self._wake.wait()
                stream = self._going.popleft()
            if not stream.cancelled and stream.write():
                with self._wake:
                    self._going.append(stream)


def event(data: Any) -> bytes:
    """Encode a server-sent event (WHATWG HTML, section 9.2).

    data: for JSON, or a text that is sent as it is
    """
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, allow_nan=False)
    return f"data: {text}\n\n".encode("utf-8", "backslashreplace")


class EventStream:
    """Send server-sent events until the client disconnects.

    events: gives the bytes of each; close: called at the end, however it comes
    """

    def __init__(self, events: AsyncIterator[bytes], close: Callable[[], None], headers: dict[str, str]) -> None:
        self._events, self._close = events, close
        told = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", **headers}
        self._headers = [(name.lower().encode(), value.encode()) for name, value in told.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events; for ASGI."""
        sending = asyncio.ensure_future(self._send(send))
        leaving = asyncio.ensure_future(client_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            self._close()
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        async for one in self._events:
            await send({"type": "http.response.body", "body": one, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def client_left(receive: Receive) -> None:
    """Wait until the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass
