"""What a refused request is told to send instead is accepted, in whatever field the fault was."""

import json
from typing import Any

import pytest

from seqtext.models.answers import answering
from seqtext.server.parsing import example_of, public_names
from seqtext.server.routes import answering_commands

ODD: list[Any] = [None, True, -1, 0.5, 10**30, "", "a", [], [""], [5], ["!"], [[]], {}]
WITHOUT_JSON = ("leave ", "write ", "fill it first")


@pytest.mark.parametrize("command", answering_commands())
def test_the_hint_of_every_field_works(client, command) -> None:
    record = answering(command)
    good: dict[str, Any] = {record.given: example_of(command)}
    if "length" in public_names(record.options):
        good["length"] = 20  # each hint costs an answer
    tried: set[str] = set()
    for name in [record.given, *public_names(record.options), "model"]:
        for value in ODD:
            answer = client.post(f"/v1/{command}", {**good, name: value})
            if answer.status == 200:
                continue
            error = answer.error
            assert error["param"] == name, (value, error)
            hint = error["hint"].partition(", or seqtext serve")[0]
            if hint.startswith((*WITHOUT_JSON, "seqtext serve --model ")):
                continue
            if hint not in tried:
                tried.add(hint)
                answer = client.post(f"/v1/{command}", {**good, name: value, **json.loads(f"{{{hint}}}")})
                assert answer.status == 200, (name, value, error, answer.body)
    assert len(tried) >= 2


@pytest.mark.parametrize("command", answering_commands())
def test_the_hint_for_a_text_under_another_name_works(client, command) -> None:
    given = answering(command).given
    for name in ("txt", "input", "body"):
        answer = client.post(f"/v1/{command}", {name: example_of(command)})
        assert answer.error["hint"] == f'write "{given}" instead'
    assert client.post(f"/v1/{command}", {given: example_of(command)}).status == 200
