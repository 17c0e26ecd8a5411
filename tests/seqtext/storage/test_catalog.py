"""Finding, loading and publishing models: bundled ones, folders, the Hugging Face Hub."""

import dataclasses
import errno
import os
import sys
import types
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from builders import CONFIG, WEIGHTS, fail_at, file_names, hub_cache, model_contents, number_of
from seqtext.errors import ModelError
from seqtext.storage import catalog
from seqtext.storage.catalog import find, load, push
from seqtext.storage.model_folder import FILES, SavedModel, read_folder, write_folder
from seqtext.tasks import TASKS

# Finding and loading


@pytest.fixture
def shelf(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two bundled models."""
    for name in ("fill-en", "fill-fr"):
        write_folder(tmp_path / "shelf" / name, model_contents())
    (tmp_path / "shelf" / "no-model").mkdir()
    monkeypatch.setattr(catalog, "PRETRAINED", tmp_path / "shelf")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "shelf"


def test_find(shelf: Path, saved: Path) -> None:
    assert list(catalog.bundled()) == ["fill-en", "fill-fr"]
    assert find("fill-en") == shelf / "fill-en"
    assert find(Path("fill-fr")) == shelf / "fill-fr"
    assert find(saved) == saved
    assert find("model") == Path("model")
    (shelf.parent / "user" / "name").mkdir(parents=True)
    write_folder("user/name", model_contents())
    assert find("user/name") == Path("user/name")  # a folder that is here is not looked for elsewhere


@pytest.mark.parametrize(
    "name", ["fill-em", "", "a/b/c", "/a/b", "../x", "a b/c", "-a/b", "a/b-", "é/b", "x\0y", "a//b"]
)
def test_no_such_name(shelf: Path, name: str) -> None:
    with pytest.raises(ModelError) as caught:
        find(name)
    assert f"{name!r}; accepted are a bundled name (fill-en, fill-fr), a model folder, or a" in caught.value.message
    assert caught.value.hint in ("load('fill-en')", "load('fill-fr')")


def test_nothing_is_bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "PRETRAINED", tmp_path / "none")
    assert catalog.bundled() == {}
    with pytest.raises(ModelError, match=r"\(there are none\).*Try: seqtext train TASK CORPUS --run FOLDER"):
        find("fill-en")


def test_folders_without_a_model(shelf: Path, saved: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with pytest.raises(ModelError, match=r"run holds no model yet: config\.json is missing \(found: nothing\)"):
        find(run)
    (run / "history.jsonl").write_text("")
    with pytest.raises(ModelError) as caught:
        load(run)
    assert caught.value.message == f"{run} holds no model yet: config.json is missing (found: history.jsonl)."
    assert caught.value.hint.startswith("if training is going on, wait for its first save; else seqtext train")
    with pytest.raises(ModelError) as caught:
        find(saved / CONFIG)
    assert caught.value.message == f"{saved / CONFIG} is a file; a model is a folder."
    assert caught.value.hint == f"load({str(saved)!r})"
    with pytest.raises(ModelError, match="gone does not exist"):
        read_folder(tmp_path / "gone")


class Robot:
    """Stands for a model class."""

    def __init__(self, saved: SavedModel) -> None:
        self.saved = saved

    @classmethod
    def from_folder(cls, saved: SavedModel) -> "Robot":
        return cls(saved)


def test_load(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("robots")
    module.Robot = Robot  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "robots", module)
    monkeypatch.setitem(TASKS, "fill", dataclasses.replace(TASKS["fill"], model="robots:Robot"))
    assert number_of(load("fill-en").saved.whole()) == 0
    assert number_of(load(shelf / "fill-fr", task="fill").saved.whole()) == 0
    for name in ("history.jsonl", "README.md"):  # no answer needs them
        (shelf / "fill-en" / name).write_bytes(b"\xff")
    load("fill-en")
    with pytest.raises(ModelError) as caught:
        load("fill-en", task="translate")
    assert caught.value.message == "fill-en is a model for 'fill'; one for 'translate' is needed."
    assert caught.value.hint == "load('fill-en', 'fill')"
    assert caught.value.typed()[1] == "seqtext fill --model fill-en"


# The Hugging Face Hub


def test_find_fetches_a_hub_id(shelf: Path, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot, asked = hub_cache(saved, tmp_path / "cache"), []

    def fetch(repository: str, *, revision: str | None, allow_patterns: list[str]) -> str:
        asked.append((repository, revision, sorted(allow_patterns)))
        return str(snapshot)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    assert find("ann/fill") == snapshot
    assert asked == [
        ("ann/fill", None, ["README.md", "accepted.json", CONFIG, "history.jsonl", "tokenizer.json", WEIGHTS])
    ]
    for revision in ("v1", "refs/pr/2"):
        assert find("ann/fill", revision) == find(f"ann/fill@{revision}") == snapshot
        assert [one[:2] for one in asked[-2:]] == [("ann/fill", revision)] * 2
    assert number_of(read_folder(find("ann/fill"))) == 0
    (snapshot / CONFIG).unlink()
    with pytest.raises(ModelError, match=r"holds no model yet: config\.json is missing"):
        find("ann/fill")


def test_a_mistyped_path_is_not_asked_of_the_hub(shelf: Path, tmp_path: Path) -> None:
    for name in ("run-1", "run-2", ".cache"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    (tmp_path / "runs" / "notes.txt").write_text("")
    (tmp_path / "runs" / "failed").mkdir()
    (tmp_path / "runs" / "failed" / ".lock").write_text("")
    with pytest.raises(ModelError) as caught:  # the fixture no_network refuses to download
        find("runs/rum-2")
    assert caught.value.message.startswith(
        "runs/rum-2 does not exist; the folder runs holds run-1, run-2. (The Hugging"
    )
    assert caught.value.hint == "load('runs/run-2')"
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError) as caught:
        load(Path("empty/model"))
    assert caught.value.message.startswith("empty/model does not exist; the folder empty holds no folder.")
    assert caught.value.hint == "seqtext models lists the bundled models"


def test_a_file_of_that_name_does_not_stand_for_a_folder(
    shelf: Path, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ann").write_text("")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(saved))
    assert find("ann/fill") == saved


@pytest.mark.parametrize("revision", ["a b", "", "../x", "x@y"])
def test_a_false_revision_is_not_asked_for(shelf: Path, revision: str) -> None:
    with pytest.raises(ModelError) as caught:  # the fixture no_network refuses to download
        find("ann/fill", revision)
    assert caught.value.message == (
        f"The revision of ann/fill is {revision!r}; a branch, a tag or a commit is expected."
    )
    with pytest.raises(ModelError, match="The revision of ann/fill is 'v1@v2'"):
        load("ann/fill@v1", revision="v2")


def test_only_the_hub_has_revisions(shelf: Path, saved: Path) -> None:
    for name, kind in (("fill-en", "comes with seqtext"), (str(saved), "is a folder here")):
        for load_it in (lambda name: load(name, revision="v1"), lambda name: load(f"{name}@v1", "fill")):
            with pytest.raises(ModelError) as caught:
                load_it(name)
            assert caught.value.message == (f"{name} {kind}; a revision, 'v1', is of a model on the Hugging Face Hub.")
    write_folder("model@v1", model_contents())
    assert find("model@v1") == Path("model@v1")  # a folder that is here


class FakeApi:
    """Records what it is asked to do."""

    calls: list[Any]
    card = ""

    def __init__(self, token: str | None = None) -> None:
        type(self).calls = [token]

    def repo_info(self, repository: str) -> types.SimpleNamespace:
        return types.SimpleNamespace(private=True)

    def create_repo(self, repository: str, *, private: bool | None, exist_ok: bool) -> str:
        self.calls.append((repository, private, exist_ok))
        return f"https://hub.example/{repository}"

    def upload_folder(self, *, repo_id: str, folder_path: Path, allow_patterns: list[str], **_: Any) -> None:
        names = file_names(Path(folder_path))
        type(self).card = (Path(folder_path) / "README.md").read_bytes().decode()
        self.calls.append(
            (repo_id, number_of(dataclasses.replace(read_folder(folder_path), card="")), sorted(allow_patterns), names)
        )


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> type[FakeApi]:
    kind = type("Api", (FakeApi,), {})
    monkeypatch.setattr(huggingface_hub, "HfApi", kind)
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: "stored")
    return kind


def test_push(saved: Path, api: type[FakeApi]) -> None:
    (saved / "state.bin").write_bytes(b"not for others")
    assert push(saved, "ann/fill", private=True, token="t") == "https://hub.example/ann/fill"
    five = ["README.md", CONFIG, "history.jsonl", "tokenizer.json", WEIGHTS]
    assert api.calls == ["t", ("ann/fill", True, True), ("ann/fill", 0, sorted(FILES), five)]
    data = huggingface_hub.ModelCard(api.card).data
    assert (data.library_name, data.pipeline_tag) == ("seqtext", "fill-mask")
    assert api.card.endswith(read_folder(saved).card)  # which lacks the header still


def test_push_publishes_a_committed_save_whole(
    saved: Path, api: type[FakeApi], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail_at(3, errno.EACCES, os.replace))
        with pytest.raises(ModelError):
            write_folder(saved, model_contents(1, card=""))
    before = file_names(saved)
    push(saved, "ann/fill")
    five = ["README.md", CONFIG, "history.jsonl", "tokenizer.json", WEIGHTS]
    assert api.calls[-1] == ("ann/fill", 1, sorted(FILES), five)
    assert api.card.endswith("---\n\n# fill\n\nA seqtext model that fills in blanks.\n")  # it had no card
    assert file_names(saved) == before


def test_a_save_that_lands_during_a_push_is_not_mixed_in(
    saved: Path, api: type[FakeApi], monkeypatch: pytest.MonkeyPatch
) -> None:
    create = api.create_repo

    def late(self: FakeApi, *args: Any, **kwargs: Any) -> str:
        write_folder(saved, model_contents(1))
        return create(self, *args, **kwargs)

    monkeypatch.setattr(api, "create_repo", late)
    push(saved, "ann/fill")
    assert api.calls[-1][1] == 0


def test_push_refuses_damaged_models_and_false_names(saved: Path, api: type[FakeApi]) -> None:
    with pytest.raises(ModelError, match="The repository is called 'fill'; user/name is expected"):
        push(saved, "fill")
    (saved / WEIGHTS).write_bytes(b"")
    with pytest.raises(ModelError, match="is damaged"):
        push(saved, "ann/fill")
    assert not hasattr(api, "calls")
