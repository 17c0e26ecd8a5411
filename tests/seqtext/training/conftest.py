"""What small trainings share: their doubts compare with fewer made sentences, which halves their time."""

from functools import cache

import pytest

from seqtext.training import doubt
from seqtext.training.made_text import made_sentences

WHOLE = ("test_doubt.py", "test_made_text.py")  # what a doubt finds is tested with all
EACH = 8


@pytest.fixture(autouse=True)
def with_few_made_sentences(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every eighth of the sentences that are no text of a classifier's."""
    if request.path.name in WHOLE:
        return
    monkeypatch.setattr(doubt, "made_sentences", lambda: [*some_made_sentences()])


@cache
def some_made_sentences() -> tuple[str, ...]:
    """The sentences, read once."""
    return tuple(made_sentences()[::EACH])
