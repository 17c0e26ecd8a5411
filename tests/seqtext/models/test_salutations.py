"""Salutations are written as letters have them."""

import pytest

from seqtext.models.salutations import salutations
from seqtext.models.things import Thing
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
    ],
)
def test_a_salutation_is_written_in_the_language(text: str, german: str, french: str) -> None:
    assert (written(text, "de"), written(text, "fr"), written(text, "")) == ([german], [french], [])


@pytest.mark.parametrize(
    "text", ["Dear God,", "Dear Customer service,", "Hello World!", "Hi Anna is here", "My dear Anna,"]
)
def test_what_is_no_salutation_of_a_person_is_translated(text: str) -> None:
    assert written(text, "de") == []


@pytest.mark.parametrize(("language", "greeted"), [("de", "Hallo Grace,"), ("fr", "Bonjour Grace,")])
def test_letters_begin_with_a_salutation(language: str, greeted: str) -> None:
    answers = load(f"translate-en-{language}", "translate").translate(["Dear Grace,", "Dear Grace, thank you."])
    assert [best.text.startswith(greeted) and not best.flags for (best,) in answers] == [True, True]
