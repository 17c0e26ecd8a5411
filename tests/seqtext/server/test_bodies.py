"""The body of a request: its type, its size, and the time that it takes."""

import asyncio
import json
from typing import Any

import pytest

from seqtext.server.limits import Limits


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=a", 415),
        ("", 415),
        ("application/jsonp", 415),
    ],
)
def test_only_json_is_read(client, kind, status) -> None:
    answer = client.post("/v1/score", {"text": "A."}, content_type=kind)
    assert answer.status == status
    if status == 415:
        assert answer.error["code"] == "unsupported_media_type"


def test_a_compressed_body_is_refused(client) -> None:
    assert client.post("/v1/score", b"", content_encoding="gzip").error["code"] == "compressed"


def test_a_body_that_is_too_large_is_refused(client_of) -> None:
    client = client_of(Limits(max_body=1000), never=("fill", lambda: None))
    answer = client.post("/v1/fill", {"text": "a" * 1000})
    assert (answer.status, answer.error["code"]) == (413, "too_large")
    assert client.post("/v1/fill", b"", content_length="9" * 30).status == 413
    assert client.post("/v1/fill", {"text": 5}).status == 400


async def in_parts(app: Any, parts: list[bytes], pause: float = 0.0) -> tuple[int, dict[str, Any], int]:
    """Send a body in parts; returns status, answer, and how many parts were taken."""
    taken, told = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        await asyncio.sleep(pause)
        taken += 1
        return {"type": "http.request", "body": parts[taken - 1], "more_body": taken < len(parts)}

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/fill", "root_path": "", "query_string": b"",
             "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")]}  # fmt: skip
    await app(scope, receive, send)
    return told[0]["status"], json.loads(b"".join(one.get("body", b"") for one in told[1:])), taken


def test_what_is_sent_without_a_length_is_counted(client_of) -> None:
    app = client_of(Limits(max_body=1000), never=("fill", lambda: None)).app
    status, told, taken = asyncio.run(in_parts(app, [b"a" * 600] * 1000))
    assert (status, told["error"]["code"]) == (413, "too_large")
    assert taken == 2
    assert asyncio.run(in_parts(app, [b"{", b'"text": 5', b"}"]))[0] == 400


def test_a_body_that_comes_slowly_is_not_waited_for(client_of) -> None:
    app = client_of(Limits(sending_seconds=0.2), never=("fill", lambda: None)).app
    status, told, taken = asyncio.run(in_parts(app, [b"a"] * 1000, pause=0.05))
    assert (status, told["error"]["code"]) == (408, "too_slow")
    assert taken < 10
