"""What of a source is set aside, and that it comes back as it was typed."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seqtext.config import TokenizerConfig
from seqtext.models.pair_text import usual_case
from seqtext.models.source_text import (
    CAPITALS,
    EMOJI,
    KINDS,
    SIGNS,
    has_letters,
    in_small_letters,
    learnt_kinds,
    prepare,
    shouts,
)
from seqtext.tokenizer import Tokenizer


def small(text: str) -> str:
    return in_small_letters(text, str.lower)


SIGNS_ONLY = [
    "-",
    "...",
    "***",
    "=====",
    "->",
    "42",
    "3.14 €",
    "5 º",
    "👍",
    "👍🏽",
    "1️⃣",
    "🇫🇷 🇩🇪",
    ":-)",
    ":D",
    "!!!",
    "½",
]
ENDS = [
    *(" 🙂", "🙂", "  😀😀", " 👨‍👩‍👧‍👦", " 👍🏽", " ❤️", " ❤", " 🇫🇷", " 🏴\U000e0067\U000e0062\U000e007f", " 5️⃣", " ©️"),
    *(" ✓", " →", " 🙂 😢", " :-)", " :)", " ;-(", " :D", " <3", " ^^", "\u00a0🎉"),
]  # fmt: skip


@pytest.mark.parametrize("text", SIGNS_ONLY)
def test_what_holds_no_letter_is_its_own_answer(text: str) -> None:
    read, back = prepare(text, small)
    assert (read, back("made up")) == ("", text)


@pytest.mark.parametrize("end", ENDS)
def test_what_stands_at_an_end_comes_back(end: str) -> None:
    assert prepare(f"I see it.{end}", small)[0] == "I see it."
    assert prepare(f"I see it.{end}", small).back("Ich sehe es.") == f"Ich sehe es.{end}"
    read, back = prepare(f"I see it{end}!", small)
    assert (read, back("Je le vois !"), back("Ich sehe es!"), back("Oui")) == (
        "I see it!", f"Je le vois{end} !", f"Ich sehe es{end}!", f"Oui{end}",
    )  # fmt: skip
    begin = end.lstrip() + " "
    read, back = prepare(f"{begin}I see it.{end}", small)
    assert (read, back("Ja.")) == ("I see it.", f"{begin}Ja.{end}")


@pytest.mark.parametrize(
    "text",
    [
        "It is 20°.",
        "Windows™",
        "a) b) c)",
        "At 10:30.",
        "He has 3 :) things",
        "x = (y)",
        "I ❤️ Paris.",
        "C#",
        "Go (now)",
    ],
)
def test_what_belongs_to_a_sentence_stays_in_it(text: str) -> None:
    assert prepare(text, small).text == text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("WHERE IS TOM?", "Where is tom?"),
        ("STOP!", "Stop!"),
        ("I'M SICK.", "I'm sick."),
        ("“ÉTÉ” – C'EST FINI", "“Été” – c'est fini"),
        ("3 DAYS LEFT", "3 Days left"),
        ("DIE STRAßE IST LANG", "Die straße ist lang"),
        ("NO WAY 🙂", "No way"),
        ("SALE UNTIL MAY 5TH!", "Sale until May 5th!"),
        ("ON 3 MARCH WE MAY MARCH", "On 3 March we may march"),
    ],
)
def test_a_sentence_in_capitals_is_read_in_small_letters(text: str, read: str) -> None:
    found, back = prepare(text, small)
    assert found == read
    assert back("Straße").startswith("STRASSE")


@pytest.mark.parametrize(
    "text", ["I", "USA", "OK.", "A B", "Is it NATO?", "McDONALD'S HERE", "我是 NATO", "TV 5", "A.", "ª NATO"]
)
def test_acronyms_and_letters_are_no_shouting(text: str) -> None:
    assert not shouts(text)
    assert prepare(text, small).text == text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("WARNING: DO NOT TOUCH %s OR {name}!", "Warning: do not touch %s or {name}!"),
        ("YOU HAVE %d NEW MESSAGES, %(name)s.", "You have %d new messages, %(name)s."),
        ("HELLO {{user.firstName}} AND {first name}", "Hello {{user.firstName}} and {first name}"),
        ("VISIT https://example.com/Paris NOW!", "Visit https://example.com/Paris now!"),
        ("SEND IT TO Info@example.com.", "Send it to Info@example.com."),
        ("OPEN config.yaml WITH --force", "Open config.yaml with --force"),
        ("CLICK <b>HERE</b> OR <a href='x'>THERE</a>.", "Click <b>here</b> or <a href='x'>there</a>."),
        ("BUY A NEW iPhone OR user_name", "Buy a new iPhone or user_name"),
        ("MAXIMUM LOAD 2.5 kg, 50 km/h!", "Maximum load 2.5 kg, 50 km/h!"),
        ("SALE FROM 9am ON MAY 5th!", "Sale from 9am on May 5th!"),
        ("{name} HAS LEFT", "{name} has left"),
    ],
)
def test_codes_in_capitals_stay_as_typed(text: str, read: str) -> None:
    assert shouts(text)
    found, back = prepare(text, small)
    assert (found, back(found)) == (read, text)


def test_codes_stay_as_typed_beside_other_signs() -> None:
    back = prepare("OPEN config.yaml OR a1, _b, %s%d IN 9am OR ab1 OR https://x.org/y", small).back
    assert back("die config.yaml-datei (a1) «https://x.org/y», l'ab1 um 9 am") == (
        "DIE config.yaml-DATEI (a1) «https://x.org/y», L'ab1 UM 9 am"
    )
    assert back("a12 xa1 a1b x_b 5_b %s%d 7am amt 9 a1") == "A12 XA1 A1B X_b 5_b %s%d 7am AMT 9 a1"


def test_units_stay_as_typed_behind_figures_of_another_language() -> None:
    assert prepare("MAXIMUM LOAD 2.5 kg", small).back("Höchstlast 2,5 kg") == "HÖCHSTLAST 2,5 kg"


@pytest.mark.parametrize(
    "text", ["https://example.com", "USA: https://x.org", "See NATO at https://x.org", "I like {name}.", "A B %s"]
)
def test_codes_do_not_shout(text: str) -> None:
    assert not shouts(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("CALL MR. LI AND DR VAN DER BERG.", "Call Mr. Li and Dr van der Berg."),
        ("ASK MRS. J. SMITH", "Ask Mrs. J. Smith"),
        ("J. R. R. TOLKIEN WROTE IT", "J. R. R. Tolkien wrote it"),
        ("WAIT 5 MS PLEASE", "Wait 5 ms please"),
        ("PROF. DR. LI IS HERE", "Prof. Dr. Li is here"),
        ("A. B. AND C. D. FOR IT", "A. B. and C. D. for it"),
        ("CALL A DR. PLEASE, MR. SO AND MR. AND MRS. LI", "Call a Dr. please, Mr. So and Mr. and Mrs. Li"),
        ("OPEN IT IN MS WORD.", "Open it in MS Word."),
        ("ASK MS WORDEN OR MS. LI ABOUT MS EXCEL", "Ask Ms Worden or Ms. Li about MS Excel"),
    ],
)
def test_names_in_capitals_are_read_with_one(text: str, read: str) -> None:
    assert prepare(text, small).text == read


def test_a_short_word_among_capitals_is_read_as_they_are() -> None:
    assert prepare("NO.", small, shouted=True)[0] == "No."
    assert prepare("NO.", small)[0] == "NO."


def test_only_the_kinds_asked_for_are_set_aside() -> None:
    for text, kind in (("COME HERE", CAPITALS), ("Come. 🙂", EMOJI), ("42", SIGNS)):
        others = [one for one in KINDS if one != kind]
        assert prepare(text, small, others).text == text
        assert prepare(text, small, [kind]).text != text
        assert learnt_kinds([text] * 3 + ["Come."] * 97) == [kind]
        assert learnt_kinds([text] * 3 + ["Come."] * 397) == []
    assert learnt_kinds(["42"]) == learnt_kinds([]) == []


def test_a_vocabulary_knows_how_a_word_is_written() -> None:
    texts = ["Tom saw Boston on TV and I saw the tomb", "I saw Tom", "Tom and I saw TV in Boston", "What? Tom", "what"]
    for kind in ("bpe", "word"):
        tokenizer = Tokenizer.train(texts * 50, TokenizerConfig(kind, 600, 1))
        words = {word: usual_case(word, tokenizer, True) for word in ("TOM", "BOSTON", "TV", "SAW", "WHAT", "AND", "I")}
        assert words == {
            "TOM": "Tom", "BOSTON": "Boston", "TV": "TV", "SAW": "saw", "WHAT": "what", "AND": "and", "I": "I"
        }  # fmt: skip
    letters = Tokenizer.train(texts * 50, TokenizerConfig("char", 600, 1))
    assert [usual_case(word, letters, True) for word in ("I", "I'M", "IT")] == ["I", "I'm", "it"]


PIECES = st.sampled_from(
    [*"aB .!?'\u00a0\u200d\ufe0f", "🙂", "❤️", "👨‍👩‍👧", ":-)", "STOP", "été", "ß", "中", "42", "  "]
)


@given(st.lists(PIECES, max_size=12).map("".join))
@example("🙂 .!")
@example("a.🙂 ")
@example("a.🙂.")
def test_nothing_is_lost(text: str) -> None:
    """What is read and what is set aside are the whole text."""
    read, back = prepare(text, lambda text: text)
    together = back(read) if read else back("")
    assert "".join(together.split()).upper() == "".join(text.split()).upper()
    assert bool(read) or not has_letters(text) or read == text


def test_long_runs_take_little_time() -> None:
    begun = time.process_time()
    for part in (
        "🙂",
        " ",
        " :)",
        "A",
        ".",
        "🙂 ",
        "\u200d",
        "❤️ a ",
        "AB{",
        "AB{a{",
        "AB<a ",
        "AB %(a",
        "AB a@ ",
        "MR A. ",
    ):
        prepare("x" + part * 20_000, small)
        prepare(part * 20_000 + "x", small)
        has_letters(part * 20_000 + "x")
    assert time.process_time() - begun < 4


def test_many_codes_take_little_time() -> None:
    begun = time.process_time()
    for form in ("a{}", "{}am", "x{}/y_", "--a{}", "{{a{}}}"):
        codes = " ".join(form.format(number) for number in range(16_000))
        assert prepare(f"ABCD EFGH {codes}", small).back(f"abcd {codes}") == f"ABCD {codes}"
    assert time.process_time() - begun < 4
