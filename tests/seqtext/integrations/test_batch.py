"""Answer: batches of every kind, what is pickled, faults and nulls, another model under the name, Spark's schema."""

import pickle
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import seqtext
from seqtext.errors import ConfigError, InputError, ModelError
from seqtext.integrations import batch as module
from seqtext.integrations.batch import Answer
from seqtext.storage.model_folder import copy_folder, read_folder, write_folder

pandas = pytest.importorskip("pandas")
pyarrow = pytest.importorskip("pyarrow")

TEXTS = ["Where is the station?", None, " ", "Où est la gare ?"]
TABLE = {"id": [3, 1, 4, 1], "text": TEXTS, "label": ["a", "b", "c", "d"]}
NAMES = ["id", "text", "label", "predicted_label", "probability", "unusual"]


@pytest.fixture(scope="module")
def answer() -> Answer:
    return Answer("classify", "language-id")


@pytest.fixture(autouse=True)
def no_model_is_kept() -> None:
    module._loaded.cache_clear()


def test_a_dict_of_lists(answer: Answer) -> None:
    found = answer(TABLE)
    assert list(found) == NAMES
    assert {name: found[name] for name in TABLE} == TABLE
    alone = seqtext.load("language-id").classify([TEXTS[0], TEXTS[3]])
    assert found["predicted_label"] == ["English", None, None, "French"]
    assert found["probability"] == pytest.approx([alone[0][0].probability, None, None, alone[1][0].probability])
    assert found["unusual"] == [False, None, None, False]
    assert list(TABLE) == NAMES[:3]


def test_a_dict_of_arrays(answer: Answer) -> None:
    found = answer({name: np.array(column, object) for name, column in TABLE.items()})
    assert found["predicted_label"].tolist() == ["English", None, None, "French"]
    assert found["probability"].dtype == np.float64
    assert np.isnan(found["probability"]).tolist() == [False, True, True, False]


def test_an_arrow_table(answer: Answer) -> None:
    found = answer(pyarrow.table(TABLE))
    assert found.column_names == NAMES
    assert list(map(str, found.schema.types[3:])) == ["string", "double", "bool"]
    assert found["predicted_label"].to_pylist() == ["English", None, None, "French"]
    assert answer(pyarrow.table(TABLE).slice(1, 2)).schema == found.schema  # where all is null, too


def test_data_frames(answer: Answer) -> None:
    frame = pandas.DataFrame(TABLE, index=[5, 5, 6, 7])
    asked = []
    stream = answer.frames(asked.append(len(one)) or one for one in (frame, frame[:0], frame[1:3]))
    first = next(stream)
    assert asked == [4]  # as they are asked for
    every = [first, *stream]
    assert [list(one.columns) for one in every] == [NAMES] * 3
    assert [list(map(str, one.dtypes[3:])) for one in every] == [["string", "float64", "boolean"]] * 3
    assert first["predicted_label"].tolist() == ["English", pandas.NA, pandas.NA, "French"]
    assert first.index.tolist() == [5, 5, 6, 7]


def test_datasets_map(answer: Answer, tmp_path: Any) -> None:
    datasets = pytest.importorskip("datasets")
    table = datasets.Dataset.from_dict(TABLE)
    options = {"batched": True, "batch_size": 3}
    by_lists = table.map(answer, **options, cache_file_name=str(tmp_path / "lists.arrow"))
    by_arrow = table.with_format("arrow").map(answer, **options, cache_file_name=str(tmp_path / "table.arrow"))
    assert by_lists.to_dict() == by_arrow.with_format(None).to_dict() == answer(TABLE)


@pytest.mark.parametrize(
    ("command", "model", "text", "options", "expected"),
    [
        ("fill", "fill-en", "The quick brown ___ jumped.", {"max_words": 1}, {"filled": str, "probability": float}),
        ("choose", "fill-en", "A ___ barks.", {"options": ["dog", "desk"]}, {"filled": str, "probability": float}),
        ("next", "generate-en", "The children went to the", {}, {"next": str, "probability": float}),
        ("score", "generate-en", "The cat sat.", {}, {"bits": float, "bits_per_character": float}),
        ("generate", "generate-en", "It was", {"length": 5, "seed": 1}, {"generated": str}),
        ("translate", "translate-en-fr", "A dog.", {},
         {"translation": str, "score": float, "flags": type(None), "unusual": bool}),
        ("summarize", "summarize-en", "Ann: Hi! Bob: Lunch at one? Ann: Yes.", {},
         {"summary": str, "score": float, "extracted": bool, "unusual": bool}),
    ],
)  # fmt: skip
def test_commands(command: str, model: str, text: str, options: Any, expected: dict[str, type]) -> None:
    one = Answer(command, model, **options)
    assert one.column == ("source" if command in ("translate", "summarize") else "text")
    found = one({one.column: [text, None, text]})
    assert {name: type(cells[0]) for name, cells in found.items() if name != one.column} == expected
    assert all(cells[1] is None for name, cells in found.items() if name != one.column)


def test_what_is_pickled_is_no_model(answer: Answer) -> None:
    before = pickle.dumps(answer)
    found = answer(TABLE)
    assert pickle.dumps(answer) == before
    assert len(before) < 500
    assert pickle.loads(before)(TABLE) == Answer(**answer.arguments)(TABLE) == found


def test_a_folder_is_named_by_its_whole_path(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    copy_folder(seqtext.load("language-id").folder, tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    assert Answer("classify", "mine").model == str(tmp_path / "mine")


def test_another_model_is_refused_with_both_hashes(tmp_path: Any, answer: Answer) -> None:
    contents = read_folder(seqtext.load("language-id").folder)
    write_folder(tmp_path / "mine", contents)
    old = Answer("classify", tmp_path / "mine")
    write_folder(tmp_path / "mine", contents, "int8")
    new = Answer("classify", tmp_path / "mine")
    with pytest.raises(ModelError, match=f"has the hash {new.weights} here; .* hash {old.weights}"):
        old(TABLE)
    assert new(TABLE)["id"] == TABLE["id"]


BAD = {"id": [1, 2, 3, 4], "text": ["A ___ barks.", "no blank", 5, "The ___ sings."]}


def test_a_text_at_fault_stops() -> None:
    with pytest.raises(InputError, match="Column 'text', row 1 of a batch: 'no blank' has no blank"):
        Answer("fill", "fill-en")(BAD)


@pytest.mark.parametrize("kind", [dict, lambda one: {**one, "id": np.array(one["id"])}, pandas.DataFrame])
def test_faults_are_skipped_or_null(kind: Any) -> None:
    with pytest.warns(
        UserWarning, match="2 of 4 rows of a batch could not be answered and are null; the first is row 1"
    ):
        nulls = Answer("fill", "fill-en", on_error="null")(kind(BAD))
    with pytest.warns(UserWarning, match="left out"):
        skipped = Answer("fill", "fill-en", on_error="skip")(kind(BAD))
    assert list(nulls["id"]) == [1, 2, 3, 4]
    assert [isinstance(cell, str) for cell in nulls["filled"]] == [True, False, False, True]
    assert list(skipped["id"]) == [1, 4]
    assert list(skipped["filled"]) == [nulls["filled"][0], nulls["filled"][3]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("clasify", "language-id"), r"what answers the texts of a table is fill, .*Try: classify"),
        (("classify", "language-id", "text", {"topp": 1}), "'topp' was received; .*Try: top="),
        (("choose", "fill-en"), "choose needs options"),
        (("classify", "language-id", "text", {"on_error": "ignore"}), "on_error received 'ignore'"),
    ],
)  # fmt: skip
def test_what_is_refused_at_once(arguments: Any, message: str) -> None:
    *given, options = arguments if isinstance(arguments[-1], dict) else (*arguments, {})
    with pytest.raises(ConfigError, match=message):
        Answer(*given, **options)


def test_a_batch_without_the_column(answer: Answer) -> None:
    with pytest.raises(InputError, match=r"no column 'text'; its columns are id, texts.*Try: column='texts'"):
        answer({"id": [1], "texts": ["a"]})
    with pytest.raises(InputError, match="list was received"):
        answer(["a"])


def test_schema(answer: Answer) -> None:
    added = "`probability` double, `unusual` boolean"
    assert answer.schema() == f"`label` string, {added}"
    kept = "id bigint, `my ``text``, label` string, pair struct<label: int, d: decimal(10,2)>"
    assert answer.schema(kept) == f"{kept}, `label` string, {added}"
    assert answer.schema("label string, text string") == f"label string, text string, `predicted_label` string, {added}"
    fields = [SimpleNamespace(name="label", dataType=SimpleNamespace(simpleString=lambda: "array<string>"))]
    kept = SimpleNamespace(fields=fields)
    assert answer.schema(kept) == f"`label` array<string>, `predicted_label` string, {added}"
