"""Requests that Schemathesis makes of /openapi.json, good and bad ones: each answer is one that is described.

What Schemathesis draws by chance, a wrong value in each field, is tried here once more without chance.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from servers import Client

from seqtext.server.app import make_app
from seqtext.server.guard import Trust
from seqtext.server.limits import Limits
from seqtext.server.served import Models

schemathesis = pytest.importorskip("schemathesis")
jsonschema_rs = pytest.importorskip("jsonschema_rs")  # comes with it

FEW, MANY = 8, 20  # requests of each kind; wrong values of every field are tried without chance besides
#: Who reads the schema cannot know that a text needs a blank, or that of two options only one is taken.
NOT_ASKED = [schemathesis.checks.positive_data_acceptance]
APP = make_app(Models(), Limits(max_body=50_000_000), Trust(hosts=("testserver",)))
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", APP)
OPERATIONS = [one.ok() for one in SCHEMA.get_all_operations()]
KINDS = [
    (operation, mode)
    for operation in OPERATIONS
    for mode in schemathesis.GenerationMode
    if operation.method == "post" or mode is schemathesis.GenerationMode.POSITIVE  # without a body, nothing is wrong
]
POSTS = [operation for operation in OPERATIONS if operation.method == "post"]
ODD: list[Any] = [None, True, -1, 0, 0.5, 10**30, "", "a", [], [None], ["a", 5], [[]], {}, {"a": None}]
NAMES = [f"{operation.label} {mode.value}" for operation, mode in KINDS]


def ask(operation: Any, mode: Any, requests: int) -> None:
    """Send so many requests; fails at an answer that is not described, and where a bad request is taken for good."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=requests, deadline=None, suppress_health_check=list(HealthCheck), database=None,
        derandomize=requests == FEW, phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip
    def send(case: Any) -> None:
        case.call_and_validate(excluded_checks=NOT_ASKED)

    send()


def test_every_command_is_an_operation() -> None:
    assert len(OPERATIONS) > 10
    assert {mode for _, mode in KINDS} == set(schemathesis.GenerationMode)


@pytest.mark.parametrize("operation", POSTS, ids=[operation.label for operation in POSTS])
def test_a_wrong_value_in_any_field_is_refused(operation) -> None:
    (body,) = operation.body
    schema = body.definition["schema"]
    wrong = [
        {name: value} for name in schema["properties"] for value in ODD
        if not jsonschema_rs.is_valid(schema["properties"][name], value)
    ]  # fmt: skip
    assert len(wrong) > 5 * len(schema["properties"])
    required = {name: schema["properties"][name]["examples"][0] for name in schema.get("required", ())}
    client = Client(make_app(Models()))
    for fields in wrong:
        answer = client.post(operation.path, {**required, **fields})
        assert answer.status == (404 if "model" in fields else 400), (fields, answer.body)
        assert answer.error["param"] in fields, answer.body


@pytest.mark.parametrize(("operation", "mode"), KINDS, ids=NAMES)
def test_answers_are_those_that_are_described(operation, mode) -> None:
    ask(operation, mode, FEW)


@pytest.mark.fuzz
@pytest.mark.parametrize(("operation", "mode"), KINDS, ids=NAMES)
def test_many_answers_are_those_that_are_described(operation, mode) -> None:
    ask(operation, mode, MANY)
