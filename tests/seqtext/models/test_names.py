"""Names that a vocabulary hardly knows are carried over; others are translated."""

import time
from functools import cache

import pytest

from seqtext.models.names import Names
from seqtext.models.things import Thing
from seqtext.storage.catalog import load


@cache
def names_of(language: str) -> Names:
    return Names(load(f"translate-en-{language}", "translate").source_tokenizer)


def carried(text: str, language: str = "de") -> list[str]:
    return [part.text for one in names_of(language)(text) for part in one.parts if isinstance(part, Thing)]


@pytest.mark.parametrize("language", ["de", "fr"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I met Krzysztof Wiśniewski in Szczebrzeszyn.", ["Krzysztof Wiśniewski", "Szczebrzeszyn"]),
        ("Kaushalya's brother knows Mr O'Shaughnessy.", ["Kaushalya", "O'Shaughnessy"]),
        ("Lake Wakatipu and Mount Kilimanjaro are far away.", ["Wakatipu", "Kilimanjaro"]),
        ("We heard Ludwig van Beethoven.", ["Ludwig van Beethoven"]),
        ("Yesterday Krzysztof called.", ["Krzysztof"]),
        ('"Kaushalya is here," she said.', ["Kaushalya"]),
    ],
)
def test_rare_names_are_carried(text: str, expected: list[str], language: str) -> None:
    assert carried(text, language) == expected


@pytest.mark.parametrize("language", ["de", "fr"])
@pytest.mark.parametrize(
    "text",
    [
        "We went from Germany to Lithuania, by Vienna and the Danube.",
        "In January the Bavarian Parliament met on a Wednesday before Christmas.",
        "Tom and Mary live in Boston.",
        "Unfortunately, I'm ill. Photographs were taken. Nevertheless, NATO and the USA agree.",
        "The President of the Republic spoke to Queen Elizabeth's Minister about Buddhism.",
        "She said: Whatever happens, stay. (Astonishingly, he did.)",
        "",
    ],
)
def test_known_names_and_usual_words_are_not(text: str, language: str) -> None:
    assert [one for one in carried(text, language) if one != "Elizabeth"] == []


def test_long_texts_take_time_linear_in_their_length() -> None:
    for part in ("Ab", "Krzysztof ", "A'", "A-b", '"', "Wiśniewski van ", "É"):
        began = time.perf_counter()
        carried(part * (20_000 // len(part)))
        assert time.perf_counter() - began < 1.5, part
