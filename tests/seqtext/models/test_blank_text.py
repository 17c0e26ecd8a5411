"""Words stand in blanks as a careful writer would write them: capitals, sentences that begin, lines that go on."""

import time

import pytest

from seqtext.blanks import read_blanks
from seqtext.models.blank_text import begins_sentence, cased, in_usual_letters, written


def begins(text: str) -> list[bool | None]:
    parts = read_blanks(text).parts
    return [begins_sentence(parts, blank) for blank in range(len(parts) - 1)]


@pytest.mark.parametrize(
    "text",
    [
        "___ ran.", "\n\n___ ran.", '"___ ran."', "He ran. ___ ran.", 'He ran. "___ ran."', 'He said "no." ___ left.',
        "Is it late? ___ is.", "Stop! ___ is.", "He waited … ___ came.", "(It rained.) ___ left.",
        "Milk\n\n___ and eggs",
        "Dear Anna,\n___ are you?", "He said:\n___ is my house.", "Roses are red,\n___ are blue",
        "It rained.\n___ stayed in.", "Roses are red,\nViolets are blue,\n___ is sweet",
        "___ is sweet\nAnd so are you.", "He lives at No. 5. ___ is old.", "We left at 9.30. ___ came.",
    ],
)  # fmt: skip
def test_a_sentence_begins(text: str) -> None:
    assert begins(text) == [True]


@pytest.mark.parametrize(
    "text",
    [
        "the ___ ran.", "He said: ___", "It rained, ___ we left.", "He ran.___", "A well-___ dog", '"No," ___ said.',
        "roses are red,\nviolets are blue,\n___ is sweet", "We left and\n___ came\nhome late.", "I 'm ___ here.",
    ],
)  # fmt: skip
def test_a_sentence_goes_on(text: str) -> None:
    assert begins(text) == [False]


@pytest.mark.parametrize(
    "text",
    [
        "We met at 5 p.m. ___ the station.", "The U.S. ___ said so.", "It costs approx. ___ pounds.", "Dr. ___ left.",
        "Fruits, e.g. ___, are good.", "Smith & Co. ___ London", '"Where are you?" ___ asked.', "“Stop!” ___ cried.",
        "“Well …” ___ said.", "She drank a\n___ of milk.",
        "When he came home from work in the evening,\n___ was cold.", "Herr Dr. ___ kommt.",
    ],
)  # fmt: skip
def test_it_is_uncertain(text: str) -> None:
    assert begins(text) == [None]


def test_each_blank_is_looked_at() -> None:
    assert begins("___ ___ ran. ___ sat.") == [True, False, True]
    assert begins("We went to the\n___ and played\n___ the sand\nall day.") == [False, False]
    assert begins("We went to the\n___ and played\n___ the sand.") == [None, None]
    assert begins("___\n___\n\n___") == [True, None, True]


def test_no_text_takes_long() -> None:
    begun = time.process_time()
    for unit in ("\n", " ", ".", '"', "(", '." ', "a ", "a\n", "___ ", "___.\n", "e.g. "):
        parts = read_blanks(unit * 30_000 + "x ___ y").parts
        begins_sentence(parts, len(parts) - 2)
    assert time.process_time() - begun < 2.0


def test_what_looks_alike_is_one() -> None:
    fillings = [(("he",), 0.5), (("He",), 0.2), (("we",), 0.1)]
    assert written(fillings, ["It rained. ", " left."]) == {("He",): pytest.approx(0.7), ("We",): 0.1}
    assert written(fillings, ["then ", " left."]) == dict(fillings)
    assert written(fillings, ["NOW ", " LEFT"], shouted=True) == {("HE",): pytest.approx(0.7), ("WE",): 0.1}


def test_where_it_is_uncertain_the_likelier_form_stands() -> None:
    around = ['"Who?" ', " asked."]
    assert written([(("he",), 0.5), (("He",), 0.2), (("Tom",), 0.1)], around) == {
        ("he",): pytest.approx(0.7), ("Tom",): 0.1,
    }  # fmt: skip
    assert written([(("he",), 0.1), (("He",), 0.2)], around) == {("He",): pytest.approx(0.3)}
    several = [(("he", "not"), 0.1), (("He", "not"), 0.3), (("He", "Not"), 0.2)]
    assert written(several, ["“Who?” ", " did ", "."]) == {("He", "not"): pytest.approx(0.4), ("He", "Not"): 0.2}


def test_options_get_capitals_only_where_a_sentence_begins() -> None:
    assert cased("fox", ["", " ran."], 0) == "Fox"
    assert cased("fox", ['"Who?" ', " ran."], 0) == "fox"
    assert cased("", ["", ""], 0) == ""


def test_capitals_are_read_as_usual_words() -> None:
    names = {"tom": "Tom", "i": "I"}
    usual = lambda word: names.get(word.lower(), word.lower())  # noqa: E731
    assert in_usual_letters(["TOM AND I ", " THE DOOR. GO ", "!"], usual) == ["Tom and I ", " the door. go ", "!"]
    assert in_usual_letters(["", " THE DOOR!"], usual) == ["", " The door!"]
    for parts in (["Tom ", " the door"], ["USA ", ""], ["", ""], ["5 ", " 7"], ["OK ", "!"]):
        assert in_usual_letters(parts, usual) is None
