"""Salutations are written as letters have them."""

import pytest

from seqtext.models.salutations import joined_to_placeholder, salutations
from seqtext.models.things import Thing, one_thing
from seqtext.storage.catalog import load


def written(text: str, language: str) -> list[str]:
    return [part.back for found in salutations(text, language) for part in found.parts if isinstance(part, Thing)]


@pytest.mark.parametrize(
    ("text", "german", "french"),
    [
        ("Dear Anna,", "Hallo Anna", "Bonjour Anna"),
        ("Dear Mr. Young, I am ill.", "Sehr geehrter Herr Young", "Cher Monsieur Young"),
        ("Dear Ms O'Hara", "Sehr geehrte Frau O'Hara", "Chère Madame O'Hara"),
        ("Hello Mrs Black!", "Guten Tag Frau Black", "Bonjour Madame Black"),
        ("Dear Sir or Madam,", "Sehr geehrte Damen und Herren", "Madame, Monsieur"),
        ("Dear Customer, it is here.", "Sehr geehrte Kundin, sehr geehrter Kunde", "Chère cliente, cher client"),
        ("Dear colleagues", "Liebe Kolleginnen und Kollegen", "Chers collègues"),
        ("Dear all,", "Hallo zusammen", "Bonjour à tous"),
        ("Hi Rose Miller.", "Hallo Rose Miller", "Bonjour Rose Miller"),
        ("Dear Mr. van Dijk,", "Sehr geehrter Herr van Dijk", "Cher Monsieur van Dijk"),
        ("Dear Mrs. J. R. Smith,", "Sehr geehrte Frau J. R. Smith", "Chère Madame J. R. Smith"),
        ("Dear Mr. John Smith,", "Sehr geehrter Herr John Smith", "Cher Monsieur John Smith"),
        ("Dear Dr. Li, thank you.", "Guten Tag Dr. Li", "Bonjour Docteur Li"),
        ("Dear Professor Smith,", "Guten Tag Prof. Smith", "Bonjour Professeur Smith"),
        ("Dear Mr. and Mrs. Li,", "Sehr geehrte Frau Li, sehr geehrter Herr Li", "Chère Madame, cher Monsieur Li"),
        (
            "Dear Mr. and Mrs. John Smith,",
            "Sehr geehrte Frau Smith, sehr geehrter Herr Smith",
            "Chère Madame, cher Monsieur Smith",
        ),
        (
            "Dear Mrs & Mr J. R. van der Berg",
            "Sehr geehrte Frau van der Berg, sehr geehrter Herr van der Berg",
            "Chère Madame, cher Monsieur van der Berg",
        ),
        ("Dear Prof. Dr. Li,", "Guten Tag Prof. Dr. Li", "Bonjour Professeur Li"),
        ("Dear Ms. Dr. Li,", "Sehr geehrte Frau Dr. Li", "Chère Madame Li"),
        ("Dear Prof. Dr. {name},", "Guten Tag Prof. Dr.", "Bonjour Professeur"),
        ("Hello {name}, you have mail.", "Hallo", "Bonjour"),
        ("Hi %(name)s!", "Hallo", "Bonjour"),
        ("Hey @anna", "Hallo", "Bonjour"),
        ("Dear <b>{first} {last}</b>,", "Hallo", "Bonjour"),
        ("Dear [Name],", "Hallo", "Bonjour"),
        ("Dear \ue005,", "Hallo", "Bonjour"),
        ("Dear Mr. {{ last_name }},", "Sehr geehrter Herr", "Cher Monsieur"),
        ("Hello Ms. %s,", "Guten Tag Frau", "Bonjour Madame"),
        ("Hello {name} and welcome!", "Hallo", "Bonjour"),
    ],
)
def test_a_salutation_is_written_in_the_language(text: str, german: str, french: str) -> None:
    assert (written(text, "de"), written(text, "fr"), written(text, "")) == ([german], [french], [])


@pytest.mark.parametrize(
    "text",
    [
        "Dear God,",
        "Dear Prof. Dr. Prof. Li,",
        "Dear Mr. and Mrs. Dr. Li,",
        "Dear Mr. and Mrs. Smith are here.",
        "Dear Customer service,",
        "Hello World!",
        "Hi Anna is here",
        "My dear Anna,",
        "Hi {count} people",
        "Hello {city} team,",
        "Hi 5%.",
    ],
)
def test_what_is_no_salutation_of_a_person_is_translated(text: str) -> None:
    assert written(text, "de") == []


def test_a_german_salutation_is_one_thing_with_its_placeholder() -> None:
    text = "Dear {name}, you have {count}."
    greeting, placeholder = (*salutations(text, "de"), one_thing((5, 11), text, "placeholder"))
    count = one_thing((22, 29), text, "placeholder")
    joined = joined_to_placeholder(text, [greeting, placeholder, count], "de")
    assert joined == [one_thing((0, 11), text, "name", "Hallo {name}"), count]
    assert joined_to_placeholder(text, [greeting, placeholder], "fr") == [greeting, placeholder]
    assert joined_to_placeholder(text, [placeholder], "de") == [placeholder]
    strange = one_thing((5, 11), text, "character")
    assert joined_to_placeholder(text, [greeting, strange], "de") == [greeting, strange]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de", ["Hallo {name}, ", "Hallo %s, ", "Hallo {{user}},", "HALLO {name}, "]),
        ("fr", ["Bonjour {name}, ", "Bonjour %s, ", "Bonjour {{user}},", "BONJOUR {name}, "]),
    ],
)
def test_messages_greet_a_placeholder(language: str, expected: list[str]) -> None:
    texts = [
        "Hello {name}, you have {count} mails.",
        "Dear %s, it is ready.",
        "Hi {{user}},",
        "HELLO {name}, IT IS LATE.",
    ]
    answers = load(f"translate-en-{language}", "translate").translate(texts)
    assert [best.text[: len(start)] for (best,), start in zip(answers, expected, strict=True)] == expected


@pytest.mark.parametrize(("language", "greeted"), [("de", "Hallo Grace,"), ("fr", "Bonjour Grace,")])
def test_letters_begin_with_a_salutation(language: str, greeted: str) -> None:
    answers = load(f"translate-en-{language}", "translate").translate(["Dear Grace,", "Dear Grace, thank you."])
    assert [best.text.startswith(greeted) and not best.flags for (best,) in answers] == [True, True]
