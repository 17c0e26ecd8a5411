"""Billions and trillions in other languages: a factor of a thousand or a million where they are taken word by word."""

import pytest

import seqtext
from seqtext.models.carried import find
from seqtext.models.large_numbers import large_numbers, read_as_millions
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
    ("billions of stars", "billions", "Milliarden", "des milliards"),
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


@pytest.mark.parametrize(
    ("language", "typed", "read", "answer", "written"),
    [
        ("de", "Every billion counts.", "Every million counts.", "Jede Million zählt.", "Jede Milliarde zählt."),
        ("de", "Billions of stars", "Millions of stars", "Millionen von Sternen", "Milliarden von Sternen"),
        ("de", "Some billionaires", "Some millionaires", "Einige Millionäre", "Einige Milliardäre"),
        ("de", "A few trillion", "A few million", "Ein paar Millionen", "Ein paar Billionen"),
        ("de", "THE FIRST BILLION", "THE FIRST MILLION", "DIE ERSTE MILLION", "DIE ERSTE MILLIARDE"),
        ("fr", "He is a billionaire.", "He is a millionaire.", "Il est millionnaire.", "Il est milliardaire."),
        ("fr", "several trillions", "several millions", "plusieurs millions", "plusieurs billions"),
        ("fr", "a multibillion deal", "a multimillion deal", "une affaire multimillion", "une affaire multimilliard"),
        ("fr", "3 billion and another billion", "3 billion and another million", "un million", "un milliard"),
    ],
)
def test_billions_without_a_number(language: str, typed: str, read: str, answer: str, written: str) -> None:
    source = read_as_millions(Prepared(typed, lambda answer: f"{answer}!"), language)
    assert (source.text, source.back(answer)) == (read, f"{written}!")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "several billion and a million"), ("fr", "billions or trillions"), ("de", "2 billion people"),
        ("de", "the billionth visitor"), ("de", "Billionton"), ("", "several billion"), ("es", "several billion"),
    ],
)  # fmt: skip
def test_texts_that_are_read_as_they_are(language: str, text: str) -> None:
    source = Prepared(text, str)
    assert read_as_millions(source, language) is source


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
def test_a_glossary_has_its_own_billions() -> None:
    model = seqtext.load("translate-en-de")
    ((best, *_),) = model.translate(["Several billion people live there."], glossary={"billion": "MRD"})
    assert "MRD" in best.text
