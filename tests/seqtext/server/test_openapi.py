"""The description of the server: of every command, every option, and what answers hold."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from seqtext.models.answers import answering
from seqtext.server.answer_schemas import ANSWER_SCHEMAS
from seqtext.server.limits import Limits
from seqtext.server.openapi import describe_server
from seqtext.server.parsing import public_names
from seqtext.server.routes import answering_commands

ASKED: dict[str, list[dict[str, Any]]] = {
    "fill": [{"text": "A cup of ___."}, {"text": "A cup of ___.", "option": ["tea", "sand"]}],
    "generate": [{"prompt": "Once upon", "length": 10}],
    "next": [{"text": "The children went to the"}],
    "score": [{"text": "A cat sat."}],
    "anomaly": [{"text": ["a line", "a line", "another one"]}],
    "translate": [
        {"source": "Thank you.", "alignment": True},
        {"source": "Thank you.", "n_best": 2},
        {"source": "Thank you, Kaushalya, for 7 cups.", "glossary": {"cups": "Becher"}},
    ],
    "summarize": [{"source": "The harbour is closed. Ships wait."}, {"source": "One. Two.", "lead": 1}],
    "classify": [{"text": "Où est la gare ?", "explain": True}, {"text": "A.", "labels": "good,bad"}],
    "cloze": [
        {"text": "There was not a cloud in the sky. She went for a walk with her dog.", "hardness": "easy"},
        {"text": ["", "Hi."]},
    ],
}


@pytest.fixture(scope="module")
def described(bundled_models) -> dict[str, Any]:
    return describe_server(bundled_models, Limits())


def faults(schema: dict[str, Any], value: Any, place: str = "") -> list[str]:
    """What a value has that a schema does not say, or lacks; the few words of JSON Schema that ours use."""
    if "anyOf" in schema:
        return min((faults(one, value, place) for one in schema["anyOf"]), key=len)
    kinds = {"object": dict, "array": list, "string": str, "number": (int, float), "integer": int, "boolean": bool,
             "null": type(None)}  # fmt: skip
    wanted = schema.get("type", [])
    names = [wanted] if isinstance(wanted, str) else wanted
    if names and not any(isinstance(value, kinds[name]) for name in names):
        return [f"{place} is {value!r}, not {names}"]
    found = []
    if "const" in schema and value != schema["const"]:
        found.append(f"{place} is {value!r}")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        found += [f"{place}.{name} is missing" for name in schema.get("required", []) if name not in value]
        found += [f"{place}.{name} is not told" for name in value if name not in properties]
        found += [
            one for name, item in value.items() for one in faults(properties.get(name, {}), item, f"{place}.{name}")
        ]
    if isinstance(value, list):
        for number, item in enumerate(value):
            found += faults(schema.get("items", {}), item, f"{place}[{number}]")
    return found


def test_faults_are_found() -> None:
    assert faults(ANSWER_SCHEMAS["score"], {"text": 5, "x": 1})
    assert not faults({"type": ["number", "null"]}, None)


def test_every_command_and_option_is_described(described) -> None:
    for command in answering_commands():
        schema = described["paths"][f"/v1/{command}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        record = answering(command)
        assert set(public_names(record.options)) <= set(schema["properties"]), command
        assert schema["required"] == [record.given]
        assert schema["additionalProperties"] is False
        assert all("description" in field or "anyOf" in field for field in schema["properties"].values())


def test_what_is_described_is_the_range_that_is_accepted(described) -> None:
    schema = described["paths"]["/v1/translate"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    beam = schema["properties"]["beam"]
    assert (beam["type"], beam["minimum"], beam["maximum"], beam["default"]) == ("integer", 1, 32, 5)
    assert schema["properties"]["to"]["type"] == ["string", "null"]
    assert "target" not in schema["properties"]


def test_what_is_described_is_said_in_words_of_http(described) -> None:
    text = json.dumps(described)
    assert "--json" in text  # of the commands, which are told of
    assert not re.findall("--(?!json)[a-z]+|\\bNone\\b", text)
    cloze = described["paths"]["/v1/cloze"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert "without it, hardness decides" in cloze["properties"]["every"]["description"]
    completions = described["paths"]["/v1/completions"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert "are characters" in completions["properties"]["max_tokens"]["description"]


def test_the_words_of_a_summary_are_not_those_of_a_blank(described) -> None:
    most = {
        command: described["paths"][f"/v1/{command}"]["post"]["requestBody"]["content"]["application/json"]["schema"][
            "properties"
        ]["max_words"]["maximum"]
        for command in ("fill", "summarize")
    }
    assert most == {"fill": 8, "summarize": 10_000}


@pytest.mark.parametrize("command", ASKED)
def test_answers_hold_what_is_described(client, command) -> None:
    for body in ASKED[command]:
        found = client.post(f"/v1/{command}", body).json
        for one in found if isinstance(found, list) else [found]:
            assert faults(ANSWER_SCHEMAS[command], one, command) == []


def test_every_command_has_a_schema_of_its_answers() -> None:
    assert set(answering_commands()) <= set(ANSWER_SCHEMAS)


def test_the_description_is_served_and_leads_nowhere_that_is_not(client, described) -> None:
    assert client.get("/openapi.json").json == json.loads(json.dumps(described))
    for path, methods in described["paths"].items():
        for method in methods:
            answer = client.get(path.replace("{model}", "fill-en"))
            assert answer.status == (200 if method == "get" else 405)


class Tags(HTMLParser):
    """The tags of a page, closed in order, and what they lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_of_it_is_whole_and_needs_nothing_else(client) -> None:
    answer = client.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Tags()
    page.feed(answer.body.decode())
    assert page.open == []
    names = {tag for tag, _ in page.seen}
    assert not names & {"script", "style", "img", "iframe"}
    assert not any("style" in attributes or "onclick" in attributes for _, attributes in page.seen)
    anchors = {attributes.get("id") for _, attributes in page.seen}
    links = [attributes["href"] or "" for tag, attributes in page.seen if tag in ("a", "link")]
    for link in links:
        assert link[1:] in anchors if link.startswith("#") else client.get(link).status == 200
    for command in answering_commands():
        assert f"POST /v1/{command}" in page.text
    assert "how many answers to give, best first" in page.text
    assert "http://127.0.0.1:8000/v1/fill" in page.text
