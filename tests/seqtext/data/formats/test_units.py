"""Translations: which languages are source and target."""

import pytest
from corpus_files import PAIR, fault, rows, texts, write

from seqtext.data.corpus import read_labelled, read_rows, read_texts
from seqtext.data.formats.units import alike
from seqtext.data.lines import Report

pytestmark = pytest.mark.usefixtures("folder")


def memory(*units: dict[str, str], source: str = "en") -> str:
    body = ""
    for unit in units:
        variants = (f'<tuv xml:lang="{code}"><seg>{text}</seg></tuv>' for code, text in unit.items())
        body += f"<tu>{''.join(variants)}</tu>"
    header = f'<header srclang="{source}"/>'
    return write("a.tmx", f'<?xml version="1.0"?><tmx version="1.4">{header}<body>{body}</body></tmx>')


def test_the_source_is_the_one_that_the_file_names() -> None:
    name = memory({"de": "Tag", "en": "day"}, {"en": "night", "de": "Nacht"})
    assert rows(name, PAIR) == [("day", "Tag"), ("night", "Nacht")]
    memory({"de": "Tag", "en-US": "day"}, source="*all*")
    assert rows(name, PAIR) == [("Tag", "day")]
    assert rows(name, PAIR, columns={"source": "en", "target": "DE"}) == [("day", "Tag")]
    assert texts(name, columns={"text": "de"}) == ["Tag"]


def test_more_than_two_languages_have_to_be_named() -> None:
    name = memory({"en": "day", "de": "Tag"}, {"en": "night", "fr": "nuit"})
    message, hint = fault(read_rows, name, PAIR)
    assert message == "a.tmx holds texts in en, de, fr; which of them is the source and the target?"
    assert hint == "--columns source=en,target=de"
    report = Report()
    assert rows(name, PAIR, columns={"source": "en", "target": "fr"}, report=report) == [("night", "nuit")]
    assert report.skipped == {"no text in fr": 1}


def test_what_is_no_language_of_the_file_is_one_error() -> None:
    name = memory({"en": "day", "de": "Tag"})
    message, hint = fault(read_rows, name, PAIR, columns={"source": "en", "target": "it"})
    assert message == "a.tmx holds no text in 'it'; its languages are en, de."
    assert hint == "--columns source=en,target=de"
    assert fault(read_texts, name)[1] == "--columns text=en"
    assert "and no labels" in fault(read_labelled, name)[0]


def test_codes_are_alike_in_any_spelling() -> None:
    assert alike("en", ["de-DE", "EN_us"]) == "EN_us"
    assert alike("en", ["en-US", "en-GB"]) == ""
    assert alike("en-GB", ["en-US"]) == ""
    assert alike("", ["en"]) == ""
