"""Labels: one form for each, several in one cell, what is odd about a column of them."""

import doctest
import unicodedata

import pytest

from seqtext.data import labels
from seqtext.data.labels import (
    LIST,
    alike,
    joined_labels,
    label_notes,
    label_reader,
    label_separator,
    null_labels,
    read_as,
    split_labels,
    why_no_labels,
)


def test_examples() -> None:
    found = doctest.testmod(labels)
    assert found.failed == 0
    assert found.attempted > 10


@pytest.mark.parametrize(
    ("spellings", "label", "difference"),
    [
        (["très bien", unicodedata.normalize("NFD", "très bien")], "très bien", "how accents are typed"),
        (["very good", "very  good", "very\u00a0good", "very good "], "very good", "white space"),
        (["good", "go\u00adod", "\ufeffgood"], "good", "marks that nobody sees"),
        (["1", "1.0", "1.00"], "1", "how a number is written"),
        (["True", "true", "TRUE"], "true", "how true and false are written"),
    ],
)
def test_spellings_of_one_label(spellings: list[str], label: str, difference: str) -> None:
    assert set(read_as(spellings).values()) == {label}
    assert [(one.label, one.difference) for one in alike(read_as(spellings))] == [(label, difference)]


@pytest.mark.parametrize("different", [["1.0", "1.5"], ["01", "1"], ["1.10", "1.1"], ["Bug", "bug"], ["-1", "1"]])
def test_labels_that_stay_different(different: list[str]) -> None:
    assert read_as(different) == {one: one for one in different}


def test_all_whole_numbers_are_written_alike_where_two_are_one() -> None:
    assert read_as(["0", "0.0", "1.0"]) == {"0": "0", "0.0": "0", "1.0": "1"}
    assert read_as(["1", "1.0", "1.5", "True"]) == {"1": "1", "1.0": "1", "1.5": "1.5", "True": "True"}
    assert read_as(["False", "True"]) == {"False": "False", "True": "True"}


def test_the_spelling_of_a_model_wins() -> None:
    assert read_as(["0", "1", "TRUE"], known=["0.0", "1.0", "True"]) == {"0": "0.0", "1": "1.0", "TRUE": "True"}
    assert read_as(["1", "1.0"], known=["1", "1.0"]) == {"1": "1", "1.0": "1.0"}


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("['cold', 'late']", ("cold", "late")),
        ('["cold", "late", null]', ("cold", "late")),
        ("['cold' 'late']", ("cold", "late")),
        ("{'cold', 'it''s'}", ("cold", "it", "s")),
        (r"['it\'s']", ("it's",)),
        ("[cold, late]", ("cold", "late")),
        ("[1, 2]", ("1", "2")),
        ("[]", ()),
        (r'["\ud800", "b"]', ("b", "\ufffd")),
        ("[" * 5000 + "]", ("[" * 4999,)),
        ("cold", ("cold",)),
    ],
)
def test_lists_in_cells(cell: str, parts: tuple[str, ...]) -> None:
    assert split_labels(cell, LIST) == parts


@pytest.mark.parametrize(
    ("cells", "separator"),
    [
        (["late|rude", "cold; wet"], "|"),
        (["late; rude", "late"], ";"),
        (["['late']", "['late', 'rude']"], LIST),
        (["late, rude", "late", "rude"], ","),
        (["late/rude", "late/cold", "rude/cold"], "/"),
        (["Paris, France", "Rome, Italy", "Lyon, France"], ""),
        (["late", "rude"], ""),
        (["late;", "rude"], ""),
    ],
)
def test_what_stands_between_labels(cells: list[str], separator: str) -> None:
    assert label_separator(cells) == separator


def test_labels_that_look_joined_where_there_should_be_one() -> None:
    assert joined_labels(["late", "rude", "late; rude"]) == ";"
    assert joined_labels(["['late', 'rude']"]) == LIST
    assert joined_labels(["a; b", "c"]) == ""


def test_a_reader_of_several_labels() -> None:
    read = label_reader(["late; rude", "late ;1.0", "1", ""], several=True)
    assert [read(cell) for cell in ("late; rude", "late ;1.0", "", "new;late")] == [
        ("late", "rude"), ("1", "late"), (), ("late", "new"),
    ]  # fmt: skip
    known = label_reader(["to be, or not"], several=True, known=["to be, or not", "1.0"])
    assert known("to be, or not") == ("to be, or not",)
    assert known("1.0|x") == ("1.0", "x")


def test_notes_say_what_was_joined_and_recognized() -> None:
    cells = {"très bien": 1, unicodedata.normalize("NFD", "très bien"): 1, "a": 2, "A": 1, "nan": 3}
    assert label_notes(cells, label_reader(cells, several=False)) == [
        "2 labels differ only in how accents are typed (très bien): read as 1",
        "2 labels look alike (A, a): read as different ones",
        "nan is read as a label; where it stands for an empty cell, leave the cell empty",
    ]
    several = {"late; rude": 2, "late": 1}
    assert label_notes(several, label_reader(several, several=True)) == [
        "semicolons between labels recognized: 'late; rude' is read as late, rude"
    ]
    single = {"Paris, France": 2, "Rome, Italy": 1}
    assert label_notes(single, label_reader(single, several=True)) == [
        "no cell has |, which stands between labels: 'Paris, France' is read as one label"
    ]
    assert label_notes({"a|b": 1, "c": 1}, label_reader(["a|b", "c"], several=True)) == []


def test_columns_that_hold_no_labels() -> None:
    assert why_no_labels({f"{price}.99": 3 for price in range(60)}) == "the labels are numbers, nearly each on few rows"
    assert why_no_labels({str(number): 1 for number in range(30)}) == "nearly every row has a label of its own"
    assert why_no_labels({f"intent {number}": 4 for number in range(150)}) == ""
    assert why_no_labels({f"name {number}": 1 for number in range(5)}) == ""
    assert null_labels(["none", "NaN", "nan", "N/A", "n/a", "na"]) == ["N/A", "NaN", "n/a", "nan"]
