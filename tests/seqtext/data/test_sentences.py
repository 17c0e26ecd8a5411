"""Sentences: nothing is lost, borders are where a reader sees them, and no text takes long."""

import doctest
import textwrap
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtext.data import sentences
from seqtext.data.sentences import (
    Piece,
    count_words,
    is_stopped,
    join_lines,
    join_sentences,
    lead,
    lead_prose,
    lead_sentences,
    sentences_of,
    shorten,
    split,
    unwrap,
)

#: Texts with | where a sentence ends; nothing else ends one.
ENGLISH = [
    "Dr. Stone left.| Mrs. Reed and Prof. Hale stayed.| Gen. Lee did, too.",
    "It costs 3.50 euros.| It began in 1998.| It ended.",
    "She works for the U.S. Army in the U.S.| The office is closed.",
    "We met at 7 p.m. Monday.| He came at 8 p.m.| We ate.",
    "J. R. R. Moss wrote it.| Michael J. Fenn read it.| Take plan B.| It works.",
    "Bring pens, paper, etc.| The rest is here, e.g. Clocks and i.e. Lamps (incl. VAT).",
    "Wait...| What?!| Well... maybe.| Yes…| No!!!",
    '"Stop!" he said.| "Why?"| Nobody knew.| (Nobody asked.)| Then it rained.',
    "“Go,” she said.| “Now.”| He went.",
    "No. 5 is alive.| No.| That is wrong.| See fig. 3 and vol. 2 of it.",
    "You and I.| They too.| Taller than I.| Mary is.| I. M. Penn built it.",
    "He doesn't.| Mary does.| They can't.| Nobody will.",
    "Use v2.0.| Then open example.com/a?b=c.| Now close it",
    "hello there.| how are you?| fine, i guess... maybe.| dr. stone says no.",
    "Lily: thanks!| see you",
    "It is so.[1]| It was so.[23]| It will be.",
    "1. First of all.| 2",
    "a. One thing.| And a second.",
    "IV. The end.| It is near.",
    "the man left .| he said : `` no . ''| mr. stone of the u.s. army stayed .| well . . .| yes",
    "They shouted Hooray! in the street.| And Boo! too.",
    "Main St. Café is open.| We live on Main St.| It is long.",
]
FRENCH = [
    "Bonjour !| Ça va ?| Oui.| M. Dupont est là.| Mme Petit aussi.",
    "« Oui ! » dit-il.| « Non ! »| Il partit.| « Puis-je entrer ? »| « Bien sûr. »",
    "«\u202fOui\u202f!\u202f»| Il part.",
    "Prenez p. ex. Les pommes.| Il est né en 50 av. J.-C.| Les autres sont morts.",
    "Il y en a.| Paris est loin.| Il vit à l'est.| Marie aussi.",
    "En fe\u0301vr. 2020 il vint.| E\u0301. Martin est la\u0300.| L'e\u0301te\u0301 passa.",
    "J. Martin est là.| C'est J. Martin.| L'été arrive etc.| L'hiver part.",
]
GERMAN = [
    "Am 3. Mai 2020 kam er.| Der 2. Versuch gelang im 19. Jahrhundert.| Er war 19.| Dann ging er.",
    "Es war am 3. 10. 2020.| Oder am 4.10. 2021.| Gut.",
    "Das ist z. B. Der Hund.| Auch z.B. Die Katze, d. h. Das Tier.| Hr. Kohl, Fr. Dr. Roth usw.| Das war es.",
    "Er rief: „Komm!“| Dann ging er.| »Halt!«| »Nein!«",
    "Sie wohnt in der Hauptstr. Nord.| Er kennt Dipl.-Ing. Wolf.| Nr. 4 fehlt.",
]
OTHERS = [
    "今日は晴れ。|明日は？|「はい。」と言った。|そう！！|终。",
    "यह है।| वह है।| هل؟| نعم۔| Ok",
    "यह है।|वह है।| هل؟|نعم۔|لا",
    "なに？!|え！？|はい。",
    "ဟုတ်ကဲ့။|မဟုတ်ဘူး။|ခ",
    "បាទ។| ដី ទឹក ។ល។|ទេ។|ច",
    "그렇다.| 네.| 그래.",
    "¿Qué?| ¡No!| ¿Sí?",
]


@pytest.mark.parametrize("marked", [*ENGLISH, *FRENCH, *GERMAN, *OTHERS])
def test_borders(marked: str) -> None:
    wanted = [one.strip() for one in marked.split("|")]
    found = split(marked.replace("|", ""))
    assert [piece.text for piece in found] == wanted


def test_lines_and_blank_lines() -> None:
    text = "\n  One. Two\n\n \t\n- three\r\n- four. \u2028end  "
    assert split(text) == [
        Piece("", "\n  "), Piece("One.", " "), Piece("Two", "\n"), Piece("", "\n"), Piece("", " \t\n"),
        Piece("- three", "\r\n"), Piece("- four.", " \u2028"), Piece("end", "  "),
    ]  # fmt: skip
    assert split("") == []
    assert split(" ") == [Piece("", " ")]
    assert split("\n\n") == [Piece("", "\n"), Piece("", "\n")]


PARTS = st.sampled_from(
    [
        *"aA1I.!?…,;: \t\n\r\"'«»“”()[]-。！」",
        "\u00a0",
        "\u2028",
        "Dr",
        "z. B",
        "etc",
        "the ",
        "He ",
        "no",
        "3. ",
        ". ",
        "? ",
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(PARTS, max_size=40).map("".join)))
def test_nothing_is_lost(text: str) -> None:
    pieces = split(text)
    assert "".join(piece.text + piece.after for piece in pieces) == text
    for number, (sentence, after) in enumerate(pieces):
        assert sentence == sentence.strip()
        assert len(sentence.splitlines()) <= 1
        assert not after.strip()
        assert sentence or after.splitlines()[0] != after or number == len(pieces) - 1 or number == 0
        if sentence:
            assert split(sentence) == [Piece(sentence, "")]


@given(st.lists(PARTS, max_size=40).map("".join), st.integers(-1, 9))
def test_a_lead_is_the_beginning(text: str, count: int) -> None:
    words = lead(text, count)
    assert text.lstrip().startswith(words)
    assert count_words(words) == max(0, min(count, count_words(text)))
    whole = unwrap(text)
    assert whole.lstrip().startswith(lead_sentences(text, count))
    assert sentences_of(lead_sentences(text, count)) == sentences_of(text)[: max(0, count)]


def test_leads() -> None:
    text = "* * *\nHello, dear - world! It is 5 °C.\n\nBye."
    assert lead(text, 3) == "* * *\nHello, dear - world!"
    assert lead(text, 99) == text
    assert lead_sentences(text, 2) == "* * *\nHello, dear - world! It is 5 °C."
    assert lead_sentences(text, 0) == lead(text, 0) == ""
    assert sentences_of(text) == ["Hello, dear - world!", "It is 5 °C.", "Bye."]


def test_examples() -> None:
    assert doctest.testmod(sentences) == (0, 6)


def test_thai_and_lao_end_sentences_with_spaces() -> None:
    first, second = "บริษัทประกาศงบประมาณของปีนี้แล้ว", "งบประมาณของปีนี้เพิ่มขึ้นจากปีที่แล้ว"
    assert sentences_of(f"{first} {second} ครับ") == [first, f"{second} ครับ"]
    assert lead_sentences(f"{first} {second} ครับ", 1) == first
    assert split(f"{first} {second}") == [Piece(f"{first} {second}", "")]  # what is translated stays together
    assert len(sentences_of("ບໍລິສັດປະກາດງົບປະມານຂອງປີນີ້ ງົບປະມານຂອງປີນີ້ເພີ່ມຂຶ້ນ")) == 2


@pytest.mark.parametrize(
    ("text", "words", "start"),
    [
        ("今年的预算（草案）增加了。", 5, "今年的预算"),
        ("今年的预算（草案）增加了。", 7, "今年的预算（草案）"),
        ("iPhone 的价格。", 2, "iPhone 的"),
        ("เด็กดื่มน้ำ", 2, "เด็ก"),
        ("ขน้ำที่", 2, "ขน้ำ"),
        ("မြန်မာစာ", 2, "မြန်"),
        ("हिन्दी की किताब", 2, "हिन्दी की"),
        ("한국의 가격", 1, "한국의"),
    ],
)
def test_characters_are_words_where_there_are_no_spaces(text: str, words: int, start: str) -> None:
    assert lead(text, words) == start
    assert count_words(start) == words


@pytest.mark.parametrize(
    ("text", "words", "short", "inside"),
    [
        ("One two. Three four five. Six.", 4, "One two.", False),
        ("One two. Three four five. Six.", 6, "One two. Three four five. Six.", False),
        ("One two three four.", 2, "One two", True),
        ("下雨了。明天也会下雨。", 5, "下雨了。", False),
        ("下雨了。明天也会下雨。", 2, "下雨", True),
        ("* * * Yes. No.", 1, "* * * Yes.", False),
        ("", 1, "", False),
    ],
)
def test_what_is_longer_ends_at_a_sentence_or_says_so(text: str, words: int, short: str, inside: bool) -> None:
    assert shorten(text, words) == (short, inside)


def test_many_sentences_are_shortened_at_one() -> None:
    begun = time.process_time()
    assert shorten("One two three. " * 20_000, 50_000) == (("One two three. " * 16_666).strip(), False)
    assert time.process_time() - begun < 4.0


def test_sentences_are_joined_as_their_script_does() -> None:
    assert join_sentences(["“今天。”", "明天。", "Yes.", "हाँ।", "नहीं।"]) == "“今天。”明天。Yes. हाँ। नहीं।"
    assert join_sentences(["明月光，", "地上霜。"]) == "明月光，地上霜。"
    assert join_sentences([]) == ""


PARAGRAPH = "The council met late on Monday and talked about the old bridge. It will be closed for a month or two."
WRAPPED = textwrap.fill(PARAGRAPH, 48)


def test_wrapped_lines_are_put_together() -> None:
    text = f"{WRAPPED}\n\n  {textwrap.fill(PARAGRAPH, 70)}\nShort."
    assert unwrap(text).splitlines() == [PARAGRAPH, "", *f"  {textwrap.fill(PARAGRAPH, 70)}\nShort.".splitlines()]
    assert unwrap(f"{WRAPPED}\n\n{WRAPPED}") == f"{PARAGRAPH}\n\n{PARAGRAPH}"
    assert sentences_of(WRAPPED) == [piece.text for piece in split(PARAGRAPH)]
    assert lead_sentences(WRAPPED, 1) == PARAGRAPH[: PARAGRAPH.index(".") + 1]


def test_wrapped_lines_of_scripts_without_spaces_are_put_together_without_one() -> None:
    text = "公司公布了今年的预算，比去年增加了百分之十，iPhone 的价格也增加了。" * 5
    lines = [text[start : start + 42] for start in range(0, len(text), 42)]
    assert unwrap("\n".join(lines)) == text
    paragraphs = [text[:50], text[:70], text[:60]]
    assert unwrap("\n".join(paragraphs)) == "\n".join(paragraphs)


@pytest.mark.parametrize(
    "text",
    [
        textwrap.fill(PARAGRAPH, 30),  # narrow, as a poem is
        "Anna: shall we meet at the station on Friday morning\nBen: ok",
        "- a list of things that one needs on a long journey\n- a hat",
        "A line that is quite long and has some words in it\nA short one\nAnother long line that has words in it too",
        "A line.\n\nAnother.",
        "x" * 300 + "\nand " * 3,
        "",
    ],
)
def test_other_lines_stay(text: str) -> None:
    assert unwrap(text) == text


VERSE = """\
I walked alone beside the sea
Where gulls and little boats go by,
When all at once there came to me,
A song, that filled the evening sky."""


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        (VERSE, VERSE.replace("\n", " ")),
        (f"Song\n\n{VERSE}\n\nThe end", f"Song\n\n{VERSE}\n\nThe end".replace(VERSE, VERSE.replace("\n", " "))),
        (
            "The sea is high,\nThe moon is low;\n\nThe boats are in.",
            "The sea is high, The moon is low; The boats are in.",
        ),
        (
            "The old bridge over\nthe river was closed. It\nis old.",
            "The old bridge over the river was closed. It is old.",
        ),
        ("床前明月光，\n疑是地上霜。", "床前明月光，疑是地上霜。"),
    ],
)
def test_the_lines_of_a_sentence_are_joined(text: str, joined: str) -> None:
    assert join_lines(text) == joined


@pytest.mark.parametrize(
    "text",
    [
        "FERRY CLOSED\nBy Ann Reed\nThe ferry is closed.",
        "Things to buy\ntwo red apples,\na large loaf",  # comes to no stop
        "Dear Tom,\n\nThe ferry is closed.",
        "Summary:\nThe ferry is closed.",
        "The ferry is closed,\n1. for a week.",
        "hello\nit is late\nnobody came.",
        "",
    ],
)
def test_lines_that_are_no_part_of_a_sentence_stay(text: str) -> None:
    assert join_lines(text) == text


@pytest.mark.parametrize(
    ("text", "count", "prose"),
    [
        ("FERRY CLOSED\nBy Ann Reed\n\nIt is old. It is\nclosed.", 1, "It is old."),
        ("FERRY CLOSED\nBy Ann Reed\n\nIt is old. It is\nclosed.", 9, "It is old. It is closed."),
        ("It is old.\n\nPlans\n\nA new one comes.", 2, "It is old.\nA new one comes."),
        ("It is old. Nobody knows", 2, "It is old. Nobody knows"),
        ("FERRY CLOSED\nBy Ann Reed", 3, ""),
        (VERSE, 1, VERSE.replace("\n", " ")),
        ("It is old.", 0, ""),
    ],
)
def test_the_lead_of_prose_has_no_headings(text: str, count: int, prose: str) -> None:
    assert lead_prose(text, count) == prose


@pytest.mark.parametrize("text", ["It is.", '"It is!"', "« Oui. »", "It is so.[12]", "今天。", "ครับ", "نعم۔"])
def test_stops(text: str) -> None:
    assert is_stopped(text)
    assert not is_stopped(f"{text} and,")


@pytest.mark.parametrize(
    "unit",
    [
        "x",
        " ",
        "x ",
        ".",
        '."',
        "\n",
        "。",
        "1. ",
        ". (",
        "J. ",
        ".[1]",
        "!.x ",
        ".» ",
        "-",
        "a\n",
        "A,\n",
        "A\nb,\n\n",
        "« ",
        "。x",
        "न।",
        "น ",
        "เ",
        "្",
    ],
)
def test_time_grows_with_the_length(unit: str) -> None:
    """Text without a border, or with nothing else, takes 0.1 s; in the square of its length, ten."""
    text = unit * (40_000 // len(unit)) + "と"
    start = time.process_time()
    assert sum(len(piece.text) + len(piece.after) for piece in split(text)) == len(text)
    lead_sentences(text, 10**6)
    lead_prose(text, 10**6)
    lead(text, 10**6)
    assert time.process_time() - start < 3
