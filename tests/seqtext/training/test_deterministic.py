"""--deterministic: what it sets for the process, and what it leaves as it was."""

import os
from collections.abc import Iterator

import pytest
import torch

from seqtext.errors import ConfigError
from seqtext.training.deterministic import deterministic_kernels, settle_workspace


def switches() -> tuple[bool, ...]:
    cudnn = torch.backends.cudnn
    enabled, lenient = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    return enabled, lenient, cudnn.deterministic, cudnn.benchmark


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave PyTorch as it was, whatever fails."""
    enabled, lenient, *convolutions = switches()
    yield
    torch.use_deterministic_algorithms(enabled, warn_only=lenient)
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = convolutions


@pytest.mark.parametrize("before", [(False, False, False, False), (True, True, False, True)])
def test_the_choice_of_the_process_comes_back(before: tuple[bool, ...]) -> None:
    torch.use_deterministic_algorithms(before[0], warn_only=before[1])
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = before[2:]
    with deterministic_kernels(True):
        assert switches() == (True, False, True, False)
    assert switches() == before
    with deterministic_kernels(False):
        assert switches() == before


def test_the_workspace_is_set_before_cuda_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    settle_workspace()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":0:0")
    with pytest.raises(ConfigError, match="CUBLAS_WORKSPACE_CONFIG is ':0:0'; :4096:8 or :16:8, set before"):
        settle_workspace()
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    with pytest.raises(ConfigError, match="was not set when CUDA started in this process"):
        settle_workspace()
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    settle_workspace()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
