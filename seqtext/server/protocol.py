"""Limit headers, connections and slow readers in Uvicorn's HTTP protocol.

Only methods of asyncio.Protocol and of httptools' parser are overridden, beside `send_400_response`; of Uvicorn's
internals, `_give_up_reading` sets fields of the request at hand, its `cycle`.
"""

import asyncio
from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from seqtext.server.faults import Fault, overloaded
from seqtext.server.limits import Limits

_MOST_HEADER_BYTES = 16_384
_MOST_URL_BYTES = 4_096
_LINGERING = 2.0  # seconds in which the rest is discarded: a client that is cut off while it sends reads no answer
_MOST_WAITING = 8  # pipelined requests: those that a client may send before it has the answer to the first


class _Refused(Exception):
    """Ends parsing; `Protocol.fault` is sent."""


class Protocol(HttpToolsProtocol):
    """Parse a connection's requests within limits.

    `limits` is set by a subclass, see `limited`.
    """

    limits: Limits

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fault: Fault | None = None
        self._in_headers, self._in_message, self._header_bytes, self._field_bytes = False, False, 0, 0
        self._ending = False  # no more is read, and the connection is closed after the last answer
        self._timers: dict[str, TimerHandle] = {}

    def connection_made(self, transport: Any) -> None:
        """Accept a connection, unless there are too many."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # so that a client that reads nothing is noticed at the first byte
        self._time("headers", self._slow_headers)
        if len(self.connections) > self.limits.max_connections:
            message = f"{self.limits.max_connections} connections are open; no more are accepted."
            self._send_and_close(overloaded(message, "keep connections open, and use each again"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers of a closed connection."""
        for name in list(self._timers):
            self._stop(name)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse received bytes; those of headers are counted."""
        if self.transport.is_closing() or self._ending:
            return
        if not self._in_message and "headers" not in self._timers:
            self._time("headers", self._slow_headers)
        super().data_received(data)
        if self._in_headers and not self.transport.is_closing():
            self._header_bytes += len(data)
            if self._header_bytes > _MOST_HEADER_BYTES + _MOST_URL_BYTES:
                self._send_and_close(_headers_too_large())

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._in_headers, self._in_message, self._header_bytes, self._field_bytes = True, True, 0, 0
        self._time("message", self._abort, 3 * self.limits.sending_seconds)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Append a part of the URL; a long URL gets status 414."""
        if len(self.url) + len(url) > _MOST_URL_BYTES:
            self._refuse(Fault(414, f"The URL is longer than {_MOST_URL_BYTES} bytes.", "GET /", code="url_too_long"))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Store a header; headers above the size limit get status 431."""
        self._field_bytes += len(name) + len(value) + 4
        if self._field_bytes > _MOST_HEADER_BYTES:
            self._refuse(_headers_too_large())
        if name.lower() == b"transfer-encoding" and value.strip().lower() != b"chunked":
            coding = value.decode("latin-1")
            self._refuse(
                Fault(400, f"The Transfer-Encoding is {coding!r:.80}; chunked is accepted.", "send it as it is")
            )
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to answer, or queue behind the requests before."""
        self._in_headers = False
        self._stop("headers")
        if not self.url.startswith(b"/"):
            self._refuse(Fault(400, f"{self.url.decode('latin-1')!r:.80} was received; a path is expected.", "GET /"))
        if len(self.pipeline) >= _MOST_WAITING:
            self._refuse(overloaded("Too many requests were sent ahead.", "wait for answers", 429))
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that a request is complete."""
        self._in_message = False
        self._stop("message")
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Process the next request, or close where no more are accepted."""
        super().on_response_complete()
        if self._ending and not self._is_answering():
            self.transport.close()

    def pause_writing(self) -> None:
        """Start a timer for a client that does not read."""
        self._time("writing", self._abort, 3 * self.limits.sending_seconds)
        super().pause_writing()

    def resume_writing(self) -> None:
        """Note that the client has read."""
        self._stop("writing")
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Send status 400 for an invalid request."""
        self._send_and_close(self.fault or Fault(400, "What was received is no request of HTTP/1.1.", "GET / HTTP/1.1"))

    def _refuse(self, fault: Fault) -> None:
        self.fault = fault
        raise _Refused

    def _slow_headers(self) -> None:
        seconds = self.limits.sending_seconds
        if self._in_headers:
            message = f"The headers were not complete after {seconds:g} seconds."
            self._send_and_close(Fault(408, message, "send them at once", code="too_slow"))
        elif not self._is_answering():
            self.transport.close()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _send_and_close(self, fault: Fault) -> None:
        """Send a fault and close; after answers that are still to be sent, close alone."""
        if self.transport.is_closing() or self._ending:
            return
        self._ending = True
        self._give_up_reading()
        if not self._is_answering():
            body = fault.body
            headers = {"content-type": "application/json", "content-length": str(len(body)), "connection": "close"}
            lines = [f"HTTP/1.1 {fault.status} Refused", *(f"{name}: {value}" for name, value in
                     {**headers, **fault.headers}.items())]  # fmt: skip
            self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
            self.transport.write_eof()
            self._time("closing", self._abort, _LINGERING)

    def _give_up_reading(self) -> None:
        """End the request whose body is still read, which would wait for the rest of it."""
        cycle = self.cycle
        if cycle is not None and cycle.more_body and not cycle.response_started and not self.pipeline:
            cycle.disconnected = cycle.response_complete = True
            cycle.message_event.set()

    def _abort(self) -> None:
        self.transport.abort()

    def _time(self, name: str, act: Any, seconds: float | None = None) -> None:
        self._stop(name)
        seconds = self.limits.sending_seconds if seconds is None else seconds
        self._timers[name] = asyncio.get_running_loop().call_later(seconds, act)

    def _stop(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()


def _headers_too_large() -> Fault:
    return Fault(431, f"The headers are larger than {_MOST_HEADER_BYTES} bytes.", "send fewer headers")


def limited(limits: Limits) -> type[Protocol]:
    """Make a protocol class that keeps to the given limits."""
    return type("LimitedProtocol", (Protocol,), {"limits": limits})
