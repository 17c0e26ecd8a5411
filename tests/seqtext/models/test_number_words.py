"""Numbers in words are found, and written in other languages."""

import pytest

from seqtext.models.carried import find
from seqtext.models.number_words import write_words


@pytest.mark.parametrize(
    ("language", "numbers"),
    [
        ("de", {17: "siebzehn", 21: "einundzwanzig", 36: "sechsunddreißig", 40: "vierzig", 99: "neunundneunzig"}),
        ("fr", {21: "vingt et un", 71: "soixante et onze", 72: "soixante-douze", 80: "quatre-vingts"}),
        ("fr", {81: "quatre-vingt-un", 90: "quatre-vingt-dix", 91: "quatre-vingt-onze", 97: "quatre-vingt-dix-sept"}),
        ("es", {25: None}),
    ],
)
def test_numbers_in_words(language: str, numbers: dict[int, str | None]) -> None:
    assert {number: write_words(number, language) for number in numbers} == numbers


def test_numbers_in_words_must_come_through() -> None:
    (found,) = find("Twenty-five men came.", "de")
    assert found.parts == ("Twenty-five",)
    assert found.kept is not None
    assert found.kept.count("Fünfundzwanzig Männer kamen, nicht vierundzwanzig.") == 1
    assert found.kept.count("Vierundzwanzig Männer kamen.") == 0
    assert [one.kept.back for one in find("Sixty cars, nine men", "fr") if one.kept] == ["soixante", "neuf"]
    (found,) = find("She is twenty-one.", "fr")
    assert found.kept is not None
    assert found.kept.count("vingt et une femmes, vingt et un hommes") == 2


@pytest.mark.parametrize(
    "text", ["six thousand", "a twenty-first day", "twenty-five-year-old", "Two men", "the sixties"]
)
def test_other_numbers_in_words_are_left_to_the_translator(text: str) -> None:
    assert [one for one in find(text, "de") if one.kept] == []
