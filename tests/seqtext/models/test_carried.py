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
        ("I won :-) and <3 it (see: a) 😀.", [("emoji", ":-)"), ("emoji", "<3"), ("emoji", "😀")]),
        ("Open 9:00–17:00.", [("number", "9:00–17:00")]),
        ("See 2001:db8::1, std::string.", [("code", "2001:db8::1"), ("code", "std::string")]),
        ("Article 5(2)(a) of act 7.", [("code", "5(2)(a)"), ("number", "7")]),
        ("He is 6'2\" tall.", [("code", "6'2\"")]),
        ("Hi {first name}, {0:.2f} {} {{x}} {a.b[0]!r:>9}", [("placeholder", one) for one in
         ("{first name}", "{0:.2f}", "{}", "{{x}}", "{a.b[0]!r:>9}")]),
        ("{n, plural, one {# cat} other {# cats}}!", [("placeholder", "{n, plural, one {# cat} other {# cats}}")]),
        ("A <first name>, <a href='x' b>, <br />.", [("placeholder", one) for one in
         ("<first name>", "<a href='x' b>", "<br />")]),
        ("If a < b, 1 < 2 > 0 or x->y, stop.", [("code", one) for one in ("a < b", "1 < 2 > 0", "x->y")]),
        ("If it is < 1,500, click File > Save.", [("number", "< 1.500"), ("character", ">")]),
        ("He said >> no << and -> so.", [("character", one) for one in (">>", "<<", "->")]),
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
    (found,) = find("A 10-year-old dusty boy.", "de")
    assert (found.start, found.end) == (2, 4)


def read(text: str, language: str = "de") -> str:
    """What a translator would read, what is carried in brackets."""
    written, end = "", 0
    for stretch in find(text, language):
        parts = (f"[{part.back}]" if isinstance(part, Thing) else part for part in stretch.parts)
        written, end = f"{written}{text[end : stretch.start]}{''.join(parts)}", stretch.end
    return written + text[end:]


@pytest.mark.parametrize(
    ("text", "german", "french"),
    [
        ("a 3rd-class coach", "a [3.-Klasse] coach", "a [3e classe] coach"),
        ("the 1st-floor flat", "the [1.-Stock] flat", "the [1er étage] flat"),
        ("the 1st-place prize", "the [1.-Platz] prize", "the [1re place] prize"),
        ("a 19th-century wooden house", "a [19.-Jahrhundert] wooden house", "a [XIXe siècle] wooden house"),
        ("a 1st-class cook", "a first-class cook", "a first-class cook"),
        ("a 2nd-hand car", "a second-hand car", "a second-hand car"),
        ("the 5th-largest city", "the 5th largest city", "the 5th largest city"),
    ],
)
def test_ordinals_before_a_hyphen(text: str, german: str, french: str) -> None:
    assert (read(text), read(text, "fr"), read(text, "")) == (german, french, text)


def test_an_ordinal_before_a_hyphen_must_come_through() -> None:
    for language in ("de", ""):
        kept = [one.kept.text for one in find("the 5th-largest city", language) if one.kept]
        assert kept == ["5th"]


@pytest.mark.parametrize(
    ("text", "german", "french"),
    [
        ("Take bus no. 5.", "Take bus [Nr.~5].", "Take bus [n°~5]."),
        ("No. 5 is alive.", "[Nr.~5] is alive.", "[n°~5] is alive."),
        ("See nos. 5 and 6.", "See [Nr.~5] and [6].", "See [n°~5] and [6]."),
        ("See pp. 12-15 and Fig. 3a.", "See [S.~12-15] and [Abb.~3a].", "See [p.~12-15] and [fig.~3a]."),
        ("Read vol. 2, ch. 4.", "Read [Bd.~2], [Kap.~4].", "Read [vol.~2], [chap.~4]."),
        ("No. 5 people came.", "No. [5] people came.", "No. [5] people came."),
        ("I said no.", "I said no.", "I said no."),
        ("He said no. 5 minutes later.", "He said no. [5] minutes later.", "He said no. [5] minutes later."),
        ("Oh no. 3 is too few.", "Oh no. [3] is too few.", "Oh no. [3] is too few."),
        ("Bus no. 5 is late.", "Bus [Nr.~5] is late.", "Bus [n°~5] is late."),
        ("Take the no. 5 bus.", "Take the [Nr.~5] bus.", "Take the [n°~5] bus."),
    ],
)
def test_figures_after_an_abbreviation(text: str, german: str, french: str) -> None:
    assert (read(text).replace("\u00a0", "~"), read(text, "fr").replace("\u00a0", "~")) == (german, french)


def test_words_with_one_small_letter_before_a_capital_are_codes() -> None:
    for text, codes in (
        ("I sell iPads on eBay.", ["iPads", "eBay"]),
        ("The pH is low.", ["pH"]),
        ("Read eBooks on macOS.", ["eBooks", "macOS"]),
        ("Ask McDonald or d'Arc at LaTeX.", []),
    ):
        found = find(text, "de")
        things = [one.whole or one.parts[0] for one in found]
        assert [thing.text for thing in things if isinstance(thing, Thing) and thing.kind == "code"] == codes


def test_decades_stay_text_and_must_come_through() -> None:
    for text, decade in (("the 1990s", "1990s"), ("the mid-1980s", "mid-1980s"), ("the 1960's", "1960's")):
        (found,) = find(text, "de")
        assert found.parts == (decade,)
        assert found.kept is not None
        assert found.kept.count("in den 1990er, 1980ern und 1960er") == 1
        assert found.kept.count("in den 19er") == 0


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
        began = time.process_time()
        find(part * (20_000 // len(part)), "de")
        assert time.process_time() - began < 1.5, part


def test_codes_in_small_letters_are_codes() -> None:
    assert carried("for abc-123 and utf-8, post-1945") == [("code", "abc-123"), ("code", "utf-8"), ("number", "1945")]


@pytest.mark.parametrize(
    "text", ["/+", "#" + "_" * 50, "a::", "{n, plural, {", "{a b c", "<a b ", "1(2)", "1'", "a<", "a < ", "1 < "]
)
def test_what_looks_like_a_code_takes_time_linear_in_its_length(text: str) -> None:
    begin = time.process_time()
    find(text * (100_000 // len(text)), "de")
    assert time.process_time() - begin < 5
