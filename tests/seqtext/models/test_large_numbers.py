"""Billions and trillions in other languages: a factor of a thousand or a million where they are taken word by word."""

from typing import Any

import pytest

import seqtext
from seqtext.models.carried import find
from seqtext.models.large_numbers import large_numbers, restore_scale
from seqtext.models.source_reading import Reading
from seqtext.models.source_text import Prepared
from seqtext.models.things import Thing
from seqtext.storage.catalog import bundled

CASES = [
    ("It has 1.5 trillion weights.", "1.5 trillion", "1,5 Billionen", "1,5 billion"),
    ("It cost £3.2 billion.", "3.2 billion", "3,2 Milliarden", "3,2 milliards"),
    ("It cost US$1 billion.", "1 billion", "1 Milliarde", "1 milliard"),
    ("A billion people watched.", "A billion", "eine Milliarde", "un milliard"),
    ("Half a trillion is much.", "Half a trillion", "eine halbe Billion", "un demi-billion"),
    ("Seven Billion People", "Seven Billion", "sieben Milliarden", "sept milliards"),
    ("a hundred and one billion", "a hundred and one billion", "hunderteine Milliarden", "cent un milliards"),
    ("1,250.5 billion", "1,250.5 billion", "1.250,5 Milliarden", "1\u202f250,5 milliards"),
    ("2-3 billion", "2-3 billion", "2-3 Milliarden", "2-3 milliards"),
    ("billions of stars, not millions", "billions", "Milliarden", "des milliards"),
    ("0.5 billion dollars", "0.5 billion", "0,5 Milliarden", "0,5 milliard"),
    ("1 000 billion", "1 000 billion", "1 000 Milliarden", "1 000 milliards"),
    ("a $1.5-billion deal", "1.5-billion", "1,5 Milliarden", "1,5 milliard"),
    ("One and a half billion", "One and a half billion", "1,5 Milliarden", "1,5 milliard"),
    ("−3 billion dollars", "−3 billion", "−3 Milliarden", "−3 milliards"),
    ("$2-$3 billion", "2-$3 billion", "2-3 Milliarden", "2-3 milliards"),
    ("worth USD 2 billion", "2 billion", "2 Milliarden\u00a0USD", "2 milliards\u00a0USD"),
    ("It is A$5 billion.", "5 billion", "5 Milliarden\u00a0A$", "5 milliards\u00a0A$"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "number", "german", "french"), CASES)
def test_how_large_numbers_are_written(text: str, number: str, german: str, french: str) -> None:
    for language, written in (("de", german), ("fr", french)):
        (stretch,) = large_numbers(text, language)
        assert stretch.parts[0] == Thing("number", number, written)
        assert stretch in find(text, language)
        assert str(stretch.parts[1]).strip().startswith("million")
    assert not list(large_numbers(text, ""))


@pytest.mark.parametrize("text", ["5 million", "a billion-dollar plan", "the billionth visitor", "a billionaire"])
def test_what_is_no_large_number(text: str) -> None:
    assert not list(large_numbers(text, "de"))


@pytest.mark.parametrize("name", [name for name in ("translate-en-de", "translate-en-fr") if name in bundled()])
def test_large_numbers_come_through(name: str) -> None:
    """Before, French had neither word: 100 billion stars were 100, and £3.2 billion 3,2 livres."""
    model, language = seqtext.load(name), name[-2:]
    texts = [
        f"{beginning} {number} {scale} {rest}"
        for number in ("2", "3.2", "100", "$7", "€1.5", "eleven")
        for scale in ("billion", "trillion")
        for beginning, rest in (
            ("The city spent", "last year."),
            ("There were more than", "of them."),
            ("It needs", "a day."),
        )
    ]
    for text, (best, *_) in zip(texts, model.translate(texts), strict=True):
        ((thing, *_), *_) = (stretch.parts for stretch in large_numbers(text, language))
        assert isinstance(thing, Thing)
        assert thing.count(best.text, language) == 1 or best.flags, best.text
        assert "million" not in best.text.lower(), (text, best.text)


def reading(text: str, language: str, **kinds: int) -> Reading:
    """How a translator with so many stand-ins reads a sentence."""
    return Reading.of(Prepared(text, str), find(text, language), kinds, language, frozenset(), frozenset())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Every billion counts.", "Every million counts."),
        ("Billions of stars", "Millions of stars"),
        ("He is a billionaire.", "He is a millionaire."),
        ("A few trillion bacteria", "A few million bacteria"),
        ("Several Billion", "Several Million"),
        ("a multi-billion-dollar deal", "a multi-million-dollar deal"),
        ("3 billion and another billion", "\ue001 million and another million"),
    ],
)
def test_billions_without_a_number_are_read_as_millions(text: str, expected: str) -> None:
    assert reading(text, "de", figures=8).text == expected
    assert not reading(text, "", figures=8).scales
    assert not reading(text, "es", figures=8).scales


@pytest.mark.parametrize(
    "text",
    [
        *("several billion, not a million", "billionaires and millionaires", "a billion years above Vermillion"),
        *("several billion or one trillionaire", "2 billion people", "the billionth visitor", "Billionton"),
        *(
            "https://www.billion.com is slow.",
            "Write to info@billion.de.",
            "Set {billion} first.",
            "See #billionaires.",
        ),
        *("a 4.5-billion-year-old rock", "max_billion is 3.", "Run billion.py now."),
    ],
)
def test_texts_that_are_read_as_they_are(text: str) -> None:
    assert not reading(text, "de", figures=8).scales


@pytest.mark.parametrize(
    ("language", "scale", "answer", "expected"),
    [
        ("de", "billion", "Jede Million zählt.", "Jede Milliarde zählt."),
        ("de", "billion", "MILLIONEN STERNE, ein Millionär", "MILLIARDEN STERNE, ein Milliardär"),
        ("de", "billion", "ein Millionstel, das Millionenfache", "ein Milliardstel, das Milliardenfache"),
        ("de", "trillion", "Ein paar Millionen, eine Million", "Ein paar Billionen, eine Billion"),
        ("de", "billion", "in Vermillion: \ue001 Millionen", "in Vermillion: \ue001 Millionen"),
        ("fr", "billion", "Ces millionnaires ont des millions.", "Ces milliardaires ont des milliards."),
        ("fr", "trillion", "plusieurs millions, un millionnaire", "plusieurs billions, un billionnaire"),
        ("fr", "billion", "une affaire multimillion", "une affaire multimilliard"),
    ],
)
def test_how_a_scale_is_restored(language: str, scale: str, answer: str, expected: str) -> None:
    assert restore_scale(answer, scale, language) == expected


@pytest.mark.parametrize("name", [name for name in ("translate-en-de", "translate-en-fr") if name in bundled()])
def test_billions_without_a_number_come_through(name: str) -> None:
    """Before, French had bills in their place: "several billion people" were plusieurs factures."""
    model = seqtext.load(name)
    texts = [
        text.format(scale)
        for scale in ("billion", "trillion")
        for text in ("Several {} people live there.", "A few {} years ago it was warm.", "Every {} counts.",
                     "It costs 2 dollars, not several {}.", "Another {} euros are missing.", "He is a {}aire.")
    ]  # fmt: skip
    for text, (best, *_) in zip(texts, model.translate(texts), strict=True):
        expected = "milliar" if "billion" in text else "billion"
        assert expected in best.text.lower(), (text, best.text)
        assert "million" not in best.text.lower(), (text, best.text)


@pytest.mark.skipif("translate-en-de" not in bundled(), reason="it is not bundled in this tree")
@pytest.mark.parametrize(
    ("text", "options", "kept"),
    [
        ("Several billion people live there.", {"glossary": {"billion": "MRD"}}, "MRD"),
        ("Several billion people live there.", {"glossary": {"million": "Mio."}}, "Milliarden"),
        ("SEVERAL BILLION PEOPLE LIVE THERE.", {}, "MILLIARDEN"),
        ("Several people visited https://www.billion.com.", {}, "https://www.billion.com"),
        ("Write several billion to info@million.de.", {}, "info@million.de"),
    ],
)
def test_what_is_typed_comes_first(text: str, options: dict[str, Any], kept: str) -> None:
    (best, *_) = seqtext.load("translate-en-de").translate(text, **options)
    assert kept in best.text


@pytest.mark.skipif("translate-en-de" not in bundled(), reason="it is not bundled in this tree")
def test_billions_are_avoided() -> None:
    model = seqtext.load("translate-en-de")
    (best, *_) = model.translate("Several billion people live there.", avoid=["Milliard*"])
    assert "milliard" not in best.text.lower()


def test_a_scale_that_is_lost_is_flagged() -> None:
    found = reading("Several billion people", "fr", figures=8)
    for answer, lost in (("Plusieurs millions de gens", []), ("Plusieurs factures", ["billion"])):
        assert [thing.text for thing in found.lost(answer, found.filled(answer)).values()] == lost


def test_a_translator_without_stand_ins_reads_billions() -> None:
    """Its source may be in a language in which a billion is an English trillion."""
    found = reading("Jede Billion zählt.", "fr")
    assert (found.text, found.filled("Un million")) == ("Jede Billion zählt.", "Un million")
