"""Messages with cases, as of ICU: their texts are translated, their syntax stays to the letter."""

import time

import pytest
from marked_texts import translating, unchanged

from seqtext.models.markup.messages import messages
from seqtext.models.markup.reading import parts_of


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("{n, plural, one {# file} other {# new files}}", "{n, plural, one {FILE #} other {FILES NEW #}}"),
        ("See {n, plural, one {a file} other {# files}} now.", "NOW {n, plural, one {FILE A} other {FILES #}} SEE."),
        ("{n,plural,=0{none at all}one{one}other{#}}", "{n,plural,=0{ALL AT NONE}one{ONE}other{#}}"),
        ("{who, select, male {he is} other {they are}}", "{who, select, male {IS HE} other {ARE THEY}}"),
        ("{n, selectordinal, offset:1 one {#st a} other {#}}", "{n, selectordinal, offset:1 one {A #ST} other {#}}"),
        ("{n, plural,\n  one {a file}\n  other {# files}\n}", "{n, plural,\n  one {FILE A}\n  other {FILES #}\n}"),
        ("{n, plural, one {the {m, select, a {b c} other {d}} e} other {f}}",
         "{n, plural, one {E {m, select, a {C B} other {D}} THE} other {F}}"),
        ("{n, plural, one {it''s so} other {#}}", "{n, plural, one {SO IT''S} other {#}}"),
        ("{n, plural, one {it''s {x} so} other {#}}", "{n, plural, one {SO {X} IT''S} other {#}}"),
        ("{n, plural, one {from '{'x'}'} other {#}}", "{n, plural, one {from '{'x'}'} other {#}}"),
        ("**Now** {n, plural, one {a <b>cat</b>} other {#}}", "{n, plural, one {<b>CAT</b> A} other {#}} **NOW**"),
    ],
)  # fmt: skip
def test_the_texts_of_cases_are_translated(source: str, answer: str) -> None:
    found = translating().answers([source], "auto")[0][0]
    assert (found.text, found.flags) == (answer, ())
    (same,) = unchanged().answers([source], "auto")[0]
    assert (same.text, same.flags) == (source, ())


@pytest.mark.parametrize("kind", ["markdown", "html", "subtitles"])
def test_messages_are_read_in_marked_text_of_any_kind(kind: str) -> None:
    before = "1\n00:00:01,000 --> 00:00:02,000\n" * (kind == "subtitles")
    source = before + "See {n, plural, one {a file} other {# *files*}}."
    answer = translating().answers([source], kind)[0][0].text
    assert answer == before + "{n, plural, one {FILE A} other {*FILES* #}} SEE."


def test_an_apostrophe_of_an_answer_quotes_nothing() -> None:
    saying = translating(lambda text: "l'\ue001" if "\ue001" in text else text, lambda source, target: None)
    answer = saying.answers(["{n, plural, one {the #} other {it's}}"], "auto")[0][0].text
    assert answer == "{n, plural, one {l''#} other {it's}}"


@pytest.mark.parametrize(
    "text",
    ["{n, plural}", "{n, plural, one}", "{n, plural, one {a}", "{n, number, one {a}}", "{a, b}",
     "'{'n, plural, one {a}}", "{n, plural, one {a} ?}"],
)  # fmt: skip
def test_what_is_no_message_is_text(text: str) -> None:
    assert messages(text) == []
    assert parts_of(text, "auto") is None


@pytest.mark.parametrize(
    "piece", ["{n, plural, one {", "{n, plural, one {a}", "{n,plural,", "{", "'{", "}", "{a ", "{n, plural, a {b}} "]
)
def test_time_grows_with_the_length_alone(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    start = time.perf_counter()
    parts_of(text, "auto")
    parts_of(text + "}" * 10_000, "html")
    assert time.perf_counter() - start < 4
