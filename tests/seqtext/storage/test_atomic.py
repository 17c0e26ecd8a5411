"""Files are written whole or not at all, and never through someone else's link."""

import errno
import os
from pathlib import Path

import pytest

from seqtext.errors import ModelError
from seqtext.storage.atomic import unwritable, write_atomically, write_synced


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def failing(*_: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_write_atomically(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.bin"
    write_atomically(path, b"old")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", failing)
        with pytest.raises(ModelError, match=r"state\.bin cannot be written: Input/output error"):
            write_atomically(path, b"new")
    assert (path.read_bytes(), names(tmp_path)) == (b"old", ["state.bin"])
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    with pytest.raises(ModelError, match="cannot be written: No such file or directory"):
        write_atomically(tmp_path / "missing" / "state.bin", b"")


@pytest.mark.parametrize("kind", [KeyboardInterrupt, MemoryError])
def test_what_was_written_in_part_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    def stop(_: int) -> None:
        raise kind

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(kind):
        write_synced(tmp_path / "file", b"data")
    assert names(tmp_path) == []


def test_links_are_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"kept")
    for link in ("file", ".file.tmp"):
        (tmp_path / link).symlink_to("secret")
    write_atomically(tmp_path / "file", b"new")
    assert (tmp_path / "secret").read_bytes() == b"kept"
    assert (tmp_path / "file").read_bytes() == b"new"
    assert names(tmp_path) == ["file", "secret"]


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (errno.ENOSPC, "free some space (df -h folder), then save again"),
        (errno.EFBIG, "free some space (df -h folder), then save again"),
        (errno.EACCES, "choose a folder you may write to"),
    ],
)
def test_the_hint_fits_the_cause(code: int, hint: str) -> None:
    error = unwritable(Path("folder/file"), OSError(code, os.strerror(code)))
    assert error.message == f"folder/file cannot be written: {os.strerror(code)}."
    assert error.hint == hint
