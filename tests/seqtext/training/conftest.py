"""What training leaves behind in its process is undone after each test."""

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def with_small_numbers() -> Iterator[None]:
    """Training flushes numbers near zero; tests that come later may want them."""
    yield
    torch.set_flush_denormal(False)
