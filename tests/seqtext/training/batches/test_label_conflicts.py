"""What is said of labels with one row, and of texts that have two labels."""

import doctest

from seqtext.training.batches import label_conflicts
from seqtext.training.batches.label_conflicts import Conflicts, single_rows


def test_examples() -> None:
    assert doctest.testmod(label_conflicts).failed == 0


def test_labels_with_one_row_are_named_a_few_at_most() -> None:
    assert single_rows({"a": 2, "b": 3}) == []
    (note,) = single_rows({f"label {k}": 1 + (k > 6) for k in range(9)})
    assert note.startswith("7 of 9 labels have a single row")
    assert note.endswith("label 0, label 1, label 2, label 3, label 4, …")


def noted(rows: list[tuple[int, str, str]]) -> list[str]:
    keys: dict[str, list[int]] = {}
    for key, _, label in rows:
        keys.setdefault(label, []).append(key)
    conflicts = Conflicts(keys)
    for key, text, label in rows:
        conflicts.see(key, text, label)
    return conflicts.notes()


def test_texts_with_two_labels_are_counted_once_each() -> None:
    same = [(7, "late again", "good"), (7, "late again ", "bad"), (7, "late again", "ugly"), (8, "fine", "good")]
    (note,) = noted([*same, *((k, f"text {k}", "good") for k in range(100, 200))])
    assert note.startswith("1 text has two labels in different rows, such as 'late again' (good, bad)")
    assert "--multi-label" not in note
    (many,) = noted([(k, f"text {k}", label) for k in range(10) for label in ("good", "bad")])
    assert many.startswith("10 texts have two labels or more")
    assert "--multi-label" in many


def test_texts_that_share_a_key_are_no_conflict() -> None:
    assert noted([(7, "one text", "good"), (7, "another text", "bad"), (7, "one text", "good")]) == []
