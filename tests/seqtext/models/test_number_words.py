"""Numbers in words are found, and written in other languages."""

import re
import time

import pytest
from num2words import num2words

from seqtext.models.carried import find
from seqtext.models.number_words import numbers_in_words, read_words, write_words


@pytest.mark.parametrize(
    ("language", "numbers"),
    [
        ("de", {17: "siebzehn", 21: "einundzwanzig", 36: "sechsunddreißig", 40: "vierzig", 99: "neunundneunzig"}),
        ("fr", {21: "vingt et un", 71: "soixante et onze", 72: "soixante-douze", 80: "quatre-vingts"}),
        ("fr", {81: "quatre-vingt-un", 90: "quatre-vingt-dix", 91: "quatre-vingt-onze", 97: "quatre-vingt-dix-sept"}),
        ("de", {123: "hundertdreiundzwanzig", 207: "zweihundertsieben"}),
        ("fr", {123: "cent vingt-trois", 200: "deux cents", 280: "deux cent quatre-vingts"}),
        ("es", {25: None, 125: None}),
    ],
)
def test_numbers_in_words(language: str, numbers: dict[int, str | None]) -> None:
    assert {number: write_words(number, language) for number in numbers} == numbers


NUMBERS = (*range(1, 1000), *range(1000, 1_000_000, 1709))


@pytest.mark.parametrize("language", ["de", "fr"])
def test_numbers_are_written_as_by_num2words(language: str) -> None:
    for number in NUMBERS:
        expected = num2words(number, lang=language).replace("einstausend", "eintausend")  # which is its mistake
        if language == "de":
            expected = re.sub("^ein(?=hundert|tausend)|(?<=tausend)ein(?=hundert)", "", expected)  # both are right
        assert write_words(number, language) == expected


def test_english_numbers_are_read_as_num2words_writes_them() -> None:
    for number in NUMBERS:
        typed = num2words(number)
        found = list(numbers_in_words(f"It is {typed}.", "de"))
        assert (read_words(typed), [one.kept and one.kept.text for one in found]) == (number, [typed] * (number > 5))


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
    "text",
    [
        "a few hundred, a hundred, half a thousand",
        "ninety-nine point nine",
        "nineteen hundred and five",
        "a thirty-second clip",
        "Two men",
        "the sixties",
    ],
)
def test_other_numbers_in_words_are_left_to_the_translator(text: str) -> None:
    assert [one for one in find(text, "de") if one.kept] == []


@pytest.mark.parametrize(
    ("text", "read", "written"),
    [
        ("A hundred and fifty", "A hundred and fifty", "hundertfünfzig"),
        ("nine hundred ninety-nine men", "nine hundred ninety-nine", "neunhundertneunundneunzig"),
        ("Two hundred and fifty thousand", "Two hundred and fifty thousand", "zweihundertfünfzigtausend"),
        ("a thousand and ten", "a thousand and ten", "tausendzehn"),
        ("two hundred million", "two hundred", "zweihundert"),
        ("She won six-four", "six-four", "sechs-vier"),
        ("It is Fifty-fifty", "Fifty-fifty", "fünfzig-fünfzig"),
        ("Twenty one people", "Twenty one", "einundzwanzig"),
        ("at Half past seven", "Half past seven", "halb acht"),
        ("until twelve-thirty", "twelve-thirty", "halb eins"),
        ("the Thirty-second day", "32nd", "32."),
        ("a twenty-first birthday", "21st", "21."),
        ("In the twenty-first century", "21st century", "21. Jahrhundert"),
    ],
)
def test_hundreds_and_ordinals_in_words_must_come_through(text: str, read: str, written: str) -> None:
    (found,) = find(text, "de")
    assert found.parts == (read,)
    assert found.kept is not None
    assert (found.kept.back, found.kept.count(f"Das {written}")) == (written, 1)


@pytest.mark.parametrize(
    ("text", "language", "answer", "count"),
    [
        ("one thousand two hundred", "fr", "cent mille deux cents", 0),
        ("six hundred", "fr", "mille six cents, six cents, six cents mille", 1),
        ("sixty", "fr", "soixante-dix, soixante et onze, soixante", 1),
        ("ten", "fr", "dix-sept, vingt-dix, dix", 1),
        ("ten", "de", "hundert zehn, zehntausend, zehn", 1),
    ],
)
def test_a_number_inside_a_longer_one_does_not_count(text: str, language: str, answer: str, count: int) -> None:
    (found,) = numbers_in_words(text, language)
    assert found.kept is not None
    assert found.kept.count(answer) == count


def test_long_texts_take_time_linear_in_their_length() -> None:
    for words in ("one ", "twenty-", "a hundred and ", "a thousand ", "one hundred thousand, "):
        began = time.process_time()
        list(numbers_in_words(words * (40_000 // len(words)), "de"))
        assert time.process_time() - began < 1.5, words


def test_half_hours_are_those_of_french() -> None:
    texts = ["half past one", "half past seven"]
    assert [one.kept.back for text in texts for one in find(text, "fr") if one.kept] == [
        "une heure et demie",
        "sept heures et demie",
    ]


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("born in nineteen eighty-four and", "1984"),
        ("since twenty twenty we", "2020"),
        ("In nineteen oh-five.", "1905"),
        ("in Nineteen Fourteen", "1914"),
        ("In nineteen hundred there", "1900"),
        ("the summer of nineteen sixty nine", "1969"),
    ],
)
def test_years_in_words_are_written_in_figures(text: str, year: str) -> None:
    for language in ("de", "fr"):
        thing = next(numbers_in_words(text, language)).parts[0]
        assert not isinstance(thing, str)
        assert thing.back == year


@pytest.mark.parametrize(
    "text",
    [
        *("in twenty minutes", "from twenty to thirty", "until twenty thirty", "of twenty nineteen-year-olds"),
        *("a total of twenty twelve inch pizzas", "in twenty fifty dollar bills", "They won by twenty-eighteen."),
    ],
)
def test_what_is_no_year(text: str) -> None:
    found = [
        part.back for stretch in numbers_in_words(text, "de") for part in stretch.parts if not isinstance(part, str)
    ]
    assert not [back for back in found if back.isdigit()]
