"""Serve the web page's static files, reread when they change."""

from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from seqtext.server.faults import Fault

FOLDER = Path(__file__).parent / "page"
_TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
}  # fmt: skip


class File(NamedTuple):
    """Hold a file as it is sent.

    kind: its media type; tag: its ETag, from SHA-256; changed: when it was last modified
    """

    body: bytes
    kind: str
    tag: str
    changed: int  # in nanoseconds


_files: dict[str, File] = {}


def page_file(request: Request) -> Response:
    """Answer with a file of the page, index.html by default.

    Raises a Fault for an unknown name.
    """
    name = request.path_params.get("name") or "index.html"
    file = _file(name)
    headers = {"ETag": file.tag, "Cache-Control": "no-cache", "Content-Type": file.kind}
    if file.tag in request.headers.get("if-none-match", "").replace(" ", "").split(","):
        return Response(status_code=304, headers=headers)
    return Response(file.body, headers=headers)


def _file(name: str) -> File:
    """Read a file; raises a Fault for an unknown name. Names are looked up in the folder's own list: none leads out."""
    path = next((entry for entry in sorted(FOLDER.glob("*")) if entry.name == name and entry.suffix in _TYPES), None)
    if path is None:
        raise Fault(404, f"There is no file {name!r:.80} of the page.", "/", code="not_found")
    changed = path.stat().st_mtime_ns
    if name not in _files or _files[name].changed != changed:
        body = path.read_bytes()
        _files[name] = File(body, _TYPES[path.suffix], f'"{sha256(body).hexdigest()[:20]}"', changed)
    return _files[name]
