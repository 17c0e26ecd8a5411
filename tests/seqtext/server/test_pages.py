"""The files of the page: from the package's folder alone, with types and tags."""

from threading import Event

import pytest

from seqtext.errors import ModelError
from seqtext.server import pages


def test_the_page_is_at_the_root(client) -> None:
    for path in ("/", "/page/", "/page/index.html"):
        answer = client.get(path)
        assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert answer.body == (pages.FOLDER / "index.html").read_bytes()


@pytest.mark.parametrize("path", ["/", "/page/"])
def test_with_the_page_comes_the_model_that_it_asks_first(client_of, path) -> None:
    begun, loads = Event(), []

    def load() -> None:
        loads.append(path)
        begun.set()
        raise ModelError("It is damaged.", "reload")  # which the page is told when it asks, and not before

    client = client_of(fill=("fill", load), write=("generate", lambda: pytest.fail("nobody asked for it")))
    assert [client.get(path).status for _ in range(3)] == [200] * 3
    assert begun.wait(20)
    assert client.post("/v1/fill", {"text": "A ___."}).error["code"] == "model_unavailable"
    assert len(loads) == 2  # once for all pages, and once for the request


def test_every_file_of_the_folder_is_served_with_its_type(client) -> None:
    files = [path for path in pages.FOLDER.iterdir() if path.is_file()]
    assert files
    for path in files:
        answer = client.get(f"/page/{path.name}")
        assert (answer.status, answer.body) == (200, path.read_bytes()), path.name
        assert answer.headers["content-type"] != ""


def test_a_file_that_is_known_is_not_sent_again(client) -> None:
    tag = client.get("/").headers["etag"]
    again = client.get("/", if_none_match=f'"other", {tag}')
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert client.get("/", if_none_match='"other"').status == 200


def test_a_file_that_changed_is_read_again(client, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    monkeypatch.setattr(pages, "_files", {})
    for text in ("one", "another"):
        (tmp_path / "index.html").write_text(text)
        assert client.get("/").body == text.encode()


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "app.py", "", "index.html\x00", ".", "a" * 5000])
def test_nothing_else_can_be_reached(client, name) -> None:
    assert client.get(f"/page/x{name}").status == 404
    assert b"import" not in client.get(f"/page/{name}").body or name == ""
