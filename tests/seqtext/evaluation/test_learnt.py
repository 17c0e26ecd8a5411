"""The share of the texts given that was learnt: counted once, said as it is."""

from pathlib import Path

from learnt_texts import leave_learnt

from seqtext.evaluation.learnt import LearntShare


def share_of(folder: Path, *texts: str, before: str = "") -> LearntShare:
    return LearntShare(leave_learnt(folder, *texts, before=before))


def test_each_text_counts_once_however_often_the_corpus_is_read(tmp_path: Path) -> None:
    share = share_of(tmp_path, "a", "b")
    for _ in range(2):
        assert list(share.watch(["a", "a", "c", " "], str)) == ["a", "a", "c", " "]
    assert share.share == 2 / 3
    assert (
        share.note
        == "2 of the 3 texts given (66.7 %) were learnt from: the model knows them, and will do worse on new text"
    )


def test_texts_are_counted_in_groups(tmp_path: Path) -> None:
    share = share_of(tmp_path, *map(str, range(0, 25_000, 2)))
    list(share.watch(map(str, range(25_000)), str))
    assert share.share == 0.5


def test_new_text_brings_no_warning(tmp_path: Path) -> None:
    share = share_of(tmp_path, "a", before="fill-en")
    share.add("b")
    assert share.note == "none of the 1 text given; what fill-en had learnt before is not known"


def test_a_few_learnt_texts_are_no_alarm(tmp_path: Path) -> None:
    share = share_of(tmp_path, "1", "2", "3")
    list(share.watch(map(str, range(2000)), str))
    assert share.note == "3 of the 2,000 texts given (0.15 %) were learnt from, too few to matter"


def test_without_a_run_nothing_is_claimed(tmp_path: Path) -> None:
    share = LearntShare(tmp_path)
    assert list(share.watch(["a"], str)) == ["a"]
    assert share.share is None
    assert share.note.startswith("cannot be told of these texts: the model is here without its run")
