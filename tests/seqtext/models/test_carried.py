"""What of a source is carried over, and what stays text."""

import time
from itertools import pairwise

import pytest
from carried_sentences import carried_sentences

from seqtext.models.carried import find
from seqtext.models.things import Thing


def carried(text: str, language: str = "de") -> list[tuple[str, str]]:
    """The kinds of what is carried, and how it is written."""
    return [(part.kind, part.back) for one in find(text, language) for part in one.parts if isinstance(part, Thing)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We saw 42 birds.", [("number", "42")]),
        ("It costs $12.90, or 1,250 €.", [("number", "12,90\u00a0$"), ("number", "1.250\u00a0€")]),
        ("Not 1.299,00 € or €12,50.", [("number", "1.299,00\u00a0€"), ("number", "12,50\u00a0€")]),
        ("They lost $3.5 million.", [("number", "3,5")]),
        ("It is US$5bn.", [("number", "US$5bn")]),
        ("Read pages 12–15 and 3-4.", [("number", "12–15"), ("number", "3-4")]),
        ("We had 5,000-6,000 guests.", [("number", "5.000-6.000")]),
        ("Take 1/2 cup or 3½ spoons.", [("number", "1/2"), ("number", "3½")]),
        ("It was -5 degrees.", [("number", "-5")]),
        ("There are 12 345 678 people.", [("number", "12 345 678")]),
        ("It begins at 10:30.", [("number", "10:30")]),
        ("Python 3.11 is out.", [("number", "3.11")]),
        ("Version 2.4.1 or v3.0-rc2.", [("code", "2.4.1"), ("code", "v3.0-rc2")]),
        ("On 2016-05-12 or 27/1/2004.", [("number", "2016-05-12"), ("number", "27/1/2004")]),
        ("Order AB-1234, room B12.", [("code", "AB-1234"), ("code", "B12")]),
        ("See x86_64, getName() and JavaScript.", [("code", one) for one in ("x86_64", "getName()", "JavaScript")]),
        ("Open README.md in /etc/ab with --all.", [("code", one) for one in ("README.md", "/etc/ab", "--all")]),
        ("Ask #help or @ann_lee.", [("code", "#help"), ("code", "@ann_lee")]),
        ("Call +49 30 1234567.", [("code", "+49 30 1234567")]),
        ("Go to https://example.org/a?b=1.", [("url", "https://example.org/a?b=1")]),
        ("Write to ann.lee+x@example.org.", [("email", "ann.lee+x@example.org")]),
        ("Dear {name}, %d of %(a)s.", [("placeholder", "{name}"), ("placeholder", "%d"), ("placeholder", "%(a)s")]),
        ("Go to ${HOME}.", [("placeholder", "${HOME}")]),
        ("A <b>bold</b> word &amp; more.", [("placeholder", "<b>"), ("placeholder", "</b>"), ("placeholder", "&amp;")]),
        ("I love 🇫🇷 and 👨‍👩‍👧.", [("emoji", "🇫🇷"), ("emoji", "👨‍👩‍👧")]),
        ("Open 9:00–17:00.", [("number", "9:00–17:00")]),
        ("See 2001:db8::1, std::string.", [("code", "2001:db8::1"), ("code", "std::string")]),
        ("Article 5(2)(a) of act 7.", [("code", "5(2)(a)"), ("number", "7")]),
        ("He is 6'2\" tall.", [("code", "6'2\"")]),
        ("Hi {first name}, {0:.2f} {} {{x}} {a.b[0]!r:>9}", [("placeholder", one) for one in
         ("{first name}", "{0:.2f}", "{}", "{{x}}", "{a.b[0]!r:>9}")]),
        ("{n, plural, one {# cat} other {# cats}}!", [("placeholder", "{n, plural, one {# cat} other {# cats}}")]),
        ("A <first name>, <a href='x' b>, <br />.", [("placeholder", one) for one in
         ("<first name>", "<a href='x' b>", "<br />")]),
        ("A \ue001 and a \ufffd.", [("character", "\ue001"), ("character", "\ufffd")]),
    ],
)  # fmt: skip
def test_what_is_carried(text: str, expected: list[tuple[str, str]]) -> None:
    assert carried(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "I have 1 brother, and and/or e.g. U.S.A. km/h.",
        "In the 1990s, the mid-1980s and the 20th century, on the 3rd floor.",
        "Well-known, O'Brien's; it isn't - or is it?",
        "I bought {apples, pears} and {nuts or figs}; a <b and c> d.",
        "She is a 1st-class cook... really?!",
    ],
)
def test_what_stays_text(text: str) -> None:
    assert carried(text) == []


def test_a_figure_before_a_hyphen_is_carried_alone() -> None:
    (found,) = find("A 10-year-old boy.", "de")
    assert (found.start, found.end) == (2, 4)


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


def test_decades_stay_text_and_must_come_through() -> None:
    for text, decade in (("the 1990s", "1990s"), ("the mid-1980s", "mid-1980s"), ("the 1960's", "1960's")):
        (found,) = find(text, "de")
        assert found.parts == (decade,)
        assert found.kept is not None
        assert found.kept.count("in den 1990er, 1980ern und 1960er") == 1
        assert found.kept.count("in den 19er") == 0


def test_times_of_twelve_hours_say_the_part_of_the_day() -> None:
    for text in ("at 3pm we", "at 3 p.m. we", "at 3 PM", "at 3 p.m."):
        assert carried(text) == [("number", "3\u00a0Uhr nachmittags")]
    assert carried("at 10:30 am", "fr") == [("number", "10:30 du matin")]
    (found,) = find("We go at 3 p.m.", "de")
    assert found.end == len("We go at 3 p.m")  # the stop ends the sentence, too


@pytest.mark.parametrize("language", ["de", "fr", ""])
def test_each_piece_of_the_made_sentences_is_found(language: str) -> None:
    for sentence in carried_sentences(200, seed=3):
        found = find(sentence.text, language)
        covered = " ".join(sentence.text[one.start : one.end] for one in found)
        for piece in sentence.pieces:
            if piece.kind != "name":
                assert piece.text.removesuffix("%").removesuffix(".") in covered
        assert all(one.end <= other.start for one, other in pairwise(found))


def test_long_texts_take_time_linear_in_their_length() -> None:
    for part in ("1", "a_", "a.", "1.", "{", "<a ", "%(", "1,111,", "Ab", "@", "aB", "$1", "May 1", "x-", "🙂"):
        began = time.perf_counter()
        find(part * (20_000 // len(part)), "de")
        assert time.perf_counter() - began < 1.5, part


def test_things_are_counted_where_they_stand_alone() -> None:
    assert Thing("code", "AB-12", "AB-12").count("AB-12, XAB-12, AB-123") == 1
    assert Thing("name", "Ngozi", "Ngozi").count("Ngozis Hut, Ngozi, Ngozia") == 2
    assert Thing("term", "invoice", "Rechnung").count("rechnung invoice Rechnungen") == 1
    assert Thing("number", "1,000", "1.000").count("1000 Euro, 1.000 Euro, 21.000 Euro") == 2


def test_codes_in_small_letters_are_codes() -> None:
    assert carried("for abc-123 and utf-8, post-1945") == [("code", "abc-123"), ("code", "utf-8"), ("number", "1945")]


def test_a_count_behind_a_month_is_no_day() -> None:
    assert carried("In March 12 million people came.") == [("number", "12")]
    assert carried("In May 1,200 people came.") == [("number", "1.200")]
    assert carried("Use version 3.2 May 2024.")[0] == ("number", "3.2")
    for text in ("In May 20 people came.", "Last May 20 people came.", "May 20 people come in?"):
        assert [one.parts[0] for one in find(text, "de")] == ["May,", Thing("number", "20", "20")], text
    for text in ("On May 20 people came.", "In May 20, 1999 people came.", "Is it May 20 or not?", "In May 20 the man"):
        assert next(one.whole for one in find(text, "de")) is not None, text


@pytest.mark.parametrize("text", ["/+", "#" + "_" * 50, "a::", "{n, plural, {", "{a b c", "<a b ", "1(2)", "1'"])
def test_what_looks_like_a_code_takes_time_linear_in_its_length(text: str) -> None:
    begin = time.perf_counter()
    find(text * (100_000 // len(text)), "de")
    assert time.perf_counter() - begin < 5
