"""Sentences with many things are cut into clauses, each with its own, and joined again."""

import pytest

from seqtext.models import clauses
from seqtext.models.carried import find
from seqtext.models.things import Thing

LIST = "We need 12 cups, 13 pots; 14 pans and 15 lids, of course."


def cut(text: str, most: int) -> list[str]:
    return [clause + sign for clause, _, sign in clauses.cut(text, find(text, "de"), {"figures": most})]


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (1, ["We need 12 cups, ", "13 pots; ", "14 pans ", "and 15 lids, of course."]),
        (2, ["We need 12 cups, 13 pots; ", "14 pans and 15 lids, of course."]),
        (3, ["We need 12 cups, 13 pots; 14 pans ", "and 15 lids, of course."]),
        (4, [LIST]),
    ],
)
def test_a_clause_holds_no_more_than_a_translator_carries(most: int, expected: list[str]) -> None:
    assert cut(LIST, most) == expected
    assert clauses.fits(find(LIST, "de"), {"figures": most}) == (most == 4)


def test_things_have_their_places_in_the_clause() -> None:
    for clause, found, _ in clauses.cut(LIST, find(LIST, "de"), {"figures": 1}):
        (one,) = found
        assert [clause[one.start : one.end]] == [part.text for part in one.parts if isinstance(part, Thing)]


def test_nothing_is_cut_inside_a_thing_or_where_there_is_no_border() -> None:
    assert cut("On May 4, 1999 we saw 1,000 birds.", 2) == ["On May 4, 1999 we saw 1,000 birds."]
    assert cut("12 13 14 15", 1) == ["12 13 14 15"]


def test_clauses_are_joined_as_one_sentence() -> None:
    pairs = [("We need 12 cups", "Wir brauchen 12 Tassen."), ("and 3 pots.", "Und 3 Töpfe.")]
    assert clauses.joined(pairs, [", ", ""]) == "Wir brauchen 12 Tassen, und 3 Töpfe."
    assert clauses.joined([("See no.", "Siehe Nr."), ("12", "12")], [" ", ""]) == "Siehe Nr. 12"
