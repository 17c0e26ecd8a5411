"""Rows of JSON lines, Parquet and data sets of the Hub, and their faults, as a reader of corpora meets them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from corpus_files import LABELLED, PAIR, fault, rows, texts, write, write_json, write_parquet

import seqtext
from seqtext.data.corpus import read_rows, read_texts
from seqtext.data.lines import Report

pytestmark = pytest.mark.usefixtures("folder")


def test_jsonl_by_key() -> None:
    name = write_json("a.jsonl", {"text": "one\ntwo", "label": 3}, {"text": "ž", "label": True, "more": [1]})
    assert rows(name) == [("3", "one\ntwo"), ("true", "ž")]
    assert texts(name) == ["one\ntwo", "ž"]
    assert texts(write_json("b.ndjson", {"review": "fine"}), columns={"text": "review"}) == ["fine"]


def test_jsonl_faults() -> None:
    remove = "correct or remove the line"
    assert fault(read_texts, write("a.jsonl", '{"text": "one"}\n\n{"text" "two"}\n')) == (
        "a.jsonl, line 3, column 9: not valid JSON (Expecting ':' delimiter).",
        remove,
    )
    assert fault(read_texts, write("b.jsonl", '["one"]\n')) == (
        'b.jsonl, line 1: expected an object such as {"text": "…"}, found a list.',
        remove,
    )
    assert fault(read_texts, write_json("c.jsonl", {"text": "one"}, {"txt": "two", "id": 1})) == (
        "c.jsonl, line 2: there is no column 'text'; the columns are 'txt', 'id'.",
        "--columns text=txt",
    )
    dialogue = write_json("e.jsonl", {"id": "7", "dialogue": "long", "summary": "short"})
    assert fault(read_rows, dialogue, PAIR)[1] == "--columns source=dialogue,target=summary"
    assert fault(read_texts, write("d.jsonl", "[" * 100_000))[0].startswith("d.jsonl, line 1: JSON that cannot be read")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (3, "a number"),
        (0.5, "a number"),
        (False, "true or false"),
        ([None], "a list"),
        ({}, "an object"),
    ],
)
def test_a_text_must_be_a_string(value: object, kind: str) -> None:
    message, hint = fault(read_texts, write_json("a.jsonl", {"text": "one"}, {"text": value}))
    assert message == f"a.jsonl, line 2: expected a string or a list of words as text, found {kind}."
    assert "--columns" in hint


def test_a_label_must_be_a_string_or_a_number() -> None:
    message, _ = fault(read_rows, write_json("a.jsonl", {"label": ["x"], "text": "one"}), LABELLED)
    assert message == "a.jsonl, line 1: expected a string or a number as label, found a list."


def test_half_a_surrogate_pair_cannot_come_in() -> None:
    name = write("a.jsonl", '{"text": "a\\ud800b"}\n{"text": "\\ud83d\\ude00"}\n')
    assert fault(read_texts, name) == (
        "a.jsonl, line 1: the text holds half a surrogate pair.",
        "--encoding-errors replace",
    )
    report = Report()
    assert texts(name, encoding_errors="replace", report=report) == ["a\ufffdb", "😀"]
    assert report.replaced == 1


def test_a_json_array_says_how_to_make_lines_of_it() -> None:
    _, hint = fault(read_texts, write("a.json", '[{"text": "one"}]'))
    assert hint == "jq -c '.[]' a.json > a.jsonl, if the file is one JSON array"


def test_columns_lie_inside_objects() -> None:
    data: list[dict[str, Any]] = [
        {"id": 1, "meta": {"label": "pos", "body": "one"}, "meta.dot": {"x": 1}},
        {"id": 2, "meta": {"body": "two", "label": "neg", "more": {}}},
        {"id": 3, "meta": None},
        {"id": 4, "meta": {"label": "neg", "body": None}},
    ]
    columns = {"label": "meta.label", "text": "meta.body"}
    source, report = write_json("a.jsonl", *data), Report()
    assert rows(source, columns=columns, report=report) == [("pos", "one"), ("neg", "two")]
    assert report.skipped == {"empty label": 1, "empty text": 1}
    inner = [one["meta"] for one in data]
    for one in inner:
        (one or {}).pop("more", None)
    assert rows(write_parquet("a.parquet", meta=inner), columns=columns) == [("pos", "one"), ("neg", "two")]
    own = write_json("b.jsonl", {"meta": {"body": "inside"}, "meta.body": "a key of its own", "label": "pos"})
    assert rows(own, columns={"text": "meta.body"}) == [("pos", "a key of its own")]
    message, hint = fault(read_rows, source, LABELLED, columns={"label": "meta.label", "text": "meta.boddy"})
    assert "there is no column 'meta.boddy'; the columns are 'id', 'meta', 'meta.dot', 'meta.label', " in message
    assert hint == "--columns label=meta.label,text=meta.body"
    powers = write_json("d.jsonl", {"label": "pos", "items": [["one"]]})  # int("²") fails, though it is a digit
    assert "there is no column 'items.².0'" in fault(read_rows, powers, LABELLED, columns={"text": "items.².0"})[0]
    lacking = write_json("c.jsonl", data[0], {"id": 2, "meta": {"label": "neg"}, "meta.dot": {"x": 1}})
    assert "line 2: there is no column 'meta.body'" in fault(read_rows, lacking, LABELLED, columns=columns)[0]


def test_parquet() -> None:
    name = write_parquet("a.parquet", text=["one", None, "two"] * 100, stars=[1, 2, 3] * 100)
    report = Report()
    assert texts(name, report=report) == ["one", "two"] * 100
    assert report.skipped == {"empty text": 100}
    assert rows(name, columns={"label": "stars"})[:2] == [("1", "one"), ("3", "two")]


def test_parquet_faults() -> None:
    name = write_parquet("a.parquet", review=["one"], stars=[5])
    assert fault(read_texts, name) == (
        "a.parquet: there is no column 'text'; the columns are 'review', 'stars'.",
        "--columns text=review",
    )
    assert fault(read_texts, name, columns={"text": "stars"})[0] == (
        "a.parquet, row 1: expected a string or a list of words as text, found a number."
    )
    assert fault(read_texts, write("b.parquet", "text"))[0].startswith("b.parquet, row 1: not readable as Parquet (")
    assert fault(read_texts, write("c.parquet.gz", b""))[1] == "gzip -dk c.parquet.gz"


SCRIPT = """
import json, sys
from seqtext.data.lines import Report
from seqtext.data.corpus import read_rows, read_texts
from seqtext.errors import CorpusError
def read(source, **options):
    try:
        return list(read_texts(source, **options))
    except CorpusError as error:
        return [error.message, error.hint]
report = Report()
names = ["hf:data", "hf:./data:test", "hf:data:valid", "hf:nobody/has-this-name"]
found = [read(name, report=report) for name in names]
found.append(read("hf:data", columns={"text": "review"}))
found.append(list(read_rows("hf:data", ["label", "text"], columns={"label": "stars"})))
print(json.dumps([found, report.files, report.examples]))
"""


def test_data_sets_without_a_network(folder: Path) -> None:
    write_json("data/train.jsonl", {"text": "one", "stars": 1}, {"text": "two", "stars": 2})
    write_json("data/test.jsonl", {"text": "three", "stars": 3})
    package = str(Path(seqtext.__file__).parents[1])
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HOME": str(folder / "home"),
        "PYTHONPATH": os.pathsep.join([package, os.environ.get("PYTHONPATH", "")]),
    }
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (train, test, split, unknown, column, labelled), files, examples = json.loads(done.stdout)
    assert train == ["one", "two"]
    assert test == ["three"]
    assert split[0].startswith("hf:data:valid cannot be read: ")
    assert split[1] == "hf:data:train"
    assert unknown[0].startswith("hf:nobody/has-this-name cannot be read: ")
    assert "\n" not in unknown[0]
    assert unknown[1] == "check https://huggingface.co/datasets/nobody/has-this-name in a browser"
    assert column[0] == "hf:data, row 1: there is no column 'review'; the columns are 'text', 'stars'."
    assert labelled == [{"label": "1", "text": "one"}, {"label": "2", "text": "two"}]
    assert (files, examples) == (4, 3)


def test_numbered_classes_of_a_data_set_get_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stream(list[dict[str, object]]):
        features: ClassVar = {"label": SimpleNamespace(int2str=["bad", "good"].__getitem__), "text": None}

    def load(name: str, split: str, streaming: bool) -> Stream:
        assert (name, split, streaming) == ("user/reviews", "train[:10]", True)
        return Stream([{"label": 1, "text": "fine"}, {"label": 0, "text": None}])

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load))
    report = Report()
    assert rows("hf:user/reviews:train[:10]", report=report) == [("good", "fine")]
    assert report.skipped == {"empty text": 1}
