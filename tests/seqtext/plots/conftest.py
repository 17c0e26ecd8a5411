"""Tests of pictures are skipped where matplotlib is not installed."""

import pytest


@pytest.fixture
def matplotlib() -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
