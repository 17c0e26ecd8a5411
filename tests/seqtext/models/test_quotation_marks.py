"""A quotation of several sentences closes as it opened, though each of them is translated by itself."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqtext.config import SearchConfig
from seqtext.models import quotation_marks
from seqtext.models.quotation_marks import Quotation, has_curly_marks
from seqtext.storage.catalog import load


def paired(source: str, answer: str, language: str = "de", curly: bool = False) -> str:
    return quotation_marks.paired([Quotation.of(source, curly, language)], [answer])[0]


def paired_text(sources: list[str], answers: list[str], language: str = "fr", curly: bool = False) -> str:
    return " ".join(quotation_marks.paired([Quotation.of(source, curly, language) for source in sources], answers))


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
        ('"...and left.', "»...und ging.", '"...und ging.'),
        ('I said no," he said.', "Ich sagte »nein««, sagte er.", 'Ich sagte »nein«", sagte er.'),
    ],
)
def test_inner_marks_stay_as_the_translator_wrote_them(source: str, answer: str, expected: str) -> None:
    assert paired(source, answer) == expected


@pytest.mark.parametrize(
    ("sources", "answers", "expected"),
    [
        # as the quotations before it in its own sentence
        (['She said "yes" and "no.'], ["Sie sagte »ja« und »nein."], "Sie sagte »ja« und »nein."),
        (
            ['"It\'s late," he said, "and I\'m tired.', 'Good night."'],
            ["»Es ist spät,« sagte er, »und ich bin müde.", "Gute Nacht.«"],
            "»Es ist spät,« sagte er, »und ich bin müde. Gute Nacht.«",
        ),
        (
            ['"It\'s late," he said, "and I\'m tired.', 'Good night."'],
            ["„Es ist spät“, sagte er, »und ich bin müde.", "Gute Nacht."],
            "„Es ist spät“, sagte er, „und ich bin müde. Gute Nacht.“",
        ),
        # in the nearest sentence with one
        (
            ['"Yes," he said.', "He left.", '"It grows.', "It will grow.", 'It fell."'],
            ["„Ja“, sagte er.", "Er ging.", "»Sie wächst.", "Sie wird wachsen.", "Sie fiel.«"],
            "„Ja“, sagte er. Er ging. „Sie wächst. Sie wird wachsen. Sie fiel.“",
        ),
        (
            ["'Yes,' he said.", "'It grows.", "It fell.'"],
            ["« Oui », dit-il.", "Il croît.", "Il tomba."],
            "« Oui », dit-il. « Il croît. Il tomba. »",
        ),
        (
            ['"Yes," he said.', '"No," she said.', '"It grows.', 'It fell," he said, "at last.', 'Oh."'],
            ["„Ja“, sagte er.", "»Nein«, sagte sie.", "„Es wächst.", "Es fiel“, sagte er, „endlich.", "Oh.“"],
            "»Nein«, sagte sie. »Es wächst. Es fiel«, sagte er, »endlich. Oh.«",
        ),
        # not as those within it, nor as a single-quoted word
        (['He said: "The "end" is near.', 'I know."'], ["Er: »Das „Ende“.", "Ja.«"], 'Er: "Das „Ende“. Ja."'),
        (["It is the 'end'.", '"I go.', 'Bye."'], ["Es ist das ‚Ende‘.", "»Ja.", "Oh.«"], 'das ‚Ende‘. "Ja. Oh."'),
    ],
)
def test_unpaired_marks_are_those_of_the_quotations_before(
    sources: list[str], answers: list[str], expected: str
) -> None:
    assert paired_text(sources, answers).endswith(expected)


@pytest.mark.parametrize(
    ("sources", "answers", "expected"),
    [
        # a dash in place of the mark, as before
        (
            ['"Hello," said Mr. Brown.', '"I am fine.', 'And you?"'],
            ["—Bonjour, dit M. Brown.", "— Je vais bien.", "Et vous?"],
            "—Bonjour, dit M. Brown. — Je vais bien. Et vous?",
        ),
        (
            ['"Hello," said Mr. Brown.', '"I am fine.', 'And you?" he asked.'],
            ["—Bonjour, dit M. Brown.", "Je vais bien.", "Et vous? », demanda-t-il."],
            "—Bonjour, dit M. Brown. Je vais bien. Et vous?, demanda-t-il.",
        ),
        # a mark after a dash is paired, and it has no dash
        (
            ['"Hello," said Mr. Brown.', '"I am fine.', 'And you?"'],
            ["—Bonjour, dit M. Brown.", '"Je vais bien.', "Et vous? »"],
            '—Bonjour, dit M. Brown. "Je vais bien. Et vous?"',
        ),
        (['"I am tired.', 'Good night."'], ["—Je suis fatigué.", "Bonne nuit."], '"Je suis fatigué. Bonne nuit."'),
        (['"It is cold.', 'Good night."'], ["–5 Grad.", "Gute Nacht."], '"–5 Grad. Gute Nacht."'),
        # nothing in place of it
        (
            ['He says "I know.', 'Good night."'],
            ["Il dit qu'il sait.", "Bonne nuit. »"],
            "Il dit qu'il sait. Bonne nuit.",
        ),
        (['He says "I know.', 'Good night."'], ["Il dit qu'il sait.", "« Bon. »"], "Il dit qu'il sait. « Bon. »"),
        # a quotation that goes on behind the words that tell who speaks
        (
            ['"It\'s late," he said, "and I\'m tired.', 'Good night."'],
            ["« Il est tard, dit-il, et je suis fatigué.", 'Bonne nuit."'],
            "« Il est tard, dit-il, et je suis fatigué. Bonne nuit. »",
        ),
        (
            ['"I know," she said.', '"You were there.', 'I saw you."'],
            ["«Je sais, dit-elle.", "Tu étais là.", "Je vous ai vu."],
            "«Je sais, dit-elle. Tu étais là. Je vous ai vu.»",
        ),
        # quotations whose beginning is not found
        (['"No," he said.', "I saw you,' he said."], ["»Nein«, sagte er.", "Ja“, sagte er."], "Ja“, sagte er."),
        (['I saw you," he said.', '"I go.', 'Bye."'], ["Ja“, sagte er.", "»Oh.", "Ah."], 'Ja", sagte er. "Oh. Ah."'),
    ],
)
def test_a_closing_mark_is_written_where_the_opening_one_is(
    sources: list[str], answers: list[str], expected: str
) -> None:
    assert paired_text(sources, answers).endswith(expected)


def test_paragraphs_of_a_quotation_open_each_and_close_once() -> None:
    sources = ['"One.', "Two.", '"Three.', 'Four."', "Five."]
    answers = ["»Eins.", "Zwei.", "Drei.", "Vier.", "Fünf."]
    assert paired_text(sources, answers, "de", curly=True) == "»Eins. Zwei. »Drei. Vier.« Fünf."


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
        ('He read "1984".', "Er las »1984«.", "Er las »1984«."),
        ('He read "1984".', "Er las „1984“.", "Er las „1984“."),
        ('A 19" wheel.', "Ein »Rad.", "Ein »Rad."),
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
    dialogue = '"It\'s late," he said, "and I\'m tired. Good night."'
    search = SearchConfig(n_best=2)
    best = load(f"translate-en-{language}", "translate").translate([*texts, curly, dialogue], search)
    answers = [one.text for one, *_ in best]
    written = ["".join(one for one in answer if one in '"«»„“”') for answer in answers]
    last = "»«»«" if language == "de" else "«»"
    assert written == ['""', '""', '""', "»«" if language == "de" else "«»", last], answers
    for one in (one.text for some in best[:3] for one in some):
        assert one.count('"') == 2, one


_SENTENCES = st.tuples(st.text("a '\"»«„“”—,.?", max_size=30), st.text("a '\"»«„“”—,.? ", max_size=30))


@given(st.lists(_SENTENCES, max_size=4), st.booleans())
def test_only_marks_and_dashes_change(sentences: list[tuple[str, str]], curly: bool) -> None:
    answers = [answer for _, answer in sentences]
    found = paired_text([source for source, _ in sentences], answers, "fr", curly)
    assert [one for one in found if one.isalpha() or one in ",.?"] == [
        one for one in "".join(answers) if one.isalpha() or one in ",.?"
    ]


def test_long_texts_take_little_time() -> None:
    began = time.process_time()
    for part in ('"', '"a ', "'A ", '" "', "« ", " »", "a. "):
        paired('"A' + part * 10_000, part * 10_000)
        paired(part * 10_000 + 'a."', part * 10_000)
        paired_text(['"A.', part, 'B."'] * 3_000, ["»A.", part, "B."] * 3_000)
    assert time.process_time() - began < 4
