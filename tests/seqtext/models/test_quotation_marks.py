"""A quotation of several sentences closes as it opened, though each of them is translated by itself."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtext.models.quotation_marks import Quotation, has_curly_marks
from seqtext.storage.catalog import load


def paired(source: str, answer: str, language: str = "de", curly: bool = False) -> str:
    quotation = Quotation.of(source, curly, language)
    return answer if quotation is None else quotation.paired(answer)


@pytest.mark.parametrize(
    ("source", "answer", "expected"),
    [
        ('He asked: "Who are you?', "Er fragte: »Wer bist du?", 'Er fragte: "Wer bist du?'),
        ('What do you want?" and left.', "Was willst du?« und ging.", 'Was willst du?" und ging.'),
        ("What do you want?' and left.", "Was willst du?« und ging.", "Was willst du?' und ging."),
        ("'Stop it.", "„Lass das.", "'Lass das."),
        ('"I know.', "« Je sais.", '"Je sais.'),
        ('I was there," he said.', "J'étais là », dit-il.", "J'étais là\", dit-il."),
        ('Yes," he said. "No.', "Ja,« sagte er. „Nein.", 'Ja," sagte er. "Nein.'),
        ('She said "yes" and "no.', "Sie sagte »ja« und »nein.", 'Sie sagte »ja« und "nein.'),
    ],
)
def test_a_mark_whose_partner_is_in_another_sentence_is_the_typed_one(source: str, answer: str, expected: str) -> None:
    assert paired(source, answer) == expected


@pytest.mark.parametrize(
    ("source", "answer", "expected"),
    [
        ("He said: \"The 'end' is near.", "Er sagte: »Das ‚Ende‘ ist nah.", 'Er sagte: "Das ‚Ende‘ ist nah.'),
        ("\"Rock 'n' roll is dead.", "„Rock 'n' Roll ist tot.", "\"Rock 'n' Roll ist tot."),
        ("The 'end' is near,\" he said.", "Das ‚Ende‘ ist nah«, sagte er.", 'Das ‚Ende‘ ist nah", sagte er.'),
        ('The "end" is near," he said.', "La « fin » est proche », dit-il.", 'La « fin » est proche", dit-il.'),
        ('He said: "The "end" is near.', "Er sagte: »Das »Ende« ist nah.", 'Er sagte: "Das »Ende« ist nah.'),
        ('I am fine," he said.', "Mir geht 's gut«, sagte er.", "Mir geht 's gut\", sagte er."),
        ("I am fine,' he said.", "Mir geht 's gut«, sagte er.", "Mir geht 's gut', sagte er."),
        ('I said no," he said.', "Ich sagte »nein««, sagte er.", 'Ich sagte »nein«", sagte er.'),
    ],
)
def test_inner_marks_stay_as_the_translator_wrote_them(source: str, answer: str, expected: str) -> None:
    assert paired(source, answer) == expected


def test_what_is_before_a_mark_at_the_start_is_not_the_end() -> None:
    assert paired('" he said, and left,', "sagte er, und ging") == "sagte er, und ging"


@pytest.mark.parametrize(
    ("source", "answer", "expected"),
    [
        ('"I know.', "— Je sais.", '"Je sais.'),
        ('Then she asked: "Why?', "Puis elle demanda: — Pourquoi?", 'Puis elle demanda: "Pourquoi?'),
        ('He said, "I know.', "Il a dit: Je sais.", 'Il a dit: "Je sais.'),
        ('I am going home."', "Je vais à la maison.", 'Je vais à la maison."'),
        ('I am going home".', "Je vais à la maison.", 'Je vais à la maison".'),
        ('I was there," he said.', "J'étais là, dit-il.", "J'étais là\", dit-il."),
        ('What do you want?" he asked.', "Que veux-tu? demanda-t-il.", 'Que veux-tu?" demanda-t-il.'),
        ('Danger."', "»Gefahr.«", 'Gefahr."'),
        ('"No entry.', "»Kein Eingang.«", '"Kein Eingang.'),
        ('I was there" and left.', "J'étais là, puis, je suis parti.", "J'étais là, puis, je suis parti."),
    ],
)
def test_a_mark_that_is_lost_is_put_where_it_surely_belongs(source: str, answer: str, expected: str) -> None:
    assert paired(source, answer) == expected


@pytest.mark.parametrize(
    ("source", "answer", "expected"),
    [
        ('He said "yes".', "Er sagte »ja«.", "Er sagte »ja«."),
        ('He said "yes".', "Er sagte „ja“.", "Er sagte „ja“."),
        ('He said "yes".', "Il a dit « oui ».", "Il a dit « oui »."),
        ('He said "yes".', 'Er sagte »ja".', "Er sagte »ja«."),
        ('He said "yes".', 'Il a dit « oui".', "Il a dit « oui »."),
        ('He said "yes".', "Er sagte ja.", "Er sagte ja."),
        ("The boys' house isn't theirs.", "Es ist »nicht ihres.", "Es ist »nicht ihres."),
        ("'The boys' house,' he said.", "»Das Haus«, sagte er.", "»Das Haus«, sagte er."),
        ("'Tis late.", "Es ist »spät.", "Es ist »spät."),
        ("He is 6'2\" tall.", "Er ist »groß.", "Er ist »groß."),
    ],
)
def test_a_quotation_of_one_sentence_has_the_marks_of_the_translator(source: str, answer: str, expected: str) -> None:
    assert paired(source, answer) == expected


def test_in_place_of_curly_marks_those_of_the_language_are_written() -> None:
    assert paired('"I know.', '"Ich weiß.', "de", curly=True) == "»Ich weiß."
    assert paired('I am here."', 'Je suis là."', "fr", curly=True) == "Je suis là. »"
    assert paired('"I know.', "„Ég veit.", "is", curly=True) == '"Ég veit.'
    assert has_curly_marks("“Oh.”")
    assert not has_curly_marks('"Don\'t" isn’t')


@pytest.mark.parametrize("language", ["de", "fr"])
def test_quotations_of_bundled_translators_close_as_they_opened(language: str) -> None:
    texts = [
        'He asked: "Who are you? What do you want?" and left.',
        '"I know. I was there," he said.',
        'She said: "I am tired. I am going home."',
    ]
    curly = "“Who are you? What do you want?” he asked."
    answers = [best.text for (best,) in load(f"translate-en-{language}", "translate").translate([*texts, curly])]
    written = ["".join(one for one in answer if one in '"«»„“”') for answer in answers]
    assert written == ['""', '""', '""', "»«" if language == "de" else "«»"], answers


@given(st.text("a '\"»«„“”—,.?", max_size=30), st.text("a '\"»«„“”—,.? ", max_size=30), st.booleans())
def test_only_marks_and_dashes_change(source: str, answer: str, curly: bool) -> None:
    found = paired(source, answer, "fr", curly)
    assert [one for one in found if one.isalpha() or one in ",.?"] == [
        one for one in answer if one.isalpha() or one in ",.?"
    ]


def test_long_texts_take_little_time() -> None:
    began = time.process_time()
    for part in ('"', '"a ', "'A ", '" "', "« ", " »", "a. "):
        paired('"A' + part * 10_000, part * 10_000)
        paired(part * 10_000 + 'a."', part * 10_000)
    assert time.process_time() - began < 4
