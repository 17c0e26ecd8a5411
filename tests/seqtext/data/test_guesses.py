"""Which columns look like texts and labels, and the hint that proposes them."""

import doctest
import json
from pathlib import Path

import pytest
from corpus_files import fault, write

from seqtext.data import columns, guesses
from seqtext.data.corpus import read_labelled, read_rows

pytestmark = pytest.mark.usefixtures("folder")


@pytest.mark.parametrize("module", [columns, guesses])
def test_examples(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert found.failed == 0
    assert found.attempted > 0


def table(name: str, **cells: object) -> str:
    """A table of thirty rows; a list has the cells of a column in turn."""
    rows = [{key: own[k % len(own)] for key, own in cells.items()} for k in range(30)]  # type: ignore[index,arg-type]
    if name.endswith("jsonl"):
        return write(name, "".join(json.dumps(row) + "\n" for row in rows))
    mark = "\t" if name.endswith("tsv") else ","
    lines = [mark.join(cells), *(mark.join(map(str, row.values())) for row in rows)]
    return write(name, "\n".join(lines) + "\n")


TEXTS = [f"The talk of day {k} was about this." for k in range(30)]
IDS = list(range(30))
MARKS = {"toxic": [0, 1, 1], "threat": [1, 0]}


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl"])
def test_a_column_for_each_label_is_proposed(name: str) -> None:
    path = table(name, id=IDS, comment=TEXTS, **MARKS)
    typed = {"columns": {"text": "body"}} if name == "a.tsv" else {}
    assert fault(read_labelled, path, **typed)[1] == "--multi-label --columns label=toxic+threat,text=comment"
    assert fault(read_labelled, path, several=True, **typed)[1] == "--columns label=toxic+threat,text=comment"


@pytest.mark.parametrize(
    ("cells", "hint"),
    [
        ({"id": IDS, "remark": TEXTS, "kind": ["a", "b"]}, "--columns label=kind,text=remark"),
        ({"kind": ["a", "b"], "price": [1.5 * k for k in IDS], "remark": TEXTS}, "--columns label=kind,text=remark"),
        ({"remark": TEXTS, "spam": [0, 1]}, "--columns label=spam,text=remark"),
        ({"queue": ["x y"] * 2 + ["z"], "body": TEXTS, "kind": ["a", "b"]}, "--columns label=queue,text=body"),
        ({"tags": [["a"], ["a", "b"]], "body": TEXTS}, "--multi-label --columns label=tags,text=body"),
    ],
)
def test_what_comes_again_is_the_label_and_what_is_long_the_text(cells: dict[str, object], hint: str) -> None:
    assert fault(read_labelled, table("a.jsonl", **cells))[1] == hint


def test_columns_without_a_header_are_proposed_by_number() -> None:
    path = write("a.csv", "".join(f'{k % 2 + 1},Title {k},"Body, of the day {k}"\n' for k in range(30)))
    assert fault(read_labelled, path)[1] == "--columns label=1,text=3"


def test_parts_of_objects_are_proposed_and_not_the_objects() -> None:
    lines = [
        f'{{"meta": {{"label": "{"ab"[k % 2]}"}}, "body": {{"text": "The body of day {k}"}}}}\n' for k in range(30)
    ]
    assert fault(read_labelled, write("a.jsonl", "".join(lines)))[1] == "--columns label=meta.label,text=body.text"


def test_columns_that_were_named_are_not_overruled() -> None:
    path = table("a.csv", id=IDS, remark=TEXTS, kind=["a", "b"])
    assert fault(read_rows, path, ("label", "text"), columns={"text": "kind"})[1] == "--columns label=remark,text=kind"


def test_a_missing_file_stays_the_fault(folder: Path) -> None:
    assert fault(read_labelled, "nowhere.csv")[0] == "'nowhere.csv' does not exist."


@pytest.mark.parametrize(
    ("typed", "proposed"),
    [("titel+body", "title+body"), ("title+boddy", "title+body"), ("zzz+body", "body")],
)
def test_a_misspelt_column_keeps_the_others_that_it_is_joined_with(folder: Path, typed: str, proposed: str) -> None:
    rows = [f"A title {n},A longer body of number {n},{'ab'[n % 2]}" for n in range(20)]
    path = write("a.csv", "\n".join(["title,body,queue", *rows]))
    found = fault(read_labelled, path, columns={"label": "queue", "text": typed})
    assert found[1] == f"--columns label=queue,text={proposed}"


def test_a_table_without_a_column_of_the_training_is_told_which_those_are(folder: Path) -> None:
    path = write("a.csv", "\n".join(["title,body", *(f"A title {n},A longer body of number {n}" for n in range(20))]))
    message, hint = fault(read_labelled, path, remembered={"label": "queue", "text": "title+body"})
    assert message.startswith("a.csv, line 1: there is no column 'queue'; the columns are 'title', 'body'. The model")
    assert message.endswith("was trained on label=queue,text=title+body.")
    assert "nothing to compare with" in hint
    assert hint.endswith("--columns label=COLUMN,text=title+body")
    message, hint = fault(read_rows, path, ("text",), remembered={"text": "subject+body"})
    assert message.endswith("The model was trained on text=subject+body.")
    assert hint == "add the column 'subject'; or, where it has another name, --columns text=COLUMN+body"
