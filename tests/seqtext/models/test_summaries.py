"""What is quoted, and which summaries are ones."""

import math

import pytest

from seqtext.data.sentences import count_words
from seqtext.models.summaries import Summary, fits, fitting, quote, quoted, repeats_words
from seqtext.storage.catalog import load

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


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("# Things to buy\n\n- two *red* apples\n- a `large` loaf\n", "Things to buy; two red apples; a large loaf"),
        (
            '<ul title="a list"><li>two red apples<li>a large loaf</ul><script>var x</script>',
            "two red apples; a large loaf",
        ),
        ("1\n00:00:01,000 --> 00:00:02,000\nThe ferry left late.\n", "The ferry left late."),
    ],
)
def test_marks_are_no_part_of_a_quote(text: str, short: str) -> None:
    assert quote(text, None, 3).text == short


POEM = """\
The morning comes on silver feet,
and wakes the birds along the street;
the baker lifts his iron door,
the cat is waiting on the floor.
"""


@pytest.mark.parametrize(
    ("sentences", "short"),
    [
        (2, "The morning comes on silver feet; the cat is waiting on the floor."),
        (3, "The morning comes on silver feet, and wakes the birds along the street; the cat is waiting on the floor."),
        (4, " ".join(POEM.split())),
    ],
)
def test_lines_of_verse_are_joined_as_typed_only_where_they_are_neighbours(sentences: int, short: str) -> None:
    assert quote(POEM, None, sentences).text == short


@pytest.mark.parametrize(
    ("text", "parts", "short"),
    [
        ("A, b.\nC d,\n\ne f: g", ["C d,", "e f: g"], "C d, e f: g"),
        ("One is here,\ntwo is there,\nthree is far.", ["One is here,", "three is far."], "One is here; three is far."),
        ("He said:\n\n“One,”\nsaid he.", ["He said:", "said he."], "He said; said he."),
        ("“One is here,”\ntwo,\nthree is far.", ["“One is here,”", "three is far."], "“One is here”; three is far."),
        ("One is here --\ntwo\nthree is far.", ["One is here --", "three is far."], "One is here; three is far."),
        ("I walk alone\nby day,\nby night.", ["I walk alone", "by day,"], "I walk alone by day,"),
        ("床前明月光，\n疑是地上霜，\n低头思故乡。", ["床前明月光，", "低头思故乡。"], "床前明月光；低头思故乡。"),
        ("Plans\n\nTo do\n\nBoats", ["Plans", "To do", "Boats"], "Plans; To do; Boats"),
    ],
)
def test_what_is_left_out_between_two_parts_shows(monkeypatch, text: str, parts: list[str], short: str) -> None:
    monkeypatch.setattr("seqtext.models.summaries.select", lambda *_: (parts, False))
    assert quote(text).text == short


NEWS = """\
FLOODS FORCE HUNDREDS FROM HOMES
By Jane Smith

Hundreds of people were forced to leave their homes on Monday. Rivers rose by three metres.

What happened
- A bank broke
- Two bridges closed

The army has sent boats. "We are cold," said the mayor.
"""


@pytest.mark.parametrize(
    ("lead", "short"),
    [
        (1, "Hundreds of people were forced to leave their homes on Monday."),
        (
            3,
            "Hundreds of people were forced to leave their homes on Monday. Rivers rose by three metres. "
            "The army has sent boats.",
        ),
    ],
)
def test_a_lead_is_of_sentences_not_of_headings_bylines_and_lists(lead: int, short: str) -> None:
    assert quote(NEWS, lead).text == short


def test_a_lead_of_lines_without_a_sentence_sets_them_apart() -> None:
    assert quote("FLOODS IN HARROW\nBy Jane Smith\n\nPage two\nThe end", 3).text == (
        "FLOODS IN HARROW; By Jane Smith; Page two"
    )
    assert quote("FLOODS IN HARROW\n\nBy Jane Smith", 3).text == "FLOODS IN HARROW; By Jane Smith"
    assert quote("FLOODS IN HARROW\nBy Jane Smith", 3).text == "FLOODS IN HARROW By Jane Smith", "never longer"
    assert quote("FLOODS IN HARROW\nBy Jane Smith", 3, max_words=4) == Summary(
        "FLOODS IN HARROW", pytest.approx(math.nan, nan_ok=True), 6, 0, extracted=True
    )


def test_a_lead_of_verse_is_of_whole_sentences() -> None:
    assert quote(f"Morning\n\n{POEM}\nNoon came.", 1).text == " ".join(POEM.split())
    assert quote(POEM, 1, max_words=8).shortened


@pytest.mark.parametrize(
    ("text", "lead", "short"),
    [
        ('"The ferry left the harbour. Nobody was there," said Tom.', 1, "The ferry left the harbour."),
        ('He said: "The ferry left."', 1, 'He said: "The ferry left."'),
        ("“Late. Very late.” It rained.", 2, "“Late. Very late.”"),
        ("« Il est tard. Il pleut. » Le bac part.", 1, "Il est tard."),
        ("„Es ist spät. Es regnet“, sagte er.", 1, "Es ist spät."),
    ],
)
def test_no_quotation_mark_stands_without_its_other_half_at_an_end(text: str, lead: int, short: str) -> None:
    assert quote(text, lead).text == short


def test_a_sentence_from_within_a_quotation_ends_without_its_mark() -> None:
    text = '"Wait. The ferry with the new engine left the old harbour on Monday." They waited.'
    assert quote(text, None, 1).text == "The ferry with the new engine left the old harbour on Monday."


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


@pytest.mark.parametrize(
    "text", ["word " * 3000, "yes no " * 40, "La la LA " * 9, "The committee met on Monday. " * 100, "哈" * 50]
)
def test_a_text_of_a_few_words_again_and_again_is_noticed(text: str) -> None:
    assert repeats_words(text)


@pytest.mark.parametrize("text", ["word " * 19, "", *TEXTS])
def test_short_and_usual_texts_do_not_repeat_words(text: str) -> None:
    assert not repeats_words(text)


@pytest.mark.parametrize("text", ["word " * 3000, "the " * 1000, "The committee met on Monday. " * 100])
def test_the_bundled_summarizer_quotes_what_repeats_itself(text: str) -> None:
    (best,) = load("summarize-en", "summarize").summarize(text, extract_unusual=1)
    assert best.unusual
    assert best.extracted
    assert best.text in " ".join(text.split())
