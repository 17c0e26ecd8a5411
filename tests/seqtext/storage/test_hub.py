"""The Hub: what is asked of it and how its failures are told. No test uses the network."""

from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled

from seqtext.errors import ModelError
from seqtext.storage.hub import download, is_hub_id, upload


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann/fill", True),
        ("a/b", True),
        ("Ann-1/fill_en.v2", True),
        ("fill", False),
        ("a/b/c", False),
        ("../x", False),
        ("./x", False),
        ("-a/b", False),
        ("a/b-", False),
        ("a/b\n", False),
        ("é/b", False),
        ("a/" + "b" * 96, True),
        ("a/" + "b" * 97, False),
    ],
)
def test_is_hub_id(text: str, expected: bool) -> None:
    assert is_hub_id(text) is expected


def named(kind: str, text: str = "many\nlines") -> Exception:
    """An exception of a kind that is known by its name only."""
    error: Exception = type(kind, (OSError,), {})(text)
    return error


CAUSES = [
    (named("RepositoryNotFoundError"), "there is no such repository, or it is private."),
    (named("GatedRepoError"), "its owner must grant access first."),
    (LocalEntryNotFoundError("no"), "it cannot be reached, and no copy was kept."),
    (OfflineModeIsEnabled("no"), "it cannot be reached."),
    (named("LocalTokenNotFoundError"), "no token is stored (hf auth login)."),
    (ValueError("first line.\nsecond line"), "first line."),
    (KeyError(), "KeyError."),
]


def test_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetch(repository: str, *, allow_patterns: list[str]) -> str:
        asked.append((repository, allow_patterns))
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    assert download("ann/fill", {"a.json": 1, "b.json": 2}) == tmp_path
    assert asked == [("ann/fill", ["a.json", "b.json"])]


@pytest.mark.parametrize(("error", "cause"), CAUSES)
def test_download_says_why_the_hub_gave_nothing(monkeypatch: pytest.MonkeyPatch, error: Exception, cause: str) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(ModelError) as caught:
        download("ann/fill", [])
    assert caught.value.message == f"'ann/fill' is no folder here, and the Hugging Face Hub did not give it: {cause}"
    assert "check the spelling and the connection" in caught.value.hint


@pytest.mark.parametrize("stage", ["create_repo", "upload_folder"])
@pytest.mark.parametrize(("error", "cause"), CAUSES)
def test_upload_says_why_it_failed(monkeypatch: pytest.MonkeyPatch, stage: str, error: Exception, cause: str) -> None:
    class Api:
        def __init__(self, token: str | None = None) -> None:
            assert token == "t"

        def create_repo(self, *_: Any, **__: Any) -> str:
            if stage == "create_repo":
                raise error
            return "https://hub.example/ann/fill"

        def upload_folder(self, **_: Any) -> None:
            raise error

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    with pytest.raises(ModelError) as caught:
        upload("model", "ann/fill", [], token="t")
    assert caught.value.message == f"model was not pushed to 'ann/fill': {cause}"
    assert caught.value.hint == "hf auth login"


def test_upload_refuses_false_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "HfApi", None)
    with pytest.raises(
        ModelError, match=r"The repository is called 'fill'; user/name is expected\. Try: user/my-model"
    ):
        upload("model", "fill", [])
