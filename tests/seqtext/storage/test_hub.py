"""The Hub: what is asked of it and how its failures are told. No test uses the network."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import create_autospec

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled

from builders import hub_cache
from seqtext.errors import ModelError
from seqtext.storage.hub import download, is_hub_id, is_revision, upload


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


def answered(status: int) -> Exception:
    """What the Hub's library raises for an answer with a status and no kind of its own."""
    error: Any = named("HfHubHTTPError", "Server Error")
    error.response = SimpleNamespace(status_code=status)
    return error  # type: ignore[no-any-return]


CAUSES = [
    (named("RepositoryNotFoundError"), "there is no such repository, or it is private."),
    (named("RevisionNotFoundError"), "it has no such branch, tag or commit."),
    (answered(401), "the token is not accepted."),
    (answered(403), "the token does not allow it."),
    (answered(500), "Server Error."),
    (named("GatedRepoError"), "its owner must grant access first."),
    (LocalEntryNotFoundError("no"), "it cannot be reached, and no copy was kept."),
    (OfflineModeIsEnabled("no"), "it cannot be reached."),
    (named("LocalTokenNotFoundError"), "no token is stored (hf auth login)."),
    (ValueError("first line.\nsecond line"), "first line."),
    (KeyError(), "KeyError."),
]


def test_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetch(repository: str, *, revision: str | None, allow_patterns: list[str]) -> str:
        asked.append((repository, revision, allow_patterns))
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    assert download("ann/fill", {"a.json": 1, "b.json": 2}) == tmp_path
    assert download("ann/fill", ["a.json"], "v1") == tmp_path
    assert asked == [("ann/fill", None, ["a.json", "b.json"]), ("ann/fill", "v1", ["a.json"])]


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
    assert caught.value.message == f"The model was not pushed to 'ann/fill': {cause}"
    of_token = {
        "the token is not accepted.": "hf auth login --force", "the token does not allow it.": "hf auth login --force",
        "there is no such repository, or it is private.": "hf auth login",
        "its owner must grant access first.": "hf auth login", "no token is stored (hf auth login).": "hf auth login",
    }  # fmt: skip
    assert caught.value.hint == of_token.get(cause, "check the connection, then push again")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((name, True) for name in ("main", "v1.0", "refs/pr/3", "feature/x+y", "0123abcd" * 5, "_a")),
        *((name, False) for name in ("", "-x", "../main", "a..b", "a b", "a@b", "a\n", "/a", "a" * 300, None, 3)),
    ],
)
def test_is_revision(text: Any, expected: bool) -> None:
    assert is_revision(text) is expected


class FakeApi:
    """Has repositories, by name: whether each is private."""

    repositories: dict[str, bool]
    calls: list[tuple[str, Any]]

    def __init__(self, token: str | None = None) -> None:
        pass

    def create_repo(self, repository: str, *, private: bool | None, exist_ok: bool) -> str:
        self.repositories.setdefault(repository, bool(private))
        return f"https://hub.example/{repository}"

    def repo_info(self, repository: str) -> SimpleNamespace:
        return SimpleNamespace(private=self.repositories[repository])

    def create_branch(self, repository: str, *, branch: str, exist_ok: bool) -> None:
        self.calls.append(("branch", branch))

    def upload_folder(self, **facts: Any) -> None:
        self.calls.append(("upload", facts))


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> type[FakeApi]:
    kind = type("Api", (FakeApi,), {"repositories": {"ann/public": False}, "calls": []})
    monkeypatch.setattr(huggingface_hub, "HfApi", kind)
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: "stored")
    return kind


def test_upload_to_a_branch(api: type[FakeApi]) -> None:
    assert upload("model", "ann/fill", ["a.json"], revision="v2", message="More") == (
        "https://hub.example/ann/fill/tree/v2"
    )
    (branch, name), (kind, facts) = api.calls
    assert (branch, name, kind) == ("branch", "v2", "upload")
    assert facts == {
        "repo_id": "ann/fill", "folder_path": "model", "revision": "v2", "commit_message": "More",
        "allow_patterns": ["a.json"], "delete_patterns": ["a.json"],
    }  # fmt: skip
    with pytest.raises(ModelError, match=r"called 'a b'; the name of a branch is expected"):
        upload("model", "ann/fill", [], revision="a b")


def test_the_hub_s_own_library_takes_what_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.hf_api import HfApi

    api = create_autospec(HfApi, instance=True)
    api.create_repo.return_value = "https://hub.example/ann/fill"
    monkeypatch.setattr(huggingface_hub, "HfApi", create_autospec(HfApi, return_value=api))
    upload("model", "ann/fill", ["a.json"], private=True, token="t", revision="v2", message="More")
    api.create_branch.assert_called_once_with("ann/fill", branch="v2", exist_ok=True)
    assert api.upload_folder.call_count == 1


def test_what_was_to_be_private_is_never_published(api: type[FakeApi]) -> None:
    with pytest.raises(ModelError, match="ann/public is there already and public"):
        upload("model", "ann/public", [], private=True)
    assert api.calls == []
    upload("model", "ann/mine", [], private=True)
    assert api.repositories["ann/mine"] is True


def test_upload_asks_for_a_token_before_anything_else(api: type[FakeApi], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    with pytest.raises(ModelError, match="no token is stored here") as caught:
        upload("model", "ann/fill", [])
    assert (caught.value.hint, api.repositories) == ("hf auth login", {"ann/public": False})
    upload("model", "ann/fill", [], token="given")


def test_a_commit_in_the_cache_needs_no_network(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Hub's own library finds it, offline, by its full name and by the branch that was last fetched."""
    from huggingface_hub import _snapshot_download, constants

    snapshot = hub_cache(saved, tmp_path / "cache")
    commit = "0123abcd" * 5
    named_fully = snapshot.rename(snapshot.parent / commit)
    (snapshot.parent.parent / "refs").mkdir()
    (snapshot.parent.parent / "refs" / "main").write_text(commit)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(huggingface_hub, "snapshot_download", _snapshot_download.snapshot_download)
    assert download("ann/fill", [], commit).resolve() == named_fully.resolve()
    assert download("ann/fill", [], "main").resolve() == named_fully.resolve()
    with pytest.raises(ModelError, match="at revision 'v9': it cannot be reached, and no copy was kept"):
        download("ann/fill", [], "v9")


def test_upload_refuses_false_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "HfApi", None)
    with pytest.raises(
        ModelError, match=r"The repository is called 'fill'; user/name is expected\. Try: user/my-model"
    ):
        upload("model", "fill", [])
