"""What is quoted, and which summaries are ones."""

import math

import pytest

from seqtext.data.sentences import count_words
from seqtext.models.summaries import Summary, fits, fitting, quote, quoted

TEXTS = [
    "A boat.",
    "The ferry left the old harbour late at night.",
    "Late. Late. Late.",
    "3. 4. 5.",
    "Hm",
    "今天的船很晚。明天的船不开。后天再说。",
    "यह नाव है।वह घर है।कंपनी ने बजट बताया।",
    "เรือออกจากท่าเรือเก่าตอนดึก ผู้โดยสารรออยู่นานมาก",
    "  The  ferry\nleft.\n\nIt   was late,\tsaid no one.  ",
    '"It was," she said.',
    "- one\n- two\n- three",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("max_words", [None, 1, 2, 20])
@pytest.mark.parametrize("lead", [None, 1, 2])
def test_a_quote_is_never_empty_nor_longer_than_its_text(text: str, max_words: int | None, lead: int | None) -> None:
    for sentences in (1, 3, 99):
        found = quote(text, lead, sentences, max_words)
        assert fits(found.text, text)
        assert max_words is None or count_words(found.text) <= max_words
        assert (found.extracted, found.unusual, found.cut, math.isnan(found.score)) == (True, False, 0, True)


def test_a_text_without_words_has_nothing_to_quote() -> None:
    assert [one[0].text for one in quoted(["", " \n ", "* * *"])] == ["", "", ""]


@pytest.mark.parametrize(
    ("summary", "source", "good"),
    [
        ("", "A boat.", False),
        ("!", "A boat.", False),
        ("A boat left.", "A boat.", False),
        ("Extraordinarily", "A boat.", False),
        ("A boat.", "A  boat.", True),
        ("船", "船很晚。", True),
        ("", "", True),
        ("4 2", " 4 \n 2 ", True),
    ],
)
def test_a_summary_says_something_and_no_more_than_its_source(summary: str, source: str, good: bool) -> None:
    assert fits(summary, source) == good


def test_what_is_no_summary_is_left_out_and_where_none_is_left_the_source_answers() -> None:
    source = "The ferry left the old harbour late."
    long, short, none = (Summary(text, -1.0, 7, 0, unusual=True) for text in (source * 2, "ferry left late", ""))
    assert fitting([long, short, none], source, 3, None) == [short]
    (found,) = fitting([long, none], source, 3, 4)
    assert (found.text, found.shortened, found.extracted, found.unusual) == ("The ferry left the", True, True, True)
    signs = [Summary("…", 0.0, 0, 0)]
    assert fitting(signs, "…", 3, None) == signs
