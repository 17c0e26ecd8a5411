"""`seqtext next`, with a model that gives fixed words."""

import json

import pytest

from seqtext.models.language_model import Forecast
from seqtext.models.many import answer_each


@pytest.fixture
def asked(monkeypatch):
    found = []

    class Fake:
        def next(self, texts, top, complete, avoid):
            return answer_each(texts, lambda some: [self._next(text, top, complete) for text in some], 64, "")

        def _next(self, text, top, complete):
            found.append((text, top, complete))
            return [Forecast("fox", 0.75), Forecast("wolf", 0.0125)][:top]

    monkeypatch.setattr("seqtext.storage.catalog.load", lambda name, task=None: found.append((name, task)) or Fake())
    return found


def test_words_come_in_a_table(seqtext, asked) -> None:
    assert seqtext("next", "The quick") == (0, "75.0%  fox\n 1.2%  wolf\n", "")
    assert asked == [("generate-en", "generate"), ("The quick", 5, False)]


def test_a_file_gets_a_word_a_line(seqtext, asked) -> None:
    result = seqtext("next", "--file", "-", "--complete", "--top", "1", stdin=b"The f\n\nA\n")
    assert result == (0, "fox\n\nfox\n", "")
    assert asked[1:] == [("The f", 1, True), ("A", 1, True)]


def test_json_holds_words_and_probabilities(seqtext, asked) -> None:
    result = seqtext("next", "The", "--json")
    assert json.loads(result.stdout) == {
        "text": "The",
        "next": [{"text": "fox", "probability": 0.75}, {"text": "wolf", "probability": 0.0125}],
    }
