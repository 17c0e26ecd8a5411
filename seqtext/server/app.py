"""The application of ASGI: every route behind the guard."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.routing import Route, Router

from seqtext.server import pages
from seqtext.server.completions import Completions
from seqtext.server.guard import Guard, State, Trust
from seqtext.server.limits import Limits
from seqtext.server.routes import Desk
from seqtext.server.served import Models
from seqtext.tasks import TASKS

#: The commands that answer texts, each a route.
COMMANDS = tuple(command for task in TASKS.values() if task.answers for command in task.commands)


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
    return [
        *(Route(f"/v1/{command}", _of(desk, command), methods=["POST"]) for command in COMMANDS),
        Route("/v1/completions", Completions(desk).answer, methods=["POST"]),
        Route("/v1/models", _at_once(desk.list_models)),
        Route("/v1/models/{name:path}", _at_once(desk.one_model)),
        Route("/health", _at_once(desk.health)),
        Route("/", _at_once(pages.page)),
        Route("/page/", _at_once(pages.page)),
        Route("/page/{name}", _at_once(pages.page)),
    ]


def _of(desk: Desk, command: str) -> Callable[[Request], Awaitable[Any]]:
    async def answer(request: Request) -> Any:
        return await desk.answer(request, command)

    return answer


def _at_once(answer: Callable[[Request], Any]) -> Callable[[Request], Awaitable[Any]]:
    """The route of a function that waits for nothing, which Starlette would give a thread."""

    async def route(request: Request) -> Any:
        return answer(request)

    return route
