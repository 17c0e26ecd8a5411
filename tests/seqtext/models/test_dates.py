"""Dates and times are found in sources, and written as German and French have them."""

from seqtext.models.carried import find
from seqtext.models.things import Thing


def carried(text: str, language: str = "de") -> list[tuple[str, str]]:
    """The kinds of what is carried, and how it is written."""
    return [(part.kind, part.back) for one in find(text, language) for part in one.parts if isinstance(part, Thing)]


def test_dates_are_read_with_their_month_and_can_be_written_without_the_network() -> None:
    for text in ("On May 12th, 2016 we met.", "On 12 May 2016 we met.", "On the 12th of May, 2016 we met."):
        (found,) = find(text, "de")
        assert found.whole is not None
        assert found.whole.back == "12. Mai 2016"
        assert [part.text for part in found.parts if isinstance(part, Thing)].count("2016") == 1
    (found,) = find("We may go in May 2016.", "fr")
    assert found.whole is not None
    assert found.whole.back == "mai 2016"
    assert find("March on, and may they follow in August.", "de") == []


def test_short_months_and_ranges_of_days() -> None:
    for text in ("on Jan 5, 2020", "on 5 Jan. 2020", "on Jan. 5th 2020"):
        (found,) = find(text, "fr")
        assert found.whole is not None
        assert found.whole.back == "5 janvier 2020"
    assert carried("from May 3–5, 2016") == carried("from 3-5 May 2016") == [("number", "3.–5. Mai 2016")]
    assert find("Jan and Mar met in the Sept. issue of Dec.", "de") == []


def test_times_of_twelve_hours_say_the_part_of_the_day() -> None:
    for text in ("at 3pm we", "at 3 p.m. we", "at 3 PM", "at 3 p.m."):
        assert carried(text) == [("number", "3\u00a0Uhr nachmittags")]
    assert carried("at 10:30 am", "fr") == [("number", "10:30 du matin")]
    (found,) = find("We go at 3 p.m.", "de")
    assert found.end == len("We go at 3 p.m")  # the stop ends the sentence, too


def test_a_time_can_be_written_without_the_network() -> None:
    for language, back in (("de", "10:30\u00a0Uhr abends"), ("fr", "10:30 du soir")):
        (found,) = find("We left at 10:30 p.m. and slept.", language)
        assert found.whole is not None
        assert found.whole.back == back
    (found,) = find("We left at 10:30 p.m. and slept.", "")
    assert found.whole is None


def test_dates_in_figures_are_dates_though_they_look_like_phone_numbers() -> None:
    for date in ("03/04/2024", "31.12.2020", "2016-05-12", "2024/05/03", "5/31/24", "01-02-2024", "1.2.2020"):
        assert carried(f"On {date} we met.") == carried(f"We met on {date}.") == [("number", date)]
    for other in ("31.13.2020", "10.0.2019", "2.4.1", "555.123.4567", "24/7/365"):
        assert carried(f"Take {other} then.") == [("code" if "/" not in other else "number", other)]
    assert carried("Use version 1.2.2020 now.") == [("code", "1.2.2020")]


def test_a_count_behind_a_month_is_no_day() -> None:
    assert carried("In March 12 million people came.") == [("number", "12")]
    assert carried("In May 1,200 people came.") == [("number", "1.200")]
    assert carried("Use version 3.2 May 2024.")[0] == ("number", "3.2")
    for text in ("In May 20 people came.", "Last May 20 people came.", "May 20 people come in?"):
        assert [one.parts[0] for one in find(text, "de")] == ["May,", Thing("number", "20", "20")], text
    for text in ("On May 20 people came.", "In May 20, 1999 people came.", "Is it May 20 or not?", "In May 20 the man"):
        assert next(one.whole for one in find(text, "de")) is not None, text
