"""Show the OpenAPI description as a page for people, in plain HTML."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

_HEAD = (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<title>seqtext: HTTP interface</title>\n<link rel="stylesheet" href="/page/docs.css">\n</head>\n'
    "<body>\n<main>\n"
)


def page_of(described: dict[str, Any], address: str) -> str:
    """Render an OpenAPI description as an HTML page.

    described: what `seqtext.server.openapi.describe_server` gives; address: of the server, for examples
    """
    return "".join(_lines(described, address))


def _lines(described: dict[str, Any], address: str) -> Iterator[str]:
    info, paths = described["info"], described["paths"]
    yield f"{_HEAD}<h1>HTTP interface</h1>\n<p>seqtext {escape(info['version'])}. {escape(info['description'])} "
    yield '<a href="/">Web page</a> · <a href="/openapi.json">openapi.json</a></p>\n<nav aria-label="Paths"><ul>\n'
    for path in paths:
        yield f'<li><a href="#{_anchor(path)}">{escape(path)}</a></li>\n'
    yield "</ul></nav>\n"
    for path, methods in paths.items():
        for method, told in methods.items():
            yield from _path(path, method.upper(), told, address)
    yield "<h2>Errors</h2>\n<p>Each is an object <code>error</code> with <code>message</code>, <code>hint</code>, "
    yield "<code>type</code>, <code>param</code> and <code>code</code>.</p>\n<dl>\n"
    responses = next(iter(next(iter(paths.values())).values()))["responses"]
    for status, told in responses.items():
        if status != "200":
            yield f"<dt>{status}</dt><dd>{escape(told['description'])}</dd>\n"
    yield "</dl>\n</main>\n</body>\n</html>\n"


def _anchor(path: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in path).strip("-")


def _path(path: str, method: str, told: dict[str, Any], address: str) -> Iterator[str]:
    yield f'<section id="{_anchor(path)}">\n<h2>{method} {escape(path)}</h2>\n<p>{escape(told["summary"])}</p>\n'
    if "requestBody" in told:
        schema = told["requestBody"]["content"]["application/json"]["schema"]
        yield f"<pre><code>{escape(_example(path, schema, address))}</code></pre>\n"
        yield '<div class="wide"><table>\n<thead><tr><th scope="col">field</th><th scope="col">takes</th>'
        yield '<th scope="col">default</th><th scope="col">what it does</th></tr></thead>\n<tbody>\n'
        for name, field in schema["properties"].items():
            yield _row(name, field, required=name in schema.get("required", ()))
        yield "</tbody>\n</table></div>\n"
    yield "</section>\n"


def _example(path: str, schema: dict[str, Any], address: str) -> str:
    """Write a curl command that asks."""
    name, field = next((name, field) for name, field in schema["properties"].items() if "anyOf" in field)
    body = json.dumps({name: field["examples"][0]}, ensure_ascii=False).replace("'", "'\\''")
    return f"curl {address}{path} -H 'Content-Type: application/json' -d '{body}'"


def _row(name: str, field: dict[str, Any], *, required: bool) -> str:
    default = "" if "default" not in field or field["default"] is None else json.dumps(field["default"])
    default = "required" if required else default
    cells = (_takes(field), default, field.get("description", ""))
    return f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>\n'


def _takes(field: dict[str, Any]) -> str:
    """Say what a field takes, in words: "integer, 1 to 1000"."""
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_takes(choice) for choice in field["anyOf"]))
    if "enum" in field:
        return ", ".join(json.dumps(choice) for choice in field["enum"])
    kinds = field.get("type", "object")
    names = [kinds] if isinstance(kinds, str) else [kind for kind in kinds if kind != "null"]
    names = ["texts" if kind == "array" else "text" if kind == "string" else kind for kind in names]
    low, high = field.get("minimum"), field.get("maximum")
    span = "" if low is None and high is None else f", {low} to {high}" if high is not None else f", at least {low}"
    return " or ".join(names) + (span if low is not None or high is None else f", at most {high}")
