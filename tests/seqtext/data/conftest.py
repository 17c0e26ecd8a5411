"""A folder of its own for a test that writes files."""

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, so that names in errors are short."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
