"""Describe the server in OpenAPI 3.1, generated from commands and options."""

import dataclasses
import re
import typing
from collections.abc import Iterable, Mapping
from typing import Any

import seqtext
from seqtext.models.answers import Answering, answering
from seqtext.server.answer_schemas import ANSWER_SCHEMAS, COMPLETION, ERROR, MODEL, Schema, record, several
from seqtext.server.completions import IGNORED, UNSUPPORTED, CompletionOptions
from seqtext.server.limits import LONGEST_WORDS, Limits, most_listed, range_of
from seqtext.server.parsing import example_of, public_names
from seqtext.server.routes import answering_commands
from seqtext.server.served import Models

_TYPES = {int: "integer", float: "number", bool: "boolean", str: "string"}
_FAULTS = {
    400: "an input or an option is not accepted", 403: "a page of another origin sent the request",
    404: "there is no such path or model", 405: "the path has no such method",
    408: "the request came too slowly", 413: "the body is too large", 414: "the URL is too long",
    415: "the body is not JSON", 421: "the Host is not one of this server's",
    429: "too many requests at once; Retry-After says when to try again", 431: "the headers are too large",
    500: "internal fault", 503: "overloaded, or about to stop; Retry-After says when to try again",
}  # fmt: skip


def describe_server(models: Models, limits: Limits) -> dict[str, Any]:
    """Describe the server: its endpoints, models and limits."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "seqtext", "version": seqtext.__version__,
            "description": "Text sequences with recurrent networks. The objects are those that the commands print "
            "with --json.",
        },
        "paths": {
            **{f"/v1/{command}": _command(command, models, limits) for command in answering_commands()},
            "/v1/completions": _completions(models, limits),
            "/v1/models": _get("models", "List the models that can be asked.",
                               record({"object": {"const": "list"}, "data": several(MODEL)})),
            "/v1/models/{model}": _get("model", "Describe a model.", MODEL, parameters=[_model_parameter(models)]),
            "/health": _get("health", "Say whether requests are accepted.",
                            record({"status": {"const": "ok"}, "version": {"type": "string"}})),
        },
        "components": {"schemas": {"Error": ERROR}},
    }  # fmt: skip


def _command(command: str, models: Models, limits: Limits) -> dict[str, Any]:
    answered = answering(command)
    body, answer = _body(command, answered, models, limits), ANSWER_SCHEMAS.get(command, {"type": "object"})
    good: dict[str, Any] = {"application/json": {"schema": {"anyOf": [answer, several(answer)]}}}
    if answered.streams:
        good["text/event-stream"] = {}
    return _post(command, _sentence(answered.options), body, good, ["Seqtext-Model"])


def _sentence(options: type) -> str:
    return str(options.__doc__).splitlines()[0]


def _body(command: str, answered: Answering, models: Models, limits: Limits) -> Schema:
    text = {"type": "string", "maxLength": limits.max_characters}
    properties: dict[str, Schema] = {
        answered.given: {
            "description": "a text, or a list of texts, which gives a list of objects",
            "anyOf": [text, {"type": "array", "items": text, "maxItems": limits.max_texts}],
            "examples": [example_of(command)],
        },
        **_options(answered.options),
        "model": _model(models, answered.task),
    }
    if answered.streams:
        properties["stream"] = {"type": "boolean", "default": False,
                                "description": "send pieces as they are written, as server-sent events"}  # fmt: skip
    return {**record({}), "required": [answered.given], "properties": properties, "additionalProperties": False}


def _model(models: Models, task: str) -> Schema:
    names = [served.name for served in models.by_name.values() if served.task == task]
    usual = models.default(task)
    return {
        "type": "string", "description": "the model that answers; others of the task may be served, too",
        "examples": names, **({"default": usual.name} if usual else {}),
    }  # fmt: skip


def _options(kind: type) -> dict[str, Schema]:
    """The schema of each option of a dataclass, by its name over HTTP."""
    fields = {item.name: item for item in dataclasses.fields(kind)}
    return {name: _option(name, kind, fields[field]) for name, field in public_names(kind).items()}


def _option(name: str, kind: type, item: "dataclasses.Field[Any]") -> Schema:
    hints = typing.get_args(item.type) or (item.type,)
    schema: Schema
    if item.metadata.get("pairs"):
        words = {"type": "string", "maxLength": LONGEST_WORDS}
        return {"type": "object", "additionalProperties": words, "maxProperties": most_listed(name), "default": {},
                "description": item.metadata["help"]}  # fmt: skip
    if isinstance(item.default, tuple):
        word = {"type": "string", "maxLength": LONGEST_WORDS}
        schema = {"type": "array", "items": word, "maxItems": most_listed(name)}
    else:
        base = next(kind for kind in hints if kind in _TYPES)
        schema = {"type": [_TYPES[base], "null"] if item.default is None else _TYPES[base]}
        if base is str:
            schema["maxLength"] = LONGEST_WORDS
    low, high = range_of(kind, item)
    if low is not None:
        schema["minimum"] = low
    if high is not None:
        schema["maximum"] = high
    if item.metadata.get("choices"):
        schema["enum"] = list(item.metadata["choices"])
    default = list(item.default) if isinstance(item.default, tuple) else item.default
    return {**schema, "default": default, "description": _in_fields(item.metadata["help"])}


_FLAG = re.compile("--([a-z][a-z-]*)")


def _in_fields(text: str) -> str:
    """What an option does, with fields for the options of the command line."""
    return _FLAG.sub(lambda found: found[1].replace("-", "_"), text)


def _completions(models: Models, limits: Limits) -> dict[str, Any]:
    text = {"type": "string", "maxLength": limits.max_characters}
    options = _options(CompletionOptions)
    stops = {**options["stop"], "maxItems": 4}
    properties = {
        "model": _model(models, "generate"),
        "prompt": {
            "description": "the text to continue; token ids are not supported",
            "anyOf": [text, {"type": "array", "items": text, "minItems": 1, "maxItems": limits.max_texts}],
            "examples": ["Once upon a time"],
        },
        **options,
        "stop": {"anyOf": [stops, stops["items"]], "description": stops["description"]},
        "stream_options": record({}, {"include_usage": {"type": "boolean"}}),
        "best_of": {"type": ["integer", "null"], "description": "the same as n"},
        **{name: {"enum": list(neutral), "description": "not supported"} for name, neutral in UNSUPPORTED.items()},
        **{name: {"type": ["string", "null"], "description": "ignored"} for name in IGNORED},
    }
    properties = {name: _or_null(value) for name, value in properties.items()}  # which clients send for a default
    body = {"type": "object", "properties": properties, "additionalProperties": False}
    good = {"application/json": {"schema": COMPLETION}, "text/event-stream": {}}
    return _post("completions", "Continue prompts, in OpenAI's format.", body, good, ["Seqtext-Model"])


def _or_null(schema: Schema) -> Schema:
    """What also takes null; an enumeration tells it itself."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type")
    return {**schema, "type": list(dict.fromkeys([*kinds, "null"]))} if kinds else schema


def _model_parameter(models: Models) -> dict[str, Any]:
    return {
        "name": "model",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "examples": [*models.by_name]},
    }


def _post(name: str, summary: str, body: Schema, good: Mapping[str, Any], headers: Iterable[str]) -> dict[str, Any]:
    told = {header: {"schema": {"type": "string"}, "description": "the model that answered"} for header in headers}
    return {
        "post": {
            "operationId": name, "summary": summary,
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {"200": {"description": "the answer", "content": dict(good), "headers": told}, **_faults()},
        }
    }  # fmt: skip


def _get(name: str, summary: str, answer: Schema, parameters: list[Any] | None = None) -> dict[str, Any]:
    return {
        "get": {
            "operationId": name, "summary": summary, "parameters": parameters or [],
            "responses": {
                "200": {"description": "the answer", "content": {"application/json": {"schema": answer}}},
                **_faults(),
            },
        }
    }  # fmt: skip


def _faults() -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {str(status): {"description": text, "content": content} for status, text in _FAULTS.items()}
