"""A saved model; no network."""

from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from builders import model_contents
from seqtext.storage.model_folder import write_folder


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    write_folder(tmp_path / "model", model_contents())
    return tmp_path / "model"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    monkeypatch.setattr(huggingface_hub, "HfApi", refuse)
