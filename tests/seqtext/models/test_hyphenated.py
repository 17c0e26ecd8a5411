"""Amounts with hyphens are read behind their noun."""

from functools import cache

import pytest

from seqtext.models.carried import find
from seqtext.models.hyphenated import hyphenated
from seqtext.models.things import Thing
from seqtext.models.translator import Translator
from seqtext.storage.catalog import load


def read(text: str) -> str:
    """What a translator would read, figures in brackets."""
    written, end = "", 0
    for stretch in find(text, "de"):
        parts = (f"[{part.back}]" if isinstance(part, Thing) else part for part in stretch.parts)
        written, end = f"{written}{text[end : stretch.start]}{''.join(parts)}", stretch.end
    return written + text[end:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is a 5-minute walk.", "It is a walk of [5] minutes."),
        ("A 10-year-old boy sings.", "A boy of [10] years sings."),
        ("The 10-year-old sings.", "The child of [10] years sings."),
        ("The 40-year-old was here.", "The person of [40] years was here."),
        ("We took a three-day trip.", "We took a trip of three days."),
        ("An 8-hour shift, a 6-foot wall", "A shift of [8] hours, a wall of [6] feet"),
        ("A 12-minute egg is hard.", "An egg of [12] minutes is hard."),
        ("A six-hundred-page book", "A book of [sechshundert] pages"),
        ("a twenty-five-year-old man", "a man of [fünfundzwanzig] years"),
        ("A five-star hotel", "A hotel of five stars"),
        ("a one-year-old son", "a son of one year"),
        ("A 1,000-seat hall.", "A hall of [1.000] seats."),
        ("The 11-year-old twins", "The twins of [11] years"),
        ("A thirty-second clip", "A clip of [dreißig] seconds"),
        ("A 2.5-kilometre race", "A race of [2,5] kilometres"),
        ("It is a 10-min walk.", "It is a walk of [10] minutes."),
        ("It is a 10 min walk.", "It is a walk of [10] minutes."),
        ("A 6-ft wall", "A wall of [6] feet"),
        ("A 10-yr-old boy sings.", "A boy of [10] years sings."),
        ("It is a 19th-century house.", "It is a house of the 19th century."),
        ("It is an 18th century castle.", "It is a castle of the 18th century."),
        ("19th-century Paris", "Paris of the 19th century"),
        ("In an 18th-century house, we sat.", "In a house of the 18th century, we sat."),
        ("19th-century art and music", "Art of the 19th century and music"),
        ("19th-century art is good.", "Art of the 19th century is good."),
        ("in 18th-century French novels.", "in French novels of the 18th century."),
        ("a late-19th-century opera", "an opera of the late 19th century"),
        ("in the mid-19th century", "in the middle of the 19th century"),
    ],
)
def test_an_amount_is_read_behind_its_noun(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a 5-minute coffee break",  # minutes of a break, not of coffee
        "a 10-year-old's bike",
        "a 10-year-old boy's bike",
        "a 10-year-old golden retriever",
        "a 10-year-old tired boy",
        "10-year-olds sing",
        "a two-part plan",
        "at $5-page rates",
        "the thirty-second day",
        "10-year-old gymnasts",
        "a hundred and fifty-year-old oak",
        "10-minute.",
        "A 19th-century red and white house.",
        "A 19th-century large, very old house.",
        "in the late 19th-century novels",
        "a 20-minute loud or noisy song",
    ],
)
def test_what_is_not_certain_stays_as_typed(text: str) -> None:
    assert list(hyphenated(text, "de")) == []


def test_french_has_amounts_with_symbols_behind_their_noun() -> None:
    (found,) = find("He has a 20 kg bag.", "fr")
    assert found.parts == ("a bag of ", Thing("number", "20 kg", "20 kg"))
    (found,) = find("He likes 19th-century art.", "fr")
    assert found.parts == ("art of the ", Thing("number", "19th-century", "XIXe siècle"))
    assert read("He has a 20 kg bag.") == "He has a [20 kg] bag."
    assert read("In the 19th century art flourished.") == "In the 19th century art flourished."


def test_nothing_is_turned_round_for_other_languages() -> None:
    assert list(hyphenated("a 5-minute walk", "")) == []


@cache
def translator(language: str) -> Translator:
    model = load(f"translate-en-{language}", "translate")
    assert isinstance(model, Translator)
    return model


@pytest.mark.parametrize(
    ("language", "units"),
    [("de", ["Jahre", "Minuten", "Kilometer", "Liter"]), ("fr", ["ans", "minutes", "kilomètres", "litres"])],
)
def test_no_unit_stays_english(language: str, units: list[str]) -> None:
    texts = [
        "A 10-year-old boy sings.",
        "It is a 5-minute walk.",
        "She ran a 10-kilometre race.",
        "He bought a 2-litre bottle.",
    ]
    for (best,), unit in zip(translator(language).translate(texts), units, strict=True):
        assert unit in best.text
        assert best.flags == ()
