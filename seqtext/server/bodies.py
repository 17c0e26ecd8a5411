"""Read the bodies of requests within limits of type, size and time."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from seqtext.server.faults import Fault
from seqtext.server.limits import Limits


async def read_body(request: Request, limits: Limits) -> bytes:
    """Read the JSON body of a request.

    limits: its bytes and the seconds that it may take

    Raises a Fault for a body that is no JSON by its header, compressed, too large or too slow; ClientDisconnect where
    the client has gone.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Fault(415, f"The Content-Type is {kind!r:.80}; application/json is accepted.",
                    "-H 'Content-Type: application/json'", code="unsupported_media_type")  # fmt: skip
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Fault(415, "The body is compressed, which is not accepted.", "send it as it is", code="compressed")
    try:
        return await asyncio.wait_for(_read(request, limits.max_body), limits.sending_seconds)
    except asyncio.TimeoutError:
        raise Fault(408, f"The body was not complete after {limits.sending_seconds:g} seconds.", "send it at once",
                    code="too_slow", headers={"Connection": "close"}) from None  # fmt: skip


async def _read(request: Request, most: int) -> bytes:
    parts, size = [], 0
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > most:
        raise _too_large(most)
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise _too_large(most)
        if not message.get("more_body"):
            return b"".join(parts)


def _too_large(most: int) -> Fault:
    # The connection stays open and the rest is discarded: a client that is cut off while it sends reads no answer.
    return Fault(413, f"The body is larger than {most} bytes.", "send its texts in several requests",
                 code="too_large")  # fmt: skip
