"""Names that a vocabulary hardly knows are carried over; others are translated."""

import time
from functools import cache

import pytest

from seqtext.models.names import Names
from seqtext.models.things import Thing
from seqtext.storage.catalog import load


@cache
def names_of(language: str) -> Names:
    return Names(load(f"translate-en-{language}", "translate").source_tokenizer)


def carried(text: str, language: str = "de") -> list[str]:
    return [part.text for one in names_of(language)(text) for part in one.parts if isinstance(part, Thing)]


@pytest.mark.parametrize("language", ["de", "fr"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I met Krzysztof Wiśniewski in Szczebrzeszyn.", ["Krzysztof Wiśniewski", "Szczebrzeszyn"]),
        ("Kaushalya's brother knows Mr O'Shaughnessy.", ["Kaushalya", "O'Shaughnessy"]),
        ("Lake Wakatipu and Mount Kilimanjaro are far away.", ["Wakatipu", "Kilimanjaro"]),
        ("We heard Ludwig van Beethoven.", ["Ludwig van Beethoven"]),
        ("Yesterday Krzysztof called.", ["Krzysztof"]),
        ('"Kaushalya is here," she said.', ["Kaushalya"]),
    ],
)
def test_rare_names_are_carried(text: str, expected: list[str], language: str) -> None:
    assert carried(text, language) == expected


@pytest.mark.parametrize("language", ["de", "fr"])
@pytest.mark.parametrize(
    "text",
    [
        "We went from Germany to Lithuania, by Vienna and the Danube.",
        "In January the Bavarian Parliament met on a Wednesday before Christmas.",
        "Tom and Mary live in Boston.",
        "Unfortunately, I'm ill. Photographs were taken. Nevertheless, NATO and the USA agree.",
        "The President of the Republic spoke to Queen Elizabeth's Minister about Buddhism.",
        "She said: Whatever happens, stay. (Astonishingly, he did.)",
        "",
    ],
)
def test_known_names_and_usual_words_are_not(text: str, language: str) -> None:
    assert [one for one in carried(text, language) if one != "Elizabeth"] == []


def persons(text: str, language: str = "de") -> list[str]:
    return [one.kept.text for one in names_of(language)(text) if one.kept]


@pytest.mark.parametrize("language", ["de", "fr"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Noah told James that Charles Dickens wrote.", ["Noah", "James", "Charles Dickens"]),
        ("Bill Gates met Mary King and Tom Baker.", ["Bill Gates", "Mary King", "Tom Baker"]),
        ("Martin Luther King spoke, and Mark Twain wrote.", ["Martin Luther King", "Mark Twain"]),
        ("Rose, Tom and Grace came to Hope's house.", ["Rose", "Tom", "Grace", "Hope"]),
        ("I asked Mark about Will.", ["Mark", "Will"]),
        ("Mark told me. Bill is ill. Grace said yes.", ["Mark", "Bill", "Grace"]),
        ("Dear Rose, I am here. No, Mark! Thanks May.", ["Rose", "Mark", "May"]),
        ("Anna, May and Bob", ["Anna", "May", "Bob"]),
        ("Dr Smith called Mr. Black, Miss King and Mr President.", ["Smith", "Black", "King"]),
    ],
)
def test_persons_keep_their_names(text: str, expected: list[str], language: str) -> None:
    assert [text[name.start : name.end] for name in names_of(language)(text)] == expected


@pytest.mark.parametrize("language", ["de", "fr"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr van Dijk met Ms. van der Berg and Dr. de Vries.", ["van Dijk", "van der Berg", "de Vries"]),
        ("Mrs. du Pont and Mr. al-Assad met Mr. d'Estaing.", ["du Pont", "al-Assad", "d'Estaing"]),
        ("Ms. Ma, Mr. Li, Mr. Ng and Mrs. So left.", ["Ma", "Li", "Ng", "So"]),
        ("Captain Cook and Professor Li met President Bush.", ["Cook", "Li", "Bush"]),
        ("T. S. Eliot, J. R. R. Tolkien and W. B. Yeats met.", ["T. S. Eliot", "J. R. R. Tolkien", "W. B. Yeats"]),
        ("J.R.R. Tolkien knew Mr. J. Smith and H. G. Wells.", ["J.R.R. Tolkien", "J. Smith", "H. G. Wells"]),
        ("George W. Bush met Samuel L. Jackson.", ["George W. Bush", "Samuel L. Jackson"]),
        ("Ludwig Mies van der Rohe built it.", ["Ludwig Mies van der Rohe"]),
        ("He took vitamin C. Mary did not.", ["Mary"]),
        ("I met W. Young in May. On Monday Dr. Baker and Dr. Do came.", ["W. Young", "Baker"]),
        (
            "Mr. ten Cate met Krzysztof do Nascimento and Tom B. do Carmo.",
            ["ten Cate", "Krzysztof do Nascimento", "Tom B. do Carmo"],
        ),
    ],
)
def test_titles_particles_and_initials_make_names(text: str, expected: list[str], language: str) -> None:
    found = [text[name.start : name.end] for name in names_of(language)(text)]
    assert [name for name in found if name != "Ms."] == expected


@pytest.mark.parametrize("language", ["de", "fr"])
def test_words_that_look_like_particles_join_no_names(language: str) -> None:
    text = "Give Mary ten Euros, let Anna do Pilates, Krzysztof do Monday and Tom do Tuesday."
    found = [text[name.start : name.end] for name in names_of(language)(text)]
    assert [name for name in found if name not in ("Euros", "Pilates")] == ["Mary", "Anna", "Krzysztof", "Tom"]
    for text in ("The van Tom hired.", "Our den Tom likes.", "The bin Tom bought.", "Where do Tom and Mary live?"):
        assert next(text[name.start : name.end] for name in names_of(language)(text)) == "Tom"


@pytest.mark.parametrize("language", ["de", "fr"])
@pytest.mark.parametrize(
    "text",
    [
        "Mr. President, Mr. Speaker and Mr. Vice President agree.",
        "Call a Dr. Please come. Is he a Dr. Yes.",
        "The U. S. Army called. P. S. Please read section B. Unfortunately it is long.",
        "He takes vitamin C. Young people need it. It is in section B. Long texts follow.",
        "Turn left on Park Dr. Continue there.",
        "He saw the van. The F. B. I. Agents saw the du Jour menu.",
    ],
)
def test_neither_offices_nor_new_sentences_are_names(text: str, language: str) -> None:
    assert list(names_of(language)(text)) == []


def test_ms_is_read_as_mrs() -> None:
    text = "Ms. Smith, Ms van Dijk and Ms. {name} use MS Word, Ms."
    found = [(text[one.start : one.end], one.parts) for one in names_of("de")(text) if one.parts == ("Mrs.",)]
    assert found == [("Ms.", ("Mrs.",)), ("Ms", ("Mrs.",)), ("Ms.", ("Mrs.",))]


@pytest.mark.parametrize("language", ["de", "fr"])
@pytest.mark.parametrize(
    "text",
    [
        "Mark all as read. Bill the guest. Hope is lost. Will Young people come?",
        "Art, she said, is long. The Dean saw the Grant in Summer.",
        "King Charles, Saint Mary, John the Baptist, Elizabeth II and John Paul II.",
        "Christopher Columbus sailed.",
        "From April to May it rained. August was hot. Hi May I ask her?",
        "Grant Access, Hope Street, Roman Empire, San Francisco",
    ],
)
def test_words_saints_and_kings_are_no_persons(text: str, language: str) -> None:
    assert persons(text, language) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Noah", ["Noah"]),
        ("Charles Dickens.", ["Charles Dickens"]),
        ("Mary Jones, Amy, Steve Jobs", ["Mary Jones", "Amy", "Steve Jobs"]),
        ('"Peter"', ["Peter"]),
    ],
)
def test_a_text_of_names_alone_is_carried(text: str, expected: list[str]) -> None:
    assert (carried(text), persons(text)) == (expected, [])


def test_long_texts_take_time_linear_in_their_length() -> None:
    for part in (
        "Ab",
        "Krzysztof ",
        "A'",
        "A-b",
        '"',
        "Wiśniewski van ",
        "É",
        "Mark and ",
        "Tom, ",
        "Tom and Art, ",
        "Anna Mary Rose ",
        "Mr. van der ",
        "J. R. ",
        "A. van B",
    ):
        began = time.process_time()
        carried(part * (20_000 // len(part)))
        assert time.process_time() - began < 1.5, part
