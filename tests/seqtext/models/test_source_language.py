"""Texts in another language than a model reads are noticed, and English ones with names from elsewhere are not."""

import json
from pathlib import Path

import pytest

from seqtext.models import source_language
from seqtext.models.source_language import SourceLanguage

GOLDEN = Path(__file__).parents[2] / "golden"
NAMES = ["Heinrich Müller", "Giovanni Rossi", "Jean-Pierre Dubois", "María González", "Agnieszka Nowak", "João Silva"]
SENTENCES = ["{} lives next door to us.", "I met {} at the station.", "We had dinner with {} yesterday."]
FOREIGN = {
    "Die Kinder spielen heute im Garten.": "German",
    "Où est la gare, s'il vous plaît ?": "French",
    "Mi hermano trabaja en una oficina.": "Spanish",
}


def test_other_languages_are_named() -> None:
    assert SourceLanguage("en").others([*FOREIGN]) == [*FOREIGN.values()]
    assert SourceLanguage("de-AT").others([*FOREIGN])[0] == ""


def test_english_texts_are_not_noticed() -> None:
    lines = (GOLDEN / "everyday.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"].replace("___", "thing") for line in lines]
    assert len(texts) == 40
    assert not any(SourceLanguage("en").others(texts))


def test_names_from_elsewhere_are_not_noticed() -> None:
    texts = [sentence.format(name) for sentence in SENTENCES for name in NAMES]
    assert not any(SourceLanguage("en").others(texts))


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Guten Morgen allerseits"), ("en", ""), ("", "Das ist ein langer Text.")]
)
def test_short_texts_and_unknown_languages_load_nothing(monkeypatch, language, text) -> None:
    monkeypatch.setattr(source_language, "load", lambda *_: pytest.fail("the identifier was loaded"))
    assert SourceLanguage(language).others([text]) == [""]


@pytest.mark.parametrize("language", ["nds", "deu"])
def test_of_a_language_that_the_identifier_does_not_know_nothing_is_noticed(language) -> None:
    source = SourceLanguage(language)
    assert source.others([*FOREIGN]) == ["", "", ""]
    assert source.others([*FOREIGN]) == ["", "", ""]


def test_without_the_identifier_nothing_is_noticed(monkeypatch) -> None:
    monkeypatch.setattr(source_language, "bundled", dict)
    assert SourceLanguage("en").others([*FOREIGN]) == ["", "", ""]
