"""Token files of one segment and of many."""

from pathlib import Path

import pytest

from builders import random_token_file
from seqtext.training.batches.token_file import TokenFile


@pytest.fixture(params=[1, 2, 30, 400])
def tokens(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TokenFile:
    monkeypatch.setattr("seqtext.training.batches.bucketing._BATCHES_PER_POOL", 5)  # so that there are many pools
    return random_token_file(tmp_path, request.param)
