"""What small trainings share: their doubts compare with fewer made sentences, which halves their time."""

from functools import cache

import pytest

from seqtext.training import doubt
from seqtext.training.made_text import made_sentences

TRIES_DOUBTS = "test_doubt.py"  # with all
EACH = 8


@pytest.fixture(autouse=True)
def with_few_made_sentences(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare with every eighth of the sentences that generate-en wrote."""
    if request.path.name != TRIES_DOUBTS:
        monkeypatch.setattr(doubt, "made_sentences", lambda: [*some_made_sentences()])


@cache
def some_made_sentences() -> tuple[str, ...]:
    """The sentences, read once."""
    return tuple(made_sentences()[::EACH])
