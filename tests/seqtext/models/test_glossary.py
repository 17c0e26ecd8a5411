"""Glossaries are checked, and their terms found in texts."""

from typing import Any

import pytest

from seqtext.errors import InputError
from seqtext.models.glossary import checked, finder, terms_of_lines


def found(terms: dict[str, str], text: str) -> list[tuple[str, str]]:
    find = finder(checked(terms))
    return [(text[one.start : one.end], one.parts[0].back) for one in find(text)] if find else []  # type: ignore[union-attr]


def test_terms_are_found_as_whole_words_the_longest_first() -> None:
    terms = {"bank": "Ufer", "bank account": "Konto", "Dr. No": "Doktor No"}
    text = "The Bank, a bank account, banks, embankment, BANK; Dr. No and dr. no."
    assert found(terms, text) == [
        ("Bank", "Ufer"),
        ("bank account", "Konto"),
        ("BANK", "Ufer"),
        ("Dr. No", "Doktor No"),
    ]


def test_a_term_with_capitals_is_found_as_typed() -> None:
    assert found({"Apple": "Apple", "SSD": "SSD"}, "Apple, apple, APPLE, SSD, ssd") == [
        ("Apple", "Apple"),
        ("SSD", "SSD"),
    ]


def test_terms_are_found_however_they_were_typed() -> None:
    assert found({"user\u2019s guide": "Handbuch"}, "The user's guide.") == [("user's guide", "Handbuch")]
    assert found({" C++ ": "C++"}, "C++ and C+.") == [("C++", "C++")]
    assert found({}, "C++") == []


@pytest.mark.parametrize(
    ("glossary", "message"),
    [
        (3, "glossary received 3; a mapping from terms"),
        ("invoice", "glossary received 'invoice'"),
        (["invoice"], "a mapping from terms to their translations is expected"),
        ({"invoice": ""}, "is ''; a text of 1 to 200 characters"),
        ({" ": "Rechnung"}, "is ' '; a text of 1 to 200"),
        ({"invoice": 3}, "is 3; a text"),
        ({"a" * 201: "b"}, "a text of 1 to 200 characters"),
        ({"invoice": "\ue001"}, "without private-use characters"),
        ({"invoice": "a", " invoice": "b"}, "'invoice' is twice in the glossary, as 'a' and as 'b'"),
        ({"user's": "a", "user\u2019s": "b"}, "\"user's\" is twice in the glossary, as 'a' and as 'b'; one"),
        ({"caf\u00e9": "a", "cafe\u0301": "b"}, "'café' is twice in the glossary"),
    ],
)
def test_what_is_no_glossary_is_refused(glossary: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        checked(glossary)


def test_a_term_may_be_there_twice_with_one_translation() -> None:
    assert checked((("user's", "a"), ("user\u2019s", "a"))) == (("user's", "a"),)
    assert checked({"Bank": "a", "bank": "b"}) == (("Bank", "a"), ("bank", "b"))


def test_lines_of_a_file() -> None:
    assert list(terms_of_lines(["a b\tc d\n", "\n", "x\t y \r\n"])) == [("a b", "c d"), ("x", "y")]
    for line, message in (
        ("a b", "'a b' has 1 column; \"source<TAB>target\""),
        ("a\tb\tc", "3 columns"),
        ("a\t", "is ''"),
    ):
        with pytest.raises(InputError, match=message):
            list(terms_of_lines([line]))
