"""Cells as a spreadsheet shows them; the expected texts are Excel's."""

import datetime

import pytest

from seqtext.data.formats.cell_formats import shown_value

MOMENT = datetime.datetime(2026, 7, 3, 14, 5, 9)


@pytest.mark.parametrize(("value", "form", "expected"), [
    (3.0, "General", "3"), (0.1 + 0.2, "General", "0.3"), (-3, "0", "-3"), (0.5, "0%", "50%"), (1.239, "0.##", "1.24"),
    (0.125, "0.00", "0.13"), (1.5, "0.##", "1.5"), (1e20, "0", "1e+20"), (0, "#", ""), (-0.001, "0.00", "0.00"),
    (-1234.5, "#,##0.00_);(#,##0.00)", "(1,234.50)"), (12.5, '"$"#,##0.00', "$12.50"),
    (12.5, "[$€-407] #,##0.00", "€ 12.50"), (12.5, '0.00\\ "EUR"', "12.50 EUR"), (0.5, "# ?/?", "0.5"),
    (7, "@", "7"), (12345678, "#,##0,", "12345678"), (True, "General", "TRUE"), (None, "General", None),
    ("two_x000D_\nlines", "General", "two\nlines"),
])  # fmt: skip
def test_numbers_and_texts(value: object, form: str, expected: str | None) -> None:
    assert shown_value(value, form) == expected


@pytest.mark.parametrize(("form", "expected"), [
    ("mm-dd-yy", "2026-07-03 14:05:09"), ("yyyy-mm-dd", "2026-07-03"), ("d.m.yy h:mm", "3.7.26 14:05"),
    ("h:mm AM/PM", "2:05 PM"), ("mmmm d, yyyy", "July 3, 2026"), ("[$-409]d-mmm-yy;@", "3-Jul-26"),
    ("yyyy\\-mm\\-dd\\ hh:mm:ss", "2026-07-03 14:05:09"), ("mm:ss", "05:09"), ("dddd", "Friday"),
])  # fmt: skip
def test_dates(form: str, expected: str) -> None:
    assert shown_value(MOMENT, form) == expected


def test_days_times_and_durations() -> None:
    assert shown_value(datetime.datetime(2026, 7, 3), "mm-dd-yy") == "2026-07-03"
    assert shown_value(datetime.date(2026, 7, 3), "General") == "2026-07-03"
    assert shown_value(datetime.time(3, 4), "h:mm") == "3:04"
    assert shown_value(datetime.timedelta(hours=30, seconds=5), "[h]:mm:ss") == "30:00:05"
