"""Run a server until a signal stops it and requests are answered."""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from seqtext.errors import ConfigError, SeqtextError, argument, arguments
from seqtext.extras import needed
from seqtext.server.limits import Limits

with needed("A server"):
    import httptools  # noqa: F401  # without it, Uvicorn would take another parser than our protocol extends
    import uvicorn

    from seqtext.server.app import make_app
    from seqtext.server.guard import ServerState, is_loopback
    from seqtext.server.guard import Trust as Trust
    from seqtext.server.protocol import limited
from seqtext.server.served import Models

_BACKLOG = 512


def serve(
    named: Sequence[tuple[str, str]] = (),
    trust: Trust | None = None,
    port: int = 8000,
    limits: Limits | None = None,
    *,
    log: bool = False,
    say: Callable[[str], None] = print,
) -> int:
    """Serve models over HTTP until a signal comes.

    Returns the signal's number, 0 where none came.

    named: models to load at once, as (task or "", model); say: is told the address once it is served. Raises
    ConfigError for a host that is none, and SeqtextError for an address that cannot be bound or a model that cannot be
    loaded
    """
    trust = Trust() if trust is None else trust
    limits = Limits() if limits is None else limits
    with bound(trust.host, port) as listener:
        models = Models(named)
        models.load_named()
        state = ServerState()
        app = make_app(models, limits, trust, state, log)
        return asyncio.run(_serve(app, models, listener, limits, state, lambda: say(_address(trust, listener))))


def _address(trust: Trust, listener: socket.socket) -> str:
    host = f"[{trust.host}]" if ":" in trust.host else trust.host
    open_to_all = "" if is_loopback(trust.host) else " It can be reached from other machines."
    return f"http://{host}:{listener.getsockname()[1]}/ is served; Ctrl-C stops it.{open_to_all}"


@contextlib.contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """Bind a socket to an address during a block.

    Raises ConfigError for a host that is none, and SeqtextError for an address that cannot be bound.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        message = f"{argument('host')} received {host!r:.80}, which is no address."
        raise ConfigError(message, arguments(host="127.0.0.1")) from None
    with socket.socket(family, kind, protocol) as listener:
        # On Windows, SO_REUSEADDR would let a second server take the port of a running one.
        option = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
        listener.setsockopt(socket.SOL_SOCKET, option, 1)
        try:
            listener.bind(address)
            listener.listen(_BACKLOG)
        except OSError as error:
            raise _not_bound(error, host, port) from None
        yield listener


def _not_bound(error: OSError, host: str, port: int) -> SeqtextError:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8000
        return SeqtextError(f"Port {port} of {host} is in use.", arguments(port=other))
    if error.errno == errno.EACCES:
        return SeqtextError(f"Port {port} may not be used without privileges.", arguments(port=8000))
    if error.errno == errno.EADDRNOTAVAIL:
        return SeqtextError(f"{host} is no address of this machine.", arguments(host="127.0.0.1"))
    return SeqtextError(f"{host}:{port} cannot be served: {error.strerror}.", arguments(port=8000))


async def _serve(
    app: Any, models: Models, listener: socket.socket, limits: Limits, state: ServerState, ready: Callable[[], None]
) -> int:
    for name in ("uvicorn", "uvicorn.error", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # the guard logs what matters
    config = uvicorn.Config(
        app, http=limited(limits), ws="none", loop="asyncio", lifespan="off", log_config=None, access_log=False,
        server_header=False, proxy_headers=False, timeout_keep_alive=30, backlog=_BACKLOG,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = _Server(config)
    with _stopped_by_signals(asyncio.get_running_loop()) as stopped:
        running = asyncio.ensure_future(server.serve(sockets=[listener]))
        while not server.started and not running.done():
            await asyncio.sleep(0.005)
        ready()
        threading.Thread(target=_warm_up, args=(models,), daemon=True).start()
        number = await stopped.first()
        state.draining = True
        await _drained(state, limits.drain_seconds, stopped)
        server.should_exit = True
        server.force_exit = stopped.again.is_set()
        await running
    return number


def _warm_up(models: Models) -> None:
    """Import what answers need before the first request; models are loaded when they are first needed."""
    with contextlib.suppress(Exception):  # the first request tells it
        models.by_name  # noqa: B018  # a property, which looks for the models once
        import seqtext.models.answers  # noqa: F401


async def _drained(state: ServerState, seconds: float, stopped: "_Stop") -> None:
    """Wait until no request is in flight, for some seconds at most; a second signal ends the wait."""
    ends = asyncio.get_running_loop().time() + seconds
    while state.in_flight and not stopped.again.is_set() and asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(0.02)


class _Server(uvicorn.Server):
    """Uvicorn's server, which leaves signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class _Stop:
    """The signals that came: the first asks to stop, another one to stop at once."""

    def __init__(self) -> None:
        self.number, self.once, self.again = 0, asyncio.Event(), asyncio.Event()

    def take(self, number: int) -> None:
        """Note a signal; in the event loop."""
        if self.once.is_set() and number == signal.SIGINT:
            self.again.set()
        self.number = self.number or number
        self.once.set()

    async def first(self) -> int:
        """Wait for the first signal; returns its number."""
        await self.once.wait()
        return self.number


@contextlib.contextmanager
def _stopped_by_signals(loop: asyncio.AbstractEventLoop) -> Iterator[_Stop]:
    """Note Ctrl-C and SIGTERM during a block, unless they are ignored; then restore the handlers before it."""
    stop = _Stop()
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, lambda number, _: loop.call_soon_threadsafe(stop.take, number))
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
