"""The guard: who may ask, and what every answer says to browsers."""

import asyncio

import pytest
from servers import Client

from seqtext.server.app import make_app
from seqtext.server.guard import Trust, is_loopback

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize("path", ["/", "/health", "/nowhere", "/docs", "/page/nothing.js"])
def test_every_answer_has_headers_of_safety(client, path) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"] == CSP
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1", True), ("127.0.0.1:8000", True), ("localhost", True), ("LOCALHOST:9", True), ("[::1]:80", True),
        ("school.example", True), ("evil.example", False), ("127.0.0.1.evil.example", False), ("", False),
        ("localhost.evil.example:80", False), ("10.0.0.7", False), ("127.0.0.1@evil.example", False),
        ("evil.example:127.0.0.1", False), ("[evil.example]", False), ("localhost:abc", False), ("localhost:", True),
        ("[::1", False), ("[::1]evil.example", False), ("localhost:80:evil.example", False),
        ("localhost:<script>", False), ("localhost, evil.example", False), ("localhost.", True),
    ],
)  # fmt: skip
def test_only_known_hosts_are_answered(bundled_models, host, known) -> None:
    client = Client(make_app(bundled_models, trust=Trust(hosts=("school.example",))))
    answer = client.get("/health", host=host)
    assert answer.status == (200 if known else 421)
    if not known:
        assert answer.error["code"] == "wrong_host"


def test_addresses_are_known_where_others_may_come() -> None:
    trust = Trust("0.0.0.0")
    assert trust.knows("10.0.0.7:8000")
    assert trust.knows("[2001:db8::1]:8000")
    assert trust.knows("localhost")
    assert not trust.knows("evil.example")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False),
     ("10.0.0.1", False), ("name.example", False)],
)  # fmt: skip
def test_loopback_is_told_from_the_rest(host, loopback) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200), ("http://127.0.0.1:8000", 200), ("https://127.0.0.1:8000", 200), ("https://school.example", 200),
        ("https://evil.example", 403), ("null", 403), ("http://127.0.0.1:9999", 403), ("http://127.0.0.1", 403),
        ("", 403), ("evil://127.0.0.1:8000", 403),
    ],
)  # fmt: skip
def test_only_known_pages_may_ask(bundled_models, origin, status) -> None:
    client = Client(make_app(bundled_models, trust=Trust(origins=("https://school.example",))))
    answer = client.post("/v1/score", {"text": "A."}, **({} if origin is None else {"origin": origin}))
    assert answer.status == status
    if status == 403:
        assert answer.error["code"] == "wrong_origin"
    allowed = "access-control-allow-origin" in answer.headers
    assert allowed == (origin == "https://school.example")


def test_an_allowed_page_may_ask_what_it_may_send(bundled_models) -> None:
    client = Client(make_app(bundled_models, trust=Trust(origins=("https://school.example",))))
    asked = asyncio.run(client.send("OPTIONS", "/v1/fill", headers={"origin": "https://school.example"}))
    assert (asked.status, asked.body) == (204, b"")
    assert asked.headers["access-control-allow-origin"] == "https://school.example"
    assert "content-type" in asked.headers["access-control-allow-headers"]
    assert asked.headers["vary"] == "Origin"
    refused = asyncio.run(client.send("OPTIONS", "/v1/fill", headers={"origin": "https://evil.example"}))
    assert refused.status == 403
    assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "FOO"])
def test_other_methods_are_refused(client, method) -> None:
    answer = asyncio.run(client.send(method, "/v1/fill"))
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.error["code"] == "method"


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/fill/", "/v1/train", "/nowhere", "//", "/v1/fill/../models"])
def test_other_paths_are_refused(client, path) -> None:
    answer = client.get(path)
    assert answer.status == 404
    assert answer.error["code"] == "not_found"


def test_requests_are_noted_where_that_is_wanted(bundled_models, capsys) -> None:
    client = Client(make_app(bundled_models, log=True))
    client.get("/health")
    client.get("/a\x1b[31m\n")
    assert capsys.readouterr().err == "GET /health 200\nGET /a\\x1b[31m\\n 404\n"
