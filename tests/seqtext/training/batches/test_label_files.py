"""Labelled texts: a share of each label is held out, equal texts together; a sample of many held-out ones."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtext.errors import ConfigError, CorpusError
from seqtext.training.batches import label_files
from seqtext.training.batches.label_files import stratified_split
from seqtext.training.events import Started
from seqtext.training.train import train


def prepared(path: Path, rows: list[tuple[str, str]], **settings: Any) -> Started:
    """Prepare a corpus of labels and texts for a run beside it."""
    path.write_text("".join(f"{label}\t{text}\n" for label, text in rows), encoding="utf-8")
    small = {"hidden": 4, "embedding": 4, "vocab_size": 300, "threads": 1, "steps": 1, "encoder": "bag"}
    started = next(iter(train("classify", path, path.with_suffix(""), **{**small, **settings})))
    assert isinstance(started, Started)
    return started


def labels_of(path: Path, part: str) -> list[str]:
    """The labels of what is learnt, or held out, in order."""
    data = path.with_suffix("") / "data"
    names = json.loads((data / "labels.json").read_text(encoding="utf-8"))
    return [names[number] for number in np.load(data / part / "labels.npy")]


def test_hashed_runs_that_many_labels_have_no_room_for_get_as_many_as_fit(tmp_path: Path) -> None:
    rows = [(f"label {k % 400}", f"text {k}") for k in range(800)]
    with pytest.raises(ConfigError, match=r"^524,288 buckets .* of 400 labels, at most 500,000 are accepted") as caught:
        prepared(tmp_path / "c.tsv", rows, encoder="none")
    assert caught.value.hint == "wide=500000"
    assert prepared(tmp_path / "c.tsv", rows, encoder="none", wide=500_000).examples == 800


@pytest.mark.parametrize("several", [False, True])
def test_every_label_keeps_a_row_although_its_text_has_other_labels(several: bool, tmp_path: Path) -> None:
    rows = [("general", f"please send number {k}") for k in range(300)]
    for k in range(40):
        text = f"where is item{k} kept"
        rows += [(f"general|only {k}", text)] if several else [("general", text), (f"only {k}", text)]
    started = prepared(tmp_path / "c.tsv", rows, several=several, valid_share=0.4)
    assert {f"only {k}" for k in range(40)} <= set(labels_of(tmp_path / "c.tsv", "train"))
    assert labels_of(tmp_path / "c.tsv", "valid").count("general") > 80
    assert started.notes[0].startswith("40 of 41 labels have a single row")
    assert ("40 texts have two labels or more" in " ".join(started.notes)) is not several


def test_held_out_texts_in_any_order_are_sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_files, "_MOST_HELD_OUT", 100)
    rows = [(label, f"{label} text {k}") for label in ("a", "b", "c") for k in range(100)]
    (tmp_path / "v.tsv").write_text("".join(f"{label}\t{text}\n" for label, text in rows), encoding="utf-8")
    started = prepared(tmp_path / "c.tsv", rows, valid=tmp_path / "v.tsv", seed=5)
    assert started.held_out == f"100 of the 300 texts of {tmp_path / 'v.tsv'}, chosen by seed 5"
    held = labels_of(tmp_path / "c.tsv", "valid")
    assert held == sorted(held)  # in the order of the file
    assert min(map(held.count, "abc")) > 15
    other = prepared(tmp_path / "d.tsv", rows, valid=tmp_path / "v.tsv", seed=5)
    assert other.held_out == started.held_out
    assert labels_of(tmp_path / "d.tsv", "valid") == held
    prepared(tmp_path / "e.tsv", rows, valid=tmp_path / "v.tsv", seed=6)
    assert labels_of(tmp_path / "e.tsv", "valid") != held


def test_all_held_out_texts_that_are_few_are_measured(tmp_path: Path) -> None:
    rows = [(label, f"{label} text {k}") for label in ("a", "b") for k in range(30)]
    (tmp_path / "v.tsv").write_text("".join(f"{label}\t{text}\n" for label, text in rows), encoding="utf-8")
    started = prepared(tmp_path / "c.tsv", rows, valid=tmp_path / "v.tsv")
    assert started.held_out == f"60 texts of {tmp_path / 'v.tsv'}"
    assert labels_of(tmp_path / "c.tsv", "valid") == [label for label, _ in rows]
    assert started.notes == ()


def test_a_label_that_is_not_learnt_is_found_behind_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_files, "_MOST_HELD_OUT", 10)
    rows = [(label, f"{label} text {k}") for label in ("a", "b") for k in range(30)]
    valid = "".join(f"{label}\t{text}\n" for label, text in [*rows, ("new", "a new one")])
    (tmp_path / "v.tsv").write_text(valid, encoding="utf-8")
    with pytest.raises(CorpusError, match="has the label 'new', which the texts to learn from never have"):
        prepared(tmp_path / "c.tsv", rows, valid=tmp_path / "v.tsv")


TINY: dict[str, Any] = {
    "preset": "tiny", "encoder": "bag", "steps": 1, "threads": 1, "device": "cpu", "precision": "fp32",
}  # fmt: skip


def labels_read(run: Path, *corpora: Path, **settings: Any) -> tuple[list[str], Started]:
    """The labels of a run that is prepared, and what is said of it; nothing is learnt."""
    events = train("classify", list(corpora), run, **{**TINY, **settings})
    started = next(events)
    events.close()
    assert isinstance(started, Started)
    return json.loads((run / "data" / "labels.json").read_text(encoding="utf-8")), started


def table(path: Path, *cells: str) -> Path:
    """A CSV table whose rows have these labels, over and over."""
    rows = [f'the meal {k} was fine,"{cells[k % len(cells)]}"' for k in range(60)]
    path.write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")
    return path


def test_the_share_is_held_out_of_each_label() -> None:
    keys = {"a": list(range(100)), "b": list(range(1000, 1040)), "once": [5000]}
    aside = stratified_split(keys, 0.1)
    assert 10 <= len(aside & set(keys["a"])) <= 11
    assert 4 <= len(aside & set(keys["b"])) <= 5
    assert 5000 not in aside
    many = {f"label {k}": [4 * k, 4 * k + 1, 4 * k + 2, 4 * k + 3] for k in range(1000)}
    assert 300 < len(stratified_split(many, 0.1)) < 500


def test_equal_texts_stay_together() -> None:
    aside = stratified_split({"a": [1] * 50 + [2] * 50}, 0.1)
    assert aside == set()
    assert stratified_split({"a": [1] * 5 + [2] * 95}, 0.1) == {1}


@pytest.mark.parametrize(
    ("cells", "labels", "note"),
    [
        (["bien", "mécontent", unicodedata.normalize("NFD", "mécontent")], ["bien", "mécontent"], "how accents"),
        (["very good", "bad", "very\u00a0 good "], ["bad", "very good"], "2 labels differ only in white space"),
        (
            ["0", "1", "1.0", "0.0"],
            ["0", "1"],
            "4 labels differ only in how a number is written (0, 0.0, 1, 1.0): read",
        ),
        (["True", "true", "False"], ["false", "true"], "how true and false are written"),
        (["1.0", "1.5", "01"], ["01", "1.0", "1.5"], None),
        (["late", "rude", "late; rude"], ["late", "late; rude", "rude"], "--multi-label (multi_label=True) reads"),
    ],
)
def test_labels_that_mean_the_same_are_one(tmp_path: Path, cells: list[str], labels: list[str], note: str) -> None:
    found, started = labels_read(tmp_path / "run", table(tmp_path / "a.csv", *cells))
    assert found == labels
    assert [note in one for one in started.notes] == ([True] if note else [])


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        (
            ["cold; late", "late", "rude ;cold"],
            "semicolons between labels recognized: 'cold; late' is read as",
        ),
        (["['cold', 'late']", "['late']", "['rude']"], "lists recognized"),
        (["cold, late", "late", "rude, cold", "rude"], "commas between labels recognized"),
        (["cold/late", "late", "rude/cold", "rude"], "slashes between labels recognized"),
        (["cold|late", "late", "rude"], None),
    ],
)
def test_several_labels_in_a_cell(tmp_path: Path, cells: list[str], note: str) -> None:
    found, started = labels_read(tmp_path / "run", table(tmp_path / "a.csv", *cells), multi_label=True)
    assert found == ["cold", "late", "rude"]
    assert [note in one for one in started.notes] == ([True] if note else [])


def test_held_out_labels_are_spelled_as_those_learnt(tmp_path: Path) -> None:
    valid = table(tmp_path / "valid.csv", "0.0", "1.0")
    labels, _ = labels_read(tmp_path / "run", table(tmp_path / "a.csv", "0", "1"), valid=str(valid))
    assert labels == ["0", "1"]
    with pytest.raises(CorpusError, match=r"has the label '2.0'"):
        labels_read(tmp_path / "other", table(tmp_path / "a.csv", "0", "1"), valid=str(table(valid, "2.0")))


def test_a_null_is_an_empty_label_in_every_format(tmp_path: Path) -> None:
    values = ["good", "bad", None, float("nan")]
    rows = [{"text": f"the meal {k}", "label": values[k % 4]} for k in range(40)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for name in ("a.jsonl", str(table(tmp_path / "a.csv", "good", "bad", "", " "))):
        labels, started = labels_read(tmp_path / f"run {Path(name).suffix}", tmp_path / name)
        assert labels == ["bad", "good"]
        assert started.skipped == {"empty label": started.examples}
    labels, started = labels_read(tmp_path / "several", tmp_path / "a.jsonl", several=True)
    assert (labels, started.examples) == (["bad", "good"], 40)


def test_texts_in_the_place_of_labels_are_refused(tmp_path: Path) -> None:
    swapped = "".join(f"the meal {k} was so\t{'good' if k % 2 else 'poor'}\n" for k in range(40))
    (tmp_path / "a.tsv").write_text(swapped, encoding="utf-8")
    with pytest.raises(CorpusError, match=r"has 40 labels, such as .* and 37 more: nearly every row") as caught:
        labels_read(tmp_path / "run", tmp_path / "a.tsv")
    assert caught.value.typed()[1] == "--columns label=2,text=1"
    prices = "".join(f"{k}.99,{'good' if k % 2 else 'poor'},the meal {k} of the day\n" for k in range(40))
    (tmp_path / "a.csv").write_text("label,kind,text\n" + prices, encoding="utf-8")
    with pytest.raises(CorpusError, match="nearly every row has a label of its own") as caught:
        labels_read(tmp_path / "run", tmp_path / "a.csv")
    assert caught.value.typed()[1] == "--columns label=kind,text=text"
    _, started = labels_read(tmp_path / "run", tmp_path / "a.csv", columns={"label": "label"})
    assert "40 labels, such as 0.99, 1.99, 10.99 and 37 more: nearly every row" in started.notes[0]


def test_columns_that_stand_for_labels_are_learnt(tmp_path: Path) -> None:
    rows = "".join(f"{k},the talk {k} of it,{k % 2},{k % 3 == 0},\n" for k in range(60))
    (tmp_path / "a.csv").write_text("id,comment,toxic,threat,insult\n" + rows, encoding="utf-8")
    columns = {"text": "comment", "label": "toxic+threat+insult"}
    labels, started = labels_read(tmp_path / "run", tmp_path / "a.csv", columns=columns, multi_label=True)
    assert labels == ["threat", "toxic"]
    assert started.examples == 60  # those without a label, too


def test_a_text_with_two_spellings_of_its_label_is_no_conflict(tmp_path: Path) -> None:
    rows = "".join(f"the meal {k // 2},{k // 2 % 2}{'.0' * (k % 2)}\n" for k in range(60))
    (tmp_path / "a.csv").write_text("text,label\n" + rows, encoding="utf-8")
    labels, started = labels_read(tmp_path / "run", tmp_path / "a.csv")
    assert labels == ["0", "1"]
    assert len(started.notes) == 1
