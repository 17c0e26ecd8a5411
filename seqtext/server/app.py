"""Build the ASGI application: every route behind the guard."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, Router

from seqtext.server import pages
from seqtext.server.completions import Completions
from seqtext.server.guard import Guard, ServerState, Trust
from seqtext.server.limits import Limits
from seqtext.server.routes import Dispatcher, answering_commands, json_response
from seqtext.server.served import Models


def make_app(
    models: Models,
    limits: Limits | None = None,
    trust: Trust | None = None,
    state: ServerState | None = None,
    log: bool = False,
) -> Guard:
    """Make the ASGI application that answers with given models."""
    state = ServerState() if state is None else state
    dispatcher = Dispatcher(models, Limits() if limits is None else limits, state)
    return Guard(Router(_routes(dispatcher), redirect_slashes=False), Trust() if trust is None else trust, state, log)


def _routes(dispatcher: Dispatcher) -> list[Route]:
    description = _Description(dispatcher)
    return [
        *(
            Route(f"/v1/{command}", _command_route(dispatcher, command), methods=["POST"])
            for command in answering_commands()
        ),
        Route("/v1/completions", Completions(dispatcher).answer, methods=["POST"]),
        Route("/v1/models", _coroutine(dispatcher.list_models)),
        Route("/v1/models/{name:path}", _coroutine(dispatcher.one_model)),
        Route("/health", _coroutine(dispatcher.health)),
        Route("/openapi.json", _coroutine(description.openapi)),
        Route("/docs", _coroutine(description.docs)),
        Route("/", _coroutine(_front_page(dispatcher))),
        Route("/page/", _coroutine(_front_page(dispatcher))),
        Route("/page/{name}", _coroutine(pages.page_file)),
    ]


class _Description:
    """The description of the server, for programs and for people."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def openapi(self, request: Request) -> Response:
        """Answer with the description as JSON."""
        from seqtext.server.openapi import describe_server

        return json_response(describe_server(self._dispatcher.models, self._dispatcher.limits))

    def docs(self, request: Request) -> Response:
        """Answer with the description as a page."""
        from seqtext.server.docs import page_of
        from seqtext.server.openapi import describe_server

        address = f"http://{request.headers['host']}"
        return HTMLResponse(page_of(describe_server(self._dispatcher.models, self._dispatcher.limits), address))


def _front_page(dispatcher: Dispatcher) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        dispatcher.models.load_soon("fill")  # the page asks it as soon as its scripts are there
        return pages.page_file(request)

    return answer


def _command_route(dispatcher: Dispatcher, command: str) -> Callable[[Request], Awaitable[Any]]:
    async def answer(request: Request) -> Any:
        return await dispatcher.answer(request, command)

    return answer


def _coroutine(answer: Callable[[Request], Any]) -> Callable[[Request], Awaitable[Any]]:
    """Make a coroutine of a function that waits for nothing: Starlette would run it in a thread."""

    async def route(request: Request) -> Any:
        return answer(request)

    return route
