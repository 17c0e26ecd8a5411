"""A GPU is for the tests that are marked `cuda`; what training leaves behind in its process is undone after each."""

import inspect
import os
import sys
from collections.abc import Iterator

import pytest

from lacking import lacks, needed_but_lacking

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # for --deterministic; read when the first test starts CUDA


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a GPU where there is none, and what needs a part of Unix where that is lacking."""
    lacking = lacks()
    for item in items if lacking else ():
        if name := needed_but_lacking(inspect.getsource(item.function), lacking):
            item.add_marker(pytest.mark.skip(reason=f"this system lacks {name}"))
    asking = [item for item in items if item.get_closest_marker("cuda")]
    if not asking:
        return
    import torch

    for item in asking if not torch.cuda.is_available() else ():
        item.add_marker(pytest.mark.skip(reason="needs a CUDA device; none is here"))


@pytest.fixture(autouse=True)
def with_small_numbers() -> Iterator[None]:
    """Training flushes numbers near zero; tests that come later may want them."""
    yield
    if torch := sys.modules.get("torch"):  # None where a test has hidden it
        torch.set_flush_denormal(False)


@pytest.fixture(autouse=True)
def on_the_processor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide a GPU, from processes that a test starts as well."""
    if request.node.get_closest_marker("cuda"):
        return
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    if "torch" in sys.modules:
        monkeypatch.setattr(sys.modules["torch"].cuda, "is_available", lambda: False)
