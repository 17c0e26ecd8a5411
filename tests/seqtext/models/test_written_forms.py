"""Figures, amounts and dates as German and French write them, and found in texts."""

import pytest

from seqtext.models.written_forms import (
    MONTHS,
    count_number,
    mend,
    write_amount,
    write_date,
    write_number,
    write_time,
)


@pytest.mark.parametrize(
    ("text", "german", "french"),
    [
        ("1,000", "1.000", "1\u202f000"),
        ("12,500,000.25", "12.500.000,25", "12\u202f500\u202f000,25"),
        ("3.11", "3.11", "3.11"),  # perhaps a version
        ("10:30", "10:30", "10:30"),
        ("1,50", "1,50", "1,50"),  # not English
        ("2024", "2024", "2024"),
    ],
)
def test_figures_are_rewritten_where_that_is_certain(text: str, german: str, french: str) -> None:
    assert (write_number(text, "de"), write_number(text, "fr"), write_number(text, "")) == (german, french, text)


def test_decimals_beside_a_unit_are_certain() -> None:
    assert write_number("2.5", "de", decimal=True) == write_number("2.5", "fr", decimal=True) == "2,5"
    assert write_number("2.5.1", "de", decimal=True) == "2.5.1"
    assert write_number("2.5", "en", decimal=True) == "2.5"


def test_amounts_have_their_sign_where_the_language_has_it() -> None:
    assert write_amount("€", "1,250.50", "de") == "1.250,50\u00a0€"
    assert write_amount("€", "1,250.50", "fr") == "1\u202f250,50\u00a0€"
    assert write_amount("€", "1,250.50", "es") == "€1,250.50"


def test_dates_have_months_of_the_language() -> None:
    assert write_date("12", "May", "2016", "de") == "12. Mai 2016"
    assert write_date("1", "August", "", "fr") == "1er août"
    assert write_date("", "March", "1999", "de") == "März 1999"
    assert write_date("1", "May", "1999", "es") is None
    assert len(MONTHS) == len({name for names in MONTHS.values() for name in names.values()}) / 2 == 12


@pytest.mark.parametrize(
    ("time", "half", "german", "french"),
    [
        ("2", "a", "2\u00a0Uhr nachts", "2\u00a0h du matin"),
        ("7:15", "a", "7:15\u00a0Uhr morgens", "7:15 du matin"),
        ("12", "p", "12\u00a0Uhr nachmittags", "12\u00a0h de l'après-midi"),
        ("11:59", "p", "11:59\u00a0Uhr abends", "11:59 du soir"),
    ],
)
def test_times_of_twelve_hours(time: str, half: str, german: str, french: str) -> None:
    assert (write_time(time, half, "de"), write_time(time, half, "fr")) == (german, french)


@pytest.mark.parametrize(
    ("text", "written", "language", "expected"),
    [
        ("Auf 4 Mai regnet es.", "4. Mai", "de", "Am 4. Mai regnet es."),
        ("vor Mai 4, 1999", "4. Mai 1999", "de", "vor dem 4. Mai 1999"),
        ("am 4. Mai und 14. Mai", "4. Mai", "de", "am 4. Mai und 14. Mai"),
        ("Sur 1 mai 1999", "1er mai 1999", "fr", "Le 1er mai 1999"),
        ("avant d'21 août", "21 août", "fr", "avant le 21 août"),
        ("sur le 3 décembre 2019", "3 décembre 2019", "fr", "le 3 décembre 2019"),
        ("auf dem 3. Mai", "3. Mai", "de", "am 3. Mai"),
        ("auf 10:30 und 10:300", "10:30", "de", "um 10:30 und 10:300"),
        ("At 7\u00a0h du soir", "7\u00a0h du soir", "fr", "À 7\u00a0h du soir"),
        ("sur 1990-11-05", "1990-11-05", "fr", "le 1990-11-05"),
        ("auf 12 Stühlen", "12", "de", "auf 12 Stühlen"),
        ("auf 12,50\u00a0€", "12,50\u00a0€", "de", "auf 12,50\u00a0€"),
        ("en mai 1999", "mai 1999", "fr", "en mai 1999"),
        ("on 4 mayo", "4 mayo", "es", "on 4 mayo"),
        ("", "", "de", ""),
    ],
)
def test_what_stands_before_dates_and_times_is_mended(text: str, written: str, language: str, expected: str) -> None:
    assert mend(text, written, language) == expected


@pytest.mark.parametrize(
    ("number", "answer", "count"),
    [
        ("1,257,219", "1.257.219 und 1257219 und 1 257 219 und 1\u202f257\u202f219", 4),
        ("1,257", "11.257 1.2571 1.257,5 2.1.257", 0),
        ("31410", "31.410 31 410 31410", 3),
        ("2024", "20.24 202,4", 0),
        ("2.5", "2,5 25 2 5", 1),
        ("10:30", "10.30 10h30 10 h 30 10 Uhr 30 1030", 4),
        ("7", "7 17 7,5 7.", 2),
        ("15%", "15 % 15% 15\u00a0%", 3),
    ],
)
def test_figures_are_found_whatever_separates_them(number: str, answer: str, count: int) -> None:
    assert count_number(number, answer) == count


def test_a_time_with_a_full_stop_is_that_with_a_colon() -> None:
    assert write_time("7.30", "p", "de") == write_time("7:30", "p", "de")


@pytest.mark.parametrize("language", ["", "es", "en"])
@pytest.mark.parametrize("written", ["10:30", "1:11", "2024-05-03", "4/5/2024", "3 p.m.", "4. Mai 1999", "7"])
def test_beside_other_languages_no_preposition_is_changed(language: str, written: str) -> None:
    assert mend(f"El tren sale a las {written}.", written, language) == f"El tren sale a las {written}."
