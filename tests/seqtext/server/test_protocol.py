"""Connections: bytes that are no request, too large, too slow, too many; each is told once, and nothing hangs."""

import json
import os
import select
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers import Running, read_all, running

POST = b"POST /v1/generate HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
GOOD = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
LAST = GOOD.replace(b"Host", b"Connection: close\r\nHost")


@pytest.fixture(scope="module")
def patient() -> Iterator[Running]:
    """A server that leaves nobody for being slow."""
    with running("--sending-seconds", "600", "--max-connections", "20") as one:
        yield one


def told(answer: bytes) -> tuple[int, dict[str, str]]:
    """Status and error of the only response in some bytes."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert answer.count(b"HTTP/1.1 ") == 1
    headers = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:])
    assert (headers["content-type"], int(headers["content-length"])) == ("application/json", len(body))
    return int(head.split()[1]), json.loads(body)["error"]


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        (b"GARBAGE\r\n\r\n", 400, "no request of HTTP/1.1"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "no request"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "no request"),
        (b"GET http://evil/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400, "a path is expected"),
        (b"CONNECT evil:1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400, "a path is expected"),
        (b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400, "no request"),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 414, "longer than 4096"),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431, "larger than 16384"),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 10_000, 431, "larger than 16384"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 50_000, 431, "larger than 16384"),
        (b"POST /v1/fill HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n", 400, "no request"),
        (b"POST /v1/fill HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
         "no request"),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421, "evil.example"),
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 421, "No headers of Host"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", 421, "2 headers of Host"),
        (b"GET / HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n", 421, "''"),
        (b"GET / HTTP/1.0\r\n\r\n", 421, "No headers of Host"),
        (b"POST /v1/fill HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400,
         "'gzip, chunked'; chunked is accepted"),
    ],
    ids=lambda value: None if isinstance(value, int) else repr(value[:30]),
)  # fmt: skip
def test_what_is_no_request_is_told_once(server, sent, status, words) -> None:
    received, error = told(server.raw(sent))
    assert received == status
    assert words in error["message"]


CHUNKED = POST.replace(b"Content-Length", b"Transfer-Encoding") + b"chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"ZZ\r\n", 400, "no request"),
        (b"FFFFFFFFFFFFFFFFFFFF\r\n", 400, "no request"),
        (b"2\r\n{}\r\n0\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431, "larger than"),
    ],
)
def test_a_body_that_breaks_off_its_form_is_told_at_once(patient, body, status, words) -> None:
    """It does not wait for the rest of the body, which may take longer than the test waits."""
    with patient.connect() as connection:
        connection.sendall(CHUNKED)
        time.sleep(0.2)  # so that a route already waits for the body
        connection.sendall(body)
        received, error = told(read_all(connection))
    assert (received, words in error["message"]) == (status, True)
    assert patient.raw(LAST).startswith(b"HTTP/1.1 200")


def test_a_connection_is_used_again(server) -> None:
    answer = server.raw(GOOD * 3)
    assert answer.count(b"HTTP/1.1 200 OK") == 3


def test_answers_come_before_what_is_wrong_behind_them(server) -> None:
    answer = server.raw(GOOD + GOOD + b"GARBAGE\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 2


def test_who_sends_far_ahead_is_answered_a_few_times(server) -> None:
    answer = server.raw(GOOD * 5000)
    assert 1 <= answer.count(b"HTTP/1.1 200 OK") <= 16


@pytest.mark.parametrize(
    ("first", "then", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost:", b"1", 408),
        (b"GET / HT", b"", 408),
        (b"POST /v1/fill HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n",
         b"a", 408),
        (b"POST /v1/fill HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
         b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", 408),
    ],
)  # fmt: skip
def test_slow_clients_are_told_and_left(server, first, then, status) -> None:
    with server.connect() as connection:
        connection.sendall(first)
        for _ in range(200):  # of those who sent on, each would be waited for, if every byte gave a second more
            if select.select([connection], [], [], 0.1)[0]:
                break
            connection.sendall(then)
        received, error = told(read_all(connection))
    assert (received, error["code"]) == (status, "too_slow")


@pytest.mark.parametrize("sent", [b"", b"\r\n", GOOD])
def test_idle_clients_are_left_without_a_word(server, sent) -> None:
    with server.connect() as connection:
        connection.sendall(sent)
        answer = connection.recv(65536)  # nothing once the server closes: the test fails where it does not
        if answer:
            connection.settimeout(0.2)
            answer += read_all(connection)
        assert answer.count(b"HTTP/1.1 200") == (1 if sent == GOOD else 0)
        assert b"error" not in answer


def test_who_sends_on_after_an_answer_is_left(server) -> None:
    head = b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000000\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head)
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            send_for(connection, 60)


def send_for(connection: socket.socket, seconds: float) -> None:
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        connection.sendall(b"a" * 10_000)
        time.sleep(0.05)


def test_who_reads_nothing_is_left(start) -> None:
    server = start("--sending-seconds", "0.2")
    with socket.socket() as connection:
        # the system keeps some segments for a reader: of a common size, it would keep the whole answers
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(6 * GOOD.replace(b"/health", b"/openapi.json"))
        until(lambda: connections_of(server) == 1)
        until(lambda: connections_of(server) == 0)
        assert 0 < read_all(connection).count(b"HTTP/1.1 200") < 6
    assert server.raw(GOOD).startswith(b"HTTP/1.1 200")


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, for a minute at most."""
    ends = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)


def connections_of(server: Running) -> int:
    """How many sockets the server holds beside the one that listens, and those of its loop."""
    links = [os.readlink(one) for one in Path(f"/proc/{server.process.pid}/fd").iterdir()]
    return sum(link.startswith("socket:") for link in links) - 3


def test_no_more_connections_than_may_be(patient) -> None:
    held = [patient.connect() for _ in range(20)]
    try:
        status, error = told(patient.raw(LAST))
        assert (status, error["code"]) == (503, "overloaded")
    finally:
        for one in held:
            one.close()
    for _ in range(200):  # until the server has seen that they are gone
        if (answer := patient.raw(LAST)).startswith(b"HTTP/1.1 200"):
            break
        time.sleep(0.1)
    assert answer.startswith(b"HTTP/1.1 200")


def test_disconnects_in_the_middle_of_anything_leave_a_server_that_answers(server) -> None:
    body = b'{"prompt": "Once", "length": 5000, "stream": true}'
    head = POST + str(len(body)).encode() + b"\r\n\r\n"
    whole = head + body
    for cut in (3, 30, len(head), len(head) + 10, len(whole)):
        for _ in range(5):
            with server.connect() as connection:
                connection.sendall(whole[:cut])
                if cut == len(whole):
                    assert connection.recv(100)
    assert server.raw(GOOD).startswith(b"HTTP/1.1 200")


def test_websockets_are_answered_as_plain_requests(server) -> None:
    upgrade = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert server.raw(upgrade).startswith(b"HTTP/1.1 200")
