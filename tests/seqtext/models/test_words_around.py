"""Words around dates, times and amounts are those that belong there."""

import time

import pytest

from seqtext.models.words_around import mend


@pytest.mark.parametrize(
    ("text", "written", "language", "expected"),
    [
        ("Auf 4 Mai regnet es.", "4. Mai", "de", "Am 4. Mai regnet es."),
        ("vor Mai 4, 1999", "4. Mai 1999", "de", "vor dem 4. Mai 1999"),
        ("am 4. Mai und 14. Mai", "4. Mai", "de", "am 4. Mai und 14. Mai"),
        ("Sur 1 mai 1999", "1er mai 1999", "fr", "Le 1er mai 1999"),
        ("avant d'21 août", "21 août", "fr", "avant le 21 août"),
        ("sur le 3 décembre 2019", "3 décembre 2019", "fr", "le 3 décembre 2019"),
        ("auf dem 3. Mai", "3. Mai", "de", "am 3. Mai"),
        ("auf 10:30 und 10:300", "10:30", "de", "um 10:30 und 10:300"),
        ("At 7\u00a0h du soir", "7\u00a0h du soir", "fr", "À 7\u00a0h du soir"),
        ("sur 1990-11-05", "1990-11-05", "fr", "le 1990-11-05"),
        ("auf 12 Stühlen", "12", "de", "auf 12 Stühlen"),
        ("auf 12,50\u00a0€", "12,50\u00a0€", "de", "auf 12,50\u00a0€"),
        ("en mai 1999", "mai 1999", "fr", "en mai 1999"),
        ("on 4 mayo", "4 mayo", "es", "on 4 mayo"),
        ("", "", "de", ""),
    ],
)
def test_what_stands_before_dates_and_times_is_mended(text: str, written: str, language: str, expected: str) -> None:
    assert mend(text, written, language) == expected


@pytest.mark.parametrize(
    ("text", "written", "language", "expected"),
    [
        ("Il a duré du 10 mars au 3 avril 2020.", "3 avril 2020", "fr", "Il a duré du 10 mars au 3 avril 2020."),
        ("du 10 mars 2019 à 3 avril", "3 avril", "fr", "du 10 mars 2019 au 3 avril"),
        ("De 1 à 10 août", "10 août", "fr", "Du 1er au 10 août"),
        ("de 5 au 10 août", "10 août", "fr", "du 5 au 10 août"),
        ("De lundi à 5 mai", "5 mai", "fr", "Du lundi au 5 mai"),
        ("de mai 2019 à 3 avril 2020", "3 avril 2020", "fr", "de mai 2019 au 3 avril 2020"),
        ("du 03/04/2024 à 05/04/2024", "05/04/2024", "fr", "du 03/04/2024 au 05/04/2024"),
        ("entre le 5 mai et 10 mai", "10 mai", "fr", "entre le 5 mai et le 10 mai"),
        ("entre 1 et 10 août", "10 août", "fr", "entre le 1er et le 10 août"),
        ("jusqu'au 5 mai", "5 mai", "fr", "jusqu'au 5 mai"),
        ("du 5 mai jusqu'en 10 mai", "10 mai", "fr", "du 5 mai jusqu'au 10 mai"),
        ("Paris à 5 mai", "5 mai", "fr", "Paris le 5 mai"),
        ("vom 5. Mai auf 10. Mai", "10. Mai", "de", "vom 5. Mai bis zum 10. Mai"),
        ("vom 5. Mai zum 10. Mai", "10. Mai", "de", "vom 5. Mai bis zum 10. Mai"),
        ("Von 1 bis 10. August", "10. August", "de", "Vom 1. bis zum 10. August"),
        ("zwischen dem 5. Mai und 10. Mai", "10. Mai", "de", "zwischen dem 5. Mai und dem 10. Mai"),
        ("zwischen 1 und 10. August", "10. August", "de", "zwischen dem 1. und dem 10. August"),
        ("von 9\u00a0Uhr morgens zu 5\u00a0Uhr nachmittags", "5\u00a0Uhr nachmittags", "de",
         "von 9\u00a0Uhr morgens bis 5\u00a0Uhr nachmittags"),
        ("Katzen und 10. Mai", "10. Mai", "de", "Katzen und 10. Mai"),
    ],
)  # fmt: skip
def test_a_range_stays_one(text: str, written: str, language: str, expected: str) -> None:
    assert mend(text, written, language) == expected
    assert mend(expected, written, language) == expected


@pytest.mark.parametrize(
    ("text", "written", "language", "expected"),
    [
        ("Ich wartete auf 5. Mai 2020.", "5. Mai 2020", "de", "Ich wartete auf den 5. Mai 2020."),
        ("Wir haben auf 5. Mai gewartet.", "5. Mai", "de", "Wir haben auf den 5. Mai gewartet."),
        ("Auf 5. Mai wartete ich.", "5. Mai", "de", "Am 5. Mai wartete ich."),
        ("Ich wartete, bis ich auf 5. Mai ging.", "5. Mai", "de", "Ich wartete, bis ich am 5. Mai ging."),
        ("Die Frist ist 5. Mai.", "5. Mai", "de", "Die Frist ist der 5. Mai."),
        ("Sie ist 5. Mai gekommen.", "5. Mai", "de", "Sie ist am 5. Mai gekommen."),
        ("J'ai attendu 5 mai 2020.", "5 mai 2020", "fr", "J'ai attendu le 5 mai 2020."),
        ("lundi 5 mai, les 5 mai", "5 mai", "fr", "lundi 5 mai, les 5 mai"),
        ("Je serai là par 5 mai.", "5 mai", "fr", "Je serai là d'ici le 5 mai."),
        ("Auf 31.12.2020 ging er.", "31.12.2020", "de", "Am 31.12.2020 ging er."),
        ("Sur 5/31/24 il partit.", "5/31/24", "fr", "Le 5/31/24 il partit."),
    ],
)
def test_a_date_has_what_its_verb_takes(text: str, written: str, language: str, expected: str) -> None:
    assert mend(text, written, language) == expected
    assert mend(expected, written, language) == expected


@pytest.mark.parametrize(
    ("text", "written", "language", "expected"),
    [
        ("bis zum 10. Mai Uhr.", "10. Mai", "de", "bis zum 10. Mai."),
        ("am 12/31/1999 Uhr.", "12/31/1999", "de", "am 12/31/1999."),
        ("um 3:45\u00a0Uhr nachmittags Uhr.", "3:45\u00a0Uhr nachmittags", "de", "um 3:45\u00a0Uhr nachmittags."),
        ("bis 3\u00a0$ Uhr", "3\u00a0$", "de", "bis 3\u00a0$"),
        ("Wind um 30 Knoten Uhr", "30 Knoten", "de", "Wind bei 30 Knoten"),
        ("um 10:30 Uhr", "10:30", "de", "um 10:30 Uhr"),
        ("drei Uhr, 12 Uhr", "12", "de", "drei Uhr, 12 Uhr"),
        ("eine 5\u00a0$ Uhr", "5\u00a0$", "de", "eine 5-$-Uhr"),
        ("die neue 5\u00a0$ Uhr", "5\u00a0$", "de", "die neue 5-$-Uhr"),
        ("5\u00a0$ Uhren", "5\u00a0$", "de", "5\u00a0$ Uhren"),
        ("à 7\u00a0h du soir heures", "7\u00a0h du soir", "fr", "à 7\u00a0h du soir"),
        ("le 5 mai h", "5 mai", "fr", "le 5 mai"),
        ("à 7\u00a0h du soir heure locale", "7\u00a0h du soir", "fr", "à 7\u00a0h du soir heure locale"),
        ("à 7\u00a0h du soir heure d'été", "7\u00a0h du soir", "fr", "à 7\u00a0h du soir heure d'été"),
        ("la 3e heure", "3e", "fr", "la 3e heure"),
    ],
)
def test_what_is_no_time_has_no_hours(text: str, written: str, language: str, expected: str) -> None:
    assert mend(text, written, language) == expected


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("um 10:30 p.m. und", "10:30\u00a0Uhr abends", "um 10:30\u00a0Uhr abends und"),
        ("auf 10:30pm.", "10:30\u00a0Uhr abends", "um 10:30\u00a0Uhr abends."),
        ("um 7 p.m.", "7\u00a0Uhr abends", "um 7\u00a0Uhr abends."),
        ("um 7 a.m., 17 p.m.", "7\u00a0Uhr abends", "um 7 a.m., 17 p.m."),
        ("um 7 a.m. und", "7\u00a0Uhr morgens", "um 7\u00a0Uhr morgens und"),
        ("um 7 am.", "7\u00a0Uhr morgens", "um 7\u00a0Uhr morgens."),
        ("um 7 Uhr am Montag", "7\u00a0Uhr morgens", "um 7 Uhr am Montag"),
        ("Zimmer 7 am Ende öffnet um 7\u00a0Uhr morgens.", "7\u00a0Uhr morgens",
         "Zimmer 7 am Ende öffnet um 7\u00a0Uhr morgens."),
    ],
)  # fmt: skip
def test_an_english_time_is_written_as_german_has_it(text: str, written: str, expected: str) -> None:
    assert mend(text, written, "de") == expected


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("In der Nacht vom 4. auf den 5. Mai schlief er.", "5. Mai"),
        ("Das Treffen wurde vom 5. Mai auf den 10. Mai verschoben.", "10. Mai"),
        ("Ich kündige den Vertrag vom 5. Mai zum 31. Mai.", "31. Mai"),
        ("Ostern fällt auf den 5. April.", "5. April"),
        ("Das Datum ist 2024-05-03.", "2024-05-03"),
        ("Der Bericht in 2024-05-03.csv, in a/2024-05-03", "2024-05-03"),
        ("Stell den Wecker auf 6:30.", "6:30"),
        ("Das Treffen wurde auf 10:30 Uhr verschoben.", "10:30"),
        ("Das Treffen wurde von 9:00 auf 10:30 verschoben.", "10:30"),
        ("Er saß im 10:30-Uhr-Zug.", "10:30"),
        ("Er lief sie in 10:30 Minuten.", "10:30"),
        ("Er liegt bei 10:30 Minuten.", "10:30"),
    ],
)
def test_german_that_is_right_stays(text: str, written: str) -> None:
    assert mend(text, written, "de") == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("C'est un autre 11 septembre.", "11 septembre"),
        ("L'autre 11 septembre, il passa son 14 juillet ici.", "11 septembre"),
        ("Il passa son 14 juillet à Paris.", "14 juillet"),
        ("ce célèbre 14 juillet, un très beau 14 juillet, deux 14 juillet", "14 juillet"),
        ("le même 5 mai, quel 5 mai ?", "5 mai"),
        ("le dossier 2024-05-03, Le fichier 2024-05-03 est manquant.", "2024-05-03"),
        ("la date 03/04/2024, la date est 03/04/2024", "03/04/2024"),
        ("le chapitre 1 et le 5 mai", "5 mai"),
        ("La réunion est reportée au 5 mai.", "5 mai"),
        ("L'accord remonte au 5 mai 1999.", "5 mai 1999"),
        ("Le départ est fixé au 5 mai.", "5 mai"),
        ("Le réveil est réglé sur 6:30.", "6:30"),
        ("Il a couru en 10:30.", "10:30"),
        ("Prenez 2 ml de la solution.", "2 ml"),
    ],
)
def test_french_that_is_right_stays(text: str, written: str) -> None:
    assert mend(text, written, "fr") == text


@pytest.mark.parametrize(
    ("text", "written", "language", "expected"),
    [
        ("Das Treffen wurde vom 5. Mai auf 10. Mai verschoben.", "10. Mai", "de",
         "Das Treffen wurde vom 5. Mai auf den 10. Mai verschoben."),
        ("Er zog um. Sie blieb vom 5. Mai auf 10. Mai.", "10. Mai", "de",
         "Er zog um. Sie blieb vom 5. Mai bis zum 10. Mai."),
        ("Mein Freund kommt auf 5. Mai.", "5. Mai", "de", "Mein Freund kommt am 5. Mai."),
        ("Ostern fällt auf 5. April.", "5. April", "de", "Ostern fällt auf den 5. April."),
        ("Der Bericht in 2024-05-03.csv kam auf 2024-05-03", "2024-05-03", "de",
         "Der Bericht in 2024-05-03.csv kam am 2024-05-03"),
        ("La réunion est reportée à 5 mai.", "5 mai", "fr", "La réunion est reportée au 5 mai."),
        ("Il partit au 5 mai.", "5 mai", "fr", "Il partit le 5 mai."),
        ("Le magasin ouvre 5 mai.", "5 mai", "fr", "Le magasin ouvre le 5 mai."),
    ],
)  # fmt: skip
def test_what_is_wrong_beside_like_words_is_mended(text: str, written: str, language: str, expected: str) -> None:
    assert mend(text, written, language) == expected
    assert mend(expected, written, language) == expected


@pytest.mark.parametrize(
    ("text", "written", "language", "expected"),
    [
        ("Eine 20 kg- Tasche", "20 kg", "de", "Eine 20-kg-Tasche"),
        ("Eine 20 kg Tasche", "20 kg", "de", "Eine 20-kg-Tasche"),
        ("20 kg- und 30 kg-Taschen", "20 kg", "de", "20-kg- und 30 kg-Taschen"),
        ("ein 12 345 kg Sack", "12 345 kg", "de", "ein 12 345-kg-Sack"),
        ("Die 20-lb Tasche", "20-lb", "de", "Die 20-lb-Tasche"),
        ("im 3.-Klasse Wagen", "3.-Klasse", "de", "im 3.-Klasse-Wagen"),
        ("Nehmen 20-lb Sie", "20-lb", "de", "Nehmen 20-lb Sie"),
        ("Ich kaufe 20 kg Mehl", "20 kg", "de", "Ich kaufe 20 kg Mehl"),
        ("ein 5\u00a0$-Buch", "5\u00a0$", "de", "ein 5-$-Buch"),
        ("Er hat ihr 2 kg Mehl gegeben.", "2 kg", "de", "Er hat ihr 2 kg Mehl gegeben."),
        ("Könnt ihr 5 kg Mehl kaufen?", "5 kg", "de", "Könnt ihr 5 kg Mehl kaufen?"),
        ("mit seinen 20 kg Gepäck, keine 20 kg Mehl", "20 kg", "de", "mit seinen 20 kg Gepäck, keine 20 kg Mehl"),
        ("mit seiner 20 kg Tasche", "20 kg", "de", "mit seiner 20-kg-Tasche"),
        ("den 10:30- Zug", "10:30", "de", "den 10:30-Zug"),
        ("Seiten 10- Anhang", "10", "de", "Seiten 10- Anhang"),
        ("5 km du village", "5 km", "fr", "5 km du village"),
    ],
)
def test_a_noun_is_joined_to_its_amount(text: str, written: str, language: str, expected: str) -> None:
    assert mend(text, written, language) == expected


def test_stuff_has_no_article_in_french_where_the_source_has_none() -> None:
    text = "2 dl du lait, 2 dl de la crème, 2 dl de l'eau"
    assert mend(text, "2 dl", "fr", is_stuff=True) == "2 dl de lait, 2 dl de crème, 2 dl d'eau"
    assert mend(text, "2 dl", "fr") == text
    for amount in ("1 pt", "5 t", "3 m³", "10 Go", "5 kWh"):
        assert mend(f"{amount} de la crème", amount, "fr", is_stuff=True) == f"{amount} de crème"
    assert mend("5 km du village", "5 km", "fr", is_stuff=True) == "5 km du village"


@pytest.mark.parametrize(
    ("part", "written", "language"),
    [("von 5 auf 5. Mai ", "5. Mai", "de"), ("entre 5 et 5 mai ", "5 mai", "fr"), ("ein 5 kg ", "5 kg", "de")],
)
def test_mending_takes_time_linear_in_the_length_of_the_text(part: str, written: str, language: str) -> None:
    began = time.process_time()
    mend(part * 5000, written, language)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("language", ["", "es", "en"])
@pytest.mark.parametrize("written", ["10:30", "1:11", "2024-05-03", "4/5/2024", "3 p.m.", "4. Mai 1999", "7"])
def test_beside_other_languages_no_preposition_is_changed(language: str, written: str) -> None:
    assert mend(f"El tren sale a las {written}.", written, language) == f"El tren sale a las {written}."
