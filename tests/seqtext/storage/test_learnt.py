"""Hashes of learnt texts: found again however a text is spaced, refused where they are damaged."""

from pathlib import Path

import pytest
from learnt_texts import leave_learnt

from seqtext.storage.learnt import PATH, LearntTexts, LearntWriter, read_learnt, text_hash


def count(folder: Path, *texts: str) -> int | None:
    found = read_learnt(folder)
    return None if found is None else found.count([text_hash(text) for text in texts])


def test_texts_are_found_again(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(1000)]
    leave_learnt(tmp_path, *texts, *texts)
    assert count(tmp_path, *texts) == 1000
    assert count(tmp_path, "text  7\n", "text 1000", "Text 7", "") == 1


def test_spaces_and_composition_do_not_count() -> None:
    assert text_hash("Zoe\u0308\u00a0is here ") == text_hash("Zoë is  here")
    assert text_hash("\ufeffI don\u2019t") == text_hash("I don't")
    assert text_hash("a b") != text_hash("ab")
    assert text_hash("\ud800") != text_hash("?")


def test_no_text_at_all(tmp_path: Path) -> None:
    assert count(leave_learnt(tmp_path), "a") == 0


def test_what_another_run_has_learnt_is_added(tmp_path: Path) -> None:
    first = leave_learnt(tmp_path / "first", "a", "b", before="fill-en")
    writer = LearntWriter(tmp_path / "second" / PATH)
    writer.add("c")
    assert writer.add_all_of(first)
    assert not writer.add_all_of(tmp_path / "nowhere")
    writer.close()
    (tmp_path / "second" / PATH).with_name("report.json").write_text("{}", encoding="utf-8")
    assert count(tmp_path / "second", "a", "b", "c", "d") == 3
    found = read_learnt(tmp_path / "second")
    assert isinstance(found, LearntTexts)
    assert found.before == "fill-en"


@pytest.mark.parametrize("damage", [
    lambda data: data[:-8], lambda data: data[:100], lambda data: b"", lambda data: b"[" * 4096 + data[4096:],
    lambda data: data.replace(b'"format": 1', b'"format": 2'), lambda data: data + bytes(8),
    lambda data: b"\xff" * 4096 + data[4096:],
])  # fmt: skip
def test_what_is_damaged_tells_nothing(tmp_path: Path, damage) -> None:
    path = leave_learnt(tmp_path, "a", "b") / PATH
    path.write_bytes(damage(path.read_bytes()))
    assert read_learnt(tmp_path) is None


def test_without_its_report_a_preparation_has_not_ended(tmp_path: Path) -> None:
    (leave_learnt(tmp_path, "a") / PATH).with_name("report.json").unlink()
    assert read_learnt(tmp_path) is None
