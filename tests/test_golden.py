"""Everyday sentences of our own: their files are well-formed, and the bundled models are asked about the new ones."""

import json
import re

import pytest

from golden_sentences import GOLDEN, blanks, plain, renderings, translations
from seqtext.models.blank_filler import split_blanks

LANGUAGES = ("de", "fr")
FILES = {"everyday": 40, "daily_life": 60, "translations": 30, "daily_translations": 60}


@pytest.mark.parametrize("name", FILES)
def test_each_file_has_its_sentences_once(name: str) -> None:
    lines = (GOLDEN / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    assert len({json.loads(line)["text"] for line in lines}) == len(lines) == FILES[name]


def test_each_blank_has_sensible_words() -> None:
    found = blanks()
    assert len({one.text for one in found}) == 100
    for one in found:
        assert len(split_blanks(one.text)) == 2
        assert one.words
        assert all(word == word.strip() != "" and " " not in word for word in one.words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_rendering_is_a_sentence(language: str) -> None:
    found = translations(language)
    assert len(found) == 90
    for source, accepted in found.items():
        assert accepted
        for text in accepted:
            assert text == plain(text)
            assert re.fullmatch(r"[A-ZÀ-Ý][^\[\]|]*[.?]", text), text
            assert "  " not in text
            assert language == "de" or re.search(r"[^ ]\?", text) is None, text
        assert len(set(accepted)) == len(accepted), source


def test_brackets_hold_alternatives() -> None:
    assert renderings("Ja.") == ["Ja."]
    assert renderings("[Ein|Kein] Bus[| mehr].") == ["Ein Bus.", "Ein Bus mehr.", "Kein Bus.", "Kein Bus mehr."]
