"""A client of the server's application without a network, and servers of processes of their own."""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from seqtext.server.served import Models, ServedModel

_PATIENCE = 60  # seconds for a server that other processes leave little of the processor
JSON = {"content-type": "application/json"}


@dataclass
class Answer:
    """What a client receives."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error; fails unless it has its five fields and nothing else."""
        assert set(self.json) == {"error"}
        assert set(self.json["error"]) == {"message", "hint", "type", "param", "code"}
        assert self.headers["content-type"] == "application/json"
        return self.json["error"]

    @property
    def events(self) -> list[Any]:
        """What the server-sent events hold; JSON but for the last."""
        lines = self.body.decode().split("\n\n")
        assert lines.pop() == ""
        assert all(line.startswith("data: ") for line in lines)
        return [line[6:] if line == "data: [DONE]" else json.loads(line[6:]) for line in lines]


class Client:
    """Calls an application of ASGI as a server does."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def send(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, *, leaves: bool = False
    ) -> Answer:
        """Send a request; leaves: whether the client is gone as soon as it has sent it."""
        answer, done = Answer(), asyncio.Event()
        given = {"host": "127.0.0.1:8000", **(headers or {})}
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()], "root_path": "",
            "scheme": "http", "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1), "http_version": "1.1",
        }  # fmt: skip
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if waiting:
                return waiting.pop()
            if not leaves:
                await done.wait()
            return {"type": "http.disconnect"}

        async def take(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                answer.body += message.get("body", b"")
                if not message.get("more_body"):
                    done.set()

        await self.app(scope, receive, take)
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return asyncio.run(self.send("GET", path, headers=_named(headers)))

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """Send JSON, or bytes as they are."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return asyncio.run(self.send("POST", path, sent, {**JSON, **_named(headers)}))


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class OnlyThese(Models):
    """Models of a test's own: stand-ins for what a folder holds."""

    def __init__(self, **models: tuple[str, Callable[[], Any]]) -> None:
        super().__init__()
        self._found = {
            name.replace("_", "-"): ServedModel(name.replace("_", "-"), task, (), True, 0, open)
            for name, (task, open) in models.items()
        }


class Running:
    """A server of its own process."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-W", "error", "-m", "seqtext", "serve", "--port", "0", *arguments]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        said = self.process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", said)
        assert found, said + self.process.stderr.read()
        self.port = int(found[1])

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE)

    def raw(self, sent: bytes) -> bytes:
        """Send bytes; returns all that comes until the server closes, or is silent for a second after it spoke."""
        with self.connect() as connection:
            connection.sendall(sent)
            first = connection.recv(65536)
            connection.settimeout(1)
            return first + read_all(connection)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; returns the exit status and what was said on stderr."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            _, said = self.process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, said


def read_all(connection: socket.socket) -> bytes:
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except (TimeoutError, ConnectionResetError):
        pass
    return found


@contextmanager
def running(*arguments: str) -> Iterator[Running]:
    server = Running(*arguments)
    try:
        yield server
    finally:
        server.stop()
