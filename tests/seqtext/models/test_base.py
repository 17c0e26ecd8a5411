"""What every model is: its contents, and what is saved of them, come from one save or from none."""

import json
import pickle
import shutil
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqtext.config import FillConfig, Seq2SeqConfig, TokenizerConfig
from seqtext.errors import ModelError
from seqtext.fields import to_dict
from seqtext.models.base import read_columns
from seqtext.models.blank_filler import BlankFiller
from seqtext.models.pair_text import join_tokenizers
from seqtext.networks import blank_filler, seq2seq
from seqtext.storage import model_folder, weights
from seqtext.storage.catalog import bundled, load
from seqtext.storage.model_folder import FORMAT, ModelFolder, read_folder, write_folder
from seqtext.tokenizer import Tokenizer

TOKENIZER = Tokenizer.train(["the old dog sat by the door"] * 3, TokenizerConfig("word", 600, 1))
NETWORKS = {"fill": FillConfig(hidden=8, embedding=4), "translate": Seq2SeqConfig(hidden=8, embedding=4)}


def contents(task: str, number: int) -> ModelFolder:
    """A small model; its weights, history and card hold the number."""
    network: Any = NETWORKS[task]
    if task == "fill":
        tokenizer, shapes = TOKENIZER.to_json(), blank_filler.expected_shapes(network, TOKENIZER.size)
    else:
        tokenizer = join_tokenizers(TOKENIZER, TOKENIZER)
        shapes = seq2seq.expected_shapes(network, TOKENIZER.size, TOKENIZER.size)
    weights = {name: np.full(shape, number, np.float32) for name, shape in shapes.items()}
    facts = {"network": to_dict(network), "tokenizer": to_dict(TokenizerConfig("word"))}
    return ModelFolder(
        {"format": FORMAT, "task": task, **facts}, tokenizer, weights, [{"step": number}], f"# {number}\n"
    )


def number_of(model: ModelFolder) -> int:
    """The number that every part of `contents` holds; a mixture of two saves fails here."""
    number = int(model.weights["bias"][0])
    assert (model.history, model.card) == ([{"step": number}], f"# {number}\n")
    return number


@pytest.fixture(params=NETWORKS)
def task(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_loaded_model_has_its_whole_contents(task: str, tmp_path: Path) -> None:
    write_folder(tmp_path / "a", contents(task, 1))
    model = load(tmp_path / "a")
    assert number_of(model.contents) == 1
    assert model.contents is model.contents
    load(tmp_path / "a").save(tmp_path / "b")
    assert number_of(read_folder(tmp_path / "b")) == 1


def test_loading_reads_neither_history_nor_card_and_the_config_once(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path, contents(task, 1))
    read, names = model_folder._read_text, []
    monkeypatch.setattr(model_folder, "_read_text", lambda folder, name: names.append(name) or read(folder, name))
    model = load(tmp_path, task)
    assert names == ["config.json", "tokenizer.json"]
    assert number_of(model.contents) == 1
    assert names[2:] == ["history.jsonl", "README.md"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"more": np.zeros(9, np.float32)}, r"array 'more' of shape \(9,\) is not expected"),
        ({"bias": np.zeros(9, np.float32)}, r"array 'bias' has shape \(9,\), expected is"),
        ({"embedding.weight": np.zeros((9, 5000), np.float32)}, r"array 'embedding.weight' has shape \(9, 5000\)"),
    ],
)
def test_weights_that_do_not_fit_the_config_are_not_read(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], message: str
) -> None:
    model = contents(task, 1)
    write_folder(tmp_path, replace(model, weights=model.weights | change))
    monkeypatch.setattr(weights, "_read_array", None)
    with pytest.raises(ModelError, match=message):
        load(tmp_path)


def test_a_config_that_claims_more_than_is_there_takes_no_memory(task: str, tmp_path: Path) -> None:
    model = contents(task, 1)
    network = {**model.config["network"], "hidden": 8192, "embedding": 8192, "layers": 8}
    write_folder(tmp_path, replace(model, config={**model.config, "network": network}))
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match="The weights do not fit the config"):
            load(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_loaded_model_can_be_sent_to_another_process(task: str, tmp_path: Path) -> None:
    write_folder(tmp_path, contents(task, 1))
    assert number_of(pickle.loads(pickle.dumps(load(tmp_path))).contents) == 1


def test_a_save_after_loading_is_never_mixed_in(task: str, tmp_path: Path) -> None:
    write_folder(tmp_path / "a", contents(task, 1))
    early, late = load(tmp_path / "a"), load(tmp_path / "a")
    assert number_of(early.contents) == 1
    write_folder(tmp_path / "a", contents(task, 2))
    with pytest.raises(ModelError, match=r"has changed since the model was loaded.* Try: load the model again"):
        late.contents  # noqa: B018
    with pytest.raises(ModelError, match="has changed since the model was loaded"):
        late.save(tmp_path / "b")
    assert not (tmp_path / "b").exists()
    early.save(tmp_path / "b")  # it had read them before
    assert number_of(read_folder(tmp_path / "b")) == 1
    assert number_of(load(tmp_path / "a").contents) == 2


def test_a_model_is_saved_over_itself(task: str, tmp_path: Path) -> None:
    write_folder(tmp_path, contents(task, 1))
    model = load(tmp_path)
    for precision in ("int8", "fp32"):
        model.save(tmp_path, precision)
        assert number_of(read_folder(tmp_path)) == 1


def test_a_model_whose_folder_is_gone_still_answers_but_has_no_card(task: str, tmp_path: Path) -> None:
    write_folder(tmp_path / "a", contents(task, 1))
    model = load(tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "b")
    assert model.tokenizer.size == TOKENIZER.size
    with pytest.raises(
        ModelError, match=r"a, from which the model was loaded, is gone.* Try: load the model from where"
    ):
        model.save(tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_the_way_back_from_a_link_is_that_of_the_system(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "disk" / "model", contents(task, 1))
    (tmp_path / "disk" / "runs").mkdir()
    (tmp_path / "runs").symlink_to(tmp_path / "disk" / "runs")
    monkeypatch.chdir(tmp_path)
    load("runs/../model").save("copy")
    assert number_of(read_folder("copy")) == 1


def test_the_columns_of_training_are_read_without_trust() -> None:
    assert read_columns({}) == {}
    assert read_columns({"columns": {"text": "title+body", "label": "1"}}) == {"text": "title+body", "label": "1"}
    for bad in (None, ["text"], {"text": 1}, {"text": ""}, {"text": "a\nb"}, {"text": "a" * 1001}, {"path": "a"}):
        with pytest.raises(ModelError, match=r"config.json has columns = .* is expected"):
            read_columns({"columns": bad})


def test_a_model_tells_what_it_is(tmp_path: Path) -> None:
    model = load(bundled()["translate-en-fr"])
    # A doubt's table holds counts, which no network learns.
    count = sum(weight.size for name, weight in model.contents.weights.items() if name != weights.DOUBT_TABLE)
    size = f"{count / 1e6:.1f} million parameters"
    assert repr(model) == f"<Translator translate-en-fr: translate, en-fr, {size}, apache-2.0>"
    saved = contents("fill", 1)
    count = sum(weight.size for weight in saved.weights.values())
    assert repr(BlankFiller(saved)) == f"<BlankFiller not saved: fill, {count:,} parameters>"
    write_folder(tmp_path / "mine", saved)
    mine = load(tmp_path / "mine")
    assert repr(mine) == f"<BlankFiller mine: fill, {count:,} parameters>"
    shutil.rmtree(tmp_path / "mine")
    assert repr(mine) == f"<BlankFiller mine: fill, {count:,} parameters>"


@pytest.mark.parametrize(("value", "shown"), [("\x1b[31mred", r"\x1b[31mred"), ("a" * 999, "a" * 80), (["a"], "['a']")])
def test_what_a_folder_says_of_itself_is_not_trusted(value: Any, shown: str) -> None:
    told = contents("fill", 1)
    told.config.update(name=value, language=value)
    assert repr(BlankFiller(told)).startswith(f"<BlankFiller {shown}: fill, {shown}, ")


@pytest.mark.skipif("language-id" not in bundled(), reason="it is not bundled in this tree")
@pytest.mark.parametrize(
    ("part", "name", "value"),
    [("network", "hidden", "x"), ("network", "hidden", 1.5), ("network", "hiden", 3), ("tokenizer", "tokens", "bpee")],
)
def test_a_damaged_setting_is_a_fault_of_the_model(part: str, name: str, value: Any, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundled()["language-id"], tmp_path / "damaged"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config[part][name] = value
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelError, match=f"settings of the {part} .*{name}") as caught:
        load(folder).classify("hello")
    assert caught.value.hint == "fetch or train the model again"
