"""The application of ASGI: every route behind the guard."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, Router

from seqtext.server import pages
from seqtext.server.completions import Completions
from seqtext.server.guard import Guard, State, Trust
from seqtext.server.limits import Limits
from seqtext.server.routes import Desk, commands, json_response
from seqtext.server.served import Models


def make_app(
    models: Models,
    limits: Limits | None = None,
    trust: Trust | None = None,
    state: State | None = None,
    log: bool = False,
) -> Guard:
    """Make the application that answers with some models."""
    state = State() if state is None else state
    desk = Desk(models, Limits() if limits is None else limits, state)
    return Guard(Router(_routes(desk), redirect_slashes=False), Trust() if trust is None else trust, state, log)


def _routes(desk: Desk) -> list[Route]:
    described = _Described(desk)
    return [
        *(Route(f"/v1/{command}", _of(desk, command), methods=["POST"]) for command in commands()),
        Route("/v1/completions", Completions(desk).answer, methods=["POST"]),
        Route("/v1/models", _at_once(desk.list_models)),
        Route("/v1/models/{name:path}", _at_once(desk.one_model)),
        Route("/health", _at_once(desk.health)),
        Route("/openapi.json", _at_once(described.openapi)),
        Route("/docs", _at_once(described.docs)),
        Route("/", _at_once(pages.page_file)),
        Route("/page/", _at_once(pages.page_file)),
        Route("/page/{name}", _at_once(pages.page_file)),
    ]


class _Described:
    """The description of the server, for programs and for people."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def openapi(self, request: Request) -> Response:
        """Answer with the description as JSON."""
        from seqtext.server.openapi import describe

        return json_response(describe(self._desk.models, self._desk.limits))

    def docs(self, request: Request) -> Response:
        """Answer with the description as a page."""
        from seqtext.server.docs import page_of
        from seqtext.server.openapi import describe

        address = f"http://{request.headers['host']}"
        return HTMLResponse(page_of(describe(self._desk.models, self._desk.limits), address))


def _of(desk: Desk, command: str) -> Callable[[Request], Awaitable[Any]]:
    async def answer(request: Request) -> Any:
        return await desk.answer(request, command)

    return answer


def _at_once(answer: Callable[[Request], Any]) -> Callable[[Request], Awaitable[Any]]:
    """The route of a function that waits for nothing, which Starlette would give a thread."""

    async def route(request: Request) -> Any:
        return answer(request)

    return route
