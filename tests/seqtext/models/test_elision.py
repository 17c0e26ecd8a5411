"""French elision in what a translator writes, and in nothing that was typed."""

import pytest

from seqtext.models.elision import elide
from seqtext.models.source_reading import Reading
from seqtext.models.source_text import Prepared


@pytest.mark.parametrize(
    ("written", "elided"),
    [
        ("la province de Ontario", "la province d'Ontario"),
        ("avant de entrer", "avant d'entrer"),
        ("Je en parle à Anna.", "J'en parle à Anna."),
        ("Que elle vienne !", "Qu'elle vienne !"),
        ("Si il vient, ce est bien.", "S'il vient, c'est bien."),
        ("Je y pense lorsque Ahmed part.", "J'y pense lorsqu'Ahmed part."),
        ("l'écran de iPhone et de eBay", "l'écran d'iPhone et d'eBay"),
        ("la augmentation, le arbre, la école", "l'augmentation, l'arbre, l'école"),
        ("de une à deux", "d'une à deux"),
        ("plus de un milliard, jusque un demi-milliard", "plus d'un milliard, jusqu'un demi-milliard"),
    ],
)
def test_words_before_vowels_are_elided(written: str, elided: str) -> None:
    assert elide(written, "") == elided
    assert elide(elided, "") == elided


@pytest.mark.parametrize(
    "text",
    [
        "de A à Z",
        "le onze mai, le oui et le non",
        "à la une du journal, la ou les cellules",
        "dis-le à Anna, donne-la avec plaisir, puis-je en avoir ?",
        "ce à quoi je pense, ce un peu long",
        "la hauteur de huit maisons",
        "l'équipe de Ouagadougou",
        "les villes de UK, les sites de UFO",
        "presque un an, une vague immense",
        "si elle vient, si on veut",
        "jusqu'à Anna, qu'Anna",
        "Écrivez à sales@uni-example.de avant midi, voyez example.la et x/que un.",
        "les mails de anna@example.org, le site de example.org, le port de host:80, le champ de user_id",
        "",
    ],
)
def test_other_words_are_left(text: str) -> None:
    assert elide(text, "") == text


def test_what_was_typed_is_left() -> None:
    assert elide("Ils ont chanté La Isla Bonita.", "They sang La Isla Bonita.") == "Ils ont chanté La Isla Bonita."


@pytest.mark.parametrize(
    ("language", "elided"), [("fr", "la ville d'Oslo"), ("de", "la ville de Oslo"), ("", "la ville de Oslo")]
)
def test_only_french_answers_are_elided(language: str, elided: str) -> None:
    reading = Reading.of(Prepared("the city of Oslo", str), [], {}, language, frozenset(), frozenset())
    assert reading.filled("la ville de Oslo") == elided
