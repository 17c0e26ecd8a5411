"""Tables with answers beside their rows: every format as it was, faults of rows, kills, and what --resume refuses."""

import csv
import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tracemalloc
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from document_files import write_xlsx
from pyarrow import parquet

import seqtext
from builders import model_contents
from seqtext.config import SearchConfig
from seqtext.errors import ConfigError, CorpusError, InputError, SeqtextError
from seqtext.integrations import table_output
from seqtext.integrations.columns import COLUMNS
from seqtext.integrations.table_job import BATCHES
from seqtext.models.anomaly_detector import Anomaly
from seqtext.models.blank_filler import Choice, Fill
from seqtext.models.classifier import Classification, Label
from seqtext.models.exercises import ClozeItem, Exercise
from seqtext.models.language_model import Forecast, Score
from seqtext.models.summaries import Summary
from seqtext.models.translator import Translation
from seqtext.storage.model_folder import write_folder

JSON = '"label": "GOOD", "probability": 0.75, "unusual": false'
TOLD = {"label": "GOOD", "probability": 0.75, "unusual": False}


class Model:
    """Finds every text good; refuses "faulty"; knows the folder that it is of."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder, self.asked = folder, deque[str](maxlen=9)

    def classify(self, texts: Iterator[str], top: int = 3, reject: bool = False) -> Iterator[Classification]:
        for number, text in enumerate(texts):
            self.asked.append(text)
            if text == "faulty":
                raise InputError(f"texts[{number}]: 'faulty' cannot be read.", "well")
            yield Classification([Label("GOOD", 0.75)], False)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    write_folder(tmp_path / "model", model_contents(1))
    return Model(tmp_path / "model")


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of three rows, each of which is saved."""
    monkeypatch.setitem(BATCHES, "classify", 3)
    monkeypatch.setattr(table_output, "TEXT_SECONDS", 0)
    monkeypatch.setattr(table_output, "PART_SECONDS", 0)


def answered(data: bytes, name: str, folder: Path, **options: Any) -> bytes:
    """What is written for a table of these bytes."""
    source, output = folder / name, folder / f"out-{name}"
    source.write_bytes(data)
    seqtext.answer_table(source, Model().classify, output, **options)
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(("out-", ".out"))) == [output.name]
    written = output.read_bytes()
    output.unlink()
    return written


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.csv", "id,text\n1,Hi\n", "id,text,label,probability,unusual\n1,Hi,GOOD,0.75,false\n"),
        ("a.csv", "id;text\r\n1;Hi\r\n", "id;text;label;probability;unusual\r\n1;Hi;GOOD;0.75;false\r\n"),
        ("a.csv", "\ufeffid\ttext\n1\tHi\n", "\ufeffid\ttext\tlabel\tprobability\tunusual\n1\tHi\tGOOD\t0.75\tfalse\n"),
        ("a.csv", "id|text\r1|Hi\r", "id|text|label|probability|unusual\r1|Hi|GOOD|0.75|false\r"),
        ("a.csv", '"id","text"\n"1","Hi"',
         '"id","text","label","probability","unusual"\n"1","Hi","GOOD","0.75","false"\n'),
        ("a.csv", 'text,n\n"a\nb, ""c""",01\n', 'text,n,label,probability,unusual\n"a\nb, ""c""",01,GOOD,0.75,false\n'),
        ("a.csv", "text\nHi, you\n\n", None),
        ("a.csv", "text\nHi\n\n", "text,label,probability,unusual\nHi,GOOD,0.75,false\n,,,\n"),
        ("a.csv", "text,n\nHi,1\n\n  ,2\n", "text,n,label,probability,unusual\nHi,1,GOOD,0.75,false\n  ,2,,,\n"),
        ("a.csv", "n,n,text\n1,2,Hi\n", "n,n,text,label,probability,unusual\n1,2,Hi,GOOD,0.75,false\n"),
        ("a.tsv", 'text\tn\n"Hi," he said\t1\n',
         'text\tn\tlabel\tprobability\tunusual\n"Hi," he said\t1\tGOOD\t0.75\tfalse\n'),
        ("a.csv", "text,a|b|c\nHi,1|2|3\n", "text,a|b|c,label,probability,unusual\nHi,1|2|3,GOOD,0.75,false\n"),
        ("a.tsv", "a, b, c\ttext\n1, 2, 3\tHi\n",
         "a, b, c\ttext\tlabel\tprobability\tunusual\n1, 2, 3\tHi\tGOOD\t0.75\tfalse\n"),
        ("a.tsv", 'text\tn\n"a\tb"\t1\n', 'text\tn\tlabel\tprobability\tunusual\n"a\tb"\t1\tGOOD\t0.75\tfalse\n'),
        ("a.jsonl", '{"text": "Hi", "n": 1.0, "x": {"y": [1e400]}}\n',
         '{"text": "Hi", "n": 1.0, "x": {"y": [1e400]}, $JSON}\n'),
        ("a.jsonl", '{"label":7,"text":""}',
         '{"label":7,"text":"", "predicted_label": null, "probability": null, "unusual": null}\n'),
        ("a.jsonl", '{"text": ["a", "b"]}\r\n', '{"text": ["a", "b"], $JSON}\r\n'),
    ],
)  # fmt: skip
def test_text_is_written_as_it_was(name, data, expected, tmp_path) -> None:
    if expected is None:
        with pytest.raises(CorpusError, match=r"a\.csv, line 2: expected 1 columns as in the first row, found 2"):
            answered(data.encode(), name, tmp_path)
    else:
        assert answered(data.encode(), name, tmp_path).decode() == expected.replace("$JSON", JSON)


MENDED = [
    ("a.csv", b"n,text\n1,Hi\r2,Ho\r\n3,Ha\n", {}, "1 × carriage return that ends a line, though"),
    ("a.csv", b"n,text\r1,Hi\r2,Ho\r3,Ha\r", {}, "lines end with"),
    ("a.csv", b"n;text\n1;Hi\n\xef\xbb\xbfn;text\n2;Ho\n3;Ha\n", {}, "header row again: a.csv, line 3"),
    ("a.csv", b"id;text\n1;Hi\n2;Ho\n3;Ha\n", {"columns": {"text": "2"}}, "a.csv, line 1 is taken for a header row"),
    (
        "a.jsonl",
        b'{"n": 1, "text": "Hi"}\n\xef\xbb\xbf{"n": 2, "text": "Ho"}\n{"n": 3, "text": "Ha"}',
        {},
        "mark inside",
    ),
    ("a.jsonl", b'{"m": {"t": "Hi"}}\r{"m": {"t": "Ho"}}\r{"m": {"t": "Ha"}}\r', {"columns": {"text": "m.t"}}, ""),
]


@pytest.mark.parametrize(("name", "data", "options", "said"), MENDED)
def test_rows_of_tables_as_they_come_are_answered_and_what_was_mended_is_said(
    name, data, options, said, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(data)
    lines, told = [], []
    seqtext.answer_table(name, Model().classify, lines.append, tell=told.append, **options)
    texts = [json.loads(line) for line in lines]
    assert [one.get("text") or one["m"]["t"] for one in texts] == ["Hi", "Ho", "Ha"]
    assert not said or any(said in one for one in told)


def test_a_struct_of_parquet_is_answered_by_its_path(tmp_path) -> None:
    rows = [{"t": "Hi", "of": {"n": 1}}, {"t": "Ho", "of": None}]
    parquet.write_table(pyarrow.table({"m": rows}), tmp_path / "a.parquet")
    lines: list[str] = []
    columns = {"text": "m.t", "id": "m.of.n"}
    seqtext.answer_table(tmp_path / "a.parquet", Model().classify, lines.append, columns=columns)
    assert [json.loads(line)["m"]["t"] for line in lines] == ["Hi", "Ho"]


def test_encodings_are_kept(tmp_path) -> None:
    text = "id;text\n1;Où ?\n"
    expected = "id;text;label;probability;unusual\n1;Où ?;GOOD;0.75;false\n"
    assert answered(text.encode("utf-16"), "a.csv", tmp_path) == expected.encode("utf-16")
    assert answered(text.encode("cp1252"), "a.csv", tmp_path, encoding="cp1252") == expected.encode("cp1252")
    with pytest.raises(CorpusError, match=r"a\.csv, line 2, column 4: the byte 0xF9 is not UTF-8"):
        answered(text.encode("cp1252"), "a.csv", tmp_path)
    assert not list(tmp_path.glob("out*")), "the hint names another encoding: nothing is to be in its way"
    with pytest.raises(ConfigError, match="cp12525"):
        answered(text.encode(), "b.csv", tmp_path, encoding="cp12525")


def test_bytes_that_are_not_utf8_leave_no_output_in_the_way_of_the_hint(tmp_path) -> None:
    for rows, then in ((0, ""), (1, f", with output={str(tmp_path / 'out-2.csv')!r}")):
        path = tmp_path / "in.csv"
        path.write_bytes(b"text\n" + b"a word\n" * rows + b"caf\xe9\n")
        with pytest.raises(CorpusError) as caught:
            seqtext.answer_table(path, Model().classify, tmp_path / "out.csv")
        assert caught.value.hint == f"encoding='cp1252', or encoding_errors='replace'{then}"
        seqtext.answer_table(path, Model().classify, tmp_path / ("out-2.csv" if then else "out.csv"), encoding="cp1252")
        for own in tmp_path.glob("out*"):
            own.unlink()


@pytest.mark.parametrize("encoding", ["idna", "undefined", "rot13"])
def test_what_cannot_decode_a_stream_is_no_encoding(encoding, tmp_path) -> None:
    with pytest.raises(ConfigError, match=f"{encoding}.*names no encoding of text"):
        answered(b"text\nHi\n", "a.csv", tmp_path, encoding=encoding)


def test_utf_32_has_no_mark_on_every_line(tmp_path) -> None:
    data = "text\nHi\n".encode("utf-32-le")
    expected = "text,label,probability,unusual\nHi,GOOD,0.75,false\n"
    assert answered(data, "a.csv", tmp_path, encoding="utf-32").decode("utf-32-le") == expected


@pytest.mark.parametrize(
    ("name", "row", "separator"),
    [("a.tsv", "1\tHello, my, friend", "\t"), ("a.csv", "1,Hi; you; there", ","), ("a.csv", "1;Hi", ";")],
)
def test_without_a_header_the_suffix_names_the_separator_wherever_it_fits(name, row, separator, tmp_path) -> None:
    told: list[str] = []
    answers = separator.join(["GOOD", "0.75", "false"])
    found = answered(f"{row}\n".encode(), name, tmp_path, columns={"text": "2"}, tell=told.append)
    assert found.decode() == f"{row}{separator}{answers}\n"
    assert ["semicolons would fit, too" in line for line in told] == ([] if separator == "\t" else [separator == ","])


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_an_answer_of_several_lines_stays_one_cell(end, tmp_path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id,text\n1,Hi\n")

    def generate(texts: list[str]) -> list[str]:
        return [f"{text}{end}there" for text in texts]

    seqtext.answer_table(tmp_path / "a.csv", generate, tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_bytes().decode() == f'id,text,generated\n1,Hi,"Hi{end}there"\n'


def test_a_json_array_is_refused_before_anything_is_written(tmp_path) -> None:
    (tmp_path / "a.json").write_text('[\n{"text": "Hi"},\n{"text": "you"}\n]\n')
    with pytest.raises(CorpusError, match="a JSON array; an object on each line is expected") as caught:
        seqtext.answer_table(tmp_path / "a.json", Model().classify, tmp_path / "b.jsonl")
    assert caught.value.hint == f"jq -c '.[]' {tmp_path}/a.json > {tmp_path}/a-rows.jsonl"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("output", ["", ".", ".."])
def test_a_folder_is_no_output(output, tmp_path) -> None:
    (tmp_path / "a.csv").write_text("text\nHi\n")
    with pytest.raises(SeqtextError, match="which is a folder; the name of a file is expected"):
        seqtext.answer_table(tmp_path / "a.csv", Model().classify, output)


def test_what_is_recognized_is_told(tmp_path) -> None:
    told = []
    answered("\ufeffid;text\r\n1;Hi\r\n".encode(), "a.csv", tmp_path, tell=told.append)
    (line,) = told
    assert line.endswith(r"a.csv: columns separated by semicolons, UTF-8 with a BOM, lines end with '\r\n'.")
    answered(b"id,text\n1,Hi\n", "b.csv", tmp_path, tell=told.append)
    assert len(told) == 1


def test_a_first_line_of_excel_that_names_the_separator_is_kept(tmp_path) -> None:
    told: list[str] = []
    data = b"sep=;\r\nid;text\r\n1;Hi, you\r\n"
    assert answered(data, "a.csv", tmp_path, tell=told.append) == (
        b"sep=;\r\nid;text;label;probability;unusual\r\n1;Hi, you;GOOD;0.75;false\r\n"
    )
    (line,) = told
    assert "a.csv: its first line, sep=;, names what separates columns, lines end with" in line
    assert rows_of(data, "b.csv", tmp_path) == [{"id": "1", "text": "Hi, you", **TOLD}]
    faults = answered(b"sep=;\nid;text\n1\n", "c.csv", tmp_path, on_error="null")
    assert faults.startswith(b"sep=;\nid;text;")


def test_a_packed_table_is_read(tmp_path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"text\nHi\n"))
    seqtext.answer_table(tmp_path / "a.csv.gz", Model().classify, tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_text() == "text,label,probability,unusual\nHi,GOOD,0.75,false\n"


def rows_of(data: bytes, name: str, folder: Path, **options: Any) -> list[dict[str, Any]]:
    """The rows that are handed over as JSON."""
    (folder / name).write_bytes(data)
    lines: list[str] = []
    seqtext.answer_table(folder / name, Model().classify, lines.append, **options)
    return [json.loads(line) for line in lines]


def test_rows_as_json(tmp_path) -> None:
    assert rows_of(b"text,a,a\nHi,1,2\n", "a.csv", tmp_path) == [{"text": "Hi", "a": "1", "a_2": "2", **TOLD}]
    assert rows_of(b'{"text": "Hi", "n": [1]}', "a.jsonl", tmp_path) == [{"text": "Hi", "n": [1], **TOLD}]
    assert rows_of(b"1,Hi\n2,\n", "b.csv", tmp_path, columns={"text": "2"}) == [
        {"1": "1", "2": "Hi", **TOLD},
        {"1": "2", "2": "", **dict.fromkeys(TOLD)},
    ]
    assert rows_of(b"0,1\na,Hi\n", "c.csv", tmp_path, columns={"text": "1"}) == [{"0": "a", "1": "Hi", **TOLD}]


TRAINED = {"text": "title+body", "label": "queue"}
PARQUET = pyarrow.table({"title": ["One.", "Two."], "body": ["And more.", None]})


def asked_of(data: bytes, name: str, folder: Path, **options: Any) -> tuple[list[str], list[str]]:
    """The texts of a table that a model is asked, which was trained with other columns, and what is told."""
    (folder / name).write_bytes(data)
    told: list[str] = []
    model = Model()
    model.columns = options.pop("trained", TRAINED)  # type: ignore[attr-defined]
    rows: list[str] = []
    seqtext.answer_table(folder / name, model.classify, rows.append, tell=told.append, **options)
    return list(model.asked), [line.replace(f"{folder}/", "") for line in told]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b"id,title,body\n1,One.,And more.\n2,Two.,\n"),
        ("a.tsv", b"title\tbody\nOne.\tAnd more.\nTwo.\t\n"),
        ("a.jsonl", b'{"title": "One.", "body": "And more."}\n{"title": "Two.", "body": null}\n'),
    ],
)
def test_columns_are_joined_and_those_of_training_are_known(name, data, tmp_path) -> None:
    found, told = asked_of(data, name, tmp_path)
    assert found == ["One.\nAnd more.", "Two."]
    assert told == [f"{name}: columns as in training: text=title+body."]
    assert asked_of(data, name, tmp_path, trained={}, columns={"text": "title+body"}) == (found, [])
    assert asked_of(data, name, tmp_path, columns={"text": "title"}) == (["One.", "Two."], [])


def test_joined_columns_of_parquet_are_answered(tmp_path) -> None:
    data = pyarrow.BufferOutputStream()
    parquet.write_table(PARQUET, data)
    assert asked_of(data.getvalue().to_pybytes(), "a.parquet", tmp_path)[0] == ["One.\nAnd more.", "Two."]


def test_a_table_without_the_columns_of_training_is_read_as_usual(tmp_path) -> None:
    assert asked_of(b"id,text\n1,Hi\n", "a.csv", tmp_path) == (["Hi"], [])
    with pytest.raises(CorpusError, match=r"there is no column 'body'.* trained on .*text=title\+body"):
        asked_of(b"id,title\n1,Hi\n", "b.csv", tmp_path)
    numbers = {"text": "2+3", "label": "1"}
    assert asked_of(b"x\tOne.\tMore.\n", "c.tsv", tmp_path, trained=numbers)[0] == ["One.\nMore."]
    assert asked_of(b"a\tb\ttext\n1\t2\tHi\n", "d.tsv", tmp_path, trained=numbers)[0] == ["Hi"]
    assert asked_of(b"id,title,body\n1,One.,\n", "e.csv", tmp_path, columns={"id": "id"})[0] == ["One."]


def test_an_object_without_one_of_joined_columns_is_at_fault(tmp_path) -> None:
    data = b'{"title": "One.", "body": "More."}\n{"title": "Two."}\n'
    with pytest.raises(CorpusError, match=r"line 2: there is no 'body'"):
        asked_of(data, "a.jsonl", tmp_path)


def test_a_table_without_header_stays_without(tmp_path) -> None:
    assert answered(b"1\tHi\n", "a.tsv", tmp_path, columns={"text": "2"}) == b"1\tHi\tGOOD\t0.75\tfalse\n"


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_a_missing_column_lists_those_there_are(name, tmp_path) -> None:
    source = tmp_path / name
    if name == "a.parquet":
        parquet.write_table(pyarrow.table({"body": ["Hi"], "n": [1]}), source)
    else:
        source.write_text("body,n\nHi,1\n" if name == "a.csv" else '{"body": "Hi", "n": 1}\n')
    with pytest.raises(CorpusError, match="there is no column 'text'; the columns are 'body', 'n'") as fault:
        seqtext.answer_table(source, Model().classify, tmp_path / f"b{name}", on_error="skip")
    assert fault.value.typed()[1] == "--columns text=body"
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def table_of(rows: int, **more: Any) -> pyarrow.Table:
    """A table with every kind of column."""
    columns: dict[str, Any] = {
        "id": pyarrow.array(range(rows), pyarrow.int16()),
        "text": [f"text {k}" for k in range(rows)],
        "when": pyarrow.array([0] * rows, pyarrow.timestamp("us", "UTC")),
        "kind": pyarrow.array(["a", "b", None] * rows)[:rows].dictionary_encode(),
        "deep": [{"x": [k], "y": None} for k in range(rows)],
        "label": pyarrow.array([0.5] * rows, pyarrow.float32()),
        **more,
    }
    return pyarrow.table(columns).replace_schema_metadata({"made by": "hand"})


def test_parquet_keeps_types_and_names(tmp_path) -> None:
    table = table_of(8)
    parquet.write_table(table, tmp_path / "a.parquet", row_group_size=5)
    found = seqtext.answer_table(tmp_path / "a.parquet", Model().classify, tmp_path / "b.parquet")
    assert found._replace(seconds=0) == (8, 8, 0, [], 0, 0, 0, 0, 0, [])
    written = parquet.read_table(tmp_path / "b.parquet")
    assert written.select(table.column_names).equals(table)
    assert written.schema.metadata[b"made by"] == b"hand"
    assert [str(written.schema.field(name).type) for name in written.column_names[6:]] == ["string", "double", "bool"]
    assert written.column_names[6:] == ["predicted_label", "probability", "unusual"]
    assert written.column("predicted_label").to_pylist() == ["GOOD"] * 8
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.parquet", "b.parquet"]


def test_an_empty_parquet_gives_an_empty_one(tmp_path) -> None:
    parquet.write_table(table_of(0), tmp_path / "a.parquet")
    seqtext.answer_table(tmp_path / "a.parquet", Model().classify, tmp_path / "b.parquet")
    assert parquet.read_table(tmp_path / "b.parquet").num_rows == 0
    assert "unusual" in parquet.read_schema(tmp_path / "b.parquet").names


def test_a_column_of_numbers_is_no_text(tmp_path) -> None:
    parquet.write_table(table_of(3), tmp_path / "a.parquet")
    with pytest.raises(CorpusError, match="the column 'id' holds int16; text is expected") as fault:
        seqtext.answer_table(tmp_path / "a.parquet", Model().classify, tmp_path / "b.parquet", columns={"text": "id"})
    assert fault.value.typed()[1] == "--columns text=text"
    for column in ("id", "text"):
        parquet.write_table(table_of(1).rename_columns([column] * 6), tmp_path / f"{column}.parquet")
    with pytest.raises(CorpusError, match="6 columns are called 'text'; one is expected"):
        seqtext.answer_table(tmp_path / "text.parquet", Model().classify, tmp_path / "b.parquet")


def test_parquet_as_json_lines(tmp_path) -> None:
    parquet.write_table(table_of(1, price=[float("nan")], raw=[b"x"]), tmp_path / "a.parquet")
    seqtext.answer_table(tmp_path / "a.parquet", Model().classify, tmp_path / "b.jsonl")
    told = {"predicted_label": "GOOD", "probability": 0.75, "unusual": False}
    assert json.loads((tmp_path / "b.jsonl").read_text()) == {
        "id": 0, "text": "text 0", "when": "1970-01-01 00:00:00+00:00", "kind": "a", "deep": {"x": [0], "y": None},
        "label": 0.5, "price": None, "raw": "b'x'", **told,
    }  # fmt: skip


FAULTY = (
    b'{"id": 1, "text": "Hi"}\n{"id": 2, "text": "faulty"}\n{"id": 3, "text": null}\nno\n{"id": 5, "text": 5}\n{}\n'
)


def test_on_error_stop(tmp_path) -> None:
    lines: list[str] = []
    (tmp_path / "a.jsonl").write_bytes(FAULTY)
    options = {"columns": {"text": "text", "id": "id"}}
    with pytest.raises(InputError, match=r"a\.jsonl, line 2 \(id 2\): 'faulty' cannot be read") as fault:
        seqtext.answer_table(tmp_path / "a.jsonl", Model().classify, lines.append, **options)
    assert "texts[0]" not in fault.value.message
    assert fault.value.typed()[1] == "--on-error skip, or --on-error null"
    assert [json.loads(line)["id"] for line in lines] == [1]
    with pytest.raises(InputError) as fault:
        seqtext.answer_table(tmp_path / "a.jsonl", Model().classify, tmp_path / "b.jsonl", **options)
    assert fault.value.typed()[1] == "--on-error skip, or --on-error null, with --resume"
    seqtext.answer_table(
        tmp_path / "a.jsonl", Model().classify, tmp_path / "b.jsonl", on_error="skip", resume=True, **options
    )
    assert json.loads((tmp_path / "b.jsonl").read_text()) == {"id": 1, "text": "Hi", **TOLD}


def test_on_error_skip_and_null(tmp_path) -> None:
    (tmp_path / "a.jsonl").write_bytes(FAULTY)
    found = seqtext.answer_table(tmp_path / "a.jsonl", Model().classify, tmp_path / "b.jsonl", on_error="skip")
    assert found[:3] == (6, 1, 5)
    assert "texts[" not in "".join(found.first)
    places = [reason.split(": ")[0].split("a.jsonl, ")[1] for reason in found.first]
    assert places == ["line 2", "line 3", "line 4, column 1", "line 5", "line 6"]
    nothing = dict.fromkeys(TOLD)
    found = seqtext.answer_table(tmp_path / "a.jsonl", Model().classify, tmp_path / "c.jsonl", on_error="null")
    assert found[:3] == (6, 6, 5)
    assert [json.loads(line) for line in (tmp_path / "c.jsonl").read_text().splitlines()] == [
        {"id": 1, "text": "Hi", **TOLD},
        {"id": 2, "text": "faulty", **nothing},
        {"id": 3, "text": None, **nothing},
        nothing,
        {"id": 5, "text": 5, **nothing},
        nothing,
    ]
    with pytest.raises(ConfigError, match="accepted are stop, skip, null"):
        seqtext.answer_table(tmp_path / "a.jsonl", Model().classify, tmp_path / "d.jsonl", on_error="go")


def test_a_fault_costs_one_more_question(tmp_path) -> None:
    model, texts = Model(), ["a", "faulty", "b", "faulty", "c", ""]
    (tmp_path / "a.csv").write_text("text,n\n" + "".join(f"{text},1\n" for text in texts))
    lines: list[str] = []
    seqtext.answer_table(tmp_path / "a.csv", model.classify, lines.append, on_error="null")
    assert list(model.asked) == texts[:5]
    assert [json.loads(line)["label"] for line in lines] == ["GOOD", None, "GOOD", None, "GOOD", None]


def test_on_error_in_csv_and_parquet(tmp_path) -> None:
    data = b"text,n\nHi,1\nHi\nfaulty,3\n"
    assert answered(data, "a.csv", tmp_path, on_error="skip").splitlines()[1:] == [b"Hi,1,GOOD,0.75,false"]
    assert answered(data, "a.csv", tmp_path, on_error="null").splitlines()[1:] == [
        b"Hi,1,GOOD,0.75,false", b",,,,", b"faulty,3,,,",
    ]  # fmt: skip
    parquet.write_table(pyarrow.table({"text": ["Hi", None, "faulty", "Ho"]}), tmp_path / "a.parquet")
    for mode, texts, labels in (
        ("skip", ["Hi", "Ho"], ["GOOD"] * 2),
        ("null", ["Hi", None, "faulty", "Ho"], ["GOOD", None, None, "GOOD"]),
    ):
        output = tmp_path / f"{mode}.parquet"
        assert seqtext.answer_table(tmp_path / "a.parquet", Model().classify, output, on_error=mode).failed == 2
        written = parquet.read_table(output)
        assert (written.column("text").to_pylist(), written.column("label").to_pylist()) == (texts, labels)


def test_a_key_that_comes_late_is_not_taken_for_an_answer(tmp_path) -> None:
    rows = '{"text": "Hi"}\n' * 9000 + '{"text": "Ho", "label": "BAD"}\n'
    with pytest.raises(CorpusError, match="line 9001: the key 'label' would be that of an added column") as fault:
        answered(rows.encode(), "a.jsonl", tmp_path, on_error="skip")
    assert fault.value.hint.startswith("""jq -c 'with_entries(if .key == "label" then .key = "given_label" else""")


def test_an_open_quote_always_stops(tmp_path) -> None:
    with pytest.raises(CorpusError, match="line 2: not valid CSV in the row that begins here"):
        answered(b'text,n\n"Hi,1\nHo,2\n', "a.csv", tmp_path, on_error="skip")


# Kills and resuming.


def make_source(folder: Path, kind: str, rows: int = 20) -> Path:
    """A table with a row at fault now and then."""
    source = folder / f"in.{kind}"
    texts = [None if k % 7 == 4 else f"text {k}" for k in range(rows)]
    if kind == "parquet":
        parquet.write_table(table_of(rows, text=texts), source, row_group_size=8)
    elif kind == "csv":
        text = io.StringIO()
        csv.writer(text).writerows(
            [("n", "text"), *((k, "faulty" if one is None else one) for k, one in enumerate(texts))]
        )
        source.write_text(text.getvalue())
    else:
        source.write_text("".join(json.dumps({"n": k, "text": one}) + "\n" for k, one in enumerate(texts)))
    return source


class Killed(BaseException):
    """The process is gone."""


class Death:
    """Kills at the n-th call of what changes files; whoever is dead changes nothing any more."""

    def __init__(self, turn: int) -> None:
        self.left = turn

    def __call__(self, function: Any) -> Any:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left <= 0:
                raise Killed
            return function(*args, **kwargs)

        return counted


def killed_at(turn: int, source: Path, model: Model, output: Path) -> bool:
    """Whether answering a table got killed at that turn."""
    death = Death(turn)
    with pytest.MonkeyPatch.context() as patch:
        for home, name in ((os, "fsync"), (os, "replace"), (Path, "unlink"), (Path, "mkdir"), (shutil, "rmtree")):
            patch.setattr(home, name, death(getattr(home, name)))
        try:
            seqtext.answer_table(source, model.classify, output, on_error="skip", resume=True)
        except Killed:
            return True
    return False


@pytest.mark.parametrize("kind", ["csv", "jsonl", pytest.param("parquet", marks=pytest.mark.learning)])
def test_a_kill_at_any_moment_loses_and_doubles_nothing(kind, tmp_path, model) -> None:
    source, whole, output = make_source(tmp_path, kind), tmp_path / f"whole.{kind}", tmp_path / f"out.{kind}"
    expected = seqtext.answer_table(source, model.classify, whole, on_error="skip")
    assert expected[:3] == (20, 17, 3)
    turn, resumed = 1, []
    while killed_at(turn, source, model, output):
        second = killed_at(8, source, model, output)
        if second or not output.exists() or (tmp_path / f"out.{kind}.progress").exists():
            found = seqtext.answer_table(source, model.classify, output, on_error="skip", resume=True)
            assert found[:4] == expected[:4]
            resumed.append(found.resumed)
        assert output.read_bytes() == whole.read_bytes(), turn
        assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == [output.name], turn
        output.unlink()
        turn += 1
    assert output.read_bytes() == whole.read_bytes()
    assert turn > 20
    assert set(resumed) > {0, 20}


PROGRAM = """
import sys, time
sys.path.insert(0, sys.argv[1])
import seqtext
from seqtext.integrations import table_output
from seqtext.models.classifier import Classification, Label
table_output.TEXT_SECONDS = table_output.PART_SECONDS = 0
class Model:
    folder, rows = sys.argv[2], 0
    def classify(self, texts):
        texts = list(texts)
        self.rows += len(texts)
        time.sleep(0.1 if self.rows < 1800 else 60)  # so that it is killed before its end, however late
        return [Classification([Label("GOOD", 0.75)], False) for _ in texts]
seqtext.answer_table(sys.argv[3], Model().classify, sys.argv[4], on_error="skip")
"""


@pytest.mark.parametrize("kind", ["jsonl", pytest.param("parquet", marks=pytest.mark.learning)])
def test_a_process_that_is_killed_is_gone_on_with(kind, tmp_path, model, monkeypatch) -> None:
    monkeypatch.setitem(BATCHES, "classify", 1024)
    source, output = make_source(tmp_path, kind, 2000), tmp_path / f"out.{kind}"
    record = tmp_path / f"out.{kind}.progress"
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, "", str(model.folder), str(source), str(output)])
    while process.poll() is None and not (record.exists() and json.loads(record.read_bytes())["rows"]):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    found = seqtext.answer_table(source, model.classify, output, on_error="skip", resume=True)
    assert 0 < found.resumed < 2000
    seqtext.answer_table(source, model.classify, tmp_path / f"whole.{kind}", on_error="skip")
    assert output.read_bytes() == (tmp_path / f"whole.{kind}").read_bytes()


def interrupted(folder: Path, model: Model, kind: str = "jsonl", **options: Any) -> tuple[Path, Path]:
    """A table and its output, of which something is written."""
    source, output = make_source(folder, kind), folder / f"out.{kind}"
    options = {"on_error": "skip", **options}
    with pytest.raises(KeyboardInterrupt):
        seqtext.answer_table(source, model.classify, output, progress=_interrupt, **options)
    return source, output


def _interrupt(progress: Any) -> None:
    if progress.rows > 5:
        raise KeyboardInterrupt


def test_an_output_that_exists_is_refused(tmp_path, model) -> None:
    source, output = interrupted(tmp_path, model)
    with pytest.raises(SeqtextError, match=r"out\.jsonl is half written") as fault:
        seqtext.answer_table(source, model.classify, output)
    assert fault.value.typed()[1] == f"--resume to go on with it, or --output {tmp_path / 'out-2.jsonl'}"
    (tmp_path / "out.jsonl.progress").unlink()
    before = output.read_bytes()
    for resume, message in ((False, "nothing is written over it"), (True, "cannot be gone on with")):
        with pytest.raises(SeqtextError, match=message) as fault:
            seqtext.answer_table(source, model.classify, output, resume=resume)
        assert fault.value.typed()[1].startswith(f"--output {tmp_path / 'out-2.jsonl'}")
    assert output.read_bytes() == before
    (tmp_path / "b.jsonl.parts").mkdir()
    with pytest.raises(SeqtextError, match=r"b\.jsonl exists, and nothing is written over it"):
        seqtext.answer_table(source, model.classify, tmp_path / "b.jsonl")
    with pytest.raises(SeqtextError, match="There is no folder"):
        seqtext.answer_table(source, model.classify, tmp_path / "no" / "out.jsonl")


def test_another_input_model_or_option_is_refused(tmp_path, model) -> None:
    source, output = interrupted(tmp_path, model, top=2)
    write_folder(tmp_path / "other", model_contents(2))

    def refused(expected: str, other: Model = model, **options: Any) -> None:
        options = {"top": 2, "on_error": "skip", **options}
        with pytest.raises(SeqtextError, match=expected) as fault:
            seqtext.answer_table(source, other.classify, output, resume=True, **options)
        assert fault.value.typed()[1] == f"--output {tmp_path / 'out-2.jsonl'}"

    before = output.read_bytes()
    refused(
        r"the model differs\. It was .*/model \(sha256 \w{12}…\); it is .*/other \(sha256 ", Model(tmp_path / "other")
    )
    refused(r"the option top differs\. It was 2; it is 1\.", top=1)
    refused(r"the option reject differs\. It was None; it is True\.", reject=True)
    refused(r"the option on-error differs\. It was 'skip'; it is 'null'\.", on_error="null")
    refused(r"the option encoding-errors differs\. It was 'strict'; it is 'replace'\.", encoding_errors="replace")
    kept = source.read_bytes()
    source.write_bytes(kept.replace(b"text 9", b"TEXT 9"))
    refused(r"the input differs\. It was .*in\.jsonl \(\d+ bytes, sha256 \w{12}…\); it is .*in\.jsonl \(\d+ bytes, ")
    source.write_bytes(kept)
    assert output.read_bytes() == before
    assert seqtext.answer_table(source, model.classify, output, resume=True, top=2, on_error="skip").resumed == 6


def test_options_of_a_config_are_recorded_by_their_names(tmp_path, model) -> None:
    class Translator(Model):
        def translate(self, texts, search, avoid):
            return [[Translation(text, -1.0)] for text in texts]

    (tmp_path / "a.csv").write_text("source\n" + "Hi\n" * 40)
    options: Any = {"search": SearchConfig(beam=5), "avoid": ("a", "b")}
    with pytest.raises(KeyboardInterrupt):
        seqtext.answer_table(
            tmp_path / "a.csv", Translator(model.folder).translate, tmp_path / "b.csv", progress=_interrupt, **options
        )
    for changed, message in (
        ({"search": SearchConfig(beam=4)}, r"option beam differs\. It was 5; it is 4"),
        ({"avoid": ("a",)}, r"option avoid differs\. It was '2 words, .*; it is '1 words"),
    ):
        with pytest.raises(SeqtextError, match=message):
            seqtext.answer_table(
                tmp_path / "a.csv", Translator(model.folder).translate, tmp_path / "b.csv", resume=True,
                **{**options, **changed},
            )  # fmt: skip


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_an_output_that_was_changed_is_refused(kind, tmp_path, model) -> None:
    source, output = interrupted(tmp_path, model, kind)
    if kind == "parquet":
        (tmp_path / "out.parquet.parts" / "000001.parquet").unlink()
    else:
        output.write_bytes(output.read_bytes()[:20])
    with pytest.raises(SeqtextError, match="so it has been changed since"):
        seqtext.answer_table(source, model.classify, output, on_error="skip", resume=True)
    (tmp_path / f"out.{kind}.progress").write_text("{}")
    with pytest.raises(SeqtextError, match="cannot be read as the progress of a table"):
        seqtext.answer_table(source, model.classify, output, on_error="skip", resume=True)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_what_was_written_after_the_last_save_is_written_anew(kind, tmp_path, model) -> None:
    source, output = interrupted(tmp_path, model, kind)
    if kind == "parquet":
        (tmp_path / "out.parquet.parts" / "000009.parquet").write_bytes(b"half a part")
    else:
        output.write_bytes(output.read_bytes() + b"half a row " * 1000)
    seqtext.answer_table(source, model.classify, output, on_error="skip", resume=True)
    seqtext.answer_table(source, model.classify, tmp_path / f"whole.{kind}", on_error="skip")
    assert output.read_bytes() == (tmp_path / f"whole.{kind}").read_bytes()


def test_groups_of_rows_do_not_depend_on_the_parts(tmp_path, model, monkeypatch) -> None:
    monkeypatch.setattr(table_output, "_SLICE", 5)
    monkeypatch.setattr(table_output, "_GROUP_ROWS", 10)
    source = make_source(tmp_path, "parquet", 50)
    for seconds in (0, 60):
        monkeypatch.setattr(table_output, "PART_SECONDS", seconds)
        seqtext.answer_table(source, model.classify, tmp_path / f"{seconds}.parquet", on_error="skip")
    assert (tmp_path / "0.parquet").read_bytes() == (tmp_path / "60.parquet").read_bytes()
    metadata = parquet.read_metadata(tmp_path / "0.parquet")
    assert [metadata.row_group(k).num_rows for k in range(metadata.num_row_groups)] == [10, 10, 10, 10, 3]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_two_processes_do_not_write_one_output(kind, tmp_path, model) -> None:
    source, output = make_source(tmp_path, kind), tmp_path / f"out.{kind}"

    def again(progress: Any) -> None:
        with pytest.raises(SeqtextError, match="is being written by another process"):
            seqtext.answer_table(source, model.classify, output, on_error="skip", resume=True)

    assert seqtext.answer_table(source, model.classify, output, on_error="skip", progress=again).written == 17


@pytest.mark.parametrize(
    ("source", "output", "hint"),
    [
        ("in.csv", "out.parquet", "out.csv"),
        ("in.csv", "out.tsv", "out.csv"),
        ("in.csv", "out.csv.gz", "out.csv"),
        ("in.parquet", "out.csv", "out.parquet"),
        ("in.jsonl", "out.csv", "out.jsonl"),
    ],
)
def test_another_format_is_refused(source, output, hint, tmp_path) -> None:
    make_source(tmp_path, source[3:])
    with pytest.raises(ConfigError) as fault:
        seqtext.answer_table(tmp_path / source, Model().classify, tmp_path / output)
    assert fault.value.typed()[1] == f"--output {tmp_path / hint}"
    assert [path.name for path in tmp_path.iterdir()] == [source]
    kind = hint.removeprefix("out.")
    kinds = kind if kind == "jsonl" else f"{kind} or jsonl"
    assert f"; {kinds} is written here" in str(fault.value)


def test_what_cannot_be_read_twice_cannot_be_resumed(tmp_path, model) -> None:
    pipe = tmp_path / "in.jsonl"
    os.mkfifo(pipe)
    writer = [sys.executable, "-c", f"open({str(pipe)!r}, 'w').write('{{\"text\": \"Hi\"}}\\n' * 20)"]
    for resume in (False, True):
        process = subprocess.Popen(writer)
        with pytest.raises(SeqtextError if resume else KeyboardInterrupt) as fault:
            seqtext.answer_table(pipe, model.classify, tmp_path / "b.jsonl", resume=resume, progress=_interrupt)
        process.wait()
    assert "cannot be read again from its beginning" in str(fault.value)


# What every method adds.


FOX = ClozeItem("fox", (), (), 2, 5, 0.5, "easy")


class Everything:
    """Every method that answers, with answers of the real types."""

    fill = staticmethod(lambda texts: [[Fill(text.replace("___", "fox"), ("fox",), 0.5)] for text in texts])
    choose = staticmethod(lambda texts, options: [[Choice(options[0], 0.5)] for _ in texts])
    cloze = staticmethod(lambda texts: [Exercise(f"{text[0]} fox", (FOX,)) for text in texts])
    next = staticmethod(lambda texts: [[Forecast("sea", 0.25)] if text != "none" else [] for text in texts])
    score = staticmethod(lambda texts, **adapt: [Score(text, 8.0, 2.0, 1.5, []) for text in texts])
    generate = staticmethod(lambda texts: [f"{text} on" for text in texts])
    classify = staticmethod(lambda texts: [Classification([], True) for _ in texts])
    translate = staticmethod(lambda texts: [[Translation("Bonjour", -1.5)] for _ in texts])
    summarize = staticmethod(lambda texts: [[Summary("Short", float("nan"), 1, 0, False)] for _ in texts])
    detect = staticmethod(lambda texts: [Anomaly(text, 3.5, True, []) for text in texts])


ADDED = {
    "fill": {"filled": "A fox", "probability": 0.5},
    "choose": {"filled": "cat", "probability": 0.5},
    "cloze": {"exercise": "A (1) ____", "answers": "fox"},
    "next": {"next": "sea", "probability": 0.25},
    "score": {"bits": 8.0, "bits_per_character": 2.0},
    "generate": {"generated": "A ___ on"},
    "classify": {"label": None, "probability": None, "unusual": True},
    "translate": {"translation": "Bonjour", "score": -1.5, "flags": None, "unusual": False},
    "summarize": {"summary": "Short", "score": None, "extracted": False, "unusual": False},
    "detect": {"anomaly_score": 3.5, "anomalous": True},
}


@pytest.mark.parametrize("verb", ADDED)
def test_columns_of_every_method(verb, tmp_path) -> None:
    field = "source" if verb in ("translate", "summarize") else "text"
    (tmp_path / "a.csv").write_text(f"{field},n\nA ___,1\n,2\n")
    lines: list[str] = []
    method = getattr(Everything, verb)
    method.__name__ = verb
    seqtext.answer_table(tmp_path / "a.csv", method, lines.append, **({"options": ["cat"]} if verb == "choose" else {}))
    assert [json.loads(line) for line in lines] == [
        {field: "A ___", "n": "1", **ADDED[verb]},
        {field: "", "n": "2", **(ADDED[verb] if verb in ("score", "detect") else dict.fromkeys(ADDED[verb]))},
    ]


def test_every_method_is_tried() -> None:
    assert {columns.method for columns in COLUMNS.values()} == set(ADDED)
    with pytest.raises(ConfigError, match="The method 'save' was received; those that answer tables are fill, choose,"):
        seqtext.answer_table("a.csv", lambda texts: texts, print, verb="save")


def test_text_names_the_source_too(tmp_path) -> None:
    (tmp_path / "a.csv").write_text("body\nHi\n")
    lines: list[str] = []
    translate: Any = lambda texts: [[Translation("Bonjour", -1.5)] for _ in texts]  # noqa: E731
    seqtext.answer_table(tmp_path / "a.csv", translate, lines.append, columns={"text": "body"}, verb="translate")
    assert json.loads(lines[0])["translation"] == "Bonjour"


def test_progress_says_rows_and_time_left(tmp_path) -> None:
    seen = []
    for kind in ("parquet", "csv"):
        source = make_source(tmp_path, kind)
        seqtext.answer_table(source, Model().classify, tmp_path / f"b.{kind}", on_error="skip", progress=seen.append)
    assert [one.rows for one in seen[:8]] == [3, 6, 8, 11, 14, 16, 19, 20]
    assert {one.total for one in seen[:8]} == {20}
    assert {one.total for one in seen[8:]} == {None}
    assert seen[-1].rows == 20
    assert all(one.per_second > 0 and one.left >= 0 for one in seen)
    assert seen[7].left == seen[-1].left == 0


def print_peaks(kind: str, folder: Path) -> None:
    """Print the most bytes that tables of 6,000, again 6,000 and 30,000 rows take, in a process of its own."""
    BATCHES["classify"] = 64
    table_output.TEXT_SECONDS, table_output.PART_SECONDS = 0.05, 60
    table_output._PART_ROWS, table_output._GROUP_ROWS = 256, 1024
    for number, rows in enumerate((6_000, 6_000, 30_000)):
        own = folder / str(number)
        own.mkdir()
        source = make_source(own, kind, rows)
        pyarrow.default_memory_pool().release_unused()
        tracemalloc.start()
        seqtext.answer_table(source, Model().classify, own / f"out.{kind}", on_error="skip")
        print(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()


@pytest.mark.learning
@pytest.mark.parametrize("kind", ["csv", *(pytest.param(one, marks=pytest.mark.fuzz) for one in ("jsonl", "parquet"))])
def test_memory_does_not_grow_with_the_rows(kind, tmp_path) -> None:
    """Asks a new process: what others of this one allocate meanwhile, 8 MB once, is not the table's."""
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "common")]
    code = f"import sys; sys.path[:0] = {paths}; from pathlib import Path; import test_tables as tests"
    code += f"; tests.print_peaks({kind!r}, Path({str(tmp_path)!r}))"
    peaks = [*map(int, subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE).stdout.split())]
    assert len(peaks) == 3
    assert peaks[2] < 1.3 * peaks[1] + 200_000


def test_the_rows_of_a_sheet_are_written_as_csv_or_json(tmp_path) -> None:
    source = tmp_path / "a.xlsx"
    write_xlsx(source, [["id", "text"], [7, "one; two"], [8, 'three "four"\nfive']], More=[["text"], ["other"]])
    seqtext.answer_table(source, Model().classify, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["text"]) for row in rows] == [("7", "one; two"), ("8", 'three "four"\nfive')]
    assert all(row["label"] for row in rows)
    seqtext.answer_table(f"{source}#More", Model().classify, tmp_path / "out.jsonl")
    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))["text"] == "other"
