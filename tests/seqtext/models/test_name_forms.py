"""Forms that a translator has for names are written as typed; words that only look like them are not."""

import pytest

from seqtext.models.name_forms import as_typed
from seqtext.storage.catalog import load


@pytest.mark.parametrize(
    ("name", "source", "answer", "expected"),
    [
        ("Mary", "Mary's father came.", "Marias Vater kam.", "Marys Vater kam."),
        ("Mary", "Mary told Mary.", "Maria sagte es Maria.", "Mary sagte es Mary."),
        ("Mary", "the book Mary gave him.", "das Buch, das Maria ihm gab.", "das Buch, das Mary ihm gab."),
        ("Mary", "the job Mary meant", "die Arbeit, von der Maria sprach.", "die Arbeit, von der Mary sprach."),
        ("Mary Jones", "Mary Jones came.", "Maria Jones kam.", "Mary Jones kam."),
        ("James", "James came.", "Jame kam.", "James kam."),
        ("Clara", "Clara and Clarabel came.", "Klara und Clarabel kamen.", "Clara und Clarabel kamen."),
        ("Anne", "Anne's father came.", "Ännes Vater kam.", "Annes Vater kam."),
        ("John", "John came.", "Johannes kam.", "John kam."),
        ("John", "John's here.", "Johannes ist hier.", "John ist hier."),
        ("Julia", "Julia is Giulia's friend.", "Juliane ist Giulias Freundin.", "Julia ist Giulias Freundin."),
    ],
)
def test_a_form_of_a_name_is_written_as_typed(name: str, source: str, answer: str, expected: str) -> None:
    assert as_typed(name, source, answer, "de") == expected


def test_french_has_no_genitive() -> None:
    assert as_typed("George", "I saw George's car.", "J'ai vu la voiture de Georgès.", "fr").endswith("de George.")
    assert as_typed("George", "George came.", "Georges est venu.", "fr") == "George est venu."
    assert as_typed("Édith", "Édith came.", "Edith est venue.", "fr") == "Édith est venue."


@pytest.mark.parametrize(
    ("name", "source", "answer"),
    [
        ("Mary", "Mary and Maria came.", "Maria kam."),  # the other one
        ("Mary", "Mary told Mary.", "Maria sagte es."),  # once too few
        ("Mary", "Mary came.", "Maria kam, Mara auch."),  # which?
        ("Mary", "Mary came.", "Mary kam zu Maria."),  # not lacking
        ("Frank", "Frank is French.", "Französisch ist Französisch."),
        ("Al", "Al came.", "Als er kam."),
        ("Eoin", "Eoin is my friend.", "Mein Freund ist mein Freund."),
        ("Herman", "Herman came.", "Ihr Mann kam."),
        ("Christian", "Christian came.", "Das Christ kam."),
        ("Anthony", "Anthony came.", "L'Anthone est venu."),
        ("Michael", "Michael came.", "Michel Strogoff est venu."),
    ],
)
def test_other_words_stay_as_they_are(name: str, source: str, answer: str) -> None:
    assert as_typed(name, source, answer, "de") == answer


def test_a_known_name_costs_no_part_of_the_sentence() -> None:
    (best, *_), (second, *_) = load("translate-en-de", "translate").translate(
        ["Tom loved the book Mary gave him.", "Tom knows Mary's father."]
    )
    assert (best.flags, second.flags) == ((), ())
    assert "geschenkt hatte" in best.text
    assert "Marys" in second.text
