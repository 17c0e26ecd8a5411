"""Everyday sentences of our own: their files are well-formed, and the bundled models are asked about the new ones."""

import json
import re

import pytest

import seqtext
from golden_sentences import GOLDEN, blanks, plain, renderings, translations
from seqtext.models.blank_filler import split_blanks
from seqtext.storage.catalog import bundled

LANGUAGES = ("de", "fr")
FILES = {"everyday": 40, "daily_life": 60, "translations": 30, "daily_translations": 60, "unseen_translations": 52}


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
    assert len(found) == 142
    for source, accepted in found.items():
        assert accepted
        for text in accepted:
            assert text == plain(text)
            assert re.fullmatch(r"[A-ZÀ-Ý][^\[\]|]*[.?!]", text), text
            assert text[-1] == source[-1]
            assert "  " not in text
            assert language == "de" or re.search(r"[^ ][?!]", text) is None, text
        assert len(set(accepted)) == len(accepted), source


def test_brackets_hold_alternatives() -> None:
    assert renderings("Ja.") == ["Ja."]
    assert renderings("[Ein|Kein] Bus[| mehr].") == ["Ein Bus.", "Ein Bus mehr.", "Kein Bus.", "Kein Bus mehr."]


@pytest.mark.skipif("fill-en" not in bundled(), reason="no fill-en is bundled in this tree")
def test_everyday_blanks_are_filled_sensibly() -> None:
    """The bars are a little below what the bundled model reaches: more is better, the sentences stay as they are."""
    asked = blanks()
    found = seqtext.load("fill-en").fill([one.text for one in asked], top=5)
    places = [one.place([fill.blanks[0] for fill in fills]) for one, fills in zip(asked, found, strict=True)]
    assert sum(place == 1 for place in places) >= 77
    assert sum(map(bool, places)) >= 93


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "least"), [("daily_translations", 44), ("unseen_translations", 32)])
def test_new_everyday_sentences_are_translated(name: str, least: int, language: str) -> None:
    """So many at least are one of the renderings that were written down; a reader accepts some more."""
    if f"translate-en-{language}" not in bundled():
        pytest.skip(f"no translate-en-{language} is bundled in this tree")
    accepted = translations(language, name)
    found = seqtext.load(f"translate-en-{language}").translate(list(accepted))
    right = [plain(one[0].text) in known for one, known in zip(found, accepted.values(), strict=True)]
    assert sum(right) >= least
