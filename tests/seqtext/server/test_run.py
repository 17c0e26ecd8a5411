"""A server of its own process: its start, its addresses, its end."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from servers import Running

from seqtext.errors import ConfigError, SeqtextError
from seqtext.server.run import bound

LONG = {"prompt": "Once", "length": 10_000, "stream": True}


Ask = Callable[..., http.client.HTTPResponse]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Ask a server; with a body, by POST."""
    with ExitStack() as stack:

        def go(server: Running, path: str, body: object = None) -> http.client.HTTPResponse:
            connection = stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)))
            if body is None:
                connection.request("GET", path)
            else:
                connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            return stack.enter_context(connection.getresponse())

        yield go


def test_a_server_begins_answers_and_ends(start: Callable[..., Running], ask: Ask) -> None:
    server = start()
    assert json.load(ask(server, "/v1/fill", {"text": "A cup of ___."}))["fills"][0]["blanks"] == ["coffee"]
    assert server.stop() == (0, "Stopped by SIGTERM.\n")


def test_ctrl_c_ends_it_with_its_status(start: Callable[..., Running]) -> None:
    assert start().stop(signal.SIGINT) == (130, "Interrupted.\n")


@pytest.mark.parametrize("stream", [True, False])
def test_what_is_in_hand_is_answered_before_the_end(start: Callable[..., Running], ask: Ask, stream: bool) -> None:
    server = start("--drain-seconds", "120")
    ask(server, "/v1/generate", {"prompt": "", "length": 1}).read()
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)) as connection:
        body = json.dumps({**LONG, "length": 3000, "stream": stream})
        connection.request("POST", "/v1/generate", body, {"Content-Type": "application/json"})
        ask(server, "/health")  # whoever answers this has read what was sent before
        server.process.send_signal(signal.SIGTERM)
        refused_while_draining(server, ask)
        found = connection.getresponse().read()
    assert server.stop() == (0, "Stopped by SIGTERM.\n")
    assert found.endswith(b"data: [DONE]\n\n") if stream else len(json.loads(found)["text"]) > 2700


def refused_while_draining(server: Running, ask: Ask) -> None:
    answer = draining(server, ask)
    assert (answer.status, answer.getheader("Retry-After")) == (503, "5")
    assert json.load(answer)["error"]["code"] == "draining"
    refused = ask(server, "/v1/fill", {"text": "___"})
    assert refused.status == 503


def draining(server: Running, ask: Ask) -> http.client.HTTPResponse:
    """What a server says of its health as soon as it has seen a signal."""
    for _ in range(400):
        if (answer := ask(server, "/health")).status != 200:
            break
        time.sleep(0.05)
    return answer


def rest_of(answer: http.client.HTTPResponse) -> bytes:
    """What still comes of an answer, whole or not."""
    found = b""
    with suppress(http.client.IncompleteRead, ConnectionError):
        while part := answer.read1(65536):
            found += part
    return found


def test_what_takes_too_long_is_not_waited_for(start: Callable[..., Running], ask: Ask) -> None:
    server = start("--drain-seconds", "0.2")
    answer = ask(server, "/v1/generate", LONG)
    answer.read(10)
    assert server.stop()[0] == 0
    assert b"[DONE]" not in rest_of(answer)


def test_a_second_ctrl_c_does_not_wait(start: Callable[..., Running], ask: Ask) -> None:
    server = start("--drain-seconds", "60")
    answer = ask(server, "/v1/generate", LONG)
    answer.read(10)
    server.process.send_signal(signal.SIGINT)
    assert draining(server, ask).status == 503
    assert server.stop(signal.SIGINT)[0] == 130
    assert b"[DONE]" not in rest_of(answer)


def test_an_address_that_is_taken_is_told() -> None:
    with bound("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with (
            pytest.raises(SeqtextError, match=f"Port {port} of 127.0.0.1 is in use") as caught,
            bound("127.0.0.1", port),
        ):
            pass
        assert caught.value.typed()[1] == f"--port {port + 1}"


@pytest.mark.parametrize(
    ("host", "kind", "words"),
    [("no such host", ConfigError, "is no address"), ("203.0.113.7", SeqtextError, "no address of this machine"),
     ("\x00", ConfigError, "is no address"), ("a" * 300, ConfigError, "is no address")],
)  # fmt: skip
def test_a_host_that_is_none_is_told(host, kind, words) -> None:
    with pytest.raises(kind, match=words) as caught, bound(host, 0):
        pass
    assert caught.value.typed()[1] == "--host 127.0.0.1"


def test_serving_loads_nothing_slow() -> None:
    program = """
import sys, threading, time, json, urllib.request, os, signal
from seqtext.server.run import serve
def ask(said):
    url = said.split()[0]
    def go():
        for path, body in (("fill", {"text": "A ___."}), ("generate", {"prompt": "a", "length": 3}),
                           ("anomaly", {"text": ["a", "b"]})):
            kind = {"Content-Type": "application/json"}
            asked = urllib.request.Request(url + "v1/" + path, json.dumps(body).encode(), kind)
            urllib.request.urlopen(asked).read()
        urllib.request.urlopen(url + "docs").read()
        os.kill(os.getpid(), signal.SIGTERM)
    threading.Thread(target=go).start()
assert serve(port=0, say=ask) == signal.SIGTERM
slow = ("torch", "datasets", "huggingface_hub", "matplotlib", "pandas", "pyarrow", "scipy", "tqdm", "sklearn")
print([name for name in slow if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_a_server_begins_without_numpy() -> None:
    program = "import sys, seqtext.server.run; print([name for name in ('numpy', 'tokenizers') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.fuzz
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="memory is read from /proc")
def test_memory_stays_flat(start: Callable[..., Running]) -> None:
    server = start()

    def used(times: int) -> float:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        for number in range(times):
            body = json.dumps({"text": f"The {number % 7} cups of ___ are warm."})
            connection.request("POST", "/v1/fill", body, {"Content-Type": "application/json"})
            connection.getresponse().read()
        connection.close()
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1e3

    used(100)
    before = used(100)
    assert used(300) - before < 3
