"""Flags as JSON, as a cell of a table, in words."""

from seqtext.models.flags import KINDS, Flag, as_cell, as_json, in_words


def test_flags_as_json_and_as_a_cell() -> None:
    flags = [Flag("number", "12"), Flag("name", "Ngozi")]
    assert as_json(flags) == [{"kind": "number", "text": "12"}, {"kind": "name", "text": "Ngozi"}]
    assert (as_cell(flags), as_cell([])) == ("number 12; name Ngozi", None)


def test_every_kind_has_words() -> None:
    for kind, words in KINDS.items():
        assert in_words([Flag(kind, "x")]) == f"{words}: x"


def test_several_kinds_and_many_flags() -> None:
    flags = [Flag("number", "1"), Flag("code", "B2"), Flag("name", "C"), Flag("name", "D")]
    assert in_words(flags) == "a number, a code or a name: 1, B2, C …"
    assert in_words(flags[:2], most=2) == "a number or a code: 1, B2"
