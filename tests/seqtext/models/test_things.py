"""Things that are carried are counted in answers."""

from seqtext.models.things import Thing


def test_things_are_counted_where_they_stand_alone() -> None:
    assert Thing("code", "AB-12", "AB-12").count("AB-12, XAB-12, AB-123") == 1
    assert Thing("name", "Ngozi", "Ngozi").count("Ngozis Hut, Ngozi, Ngozia") == 2
    assert Thing("name", "George", "George").count("Georges et George", "fr") == 1
    assert Thing("name", "van Dijk", "van Dijk").count("Herr van Dijk, Herr van van Dijk") == 0
    assert Thing("name", "Anna Li", "Anna Li").count("Anna Li Li") == 0
    assert Thing("name", "Li", "Li").count("Frau Li, Li und Lis Hut") == 3
    assert Thing("term", "invoice", "Rechnung").count("rechnung invoice Rechnungen") == 1
    assert Thing("number", "1,000", "1.000").count("1000 Euro, 1.000 Euro, 21.000 Euro") == 2
