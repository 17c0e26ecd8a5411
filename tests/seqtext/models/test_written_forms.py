"""Figures, amounts and dates as German and French write them, and found in texts."""

import pytest

from seqtext.models.written_forms import (
    MONTHS,
    count_number,
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
