"""Clients of the application, and servers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from servers import Client, OnlyThese, Running, running

from seqtext.server.app import make_app
from seqtext.server.limits import Limits
from seqtext.server.served import Models


@pytest.fixture(scope="session")
def bundled_models() -> Models:
    return Models()


@pytest.fixture
def client(bundled_models: Models) -> Client:
    return Client(make_app(bundled_models))


@pytest.fixture
def client_of() -> Callable[..., Client]:
    """Make a client of an application with models of one's own: a task by id, and what loads the model."""

    def make(limits: Limits | None = None, **models: Any) -> Client:
        return Client(make_app(OnlyThese(**models), limits))

    return make


@pytest.fixture(scope="session")
def server() -> Iterator[Running]:
    """A server with short times, for all tests that only ask."""
    with running("--sending-seconds", "1", "--max-connections", "20") as one:
        yield one


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Start servers with options of a test's own, which end with it."""
    started: list[Running] = []

    def begin(*arguments: str) -> Running:
        started.append(Running(*arguments))
        return started[-1]

    yield begin
    for one in started:
        one.stop()
