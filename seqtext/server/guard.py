"""Check requests before every route, as ASGI middleware.

It checks Host and Origin, sets security headers and tells faults as JSON. Any web page may send requests to a server on
this machine, and may make a name of its own lead here (DNS rebinding). So the Host must be one that the server is known
by, and the Origin of a request that asks for work must be the server's own page, unless others were allowed.
"""

import ipaddress
import os
import re
import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seqtext.characters import visible
from seqtext.server.faults import INTERNAL, Fault, overloaded

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_SECURITY_HEADERS = [
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+))(?::[0-9]{0,5})?", re.ASCII)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Trust:
    """Hold the trusted hosts and origins.

    host: the address that the server is bound to; hosts: further names that it is known by; origins: those of pages
    elsewhere that may ask
    """

    host: str = "127.0.0.1"
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    def knows(self, host: str) -> bool:
        """Tell whether the server is known by a Host.

        Any other name may have been made to lead here (DNS rebinding); an IP address is known unless the server is
        bound to this machine alone.
        """
        name = host_name(host)
        if name in _LOOPBACK or name in self.hosts or name == self.host.lower():
            return True
        return not is_loopback(self.host) and _is_address(name)

    def takes(self, origin: str, host: str) -> bool:
        """Tell whether a page of an origin may send requests.

        The server's own pages may, and those of origins that were allowed.
        """
        scheme, _, authority = origin.partition("://")
        return origin in self.origins or (scheme in ("http", "https") and authority.lower() == host.lower())


def host_name(host: str) -> str:
    """Extract the name or address from a Host header, without its port.

    "" where the header is invalid.

    >>> host_name("LOCALHOST:8000"), host_name("[::1]:80"), host_name("a.example"), host_name("a:b:c")
    ('localhost', '::1', 'a.example', '')
    """
    match = _HOST.fullmatch(host)
    return (match[1] or match[2]).lower().removesuffix(".") if match else ""


def is_origin(text: str) -> bool:
    """Tell whether a text is an Origin that can be allowed.

    That is a scheme and a host, without a path.

    >>> is_origin("https://school.example"), is_origin("https://school.example/"), is_origin("null")
    (True, False, False)
    """
    return re.fullmatch(r"https?://[^/\s*]+", text) is not None


def is_loopback(host: str) -> bool:
    """Tell whether an address is reachable from this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    try:
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return False


class ServerState:
    """Hold the state of a running server.

    draining: whether it is about to stop; in_flight: how many requests are being answered
    """

    def __init__(self) -> None:
        self.draining = False
        self.in_flight = 0


class Guard:
    """Check requests before all routes, as the outermost ASGI application.

    app: the routes; trust: who may ask; state: counts the requests in flight, and tells whether the server is stopping;
    log: whether each request is noted on stderr. A Fault becomes a JSON response.
    """

    def __init__(self, app: ASGIApp, trust: Trust, state: ServerState, log: bool = False) -> None:
        self.app, self.trust, self.state, self.log = app, trust, state, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; for ASGI."""
        if scope["type"] != "http":
            return
        started = 0
        headers = _first(scope["headers"])
        security = [*_SECURITY_HEADERS, *self._cors(headers)]

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = message["status"]
                message = {**message, "headers": [*message["headers"], *security]}
            await send(message)

        self.state.in_flight += 1
        try:
            self._check(scope, headers)
            if scope["method"] == "OPTIONS" and headers.get(b"origin") in self.trust.origins:
                await _tell(None, sending)
            else:
                # With an "app" in its scope, Starlette's router raises HTTPException instead of answering itself.
                await self.app({**scope, "app": self}, receive, sending)
        except ClientDisconnect:
            pass
        except HTTPException as error:
            await _tell(_fault_of_route(scope, error), sending)
        except Fault as fault:
            if not started:
                await _tell(fault, sending)
        except Exception as error:
            _note(error)
            if started:
                raise ConnectionAbortedError from None  # the server closes the connection: the answer is not whole
            await _tell(INTERNAL, sending)
        finally:
            self.state.in_flight -= 1
            if self.log:
                line = visible(f"{scope['method']} {scope['path']:.200} {started or '-'}")
                print(line, file=sys.stderr, flush=True)

    def _check(self, scope: Scope, headers: dict[bytes, str]) -> None:
        """Raise a Fault for a request that must not reach a route."""
        host = headers.get(b"host", "")
        hosts = sum(name == b"host" for name, _ in scope["headers"])
        if hosts != 1:
            raise Fault(421, f"{hosts or 'No'} headers of Host were received; one is expected.",
                        "Host: 127.0.0.1", code="wrong_host")  # fmt: skip
        if not self.trust.knows(host):
            raise Fault(421, f"The Host is {host!r:.80}, which this server is not known by.",
                        f"seqtext serve --allow-host {host_name(host) or 'NAME':.80}", code="wrong_host")  # fmt: skip
        origin = headers.get(b"origin")
        if scope["method"] not in ("GET", "HEAD") and origin is not None and not self.trust.takes(origin, host):
            hint = f"seqtext serve --allow-origin {origin:.80}" if is_origin(origin) else f"http://{host}/"
            raise Fault(403, f"The Origin is {origin!r:.80}; only this server's own page may ask.", hint,
                        code="wrong_origin")  # fmt: skip
        if self.state.draining and scope["path"] != "/health":
            raise stopping()

    def _cors(self, headers: dict[bytes, str]) -> list[tuple[bytes, bytes]]:
        """The headers of CORS, for allowed origins alone."""
        origin = headers.get(b"origin")
        vary = [(b"vary", b"Origin")] if self.trust.origins else []
        if origin is None or origin not in self.trust.origins:
            return [*vary, (b"cross-origin-resource-policy", b"same-origin")]
        return [
            *vary,
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-headers", b"content-type, authorization"),
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-expose-headers", b"seqtext-model, retry-after"),
            (b"access-control-max-age", b"600"),
        ]


def stopping() -> Fault:
    """Build the Fault of a request that comes during shutdown."""
    fault = overloaded("The server is about to stop.", "send it again in some seconds", seconds=5, code="draining")
    fault.headers["Connection"] = "close"
    return fault


def _first(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, str]:
    values: dict[bytes, str] = {}
    for name, value in headers:
        if name in (b"host", b"origin"):
            values.setdefault(name, value.decode("latin-1"))
    return values


def _fault_of_route(scope: Scope, error: HTTPException) -> Fault:
    """Make the Fault of a path or a method that no route has."""
    headers, path = dict(error.headers or {}), scope["path"]
    if error.status_code != 405:
        return Fault(404, f"There is nothing at {path:.80}.", "/docs lists what there is", code="not_found")
    allowed = headers.get("Allow", "GET")
    return Fault(405, f"{scope['method']} was received; {path:.80} accepts {allowed}.",
                 f"send {allowed.partition(',')[0]}", code="method", headers=headers)  # fmt: skip


async def _tell(fault: Fault | None, send: Send) -> None:
    """Send a fault as JSON; for None, an empty response."""
    status, body, told = 204, b"", {}
    if fault is not None:
        status, body = fault.status, fault.body
        told = {"content-type": "application/json", "content-length": str(len(body)), **fault.headers}
    headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _note(error: Exception) -> None:
    """Log an internal error on stderr; the client is told nothing of it."""
    if os.environ.get("SEQTEXT_DEBUG") == "1":
        traceback.print_exception(error)
    else:
        print(visible(f"internal fault: {type(error).__name__}: {error}"), file=sys.stderr, flush=True)
